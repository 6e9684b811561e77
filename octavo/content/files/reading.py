"""Files of the writing: opened below its root, and read without blocking or seeing half of a save.

Whoever may add a post must not read the machine: a symbolic link is followed where it ends below
the root, or below a folder that the operator has named.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import stat
import sys
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from octavo.content.errors import ContentError, Mark

if sys.platform != "win32":
    import fcntl

# Windows has other flags, and needs to be told that a file is no text. Opening a pipe that took a
# file's place would block for ever without O_NONBLOCK.
_FILE = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOFOLLOW"):
    _FILE |= getattr(os, _name, 0)
_FOLDER = getattr(os, "O_PATH", 0)
for _name in ("O_DIRECTORY", "O_CLOEXEC"):
    _FOLDER |= getattr(os, _name, 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# What systems answer where O_NOFOLLOW meets a link.
_MET_A_LINK = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
# Without it (Windows) a link that is exchanged in the very moment of opening is followed.
_OPENS_BY_STEPS = os.open in os.supports_dir_fd and _NO_LINK != 0

# A file that no program has open for writing may be opened again at once by the one that saves it;
# seconds.
BRIEFLY = 0.008
# What neither HTML nor the XML of feeds may hold; tabs and line ends may stay.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# Of ASCII: a table takes a quarter of the time of a search.
_ASCII_CONTROL = {code: None for code in range(128) if _CONTROL.match(chr(code))}


class OutsideError(OSError):
    """A symbolic link leads out of the posts; `target` is where it leads."""

    def __init__(self, target: str) -> None:
        super().__init__(errno.EACCES, "A symbolic link leads out of the posts")
        self.target = target


class PublicFile(Protocol):
    """A file that readers may get: a RootedFile, or a `Path` in a folder of the operator's."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        ...

    def __hash__(self) -> int: ...

    def stat(self) -> os.stat_result:
        """Return its status. Raises OSError."""
        ...

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """Return it open for reading. Raises OSError."""
        ...

    def read_bytes(self) -> bytes:
        """Return its content. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True)
class PostsRoot:
    """The folder of the writing, and the folders that links in it may lead to on purpose."""

    path: Path
    linked: tuple[Path, ...] = ()

    def file(self, path: str) -> RootedFile:
        """Return the file at a path below the root, whether it is there or not."""
        return RootedFile(self, path)

    def resolve(self, path: str) -> tuple[str, str]:
        """Return the allowed folder in which a path ends, and the path below it, without links.

        Raises OutsideError where it ends in none.
        """
        target = os.path.realpath(self.path / path)
        for folder in (self.path, *self.linked):
            root = os.path.realpath(folder)
            if target == root or target.startswith(f"{root.rstrip(os.sep)}{os.sep}"):
                return root, os.path.relpath(target, root).replace(os.sep, "/")
        raise OutsideError(target)

    def open(self, path: str) -> FileIO:
        """Return a file open for reading, without blocking.

        It is below the root even where somebody replaces a folder by a link meanwhile. Raises
        OutsideError for a link that leads out, OSError where the file cannot be read or is not
        a regular one.
        """
        if not _OPENS_BY_STEPS:
            return _regular(_opened(*self.resolve(path)))
        try:
            return _regular(_opened(os.fspath(self.path), path))
        except OSError as error:
            if error.errno not in _MET_A_LINK:
                raise
        return _regular(_opened(*self.resolve(path)))


@dataclass(frozen=True, slots=True)
class RootedFile:
    """A file below the root of the writing; each opening looks again where its path leads."""

    root: PostsRoot
    path: str

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    def stat(self) -> os.stat_result:
        """Return the status of the file that its path leads to. Raises OSError."""
        return os.stat(f"{self.root.path}/{self.path}")

    def is_file(self) -> bool:
        """Whether it can be opened."""
        try:
            self.open().close()
        except OSError:
            return False
        return True

    def open(self, mode: Literal["rb"] = "rb", /) -> FileIO:
        """Return it open for reading, as `PostsRoot.open` does."""
        return self.root.open(self.path)

    def read_bytes(self) -> bytes:
        """Return its content. Raises OutsideError or OSError."""
        with self.open() as file:
            return file.read()


def _opened(root: str, path: str) -> int:
    """Return a descriptor of the file at a path below `root` that no link takes part in."""
    *folders, name = path.split("/")
    if ".." in folders or path.startswith("/"):
        raise OutsideError(path)
    if not _OPENS_BY_STEPS or not folders:
        return os.open(f"{root}/{path}", _FILE)
    parent = os.open(root, _FOLDER)
    try:
        for folder in folders:
            inner = os.open(folder, _FOLDER | _NO_LINK, dir_fd=parent)
            os.close(parent)
            parent = inner
        return os.open(name, _FILE, dir_fd=parent)
    finally:
        os.close(parent)


def _regular(descriptor: int) -> FileIO:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "It is not a file")
    return os.fdopen(descriptor, "rb", buffering=0)


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
        mark = Mark.in_text(path, text, at)
        raise ContentError(mark, "The file holds a NUL character.", "Save it as plain UTF-8 text.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def without_controls(text: str) -> str:
    """Return a text without the control characters that neither HTML nor XML may hold."""
    if text.isascii():
        return text.translate(_ASCII_CONTROL)
    return _CONTROL.sub("", text)


def _has_writer(descriptor: int) -> bool | None:
    """Whether another program has the file open for writing; None where that cannot be known.

    Linux refuses a read lease then: https://man7.org/linux/man-pages/man2/fcntl.2.html. It cannot
    be known for another user's file, on a network file system, on another operating system.
    """
    if sys.platform == "linux":
        # Another program that opens the file while the lease is held is announced by SIGIO, which
        # would kill this process; SIGURG is ignored.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
            try:
                fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            except BlockingIOError:
                return True
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            return False
    return None
