"""What was made for the readers of an earlier process: rendered texts and related articles.

A process that begins would make them again while its first readers wait. The file is derived data:
losing it costs those readers some time, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from octavo.content.database import DAMAGES, Database, is_error
from octavo.content.digests import digest_texts

_SCHEMA = """
create table if not exists prepared (name text primary key, value text, digest text)
"""
_FIND = "select value, digest from prepared where name = ?"
_KEEP = "insert or replace into prepared values (?, ?, ?)"
# Each row that is written gets the highest number.
_FORGET = "delete from prepared where rowid <= (select max(rowid) from prepared) - ?"
# Rows that are kept: those written last.
MAX_ROWS = 1_000
# How long other processes that write are waited for, in seconds: making a text takes less.
PATIENCE = 0.02


class Prepared:
    """Values by name in a SQLite file that any number of processes share.

    A value is what JSON can hold. It is found by its mark while all that it was made of is the
    same, and the file has it unchanged.
    """

    def __init__(self, path: Path, made_by: Callable[[], str]) -> None:
        """Use the file at `path`, which is made by the first `keep`.

        `made_by` returns the digest of what all values are made with, as code, settings and
        phrases; '' while nothing is to be kept.
        """
        self._path = path
        self._made_by = made_by
        self.forked()

    def forked(self) -> None:
        """Open the file anew in a forked child process."""
        # Held while the file is used.
        self.lock = threading.Lock()
        self._database = Database(self._path, _SCHEMA, patience=PATIENCE, synchronous="off")

    def mark(self, made_of: str) -> str:
        """Return the mark of a value that is made of `made_of` now; '' while nothing is kept."""
        made_by = self._made_by()
        return digest_texts([made_by, made_of]) if made_by else ""

    def find(self, name: str, mark: str) -> Any:
        """Return the value of a name; None where there is none, or it has another mark."""
        if not mark or not self._path.exists():
            return None
        with self.lock:
            try:
                row = self._database.open().execute(_FIND, (name,)).fetchone()
            except (sqlite3.Error, OSError) as error:
                self._failed(error)
                return None
        if row is None or row[1] != digest_texts([mark, row[0]]):
            return None
        return json.loads(row[0])

    def keep(self, values: Mapping[str, tuple[str, Any]]) -> None:
        """Write values by name, each with its mark.

        A disk that cannot be written is no error: nothing is kept then.
        """
        if not values:
            return
        rows = []
        for name, (mark, value) in values.items():
            text = json.dumps(value)
            rows.append((name, text, digest_texts([mark, text])))
        with self.lock:
            if self._database.is_gone():
                self._database.close()
            try:
                with self._database.transaction() as db:
                    db.executemany(_KEEP, rows)
                    db.execute(_FORGET, (MAX_ROWS,))
            except (sqlite3.Error, OSError) as error:
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Close the file after an error; delete it where its bytes are not as SQLite wrote them."""
        self._database.close()
        if is_error(error, *DAMAGES):
            with contextlib.suppress(OSError):
                self._path.unlink()

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self._database.close()
