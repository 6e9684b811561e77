"""What changed for readers, and when: a log beside the files, so that others can refresh exactly that.

Posts, pages and authors are compared with what was recorded before, in SQLite in Flask's instance folder. Any
process may record; one transaction does, and what it would record is checked against the files first, since
another process may have seen them later.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from uuid import uuid4

from ..addresses import post_path, term_path
from ..content.library import Edition
from ..content.parse import digest
from ..content.posts import Author, Post
from ..content.slugs import slugify
from ..site import Site

Event = Literal["created", "updated", "deleted", "published", "expired"]

# Changes kept; who comes back later is told to begin anew.
KEPT = 20_000
# Articles named as keys of an author who changed; beyond this, one key stands for everything.
MOST_SIGNED = 100
# Changes in one answer.
MOST = 500

_SCHEMA = """
CREATE TABLE IF NOT EXISTS site (generation TEXT NOT NULL, recorded INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    kind TEXT, slug TEXT, path TEXT, file TEXT, hash TEXT, visible INTEGER, url TEXT, keys TEXT,
    PRIMARY KEY (kind, slug)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT, event TEXT, kind TEXT, slug TEXT, url TEXT, keys TEXT, old TEXT, new TEXT
);
CREATE TABLE IF NOT EXISTS hooks (
    url TEXT PRIMARY KEY, sent INTEGER, attempts INTEGER DEFAULT 0, due REAL DEFAULT 0, leased REAL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, at REAL, url TEXT, first INTEGER, last INTEGER, attempt INTEGER, status INTEGER, error TEXT
);
"""


class CursorError(ValueError):
    """The log does not go back to this cursor, or it is of another log."""


class Item(NamedTuple):
    """A post, page or author as recorded: `file` is the digest of its file, `hash` of all that it shows."""

    kind: str
    slug: str
    path: str
    file: str
    hash: str
    visible: bool
    url: str
    keys: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change for readers. `old` and `new` are hashes of what is shown, None where nothing is.

    `keys` are those under which caches in front know the pages that show it.
    """

    number: int
    at: str
    event: Event
    kind: str
    slug: str
    url: str
    keys: tuple[str, ...]
    old: str | None
    new: str | None


class ChangeLog:
    """The log of one site."""

    def __init__(self, site: Site, file: Path) -> None:
        self._site = site
        self._file = file
        self._recorded: Edition | None = None

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open the log for one transaction; it is made where there is none."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, timeout=10, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection
        finally:
            connection.close()

    def record(self) -> None:
        """Record what has changed since it was last recorded; the first time, only what there is."""
        edition = self._site.edition()
        if edition is self._recorded and self._file.exists():
            return
        with self.open() as log:
            self._compare(log, edition)
        self._recorded = edition

    def since(self, cursor: str) -> tuple[list[Change], str, bool]:
        """Return changes after a cursor, the cursor after them, and whether there are more.

        An empty cursor means now. Raises CursorError where the log does not go back so far.
        """
        self.record()
        with self.open() as log:
            generation = log.execute("SELECT generation FROM site").fetchone()[0]
            ends = "SELECT COALESCE(MIN(number), 0), COALESCE(MAX(number), 0) FROM changes"
            first, last = log.execute(ends).fetchone()
            if not cursor:
                return [], f"{generation}.{last}", False
            number = _number(cursor, generation)
            if number > last or (number + 1 < first):
                raise CursorError(cursor)
            found = read(log, number, MOST)
        end = found[-1].number if found else number
        return found, f"{generation}.{end}", end < last

    def _compare(self, log: sqlite3.Connection, edition: Edition) -> None:
        begins = log.execute("SELECT 1 FROM site").fetchone() is None
        if begins:
            log.execute("INSERT INTO site VALUES (?, 0)", (uuid4().hex[:12],))
        old = {(row[0], row[1]): Item(*row) for row in log.execute("SELECT * FROM items")}
        new = {(item.kind, item.slug): item for item in self._items(edition)}
        at = datetime.fromtimestamp(self._site.clock(), UTC).isoformat(timespec="milliseconds")
        for key in {**old, **new}:
            before, after = old.get(key), new.get(key)
            if before == after or not self._true(before, after):
                continue
            event = _event(before, after)
            if event and not begins:
                _note(log, at, event, before, after)
            if after is None:
                log.execute("DELETE FROM items WHERE kind = ? AND slug = ?", key)
            else:
                log.execute(f"REPLACE INTO items VALUES ({', '.join('?' * len(after))})", after)  # noqa: S608
        log.execute("DELETE FROM changes WHERE number <= (SELECT MAX(number) FROM changes) - ?", (KEPT,))

    def _true(self, before: Item | None, after: Item | None) -> bool:
        """Whether the files say so too; if not, this process has not seen the latest change yet."""
        if after is None:
            assert before is not None
            return not (self._site.posts_dir / before.path).exists() or self._replaced(before)
        if before is not None and before.file == after.file:
            return True
        try:
            return digest((self._site.posts_dir / after.path).read_bytes()) == after.file
        except OSError:
            return False

    def _replaced(self, item: Item) -> bool:
        """Whether the file is there still but is something else, such as an article of another slug."""
        found = self._site.library.by_path.get(item.path)
        return found is not None and found.slug != item.slug

    def _items(self, edition: Edition) -> Iterator[Item]:
        library = edition.library
        pictures = _pictures(library.assets)
        for post in (*library.posts, *library.pages):
            seen = (edition.by_slug if post.kind == "post" else edition.pages).get(post.slug) is post
            beside = pictures.get(str(PurePosixPath(post.path).parent)) if post.path.endswith("/index.md") else None
            hash = _hash(post.digest, beside) if beside else post.digest
            url = self._site.settings.base_url + post_path(post)
            keys = json.dumps(keys_of(edition, post))
            yield Item(post.kind, post.slug, post.path, post.digest, hash, seen, url, keys)
        for author in library.authors.values():
            yield self._author(edition, author)

    def _author(self, edition: Edition, author: Author) -> Item:
        term = edition.authors.get(author.slug)
        signed = [f"post:{post.slug}" for post in term.posts] if term else []
        keys = [f"author:{author.slug}", "authors", *(signed if len(signed) <= MOST_SIGNED else ["everything"])]
        url = self._site.settings.base_url + term_path("author", author.slug)
        return Item("author", author.slug, author.path, author.digest, author.digest, True, url, json.dumps(keys))


def keys_of(edition: Edition, post: Post) -> list[str]:
    """Return the keys of pages that show a post: its own, and those of the lists that it stands in."""
    if post.kind == "page":
        return [f"post:{post.slug}"]
    names = [("category", slugify(post.category)), *(("tag", slugify(name)) for name in post.tags)]
    names += [("author", author.slug) for author in edition.authors_of(post)]
    lists = dict.fromkeys(f"{kind}:{slug}" for kind, slug in names if slug)
    return [f"post:{post.slug}", *lists, "articles", "front", "archive"]


def read(log: sqlite3.Connection, after: int, count: int) -> list[Change]:
    """Return up to `count` changes after a number, the oldest first."""
    rows = log.execute("SELECT * FROM changes WHERE number > ? ORDER BY number LIMIT ?", (after, count))
    return [
        Change(number, at, event, kind, slug, url, tuple(json.loads(keys)), old, new)
        for number, at, event, kind, slug, url, keys, old, new in rows
    ]


def _event(before: Item | None, after: Item | None) -> Event | None:
    was, is_now = bool(before and before.visible), bool(after and after.visible)
    if was and is_now:
        same = before and after and before.hash == after.hash and before.url == after.url
        return None if same else "updated"
    if is_now:
        return "published" if before else "created"
    if not was:
        return None
    return "expired" if before and after and before.file == after.file else "deleted"


def _note(log: sqlite3.Connection, at: str, event: Event, before: Item | None, after: Item | None) -> None:
    item = after or before
    assert item is not None
    both = (json.loads(one.keys) for one in (before, after) if one)
    keys = dict.fromkeys(key for keys in both for key in keys)
    old = before.hash if before and before.visible else None
    new = after.hash if after and after.visible else None
    row = (at, event, item.kind, item.slug, item.url, json.dumps(list(keys)), old, new)
    columns = "at, event, kind, slug, url, keys, old, new"
    log.execute(f"INSERT INTO changes ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - constants


def _pictures(assets: Mapping[str, tuple[int, int]]) -> dict[str, list[str]]:
    """Return what pictures there are below each folder."""
    found: dict[str, list[str]] = {}
    for path, facts in sorted(assets.items()):
        for folder in PurePosixPath(path).parents:
            found.setdefault(str(folder), []).append(f"{path} {facts}")
    return found


def _hash(own: str, beside: list[str]) -> str:
    return blake2b("\n".join([own, *beside]).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _number(cursor: str, generation: str) -> int:
    own, _, number = cursor.partition(".")
    if own != generation or not number.isdecimal() or not number.isascii() or len(number) > 18:
        raise CursorError(cursor)
    return int(number)
