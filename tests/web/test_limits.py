"""How often a client may ask: who is told to come again, and who is not."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from octavo.settings import Settings
from octavo.web.api.schema.envelopes import ProblemModel
from octavo.web.clients import address_of, client_of
from octavo.web.limits import Limits
from tests.conftest import PostsFolder
from tests.tools import Servers, needed

KEY = "0123456789abcdef0123456789"
STATUS_KEY = "the operator's key"


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes between the requests of a test, however busy the machine is."""
    now = time.monotonic()
    monkeypatch.setattr("octavo.web.limits.time", SimpleNamespace(monotonic=lambda: now))


# An address of each kind that is limited by how often it is asked for.
ASKED = {
    "search": ["/search/?q=moon", "/search.json?q=moon", "/search/suggest.json?q=mo"],
    "api": [f"/ghost/api/content/posts/?key={KEY}", f"/api/changes?key={KEY}"],
    "views": ["/views/hello"],
    "status": ["/status.json"],
}


def statuses(client: FlaskClient, path: str, times: int, address: str = "192.0.2.1", **headers: str) -> list[int]:
    """The statuses of so many requests of one address."""
    environ = {"REMOTE_ADDR": address}
    return [client.get(path, environ_base=environ, headers=headers).status_code for _ in range(times)]


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in ASKED.items() for path in paths])
def test_client_who_asks_too_often_is_told_when_to_come_again(
    make_app: Callable[..., Flask], folder: PostsFolder, kind: str, path: str
) -> None:
    folder.write("hello")
    client = make_app(limits={kind: 3}, api_keys=[KEY], status_key=STATUS_KEY).test_client()

    first = statuses(client, path, 3)
    refused = client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.1"})

    assert 429 not in first
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "20"
    assert refused.headers["Cache-Control"] == "no-store"
    assert "Try again in 20 seconds" in refused.text
    assert statuses(client, path, 1, "192.0.2.2") != [429]


def test_programs_are_refused_in_json_and_readers_in_words(make_app: Callable[..., Flask]) -> None:
    client = make_app(limits={"search": 1, "api": 1}, api_open=True).test_client()
    for path in ("/search/?q=a", "/ghost/api/content/posts/"):
        statuses(client, path, 1)

    page, data = (
        client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.1"}) for path in ("/search/?q=b", "/search.json")
    )
    api = client.get("/ghost/api/content/posts/?page=2", environ_base={"REMOTE_ADDR": "192.0.2.1"})

    assert page.mimetype == "text/plain"
    for answer in (data, api):
        (error,) = answer.get_json()["errors"]
        assert error["type"] == "TooManyRequestsError"
        assert [*error] == [*ProblemModel.model_fields]
    assert api.headers["Access-Control-Allow-Origin"] == "*"


def test_pages_for_readers_are_not_limited(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    client = make_app(limits={"search": 1, "api": 1, "views": 1, "status": 1}).test_client()

    assert set(statuses(client, "/articles/hello/", 50)) == {200}


def test_nobody_is_limited_by_another_server_unless_a_setting_says_so(app: Flask) -> None:
    assert 429 not in statuses(app.test_client(), "/search.json?q=moon", 300)


def test_neighbours_in_one_network_of_ipv6_are_one_client(make_app: Callable[..., Flask]) -> None:
    client = make_app(limits={"search": 4}).test_client()

    asked = [statuses(client, "/search.json?q=a", 1, f"2001:db8:1:2::{number:x}") for number in range(6)]

    assert [code for [code] in asked] == [200] * 4 + [429] * 2
    assert statuses(client, "/search.json?q=a", 1, "2001:db8:1:3::1") == [200]


def test_readers_behind_a_proxy_that_no_setting_names_do_not_share_a_bucket(make_app: Callable[..., Flask]) -> None:
    client = make_app(limits={"search": 2}).test_client()

    forwarded = statuses(client, "/search.json?q=a", 5, "127.0.0.1", **{"X-Forwarded-For": "192.0.2.1"})
    by_socket = statuses(client, "/search.json?q=a", 5, "")

    assert set(forwarded + by_socket) == {200}


def test_stranger_cannot_pass_for_a_proxy(make_app: Callable[..., Flask]) -> None:
    client = make_app(limits={"search": 2}).test_client()

    codes = [
        statuses(client, "/search.json?q=a", 1, "1.1.1.1", **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(4)
    ]

    assert [code for [code] in codes] == [200, 200, 429, 429]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "192.0.2.1", "127.0.0.1"),
        (1, "198.51.100.7, 192.0.2.1", "192.0.2.1"),
        (2, "198.51.100.7, 192.0.2.1, 10.0.0.1", "192.0.2.1"),
        (2, "192.0.2.1", "192.0.2.1"),
        (1, "", "127.0.0.1"),
        (1, "unknown", "127.0.0.1"),
        (1, "192.0.2.1, <script>", "127.0.0.1"),
    ],
)
def test_address_is_the_one_that_the_first_own_proxy_saw(proxies: int, forwarded: str, address: str) -> None:
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}

    assert address_of(environ, proxies) == address


def test_same_reader_is_one_client_by_either_protocol() -> None:
    assert client_of("::ffff:192.0.2.1") == client_of("192.0.2.1")


@given(st.lists(st.integers(1, 3), min_size=1, max_size=40), st.integers(1, 20))
def test_no_order_of_clients_gets_one_of_them_more_than_the_limit(order: list[int], limit: int) -> None:
    limits = Limits(Settings(limits={"search": limit}))

    taken = [client for client in order if not limits.take("search", str(client))]

    for client in set(order):
        assert taken.count(client) == min(limit, order.count(client))


def test_buckets_of_a_flood_of_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octavo.web.limits.MAX_CLIENTS", 100)
    limits = Limits(Settings(limits={"search": 1}))

    waits = [limits.take("search", str(number)) for number in range(1_000)]

    assert set(waits) == {0.0}


def password(word: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"anybody:{word}".encode()).decode()}


def test_password_that_is_guessed_at_is_not_looked_at_for_a_while(
    make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(status_key=STATUS_KEY).test_client()

    with caplog.at_level(logging.WARNING):
        wrong = [client.get("/status.json", headers=password(f"wrong {n}")).status_code for n in range(300)]
    right = client.get("/status.json", headers=password(STATUS_KEY))
    another = client.get("/status.json", headers=password(STATUS_KEY), environ_base={"REMOTE_ADDR": "192.0.2.9"})

    assert wrong == [401] * 10 + [429] * 290
    assert (right.status_code, right.headers["Retry-After"]) == (429, "6")
    assert another.status_code == 200
    assert [record.message for record in caplog.records] == ["Wrong password from 127.0.0.1: more are refused for 6 s."]


@pytest.mark.parametrize("query", ["key=00000000000000000000000000", f"key={KEY}&preview=wrong"])
def test_wrong_keys_and_tokens_are_answered_ten_times_a_minute(make_app: Callable[..., Flask], query: str) -> None:
    client = make_app(api_keys=[KEY], preview_secret="a secret of the editors").test_client()

    codes = [client.get(f"/ghost/api/content/posts/?{query}").status_code for _ in range(12)]
    told = client.get(f"/ghost/api/content/posts/?{query}")

    assert set(codes[:10]) <= {401, 403}
    assert codes[10:] == [429, 429]
    assert told.headers["Retry-After"] == "6"
    assert told.get_json()["errors"][0]["type"] == "TooManyRequestsError"
    assert client.get(f"/ghost/api/content/posts/?key={KEY}").status_code == 200


def test_guesses_at_other_processes_count_as_those_at_this_one() -> None:
    elsewhere = Limits(Settings())

    def shared(bucket: str, interval: float, capacity: float) -> float:
        return elsewhere.take("guesses", bucket)

    here, there = (Limits(Settings(), shared) for _ in range(2))
    environ = {"REMOTE_ADDR": "192.0.2.1"}
    looked_at = {here: 0, there: 0}

    for _ in range(10):
        for limits in looked_at:
            if not limits.wait_to_guess(environ):
                looked_at[limits] += 1
                limits.guessed("password", environ)

    # Each process learns from the first refused guess.
    assert sum(looked_at.values()) <= 12
    assert here.wait_to_guess(environ) == pytest.approx(6, abs=1)


@pytest.mark.usefixtures("patient")
def test_processes_that_share_a_redis_count_together(servers: Servers, make_app: Callable[..., Flask]) -> None:
    program = needed("redis-server")
    redis = servers.start(lambda port: [program, "--port", str(port), "--save", ""])
    settings: dict[str, Any] = {"cache": "redis", "redis_url": f"redis://127.0.0.1:{redis.port}/0"}
    one, other = (make_app(**settings, limits={"search": 4}).test_client() for _ in range(2))

    codes = statuses(one, "/search.json?q=a", 3) + statuses(other, "/search.json?q=a", 3)
    redis.process.kill()
    redis.process.wait()
    alone = statuses(other, "/search.json?q=a", 3)

    assert codes == [200] * 4 + [429] * 2
    assert 429 in alone
    assert set(alone) <= {200, 429}
