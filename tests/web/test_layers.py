"""File by file, a site's own templates and static files stand over those of the theme."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.web.theme.layers import Layers
from tests.conftest import PostsFolder, Reader
from tests.tools import THEME
from tests.waiting import settled


def write(root: Path, name: str, text: str) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def reader(app: Flask) -> FlaskClient:
    app.test_client_class = Reader
    return app.test_client()


def test_bare_folder_with_one_post_is_a_whole_site(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("hello.md", "# Hello\n\nThe first words.\n")

    pages = [client.get(path) for path in ("/", "/articles/hello/", "/tags/", "/search/", "/atom.xml", "/favicon.ico")]
    sheet = re.findall(r'<link rel="stylesheet" href="([^"]+)"', pages[0].text)

    assert [page.status_code for page in pages] == [200] * 6
    assert client.get(sheet[0]).status_code == 200
    code = {"__pycache__", "app.py", "plugins.py"}
    made = {path.name for path in folder.path.parent.iterdir()} - code
    assert made == {"instance", "posts", "search_index"}


def test_what_the_site_alone_knows_lies_where_the_setting_says(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("hello")
    elsewhere = tmp_path / "state" / "journal"
    app = make_app(instance_dir=str(elsewhere), cache="filesystem", api_open=True, status_key="the operator's key")
    settled(app)
    client = reader(app)

    pages = [client.get(path) for path in ("/articles/hello/", "/api/changes")]
    client.post("/views/hello", headers={"User-Agent": "Mozilla/5.0"})
    numbers = client.get("/metrics", headers={"Authorization": "Bearer the operator's key"})
    ready = client.get("/readyz")
    moved = app.test_cli_runner().invoke(args=["posts", "unpublish", "hello", "--yes"])
    app.extensions["octavo"].close()

    assert {page.status_code for page in (*pages, numbers, ready)} == {200}
    assert moved.exit_code == 0
    made = {str(path.relative_to(elsewhere)) for path in elsewhere.rglob("*")}
    assert made > {"cache/pages", "cache/readers.sqlite", "changes.sqlite3", "metrics.sqlite", "views.sqlite"}
    assert not (tmp_path / "instance").exists()


def test_template_of_the_site_stands_over_the_themes(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    write(folder.path.parent, "templates/partials/byline.html", "{% macro byline(authors) %}OURS{% endmacro %}")

    page = reader(make_app()).get("/articles/").text

    assert "OURS" in page
    assert "site-footer" in page


def test_template_of_the_site_can_change_parts_of_the_one_below(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    root = folder.path.parent
    write(root, "templates/base.html", '{% extends "theme:base.html" %}{% block scripts %}<!-- ours -->{% endblock %}')

    page = reader(make_app()).get("/").text

    assert page.count("<!-- ours -->") == 1
    assert page.count("<html") == 1


def test_template_that_stands_over_nothing_cannot_change_what_is_below(
    make_app: Callable[..., Flask], folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder.path.parent, "templates/mine.html", '{% extends "theme:mine.html" %}')
    write(folder.path.parent, "templates/home.html", '{% include "mine.html" %}')

    answer = reader(make_app()).get("/")

    assert answer.status_code == 500
    assert "theme:mine.html" in caplog.text


def test_style_sheet_of_the_site_finds_the_fonts_of_the_theme(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    font = next((THEME / "static" / "fonts").glob("*.woff2")).name
    write(folder.path.parent, "static/css/site.css", f'@font-face {{ src: url("../fonts/{font}") }}')
    client = reader(make_app())

    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get("/").text)
    (reference,) = re.findall(r"url\(([^)]+)\)", client.get(sheet).text)

    assert client.get(urljoin(sheet, reference)).data == (THEME / "static" / "fonts" / font).read_bytes()


def test_changes_of_either_folder_are_shown_at_once(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    root = folder.path.parent
    own = write(root, "templates/partials/byline.html", "{% macro byline(authors) %}FIRST{% endmacro %}")
    folder.write("hello")
    client = reader(make_app())
    assert "FIRST" in client.get("/articles/").text

    write(root, "templates/partials/byline.html", "{% macro byline(authors) %}SECOND{% endmacro %}")
    assert "SECOND" in client.get("/articles/").text

    write(root, "templates/nothing.html", "A folder without a file is being replaced.")
    own.unlink()
    assert "SECOND" not in client.get("/articles/").text


def test_slip_in_a_template_is_told_with_its_place_in_the_sites_folder(
    make_app: Callable[..., Flask], folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("hello")
    client = reader(make_app())
    client.get("/articles/hello/")

    write(folder.path.parent, "templates/article.html", "One\n{% if %}\n")
    answer = client.get("/articles/hello/")

    assert answer.status_code == 200
    assert f"templates{os.sep}article.html:2: " in caplog.text


@pytest.mark.parametrize("name", ["article.html", "base.html", "partials/byline.html"])
def test_site_that_starts_with_a_slip_in_a_template_has_the_themes_until_it_is_mended(
    make_app: Callable[..., Flask], folder: PostsFolder, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    folder.write("hello")
    broken = write(folder.path.parent, f"templates/{name}", "One\n{% if %}\n")
    client = reader(make_app())

    answer = client.get("/articles/hello/")
    told = caplog.text
    broken.unlink()

    assert answer.status_code == 200
    assert answer.text == client.get("/articles/hello/").text
    assert f"{name.replace('/', os.sep)}:2: " in told
    assert "until then the theme's is used" in told


def test_missing_page_is_the_themes_while_the_sites_own_has_a_slip(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    write(folder.path.parent, "templates/404.html", "{% if %}")
    client = reader(make_app())

    page = client.get("/nowhere/")

    assert page.status_code == 404
    assert "Page not found" in page.text


def test_folder_that_has_been_empty_for_long_has_no_files(tmp_path: Path) -> None:
    file = write(tmp_path, "top/a.html", "A")
    write(tmp_path, "bottom/a.html", "B")
    patient, hasty = (Layers([tmp_path / "top", tmp_path / "bottom"], patience) for patience in (3600, 0))
    before = patient.look()
    assert hasty.look() == before

    file.unlink()

    assert patient.look() == before
    assert hasty.look()["a.html"].path == str(tmp_path / "bottom" / "a.html")
