"""The line of a file that a problem is about, with a caret below the place."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

from octavo.content.errors import ContentError, Mark
from octavo.content.files.reading import PostsRoot, decode

# Characters of a line that are shown, and how many of them before the place.
MAX_LINE_CHARACTERS = 90
MAX_CHARACTERS_BEFORE = 60


def excerpt(posts: PostsRoot, mark: Mark) -> list[str]:
    """Return the marked line of a file and the line with the caret; [] where there is none."""
    if not mark.line or not mark.column:
        return []
    with suppress(OSError, ContentError):
        lines = decode(posts.file(mark.path).read_bytes(), mark.path).split("\n")
        if mark.line <= len(lines):
            return _shown(lines[mark.line - 1], mark)
    return []


def _shown(line: str, mark: Mark) -> list[str]:
    start = max(0, mark.column - 1 - MAX_CHARACTERS_BEFORE)
    shown = line[start : start + MAX_LINE_CHARACTERS]
    before = line[start : mark.column - 1]
    gutter = f"  {mark.line} | "
    below = "".join(map(_blank, before))
    return [f"{gutter}{shown}", f"{' ' * (len(gutter) - 2)}| {below}^"]


def _blank(sign: str) -> str:
    """Return blanks as wide as a character is in a terminal."""
    if sign == "\t":
        return "\t"
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Cf", "Cc"):
        return ""
    if unicodedata.east_asian_width(sign) in "WF":
        return "  "
    return " "
