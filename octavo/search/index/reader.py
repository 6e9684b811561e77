"""Readers: one generation of the index, as arrays over all its documents. Immutable, shared by
threads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from octavo.search.analysis import STOP_MARK, opens
from octavo.search.index.decoded import Cache
from octavo.search.index.schema import FACETS, K1, LONGEST_KEY, TEXT_FIELDS, TITLE, WORDS, Field
from octavo.search.index.segment import UNDATED, Array, Bools, Ints, Longs, Segment

Floats = npt.NDArray[np.float32]

# Newer articles gain: 10 % for the newest, half of that for two years older, and so on.
RECENCY = 0.1
_HALF_LIFE = 2 * 365.25 * 86_400
# Of so many bits is the number by which places are told apart roughly.
_KEY_BITS = 20
# Stop words of a phrase that are looked for: the rarest, because the others are in most sentences.
MAX_STOPS = 4
# So many times fewer places are looked up among the others.
_FEWER = 16


@dataclass(frozen=True, slots=True)
class Scored:
    """Documents in ascending order and what a term or phrase adds to each one's score.

    Numbers have 64 bits here: numpy takes twice as long to index with fewer.
    """

    ids: Longs
    scores: Floats


def items(scored: Scored) -> int:
    """How much memory it takes, in items of a Cache."""
    return 3 * len(scored.ids)


NOTHING = Scored(np.empty(0, np.int64), np.empty(0, np.float32))


def _likely(places: Longs, wanted: Longs) -> Longs:
    """Those of `places` that are among `wanted`, and a few that are not: sorting all takes ten
    times as long.
    """
    seen = np.zeros(1 << _KEY_BITS, np.bool_)
    seen[_keys(wanted)] = True
    return places[seen[_keys(places)]]


def _keys(places: Longs) -> Longs:
    # The last bits of the document and of the position.
    return (places ^ (places >> 22)) & ((1 << _KEY_BITS) - 1)


class Reader:
    """All live documents of some segments, numbered through.

    `deleted[i]` are the numbers of the documents of `segments[i]` that are no longer there. The
    scores are BM25F (Robertson, Zaragoza, Taylor: Simple BM25 Extension to Multiple Weighted
    Fields, 2004) with Lucene's idf.
    """

    def __init__(self, segments: Sequence[Segment], deleted: Sequence[Iterable[int]]) -> None:
        self.segments = tuple(segments)
        sizes = [segment.size for segment in segments]
        self.starts: list[int] = np.cumsum([0, *sizes]).tolist()
        self.size = self.starts.pop()
        self.live = np.ones(self.size, np.bool_)
        for start, numbers in zip(self.starts, deleted, strict=True):
            self.live[np.fromiter(numbers, np.int64) + start] = False
        self.count = int(np.count_nonzero(self.live))
        self._whole = self.count == self.size
        self.cache = Cache()
        self._norms: dict[str, Floats] = {}

    def _concatenated(self, arrays: Iterable[Array], dtype: npt.DTypeLike) -> Array:
        return np.concatenate([np.empty(0, dtype), *arrays]).astype(dtype, copy=False)

    # Documents

    @cached_property
    def published(self) -> Longs:
        """Publication times in seconds since 1970, UNDATED where there is none."""
        return self._concatenated((segment.published for segment in self.segments), np.int64)

    def recency(self, seen: Bools) -> Floats:
        """What scores are multiplied by where newer documents are preferred, 1 to 1.1 for the
        newest of those seen.
        """
        dated = self.published > UNDATED
        newest = int(self.published[seen & dated].max(initial=UNDATED))
        age = np.where(dated, np.maximum(newest - self.published, 0), 2**40) / _HALF_LIFE
        return (1 + RECENCY * np.exp2(-age)).astype(np.float32)

    @cached_property
    def marks(self) -> npt.NDArray[np.uint64]:
        """What stands for each document, by its number (see `segment.mark`)."""
        return self._concatenated((segment.marks for segment in self.segments), np.uint64)

    @cached_property
    def paths(self) -> list[str]:
        """The documents' paths, by number; those of deleted documents too."""
        return list(chain.from_iterable(segment.paths for segment in self.segments))

    def number(self, path: str) -> int | None:
        """The number of a live document; None where there is none with this path."""
        ids, _ = self.postings("path", path.encode())
        return int(ids[-1]) if len(ids) else None

    def digests(self) -> dict[str, str]:
        """The live documents' content hashes, by path."""
        digests = [digest for segment in self.segments for digest in segment.digests]
        return {
            self.paths[number]: digests[number] for number in np.flatnonzero(self.live).tolist()
        }

    def place(self, number: int) -> tuple[Segment, int]:
        """The segment of a document and its number there."""
        for start, segment in zip(reversed(self.starts), reversed(self.segments), strict=True):
            if number >= start:
                return segment, number - start
        raise IndexError(number)

    def stored(self, number: int) -> dict[str, Any]:
        """What is kept of a document for snippets."""
        segment, local = self.place(number)
        return segment.stored(local)

    def telling(self, number: int) -> dict[str, tuple[str, int]]:
        """The most frequent stems of a document: the word that each is written as most, and how
        often.
        """
        segment, local = self.place(number)
        return segment.telling(local)

    def digest(self, number: int) -> str:
        """The content hash of a document."""
        segment, local = self.place(number)
        return segment.digests[local]

    def warm(self) -> None:
        """Make what every query needs, so that the first one does not have to."""
        for field in (*TEXT_FIELDS, WORDS):
            self.norm(field)
        for name in FACETS:
            self.facet(name)
        _ = self.paths

    # Postings

    def _alive(self, ids: Ints, counts: Array) -> tuple[Ints, Array]:
        if self._whole:
            return ids, counts
        alive = self.live[ids]
        return ids[alive], counts[alive]

    def postings(self, field: str, term: bytes) -> tuple[Ints, Array]:
        """The live documents with a term in ascending order, and how often it occurs in each."""
        found = []
        for start, segment in zip(self.starts, self.segments, strict=True):
            terms = segment.terms(field)
            number = -1 if terms is None else terms.find(term)
            if terms is not None and number >= 0:
                first, last = int(terms.first[number]), int(terms.first[number + 1])
                ids, counts = segment.ids(field, first, last), segment.counts(field, first, last)
                found.append((ids if start == 0 else ids + np.int32(start), counts))
        if len(found) == 1:
            return self._alive(*found[0])
        ids = self._concatenated((ids for ids, _ in found), np.int32)
        return self._alive(ids, self._concatenated((counts for _, counts in found), np.uint32))

    def begun(self, field: Field, beginnings: Iterable[bytes]) -> Floats:
        """What the terms that begin in one of these ways count in each document, all of them as
        one.

        However many they are: they stand side by side.
        """
        wanted = tuple(beginnings)
        occurrences = np.zeros(self.size, np.float32)
        for start, segment in zip(self.starts, self.segments, strict=True):
            if (terms := segment.terms(field.name)) is None:
                continue
            for found in filter(None, map(terms.with_prefix, wanted)):
                span = int(terms.first[found.start]), int(terms.first[found.stop])
                ids, counts = segment.ids(field.name, *span), segment.counts(field.name, *span)
                occurrences[start : start + segment.size] += np.bincount(ids, counts, segment.size)
        return occurrences * self.live * self.norm(field)

    def frequency(self, field: str, term: bytes) -> int:
        """In how many documents a term is, deleted ones included: enough to tell common from rare."""
        total = 0
        for segment in self.segments:
            terms = segment.terms(field)
            if terms is not None and (meant := terms.meant(term)):
                total += int(terms.first[meant.stop] - terms.first[meant.start])
        return total

    def places(self, field: str, term: bytes) -> Longs:
        """Where a term occurs in live documents: document << 32 | position, ascending.

        For one character that opens terms the places of each, one term after the other.
        """
        return self.cache.get((field, term, "places"), lambda: self._places(field, term), len)

    def _places(self, field: str, term: bytes) -> Longs:
        found = [np.empty(0, np.int64)]
        for start, segment in zip(self.starts, self.segments, strict=True):
            terms = segment.terms(field)
            if terms is not None and (meant := terms.meant(term)):
                first, last = int(terms.first[meant.start]), int(terms.first[meant.stop])
                ids = segment.ids(field, first, last).astype(np.int64) + start
                counts = segment.counts(field, first, last)
                places = np.repeat(ids << 32, counts)
                places |= segment.positions(field, meant.start, meant.stop)
                found.append(places)
        places = np.concatenate(found)
        return places if self._whole else places[self.live[places >> 32]]

    # Scores

    def norm(self, field: Field) -> Floats:
        """What an occurrence in `field` counts in each document: its boost, less where it is long."""
        norm = self._norms.get(field.name)
        if norm is None:
            lengths = self._concatenated(
                (segment.lengths(field.name) for segment in self.segments), np.float64
            )
            average = float(lengths[self.live].mean()) if self.count else 0.0
            norm = (field.boost / (1 - field.b + field.b * lengths / (average or 1.0))).astype(
                np.float32
            )
            self._norms[field.name] = norm
        return norm

    def titled(self, key: str) -> Ints:
        """The documents whose title is exactly these words."""
        encoded = key.encode()[:LONGEST_KEY]
        return self.cache.get(("key", encoded), lambda: self.postings("key", encoded)[0], len)

    def idf(self, frequency: int) -> float:
        """Lucene's inverse document frequency."""
        return float(np.log1p((self.count - frequency + 0.5) / (frequency + 0.5)))

    def saturated(self, occurrences: Floats, idf: float | None = None) -> Scored:
        """BM25 of weighted occurrences over all documents; `idf` is their own unless given."""
        ids = np.flatnonzero(occurrences != 0)
        weighted = occurrences[ids]
        factor = self.idf(len(ids)) if idf is None else idf
        return Scored(
            ids, (factor * (K1 + 1) * weighted / (K1 + weighted)).astype(np.float32, copy=False)
        )

    def term(self, stem: str, *, title: bool = False) -> Scored:
        """The documents with a stem in any text field, or in the title only, with its BM25F score
        in each.
        """
        return self.cache.get((stem, title), lambda: self._term(stem.encode(), title), items)

    def _term(self, term: bytes, title: bool) -> Scored:
        occurrences = np.zeros(self.size, np.float32)
        opening = opens(term.decode())
        for field in TITLE if title else TEXT_FIELDS:
            if opening:
                occurrences += self.begun(field, (term,))
                continue
            ids, counts = self.postings(field.name, term)
            if len(ids):
                occurrences[ids] += counts * self.norm(field)[ids]
        return self.saturated(occurrences)

    def phrase(self, stems: tuple[tuple[int, str], ...], *, title: bool = False) -> Scored:
        """The documents where the stems occur at the given distances, stop words marked; scored as
        one term.

        Its idf is that of its telling words added up, or its own where it has only stop words.
        """
        return self.cache.get((stems, title), lambda: self._phrase(stems, title), items)

    def _phrase(self, stems: tuple[tuple[int, str], ...], title: bool) -> Scored:
        terms = [
            self.term(stem, title=title) for _, stem in stems if not stem.startswith(STOP_MARK)
        ]
        if any(len(scored.ids) == 0 for scored in terms):
            return NOTHING
        occurrences = np.zeros(self.size, np.float32)
        for field in TITLE if title else TEXT_FIELDS:
            places = self._phrase_places(field.name, stems)
            if len(places):
                occurrences += np.bincount(places >> 32, minlength=self.size) * self.norm(field)
        return self.saturated(
            occurrences, sum(self.idf(len(scored.ids)) for scored in terms) if terms else None
        )

    def _phrase_places(self, field: str, stems: tuple[tuple[int, str], ...]) -> Longs:
        """Where the first of the wanted terms is in `field` with the others at their distances."""
        wanted = self._wanted(field, stems)
        if not wanted:
            return NOTHING.ids
        opening, _, term, first = wanted[0]
        found = np.sort(self.places(field, term)) if opening else self.places(field, term)
        for opening, _, term, offset in wanted[1:]:
            if not len(found):
                break
            sought, there = found + (offset - first), self.places(field, term)
            found = _common(sought, np.sort(_likely(there, sought)) if opening else there) - (
                offset - first
            )
        return found

    def _wanted(
        self, field: str, stems: tuple[tuple[int, str], ...]
    ) -> list[tuple[bool, int, bytes, int]]:
        """The terms of a phrase in `field`: whether they are characters that open terms, in how
        many documents, and their distances. Without the most frequent stop words; empty where one
        of them is nowhere in the field.

        Characters that open many terms have long lists, so they come last: nothing may be left to
        look for.
        """
        telling: list[tuple[bool, int, bytes, int]] = []
        stops: list[tuple[bool, int, bytes, int]] = []
        for offset, stem in stems:
            # In titles stop words are words like others.
            term = (stem.removeprefix(STOP_MARK) if field == "title" else stem).encode()
            frequency = self.frequency(field, term)
            if not frequency:
                return []
            (stops if stem.startswith(STOP_MARK) else telling).append(
                (opens(stem), frequency, term, offset)
            )
        return sorted(telling + sorted(stops)[:MAX_STOPS])

    # Facets

    def facet(self, name: str) -> Facet:
        """The values of a facet and which documents have them."""
        return self.cache.get(
            ("facet", name), lambda: self._facet(name), lambda facet: len(facet.ids)
        )

    def _facet(self, name: str) -> Facet:
        found = [
            (start, s, terms)
            for start, s in zip(self.starts, self.segments, strict=True)
            if (terms := s.terms(name))
        ]
        values = sorted({text for _, _, terms in found for text in terms.texts})
        numbers = {value: number for number, value in enumerate(values)}
        ids, owners = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for start, segment, terms in found:
            ids.append(segment.ids(name).astype(np.int64) + start)
            owned = np.fromiter(map(numbers.__getitem__, terms.texts), np.int64, len(terms))
            owners.append(np.repeat(owned, np.diff(terms.first)))
        all_ids, all_owners = np.concatenate(ids), np.concatenate(owners)
        alive = np.flatnonzero(self.live[all_ids])
        order = alive[np.argsort(all_owners[alive], kind="stable")]
        present, starts = np.unique(all_owners[order], return_index=True)
        return Facet(
            [values[number] for number in present.tolist()],
            all_ids[order],
            np.append(starts, len(order)),
        )


def _common(few: Longs, many: Longs) -> Longs:
    """What is in both of two ascending arrays without duplicates."""
    if _FEWER * len(few) < len(many):
        at = np.searchsorted(many, few)
        at[at == len(many)] = 0
        found: Longs = few[many[at] == few]
        return found
    # Of two long ones in a row the stable sort merges in half the time.
    both = np.concatenate([few, many])
    both.sort(kind="stable")
    twice: Longs = both[1:][both[1:] == both[:-1]]
    return twice


class Facet:
    """The values of one facet in alphabetical order: the documents `ids[starts[i]:starts[i + 1]]`
    have `values[i]`.
    """

    def __init__(self, values: list[str], ids: Longs, starts: Longs) -> None:
        self.values = values
        self.ids = ids
        self._starts = starts
        self._numbers = {value: number for number, value in enumerate(values)}

    def number(self, value: str) -> int | None:
        """The place of a value among `values`."""
        return self._numbers.get(value)

    def counts(self, mask: Bools) -> list[int]:
        """How many of the documents in `mask` have each value."""
        if not self.values:
            return []
        counts: list[int] = np.add.reduceat(
            mask[self.ids], self._starts[:-1], dtype=np.int32
        ).tolist()
        return counts

    def documents(self, value: str, *, begun: bool = False) -> Longs:
        """The documents with a value, or with one that begins so, in ascending order."""
        if begun:
            first, last = (
                bisect_left(self.values, value),
                bisect_left(self.values, f"{value}\U0010ffff"),
            )
            # Counting is many times faster than sorting.
            return np.flatnonzero(np.bincount(self.ids[self._starts[first] : self._starts[last]]))
        number = self._numbers.get(value)
        return (
            self.ids[:0]
            if number is None
            else self.ids[self._starts[number] : self._starts[number + 1]]
        )

    def values_of(self, document: int) -> list[str]:
        """The values that a document has."""
        places = np.flatnonzero(self.ids == document)
        return [
            self.values[number]
            for number in (np.searchsorted(self._starts, places, "right") - 1).tolist()
        ]
