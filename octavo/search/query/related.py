"""Related articles: by what their texts are about, shared tags, links, category and date.

The reason that readers see is written by `octavo.site.indexing`; what `related:` pins and
`related_exclude:` leaves out is applied afterwards, in `octavo.content.library.library`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from octavo.cached import cached_property
from octavo.content.slugs import slugify
from octavo.search.analysis import STOP_WORD_PREFIX, Language, analyze
from octavo.search.folding import is_unspaced
from octavo.search.index.reader import Floats, Reader
from octavo.search.index.schema import BODY, LINK
from octavo.search.index.segment import Array, Ints
from octavo.search.protocol import RelatedHit, SharedTraits, file_name
from octavo.search.query.evaluation.matches import Matches, top_documents
from octavo.search.query.view import View

# A text is compared by so many of its words: those that tell it from others best.
MAX_COMPARED_WORDS = 48
# Words and tags of a larger share of all articles tell nothing about one of them.
MAX_DOCUMENT_SHARE = 0.25
# A text counts 1 for an article that shares all of these words; a tag that two articles alone have,
# and both name first, about 0.25, and all shared tags together not more than half the text.
_TAG_WEIGHT = 0.3
MAX_TAG_SCORE = 0.5
_CATEGORY_WEIGHT = 0.03
# What a link from one text to the other counts.
_LINK_SCORE = 0.1
# The articles with most in common are looked at more closely: so many beyond those wanted.
MAX_EXTRA_CANDIDATES = 16
# In a text of more different words than these, a word that is written once says little.
LONG_TEXT = 96
# Words that both articles use and that are named as a reason.
MAX_SHARED_WORDS = 3
# Articles with a lower score are not related.
MIN_SCORE = 0.2
# Of this many occurrences, half of what any number of them counts.
_HALF = 1.0


def related_documents(view: View, number: int, count: int, language: Language) -> list[RelatedHit]:
    """Return the visible articles nearest to document `number`, best first."""
    return _Comparison(view, number).best(count, language)


class _Comparison:
    """One document compared with all others: roughly at first, then the nearest by themselves."""

    def __init__(self, view: View, number: int) -> None:
        self._view = view
        self._reader = reader = view.reader
        self._number = number
        self._text = _compared(reader, number)
        self._tags = _telling(reader, _values_of(reader, "tag", number))
        self._rarity = {
            tag: _TAG_WEIGHT * reader.idf(len(ids)) / reader.idf(1)
            for tag, ids in self._tags.items()
        }
        self._categories = _values_of(reader, "category", number)
        self._base = self._base_scores()

    def _base_scores(self) -> Floats:
        """Return what each document shares with this one, except tags."""
        reader = self._reader
        scores = np.bincount(self._text.ids, self._text.scores, reader.size).astype(np.float32)
        scores /= max(float(scores[self._number]), 1e-9)
        for ids in self._categories.values():
            scores[ids] += np.float32(_CATEGORY_WEIGHT)
        for name in self._names(self._number):
            scores[reader.postings(LINK, name.encode())[0]] += np.float32(_LINK_SCORE)
        return scores

    def best(self, count: int, language: Language) -> list[RelatedHit]:
        """Return the `count` nearest documents; `language` is that of their texts."""
        reader = self._reader
        places = _tag_places(self._view, self._number)
        linked = reader.values_of(LINK, self._number)
        scored = []
        for other in self._candidates(count):
            score = float(self._base[other])
            own = _tag_places(self._view, other)
            tags = [tag for tag in self._rarity if tag in own]
            # Writers name first what an article is about.
            shared = sum(
                self._rarity[tag] / (1 + max(places.get(tag, 0), own[tag])) for tag in tags
            )
            score += min(shared, MAX_TAG_SCORE)
            if not linked.isdisjoint(self._names(other)):
                score += _LINK_SCORE
            # Rounded, so that every machine orders them alike.
            score = round(score * float(self._view.recency[other]), 4)
            if score >= MIN_SCORE:
                scored.append((-score, other, tags))
        scored.sort(key=itemgetter(0))
        spelling = _Spelling(reader, self._number, language)
        return [
            RelatedHit(reader.paths[other], -negative, self._shared(other, tags, spelling))
            for negative, other, tags in scored[:count]
        ]

    def _candidates(self, count: int) -> list[int]:
        """Return the visible documents that share most, newest first among equals."""
        reader = self._reader
        rough = self._base.copy()
        for tag, ids in self._tags.items():
            rough[ids] += np.float32(self._rarity[tag])
        mask = self._view.mask & (rough > 0)
        mask[self._number] = False
        found = np.flatnonzero(mask)
        matches = Matches(found, np.round(rough[found], 4), reader.size)
        best: list[int] = top_documents(matches, reader, MAX_EXTRA_CANDIDATES + count).tolist()
        return best

    def _names(self, number: int) -> set[str]:
        """Return the names by which texts link to a document."""
        path = self._reader.paths[number]
        names = {file_name(path)}
        post = self._view.snapshot.posts.get(path)
        if post is not None:
            names.add(post.slug)
        return names

    def _shared(self, other: int, tags: list[str], spelling: _Spelling) -> SharedTraits:
        """Return why another document is related: tags, or else words."""
        categories = (value for value, ids in self._categories.items() if other in ids)
        words: list[str] = []
        if not tags:
            words = [spelling.word(stem) for stem in self._text.shared_with(other)]
        rare_first = sorted(tags, key=lambda tag: (len(self._tags[tag]), tag))
        return SharedTraits(tuple(rare_first), next(categories, ""), tuple(filter(None, words)))


# Texts


@dataclass(frozen=True, slots=True)
class _Compared:
    """The words that tell one text from others, and where they are.

    Of stem `i`, `own[i]` is how often the text itself has it, and `idf[i]` how rare it is. Each of
    the other arrays has an item for each stem and document: the stem's number, the document, how
    often it is there, and how much that counts. Words that the text has less than `least` times
    say little about it.
    """

    stems: list[bytes]
    own: Array
    idf: Array
    numbers: Ints
    ids: Array
    counts: Array
    scores: Array
    least: int

    def shared_with(self, other: int) -> list[bytes]:
        """Return the stems that this text and document `other` have most often."""
        places = np.flatnonzero(self.ids == other)
        numbers = self.numbers[places]
        common = np.minimum(self.own[numbers], self.counts[places])
        order = np.argsort(-(common * self.idf[numbers]), kind="stable")
        chosen = [place for place in order.tolist() if common[place] >= self.least]
        return [self.stems[number] for number in numbers[chosen[:MAX_SHARED_WORDS]].tolist()]


def _compared(reader: Reader, number: int) -> _Compared:
    """Return the words that tell a document from others, in all documents that have them."""
    segment, local = reader.locate(number)
    terms = segment.terms(BODY.name)
    numbers, own = segment.stems(local)
    if terms is None:
        nothing = np.empty(0, np.int32)
        return _Compared([], own, nothing, nothing, nothing, nothing, nothing, 1)
    # Numbers begin with a digit, stop words with the character before "`".
    for first, last in ((b"0", b":"), (STOP_WORD_PREFIX.encode(), b"`")):
        kept = (numbers < terms.at_least(first)) | (numbers >= terms.at_least(last))
        numbers = numbers[kept]
        own = own[kept]
    stems = reader.stems_elsewhere(segment, numbers)
    frequency = reader.stem_frequencies(stems)
    idf = np.log1p((reader.count - frequency + 0.5) / (frequency + 0.5))
    idf[(frequency < 2) | (frequency > max(2, MAX_DOCUMENT_SHARE * reader.count))] = 0
    best = np.argsort(-(idf * idf * _saturated(own)), kind="stable")[: 2 * MAX_COMPARED_WORDS]
    names = {place: terms[int(numbers[place])] for place in best.tolist() if idf[place]}
    chosen = [place for place, name in names.items() if not _is_short(name)][:MAX_COMPARED_WORDS]
    places, ids, counts = reader.stem_postings(stems, chosen)
    own = own[chosen].astype(np.int64)
    idf = idf[chosen]
    norm = reader.norm(BODY)
    weights = idf * idf * _saturated(own * norm[number])
    scores = _saturated(counts * norm[ids]) * weights[places]
    least = 2 if len(numbers) > LONG_TEXT else 1
    kept_names = [names[place] for place in chosen]
    return _Compared(kept_names, own, idf, places, ids, counts, scores, least)


def _is_short(stem: bytes) -> bool:
    """Whether a stem is too short to tell anything."""
    text = stem.decode()
    return len(text) < 2 or (len(text) == 2 and not is_unspaced(text))


def _saturated(counts: Any) -> Any:
    """Return the weight of `counts` occurrences, below 1: each adds less than the one before."""
    return counts / (counts + _HALF)


class _Spelling:
    """The commonest spelling of a document's words, by their stems."""

    def __init__(self, reader: Reader, number: int, language: Language) -> None:
        self._reader = reader
        self._number = number
        self._language = language

    def word(self, stem: bytes) -> str:
        """Return the word that is written most often for a stem; '' where there is none."""
        return self._words.get(stem.decode(), "")

    @cached_property
    def _words(self) -> dict[str, str]:
        words: dict[str, str] = {}
        body = self._reader.stored(self._number)["body"]
        for word, _ in Counter(analyze(body)).most_common():
            words.setdefault(self._language.stem(word), word)
        return words


# Tags and categories


def _values_of(reader: Reader, name: str, number: int) -> dict[str, Array]:
    """Return the values of a facet that document `number` has, with all documents of each."""
    facet = reader.facet(name)
    return {value: facet.documents(value) for value in facet.values_of(number)}


def _telling(reader: Reader, documents_of: dict[str, Array]) -> dict[str, Array]:
    """Return the values that not too large a share of all articles has."""
    most = max(2, MAX_DOCUMENT_SHARE * reader.count)
    return {value: ids for value, ids in documents_of.items() if len(ids) <= most}


def _tag_places(view: View, number: int) -> dict[str, int]:
    """Return the tags of a document as slugs, with the place of each among them."""
    post = view.snapshot.posts.get(view.reader.paths[number])
    if post is None:
        return {}
    return {slugify(tag): place for place, tag in enumerate(post.tags)}
