"""Merging: several segments become one, without their deleted documents, array by array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from octavo.search.index.arrays import ArrayWriter
from octavo.search.index.schema import BODY
from octavo.search.index.segment import (
    PACKED,
    STEMS,
    VECTORS,
    Array,
    Bools,
    Ints,
    Longs,
    Segment,
    TermDictionary,
    write_terms,
)
from octavo.search.vectors import Vectors

# Postings that are in memory at a time, and items of arrays that are written by document.
MAX_POSTINGS = 250_000
MAX_PIECE_ITEMS = 1 << 22


@dataclass(frozen=True, slots=True)
class MergeSource:
    """A segment to merge: which of its documents live, and their numbers in the new segment."""

    segment: Segment
    live: Bools
    numbers: Ints

    @classmethod
    def sequence(cls, segments: Sequence[tuple[Segment, Bools]]) -> list[MergeSource]:
        """Return the sources of a merge; document numbers go on from segment to segment."""
        sources = []
        start = 0
        for segment, live in segments:
            numbers = (np.cumsum(live) - 1 + start).astype(np.int32)
            sources.append(cls(segment, live, numbers))
            start += int(np.count_nonzero(live))
        return sources


def merge(segments: Sequence[tuple[Segment, Bools]], path: Path) -> int:
    """Write the live documents of `segments` as one segment's file; return their number."""
    sources = MergeSource.sequence(segments)
    fields: dict[str, None] = {}
    for source in sources:
        fields.update(dict.fromkeys(source.segment.fields()))
    with path.open("xb") as file, ArrayWriter(file) as writer:
        for name, dtype in _columns(sources[0].segment):
            columns = (source.segment.file.read(name)[source.live] for source in sources)
            writer.stream(name, dtype, columns)
        for name in PACKED:
            pieces = (_pieces(source, name, name) for source in sources)
            writer.stream(name, np.uint8, chain.from_iterable(pieces))
            _write_ends(writer, sources, name)
        for field in fields:
            _write_field(writer, sources, field)
        _write_vectors(writer, sources)
    return sum(int(np.count_nonzero(source.live)) for source in sources)


def _columns(segment: Segment) -> Iterator[tuple[str, np.dtype[np.generic]]]:
    for name in segment.file.names():
        if name in ("published", "digest", "fingerprint") or name.startswith("length/"):
            yield name, segment.file.dtype(name)


def _ends(source: MergeSource, name: str) -> Longs:
    """Return where the items of each document in an array end; none has any where it is absent."""
    if name not in source.segment.file:
        return np.zeros(source.segment.size, np.int64)
    ends: Longs = source.segment.file.read(f"{name}/ends").astype(np.int64)
    return ends


def _write_ends(writer: ArrayWriter, sources: Sequence[MergeSource], name: str) -> None:
    sizes = [np.diff(_ends(source, name), prepend=0)[source.live] for source in sources]
    writer.add(f"{name}/ends", np.cumsum(np.concatenate(sizes), dtype=np.uint64))


def _pieces(source: MergeSource, name: str, ends_of: str) -> Iterator[Array]:
    """Yield the items of live documents in the array `name`, whose ends are those of `ends_of`."""
    ends = _ends(source, ends_of)
    starts = np.concatenate([[0], ends[:-1]])
    first = 0
    while first < len(ends) and ends[-1]:
        last = max(first + 1, int(np.searchsorted(ends, starts[first] + MAX_PIECE_ITEMS)))
        data = source.segment.file.read(name, int(starts[first]), int(ends[last - 1]))
        sizes = (ends - starts)[first:last]
        yield data[np.repeat(source.live[first:last], sizes)]
        first = last


@dataclass(frozen=True, slots=True)
class _Share:
    """One source's part of a field: the merged numbers of its terms, and where postings begin."""

    source: MergeSource
    terms: Ints
    starts: Longs


def _shares(sources: Sequence[MergeSource], field: str) -> tuple[list[bytes], list[_Share]]:
    """Return all terms of a field, sorted, and each source's share of them."""
    # Read for this alone: a segment's own `terms` stay in memory as long as the segment.
    found = [
        (source, TermDictionary(source.segment.file, field))
        for source in sources
        if field in source.segment.fields()
    ]
    union = sorted(set().union(*(terms for _, terms in found)))
    places = {term: place for place, term in enumerate(union)}
    shares = []
    for source, terms in found:
        numbers = np.fromiter(map(places.__getitem__, terms), np.int32, len(terms))
        shares.append(_Share(source, numbers, terms.starts))
    return union, shares


def _write_field(writer: ArrayWriter, sources: Sequence[MergeSource], field: str) -> None:
    """Merge the postings of one field, a range of terms at a time, and write them."""
    union, shares = _shares(sources, field)
    merged = (_part(shares, field, start, stop) for start, stop in _ranges(shares, len(union)))
    merged = ((ids, part) for ids, part in merged if len(ids))
    first = next(merged, None)
    if first is None:
        return
    parts: list[_Part] = []
    # What takes most goes to the file at once.
    writer.stream(f"{field}/ids", np.int32, _ids(chain([first], merged), parts))
    numbers = np.concatenate([part.terms for part in parts])
    kept = [union[number] for number in numbers.tolist()]
    write_terms(writer, field, kept, _starts([part.document_counts for part in parts]))
    if parts[0].counts is not None:
        _stream(writer, f"{field}/counts", [part.counts for part in parts])
    if parts[0].positions is not None:
        writer.add(f"{field}/position_starts", _starts([part.term_counts for part in parts]))
        _stream(writer, f"{field}/positions", [part.positions for part in parts])
    if field == BODY.name:
        places = np.zeros(len(union), np.int32)
        places[numbers] = np.arange(len(numbers), dtype=np.int32)
        _write_stems(writer, sources, shares, places)


def _write_vectors(writer: ArrayWriter, sources: Sequence[MergeSource]) -> None:
    """Write the vectors of all documents; zeros for those of a source without any."""
    found = [source.segment.vectors for source in sources]
    dimensions = max(
        (vectors.values.shape[1] for vectors in found if vectors is not None), default=0
    )
    if not dimensions:
        return
    values = []
    factors = []
    for source, vectors in zip(sources, found, strict=True):
        if vectors is None:
            empty = np.zeros((source.segment.size, dimensions), np.int8)
            vectors = Vectors(empty, np.zeros(source.segment.size, np.float32))
        values.append(vectors.values[source.live].ravel())
        factors.append(vectors.factors[source.live])
    writer.stream(VECTORS, np.int8, values)
    writer.stream(f"{VECTORS}/factors", np.float32, factors)


def _write_stems(
    writer: ArrayWriter, sources: Sequence[MergeSource], shares: Sequence[_Share], places: Ints
) -> None:
    """Write which terms each document has; `places` are the new numbers of the merged terms."""
    renumbered = (
        places[share.terms[piece]]
        for share in shares
        for piece in _pieces(share.source, STEMS, STEMS)
    )
    writer.stream(STEMS, np.int32, renumbered)
    counts = (_pieces(share.source, f"{STEMS}/counts", STEMS) for share in shares)
    writer.stream(f"{STEMS}/counts", np.uint8, chain.from_iterable(counts))
    _write_ends(writer, sources, STEMS)


def _ids(merged: Iterable[tuple[Ints, _Part]], parts: list[_Part]) -> Iterator[Ints]:
    """Yield the documents of each merged range; append the rest of it to `parts`."""
    for ids, part in merged:
        parts.append(part)
        yield ids


def _starts(counts: list[Longs]) -> Longs:
    """Return where each term's items begin, and where the last one's end."""
    return np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)


def _stream(writer: ArrayWriter, name: str, arrays: list[Array | None]) -> None:
    present = [array for array in arrays if array is not None]
    largest = max(int(array.max(initial=0)) for array in present)
    writer.stream(name, np.min_scalar_type(largest), present)


def _ranges(shares: Sequence[_Share], count: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of the merged terms, each with as many postings as may be in memory."""
    frequency = np.zeros(count, np.int64)
    for share in shares:
        frequency[share.terms] += np.diff(share.starts)
    total = np.cumsum(frequency)
    start = 0
    while start < count:
        before = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + MAX_POSTINGS)))
        yield start, stop
        start = stop


@dataclass(frozen=True, slots=True)
class _Piece:
    """One source's postings for a range of terms, each with its term; all positions in a row."""

    terms: Ints
    ids: Ints
    counts: Array | None
    positions: Array | None


@dataclass(frozen=True, slots=True)
class _Part:
    """A merged range of terms, without its documents.

    Of each term it has the number of documents, and how often it is in all of them.
    """

    terms: Ints
    document_counts: Longs
    term_counts: Longs
    counts: Array | None
    positions: Array | None


def _part(shares: Sequence[_Share], field: str, start: int, stop: int) -> tuple[Ints, _Part]:
    """Return the merged terms `start` to `stop`: the documents of all postings, and the rest."""
    pieces = [piece for share in shares if (piece := _piece(share, field, start, stop)) is not None]
    terms = np.concatenate([np.empty(0, np.int32), *(piece.terms for piece in pieces)])
    ids = np.concatenate([np.empty(0, np.int32), *(piece.ids for piece in pieces)])
    order = np.argsort((terms.astype(np.int64) << 32) | ids)
    counts = _together([piece.counts for piece in pieces])
    positions = _together([piece.positions for piece in pieces])
    terms, first, frequency = np.unique(terms[order], return_index=True, return_counts=True)
    total = frequency
    if counts is not None:
        if positions is not None:
            positions = positions[_reordered_runs(counts.astype(np.int64), order)]
        counts = counts[order]
        if len(terms):
            total = np.add.reduceat(counts, first, dtype=np.int64)
    return ids[order], _Part(terms, frequency, total, counts, positions)


def _piece(share: _Share, field: str, start: int, stop: int) -> _Piece | None:
    """Return one source's postings for the merged terms `start` to `stop`, or None."""
    low, high = np.searchsorted(share.terms, [start, stop]).tolist()
    if low == high:
        return None
    segment = share.source.segment
    first = int(share.starts[low])
    last = int(share.starts[high])
    ids = segment.ids(field, first, last)
    terms = np.repeat(share.terms[low:high], np.diff(share.starts[low : high + 1]))
    live = share.source.live[ids]
    counts = positions = None
    if f"{field}/counts" in segment.file:
        counts = segment.counts(field, first, last)
    if f"{field}/positions" in segment.file and counts is not None:
        positions = segment.positions(field, low, high)[np.repeat(live, counts)]
    if counts is not None:
        counts = counts[live]
    return _Piece(terms[live], share.source.numbers[ids[live]], counts, positions)


def _together(arrays: list[Array | None]) -> Array | None:
    present = [array for array in arrays if array is not None]
    if not present or len(present) < len(arrays):
        return None
    return np.concatenate(present)


def _reordered_runs(lengths: Longs, order: Longs) -> Longs:
    """Return the indices that put runs of these lengths, laid end to end, into another order."""
    starts = np.cumsum(lengths) - lengths
    chosen = lengths[order]
    offsets = np.repeat(starts[order] - (np.cumsum(chosen) - chosen), chosen)
    return offsets + np.arange(len(offsets))
