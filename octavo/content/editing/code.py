"""Where code stands in the source of a text: what is written there is no link and no heading.

It takes time in proportion to the text, whatever stands in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

# CommonMark, sections 4.5 and 6.1; a fence may stand in a quote.
_FENCE = re.compile(r"^[ \t>]*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})", re.MULTILINE)
_TICKS = re.compile(r"`+")
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_NO_BREAK = re.compile(r"[^\r\n]")


def code_places(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each fence of code and each code span begins and ends, in their order.

    A fence without an end reaches to the end of the text.
    """
    done = 0
    while True:
        opening = _FENCE.search(text, done)
        if opening is None:
            yield from _spans(text, done, len(text))
            return
        yield from _spans(text, done, opening.start())
        fence = opening["fence"]
        closing = re.compile(rf"^[ \t>]*{fence}{fence[0]}*[ \t]*\r?$", re.MULTILINE)
        end = closing.search(text, opening.end())
        done = end.end() if end else len(text)
        yield opening.start(), done


def _spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the code spans of a part without fences: none goes on over a blank line."""
    runs = [found.span() for found in _TICKS.finditer(text, start, end)]
    by_length: dict[int, list[int]] = defaultdict(list)
    for begin, behind in runs:
        by_length[behind - begin].append(begin)
    done = start
    for begin, behind in runs:
        if begin < done:
            continue
        alike = by_length[behind - begin]
        following = bisect_right(alike, begin)
        if following < len(alike):
            closing = alike[following]
            if not _BLANK_LINE.search(text, behind, closing):
                done = closing + behind - begin
                yield begin, done


def without_code(text: str) -> str:
    """Return a text with blanks where it has code: all places stay as they are."""
    if "`" not in text and "~~~" not in text:
        return text
    return blanked(text, code_places(text))


def without_comments(text: str) -> str:
    """Return a text with blanks where it has comments of HTML; one without an end is none."""
    return blanked(text, _comments(text))


def _comments(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    while (begin := text.find("<!--", done)) >= 0:
        end = text.find("-->", begin + 4)
        if end < 0:
            return
        done = end + 3
        yield begin, done


def blanked(text: str, places: Iterator[tuple[int, int]]) -> str:
    """Return a text with blanks at these places, which keeps its lines."""
    parts = []
    done = 0
    for begin, end in places:
        parts += [text[done:begin], _NO_BREAK.sub(" ", text[begin:end])]
        done = end
    return "".join((*parts, text[done:]))
