"""Every page type in a real browser: narrow and wide, light and dark, with and without JavaScript."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from octavo.web.theme.assets import slim_css
from tests.conftest import PostsFolder
from tests.tools import THEME

pytestmark = pytest.mark.browser

ARTICLE = "/articles/the-tyranny-of-the-rocket-equation/"
PAGES = {
    "home": "/",
    "articles": "/articles/?page=2",
    "article with a photograph": "/articles/apollo-soyuz-test-project/",
    "article with code, formulas and tables": ARTICLE,
    "category": "/categories/launch/",
    "tag": "/tags/mars/",
    "tags": "/tags/",
    "authors": "/authors/",
    "author": "/authors/history-desk/",
    "archive": "/archive/",
    "year": "/archive/2025/",
    "about": "/about/",
    "search": "/search/?q=moon&tag=nasa",
    "misspelled search": "/search/?q=telescpe",
    "empty search": "/search/?q=%22moon+xyzzy%22",
    "start of search": "/search/",
    "help for search": "/search/help/",
    "content API": "/api/",
    "not found": "/articles/nothing-here/",
}
Scheme = Literal["light", "dark"]


def open_page(browser: Browser, url: str, width: int, scheme: Scheme) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(url)
    return page


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> Iterator[Callable[[int, Scheme], Page]]:
    """The tab of a width and a scheme. It is opened once: that takes a browser longer than to show a page."""
    with contextlib.ExitStack() as opened:

        @functools.cache
        def tab(width: int, scheme: Scheme) -> Page:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            opened.callback(context.close)
            return context.new_page()

        yield tab


def in_turns() -> list[object]:
    """Each page once, wide and light or narrow and dark; the other way in the long version."""
    ways = ((1280, "light"), (360, "dark"))
    chosen = []
    for number, (name, path) in enumerate(PAGES.items()):
        for way, (width, scheme) in enumerate(ways):
            marks = [] if number % 2 == way else [pytest.mark.long]
            chosen.append(pytest.param(path, width, scheme, marks=marks, id=f"{name}-{width}-{scheme}"))
    return chosen


@pytest.mark.parametrize(("path", "width", "scheme"), in_turns())
def test_page_is_accessible_loads_nothing_from_elsewhere_and_logs_no_error(
    tabs: Callable[[int, Scheme], Page], server: str, path: str, width: int, scheme: Scheme
) -> None:
    page = tabs(width, scheme)
    requested: list[str] = []
    messages: list[str] = []
    watched: dict[str, Callable[..., None]] = {
        "request": lambda request: requested.append(request.url),
        "console": lambda message: messages.append(message.text),
        "pageerror": lambda error: messages.append(str(error)),
    }
    for event, watch in watched.items():
        page.on(event, watch)

    page.goto(server + path)
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    # What a page asks for when it has nothing else to do is asked for before this.
    page.evaluate("() => new Promise((done) => requestIdleCallback(() => done()))")

    for event, watch in watched.items():
        page.remove_listener(event, watch)
    assert found.violations_count == 0, found.generate_report()
    assert [url for url in requested if not url.startswith((server, "data:"))] == []
    # A browser logs the status of the page itself.
    assert [text for text in messages if "404" not in text or "nothing-here" not in path] == []
    assert page.context.cookies() == []


def test_article_reads_complete_without_javascript(browser: Browser, server: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(server + ARTICLE)

    assert page.locator("h1").inner_text() == "The Tyranny of the Rocket Equation"
    for text in ("Back to articles", "min read", "10 March 2025", "Launch"):
        assert page.get_by_text(text).first.is_visible(), text
    assert page.locator("article table").count() >= 1
    assert page.locator("article pre").count() >= 1
    assert page.locator("math").count() >= 1
    context.close()


def test_keyboard_reaches_the_text_by_the_skip_link_first(browser: Browser, server: str) -> None:
    page = open_page(browser, server + ARTICLE, 1280, "light")

    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")

    assert skip.startswith("#")
    assert page.evaluate("location.hash") == skip
    page.context.close()


def test_contents_mark_the_section_that_is_being_read(browser: Browser, server: str) -> None:
    page = open_page(browser, server + ARTICLE, 1280, "light")
    marked = page.locator(".contents [aria-current]")
    expect(marked).to_have_count(0)

    page.get_by_role("heading", name="Three percent").evaluate("it => it.scrollIntoView({ behavior: 'instant' })")
    expect(marked).to_have_text("Three percent")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")

    expect(marked).to_have_count(0)
    page.context.close()


WIDE = """() => {
    const line = "x".repeat(80) + " " + "y".repeat(80);
    const row = "<td>A number of cells</td>".repeat(16);
    document.querySelector(".prose").insertAdjacentHTML("beforeend", `
        <div class="code"><pre><code>${line}</code></pre></div><pre><code>${line}</code></pre>
        <div class="table"><table><tbody><tr>${row}</tr></tbody></table></div>`);
}"""
CUT_OFF = """() => {
    const prose = document.querySelector(".prose");
    const edge = prose.getBoundingClientRect().right + 1;
    const parts = [...prose.querySelectorAll("pre, .table, table")];
    const tooWide = (part) => part.getBoundingClientRect().right > edge
        || part.scrollWidth > part.clientWidth + 1;
    return parts.filter(tooWide).map((part) => part.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize(("width", "medium", "beside"), [(1600, "screen", 3), (1280, "screen", 0), (1600, "print", 0)])
def test_footnotes_stand_beside_their_marks_where_there_is_a_margin(
    tabs: Callable[[int, Scheme], Page], server: str, width: int, medium: Literal["screen", "print"], beside: int
) -> None:
    page = tabs(width, "light")
    page.goto(f"{server}/articles/hera-returns-to-dimorphos/")
    expect(page.locator(".footnotes-beside")).to_be_attached()
    page.emulate_media(media=medium)

    found = page.evaluate("""() => [...document.querySelectorAll(".footnotes > ol > li")].filter((note) => {
        const mark = document.getElementById(note.id.replace("fn", "fnref")).getBoundingClientRect();
        const text = document.querySelector(".prose").getBoundingClientRect();
        const box = note.getBoundingClientRect();
        return box.left > text.right && Math.abs(box.top - mark.top) < 5;
    }).length""")

    page.emulate_media(media="screen")
    assert found == beside


def test_nothing_is_cut_off_on_paper(browser: Browser, server: str) -> None:
    page = open_page(browser, server + ARTICLE, 727, "light")
    page.evaluate(WIDE)

    on_screen = page.evaluate(CUT_OFF)
    page.emulate_media(media="print")
    on_paper = page.evaluate(CUT_OFF)

    assert len(on_screen) >= 3
    assert on_paper == []
    page.context.close()


def test_style_sheet_means_to_a_browser_what_its_author_wrote(browser: Browser) -> None:
    written = (THEME / "static" / "css" / "site.css").read_bytes()
    page = browser.new_page()
    rules = """text => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        return [...sheet.cssRules].map(rule => rule.cssText.replace(/\\s+/g, "")).join("\\n");
    }"""

    sent = page.evaluate(rules, slim_css(written).decode())

    assert len(sent) > 10_000
    assert sent == page.evaluate(rules, written.decode())
    page.close()


@pytest.mark.parametrize(("path", "width"), [("/", 1280), (ARTICLE, 360)], ids=["home", "article"])
def test_text_stays_where_it_is_when_the_fonts_arrive(browser: Browser, server: str, path: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    held: list[Route] = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.add_init_script(
        "window.shift = 0;"
        "new PerformanceObserver(seen => seen.getEntries().forEach(move => shift += move.value))"
        ".observe({ type: 'layout-shift' });"
    )
    painted = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"

    page.goto(server + path, wait_until="domcontentloaded")
    page.evaluate(painted)
    for request in held:
        request.continue_()
    page.unroute("**/*.woff2")
    page.evaluate("document.fonts.ready")
    page.evaluate(painted)

    loaded = "[...document.fonts].filter(face => face.status === 'loaded').map(face => face.family)"
    assert {"Newsreader", "Instrument Sans"} <= set(page.evaluate(loaded))
    assert page.evaluate("shift") < 0.05  # web.dev/articles/cls calls 0.1 good
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_pictures_keep_their_places_until_they_come_in_the_width_that_the_text_gives(
    browser: Browser, serve: Callable[[Flask], str], make_app: Callable[..., Flask], folder: PostsFolder, width: int
) -> None:
    pictures = folder.path / "seen"
    pictures.mkdir()
    Image.new("RGB", (896, 504)).save(pictures / "wide.png")
    Image.new("RGB", (400, 800)).save(pictures / "tall.png")
    folder.raw("seen/index.md", "Text.\n\n![A](wide.png)\n\n![B](wide.png){width=50%}\n\n![C](tall.png)\n")
    address = f"{serve(make_app())}/articles/seen/"
    pages = [browser.new_page(viewport={"width": width, "height": 900}) for _ in range(2)]
    # What is neither sent on nor refused is waited for.
    pages[0].route("**/media/**", lambda route: None)

    for page in pages:
        page.goto(address, wait_until="domcontentloaded")
        page.wait_for_function("document.querySelector('link[rel=stylesheet]').sheet !== null")
        page.evaluate("document.fonts.ready.then(() => null)")
    pages[1].evaluate(
        "Promise.all([...document.images].map(image => { image.loading = 'eager'; return image.decode(); }))"
    )

    sizes = "images => images.map(image => [image.clientWidth, image.clientHeight])"
    before, after = (page.eval_on_selector_all(".prose img", sizes) for page in pages)
    assert before == after
    (full, height), half, tall = after
    assert height == pytest.approx(full * 9 / 16, abs=1)
    line = pages[1].eval_on_selector(".prose > p", "line => line.clientWidth")
    assert half == pytest.approx([line / 2, line * 9 / 32], abs=1)
    assert tall[1] <= 720
    for page in pages:
        page.close()
