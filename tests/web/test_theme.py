"""The theme's own promises: contrast, weight, and templates that the content security policy allows."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "octavo" / "theme"
CSS = (ROOT / "static/css/site.css").read_text(encoding="utf-8")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PARTIALS = sorted((ROOT / "templates/partials").glob("*.html"))
TOKENS = {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)}
SCHEMES = {"light": 0, "dark": 1}


def luminance(value):
    channels = [int(value[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    """WCAG 2.2, definition of contrast ratio."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("text", ["ink", "soft", "accent", *(f"hue-{n}" for n in range(8))])
def test_text_can_be_read_on_the_paper(text, scheme):
    side = SCHEMES[scheme]

    assert contrast(TOKENS[text][side], TOKENS["paper"][side]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("text", ["ink", *sorted(name for name in TOKENS if re.match("code-(?!paper)", name))])
def test_code_can_be_read_on_its_paper(text, scheme):
    side = SCHEMES[scheme]

    assert contrast(TOKENS[text][side], TOKENS["code-paper"][side]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_marked_words_can_be_read(scheme):
    side = SCHEMES[scheme]

    assert contrast(TOKENS["ink"][side], TOKENS["mark"][side]) >= 4.5


def test_the_fonts_of_an_english_page_weigh_at_most_38_kilobytes():
    names = ("newsreader", "newsreader-italic", "instrument-sans")

    assert sum((ROOT / f"static/fonts/{name}.woff2").stat().st_size for name in names) <= 38_000


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
