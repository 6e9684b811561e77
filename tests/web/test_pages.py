"""The pages over HTTP: what each shows, what is not there, and that each has one address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.content.parse import RESERVED
from octavo.web.page_kinds import page_kinds
from tests.conftest import NOW, Clock, PostsFolder

Write = Callable[..., Path]


def json_ld(html: str) -> list[dict[str, Any]]:
    return [json.loads(found) for found in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)]


def test_article_shows_all_that_a_reader_expects(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("_authors/desk.md", "---\nname: Launch Desk\nrole: Rockets\n---\nThe desk covers *launches*.")
    folder.write("older", date="2025-07-01", category="Launch", tags=["Moon"])
    sections = "\n\n".join(f"## Part {n}\n\nText of part {n}." for n in range(5))
    folder.write(
        "hello", title="A Launch", date="2025-07-10", category="Launch", tags=["Moon", "Rockets"], author="desk",
        body=sections,
    )  # fmt: skip
    folder.write("newer", date="2025-07-15", category="Launch", tags=["Moon"])

    page = client.get("/articles/hello/").text

    for text in (
        "Back to articles", "A Launch", "10 July 2025", "1 min read", "Launch Desk", "Rockets", "/categories/launch/",
        "/tags/moon/", "/tags/rockets/", '<h2 id="part-3">', "#part-3", "/articles/older/", "/articles/newer/",
        "shares Moon", "<em>launches</em>", "/authors/desk/",
    ):  # fmt: skip
        assert text in page, text


def test_head_names_the_page_for_machines(client: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello", title='Say "</script>" & go', date="2025-07-10", summary="A summary.", tags=["Moon"])

    page = client.get("/articles/hello/", headers={"Host": "evil.example"}).text

    assert '<link rel="canonical" href="https://journal.example/articles/hello/">' in page
    assert '<meta name="description" content="A summary.">' in page
    assert 'property="og:image" content="https://journal.example/covers/hello.png"' in page
    assert "evil.example" not in page
    posting, crumbs = json_ld(page)
    assert posting["@type"] == "BlogPosting"
    assert posting["headline"] == 'Say "</script>" & go'
    assert posting["datePublished"] == "2025-07-10T00:00:00+00:00"
    assert [item["name"] for item in crumbs["itemListElement"]][:2] == ["Home", "Articles"]


def test_numbered_pages_part_the_list(client: FlaskClient, write_post: Write) -> None:
    for number in range(1, 26):
        write_post(f"post-{number:02}", date=f"2025-01-{number:02}")

    second = client.get("/articles/?page=2").text

    assert "/articles/post-13/" in second
    assert "/articles/post-02/" in second
    assert "/articles/post-14/" not in second
    assert "/articles/post-01/" not in second
    assert 'rel="canonical" href="https://journal.example/articles/?page=2"' in second


@pytest.mark.parametrize("page", ["0", "x", "-1", "1.5", "99", "", "01", "٣", "9" * 40])
def test_page_that_is_none_is_not_found(client: FlaskClient, write_post: Write, page: str) -> None:
    write_post("hello", tags=["Moon"])

    assert client.get("/articles/", query_string={"page": page}).status_code == 404
    assert client.get("/tags/moon/", query_string={"page": page}).status_code == 404


def everywhere(client: FlaskClient) -> list[str]:
    """The text of every page on which an article could show itself."""
    paths = [
        "/", "/articles/", "/articles/open/", "/categories/open/", "/categories/secret/", "/tags/", "/tags/shared/",
        "/tags/secret/", "/authors/", "/authors/open/", "/authors/secret/", "/archive/", "/archive/2025/",
        "/archive/2031/", "/articles/secret/", "/articles/secre/", "/old-secret/", "/about/",
    ]  # fmt: skip
    return [client.get(path).text.replace(path, "") for path in paths]


@pytest.mark.parametrize(
    "hidden",
    [
        {"draft": True},
        {"published": False},
        {"status": "draft"},
        {"date": "2031-01-01"},
        {"expires": "2025-07-20T11:59:59Z"},
    ],
    ids=str,
)
def test_hidden_article_shows_nowhere(client: FlaskClient, folder: PostsFolder, hidden: dict[str, Any]) -> None:
    folder.raw("_pages/about.md", "---\ntitle: About\n---\nSee [it](../secret.md).")
    folder.write("open", date="2025-02-01", tags=["Shared"], category="Open", author="Open", related=["secret"])
    folder.write(
        "secret",
        "Classified.",
        **{"title": "Secret", "date": "2025-03-01", "tags": ["Shared", "Secret"], "category": "Secret",
           "author": "Secret", "featured": True, "aliases": ["/old-secret/"], **hidden},
    )  # fmt: skip

    pages = everywhere(client)

    assert client.get("/articles/secret/").status_code == 404
    assert client.get("/old-secret/").status_code == 404
    for text in pages:
        assert "Secret" not in text
        assert "secret/" not in text


def test_scheduled_article_appears_and_expires_at_its_instant(
    client: FlaskClient, write_post: Write, clock: Clock
) -> None:
    write_post("open")
    write_post("launch", title="Liftoff", date=NOW + timedelta(hours=1), expires=NOW + timedelta(hours=2))
    seen = []

    for seconds in (3599, 3600, 7199, 7200):
        clock.now = NOW.timestamp() + seconds
        seen.append((client.get("/articles/launch/").status_code, "Liftoff" in client.get("/").text))

    assert seen == [(404, False), (200, True), (200, True), (404, False)]


def test_edited_post_is_never_served_stale(client: FlaskClient, write_post: Write) -> None:
    write_post("hello", title="Before")
    assert "Before" in client.get("/articles/hello/").text

    write_post("hello", title="After")

    assert "After" in client.get("/articles/hello/").text
    assert "After" in client.get("/articles/").text


def test_picture_of_an_allowed_host_is_shown(make_app: Callable[..., Flask], write_post: Write) -> None:
    write_post("a", image="https://cdn.example/a.jpg?w=9&h=9", image_alt="A crater")
    write_post("b", image="https://other.example/b.jpg")
    client = make_app(hosts={"pictures": ["cdn.example"]}).test_client()

    shown = '<img src="https://cdn.example/a.jpg?w=9&amp;h=9" alt="A crater"'
    assert shown in client.get("/articles/a/").text
    assert shown in client.get("/articles/").text
    assert any(shown in item["content_html"] for item in client.get("/feed.json").json["items"])
    assert "other.example" not in client.get("/articles/").text


def test_undated_article_stands_after_the_dated_ones(client: FlaskClient, write_post: Write) -> None:
    write_post("undated", title="Undated", date=None)
    write_post("dated", title="Dated", date="1999-01-01")

    page = client.get("/articles/").text

    assert page.index("Dated") < page.index("Undated")
    assert "1970" not in page


def test_link_between_posts_leads_to_the_article(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("a/first.md", "---\ntitle: First\ndate: 2025-01-01\n---\n[next](../b/second/index.md#part) [gone](x.md)")
    folder.raw("b/second/index.md", "---\ntitle: Second\ndate: 2025-01-02\nslug: other-name\n---\n## Part\n")

    page = client.get("/articles/first/").text

    assert 'href="/articles/other-name/#part"' in page
    assert "x.md" not in page


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/articles/hello", "/articles/hello/"),
        ("/Articles/HELLO/", "/articles/hello/"),
        ("/articles//hello", "/articles/hello/"),
        ("/articles/Héllo", "/articles/hello/"),
        ("/tags/Moon", "/tags/moon/"),
        ("/TAGS", "/tags/"),
        ("/archive/2025", "/archive/2025/"),
        ("/old/address.html", "/articles/hello/"),
        ("/articles/former-slug/", "/articles/hello/"),
    ],
)
def test_other_spellings_redirect_once_to_the_address(
    client: FlaskClient, write_post: Write, path: str, target: str
) -> None:
    write_post("hello", tags=["Moon"], aliases=["/old/address.html", "former-slug"])

    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (301, target)
    assert client.get(target).status_code == 200


@pytest.mark.parametrize("path", ["/nothing/", "/articles/nothing", "/Articles/Nothing/", "/tags/none", "/authors/x/"])
def test_unknown_page_is_not_found_at_once(client: FlaskClient, write_post: Write, path: str) -> None:
    write_post("hello")

    assert client.get(path).status_code == 404


def test_unknown_article_suggests_near_ones(client: FlaskClient, write_post: Write) -> None:
    write_post("apollo-soyuz-test-project", title="Apollo-Soyuz")

    answer = client.get("/articles/apolo-soyus-test/")

    assert answer.status_code == 404
    assert "/articles/apollo-soyuz-test-project/" in answer.text


def test_empty_site_has_pages(client: FlaskClient) -> None:
    statuses = {path: client.get(path).status_code for path in ("/", "/articles/", "/tags/", "/archive/", "/authors/")}

    assert set(statuses.values()) == {200}


def test_no_page_can_have_the_name_of_a_list(app: Flask) -> None:
    # Those of series and of a site's own taxonomies give way to a page of the name.
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("pages.terms-")]
    lists = (re.fullmatch(r"/([^/<>]+)/", rule.rule) for rule in rules)

    assert {found[1] for found in lists if found} == set(RESERVED)


@pytest.mark.parametrize(
    ("path", "told"), [("/tags/", "No article has a tag yet."), ("/authors/", "No article is signed")]
)
def test_site_whose_articles_have_no_labels_does_not_call_itself_empty(
    client: FlaskClient, folder: PostsFolder, path: str, told: str
) -> None:
    folder.write("hello")

    shown = client.get(path).text

    assert told in shown
    assert "Nothing has been published" not in shown


def test_drawn_cover_is_kept_by_caches_no_longer_than_its_article_is_there(
    client: FlaskClient, folder: PostsFolder, clock: Clock
) -> None:
    folder.write("brief", expires=NOW + timedelta(seconds=30))

    controls = [client.get(path).headers["Cache-Control"] for path in ("/covers/brief.png", "/articles/brief/")]

    assert controls[0] == controls[1]
    clock.now += 30
    assert client.get("/covers/brief.png").status_code == 404


def test_every_kind_of_page_is_shown_at_its_addresses(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("_pages/about.md", "# About\n\nText")
    folder.raw("_pages/team/ada.md", "# Ada")
    folder.write("hello", tags=["Moon"], category="Launch", author="Desk", date="2025-07-10", series="Moons")
    site = client.application.extensions["octavo"]
    site.refresh(settle=0)

    paths = {}
    for name, kind in page_kinds(site).items():
        paths[name] = [member.path for member in kind.members(site, site.edition())]

    assert [name for name, found in paths.items() if not found] == []
    for found in paths.values():
        assert [client.get(path).status_code for path in found] == [200] * len(found)


def test_every_page_for_readers_is_of_a_kind(client: FlaskClient) -> None:
    rules = {rule.endpoint: rule.rule for rule in client.application.url_map.iter_rules()}

    pages = {name: rule for name, rule in rules.items() if name.startswith("pages.") and rule.endswith("/")}

    kinds = page_kinds(client.application.extensions["octavo"])
    assert pages == {f"pages.{name}": kind.rule for name, kind in kinds.items()}


def test_nobody_is_featured_who_is_not_and_the_newest_leads(
    client: FlaskClient, write_post: Callable[..., Path]
) -> None:
    for day in (1, 2, 3):
        write_post(f"day-{day}", date=f"2025-03-0{day}")

    page = client.get("/").text

    assert ">Featured<" not in page
    assert page.index("/articles/day-3/") < page.index("/articles/day-2/") < page.index("/articles/day-1/")


def test_page_of_a_section_does_not_name_it_at_each_article(
    client: FlaskClient, write_post: Callable[..., Path]
) -> None:
    write_post("one", category="Coast", date="2025-03-01")
    write_post("two", category="Coast", date="2025-03-02")

    page = client.get("/categories/coast/").text
    listing = client.get("/articles/").text

    assert page.count('class="category"') == 0
    assert listing.count('class="category"') == 2


def test_articles_stand_without_a_cover_where_the_setting_says_so(
    make_app: Callable[..., Flask], write_post: Callable[..., Path]
) -> None:
    write_post("one", "Of lighthouses.\n", category="Coast")
    write_post("two", "Of harbours.\n", category="Coast")
    client = make_app(covers="none").test_client()

    pages = [client.get(path).text for path in ("/", "/articles/", "/articles/one/", "/categories/coast/")]

    assert not any('class="picture"' in page or 'class="cover' in page for page in pages)
    assert all("one" in page for page in pages)


@pytest.mark.parametrize(
    ("body", "is_large"),
    [
        ("A long opening. " * 30, True),
        ("Ärger. " * 60, True),
        ("A short opening.\n\n" + "Then more. " * 60, False),
        ("## A heading\n\n" + "Then more. " * 60, False),
        ("「长」" + "长的开头。" * 90, False),
        ("بداية طويلة. " * 60, False),
    ],
)
def test_first_letter_stands_large_only_where_the_opening_is_long_and_its_script_has_such(
    client: FlaskClient, write_post: Callable[..., Path], body: str, is_large: bool
) -> None:
    write_post("hello", body)

    page = client.get("/articles/hello/").text

    assert ('<div class="prose prose-long">' in page) is is_large
