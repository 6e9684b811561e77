"""The theme's own promises: contrast, weight, and templates that the content security policy allows."""

import re
from pathlib import Path

import pytest

from octavo.web.theme.colours import MIN_CONTRAST, contrast

CHECKOUT = Path(__file__).parents[2]
ROOT = CHECKOUT / "octavo" / "theme"
CSS = (ROOT / "static/css/site.css").read_text(encoding="utf-8")
OWN = (CHECKOUT / "static/css/own.css").read_text(encoding="utf-8")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PARTIALS = sorted((ROOT / "templates/partials").glob("*.html"))
SCHEMES = {"light": 0, "dark": 1}


def tokens(sheet):
    return {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", sheet)}


# The colours of the theme, and of the magazine, whose own stand over them.
PALETTES = {"theme": tokens(CSS), "magazine": tokens(CSS) | tokens(OWN)}
TEXTS = re.compile("ink|soft|accent|hue-|tone-")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("palette", PALETTES)
def test_texts_can_be_read_on_what_is_behind_them(palette, scheme):
    of = {name: pair[SCHEMES[scheme]] for name, pair in PALETTES[palette].items()}
    pairs = [(name, "paper") for name in of if TEXTS.match(name)]
    pairs += [(name, "code-paper") for name in of if name == "ink" or name.startswith("code-")]
    pairs += [("ink", "mark"), ("ink", "sheet"), ("soft", "sheet")]

    weak = {pair for pair in pairs if contrast(of[pair[0]], of[pair[1]]) < MIN_CONTRAST}

    assert weak == {("code-paper", "code-paper")}


FONTS = {
    ROOT: ("serif", "serif-italic", "sans"),
    CHECKOUT: ("newsreader", "newsreader-italic", "instrument-sans"),
}


@pytest.mark.parametrize("folder", FONTS, ids=["theme", "magazine"])
def test_the_fonts_of_an_english_page_weigh_at_most_38_kilobytes(folder):
    assert sum((folder / f"static/fonts/{name}.woff2").stat().st_size for name in FONTS[folder]) <= 38_000


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_policy_forbids(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"\sstyle=|\son\w+=|javascript:", text)
    assert all("src=" in tag or "ld+json" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert path.name == "500.html" or "<style" not in text


@pytest.mark.parametrize("path", PARTIALS, ids=lambda path: path.stem)
def test_a_partial_is_one_macro_and_one_block_of_the_same_name(path):
    text = path.read_text(encoding="utf-8")

    macros = re.findall(r"{% macro ([\w]+)\(", text)

    assert macros == [path.stem.replace("-", "_")]
    assert re.search(rf'class="[^"]*\b{path.stem}\b', text)
    assert f".{path.stem} " in CSS or f".{path.stem}," in CSS


def test_style_sheet_and_scripts_load_nothing_from_other_hosts():
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "static/js").glob("*.js"))

    assert not re.search(r"""(?:url\(|import\s|@import|fetch\()\s*["']?(?:https?:)?//""", CSS + scripts)
    assert "!important" not in CSS
