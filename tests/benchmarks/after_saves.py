"""Print what it costs to find pages right after another article was saved, beside another checkout of Octavo.

Usage: python tests/benchmarks/after_saves.py [BASE] [ARTICLES]

BASE is a checkout with its own `.venv`, such as one of 459b651; 14,000 invented articles are asked by default. Both are
asked through WSGI, one round after the other, and the figure is the CPU time of a request, its cost from memory left
out.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import corpus, sides

ARTICLES = 14_000
ASKED = 300
SAVES = 5


def side(root: Path, posts: Path) -> None:
    """Serve one checkout to the process that compares."""
    with tempfile.TemporaryDirectory() as made:
        app = sides.without_threads(root, posts, made)
        site = app.extensions["octavo"]
        site.index.sync()
        newest = site.edition().posts
        pages = [sides.request(f"/articles/{post.slug}/") for post in newest[500 : 500 + ASKED]]
        elsewhere = sides.request(f"/articles/{newest[499].slug}/")
        sides.microseconds(app, pages)
        for number, _ in enumerate(sides.questions()):
            file = posts / newest[number * 2].path
            file.write_text(f"{file.read_text('utf-8')}\nAnother sentence, number {number}.\n", "utf-8")
            site.refresh({newest[number * 2].path}, settle=0)
            site.index.sync()
            first = sides.microseconds(app, [elsewhere])
            after = sides.microseconds(app, pages)
            again = sides.microseconds(app, pages)
            sides.answer({"change": first, "page": after - again})


def compare(base: Path | None, count: int) -> None:
    """Print the medians of this checkout and of `base`, and their ratio."""
    with tempfile.TemporaryDirectory() as made:
        roots = sides.roots(base)
        running = {}
        for name, root in roots.items():
            posts = Path(made) / name
            corpus.write(posts, count)
            running[name] = sides.Side(__file__, root, posts)
        found: dict[str, list[dict[str, float]]] = {name: [] for name in running}
        for _ in range(SAVES):
            for name, each in running.items():
                found[name].append(each.ask("save"))
        for each in running.values():
            each.close()
    middle = {name: sides.medians(all_) for name, all_ in found.items()}
    for name, one in middle.items():
        print(f"{name}: {one['page']:8.1f} us a page, {one['change'] / 1_000:.1f} ms the first page after the save")
    if base:
        print(f"1/{middle['base']['page'] / middle['here']['page']:.0f} of the base")


if __name__ == "__main__":
    sides.run(side, compare, (ARTICLES,))
