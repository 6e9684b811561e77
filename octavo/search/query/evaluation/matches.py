"""Matches: the documents and scores that a query has found, and the first of them in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from octavo.search.index.reader import Floats, Reader
from octavo.search.index.segment import UNDATED, Array, Bools, Longs
from octavo.search.protocol import Sort

# The score of a document that matches by its title alone.
_LEAST_SCORE = np.finfo(np.float32).tiny
# Keys whose maximum stands for them while the largest ones are looked for.
_BLOCK = 64


class Matches:
    """The documents that match, and their scores.

    Of few matches `scores` has one for each, in the order of `ids`. Of many (without `ids`) it has
    one for each document of the index, 0 where it does not match: numpy adds and multiplies whole
    arrays many times faster than items of them.

    `notes` are for the reader. `all_terms` are the documents with all optional words of the query;
    None where it has no two of them.
    """

    def __init__(self, ids: Longs | None, scores: Floats, size: int) -> None:
        """`ids` are ascending; `size` is the number of documents in the index."""
        self._ids = ids
        self.scores = scores
        self.notes: tuple[str, ...] = ()
        self.all_terms: Longs | None = None
        self._size = size

    @property
    def ids(self) -> Longs:
        """The matching documents in ascending order."""
        return np.flatnonzero(self.scores > 0) if self._ids is None else self._ids

    @property
    def mask(self) -> Bools:
        """A mask of the matching documents."""
        if self._ids is None:
            return self.scores > 0
        mask = np.zeros(self._size, np.bool_)
        mask[self._ids] = True
        return mask

    def __len__(self) -> int:
        return int(np.count_nonzero(self.scores > 0)) if self._ids is None else len(self._ids)

    def places(self, documents: Longs) -> Longs:
        """Return where in `scores` those of `documents` are that match."""
        if self._ids is None:
            return documents[self.scores[documents] > 0]
        places, present = find_in(self._ids, documents)
        return places[present]

    def documents(self, places: Longs) -> Longs:
        """Return the documents whose scores are at these places."""
        return places if self._ids is None else self._ids[places]

    def select(self, values: Array) -> Array:
        """Return of the values of all documents those that go with `scores`."""
        return values if self._ids is None else values.take(self._ids)

    def add(self, documents: Longs) -> None:
        """Make `documents` match, at least with a score of next to nothing."""
        if self._ids is None:
            self.scores[documents] = np.maximum(self.scores[documents], _LEAST_SCORE)
            return
        ids = np.union1d(self._ids, documents)
        scores = np.full(len(ids), _LEAST_SCORE)
        scores[np.searchsorted(ids, self._ids)] = self.scores
        self._ids = ids
        self.scores = scores

    def compact(self) -> Matches:
        """Return the same matches with scores for no other documents."""
        if self._ids is not None:
            return self
        ids = self.ids
        return self._with(ids, self.scores[ids])

    def narrowed(self, mask: Bools) -> Matches:
        """Return only the matches that are in `mask` too."""
        ids = self.ids
        kept = mask[ids]
        narrowed = self._with(ids[kept], self.compact().scores[kept])
        if self.all_terms is not None:
            narrowed.all_terms = self.all_terms[mask[self.all_terms]]
        return narrowed

    def _with(self, ids: Longs, scores: Floats) -> Matches:
        matches = Matches(ids, scores, self._size)
        matches.notes = self.notes
        matches.all_terms = self.all_terms
        return matches


def top_documents(matches: Matches, reader: Reader, count: int, sort: Sort = "relevance") -> Longs:
    """Return the first `count` matching documents in order; of equal scores the newest first."""
    if sort == "relevance":
        best = _largest(
            matches.scores, count, lambda chosen: -reader.published[matches.documents(chosen)]
        )
        if len(best) and matches.scores[best[0]] > 0:
            return matches.documents(best[: len(matches)])
    matches = matches.compact()
    published = reader.published[matches.ids]
    if sort == "oldest":
        # What has no date stands after all that has one, in both orders.
        published = np.where(published > UNDATED, -published, UNDATED)
    return matches.ids[_largest(published, count, lambda chosen: -matches.scores[chosen])]


def find_in(ids: Longs, wanted: Longs) -> tuple[Longs, Bools]:
    """Return where in the ascending `ids` each of `wanted` is, and a mask of those that are there.

    The places of the others mean nothing.
    """
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    places = np.searchsorted(ids, wanted)
    places[places == len(ids)] = 0
    return places, ids[places] == wanted


def _largest(keys: Any, count: int, then: Callable[[Longs], Any]) -> Longs:
    """Return where the `count` largest keys are; of equal ones, those with smaller `then` first."""
    chosen = np.arange(len(keys))
    # A few are sorted faster than looked through.
    if len(keys) > max(count, _BLOCK):
        chosen = np.flatnonzero(keys >= _threshold(keys, count))
    ordered: Longs = chosen[np.lexsort((chosen, then(chosen), -keys[chosen]))][:count]
    return ordered


def _threshold(keys: Any, count: int) -> Any:
    """Return a key that at least `count` keys reach, and not many more."""
    blocks = len(keys) // _BLOCK
    if blocks >= 2 * count:
        # The maxima of blocks are keys too, and ten times as fast to look through. Of blocks of
        # every n-th key numpy finds them in a quarter of the time.
        keys = keys[: blocks * _BLOCK].reshape(_BLOCK, blocks).max(axis=0)
    return np.partition(keys, len(keys) - count)[len(keys) - count]
