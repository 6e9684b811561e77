"""Pools of pages in memory, bounded in bytes."""

from __future__ import annotations

import threading

from octavo.web.cache.cached_page import CachedPage

# A page takes up at most this share of a pool when it comes, so that it does not push out all
# others.
MAX_SHARE = 1 / 8
# Anybody can ask for pages that are not there, and for as many searches as they like: the pages
# that readers want make no room for these, and nor does the memory of the machine. Bytes, and a
# share of all.
MAX_MISSING_BYTES = 4_000_000
MAX_WIDE_BYTES = 8_000_000
WIDE_SHARE = 1 / 8


class Pool:
    """Pages by key, bounded in bytes; the least recently used are dropped first.

    `pages` is the same dict for good, so that others may look things up in it.
    """

    def __init__(self, capacity: int) -> None:
        self.pages: dict[str, CachedPage] = {}
        self.capacity = capacity
        self.bytes = 0
        self._past_hits = 0
        self._lock = threading.Lock()

    def put(self, key: str, page: CachedPage, now: float) -> bool:
        """Keep a page under a key; return whether there is room for it."""
        with self._lock:
            self._remove(key)
            if page.size > self.capacity * MAX_SHARE:
                return False
            self.pages[key] = page
            page.seen = now
            page.pool = self
            page.counted = 0
            self._count(page)
            self._shrink()
            return page.pool is self

    def drop(self, key: str) -> None:
        """Drop a page."""
        with self._lock:
            self._remove(key)

    def grown(self, page: CachedPage) -> None:
        """Count the bytes of a page again, if it is still here."""
        with self._lock:
            if page.pool is self:
                self._count(page)
                self._shrink()

    @property
    def hits(self) -> int:
        """How often pages were sent, including those that have been dropped."""
        return self._past_hits + sum(page.hits for page in self.all())

    def all(self) -> list[CachedPage]:
        """Return the pages of this moment."""
        with self._lock:
            return list(self.pages.values())

    def clear(self) -> None:
        """Drop all pages."""
        with self._lock:
            for key in list(self.pages):
                self._remove(key)

    def forked(self) -> None:
        """Start anew in a child process."""
        self._lock = threading.Lock()
        self.clear()
        self._past_hits = 0

    def _count(self, page: CachedPage) -> None:
        size = page.size
        self.bytes += size - page.counted
        page.counted = size

    def _remove(self, key: str) -> None:
        old = self.pages.pop(key, None)
        if old is not None:
            self.bytes -= old.counted
            self._past_hits += old.hits
            old.counted = 0
            old.pool = None

    def _shrink(self) -> None:
        if self.bytes <= self.capacity:
            return
        # Some more than needed, so that this is not done for every page.
        for key in sorted(self.pages, key=lambda name: self.pages[name].seen):
            if self.bytes <= self.capacity * 0.95:
                break
            self._remove(key)


class Pools:
    """All pages of a process: those that exist, those of unlimited plans, and missing ones."""

    def __init__(self, capacity: int) -> None:
        """`capacity` is in bytes, for pages that exist; the other pools get a little more."""
        self.kept = Pool(capacity)
        self.wide = Pool(min(int(capacity * WIDE_SHARE), MAX_WIDE_BYTES))
        self.missing = Pool(min(capacity, MAX_MISSING_BYTES))
        self.all = (self.kept, self.wide, self.missing)

    def get(self, key: str) -> CachedPage | None:
        """Return the page under a key, right or not."""
        for pool in self.all:
            page = pool.pages.get(key)
            if page is not None:
                return page
        return None

    def put(self, key: str, page: CachedPage, now: float, chosen: Pool) -> bool:
        """Keep a page in the pool `chosen` and in no other; return whether there is room for it."""
        for pool in self.all:
            if pool is not chosen:
                pool.drop(key)
        return chosen.put(key, page, now)

    def invalidate(self, key: str) -> None:
        """Invalidate the page under a key."""
        page = self.get(key)
        if page is not None:
            page.invalidate()

    def report(self) -> dict[str, int]:
        """Return the number of pages, bytes and capacity, and how often pages were sent."""
        return {
            "pages": sum(len(pool.pages) for pool in self.all),
            "bytes": sum(pool.bytes for pool in self.all),
            "capacity": sum(pool.capacity for pool in self.all),
            "hits": sum(pool.hits for pool in self.all),
        }

    def clear(self) -> None:
        """Drop all pages."""
        for pool in self.all:
            pool.clear()

    def forked(self) -> None:
        """Start anew in a child process."""
        for pool in self.all:
            pool.forked()
