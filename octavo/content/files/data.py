"""The data files of a site: `data/*.yaml`, `.toml`, `.json` and `.csv`, for its templates."""

from __future__ import annotations

import csv
import json
import logging
import tomllib
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from octavo.content.frontmatter.values import to_plain

log = logging.getLogger("octavo")

# A larger file is told, and not read; bytes.
MAX_DATA_BYTES = 5_000_000


def _rows(text: str) -> list[dict[str, str]]:
    """Return the lines of a CSV file by the names in its first line."""
    return [dict(row) for row in csv.DictReader(StringIO(text))]


# How a file is read, by the end of its name; a new format is a row here.
READERS: Mapping[str, Callable[[str], Any]] = {
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".csv": _rows,
}


class DataFiles:
    """The data files of one folder by their names without suffix, read again when they change.

    A file that cannot be read is told, and stays as it was.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._read: dict[Path, Any] = {}
        # All data; another object after each change.
        self.by_name: Mapping[str, Any] = {}
        self.look()

    def look(self) -> None:
        """Read the files that have changed since the last look."""
        stamps = {path: stamp for path in self._files() if (stamp := _stamp(path)) is not None}
        if stamps == self._stamps:
            return
        for path in stamps:
            if stamps[path] != self._stamps.get(path):
                self._take(path, stamps[path][1])
        self._stamps = stamps
        self._read = {path: value for path, value in self._read.items() if path in stamps}
        self.by_name = {path.stem: value for path, value in sorted(self._read.items())}

    def _files(self) -> list[Path]:
        return [path for path in self._folder.glob("*") if path.suffix.lower() in READERS]

    def _take(self, path: Path, size: int) -> None:
        shown = f"{self._folder.name}/{path.name}"
        try:
            if size > MAX_DATA_BYTES:
                raise ValueError(f"it has {size:,} bytes; the limit is {MAX_DATA_BYTES:,}")
            text = path.read_text("utf-8-sig")
            value = to_plain(READERS[path.suffix.lower()](text))
            # What pages show is of the kinds that JSON has.
            self._read[path] = json.loads(json.dumps(value))
        except (ValueError, TypeError, RecursionError, OSError, csv.Error, yaml.YAMLError) as error:
            cause = " ".join(str(error).split())
            log.error(
                "%s cannot be read: %s. Mend it; until then it stays as before.", shown, cause
            )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
