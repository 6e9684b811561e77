"""Search as readers use it: while typing, with the keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def indexed(browser: Browser, server: str) -> str:
    """The server's address, once everything can be found."""
    context = browser.new_context()
    for _ in range(200):
        if not context.request.get(f"{server}/search.json?q=moon").json()["partial"]:
            break
        context.request.get(f"{server}/")
    else:
        pytest.fail("the index was never complete")
    context.close()
    return server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def box(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_role("combobox", name="Search the magazine")


def test_slash_leads_to_the_box_from_everywhere(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/articles/")

    page.keyboard.press("/")
    page.wait_for_url("**/search/")

    expect(box(page)).to_be_focused()
    page.keyboard.type("1/2")
    expect(box(page)).to_have_value("1/2")


def test_results_follow_the_typing_and_are_announced(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")

    box(page).press_sequentially("telesc", delay=20)

    expect(page.locator(".results .result").first).to_be_visible()
    expect(page.locator(".results mark").first).to_have_text(re.compile("telescope", re.I))
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"\d+ articles for telesc"))
    expect(page).to_have_url(f"{indexed}/search/?q=telesc")
    assert "telesc" in page.title()


def test_newer_question_is_answered_although_the_older_one_still_waits(page: Page, indexed: str) -> None:
    held: list[Route] = []
    page.route("**/search/?q=moon&live", lambda route: held.append(route))
    page.goto(f"{indexed}/search/")

    with page.expect_request("**/search/?q=moon&live"):
        box(page).fill("moon")
    box(page).fill("venus")
    expect(page.locator(".search-count")).to_contain_text("venus")
    for route in held:
        route.abort()

    expect(page.locator(".search-count")).to_contain_text("venus")
    expect(page).to_have_url(f"{indexed}/search/?q=venus")


def test_arrow_keys_move_through_completions_and_enter_opens_one(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")

    box(page).press_sequentially("moo", delay=20)
    options = page.get_by_role("listbox", name="Completions").get_by_role("option")
    expect(options.first).to_be_visible()
    box(page).press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    box(page).press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "false")
    box(page).press("ArrowDown")
    box(page).press("Enter")

    page.wait_for_url("**/tags/moon/")


def test_escape_closes_the_completions_and_then_leaves_the_box(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).press_sequentially("moo", delay=20)
    expect(page.get_by_role("listbox")).to_be_visible()

    box(page).press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box(page)).to_be_focused()
    box(page).press("Escape")

    expect(box(page)).not_to_be_focused()


def test_open_completions_have_no_accessibility_violations(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).press_sequentially("moo", delay=20)
    expect(page.get_by_role("option").first).to_be_visible()
    box(page).press("ArrowDown")

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [360, 1280])
def test_facets_can_be_reached_and_followed(browser: Browser, indexed: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{indexed}/search/?q=moon")

    if width < 1024:
        page.get_by_text("Narrow the results").click()
    page.locator(".facet-values a", has_text="Observing").click()

    expect(page).to_have_url(f"{indexed}/search/?q=moon&category=observing")
    expect(page.get_by_role("link", name="Remove Observing")).to_be_visible()
    assert set(page.locator(".result .category").all_inner_texts()) == {"Observing"}
    context.close()


def test_everything_works_without_javascript(browser: Browser, indexed: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{indexed}/")

    page.get_by_role("link", name="Search").first.click()
    page.get_by_label("Search the magazine").fill("telescpe")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Showing results for telescope")).to_be_visible()
    page.get_by_role("link", name="telescpe").click()
    expect(page.get_by_text("Nothing in this part of the sky.")).to_be_visible()
    page.get_by_label("Search the magazine").fill("moon")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Next").click()

    expect(page.locator(".search-count")).to_contain_text("page 2")
    assert page.locator(".result").count() > 0
    context.close()
