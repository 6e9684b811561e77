"""Changes to posts/ that are planned, shown as a diff, and then made whole or not at all.

This is the only module through which anything is written into posts/.
"""

from __future__ import annotations

import difflib
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from octavo.content.files.locks import locked
from octavo.content.files.reading import PostsRoot
from octavo.content.files.writing import write_whole

# How long another command that writes is waited for; seconds.
PATIENCE = 10.0
# What ends a command: its writer, a closed terminal, and a machine that goes down.
_ENDS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGHUP", "SIGTERM", "SIGBREAK")
    if hasattr(signal, name)
]


class ChangeError(Exception):
    """A change could not be made; nothing of it was."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One file's bytes before and after; `before` is None for a new file."""

    path: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class Relocation:
    """A file or folder and its new path, both below posts/."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A file from elsewhere, and its path below posts/."""

    source: Path
    target: str


@dataclass(slots=True)
class Changes:
    """All that one command changes: rewritten files, copies, then files and folders that move."""

    root: PostsRoot
    rewrites: dict[str, Rewrite] = field(default_factory=dict)
    moves: list[Relocation] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    _made: list[Rewrite | Relocation | Copy] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rewrites or self.moves or self.copies)

    def current(self, path: str) -> bytes:
        """Return a file's bytes as this change leaves them. Raises OSError."""
        planned = self.rewrites.get(path)
        if planned is not None:
            return planned.after
        return self.root.file(path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        """Plan new bytes for a file that is there. Raises OSError."""
        planned = self.rewrites.get(path)
        if planned is None:
            planned = Rewrite(path, self.root.file(path).read_bytes(), data)
        if planned.before != data:
            self.rewrites[path] = Rewrite(path, planned.before, data)

    def create(self, path: str, data: bytes) -> None:
        """Plan a file that is not there yet."""
        self.rewrites[path] = Rewrite(path, None, data)

    def move(self, source: str, target: str) -> None:
        """Plan that a file or a folder gets another path."""
        self.moves.append(Relocation(source, target))

    def copy(self, source: Path, target: str) -> None:
        """Plan that a file from elsewhere is copied to a path that is not there yet."""
        self.copies.append(Copy(source, target))

    def diff(self) -> Iterator[str]:
        """Yield the lines of a unified diff, and one line for each move."""
        for move in self.moves:
            yield f"move {move.source} -> {move.target}"
        for copy in self.copies:
            yield f"copy {copy.source} -> {copy.target}"
        for rewrite in self.rewrites.values():
            before = (rewrite.before or b"").decode("utf-8", "replace")
            after = rewrite.after.decode("utf-8", "replace")
            old_name = "/dev/null" if rewrite.before is None else rewrite.path
            # Line ends are no part of what is shown: an edit keeps them.
            yield from difflib.unified_diff(
                before.splitlines(), after.splitlines(), old_name, rewrite.path, lineterm="", n=1
            )

    def make(self) -> None:
        """Write and move everything. Raises ChangeError or OSError; `take_back` is for then.

        A file that has changed since it was planned, or a target that is there, is left alone.
        """
        for rewrite in self.rewrites.values():
            self._expect(rewrite.path, rewrite.before)
            self._made.append(rewrite)
            self._write(rewrite.path, rewrite.after, is_new=rewrite.before is None)
        for copy in self.copies:
            self._expect_nothing(copy.target)
            self._made.append(copy)
            self._write(copy.target, copy.source.read_bytes(), is_new=True)
        for move in self.moves:
            target = self.root.path / move.target
            target.parent.mkdir(parents=True, exist_ok=True)
            self._expect_nothing(move.target)
            self._made.append(move)
            (self.root.path / move.source).rename(target)

    def look_again(self) -> None:
        """Raise ChangeError where a file is not as it was when the changes were planned."""
        for rewrite in self.rewrites.values():
            self._expect(rewrite.path, rewrite.before)
        targets = [move.target for move in self.moves]
        targets.extend(copy.target for copy in self.copies)
        for target in targets:
            self._expect_nothing(target)

    def _expect(self, path: str, before: bytes | None) -> None:
        if before is None:
            self._expect_nothing(path)
        elif self._now(path) != before:
            raise ChangeError(f"{path} has changed meanwhile")

    def _expect_nothing(self, path: str) -> None:
        if os.path.lexists(self.root.path / path):
            raise ChangeError(f"{path} is there already")

    def _now(self, path: str) -> bytes | None:
        """Return a file's bytes; None where it is gone. Raises ChangeError."""
        try:
            return self.root.file(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ChangeError(f"{path}: {error}") from None

    def _write(self, path: str, data: bytes, *, is_new: bool) -> None:
        target = self.root.path / path
        if is_new:
            # A folder that is a link may lead out of the posts.
            self.root.resolve(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, data)
            return
        # A link stays one: the file that it leads to is written, where links may lead.
        target = Path(*self.root.resolve(path))
        write_whole(target, data, target, is_durable=True)

    def take_back(self) -> list[str]:
        """Put back what `make` has done; return the paths of what could not be put back."""
        left = []
        while self._made:
            step = self._made.pop()
            try:
                self._take_back(step)
            except (OSError, ChangeError):
                left.append(step.path if isinstance(step, Rewrite) else step.target)
        return left

    def _take_back(self, step: Rewrite | Relocation | Copy) -> None:
        if isinstance(step, Relocation):
            if os.path.lexists(self.root.path / step.target):
                self._expect_nothing(step.source)
                (self.root.path / step.target).rename(self.root.path / step.source)
        elif isinstance(step, Copy):
            if self._now(step.target) is not None:
                self._put_back(step.target, None, step.source.read_bytes())
        else:
            self._put_back(step.path, step.before, step.after)

    def _put_back(self, path: str, before: bytes | None, after: bytes) -> None:
        now = self._now(path)
        if now == before:
            # It was interrupted before it was written.
            return
        if now != after:
            raise ChangeError(f"{path} has changed since")
        if before is None:
            (self.root.path / path).unlink()
        else:
            self._write(path, before, is_new=False)


def make_all(*changes: Changes, lock: Path) -> None:
    """Make all changes, or none: on an error, and when it is interrupted, all is put back.

    `lock` is the file by which commands that write wait for each other. A file that has changed
    since it was planned, or a target that is there, ends it before anything is written. Raises
    ChangeError.
    """
    with _alone(lock), _interruptible():
        try:
            for one in changes:
                one.look_again()
            for one in changes:
                one.make()
        except (ChangeError, OSError, KeyboardInterrupt) as error:
            left = [path for one in reversed(changes) for path in one.take_back()]
            cause = str(error) or "it was interrupted"
            if left:
                raise ChangeError(f"{cause}. Not put back: {', '.join(left)}.") from None
            raise ChangeError(f"Nothing was changed: {cause}.") from None


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()
    except OSError:
        # Where nothing can be written beside the posts, each file is still looked at again.
        yield
        return
    with open(lock, "ab") as file:
        if not locked(file, PATIENCE):
            raise ChangeError("Nothing was changed: another command is writing. Try again.")
        yield


@contextmanager
def _interruptible() -> Iterator[None]:
    """Have what ends a command raise KeyboardInterrupt meanwhile, once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, _interrupt) for each in _ENDS}
    try:
        yield
    finally:
        for each, handler in before.items():
            # One that is not Python's own stays replaced.
            if handler is not None:
                signal.signal(each, handler)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    # Once is enough: what was done is to be put back without another interruption.
    for each in _ENDS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
