"""Files of named numpy arrays: written once from front to back, then read in pieces."""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MAGIC = b"OCTAVO01"
# CRC-32 of all before the footer, where the directory begins, MAGIC.
_FOOTER = struct.Struct("<IQ8s")
# Bytes that are read at a time where a whole file is checked.
_CHUNK = 1 << 20


if sys.platform == "win32":
    _positioning = threading.Lock()

    def _read_at(descriptor: int, length: int, start: int) -> bytes:
        with _positioning:
            os.lseek(descriptor, start, os.SEEK_SET)
            return os.read(descriptor, length)
else:
    _read_at = os.pread


class DamagedIndexError(Exception):
    """A file of the index is damaged: the index must be made again."""


class ArrayWriter:
    """Writes a file of arrays, and at its end the directory of names and a checksum."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._directory: dict[str, tuple[str, int, int]] = {}
        self._position = 0
        self._crc = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()

    def add(self, name: str, array: Array) -> None:
        """Write one array of one dimension under `name`."""
        self.stream(name, array.dtype, (array,))

    def stream(self, name: str, dtype: npt.DTypeLike, chunks: Iterable[Array]) -> None:
        """Write one array of one dimension under `name`, piece by piece."""
        kind = np.dtype(dtype)
        start = self._position
        count = 0
        for chunk in chunks:
            self._write(np.ascontiguousarray(chunk, kind).view(np.uint8).data)
            count += len(chunk)
        self._directory[name] = (kind.str, start, count)

    def _write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._crc = zlib.crc32(data, self._crc)
        self._position += len(data)

    def _finish(self) -> None:
        start = self._position
        self._write(json.dumps(self._directory).encode())
        self._file.write(_FOOTER.pack(self._crc, start, MAGIC))


class ArrayFile:
    """A file of arrays, open for reading by any number of threads.

    With `memory` the bytes are taken from there, and `path` is only a name.

    Raises DamagedIndexError where the file is not whole.
    """

    # Reads by position instead of mapping the file into memory: a file that somebody truncates is
    # then an error here, and not the end of the process.

    def __init__(self, path: Path, memory: bytes | None = None) -> None:
        self.path = path
        self._memory = memory
        self._descriptor = -1
        if memory is None:
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            self._signature = self._read_signature()
            self.size = self._signature[0]
            self._directory = self._read_directory()
        except BaseException:
            self.close()
            raise

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; this happens by itself when the last reader is gone."""
        # There is none yet where opening the file failed.
        descriptor = getattr(self, "_descriptor", -1)
        self._descriptor = -1
        if descriptor >= 0:
            os.close(descriptor)

    def _read_directory(self) -> dict[str, tuple[np.dtype[Any], int, int]]:
        if self.size < _FOOTER.size:
            raise DamagedIndexError(f"{self.path.name} is {self.size} bytes long.")
        end = self.size - _FOOTER.size
        self._crc, start, magic = _FOOTER.unpack(self._bytes(end, _FOOTER.size))
        if magic != MAGIC or start > end:
            raise DamagedIndexError(f"{self.path.name} does not end as it was written.")
        try:
            listed = json.loads(self._bytes(start, end - start))
            return {name: (np.dtype(kind), at, count) for name, (kind, at, count) in listed.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise DamagedIndexError(f"{self.path.name} has no directory: {error}.") from error

    def _bytes(self, start: int, length: int) -> bytes:
        if self._memory is not None:
            return self._memory[start : start + length]
        data = _read_at(self._descriptor, length, start)
        if len(data) != length:
            raise DamagedIndexError(f"{self.path.name} ends before byte {start + length}.")
        return data

    def __contains__(self, name: str) -> bool:
        return name in self._directory

    def names(self) -> Iterable[str]:
        """The names of the arrays."""
        return self._directory.keys()

    def _entry(self, name: str) -> tuple[np.dtype[Any], int, int]:
        try:
            return self._directory[name]
        except KeyError:
            raise DamagedIndexError(f"{self.path.name} has no {name}.") from None

    def length(self, name: str) -> int:
        """Return the number of items of the array `name`."""
        return self._entry(name)[2]

    def dtype(self, name: str) -> np.dtype[Any]:
        """Return the type of the items of the array `name`."""
        return self._entry(name)[0]

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return items `start` to `stop` of the array `name`, read-only."""
        kind, at, count = self._entry(name)
        if stop is None:
            stop = count
        if not 0 <= start <= stop <= count:
            raise self._too_short(name, start, stop)
        if start == stop:
            return np.empty(0, kind)
        size = kind.itemsize
        return np.frombuffer(self._bytes(at + start * size, (stop - start) * size), kind)

    def read_parts(self, name: str, parts: Iterable[tuple[int, int]]) -> Array:
        """Return parts of the array `name` as one, read-only; each is from start to stop."""
        kind, at, count = self._entry(name)
        size = kind.itemsize
        data = []
        for start, stop in parts:
            if not 0 <= start <= stop <= count:
                raise self._too_short(name, start, stop)
            data.append(self._bytes(at + start * size, (stop - start) * size))
        return np.frombuffer(b"".join(data), kind)

    def _too_short(self, name: str, start: int, stop: int) -> DamagedIndexError:
        return DamagedIndexError(
            f"{self.path.name}: {name} has {self.length(name)} items, "
            f"{start} to {stop} were wanted."
        )

    def check(self) -> None:
        """Read the whole file once. Raises DamagedIndexError where its checksum is wrong."""
        crc = start = 0
        end = self.size - _FOOTER.size
        while start < end:
            piece = self._bytes(start, min(_CHUNK, end - start))
            crc = zlib.crc32(piece, crc)
            start += len(piece)
        if crc != self._crc:
            raise DamagedIndexError(f"{self.path.name} was changed after it was written.")

    def untouched(self) -> bool:
        """Whether the file has not been written since it was opened; it may have been deleted."""
        return self._read_signature() == self._signature

    def _read_signature(self) -> tuple[int, int]:
        if self._memory is not None:
            return len(self._memory), 0
        return _signature(os.fstat(self._descriptor))

    def is_at(self, path: Path) -> bool:
        """Whether the file at `path` is still this one, unchanged."""
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return False
        opened = os.fstat(self._descriptor)
        return found.st_ino == opened.st_ino and _signature(found) == self._signature


def _signature(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_size, stat.st_mtime_ns
