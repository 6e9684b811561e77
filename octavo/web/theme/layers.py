"""Folders of files that stand over one another: those of the site over those of the theme."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

# What names a file that another one stands over: `theme:base.html` in the site's own `base.html`.
BELOW = "theme:"
# A folder that has lost all its files is taken to be in the middle of a replacement for so long;
# seconds.
MAX_AWAY_SECONDS = 5.0


class SeenFile(NamedTuple):
    """A file as it was when it was looked at: modification time in ns, size in bytes."""

    path: str
    mtime_ns: int
    size: int


class Layers:
    """The files of several folders by name; of one name, the first folder's stands over all."""

    def __init__(self, folders: Sequence[Path], patience: float = MAX_AWAY_SECONDS) -> None:
        """Stand `folders` over one another, the first on top.

        A folder that loses all its files keeps them for `patience` seconds.
        """
        self.folders = tuple(folders)
        self._patience = patience
        # What each folder held when it was last seen with files, and since when it has none.
        self._held: dict[Path, Mapping[str, SeenFile]] = {}
        self._empty_since: dict[Path, float] = {}

    def look(self) -> dict[str, SeenFile]:
        """Return the files by name, those below others by their names with BELOW in front.

        `theme:NAME` is the file that is left when the first folder is taken away,
        `theme:theme:NAME` when the first two are.
        """
        found: dict[str, SeenFile] = {}
        layers = [self._files_of(folder) for folder in self.folders]
        for depth in range(len(layers)):
            for layer in reversed(layers[depth:]):
                found |= {f"{BELOW * depth}{name}": file for name, file in layer.items()}
        return found

    def _files_of(self, folder: Path) -> Mapping[str, SeenFile]:
        files = _files_below(folder)
        if files:
            self._held[folder] = files
            self._empty_since.pop(folder, None)
            return files
        since = self._empty_since.setdefault(folder, time.monotonic())
        if time.monotonic() - since >= self._patience:
            self._held.pop(folder, None)
        return self._held.get(folder, files)


def _files_below(folder: Path) -> dict[str, SeenFile]:
    """Return the files of a folder by their paths in it.

    Names that begin with a dot or end with a tilde are backups, swap files and the like.
    """
    found = {}
    start = len(os.path.join(folder, ""))
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." or name == ".well-known"]
        for name in names:
            if name[0] == "." or name[-1] == "~":
                continue
            path = os.path.join(parent, name)
            with suppress(FileNotFoundError):
                status = os.stat(path)
                if stat.S_ISREG(status.st_mode):
                    key = path[start:].replace(os.sep, "/")
                    found[key] = SeenFile(path, status.st_mtime_ns, status.st_size)
    return found
