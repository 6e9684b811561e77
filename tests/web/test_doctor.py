"""`flask doctor`: what an operator is told of a machine on which something is not well."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from octavo.serving import doctor
from tests.conftest import PostsFolder
from tests.tools import free_port
from tests.waiting import settled

PUBLIC = {"base_url": "https://journal.example", "proxies": 1, "status_key": "the operator's key"}


@pytest.fixture
def examined(make_app: Callable[..., Flask], folder: PostsFolder) -> Callable[..., tuple[int, str]]:
    """Examines a public site with one article: the exit code, and what is told."""
    folder.write("hello")

    def examine(index: bool = True, **settings: Any) -> tuple[int, str]:
        app = make_app(**{**PUBLIC, **settings})
        if index:
            settled(app)
        # There is no journal.example to be asked.
        away = [] if settings.get("base_url", "").startswith("http://127.0.0.1:") else ["--offline"]
        result = app.test_cli_runner().invoke(args=["doctor", *away])
        return result.exit_code, result.output

    return examine


def test_site_that_is_well_is_told_to_be(examined: Callable[..., tuple[int, str]]) -> None:
    code, told = examined()

    wrong = [line for line in told.splitlines() if not line.startswith("ok")]
    assert code == 0
    assert [line for line in wrong if "user: root" not in line and "user of its own" not in line] == []
    assert told.count("ok       Readiness: ") == 5


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"base_url": "http://127.0.0.1:5000"}, "Set `base_url` to the public address"),
        ({"base_url": "http://journal.example"}, "is not HTTPS"),
        ({"proxies": 0}, "Set `proxies` to the number of your proxies"),
        ({"status_key": ""}, "Set `status_key`"),
        ({"shared_seconds": 3600}, "Set `purge_header`, by which your cache"),
        ({"cache": "redis", "redis_url": "redis://127.0.0.1:1/0"}, "redis does not answer"),
    ],
)
def test_setting_that_is_wrong_in_public_is_told_with_its_cure(
    examined: Callable[..., tuple[int, str]], settings: dict[str, Any], told: str
) -> None:
    code, output = examined(**settings)

    assert code == 0
    assert told in output


def test_pages_that_caches_keep_long_and_can_purge_are_no_fault(examined: Callable[..., tuple[int, str]]) -> None:
    assert "purge_header" not in examined(shared_seconds=3600, purge_header="Surrogate-Key")[1]


@contextlib.contextmanager
def answering(status: str, body: bytes) -> Iterator[str]:
    """The address of a server that answers every request alike."""

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    server = make_server("127.0.0.1", 0, answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        ("200 OK", b"ok\n", "ok       Reach: {address}/healthz: answers\n"),
        ("200 OK", b"Welcome to nginx!", "is answered by something else"),
        ("502 Bad Gateway", b"", "answers 502"),
    ],
)
def test_what_answers_at_the_public_address_is_told(
    examined: Callable[..., tuple[int, str]], status: str, body: bytes, told: str
) -> None:
    with answering(status, body) as address:
        output = examined(base_url=address)[1]

    assert told.format(address=address) in output


def test_public_address_at_which_nothing_answers_is_told(examined: Callable[..., tuple[int, str]]) -> None:
    code, told = examined(base_url=f"http://127.0.0.1:{free_port()}")

    assert code == 0
    assert "/healthz: does not answer: " in told


def test_site_without_an_index_cannot_be_served_yet(examined: Callable[..., tuple[int, str]]) -> None:
    code, told = examined(index=False)

    assert code == 1
    assert "failed   Readiness: index" in told
    assert "`flask index build` makes it" in told


def test_file_that_the_server_cannot_read_is_named(
    examined: Callable[..., tuple[int, str]], folder: PostsFolder, permissions_count: None
) -> None:
    secret = folder.write("secret")
    secret.chmod(0)

    code, told = examined()

    if os.geteuid() != 0:
        assert code == 1
        assert "failed   Permissions: secret.md: cannot be read" in told


def test_file_from_the_future_tells_that_the_clock_is_behind(
    examined: Callable[..., tuple[int, str]], folder: PostsFolder
) -> None:
    path = folder.write("tomorrow")
    os.utime(path, (time.time() + 86_400, time.time() + 86_400))

    assert "Set the clock, by NTP" in examined()[1]


def test_link_that_leads_nowhere_stops_no_examination(
    examined: Callable[..., tuple[int, str]], folder: PostsFolder
) -> None:
    (folder.path / "dead.md").symlink_to("gone.md")

    assert "Clock: clock: 2" in examined()[1]


def test_secrets_that_everybody_may_read_are_told(examined: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "pyproject.toml").chmod(0o644)
    told = examined()[1]
    (tmp_path / "pyproject.toml").chmod(0o640)

    assert "everybody may read its secrets" in told
    assert "everybody may read its secrets" not in examined()[1]


def test_few_open_files_are_told_with_the_line_for_the_unit(
    examined: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "MIN_OPEN_FILES", 2**62)

    assert f"LimitNOFILE={2**62}" in examined()[1]


def test_every_examination_is_told(examined: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MIN_DISK", 2**62), ("MIN_MEMORY", 2**40)):
        monkeypatch.setattr(doctor, name, value)

    told = examined()[1]

    for topic in doctor.EXAMINATIONS.keys() - {doctor.OVER_NETWORK}:
        assert f" {topic}: " in told
