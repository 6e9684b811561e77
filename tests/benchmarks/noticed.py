"""Print how long after a save each of several workers shows it, while many writers save.

Usage: python tests/benchmarks/noticed.py [WORKERS [WRITERS [CHANGES]]]

With 4 workers, 10 writers and 400 changes by default. The site is served by `flask serve`; a connection that is kept
open is one worker's. Some of the changes are asked for at every worker, over and over until each shows them.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.live import get, wait
from tests.tools import free_port

KEY = "the key of a benchmark"
SETTINGS = f'[tool.octavo]\nstatus_key = "{KEY}"\nlimits = {{ status = 0 }}\n'
APP = "from pathlib import Path\nfrom octavo import create_app\napp = create_app(Path(__file__).parent)\n"
TEXTS = 20
# Each writer saves a text so often; seconds.
PACE = 0.2
# Between two looks at a worker; seconds.
LOOK = 0.002
LIMIT_MS = 100


@contextlib.contextmanager
def served(folder: Path, workers: int) -> Iterator[int]:
    """Serve a site in a folder by `flask serve`; yield its port."""
    (folder / "app.py").write_text(APP)
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "posts").mkdir()
    for name in ("templates", "static"):
        (folder / name).symlink_to(ROOT / name)
    port = free_port()
    command = [sys.executable, "-m", "flask", "serve", "--port", str(port), "--workers", str(workers)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        wait(lambda: process.poll() is not None or _answers(port), 60)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return get(port, "/healthz") is not None
    return False


class Worker:
    """One worker of the server, at a connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        status = json.loads(self.ask("/status.json", Authorization=f"Bearer {KEY}"))
        self.number = int(status["Process"]["Number"])

    def ask(self, path: str, **headers: str) -> str:
        """Return the text at an address."""
        self._connection.request("GET", path, headers=headers)
        return self._connection.getresponse().read().decode()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def connected(port: int, number: int) -> list[Worker]:
    """Return a connection to each of the workers; which one takes a connection is the kernel's choice."""
    found: dict[int, Worker] = {}
    while len(found) < number:
        worker = Worker(port)
        if worker.number in found:
            worker.close()
        found.setdefault(worker.number, worker)
    return list(found.values())


class Writer:
    """Saves texts of its own at its pace; the time of the last save of each is known."""

    def __init__(self, posts: Path, number: int) -> None:
        self._posts = posts
        self._number = number
        self.saved: tuple[str, int, float] = ("", 0, 0.0)

    def work(self, changes: int) -> None:
        """Save so many times."""
        for version in range(1, changes + 1):
            name = f"w{self._number}-{version % TEXTS}"
            path = self._posts / f"{name}.md"
            beside = path.with_suffix(".tmp")
            beside.write_text(f"---\ntitle: {name}\ndate: 2025-01-01\n---\n\nends {name} {version}.\n")
            beside.replace(path)
            self.saved = (name, version, time.perf_counter())
            time.sleep(PACE)


def seen(workers: list[Worker], saved: tuple[str, int, float]) -> float:
    """Return how long after its save the last of the workers showed a text, in milliseconds."""
    name, version, at = saved
    late = 0.0
    for worker in workers:
        while f"ends {name} {version}." not in worker.ask(f"/articles/{name}/"):
            time.sleep(LOOK)
        late = max(late, time.perf_counter() - at)
    return 1000 * late


def measure(workers: int, writers: int, changes: int) -> list[float]:
    """Return the milliseconds after which all workers showed what was saved, of many changes."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), workers) as port:
        asked = connected(port, workers)
        made = [Writer(Path(folder) / "posts", number) for number in range(writers)]
        threads = [threading.Thread(target=each.work, args=(changes // writers,)) for each in made]
        for thread in threads:
            thread.start()
        found: list[float] = []
        last: tuple[str, int, float] = ("", 0, 0.0)
        while any(thread.is_alive() for thread in threads):
            newest = max((each.saved for each in made), key=lambda saved: saved[2])
            # Only what has just been saved: what was seen before it was asked for tells nothing.
            if newest != last and time.perf_counter() - newest[2] < LOOK:
                found.append(seen(asked, newest))
                last = newest
            time.sleep(LOOK / 4)
        for worker in asked:
            worker.close()
        return found


def main() -> None:
    """Print the median, the 95th percentile and the share within the limit."""
    given = [int(argument) for argument in sys.argv[1:]]
    workers, writers, changes = [*given, *(4, 10, 400)[len(given) :]]
    found = sorted(measure(workers, writers, changes))
    within = sum(each <= LIMIT_MS for each in found) / len(found)
    print(
        f"{workers} workers, {writers} writers, {len(found)} changes looked at, load {os.getloadavg()[0]:.0f}: "
        f"all show it after {statistics.median(found):.0f} ms (median), {found[int(len(found) * 0.95)]:.0f} ms (p95); "
        f"{within:.0%} within {LIMIT_MS} ms"
    )


if __name__ == "__main__":
    main()
