"""Print how long after a save an open page shows it: in Chromium, headless, on `flask run`.

Usage: python tests/benchmarks/reloads.py [ARTICLES] [SAVES]

The time is from the save until the browser has drawn the new text for the first time (first contentful paint of the
page that it loaded anew). The first save comes as soon as the page is open, on a server that has just been started
without a search index.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks import corpus
from tests.benchmarks.live import server
from tests.browser.conftest import QUIET
from tests.tools import needed

HEAD = "---\ntitle: Live\ndate: 2026-01-01\ntags: [Live]\n---\n"
# When the page was first drawn, in milliseconds since the epoch.
DRAWN = """() => new Promise((tell) => new PerformanceObserver((list) => {
  for (const one of list.getEntriesByName("first-contentful-paint")) tell(performance.timeOrigin + one.startTime);
}).observe({ type: "paint", buffered: true }))"""


def save(page: Page, file: Path, text: str) -> float:
    """Save a text, and return after how many milliseconds the page showed it."""
    start = time.time() * 1000
    file.write_text(f"{HEAD}{text}\n", "utf-8")
    page.get_by_text(text, exact=True).wait_for()
    drawn: float = page.evaluate(DRAWN)
    return drawn - start


def measure(port: int, file: Path, saves: int) -> tuple[float, list[float]]:
    """Return the times of the first save, and of those that follow."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needed("chromium", "chromium-browser", "google-chrome"), args=QUIET
        )
        page = browser.new_page()
        with page.expect_response(lambda answer: "/-/live/page" in answer.url):
            page.goto(f"http://127.0.0.1:{port}/articles/live-benchmark/")
        first = save(page, file, "The first save.")
        # Somebody who saves often; whatever the server does after a save may still be going on.
        later = []
        for number in range(saves):
            time.sleep(0.5)
            later.append(save(page, file, f"Save number {number}."))
            print(round(later[-1]), end=" ", flush=True)
        browser.close()
    return first, later


def main() -> None:
    """Measure on a generated corpus."""
    asked = [int(one) for one in sys.argv[1:]]
    count = asked[0] if asked else 14_000
    saves = asked[1] if len(asked) > 1 else 20
    with tempfile.TemporaryDirectory() as posts, tempfile.TemporaryDirectory() as state:
        corpus.write(Path(posts), count)
        file = Path(posts) / "live-benchmark.md"
        file.write_text(f"{HEAD}Before.\n", "utf-8")
        with server(Path(posts), Path(state)) as port:
            first, later = measure(port, file, saves)
    print(f"first save {first:6.0f} ms   later: median {statistics.median(later):6.0f} ms   worst {max(later):6.0f} ms")


if __name__ == "__main__":
    main()
