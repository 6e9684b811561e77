"""A database: one SQLite file that any number of processes share."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

# In each file as `user_version`; it is raised where versions before could not use the file.
SCHEMA_NUMBER = 1
# The mode of the files: they are the server's own.
MODE = 0o600


def make_private(path: Path) -> None:
    """Make a database's file, if it is missing, and close it to other users. Raises OSError.

    SQLite gives the journal the same mode.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, MODE))
    if path.stat().st_mode & 0o077:
        path.chmod(MODE)


def configure(connection: sqlite3.Connection, synchronous: str, name: str = "main") -> None:
    """Set a new connection's pragmas; `synchronous` is SQLite's pragma of this name.

    `name` is "main", or the name of an attached file.

    The journal goes with each transaction, so that no file holds what was deleted. Nothing is
    mapped into memory: a mapped database, or the `-shm` file of a write-ahead log, that somebody
    cuts would end the process by SIGBUS
    (https://www.sqlite.org/wal.html#implementation_of_shared_memory).
    """
    connection.execute(f"pragma {name}.journal_mode=delete")
    connection.execute(f"pragma {name}.mmap_size=0")
    connection.execute(f"pragma {name}.synchronous={synchronous}")
    # Deleted data is overwritten, so that the file does not show it either.
    connection.execute(f"pragma {name}.secure_delete=on")


# What SQLite says of a file whose bytes are not as it wrote them.
DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_error(error: Exception, *codes: int) -> bool:
    """Whether an error is SQLite's, with one of its primary result codes."""
    return (
        isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in codes
    )


class Database:
    """A SQLite file, opened when first needed, for one process and one thread at a time.

    A second file may be attached to it, and a transaction holds for both. A child process that was
    forked makes a `Database` of its own, and neither uses nor closes its parent's.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        *,
        patience: float,
        synchronous: str = "normal",
        attached: Mapping[str, Path] | None = None,
    ) -> None:
        """Use the file at `path`; it and its tables are made by `schema` where they are missing.

        `attached` are more files by the name that statements call them by, `patience` is how long
        to wait for other processes that write, in seconds; `synchronous` is SQLite's pragma of this
        name.
        """
        self._path = path
        self._schema = schema
        self._patience = patience
        self._synchronous = synchronous
        self._attached = attached or {}
        self._connection: sqlite3.Connection | None = None
        self._identity: list[tuple[int, int]] = []

    def open(self) -> sqlite3.Connection:
        """Return the connection.

        Raises sqlite3.Error or OSError where the file cannot be used, as when a later version has
        written it.
        """
        if self._connection is None:
            for path in (self._path, *self._attached.values()):
                path.parent.mkdir(parents=True, exist_ok=True)
                make_private(path)
            connection = sqlite3.connect(
                self._path, timeout=self._patience, check_same_thread=False, isolation_level=None
            )
            try:
                configure(connection, self._synchronous)
                for name, path in self._attached.items():
                    connection.execute(f"attach ? as {name}", (str(path),))
                    configure(connection, self._synchronous, name)
                self._check(connection)
                connection.executescript(self._schema)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._identity = self._identify()
        return self._connection

    def _check(self, connection: sqlite3.Connection) -> None:
        for name in ("main", *self._attached):
            number = connection.execute(f"pragma {name}.user_version").fetchone()[0]
            if number > SCHEMA_NUMBER:
                raise sqlite3.DatabaseError(
                    f"{self._path} has the schema {number}, and this version of Octavo knows "
                    f"{SCHEMA_NUMBER}: a later one has written it. Install that one again, or put "
                    "back the file as it was before"
                )
            if number < SCHEMA_NUMBER:
                connection.execute(f"pragma {name}.user_version={SCHEMA_NUMBER}")

    def is_gone(self) -> bool:
        """Whether the open file, or one attached to it, has been deleted or replaced."""
        return self._connection is not None and self._identify() != self._identity

    def _identify(self) -> list[tuple[int, int]]:
        found = []
        for path in (self._path, *self._attached.values()):
            with contextlib.suppress(OSError):
                facts = path.stat()
                found.append((facts.st_dev, facts.st_ino))
        return found

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold SQLite's write lock until the end of the block: all of it is written, or nothing."""
        connection = self.open()
        connection.execute("begin immediate")
        try:
            yield connection
            connection.execute("commit")
        except BaseException:
            # SQLite may have done so itself, after an error of the disk.
            if connection.in_transaction:
                connection.execute("rollback")
            raise

    def close(self) -> None:
        """Close the file; it is opened again when it is next needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
