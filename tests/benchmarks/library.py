"""Print how long a library of 1,000 and 14,000 posts (or any folder given) takes to load, cold and warm.

Usage: python tests/benchmarks/library.py [FOLDER | COUNT ...]
"""

from __future__ import annotations

import functools
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from octavo.content.catalogue import Catalogue
from octavo.content.loading.loader import Loader
from octavo.content.parse import Rules
from tests.benchmarks import corpus

RUNS = 5


def measure(folder: Path) -> None:
    """Print medians of wall time for one collection."""
    rules = Rules(ZoneInfo("UTC"), "path")
    times: dict[str, list[float]] = {}

    def timed(name: str, action: Callable[[], object]) -> None:
        gc.collect()
        start = time.perf_counter()
        action()
        times.setdefault(name, []).append(time.perf_counter() - start)

    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as state:
            cold = Loader(folder, rules, Catalogue(Path(state), "benchmark"))
            timed("cold load", cold.load)
            timed("write the catalogue", cold.save)
            warm = Loader(folder, rules, Catalogue(Path(state), "benchmark"))
            timed("warm start", warm.load)
            timed("look at all files", warm.refresh)
            library = warm.library
            timed("edition", functools.partial(library.at, time.time()))
    count = len(library.posts)
    for name, found in times.items():
        print(f"{count:>7,} posts  {name:<20} {statistics.median(found):7.3f} s  (best {min(found):.3f})")


def main(arguments: list[str]) -> None:
    """Measure each folder, or a generated corpus of each count."""
    for argument in arguments or ["1000", "14000"]:
        if not argument.isdecimal():
            measure(Path(argument))
            continue
        with tempfile.TemporaryDirectory() as folder:
            corpus.write(Path(folder), int(argument))
            measure(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
