"""Covers of articles without a picture, where no plug-in draws them."""

from __future__ import annotations

from hashlib import blake2b
from io import BytesIO

from markupsafe import escape
from PIL import Image, ImageDraw

# A cover's field, and a social card; pixels.
FIELD = (1600, 900)
CARD = (1200, 630)
BARS = 5
# The ground of each hue, for cards; pages have their colours from a site's own style sheet.
GROUNDS = (
    "#1d2f63", "#6d3413", "#12453c", "#681c2b", "#3b2860", "#0d4152", "#514212", "#27333f",
)  # fmt: skip
PAPER = "#f4efe2"


def cover_svg(slug: str, title: str, hue: int) -> str:
    """Return the cover of an article without a picture, a large letter, as an inline SVG element.

    `hue` is the number of the category's colour, 0 to 7.
    """
    letter = next(filter(str.isalnum, title), "")
    digest = blake2b(slug.encode("utf-8", "surrogatepass"), digest_size=1).digest()
    width, height = FIELD
    # Lists show four by three of it, in which a letter as wide as it is high stands whole.
    place = round(width * (0.41 + 0.18 * digest[0] / 255))
    return (
        f'<svg class="cover cover-{hue % len(GROUNDS)}" viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        f'<text x="{place}" y="{height}" font-size="{height}">{escape(letter)}</text></svg>'
    )


def cover_png(slug: str, hue: int) -> bytes:
    """Return an article's drawn cover as a PNG of the size CARD, for social cards."""
    image = Image.new("RGB", CARD, GROUNDS[hue % len(GROUNDS)])
    pen = ImageDraw.Draw(image)
    for left, top, long, thick in _bars(slug, *CARD):
        pen.rectangle((left, top, left + long, top + thick), fill=PAPER)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _bars(slug: str, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, length and thickness of the bars for a slug; always the same ones."""
    digest = blake2b(slug.encode("utf-8", "surrogatepass"), digest_size=BARS).digest()
    step = height // (BARS + 2)
    left = width // 10
    return [
        (left, step * (number + 1), width * (80 + value) // 420, step // 3)
        for number, value in enumerate(digest)
    ]
