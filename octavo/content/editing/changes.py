"""Changes to posts/ that are planned, shown as a diff, and then made whole or not at all.

This is the only module through which anything is written into posts/.
"""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from octavo.content.files.reading import PostsRoot
from octavo.content.files.writing import write_whole


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
        """Write and move everything; on an error, and when it is interrupted, all is put back.

        A file that has changed since it was planned, or a target that is there, ends it before
        anything is written. Raises ChangeError.
        """
        self._look_again()
        undo: list[Rewrite | Relocation | Copy] = []
        try:
            for rewrite in self.rewrites.values():
                self._write(rewrite.path, rewrite.after, is_new=rewrite.before is None)
                undo.append(rewrite)
            for copy in self.copies:
                self._write(copy.target, copy.source.read_bytes(), is_new=True)
                undo.append(copy)
            for move in self.moves:
                target = self.root.path / move.target
                target.parent.mkdir(parents=True, exist_ok=True)
                (self.root.path / move.source).rename(target)
                undo.append(move)
        except (OSError, KeyboardInterrupt) as error:
            for step in reversed(undo):
                self._take_back(step)
            cause = str(error) or "it was interrupted"
            raise ChangeError(f"Nothing was changed: {cause}.") from None

    def _look_again(self) -> None:
        for rewrite in self.rewrites.values():
            now: bytes | None
            try:
                now = self.root.file(rewrite.path).read_bytes()
            except FileNotFoundError:
                now = None
            except OSError as error:
                raise ChangeError(f"Nothing was changed: {rewrite.path}: {error}.") from None
            if now != rewrite.before:
                what = "is there already" if rewrite.before is None else "has changed meanwhile"
                raise ChangeError(f"Nothing was changed: {rewrite.path} {what}.")
        targets = [move.target for move in self.moves]
        targets.extend(copy.target for copy in self.copies)
        for target in targets:
            if os.path.lexists(self.root.path / target):
                raise ChangeError(f"Nothing was changed: {target} is there already.")

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
        write_whole(target, data, stat.S_IMODE(target.stat().st_mode))

    def _take_back(self, step: Rewrite | Relocation | Copy) -> None:
        with suppress(OSError):
            if isinstance(step, Copy):
                (self.root.path / step.target).unlink()
                return
            if isinstance(step, Relocation):
                (self.root.path / step.target).rename(self.root.path / step.source)
            elif step.before is None:
                (self.root.path / step.path).unlink()
            else:
                self._write(step.path, step.before, is_new=False)
