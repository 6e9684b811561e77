"""Print what it costs to find pages right after another article was saved, beside another checkout of Octavo.

Usage: python tests/benchmarks/after_saves.py [BASE] [ARTICLES]

BASE is a checkout with its own `.venv`, such as one of 459b651; 14,000 invented articles are asked by default. Both are
asked through WSGI, one round after the other, and the figure is the CPU time of a request, its cost from memory left
out.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = 14_000
ASKED = 300
SAVES = 5


class Side:
    """One checkout, with a process of its own that answers one line with another."""

    def __init__(self, root: Path, posts: Path) -> None:
        python = root / ".venv" / "bin" / "python"
        command = [str(python), str(Path(__file__)), "--side", str(root), str(posts)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self) -> Any:
        """Wait for the next line of the process, and return what it tells."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise EOFError(self.process.args)

    def save(self) -> dict[str, float]:
        """Have an article saved; return the microseconds of the change itself, and of a page after it."""
        assert self.process.stdin is not None
        self.process.stdin.write("save\n")
        self.process.stdin.flush()
        found: dict[str, float] = self.answer()
        return found


def side(root: Path, posts: Path) -> None:
    """Serve one checkout to the process that compares."""
    sys.path.insert(0, str(root))
    from octavo import create_app
    from octavo.settings import Settings

    with tempfile.TemporaryDirectory() as made:
        given = Settings(posts_dir=str(posts), watch=False, search_index_dir=made, cache_bytes=10**9, views=False)
        app = create_app(root, given)
        site = app.extensions["octavo"]
        begun = app.before_request_funcs.get(None, [])
        begun[:] = [each for each in begun if each != site.start]
        site.start = lambda: None
        site.index.sync()
        newest = site.edition().posts
        pages = [request(f"/articles/{post.slug}/") for post in newest[500 : 500 + ASKED]]
        elsewhere = request(f"/articles/{newest[499].slug}/")
        ask(app, pages)
        print("{}", flush=True)
        for number, _ in enumerate(sys.stdin):
            file = posts / newest[number * 2].path
            file.write_text(f"{file.read_text('utf-8')}\nAnother sentence, number {number}.\n", "utf-8")
            site.refresh({newest[number * 2].path}, settle=0)
            site.index.sync()
            first = ask(app, [elsewhere])
            after = ask(app, pages)
            again = ask(app, pages)
            print(json.dumps({"change": first, "page": after - again}), flush=True)


def request(path: str) -> dict[str, Any]:
    """Return the environment of a browser's request."""
    from werkzeug.test import create_environ

    return create_environ(path, headers={"Accept-Encoding": "gzip"})


def ask(app: Callable[..., Iterable[bytes]], requests: list[dict[str, Any]]) -> float:
    """Return the CPU time of a request in microseconds."""
    start = time.process_time_ns()
    for each in requests:
        app(each, lambda status, headers: None)
    return (time.process_time_ns() - start) / 1_000 / len(requests)


def compare(base: Path | None, count: int) -> None:
    """Print the medians of this checkout and of `base`, and their ratio."""
    sys.path.insert(0, str(ROOT))
    from tests.benchmarks import corpus

    with tempfile.TemporaryDirectory() as made:
        roots = {"here": ROOT, **({"base": base} if base else {})}
        sides = {}
        for name, root in roots.items():
            posts = Path(made) / name
            corpus.write(posts, count)
            sides[name] = Side(root, posts)
        found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for _ in range(SAVES):
            for name, each in sides.items():
                found[name].append(each.save())
        for each in sides.values():
            each.process.communicate()
    middle = {name: statistics.median(one["page"] for one in all_) for name, all_ in found.items()}
    for name, all_ in found.items():
        change = statistics.median(one["change"] for one in all_) / 1_000
        print(f"{name}: {middle[name]:8.1f} us a page, {change:.1f} ms the first page after the save")
    if base:
        print(f"1/{middle['base'] / middle['here']:.0f} of the base")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        side(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        compare(Path(sys.argv[1]) if len(sys.argv) > 1 else None, int(sys.argv[2]) if len(sys.argv) > 2 else ARTICLES)
