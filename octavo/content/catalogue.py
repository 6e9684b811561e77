"""The catalogue: what the last look at posts/ found, kept so that a start need not parse and a
broken file keeps its last good version. Derived data in SQLite; losing it costs a slower start and
nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from octavo.content.errors import Mark, Problem
from octavo.content.posts import Author, Image, Post

# Raised whenever parsing gives other results for the same bytes: kept records are then parsed anew.
FORMAT = 2

# Errors of the disk or of a moment, after which the file is as good as before.
_PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
}  # fmt: skip

_SCHEMA = """
create table if not exists facts (name text primary key, value text) without rowid;
create table if not exists files (
    path text primary key, mtime integer, size integer, digest text, good text, record text, problems text
) without rowid;
create table if not exists sources (digest text primary key, data blob);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as last seen. `digest` is of its bytes; `item` is its last good version, which may
    be older.

    `good` is the digest of that version; it is known also where `item` has yet to be parsed again
    from its source.
    """

    mtime: int
    size: int
    digest: str
    good: str
    item: Post | Author | None
    problems: tuple[Problem, ...] = ()


class Catalogue:
    """A SQLite file that any number of processes share. Without a usable folder it lives in memory
    alone.
    """

    def __init__(self, folder: Path | None, rules: str) -> None:
        """Open or make the catalogue in `folder`; records made under other `rules` (any text) are
        not returned.
        """
        self._path = folder / "catalogue.sqlite" if folder else None
        self._rules = f"{FORMAT} {rules}"
        self._lock = threading.RLock()
        self._broken = False
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            for _ in range(2):
                with contextlib.suppress(sqlite3.Error, OSError):
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    return self._prepare(str(self._path))
                with contextlib.suppress(OSError):
                    self._path.unlink()
            self._path = None
        return self._prepare(":memory:")

    def _prepare(self, name: str) -> sqlite3.Connection:
        db = sqlite3.connect(name, timeout=5, check_same_thread=False, isolation_level=None)
        try:
            db.execute("pragma journal_mode=wal")
            db.execute("pragma synchronous=off")
            db.executescript(_SCHEMA)
            db.execute("begin immediate")
            self._check_rules(db)
            db.execute("commit")
        except sqlite3.Error:
            db.close()
            raise
        self._inode = _inode(self._path)
        return db

    def _check_rules(self, db: sqlite3.Connection) -> None:
        row = db.execute("select value from facts where name = 'rules'").fetchone()
        if row is not None and row[0] == self._rules:
            return
        # The sources stay: the last good version of a broken file is parsed from them.
        db.execute("update files set mtime = 0, size = -1, record = 'null'")
        db.execute("insert or replace into facts values ('rules', ?)", (self._rules,))

    def lost(self) -> bool:
        """Whether the file was deleted, replaced or broken under this process; `reopen` then starts
        a new one.
        """
        return self._broken or (self._path is not None and _inode(self._path) != self._inode)

    def reopen(self) -> None:
        """Start over with the file that is there now, or a new one."""
        if self._broken or _inode(self._path) == 0:
            self._discard()
            return
        with self._lock:
            self._db.close()
            self._db = self._open()

    def forked(self) -> None:
        """Open the file anew in a child process: SQLite connections do not survive a fork."""
        self._lock = threading.RLock()
        self._inherited = self._db  # kept: closing it here would drop the parent's locks
        self._db = self._open()

    def entries(self) -> dict[str, Entry]:
        """Return every file's entry by path; nothing when the catalogue cannot be read."""
        try:
            with self._lock:
                rows = self._db.execute("select * from files").fetchall()
            return {path: Entry(mtime, size, digest, good, _item(record), _problems(problems))
                    for path, mtime, size, digest, good, record, problems in rows}  # fmt: skip
        except (sqlite3.Error, ValueError, TypeError, KeyError, IndexError):
            self._discard()
            return {}

    def source(self, digest: str) -> bytes | None:
        """Return the bytes of a file that had this digest, or None."""
        try:
            with self._lock:
                row = self._db.execute(
                    "select data from sources where digest = ?", (digest,)
                ).fetchone()
        except sqlite3.Error:
            return None
        return None if row is None else bytes(row[0])

    def save(
        self,
        changed: Mapping[str, Entry],
        sources: Iterable[tuple[str, bytes]],
        gone: Iterable[str],
    ) -> None:
        """Write entries and sources, and forget the files that are gone. A full or read-only disk
        is not an error.
        """
        try:
            with self._lock, self._transaction() as db:
                db.executemany("insert or ignore into sources values (?, ?)", sources)
                db.executemany(
                    "insert or replace into files values (?, ?, ?, ?, ?, ?, ?)",
                    map(_row, changed.items()),
                )
                db.executemany("delete from files where path = ?", [(path,) for path in gone])
        except sqlite3.Error as error:
            self._broken = (
                getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF not in _PASSING
            )

    def sweep(self) -> None:
        """Delete the sources that no entry needs any more."""
        with self._lock, contextlib.suppress(sqlite3.Error), self._transaction() as db:
            db.execute(
                "delete from sources where digest not in (select digest from files union select good from files)"
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("begin immediate")
        try:
            yield self._db
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def _discard(self) -> None:
        with self._lock:
            self._db.close()
            self._broken = False
            if self._path is not None:
                for suffix in ("", "-wal", "-shm"):
                    with contextlib.suppress(OSError):
                        os.unlink(f"{self._path}{suffix}")
            self._db = self._open()

    def close(self) -> None:
        """Close the file; the catalogue is not used after this."""
        with self._lock:
            self._db.close()


def _inode(path: Path | None) -> int:
    """Return the number of the file at `path`; 0 where there is none, or an empty one."""
    try:
        status = path.stat() if path else None
    except OSError:
        return 0
    return status.st_ino if status and status.st_size else 0


_POST = tuple(f.name for f in fields(Post))
_TIMES = ("published", "updated", "expires")


def _row(item: tuple[str, Entry]) -> tuple[str, int, int, str, str, str, str]:
    path, entry = item
    problems = [
        [p.mark.path, p.mark.line, p.mark.column, p.cause, p.cure, p.severity]
        for p in entry.problems
    ]
    return (
        path,
        entry.mtime,
        entry.size,
        entry.digest,
        entry.good,
        _record(entry.item),
        json.dumps(problems),
    )


def _record(item: Post | Author | None) -> str:
    if item is None:
        return "null"
    values: dict[str, Any] = {name: getattr(item, name) for name in item.__slots__}
    if isinstance(item, Post):
        values = {name: value for name, value in values.items() if value}
        for name in _TIMES:
            if name in values:
                values[name] = values[name].isoformat()
        if item.image:
            values["image"] = [
                item.image.path,
                item.image.alt,
                item.image.caption,
                item.image.credit,
            ]
        if "extra" in values:
            values["extra"] = dict(values["extra"])
    return json.dumps([type(item) is Author, values])


def _item(record: str) -> Post | Author | None:
    loaded = json.loads(record)
    if loaded is None:
        return None
    is_author, values = loaded
    if is_author:
        return Author(**values)
    for name in _TIMES:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    for name in ("tags", "authors", "aliases", "related", "related_exclude"):
        if name in values:
            values[name] = tuple(values[name])
    if "image" in values:
        values["image"] = Image(*values["image"])
    if "extra" in values:
        values["extra"] = MappingProxyType(values["extra"])
    return Post(**values)


def _problems(text: str) -> tuple[Problem, ...]:
    if text == "[]":
        return ()
    return tuple(Problem(Mark(p[0], p[1], p[2]), p[3], p[4], p[5]) for p in json.loads(text))
