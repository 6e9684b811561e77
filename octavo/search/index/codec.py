"""The codec by which Whoosh reads segments of arrays, so that it opens an index folder as its own.

Whoosh keeps the schema, the list of segments and their deletions in its table of contents; through
this codec its searcher finds the same documents. The reader takes the arrays themselves, without
Whoosh's matchers, which take a hundred times as long.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from octavo.search.index.segment import Segment
from octavo.search.whoosh_parts import ListMatcher, TermInfo, TermNotFound
from octavo.search.whoosh_parts import codec as base

EXTENSION = ".seg1"


class ArraySegment(base.Segment):  # type: ignore[misc]
    """A segment in Whoosh's table of contents."""

    def __init__(self, indexname: str, count: int = 0) -> None:
        super().__init__(indexname)
        # Whoosh takes its names from `random`, which a program may seed: then a name comes twice,
        # and a new segment would be written over one that readers have open.
        self.segid = secrets.token_hex(8)
        self._count = count
        self._deleted: set[int] = set()

    def codec(self, **_options: object) -> ArrayCodec:
        return ArrayCodec()

    def set_doc_count(self, doccount: int) -> None:
        self._count = doccount

    def doc_count_all(self) -> int:
        return self._count

    def deleted_count(self) -> int:
        return len(self._deleted)

    def deleted_docs(self) -> Iterator[int]:
        return iter(self._deleted)

    def is_deleted(self, docnum: int) -> bool:
        return docnum in self._deleted

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        if delete:
            self._deleted.add(docnum)
        else:
            self._deleted.discard(docnum)

    def should_assemble(self) -> bool:
        return False

    def filename(self) -> str:
        """The name of the segment's file in the index folder."""
        return str(self.make_filename(EXTENSION))


class ArrayCodec(base.Codec):  # type: ignore[misc]
    """Reads segments of arrays for Whoosh. They are written by `octavo.search.index` only."""

    def new_segment(self, storage: Any, indexname: str) -> ArraySegment:
        return ArraySegment(indexname)

    def terms_reader(self, storage: Any, segment: ArraySegment) -> ArrayTermsReader:
        return ArrayTermsReader(Segment(Path(storage.folder, segment.filename())))

    def per_document_reader(self, storage: Any, segment: ArraySegment) -> ArrayDocumentReader:
        return ArrayDocumentReader(Segment(Path(storage.folder, segment.filename())), segment)


class ArrayTermsReader(base.TermsReader):  # type: ignore[misc]
    """Terms and postings of one segment, as Whoosh asks for them."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self._number(*term) >= 0

    def _number(self, field: str, text: bytes) -> int:
        terms = self._segment.terms(field)
        if terms is None:
            return -1
        return terms.find(text)

    def indexed_field_names(self) -> Iterable[str]:
        return self._segment.fields()

    def terms(self) -> Iterator[tuple[str, bytes]]:
        for field in sorted(self._segment.fields()):
            yield from self._from(field, b"")

    def _from(self, field: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        terms = self._segment.terms(field)
        if terms is not None:
            for number in range(terms.at_least(prefix), len(terms)):
                yield field, terms[number]

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        yield from self._from(fieldname, prefix)
        for field in sorted(self._segment.fields()):
            if field > fieldname:
                yield from self._from(field, b"")

    def items(self) -> Iterator[tuple[tuple[str, bytes], Any]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], Any]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> Any:
        ids, counts, _ = self._postings(fieldname, text)
        lengths = [1]
        if f"length/{fieldname}" in self._segment.file:
            lengths = self._segment.lengths(fieldname)[ids].tolist()
        return TermInfo(
            weight=float(counts.sum()),
            df=len(ids),
            minlength=min(lengths),
            maxlength=max(lengths),
            maxweight=float(counts.max()),
            minid=int(ids[0]),
            maxid=int(ids[-1]),
        )

    def _postings(self, field: str, text: bytes) -> tuple[Any, Any, int]:
        number = self._number(field, text)
        terms = self._segment.terms(field)
        if number < 0 or terms is None:
            raise TermNotFound(f"No term {field}:{text!r}")
        start, stop = terms.starts[number : number + 2].tolist()
        ids = self._segment.ids(field, start, stop)
        return ids, self._segment.counts(field, start, stop), number

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> Any:
        ids, counts, number = self._postings(fieldname, text)
        values = [b""] * len(ids)
        if f"{fieldname}/positions" in self._segment.file:
            positions = self._segment.positions(fieldname, number, number + 1)
            runs = np.split(positions, np.cumsum(counts)[:-1])
            values = [format_.encode(run.tolist()) for run in runs]
        return ListMatcher(
            ids.tolist(),
            counts.astype(float).tolist(),
            values,
            format_,
            scorer=scorer,
            term=(fieldname, text),
            terminfo=self.term_info(fieldname, text),
        )


class ArrayDocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    """Lengths and stored fields of one segment, as Whoosh asks for them."""

    def __init__(self, segment: Segment, listed: ArraySegment) -> None:
        self._segment = segment
        self._listed = listed
        self._lengths: dict[str, Any] = {}

    def doc_count(self) -> int:
        return int(self._listed.doc_count())

    def doc_count_all(self) -> int:
        return self._listed.doc_count_all()

    def has_deletions(self) -> bool:
        return bool(self._listed.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        return self._listed.is_deleted(docnum)

    def deleted_docs(self) -> Iterator[int]:
        return self._listed.deleted_docs()

    def _length(self, field: str) -> Any:
        if field not in self._lengths:
            lengths = np.zeros(self.doc_count_all(), np.uint32)
            if f"length/{field}" in self._segment.file:
                lengths = self._segment.lengths(field)
            self._lengths[field] = lengths
        return self._lengths[field]

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._length(fieldname)[docnum]) or default

    def field_length(self, fieldname: str) -> int:
        return int(self._length(fieldname).sum())

    def min_field_length(self, fieldname: str) -> int:
        return int(self._length(fieldname).min())

    def max_field_length(self, fieldname: str) -> int:
        return int(self._length(fieldname).max())

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        return self._segment.stored(docnum)
