"""Where pictures are placed and how wide, as classes of the style sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping

from octavo.content.markdown.targets import Picture

# The words that attributes, classes and styles of other systems have for a side.
_SIDE = re.compile(
    r"""\b(?:align|text|float|img|image|pull|is|wp-block-image-align)?[-_]?
        (left|right|center|centre|centered)\b
      | (?:float|text-align)\s*:\s*(left|right|center)""",
    re.VERBOSE | re.IGNORECASE,
)
_WIDTH = re.compile(r"(\d{1,3})(?:\.\d+)?%|(\d{1,4})(?:px)?")
_PIXELS = re.compile(r"(\d{1,4})(?:px)?")
_STYLE_WIDTH = re.compile(r"(?:^|;)\s*(?:max-)?width\s*:\s*([\d.]+(?:%|px))")
# The widths, in percent of the column, that the style sheet has classes for.
WIDTHS = (10, 20, 25, 30, 33, 40, 50, 60, 66, 70, 75, 80, 90)

Attributes = Mapping[str, str | None]


def as_class(names: str) -> str:
    """Return `class="..."` after a space, or '' where there are no names."""
    return f' class="{names}"' if names else ""


def side_of(attributes: Attributes) -> str:
    """Return the class for the side at which an element floats, or ''."""
    if not attributes:
        return ""
    for name in ("align", "class", "style"):
        found = _SIDE.search(attributes.get(name) or "")
        if found is None:
            continue
        side = (found[1] or found[2]).lower()
        if side in ("left", "right"):
            return f"align-{side}"
        return "align-center"
    return ""


def place_of(attributes: Attributes) -> str:
    """Return the classes for side and width of a picture or of the element around it, or ''."""
    if not attributes:
        return ""
    classes = side_of(attributes)
    written = attributes.get("width") or ""
    styled = _STYLE_WIDTH.search(attributes.get("style") or "")
    if styled:
        written = styled[1]
    width = _WIDTH.fullmatch(written.strip())
    if width is None:
        return classes
    if width[1] is None:
        return f"{classes} sized".strip()
    percent = int(width[1])
    if percent > WIDTHS[-1]:
        return classes
    nearest = min(WIDTHS, key=lambda size: abs(size - percent))
    return f"{classes} width-{nearest}".strip()


def scaled(picture: Picture, width: str) -> tuple[int, int]:
    """Return the size in pixels at which to show a picture: its own, or a smaller `width`."""
    wanted = _PIXELS.fullmatch(width.strip())
    if wanted is None or not 0 < int(wanted[1]) < picture.width:
        return picture.width, picture.height
    return int(wanted[1]), max(1, round(picture.height * int(wanted[1]) / picture.width))
