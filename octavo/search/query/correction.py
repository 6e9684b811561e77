"""Spelling correction: words that no article has are completed, then replaced by similar ones."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from octavo.cached import cached_property
from octavo.search.analysis import Language, token_matches
from octavo.search.folding import fold, is_unspaced
from octavo.search.index.reader import Reader
from octavo.search.index.schema import WORDS
from octavo.search.index.segment import Bools, Longs
from octavo.search.protocol import SpellingCorrection
from octavo.search.query.evaluation.prefix import with_prefix, with_prefix_in_title
from octavo.search.query.grammar import (
    MIN_PREFIX_CHARACTERS,
    Clause,
    DateRange,
    FacetFilter,
    SearchQuery,
    WordSequence,
)
from octavo.search.regional_spellings import is_english

# Shorter words are too often one edit away from another to be corrected.
MIN_CORRECTED_CHARACTERS = 4
# Words of one query that are looked up in other spellings.
MAX_CORRECTED_WORDS = 3
# Words of one query that are looked up in the whole vocabulary, and not only among those with the
# same first letter, which takes a tenth of the time.
MAX_WHOLE_LOOKUPS = 1
# Clauses of a query in which that is done: the other words of longer ones find enough.
MAX_CLAUSES_FOR_WHOLE_LOOKUP = 8
# Neighbours of a word that are weighed in each segment.
MAX_NEIGHBOURS = 100
# Of these, the nearest and commonest ones that are looked up.
MAX_WEIGHED = 12
# Other words of a query that a correction should stand with.
MAX_OTHER_WORDS = 16
# Longer words in capitals are shouted.
MAX_INITIALS = 5
# Edit distance from this many characters on is 2, of shorter words 1.
_LONG_WORD_CHARACTERS = 6
# A word of titles and names weighs as much as so many occurrences elsewhere.
_TITLE_WEIGHT = 10
_OR = re.compile(r" (?:OR|\|) ")


def correct_spelling(
    query: SearchQuery, checker: SpellChecker, visible: Bools
) -> SpellingCorrection | None:
    """Return what to search for instead of a query with words that no visible article has.

    The last word or facet value, which may be unfinished, is taken as a prefix where anything
    begins so. None where there is nothing to change.
    """
    used = query.text
    changed: list[tuple[str, str]] = []
    tried = 0
    whole = len(query.clauses) <= MAX_CLAUSES_FOR_WHOLE_LOOKUP
    start = stop = len(used)
    for clause in reversed(query.clauses):
        # Of several words at one place, as in boundary-layer, the last one is changed first.
        if clause.span[0] != start:
            start, stop = clause.span
        completed = None
        last = _unfinished(query, clause)
        if last is not None and checker.is_unfinished(last, visible):
            completed = last
            typed = _OR.split(used[start:])[-1]
            used += "*"
            changed.append((typed, f"{typed}*"))
        for sequence in reversed(_correctable(query, clause, checker.language)):
            if tried == MAX_CORRECTED_WORDS:
                break
            # A word that only titles lack is not misspelled.
            anywhere = replace(sequence, title=False)
            if sequence == completed or checker.knows(anywhere, visible):
                continue
            tried += 1
            word = sequence.words[0][1]
            if not _may_be_misspelled(word, used[start:stop], checker.language):
                continue
            better = checker.correct(sequence, visible, any_first_letter=whole)
            if better is None:
                continue
            respelled = _respelled(used[start:stop], word, better)
            if respelled:
                used = used[:start] + respelled + used[stop:]
                stop = start + len(respelled)
                changed.append((word, better))
    if not changed:
        return None
    return SpellingCorrection(query.text, used, tuple(reversed(changed)))


def _unfinished(query: SearchQuery, clause: Clause) -> WordSequence | FacetFilter | None:
    """Return the word or facet value at the end of a query, if it may be unfinished."""
    last = clause.alternatives[-1]
    if clause.occur == "must_not" or clause.span[1] < len(query.text):
        return None
    if not query.text[-1].isalnum() or not _is_alone(query, clause):
        return None
    if isinstance(last, DateRange) or last.prefix:
        return None
    if isinstance(last, FacetFilter):
        return last
    is_long = len(last.words[0][1]) >= MIN_PREFIX_CHARACTERS
    return last if len(last.words) == 1 and is_long and not last.variants else None


def _is_alone(query: SearchQuery, clause: Clause) -> bool:
    """Whether a clause is the only one at its place in the query."""
    return sum(other.span == clause.span for other in query.clauses) == 1


def _correctable(query: SearchQuery, clause: Clause, language: Language) -> list[WordSequence]:
    """Return the words of a clause that may be misspelled; not those that the reader insists on."""
    typed = query.text[slice(*clause.span)]
    if clause.occur == "must_not" or (len(clause.alternatives) == 1 and typed[0] in '"+'):
        return []
    # What is written otherwise is not misspelled.
    sequences = [one for one in clause.sequences if one.joined or not one.variants]
    found = [one for one in sequences if len(one.words) == 1 and not one.prefix]
    for sequence in sequences:
        if sequence.loose or sequence.joined:
            # In `Galileo's` that is the name.
            names = (word for _, word in sequence.words if not language.is_stop_word(word))
            found += [
                replace(sequence, words=((0, name),), loose=False, joined=False, variants=())
                for name in names
            ]
    return [one for one in found if not _is_insisted(one.words[0][1], typed)]


def _is_insisted(word: str, typed: str) -> bool:
    """Whether a word follows a quotation mark or a plus sign."""
    return re.search(f'["+]{re.escape(word)}', typed, re.IGNORECASE) is not None


def _may_be_misspelled(word: str, typed: str, language: Language) -> bool:
    """Whether an unknown word is no number, no initials, and no word that English has."""
    if sum(map(str.isalpha, word)) < MIN_CORRECTED_CHARACTERS:
        return False
    if typed.isupper() and len(word) <= MAX_INITIALS:
        return False
    return language.name != "english" or not is_english(word)


def _respelled(typed: str, word: str, better: str) -> str:
    """Return `typed` with `word` replaced by `better`; '' where the word is not found in it."""
    found = [match.span() for match in token_matches(typed) if fold(match.group()) == word]
    if not found:
        return ""
    for start, stop in reversed(found):
        if typed[start:stop].isupper():
            # A sentence in capitals has no operators, and stays one.
            better = better.upper()
        typed = typed[:start] + better + typed[stop:]
    return typed


class SpellChecker:
    """Finds other spellings of a query's words among the words of a reader's documents.

    Of several it is one that stands together with other words of the query.
    """

    def __init__(self, query: SearchQuery, reader: Reader, language: Language) -> None:
        self.language = language
        self._query = query
        self._reader = reader
        self._whole_lookups = 0

    def knows(self, wanted: WordSequence | FacetFilter, visible: Bools) -> bool:
        """Whether a visible document has a facet's value, or a word in any form.

        A word that is asked for in titles must be in a title.
        """
        if isinstance(wanted, FacetFilter):
            return bool(visible[self._reader.facet(wanted.facet).documents(wanted.value)].any())
        word = wanted.words[0][1]
        if is_unspaced(word) or self.language.is_stop_word(word):
            return True
        ids = self._reader.term(self.language.stem(word), title=wanted.title).ids
        return bool(visible[ids].any())

    def is_unfinished(self, wanted: WordSequence | FacetFilter, visible: Bools) -> bool:
        """Whether `wanted` begins words or values of visible documents, and is none itself."""
        if self.knows(wanted, visible):
            return False
        if isinstance(wanted, FacetFilter):
            ids = self._reader.facet(wanted.facet).documents(wanted.value, prefix=True)
        else:
            prefixes = self.language.prefix_variants(wanted.words[0][1])
            search = with_prefix_in_title if wanted.title else with_prefix
            ids = search(self._reader, prefixes).ids
        return bool(visible[ids].any())

    def correct(
        self, sequence: WordSequence, visible: Bools, *, any_first_letter: bool = True
    ) -> str | None:
        """Return the nearest known word that finds most of the query, then the commonest; or None.

        For a word that is asked for in titles, it is one that titles have.
        """
        word = sequence.words[0][1]
        found = self._nearest(sequence, self._words_with_initial(word[0]), visible)
        if found is None and any_first_letter and self._whole_lookups < MAX_WHOLE_LOOKUPS:
            self._whole_lookups += 1
            found = self._nearest(sequence, self._vocabulary(), visible)
        return found

    def _nearest(
        self, sequence: WordSequence, vocabulary: Iterable[list[str]], visible: Bools
    ) -> str | None:
        word = sequence.words[0][1]
        max_distance = 2 if len(word) >= _LONG_WORD_CHARACTERS else 1
        distances: dict[str, int] = {}
        for words in vocabulary:
            near = extract(
                word, words, scorer=OSA.distance, score_cutoff=max_distance, limit=MAX_NEIGHBOURS
            )
            distances.update((found, int(distance)) for found, distance, _ in near)
        ranked = sorted(
            (distance, -self._weight(word), word) for word, distance in distances.items()
        )
        best: tuple[tuple[bool, int, int, int], str] | None = None
        digits = list(filter(str.isdigit, word))
        for distance, weight, found in ranked[:MAX_WEIGHED]:
            if list(filter(str.isdigit, found)) != digits:
                # Apollo 11 is not Apollo 13.
                continue
            ids = self._documents(replace(sequence, words=((0, found),)))
            ids = ids[visible[ids]]
            if len(ids) and not self.language.is_stop_word(found):
                together = int(self._others[ids].max())
                key = (not together and self._has_others, distance, -together, weight)
                best = min(best or (key, found), (key, found))
        if best is None or (best[0][0] and best[0][1] > 1):
            # What stands with no other word of the query, and is not near, is a guess.
            return None
        return best[1]

    def _documents(self, sequence: WordSequence) -> Longs:
        stem = self.language.stem(sequence.words[0][1])
        return self._reader.term(stem, title=sequence.title).ids

    @cached_property
    def _others(self) -> Longs:
        """How many of the query's words, of those that articles have, each document has."""
        counts = np.zeros(self._reader.size, np.int64)
        wanted = (one for one in self._query.positive if not one.prefix)
        words = dict.fromkeys(word for one in wanted for _, word in one.words)
        content_words = [word for word in words if not self.language.is_stop_word(word)]
        for word in content_words[:MAX_OTHER_WORDS]:
            counts[self._reader.term(self.language.stem(word)).ids] += 1
        return counts

    @cached_property
    def _has_others(self) -> bool:
        return bool(self._others.any())

    def _weight(self, word: str) -> int:
        """Return how common a word is."""
        stem = self.language.stem(word).encode()
        frequency = self._reader.document_frequency
        named = frequency("title", stem) + frequency("names", stem)
        return frequency(WORDS.name, word.encode()) + _TITLE_WEIGHT * named

    def _words_with_initial(self, letter: str) -> Iterable[list[str]]:
        for words in self._vocabulary():
            yield words[bisect_left(words, letter) : bisect_left(words, letter + "\U0010ffff")]

    def _vocabulary(self) -> Iterable[list[str]]:
        for segment in self._reader.segments:
            terms = segment.terms(WORDS.name)
            if terms is not None:
                yield terms.texts
