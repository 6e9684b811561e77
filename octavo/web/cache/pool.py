"""Where ready pages are kept in memory."""

from __future__ import annotations

import threading

from octavo.web.cache.ready import Page

# A page takes up at most this share of a pool when it comes, so that it does not push out all
# others.
LARGEST = 1 / 8


class Pool:
    """Pages by key, bounded in bytes; those that were not asked for longest go first.

    `pages` is the same dict for good, so that others may look things up in it.
    """

    def __init__(self, capacity: int) -> None:
        self.pages: dict[str, Page] = {}
        self.capacity = capacity
        self.bytes = 0
        self._past_hits = 0
        self._lock = threading.Lock()

    def put(self, key: str, page: Page, now: float) -> bool:
        """Keep a page in the place of another; return whether there is room for it."""
        with self._lock:
            self._remove(key)
            if page.size > self.capacity * LARGEST:
                return False
            self.pages[key] = page
            page.seen, page.pool, page.counted = now, self, 0
            self._count(page)
            self._shrink()
            return page.pool is self

    def drop(self, key: str) -> None:
        """Forget a page."""
        with self._lock:
            self._remove(key)

    def grown(self, page: Page) -> None:
        """Count again what a page takes up, if it is here still."""
        with self._lock:
            if page.pool is self:
                self._count(page)
                self._shrink()

    @property
    def hits(self) -> int:
        """How often pages were sent, those that have gone since too."""
        return self._past_hits + sum(page.hits for page in self.all())

    def all(self) -> list[Page]:
        """Return the pages as they are at this moment."""
        with self._lock:
            return list(self.pages.values())

    def clear(self) -> None:
        """Forget all pages."""
        with self._lock:
            for key in list(self.pages):
                self._remove(key)

    def forked(self) -> None:
        """Start anew in a child process."""
        self._lock = threading.Lock()
        self.clear()
        self._past_hits = 0

    def _count(self, page: Page) -> None:
        size = page.size
        self.bytes += size - page.counted
        page.counted = size

    def _remove(self, key: str) -> None:
        old = self.pages.pop(key, None)
        if old is not None:
            self.bytes -= old.counted
            self._past_hits += old.hits
            old.counted, old.pool = 0, None

    def _shrink(self) -> None:
        if self.bytes <= self.capacity:
            return
        # Some more than needed, so that this is not done for every page.
        for key in sorted(self.pages, key=lambda name: self.pages[name].seen):
            if self.bytes <= self.capacity * 0.95:
                break
            self._remove(key)
