"""What the operator is told: the status page, the word for load balancers, and `flask cache`."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import PostsFolder
from tests.waiting import settled
from tests.web.test_pagecache import Visitor, cache_of


def password(word: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"anybody:{word}".encode()).decode()}


def test_load_balancer_is_answered(app: Flask) -> None:
    answer = Visitor(app).get("/health/")

    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.parametrize("path", ["/status/", "/status.json"])
def test_status_is_nobodys_business_without_a_key(app: Flask, path: str) -> None:
    assert Visitor(app).get(path).status_code == 404
    assert Visitor(app).get(path, headers=password("")).status_code == 404


@pytest.mark.parametrize("path", ["/status/", "/status.json"])
def test_status_asks_for_its_key(make_app: Callable[..., Flask], path: str) -> None:
    visitor = Visitor(make_app(status_key="a secret"))

    for headers in (
        {},
        password("wrong"),
        password(""),
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic x"},
    ):
        answer = visitor.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    for headers in (password("a secret"), {"Authorization": "Bearer a secret"}):
        answer = visitor.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_status_tells_what_the_cache_did(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    app = make_app(status_key="a secret")
    settled(app)
    visitor = Visitor(app)
    for _ in range(10):
        visitor.get("/about-nothing/")
        visitor.get("/tags/")

    told = visitor.get("/status.json", headers=password("a secret")).get_json()["Pages in memory"]

    assert told["Rendered"] == 2
    assert told["Answered from memory"] == 18
    assert told["Share of all requests for pages, %"] == 90
    assert told["Number"] == 2
    assert told["Megabytes"] < told["Megabytes at most"]


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["cache", *arguments])
    return result.exit_code, result.output


def test_warm_renders_every_page_once(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    for number in range(15):
        folder.write(f"post-{number}", tags=["Mars"], author="Ada", category="Launch")
    app = make_app(cache="filesystem", page_size=10)

    code, output = run(app, "warm")
    again = make_app(cache="filesystem", page_size=10)
    _, told = run(again, "warm")
    pages = ["/", "/articles/post-3/", "/articles/?page=2", "/tags/mars/?page=2", "/authors/ada/", "/archive/2025/"]

    assert code == 0
    assert "of them rendered now" in output
    assert "0 of them rendered now" in told
    assert Visitor(again).renders_of(*pages) == 0
    assert Visitor(make_app(cache="filesystem", page_size=10)).renders_of(*pages) == 0


def test_warm_says_what_to_set_where_there_is_nothing_to_warm(app: Flask) -> None:
    code, output = run(app, "warm")

    assert code == 1
    assert "filesystem" in output


def test_status_and_clear_tell_what_is_stored(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    app = settled(make_app(cache="filesystem"))
    Visitor(app).get("/articles/hello/")

    assert re.match(r"filesystem: [1-9] entries, 0\.", run(app, "status")[1])
    assert run(app, "clear") == (0, "The cache is empty.\n")
    assert run(app, "status")[1].startswith("filesystem: 0 entries")


def test_commands_tell_when_the_store_does_not_answer(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(cache="redis", redis_url="redis://127.0.0.1:1/0")

    assert run(app, "status") == (1, "redis: it does not answer.\n")
    assert run(app, "clear") == (1, "redis: it does not answer.\n")
    assert not cache_of(app).store.up


@pytest.mark.parametrize("fault", ["redis is not there", "pages/ is a file"])
def test_warm_stops_when_the_store_does_not_answer(
    make_app: Callable[..., Flask],
    folder: PostsFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    monkeypatch.setattr("octavo.cli.operating.time.sleep", lambda seconds: None)
    for number in range(5):
        folder.write(f"post-{number}")
    kind = "redis" if "redis" in fault else "filesystem"
    app = make_app(cache=kind, redis_url="redis://127.0.0.1:1/0")
    if kind == "filesystem":
        (tmp_path / "instance" / "cache" / "pages").rmdir()
        (tmp_path / "instance" / "cache" / "pages").touch()

    code, output = run(app, "warm")

    assert code == 1
    assert output.endswith(f"{kind}: it does not answer.\n")
    assert "are there" not in output
    assert cache_of(app).counts.renders == 3


def test_warm_goes_on_after_a_store_that_did_not_answer_for_a_moment(
    make_app: Callable[..., Flask],
    folder: PostsFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rest: Callable[[], None],
) -> None:
    folder.write("post")
    app = make_app(cache="filesystem")
    pages = tmp_path / "instance" / "cache" / "pages"
    slept = []
    pages.rmdir()
    pages.touch()

    def mend(seconds: float) -> None:
        slept.append(seconds)
        pages.unlink()
        rest()

    monkeypatch.setattr("octavo.cli.operating.time.sleep", mend)
    code, output = run(app, "warm")

    assert (code, slept) == (0, [5.0])
    assert "are there" in output
    assert len(list(pages.iterdir())) >= len(cache_of(app).pools.existing.pages) > 5


def test_memory_needs_no_commands(app: Flask) -> None:
    assert run(app, "status")[0] == 0
    code, told = run(app, "clear")
    assert code == 0
    assert "servers' own memory" in told
    assert "is empty" not in told
