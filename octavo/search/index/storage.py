"""The index folder: which index is current, how a commit replaces it, how damage is noticed.

    search_index/current.json      names the current index and its generation
    search_index/lock              held by the one process that writes
    search_index/index-<random>/   a Whoosh index; the next one is built beside it

Everything here can be deleted at any moment.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from octavo.content.files.writing import write_whole
from octavo.search.index.arrays import DamagedIndexError
from octavo.search.index.codec import ArraySegment
from octavo.search.index.identity import layout
from octavo.search.index.segment import Segment
from octavo.search.whoosh_parts import TOC, FileLock, FileStorage

NAME = "MAIN"
POINTER = "current.json"
_FOLDER = re.compile(r"index-[0-9a-f]{12}")
# Attempts to open an index that writers replace meanwhile.
MAX_OPENINGS = 20


class IncompatibleError(Exception):
    """An index was made by another version or with other settings: it has to be made again."""

    def __str__(self) -> str:
        return "The index was made by another version or with other settings."


# All descriptors or all memory are in use.
_MOMENTARY = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@dataclass(frozen=True, slots=True)
class Pointer:
    """The content of current.json.

    `layout` and `identity` are those of `octavo.search.index.identity`; `complete` is False during
    a first build.
    """

    layout: str
    identity: str
    folder: str
    generation: int
    checksum: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Generation:
    """One state of the index: its segments with their deletions, in the order of documents."""

    pointer: Pointer
    listed: tuple[ArraySegment, ...]
    segments: tuple[Segment, ...]


class Storage:
    """Reads and replaces the current index; new ones get the given `identity`."""

    def __init__(self, root: Path, schema: Any, identity: str) -> None:
        self.root = root
        self.schema = schema
        self.identity = identity
        self._open: dict[Path, Segment] = {}

    # Reading

    def stamp(self) -> tuple[int, int, int] | None:
        """Return a value that differs after each change of current.json; None without that file."""
        try:
            found = os.stat(self.root / POINTER)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def pointer(self) -> Pointer | None:
        """Return the content of current.json; None where there is no index.

        Raises IncompatibleError where the files of the index have another layout, DamagedIndexError
        where current.json is not what was written, OSError where no file can be opened now.
        """
        try:
            data = json.loads((self.root / POINTER).read_bytes())
            if isinstance(data, dict) and data.get("layout") != layout():
                raise IncompatibleError
            pointer = Pointer(**data)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError, OSError) as error:
            if _is_momentary(error):
                raise
            raise DamagedIndexError(f"{POINTER} cannot be read: {error}.") from error
        if not isinstance(pointer.folder, str) or not _FOLDER.fullmatch(pointer.folder):
            raise DamagedIndexError(f"{POINTER} names the folder {pointer.folder!r}.")
        return pointer

    def has_identity(self, generation: Generation) -> bool:
        """Whether a generation has this storage's identity; another one can only be read."""
        return generation.pointer.identity == self.identity

    def current(self) -> Generation | None:
        """Return the current index, opened; None where there is none. Raises as `pointer` does."""
        for _ in range(MAX_OPENINGS):
            pointer = self.pointer()
            if pointer is None:
                return None
            try:
                return self._opened(pointer)
            except FileNotFoundError as error:
                # Otherwise a writer in another process committed and swept meanwhile.
                if self.pointer() == pointer:
                    raise DamagedIndexError(f"{error.filename} is missing.") from error
        raise DamagedIndexError("The index changes faster than it can be read.")

    def _opened(self, pointer: Pointer) -> Generation:
        folder = self.root / pointer.folder
        try:
            _check_owner(folder)
            data = (folder / _toc_name(pointer.generation)).read_bytes()
            if zlib.crc32(data) != pointer.checksum:
                raise DamagedIndexError("The table of contents was changed after it was written.")
            toc = TOC.read(
                FileStorage(str(folder)), NAME, gen=pointer.generation, schema=self.schema
            )
            listed = tuple(toc.segments)
            segments = tuple(self._segment(folder / segment.filename()) for segment in listed)
        except (FileNotFoundError, DamagedIndexError):
            raise
        # The table of contents is a pickle: there is no telling what a wrong one raises.
        except Exception as error:
            if _is_momentary(error):
                raise
            raise DamagedIndexError(f"The table of contents cannot be read: {error!r}.") from error
        if [one.doc_count_all() for one in listed] != [segment.size for segment in segments]:
            raise DamagedIndexError("The table of contents does not fit the segments.")
        return Generation(pointer, listed, segments)

    def _segment(self, path: Path) -> Segment:
        """Return the segment in a file, which is checked when it is opened for the first time."""
        segment = self._open.get(path)
        if segment is None or not segment.file.is_at(path):
            segment = Segment(path)
            segment.file.check()
            self._open[path] = segment
        return segment

    # Writing

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Hold the writer's lock, and yield whether it is held: another process may have it.

        Raises OSError where the folder cannot be written.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(self.root / "lock"))
        held = bool(lock.acquire())
        try:
            yield held
        finally:
            if held:
                lock.release()

    def begin(self) -> Generation:
        """Return an empty index in a new folder, which is not current yet."""
        name = f"index-{secrets.token_hex(6)}"
        (self.root / name).mkdir(mode=0o700)
        return Generation(Pointer(layout(), self.identity, name, 0, 0, False), (), ())

    def new_segment(self, generation: Generation) -> tuple[ArraySegment, Path]:
        """Return one more segment with a new name, and the path of its file."""
        listed = ArraySegment(NAME)
        return listed, self.root / generation.pointer.folder / listed.filename()

    def commit(
        self, before: Generation, listed: Sequence[ArraySegment], *, complete: bool
    ) -> Generation:
        """Return a generation with the listed segments; it is not current yet."""
        folder = self.root / before.pointer.folder
        number = before.pointer.generation + 1
        # What a killed writer left would be in the way of the new table of contents.
        with suppress(FileNotFoundError):
            (folder / _toc_name(number)).unlink()
        TOC(self.schema, list(listed), number).write(FileStorage(str(folder)), NAME)
        checksum = zlib.crc32((folder / _toc_name(number)).read_bytes())
        pointer = replace(before.pointer, generation=number, checksum=checksum, complete=complete)
        segments = tuple(self._written(folder / segment.filename()) for segment in listed)
        return Generation(pointer, tuple(listed), segments)

    def _written(self, path: Path) -> Segment:
        # A file that was written here a moment ago needs no check.
        if path not in self._open:
            self._open[path] = Segment(path)
        return self._open[path]

    def publish(self, generation: Generation) -> None:
        """Make a generation current, and remove what is no longer needed."""
        write_whole(self.root / POINTER, json.dumps(asdict(generation.pointer)).encode("utf-8"))
        self.sweep(generation)

    def sweep(self, generation: Generation) -> None:
        """Remove files and folders that do not belong to the current generation."""
        folder = self.root / generation.pointer.folder
        kept = {
            _toc_name(generation.pointer.generation),
            *(s.filename() for s in generation.listed),
        }
        for entry in _entries(folder):
            if entry.name not in kept:
                with suppress(OSError):
                    entry.unlink()
        for entry in _entries(self.root):
            if _FOLDER.fullmatch(entry.name) and entry.name != folder.name:
                shutil.rmtree(entry, ignore_errors=True)
        current = {folder / name for name in kept}
        self._open = {path: segment for path, segment in self._open.items() if path in current}


def _toc_name(generation: int) -> str:
    return str(TOC._filename(NAME, generation))


def _entries(folder: Path) -> Iterable[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return ()


def _is_momentary(error: Exception) -> bool:
    """Whether an error tells of the process or the system, and nothing of the file."""
    return isinstance(error, OSError) and error.errno in _MOMENTARY


def _check_owner(folder: Path) -> None:
    """Raise DamagedIndexError where others may have put pickles into the index folder.

    Nothing tells that on Windows, where files have access lists and no such owners.
    """
    if sys.platform != "win32":
        found = folder.stat()
        if found.st_uid not in (0, os.geteuid()) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise DamagedIndexError(
                f"{folder.name} can be written by others, so it is not trusted."
            )
