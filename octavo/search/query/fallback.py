"""The fallback index: answers from a snapshot while there is no usable index.

Searches titles, summaries, tags and names as lines of text, and indexes only the articles that are
worth a closer look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from itertools import chain, islice, repeat
from operator import contains
from typing import get_args

import numpy as np

from octavo.cached import cached_property
from octavo.content.posts import Post
from octavo.search.analysis import Language, Lexicon
from octavo.search.folding import FoldedText, compose
from octavo.search.index.batch import in_memory
from octavo.search.index.reader import FacetColumn, Reader
from octavo.search.index.schema import facet_values
from octavo.search.index.segment import UNDATED, Bools, Longs
from octavo.search.protocol import CompletedFacet, Document, Snapshot, Sort
from octavo.search.query.evaluation.boolean import published_in
from octavo.search.query.facets import Selection
from octavo.search.query.grammar import Clause, DateRange, FacetFilter, SearchQuery, WordSequence
from octavo.search.query.suggest import Completions, completions_of
from octavo.search.query.view import View

# Articles that are indexed for one query; 0.2 ms each.
MAX_CANDIDATES = 50
# Words of a query for which all lines are searched, and these together with the excluded words; up
# to 2.5 ms each in 14,000 articles.
MAX_SCANNED_WORDS = 6
MAX_WORDS_WITH_EXCLUDED = 8

NO_INDEX = "The search index is being built: only titles, summaries, tags and names were searched."
UNWRITABLE = (
    "The search index cannot be written: only titles, summaries, tags and names were searched."
)
CANDIDATES_CUT = f"Of the articles that fit, the best {MAX_CANDIDATES} were looked at."


class FallbackIndex:
    """Answers for one snapshot; what an `earlier` one knew of unchanged articles is reused."""

    def __init__(
        self,
        snapshot: Snapshot,
        language: Language,
        zone: tzinfo = UTC,
        earlier: FallbackIndex | None = None,
    ) -> None:
        self.snapshot = snapshot
        self._language = language
        self._zone = zone
        self._authors_of: dict[tuple[str, ...], tuple[str, ...]] = {}
        known: dict[int, _Entry] = {}
        for entry in () if earlier is None else earlier._entries:
            # The authors' files may have changed, so that the same byline means somebody else.
            if entry.authors == self._authors(entry.post):
                known[id(entry.post)] = entry
        self._entries: list[_Entry] = [
            known.get(id(post)) or _Entry(post, self._authors(post), zone, snapshot.more(post))
            for post in snapshot.posts.values()
        ]
        self._facets: dict[str, FacetColumn] = {}

    def view(
        self, query: SearchQuery, selection: Selection, sort: Sort, why: str = NO_INDEX
    ) -> View:
        """Return the articles that may match a query, indexed in memory.

        `why` there is no other index is told with them.
        """
        found = list(islice(self._candidates(query, selection, sort), MAX_CANDIDATES + 1))
        documents = (entry.document() for entry in found[:MAX_CANDIDATES])
        segment = in_memory(documents, Lexicon(self._language), self._zone)
        notes = [why]
        if len(found) > MAX_CANDIDATES:
            notes.append(CANDIDATES_CUT)
        return View(Reader([segment], [()]), self.snapshot, tuple(notes))

    @cached_property
    def completions(self) -> Completions:
        """What the typed text may become: names with the number of articles of each."""
        counts = {}
        for kind in get_args(CompletedFacet):
            values = chain.from_iterable(entry.values(kind) for entry in self._entries)
            counts[kind] = Counter(values)
        return completions_of(self.snapshot, counts)

    def _authors(self, post: Post) -> tuple[str, ...]:
        names = self._authors_of.get(post.authors)
        if names is None:
            names = self._authors_of[post.authors] = self.snapshot.authors(post)
        return names

    def _candidates(self, query: SearchQuery, selection: Selection, sort: Sort) -> Iterator[_Entry]:
        """Yield the articles with some of the words, in an order near that of the results.

        For relevance, those with most of the words come first, then the newest.
        """
        allowed = np.flatnonzero(self._allowed(query, selection))
        entries = [self._entries[number] for number in allowed.tolist()]
        words = self._words(query)
        excluded = self._excluded_words(query)[: MAX_WORDS_WITH_EXCLUDED - len(words)]
        if words:
            entries = _most_first(entries, words)
        if sort != "relevance":
            # What has no date stands after all that has one, in both orders.
            sign = -1 if sort == "newest" else 1
            entries.sort(key=lambda entry: (entry.published == UNDATED, sign * entry.published))
        return (entry for entry in entries if not any(word in entry.line for word in excluded))

    # Facets and dates

    def _allowed(self, query: SearchQuery, selection: Selection) -> Bools:
        """Return a mask of the articles with the required facets and dates, no excluded ones."""
        filters = [
            self._as_prefix(clause, query) for clause in query.clauses if not clause.sequences
        ]
        for name, values in selection.items():
            alternatives = tuple(FacetFilter(name, value) for value in values)
            filters.append(Clause(alternatives, "must", (0, 0)))
        allowed = np.ones(len(self._entries), np.bool_)
        for clause in filters:
            hits = np.zeros(len(self._entries), np.bool_)
            for alternative in clause.alternatives:
                if isinstance(alternative, FacetFilter):
                    facet = self._facet(alternative.facet)
                    hits[facet.documents(alternative.value, prefix=alternative.prefix)] = True
                elif isinstance(alternative, DateRange):
                    hits |= published_in(alternative, self._published)
            if clause.occur == "must_not":
                hits = ~hits
            allowed &= hits
        return allowed

    def _as_prefix(self, clause: Clause, query: SearchQuery) -> Clause:
        """Return a clause of facets; an unknown value at the end of the query becomes a prefix."""
        last = clause.alternatives[-1]
        if clause.occur == "must_not" or clause.span[1] < len(query.text):
            return clause
        if not isinstance(last, FacetFilter):
            return clause
        if self._facet(last.facet).number(last.value) is not None:
            return clause
        prefix = replace(last, prefix=True)
        return replace(clause, alternatives=(*clause.alternatives[:-1], prefix))

    def _facet(self, name: str) -> FacetColumn:
        facet = self._facets.get(name)
        if facet is None:
            numbers: dict[str, list[int]] = {}
            for number, entry in enumerate(self._entries):
                for value in entry.values(name):
                    numbers.setdefault(value, []).append(number)
            values = sorted(numbers)
            ids = np.fromiter(chain.from_iterable(map(numbers.__getitem__, values)), np.int64)
            starts = np.cumsum([0, *(len(numbers[value]) for value in values)])
            facet = self._facets[name] = FacetColumn(values, ids, starts)
        return facet

    @cached_property
    def _published(self) -> Longs:
        published = (entry.published for entry in self._entries)
        return np.fromiter(published, np.int64, len(self._entries))

    # Words

    def _words(self, query: SearchQuery) -> list[str]:
        """Return the beginnings of the wanted words in a line, in all their spellings.

        Of too many, those that must be there come first, then the longest ones, which tell most.
        """
        words: dict[str, bool] = {}
        for clause in query.clauses:
            if clause.occur != "must_not":
                for prefix in chain.from_iterable(map(self._prefixes, clause.sequences)):
                    words[prefix] = clause.occur == "must" or words.get(prefix, False)
        significant = [word for word in words if not self._language.is_stop_word(word)]
        chosen = significant or list(words)
        chosen.sort(key=lambda word: (words[word], len(word)), reverse=True)
        return [f" {word}" if word.isascii() else word for word in chosen[:MAX_SCANNED_WORDS]]

    def _prefixes(self, sequence: WordSequence) -> Iterator[str]:
        """Yield the beginnings of a sequence's words in a line, without a stem's last letter."""
        for _, word in sequence.words:
            if sequence.prefix:
                yield from map(_as_in_lines, self._language.prefix_variants(word))
                continue
            stem = "" if self._language.is_stop_word(word) else self._language.stem(word)[:-1]
            # `Io` without its last letter would be a stop word.
            is_prefix = stem and word.startswith(stem) and not self._language.is_stop_word(stem)
            yield _as_in_lines(stem if is_prefix else word)

    def _excluded_words(self, query: SearchQuery) -> list[str]:
        """Return the excluded words that a line can decide, as lines write them.

        These are words that a line has exactly where the index has them.
        """
        clauses = (clause for clause in query.clauses if clause.occur == "must_not")
        sequences = chain.from_iterable(clause.sequences for clause in clauses)
        single = [one for one in sequences if len(one.words) == 1 and not one.prefix]
        found = dict.fromkeys(
            chain.from_iterable(
                self._exact_forms(one.words[0][1]) for one in single if not one.title
            )
        )
        # A single letter may be C, C++ or C#, and lines have fewer accents than words.
        return [
            f" {word} " for word in found if word.isascii() and word.isalnum() and len(word) > 1
        ]

    def _exact_forms(self, word: str) -> tuple[str, ...]:
        """Return a word, and its stem where the stem is its own stem; nothing for a stop word."""
        if self._language.is_stop_word(word):
            return ()
        stem = self._language.stem(word)
        return (word, stem) if self._language.stem(stem) == stem else (word,)


def _most_first(entries: list[_Entry], words: list[str]) -> list[_Entry]:
    """Return the articles with some of the words; those with most of them first."""
    lines = [entry.line for entry in entries]
    counts = np.zeros(len(lines), np.int8)
    for word in words:
        counts += np.fromiter(map(contains, lines, repeat(word)), np.int8, len(lines))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return [entries[number] for number in order.tolist()]


class _Entry:
    """One article of the snapshot; `published` is in seconds since 1970."""

    __slots__ = ("_values", "_zone", "authors", "line", "more", "post", "published")

    def __init__(
        self,
        post: Post,
        authors: tuple[str, ...],
        zone: tzinfo,
        more: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.post = post
        self.more = more
        self.authors = authors
        self._zone = zone
        self._values: dict[str, list[str]] | None = None
        self.published = UNDATED
        if post.published is not None:
            self.published = int(post.published.timestamp())
        named = chain.from_iterable(more.values())
        names = (post.title, post.summary, *post.tags, post.category, *authors, *named)
        self.line = FoldedText(compose(" ".join(names))).text

    def values(self, facet: str) -> list[str]:
        """Return the article's values of a facet, as slugs."""
        if self._values is None:
            self._values = dict(facet_values(self.document(), self._zone))
        return self._values.get(facet, [])

    def document(self) -> Document:
        """Return the article as the index takes it, without its text."""
        post = self.post
        return Document(
            post.path,
            post.digest,
            post.title,
            post.summary,
            tags=post.tags,
            category=post.category,
            authors=self.authors,
            published=post.published,
            more=self.more,
        )


def _as_in_lines(word: str) -> str:
    """Return a folded word as it is in a line, where C++ has spaces instead of its signs."""
    return FoldedText(word).text[1:-1]
