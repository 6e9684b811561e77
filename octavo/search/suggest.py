"""Help with typing: completion of titles, tags, categories and authors; other spellings of unknown words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from octavo.search.reader import Reader
from octavo.search.schema import WORDS
from octavo.search.segment import Bools
from octavo.search.words import Language, fold, tokens, unspaced

Kind = Literal["title", "tag", "category", "author"]
# Words shorter than this are too often one letter away from another to be corrected.
SHORTEST = 4
_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to complete what is being typed; `value` is a path for a title, a slug otherwise."""

    kind: Kind
    value: str
    label: str
    count: int = 1


class Completions:
    """Completes words from the left in names given in order of preference.

    Reads one long text from front to back.
    """

    def __init__(self, names: Iterable[tuple[str, Suggestion]]) -> None:
        kept = [(_folded(name), suggestion) for name, suggestion in names]
        self._suggestions = [suggestion for _, suggestion in kept]
        # Line i is the folded words of name i, each with a space before it.
        self._text = "".join(f"\n {folded}" for folded, _ in kept) + "\n"
        self._starts: list[int] = []
        at = 0
        for folded, _ in kept:
            self._starts.append(at)
            at += len(folded) + 2

    def find(self, typed: str, limit: int) -> list[Suggestion]:
        """Up to `limit` names with words that begin as typed; names that begin so themselves come first."""
        words = [fold(token) for token in tokens(typed)][:8]
        if not words:
            return []
        found = self._lines("\n " + " ".join(words), limit, {})
        found = self._lines(" " + " ".join(words), limit, found)
        if len(found) < limit and len(words) > 1:
            rare = " " + max(words, key=len)
            found = self._lines(rare, limit, found, [" " + word for word in words])
        return [self._suggestions[line] for line in found]

    def _lines(self, needle: str, limit: int, found: dict[int, None], others: Iterable[str] = ()) -> dict[int, None]:
        """Add to `found` the lines that hold `needle` and all `others`, up to `limit` lines."""
        text, at, tried = self._text, 0, 0
        while len(found) < limit and tried < 2_000:
            at = text.find(needle, at)
            if at < 0:
                break
            line = self._line(at + 1 if needle[0] == "\n" else at)
            end = self._starts[line + 1] if line + 1 < len(self._starts) else len(text)
            if all(text.find(other, self._starts[line], end) >= 0 for other in others):
                found[line] = None
            at, tried = end - 1, tried + 1
        return found

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1


@lru_cache(maxsize=100_000)
def _folded(name: str) -> str:
    return " ".join(map(fold, tokens(name)))


class Speller:
    """Finds other spellings among the words of one reader's articles."""

    def __init__(self, reader: Reader, language: Language) -> None:
        self._reader = reader
        self._language = language

    def knows(self, word: str, visible: Bools) -> bool:
        """Whether a word, in any form, is in a visible article."""
        if unspaced(word) or self._language.is_stop(word):
            return True
        ids = self._reader.term(self._language.stem(word)).ids
        return bool(visible[ids].any())

    def correct(self, word: str, visible: Bools) -> str | None:
        """The best neighbour of a word that is not known: the fewest changes, then the most frequent."""
        if len(word) < SHORTEST or word.isdigit():
            return None
        # A wrong first letter is rare, and looking at all words takes ten times as long.
        return self._nearest(word, self._beginning_with(word[0]), visible) or self._nearest(
            word, self._vocabulary(), visible
        )

    def _nearest(self, word: str, vocabulary: Iterable[list[str]], visible: Bools) -> str | None:
        changes = 1 if len(word) < 6 else 2
        candidates: dict[str, int] = {}
        for choices in vocabulary:
            for found, distance, _ in extract(
                word, choices, scorer=OSA.distance, score_cutoff=changes, limit=_CANDIDATES
            ):
                candidates[found] = int(distance)
        ranked = sorted(candidates, key=lambda found: (*self._rank(found, candidates[found]), found))
        return next((found for found in ranked if self.knows(found, visible)), None)

    def _rank(self, found: str, distance: int) -> tuple[int, int]:
        frequency = self._reader.frequency(WORDS.name, found.encode())
        stem = self._language.stem(found).encode()
        # A word of titles and tags weighs as much as ten occurrences elsewhere.
        frequency += 10 * (self._reader.frequency("title", stem) + self._reader.frequency("names", stem))
        return distance, -frequency

    def _beginning_with(self, letter: str) -> Iterable[list[str]]:
        for words in self._vocabulary():
            yield words[bisect_left(words, letter) : bisect_left(words, letter + "\U0010ffff")]

    def _vocabulary(self) -> Iterable[list[str]]:
        for segment in self._reader.segments:
            terms = segment.terms(WORDS.name)
            if terms is not None:
                yield terms.texts


def labels(names: Mapping[str, str], counts: Mapping[str, int], kind: Kind) -> list[tuple[str, Suggestion]]:
    """Completable names of one kind, the most frequent first."""
    ordered = sorted(names, key=lambda slug: (-counts.get(slug, 0), slug))
    return [(names[slug], Suggestion(kind, slug, names[slug], counts.get(slug, 0))) for slug in ordered]
