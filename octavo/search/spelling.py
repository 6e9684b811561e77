"""Other spellings for words that no article has."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from octavo.search.grammar import Clause, SearchQuery, Text
from octavo.search.reader import Reader
from octavo.search.schema import WORDS
from octavo.search.segment import Bools
from octavo.search.words import Language, unspaced

# Words shorter than this are too often one letter away from another to be corrected.
SHORTEST = 4
# Words of one query that are looked up in other spellings.
MOST_CORRECTED = 3
_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class Correction:
    """What was searched for instead of what was typed, and which words were changed."""

    typed: str
    used: str
    words: tuple[tuple[str, str], ...]


def corrected(query: SearchQuery, speller: Speller, visible: Bools) -> Correction | None:
    """What to search for instead of a query with words that no visible article has; None where there are none."""
    used, words, tried = query.text, [], 0
    for clause in reversed(query.clauses):
        start, stop = clause.span
        word = _correctable(query, clause)
        if word is None or tried == MOST_CORRECTED or speller.knows(word, visible):
            continue
        tried += 1
        better = speller.correct(word, visible)
        if better is not None:
            typed = used[start:stop].lower()
            used = used[:start] + (typed.replace(word, better) if word in typed else better) + used[stop:]
            words.append((word, better))
    return Correction(query.text, used, tuple(reversed(words))) if words else None


def _correctable(query: SearchQuery, clause: Clause) -> str | None:
    """The word of a clause that may be misspelled; None where the reader insists on it, or it is several."""
    start = clause.span[0]
    if clause.occur == "not" or len(clause.choices) != 1 or query.text[start] in '"+':
        return None
    text = clause.choices[0]
    if not isinstance(text, Text) or text.prefix or len(text.words) != 1:
        return None
    alone = sum(other.span == clause.span for other in query.clauses) == 1
    return text.words[0][1] if alone else None


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
