"""The memory of a site does not grow with what readers search for."""

from __future__ import annotations

import tracemalloc

import numpy as np

from octavo.search.index import array_cache
from octavo.search.index.array_cache import ArrayCache
from octavo.web.cache.cached_page import Pools

# What other threads of the process allocate meanwhile does not count.
OWN = [tracemalloc.Filter(True, array_cache.__file__), tracemalloc.Filter(True, __file__)]


def allocated() -> int:
    """Return the bytes that this file and the cache of arrays have allocated and still hold."""
    found = tracemalloc.take_snapshot().filter_traces(OWN).traces
    return sum(trace.size for trace in found)


def test_words_that_are_nowhere_keep_nothing() -> None:
    cache = ArrayCache()

    def ask(first: int) -> None:
        for number in range(first, first + 5_000):
            cache.get(f"word{number}", lambda: np.empty(0, np.int32), len)

    tracemalloc.start()
    ask(0)
    before = allocated()
    ask(5_000)
    grown = allocated() - before
    tracemalloc.stop()

    assert grown < 50_000


def test_many_small_results_stay_below_the_limit_in_bytes() -> None:
    cache = ArrayCache(100_000)
    tracemalloc.start()

    for number in range(20_000):
        cache.get(f"word{number}", lambda: np.zeros(1, np.int32), len)

    kept = allocated()
    tracemalloc.stop()
    assert kept < 8 * 100_000


def test_finished_searches_have_eight_megabytes_however_large_the_cache_is() -> None:
    small = Pools(10_000_000)
    large = Pools(10_000_000_000)

    assert small.unbounded.capacity == 1_250_000
    assert large.unbounded.capacity == 8_000_000
