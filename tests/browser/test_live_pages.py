"""A writer's browser: the open page follows each save, and stays where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import PostsFolder
from tests.waiting import settled, until

pytestmark = pytest.mark.browser

LONG = "\n\n".join(f"Paragraph {number}." for number in range(200))
DETAILS = "<details><summary>More</summary>\n\nHidden.\n\n</details>\n\n"


@pytest.fixture
def app(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    (tmp_path / "static" / "css").mkdir(parents=True)
    (tmp_path / "static" / "css" / "own.css").write_text("p { color: rgb(1, 2, 3); }")
    return make_app(developed=True, watch=True)


@pytest.fixture
def address(app: Flask, serve: Callable[[Flask], str]) -> str:
    return serve(app)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def opened(context: BrowserContext, url: str) -> Page:
    """A page of a settled site that listens, and notes in `marked` that it was not loaded anew."""
    page = context.new_page()
    with page.expect_response(lambda answer: "/-/live/page" in answer.url):
        page.goto(url)
    page.evaluate("globalThis.marked = true")
    return page


def test_the_open_page_follows_a_save_and_stays_in_its_place(
    context: BrowserContext, app: Flask, address: str, folder: PostsFolder
) -> None:
    folder.write("hello", body=f"Before\n\n{DETAILS}{LONG}")
    folder.write("aside", draft=True)
    settled(app)
    page = opened(context, f"{address}/articles/hello/")
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.locator("details").first.evaluate("one => { one.open = true; scrollTo({ top: 1500, behavior: 'instant' }); }")

    with page.expect_response(lambda answer: "/-/live/page" in answer.url):
        folder.write("aside", draft=True, body="Another text")
    stayed = page.evaluate("globalThis.marked")
    folder.write("hello", body=f"After\n\n{DETAILS}{LONG}")
    expect(page.locator(".prose")).to_contain_text("After")

    assert stayed
    assert page.evaluate("globalThis.marked") is None
    expect(page.locator("details").first).to_have_attribute("open", "")
    until(lambda: page.evaluate("scrollY") == 1500, "the page stands where it stood")
    assert errors == []


def test_a_style_sheet_is_exchanged_without_a_reload(
    context: BrowserContext, app: Flask, address: str, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("hello")
    settled(app)
    page = opened(context, f"{address}/articles/hello/")

    (tmp_path / "static" / "css" / "own.css").write_text("p { color: rgb(4, 5, 6); }")

    expect(page.locator(".prose p").first).to_have_css("color", "rgb(4, 5, 6)")
    assert page.evaluate("globalThis.marked")


def test_a_broken_text_is_told_over_the_page_until_it_is_mended(
    context: BrowserContext, app: Flask, address: str, folder: PostsFolder
) -> None:
    folder.write("hello")
    settled(app)
    page = opened(context, f"{address}/articles/hello/")

    folder.raw("hello.md", "---\ntitle: Mars: the sequel\n---\nText\n")
    expect(page.get_by_role("alert")).to_contain_text("posts/hello.md:2:12")
    folder.write("hello")

    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("globalThis.marked")


@pytest.mark.parametrize("count", [8, pytest.param(20, marks=pytest.mark.long)])
def test_more_tabs_than_connections_share_one_stream_and_all_follow(
    context: BrowserContext, app: Flask, address: str, folder: PostsFolder, count: int
) -> None:
    folder.write("hello", body="Before")
    streams: list[str] = []
    context.on("request", lambda request: streams.append(request.url) if "/-/live/events" in request.url else None)
    settled(app)
    pages = [opened(context, f"{address}/articles/hello/") for _ in range(count)]

    folder.write("hello", body="After")

    for page in pages:
        expect(page.locator(".prose")).to_contain_text("After")
    assert len(streams) <= 1


@pytest.mark.parametrize("path", ["/nothing-here/", f"/{'nothing-' * 30}/", "/articles/aside/"])
def test_missing_page_tells_its_writer_why_and_fits_a_phone(
    context: BrowserContext, app: Flask, address: str, folder: PostsFolder, path: str
) -> None:
    folder.write("aside", draft=True)
    settled(app)
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 700})

    page.goto(f"{address}{path}")

    expect(page.get_by_role("heading", name="For its writer")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") == 320
    assert page.locator("h1").evaluate("heading => heading.getBoundingClientRect().right") <= 320


def test_list_of_problems_fits_a_phone(context: BrowserContext, app: Flask, address: str, folder: PostsFolder) -> None:
    folder.raw("hello.md", f"---\ntitle: Mars: {'the sequel ' * 20}\n---\nText\n")
    settled(app)
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 700})

    page.goto(f"{address}/problems/")

    expect(page.get_by_role("heading", name="Error: posts/hello.md:2:12")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") == 320
