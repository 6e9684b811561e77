"""What the address resolver says of one file, link or address, where a page would only show that it is dead."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from octavo.site.addresses import AddressResolver
from octavo.site.site import Site
from tests.conftest import PostsFolder
from tests.web.test_feeds import PIXEL


@pytest.fixture
def resolver(site: Site, folder: PostsFolder) -> AddressResolver:
    folder.write("hello", "[Slides](slides.pdf), ![A point](a.png)\n")
    folder.write("hidden/draft", draft=True)
    folder.write("elsewhere/draft", title="Another", slug="another")
    folder.raw("_pages/team/office.md", "# Office\n\nText")
    folder.raw("_pages/team/people.md", "# People\n\nText")
    folder.raw("_pages/club/people.md", "# Members\n\nText")
    folder.raw("a.png", PIXEL)
    folder.raw("slides.pdf", b"%PDF-1.7 slides")
    site.refresh(settle=0)
    return site.resolver(site.edition())


def test_link_leads_to_a_post_or_to_none(resolver: AddressResolver) -> None:
    found = resolver.post_of("hello.md", "elsewhere/draft.md")

    assert found is not None
    assert found.slug == "another"
    assert resolver.post_of("hello.md", "nothing.md") is None
    assert resolver.post_of("hello.md", "a.png") is None


def test_link_to_a_hidden_text_leads_nowhere_though_another_one_has_its_name(resolver: AddressResolver) -> None:
    assert resolver.link("hello.md", "hidden/draft.md") is None
    assert resolver.link("elsewhere/draft.md", "draft.md") == "/articles/another/"


def test_only_pictures_that_are_there_have_facts(resolver: AddressResolver, folder: PostsFolder) -> None:
    found = resolver.picture_at("a.png")

    assert found is not None
    assert found.width == 1
    assert resolver.picture_at("b.png") is None
    assert resolver.picture_at("slides.pdf") is None
    folder.raw(".drafts/c.png", PIXEL)
    assert resolver.picture_at(".drafts/c.png") is None
    assert resolver.picture_at("/static/../a.png") is None


def test_files_beside_articles_have_addresses_by_their_content(resolver: AddressResolver) -> None:
    slides = resolver.file("slides.pdf")
    picture = resolver.file("a.png")

    assert slides is not None
    assert picture is not None
    assert slides.startswith("/media/")
    assert slides.endswith("/slides.pdf")
    assert picture.endswith("/a.png")
    assert resolver.file("nothing.pdf") is None


def test_text_of_an_article_has_an_address(resolver: AddressResolver) -> None:
    assert resolver.at("/articles/hello.md") == "/articles/hello.md"
    assert resolver.at("/articles/hello/") == "/articles/hello/"
    assert resolver.at("/articles/nothing.md") is None


def test_page_is_found_without_its_folders_where_only_one_has_the_name(resolver: AddressResolver) -> None:
    assert resolver.by_old_address("/office/") == "/team/office/"
    assert resolver.by_old_address("/people/") is None


def test_file_is_found_at_its_former_address_and_not_below_other_pages(resolver: AddressResolver) -> None:
    slides = resolver.file("slides.pdf")

    assert resolver.by_old_address("/media/0123456789ab/slides.pdf") == slides
    assert resolver.by_old_address("/media/0123456789ab/640/a.png.webp") == resolver.file("a.png")
    assert resolver.by_old_address("/old/slides.pdf") == slides
    assert resolver.by_old_address("/static/slides.pdf") is None


def test_address_below_a_folder_of_the_engine_is_its_own(resolver: AddressResolver) -> None:
    assert resolver.at("/static/anything.css") == "/static/anything.css"


def test_address_of_a_plug_ins_page_is_its_own(site: Site) -> None:
    found = AddressResolver(site.edition(), site.addresses, site.folders, [re.compile("/atlas/")])

    assert found.at("/atlas/") == "/atlas/"
    assert found.at("/atlas/mars/") is None


def test_list_of_a_term_is_found_below_the_folder_of_its_kind_alone(site: Site, folder: PostsFolder) -> None:
    folder.write("hello", tags=["sea"], authors=["Ann Lee"])
    site.refresh(settle=0)
    resolver = site.resolver(site.edition())

    assert resolver.at("/tags/sea/") == "/tags/sea/"
    assert resolver.at("/authors/ann-lee/") == "/authors/ann-lee/"
    assert resolver.at("/authors/sea/") is None
    assert resolver.at("/tags/lake/") is None


def test_article_is_found_at_its_permalink(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    site = make_app(permalink="/:year/:slug/").extensions["octavo"]
    site.refresh(settle=0)
    resolver = site.resolver(site.edition())

    assert resolver.at("/2025/hello/") == "/2025/hello/"
    assert resolver.at("/2025/nothing/") is None


def test_file_beside_the_text_is_nearer_than_one_with_a_shorter_path(site: Site, folder: PostsFolder) -> None:
    folder.raw("a/map.png", PIXEL)
    folder.raw("journeys/map.png", PIXEL)
    folder.write("journeys/south")
    site.refresh(settle=0)

    assert site.resolver(site.edition()).nearest("journeys/south.md", "maps/map.png") == "map.png"


def test_file_of_the_root_is_found_by_its_plain_name(site: Site, folder: PostsFolder, tmp_path: Path) -> None:
    root = tmp_path / "static" / "root"
    root.mkdir(parents=True)
    (root / "plan.pdf").write_bytes(b"%PDF-1.7")

    resolver = site.resolver(site.edition())

    assert resolver.link("hello.md", "/plan.pdf") == "/plan.pdf"
    assert resolver.link("hello.md", "/plans.pdf") is None


def test_undated_link_means_the_article_with_the_slug(site: Site, folder: PostsFolder) -> None:
    folder.write("a/hello", slug="hello")
    folder.write("b/hello", slug="hello-again")
    site.refresh(settle=0)

    assert site.resolver(site.edition()).by_old_address("/blog/hello.html") == "/articles/hello/"
