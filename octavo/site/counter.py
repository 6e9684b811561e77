"""The view counter: how often each article was read, counted by all processes into a SQLite file.

A reader counts once a day for an article. What tells readers apart is a hash with a salt; both are
thrown away with the day, and nothing else about a reader is kept. They lie in a file of their own,
among what is derived, so that no backup of the numbers holds them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from types import TracebackType

from octavo.content.database import DAMAGES, Database, is_error
from octavo.site.weak import Lock, after_fork, at_exit
from octavo.site.worker import Worker

log = logging.getLogger("octavo")

# Views wait in memory this long at most before they are written; seconds.
FLUSH_EVERY = 2.0
# The thread that writes waits this long for other processes; requests do not wait. Seconds.
PATIENCE = 0.9
# The numbers in pages are this old at most; seconds.
PUBLISH_EVERY = 60
# "Most read" looks back this many days.
RECENT_DAYS = 30
# So many articles are published as the most read; pages take those that can be seen.
MAX_RANKED = 50
# Hashes of readers kept in memory; the file knows all of a day.
MAX_KNOWN_READERS = 20_000
# Views that wait while the file cannot be written; more are not counted.
MAX_WAITING_VIEWS = 200_000

_SCHEMA = """
create table if not exists views (
    slug text, day integer, count integer, primary key (slug, day)
) without rowid;
create table if not exists today.readers (hash blob primary key) without rowid;
create table if not exists today.salts (day integer primary key, salt blob) without rowid;
-- Where older versions kept them.
drop table if exists main.readers;
drop table if exists main.salts;
"""
_ADD = "insert into views values (?, ?, ?) on conflict do update set count = count + excluded.count"
_SUMS = "select slug, sum(count), sum(count * (day > ?)) from views group by slug"
# Days that "most read" no longer looks at are summed up as day 0.
_SUM_UP = """
insert into views select slug, 0, sum(count) from views where day between 1 and ? group by slug
on conflict do update set count = count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that pages show: views by slug, and those of the last RECENT_DAYS days.

    `lately` has the MAX_RANKED articles most read, best first.
    """

    views: Mapping[str, int] = field(default_factory=dict)
    lately: Mapping[str, int] = field(default_factory=dict)
    # The slugs that each article had before, where it had any.
    former: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def most_read(self) -> tuple[str, ...]:
        """The slugs of the articles most read lately, best first."""
        return tuple(self.lately)


class Views:
    """The view counter of one site in one process.

    Without usable files the counts wait in memory, and nothing fails. What requests do holds
    `_lock` and never waits for the file; what writes holds `_writing`, and `_lock` only where it
    takes what waits and where it commits.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.time, readers: Path | None = None
    ) -> None:
        """Count into the file at `path`, made when first needed; no thread runs until `start`.

        `readers` is the file of today's readers, by default in the folder `cache` beside `path`. It
        can be deleted at any moment.
        """
        self.path = path
        self._readers = readers or path.parent / "cache" / "readers.sqlite"
        self.published = Numbers()
        # Told the slugs whose published number changed, and whether `most_read` did.
        self.changed: Callable[[set[str], bool], None] = lambda slugs, most_read: None
        # The slugs that articles had before, with those that they have now.
        self.renamed: Callable[[], Mapping[str, str]] = dict
        self._clock = clock
        self._lock = threading.RLock()
        self._asked = self._database(patience=0)
        self._writing = threading.RLock()
        self._written = self._database(patience=PATIENCE)
        self._day = -1
        self._salt = b""
        # Views that wait to be written: hashes of reader and article with the slug. Without the
        # salt of the day, which the file gives, they wait to be hashed with it.
        self._waiting: dict[bytes, str] = {}
        self._unsalted: dict[bytes, str] = {}
        self._unwritten: Counter[str] = Counter()
        self._known: set[bytes] = set()
        self._worker = Worker("octavo-views", self._run, patience=5)
        self._reported = False
        at_exit(self.close)
        after_fork(self._forked, self._file_locks)

    def _database(self, patience: float) -> Database:
        return Database(self.path, _SCHEMA, patience=patience, attached={"today": self._readers})

    def count(self, slug: str, reader: str) -> bool:
        """Count a view of an article; return whether the reader is new to it, as far as is known.

        `reader` identifies a reader, and is not kept.
        """
        is_new = False
        with self._lock:
            # A file that is locked or gone for a while loses no view: they wait.
            with _Guard(self, self._asked):
                self._begin_day(self._asked)
            hash = blake2b(f"{slug}\0{reader}".encode("utf-8", "replace"), digest_size=12).digest()
            if not self._has_begun(self._today()):
                is_new = self._wait(self._unsalted, hash, slug)
            elif (hash := _salted(hash, self._salt)) not in self._known:
                if len(self._known) >= MAX_KNOWN_READERS:
                    self._known.clear()
                self._known.add(hash)
                if not self._is_written(hash):
                    is_new = self._wait(self._waiting, hash, slug)
        self.start()
        return is_new

    def _wait(self, waiting: dict[bytes, str], hash: bytes, slug: str) -> bool:
        if hash in waiting or len(waiting) >= MAX_WAITING_VIEWS:
            return False
        waiting[hash] = slug
        self._unwritten[slug] += 1
        return True

    def _recount(self) -> None:
        self._unwritten = Counter([*self._waiting.values(), *self._unsalted.values()])

    def number(self, slug: str) -> int:
        """Return the number of an article's views now.

        Views that wait in other processes are missing: a reader who was counted there a moment ago
        may count twice for that moment.
        """
        with self._lock:
            return self._sum(slug) + self._unwritten[slug]

    @property
    def waiting(self) -> int:
        """How many views of this process are not written yet."""
        with self._lock:
            return len(self._waiting) + len(self._unsalted)

    def by_day(self, days: int) -> dict[int, int]:
        """Return the views of each of the last `days` days, by the day's number since 1970."""
        since = self._today() - days
        with self._lock, _Guard(self, self._asked):
            rows = self._asked.open().execute(
                "select day, sum(count) from views where day > ? group by day", (since,)
            )
            return {int(day): int(count) for day, count in rows}
        return {}

    def flush(self) -> None:
        """Write the waiting views, except those that another process has counted today."""
        with self._writing, _Guard(self, self._written):
            self._follow()
            if not (self._waiting or self._unsalted):
                return
            self._begin_day(self._written)
            with contextlib.ExitStack() as held:
                with self._written.transaction() as db:
                    with self._lock:
                        day = self._day
                        waiting = dict(self._waiting)
                    for hash, slug in waiting.items():
                        if db.execute("insert or ignore into readers values (?)", (hash,)).rowcount:
                            db.execute(_ADD, (slug, day, 1))
                    # Whoever asks for a number meanwhile finds each view either here or there.
                    held.enter_context(self._lock)
                self._waiting = {
                    hash: slug for hash, slug in self._waiting.items() if hash not in waiting
                }
                self._recount()
            self._reported = False

    def publish(self) -> None:
        """Read the numbers of all processes for pages; call `changed` with what is different."""
        with self._writing, _Guard(self, self._written):
            db = self._written.open()
            renamed = self.renamed()
            former: dict[str, tuple[str, ...]] = {}
            for old, new in renamed.items():
                former[new] = (*former.get(new, ()), old)
            views: Counter[str] = Counter()
            recent: Counter[str] = Counter()
            for slug, count, lately in db.execute(_SUMS, (self._today() - RECENT_DAYS,)):
                views[renamed.get(slug, slug)] += count
                recent[renamed.get(slug, slug)] += lately
            most_read = sorted(+recent, key=lambda slug: (-recent[slug], slug))[:MAX_RANKED]
            before = self.published
            lately = {slug: recent[slug] for slug in most_read}
            self.published = Numbers(views, lately, former)
            changed = {
                slug
                for slug in views.keys() | before.views.keys()
                if views.get(slug) != before.views.get(slug)
            }
            self.changed(changed, before.most_read != self.published.most_read)

    def start(self) -> None:
        """Start the thread that writes waiting views and publishes counts; once in a process."""
        self._worker.start()

    def close(self) -> None:
        """Write the waiting views, stop, and close the file."""
        self._worker.stop()
        self.flush()
        with self._writing:
            self._written.close()
        with self._lock:
            self._asked.close()

    def _run(self, stopping: threading.Event) -> None:
        published = -1
        while not stopping.wait(FLUSH_EVERY):
            # At the same moments everywhere, so that all processes show the same numbers.
            moment = int(self._clock()) // PUBLISH_EVERY
            try:
                self._work(publish=moment != published)
            except Exception:
                log.exception("Views could not be written")
            published = moment

    def _work(self, *, publish: bool) -> None:
        with self._writing:
            self._follow()
        # os.path.exists answers in any case, where Path.exists raises errors such as a missing
        # permission.
        if not (os.path.exists(self.path) or self._waiting or self._unsalted):
            return
        with self._writing, _Guard(self, self._written):
            self._begin_day(self._written)
        self.flush()
        if publish:
            self.publish()

    def _today(self) -> int:
        return int(self._clock() // 86_400)

    def _follow(self) -> None:
        """Close a file that was removed or replaced: what is written into it would be lost."""
        with self._lock:
            if self._written.is_gone() or self._asked.is_gone():
                self._written.close()
                self._asked.close()
                # The next file has a salt of its own.
                self._day = -1
                self._unsalted |= self._waiting
                self._waiting = {}

    def _begin_day(self, file: Database) -> None:
        """Take today's salt from the file.

        The first process of a new day makes the salt and forgets the readers of the day before.
        """
        if self._has_begun(self._today()):
            return
        with contextlib.ExitStack() as held:
            with file.transaction() as db:
                day = self._today()
                # A request has begun it while the writer waited for the file.
                if self._has_begun(day):
                    return
                db.execute("delete from salts where day not in (?, ?)", (day, day + 1))
                if not db.execute("select 1 from salts").fetchone():
                    db.execute("delete from readers")
                    db.execute("insert into salts values (?, ?)", (day, os.urandom(32)))
                    db.execute(_SUM_UP, (day - RECENT_DAYS,))
                    db.execute("delete from views where day between 1 and ?", (day - RECENT_DAYS,))
                day, salt = db.execute("select day, salt from salts").fetchone()
                held.enter_context(self._lock)
                # Their salt is gone, so these can no longer be compared with what other processes
                # have counted.
                db.executemany(_ADD, [(slug, self._day, 1) for slug in self._waiting.values()])
            self._day = day
            self._salt = salt
            self._waiting = {_salted(hash, salt): slug for hash, slug in self._unsalted.items()}
            self._unsalted = {}
            self._known = set(self._waiting)
            self._recount()

    def _has_begun(self, day: int) -> bool:
        """Whether the salt is that of `day` or the next: a clock may be set back over midnight."""
        return self._day in (day, day + 1)

    def _is_written(self, hash: bytes) -> bool:
        with _Guard(self, self._asked):
            return (
                self._asked.open()
                .execute("select 1 from readers where hash = ?", (hash,))
                .fetchone()
                is not None
            )
        return False

    def _sum(self, slug: str) -> int:
        with _Guard(self, self._asked):
            db = self._asked.open()
            slugs = (slug, *self.published.former.get(slug, ()))
            sums = (
                db.execute("select sum(count) from views where slug = ?", (each,)).fetchone()
                for each in slugs
            )
            return sum(row[0] or 0 for row in sums)
        return self.published.views.get(slug, 0)

    def failed(self, file: Database, error: Exception) -> None:
        """Go on without the file until it can be used again; tell the operator once."""
        # Requests do not wait for it: that others write just now is no fault.
        if file is self._asked and is_error(error, sqlite3.SQLITE_BUSY):
            return
        file.close()
        if is_error(error, *DAMAGES):
            # Today's readers can be spared, and the damage may be theirs.
            with contextlib.suppress(OSError):
                self._readers.unlink()
        if not self._reported:
            self._reported = True
            log.warning("Views wait in memory until %s can be used: %s", self.path, error)

    def _file_locks(self) -> tuple[Lock, ...]:
        return self._writing, self._lock

    def _forked(self) -> None:
        self._lock = threading.RLock()
        self._writing = threading.RLock()
        self._worker.forked()
        # SQLite connections are for one process; these are neither used nor closed here.
        self._inherited = (self._asked, self._written)
        self._asked = self._database(patience=0)
        self._written = self._database(patience=PATIENCE)
        # The parent writes what waits there.
        self._waiting = {}
        self._unsalted = {}
        self._unwritten = Counter()
        self._known = set()


class _Guard:
    """Keeps errors of the file from those who read or count views."""

    def __init__(self, views: Views, file: Database) -> None:
        self._views = views
        self._file = file

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, (sqlite3.Error, OSError)):
            self._views.failed(self._file, error)
            return True
        return False


def _salted(hash: bytes, salt: bytes) -> bytes:
    return blake2b(hash, key=salt, digest_size=12).digest()
