"""What changed for readers, and when: a log beside the files, so that others can refresh exactly
that.

Posts, pages, authors and pictures are compared with what was recorded before, in SQLite in Flask's
instance folder. Any process may record; one transaction does, and what it would record is checked
against the files first, since another process may have seen them later. Which pages a change
touches only a process knows that holds the edition recorded before; where it does not, after a
restart or when another process was first, every page is.
"""

from __future__ import annotations

import json
import posixpath
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import compress
from operator import is_not
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from urllib.parse import quote
from uuid import uuid4

from octavo.content.database import Database
from octavo.content.digests import digest
from octavo.content.library import Edition
from octavo.content.posts import Post
from octavo.site.site import Site
from octavo.web.changes.touched import EVERY_PAGE, Touched

Event = Literal["created", "updated", "deleted", "published", "expired"]
Key = tuple[str, str]

# Changes kept; who comes back later is told to begin anew.
KEPT = 20_000
# Changes in one answer.
MOST = 500
# How long to wait for another process that records; seconds.
MAX_WAIT = 10

_SCHEMA = """
CREATE TABLE IF NOT EXISTS site (generation TEXT NOT NULL, recorded INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    kind TEXT, slug TEXT, path TEXT, file TEXT, hash TEXT, visible INTEGER, url TEXT,
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


_COLUMNS = "kind, slug, path, file, hash, visible, url"


class CursorError(ValueError):
    """The log does not go back to this cursor, or it is of another log."""


class Item(NamedTuple):
    """A post, page, author or picture as recorded: `file` stands for its file's bytes, `hash` for
    all that it shows.
    """

    kind: str
    slug: str
    path: str
    file: str
    hash: str
    visible: bool
    url: str


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
        # The edition that this process recorded last, its items, and which record of which log that
        # was.
        self._recorded: Edition | None = None
        self._known: Mapping[Key, Item] = {}
        # The pictures in the folders of its posts, by the post's path.
        self._beside: Mapping[str, list[str]] = {}
        self._turn = ""

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open the log for one transaction; it is made where there is none."""
        database = Database(self._file, _SCHEMA, patience=MAX_WAIT)
        try:
            with database.transaction() as connection:
                yield connection
        finally:
            database.close()

    def record(self) -> None:
        """Record what has changed since it was last recorded; the first time, only what there is."""
        edition = self._site.edition()
        if edition is self._recorded and self._file.exists():
            return
        with self.open() as log:
            if log.execute("SELECT 1 FROM site").fetchone() is None:
                self._begin(log, edition)
            else:
                self._compare(log, edition)

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

    def _begin(self, log: sqlite3.Connection, edition: Edition) -> None:
        log.execute("INSERT INTO site VALUES (?, 0)", (uuid4().hex[:12],))
        self._known = {(item.kind, item.slug): item for item in self._items(edition)}
        for item in self._known.values():
            _keep(log, item)
        self._recorded, self._turn = edition, _turn(log)

    def _compare(self, log: sqlite3.Connection, edition: Edition) -> None:
        before = self._recorded if _turn(log) == self._turn else None
        old = self._known if before else _kept(log)
        new, looked = self._items_since(before, old, edition)
        changed = [key for key in looked if old.get(key) != new.get(key)]
        true = [key for key in changed if self._true(old.get(key), new.get(key))]
        touched = Touched(self._site, before, edition) if before else None
        beside = touched.beside() if touched and true else ["everything", EVERY_PAGE]
        at = datetime.fromtimestamp(self._site.clock(), UTC).isoformat(timespec="milliseconds")
        for key in true:
            was, now = old.get(key), new.get(key)
            if event := _event(was, now):
                keys = [*(touched.by(*key) if touched else ()), *beside]
                _note(log, at, event, was, self._addressed(now), keys)
            if now is None:
                log.execute("DELETE FROM items WHERE kind = ? AND slug = ?", key)
            else:
                _keep(log, now)
        if true:
            log.execute("UPDATE site SET recorded = recorded + 1")
            log.execute(
                "DELETE FROM changes WHERE number <= (SELECT MAX(number) FROM changes) - ?", (KEPT,)
            )
        self._turn = _turn(log) if true == changed else ""
        self._recorded, self._known = edition, new

    def _addressed(self, item: Item | None) -> Item | None:
        """Return an item with its address; a picture's has its content's hash, which costs a look
        into the file.
        """
        picture = self._site.picture("", item.path) if item and item.kind == "picture" else None
        return (
            item._replace(url=self._url(self._site.addresses.picture(*picture)))
            if item and picture
            else item
        )

    def _true(self, before: Item | None, after: Item | None) -> bool:
        """Whether the files say so too; if not, this process has not seen the latest change yet."""
        if after is None:
            assert before is not None
            return not (self._site.posts_dir / before.path).exists() or self._replaced(before)
        if before is not None and before.file == after.file:
            return True
        if after.kind == "picture":
            return (self._site.posts_dir / after.path).exists()
        try:
            return digest((self._site.posts_dir / after.path).read_bytes()) == after.file
        except OSError:
            return False

    def _replaced(self, item: Item) -> bool:
        """Whether the file is there still but shows something else: it has another slug, or is not
        to be shown.
        """
        library = self._site.library
        if item.kind == "picture":
            return item.path in library.assets
        found = library.by_path.get(item.path)
        if found is not None:
            return found.slug != item.slug
        return any(problem.mark.path == item.path for problem in library.problems)

    def _items_since(
        self, before: Edition | None, old: Mapping[Key, Item], edition: Edition
    ) -> tuple[Mapping[Key, Item], Iterable[Key]]:
        """Return the items of an edition, and the keys of those that may be others than the `old`
        ones of `before`.
        """
        looked = _differing(before, edition) if before else None
        if looked is None:
            made = {(item.kind, item.slug): item for item in self._items(edition)}
            return made, {**old, **made}
        found = {"post": edition.library.by_slug, "page": _pages(edition)}
        patched = dict(old)
        for kind, slug in looked:
            patched.pop((kind, slug), None)
            if (post := found[kind].get(slug)) is not None:
                patched[kind, slug] = self._item(edition, post)
        return patched, looked

    def _items(self, edition: Edition) -> Iterator[Item]:
        library = edition.library
        posts = (*library.posts, *library.pages)
        self._beside, pictures = _pictures(library.assets, posts)
        for post in posts:
            yield self._item(edition, post)
        for author in library.authors.values():
            url = self._url(self._site.addresses.term("author", author.slug))
            yield Item("author", author.slug, author.path, author.digest, author.digest, True, url)
        for path, stamp in pictures.items():
            url = self._url(f"/media/{quote(path)}")
            yield Item("picture", path, path, stamp, _hash(stamp), True, url)

    def _url(self, path: str) -> str:
        return self._site.addresses.absolute(path)

    def _item(self, edition: Edition, post: Post) -> Item:
        known = edition.by_slug if post.kind == "post" else edition.pages
        seen = known.get(post.slug) is post and not post.unlisted
        # The same text reads otherwise elsewhere: its links are relative, its folder may be its
        # category.
        hash = _hash(post.path, post.digest, *self._beside.get(post.path, ()))
        url = self._url(self._site.addresses.post(post))
        return Item(post.kind, post.slug, post.path, post.digest, hash, seen, url)


def read(log: sqlite3.Connection, after: int, count: int) -> list[Change]:
    """Return up to `count` changes after a number, the oldest first."""
    rows = log.execute(
        "SELECT * FROM changes WHERE number > ? ORDER BY number LIMIT ?", (after, count)
    )
    return [
        Change(number, at, event, kind, slug, url, tuple(json.loads(keys)), old, new)
        for number, at, event, kind, slug, url, keys, old, new in rows
    ]


def _differing(before: Edition, after: Edition) -> list[Key] | None:
    """Return the keys of the posts and pages that one of two editions has or shows otherwise than
    the other.

    None where authors or pictures differ too, or which post a picture belongs to.
    """
    was, now = before.library, after.library
    if was.authors != now.authors or was.assets != now.assets:
        return None
    posts = dict.fromkeys(
        (*_apart(was.by_slug, now.by_slug), *_apart(before.by_slug, after.by_slug))
    )
    old, new = _pages(before), _pages(after)
    pages = dict.fromkeys((*_apart(old, new), *_apart(before.pages, after.pages)))
    owners = [
        {
            post.path
            for post in (*map(one.get, posts), *map(other.get, pages))
            if post and _owns_pictures(post)
        }
        for one, other in ((was.by_slug, old), (now.by_slug, new))
    ]
    if now.assets and owners[0] != owners[1]:
        return None
    return [*(("post", slug) for slug in posts), *(("page", slug) for slug in pages)]


def _apart(before: Mapping[str, Post], after: Mapping[str, Post]) -> list[str]:
    """Return the keys under which two mappings have not the same object; those that are new stand
    last.
    """
    # Without a step of Python's own for each post: this is all that a save costs by the size of the
    # site.
    others = map(is_not, map(after.get, before), before.values())
    return [*compress(before, others), *sorted(after.keys() - before.keys())]


def _pages(edition: Edition) -> Mapping[str, Post]:
    return {page.slug: page for page in edition.library.pages}


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


def _turn(log: sqlite3.Connection) -> str:
    """Return what stands for the state of the log: its generation, and how often any process
    recorded in it.
    """
    return str(log.execute("SELECT generation || '.' || recorded FROM site").fetchone()[0])


def _kept(log: sqlite3.Connection) -> dict[tuple[str, str], Item]:
    rows = log.execute(f"SELECT {_COLUMNS} FROM items")  # noqa: S608 - constants
    return {(row[0], row[1]): Item(*row) for row in rows}


def _keep(log: sqlite3.Connection, item: Item) -> None:
    log.execute(f"REPLACE INTO items ({_COLUMNS}) VALUES ({', '.join('?' * len(item))})", item)  # noqa: S608


def _note(
    log: sqlite3.Connection,
    at: str,
    event: Event,
    before: Item | None,
    after: Item | None,
    keys: list[str],
) -> None:
    item = after or before
    assert item is not None
    old = before.hash if before and before.visible else None
    new = after.hash if after and after.visible else None
    row = (
        at,
        event,
        item.kind,
        item.slug,
        item.url,
        json.dumps(list(dict.fromkeys(keys))),
        old,
        new,
    )
    columns = "at, event, kind, slug, url, keys, old, new"
    log.execute(f"INSERT INTO changes ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - constants


def _pictures(
    assets: Mapping[str, tuple[int, int]], posts: Iterable[Post]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the pictures in the folder of each post that has one, by the post's path, and all
    others by their own.
    """
    folders = {
        str(PurePosixPath(post.path).parent): post.path for post in posts if _owns_pictures(post)
    }
    beside: dict[str, list[str]] = {}
    others: dict[str, str] = {}
    for path, facts in sorted(assets.items()):
        owner = next(
            filter(None, (folders.get(str(folder)) for folder in PurePosixPath(path).parents)), None
        )
        if owner is None:
            others[path] = str(facts)
        else:
            beside.setdefault(owner, []).append(f"{path} {facts}")
    return beside, others


def _owns_pictures(post: Post) -> bool:
    return posixpath.basename(post.path).rpartition(".")[0] == "index"


@lru_cache(maxsize=65536)
def _hash(*facts: str) -> str:
    return blake2b("\n".join(facts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _number(cursor: str, generation: str) -> int:
    own, _, number = cursor.partition(".")
    if own != generation or not number.isdecimal() or not number.isascii() or len(number) > 18:
        raise CursorError(cursor)
    return int(number)
