"""Take the README's pictures of a running site: python tests/browser/pictures.py http://127.0.0.1:5000"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[2] / "docs/pictures"
SHOTS: dict[str, tuple[str, int, int, Literal["light", "dark"]]] = {
    "home": ("/", 1280, 1000, "light"),
    "article-dark": ("/articles/the-tyranny-of-the-rocket-equation/", 1280, 1000, "dark"),
}


def main(address: str) -> None:
    """Write each picture as WebP, at most 900 pixels wide."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (path, width, height, scheme) in SHOTS.items():
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()
            # This is no reader: the view is not counted, and no number shown.
            page.route("**/views/*", lambda route: route.abort())
            page.goto(address + path, wait_until="networkidle")
            picture = Image.open(io.BytesIO(page.screenshot()))
            picture.thumbnail((900, 1400))
            picture.save(FOLDER / f"{name}.webp", quality=80)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
