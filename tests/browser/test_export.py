"""An exported site, read from disk."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser

from octavo.web.export.export import Export, ExportOptions
from tests.conftest import PostsFolder
from tests.tools import lacking


class QuietFiles(SimpleHTTPRequestHandler):
    """A host of files that logs nothing."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def test_a_site_on_disk_is_read_and_searched_without_a_server(
    browser: Browser, make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path
) -> None:
    for number in range(3):
        folder.write(f"text-{number}", "Nothing of note.", title=f"Text {number}", tags=["Mars"])
    folder.write("galaxies", "Spiral galaxies and their café.", title="Far away", summary="Galaxies.")
    Export(make_app(), tmp_path / "stick", ExportOptions(relative=True, covers=False)).run()
    page = browser.new_page()
    failures: list[str] = []
    page.on("requestfailed", lambda request: failures.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))

    page.goto((tmp_path / "stick/index.html").as_uri())
    page.get_by_role("link", name="Search", exact=True).first.click()
    page.get_by_role("searchbox").or_(page.get_by_role("combobox")).fill("galaxy CAFE")
    page.get_by_role("link", name="Far away").wait_for()
    count = page.locator(".search-count").inner_text()
    page.get_by_role("link", name="Far away").click()
    heading = page.get_by_role("heading", level=1).inner_text()
    page.close()

    assert (count, heading) == ("1 article for galaxy CAFE", "Far away")
    # Chromium preloads no fonts from disk, and shows no transition from one page there to the next.
    assert [what for what in failures if not what.endswith(".woff2") and "ViewTransition" not in what] == []


def test_pagefind_finds_on_a_host(
    browser: Browser, make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path
) -> None:
    if importlib.util.find_spec("pagefind") is None:
        lacking("pagefind is not installed")
    folder.write("text", "Nothing of note.", title="Text")
    folder.write(
        "galaxies", r"Spiral galaxies & \<their\> cafe.", title="Far away", summary="Galaxies.", category="Deep"
    )
    export = Export(make_app(), tmp_path / "public", ExportOptions(pagefind=True, covers=False))
    # This thread has Playwright's event loop.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(export.run).result()
    host = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=tmp_path / "public"))
    thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    # A transition between two pages that the browser gives up would count as an error of the page.
    page = browser.new_page(reduced_motion="reduce")
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))

    page.goto(f"http://127.0.0.1:{host.server_port}/search/")
    page.get_by_role("searchbox").or_(page.get_by_role("combobox")).fill("galaxy")
    page.get_by_role("link", name="Far away").wait_for()
    result = page.locator(".result").inner_text()
    page.get_by_role("link", name="Far away").click()
    heading = page.get_by_role("heading", level=1).inner_text()
    page.close()
    host.shutdown()
    thread.join()
    host.server_close()

    assert "Deep" in result
    assert "& <their> cafe" in result
    assert (heading, failures) == ("Far away", [])
