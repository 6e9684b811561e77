"""Print what the first request for a page costs, in empty Flask views, beside another checkout of Octavo.

Usage: python tests/benchmarks/first_renders.py [BASE] [ARTICLES]

BASE is a checkout with its own `.venv`, such as one of 459b651; 450 invented articles are read by default, once each,
with the lists of all tags and a search for a word of each article. The servers' threads run, and have done what they
begin with. Both are asked through WSGI, one round after the other, and the figure is the CPU time of a request that
no page was kept for, divided by that of a view that returns 1,000 bytes.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import corpus, sides

ARTICLES = 450
KINDS = ("article", "list", "results")
ROUNDS = 20
# Pages of a kind in each round.
ASKED = 8


def side(root: Path, posts: Path) -> None:
    """Serve one checkout to the process that compares."""
    with tempfile.TemporaryDirectory() as made:
        app = sides.application(root, posts, made)
        site = app.extensions["octavo"]
        edition = site.edition()
        words = [re.findall("[a-z]{5,}", site.body(post)) for post in edition.posts]
        paths = {
            "article": [f"/articles/{post.slug}/" for post in edition.posts],
            "list": [f"/tags/{slug}/" for slug in edition.tags],
            "results": [f"/search/?q={each[len(each) // 2]}" for each in words],
        }
        app.add_url_rule("/empty-view", "empty", lambda: b"x" * 1_000)
        inner = app.extensions["octavo_cache"].inner
        for kind in paths:
            sides.microseconds(app, [sides.request(paths[kind].pop())])
        sides.microseconds(inner, [sides.request("/empty-view")])
        sides.until_idle()
        for _ in sides.questions():
            found = {"view": sides.microseconds(inner, [sides.request("/empty-view") for _ in range(300)])}
            for kind, left in paths.items():
                asked = [sides.request(left.pop()) for _ in range(ASKED)]
                found[kind] = sides.microseconds(app, asked) / found["view"]
            sides.answer(found)


def compare(base: Path | None, count: int) -> None:
    """Print the medians of this checkout and of `base`, and their ratio."""
    with tempfile.TemporaryDirectory() as made:
        posts = Path(made)
        corpus.write(posts, count)
        roots = sides.roots(base)
        running = {name: sides.Side(__file__, root, posts) for name, root in roots.items()}
        found: dict[str, list[dict[str, float]]] = {name: [] for name in running}
        for _ in range(ROUNDS):
            for name, each in running.items():
                found[name].append(each.ask("round"))
        for each in running.values():
            each.close()
    middle = {name: sides.medians(all_) for name, all_ in found.items()}
    for name, one in middle.items():
        print(
            f"{name}: article {one['article']:.1f}, list {one['list']:.1f}, results {one['results']:.1f} empty views "
            f"of {one['view']:.0f} us"
        )
    if base:
        of_base = {kind: middle["here"][kind] / middle["base"][kind] for kind in KINDS}
        ratios = [f"{kind} {ratio:.2f}" for kind, ratio in of_base.items()]
        print(f"here, of the base: {', '.join(ratios)}")


if __name__ == "__main__":
    sides.run(side, compare, (ARTICLES,))
