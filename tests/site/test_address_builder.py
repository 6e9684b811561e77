"""The builder of addresses: where everything stands, below any path and in any language."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from octavo.content.images import Picture
from octavo.content.posts import Post
from octavo.settings import Settings, SettingsError
from octavo.site.addresses import Addresses
from octavo.site.addresses.permalinks import Permalink

PLAIN = Addresses("https://example.org")
BELOW = Addresses("https://example.org", prefix="/blog", language="de")
POST = Post("posts/hello.md", "0" * 32, "grüße", "Grüße", published=datetime(2025, 7, 17, tzinfo=UTC))
PAGE = replace(POST, kind="page", slug="about")
DIGEST = "0123456789abcdef" * 2
PHOTOGRAPH = Picture(3000, 2000, DIGEST, "image/jpeg", scalable=True, bytes=900_000)
DRAWING = replace(PHOTOGRAPH, mimetype="image/svg+xml", scalable=False)


def test_articles_pages_and_lists_have_quoted_addresses() -> None:
    assert PLAIN.post(POST) == "/articles/gr%C3%BC%C3%9Fe/"
    assert PLAIN.post(PAGE) == "/about/"
    assert PLAIN.by_slug("a b") == "/articles/a%20b/"
    assert PLAIN.markdown("hello") == "/articles/hello.md"
    assert PLAIN.cover("hello") == "/covers/hello.png"
    assert PLAIN.year(2025) == "/archive/2025/"
    assert PLAIN.plain("ads.txt") == "/ads.txt"
    assert [PLAIN.term(kind, "x y") for kind in ("category", "tag", "author")] == [
        "/categories/x%20y/", "/tags/x%20y/", "/authors/x%20y/",
    ]  # fmt: skip


def test_pages_stand_below_the_sites_path_and_their_language_and_files_below_the_path_alone() -> None:
    assert BELOW.post(POST) == "/blog/de/articles/gr%C3%BC%C3%9Fe/"
    assert BELOW.post(PAGE) == "/blog/de/about/"
    assert BELOW.term("author", "ada") == "/blog/de/authors/ada/"
    assert BELOW.year(2025) == "/blog/de/archive/2025/"
    assert BELOW.markdown("hello") == "/blog/de/articles/hello.md"
    assert BELOW.original("a/b.jpg", PHOTOGRAPH) == f"/blog/media/{DIGEST[:12]}/a/b.jpg"
    assert BELOW.file("a.pdf", "abc") == "/blog/media/abc/a.pdf"
    assert BELOW.card("a.jpg", PHOTOGRAPH) == f"/blog/covers/{DIGEST[:12]}/a.jpg.jpg"
    assert BELOW.plain("robots.txt") == "/blog/robots.txt"


@pytest.mark.parametrize(
    ("path", "absolute"),
    [
        ("/tags/", "https://example.org/tags/"),
        ("https://other.example/", "https://other.example/"),
        ("//other.example/", "//other.example/"),
        ("", ""),
    ],
)
def test_only_paths_become_absolute(path: str, absolute: str) -> None:
    assert PLAIN.absolute(path) == absolute


@pytest.mark.parametrize(
    ("path", "page", "relative"),
    [
        ("/tags/mars/", "/articles/hello/", "../../tags/mars/"),
        ("/articles/hello/", "/articles/hello/", "./"),
        ("/atom.xml", "/", "atom.xml"),
        ("/articles/hello.md", "/articles/hello/", "../hello.md"),
    ],
)
def test_pages_can_be_linked_relatively(path: str, page: str, relative: str) -> None:
    assert PLAIN.relative(path, page) == relative


@pytest.mark.parametrize(
    ("path", "slugs"),
    [
        ("/articles/hello/", ["hello"]),
        ("/articles/hello", ["hello"]),
        ("/articles/gr%C3%BC%C3%9Fe/", ["grüße"]),
        ("/articles/", []),
        ("/articles/a/b/", []),
        ("/tags/hello/", []),
    ],
)
def test_slugs_are_found_in_addresses_of_articles(path: str, slugs: list[str]) -> None:
    assert list(PLAIN.slugs_in(path)) == slugs
    assert list(BELOW.slugs_in(f"/blog/de{path}")) == slugs


def test_permalink_gives_articles_other_addresses_and_pages_none() -> None:
    addresses = replace(BELOW, permalink=Permalink("/:year/:slug/", UTC))

    assert addresses.post(POST) == "/blog/de/2025/gr%C3%BC%C3%9Fe/"
    assert addresses.post(PAGE) == "/blog/de/about/"
    assert addresses.post(replace(POST, published=None)) == "/blog/de/articles/gr%C3%BC%C3%9Fe/"
    assert "hello" in addresses.slugs_in("/blog/de/2025/hello")
    assert "hello" in addresses.slugs_in("/blog/de/2025/hello/")
    assert set(addresses.slugs_in("/blog/de/articles/hello/")) == {"hello"}


def test_settings_say_how_addresses_are_made() -> None:
    settings = Settings(base_url="https://a.example", permalink="/:slug", picture_width=800, timezone="Asia/Tokyo")

    addresses = Addresses.of(settings)

    assert (addresses.site, addresses.largest_copy, addresses.zone) == ("https://a.example", 800, settings.zone)
    assert addresses.post(POST) == "/gr%C3%BC%C3%9Fe"
    assert Addresses.of(Settings()).permalink is None
    with pytest.raises(SettingsError, match=r"permalink = '/:nonsense/'.*Addresses of articles by a pattern"):
        Addresses.of(Settings(permalink="/:nonsense/"))


def test_readers_get_the_original_where_it_is_small_and_else_the_largest_copy() -> None:
    addresses = replace(PLAIN, largest_copy=2560)
    small = replace(PHOTOGRAPH, width=1000)
    media = f"/media/{DIGEST[:12]}"

    assert addresses.picture("a b.jpg", PHOTOGRAPH) == f"{media}/2560/a%20b.jpg.webp"
    assert addresses.picture("a.jpg", small) == f"{media}/a.jpg"
    assert addresses.picture("a.svg", DRAWING) == f"{media}/a.svg"
    assert addresses.widths("a.svg", DRAWING) == ""
    assert addresses.widths("a.jpg", small).endswith(f", {media}/1000/a.jpg.webp 1000w")
    assert addresses.copy("a.jpg", small, 480) == f"{media}/480/a.jpg.webp"


def test_builder_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        PLAIN.prefix = "/blog"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("written", "rooted"),
    [
        ("/about/", "/blog/about/"),
        ("/blog/about/", "/blog/about/"),
        ("/blogs/", "/blog/blogs/"),
        ("//other.example/", "//other.example/"),
        ("https://other.example/", "https://other.example/"),
        ("about", "about"),
    ],
)
def test_addresses_that_writers_give_are_from_the_sites_root(written: str, rooted: str) -> None:
    assert BELOW.rooted(written) == rooted


def test_page_that_is_chosen_for_it_stands_at_the_front() -> None:
    page = replace(PAGE, slug="home")

    assert Addresses.of(Settings(home="page")).post(page) == "/"
    assert Addresses.of(Settings()).post(page) == "/home/"
    assert Addresses.of(Settings(home="page")).post(PAGE) == "/about/"


@pytest.mark.parametrize(
    ("taxonomies", "cause"),
    [
        ({"draft": "drafts"}, "the field `draft` means something else"),
        ({"tag": "labels"}, "the field `tag` means something else"),
        ({"cuisine": "archive"}, "the site has other pages at /archive/"),
        ({"cuisine": "tags"}, "the site has other pages at /tags/"),
        ({"cuisine": "articles"}, "the site has other pages at /articles/"),
        ({"cuisine": "food", "dish": "food"}, "the site has other pages at /food/"),
    ],
)
def test_taxonomy_that_takes_what_means_something_else_is_refused(taxonomies: dict[str, str], cause: str) -> None:
    with pytest.raises(SettingsError, match=cause):
        Addresses.of(Settings(taxonomies=taxonomies))


def test_taxonomy_has_pages_in_its_folder() -> None:
    addresses = Addresses.of(Settings(taxonomies={"cuisine": "cuisines"}))

    assert addresses.term("cuisine", "thai") == "/cuisines/thai/"


OWN = Addresses.of(Settings(base_url="https://www.example.org/blog", own_hosts=["old.example:8080"]))


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://www.example.org/blog/x/?a=b#c", "/blog/x/?a=b#c"),
        ("http://example.org/blog", "/blog"),
        ("//Example.org:443/blog?a", "/blog?a"),
        ("HTTP://WWW.EXAMPLE.ORG:80/blog/x", "/blog/x"),
        ("https://old.example:8080/blog/", "/blog/"),
    ],
)
def test_an_address_of_the_site_itself_is_a_path_however_its_host_is_written(address: str, path: str) -> None:
    assert OWN.own(address) == path


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/blogs/x",
        "https://example.org/",
        "https://example.org:8443/blog/x",
        "https://old.example/blog/x",
        "https://example.org.evil.example/blog/x",
        "https://example.org@evil.example/blog/x",
        "https://cdn.example.org/blog/x",
        "ftp://example.org/blog/x",
        "/blog/x",
        "x/https://example.org/blog/x",
        "https://[example.org]/blog",
        "https:example.org/blog/x",
    ],
)
def test_other_addresses_stay_as_they_are(address: str) -> None:
    assert OWN.own(address) == address
