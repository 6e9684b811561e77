"""Print the memory of a process that serves, without its search index, beside another checkout of Octavo.

Usage: python tests/benchmarks/memory.py [BASE] [ARTICLES...]

BASE is a checkout with its own `.venv`, such as one of 459b651; with 1,000 and with 14,000 invented articles by
default. The process starts warm, from a catalogue that another one has written, and the figure is its resident memory
before its first request; beside it is the CPU time to get there.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import corpus, sides

SIZES = (1_000, 14_000)


def side(root: Path, posts: Path, made: str) -> None:
    """Serve one checkout to the process that compares."""
    app = sides.without_threads(root, posts, made)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    found = {"mb": pages * 4096 / 1e6, "s": time.process_time()}
    app.extensions["octavo"].save()
    for _ in sides.questions():
        sides.answer(found)


def compare(base: Path | None, *sizes: int) -> None:
    """Print the figures of this checkout and of `base`, and their ratios."""
    roots = sides.roots(base)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            posts = Path(folder) / "posts"
            corpus.write(posts, size)
            found = {}
            for name, root in roots.items():
                for _ in ("cold", "warm"):
                    one = sides.Side(__file__, root, posts, Path(folder) / name)
                    found[name] = one.ask("tell")
                    one.close()
        told = ", ".join(f"{name} {one['mb']:.0f} MB in {one['s']:.1f} s" for name, one in found.items())
        if base:
            told += f"; {found['here']['mb'] / found['base']['mb']:.2f} of the base's memory"
        print(f"{size:,} articles: {told}")


if __name__ == "__main__":
    sides.run(side, compare, SIZES)
