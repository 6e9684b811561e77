"""Boolean retrieval: which documents all clauses of a query allow, and the sums of their scores."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

import numpy as np

from octavo.search.index.reader import Floats, ScoredDocuments
from octavo.search.index.segment import UNDATED, Bools, Longs
from octavo.search.query.evaluation.matches import Matches, find_in
from octavo.search.query.grammar import Clause, DateRange

# From this ratio of lengths on, looking up single documents is faster than marking all.
_LOOKUP_RATIO = 16


class ClauseMatches(NamedTuple):
    """A clause of a query, and the documents of each of its alternatives."""

    clause: Clause
    alternatives: list[ScoredDocuments]


def combine(found: list[ClauseMatches], visible: Bools) -> Matches:
    """Return the `visible` documents that all clauses allow, with the sums of their scores.

    All visible documents where there is no clause. The sums are the caller's own.
    """
    size = len(visible)
    positive = [one for one in found if one.clause.occur != "must_not"]
    scored = list(chain.from_iterable(one.alternatives for one in positive))
    if len(found) == len(scored) == 1:
        kept = visible[scored[0].ids]
        if kept.all():
            return Matches(scored[0].ids, scored[0].scores.copy(), size)
        return Matches(scored[0].ids[kept], scored[0].scores[kept], size)
    if found and all(one.clause.occur == "should" and one.clause.is_words for one in found):
        # Every match of a word scores more than 0.
        sums = _sums(scored, size)
        sums[~visible] = 0
        matches = Matches(None, sums, size)
        return matches.compact() if is_few(count_of(scored), size) else matches
    ids = _allowed(found, visible)
    # A filter has no scores.
    scored = [one for one in scored if one.idf]
    if not is_few(len(ids), count_of(scored)):
        return Matches(ids, _sums(scored, size).take(ids), size)
    scores = np.zeros(len(ids), np.float32)
    for one in scored:
        places, present = find_in(one.ids, ids)
        scores[present] += one.scores[places[present]]
    return Matches(ids, scores, size)


def _allowed(found: list[ClauseMatches], visible: Bools) -> Longs:
    """Return the documents that have all required clauses and no excluded one.

    Where no word is required they also have at least one of the optional words.
    """
    required = [one.alternatives for one in found if one.clause.occur == "must"]
    excluded = [one.alternatives for one in found if one.clause.occur == "must_not"]
    optional = [one.alternatives for one in found if one.clause.occur == "should"]
    requires_words = any(one.clause.occur == "must" and one.clause.sequences for one in found)
    if optional and not requires_words:
        required.append(list(chain.from_iterable(optional)))
    # The rarest first: all others are looked up among its documents.
    required.sort(key=count_of)
    if not required or not is_few(count_of(required[0]), len(visible)):
        mask = visible.copy()
        for documents in required:
            mask &= mask_of(documents, len(mask))
        for documents in excluded:
            mask &= ~mask_of(documents, len(mask))
        return np.flatnonzero(mask)
    ids = union_of(required[0])
    ids = ids[visible[ids]]
    for documents in required[1:]:
        ids = ids[are_among(ids, documents, len(visible))]
    for documents in excluded:
        ids = ids[~are_among(ids, documents, len(visible))]
    return ids


def are_among(ids: Longs, documents: list[ScoredDocuments], size: int) -> Bools:
    """Return a mask of the `ids` that are in any of the `documents`; `size` is the index's."""
    if len(documents) == 1 and is_few(len(ids), len(documents[0].ids)):
        return find_in(documents[0].ids, ids)[1]
    return mask_of(documents, size)[ids]


def is_few(count: int, size: int) -> bool:
    """Whether looking up `count` documents is faster than going through all `size` of them."""
    return _LOOKUP_RATIO * count <= size


def count_of(documents: list[ScoredDocuments]) -> int:
    """Return how many documents the alternatives of a clause have, added up."""
    return sum(len(scored.ids) for scored in documents)


def union_of(documents: list[ScoredDocuments]) -> Longs:
    """Return the documents of any alternative, in ascending order."""
    if len(documents) == 1:
        return documents[0].ids
    union: Longs = np.unique(np.concatenate([scored.ids for scored in documents]))
    return union


def published_in(dates: DateRange, published: Longs) -> Bools:
    """Return a mask that is true where a time lies within the dates of a range.

    Times are in seconds since 1970; UNDATED lies in no range.
    """
    mask: Bools = published > UNDATED
    if dates.start is not None:
        mask &= published >= dates.start
    if dates.stop is not None:
        mask &= published < dates.stop
    return mask


def _sums(documents: list[ScoredDocuments], size: int) -> Floats:
    """Return the sum of the scores of each document of the index."""
    sums = np.zeros(size, np.float32)
    for scored in documents:
        np.add.at(sums, scored.ids, scored.scores)
    return sums


def mask_of(documents: list[ScoredDocuments], size: int) -> Bools:
    """Return a mask of the documents of any alternative."""
    mask = np.zeros(size, np.bool_)
    for scored in documents:
        mask[scored.ids] = True
    return mask
