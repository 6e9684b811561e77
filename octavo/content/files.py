"""The files below posts/: which are there, and their bytes, without ever waiting for one or reading
half a save.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from octavo.content.errors import Mark, Problem
from octavo.content.images import SUFFIXES
from octavo.content.markdown.dialects import MDX_SUFFIX
from octavo.content.parse import AUTHORS, PAGES

# How the folder itself is named among its problems.
ROOT = "."
MARKDOWN = (".md", ".markdown", MDX_SUFFIX)
# A file that no program has open for writing may be opened again at once by the one that saves it;
# seconds.
BRIEFLY = 0.008


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a look at a file costs nothing to know: the time of its last change in nanoseconds, and
    size in bytes.

    The later one of modification and status change counts: a copy may keep the former, permissions
    move the latter.
    """

    mtime: int
    size: int


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file's status."""
    return Stamp(max(status.st_mtime_ns, status.st_ctime_ns), status.st_size)


def is_content(path: str) -> bool:
    """Whether a path below posts/ is a post's, a page's or an author's file, by its name alone."""
    if not path.lower().endswith(MARKDOWN):
        return False
    inner = path.removeprefix(PAGES).removeprefix(AUTHORS)
    return not any(part[0] in "_." for part in inner.split("/") if part)


def walk(folder: Path, problems: list[Problem]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every post and picture below `folder` as relative path and status; what cannot be one
    is a problem.
    """
    stack = [""]
    entered: set[str] = set()
    while stack:
        prefix = stack.pop()
        try:
            with os.scandir(folder / prefix) as found:
                entries = list(found)
        except OSError as error:
            problems.append(_unreadable(folder, prefix, error))
            continue
        for entry in entries:
            name = entry.name
            path = prefix + name
            if name[0] == "." or (name[0] == "_" and f"{path}/" not in (PAGES, AUTHORS)):
                continue
            lower = name.lower()
            if lower.endswith(MARKDOWN) or lower.endswith(SUFFIXES):
                if (status := _status(entry, path, problems)) is not None:
                    yield path, status
            elif entry.is_dir():
                if entry.is_symlink() and not _first_visit(entry, entered):
                    continue
                stack.append(f"{path}/")


def _unreadable(folder: Path, prefix: str, error: OSError) -> Problem:
    if prefix:
        return Problem(
            Mark(prefix), f"The folder cannot be read: {error.strerror}.", "Check its permissions."
        )
    cause = f"The folder {folder} cannot be read: {error.strerror}."
    return Problem(
        Mark(ROOT), cause, "Put it there, check its permissions, or mend the setting `posts_dir`."
    )


def _first_visit(entry: os.DirEntry[str], entered: set[str]) -> bool:
    """Whether a linked folder is new to this walk; a link to a folder that holds the link itself
    would never end.
    """
    target = os.path.realpath(entry.path)
    here = os.path.realpath(os.path.dirname(entry.path))
    if target in entered or f"{here}/".startswith(f"{target}/"):
        return False
    entered.add(target)
    return True


def _status(entry: os.DirEntry[str], path: str, problems: list[Problem]) -> os.stat_result | None:
    try:
        status = entry.stat()
    except OSError as error:
        problems.append(
            Problem(
                Mark(_shown(path)),
                f"The file cannot be read: {error.strerror}.",
                "Mend or delete the link.",
            )
        )
        return None
    if not stat.S_ISREG(status.st_mode):
        problems.append(
            Problem(
                Mark(_shown(path)),
                "This is not a file.",
                "Posts are files, or folders with an index.md.",
            )
        )
        return None
    if _shown(path) != path:
        problems.append(Problem(Mark(_shown(path)), "The file's name is not UTF-8.", "Rename it."))
        return None
    return status


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def read(path: Path, limit: int) -> tuple[bytes, Stamp]:
    """Return a file's first bytes, one more than `limit` at most, and its stamp. Raises OSError;
    never blocks.
    """
    with _open(path) as file:
        return file.read(limit + 1), stamp_of(os.fstat(file.fileno()))


def read_settled(path: Path, stamp: Stamp, age: float, settle: float) -> bytes | None:
    """Return a file's bytes, or None while it may be in the middle of a save: it differs from
    `stamp`, is open for writing, or, where that cannot be known, is younger (`age`) than `settle`,
    both in seconds. 0 takes it as it is.
    """
    if age < min(settle, BRIEFLY):
        return None
    with _open(path) as file:
        data = file.read(stamp.size + 1)
        if stamp_of(os.fstat(file.fileno())) != stamp or len(data) != stamp.size:
            return None
        has_writer = _has_writer(file.fileno()) if settle else False
    if has_writer:
        return None
    # An empty file may have been emptied by a program that opens it once more to write.
    return data if age >= settle or (has_writer is False and data) else None


def _open(path: Path) -> FileIO:
    # A pipe that took a file's place would keep an open that waits, waiting for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "It is not a file")
    return os.fdopen(descriptor, "rb", buffering=0)


def _has_writer(descriptor: int) -> bool | None:
    """Whether another program has the file open for writing: Linux refuses a read lease then
    (fcntl(2)).

    None where that cannot be known: another user's file, a network file system, another operating
    system.
    """
    if sys.platform != "linux":
        return None
    try:
        # A writer that comes while the lease is held would be announced by SIGIO, which kills;
        # SIGURG is ignored.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
