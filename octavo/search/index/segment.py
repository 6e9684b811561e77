"""A segment: a few thousand documents as arrays in one file, never changed after it is written."""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from octavo.cached import cached_property
from octavo.search.folding import is_single_unspaced
from octavo.search.index.arrays import ArrayFile, ArrayWriter, DamagedIndexError
from octavo.search.vectors import Vectors

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

# The publication time of a document without a date: older than any.
UNDATED = -(2**62)
# Terms of a dictionary that are all kept in a dict: the many small segments of an index that grows
# then cost no search.
MAX_KEPT_TERMS = 2_000
# What `pack_document` makes of each document.
PACKED = ("stored",)
# Which stems the body of each document has: the postings of the field `body` by document.
STEMS = "stems"
BODY_FIELD = "body"
# Occurrences of a stem in one text that are counted: the number is a byte.
MAX_STEM_COUNT = 255
# The vectors of a segment's documents, where the index is made with an embedder.
VECTORS = "vectors"
# Bits of a sorting key below those of its term.
_LOW = 32
# Slots for each term of a dictionary, in a table that tells most missing terms.
_SLOTS_PER_TERM = 16
# The longest UTF-8 character in bytes.
_MAX_CHARACTER_BYTES = 4


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of one field: term i is in the documents `ids[starts[i]:starts[i + 1]]`.

    `counts` is how often the term is in each; `positions` has as many items for each posting, one
    posting after the other; `position_starts[i]` is where those of term i begin.
    """

    terms: list[bytes]
    starts: Longs
    ids: Ints
    counts: Array | None = None
    position_starts: Longs | None = None
    positions: Array | None = None


def invert(terms: list[bytes], ranks: Ints, documents: Ints, positions: Ints | None) -> Postings:
    """Return the postings of each term, from the term and the document of each occurrence.

    `ranks[i]` is the number of a term in the sorted `terms`, each of which has to occur.
    Occurrences in a document are in the order of their positions; without `positions` only their
    number is kept.
    """
    # One array of 64 bits is the most that is held at a time beside those of 32: this is the peak
    # of a batch.
    order = ranks.astype(np.int64)
    order <<= _LOW
    if positions is None:
        order |= documents
    else:
        order |= np.arange(len(ranks), dtype=np.int32)
    order.sort()
    low = order.astype(np.uint32).view(np.int32)
    order >>= _LOW
    new_term = _changes(order)
    del order
    documents = low if positions is None else documents[low]
    postings = np.flatnonzero(new_term | _changes(documents))
    position_starts = np.append(np.flatnonzero(new_term), len(low))
    starts = np.searchsorted(postings, position_starts)
    counts = narrowest(np.diff(postings, append=len(low)))
    if positions is None:
        return Postings(terms, starts, documents[postings], counts)
    ids = documents[postings]
    return Postings(terms, starts, ids, counts, position_starts, positions[low])


def _changes(values: Array) -> Bools:
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def narrowest(values: Array) -> Array:
    """Return `values` in the smallest unsigned type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def write_postings(writer: ArrayWriter, field: str, postings: Postings) -> None:
    """Add one field to a segment's file."""
    write_terms(writer, field, postings.terms, postings.starts)
    writer.add(f"{field}/ids", postings.ids)
    if postings.counts is not None:
        writer.add(f"{field}/counts", narrowest(postings.counts))
    if postings.positions is not None and postings.position_starts is not None:
        writer.add(f"{field}/position_starts", postings.position_starts)
        writer.add(f"{field}/positions", narrowest(postings.positions))


def write_stems(writer: ArrayWriter, postings: Postings, size: int) -> None:
    """Add which terms of some postings each of `size` documents has; see Segment.stems."""
    order = np.argsort(postings.ids, kind="stable")
    numbers = np.arange(len(postings.terms), dtype=np.int32)
    writer.add(STEMS, np.repeat(numbers, np.diff(postings.starts))[order])
    assert postings.counts is not None
    writer.add(
        f"{STEMS}/counts", np.minimum(postings.counts, MAX_STEM_COUNT)[order].astype(np.uint8)
    )
    writer.add(
        f"{STEMS}/ends", np.cumsum(np.bincount(postings.ids, minlength=size), dtype=np.uint64)
    )


def write_vectors(writer: ArrayWriter, vectors: Vectors) -> None:
    """Add the vector of each document."""
    writer.add(VECTORS, vectors.values.ravel())
    writer.add(f"{VECTORS}/factors", vectors.factors)


def write_packed(writer: ArrayWriter, name: str, packed: Sequence[bytes]) -> None:
    """Add the packed data of each document, and where each ends."""
    writer.add(name, np.frombuffer(b"".join(packed), np.uint8))
    writer.add(f"{name}/ends", np.cumsum([len(data) for data in packed], dtype=np.uint64))


def write_terms(writer: ArrayWriter, field: str, terms: list[bytes], starts: Longs) -> None:
    """Add the sorted terms of a field, and where the postings of each begin."""
    writer.add(f"{field}/terms", np.frombuffer(b"".join(terms), np.uint8))
    writer.add(f"{field}/ends", np.cumsum([len(term) for term in terms], dtype=np.uint32))
    writer.add(f"{field}/starts", starts)


def document_fingerprint(path: str, digest: str) -> int:
    """Return 64 bits that identify one version of one document."""
    name = f"{path}\0{digest}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=8).digest())


def pack_document(stored: dict[str, Any]) -> bytes:
    """Return the stored data of a document as bytes."""
    return zlib.compress(json.dumps(stored, ensure_ascii=False).encode(), 1)


def unpack_document(data: bytes) -> dict[str, Any]:
    """Return the data that `pack_document` was given. Raises DamagedIndexError for other bytes."""
    try:
        stored = json.loads(zlib.decompress(data))
    except (ValueError, zlib.error) as error:
        raise DamagedIndexError(f"A stored document cannot be read: {error}.") from error
    if not isinstance(stored, dict):
        raise DamagedIndexError("A stored document is not a mapping.")
    return stored


class TermDictionary:
    """The sorted terms of one field of a segment, and where the postings of each begin."""

    def __init__(self, file: ArrayFile, field: str) -> None:
        self._blob = file.read(f"{field}/terms").tobytes()
        # Where each term begins, and where the last one ends. `array` gives Python's own numbers,
        # as a list does, for a tenth of its memory.
        self._bounds = array("I", [0])
        self._bounds.frombytes(file.read(f"{field}/ends").astype("I").tobytes())
        # Terms that were looked up. Missing ones are not kept: anybody can ask for any number.
        self._numbers: dict[bytes, int] = {}
        self._all_known = len(self) <= MAX_KEPT_TERMS
        if self._all_known:
            self._numbers = {term: number for number, term in enumerate(self)}
        self.starts: Longs = file.read(f"{field}/starts")
        if len(self.starts) != len(self._bounds):
            raise DamagedIndexError(f"{file.path.name}: the terms of {field} do not fit together.")

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, number: int) -> bytes:
        return self._blob[self._bounds[number] : self._bounds[number + 1]]

    def __iter__(self) -> Iterator[bytes]:
        return (self._blob[start:end] for start, end in pairwise(self._bounds))

    def at_least(self, term: bytes) -> int:
        """Return the number of the first term that is not less than `term`."""
        return bisect_left(range(len(self)), term, key=self.__getitem__)

    def find(self, term: bytes) -> int:
        """Return the number of `term`, or -1."""
        known = self._numbers.get(term)
        if known is not None:
            return known
        if self._all_known:
            return -1
        number = self.at_least(term)
        if number == len(self) or self[number] != term:
            return -1
        self._numbers[term] = number
        return number

    def may_have(self, term: bytes) -> bool:
        """Whether `term` may be there: quick, and False for nearly all that are not."""
        return self._slots[hash(term) % len(self._slots)] == 1

    @cached_property
    def _slots(self) -> bytearray:
        """A Bloom filter with one hash function and a byte for each bit."""
        slots = bytearray(_SLOTS_PER_TERM * len(self) + 1)
        for term in self:
            slots[hash(term) % len(slots)] = 1
        return slots

    def with_prefix(self, prefix: bytes) -> range:
        """Return the numbers of the terms that begin with `prefix`, in whole UTF-8 characters."""
        return range(self.at_least(prefix), self.at_least(prefix + b"\xff"))

    def matching(self, stem: bytes) -> range:
        """Return the numbers of the terms that a stem matches in a query.

        That is the stem itself; for a single character of a script without spaces, all terms that
        begin with it.
        """
        if len(stem) <= _MAX_CHARACTER_BYTES and is_single_unspaced(stem.decode()):
            return self.with_prefix(stem)
        number = self.find(stem)
        return range(number, number + 1) if number >= 0 else range(0)

    @cached_property
    def texts(self) -> list[str]:
        """All terms as text, in order."""
        # Decoded in one go, which takes a third of the time; no term has a NUL.
        ends = np.array(self._bounds[1:-1], np.int64)
        blob = np.insert(np.frombuffer(self._blob, np.uint8), ends, 0)
        return blob.tobytes().decode("utf-8", "replace").split("\0")


def _numbers_in(own: TermDictionary, others: TermDictionary) -> Ints:
    """Return the number of each of the `own` terms among `others`, -1 where it is not there."""
    # The terms of a few documents are looked up, instead of reading all those of many.
    if len(own) <= MAX_KEPT_TERMS:
        return np.fromiter(map(others.find, own), np.int32, len(own))
    if len(others) > MAX_KEPT_TERMS:
        places = {term: number for number, term in enumerate(others)}
        return np.fromiter((places.get(term, -1) for term in own), np.int32, len(own))
    numbers = np.full(len(own), -1, np.int32)
    places_in_own = np.fromiter(map(own.find, others), np.int32, len(others))
    there = np.flatnonzero(places_in_own >= 0)
    numbers[places_in_own[there]] = there
    return numbers


class Segment:
    """Reads one segment's file.

    Safe for any number of threads. Raises DamagedIndexError where the file is not whole.
    """

    def __init__(self, path: Path, memory: bytes | None = None) -> None:
        self.file = ArrayFile(path, memory)
        self.size = self.file.length("published")
        self._terms: dict[str, TermDictionary] = {}
        self._elsewhere: WeakKeyDictionary[Segment, Ints] = WeakKeyDictionary()

    def fields(self) -> list[str]:
        """Return the names of the indexed fields."""
        names = self.file.names()
        return [name.removesuffix("/terms") for name in names if name.endswith("/terms")]

    def terms(self, field: str) -> TermDictionary | None:
        """Return the terms of a field; None where no document has any."""
        terms = self._terms.get(field)
        if terms is None and f"{field}/terms" in self.file:
            terms = self._terms[field] = TermDictionary(self.file, field)
        return terms

    def ids(self, field: str, start: int = 0, stop: int | None = None) -> Ints:
        """Return the document numbers of a field's postings from `start` to before `stop`.

        Without `stop`, to the last one. The postings of all terms stand one after another; `terms`
        has the range of each. Raises DamagedIndexError.
        """
        return self._checked(field, self.file.read(f"{field}/ids", start, stop))

    def ids_of(self, field: str, parts: list[tuple[int, int]]) -> Ints:
        """Return the document numbers of several parts of the postings of a field."""
        return self._checked(field, self.file.read_parts(f"{field}/ids", parts))

    def _checked(self, field: str, ids: Ints) -> Ints:
        if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < self.size:
            raise DamagedIndexError(
                f"{self.file.path.name}: {field} names documents that do not exist."
            )
        return ids

    def counts(self, field: str, start: int = 0, stop: int | None = None) -> Array:
        """Return how often the term occurs, for the postings `start` to `stop` of a field."""
        name = f"{field}/counts"
        if name in self.file:
            return self.file.read(name, start, stop)
        if stop is None:
            stop = self.file.length(f"{field}/ids")
        return np.ones(stop - start, np.uint8)

    def counts_of(self, field: str, parts: list[tuple[int, int]]) -> Array:
        """Return how often the terms of several parts of the postings occur, as `counts` does."""
        name = f"{field}/counts"
        if name in self.file:
            return self.file.read_parts(name, parts)
        return np.ones(sum(stop - start for start, stop in parts), np.uint8)

    def positions(self, field: str, start: int, stop: int) -> Array:
        """Return the positions of the terms from number `start` up to `stop`, without `stop`.

        They are in one array, by term and then by document.
        """
        starts = self.file.read(f"{field}/position_starts", start, stop + 1)
        return self.file.read(f"{field}/positions", int(starts[0]), int(starts[-1]))

    @cached_property
    def published(self) -> Longs:
        """Publication times in seconds since 1970, UNDATED where there is none."""
        return self.file.read("published")

    def lengths(self, field: str) -> Array:
        """Return the number of words of a field in each document."""
        return self.file.read(f"length/{field}")

    @cached_property
    def paths(self) -> list[str]:
        """The documents' paths, by document number."""
        terms = self.terms("path")
        paths = [""] * self.size
        if terms is not None:
            for number, text in zip(self.ids("path").tolist(), terms.texts, strict=True):
                paths[number] = text
        return paths

    @cached_property
    def fingerprints(self) -> npt.NDArray[np.uint64]:
        """The documents' fingerprints, by document number."""
        return self.file.read("fingerprint")

    @cached_property
    def digests(self) -> list[str]:
        """The documents' content hashes, by document number."""
        return [digest.decode() for digest in self.file.read("digest").tolist()]

    def stored(self, number: int) -> dict[str, Any]:
        """Return the stored texts of document `number`, for snippets."""
        start, stop = self._bounds("stored", number)
        return unpack_document(self.file.read("stored", start, stop).tobytes())

    def stems(self, number: int) -> tuple[Ints, Array]:
        """Return the stems in the body of a document, and how often each is there, 255 at most.

        Stems are numbers of terms of the field `body`, ascending.
        """
        if STEMS not in self.file:
            return np.empty(0, np.int32), np.empty(0, np.uint8)
        start, stop = self._bounds(STEMS, number)
        return self.file.read(STEMS, start, stop), self.file.read(f"{STEMS}/counts", start, stop)

    def body_terms_in(self, other: Segment) -> Ints:
        """Return the number of each term of the field `body` in another segment, -1 for none."""
        numbers = self._elsewhere.get(other)
        if numbers is None:
            own = self.terms(BODY_FIELD)
            others = other.terms(BODY_FIELD)
            numbers = np.empty(0, np.int32)
            if own is not None and others is not None:
                numbers = _numbers_in(own, others)
            self._elsewhere[other] = numbers
        return numbers

    @cached_property
    def vectors(self) -> Vectors | None:
        """The vector of each document; None where there are none."""
        if VECTORS not in self.file:
            return None
        values = self.file.read(VECTORS).reshape(self.size, -1)
        return Vectors(values, self.file.read(f"{VECTORS}/factors"))

    def _bounds(self, name: str, number: int) -> tuple[int, int]:
        """Return where the items of document `number` in an array begin and end."""
        ends = [0, *self.file.read(f"{name}/ends", max(0, number - 1), number + 1).tolist()]
        return ends[-2], ends[-1]
