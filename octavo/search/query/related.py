"""Related articles: by significant words of the text, rare tags, category and date.

The reason that readers see is written by `octavo.site.indexing`; what `related:` pins and
`related_exclude:` leaves out is applied afterwards, in `octavo.content.library`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from octavo.search.index.reader import Reader
from octavo.search.index.schema import SIGNIFICANT
from octavo.search.index.segment import Array
from octavo.search.protocol import RelatedHit, SharedTraits
from octavo.search.query.evaluate import Matches, top_documents
from octavo.search.query.view import View

# A text is compared by this many of its significant words: those that tell it from others best.
MAX_COMPARED_WORDS = 16
# Text counts 1 for an article that shares all of them; one shared tag of middling rarity about
# 0.25.
_TAG_WEIGHT = 0.25
_CATEGORY_WEIGHT = 0.08
# Words both articles use that are named as a reason.
MAX_SHARED_WORDS = 3
# Articles with a lower score are not related.
MIN_SCORE = 0.12


def related_documents(view: View, number: int, count: int) -> list[RelatedHit]:
    """Return the visible articles nearest to document `number`, best first."""
    reader = view.reader
    scores = np.zeros(reader.size, np.float32)
    documents_of: dict[str, Array] = {}
    for word, (stem, weight) in _compared(reader, number).items():
        ids, counts = reader.postings(SIGNIFICANT, stem.encode())
        documents_of[word] = ids
        scores[ids] += weight * _saturated(counts)
    scores /= max(float(scores[number]), 1e-9)
    tags = _values_of(reader, "tag", number)
    for ids in tags.values():
        rarity = reader.idf(len(ids)) / reader.idf(1)
        scores[ids] += np.float32(_TAG_WEIGHT * 2 * rarity)
    categories = _values_of(reader, "category", number)
    for ids in categories.values():
        scores[ids] += np.float32(_CATEGORY_WEIGHT)
    scores *= view.recency
    mask = view.mask & (scores >= MIN_SCORE)
    mask[number] = False
    found = np.flatnonzero(mask)
    best = top_documents(Matches(found, scores[found], reader.size), reader, count)
    return [
        RelatedHit(
            reader.paths[other],
            round(float(scores[other]), 4),
            _shared(other, tags, categories, documents_of),
        )
        for other in best.tolist()
    ]


def _compared(reader: Reader, number: int) -> dict[str, tuple[str, float]]:
    """Return the words that distinguish a document, each with its stem and weight."""
    weighted = []
    is_whole = reader.count == reader.size
    segment, local = reader.locate(number)
    for stem, (word, count) in segment.significant(local).items():
        term = stem.encode()
        if is_whole:
            frequency = reader.frequency(SIGNIFICANT, term)
        else:
            # Deleted articles do not count: indexes with other histories give the same answer.
            frequency = len(reader.postings(SIGNIFICANT, term)[0])
        if 1 < frequency <= max(2, reader.count // 4):
            weighted.append((-_saturated(count) * reader.idf(frequency), stem, word))
    best = sorted(weighted)[:MAX_COMPARED_WORDS]
    return {word: (stem, -weight) for weight, stem, word in best}


def _saturated(count: Any) -> Any:
    """Return the weight of `count` occurrences, below 1: each adds less than the one before."""
    return count / (count + 1.2)


def _values_of(reader: Reader, name: str, number: int) -> dict[str, Array]:
    """Return the values of a facet that document `number` has, with all documents of each."""
    facet = reader.facet(name)
    return {value: facet.documents(value) for value in facet.values_of(number)}


def _shared(
    number: int, tags: dict[str, Array], categories: dict[str, Array], words: dict[str, Array]
) -> SharedTraits:
    rare_first = sorted(_having(number, tags), key=lambda tag: (len(tags[tag]), tag))
    category = next(_having(number, categories), "")
    return SharedTraits(
        tuple(rare_first), category, tuple(islice(_having(number, words), MAX_SHARED_WORDS))
    )


def _having(number: int, documents_of: dict[str, Array]) -> Iterator[str]:
    """Yield those of the given values that a document has."""
    return (value for value, ids in documents_of.items() if bool((ids == number).any()))
