"""Ghost's own client, unmodified, against a live server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.conftest import CHECKOUT, Clock
from tests.tools import Node

KEY = "0123456789abcdef0123456789"
Ask = Callable[..., Any]


@pytest.fixture
def url(make_app: Callable[..., Flask], serve: Callable[[Flask], str], clock: Clock) -> str:
    """The address of a server of the checkout's articles whose API has one key."""
    clock.set(2030, 1, 1)
    return serve(make_app(posts_dir=str(CHECKOUT / "posts"), api_keys=[KEY]))


@pytest.fixture
def ask(url: str, node: Node) -> Ask:
    """Call the client once: `ask("posts", "browse", {"limit": 5})`."""

    def one(*call: Any, key: str = KEY, version: str = "v6.0") -> Any:
        return node.run("client.js", {"url": url, "key": key, "version": version, "calls": [call]})[0]

    return one


def test_browse_returns_a_list_with_its_pagination(ask: Ask) -> None:
    found = ask("posts", "browse", {"limit": 5, "page": 2})

    assert found["array"]
    assert len(found["value"]) == 5
    assert found["meta"]["pagination"]["page"] == 2
    assert found["meta"]["pagination"]["prev"] == 1


def test_a_list_of_one_stays_a_list(ask: Ask) -> None:
    found = ask("posts", "browse", {"limit": 1})

    assert found["array"]
    assert len(found["value"]) == 1


def test_following_next_reaches_every_article_once(ask: Ask) -> None:
    seen, page = [], 1
    while page:
        found = ask("posts", "browse", {"limit": 15, "page": page, "fields": "slug"})
        seen += [post["slug"] for post in found["value"]]
        page = found["meta"]["pagination"]["next"]

    assert len(seen) == len(set(seen)) == found["meta"]["pagination"]["total"]


def test_read_by_slug_and_by_id_return_the_same_article(ask: Ask) -> None:
    by_slug = ask("posts", "read", {"slug": "star-hopping-in-autumn"}, {"include": ["tags", "authors"]})["value"]
    by_id = ask("posts", "read", {"id": by_slug["id"]}, {"include": "tags,authors"})["value"]

    assert by_slug == by_id
    assert by_slug["title"] == "Star-Hopping in Autumn"
    assert by_slug["primary_tag"]["slug"] == by_slug["tags"][0]["slug"] == "observing"
    assert by_slug["primary_author"]["name"]


def test_filters_fields_formats_and_order_reach_the_server(ask: Ask) -> None:
    options = {
        "filter": "tag:mars+featured:false",
        "fields": ["slug", "title"],
        "formats": ["plaintext"],
        "order": "title ASC",
    }
    found = ask("posts", "browse", options)["value"]

    assert found
    assert {frozenset(post) for post in found} == {frozenset({"slug", "title", "plaintext"})}
    assert [post["title"] for post in found] == sorted(post["title"] for post in found)


def test_tags_and_authors_come_with_counts(ask: Ask) -> None:
    tags = ask("tags", "browse", {"limit": "all", "include": "count.posts", "order": "count.posts DESC"})["value"]
    author = ask("authors", "read", {"slug": "history-desk"}, {"include": "count.posts"})["value"]

    assert [tag["count"]["posts"] for tag in tags] == sorted((tag["count"]["posts"] for tag in tags), reverse=True)
    assert author["count"]["posts"] > 0


def test_pages_and_settings_are_read(ask: Ask) -> None:
    page = ask("pages", "read", {"slug": "about"})["value"]
    settings = ask("settings", "browse")["value"]

    assert page["show_title_and_feature_image"] is True
    assert settings["title"] == "Test Journal"
    assert settings["navigation"][0]["url"].startswith("https://journal.example/")


def test_the_servers_log_has_no_key(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    ask("posts", "browse", {"limit": 1})

    assert "/ghost/api/content/posts/?key=***&limit=1" in caplog.text
    assert KEY not in caplog.text


def test_what_only_sites_with_members_have_is_empty(ask: Ask) -> None:
    assert ask("tiers", "browse")["value"] == []
    assert ask("newsletters", "browse")["value"] == []


@pytest.mark.parametrize(
    "version", ["v2", "v6.0", *(pytest.param(name, marks=pytest.mark.long) for name in ("v3", "v4", "canary", "v5.0"))]
)
def test_clients_of_every_version_are_answered(ask: Ask, version: str) -> None:
    assert len(ask("posts", "browse", {"limit": 2}, version=version)["value"]) == 2


@pytest.mark.parametrize(
    ("call", "key", "name", "message"),
    [
        (("posts", "read", {"slug": "nothing"}), KEY, "NotFoundError", "Resource not found error, cannot read post."),
        (("posts", "browse", {"filter": "tag:~"}), KEY, "BadRequestError", "Error parsing filter"),
        (("posts", "browse"), "f" * 26, "UnauthorizedError", "Unknown Content API Key"),
        (
            ("posts", "browse", {"formats": "pdf"}),
            KEY,
            "ValidationError",
            "Validation (AllowedValues) failed for formats",
        ),
    ],
)
@pytest.mark.thorough
def test_errors_are_thrown_by_the_client(ask: Ask, call: tuple[Any, ...], key: str, name: str, message: str) -> None:
    error = ask(*call, key=key)["error"]

    assert (error["name"], error["message"]) == (name, message)
    assert error["id"]
