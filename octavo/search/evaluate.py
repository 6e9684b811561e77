"""From a SearchQuery to documents and scores, over arrays of a Reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from octavo.search.grammar import MAX_EXPANSIONS, Clause, Dates, Label, SearchQuery, Text
from octavo.search.reader import Floats, Reader, Scored
from octavo.search.schema import TEXT_FIELDS
from octavo.search.segment import UNDATED, Bools, Ints, Longs
from octavo.search.words import Language, unspaced

# An article whose title is exactly what was typed comes before all others.
EXACT_TITLE = 1_000.0
_TITLE = TEXT_FIELDS[:1]


@dataclass(frozen=True, slots=True)
class Matches:
    """Which documents match (a mask over all), and every document's score (0 where nothing was scored)."""

    mask: Bools
    scores: Floats
    notes: tuple[str, ...] = ()


class Evaluation:
    """One query over one reader."""

    def __init__(self, query: SearchQuery, reader: Reader, language: Language) -> None:
        self._query = query
        self._reader = reader
        self._language = language
        self._notes: dict[str, None] = {}
        texts = [text for clause in query.clauses if clause.occur != "not" for text in clause.texts]
        # A query of nothing but stop words is one for titles; elsewhere they are not indexed.
        self._keep_stops = all(self._all_stops(text) for text in texts)

    def _all_stops(self, text: Text) -> bool:
        return not text.prefix and all(self._language.is_stop(word) for _, word in text.words)

    def scored(self, text: Text) -> Scored | None:
        """The documents with a word or phrase; None where it has only stop words that are to be ignored."""
        if text.prefix or (
            len(text.words) == 1 and len(text.words[0][1]) == 1 and unspaced(text.words[0][1])
        ):
            return self._prefix(text)
        words = text.words
        if not self._all_stops(text):
            words = tuple((offset, word) for offset, word in words if not self._language.is_stop(word))
        elif not self._keep_stops and len(words) == 1:
            return None
        first = words[0][0]
        stems = tuple((offset - first, self._language.stem(word)) for offset, word in words)
        fields = _TITLE if text.title else TEXT_FIELDS
        if len(stems) == 1:
            return self._reader.term(stems[0][1], fields)
        return self._reader.phrase(stems, fields)

    def _prefix(self, text: Text) -> Scored:
        prefix = text.words[0][1]
        scored, more = self._reader.prefix(prefix, MAX_EXPANSIONS)
        if more:
            note = f"More than {MAX_EXPANSIONS} words begin with {prefix}: only the most frequent were used."
            self._notes[note] = None
        return scored

    def label(self, label: Label) -> Ints:
        """The documents with a facet's value."""
        return self._reader.facet(label.facet).documents(label.value)

    def dates(self, dates: Dates) -> Ints:
        """The documents published in a span of time."""
        published = self._reader.published
        mask = published > UNDATED
        if dates.start is not None:
            mask &= published >= dates.start
        if dates.stop is not None:
            mask &= published < dates.stop
        return np.flatnonzero(mask).astype(np.int32)

    def _choices(self, clause: Clause) -> list[Scored]:
        found = []
        for choice in clause.choices:
            if isinstance(choice, Text):
                scored = self.scored(choice)
            else:
                ids = self.label(choice) if isinstance(choice, Label) else self.dates(choice)
                scored = Scored(ids, np.zeros(len(ids), np.float32))
            if scored is not None:
                found.append(scored)
        return found

    def run(self, visible: Bools, *, prefer_new: bool = True) -> Matches:
        """Match the query among the `visible` documents."""
        reader = self._reader
        scores = np.zeros(reader.size, np.float32)
        mask = visible.copy()
        optional = np.zeros(reader.size, np.bool_)
        wanted = required = False
        for clause in self._query.clauses:
            found = self._choices(clause)
            if not found:
                continue
            hits = np.zeros(reader.size, np.bool_)
            for scored in found:
                hits[scored.ids] = True
                if clause.occur != "not":
                    scores[scored.ids] += scored.scores
            if clause.occur == "not":
                mask &= ~hits
            elif clause.occur == "must":
                mask &= hits
                required = required or bool(clause.texts)
            else:
                optional |= hits
                wanted = True
        if wanted and not required:
            mask &= optional
        if prefer_new:
            scores *= reader.recency
        self._put_exact_title_first(scores)
        return Matches(mask, scores, tuple(self._notes))

    def _put_exact_title_first(self, scores: Floats) -> None:
        if not self._query.key:
            return
        ids, _ = self._reader.postings("key", self._query.key.encode()[:800])
        scores[ids] += np.float32(EXACT_TITLE)


def best(matches: Matches, reader: Reader, count: int, sort: str = "relevance") -> Ints:
    """The numbers of the first `count` matching documents, ordered by "relevance", "newest" or "oldest".

    Equal scores are ordered newest first.
    """
    ids = np.flatnonzero(matches.mask).astype(np.int32)
    if not len(ids):
        return ids
    published = reader.published[ids]
    if sort == "relevance":
        return ids[_largest(matches.scores[ids], -published, ids, count)]
    return ids[_largest(published if sort == "newest" else -published, -matches.scores[ids], ids, count)]


def _largest(keys: Any, then: Any, ids: Ints, count: int) -> Longs:
    """Where the `count` largest keys are; of equal ones the smaller `then` first, then the smaller id."""
    if len(keys) > count:
        threshold = np.partition(keys, len(keys) - count)[len(keys) - count]
        chosen = np.flatnonzero(keys >= threshold)
    else:
        chosen = np.arange(len(keys))
    ordered: Longs = chosen[np.lexsort((ids[chosen], then[chosen], -keys[chosen]))][:count]
    return ordered
