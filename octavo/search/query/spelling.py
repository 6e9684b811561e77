"""Other readings of words that no article has: as beginnings, then in other spellings."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from octavo.search.analysis import Language, fold, matches, unspaced
from octavo.search.index.reader import Reader
from octavo.search.index.schema import WORDS
from octavo.search.index.segment import Bools
from octavo.search.query.beginnings import begun, begun_in_title
from octavo.search.query.grammar import MIN_PREFIX, Clause, Dates, Label, SearchQuery, Text

# Words shorter than this are too often one letter away from another to be corrected.
SHORTEST = 4
# Words of one query that are looked up in other spellings.
MOST_CORRECTED = 3
# Those of them that are looked for among all words, and not only those with the same first letter:
# none in longer queries, whose other words find enough.
MOST_LOOKS, LONGEST_LOOK = 1, 8
_CANDIDATES = 100
_ALTERNATIVES = re.compile(r" (?:OR|\|) ")


@dataclass(frozen=True, slots=True)
class Correction:
    """What was searched for instead of what was typed, and which words were changed."""

    typed: str
    used: str
    words: tuple[tuple[str, str], ...]

    @property
    def begun(self) -> bool:
        """Whether words were taken as beginnings only, and none was spelled otherwise."""
        return all(used == f"{typed}*" for typed, used in self.words)


def corrected(query: SearchQuery, speller: Speller, visible: Bools) -> Correction | None:
    """What to search for instead of a query with words that no visible article has; None where
    there are none.

    The last word or label, which may still be being typed, is taken as a beginning where anything
    begins so.
    """
    used, words, tried = query.text, [], 0
    short = len(query.clauses) <= LONGEST_LOOK
    start = stop = len(used)
    for clause in reversed(query.clauses):
        # Of several words at one place, as in boundary-layer, the last one is the first to be
        # changed.
        stop = clause.span[1] if clause.span[0] != start else stop
        start = clause.span[0]
        last = _unfinished(query, clause)
        taken = None
        if last is not None and not speller.knows(last, visible) and speller.begins(last, visible):
            taken, typed = last, _ALTERNATIVES.split(used[start:])[-1]
            used += "*"
            words.append((typed, f"{typed}*"))
        for text in reversed(_correctable(query, clause, speller.language)):
            # A word that only titles lack is not misspelled.
            if (
                tried == MOST_CORRECTED
                or text == taken
                or speller.knows(replace(text, title=False), visible)
            ):
                continue
            tried += 1
            word = text.words[0][1]
            better = speller.correct(text, visible, any_first_letter=short)
            respelled = _respelled(used[start:stop], word, better) if better is not None else ""
            if better is not None and respelled:
                used = used[:start] + respelled + used[stop:]
                stop = start + len(respelled)
                words.append((word, better))
    return Correction(query.text, used, tuple(reversed(words))) if words else None


def _unfinished(query: SearchQuery, clause: Clause) -> Text | Label | None:
    """The word or label with which a query ends, if more of it may follow."""
    choice = clause.choices[-1]
    if clause.occur == "not" or clause.span[1] < len(query.text) or not query.text[-1].isalnum():
        return None
    if isinstance(choice, Dates) or choice.prefix or not _alone(query, clause):
        return None
    if isinstance(choice, Text) and (
        len(choice.words) != 1 or len(choice.words[0][1]) < MIN_PREFIX
    ):
        return None
    return choice


def _correctable(query: SearchQuery, clause: Clause, language: Language) -> list[Text]:
    """The words of a clause that may be misspelled; not those that the reader insists on."""
    typed = query.text[slice(*clause.span)]
    if clause.occur == "not" or (len(clause.choices) == 1 and typed[0] in '"+'):
        return []
    single = [text for text in clause.texts if not text.prefix and len(text.words) == 1]
    # Of Galileo's the name.
    single += [
        replace(text, words=((0, word),), loose=False)
        for text in clause.texts
        if text.loose
        for _, word in text.words
        if not language.is_stop(word)
    ]
    return [
        text for text in single if not re.search(f'["+]{re.escape(text.words[0][1])}', typed, re.I)
    ]


def _respelled(typed: str, word: str, better: str) -> str:
    """What was typed with another word in it; '' where the word cannot be told among others."""
    found = [match.span() for match in matches(typed) if fold(match.group()) == word]
    for start, stop in reversed(found):
        # A sentence in capitals has no operators, and stays one.
        better = better.upper() if typed[start:stop].isupper() else better
        typed = typed[:start] + better + typed[stop:]
    return typed if found else ""


def _alone(query: SearchQuery, clause: Clause) -> bool:
    """Whether what was typed at its place is nothing else besides."""
    return sum(other.span == clause.span for other in query.clauses) == 1


class Speller:
    """Finds other spellings for the words of one query among those of one reader's articles."""

    def __init__(self, reader: Reader, language: Language) -> None:
        self.language = language
        self._reader = reader
        self._looks = MOST_LOOKS

    def knows(self, wanted: Text | Label, visible: Bools) -> bool:
        """Whether a visible article has a word, in any form and in its title where that is asked
        for, or a label.
        """
        if isinstance(wanted, Label):
            return bool(visible[self._reader.facet(wanted.facet).documents(wanted.value)].any())
        word = wanted.words[0][1]
        if unspaced(word) or self.language.is_stop(word):
            return True
        ids = self._reader.term(self.language.stem(word), title=wanted.title).ids
        return bool(visible[ids].any())

    def begins(self, wanted: Text | Label, visible: Bools) -> bool:
        """Whether a visible article has a word or label that begins so."""
        if isinstance(wanted, Label):
            ids = self._reader.facet(wanted.facet).documents(wanted.value, begun=True)
        elif wanted.title:
            ids = begun_in_title(self._reader, self.language.beginnings(wanted.words[0][1])).ids
        else:
            ids = begun(self._reader, self.language.beginnings(wanted.words[0][1])).ids
        return bool(visible[ids].any())

    def correct(self, text: Text, visible: Bools, *, any_first_letter: bool = True) -> str | None:
        """The best neighbour of a word that is not known: the fewest changes, then the most
        frequent.

        One that titles have where it is asked for in titles.
        """
        word = text.words[0][1]
        if len(word) < SHORTEST or word.isdigit():
            return None
        found = self._nearest(text, self._beginning_with(word[0]), visible)
        # A wrong first letter is rare, and looking at all words takes ten times as long.
        if found is None and any_first_letter and self._looks > 0:
            self._looks -= 1
            found = self._nearest(text, self._vocabulary(), visible)
        return found

    def _nearest(self, text: Text, vocabulary: Iterable[list[str]], visible: Bools) -> str | None:
        word = text.words[0][1]
        changes = 1 if len(word) < 6 else 2
        candidates: dict[str, int] = {}
        for choices in vocabulary:
            for found, distance, _ in extract(
                word, choices, scorer=OSA.distance, score_cutoff=changes, limit=_CANDIDATES
            ):
                candidates[found] = int(distance)
        ranked = sorted(
            candidates, key=lambda found: (*self._rank(found, candidates[found]), found)
        )
        return next(
            (found for found in ranked if self.knows(replace(text, words=((0, found),)), visible)),
            None,
        )

    def _rank(self, found: str, distance: int) -> tuple[int, int]:
        frequency = self._reader.frequency(WORDS.name, found.encode())
        stem = self.language.stem(found).encode()
        # A word of titles and tags weighs as much as ten occurrences elsewhere.
        frequency += 10 * (
            self._reader.frequency("title", stem) + self._reader.frequency("names", stem)
        )
        return distance, -frequency

    def _beginning_with(self, letter: str) -> Iterable[list[str]]:
        for words in self._vocabulary():
            yield words[bisect_left(words, letter) : bisect_left(words, letter + "\U0010ffff")]

    def _vocabulary(self) -> Iterable[list[str]]:
        for segment in self._reader.segments:
            terms = segment.terms(WORDS.name)
            if terms is not None:
                yield terms.texts
