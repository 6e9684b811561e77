"""One address resolver: links, pictures, old addresses and the 404 page lead to the same places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octavo.content.images import Picture
from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.settings import Settings, SettingsError
from octavo.site.addresses import Addresses
from octavo.site.addresses.permalinks import Permalink
from octavo.site.site import Site
from tests.conftest import Clock, PostsFolder, Reader
from tests.web.test_feeds import PIXEL

Write = Callable[..., Path]


def links(client: FlaskClient, page: str) -> list[str]:
    """The targets of the links and pictures in the text of an article."""
    text = client.get(page).text.partition('<div class="prose">')[2].partition("<footer")[0]
    return re.findall(r'(?:href|src)="([^"]+)"', text)


def led(client: FlaskClient, path: str) -> str | int:
    """Where an address leads in one step: to a page that is there, or the status."""
    answer = client.get(path)
    if answer.status_code in (301, 302, 307, 308):
        assert client.get(answer.headers["Location"]).status_code == 200, answer.headers["Location"]
        return str(answer.headers["Location"])
    return answer.status_code


@pytest.fixture
def archive(client: FlaskClient, folder: PostsFolder) -> FlaskClient:
    """A site whose articles came from elsewhere."""
    folder.raw("_pages/about.md", "# About\n\nText")
    folder.write("2024-01-05-weeknotes", title="First notes", slug="weeknotes", tags=["Mars"], date="2024-01-05")
    folder.write("2024-01-12-weeknotes", title="Second notes", slug="weeknotes-2024-01-12", date="2024-01-12")
    folder.raw("trip/index.md", "---\ntitle: Trip\ndate: 2025-01-01\ncategory: Launch\nauthor: Ada\n---\n\nText\n")
    folder.raw("trip/a.png", PIXEL)
    folder.raw("images/b.png", PIXEL)
    folder.write("45-to-the-moon", slug="45-to-the-moon")
    folder.write("secret", draft=True)
    return client


WRITTEN = [
    ("/articles/trip/", "/articles/trip/"),
    ("/articles/trip", "/articles/trip/"),
    ("/2024/05/06/trip/", "/articles/trip/"),
    ("/blog/trip.html#part", "/articles/trip/#part"),
    ("/trip?utm=1", "/articles/trip/?utm=1"),
    ("/posts/trip/index.md", "/articles/trip/"),
    ("trip.html", "/articles/trip/"),
    ("../../content/trip", "/articles/trip/"),
    ("/2024/01/05/weeknotes/", "/articles/weeknotes/"),
    ("/2024/01/12/weeknotes/", "/articles/weeknotes-2024-01-12/"),
    ("2024-01-12-weeknotes.md", "/articles/weeknotes-2024-01-12/"),
    ("/guide/to-the-moon", "/articles/45-to-the-moon/"),
    ("/about", "/about/"),
    ("_pages/about.md", "/about/"),
    ("/tag/mars/", "/tags/mars/"),
    ("/category/launch", "/categories/launch/"),
    ("/feed/", "/rss.xml"),
    ("/atom.xml", "/atom.xml"),
    ("/archive/2024", "/archive/2024/"),
]


@pytest.mark.parametrize(("target", "wanted"), WRITTEN)
def test_links_of_other_systems_lead_to_the_article_itself(
    archive: FlaskClient, folder: PostsFolder, target: str, wanted: str
) -> None:
    folder.write("hello", f"[it]({target})\n")

    assert links(archive, "/articles/hello/") == [wanted]


@pytest.mark.parametrize("target", ["/nothing/", "/articles/secret/", "/2024/secret/", "/tags/none/", "/wp-login.php"])
def test_links_that_lead_nowhere_stay_as_written(archive: FlaskClient, folder: PostsFolder, target: str) -> None:
    folder.write("hello", f"[it]({target})\n")

    assert links(archive, "/articles/hello/") == [target]


@pytest.mark.parametrize(
    "target", ["/images/b.png", "/b.png", "/assets/images/b.png", "/static/images/b.png", "images/b.png"]
)
def test_pictures_are_found_from_the_root(archive: FlaskClient, folder: PostsFolder, target: str) -> None:
    folder.write("hello", f"![it]({target})\n", image=target)

    (source,) = links(archive, "/articles/hello/")

    assert archive.get(source).data.startswith(b"GIF89a")
    assert 'fetchpriority="high"' in archive.get("/articles/hello/").text


@pytest.mark.parametrize("target", ["Images/B.PNG", "images\\b.png", "B.png", "/IMAGES/b.png"])
def test_capitals_and_backslashes_lead_to_the_only_file_that_can_be_meant(
    archive: FlaskClient, folder: PostsFolder, target: str
) -> None:
    folder.write("hello", f"![it]({target})\n")

    (source,) = links(archive, "/articles/hello/")

    assert archive.get(source).data.startswith(b"GIF89a")


def test_capitals_lead_nowhere_where_two_files_can_be_meant(archive: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("images/B.png", PIXEL)
    folder.write("hello", "![it](images/b.PNG)\n")

    assert links(archive, "/articles/hello/") == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_the_same_in_both_forms_of_unicode(client: FlaskClient, folder: PostsFolder, form: Any) -> None:
    other = "NFD" if form == "NFC" else "NFC"
    folder.raw(unicodedata.normalize(form, "café.gif"), PIXEL)
    folder.raw(unicodedata.normalize(form, "été.md"), "# Summer\n\nText\n")
    target = unicodedata.normalize(other, "café.gif")
    page = unicodedata.normalize(other, "été.md")
    folder.write("hello", f"![it]({target}) [summer]({page}) ![it](/{target})\n", image=target)

    found = links(client, "/articles/hello/")

    assert [client.get(url).status_code for url in found] == [200, 200, 200]
    assert 'fetchpriority="high"' in client.get("/articles/hello/").text


OLD = [
    ("/2024/05/06/trip/", "/articles/trip/"),
    ("/blog/trip.html", "/articles/trip/"),
    ("/index.html", "/"),
    ("/tag/mars/index.html", "/tags/mars/"),
    ("/blog/b.trip.x/", 404),
    ("/posts/Trip", "/articles/trip/"),
    ("/2024/01/05/weeknotes", "/articles/weeknotes/"),
    ("/2024/01/12/weeknotes.html", "/articles/weeknotes-2024-01-12/"),
    ("/2024/02/02/weeknotes/", 404),
    ("/2024/", "/archive/2024/"),
    ("/2024/01/", "/archive/2024/"),
    ("/1999/", 404),
    ("/tag/mars/", "/tags/mars/"),
    ("/topics/Mars", "/tags/mars/"),
    ("/blog/category/launch/", "/categories/launch/"),
    ("/author/ada", "/authors/ada/"),
    ("/blog/", "/articles/"),
    ("/posts", "/articles/"),
    ("/tag/none/", 404),
    ("/tags/trip/", 404),
    ("/secret/", 404),
    ("/blog/secret/", 404),
    ("/static/trip", 404),
    ("/api/trip", 404),
    ("/trip.pdf", 404),
]


@pytest.mark.parametrize(("path", "wanted"), OLD)
def test_old_addresses_lead_to_what_stands_there_now(archive: FlaskClient, path: str, wanted: str | int) -> None:
    assert led(archive, path) == wanted


FEEDS = [
    *((path, "/rss.xml") for path in ("/feed", "/feed/", "/rss", "/rss/", "/index.xml", "/feed.xml", "/feed/rss2/")),
    *((path, "/rss.xml") for path in ("/blog/feed", "/posts/index.xml", "/rss.xml/", "/?feed=rss2", "/feed/index.xml")),
    *((path, "/atom.xml") for path in ("/atom", "/atom/", "/feed/atom", "/feed/atom/", "/atom.xml/", "/?feed=atom")),
    *((path, "/feed.json") for path in ("/feed/json", "/feed.json/")),
    *((path, "/tags/mars/rss.xml") for path in ("/tag/mars/feed/", "/tags/mars/index.xml", "/tag/mars/rss")),
    ("/tag/mars/feed/atom/", "/tags/mars/atom.xml"),
    ("/category/launch/feed", "/categories/launch/rss.xml"),
    ("/categories/launch/index.xml", "/categories/launch/rss.xml"),
    ("/launch/index.xml", "/categories/launch/rss.xml"),
    ("/author/ada/rss/", "/authors/ada/rss.xml"),
    ("/feeds/launch.atom.xml", "/categories/launch/atom.xml"),
    ("/feeds/ada.atom.xml", "/authors/ada/atom.xml"),
    ("/feeds/launch.rss.xml", "/categories/launch/rss.xml"),
    ("/feed/launch.xml", "/categories/launch/rss.xml"),
    ("/feed/launch/", 404),
    ("/categories/launch.xml", "/categories/launch/rss.xml"),
    ("/tags/mars.xml", "/tags/mars/rss.xml"),
    ("/wp-rss2.php", "/rss.xml"),
    ("/wp-atom.php", "/atom.xml"),
    ("/2024/feed/", "/rss.xml"),
    ("/1999/feed/", 404),
    ("/feeds/none.atom.xml", 404),
    ("/launch.xml", 404),
    ("/sitemaps/launch.xml", 404),
    ("/tag/none/feed/", 404),
    ("/comments/feed/", 404),
    ("/categories/cat_launch.xml", "/categories/launch/rss.xml"),
]


@pytest.mark.parametrize(("path", "wanted"), FEEDS)
def test_subscriptions_survive_a_move(archive: FlaskClient, path: str, wanted: str | int) -> None:
    assert led(archive, path) == wanted


def test_short_links_by_query_lead_to_their_article(client: FlaskClient, write_post: Write) -> None:
    write_post("hello", aliases=["/?p=42", "/index.php?article=7"])
    write_post("other", aliases=["/?p=43", "/index.php?article=8"])

    assert led(client, "/?p=42") == "/articles/hello/"
    assert led(client, "/?p=43") == "/articles/other/"
    assert led(client, "/?p=43&utm_source=x") == "/articles/other/"
    assert led(client, "/index.php?article=8") == "/articles/other/"
    assert led(client, "/?p=44") == 200
    assert led(client, "/?utm_source=x") == 200
    assert led(client, "/") == 200


def test_short_links_lead_nowhere_by_other_queries(client: FlaskClient, write_post: Write) -> None:
    write_post("hello", aliases=["/index.php?article=7", "/blog/?p=1"])
    write_post("other", aliases=["/index.php?article=8", "/blog/?p=2"])
    write_post("alone", aliases=["/view.php?id=5"])

    assert led(client, "/index.php?article=9") == 404
    assert led(client, "/index.php") == 404
    assert led(client, "/blog/?p=3") == "/articles/?p=3"
    assert led(client, "/blog/") == "/articles/"
    assert led(client, "/view.php?id=6") == 404
    assert led(client, "/view.php?ref=x") == "/articles/alone/?ref=x"
    assert led(client, "/view.php") == "/articles/alone/"


def test_a_plain_old_address_counts_before_short_links_at_its_path(client: FlaskClient, write_post: Write) -> None:
    write_post("newer", date="2025-02-01", aliases=["/old/?p=1"])
    write_post("older", date="2025-01-01", aliases=["/old/"])
    write_post("second", date="2025-01-02", aliases=["/old/?p=1&page=2"])

    assert led(client, "/old/") == "/articles/older/"
    assert led(client, "/old/?p=2") == "/articles/older/?p=2"
    assert led(client, "/old/?p=1") == "/articles/newer/"
    assert led(client, "/old/?p=1&page=2") == "/articles/second/"


def test_short_links_at_the_root_leave_the_home_page(client: FlaskClient, write_post: Write) -> None:
    write_post("greedy", aliases=["/"])
    write_post("hello", aliases=["/?p=1"])

    assert led(client, "/?p=1") == "/articles/hello/"
    assert led(client, "/?p=2") == 200
    assert led(client, "/?ref=x") == 200


def test_an_unlisted_article_keeps_its_short_links(client: FlaskClient, write_post: Write) -> None:
    write_post("hello", unlisted=True, aliases=["/?p=42", "/old/"])

    assert led(client, "/old/") == "/articles/hello/"
    assert led(client, "/?p=42") == "/articles/hello/"


@pytest.mark.parametrize("path", ["/grüße/", "/gruesse/", "/gr%C3%BC%C3%9Fe/"])
def test_a_short_link_is_no_missing_page_that_was_kept(client: FlaskClient, write_post: Write, path: str) -> None:
    write_post("hello", aliases=[f"{path}?p=42"])
    write_post("other", aliases=[f"{path}?p=43"])
    assert led(client, path) == 404

    assert led(client, f"{path}?p=42") == "/articles/hello/"
    assert led(client, f"{path}?p=43") == "/articles/other/"
    assert led(client, f"{path}?p=44") == 404


def test_short_links_are_not_asked_for_with_a_hundred_parameters(client: FlaskClient, write_post: Write) -> None:
    write_post("hello", aliases=["/index.php?article=7", "/?p=1"])
    write_post("other", aliases=["/index.php?article=8", "/?p=2"])
    many = "&".join(f"a{n}=1" for n in range(101))

    assert client.get(f"/index.php?{many}").status_code in (400, 404)
    assert client.get(f"/?{many}").status_code in (200, 400)


def test_short_links_follow_the_files(client: FlaskClient, write_post: Write) -> None:
    write_post("hello", aliases=["/?p=42"])
    assert led(client, "/?p=42") == "/articles/hello/"

    write_post("hello", aliases=[])

    assert led(client, "/?p=42") == 200


PATTERNS = [
    ("/:year/:month/:day/:title/", "/2025/03/07/hello-world/"),
    ("/:year/:month/:slug", "/2025/03/hello-world"),
    ("/:categories/:title.html", "/launch/hello-world.html"),
    ("/:section/:filename/", "/launch-pad/hello-world/"),
    ("/:slug/", "/hello-world/"),
    ("/blog/:short_year/:i_month/:title:output_ext", "/blog/25/3/hello-world.html"),
    ("/:monthname/:yearday/:title/", "/march/66/hello-world/"),
    ("pretty", "/launch/2025/03/07/hello-world/"),
    ("date", "/launch/2025/03/07/hello-world.html"),
    ("ordinal", "/launch/2025/066/hello-world.html"),
    ("none", "/launch/hello-world.html"),
    ("/:slugified_categories/:title/", "/launch/hello-world/"),
    ("/:sections[last]/:slug/", "/launch-pad/hello-world/"),
    ("/:sections[1:]/:slug/", "/hello-world/"),
]


@pytest.mark.parametrize(("pattern", "address"), PATTERNS)
def test_permalink_is_the_address_everywhere(
    make_app: Callable[..., Flask], folder: PostsFolder, pattern: str, address: str
) -> None:
    folder.write("Launch Pad/hello-world", title="Hello", date="2025-03-07", category="Launch", tags=["Mars"])
    folder.write("other", "[it](Launch%20Pad/hello-world.md) [it](/articles/hello-world/)\n", date="2025-03-08")
    app = make_app(permalink=pattern, api_open=True)
    app.test_client_class = Reader
    client = app.test_client()

    page = client.get(address)

    assert page.status_code == 200
    assert f'<link rel="canonical" href="https://journal.example{address}">' in page.text
    for path in ("/", "/articles/", "/tags/mars/", "/archive/", "/atom.xml", "/feed.json",
                 "/sitemaps/articles-1.xml", "/ghost/api/content/posts/"):  # fmt: skip
        text = client.get(path).text
        assert address in text, path
        assert "/articles/hello-world/" not in text, path
    for path in ("/articles/hello-world/", "/articles/Hello-World", "/2001/hello-world/"):
        assert led(client, path) == address, path
    other = next(url for url in re.findall(r'"(/[^"]*other[^"]*)"', client.get("/articles/").text))
    assert links(client, other) == [address, address]
    assert client.get("/articles/hello-world.md").status_code == 200


def test_permalink_hides_no_page_and_makes_none(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.raw("_pages/about.md", "# About\n\nText")
    folder.write("hello", date="2025-03-07")
    folder.write("undated", date=None)
    app = make_app(permalink="/:year/:slug/")
    client = app.test_client()

    assert client.get("/about/").status_code == 200
    assert client.get("/articles/undated/").status_code == 200
    for path in ("/2024/hello/", "/2025/hello", "/2025/Hello/"):
        assert led(client, path) == "/2025/hello/", path
    for path in ("/2025/none/", "/2025/hello/more/", "/none/", "/a/b/c/d"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "pattern", [":year/:slug/", "/:year/:month/", "/:year/:nonsense/:slug/", "/:sections[x]/:slug/",
     "/:sections[]/:slug/", "/:slug[1:]/", "/tags/:slug/",
     "/static/:slug", "/media/x/:slug.svg", "/../:slug/", "/x?y=:slug", "/%2e/:slug/"],
)  # fmt: skip
def test_wrong_permalink_is_told_with_what_it_is_for(pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"permalink = .*Hugo and Jekyll"):
        Addresses.of(Settings(permalink=pattern))


@pytest.mark.parametrize("pattern", ["/:slug/", "/:category/:slug/", "/:slug/:slug/", "/archive/:slug/"])
def test_no_article_is_hidden_by_a_page_of_the_site(
    make_app: Callable[..., Flask], folder: PostsFolder, pattern: str
) -> None:
    names = ["tags", "search", "static", "2025", "health", "archive"]
    for name in names:
        folder.write(name, f"The words of {name}.\n", category="Tags", tags=["Tags"])
    client = make_app(permalink=pattern).test_client()

    shown = [client.get(f"/articles/{name}/", follow_redirects=True).text for name in names]

    assert [f"The words of {name}." in text for name, text in zip(names, shown, strict=True)] == [True] * len(names)


def test_an_article_behind_a_page_is_told(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("about")
    folder.write("_pages/about")
    app = make_app(permalink="/:slug/")

    result = app.test_cli_runner().invoke(args=["check"])

    assert "The article is not shown: _pages/about.md has its address /about/." in result.output


@pytest.mark.parametrize(
    ("line", "path", "wanted"),
    [
        ("/news/* /articles/:splat", "/news/trip", "/articles/trip"),
        ("/news/*  /articles/:splat  302", "/news/trip/", "/articles/trip/"),
        ("/:year/:name.html /articles/:name/ 308", "/2020/trip.html", "/articles/trip/"),
        ("/go id=:id /articles/:id/", "/go?id=trip", "/articles/trip/"),
        ("/go id=7 /articles/trip/", "/go?id=7", "/articles/trip/"),
        ("/go id=7 /articles/trip/", "/go?id=8", 404),
        ("/out https://example.org/x", "/out", "https://example.org/x"),
        ("/old /articles/trip/ 301 # moved", "/old/", "/articles/trip/"),
        ("/old 410", "/old", 410),
        ("/old / 410", "/old", 410),
        ("/blog/* 410", "/blog/trip", 410),
        ("/a/* /articles/", "/a", "/articles/"),
        ("/articles/trip/ / 301", "/articles/trip/", 200),
        ("# /old /", "/old", 404),
        ("/old%20one /articles/trip/", "/old%20one", "/articles/trip/"),
        ("/old /old", "/old", 404),
        ("/one /two\n/two /one", "/one", 404),
        ("/deep/* /deep/er/:splat", "/deep/x", 404),
        ("/one /two\n/two /articles/trip/", "/one", "/two"),
        ("/* /articles/:splat", "/trip/x", 404),
    ],
)
def test_redirects_by_pattern_come_from_a_file(
    archive: FlaskClient, tmp_path: Path, line: str, path: str, wanted: str | int
) -> None:
    (tmp_path / "_redirects").write_text(f"# comment\n\n{line}\n", encoding="utf-8")

    answer = archive.get(path)

    assert (answer.headers["Location"] if answer.status_code // 100 == 3 else answer.status_code) == wanted
    if "302" in line or "308" in line:
        assert str(answer.status_code) in line


@pytest.mark.parametrize("path", ["/gone/", "/tags/gone/", "/articles/gone/"])
def test_a_rule_that_comes_and_goes_is_obeyed_at_once(archive: FlaskClient, tmp_path: Path, path: str) -> None:
    statuses = [archive.get(path).status_code]
    for rule in (f"{path} /articles/trip/\n", f"{path} 410\n", ""):
        (tmp_path / "_redirects").write_text(rule, encoding="utf-8")
        statuses.append(archive.get(path).status_code)

    assert statuses == [404, 301, 410, 404]


def test_redirect_never_leads_to_another_host_by_what_was_asked(archive: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "_redirects").write_text("/go/* /:splat\n/to/:host/* /:host/:splat\n", encoding="utf-8")

    for path in ("/go//evil.example/", "/go/%2fevil.example", "/to/%2fevil.example/x", "/go/\\evil.example"):
        location = archive.get(path).headers.get("Location", "/")
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\")), location


def test_wrong_lines_of_redirects_are_told(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    lines = ["/a", "/a /b 999", "b /c", "/a /b 301!", "/a/*/b /c", "/:x/:x /y", "/a ftp://x", "/a /b 302 Country=de",
        "/:x https://:x.example/", "/* https://user:splat@x.example/"]  # fmt: skip
    (tmp_path / "_redirects").write_text("\n".join([*lines, "/old /articles/"]), encoding="utf-8")

    site = make_app().extensions["octavo"]

    assert [problem.mark.line for problem in site.redirects.problems] == list(range(1, len(lines) + 1))
    assert site.redirects.move("/a", "", lambda path: False).target == "/b"
    assert site.redirects.move("/old", "", lambda path: path == "/articles/").target == "/articles/"


def test_deleted_article_is_gone_while_that_is_remembered(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    path = folder.write("hello", aliases=["/2020/héllo/", "/?p=42"])
    draft = folder.write("draft", draft=True)
    renamed = folder.write("before", "Its own text.\n")
    app = make_app()
    app.test_client_class = Reader
    client = app.test_client()
    assert client.get("/articles/hello/").status_code == 200

    path.unlink()
    draft.unlink()
    renamed.rename(renamed.with_name("after.md"))

    page = client.get("/articles/hello/")
    assert page.status_code == 410
    assert '<h1 id="page:lost-title">This page was taken down.</h1>' in page.text
    assert "taken down" in client.get("/articles/hello").text
    former = ("/2020/h%C3%A9llo/", "/2020/h%C3%A9llo", "/articles/hello.md", "/hello.html", "/blog/hello.php")
    assert {client.get(address).status_code for address in former} == {410}
    others = ("/articles/draft/", "/draft.html", "/articles/before/", "/hello.pdf", "/tags/hello.html", "/2020/")
    assert {client.get(address).status_code for address in others} == {404}
    assert client.get("/?p=42").status_code == 200
    app.extensions["octavo"].close()
    restarted = make_app().test_client()
    assert restarted.get("/articles/hello/").status_code == 410
    assert restarted.get("/2020/h%C3%A9llo/").status_code == 410

    folder.write("hello")

    assert client.get("/articles/hello/").status_code == 200


BELOW = Addresses("https://example.org", prefix="/blog", language="de", largest_copy=1_000)
SMALL = Picture(300, 200, "0123456789abcdef" * 2, "image/png", True, 5_000)
LARGE = Picture(3_000, 200, "0123456789abcdef" * 2, "image/png", True, 5_000)
ARTICLE = Post("hello.md", "", "h\u00e9llo", "Hello")
PAGE = Post("_pages/about.md", "", "about", "About", kind="page")


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (BELOW.path("/archive/"), "/blog/de/archive/"),
        (BELOW.post(ARTICLE), "/blog/de/articles/h%C3%A9llo/"),
        (BELOW.by_slug("h\u00e9llo"), "/blog/de/articles/h%C3%A9llo/"),
        (BELOW.markdown("hello"), "/blog/de/articles/hello.md"),
        (BELOW.post(PAGE), "/blog/de/about/"),
        (BELOW.term("tag", "mars"), "/blog/de/tags/mars/"),
        (BELOW.term("category", "mars"), "/blog/de/categories/mars/"),
        (BELOW.term("author", "ada"), "/blog/de/authors/ada/"),
        (BELOW.year(2025), "/blog/de/archive/2025/"),
        (BELOW.cover("hello"), "/blog/de/covers/hello.png"),
        (BELOW.card("a b.png", LARGE), "/blog/covers/0123456789ab/a%20b.png.jpg"),
        (BELOW.picture("a b.png", SMALL), "/blog/media/0123456789ab/a%20b.png"),
        (BELOW.picture("a.png", LARGE), "/blog/media/0123456789ab/1000/a.png.webp"),
        (BELOW.original("a.png", LARGE), "/blog/media/0123456789ab/a.png"),
        (BELOW.widths("a.png", SMALL), ""),
        (
            BELOW.widths("a.png", replace(LARGE, width=450)),
            "/blog/media/0123456789ab/320/a.png.webp 320w, /blog/media/0123456789ab/450/a.png.webp 450w",
        ),
        (BELOW.plain("ads.txt"), "/blog/ads.txt"),
        (BELOW.file("a.pdf", "tag"), "/blog/media/tag/a.pdf"),
        (BELOW.absolute("/blog/de/"), "https://example.org/blog/de/"),
        (BELOW.absolute("//cdn.example/x"), "//cdn.example/x"),
        (BELOW.absolute("https://other.example/"), "https://other.example/"),
        (BELOW.relative("/blog/de/tags/mars/", "/blog/de/articles/hello/"), "../../tags/mars/"),
        (BELOW.relative("/blog/de/atom.xml", "/blog/de/"), "atom.xml"),
        (BELOW.relative("/blog/de/", "/blog/de/"), "./"),
        (Addresses("https://example.org").relative("/tags/", "/"), "tags/"),
        (Addresses("https://example.org").post(ARTICLE), "/articles/h%C3%A9llo/"),
        (Addresses("https://example.org", language="de").path("/"), "/de/"),
        (Addresses("https://example.org", prefix="/blog").path("/"), "/blog/"),
    ],
)
def test_builder_makes_addresses_below_a_path_and_of_a_language(made: str, wanted: str) -> None:
    assert made == wanted


def test_builder_reads_the_slugs_that_it_wrote() -> None:
    dated = Addresses("https://example.org", permalink=Permalink("/:year/:slug/", UTC))

    assert list(BELOW.slugs_in("/blog/de/articles/h%C3%A9llo/")) == ["h\u00e9llo"]
    assert list(BELOW.slugs_in("/blog/de/articles/hello")) == ["hello"]
    assert list(BELOW.slugs_in("/blog/de/tags/hello/")) == []
    assert "hello" in dated.slugs_in("/2025/hello/")
    assert "hello" in dated.slugs_in("/2025/hello")
    assert list(dated.slugs_in("/articles/hello/more/")) == []


@given(
    st.lists(st.sampled_from([":year", ":month", ":day", ":categories", ":section", "blog", "a.b"]), max_size=4),
    st.sampled_from([":slug", ":title.html", ":title:output_ext", "x-:slug", ":year-:month-:slug", ":slug-:day"]),
    st.sampled_from(["", "/"]),
    st.text("abc123-\u00e9", min_size=1, max_size=8).map(slugify).filter(bool),
    st.sampled_from(["a.md", "one/a.md", "one/two/a.md", "one/a/index.md"]),
    st.sampled_from(["", "Mars", "The Moon"]),
)
def test_every_permalink_tells_its_slug_again(
    folders: list[str], last: str, end: str, slug: str, path: str, category: str
) -> None:
    permalink = Permalink(f"/{'/'.join([*folders, last])}{end}", UTC)
    post = Post(path, "", slug, "T", category=category, published=datetime(2025, 3, 7, tzinfo=UTC))

    address = permalink.path(post)

    assert address is not None
    assert address.isascii()
    assert permalink.slug_in(address) == slug


def test_book_knows_every_address_that_the_site_has(client: FlaskClient, app: Flask, write_post: Write) -> None:
    write_post("moon", series="Moons")
    client.get("/")
    site = app.extensions["octavo"]
    resolver = site.resolver(site.edition())
    fixed = [rule.rule for rule in app.url_map.iter_rules() if "<" not in rule.rule and "GET" in rule.methods]

    unknown = [path for path in fixed if resolver.at(path) is None and not path.startswith(("/ghost/", "/-/"))]

    assert unknown == []


def test_quoted_and_foreign_scripts_are_one_address(client: FlaskClient, write_post: Write) -> None:
    write_post("火星", title="Mars")
    write_post("hello", f"[a](/2024/火星/) [b](/x/{quote('火星')}.html)\n")

    assert links(client, "/articles/hello/") == [f"/articles/{quote('火星')}/"] * 2


TARGET = st.one_of(
    st.text(max_size=20),
    st.lists(
        st.sampled_from(["hello", "secret", "Secret.md", "2024", "05", "..", ".", "", "tag", "mars", "feed", "x.png"]),
        max_size=5,
    ).map("/".join),
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(TARGET, st.booleans(), st.sampled_from(["", "p=42", "feed=rss2", "&=&", "%"]))
def test_any_target_leads_to_what_readers_may_see_or_nowhere(
    archive: FlaskClient, target: str, from_root: bool, query: str
) -> None:
    site: Site = archive.application.extensions["octavo"]
    resolver = site.resolver(site.edition())
    path = f"/{target}" if from_root else target

    found = [resolver.link("hello.md", path), resolver.by_old_address(path, query), resolver.at(path)]

    resolver.picture("trip/index.md", path)
    resolver.nearest("trip/index.md", path)
    for url in found:
        assert url is None or "secret" not in url or url == path


HOSTS = ["https://journal.example", "http://www.journal.example", "//journal.example:443", "https://old.example"]


@pytest.mark.parametrize("host", HOSTS)
def test_links_and_pictures_with_the_sites_own_host_are_its_own(
    make_app: Callable[..., Flask], folder: PostsFolder, host: str
) -> None:
    picture = f"{host}/assets/img/photo.png"
    folder.raw("assets/img/photo.png", PIXEL)
    folder.write("other", "## Part\n\nText")
    folder.write("hello", f"[a]({host}/other/?b=c#part)\n\n![b]({picture})", image=picture)
    app = make_app(own_hosts=["old.example"])

    page = app.test_client().get("/articles/hello/").text

    assert 'href="/articles/other/?b=c#part"' in page
    assert re.search(r'<img [^>]*src="/media/[0-9a-f]+/assets/img/photo.png"[^>]*alt="b"', page)
    assert f'"{host}/' not in page.replace("https://journal.example/", "")
    told = app.test_cli_runner().invoke(args=["check"]).output
    assert told.endswith("0 errors, 0 warnings.\n")


def test_dead_links_with_the_sites_own_host_are_told(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("other", aliases=["/?p=7"])
    folder.write("hello", "[a](http://www.journal.example/nope/) [b](/?p=99) [c](/?p=7) [d](//journal.example/no.png)")

    told = make_app().test_cli_runner().invoke(args=["check"]).output

    assert "hello.md:6:5: The link or picture `/nope/` leads to nothing" in told
    assert "hello.md:6:43: The link `/?p=99` leads to no article" in told
    assert "hello.md:6:66: The link or picture `/no.png` leads to nothing" in told
    assert "0 errors, 3 warnings" in told


def test_several_categories_are_folders_as_jekyll_has_them(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello", date="2025-03-07", categories=["Big News", "Tech/C#", "..", "big news"])
    folder.write("big-news/other", date="2025-03-07")
    client = make_app(permalink="date").test_client()

    found = re.findall(r'href="(/big[^"]+)"', client.get("/articles/").text)

    addresses = {"/big%20news/tech/c%23/2025/03/07/hello.html", "/big-news/2025/03/07/other.html"}
    assert set(found) == addresses
    assert [client.get(address).status_code for address in addresses] == [200, 200]


def test_rules_that_lead_to_one_another_without_end_are_told(
    make_app: Callable[..., Flask], tmp_path: Path, folder: PostsFolder
) -> None:
    folder.write("hello", aliases=["/old"])
    rules = "/a /b\n/b /c\n/c /a?x=1\n/e/* /f/:splat\n/f/* /e/:splat\n/old /g\n/g /old\n/h /g\n"
    (tmp_path / "_redirects").write_text(rules, encoding="utf-8")

    told = make_app().test_cli_runner().invoke(args=["check", "--all"]).output

    assert re.findall(r"_redirects:(\d)", told) == ["1", "2", "3", "4", "5"]
    assert "without end" in told


@pytest.mark.parametrize(
    ("rules", "line", "words"),
    [
        ("/a /b\n/c /d\n/a /e 302", 3, "line 1 is for the same paths"),
        ("/:x/y /b\n/:z/y/ /c", 2, "line 1 is for the same paths"),
        ("/loop /loop", 1, "leads to itself"),
        ("/a/* /a/:splat 302", 1, "leads to itself"),
        ("/path?x=1&y=2 /articles/", 1, "`/path x=1 y=2`"),
        ("/a /b 301!", 1, "a page that stands there is shown"),
    ],
)
def test_rules_that_never_lead_anywhere_are_told(
    make_app: Callable[..., Flask], tmp_path: Path, rules: str, line: int, words: str
) -> None:
    (tmp_path / "_redirects").write_text(rules, encoding="utf-8")

    (only,) = make_app().extensions["octavo"].redirects.problems

    assert only.mark.line == line
    assert words in str(only)


def test_rules_for_one_path_with_other_parameters_are_each_asked(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    rules = "/ p=1 /a\n/ p=2 /b\n/a/* /b/:splat\n/blog/* /blog/posts/:splat\n/a/:x /c\n"
    (tmp_path / "_redirects").write_text(rules, encoding="utf-8")

    assert make_app().extensions["octavo"].redirects.problems == ()


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/:sections[0]/:slug/", "/a/x/"),
        ("/:sections[first]/:slug/", "/a/x/"),
        ("/:sections[last]/:slug/", "/d/x/"),
        ("/:sections[1:]/:slug/", "/b/c/d/x/"),
        ("/:sections[:last]/:slug/", "/a/b/c/x/"),
        ("/:sections[1:3]/:slug/", "/b/c/x/"),
        ("/:sections[9]/:slug/", "/x/"),
        ("/:sections[2:9]/:slug/", "/c/d/x/"),
    ],
)
def test_some_sections_stand_in_a_permalink(pattern: str, path: str) -> None:
    permalink = Permalink(pattern, UTC)

    assert permalink.path(Post("a/b/c/d/x.md", "0" * 32, "x", "X")) == path
    assert permalink.slug_in(path) == "x"
