"""The magazine's covers: the same slug gives the same chart, on a page and on a social card."""

import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from plugins import BLACK, COMPOSITIONS, PALETTE, Canvas, Dice, cover_png, cover_svg, design, drawn, inks

SLUGS = [f"article-{n}" for n in range(200)]


def rgb(value):
    return tuple(int(value[n : n + 2], 16) for n in (1, 3, 5))


def near(pixel, colour, tolerance=12):
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, rgb(colour), strict=True))


def test_a_slug_always_gets_the_same_cover():
    assert drawn.__wrapped__("apollo", 0) == drawn.__wrapped__("apollo", 0)
    assert cover_png("apollo", 0) == cover_png("apollo", 0)


def test_covers_do_not_change_between_versions_and_machines():
    dice = Dice("apollo-soyuz-test-project")

    drawn = [dice.whole(0, 999) for _ in range(6)]

    assert drawn == [511, 730, 936, 353, 789, 452]


def test_different_slugs_get_different_covers():
    assert len({cover_svg(slug, 0) for slug in SLUGS}) == len(SLUGS)


def test_every_composition_and_inking_occurs():
    designs = [design(slug) for slug in SLUGS]

    first_shapes = {type(shape).__name__ for _, shapes in designs for shape in shapes}

    assert {inking for inking, _ in designs} == {"day", "night", "dawn"}
    assert first_shapes == {"Disc", "Moon", "Orbit", "Ring", "Lines", "Stars"}


@given(st.text(max_size=60), st.integers(0, 40))
def test_any_slug_gives_a_small_well_formed_svg_without_ids_or_styles(slug, hue):
    svg = cover_svg(slug, hue)

    root = ElementTree.fromstring(svg)
    assert root.get("viewBox") == "0 0 1600 900"
    assert root.get("aria-hidden") == "true"
    assert not any(element.get("id") or element.get("style") for element in root.iter())
    assert len(svg) <= 1700


def test_covers_are_small_on_average():
    sizes = [len(cover_svg(slug, 0)) for slug in SLUGS]

    assert sum(sizes) / len(sizes) <= 1400


@pytest.mark.parametrize("composition", COMPOSITIONS, ids=lambda found: found.__name__)
def test_every_composition_can_be_drawn_on_a_canvas(composition):
    colours = inks(3, "day")
    canvas = Canvas(480, 270, colours)

    for shape in composition(Dice("any")):
        canvas.draw(shape)

    seen = {colour for _, colour in canvas.image.getcolors(maxcolors=1 << 16)}
    assert {rgb(colours["g"]), rgb(colours["a"]), rgb(colours["b"])} <= seen


def test_a_social_card_has_the_size_asked_for_and_the_covers_ground():
    inking, _ = design("viking-at-fifty")

    image = Image.open(BytesIO(cover_png("viking-at-fifty", 2)))

    assert image.format == "PNG"
    assert image.size == (1200, 630)
    most = max(image.convert("RGB").getcolors(maxcolors=1 << 20))[1]
    assert near(most, inks(2, inking)["g"])


def test_the_style_sheet_has_the_same_palette():
    css = (Path(__file__).parents[1] / "static/css/own.css").read_text(encoding="utf-8")

    rules = re.findall(r"\.cover-(\d) \{ --deep: (#\w+); --pale: (#\w+); --bright: (#\w+); \}", css)

    assert [colours for _, *colours in rules] == [list(row) for row in PALETTE]
    assert f"color-mix(in srgb, var(--deep) 45%, {BLACK})" in css
    assert "color-mix(in srgb, var(--a) 28%, var(--g))" in css


def test_no_ink_vanishes_into_the_ground():
    for hue in range(len(PALETTE)):
        for inking in ("day", "night", "dawn"):
            colours = inks(hue, inking)
            for ink in ("a", "b"):
                assert contrast(colours[ink], colours["g"]) > 1.5, (hue, inking, ink)


def contrast(first, second):
    """WCAG 2.2 contrast ratio."""

    def luminance(value):
        channels = [c / 255 for c in rgb(value)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
