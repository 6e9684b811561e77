"""An exported site, read from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser

from octavo.web.export.export import Export, Wishes
from tests.conftest import PostsFolder


def test_a_site_on_disk_is_read_and_searched_without_a_server(
    browser: Browser, make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path
) -> None:
    for number in range(3):
        folder.write(f"text-{number}", "Nothing of note.", title=f"Text {number}", tags=["Mars"])
    folder.write("galaxies", "Spiral galaxies and their café.", title="Far away", summary="Galaxies.")
    Export(make_app(), tmp_path / "stick", Wishes(relative=True, covers=False)).run()
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
