"""Print the share of a core that a process takes for nothing, beside another checkout of Octavo.

Usage: python tests/benchmarks/idle.py [BASE] [ARTICLES...]

BASE is a checkout with its own `.venv`, such as one of 459b651; with 1,000 and with 14,000 invented articles by
default. The site is served, and nobody asks or writes anything: for a while, until it rests, and then for the minute
and a bit that is measured, in which every file is looked at.
"""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import corpus, sides

SIZES = (1_000, 14_000)
# Seconds.
BEFORE = 13
MEASURED = 61


def side(root: Path, posts: Path, made: str) -> None:
    """Serve one checkout to the process that compares."""
    app = sides.application(root, posts, made)
    sides.microseconds(app, [sides.request("/")])
    sides.until_idle()
    for _ in sides.questions():
        time.sleep(BEFORE)
        before = time.process_time()
        time.sleep(MEASURED)
        sides.answer({"share": (time.process_time() - before) / MEASURED})


def compare(base: Path | None, *sizes: int) -> None:
    """Print the shares of this checkout and of `base`, which idle at the same time."""
    roots = sides.roots(base)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            posts = Path(folder) / "posts"
            corpus.write(posts, size)
            running = {name: sides.Side(__file__, root, posts, Path(folder) / name) for name, root in roots.items()}
            with ThreadPoolExecutor() as pool:
                found = dict(zip(running, pool.map(lambda one: one.ask("idle"), running.values()), strict=True))
            for one in running.values():
                one.close()
        told = ", ".join(f"{name} {100 * one['share']:.2f} %" for name, one in found.items())
        print(f"{size:,} articles: {told} of a core")


if __name__ == "__main__":
    sides.run(side, compare, SIZES)
