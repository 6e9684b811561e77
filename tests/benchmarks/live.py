"""Print how long after a save a change is seen over HTTP, on a running server with 14,000 posts.

Usage: python tests/benchmarks/live.py [COUNT]
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks import corpus

SAVES = 60


@contextlib.contextmanager
def server(posts: Path, state: Path) -> Iterator[int]:
    """Run `flask run` on a free port until the block ends; yield the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**os.environ, "OCTAVO_POSTS_DIR": str(posts), "OCTAVO_SEARCH_INDEX_DIR": str(state)}
    command = [sys.executable, "-m", "flask", "run", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: get(port, "/about-nothing/") is not None, 60)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def get(port: int, path: str) -> tuple[int, str] | None:
    """Return status and text of a page, or None while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8")
    except ConnectionError:
        return None
    finally:
        connection.close()


def is_found(port: int, word: str) -> bool:
    """Whether the search finds one article for a word."""
    answer = get(port, f"/search.json?q={word}&exact=1")
    return answer is not None and '"total":1,' in answer[1]


def wait(seen: Callable[[], bool], seconds: float = 10) -> float:
    """Poll until `seen` and return the seconds it took."""
    start = time.perf_counter()
    while not seen():
        if time.perf_counter() - start > seconds:
            raise TimeoutError("the change was never seen")
        time.sleep(0.002)
    return time.perf_counter() - start


def report(name: str, times: list[float]) -> None:
    """Print median and 95th percentile in milliseconds."""
    ordered = sorted(time * 1000 for time in times)
    print(f"{name:<28} median {statistics.median(ordered):6.1f} ms   p95 {ordered[int(len(ordered) * 0.95)]:6.1f} ms")


def measure(port: int, posts: Path) -> None:
    """Save, create and delete posts, and time each until its page shows it."""
    file = posts / "live-benchmark.md"
    head = "---\ntitle: Live\ndate: 2026-01-01\ntags: [Live]\n---\n"
    names = ("created", "edited", "found by search", "in the list", "deleted")
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(SAVES):
        file.write_text(f"{head}First {number}.", encoding="utf-8")
        times["created"].append(wait(lambda: (get(port, "/articles/live-benchmark/") or (0, ""))[0] == 200))
        time.sleep(0.05)
        file.write_text(f"{head}Second {number}.", encoding="utf-8")
        times["edited"].append(
            wait(lambda n=number: f"Second {n}." in (get(port, "/articles/live-benchmark/") or (0, ""))[1])
        )
        time.sleep(0.05)
        word = f"zyzzyva{chr(97 + number // 26)}{chr(97 + number % 26)}"
        file.write_text(f"{head}Third {word}.", encoding="utf-8")
        times["found by search"].append(wait(lambda w=word: is_found(port, w)))
        time.sleep(0.05)
        file.write_text(head.replace("Live\n", f"Live {number}\n", 1), encoding="utf-8")
        times["in the list"].append(wait(lambda n=number: f"Live {n}" in (get(port, "/tags/live/") or (0, ""))[1]))
        time.sleep(0.05)
        file.unlink()
        times["deleted"].append(wait(lambda: (get(port, "/articles/live-benchmark/") or (0, ""))[0] == 404))
        time.sleep(0.05)
    for name, found in times.items():
        report(name, found)


def main() -> None:
    """Measure on a generated corpus."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 14_000
    with tempfile.TemporaryDirectory() as posts, tempfile.TemporaryDirectory() as state:
        corpus.write(Path(posts), count)
        with server(Path(posts), Path(state)) as port:
            wait(lambda: (get(port, "/") or (0, ""))[0] == 200, 60)
            whole = '"partial":false'
            seconds = wait(lambda: whole in (get(port, "/search.json?q=orbit") or (0, ""))[1], 600)
            print(f"{'search index built':<28} after {seconds:8.1f} s")
            measure(port, Path(posts))


if __name__ == "__main__":
    main()
