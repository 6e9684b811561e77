"""A cache of decoded arrays of the index, kept in memory for the next query."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

# What is kept, in items of arrays (4 to 8 bytes each).
MAX_KEPT_ITEMS = 4_000_000
# What an entry takes beside its arrays, in items.
_OVERHEAD = 100


class ArrayCache:
    """The arrays used last, up to a total number of items."""

    def __init__(self, capacity: int = MAX_KEPT_ITEMS) -> None:
        self._capacity = capacity
        self._size = 0
        self._entries: OrderedDict[object, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return the value of `key`, made if it is missing; two threads may make it at once.

        A value of size 0 is not kept: the number of words that no article has is without limit.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry[0]  # type: ignore[no-any-return]
        value = make()
        found = size(value)
        if not found:
            return value
        items = found + _OVERHEAD
        with self._lock:
            self._size += items - self._entries.pop(key, (None, 0))[1]
            self._entries[key] = (value, items)
            while self._size > self._capacity and len(self._entries) > 1:
                self._size -= self._entries.popitem(last=False)[1][1]
        return value
