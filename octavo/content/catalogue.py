"""The catalogue: a SQLite file with what the last look at posts/ found.

It saves parsing at a start, and keeps the last good version of a broken file. It is derived data:
losing it costs a slower start and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from pathlib import Path
from sys import intern
from types import MappingProxyType
from typing import Any

from octavo.content.database import configure, make_private
from octavo.content.digests import source_digest
from octavo.content.errors import Mark, Problem
from octavo.content.files.reading import Stamp
from octavo.content.posts import Author, Image, Post

log = logging.getLogger("octavo")

# Libraries that decide, beside this package, how a file is parsed.
_LIBRARIES = ("python-frontmatter", "PyYAML", "pyromark", "nh3", "selectolax")

# Errors of the disk, or passing ones, after which the file is as good as before.
_PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
}  # fmt: skip

_SCHEMA = """
create table if not exists facts (name text primary key, value text) without rowid;
create table if not exists files (
    path text primary key, mtime integer, size integer, digest text, good text, record text,
    problems text
) without rowid;
create table if not exists sources (digest text primary key, data blob);
create table if not exists tombstones (slug text primary key, path text);
"""

# Files are read so many at a time.
PART = 1_000
_PART = "select * from files where path > ? order by path limit ?"
# How long other processes that write are waited for; seconds.
PATIENCE = 0.9
# Deleted articles that are remembered: the latest ones.
MAX_TOMBSTONES = 10_000
_IS_OUTDATED = "select 1 from facts where name = 'outdated'"
_SWEEP = """
delete from sources where digest not in (select digest from files union select good from files)
"""
_FORGET = "delete from tombstones where rowid <= (select max(rowid) from tombstones) - ?"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as last seen.

    `digest` is of its bytes. `item` is the last good version, which may be older, and `good` the
    digest of that; `good` is known also while `item` has yet to be parsed again from its source.
    """

    mtime: int
    size: int
    digest: str
    good: str
    item: Post | Author | None
    problems: tuple[Problem, ...] = ()

    @property
    def stamp(self) -> Stamp:
        """The time and size by which a change of the file is seen."""
        return Stamp(self.mtime, self.size)


class Catalogue:
    """The parsed posts and their sources in a SQLite file that any number of processes share.

    Without a usable folder it is in memory only.
    """

    def __init__(self, folder: Path | None, rules: str) -> None:
        """Open or make the catalogue in `folder`.

        Records made under other `rules` (any text), or by another version of this package, are not
        returned.
        """
        self._path = folder / "catalogue.sqlite" if folder else None
        self._rules = f"{source_digest(Path(__file__).parent, _LIBRARIES)} {rules}"
        # Held while the file is used.
        self.lock = threading.RLock()
        self._broken = False
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        if self._path is not None:
            for _ in range(2):
                with contextlib.suppress(sqlite3.Error, OSError):
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    make_private(self._path)
                    return self._prepare(str(self._path))
                with contextlib.suppress(OSError):
                    self._path.unlink()
            self._path = None
        return self._prepare(":memory:")

    def _prepare(self, name: str) -> sqlite3.Connection:
        db = sqlite3.connect(name, timeout=PATIENCE, check_same_thread=False, isolation_level=None)
        try:
            configure(db, "off")
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
        """Whether the file was deleted, replaced or broken since it was opened; then `reopen`."""
        return self._broken or (self._path is not None and _inode(self._path) != self._inode)

    def reopen(self) -> None:
        """Use the file that is there now, or make a new one."""
        if self._broken or _inode(self._path) == 0:
            self._discard()
            return
        with self.lock:
            self._db.close()
            self._db = self._open()

    def forked(self) -> None:
        """Open the file anew in a child process: SQLite connections do not survive a fork."""
        self.lock = threading.RLock()
        self._inherited = self._db  # kept: closing it here would drop the parent's locks
        self._db = self._open()

    def entries(self) -> dict[str, Entry]:
        """Return every file's entry by path; nothing when the catalogue cannot be read."""
        found: dict[str, Entry] = {}
        try:
            for row in self._all_rows():
                entry = _entry(row)
                path = row[0]
                if entry.item is not None and entry.item.path == path:
                    # The same text, which is held once.
                    path = entry.item.path
                found[path] = entry
        except sqlite3.Error:
            self._discard()
            return {}
        return found

    def _all_rows(self) -> Iterator[Row]:
        """Yield all rows of the files.

        They are read in parts: together they would take more memory than what is made of them.
        """
        last = ""
        while True:
            with self.lock:
                rows = self._db.execute(_PART, (last, PART)).fetchall()
            yield from rows
            if len(rows) < PART:
                return
            last = rows[-1][0]

    def source(self, digest: str) -> bytes | None:
        """Return the bytes of a file that had this digest, or None."""
        try:
            with self.lock:
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
        *,
        outdated: bool = False,
    ) -> bool:
        """Write entries and sources, and remove the entries of files that are gone.

        `outdated` says that sources may be there which no entry needs now: see `sweep`.
        A full or read-only disk is not an error: nothing is written then. Returns whether it was.
        """
        try:
            with self.lock, self._transaction() as db:
                db.executemany("insert or ignore into sources values (?, ?)", sources)
                db.executemany(
                    "insert or replace into files values (?, ?, ?, ?, ?, ?, ?)",
                    _rows(changed),
                )
                db.executemany("delete from files where path = ?", [(path,) for path in gone])
                if outdated:
                    db.execute("insert or replace into facts values ('outdated', '')")
            return True
        except sqlite3.Error as error:
            self._broken = (
                getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF not in _PASSING
            )
            return False

    def bury(self, removed: Mapping[str, str]) -> None:
        """Record deleted articles: the paths that their files had, by slug and `/old/address`."""
        with self.lock, contextlib.suppress(sqlite3.Error), self._transaction() as db:
            db.executemany("insert or replace into tombstones values (?, ?)", removed.items())
            db.execute(_FORGET, (MAX_TOMBSTONES,))

    def tombstones(self) -> dict[str, str]:
        """Return the deleted articles as `bury` has recorded them."""
        with self.lock, contextlib.suppress(sqlite3.Error):
            return dict(self._db.execute("select slug, path from tombstones").fetchall())
        return {}

    def sweep(self) -> None:
        """Delete the sources that no entry needs, if a save since the last time has left some."""
        with self.lock, contextlib.suppress(sqlite3.Error):
            # Most commands change nothing, and need not look through all sources.
            if self._db.execute(_IS_OUTDATED).fetchone() is None:
                return
            with self._transaction() as db:
                db.execute(_SWEEP)
                db.execute("delete from facts where name = 'outdated'")

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
        with self.lock:
            self._db.close()
            self._broken = False
            if self._path is not None:
                for suffix in ("", "-journal"):
                    with contextlib.suppress(OSError):
                        os.unlink(f"{self._path}{suffix}")
            self._db = self._open()

    def close(self) -> None:
        """Close the file; the catalogue is not used after this."""
        with self.lock:
            self._db.close()


def _inode(path: Path | None) -> int:
    """Return the inode number of the file at `path`; 0 where it is missing or empty."""
    try:
        status = path.stat() if path else None
    except OSError:
        return 0
    return status.st_ino if status and status.st_size else 0


Row = tuple[str, int, int, str, str, str, str]


def _rows(entries: Mapping[str, Entry]) -> Iterator[Row]:
    """Yield the row of each entry; one that cannot be stored is parsed again at the next start."""
    for path, entry in entries.items():
        try:
            yield _row(path, entry)
        except Exception:
            log.exception("%s: a fault of the program: the catalogue cannot keep it", path)


def _row(path: str, entry: Entry) -> Row:
    problems = json.dumps([_problem_row(problem) for problem in entry.problems])
    record = encode(entry.item)
    # A lone surrogate cannot be encoded, and would fail the whole transaction.
    f"{path}{record}{problems}".encode()
    return path, entry.mtime, entry.size, entry.digest, entry.good, record, problems


def _problem_row(problem: Problem) -> list[str | int]:
    words = (problem.cause, problem.cure, problem.severity, problem.kind)
    return [problem.mark.path, problem.mark.line, problem.mark.column, *words]


def _entry(row: Row) -> Entry:
    """Return the entry in a row; of a row that cannot be read only the digests remain."""
    _, mtime, size, digest, good, record, problems = row
    try:
        item = decode(record)
        if item is not None and item.digest == digest == good:
            # The same text, which is held once.
            digest = good = item.digest
        return Entry(mtime, size, digest, good, item, _problems(problems))
    except Exception:
        return Entry(0, -1, str(digest), str(good), None)


def encode(item: Post | Author | None) -> str:
    """Return a post or an author as JSON."""
    if item is None:
        return "null"
    values: dict[str, Any] = {}
    for name in item.__slots__:
        value = getattr(item, name)
        if value:
            values[name] = _ENCODERS.get(type(value), _as_is)(value)
    return json.dumps([type(item) is Author, values])


def _as_is(value: Any) -> Any:
    return value


_ENCODERS: Mapping[type, Callable[[Any], Any]] = {
    datetime: datetime.isoformat,
    Image: astuple,
    MappingProxyType: dict,
}
# By the types of a post's fields, as they stand there.
_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "datetime | None": datetime.fromisoformat,
    # Many articles have the same tags and authors, which are held once.
    "tuple[str, ...]": lambda names: tuple(map(intern, names)),
    "Image | None": lambda value: Image(*value),
    "Mapping[str, Any]": MappingProxyType,
}
_DECODED = {
    field.name: _DECODERS[str(field.type)] for field in fields(Post) if str(field.type) in _DECODERS
}


def decode(record: str) -> Post | Author | None:
    """Return the post or author that `encode` wrote. Raises an exception for any other text."""
    loaded = json.loads(record)
    if loaded is None:
        return None
    is_author, values = loaded
    if is_author:
        return Author(**values)
    for name, decode in _DECODED.items():
        if name in values:
            values[name] = decode(values[name])
    if "category" in values:
        values["category"] = intern(values["category"])
    return Post(**values)


def _problems(text: str) -> tuple[Problem, ...]:
    if text == "[]":
        return ()
    return tuple(Problem(Mark(*row[:3]), *row[3:]) for row in json.loads(text))
