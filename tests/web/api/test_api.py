"""The content API over HTTP: keys, envelopes, fields, paging, freshness, headers."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.site.previews.links import Scope, Signer
from octavo.web.api import fields
from octavo.web.api.schema import envelopes
from tests.conftest import Clock, Reader
from tests.waiting import settled

POSTS = "/ghost/api/content/posts/"
KEY = "0123456789abcdef0123456789"
SECRET = "a-secret-that-is-long-enough"
TOKEN = Signer(SECRET).sign(Scope(), 2e9)
Write = Callable[..., Path]


@pytest.fixture
def api(make_app: Callable[..., Flask]) -> FlaskClient:
    """A client of an open API that sees each file as soon as it is written."""
    app = make_app(api_open=True, preview_secret=SECRET)
    app.test_client_class = Reader
    return app.test_client()


def slugs(client: FlaskClient, **query: Any) -> list[str]:
    answer = client.get(POSTS, query_string={"fields": "slug", **query})
    assert answer.status_code == 200, answer.text
    return [post["slug"] for post in answer.json["posts"]]


# Keys


def test_an_api_without_keys_is_closed(client: FlaskClient) -> None:
    answer = client.get(POSTS)

    assert answer.status_code == 403
    assert answer.json["errors"][0]["type"] == "NoPermissionError"
    assert "no-store" in answer.headers["Cache-Control"]


def test_each_key_opens_and_a_deleted_one_does_not(make_app: Callable[..., Flask]) -> None:
    other = KEY[::-1]
    two, one = make_app(api_keys=[KEY, other]).test_client(), make_app(api_keys=[other]).test_client()

    assert [two.get(f"{POSTS}?key={key}").status_code for key in (KEY, other)] == [200, 200]
    assert [one.get(f"{POSTS}?key={key}").status_code for key in (KEY, other)] == [401, 200]
    assert one.get(f"{POSTS}?key=é").json["errors"][0]["code"] == "UNKNOWN_CONTENT_API_KEY"


def test_a_key_is_in_no_log(make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(api_keys=[KEY])
    app.extensions["octavo_desk"] = None
    caplog.set_level(logging.DEBUG)

    answer = app.test_client().get(f"{POSTS}?key={KEY}")

    assert answer.status_code == 500
    assert answer.json["errors"][0]["type"] == "InternalServerError"
    assert caplog.records
    assert KEY not in caplog.text


def test_what_a_key_opened_stays_closed_to_others(make_app: Callable[..., Flask], write_post: Write) -> None:
    write_post("hello")
    client = make_app(api_keys=[KEY], preview_secret=SECRET).test_client()

    opened = [client.get(f"{POSTS}?key={KEY}") for _ in range(2)]

    assert "hit" in opened[1].headers["Cache-Status"]
    assert client.get(POSTS).status_code == 403
    assert client.get(f"{POSTS}?key={'f' * 26}").status_code == 401
    assert client.get(f"{POSTS}?key={'f' * 26}&key={KEY}").status_code == 401


# What an answer holds


def test_a_post_has_exactly_ghosts_fields(api: FlaskClient, write_post: Write) -> None:
    write_post("hello", title="Hello", summary="In short.", tags=["Mars"], category="Planets", author="Ada")

    post = api.get(POSTS).json["posts"][0]

    assert set(post) == set(fields.POST)
    assert post["excerpt"] == post["custom_excerpt"] == "In short."
    assert post["published_at"] == "2025-01-01T00:00:00.000+00:00"
    assert post["url"] == "https://journal.example/articles/hello/"
    assert re.fullmatch("[0-9a-f]{24}", post["id"])
    assert post["canonical_url"] is post["codeinjection_head"] is post["meta_title"] is None
    assert (post["visibility"], post["access"], post["comments"]) == ("public", True, False)


def test_ids_survive_a_change_of_title_and_folder(api: FlaskClient, write_post: Write) -> None:
    write_post("hello", title="Before")
    before = api.get(POSTS).json["posts"][0]["id"]

    write_post("hello", title="After").unlink()
    write_post("deeper/hello", title="After")

    assert api.get(POSTS).json["posts"][0]["id"] == before


def test_addresses_in_html_are_absolute(api: FlaskClient, write_post: Write) -> None:
    write_post("other")
    write_post("hello", body="[other](other.md) [top](#one) [out](//example.org) [root](/tags/)\n\n## One\n")

    html = api.get(f"{POSTS}slug/hello/").json["posts"][0]["html"]

    assert 'href="https://journal.example/articles/other/"' in html
    assert 'href="https://journal.example/articles/hello/#one"' in html
    assert 'href="https://journal.example/tags/"' in html
    assert 'href="https://example.org"' in html


def test_the_category_is_the_primary_tag_and_stands_among_the_tags(api: FlaskClient, write_post: Write) -> None:
    write_post("hello", category="Mars", tags=["Rovers", "Mars"])
    write_post("second", tags=["Mars"])

    post = api.get(f"{POSTS}slug/hello/?include=tags").json["posts"][0]
    tags = api.get("/ghost/api/content/tags/?include=count.posts").json["tags"]

    assert [tag["slug"] for tag in post["tags"]] == ["mars", "rovers"]
    assert post["primary_tag"] == post["tags"][0]
    assert post["primary_tag"]["url"] == "https://journal.example/categories/mars/"
    assert {tag["slug"]: tag["count"]["posts"] for tag in tags} == {"mars": 2, "rovers": 1}


def test_what_nobody_signed_is_signed_by_the_site(api: FlaskClient, write_post: Write) -> None:
    write_post("hello")
    write_post("signed", author="Ada")
    write_post("_pages/about")

    post = api.get(f"{POSTS}slug/hello/?include=authors").json["posts"][0]
    page = api.get("/ghost/api/content/pages/slug/about/?include=authors").json["pages"][0]
    authors = api.get("/ghost/api/content/authors/?include=count.posts").json["authors"]

    house = post["primary_author"]
    assert post["authors"] == page["authors"] == [house]
    assert (house["name"], house["url"]) == ("Test Journal", "https://journal.example/")
    assert {author["name"]: author["count"]["posts"] for author in authors} == {"Ada": 1, "Test Journal": 1}
    assert slugs(api, filter=f"author:{house['slug']}") == ["hello"]
    assert slugs(api, filter=f"primary_author:-{house['slug']}") == ["signed"]


def test_what_has_no_date_has_the_beginning_of_time(api: FlaskClient, write_post: Write) -> None:
    write_post("undated", date=None)
    write_post("dated")

    posts = api.get(POSTS).json["posts"]

    assert [post["slug"] for post in posts] == ["dated", "undated"]
    assert {posts[1][name] for name in ("created_at", "updated_at", "published_at")} == {
        "1970-01-01T00:00:00.000+00:00"
    }


def test_includes_beyond_ghost(api: FlaskClient, write_post: Write) -> None:
    write_post("first", date="2025-01-01", tags=["Mars"])
    write_post("second", date="2025-01-02", tags=["Mars"], body="## A\n\n### B\n\n## C\n")
    write_post("third", date="2025-01-03", tags=["Mars"])
    settled(api.application)

    include = "next,prev,toc,headings,related"
    post = api.get(f"{POSTS}slug/second/?include={include}").json["posts"][0]

    assert (post["prev"]["slug"], post["next"]["slug"]) == ("first", "third")
    assert [heading["text"] for heading in post["headings"]] == ["A", "B", "C"]
    assert [(entry["text"], len(entry["children"])) for entry in post["toc"]] == [("A", 1), ("C", 0)]
    assert {found["slug"]: found["reason"] for found in post["related"]} == {
        "first": "shares Mars",
        "third": "shares Mars",
    }


def test_views_are_those_of_this_moment(api: FlaskClient, write_post: Write) -> None:
    write_post("hello")
    address = f"{POSTS}slug/hello/?include=views"
    before = api.get(address).json["posts"][0]["views"]

    api.post("/views/hello", headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})

    assert (before, api.get(address).json["posts"][0]["views"]) == (0, 1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fields=title,slug", {"title", "slug"}),
        ("fields=title,unknown", {"title"}),
        ("fields=title&formats=plaintext", {"title", "plaintext"}),
        ("fields=plaintext", {"plaintext"}),
        ("fields=title&include=authors", {"title", "authors", "primary_author"}),
        ("formats=plaintext", {*fields.POST, "plaintext"} - {"html"}),
        ("formats=html,plaintext,lexical", {*fields.POST, "plaintext"}),
        ("include=unknown", set(fields.POST)),
    ],
)
def test_fields_formats_and_includes_choose(
    api: FlaskClient, write_post: Write, query: str, expected: set[str]
) -> None:
    write_post("hello")

    assert set(api.get(f"{POSTS}?{query}").json["posts"][0]) == expected


def test_settings_hold_every_field(api: FlaskClient) -> None:
    settings = api.get("/ghost/api/content/settings/").json["settings"]

    assert set(settings) == set(envelopes.SiteSettings.model_fields)
    assert settings["url"] == "https://journal.example/"


def test_search_index_lists_everything_in_short(api: FlaskClient, write_post: Write) -> None:
    write_post("hello", tags=["Mars"], author="Ada")

    answers = {kind: api.get(f"/ghost/api/content/search-index/{kind}").json for kind in ("posts", "tags", "authors")}

    assert set(answers["posts"]["posts"][0]) == {"id", "slug", "title", "excerpt", "url", "updated_at", "visibility"}
    assert set(answers["tags"]["tags"][0]) == {"id", "slug", "name", "url"}
    assert set(answers["authors"]["authors"][0]) == {"id", "slug", "name", "url", "profile_image"}


# Lists


def test_lists_carry_meta_and_single_records_never(api: FlaskClient, write_post: Write) -> None:
    write_post("only")

    listed, read = api.get(POSTS).json, api.get(f"{POSTS}slug/only/?slug=only").json

    assert listed["meta"]["pagination"] == {"page": 1, "limit": 15, "pages": 1, "total": 1, "next": None, "prev": None}
    assert set(read) == {"posts"}


@pytest.mark.parametrize(
    ("query", "limit", "page"),
    [
        ("limit=7", 7, 1),
        ("limit=all", 100, 1),
        ("limit=1000", 100, 1),
        ("limit=many", 100, 1),
        ("limit=0", 15, 1),
        ("limit=", 15, 1),
        ("page=3", 15, 3),
        ("page=0", 15, 1),
        (f"page={'9' * 5000}", 15, 1_000_000_000),
    ],
)
def test_limit_and_page_are_bounded(api: FlaskClient, query: str, limit: int, page: int) -> None:
    pagination = api.get(f"{POSTS}?{query}").json["meta"]["pagination"]

    assert (pagination["limit"], pagination["page"]) == (limit, page)


@pytest.mark.parametrize("query", ["page=one", "page=-1", "page=%d9%a3", "order=title%3bdrop", "formats=pdf"])
def test_values_that_cannot_be_are_refused_as_validation_errors(api: FlaskClient, query: str) -> None:
    answer = api.get(f"{POSTS}?{query}")

    assert answer.status_code == 422
    assert answer.json["errors"][0]["type"] == "ValidationError"


def test_orders(api: FlaskClient, write_post: Write) -> None:
    write_post("one", title="B", date="2025-01-01", featured=True)
    write_post("two", title="A", date="2025-01-02")
    write_post("three", title="A", date="2025-01-03")

    assert slugs(api) == ["three", "two", "one"]
    assert slugs(api, order="published_at asc") == ["one", "two", "three"]
    assert slugs(api, order="title ASC, published_at desc") == ["three", "two", "one"]
    assert slugs(api, order="featured desc, title asc") == ["one", "three", "two"]
    assert slugs(api, order="unknown desc") == ["three", "two", "one"]
    assert slugs(api, filter="slug:[two,one,nothing,three]+published_at:>'2025-01-01'") == ["two", "three"]


def test_a_cursor_neither_repeats_nor_hides_articles_while_others_come_and_go(
    api: FlaskClient, write_post: Write
) -> None:
    for day in range(1, 10):
        write_post(f"day-{day}", date=f"2025-01-0{day}")
    first = api.get(f"{POSTS}?cursor=&limit=3").json

    write_post("newest", date="2025-02-01")
    write_post("day-7").unlink()
    second = api.get(POSTS, query_string={"cursor": first["meta"]["cursor"]["next"], "limit": 3}).json
    third = api.get(POSTS, query_string={"cursor": second["meta"]["cursor"]["next"], "limit": 3}).json

    assert [post["slug"] for answer in (first, second, third) for post in answer["posts"]] == [
        f"day-{day}" for day in range(9, 0, -1)
    ]
    assert third["meta"]["cursor"] == {"next": None}


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "W1sic2x1ZyIsW11dXQ", "é", "W" * 5000])
def test_a_foreign_cursor_is_refused(api: FlaskClient, write_post: Write, cursor: str) -> None:
    write_post("hello")

    assert api.get(POSTS, query_string={"cursor": cursor}).status_code == 404


def test_every_record_is_found_by_its_id(api: FlaskClient, write_post: Write) -> None:
    write_post("hello", tags=["Mars"], author="Ada")
    write_post("_pages/about", author="Ada")

    for kind in ("posts", "pages", "tags", "authors"):
        listed = api.get(f"/ghost/api/content/{kind}/").json[kind]
        assert len(listed) == 1
        assert api.get(f"/ghost/api/content/{kind}/{listed[0]['id']}/").json[kind] == listed


def test_every_field_of_an_answer_can_be_filtered_by_but_texts(api: FlaskClient, write_post: Write) -> None:
    write_post("hello")
    write_post("_pages/about")

    for kind, known in {"posts": fields.POST, "pages": fields.PAGE}.items():
        for name, value in api.get(f"/ghost/api/content/{kind}/").json[kind][0].items():
            wanted = f"'{value}'" if isinstance(value, str) else json.dumps(value)
            answer = api.get(f"/ghost/api/content/{kind}/", query_string={"filter": f"{name}:{wanted}"})
            assert name in known
            assert answer.status_code == (400 if name == "html" else 200)
            assert name == "html" or len(answer.json[kind]) == 1, name


# Freshness and visibility


def test_an_edited_article_is_never_answered_stale(api: FlaskClient, write_post: Write) -> None:
    write_post("hello", title="Before", tags=["Moon"])
    assert api.get(f"{POSTS}slug/hello/").json["posts"][0]["title"] == "Before"

    write_post("hello", title="After", tags=["Mars"])

    assert api.get(f"{POSTS}slug/hello/").json["posts"][0]["title"] == "After"
    assert slugs(api, filter="tag:mars") == ["hello"]
    assert slugs(api, filter="tag:moon") == []


def test_drafts_and_future_articles_need_the_token(api: FlaskClient, write_post: Write) -> None:
    write_post("shown", title="Shown", tags=["Mars"])
    write_post("draft", draft=True, tags=["Secret"])
    write_post("future", date="2025-12-24", author="Hidden Author")
    write_post("expired", expires="2025-01-02")
    api.get(POSTS)

    public = (
        api.get(POSTS).text + api.get("/ghost/api/content/tags/").text + api.get("/ghost/api/content/authors/").text
    )
    preview = api.get(f"{POSTS}?preview={TOKEN}&fields=slug,status")

    assert [word for word in ("draft", "future", "Secret", "Hidden", "expired") if word in public] == []
    assert {post["slug"]: post["status"] for post in preview.json["posts"]} == {
        "shown": "published",
        "draft": "draft",
        "future": "scheduled",
        "expired": "expired",
    }
    assert preview.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in preview.headers
    assert api.get(f"{POSTS}?preview=wrong").status_code == 403
    assert api.get(f"{POSTS}slug/draft/").status_code == 404


def test_the_clock_publishes_in_the_api_too(api: FlaskClient, write_post: Write, clock: Clock) -> None:
    write_post("future", date="2025-12-24", tags=["Christmas"])
    assert slugs(api, filter="tag:christmas") == []

    clock.set(2025, 12, 24)

    assert slugs(api, filter="tag:christmas") == ["future"]


# HTTP


def test_answers_have_a_strong_etag_and_304(api: FlaskClient, write_post: Write) -> None:
    write_post("hello", title="Before")
    first = api.get(POSTS)
    again = api.get(POSTS, headers={"If-None-Match": first.headers["ETag"]})

    write_post("hello", title="After")
    changed = api.get(POSTS, headers={"If-None-Match": first.headers["ETag"]})

    assert not first.headers["ETag"].startswith("W/")
    assert (again.status_code, again.data) == (304, b"")
    assert changed.status_code == 200


def test_headers_are_ghosts(api: FlaskClient, write_post: Write) -> None:
    write_post("hello")

    headers = api.get(POSTS, headers={"Accept-Encoding": "br"}).headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "public, max-age=0"
    assert headers["Content-Version"] == "v6.0"
    assert ", ".join(headers.getlist("Vary")) == "Accept-Version, Accept-Encoding"
    assert headers["Content-Encoding"] == "br"
    assert headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in headers


def test_browsers_may_ask_before_they_ask(client: FlaskClient) -> None:
    asked = {"Origin": "https://front.example", "Access-Control-Request-Headers": "accept-version"}

    answer = client.options(POSTS, headers=asked)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "accept-version"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("prefix", ["", "v2/", "v3/", "v4/", "canary/"])
@pytest.mark.parametrize("end", ["", "/"])
def test_every_version_and_spelling_of_a_path_is_answered(api: FlaskClient, prefix: str, end: str) -> None:
    assert api.get(f"/ghost/api/{prefix}content/posts{end}").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ghost/api/content/", 404),
        ("/ghost/api/content/members/", 404),
        ("/ghost/api/content/offers/0123456789abcdef01234567/", 404),
        ("/ghost/api/content/posts/not-an-id/", 422),
        ("/ghost/api/content/posts/0123456789abcdef01234567/", 404),
        ("/ghost/api/content/tags/slug/nothing/", 404),
    ],
)
def test_what_is_not_there_is_answered_in_json(api: FlaskClient, path: str, status: int) -> None:
    answer = api.get(path)

    assert answer.status_code == status
    assert set(answer.json["errors"][0]) == set(envelopes.ProblemModel.model_fields)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(api: FlaskClient, method: str) -> None:
    answer = getattr(api, method)(POSTS)

    assert answer.status_code == 405
    assert answer.json["errors"][0]["type"] == "MethodNotAllowedError"


# Search


def indexed(client: FlaskClient) -> None:
    """Wait for the index to have all files."""
    site = client.application.extensions["octavo"]
    site.refresh(settle=0)
    site.index.sync()


def test_search_answers_articles_with_snippets_scores_and_facets(api: FlaskClient, write_post: Write) -> None:
    write_post("rings", "The rings of Saturn are <ice>.", title="Rings", tags=["Saturn"], category="Planets")
    write_post("moons", "Moons of Saturn.", title="Moons", tags=["Moons"], category="Planets")
    write_post("comets", "Comets have tails.", title="Comets")
    indexed(api)

    query = {"q": "saturn rings", "fields": "slug", "include": "tags", "tag": "saturn"}
    found = api.get("/ghost/api/content/search/", query_string=query).json
    everything = api.get("/ghost/api/content/search/?q=saturn&limit=1").json

    (post,) = found["posts"]
    assert set(post) == {"slug", "tags", "primary_tag", "match"}
    assert post["slug"] == "rings"
    assert post["match"]["score"] > 0
    assert "<mark>Saturn</mark>" in post["match"]["snippet_html"]
    assert "&lt;ice&gt;" in post["match"]["snippet_html"] or "<ice>" not in post["match"]["snippet_html"]
    assert found["meta"]["facets"]["tag"][0] == {"value": "saturn", "label": "Saturn", "count": 1, "selected": True}
    assert everything["meta"]["pagination"] == {"page": 1, "limit": 1, "pages": 2, "total": 2, "next": 2, "prev": None}


def test_search_corrects_unless_told_not_to(api: FlaskClient, write_post: Write) -> None:
    write_post("rings", "The rings of Saturn.", title="Saturn")
    indexed(api)

    corrected = api.get("/ghost/api/content/search/?q=saturm").json
    exact = api.get("/ghost/api/content/search/?q=saturm&exact=1").json

    assert corrected["meta"]["corrected"]["words"] == {"saturm": "saturn"}
    assert len(corrected["posts"]) == 1
    assert exact["posts"] == []


def test_search_never_finds_what_readers_do_not_see(api: FlaskClient, write_post: Write, clock: Clock) -> None:
    write_post("draft", "Secretword.", draft=True)
    write_post("future", "Secretword.", date="2025-12-24")
    indexed(api)

    answer = api.get("/ghost/api/content/search/?q=secretword&exact=1").json

    assert answer["posts"] == []
    assert answer["meta"]["facets"] == {} or not any(answer["meta"]["facets"].values())
