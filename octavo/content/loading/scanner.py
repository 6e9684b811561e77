"""The scanner: which files of posts/ there are, by the stamps that show a change.

What is there but cannot be looked at counts as unchanged, and so does everything while most of the
writing is gone at one look (see DeletionGuard).
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.catalogue import Entry
from octavo.content.errors import Mark, Problem
from octavo.content.files.deletion_guard import DeletionGuard
from octavo.content.files.reading import OutsideError, PostsRoot, Stamp, read, stamp_of
from octavo.content.files.walk import ROOT, is_content, is_looked_at, walk
from octavo.content.loading.limits import MAX_LIMIT_CHARACTERS, FolderLimit, limit_of_file

# A scan that is in no hurry lets other threads run after so many files, for so long; seconds.
_FILES_AT_A_TIME = 100
_BREATH = 0.001


class Inventory(NamedTuple):
    """The stamps of texts and of other files by path, and the problems of the walk.

    `limits` are what files of data say about all texts of their folders.
    """

    texts: dict[str, Stamp]
    assets: dict[str, Stamp]
    problems: tuple[Problem, ...]
    limits: tuple[FolderLimit, ...] = ()


class Scanner:
    """Looks at all files, or at a few. `assets` are the pictures and downloads as last seen."""

    def __init__(self, root: PostsRoot, guard: DeletionGuard) -> None:
        self.assets: dict[str, Stamp] = {}
        self._root = root
        self._guard = guard

    @property
    def suspected_loss(self) -> str:
        """Why texts whose files are gone count as unchanged, in words; '' where they do not."""
        return self._guard.reason

    def scan(self, known: Mapping[str, Entry], *, unhurried: bool = False) -> Inventory:
        """Return what a walk over all files sees; `known` are the texts of the last look.

        `assets` stay as they are. With `unhurried` it lets other threads run in between.
        """
        texts: dict[str, Stamp] = {}
        assets: dict[str, Stamp] = {}
        problems: list[Problem] = []
        unseen: list[str] = []
        of_folders: list[str] = []
        files = walk(self._root, problems, unseen, of_folders)
        for number, (path, status) in enumerate(files, 1):
            if unhurried and number % _FILES_AT_A_TIME == 0:
                time.sleep(_BREATH)
            found = assets if path.lower().endswith(ASSET_SUFFIXES) else texts
            found[path] = stamp_of(status)
        # In one step each, since another thread may add some.
        entries = list(known.items())
        last_assets = self.assets.copy()
        if unseen:
            texts.update((path, entry.stamp) for path, entry in entries if _is_in(path, unseen))
            assets.update(item for item in last_assets.items() if _is_in(item[0], unseen))
        if self._guard.blocks(len(entries), max(0, len(entries) - len(texts))):
            texts = {**{path: entry.stamp for path, entry in entries}, **texts}
            assets = {**last_assets, **assets}
            cure = "Put the files back, or withdraw them by `flask posts withdraw`."
            problems = [problem for problem in problems if problem.mark.path != ROOT]
            problems.append(Problem(Mark(ROOT), self._guard.reason, cure))
        return Inventory(texts, assets, tuple(sorted(problems)), self._limits(of_folders))

    def _limits(self, paths: Iterable[str]) -> tuple[FolderLimit, ...]:
        limits = []
        for path in sorted(paths):
            with contextlib.suppress(OSError):
                data, _ = read(self._root.file(path), MAX_LIMIT_CHARACTERS)
                limits.append(limit_of_file(path, data.decode("utf-8", "replace")))
        return tuple(filter(None, limits))

    def look(self, paths: Iterable[str], known: Mapping[str, Entry]) -> dict[str, Stamp]:
        """Return the stamps of the texts that are at some paths, and take over those of assets.

        `known` are the texts of the last look.
        """
        texts: dict[str, Stamp] = {}
        assets = dict(self.assets)
        gone: dict[str, Stamp] = {}
        for path in paths:
            stamp = self._stamp(path, known)
            if stamp is None:
                assets.pop(path, None)
                if path in known:
                    gone[path] = known[path].stamp
            elif path.lower().endswith(ASSET_SUFFIXES):
                if is_looked_at(path):
                    assets[path] = stamp
            elif is_content(path):
                texts[path] = stamp
        new = sum(path not in known for path in texts)
        # While the last good state stays, only a look at all files ends that.
        is_held = bool(gone) and self.suspected_loss != ""
        if is_held or (gone and self._guard.blocks(len(known), max(0, len(gone) - new))):
            return {**gone, **texts}
        self.assets = assets
        return texts

    def _stamp(self, path: str, known: Mapping[str, Entry]) -> Stamp | None:
        """Return the stamp of the file at a path; None where there is none, or no regular one."""
        try:
            self._root.resolve(path)
            status = os.stat(self._root.path / path)
        except (FileNotFoundError, NotADirectoryError, OutsideError):
            return None
        except OSError:
            # It may be there: the look at all files tells its writer.
            if path in known:
                return known[path].stamp
            return self.assets.get(path)
        if not stat.S_ISREG(status.st_mode):
            return None
        return stamp_of(status)


def _is_in(path: str, unseen: Iterable[str]) -> bool:
    """Whether a file, or a folder above it, is among those that could not be looked at.

    Folders end with a slash.
    """
    return any(path == each or (each[-1] == "/" and path.startswith(each)) for each in unseen)
