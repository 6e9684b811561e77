"""Pages in folders: `_pages/team/about.md` is `/team/about/`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.site.site import Site
from tests.conftest import PostsFolder, Reader


@pytest.fixture
def office(client: FlaskClient, folder: PostsFolder) -> FlaskClient:
    folder.raw("_pages/about.md", "# About us\n\n[The team](team/about.md)")
    folder.raw("_pages/team/index.md", "# The team")
    folder.raw("_pages/team/about.md", "# About the team\n\n[Back](../about.md), [lead](/team/lead/who/)")
    folder.raw("_pages/team/lead/01-who.md", "# Who leads")
    return client


def test_page_in_a_folder_is_at_the_address_of_its_path(office: FlaskClient) -> None:
    shown = {path: office.get(path).text for path in ("/about/", "/team/", "/team/about/", "/team/lead/who/")}
    sitemap = office.get("/sitemaps/pages.xml").text

    assert "<h1>About us</h1>" in shown["/about/"]
    assert "<h1>The team</h1>" in shown["/team/"]
    assert "<h1>About the team</h1>" in shown["/team/about/"]
    assert "<h1>Who leads</h1>" in shown["/team/lead/who/"]
    assert 'href="/team/about/">The team' in shown["/about/"]
    assert 'href="/about/">Back' in shown["/team/about/"]
    assert 'href="/team/lead/who/">lead' in shown["/team/about/"]
    assert all(f"https://journal.example{path}</loc>" in sitemap for path in shown)


def test_page_in_a_folder_is_found_without_the_slash_in_capitals_and_by_its_name_alone(office: FlaskClient) -> None:
    asked = ("/team/about", "/Team/About/", "/who/")

    answers = [office.get(path) for path in asked]

    assert [answer.location for answer in answers] == ["/team/about/", "/team/about/", "/team/lead/who/"]
    assert {answer.status_code for answer in answers} <= {301, 308}


def test_page_in_a_folder_comes_and_goes_with_its_file(office: FlaskClient, folder: PostsFolder) -> None:
    assert office.get("/team/new/").status_code == 404
    assert office.get("/team/new/deep.txt").status_code == 404

    folder.raw("_pages/team/new.md", "# New here")
    came = office.get("/team/new/").status_code
    (folder.path / "_pages/team/new.md").unlink()

    assert came == 200
    assert office.get("/team/new/").status_code in (404, 410)


def test_page_in_a_folder_that_is_the_sites_own_is_told(site: Site, folder: PostsFolder) -> None:
    folder.raw("_pages/media/kit.md", "# Kit")
    folder.raw("_pages/articles/list.md", "# List")

    site.refresh(settle=0)

    told = [str(problem) for problem in site.library.problems]
    assert ["The address /articles/list/ belongs to" in told[0], "The address /media/kit/ belongs to" in told[1]] == [
        True,
        True,
    ]
    assert site.library.pages == ()


def test_page_in_a_folder_is_shown_beside_permalinks_and_over_terms(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.raw("_pages/team/about.md", "# About the team")
    folder.raw("_pages/series/moon.md", "# My own moon")
    folder.write("hello", date="2025-07-01", series="Moon")
    app = make_app(permalink="/:year/:slug/", api_open=True)
    app.test_client_class = Reader
    client = app.test_client()

    assert "About the team" in client.get("/team/about/").text
    assert "My own moon" in client.get("/series/moon/").text
    assert client.get("/2025/hello/").status_code == 200
    assert client.get("/ghost/api/content/pages/slug/team/about/").json["pages"][0]["slug"] == "team/about"
