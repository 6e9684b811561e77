"""Matches: the documents and scores that a query has found, and the first of them in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from octavo.cached import cached_property
from octavo.search.index.reader import Floats, Reader
from octavo.search.index.segment import UNDATED, Bools, Longs
from octavo.search.protocol import Sort

# Keys whose maximum stands for them while the largest ones are looked for.
_BLOCK = 64


class Matches:
    """The matching documents in ascending order, the score of each, and notes for the reader.

    `all_terms` are those with all optional words of the query; None where it has no two of them.
    """

    def __init__(
        self,
        ids: Longs,
        scores: Floats,
        size: int,
        notes: tuple[str, ...] = (),
        all_terms: Longs | None = None,
    ) -> None:
        """`size` is the number of documents in the index."""
        self.ids = ids
        self.scores = scores
        self.notes = notes
        self.all_terms = all_terms
        self._size = size

    @cached_property
    def mask(self) -> Bools:
        """A mask of the matching documents."""
        mask = np.zeros(self._size, np.bool_)
        mask[self.ids] = True
        return mask

    def narrowed(self, mask: Bools) -> Matches:
        """Return only the matches that are in `mask` too."""
        kept = mask[self.ids]
        all_terms = self.all_terms
        if all_terms is not None:
            all_terms = all_terms[mask[all_terms]]
        return Matches(self.ids[kept], self.scores[kept], self._size, self.notes, all_terms)


def top_documents(matches: Matches, reader: Reader, count: int, sort: Sort = "relevance") -> Longs:
    """Return the first `count` matching documents in order; of equal scores the newest first."""
    ids = matches.ids
    scores = matches.scores
    if sort == "relevance" and scores.max(initial=0) > 0:
        return ids[_largest(scores, count, lambda chosen: -reader.published[ids[chosen]])]
    published = reader.published[ids]
    if sort == "oldest":
        # What has no date stands after all that has one, in both orders.
        published = np.where(published > UNDATED, -published, UNDATED)
    return ids[_largest(published, count, lambda chosen: -scores[chosen])]


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
