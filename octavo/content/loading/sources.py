"""Sources: the text of each version that is shown, in its file, in memory or in the catalogue."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Container, Iterator, Mapping
from itertools import chain, islice

from octavo.content.catalogue import Catalogue, Entry
from octavo.content.digests import digest
from octavo.content.files.reading import PostsRoot, read

# Bytes of texts that wait in memory for the catalogue; those beyond are read again for it.
MAX_WAITING_BYTES = 8_000_000
# Entries that are written in one transaction; a text that is saved meanwhile waits for its end.
MAX_ENTRIES_AT_ONCE = 100
# How often sources that no file has any more are deleted; seconds.
SWEEP_EVERY = 3_600.0


class Sources:
    """The bytes of files by their digest: in the file, in memory, or in the catalogue."""

    def __init__(self, root: PostsRoot, catalogue: Catalogue, max_bytes: int) -> None:
        """No file of more than `max_bytes` is read."""
        self._root = root
        self._catalogue = catalogue
        self._max_bytes = max_bytes
        # The text of each broken file's last good version, which no file has any more: catalogues
        # can be deleted.
        self._last_good: dict[str, bytes] = {}
        # What the catalogue has yet to keep: entries, bytes by digest, and the paths to forget.
        self._entries: dict[str, Entry] = {}
        self._waiting: dict[str, bytes] = {}
        self._gone: set[str] = set()
        self._waiting_bytes = 0
        # Whether the catalogue has sources that may be needed no more.
        self._outdated = False
        self._swept = float("-inf")

    def find(self, path: str, wanted: str) -> bytes | None:
        """Return the bytes with the digest `wanted` that the file at `path` has or had, or None."""
        with contextlib.suppress(OSError):
            data, _ = read(self._root.file(path), self._max_bytes)
            if digest(data) == wanted:
                return data
        return self._kept(path, wanted)

    def _kept(self, path: str, wanted: str) -> bytes | None:
        good = self._last_good.get(path)
        if good is not None and digest(good) == wanted:
            return good
        return self._waiting.get(wanted) or self._catalogue.source(wanted)

    def last_good(self, path: str) -> bytes | None:
        """Return the version that `hold` has kept in memory for a broken file, or None."""
        return self._last_good.get(path)

    def hold(self, path: str, good: str) -> None:
        """Keep in memory the version with the digest `good` of a broken file; nothing for ''."""
        if not good:
            return
        data = self._kept(path, good)
        if data is not None:
            self._last_good[path] = data

    def add(self, source: str, data: bytes) -> None:
        """Have the bytes of a file that was read, with the digest `source`, kept by `save_part`."""
        self._waiting_bytes += len(data)
        if self._waiting_bytes <= MAX_WAITING_BYTES:
            self._waiting[source] = data

    def apply(
        self, changed: Mapping[str, Entry], gone: Collection[str], before: Container[str]
    ) -> None:
        """Have entries kept and paths forgotten by `save_part`; `before` are the paths so far."""
        if gone or any(path in before for path in changed):
            self._outdated = True
        for path in gone:
            self._entries.pop(path, None)
            self._last_good.pop(path, None)
        for path, entry in changed.items():
            if entry.good == entry.digest:
                self._last_good.pop(path, None)
        self._entries.update(changed)
        self._gone = self._gone.difference(changed).union(gone)

    def save_part(self, entries: Mapping[str, Entry], now: float) -> bool:
        """Write some of what is new into the catalogue; return whether nothing is left to write.

        All `entries` are new where the catalogue has been lost. What the disk does not take is left
        for a later time. `now` is in seconds since the epoch.
        """
        is_written = True
        if self._entries or self._gone:
            is_written = self._write_part()
        elif not 0 <= now - self._swept < SWEEP_EVERY:
            # Not right after a change: somebody may be reading the version before.
            self._catalogue.sweep()
            self._swept = now
        if self._catalogue.lost():
            self._catalogue.reopen()
            self._entries = dict(entries)
        return not is_written or not self._entries

    def _write_part(self) -> bool:
        """Write so many entries as one transaction takes, with their texts; return whether it did.

        With the last of them go the texts that no file has any more.
        """
        part = dict(islice(self._entries.items(), MAX_ENTRIES_AT_ONCE))
        texts = self._texts_of(part)
        is_last = len(part) == len(self._entries)
        if is_last:
            texts = chain(self._waiting.items(), texts)
        if not self._catalogue.save(part, texts, self._gone, outdated=self._outdated):
            return False
        self._gone = set()
        self._outdated = False
        for path in part:
            del self._entries[path]
        if is_last:
            self._waiting = {}
            self._waiting_bytes = 0
        return True

    def _texts_of(self, entries: Mapping[str, Entry]) -> Iterator[tuple[str, bytes]]:
        """Yield digest and bytes of the sources of entries; those not in memory are read."""
        for path, entry in entries.items():
            if path in self._last_good:
                yield entry.good, self._last_good[path]
            waiting = self._waiting.get(entry.digest)
            if waiting is not None:
                yield entry.digest, waiting
                continue
            with contextlib.suppress(OSError):
                data, _ = read(self._root.file(path), self._max_bytes)
                if digest(data) == entry.digest:
                    yield entry.digest, data
