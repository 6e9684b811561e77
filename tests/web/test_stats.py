"""Statistics for the operator: what readers did, for eyes and for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask

from tests.conftest import Clock, PostsFolder
from tests.tools import Servers, needed
from tests.waiting import settled

KEY = "the operator's key"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def read(make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock) -> Flask:
    """A site whose articles were read: one by three readers today, the other by one the day before."""
    folder.write("hello", title="Hello <world>")
    folder.write("moon", title="Moon")
    app = settled(make_app(status_key=KEY))
    views = app.extensions["octavo"].views
    for slug, reader, day in (("moon", 1, 19), ("hello", 1, 20), ("hello", 2, 20), ("hello", 3, 20)):
        clock.set(2025, 7, day, 12)
        views.count(slug, str(reader))
        views.flush()
    views.publish()
    return app


def told(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/status/stats.json", headers=AUTHORIZATION).get_json()
    return found


def test_readers_of_each_day_and_the_articles_most_read_are_told(read: Flask) -> None:
    found = told(read)

    assert len(found["days"]) == 30
    assert found["days"][-2:] == [{"day": "2025-07-19", "views": 1}, {"day": "2025-07-20", "views": 3}]
    assert [(article["slug"], article["views"]) for article in found["articles"]] == [("hello", 3), ("moon", 1)]


def test_keys_for_programs_stay(read: Flask) -> None:
    assert sorted(told(read)) == [
        "articles", "days", "hit_rate", "machines", "problems", "referrers", "searches", "slowest", "workers",
    ]  # fmt: skip
    assert read.test_cli_runner().invoke(args=["stats", "--json"]).output.startswith("{")


def test_searches_are_counted_by_whether_they_found_anything(read: Flask) -> None:
    client = read.test_client()
    for words in ("moon", "xyzzyxyzzy", "moon"):
        client.get(f"/search.json?q={words}")

    # The third came from memory.
    assert told(read)["searches"] == {"computed": 2, "without_result": 1}


def test_hosts_from_which_readers_came_are_counted_once_a_reader_and_bounded(read: Flask) -> None:
    client = read.test_client()

    def come(host: str, address: str) -> None:
        told_by_browser = {"User-Agent": BROWSER, "X-Forwarded-For": address}
        client.post(f"/views/hello?from={host}", headers=told_by_browser, environ_base={"REMOTE_ADDR": address})

    def found() -> dict[str, int]:
        return {one["host"]: one["readers"] for one in told(read)["referrers"]}

    come("News.example", "192.0.2.1")
    come("news.example", "192.0.2.2")
    come("links.example", "192.0.2.3")
    come("links.example", "192.0.2.3")
    for number, invented in enumerate(['a"b', "x", "", "a..b", "é.example"]):
        come(invented, f"203.0.113.{number}")
    assert found() == {"news.example": 2, "links.example": 1}

    for number in range(400):
        come(f"h{number}.example", f"198.51.{100 + number // 200}.{number % 200}")

    assert found()["others"] > 100
    assert len(found()) == 20


def test_pages_that_took_longest_are_told_without_what_was_searched_for(read: Flask) -> None:
    client = read.test_client()
    for path in ("/articles/hello/", "/search/?q=moon", "/nothing/"):
        client.get(path)

    slowest = told(read)["slowest"]

    assert {one["path"] for one in slowest} == {"/articles/hello/", "/search/"}
    assert all(one["milliseconds"] > 0 for one in slowest)


def test_command_tells_the_same_in_words(read: Flask) -> None:
    result = read.test_cli_runner().invoke(args=["stats"])

    assert result.exit_code == 0
    assert f"2025-07-20        3 {'#' * 40}" in result.output
    assert "       3  Hello <world>" in result.output


def test_chart_is_a_picture_with_a_bar_for_each_day(read: Flask) -> None:
    answer = read.test_client().get("/status/readers.svg", headers=AUTHORIZATION)

    bars = ElementTree.fromstring(answer.text).findall("{http://www.w3.org/2000/svg}rect")
    assert answer.mimetype == "image/svg+xml"
    assert len(bars) == 30
    assert [bar.get("height") for bar in bars[-2:]] == ["40.0", "120.0"]


def test_page_of_the_operator_shows_them(read: Flask) -> None:
    page = read.test_client().get("/status/", headers=AUTHORIZATION).text

    assert "/status/readers.svg" in page
    assert "Hello &lt;world&gt;</a>: 3" in page


@pytest.mark.parametrize("path", ["/status/stats.json", "/status/readers.svg"])
def test_statistics_are_the_operators_alone(read: Flask, make_app: Callable[..., Flask], path: str) -> None:
    assert read.test_client().get(path).status_code == 401
    assert make_app().test_client().get(path).status_code == 404


def test_site_without_views_has_statistics_too(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    app = make_app(status_key=KEY, views=False)

    found = told(app)

    assert found["articles"] == []
    assert {day["views"] for day in found["days"]} == {0}
    assert json.dumps(found)


@pytest.mark.usefixtures("patient")
def test_machines_that_share_a_redis_are_told_together(
    servers: Servers, make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path, clock: Clock
) -> None:
    program = needed("redis-server")
    redis = servers.start(lambda port: [program, "--port", str(port), "--save", ""])
    shared = {"cache": "redis", "redis_url": f"redis://127.0.0.1:{redis.port}/0", "status_key": KEY}
    folder.write("hello")
    folder.write("moon")
    here = settled(make_app(**shared))
    shutil.copytree(tmp_path / "posts", tmp_path / "elsewhere/posts")
    there = settled(make_app(root=tmp_path / "elsewhere", **shared))
    for app, slug, readers in ((here, "hello", 2), (there, "hello", 1), (there, "moon", 4)):
        views = app.extensions["octavo"].views
        for reader in range(readers):
            views.count(slug, str(reader))
        views.flush()
        views.publish()
    there.test_client().get("/search.json?q=moon")

    there.extensions["octavo_machines"].tell()
    found = told(here)

    assert found["machines"] == 2
    assert found["days"][-1]["views"] == 7
    assert [(article["slug"], article["views"]) for article in found["articles"]] == [("moon", 4), ("hello", 3)]
    assert found["searches"]["computed"] == 1
    redis.process.kill()
    redis.process.wait()
    assert told(here)["machines"] == 1
    assert told(here)["days"][-1]["views"] == 2
