"""Batches: documents gathered as arrays of word numbers, sorted once and written as a segment."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from octavo.search.analysis import Lexicon
from octavo.search.facets import FACETS
from octavo.search.index.arrays import ArrayWriter
from octavo.search.index.schema import (
    BODY,
    LINK,
    TEXT_FIELDS,
    TITLE_KEY,
    WORDS,
    encoded_key,
    facet_column,
    facet_values,
    texts,
    title_key,
)
from octavo.search.index.segment import (
    PACKED,
    UNDATED,
    Ints,
    Postings,
    Segment,
    document_fingerprint,
    invert,
    pack_document,
    write_packed,
    write_postings,
    write_stems,
    write_vectors,
)
from octavo.search.protocol import Document, Embedder
from octavo.search.vectors import document_vectors, passages

MAX_DIGEST_CHARACTERS = 32
# Positions between two names, more than any phrase has: a phrase must not reach from one into the
# next.
_NAME_GAP = 32


class SegmentBatch:
    """The documents of one future segment, numbered from 0 in the order of `add`."""

    def __init__(
        self, lexicon: Lexicon, zone: tzinfo = UTC, embedder: Embedder | None = None
    ) -> None:
        self._lexicon = lexicon
        self._embedder = embedder
        # The passages of each document, where there is an embedder.
        self._passages: list[list[str]] = []
        self._zone = zone
        self._words = {field.name: array("i") for field in TEXT_FIELDS}
        self._lengths = {field.name: array("i") for field in TEXT_FIELDS}
        # Of each word in the names: in which of its document's names it is.
        self._name_numbers = array("i")
        self._keywords: dict[str, dict[str, list[int]]] = {
            name: {} for name in ("path", TITLE_KEY, LINK, *FACETS)
        }
        self._published = array("q")
        self._digests: list[bytes] = []
        self._fingerprints = array("Q")
        self.digests: dict[str, str] = {}
        self._packed: dict[str, list[bytes]] = {name: [] for name in PACKED}

    def __len__(self) -> int:
        return len(self._digests)

    def add(self, document: Document) -> None:
        """Add a document. Raises ValueError where its digest has more than 32 characters."""
        digest = document.digest.encode()
        if len(digest) > MAX_DIGEST_CHARACTERS:
            raise ValueError(
                f"{document.path}: a digest has at most {MAX_DIGEST_CHARACTERS} characters, "
                f"not {len(digest)}."
            )
        number = len(self)
        if self._embedder is not None:
            self._passages.append(passages(document))
        for field, text in texts(document):
            words = self._words_of(field, text)
            self._words[field].extend(words)
            self._lengths[field].append(len(words))
        for name, values in _keywords(document, self._zone):
            found = self._keywords.setdefault(name, {})
            for value in values:
                found.setdefault(value, []).append(number)
        published = UNDATED
        if document.published is not None:
            published = int(document.published.timestamp())
        self._published.append(published)
        self._digests.append(digest)
        self._fingerprints.append(document_fingerprint(document.path, document.digest))
        self.digests[document.path] = document.digest
        self._packed["stored"].append(pack_document(_stored(document)))

    def _words_of(self, field: str, text: str) -> list[int]:
        """Return the word numbers of a field; for `names`, also note in which line each word is."""
        if field != "names":
            return self._lexicon.numbers(text)
        found = []
        for number, name in enumerate(text.split("\n")):
            words = self._lexicon.numbers(name)
            found += words
            self._name_numbers.extend([number] * len(words))
        return found

    def write(self, file: BinaryIO) -> None:
        """Write the segment's file; with an embedder, compute the vectors of the texts first.

        That takes most of the time. Where the embedder fails, the file has no vectors.
        """
        with ArrayWriter(file) as writer:
            writer.add("published", np.array(self._published, np.int64))
            writer.add("digest", np.array(self._digests, f"S{MAX_DIGEST_CHARACTERS}"))
            writer.add("fingerprint", np.array(self._fingerprints, np.uint64))
            for name, packed in self._packed.items():
                write_packed(writer, name, packed)
            for name, documents in self._keywords.items():
                if documents:
                    write_postings(writer, name, _keyword_postings(documents))
            for field in TEXT_FIELDS:
                self._write_text(writer, field.name)
            self._write_words(writer)
            if self._embedder is not None:
                vectors = document_vectors(self._embedder, self._passages)
                if vectors is not None:
                    write_vectors(writer, vectors)

    def _write_text(self, writer: ArrayWriter, field: str) -> None:
        words = np.array(self._words[field])
        documents, positions = _places(self._lengths[field])
        lengths = np.array(self._lengths[field])
        stems = self._lexicon.stems
        if field == "names":
            positions += np.array(self._name_numbers, np.int32) * _NAME_GAP
        if field != "title":
            # In titles stop words are words, so that "The Who" is found; elsewhere they count in
            # phrases only, and not for how long a text is.
            stems = self._lexicon.phrase_stems
            counted = ~np.array(self._lexicon.is_stop_word, np.bool_)[words]
            lengths = np.bincount(documents[counted], minlength=len(lengths))
            del counted
        writer.add(f"length/{field}", lengths.astype(np.uint32))
        if len(words):
            terms, ranks = _ranked(np.array(stems)[words], self._lexicon.stem_texts)
            del words
            postings = invert(terms, ranks, documents, positions)
            write_postings(writer, field, postings)
            if field == BODY.name:
                write_stems(writer, postings, len(self))

    def _write_words(self, writer: ArrayWriter) -> None:
        names = [field.name for field in TEXT_FIELDS]
        lengths = np.sum([np.array(self._lengths[name]) for name in names], axis=0)
        writer.add(f"length/{WORDS.name}", lengths.astype(np.uint32))
        words = np.concatenate([np.array(self._words[name]) for name in names])
        if len(words):
            terms, ranks = _ranked(words, self._lexicon.words)
            del words
            documents = np.concatenate([_places(self._lengths[name])[0] for name in names])
            write_postings(writer, WORDS.name, invert(terms, ranks, documents, None))


def _keywords(document: Document, zone: tzinfo) -> Iterator[tuple[str, list[str]]]:
    key = encoded_key(title_key(document.title)).decode()
    yield "path", [document.path]
    yield TITLE_KEY, [key] if key else []
    yield LINK, list(dict.fromkeys(filter(None, document.links)))
    for facet, slugs in facet_values(document, zone):
        yield facet_column(facet), slugs


def _stored(document: Document) -> dict[str, object]:
    facets = {facet_column(name): " ".join(slugs) for name, slugs in facet_values(document)}
    return {
        "path": document.path,
        "title": document.title,
        "summary": document.summary,
        "headings": "\n".join(document.headings),
        "body": document.body,
        **facets,
    }


def _places(lengths: Sequence[int]) -> tuple[Ints, Ints]:
    """Return document and position of each word of texts with these lengths, laid end to end."""
    sizes = np.array(lengths, np.int32)
    documents = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    starts = np.cumsum(sizes, dtype=np.int32) - sizes
    positions = np.arange(len(documents), dtype=np.int32)
    positions -= np.repeat(starts, sizes)
    return documents, positions


def _ranked(numbers: Ints, names: list[str]) -> tuple[list[bytes], Ints]:
    """Return the sorted names that occur, and the rank of the name of each of `numbers`."""
    used = np.flatnonzero(np.bincount(numbers, minlength=len(names)))
    ordered = sorted(used.tolist(), key=names.__getitem__)
    ranks = np.zeros(len(names), np.int32)
    ranks[ordered] = np.arange(len(ordered))
    return [names[number].encode() for number in ordered], ranks[numbers]


def _keyword_postings(documents: dict[str, list[int]]) -> Postings:
    names = sorted(documents)
    ids: list[int] = []
    starts = [0]
    for name in names:
        ids += documents[name]
        starts.append(len(ids))
    terms = [name.encode() for name in names]
    return Postings(terms, np.array(starts, np.int64), np.array(ids, np.int32))


def in_memory(documents: Iterable[Document], lexicon: Lexicon, zone: tzinfo = UTC) -> Segment:
    """Return `documents` as a segment in memory."""
    batch = SegmentBatch(lexicon, zone)
    for document in documents:
        batch.add(document)
    target = BytesIO()
    batch.write(target)
    return Segment(Path("memory"), target.getvalue())
