"""A tally: counts and levels of all processes, in one SQLite file in the instance folder.

Each process writes rows of its own. When it has ended, what it counted is added to the row of all
that ended, so that sums never fall and rows do not grow with restarts; its levels are forgotten.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

from flask import current_app

from octavo.content.database import Database
from octavo.site.weak import after_fork
from octavo.site.worker import Worker

log = logging.getLogger("octavo")

# Counts of another process are this old at most; seconds.
FLUSH_EVERY = 2.0
# A process of another machine, or another container, that wrote nothing for so long has ended;
# seconds.
MAX_PROCESS_SILENCE = 3_600.0
# How long to wait for other processes that write; seconds.
PATIENCE = 0.5
# The series of which not the sum over all processes is told, but the largest value.
LONGEST = "longest_seconds"
# Labels of a series that come from outside: so many in a process, and so many of those that ended.
MAX_LABELS = 300
MAX_ENDED_LABELS = 1_000
# The label under which the others are counted.
OTHERS = "others"
# The process under which stands what ended ones have counted.
ENDED = "ended"

_SCHEMA = """
create table if not exists counts (
    process text, series text, value real, primary key (process, series)
) without rowid;
create table if not exists levels (
    process text, series text, value real, primary key (process, series)
) without rowid;
create table if not exists processes (process text primary key, seen real) without rowid;
"""
_ADD = (
    "insert into counts values (?, ?, ?) on conflict do update set value = value + excluded.value"
)
_FORGET = """
delete from counts where process = ?1 and series like 'referrers{%' and series not in (
    select series from counts where process = ?1 and series like 'referrers{%'
    order by value desc limit ?2
)
"""
_ALL = "select series, value from counts union all select series, value from levels"

# What a process counts by itself: read when the tally writes.
Source = Callable[[], Mapping[str, float]]


def tally() -> Tally:
    """Return the tally of the current application."""
    return cast(Tally, current_app.extensions["octavo_tally"])


class Tally:
    """The counts of one process, and the sums over all. A file that cannot be used costs nothing.

    A series is the name of a metric with its labels, as in `requests_total{view="home"}`.
    """

    def __init__(self, path: Path, *, counts: Source, levels: Source) -> None:
        """Use the file at `path`. `counts` and `levels` are numbers that are kept elsewhere."""
        self._file = Database(path, _SCHEMA, patience=PATIENCE, synchronous="off")
        self._path = path
        self._read_counts = counts
        self._read_levels = levels
        self._worker = Worker("octavo-metrics", self._run, patience=2)
        self._told = False
        self._begin()
        after_fork(self._forked)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._counted: dict[str, float] = defaultdict(float)
        self._written: dict[str, dict[str, float]] = {}
        self._process = ""

    def add(self, series: str, value: float = 1.0) -> None:
        """Add `value` to a series."""
        with self._lock:
            self._counted[series] += value

    def add_one_of(self, name: str, label: str) -> None:
        """Add 1 to the series `name{of="label"}`; after MAX_LABELS labels, to that of OTHERS."""
        series = labelled(name, label)
        with self._lock:
            if series not in self._counted:
                known = sum(one.startswith(f"{name}{{") for one in self._counted)
                if known >= MAX_LABELS:
                    series = labelled(name, OTHERS)
            self._counted[series] += 1

    def start(self) -> None:
        """Start the thread that writes what is counted to the file every FLUSH_EVERY seconds.

        Each process calls this once, after the fork.
        """
        self._worker.start()

    def close(self) -> None:
        """Write what is counted, and stop."""
        self._worker.stop()
        if self._process:
            self.flush()
        with self._writing:
            self._file.close()

    def flush(self) -> None:
        """Write what has changed since the last time."""
        with self._writing, self._guarded():
            numbers = self._numbers()
            if numbers == self._written:
                return
            if self._file.is_gone():
                self._file.close()
            if not self._process:
                self._process = _this_process()
            with self._file.transaction() as db:
                db.execute(
                    "insert or replace into processes values (?, ?)", (self._process, time.time())
                )
                for table, values in numbers.items():
                    rows = [(self._process, series, value) for series, value in values.items()]
                    db.executemany(f"insert or replace into {table} values (?, ?, ?)", rows)  # noqa: S608
            self._written = numbers
            self._told = False

    def sums(self) -> dict[str, float]:
        """Return the sum over all processes of each series, and the number of processes."""
        self.flush()
        found: dict[str, float] = defaultdict(float)
        with self._writing, self._guarded(), self._file.transaction() as db:
            for (process,) in db.execute("select process from processes").fetchall():
                if not self._lives(db, process):
                    _take_over_ended(db, process)
            for series, value in db.execute(_ALL):
                if series.startswith(LONGEST):
                    found[series] = max(found[series], value)
                else:
                    found[series] += value
            found["workers"] = db.execute("select count(*) from processes").fetchone()[0]
        if found:
            return dict(found)
        own = self._numbers()
        return {**own["counts"], **own["levels"], "workers": 1}

    def _numbers(self) -> dict[str, dict[str, float]]:
        with self._lock:
            counted = dict(self._counted)
        return {"counts": counted | dict(self._read_counts()), "levels": dict(self._read_levels())}

    def _lives(self, db: sqlite3.Connection, process: str) -> bool:
        if process == self._process:
            return True
        host, number, begun = process.rsplit(" ", 2)
        if host == socket.gethostname():
            return _begun(int(number)) == begun
        seen = db.execute("select seen from processes where process = ?", (process,)).fetchone()[0]
        return bool(time.time() - seen < MAX_PROCESS_SILENCE)

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.wait(FLUSH_EVERY):
            self.flush()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            self._file.close()
            if _is_damaged(error):
                # Counters that begin again are what Prometheus expects of a restart.
                with contextlib.suppress(OSError):
                    self._path.unlink()
                self._written = {}
            if not self._told:
                self._told = True
                log.warning("Numbers of other processes are missing: %s: %s", self._path, error)

    def _forked(self) -> None:
        # SQLite connections are for one process; the parent's is neither used nor closed here.
        self._inherited = self._file
        self._file = Database(self._path, _SCHEMA, patience=PATIENCE, synchronous="off")
        self._worker.forked()
        self._begin()


def labelled(name: str, label: str) -> str:
    """Return the series of this name with the label `of`."""
    return f'{name}{{of="{label}"}}'


def by_label(sums: Mapping[str, float], name: str) -> dict[str, float]:
    """Return the sums of a series by the label `of`, the largest first."""
    begin, end = f'{name}{{of="', '"}'
    found = {
        series[len(begin) : -len(end)]: value
        for series, value in sums.items()
        if series.startswith(begin)
    }
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _take_over_ended(db: sqlite3.Connection, process: str) -> None:
    rows = db.execute("select series, value from counts where process = ?", (process,)).fetchall()
    db.executemany(_ADD, [(ENDED, series, value) for series, value in rows])
    db.execute(_FORGET, (ENDED, MAX_ENDED_LABELS))
    for table in ("counts", "levels", "processes"):
        db.execute(f"delete from {table} where process = ?", (process,))  # noqa: S608


def _is_damaged(error: Exception) -> bool:
    codes = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in codes


def _this_process() -> str:
    return f"{socket.gethostname()} {os.getpid()} {_begun(os.getpid())}"


def _begun(number: int) -> str:
    """Return when a process of this machine began, in the kernel's ticks; '' where there is none.

    A number alone is given again to other processes, in a container to the same one at each start.
    """
    try:
        with open(f"/proc/{number}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except OSError:
        return ""
