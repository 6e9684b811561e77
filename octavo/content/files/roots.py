"""The root of the writing: files are opened below it, and a symbolic link leads nowhere else.

Whoever may add a post must not read the machine. A link is followed where it ends below the root,
or below a folder that the operator has named.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

# Windows has other flags, and needs to be told that a file is no text. Opening a pipe that took a
# file's place would block for ever without O_NONBLOCK.
_FILE = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOFOLLOW"):
    _FILE |= getattr(os, _name, 0)
_FOLDER = getattr(os, "O_PATH", 0)
for _name in ("O_DIRECTORY", "O_CLOEXEC"):
    _FOLDER |= getattr(os, _name, 0)
# What systems answer where O_NOFOLLOW meets a link.
_MET_A_LINK = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
# Without it (Windows) a link that is exchanged in the very moment of opening is followed.
_OPENS_BY_STEPS = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


class OutsideError(OSError):
    """A symbolic link leads out of the posts; `target` is where it leads."""

    def __init__(self, target: str) -> None:
        super().__init__(errno.EACCES, "A symbolic link leads out of the posts")
        self.target = target


class PublicFile(Protocol):
    """A file that readers may get; a `Path` is one, where its folder is the operator's own."""

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

        No link that is put there meanwhile leads out. Raises OutsideError, and OSError where it
        cannot be read or is not a regular file.
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
            inner = os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
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
