"""The log of changes: what changed for readers, and when, so that others refresh exactly that.

Posts, pages, authors and pictures are compared with what was recorded before, in a SQLite file in
Flask's instance folder. Any process may record; one transaction does, and what it would record is
checked against the files first, since another process may have seen them later. Which pages a
change touches is known only to a process that holds the edition recorded before. Where it does not,
after a restart or when another process recorded first, every page counts as touched.
"""

from __future__ import annotations

import json
import logging
import posixpath
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from urllib.parse import quote
from uuid import uuid4

from octavo.content.database import Database
from octavo.content.digests import digest
from octavo.content.images import SUFFIXES
from octavo.content.library.library import Edition
from octavo.content.posts import Post
from octavo.site.site import Site
from octavo.web.read_model.changed_keys import EVERY_PAGE, FILES, MAX_KEYS, ChangedKeys, apart
from octavo.web.read_model.dependencies import surrogate_key

Event = Literal["created", "updated", "deleted", "published", "expired"]
Key = tuple[str, str]

_logger = logging.getLogger("octavo")

# Changes in the log; who comes back later is told to begin anew.
MAX_CHANGES = 20_000
# Changes in one answer, and in one delivery to a webhook.
MAX_CHANGES_AT_ONCE = 500
# How long to wait for another process that records; seconds.
MAX_LOCK_WAIT = 0.9

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
    url TEXT PRIMARY KEY, sent INTEGER, attempts INTEGER DEFAULT 0,
    due REAL DEFAULT 0, leased REAL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, at REAL, url TEXT, first INTEGER, last INTEGER,
    attempt INTEGER, status INTEGER, error TEXT
);
"""


class CursorError(ValueError):
    """The cursor is of another log, or older than the log."""


class Item(NamedTuple):
    """A post, page, author or file as recorded.

    `file` is a digest of its file's bytes, `hash` of all that readers see of it.
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
    """One change for readers.

    `old` and `new` are hashes of what readers see, None where they see nothing. `keys` are the
    surrogate keys of the pages that show it. A change of what readers do not see, but which pages
    may show by a link or picture, is one of the kind `site`, without slug and hashes.
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
    """What changed for readers, in the SQLite `file`, to which any process may add."""

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
        # Whether the operator has been told that the log cannot be used.
        self._has_warned = False

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open the log for one transaction; a missing file is made."""
        database = Database(self._file, _SCHEMA, patience=MAX_LOCK_WAIT)
        try:
            with database.transaction() as connection:
                yield connection
        finally:
            database.close()

    def record(self) -> None:
        """Record what has changed since the last call; the very first one records what exists."""
        edition = self._site.edition()
        if edition is self._recorded and self._file.exists():
            return
        with self.open() as log:
            if log.execute("SELECT 1 FROM site").fetchone() is None:
                self._begin(log, edition)
            else:
                self._compare(log, edition)

    def since(self, cursor: str) -> tuple[list[Change], str, bool]:
        """Return the changes after a cursor, the next cursor, and whether there are more changes.

        An empty cursor means now. Raises CursorError where the log does not go back so far, and
        sqlite3.Error or OSError where it cannot be used, which is logged once.
        """
        try:
            answer = self._since(cursor)
        except (sqlite3.Error, OSError) as error:
            if not self._has_warned:
                self._has_warned = True
                _logger.error("The log of changes, %s, cannot be used: %s", self._file, error)
            raise
        self._has_warned = False
        return answer

    def _since(self, cursor: str) -> tuple[list[Change], str, bool]:
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
            found = read(log, number, MAX_CHANGES_AT_ONCE)
        if found:
            number = found[-1].number
        return found, f"{generation}.{number}", number < last

    def _begin(self, log: sqlite3.Connection, edition: Edition) -> None:
        log.execute("INSERT INTO site VALUES (?, 0)", (uuid4().hex[:12],))
        self._known = {(item.kind, item.slug): item for item in self._items(edition)}
        for item in self._known.values():
            _keep(log, item)
        self._recorded = edition
        self._turn = _turn(log)

    def _compare(self, log: sqlite3.Connection, edition: Edition) -> None:
        before: Edition | None = None
        if _turn(log) == self._turn:
            before = self._recorded
        old = self._known
        if before is None:
            old = _kept(log)
        new, looked = self._items_since(before, old, edition)
        changed = [key for key in looked if old.get(key) != new.get(key)]
        true = [key for key in changed if self._true(old.get(key), new.get(key))]
        self._write(log, before, edition, [(old.get(key), new.get(key)) for key in true])
        self._turn = ""
        if true == changed:
            self._turn = _turn(log)
        self._recorded = edition
        self._known = new

    def _write(
        self,
        log: sqlite3.Connection,
        before: Edition | None,
        edition: Edition,
        changed: list[tuple[Item | None, Item | None]],
    ) -> None:
        """Write the changed items to the log, each as a pair of old and new state."""
        if not changed:
            return
        changed_keys: ChangedKeys | None = None
        beside = ["everything", EVERY_PAGE]
        if before is not None:
            changed_keys = ChangedKeys(self._site, before, edition)
            beside = _unnamed(changed_keys.others(), before, edition)
        at = datetime.fromtimestamp(self._site.clock(), UTC).isoformat(timespec="milliseconds")
        told: Mapping[str, str] = {}
        if any(now is None and was is not None and was.kind in FILES for was, now in changed):
            told = _told_addresses(log)
        hidden: list[str] = []
        noted = False
        for was, now in changed:
            item = now or was
            assert item is not None
            if event := _event(was, now):
                keys = beside
                if changed_keys is not None:
                    of_item = changed_keys.of(item.kind, item.slug)
                    keys = [*_unnamed(of_item, before or edition, edition), *beside]
                _note(log, at, event, self._gone(was, told), self._addressed(now), keys)
                noted = True
            elif changed_keys is not None:
                hidden += changed_keys.of_hidden(item.kind, item.slug)
            if now is None:
                log.execute("DELETE FROM items WHERE kind = ? AND slug = ?", item[:2])
            else:
                _keep(log, now)
        self._note_hidden(log, at, hidden, beside, noted)
        log.execute("UPDATE site SET recorded = recorded + 1")
        log.execute(
            "DELETE FROM changes WHERE number <= (SELECT MAX(number) FROM changes) - ?",
            (MAX_CHANGES,),
        )

    def _note_hidden(
        self, log: sqlite3.Connection, at: str, hidden: list[str], beside: list[str], noted: bool
    ) -> None:
        """Write the keys that changes of what readers do not see have touched, without names.

        Where another change has been `noted`, that one has the keys `beside`.
        """
        if not hidden and (noted or beside == ["everything"]):
            return
        keys = list(dict.fromkeys([*hidden, *beside]))
        if len(keys) > MAX_KEYS:
            keys = ["everything", EVERY_PAGE]
        site = Item("site", "", "", "", "", False, self._url("/"))
        _note(log, at, "updated", site, site, keys)

    def _addressed(self, item: Item | None) -> Item | None:
        """Return an item with its address; that of a picture or file needs a look into the file."""
        if item is None or item.kind not in FILES:
            return item
        url = self._site.resolver(self._site.edition()).file(item.path)
        if url:
            return item._replace(url=self._url(url))
        return item

    def _gone(self, item: Item | None, told: Mapping[str, str]) -> Item | None:
        """Return an item that may be gone with its last address, which is that of a file in `told`.

        One of which nothing was told yet has its address without the digest.
        """
        if item is None or item.kind not in FILES:
            return item
        path = self._site.addresses.path(f"/media/{quote(item.path)}")
        return item._replace(url=told.get(item.path) or self._url(path))

    def _true(self, before: Item | None, after: Item | None) -> bool:
        """Whether the files confirm a change.

        If not, another process has seen a later one that this process has not seen yet.
        """
        if after is None:
            assert before is not None
            return not (self._site.posts_dir / before.path).exists() or self._replaced(before)
        if before is not None and before.file == after.file:
            return True
        if after.kind in FILES:
            return (self._site.posts_dir / after.path).exists()
        try:
            return digest(self._site.folders.file(after.path).read_bytes()) == after.file
        except OSError:
            return False

    def _replaced(self, item: Item) -> bool:
        """Whether an item is gone while its file is still there, with another slug or a problem."""
        library = self._site.library
        if item.kind in FILES:
            return item.path in library.assets
        found = library.by_path.get(item.path)
        if found is not None:
            return found.slug != item.slug
        return any(problem.mark.path == item.path for problem in library.problems)

    def _items_since(
        self, before: Edition | None, old: Mapping[Key, Item], edition: Edition
    ) -> tuple[Mapping[Key, Item], Iterable[Key]]:
        """Return the items of an edition, and the keys of those that may differ from `old`.

        `old` are the items of the edition `before`, where there was one.
        """
        looked: list[Key] | None = None
        if before is not None:
            looked = _differing(before, edition)
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
            kind = "file"
            if path.lower().endswith(SUFFIXES):
                kind = "picture"
            yield Item(kind, path, path, stamp, _hash(stamp), True, url)

    def _url(self, path: str) -> str:
        return self._site.addresses.absolute(path)

    def _item(self, edition: Edition, post: Post) -> Item:
        known = {"post": edition.by_slug, "page": edition.pages}[post.kind]
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
    """Return the keys of the posts and pages in which two editions differ.

    None where authors or files differ too, or which post a file belongs to: then all may differ.
    """
    was = before.library
    now = after.library
    if was.authors != now.authors or was.assets != now.assets:
        return None
    posts = dict.fromkeys((*apart(was.by_slug, now.by_slug), *apart(before.by_slug, after.by_slug)))
    old = _pages(before)
    new = _pages(after)
    pages = dict.fromkeys((*apart(old, new), *apart(before.pages, after.pages)))
    if now.assets:
        owners = _owners((*map(was.by_slug.get, posts), *map(old.get, pages)))
        if owners != _owners((*map(now.by_slug.get, posts), *map(new.get, pages))):
            return None
    return [*(("post", slug) for slug in posts), *(("page", slug) for slug in pages)]


def _unnamed(keys: list[str], before: Edition, after: Edition) -> list[str]:
    """Return surrogate keys without those that name an unlisted text, which would tell its address.

    One that stands for every page takes their place.
    """
    unlisted = (*before.unlisted, *after.unlisted)
    secret = {surrogate_key("post", post.slug) for post in unlisted}
    if secret.isdisjoint(keys):
        return keys
    return [*(key for key in keys if key not in secret), EVERY_PAGE]


def _owners(posts: Iterable[Post | None]) -> set[str]:
    """Return the paths of the posts that own the pictures in their folders."""
    return {post.path for post in posts if post and _owns_pictures(post)}


def _pages(edition: Edition) -> Mapping[str, Post]:
    return {page.slug: page for page in edition.library.pages}


def _event(before: Item | None, after: Item | None) -> Event | None:
    was = before is not None and before.visible
    is_now = after is not None and after.visible
    if before is None:
        if is_now:
            return "created"
        return None
    if after is None:
        if was:
            return "deleted"
        return None
    if was and is_now:
        if before.hash == after.hash and before.url == after.url:
            return None
        return "updated"
    if is_now:
        return "published"
    if not was:
        return None
    if before.file == after.file:
        return "expired"
    return "deleted"


def _turn(log: sqlite3.Connection) -> str:
    """Return the state of the log as a text: its generation, and how often it has been written."""
    return str(log.execute("SELECT generation || '.' || recorded FROM site").fetchone()[0])


def _kept(log: sqlite3.Connection) -> dict[tuple[str, str], Item]:
    rows = log.execute("SELECT kind, slug, path, file, hash, visible, url FROM items")
    return {(row[0], row[1]): Item(*row) for row in rows}


def _told_addresses(log: sqlite3.Connection) -> Mapping[str, str]:
    """Return the last addresses of pictures and files in the log, by their paths."""
    rows = log.execute(
        "SELECT slug, url FROM changes WHERE kind IN ('picture', 'file') ORDER BY number"
    )
    return dict(rows.fetchall())


def _keep(log: sqlite3.Connection, item: Item) -> None:
    log.execute("REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", item)


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
    names = json.dumps(list(dict.fromkeys(keys)))
    row = (at, event, item.kind, item.slug, item.url, names, _shown(before), _shown(after))
    log.execute("INSERT INTO changes VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _shown(item: Item | None) -> str | None:
    """Return the hash of what readers see of an item; None where they see nothing."""
    if item is None or not item.visible:
        return None
    return item.hash


def _pictures(
    assets: Mapping[str, tuple[int, int]], posts: Iterable[Post]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the pictures in folders of posts, by the posts' paths, and all others by their own."""
    folders = {
        str(PurePosixPath(post.path).parent): post.path for post in posts if _owns_pictures(post)
    }
    beside: dict[str, list[str]] = {}
    others: dict[str, str] = {}
    for path, facts in sorted(assets.items()):
        parents = map(str, PurePosixPath(path).parents)
        owner = next(filter(None, map(folders.get, parents)), None)
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
