"""`flask posts why` asks the running server which cached pages show a text, and when they are dropped."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo import create_app
from octavo.site.site import Site
from tests.conftest import Clock, PostsFolder, Reader

MakeApp = Callable[..., Flask]


@pytest.fixture
def server(make_app: MakeApp) -> Flask:
    # A new state of the index would have the pages looked at again.
    app = make_app(indexing=False)
    app.test_client_class = Reader
    return app


@pytest.fixture
def reader(server: Flask) -> FlaskClient:
    return server.test_client()


@pytest.fixture
def cached(make_app: MakeApp) -> Callable[[str], str]:
    """What another process, in which no page was asked for, tells of the pages that show a text."""

    def ask(text: str) -> str:
        result = make_app().test_cli_runner().invoke(args=["posts", "why", text, "--json"])
        return str(json.loads(result.output)["facts"]["Cached"])

    return ask


def sockets(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "instance").glob("ask-*.sock"))


def test_the_pages_that_show_a_text_are_named(
    reader: FlaskClient, folder: PostsFolder, cached: Callable[[str], str]
) -> None:
    folder.write("mars", tags=["Planets"])
    folder.write("moon")
    for path in ("/articles/mars/", "/tags/planets/", "/articles/?page=1", "/tags/", "/articles/moon/"):
        reader.get(path)

    told = cached("mars")

    assert told.startswith("in 4 pages in memory: /articles/?page=1, /articles/mars/, /articles/moon/, /tags/planets/;")
    assert told.endswith("each is made anew when what it shows changes")


def test_the_moment_at_which_the_clock_drops_a_page_is_told(
    reader: FlaskClient, folder: PostsFolder, cached: Callable[[str], str]
) -> None:
    folder.write("mars", expires="2025-12-24T09:00:00Z")
    reader.get("/articles/mars/")

    assert cached("mars").endswith("changes, and by the clock 2025-12-24 09:00 UTC")


def test_a_page_that_a_change_may_touch_is_told(
    reader: FlaskClient, folder: PostsFolder, cached: Callable[[str], str], server: Flask
) -> None:
    folder.write("mars")
    reader.get("/articles/mars/")

    folder.write("mars", body="Another text")
    server.extensions["octavo"].refresh(settle=0)

    assert "they are looked at before anybody sees them again" in cached("mars")


def test_a_text_that_nobody_asked_for_is_in_no_page(
    reader: FlaskClient, folder: PostsFolder, cached: Callable[[str], str]
) -> None:
    folder.write("mars")
    reader.get("/healthz")

    assert cached("mars") == "in no page that the server holds in memory"


def test_where_no_server_runs_it_says_so(folder: PostsFolder, cached: Callable[[str], str]) -> None:
    folder.write("mars")

    assert cached("mars") == "no running server has been asked for a page, so none is held in memory"


def test_processes_of_a_server_answer_together(
    make_app: MakeApp, folder: PostsFolder, cached: Callable[[str], str], tmp_path: Path
) -> None:
    folder.write("mars")
    for path in ("/articles/mars/", "/articles/"):
        make_app().test_client().get(path)

    told = cached("mars")

    assert len(sockets(tmp_path)) == 2
    assert "in 2 pages in memory: /articles/, /articles/mars/" in told


def test_only_the_user_of_the_server_may_open_the_socket(
    reader: FlaskClient, folder: PostsFolder, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        reader.get("/")
    finally:
        os.umask(before)

    [file] = sockets(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_socket_goes_with_the_server(
    reader: FlaskClient, folder: PostsFolder, tmp_path: Path, server: Flask, cached: Callable[[str], str]
) -> None:
    folder.write("mars")
    reader.get("/")

    server.extensions["octavo"].close()

    assert sockets(tmp_path) == []
    assert cached("mars").startswith("no running server")


def test_the_socket_of_a_killed_server_is_removed(
    folder: PostsFolder, tmp_path: Path, cached: Callable[[str], str]
) -> None:
    folder.write("mars")
    (tmp_path / "instance").mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as left:
        here = os.open(tmp_path / "instance", os.O_RDONLY)
        left.bind(f"/proc/self/fd/{here}/ask-00000000.sock")
        os.close(here)

    assert cached("mars").startswith("no running server")
    assert sockets(tmp_path) == []


def test_the_next_server_removes_the_sockets_of_killed_ones_and_no_others(
    make_app: MakeApp, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("mars")
    make_app().test_client().get("/articles/mars/")
    [living] = sockets(tmp_path)
    here = os.open(tmp_path / "instance", os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"/proc/self/fd/{here}/ask-00000000.sock")
    os.close(here)

    make_app().test_client().get("/articles/mars/")

    now = sockets(tmp_path)
    assert living in now
    assert len(now) == 2
    assert tmp_path / "instance" / "ask-00000000.sock" not in now


@pytest.mark.parametrize("question", [b"", b"\n", b"{\n", b"[" * 5_000 + b"\n", b"\xff\xfe\n", b"null\n"])
def test_a_question_that_is_none_ends_no_server(
    reader: FlaskClient, folder: PostsFolder, tmp_path: Path, cached: Callable[[str], str], question: bytes
) -> None:
    folder.write("mars")
    reader.get("/articles/mars/")
    here = os.open(tmp_path / "instance", os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(f"/proc/self/fd/{here}/{sockets(tmp_path)[0].name}")
        guest.sendall(question)
        guest.shutdown(socket.SHUT_WR)
    os.close(here)

    assert "/articles/mars/" in cached("mars")


def test_the_page_not_found_of_a_developed_site_tells_the_same(
    make_app: MakeApp, folder: PostsFolder, clock: Clock
) -> None:
    folder.write("mars", expires="2025-12-24T09:00:00Z")
    app = make_app(developed=True)
    app.test_client_class = Reader
    writer = app.test_client()
    writer.get("/articles/mars/")

    clock.set(2025, 12, 25)

    assert "Cached:       in 1 page in memory: /articles/mars/" in writer.get("/articles/mars/").text


@pytest.mark.parametrize(
    ("arguments", "reloaded", "listening"),
    [
        (["run"], False, 1),
        (["run", "--debug"], False, 0),
        (["run", "--debug"], True, 1),
        (["run", "--debug", "--no-reload"], False, 1),
        (["check"], False, 0),
    ],
)
def test_the_process_that_answers_is_found_before_it_is_asked_for_a_page(
    arguments: list[str], reloaded: bool, listening: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    @click.option("--port", default=5000)
    @click.option("--debug", is_flag=True)
    @click.option("--reload/--no-reload", default=None)
    def command(port: int, debug: bool, reload: bool | None) -> None:
        monkeypatch.setenv("FLASK_DEBUG", "1" if debug else "0")
        if reloaded:
            monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
        begun.append(create_app(tmp_path))

    begun: list[Flask] = []
    command.main(arguments[1:], prog_name=arguments[0], standalone_mode=False)
    found = sockets(tmp_path)

    begun[0].extensions["octavo"].close()
    assert len(found) == listening


def test_what_cannot_listen_serves_all_the_same(make_app: MakeApp, folder: PostsFolder, tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file, and no folder")
    app = make_app(views=False)
    site: Site = app.extensions["octavo"]

    site.start()

    assert site.library is not None
