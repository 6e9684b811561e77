"""The headings of a body: levels without jumps, and ids that are unique in the page."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from octavo.content.markdown.cleaning import scrub

LEVELS = {f"h{level}": level for level in range(1, 7)}
_NOT_IN_ID = re.compile(r"[\s\"'<>&%#]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the body: its level as shown (2 to 6), its id in the page, its plain text."""

    level: int
    id: str
    text: str


class Outline:
    """The headings in their order. The page's title is the only heading of level 1, so theirs begin
    at 2.
    """

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._open: list[int] = []
        self._ids: dict[str, int] = {}

    def add(self, level: int, text: str, wanted_id: str) -> Heading:
        """Return a heading one level below the last heading before it that has a lower number as
        written.
        """
        while self._open and self._open[-1] >= level:
            self._open.pop()
        self._open.append(level)
        heading = Heading(min(len(self._open) + 1, 6), self.claim(wanted_id or anchor(text)), text)
        self.headings.append(heading)
        return heading

    def claim(self, wanted: str) -> str:
        """Return `wanted` as an id unique in the body, and none of the footnotes' or the page's
        own.
        """
        wanted = _NOT_IN_ID.sub("-", scrub(wanted)).strip("-") or "section"
        if wanted.startswith(("fn-", "fnref-", "page-")):
            wanted = f"section-{wanted}"
        unique, count = wanted, self._ids.get(wanted, 0)
        while unique in self._ids:
            count += 1
            unique = f"{wanted}-{count}"
        self._ids[wanted] = count
        self._ids.setdefault(unique, 0)
        return unique


def anchor(text: str) -> str:
    """Return the id that GitHub gives a heading: lower case, hyphens for spaces, letters of all
    scripts.
    """
    kept = (
        c for c in text.lower() if c.isalnum() or c in " -_" or unicodedata.category(c)[0] == "M"
    )
    return "".join(kept).replace(" ", "-")
