"""What the address book says of one file, link or address, where a page of the site would only show that it is dead."""

from __future__ import annotations

import pytest

from octavo.site.addresses import Book
from octavo.site.site import Site
from tests.conftest import PostsFolder
from tests.web.test_feeds import PIXEL


@pytest.fixture
def book(site: Site, folder: PostsFolder) -> Book:
    folder.write("hello", "[Slides](slides.pdf), ![A point](a.png)\n")
    folder.write("hidden/draft", draft=True)
    folder.write("elsewhere/draft", title="Another", slug="another")
    folder.raw("_pages/team/office.md", "# Office\n\nText")
    folder.raw("_pages/team/people.md", "# People\n\nText")
    folder.raw("_pages/club/people.md", "# Members\n\nText")
    folder.raw("a.png", PIXEL)
    folder.raw("slides.pdf", b"%PDF-1.7 slides")
    site.refresh(settle=0)
    return site.book(site.edition())


def test_link_leads_to_a_post_or_to_none(book: Book) -> None:
    found = book.post_of("hello.md", "elsewhere/draft.md")

    assert found is not None
    assert found.slug == "another"
    assert book.post_of("hello.md", "nothing.md") is None
    assert book.post_of("hello.md", "a.png") is None


def test_link_to_a_hidden_text_leads_nowhere_though_another_one_has_its_name(book: Book) -> None:
    assert book.link("hello.md", "hidden/draft.md") is None
    assert book.link("elsewhere/draft.md", "draft.md") == "/articles/another/"


def test_only_pictures_that_are_there_have_facts(book: Book, folder: PostsFolder) -> None:
    found = book.picture_at("a.png")

    assert found is not None
    assert found.width == 1
    assert book.picture_at("b.png") is None
    assert book.picture_at("slides.pdf") is None
    folder.raw(".drafts/c.png", PIXEL)
    assert book.picture_at(".drafts/c.png") is None
    assert book.picture_at("/static/../a.png") is None


def test_files_beside_articles_have_addresses_by_their_content(book: Book) -> None:
    slides = book.file("slides.pdf")
    picture = book.file("a.png")

    assert slides is not None
    assert picture is not None
    assert slides.startswith("/media/")
    assert slides.endswith("/slides.pdf")
    assert picture.endswith("/a.png")
    assert book.file("nothing.pdf") is None


def test_text_of_an_article_has_an_address(book: Book) -> None:
    assert book.at("/articles/hello.md") == "/articles/hello.md"
    assert book.at("/articles/hello/") == "/articles/hello/"
    assert book.at("/articles/nothing.md") is None


def test_page_is_found_without_its_folders_where_only_one_has_the_name(book: Book) -> None:
    assert book.moved("/office/") == "/team/office/"
    assert book.moved("/people/") is None


def test_file_is_found_at_its_former_address_and_not_below_other_pages(book: Book) -> None:
    slides = book.file("slides.pdf")

    assert book.moved("/media/0123456789ab/slides.pdf") == slides
    assert book.moved("/media/0123456789ab/640/a.png.webp") == book.file("a.png")
    assert book.moved("/old/slides.pdf") == slides
    assert book.moved("/static/slides.pdf") is None
