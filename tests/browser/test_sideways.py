"""No page scrolls sideways and no text is cut or squeezed: at any width, in any font, at any size
of text, with the longest words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route

from octavo import create_app
from octavo.settings import MenuItem, Settings, load_settings
from tests.browser.conftest import ROOT
from tests.browser.test_pages import PAGES

pytestmark = pytest.mark.browser

WIDTHS = [320, 360, 480, 640, 768, 1024, 1280, 1440, 1920]
STATUS_KEY = "for-the-operator-alone"
# From statutes, registers and dictionaries of German and Finnish, five each.
WORDS = [
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung",
    "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    "Straßenentwässerungsinvestitionskostenschuldendienstumlage",
    "Rechtsschutzversicherungsgesellschaften",
    "atomiydinenergiareaktorigeneraattorilauhduttajaturbiiniratasvaihde",
    "lentokonesuihkuturbiinimoottoriapumekaanikkoaliupseerioppilas",
    "epäjärjestelmällistyttämättömyydelläänsäkäänköhän",
    "kolmivaihekilowattituntimittari",
    "peruspalveluliikelaitoskuntayhtymä",
]
LONGEST = WORDS[0]
# In each place of an article where a word can stand, WORD.
TEXT = (Path(__file__).parent / "unbroken.md").read_text(encoding="utf-8")
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="400"/>'
MAGAZINE_PATHS = [*PAGES.values(), "/status/", "/500"]
ARTICLES = [f"/articles/article-{number}/" for number in range(len(WORDS))]
WORD_PATHS = [
    *("/", "/articles/", "/archive/", "/archive/2025/", "/tags/", "/authors/", "/page/"),
    *(f"/{kind}/{LONGEST}/" for kind in ("tags", "categories", "authors", "nothing-here")),
    *("/search/", f"/search/?q={LONGEST}", f"/search/?q=nothing+{LONGEST}", "/search/help/"),
    *("/api/", "/status/"),
]
MEASURE = (Path(__file__).parent / "sideways.js").read_text(encoding="utf-8")

SIZED = ":root { --serif: Sized; --sans: Sized; --mono: Sized; font-family: Sized; }"
# Wide letters are like DejaVu Sans and Verdana, narrow ones like condensed faces. Browsers enlarge
# text by its letters alone, or by the size that `rem` goes by.
STYLES = {
    "own fonts": {"css": "", "percent": None},
    "wide letters": {"css": SIZED, "percent": 140},
    "narrow letters": {"css": SIZED, "percent": 70},
    "letters at 200 %": {"css": SIZED, "percent": 200},
    "text at 200 %": {"css": "html { font-size: 200%; }", "percent": None},
}


def magazine(folder: Path) -> Settings:
    """Return the settings of the checkout's own site."""
    own = load_settings(ROOT, {})
    return replace(own, search_index_dir=str(folder / "index"), status_key=STATUS_KEY)


def long_words(folder: Path) -> Settings:
    """Write a site of which every word is one of the longest, and return its settings."""
    posts = folder / "posts"
    for number, word in enumerate(WORDS):
        fields = [f"title: {word}", f"summary: {word}", f"category: {word}", f"author: {word}"]
        fields += [f"tags: [{', '.join(WORDS)}]", f"date: 2025-01-0{number % 5 + 1}"]
        if number % 2:
            fields += ["image: drawing.svg", f"image_caption: {word}", f"image_credit: {word}"]
        write(posts / f"article-{number}" / "index.md", fields, TEXT.replace("WORD", word))
        (posts / f"article-{number}" / "drawing.svg").write_text(DRAWING, encoding="utf-8")
    write(posts / "_pages" / "page.md", [f"title: {LONGEST}"], TEXT.replace("WORD", LONGEST))
    author = posts / "_authors" / f"{LONGEST.lower()}.md"
    write(author, [f"name: {LONGEST}", f"role: {LONGEST}"], LONGEST)
    links = [MenuItem(word, f"/categories/{word}/") for word in WORDS]
    texts = replace(magazine(folder), title=LONGEST, tagline=LONGEST, navigation=links)
    return replace(texts, posts_dir=str(posts), page_size=3)


def write(path: Path, fields: list[str], text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["---", *fields, "---", text]), encoding="utf-8")


@pytest.fixture(scope="module")
def frame(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with an empty frame, at the root of two sites: magazine.test and words.test."""
    page = browser.new_page(viewport={"width": 1920, "height": 900})
    apps = []
    for name, settings in (("magazine", magazine), ("words", long_words)):
        given = settings(tmp_path_factory.mktemp(name))
        app = create_app(ROOT, replace(given, watch=False, indexing=False, cache="none"))
        app.test_cli_runner().invoke(args=["index", "build"])
        page.route(f"http://{name}.test/**", answer_from(app))
        apps.append(app)
    yield page
    page.close()
    for app in apps:
        app.extensions["octavo"].close()


def answer_from(app: Flask) -> Callable[[Route], None]:
    """Answer a browser from an application, without the headers that forbid to frame a page."""
    client = app.test_client()
    broken = ROOT / "templates" / "500.html"

    def answer(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.path == "/frame":
            route.fulfill(body="<!doctype html><iframe></iframe>", content_type="text/html")
            return
        if url.path == "/500":
            route.fulfill(path=broken, content_type="text/html")
            return
        address = f"{url.path}?{url.query}"
        given = client.get(address, auth=("", STATUS_KEY), follow_redirects=True, buffered=True)
        status = given.status_code
        route.fulfill(status=status, body=given.data, content_type=given.content_type)

    return answer


def faults(
    frame: Page,
    site: str,
    paths: list[str],
    widths: list[int],
    styles: list[str],
    opened: list[bool],
) -> list[str]:
    """Return what is wrong with a site's pages, a line each."""
    frame.goto(f"http://{site}.test/frame")
    chosen = {name: STYLES[name] for name in styles}
    asked = {"paths": paths, "widths": widths, "styles": chosen, "opened": opened}
    found: list[str] = frame.evaluate(MEASURE, asked)
    return found


@pytest.mark.parametrize(
    ("site", "paths"),
    [("magazine", MAGAZINE_PATHS), ("words", [*WORD_PATHS, *ARTICLES[:2]])],
    ids=["magazine", "long words"],
)
def test_no_page_scrolls_sideways(frame: Page, site: str, paths: list[str]) -> None:
    # What fits in wide letters fits in the site's own, which are narrower.
    found = faults(frame, site, paths, [320, 1024], ["wide letters", "text at 200 %"], [True])

    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("site", "paths"),
    [("magazine", MAGAZINE_PATHS), ("words", [*WORD_PATHS, *ARTICLES])],
    ids=["magazine", "long words"],
)
def test_no_page_scrolls_sideways_anywhere(frame: Page, site: str, paths: list[str], style: str) -> None:
    found = faults(frame, site, paths, WIDTHS, [style], [False, True])

    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("site", ["magazine", "words"])
def test_no_page_scrolls_sideways_in_the_fonts_of_the_machine(frame: Page, site: str) -> None:
    paths = MAGAZINE_PATHS if site == "magazine" else [*WORD_PATHS, *ARTICLES]
    frame.route("**/*.woff2", lambda route: route.abort())

    found = faults(frame, site, paths, WIDTHS, ["own fonts"], [False, True])

    frame.unroute("**/*.woff2")
    assert found == []


def test_name_of_the_magazine_stands_in_one_line_in_its_own_font(frame: Page) -> None:
    frame.goto("http://magazine.test/")
    frame.evaluate("document.fonts.ready")

    lines = {}
    for width in range(640, 1921, 80):
        frame.set_viewport_size({"width": width, "height": 900})
        lines[width] = frame.locator(".masthead-name").evaluate(
            "name => { const range = document.createRange(); range.selectNodeContents(name); "
            "return range.getClientRects().length; }"
        )

    assert set(lines.values()) == {1}, lines
