"""Variants: other ways to write the words of a query, as far as the index has them.

That is SpaceX for `space x`, light-year for `lightyear`, colour for `color`, kilometres for `km`,
RFC 2119 for `rfc2119`, and what the site's synonyms and the initials of its labels say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from octavo.search.analysis import Language, fold_words
from octavo.search.index.reader import Reader
from octavo.search.query.grammar import Clause, SearchQuery, WordSequence
from octavo.search.query.splits import MAX_SPLIT_DOCUMENTS, splits_of
from octavo.search.regional_spellings import respellings

# By the stem of the first, the stems of words that are typed in a row, and what means the same.
Synonyms = Mapping[str, list[tuple[tuple[str, ...], list[tuple[str, ...]]]]]
NO_SYNONYMS: Synonyms = MappingProxyType({})

# Words in a row that are looked up together.
MAX_SYNONYM_WORDS = 6
# English contractions that are typed without their apostrophe: don't, you've, that's.
_CONTRACTED = re.compile(
    r"((?:ai|are|could|did|does|do|had|has|have|is|must|need|should|was|were|would)n)(t)"
    r"|(they|we|you)(d|ll|re|ve)|(here|that|there|what|where|who)(s)"
)
# Rare words of a query that are looked up as several, which takes a millisecond each.
MAX_SPLITS = 3
# Longer queries find enough without variants.
MAX_CLAUSES = 16
# Words of labels whose initials stand for them.
MIN_INITIALS = 3


def synonyms_of(groups: Iterable[Iterable[str]], language: Language) -> Synonyms:
    """Return the synonyms of groups of texts, of which each group has one meaning."""
    found: dict[str, list[tuple[tuple[str, ...], list[tuple[str, ...]]]]] = {}
    for group in groups:
        texts = list(dict.fromkeys(tuple(fold_words(text).split()) for text in group))
        for words in filter(None, texts):
            stems = tuple(map(language.stem, words))
            others = [other for other in texts if other and other != words]
            found.setdefault(stems[0], []).append((stems, others))
    return found


def initials_of(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the initials of each name of three words and more, and the name."""
    for name in names:
        words = name.split()
        if len(words) >= MIN_INITIALS and all(word[0].isalpha() for word in words):
            yield "".join(word[0] for word in words), name


def with_variants(
    query: SearchQuery, reader: Reader, language: Language, synonyms: Synonyms
) -> SearchQuery:
    """Return a query whose words have their variants that the index has."""
    if len(query.clauses) > MAX_CLAUSES:
        return query
    return _Variants(query, reader, language, synonyms).added()


class _Variants:
    """Collects the variants of the words of one query, by the place of their clause."""

    def __init__(
        self, query: SearchQuery, reader: Reader, language: Language, synonyms: Synonyms
    ) -> None:
        self._query = query
        self._reader = reader
        self._language = language
        self._synonyms = synonyms
        self._splits = 0
        self._found: dict[int, dict[WordSequence, None]] = {}

    def added(self) -> SearchQuery:
        for row in self._rows():
            for start in range(len(row)):
                self._add_synonyms(row[start : start + MAX_SYNONYM_WORDS])
                if len(row) > start + 1:
                    self._add_joined(row[start : start + 2])
                for words in self._respelled(row[start][1]):
                    self._add(row[start : start + 1], words)
        if not self._found:
            return self._query
        clauses = list(self._query.clauses)
        for place, found in self._found.items():
            sequence = clauses[place].sequences[0]
            variants = (*sequence.variants, *(replace(one, title=sequence.title) for one in found))
            clauses[place] = replace(
                clauses[place], alternatives=(replace(sequence, variants=variants),)
            )
        return replace(self._query, clauses=tuple(clauses))

    def _rows(self) -> Iterator[list[tuple[int, str]]]:
        """Yield the words that stand in a row, without anything between them."""
        row: list[tuple[int, str]] = []
        end = -1
        for place, clause in enumerate(self._query.clauses):
            word = _plain_word(clause, self._query.text)
            if not word or clause.span[0] != end + 1:
                if row:
                    yield row
                row = []
            if word:
                row.append((place, word))
            end = clause.span[1]
        if row:
            yield row

    def _add(self, typed: list[tuple[int, str]], words: tuple[str, ...]) -> None:
        """Add a variant to words that were typed; stop words need none."""
        for place, word in typed:
            if not self._language.is_stop_word(word):
                self._found.setdefault(place, {})[WordSequence(tuple(enumerate(words)))] = None

    def _add_synonyms(self, row: list[tuple[int, str]]) -> None:
        stems = tuple(self._language.stem(word) for _, word in row)
        for known, others in self._synonyms.get(stems[0], ()):
            if stems[: len(known)] == known:
                for other in others:
                    if all(map(self._knows, other)):
                        self._add(row[: len(known)], other)

    def _add_joined(self, pair: list[tuple[int, str]]) -> None:
        joined = "".join(word for _, word in pair)
        if self._language.is_stop_word(pair[0][1]) or not self._knows(joined):
            return
        self._add(pair, (joined,))

    def _respelled(self, word: str) -> Iterator[tuple[str, ...]]:
        if self._language.is_stop_word(word):
            return
        if self._language.name == "english":
            stem = self._language.stem(word)
            for other in respellings(word):
                if self._language.stem(other) != stem and self._knows(other):
                    yield (other,)
            contracted = _CONTRACTED.fullmatch(word)
            if contracted is not None:
                yield tuple(filter(None, contracted.groups()))
        is_joined = not word.isalpha() or self._count(word) <= MAX_SPLIT_DOCUMENTS
        if is_joined and self._splits < MAX_SPLITS:
            self._splits += 1
            yield from splits_of(word, self._reader, self._language, self._count)

    def _knows(self, word: str) -> bool:
        return self._count(word) > 0

    def _count(self, word: str) -> int:
        """Return in how many texts a word is, or else in how many titles or labels."""
        stem = self._language.phrase_term(word).encode()
        counts = (
            self._reader.document_frequency(field, stem) for field in ("body", "title", "names")
        )
        return next(filter(None, counts), 0)


def _plain_word(clause: Clause, text: str) -> str:
    """Return the word of a clause that has nothing else, no quotation marks; "" for others."""
    if len(clause.alternatives) != 1 or not clause.sequences or text[clause.span[0]] in '"+':
        return ""
    sequence = clause.sequences[0]
    if len(sequence.words) > 1 or sequence.prefix or clause.occur == "must_not":
        return ""
    return sequence.words[0][1]
