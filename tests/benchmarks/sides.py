"""Two checkouts of Octavo beside each other, each in a process of its own with the Python of its `.venv`.

A benchmark asks them in turn, so that a busy machine disturbs both alike, and compares the CPU time that each took.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ACCEPTED = "gzip, deflate, br, zstd"


class Side:
    """One checkout, with a process of its own that answers each line with another."""

    def __init__(self, script: str, root: Path, *arguments: object) -> None:
        """Run `script` as a side of the checkout `root`; it answers `{}` when it is ready."""
        python = root / ".venv" / "bin" / "python"
        command = [str(python), script, "--side", str(root), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise EOFError(self.process.args)

    def ask(self, question: str) -> dict[str, float]:
        """Have the side do something; return what it measured."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        found: dict[str, float] = self._answer()
        return found

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def roots(base: Path | None) -> dict[str, Path]:
    """Return this checkout, and `base` where there is one, by the names that are printed."""
    found = {"here": ROOT}
    if base is not None:
        found["base"] = base
    return found


def run(side: Callable[..., None], compare: Callable[..., None], sizes: tuple[int, ...] = ()) -> None:
    """Run a script by its arguments: as a side, if a Side has started it, else as the process that compares.

    `sizes` are those that `compare` gets where the arguments name none.
    """
    if sys.argv[1:2] == ["--side"]:
        side(Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
        return
    base = None
    if len(sys.argv) > 1:
        base = Path(sys.argv[1])
    compare(base, *(tuple(map(int, sys.argv[2:])) or sizes))


def answer(found: dict[str, float]) -> None:
    """Answer the process that compares."""
    print(json.dumps(found), flush=True)


def questions() -> Iterator[str]:
    """Tell the process that compares that this side is ready; yield each line that it asks."""
    answer({})
    for line in sys.stdin:
        yield line.rstrip("\n")


def without_threads(root: Path, posts: Path, made: str, folder: Path | None = None) -> Any:
    """Return an application as `application` does, of which no thread runs."""
    app = application(root, posts, made, folder, watch=False)
    site = app.extensions["octavo"]
    begun = app.before_request_funcs.get(None, [])
    begun[:] = [each for each in begun if each != site.start]
    site.start = lambda: None
    return app


def application(root: Path, posts: Path, made: str, folder: Path | None = None, **settings: Any) -> Any:
    """Return the application that the checkout `root` makes of the site in `folder`, by default in itself.

    It shows `posts`, and has its derived data in `made`.
    """
    sys.path.insert(0, str(root))
    from octavo import create_app
    from octavo.settings import Settings

    given = Settings(posts_dir=str(posts), search_index_dir=made, cache_bytes=10**9, views=False, **settings)
    return create_app(folder or root, given)


def request(path: str, accepted: str = ACCEPTED) -> dict[str, Any]:
    """Return the environment of a browser's request."""
    from werkzeug.test import create_environ

    return create_environ(path, headers={"Accept-Encoding": accepted})


def microseconds(app: Callable[..., Iterable[bytes]], requests: list[dict[str, Any]]) -> float:
    """Return the CPU time of a request."""
    start = time.process_time_ns()
    for each in requests:
        for _ in app(each, lambda status, headers, exc_info=None: None):
            pass
    return (time.process_time_ns() - start) / 1_000 / len(requests)


def until_idle() -> None:
    """Wait until the threads of this process have done what they begin with."""
    used = -1.0
    while time.process_time() - used > 0.005:
        used = time.process_time()
        time.sleep(0.5)


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {name: statistics.median(each[name] for each in found) for name in found[0]}
