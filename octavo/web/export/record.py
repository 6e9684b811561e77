"""The record of an export: what it was made of and what each file shows, for the next export.

It lies in `instance/`, not in the folder of the export: it holds what is not public too. Losing it
costs a slower export and nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from hashlib import blake2b
from math import inf
from pathlib import Path
from typing import Any

from octavo.content.catalogue import decode, encode
from octavo.content.database import Database
from octavo.content.files.locks import locked
from octavo.content.library.library import Edition, Library
from octavo.content.posts import Author, Post
from octavo.web.export.folder import ExportError

# How long another export to the same folder is waited for; seconds.
PATIENCE = 10.0
# Another form of the tables has another number, and so another file.
FORMAT = 2
_SCHEMA = """
create table if not exists facts (name text primary key, value text) without rowid;
create table if not exists sources (path text primary key, digest text, record text) without rowid;
create table if not exists answers (
    address text primary key, file text, keys text, since real, until real, loaded text,
    related text
) without rowid;
create table if not exists entries (slug text primary key, entry blob);
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What an export made of an address: its `file`, or '' where the site has no such page.

    `keys` are the surrogate keys of what it shows, `loaded` the addresses of the files that it
    needs, each as words of one text, and `related` is the fingerprint of its related articles.
    """

    address: str
    file: str
    keys: str = ""
    since: float = -inf
    until: float = inf
    loaded: str = ""
    related: str = ""
    is_new: bool = field(default=True, kw_only=True)


class Record:
    """The record of the exports into one folder."""

    def __init__(self, instance: Path, folder: Path) -> None:
        name = blake2b(os.fsencode(folder.resolve()), digest_size=8).hexdigest()
        self._lock = instance / "exports" / f"{name}.lock"
        self._database = Database(
            instance / "exports" / f"{name}-{FORMAT}.sqlite",
            _SCHEMA,
            patience=PATIENCE,
            synchronous="off",
        )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other exports to the same folder out. Raises ExportError where one is at work."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with open(self._lock, "wb") as file:
            if not locked(file, PATIENCE):
                raise ExportError("Another export to this folder is at work. Wait for its end.")
            yield

    def facts(self) -> dict[str, str]:
        """Return what is told of the last export: texts by name."""
        return dict(self._database.open().execute("select name, value from facts"))

    def edition(self, now: float, current: Edition) -> Edition:
        """Return what readers saw at `now`, of the posts of the last export.

        Posts that are as in `current` are the same objects.
        """
        rows = self._database.open().execute("select path, digest, record from sources")
        library = current.library
        known: dict[str, Post | Author] = {
            author.path: author for author in library.authors.values()
        }
        known.update(library.by_path)
        posts: list[Post] = []
        authors: list[Author] = []
        assets: dict[str, tuple[int, int]] = {}
        for path, digest, record in rows:
            item = known.get(path)
            if item is None or _digest(item) != digest:
                item = decode(record) if digest else None
            if isinstance(item, Post):
                posts.append(item)
            elif isinstance(item, Author):
                authors.append(item)
            else:
                mtime, size = json.loads(record)
                assets[path] = (mtime, size)
        return Library(posts, authors, assets=assets).at(now)

    def answers(self) -> list[Made]:
        """Return all files of the last export."""
        rows = self._database.open().execute("select * from answers")
        return [Made(*row, is_new=False) for row in rows]

    def entries(self) -> set[str]:
        """Return the slugs of the articles that the search of the last export has."""
        return {row[0] for row in self._database.open().execute("select slug from entries")}

    def entry(self, slug: str) -> bytes:
        """Return what the search has of an article; b'' for nothing."""
        query = "select entry from entries where slug = ?"
        row = self._database.open().execute(query, (slug,)).fetchone()
        return bytes(row[0]) if row else b""

    def begin(self) -> None:
        """Note that the folder will change: unless `save` follows, the next export is whole."""
        with self._database.transaction() as db:
            db.execute("delete from facts")

    def save(
        self,
        facts: dict[str, str],
        edition: Edition,
        made: Mapping[str, Made],
        entries: Mapping[str, bytes],
    ) -> None:
        """Note what was made of an edition: all files by their addresses, and new entries."""
        with self._database.transaction() as db:
            gone = {row[0] for row in db.execute("select address from answers")} - made.keys()
            db.executemany("delete from answers where address = ?", [(one,) for one in gone])
            rows = [astuple(one)[:-1] for one in made.values() if one.is_new]
            db.executemany("replace into answers values (?, ?, ?, ?, ?, ?, ?)", rows)
            db.executemany("replace into entries values (?, ?)", entries.items())
            listed = {post.slug for post in edition.posts}
            gone = {row[0] for row in db.execute("select slug from entries")} - listed
            db.executemany("delete from entries where slug = ?", [(slug,) for slug in gone])
            old = dict(db.execute("select path, digest from sources where digest != ''"))
            items: tuple[Post | Author, ...] = (*edition.library.by_path.values(),)
            items += (*edition.library.authors.values(),)
            new = [item for item in items if old.pop(item.path, None) != _digest(item)]
            sources = [(item.path, _digest(item), encode(item)) for item in new]
            db.execute("delete from sources where digest = ''")
            db.executemany("delete from sources where path = ?", [(path,) for path in old])
            assets = edition.library.assets.items()
            sources += [(path, "", json.dumps(stamp)) for path, stamp in assets]
            db.executemany("replace into sources values (?, ?, ?)", sources)
            db.execute("delete from facts")
            db.executemany("insert into facts values (?, ?)", facts.items())

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _digest(item: Any) -> str:
    """Return the digest of a file with the slug that its post got among others."""
    return f"{item.digest} {item.slug}"
