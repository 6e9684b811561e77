"""The SQLite files on bad days: cut, locked, read-only; and what they hold of readers."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from octavo.content.database import SCHEMA_NUMBER, Database
from tests.conftest import PostsFolder

DATABASES = [
    "search_index/catalogue.sqlite",
    "search_index/prepared.sqlite",
    "instance/views.sqlite",
    "instance/cache/readers.sqlite",
    "instance/changes.sqlite3",
]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program holds the file's lock for writing."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin exclusive")
    try:
        yield
    finally:
        other.close()


def used(make_app: Callable[..., Flask], folder: PostsFolder) -> Flask:
    """Return an application that has all its databases."""
    folder.write("hello")
    app = make_app(api_open=True)
    client = app.test_client()
    assert client.get("/api/changes").status_code == 200
    client.post("/views/hello", headers={"User-Agent": "A browser"})
    app.extensions["octavo"].views.flush()
    app.extensions["octavo"].save()
    client.get("/articles/hello/")
    app.extensions["octavo"].index.save_prepared()
    return app


def test_file_of_a_later_version_is_told_and_left_as_it_is(
    make_app: Callable[..., Flask],
    folder: PostsFolder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    used(make_app, folder).extensions["octavo"].close()
    files = [tmp_path / name for name in DATABASES if name.startswith("instance/")]
    numbers = []
    for file in files:
        with closing(sqlite3.connect(file)) as db:
            numbers += db.execute("pragma user_version").fetchone()
            db.execute("pragma user_version = 99")
    before = [file.read_bytes() for file in files]

    client = make_app(api_open=True).test_client()
    client.post("/views/hello", headers={"User-Agent": "Another browser"})

    assert numbers == [SCHEMA_NUMBER] * len(files)
    assert client.get("/articles/hello/").status_code == 200
    assert client.get("/api/changes").status_code == 503
    assert [file.read_bytes() for file in files] == before
    assert "has the schema 99, and this version of Octavo knows 1: a later one" in caplog.text


def test_no_file_beside_a_database_is_mapped_and_nobody_else_reads_them(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path
) -> None:
    used(make_app, folder)

    assert all((tmp_path / file).exists() for file in DATABASES)
    assert not [*tmp_path.rglob("*-shm"), *tmp_path.rglob("*-wal")]
    for file in DATABASES:
        assert (tmp_path / file).stat().st_mode & 0o077 == 0
    maps = Path("/proc/self/maps")
    assert not maps.exists() or ".sqlite" not in maps.read_text()


@pytest.mark.parametrize("size", [0, 100, 4096])
def test_a_database_that_is_cut_while_it_is_open_kills_nothing(tmp_path: Path, size: int) -> None:
    script = """
import os, sqlite3, sys
from pathlib import Path
from octavo.content.database import SCHEMA_NUMBER, Database
path = Path(sys.argv[1])
file = Database(path, "create table if not exists t (n integer);", patience=0.9)
with file.transaction() as db:
    db.executemany("insert into t values (?)", [(n,) for n in range(100_000)])
db.execute("select count(*) from t").fetchone()
for beside in [path, *path.parent.glob(path.name + "-*")]:
    os.truncate(beside, int(sys.argv[2]))
try:
    with file.transaction() as db:
        db.execute("insert into t select n from t")
except sqlite3.Error:
    pass
print("alive")
"""

    command = [sys.executable, "-c", script, str(tmp_path / "a.sqlite"), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode != -signal.SIGBUS
    assert done.stdout == "alive\n"


def test_a_locked_log_of_changes_is_told_once_and_answered_within_a_second(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = used(make_app, folder).test_client()

    with locked(tmp_path / "instance" / "changes.sqlite3"):
        begun = time.monotonic()
        answers = [client.get("/api/changes") for _ in range(3)]
        taken = time.monotonic() - begun
    after = client.get("/api/changes")

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert taken < 3 * 3
    assert len([line for line in caplog.messages if "log of changes" in line]) == 1
    assert after.status_code == 200


@pytest.mark.usefixtures("permissions_count")
def test_a_read_only_disk_is_told_once(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("hello")
    client = make_app(api_open=True).test_client()
    (tmp_path / "instance").mkdir(exist_ok=True)
    (tmp_path / "instance").chmod(0o500)
    try:
        answers = [client.get("/api/changes").status_code for _ in range(3)]
    finally:
        (tmp_path / "instance").chmod(0o700)

    assert answers == [503, 503, 503]
    assert len([line for line in caplog.messages if "log of changes" in line]) == 1
    assert client.get("/api/changes").status_code == 200


def test_invented_browsers_at_one_address_count_only_so_often(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello")
    client = make_app().test_client()

    for number in range(300):
        client.post("/views/hello", headers={"User-Agent": f"Browser {number}"})

    assert client.get("/views/hello").json["views"] == 20


def test_a_database_of_others_mode_is_closed_to_them(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    file.touch()
    os.chmod(file, 0o644)

    database = Database(file, "create table if not exists t (n integer);", patience=0.9)
    database.open()
    database.close()

    assert file.stat().st_mode & 0o777 == 0o600
