"""What the address resolver says of one file, link or address, where a page would only show that it is dead."""

from __future__ import annotations

import pytest

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
