"""Sites of five subjects, made with settings and two overrides at most: nobody finds a fault in their pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser

from octavo import create_app

pytestmark = pytest.mark.browser

TEXT = "Notice that nobody can prove was never given: keep a copy, ask for a receipt, and count the days twice.\n\n"
HEADINGS = "".join(f"## {name}\n\n{TEXT}" for name in ("The form", "The time", "The proof", "What if it was late"))
TABLE = "| Rent is due | Notice by |\n|---|---|\n| monthly | the first day of the month before |\n\n"
CODE = '```python\ndef copy(source: Reader) -> int:\n    """Copy all records."""\n    return len(source)\n```\n\n'
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="36"><path d="M0 0h90v36z"/></svg>'
FORMULA = "Within the line $a^2+b^2=c^2$ stands.\n\n$$\\int_0^\\infty e^{-x^2}\\,dx$$\n\n"
NOTE = "> [!NOTE]\n> Records are read once.\n\n> A quotation.\n\n"


@dataclass
class Subject:
    """A site: its settings, its texts by name, and the files of its own."""

    settings: str
    texts: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)


SUBJECTS = {
    "law office": Subject(
        'title = "Hart & Osei"\ntagline = "A small law office"\naccent = ["#5b2333"]\nlogo = "logo.svg"\n'
        'footer = "12 Queen Square, Bristol. [Imprint](/imprint/)"\nnavigation = [{label = "Articles", url = '
        '"/articles/"}, {label = "Practice", items = [{label = "Tenancy", url = "/categories/tenancy/"}]}]',
        {
            "notice": f"---\ntitle: Notice\ndate: 2025-05-02\ncategory: Tenancy\nauthor: Osei\n---\n{TEXT}{HEADINGS}",
            "deposit": f"---\ntitle: Deposits\ndate: 2025-04-02\ncategory: Tenancy\n---\n{TABLE}",
            "_pages/imprint": f"---\ntitle: Imprint\n---\n{TEXT}",
        },
        {
            "static/logo.svg": LOGO,
        },
    ),
    "cookery blog": Subject(
        'title = "Salt & Smoke"\ntagline = "From a kitchen with one window"\naccent = ["#a8431c"]\n'
        'typefaces = "mixed"\ncovers = "typographic"\nscheme = "switch"',
        {
            f"dish-{n}": f"---\ntitle: Dish {n}\ndate: 2025-05-0{n}\ncategory: Soups\n---\n- beans\n\n{TEXT}{FORMULA}"
            for n in range(1, 7)
        },
        {"templates/base.html": '{% extends "theme:base.html" %}{% block colophon %}<p>Eat well.</p>{% endblock %}'},
    ),
    "band": Subject(
        'title = "The Quiet Engines"\naccent = ["#7a1fa2", "#e3a6ff"]\ntypefaces = "sans"\nscheme = "dark"\n'
        'home = "list"\nsocial = [{label = "Mastodon", url = "https://social.example/@engines"}]',
        {
            "leeds": f"---\ntitle: Leeds\ndate: 2025-06-20\ntags: [live]\n---\nNote.[^1]\n\n{TEXT}{TABLE}[^1]: Long.",
            "tape": f"# The tape\n\n{TEXT}",
        },
        {
            "templates/layouts/wide.html": '{% extends "article.html" %}',
            "static/css/own.css": ":root { --paper: light-dark(#ffffff, #0b0b10); }",
        },
    ),
    "documentation": Subject(
        'title = "pipeline"\ntypefaces = "sans"\nnavigation = [{label = "Reference", url = "/reference/"}]',
        {
            "version-2": f"---\ntitle: Version 2\ndate: 2025-06-02\n---\n{TEXT}{CODE}{FORMULA}{NOTE}",
            "_pages/reference": f"---\ntitle: Reference\n---\n{TEXT}{HEADINGS}{CODE}{TABLE}",
        },
    ),
    "diary": Subject(
        'title = "Nothing much"\ntypefaces = "system"\nhome = "list"\nviews = false',
        {"2025-06-12": f"# A wet Thursday\n\n{TEXT}", "2025-06-10": f"# The bicycle\n\n{TEXT}"},
    ),
}


def site_of(subject: Subject, folder: Path) -> Flask:
    """Write a subject's site into a folder, and return its application."""
    files = {f"posts/{name}.md": text for name, text in subject.texts.items()}
    for name, text in {**files, **subject.files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "pyproject.toml").write_text(f"[tool.octavo]\nwatch = false\n{subject.settings}\n", "utf-8")
    return create_app(folder)


# The one with the most kinds of pages; all of them in the long version.
SHORT = ("documentation",)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in SHORT else pytest.mark.long) for name in SUBJECTS],
)
def test_site_of_any_subject_has_no_accessibility_violations_and_fits_a_phone(
    browser: Browser, serve: Callable[[Flask], str], tmp_path: Path, name: str
) -> None:
    subject = SUBJECTS[name]
    paths = ["/", f"/articles/{next(iter(subject.texts))}/"]
    paths += [f"{name.removeprefix('_pages')}/" for name in subject.texts if name.startswith("_pages")]
    app = site_of(subject, tmp_path)
    faults = {}

    with closing(app.extensions["octavo"]):
        address = serve(app)
        for scheme, width in (("light", 1280), ("dark", 360)):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            for path in paths:
                page.goto(address + path)
                found = Axe().run(page)
                if found.violations_count:
                    faults[path, scheme] = found.generate_report()
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    faults[path, scheme] = "scrolls sideways"
            context.close()

    assert faults == {}
