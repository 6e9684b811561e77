"""A text as its words are compared, and where in the text they are."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from octavo.search.analysis import LONGEST, SHAPING, UNSPACED_RUN, fold, origins

# Stands for a character that cannot be folded by itself into one: a ligature, an accent without its
# own letter.
_ODD = "\uffff"
_LARGE = 0x10000
# A folded word is cut; more of a written one is not needed for it.
_READ = 4 * LONGEST


class _Refolded(NamedTuple):
    """Characters folded together: `length` characters from `start` are what is folded of
    source[first:last].
    """

    start: int
    length: int
    first: int
    last: int


class Plain:
    """A composed text folded, with a space at both ends and for each character that is in no word.

    Nearly always it is as long as the text and two spaces; `place` and `end` tell where in the text
    something is.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._refolded: list[_Refolded] = []
        if source.isascii():
            self.text = f" {source.translate(_ascii())} "
            return
        self.text = f" {_folded(source)} "
        if _ODD in self.text:
            self.text = self._with_odd_words(self.text)
        self._starts = [part.start for part in self._refolded]

    @cached_property
    def spaced(self) -> str:
        """`text` with spaces instead of the scripts without spaces too."""
        if self.text.isascii():
            return self.text
        return UNSPACED_RUN.sub(_blank, self.text)

    def _with_odd_words(self, text: str) -> str:
        parts, done, length = [], 0, 0
        at = text.find(_ODD)
        while at >= 0:
            start, end = text.rfind(" ", 0, at) + 1, text.find(" ", at)
            word = _fold(self.source[start - 1 : min(end - 1, start - 1 + _READ)])
            parts += [text[done:start], word]
            length += start - done
            self._refolded.append(_Refolded(length, len(word), start - 1, end - 1))
            length += len(word)
            done = end
            at = text.find(_ODD, end)
        return "".join([*parts, text[done:]])

    def place(self, at: int) -> int:
        """Where in the source the character comes from that is at `at` here."""
        return self._place(at)[0]

    def end(self, at: int) -> int:
        """Where in the source the character ends that is before `at` here."""
        return self._place(at - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        """Where in the source what the character at `at` is made of begins and ends."""
        part = self._last_refolded(at)
        if part is None:
            return at - 1, at
        inside = at - part.start
        if inside >= part.length:
            start = part.last + inside - part.length
            return start, start + 1
        places = self._origins(part)
        # Several characters may come from one.
        start = places[min(inside, len(places) - 1)]
        if inside == part.length - 1:
            return part.first + start, part.last
        end = next((place for place in places[inside + 1 :] if place > start), places[-1])
        return part.first + start, part.first + end

    def _origins(self, part: _Refolded) -> list[int]:
        return origins(self.source[part.first : min(part.last, part.first + _READ)])

    def _last_refolded(self, at: int) -> _Refolded | None:
        if not self._refolded:
            return None
        index = bisect_right(self._starts, at) - 1
        return self._refolded[index] if index >= 0 else None


_fold = lru_cache(maxsize=20_000)(fold)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _folded(text: str) -> str:
    """Each character of `text` folded by itself: all at once, twenty times as fast as one after the
    other.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    unread = ~_read.take(codes >> 8, mode="clip")
    if unread.any():
        _read_blocks(np.unique(codes[unread] >> 8).tolist())
    folded = _table.take(codes, mode="clip")
    large = codes >= _LARGE
    if large.any():
        distinct, which = np.unique(codes[large], return_inverse=True)
        folded[large] = np.array([_code(code) for code in distinct.tolist()], "<u4")[which]
    return folded.tobytes().decode("utf-32-le")


# What the characters below _LARGE fold to, and which blocks of 256 of them have been asked for: all
# of them would take the first search a tenth of a second.
_table = np.arange(_LARGE, dtype="<u4")
_read = np.zeros(_LARGE >> 8, np.bool_)
# Chinese and Korean fold to themselves.
for _same in (slice(0x34, 0x4D), slice(0x4E, 0x9F), slice(0xAC, 0xD7)):
    _read[_same] = True


def _read_blocks(blocks: list[int]) -> None:
    for block in blocks:
        if block < len(_read):
            first = block << 8
            _table[first : first + 256] = [_code(code) for code in range(first, first + 256)]
            _read[block] = True


@cache
def _ascii() -> dict[int, int]:
    return {code: _code(code) for code in range(128)}


def _code(code: int) -> int:
    """The code of the one character that the character with this code is folded to."""
    character = chr(code)
    is_mark = code < 0x3000 and unicodedata.category(character) in ("Mn", "Mc")
    if not character.isalnum() and not is_mark and character not in SHAPING:
        return ord(" ")
    folded = fold(character)
    if folded == character and not "\u0300" <= character <= "\u036f":
        return code
    # Parts of Korean and Japanese letters join with their neighbours.
    joins = not folded.isalnum() or "\u1100" <= folded <= "\u11ff"
    return ord(_ODD) if len(folded) != 1 or joins or unicodedata.combining(folded) else ord(folded)
