"""Print what readers wait for while others make the server work: a costly post, a large picture.

Usage: python tests/benchmarks/beside.py [serve|gunicorn]

One worker with four threads, of `flask serve` or of gunicorn where that is installed. A reader asks for a page that is
kept, and another one for pages that are made each time (a search for words that nobody asked before); each time, for
as long, nothing else happens, then a costly text is saved and asked for, then a picture of 36 megapixels is.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PIL import Image

from octavo.content.images import probe
from tests.benchmarks.live import get, wait
from tests.tools import free_port

APP = "from pathlib import Path\nfrom octavo import create_app\napp = create_app(Path(__file__).parent)\n"
SETTINGS = "[tool.octavo]\nlimits = { search = 0 }\n"
HEAD = "---\ntitle: {}\ndate: 2025-01-01\n---\n\n"
SECONDS = 8.0
# Between two requests of a reader; seconds.
PACE = 0.01
SIDE = 6_000
# Below the limits, so that all of it is rendered: 0.9 MB.
COSTLY = "The *quick* brown [fox](other.md) jumps over `the` lazy dog. " * 12 + "\n\n"
COSTLY_PARAGRAPHS = 1_200


@contextlib.contextmanager
def served(folder: Path, by: str) -> Iterator[int]:
    """Serve the site in a folder; yield the port."""
    port = free_port()
    commands = {
        "serve": ["flask", "serve", "--port", str(port), "--workers", "1", "--at-once", "4"],
        "gunicorn": ["gunicorn", "--threads", "4", "--bind", f"127.0.0.1:{port}", "app:app"],
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", *commands[by]], cwd=folder, stdout=log, stderr=log)
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


class Reader(threading.Thread):
    """Asks for one address after the other until it is stopped, each by a connection of its own."""

    def __init__(self, port: int, address: Callable[[int], str]) -> None:
        super().__init__()
        self._port = port
        self._address = address
        self._stopping = threading.Event()
        self.waited: list[float] = []

    def run(self) -> None:
        """Ask, at the pace."""
        number = 0
        while not self._stopping.wait(PACE):
            number += 1
            begun = time.perf_counter()
            answer = get(self._port, self._address(number))
            assert answer is not None
            assert answer[0] == 200
            self.waited.append(1000 * (time.perf_counter() - begun))

    def stop(self) -> list[float]:
        """End it; return what it waited for, in order, in milliseconds."""
        self._stopping.set()
        self.join()
        return sorted(self.waited)


def beside(port: int, name: str, disturb: Callable[[], None]) -> None:
    """Print what both readers wait for while something else happens."""
    readers = {
        "kept": Reader(port, lambda number: "/articles/hello/"),
        "made": Reader(port, lambda number: f"/search/?q={name}{number}"),
    }
    for reader in readers.values():
        reader.start()
    begun = time.monotonic()
    while time.monotonic() - begun < SECONDS:
        disturb()
    told = []
    for kind, reader in readers.items():
        waited = reader.stop()
        told.append(
            f"{kind}: median {waited[len(waited) // 2]:.1f}, p99 {waited[int(len(waited) * 0.99)]:.1f}, "
            f"slowest {waited[-1]:.1f} ms"
        )
    print(f"{name:<8} {'; '.join(told)}", flush=True)


def main() -> None:
    """Measure all."""
    by = (*sys.argv[1:], "serve")[0]
    if by == "gunicorn" and importlib.util.find_spec("gunicorn") is None:
        sys.exit("gunicorn is not installed.")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        posts = folder / "posts"
        posts.mkdir()
        (folder / "app.py").write_text(APP)
        (folder / "pyproject.toml").write_text(SETTINGS)
        for each in ("templates", "static"):
            (folder / each).symlink_to(ROOT / each)
        for text in ("hello", "other"):
            (posts / f"{text}.md").write_text(f"{HEAD.format(text)}Some text.\n")
        picture = posts / "large.png"
        (posts / "album.md").write_text(f"{HEAD.format('album')}![Large](large.png)\n")
        with served(folder, by) as port:
            measure(port, posts, picture)


def measure(port: int, posts: Path, picture: Path) -> None:
    """Print what readers wait for at rest, beside a costly text and beside a large picture."""
    numbers = iter(range(1, 1_000))

    def costly() -> None:
        version = next(numbers)
        body = HEAD.format("costly") + f"Version {version}.\n\n" + COSTLY * COSTLY_PARAGRAPHS
        (posts / "costly.md").write_text(body)
        wait(lambda: f"Version {version}." in (get(port, "/articles/costly/") or (0, ""))[1], 120)

    def large() -> None:
        version = next(numbers)
        Image.radial_gradient("L").resize((SIDE, SIDE)).convert("RGB").point(lambda v: (v + version) % 256).save(
            picture, compress_level=1
        )
        digest = probe(picture).digest
        wait(lambda: digest[:8] in (get(port, "/articles/album/") or (0, ""))[1], 60)
        page = (get(port, "/articles/album/") or (0, ""))[1]
        address = next(part for part in page.split('"') if digest[:8] in part and part.startswith("/")).split(" ")[0]
        wait(lambda: _is_scaled(port, address), 120)

    beside(port, "rest", lambda: time.sleep(SECONDS))
    beside(port, "costly", costly)
    beside(port, "picture", large)


def _is_scaled(port: int, address: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    with contextlib.closing(connection):
        connection.request("GET", address)
        answer = connection.getresponse()
        answer.read()
        return "immutable" in answer.headers["Cache-Control"]


if __name__ == "__main__":
    main()
