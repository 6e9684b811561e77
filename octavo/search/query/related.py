"""Related articles, by strong words of the body, rare tags, category and date; with the reason for
each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from octavo.search.index.reader import Reader
from octavo.search.index.schema import ABOUT
from octavo.search.index.segment import Array
from octavo.search.query.evaluate import Matches, best
from octavo.search.query.view import View

# A text is compared by this many of its strongest words, out of the most frequent ones (see Batch).
STRONGEST = 16
# Text counts 1 for an article that shares all strong words; one shared tag of middling rarity about
# 0.25.
_TAG_WEIGHT = 0.25
_CATEGORY_WEIGHT = 0.08
# Words that are told of those that both articles use.
_TOLD = 3
# Below this two articles have nothing to say to each other.
MINIMUM = 0.12


# Given a name, what stands for everything that a result is made of, and a function that makes it of
# texts, numbers and lists: returns the result, perhaps one that was made before of the same.
Remember = Callable[[str, str, Callable[[], Any]], Any]


def afresh(name: str, made_of: str, make: Callable[[], Any]) -> Any:
    """Remember nothing."""
    return make()


class Shared(NamedTuple):
    """Why two articles are related: slugs of tags and category that both have, else words that both
    use.
    """

    tags: tuple[str, ...] = ()
    category: str = ""
    words: tuple[str, ...] = ()


class Related(NamedTuple):
    """One related article. `score` is comparable between articles: 0.12 is hardly, 1 is nearly the
    same.
    """

    path: str
    score: float
    shared: Shared

    @classmethod
    def of(cls, row: Sequence[Any]) -> Related:
        """One related article as it was before it became JSON and came back as lists."""
        path, score, (tags, category, words) = row
        return cls(path, score, Shared(tuple(tags), category, tuple(words)))


def related(view: View, number: int, count: int) -> list[Related]:
    """The visible articles nearest to document `number`, best first."""
    reader = view.reader
    strong = _strongest(reader, number)
    scores = np.zeros(reader.size, np.float32)
    by_word: dict[str, Array] = {}
    for word, (stem, weight) in strong.items():
        ids, counts = reader.postings(ABOUT, stem.encode())
        by_word[word] = ids
        scores[ids] += weight * _saturated(counts)
    scores /= max(float(scores[number]), 1e-9)
    tags = _shared_labels(reader, "tag", number)
    for ids in tags.values():
        rarity = reader.idf(len(ids)) / reader.idf(1)
        scores[ids] += np.float32(_TAG_WEIGHT * 2 * rarity)
    categories = _shared_labels(reader, "category", number)
    for ids in categories.values():
        scores[ids] += np.float32(_CATEGORY_WEIGHT)
    scores *= view.recency
    mask = view.mask & (scores >= MINIMUM)
    mask[number] = False
    found = np.flatnonzero(mask)
    return [
        Related(reader.paths[i], round(float(scores[i]), 4), _shared(i, tags, categories, by_word))
        for i in best(Matches(found, scores[found], reader.size), reader, count).tolist()
    ]


def _strongest(reader: Reader, number: int) -> dict[str, tuple[str, float]]:
    """The words that tell this document from others: word as written most -> (stem, weight)."""
    weighed = []
    whole = reader.count == reader.size
    for stem, (word, times) in reader.telling(number).items():
        term = stem.encode()
        # Deleted articles do not count: indexes with other histories shall give the same answer.
        frequency = reader.frequency(ABOUT, term) if whole else len(reader.postings(ABOUT, term)[0])
        if 1 < frequency <= max(2, reader.count // 4):
            weighed.append((-_saturated(times) * reader.idf(frequency), stem, word))
    return {word: (stem, -weight) for weight, stem, word in sorted(weighed)[:STRONGEST]}


def _saturated(times: Any) -> Any:
    """What so many occurrences count: the second less than the first, and so on, 1 at most."""
    return times / (times + 1.2)


def _shared_labels(reader: Reader, name: str, number: int) -> dict[str, Array]:
    """The values that document `number` has in a facet, and all documents that have each."""
    facet = reader.facet(name)
    return {value: facet.documents(value) for value in facet.values_of(number)}


def _shared(
    number: int, tags: dict[str, Array], categories: dict[str, Array], words: dict[str, Array]
) -> Shared:
    def having(labels: dict[str, Array]) -> Iterator[str]:
        return (value for value, ids in labels.items() if bool((ids == number).any()))

    rare_first = sorted(having(tags), key=lambda tag: (len(tags[tag]), tag))
    return Shared(
        tuple(rare_first), next(having(categories), ""), tuple(islice(having(words), _TOLD))
    )
