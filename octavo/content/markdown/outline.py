"""The outline of a body: headings whose levels have no gaps, with ids unique in the page."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from octavo.content.markdown.cleaning import scrub

LEVELS = {f"h{level}": level for level in range(1, 7)}
_NOT_IN_ID = re.compile(r"[\s\"'<>&%#]+")
# Ids of footnotes and of the page itself; no heading's text makes one with a colon.
_RESERVED = ("fn:", "fnref:", "page:")
# Letters by the Unicode property Alphabetic that belong to no category of letters or marks.
_CIRCLED = re.compile(
    "[\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]"
)
_NOT_IN_ASCII_ANCHOR = re.compile(r"[^\w -]")
_IN_ANCHOR = frozenset(("Nd", "Nl", "Pc"))


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the body: its level as shown (2 to 6), its id in the page, its plain text."""

    level: int
    id: str
    text: str


@dataclass
class Outline:
    """The headings of a body in their order; they begin at level 2, below the page's title."""

    headings: list[Heading] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)
    _ids: dict[str, int] = field(default_factory=dict)

    def add(self, level: int, text: str, wanted_id: str) -> Heading:
        """Append a heading and return it.

        `level` is as written, 1 to 6. The level of the returned one is 2 at the top and one more
        than its parent's below that, at most 6, so that none is skipped. Its id is `wanted_id`, or
        else made of the text, and unique in the body.
        """
        while self._open and self._open[-1] >= level:
            self._open.pop()
        self._open.append(level)
        heading = Heading(min(len(self._open) + 1, 6), self.claim(wanted_id or anchor(text)), text)
        self.headings.append(heading)
        return heading

    def claim(self, wanted: str) -> str:
        """Return an id that nothing else on the page has, and remember it.

        It is `wanted`, with a number behind it where the body has that already, and with "section-"
        before it where parts of pages or footnotes have such ids.
        """
        wanted = _NOT_IN_ID.sub("-", scrub(wanted)) or "section"
        if wanted.startswith(_RESERVED):
            wanted = f"section-{wanted}"
        unique = wanted
        count = self._ids.get(wanted, 0)
        while unique in self._ids:
            count += 1
            unique = f"{wanted}-{count}"
        self._ids[wanted] = count
        self._ids.setdefault(unique, 0)
        return unique


def anchor(text: str) -> str:
    """Return the id that GitHub gives a heading: https://github.com/Flet/github-slugger."""
    text = text.lower()
    if text.isascii():
        return _NOT_IN_ASCII_ANCHOR.sub("", text).replace(" ", "-")
    return "".join(filter(_is_in_anchor, text)).replace(" ", "-")


def _is_in_anchor(character: str) -> bool:
    category = unicodedata.category(character)
    if category[0] in "LM" or category in _IN_ANCHOR or character in " -":
        return True
    return _CIRCLED.match(character) is not None
