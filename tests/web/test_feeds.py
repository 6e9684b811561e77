"""Feeds, sitemaps and what else programs find their way by, read as their specifications read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import feedparser
import pytest
from flask import Flask
from flask.testing import FlaskClient
from html5lib.html5parser import HTMLParser
from xmlschema import XMLSchema

from octavo.web.feeds.sitemaps import news_language
from tests.conftest import Clock

BASE = "https://journal.example"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
FEEDS = ("/atom.xml", "/rss.xml", "/feed.json")
Write = Callable[..., Path]
# A pixel as GIF.
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@pytest.fixture
def written(write_post: Write) -> Write:
    """A few articles with everything that a feed shows."""
    write_post("first", date="2025-01-01", title="First & <foremost>", author="Ada", category="Mars", tags=["Rovers"])
    body = "See [the first](first.md) or [below](#notes).\n\n## Notes\n\n![A dot](dot.gif)\n"
    write_post("second", body, date="2025-01-02T10:00:00+02:00", updated="2025-03-01", summary="In short.")
    path = write_post("second")
    write_post(
        "second", body, date="2025-01-02T10:00:00+02:00", updated="2025-03-01", summary="In short.", image="dot.gif"
    )
    (path.parent / "dot.gif").write_bytes(PIXEL)
    write_post("undated", date=None)
    write_post("draft", draft=True)
    return write_post


def xml(client: FlaskClient, path: str) -> Element:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    return ElementTree.fromstring(answer.data)


def texts(root: Element, path: str) -> list[str]:
    return [found.text or "" for found in root.iterfind(path)]


# Feeds


@pytest.mark.parametrize("path", ["/atom.xml", "/rss.xml"])
def test_notes_without_any_date_are_in_the_feed_without_one(write_post: Write, client: FlaskClient, path: str) -> None:
    for name in ("one", "two"):
        write_post(name, date=None)

    parsed = feedparser.parse(client.get(path).data)
    items = client.get("/feed.json").json["items"]

    assert not parsed.bozo
    assert {entry.title for entry in parsed.entries} == {item["title"] for item in items} == {"one", "two"}
    assert not any("published" in entry for entry in parsed.entries)
    assert not any("date_published" in item for item in items)


@pytest.mark.parametrize("path", ["/atom.xml", "/rss.xml"])
def test_feedparser_reads_every_field(written: Write, client: FlaskClient, path: str) -> None:
    parsed = feedparser.parse(client.get(path).data)

    second, first = parsed.entries
    assert not parsed.bozo
    assert parsed.feed.title == "Test Journal"
    assert (second.title, first.title.replace("\N{WORD JOINER}", "")) == ("second", "First & <foremost>")
    assert second.summary == "In short."
    assert second.link == f"{BASE}/articles/second/"
    assert second.published_parsed[:5] == (2025, 1, 2, 8, 0)
    assert first.author == "Ada"
    assert [tag.term for tag in first.tags] == ["Mars", "Rovers"]
    assert f'href="{BASE}/articles/first/"' in second.content[0].value
    assert f'href="{BASE}/articles/second/#notes"' in second.content[0].value


@pytest.mark.parametrize("title", ["<img src=x onerror=alert(1)>", "Bold & <!-- so", "1 < 2", "<List<T>>"])
def test_title_in_rss_runs_nothing_where_a_reader_takes_it_for_html(
    write_post: Write, client: FlaskClient, title: str
) -> None:
    write_post("one", title=title)

    told = xml(client, "/rss.xml").findtext("channel/item/title") or ""

    assert told.replace("\N{WORD JOINER}", "") == title
    assert list(HTMLParser().parseFragment(told)) == []


def bodies_of(client: FlaskClient, path: str) -> list[str]:
    answer = client.get(path)
    if path == "/feed.json":
        return [item["content_html"] for item in answer.json["items"]]
    return [entry.content[0].value for entry in feedparser.parse(answer.data, sanitize_html=False).entries]


@pytest.mark.parametrize("path", FEEDS)
def test_no_address_in_a_feed_is_relative(magazine: FlaskClient, path: str) -> None:
    bodies = bodies_of(magazine, path)

    addresses = [
        address.split()[0]
        for body in bodies
        for value in re.findall(r'\s(?:href|src|srcset)="([^"]*)"', body)
        for address in value.split(",")
    ]

    assert len(bodies) == 20
    assert len(addresses) > 90
    assert [address for address in addresses if not re.match(r"https?://", address)] == []


# What the texts of feeds may hold by the W3C's feed validator, as far as our Markdown makes it; formulas aside.
ELEMENTS = set(
    "a abbr b blockquote br caption code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img "
    "input ins kbd li mark ol p pre q s samp section small strong sub summary sup table tbody td tfoot th thead tr "
    "u ul".split()
)
ATTRIBUTES = set(
    "alt checked cite colspan datetime decoding disabled height href hreflang id lang loading open rel rowspan scope "
    "sizes src srcset start title type width".split()
)


@pytest.mark.parametrize("path", FEEDS)
def test_texts_of_feeds_are_valid_html_that_readers_accept(magazine: FlaskClient, path: str) -> None:
    parser = HTMLParser(strict=True)

    found = [element for body in bodies_of(magazine, path) for element in parser.parseFragment(body).iter()]

    html = [(found.tag.split("}")[1], set(found.attrib)) for found in found if "xhtml}" in found.tag]
    assert len(html) > 500
    assert {tag for tag, _ in html} <= ELEMENTS
    assert set().union(*(names for _, names in html)) <= ATTRIBUTES


def test_a_summary_is_text_in_every_format(write_post: Write, client: FlaskClient) -> None:
    write_post("hello", summary="a < b & <d>c</d>")

    rss = xml(client, "/rss.xml").findtext("channel/item/description")
    atom = xml(client, "/atom.xml").findtext(f"{ATOM}entry/{ATOM}summary")

    # RSS has HTML in descriptions, the others have text.
    assert rss == "a &lt; b &amp; &lt;d&gt;c&lt;/d&gt;"
    assert atom == client.get("/feed.json").json["items"][0]["summary"] == "a < b & <d>c</d>"


def test_atom_keeps_the_rules_of_rfc_4287(written: Write, client: FlaskClient) -> None:
    feed = xml(client, "/atom.xml")

    entries = feed.findall(f"{ATOM}entry")
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1
            assert element.findtext(ATOM + name)
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo
        assert urlsplit(element.findtext(f"{ATOM}id") or "").scheme == "urn"
        kinds = [(link.get("rel"), link.get("type")) for link in element.findall(f"{ATOM}link")]
        assert len(kinds) == len(set(kinds))
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    assert {entry.find(f"{ATOM}content").get("type") for entry in entries} == {"html"}  # type: ignore[union-attr]
    assert feed.find(f"{ATOM}link[@rel='self']").get("href") == f"{BASE}/atom.xml"  # type: ignore[union-attr]


def test_rss_keeps_the_rules_of_rss_2(written: Write, client: FlaskClient) -> None:
    channel = xml(client, "/rss.xml").find("channel")

    assert channel is not None
    assert all(channel.findtext(name) for name in ("title", "link", "description", "lastBuildDate"))
    for item in channel.findall("item"):
        assert parsedate_to_datetime(item.findtext("pubDate") or "").tzinfo is not None
        assert item.find("guid").get("isPermaLink") == "false"  # type: ignore[union-attr]
        assert item.findtext("title")
        assert (item.findtext("link") or "").startswith(BASE)


def test_json_feed_keeps_the_rules_of_version_1_1(written: Write, client: FlaskClient) -> None:
    answer = client.get("/feed.json")
    feed = json.loads(answer.data)

    assert answer.mimetype == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{BASE}/feed.json"
    assert [item["title"] for item in feed["items"]] == ["second", "First & <foremost>"]
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["content_html"]
        assert datetime.fromisoformat(item["date_published"]).tzinfo
        assert datetime.fromisoformat(item["date_modified"]).tzinfo
    assert feed["items"][0]["image"].startswith(f"{BASE}/media/")
    assert feed["items"][1]["authors"][0]["name"] == "Ada"


@pytest.mark.parametrize("path", FEEDS)
def test_ids_stay_when_title_and_date_change(write_post: Write, client: FlaskClient, path: str) -> None:
    def ids() -> list[str]:
        answer = client.get(path)
        if path == "/feed.json":
            return [item["id"] for item in answer.json["items"]]
        return [entry.id for entry in feedparser.parse(answer.data).entries]

    write_post("hello", title="Before", date="2025-01-01")
    before = ids()

    write_post("hello", title="After", date="2025-02-02")

    assert ids() == before
    assert len(before) == 1


@pytest.mark.parametrize("place", ["categories/mars", "tags/rovers", "authors/ada"])
@pytest.mark.parametrize("path", FEEDS)
def test_every_term_has_its_feeds_and_its_page_names_them(
    written: Write, client: FlaskClient, place: str, path: str
) -> None:
    answer = client.get(f"/{place}{path}")
    page = client.get(f"/{place}/").text

    assert answer.status_code == 200
    assert "foremost" in answer.text
    assert "In short" not in answer.text
    assert re.search(rf'<link rel="alternate" type="[^"]+" href="/{place}{path}"', page)


@pytest.mark.parametrize("path", ["/tags/nothing/atom.xml", "/authors/nobody/feed.json", "/words/mars/rss.xml"])
def test_there_is_no_feed_of_nothing(written: Write, client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/feed/", "/rss/", "/feed.xml", "/index.xml"])
def test_subscriptions_of_other_systems_lead_here(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Location"] == "/rss.xml"


@pytest.mark.parametrize("path", FEEDS)
def test_an_empty_site_has_valid_feeds(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert path == "/feed.json" or not feedparser.parse(answer.data).bozo


def test_characters_that_xml_cannot_hold_are_left_out(write_post: Write, client: FlaskClient, folder: Any) -> None:
    folder.raw("odd.md", '---\ntitle: "A \\u0001 \\uffff B"\ndate: 2025-01-01\n---\nText \x0b with \x0c controls\n')

    parsed = [feedparser.parse(client.get(path).data) for path in ("/atom.xml", "/rss.xml")]

    assert [bool(feed.bozo) for feed in parsed] == [False, False]
    assert {" ".join(feed.entries[0].title.split()) for feed in parsed} == {"A B"}


def test_feeds_come_from_the_cache_compressed_and_are_never_stale(write_post: Write, client: FlaskClient) -> None:
    write_post("hello", title="Before", body="Some text. " * 50)
    headers = {"Accept-Encoding": "gzip"}
    first = client.get("/atom.xml", headers=headers)
    again = client.get("/atom.xml", headers={**headers, "If-None-Match": first.headers["ETag"]})

    write_post("hello", title="After")

    assert first.headers["Content-Encoding"] == "gzip"
    assert again.status_code == 304
    assert "After" in client.get("/atom.xml").text


# Sitemaps


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo
    return moment


def test_sitemaps_list_every_page_once_with_its_last_change(written: Write, client: FlaskClient) -> None:
    index = xml(client, "/sitemap.xml")
    maps = [urlsplit(address).path for address in texts(index, f"{SITEMAP}sitemap/{SITEMAP}loc")]

    urls = [url for path in maps for url in xml(client, path).findall(f"{SITEMAP}url")]

    found = {url.findtext(f"{SITEMAP}loc") or "": url.findtext(f"{SITEMAP}lastmod") for url in urls}
    assert len(found) == len(urls)
    assert _moment(found[f"{BASE}/articles/second/"] or "") == datetime(2025, 3, 1, tzinfo=UTC)
    assert {f"{BASE}/", f"{BASE}/tags/rovers/", f"{BASE}/categories/mars/", f"{BASE}/authors/ada/"} <= set(found)
    assert not any("draft" in address for address in found)
    assert all(client.get(urlsplit(address).path).status_code == 200 for address in found)


def test_sitemaps_are_valid_by_their_schemas(magazine: FlaskClient, clock: Clock) -> None:
    clock.set(2026, 10, 13)
    schema = XMLSchema(Path(__file__).parents[1] / "schemas" / "sitemap.xsd")
    paths = ["/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/articles-1.xml", "/sitemaps/news.xml"]

    roots = [xml(magazine, path) for path in paths]

    assert [error.reason for root in roots for error in schema.iter_errors(root)] == []
    assert len(list(roots[2].iter(f"{IMAGE}image"))) > 5
    assert len(list(roots[3].iter(f"{NEWS}news"))) > 0


def test_copies_and_hidden_articles_are_in_no_sitemap(write_post: Write, client: FlaskClient) -> None:
    write_post("shown")
    write_post("hidden", noindex=True)
    write_post("copy", canonical="https://elsewhere.example/")

    found = texts(xml(client, "/sitemaps/articles-1.xml"), f"{SITEMAP}url/{SITEMAP}loc")

    assert found == [f"{BASE}/articles/shown/"]


def test_news_are_two_days_old_at_most(write_post: Write, client: FlaskClient, clock: Clock) -> None:
    write_post("old", date="2025-07-18")
    write_post("new", title="News & more", date="2025-07-19T08:00:00Z")

    url = xml(client, "/sitemaps/news.xml").findall(f"{SITEMAP}url")
    listed = "news.xml" in client.get("/sitemap.xml").text
    clock.set(2025, 7, 22)

    assert [each.findtext(f"{SITEMAP}loc") for each in url] == [f"{BASE}/articles/new/"]
    assert url[0].findtext(f"{NEWS}news/{NEWS}title") == "News & more"
    assert url[0].findtext(f"{NEWS}news/{NEWS}publication/{NEWS}language") == "en"
    assert listed
    assert "news.xml" not in client.get("/sitemap.xml").text


@pytest.mark.parametrize(
    ("tag", "language"), [("en", "en"), ("pt-BR", "pt"), ("fil", "fil"), ("zh-Hans-CN", "zh-cn"), ("zh-HK", "zh-tw")]
)
def test_news_name_their_language_as_google_does(tag: str, language: str) -> None:
    assert news_language(tag) == language


@pytest.mark.parametrize("path", ["/sitemaps/articles-0.xml", "/sitemaps/articles-2.xml", "/sitemaps/other.xml"])
def test_there_is_no_further_sitemap(written: Write, client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_robots_name_the_sitemap(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")

    assert answer.mimetype == "text/plain"
    assert f"Sitemap: {BASE}/sitemap.xml" in answer.text
    assert "Disallow: /\n" not in answer.text


# Markdown, llms.txt, oEmbed


def test_an_article_is_markdown_with_absolute_addresses(write_post: Write, client: FlaskClient) -> None:
    write_post("other")
    body = (
        "[a](other.md#x) [b](<other.md>) [c](/tags/) [d](https://example.org/) [e](#f) [g](nothing.md)\n"
        "`[code](other.md)`\n\n```\n[code](other.md)\n```\n\n[h][i]\n\n[i]: other.md\n"
    )
    write_post("hello", body, title="Hello", summary="In short.", author="Ada", category="Mars")

    answer = client.get("/articles/hello.md")

    other = f"{BASE}/articles/other/"
    assert answer.mimetype == "text/markdown"
    assert answer.text.startswith("# Hello\n\n> In short.\n\nBy Ada. Published 1 January 2025. Section: Mars.")
    assert f"[a]({other}#x) [b](<{other}>) [c]({BASE}/tags/) [d](https://example.org/) [e](#f)" in answer.text
    assert "`[code](other.md)`\n\n```\n[code](other.md)\n```" in answer.text
    assert f"[i]: {other}" in answer.text
    assert client.get("/articles/nothing.md").status_code == 404


def test_an_article_as_markdown_keeps_what_is_no_link(write_post: Write, client: FlaskClient) -> None:
    write_post("other")
    write_post("two words", slug="two-words")
    kept = "`[b](other.md)` [c](other(1).md)"
    comment = "<!-- [a](other.md) -->"
    body = f"{comment} {kept} [d](<two words.md>) [![e](dot.gif)](other.md 'T') <a class='x' href=\"other.md\">f</a>"
    path = write_post("hello", body)
    (path.parent / "dot.gif").write_bytes(PIXEL)

    text = client.get("/articles/hello.md").text

    assert f"<!-- --> {kept}" in text
    assert f"[d](<{BASE}/articles/two-words/>)" in text
    assert re.search(rf"\[!\[e\]\({BASE}/media/\w+/dot.gif\)\]\({BASE}/articles/other/ 'T'\)", text)
    assert f"<a class='x' href=\"{BASE}/articles/other/\">f</a>" in text


def test_titles_are_text_in_markdown_too(write_post: Write, client: FlaskClient) -> None:
    write_post("hello", title="<x>[x](y)</x> *z*", summary="`code")

    markdown, llms = client.get("/articles/hello.md").text, client.get("/llms.txt").text

    assert markdown.startswith("# \\<x\\>\\[x\\](y)\\</x\\> \\*z\\*\n\n> \\`code")
    assert "- [\\<x\\>\\[x\\](y)\\</x\\> \\*z\\*](" in llms


def test_markdown_points_where_its_article_points(write_post: Write, client: FlaskClient) -> None:
    write_post("copy", canonical="https://elsewhere.example/a?b=ü")
    write_post("hidden", noindex=True)

    copy, hidden = (client.get(f"/articles/{slug}.md").headers for slug in ("copy", "hidden"))

    assert copy["Link"] == '<https://elsewhere.example/a?b=%C3%BC>; rel="canonical"'
    assert hidden["Link"] == f'<{BASE}/articles/hidden/>; rel="canonical"'
    assert (hidden["X-Robots-Tag"], copy.get("X-Robots-Tag")) == ("noindex", None)


def test_llms_txt_names_articles_and_sections(written: Write, client: FlaskClient) -> None:
    answer = client.get("/llms.txt")

    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("# Test Journal\n\n> ")
    assert f"- [second]({BASE}/articles/second.md): In short.\n" in answer.text
    assert f"- [Mars]({BASE}/categories/mars/): 1 article\n" in answer.text


def test_llms_txt_has_no_empty_sections_and_names_no_closed_api(app: Flask, client: FlaskClient) -> None:
    text = client.get("/llms.txt").text

    assert [line for line in text.splitlines() if line.startswith("#")] == ["# Test Journal", "## Optional"]
    assert "/ghost/" not in text


def test_oembed_describes_an_article(write_post: Write, client: FlaskClient) -> None:
    write_post("hello", title="Hello & <goodbye>", author="Ada")
    url = f"{BASE}/articles/hello/"

    found = client.get("/oembed", query_string={"url": url, "maxwidth": 300}).json

    assert (found["version"], found["type"], found["title"]) == ("1.0", "rich", "Hello & <goodbye>")
    assert (found["width"], found["height"]) == (300, 200)
    assert (found["author_name"], found["provider_name"]) == ("Ada", "Test Journal")
    assert f'<a href="{url}">Hello &amp; &lt;goodbye&gt;</a>' in found["html"]
    assert "thumbnail_url" not in found
    assert client.get("/oembed", query_string={"url": url}).json["thumbnail_width"] == 1200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 404),
        ({"url": "https://elsewhere.example/articles/hello/"}, 404),
        ({"url": f"{BASE}/articles/nothing/"}, 404),
        ({"url": f"{BASE}/tags/"}, 404),
        ({"url": "http://[bad"}, 404),
        ({"url": f"{BASE}/articles/hello/", "format": "yaml"}, 501),
    ],
)
def test_oembed_knows_the_sites_own_articles_only(
    write_post: Write, client: FlaskClient, query: dict[str, str], status: int
) -> None:
    write_post("hello")

    assert client.get("/oembed", query_string=query).status_code == status


def test_oembed_says_the_same_in_xml(write_post: Write, client: FlaskClient) -> None:
    write_post("hello", title="Hello & <goodbye> \x01", author="Ada")
    query = {"url": f"{BASE}/articles/hello/", "maxwidth": 300}

    answer = client.get("/oembed", query_string={**query, "format": "xml"})
    root = ElementTree.fromstring(answer.data)

    expected = client.get("/oembed", query_string=query).json
    assert answer.mimetype == "text/xml"
    assert root.tag == "oembed"
    assert {child.tag: child.text for child in root} == {name: str(value) for name, value in expected.items()}
    assert 'type="text/xml+oembed"' in client.get("/articles/hello/").text


def test_a_site_behind_https_names_itself_so(make_app: Callable[..., Flask], write_post: Write) -> None:
    write_post("hello")
    client = make_app(base_url="https://other.example").test_client()

    found = [client.get(path).text for path in (*FEEDS, "/sitemap.xml", "/robots.txt", "/llms.txt")]

    assert all("https://other.example" in text for text in found)
    assert not any("localhost" in text or BASE in text for text in found)


@pytest.mark.parametrize("path", ["/atom.xml", "/rss.xml", "/feed.json"])
def test_two_articles_with_one_guid_have_two_ids_and_the_older_keeps_it(
    write_post: Write, client: FlaskClient, path: str
) -> None:
    write_post("new", date="2025-03-02", guid="https://old.example/?p=1")
    write_post("old", date="2025-03-01", guid="https://old.example/?p=1")

    text = client.get(path).text

    ids = re.findall(r'"id": ?"([^"]+)", ?"url"|<guid[^>]*>([^<]+)<|<id>([^<]+)</id>\s*<(?!updated)', text)
    assert len(text.split("https://old.example/?p=1")) == 2
    assert len(set(ids)) == len(ids)


def test_a_guid_that_stands_twice_is_told(write_post: Write, make_app: Callable[..., Flask]) -> None:
    write_post("new", date="2025-03-02", guid="x1", title="A")
    write_post("old", date="2025-03-01", guid="x1", title="B")
    write_post("other", date="2025-03-01", id="7", title="C")
    write_post("another", date="2025-03-01", id="7", title="D")

    told = make_app().test_cli_runner().invoke(args=["check"]).output

    assert "new.md:4:1: `guid` is that of old.md" in told
    assert "1 warning." in told
