"""Search as readers use it: while typing, with the keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

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


WIDE: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """The one tab of these tests, empty: to open another costs more than what most of them do in it."""
    tab.goto("about:blank")
    yield tab
    tab.unroute_all(behavior="ignoreErrors")
    tab.context.set_offline(False)
    tab.set_viewport_size(WIDE)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Page]:
    """A tab of its own, for a test that stops the clock: it never runs again."""
    context = browser.new_context(viewport=WIDE)
    yield context.new_page()
    context.close()


def box(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_role("combobox", name="Search the articles")


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


def test_typing_keeps_what_is_chosen_and_the_order(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/?q=moon&tag=moon&sort=newest")

    box(page).press("End")
    box(page).press_sequentially(" mars", delay=20)

    expect(page).to_have_url(f"{indexed}/search/?q=moon+mars&tag=moon&sort=newest")
    expect(page.get_by_role("link", name="Remove Moon")).to_be_visible()
    box(page).fill("")
    expect(page).to_have_url(f"{indexed}/search/?tag=moon&sort=newest")
    expect(page.locator(".results .result").first).to_be_visible()


@pytest.mark.parametrize(
    "typed",
    [
        "tag:moo",
        "telescpe",
        *(pytest.param(text, marks=pytest.mark.long) for text in ("telesc", 'moon "crew me', "title:moo")),
    ],
)
def test_address_that_typing_leaves_gives_the_same_when_it_is_reloaded(page: Page, indexed: str, typed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).press_sequentially(typed, delay=5)
    page.wait_for_url(f"{indexed}/search/?{urlencode({'q': typed})}")
    expect(page.locator(".results .result").first).to_be_visible()

    shown = page.locator(".search-count").inner_text(), page.locator(".result-title").all_inner_texts()
    page.reload()

    assert (page.locator(".search-count").inner_text(), page.locator(".result-title").all_inner_texts()) == shown


def test_nothing_flashes_by_while_a_label_is_typed(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).press_sequentially("tag:", delay=20)

    for letter in "moon":
        box(page).press(letter)
        expect(page.locator(".search-count")).to_contain_text(
            re.compile(rf"\d+ articles? for {box(page).input_value()}")
        )
        expect(page.get_by_text("Nothing in this part of the sky.")).to_be_hidden()
    expect(page.get_by_role("option").first).to_have_text(re.compile(r"^Moon tag, "))


def test_too_few_letters_take_the_results_of_the_word_away(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/?q=moon")

    box(page).press("End")
    box(page).press("Backspace")
    box(page).press("Backspace")

    expect(page).to_have_url(f"{indexed}/search/")
    expect(page.locator(".search-count")).to_have_count(0)
    expect(page.get_by_role("heading", name="Latest articles")).to_be_visible()
    expect(box(page)).to_have_value("mo")
    box(page).press_sequentially("on")
    expect(page.locator(".search-count")).to_contain_text("moon")


def test_word_of_two_letters_has_results_while_it_is_typed(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")

    box(page).press_sequentially("11")

    expect(page.locator(".search-count")).to_contain_text(re.compile(r"\d+ articles for 11"))
    expect(page).to_have_url(f"{indexed}/search/?q=11")
    box(page).press("Backspace")
    expect(page.locator(".search-count")).to_have_count(0)
    expect(page).to_have_url(f"{indexed}/search/")


def test_failing_results_are_announced_and_the_next_key_asks_again(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/?q=moon")
    page.route("**/search/?*live", lambda route: route.abort())

    box(page).press("End")
    box(page).press_sequentially(" mars")

    expect(page.get_by_role("status")).to_contain_text("could not be fetched")
    expect(page.locator(".search-note")).to_contain_text("could not be fetched")
    expect(page).to_have_url(f"{indexed}/search/?q=moon")
    page.unroute("**/search/?*live")
    box(page).press("Enter")
    page.wait_for_url("**/search/?q=moon+mars")
    expect(page.locator(".search-count")).to_contain_text("moon mars")


def test_results_follow_again_once_the_connection_is_back(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    page.route("**/search/?*live", lambda route: route.fulfill(status=503))
    box(page).fill("venus")
    expect(page.locator(".search-note")).to_contain_text("could not be fetched")

    page.unroute("**/search/?*live")
    box(page).press("s")
    box(page).press("Backspace")

    expect(page.locator(".search-count")).to_contain_text("venus")
    expect(page.locator(".search-note")).to_have_count(0)


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


def test_chosen_completion_stays_so_where_later_ones_hold_it_too(page: Page, indexed: str) -> None:
    held: list[Route] = []
    page.route("**/suggest.json?q=moon", lambda route: held.append(route))
    page.goto(f"{indexed}/search/")
    box(page).fill("moo")
    first = page.get_by_role("option").first
    expect(first).to_have_text(re.compile(r"^Moon tag, "))
    first.evaluate("option => option.classList.add('before')")

    with page.expect_request("**/suggest.json?q=moon"):
        box(page).press_sequentially("n")
    box(page).press("ArrowDown")
    held[0].continue_()

    expect(first).not_to_have_class("before")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", "search-completion-0")


def test_arrow_key_asks_for_completions_of_what_is_in_the_box_already(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/?q=moon")

    box(page).press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_text(re.compile(r"^Moon tag, "))
    box(page).press("ArrowDown")
    box(page).press("Enter")

    page.wait_for_url("**/tags/moon/")


def test_completions_of_what_was_cleared_away_do_not_open_again(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).fill("moon")
    expect(page.get_by_role("option").first).to_be_visible()

    box(page).fill("")
    expect(page.get_by_role("option")).to_have_count(0)
    box(page).press("ArrowDown")

    expect(page.get_by_role("option")).to_have_count(0)
    box(page).press("Enter")
    page.wait_for_url("**/search/?q=")


def test_completions_of_the_word_before_do_not_open_again_when_new_ones_fail(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).fill("moon")
    expect(page.get_by_role("option").first).to_be_visible()

    page.route("**/search/suggest.json?*", lambda route: route.abort())
    box(page).fill("venus")
    expect(page.get_by_role("option")).to_have_count(0)
    box(page).press("ArrowDown")

    expect(page.get_by_role("option")).to_have_count(0)


def test_typing_on_lets_go_of_the_chosen_completion(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).press_sequentially("moo", delay=20)
    expect(page.get_by_role("option").first).to_be_visible()
    box(page).press("ArrowDown")

    page.keyboard.type("re")
    page.keyboard.press("Enter")

    page.wait_for_url("**/search/?q=moore**")


def test_narrowing_stays_open_while_typing_on_a_small_screen(page: Page, indexed: str) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{indexed}/search/?q=moon")
    page.get_by_text("Narrow the results").click()

    box(page).fill("mars")

    expect(page.locator(".search-count")).to_contain_text("mars")
    expect(page.get_by_role("heading", name="Section")).to_be_visible()


def test_completions_leave_the_first_result_in_reach(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")

    box(page).fill("space")
    expect(page.get_by_role("option").nth(3)).to_be_visible()
    page.locator(".search-found .result-title a").first.click(timeout=3_000)

    page.wait_for_url("**/articles/**")


def test_completion_that_leads_to_a_search_keeps_what_is_chosen(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/?q=moon&category=launch&sort=newest")

    box(page).fill("moon tag:nas")
    page.get_by_role("option", name="NASA").click()

    page.wait_for_url(f"{indexed}/search/?q=moon+tag%3Anasa&category=launch&sort=newest")
    expect(page.get_by_role("link", name="Remove Launch")).to_be_visible()


def test_escape_closes_the_completions_and_then_leaves_the_box(page: Page, indexed: str) -> None:
    page.goto(f"{indexed}/search/")
    box(page).press_sequentially("moo", delay=20)
    expect(page.get_by_role("listbox")).to_be_visible()

    box(page).press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box(page)).to_be_focused()
    box(page).press("Escape")

    expect(box(page)).not_to_be_focused()


def stop_clock(page: Page, url: str) -> None:
    """Open a page whose timers run only when the test says so, however long it takes to press the next key."""
    page.clock.install(time=0)
    page.goto(url)
    page.clock.pause_at(3_600)


def test_escape_right_after_a_letter_closes_the_completions_for_good(new_page: Page, indexed: str) -> None:
    stop_clock(new_page, f"{indexed}/search/")
    asked: list[str] = []
    new_page.on("request", lambda request: asked.append(request.url))
    box(new_page).press_sequentially("moo")
    new_page.clock.run_for(200)
    expect(new_page.get_by_role("option").first).to_be_visible()

    box(new_page).press("n")
    box(new_page).press("Escape")
    new_page.clock.run_for(200)

    expect(new_page).to_have_url(f"{indexed}/search/?q=moon")
    expect(new_page.get_by_role("listbox")).to_be_hidden()
    assert f"{indexed}/search/suggest.json?q=moon" not in asked
    box(new_page).press("ArrowDown")
    expect(new_page.get_by_role("option").first).to_have_text(re.compile(r"^Moon tag, "))


def test_input_method_keeps_its_keys_and_is_waited_for(new_page: Page, indexed: str) -> None:
    stop_clock(new_page, f"{indexed}/search/")
    box(new_page).press_sequentially("moo")
    new_page.clock.run_for(200)
    new_page.wait_for_url("**/search/?q=moo")
    expect(new_page.get_by_role("option").first).to_be_visible()

    asked: list[str] = []
    new_page.on("request", lambda request: asked.append(request.url))
    composition = new_page.context.new_cdp_session(new_page)
    for composed in ("r", "re"):
        end = len(composed)
        composition.send("Input.imeSetComposition", {"text": composed, "selectionStart": end, "selectionEnd": end})
        for key in ("ArrowDown", "Escape"):
            box(new_page).dispatch_event("keydown", {"key": key, "isComposing": True, "cancelable": True})
        new_page.clock.run_for(200)

    assert [url for url in asked if "/search/" in url] == []
    expect(box(new_page)).to_be_focused()
    expect(new_page.get_by_role("option").first).to_have_attribute("aria-selected", "false")
    composition.send("Input.insertText", {"text": "n"})
    new_page.clock.run_for(200)
    new_page.wait_for_url("**/search/?q=moon")


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


def test_form_without_javascript_keeps_what_is_chosen(browser: Browser, indexed: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{indexed}/search/?q=moon&tag=moon&sort=newest")

    page.get_by_label("Search the articles").fill("moon mars")
    page.get_by_role("button", name="Search").click()

    expect(page).to_have_url(f"{indexed}/search/?q=moon+mars&tag=moon&sort=newest")
    context.close()


def test_everything_works_without_javascript(browser: Browser, indexed: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{indexed}/")

    page.get_by_role("link", name="Search").first.click()
    page.get_by_label("Search the articles").fill("telescpe")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Showing results for telescope")).to_be_visible()
    page.get_by_role("link", name="telescpe").click()
    expect(page.get_by_text("Nothing in this part of the sky.")).to_be_visible()
    page.get_by_label("Search the articles").fill("moon")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Next").click()

    expect(page.locator(".search-count")).to_contain_text("page 2")
    assert page.locator(".result").count() > 0
    context.close()
