"""Folding: how characters are compared, in the index, in queries, in marks and in completions.

`fold` takes one word; `FoldedText` a whole text, and knows where in it each character comes from.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from octavo.cached import cached_property

# Longer words are cut.
MAX_WORD_CHARACTERS = 64

# The soft hyphen and the zero-width space, where a word may be parted at the end of a line, the
# word joiners, where it may not, and marks of direction.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff"
# These shape the letters of Persian and Indic words beside them; not everybody types them.
SHAPING = "\u200c\u200d"
# Points of Hebrew and Arabic, which are left out more often than not, and signs of languages that
# are written in Latin letters for others: those of ʻOumuamua and Qurʾan.
_POINTS = re.compile(
    f"[\u02b9-\u02bb\u02be\u02bf\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670{SHAPING}]"
)
# Letters that are more than a basic one with an accent.
_SPECIAL = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "þ": "th",
        "ð": "d",
        "ı": "i",
    }
)
# Scripts written without spaces between words, and Hangul, whose particles stick to the noun.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
# The same as it is written: katakana may have half the width.
WRITTEN_UNSPACED = _UNSPACED + "\uff66-\uff9f"

# Stands for a character that does not fold into one by itself: a ligature, a lone accent.
_ODD = "\uffff"
_SUPPLEMENTARY = 0x10000
# Written characters of an odd word that are enough for its folded ones.
_MAX_ODD_CHARACTERS = 4 * MAX_WORD_CHARACTERS


# Words


def fold(word: str) -> str:
    """Return `word` in lower case, without accents of Latin and Greek, cut to 64 characters."""
    if word.isascii():
        return word.lower()[:MAX_WORD_CHARACTERS]
    kept: list[str] = []
    base = ""
    word = _POINTS.sub("", word)
    for character in unicodedata.normalize("NFKD", word.casefold()).translate(_SPECIAL):
        if "\u0300" <= character <= "\u036f":
            # й is not и: only Latin and Greek fold.
            if base < "\u0400" or "\u1e00" <= base < "\u2000":
                continue
        else:
            base = character
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))[:MAX_WORD_CHARACTERS]


def fold_origins(word: str) -> list[int]:
    """Return the index in `word` of each character of the folded word, and the word's length."""
    starts = [place for place, c in enumerate(word) if place == 0 or not _is_combining(c)]
    origins: list[int] = []
    for start, end in zip(starts, [*starts[1:], len(word)], strict=True):
        origins += [start] * len(fold(word[start:end]))
    return [*origins, len(word)]


def _is_combining(character: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0


def compose(text: str) -> str:
    """Return `text` with each accented letter as one character, without invisible ones in words."""
    if text.isascii():
        return text
    for character in _INVISIBLE:
        text = text.replace(character, "")
    return unicodedata.normalize("NFC", text)


# Scripts without spaces


def is_unspaced(word: str) -> bool:
    """Whether `word` has characters of a script without spaces."""
    return not word.isascii() and _UNSPACED_RUN.search(word) is not None


def is_single_unspaced(word: str) -> bool:
    """Whether `word` is one character of a script without spaces.

    As a query it is a prefix: it stands for all indexed pairs of characters that begin with it.
    """
    return len(word) == 1 and is_unspaced(word)


def bigrams(run: str) -> tuple[str, ...]:
    """Return the pairs of neighbouring characters in `run`; a single character as it is."""
    return tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)


def script_runs(word: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a folded word in scripts with and without spaces: (text, is unspaced)."""
    start = 0
    for match in _UNSPACED_RUN.finditer(word):
        if match.start() > start:
            yield word[start : match.start()], False
        yield match.group(), True
        start = match.end()
    if start < len(word):
        yield word[start:], False


# Texts


class _OddWord(NamedTuple):
    """A word that was folded as a whole, because its characters cannot be folded one by one.

    The folded word begins at `start` and has `length` characters; it came from source[first:last].
    """

    start: int
    length: int
    first: int
    last: int


class FoldedText:
    """A composed text folded, with a space for each character outside words and at both ends.

    Folding may change the length: `source_start` and `source_end` turn indices of `text` into those
    of the source.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._odd_words: list[_OddWord] = []
        if source.isascii():
            self.text = f" {source.translate(_ascii())} "
            return
        self.text = f" {_fold_each(source)} "
        if _ODD in self.text:
            self.text = self._with_odd_words(self.text)
        self._starts = [word.start for word in self._odd_words]

    @cached_property
    def spaced(self) -> str:
        """`text` with a space for each character of a script that is written without spaces."""
        if self.text.isascii():
            return self.text
        return _UNSPACED_RUN.sub(_blank, self.text)

    def _with_odd_words(self, text: str) -> str:
        parts = []
        done = length = 0
        at = text.find(_ODD)
        while at >= 0:
            start = text.rfind(" ", 0, at) + 1
            end = text.find(" ", at)
            first = start - 1
            word = _fold(self.source[first : min(end - 1, first + _MAX_ODD_CHARACTERS)])
            parts += [text[done:start], word]
            length += start - done
            self._odd_words.append(_OddWord(length, len(word), first, end - 1))
            length += len(word)
            done = end
            at = text.find(_ODD, end)
        return "".join([*parts, text[done:]])

    @property
    def is_even(self) -> bool:
        """Whether each character of the text comes from one of the source, one place before."""
        return not self._odd_words

    def source_start(self, at: int) -> int:
        """Return the index in the source at which the character at `at` begins."""
        return self._source_span(at)[0]

    def source_end(self, at: int) -> int:
        """Return the index in the source at which the character before `at` ends."""
        return self._source_span(at - 1)[1]

    def _source_span(self, at: int) -> tuple[int, int]:
        word = self._last_odd_word(at)
        if word is None:
            return at - 1, at
        inside = at - word.start
        if inside >= word.length:
            start = word.last + inside - word.length
            return start, start + 1
        stop = min(word.last, word.first + _MAX_ODD_CHARACTERS)
        origins = fold_origins(self.source[word.first : stop])
        # Several folded characters may come from one.
        start = origins[min(inside, len(origins) - 1)]
        if inside == word.length - 1:
            return word.first + start, word.last
        end = next((place for place in origins[inside + 1 :] if place > start), origins[-1])
        return word.first + start, word.first + end

    def _last_odd_word(self, at: int) -> _OddWord | None:
        if not self._odd_words:
            return None
        index = bisect_right(self._starts, at) - 1
        return self._odd_words[index] if index >= 0 else None


_fold = lru_cache(maxsize=20_000)(fold)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _fold_each(text: str) -> str:
    """Return `text` with each character folded by itself: by numpy, twenty times as fast."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    supplementary = codes >= _SUPPLEMENTARY
    # Looking up by index takes half the time where no index is beyond the table.
    known = np.where(supplementary, 0, codes) if supplementary.any() else codes
    is_read = _is_read[known >> 8]
    if not is_read.all():
        _read_blocks(np.unique(known[~is_read] >> 8).tolist())
    folded = _table[known]
    if known is not codes:
        distinct, which = np.unique(codes[supplementary], return_inverse=True)
        folded[supplementary] = np.array(list(map(_folded_code, distinct.tolist())), "<u4")[which]
    return folded.tobytes().decode("utf-32-le")


# What the characters below U+10000 fold to, and which blocks of 256 of them have been read: all of
# them would take the first search a tenth of a second.
_table = np.arange(_SUPPLEMENTARY, dtype="<u4")
_is_read = np.zeros(_SUPPLEMENTARY >> 8, np.bool_)
# Chinese and Korean fold to themselves.
for _same in (slice(0x34, 0x4D), slice(0x4E, 0x9F), slice(0xAC, 0xD7)):
    _is_read[_same] = True


def _read_blocks(blocks: list[int]) -> None:
    for block in blocks:
        first = block << 8
        _table[first : first + 256] = list(map(_folded_code, range(first, first + 256)))
        _is_read[block] = True


@cache
def _ascii() -> dict[int, int]:
    return {code: _folded_code(code) for code in range(128)}


def _folded_code(code: int) -> int:
    """Return the code of the character to which the one with this code is folded."""
    character = chr(code)
    is_mark = code < 0x3000 and unicodedata.category(character) in ("Mn", "Mc")
    if not character.isalnum() and not is_mark and character not in SHAPING:
        return ord(" ")
    folded = fold(character)
    if folded == character and not "\u0300" <= character <= "\u036f":
        return code
    if len(folded) != 1 or unicodedata.combining(folded) or not folded.isalnum():
        return ord(_ODD)
    # Parts of Korean and Japanese letters join with their neighbours.
    if "\u1100" <= folded <= "\u11ff":
        return ord(_ODD)
    return ord(folded)
