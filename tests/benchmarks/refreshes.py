"""Print what a process does by itself after one edit, to have it in its library, beside another checkout of Octavo.

Usage: python tests/benchmarks/refreshes.py [BASE] [ARTICLES...]

BASE is a checkout with its own `.venv`, such as one of 459b651; with 1,000 and with 14,000 invented articles by
default. The figure is the CPU time from the file's change to the new edition.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import corpus, sides

SIZES = (1_000, 14_000)
EDITS = 21


def side(root: Path, posts: Path) -> None:
    """Serve one checkout to the process that compares."""
    with tempfile.TemporaryDirectory() as made:
        app = sides.without_threads(root, posts, made)
        site = app.extensions["octavo"]
        site.save()
        paths = [post.path for post in site.edition().posts]
        # As a site does that begins to work.
        gc.freeze()
        for number, _ in enumerate(sides.questions()):
            path = paths[number * 7]
            file = posts / path
            file.write_text(f"{file.read_text('utf-8')}\nAnother sentence, number {number}.\n", "utf-8")
            start = time.process_time_ns()
            site.refresh({path}, settle=0)
            site.edition()
            sides.answer({"ms": (time.process_time_ns() - start) / 1e6})


def compare(base: Path | None, *sizes: int) -> None:
    """Print the medians of this checkout and of `base`, and their ratio."""
    roots = sides.roots(base)
    for size in sizes:
        with tempfile.TemporaryDirectory() as made:
            running = {}
            for name, root in roots.items():
                posts = Path(made) / name
                corpus.write(posts, size)
                running[name] = sides.Side(__file__, root, posts)
            found: dict[str, list[dict[str, float]]] = {name: [] for name in running}
            for _ in range(EDITS):
                for name, each in running.items():
                    found[name].append(each.ask("edit"))
            for each in running.values():
                each.close()
        middle = {name: sides.medians(all_)["ms"] for name, all_ in found.items()}
        told = ", ".join(f"{name} {one:.2f} ms" for name, one in middle.items())
        if base:
            told += f", {middle['here'] / middle['base']:.2f} of the base"
        print(f"{size:,} articles: {told}")


if __name__ == "__main__":
    sides.run(side, compare, SIZES)
