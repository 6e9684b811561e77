"""The folder of an export: its files, each written whole, and the list of them.

The list tells the files of the export from those that somebody else has put there, which are never
written or deleted.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from octavo.content.files.writing import write_whole

LISTING = ".octavo-export"
_FIRST_LINE = "Files of an export by Octavo, with their digests; other files here are left alone.\n"
# The digest of a file that is about to be written.
PLANNED = "-"


class ExportError(Exception):
    """The site cannot be exported; its text is for the operator, and tells what to do."""


def digest_of(data: bytes) -> str:
    """Return the digest by which a file is known: 32 hex characters."""
    return blake2b(data, digest_size=16).hexdigest()


class ExportFolder:
    """The files of one export. `digests` are those of the files, by their paths in the folder."""

    def __init__(self, path: Path) -> None:
        """Look at the folder. Raises ExportError where it holds something else than an export."""
        self.path = path
        self.digests: dict[str, str] = {}
        self._stamp = self.stamp()
        self._folders: set[Path] = set()
        if not os.path.lexists(path):
            return
        if not path.is_dir():
            raise ExportError(f"{path} is no folder. Name one that is empty, or not there yet.")
        try:
            listing = (path / LISTING).read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            if any(path.iterdir()):
                raise ExportError(
                    f"{path} is not empty, and no export: nothing in it is touched. "
                    "Name a folder that is empty, or not there yet."
                ) from None
            return
        if not listing.startswith(_FIRST_LINE):
            raise ExportError(f"{path / LISTING} is not the list of an export. Delete it by hand.")
        for line in listing.splitlines()[1:]:
            known, _, file = line.partition(" ")
            self.digests[file] = known

    def has_changed(self) -> bool:
        """Whether another export has been at work since the folder was looked at."""
        return self.stamp() != self._stamp

    def plan(self, files: Iterable[str]) -> list[str]:
        """Note the files that the export will write; return those that exist and are not its own.

        An export that is interrupted finds them as its own again.
        """
        new = [file for file in dict.fromkeys(files) if file not in self.digests]
        foreign = [file for file in new if os.path.lexists(self.path / file)]
        planned = dict.fromkeys(new, PLANNED)
        for file in foreign:
            del planned[file]
        if planned:
            self.digests |= planned
            self.save()
        return foreign

    def has(self, file: str, digest: str) -> bool:
        """Whether a file is there with a content of this digest, as it was written."""
        return self.digests.get(file) == digest and os.path.exists(self.path / file)

    def write(self, file: str, data: bytes) -> None:
        """Write a file whole. Raises ExportError where its folder leads elsewhere, or OSError."""
        path = self.path / file
        self._make(path.parent)
        write_whole(path, data)

    def _make(self, folder: Path) -> None:
        if folder in self._folders:
            return
        if folder != self.path:
            self._make(folder.parent)
            if folder.is_symlink():
                raise ExportError(f"{folder} is a link to elsewhere. Remove it, and export again.")
        folder.mkdir(parents=True, exist_ok=True)
        self._folders.add(folder)

    def keep_only(self, wanted: Collection[str]) -> int:
        """Delete the files of the export that are not wanted; return how many there were."""
        deleted = 0
        for file in [file for file in self.digests if file not in wanted]:
            del self.digests[file]
            with suppress(FileNotFoundError, NotADirectoryError):
                (self.path / file).unlink()
                deleted += 1
            folder = (self.path / file).parent
            with suppress(OSError):
                while folder != self.path:
                    # Only a folder that is empty goes.
                    folder.rmdir()
                    folder = folder.parent
        return deleted

    def save(self) -> str:
        """Write the list of all files with their digests; return the digest of the list."""
        lines = [f"{digest} {file}\n" for file, digest in sorted(self.digests.items())]
        data = "".join([_FIRST_LINE, *lines]).encode("utf-8", "surrogateescape")
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.path / LISTING, data)
        return digest_of(data)

    def stamp(self) -> str:
        """Return the digest of the list as it is on disk; '' without one."""
        with suppress(OSError):
            return digest_of((self.path / LISTING).read_bytes())
        return ""
