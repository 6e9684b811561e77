"""What pages tell machines is true: who wrote, when, which address, and the same thing everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser

import feedparser
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.conftest import Clock, PostsFolder
from tests.web.test_feeds import PIXEL

Write = Callable[..., Path]


def posting(client: FlaskClient, path: str = "/articles/hello/") -> dict[str, Any]:
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(path).text)
    return next(data for data in map(json.loads, scripts) if data["@type"] == "BlogPosting")


def head(client: FlaskClient, path: str = "/articles/hello/") -> str:
    return client.get(path).text.partition("</head>")[0]


def meta(client: FlaskClient, name: str, path: str = "/articles/hello/") -> list[str]:
    return re.findall(rf'<meta (?:name|property)="{re.escape(name)}" content="([^"]*)"', head(client, path))


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("---\nname: Ada\n---\n", "Person"),
        ("---\nname: Ada\ntype: person\n---\n", "Person"),
        ("---\nname: Ada\ntype: organization\n---\n", "Organization"),
        ("---\nname: Ada\ntype: Organisation\n---\n", "Organization"),
        (None, "Person"),
    ],
)
def test_authors_are_persons_unless_their_file_says_otherwise(
    client: FlaskClient, folder: PostsFolder, write_post: Write, file: str | None, kind: str
) -> None:
    if file:
        folder.raw("_authors/ada.md", file)
    write_post("hello", author="Ada")

    author = posting(client)["author"]

    assert [(one["@type"], one["name"]) for one in author] == [(kind, "Ada")]
    assert meta(client, "author") == ["Ada"]


def test_lists_of_a_site_without_a_description_are_described_by_its_tagline(make_app: Callable[..., Flask]) -> None:
    plain = make_app(tagline="Bread & salt").test_client().get("/").text
    told = make_app(tagline="Bread & salt", description="All about bread.").test_client().get("/").text

    assert '<meta name="description" content="Bread &amp; salt">' in plain
    assert '"description":"Bread \\u0026 salt"' in plain
    assert '<meta name="description" content="All about bread.">' in told
    assert '"description":"All about bread."' in told


def test_what_nobody_signed_is_signed_by_the_publisher(client: FlaskClient, write_post: Write) -> None:
    write_post("hello")

    found = posting(client)

    assert found["author"] == [found["publisher"]]
    assert found["publisher"]["@type"] == "Organization"
    assert meta(client, "author") == ["Test Journal"]
    assert feedparser.parse(client.get("/rss.xml").data).entries[0].author == "Test Journal"


DATES = [
    ({"date": "2025-03-01", "updated": "2025-02-01"}, "2025-03-01", None),
    ({"date": "2025-03-02", "updated": "2030-01-01"}, "2025-03-02", None),
    ({"date": "2025-03-02", "updated": "2025-04-01"}, "2025-04-01", "2025-04-01"),
    ({"date": "2025-03-02"}, "2025-03-02", None),
]


@pytest.mark.parametrize(("fields", "modified", "shown"), DATES)
def test_no_two_dates_contradict_each_other(
    make_app: Callable[..., Flask], folder: PostsFolder, fields: dict[str, str], modified: str, shown: str | None
) -> None:
    folder.write("hello", **fields)
    client = make_app(api_open=True).test_client()

    page = client.get("/articles/hello/").text
    atom = feedparser.parse(client.get("/atom.xml").data)
    rss = feedparser.parse(client.get("/rss.xml").data)
    api = client.get("/ghost/api/content/posts/").json["posts"][0]

    assert posting(client)["dateModified"].startswith(modified)
    assert [date[:10] for date in meta(client, "article:modified_time")] == ([shown] if shown else [])
    assert ("Updated <time" in page) == bool(shown)
    assert atom.entries[0].updated.startswith(modified)
    assert atom.feed.updated.startswith(modified)
    assert rss.feed.updated_parsed[:3] == tuple(int(part) for part in modified.split("-"))
    assert client.get("/feed.json").json["items"][0]["date_modified"].startswith(modified)
    assert re.findall(r"<lastmod>([^<]{10})", client.get("/sitemaps/articles-1.xml").text) == [modified]
    assert api["updated_at"].startswith(modified)


def test_a_change_to_come_is_shown_when_it_has(client: FlaskClient, write_post: Write, clock: Clock) -> None:
    write_post("hello", date="2025-03-02", updated="2025-08-01")
    assert meta(client, "article:modified_time") == []

    clock.set(2025, 8, 1, 1)

    assert meta(client, "article:modified_time") == ["2025-08-01T00:00:00+00:00"]


@pytest.mark.parametrize(
    ("canonical", "is_listed"),
    [
        ("https://journal.example/articles/hello/", True),
        ("https://journal.example/articles/hello", True),
        ("http://JOURNAL.example/articles/hello/", True),
        ("https://elsewhere.example/articles/hello/", False),
        ("https://journal.example/articles/other/", False),
    ],
)
def test_article_that_names_itself_as_the_original_stays_in_sitemaps(
    client: FlaskClient, write_post: Write, clock: Clock, canonical: str, is_listed: bool
) -> None:
    write_post("hello", date="2025-07-20", canonical=canonical)

    own = "https://journal.example/articles/hello/"

    assert (f"<loc>{own}</loc>" in client.get("/sitemaps/articles-1.xml").text) == is_listed
    assert (own in client.get("/sitemaps/news.xml").text) == is_listed
    wanted = own if is_listed else canonical
    assert f'<link rel="canonical" href="{wanted}">' in head(client)


def ids(client: FlaskClient) -> set[str]:
    atom = feedparser.parse(client.get("/atom.xml").data).entries[0].id
    rss = feedparser.parse(client.get("/rss.xml").data).entries[0].id
    return {atom, rss, client.get("/feed.json").json["items"][0]["id"]}


def test_feed_readers_know_a_renamed_article(client: FlaskClient, write_post: Write) -> None:
    old = write_post("old-name")
    before = ids(client)

    old.unlink()
    write_post("new-name", aliases=["/2020/x/", "/articles/old-name/"])

    assert len(before) == 1
    assert ids(client) == before


def test_new_article_under_an_old_name_is_another_one(client: FlaskClient, write_post: Write) -> None:
    write_post("new-name", aliases=["/articles/old-name/"])
    write_post("old-name", date="2025-01-02")

    found = {entry.id for entry in feedparser.parse(client.get("/atom.xml").data).entries}

    assert len(found) == 2


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"guid": "https://old.example/?p=42"}, "https://old.example/?p=42"),
        ({"guid": "tag:old.example,2020:42"}, "tag:old.example,2020:42"),
        ({"id": "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"}, "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"),
    ],
)
def test_ids_that_a_file_brings_are_kept(
    client: FlaskClient, write_post: Write, fields: dict[str, str], wanted: str
) -> None:
    write_post("hello", **fields)

    assert ids(client) == {wanted}


def test_id_that_is_no_address_is_kept_where_any_text_may_stand(client: FlaskClient, write_post: Write) -> None:
    write_post("hello", guid="post 42")

    assert feedparser.parse(client.get("/rss.xml").data).entries[0].id == "post 42"
    assert feedparser.parse(client.get("/atom.xml").data).entries[0].id.startswith("urn:uuid:")


RELATIVE = [
    ("[q](?x=1)", "https://journal.example/articles/hello/?x=1"),
    ("[q](#part)", "https://journal.example/articles/hello/#part"),
    ("[q](/articles/other/)", "https://journal.example/articles/other/"),
    ("[q](other.md?x=1#y)", "https://journal.example/articles/other/?x=1#y"),
    ("[q](//cdn.example/x)", "https://cdn.example/x"),
    ("[q](/nothing/)", "https://journal.example/nothing/"),
    ("![q](/nothing.png)", "https://journal.example/nothing.png"),
    ('<video src="/film.mp4" poster="/x.png"></video>', "https://journal.example/film.mp4"),
]


@pytest.mark.parametrize(("body", "wanted"), RELATIVE)
def test_every_relative_form_is_absolute_for_readers_elsewhere(
    make_app: Callable[..., Flask], folder: PostsFolder, body: str, wanted: str
) -> None:
    folder.write("other")
    folder.write("hello", f"{body}\n", date="2025-02-01")
    client = make_app(api_open=True).test_client()

    texts = [
        feedparser.parse(client.get("/atom.xml").data, sanitize_html=False).entries[0].content[0].value,
        client.get("/feed.json").json["items"][0]["content_html"],
        client.get("/ghost/api/content/posts/slug/hello/").json["posts"][0]["html"],
    ]

    for text in texts:
        found = re.findall(r'\s(?:href|src|cite|poster)="([^"]*)"', text)
        assert wanted in found
        assert all(url.startswith("https://") for url in found)


def test_pages_tell_the_titles_that_the_api_tells(client: FlaskClient, write_post: Write) -> None:
    write_post(
        "hello",
        meta_title="Meta C",
        og_title="Open G",
        twitter_title="Tweet",
        og_description="Open words",
        twitter_description="Tweeted words",
    )

    assert "<title>Meta C</title>" in head(client)
    assert meta(client, "og:title") == ["Open G"]
    assert meta(client, "og:description") == ["Open words"]
    assert meta(client, "twitter:title") == ["Tweet"]
    assert meta(client, "twitter:description") == ["Tweeted words"]
    assert posting(client)["headline"] == "hello"


def test_pictures_for_networks_may_be_named(client: FlaskClient, folder: PostsFolder, write_post: Write) -> None:
    data = BytesIO()
    Image.new("RGB", (900, 600), "red").save(data, "PNG")
    folder.raw("card.png", data.getvalue())
    folder.raw("dot.gif", PIXEL)
    write_post("hello", image="dot.gif", twitter_image="card.png")

    (image,) = meta(client, "twitter:image")

    assert client.get(image.removeprefix("https://journal.example")).mimetype == "image/jpeg"


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/", True),
        ("/articles/hello/", True),
        ("/search/?q=mars", False),
        ("/search/?tag=mars&page=2", False),
        ("/search.json?q=x", False),
        ("/ghost/api/content/posts/", False),
    ],
)
def test_crawlers_that_read_robots_literally_keep_out_of_the_search(client: FlaskClient, path: str, may: bool) -> None:
    text = client.get("/robots.txt").text
    robots = RobotFileParser()
    robots.parse(text.splitlines())
    refused = [line.removeprefix("Disallow: ") for line in text.splitlines() if line.startswith("Disallow: ")]

    assert robots.can_fetch("LinkChecker", f"https://journal.example{path}") == may
    # wget compares the path alone, without the query.
    assert any(path.partition("?")[0].startswith(prefix) for prefix in refused) == (not may)


def test_ghosts_internal_tags_are_internal(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello", tags=["News", "#internal"])
    client = make_app(api_open=True).test_client()

    page = client.get("/articles/hello/").text
    tags = client.get("/ghost/api/content/tags/").json["tags"]
    found = client.get("/ghost/api/content/posts/?filter=tag:hash-internal").json["posts"]
    internal = client.get("/ghost/api/content/tags/?filter=visibility:internal").json["tags"]
    post = client.get("/ghost/api/content/posts/?include=tags").json["posts"][0]

    assert "#internal" not in page
    assert client.get("/tags/internal/").status_code == 404
    assert "internal" not in client.get("/atom.xml").text
    assert "internal" not in client.get("/sitemaps/pages.xml").text
    assert [one["slug"] for one in found] == ["hello"]
    assert [(one["slug"], one["visibility"]) for one in internal] == [("hash-internal", "internal")]
    assert ("hash-internal", "internal") in [(one["slug"], one["visibility"]) for one in post["tags"]]
    assert {one["slug"]: one["visibility"] for one in tags}.get("news") == "public"


def test_reader_views_begin_with_the_text(client: FlaskClient, write_post: Write) -> None:
    headings = "\n\n".join(f"## Part {number}\n\nWords of it." for number in range(5))
    write_post("hello", f"The first words.\n\n{headings}\n", summary="A summary.", author="Ada", category="Launch")

    page = client.get("/articles/hello/").text
    before = page.partition("<article")[2].partition("The first words.")[0]
    header = re.search(r'<header class="([a-z-]+)">.*?</header>', before, re.DOTALL)

    # Mozilla's Readability leaves out what is called a header, unless it is called an article too, and what has the
    # role of navigation: https://github.com/mozilla/readability
    assert header is not None
    assert "header" in header[1]
    assert not re.search("and|article|body|column|content|main", header[1])
    rest = re.sub(r'<nav [^>]*role="navigation".*?</nav>', "", before.replace(header[0], ""), flags=re.DOTALL)
    assert re.sub(r"<[^>]*>|^[^>]*>", "", rest).strip() == ""


@pytest.mark.parametrize("address", ["https://[your-domain]/post/", "http://["])
def test_an_address_that_cannot_be_read_hurts_nothing(
    client: FlaskClient, write_post: Write, folder: PostsFolder, address: str
) -> None:
    (folder.path.parent / "_redirects").write_text(f"/one {address}\n/two/* /:splat\n")
    folder.raw("_authors/ada.md", f"---\nname: Ada\navatar: '{address}'\n---\n[Home]({address})")
    write_post("hello", f"[A]({address}) ![B]({address}) <{address}>", author="Ada", canonical=address)
    write_post("two", image=address, og_image=address, twitter_image=address)
    own = "https://journal.example/articles/hello/"

    assert f"<loc>{own}</loc>" in client.get("/sitemaps/articles-1.xml").text
    assert f'<link rel="canonical" href="{own}">' in head(client)
    assert meta(client, "og:image", "/articles/two/") == ["https://journal.example/covers/two.png"]
    assert meta(client, "twitter:image", "/articles/two/") == []
    for path in ("/articles/hello.md", "/atom.xml", "/rss.xml", "/feed.json", "/authors/ada/"):
        assert client.get(path).status_code == 200, path
    for path in ("/one", "/two//[x/y"):
        assert client.get(path).status_code in (301, 404), path
