"""Reading the bytes of one file, without blocking and without seeing half of a save; its text."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass

from octavo.content.errors import ContentError, Mark
from octavo.content.files.roots import RootedFile

if sys.platform != "win32":
    import fcntl

# A file that no program has open for writing may be opened again at once by the one that saves it;
# seconds.
BRIEFLY = 0.008


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time of a file's last change in nanoseconds, and its size in bytes.

    The later of the times of modification and of status change counts: a copied file may keep the
    first, and changed permissions move the second.
    """

    mtime: int
    size: int


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of what `stat` says about a file."""
    return Stamp(max(status.st_mtime_ns, status.st_ctime_ns), status.st_size)


def read(source: RootedFile, limit: int) -> tuple[bytes, Stamp]:
    """Return a file's first bytes, at most one more than `limit`, and its stamp.

    Never blocks. Raises OSError where the file cannot be read or is not a regular one.
    """
    with source.open() as file:
        return file.read(limit + 1), stamp_of(os.fstat(file.fileno()))


def read_settled(source: RootedFile, stamp: Stamp, age: float, settle: float) -> bytes | None:
    """Return a file's bytes, or None while it may be in the middle of a save.

    It may be while it differs from `stamp`, is open for writing, or, where that cannot be known, is
    younger (`age`) than `settle`, both in seconds. With a `settle` of 0 it is read as it is. Raises
    OSError as `read` does.
    """
    if age < min(settle, BRIEFLY):
        return None
    with source.open() as file:
        data = file.read(stamp.size + 1)
        if stamp_of(os.fstat(file.fileno())) != stamp or len(data) != stamp.size:
            return None
        has_writer = bool(settle) and _has_writer(file.fileno())
    if has_writer:
        return None
    # An empty file may have been emptied by a program that opens it once more to write.
    if age >= settle or (has_writer is False and data):
        return data
    return None


def decode(data: bytes, path: str) -> str:
    """Return a file's text with every line end as a line feed.

    Raises ContentError for anything but UTF-8 (with or without a byte order mark) and for NUL
    bytes.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ContentError(Mark(path, 1, 1), "The file is UTF-16.", "Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        cause = f"The byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8."
        raise ContentError(Mark(path, line, column), cause, "Save the file as UTF-8.") from None
    if "\0" in text:
        at = text.index("\0")
        mark = Mark(path, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        raise ContentError(mark, "The file holds a NUL character.", "Save it as plain UTF-8 text.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _has_writer(descriptor: int) -> bool | None:
    """Whether another program has the file open for writing; None where that cannot be known.

    Linux refuses a read lease then: https://man7.org/linux/man-pages/man2/fcntl.2.html. It cannot
    be known for another user's file, on a network file system, on another operating system.
    """
    if sys.platform != "linux":
        return None
    try:
        # Another program that opens the file while the lease is held is announced by SIGIO, which
        # would kill this process; SIGURG is ignored.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
