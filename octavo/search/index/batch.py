"""Batches: documents gathered as arrays of word numbers, then sorted once and written as a segment."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from heapq import nlargest
from io import BytesIO
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import numpy as np

from octavo.search.analysis import Lexicon
from octavo.search.index.arrays import ArrayWriter
from octavo.search.index.schema import (
    ABOUT,
    FACETS,
    LONGEST_KEY,
    MOST_TELLING,
    TELLING,
    TEXT_FIELDS,
    WORDS,
    Document,
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
    group,
    mark,
    pack,
    write_packed,
    write_postings,
)

# Places between two names, more than any phrase has.
_GAP = 32


class Batch:
    """The documents of a segment to be. Document numbers count from 0 in the order of `add`."""

    def __init__(self, lexicon: Lexicon, zone: tzinfo = UTC) -> None:
        self._lexicon = lexicon
        self._zone = zone
        self._words = {field.name: array("i") for field in TEXT_FIELDS}
        self._lengths = {field.name: array("i") for field in TEXT_FIELDS}
        # Of each word in the names: in which of its document's names it is.
        self._names = array("i")
        self._keywords: dict[str, dict[str, list[int]]] = {
            name: {} for name in ("path", "key", *FACETS)
        }
        self._published = array("q")
        self._digests: list[bytes] = []
        self._marks = array("Q")
        self.digests: dict[str, str] = {}
        self._packed: dict[str, list[bytes]] = {name: [] for name in PACKED}
        # In turn a stem, a document that it tells of, and how often it is there.
        self._about = array("i")

    def __len__(self) -> int:
        return len(self._digests)

    def add(self, document: Document) -> None:
        """Take one document. Raises ValueError where its digest is longer than 32 bytes."""
        digest = document.digest.encode()
        if len(digest) > 32:
            raise ValueError(
                f"{document.path}: a digest has at most 32 characters, not {len(digest)}."
            )
        number = len(self)
        written = Counter[int]()
        for field, text in texts(document):
            words = self._named(text) if field == "names" else self._lexicon.numbers(text)
            self._words[field].extend(words)
            self._lengths[field].append(len(words))
            if times := TELLING.get(field):
                written.update(words if times == 1 else words * times)
        for facet, slugs in _keywords(document, self._zone):
            for slug in slugs:
                self._keywords[facet].setdefault(slug, []).append(number)
        self._published.append(
            int(document.published.timestamp()) if document.published else UNDATED
        )
        self._digests.append(digest)
        self._marks.append(mark(document.path, document.digest))
        self.digests[document.path] = document.digest
        self._packed["stored"].append(pack(_kept(document)))
        self._packed["telling"].append(pack(self._telling(number, written)))

    def _named(self, text: str) -> list[int]:
        """The word numbers of names, one a line. Notes of each in which name it is."""
        found = []
        for place, name in enumerate(text.split("\n")):
            words = self._lexicon.numbers(name)
            found += words
            self._names.extend([place] * len(words))
        return found

    def _telling(self, document: int, written: Counter[int]) -> dict[str, tuple[str, int]]:
        """Note the most frequent stems; returns with each the word that it is written as most, and
        how often.
        """
        lexicon = self._lexicon
        telling, stems = lexicon.telling, lexicon.stems
        times: dict[int, int] = {}
        spelled: dict[int, int] = {}
        often = [(word, count) for word, count in written.items() if count > 1]
        # In a long text, words that are written once tell little.
        for word, count in often if len(often) > 2 * MOST_TELLING else written.items():
            if telling[word]:
                stem = stems[word]
                if stem not in times:
                    times[stem], spelled[stem] = count, word
                else:
                    times[stem] += count
                    if count > written[spelled[stem]]:
                        spelled[stem] = word
        chosen = nlargest(MOST_TELLING, times.items(), key=itemgetter(1))
        self._about.extend([number for stem, count in chosen for number in (stem, document, count)])
        return {
            lexicon.stem_texts[stem]: (lexicon.words[spelled[stem]], count)
            for stem, count in chosen
        }

    def write(self, target: Path | BinaryIO) -> None:
        """Write the segment's file."""
        with ArrayWriter(target) as writer:
            writer.add("published", np.array(self._published, np.int64))
            writer.add("digest", np.array(self._digests, "S32"))
            writer.add("mark", np.array(self._marks, np.uint64))
            for name, packed in self._packed.items():
                write_packed(writer, name, packed)
            for name, documents in filter(itemgetter(1), self._keywords.items()):
                write_postings(writer, name, _keyword_postings(documents))
            for field in TEXT_FIELDS:
                self._write_text(writer, field.name)
            self._write_words(writer)
            self._write_about(writer)

    def _write_text(self, writer: ArrayWriter, field: str) -> None:
        words = np.array(self._words[field])
        documents, positions = _places(self._lengths[field])
        lengths = np.array(self._lengths[field])
        stems = self._lexicon.stems
        if field == "names":
            positions += np.array(self._names, np.int32) * _GAP
        if field != "title":
            # In titles stop words are words, so that "The Who" is found; elsewhere they count in
            # phrases only, and not for how long a text is.
            stems = self._lexicon.marked
            telling = ~np.array(self._lexicon.stop, np.bool_)[words]
            lengths = np.bincount(documents[telling], minlength=len(lengths))
            del telling
        writer.add(f"length/{field}", lengths.astype(np.uint32))
        if len(words):
            terms, ranks = _ranked(np.array(stems)[words], self._lexicon.stem_texts)
            del words
            write_postings(writer, field, group(terms, ranks, documents, positions))

    def _write_words(self, writer: ArrayWriter) -> None:
        lengths = np.sum([np.array(self._lengths[field.name]) for field in TEXT_FIELDS], axis=0)
        writer.add(f"length/{WORDS.name}", lengths.astype(np.uint32))
        words = np.concatenate([np.array(self._words[field.name]) for field in TEXT_FIELDS])
        if len(words):
            terms, ranks = _ranked(words, self._lexicon.words)
            del words
            documents = np.concatenate(
                [_places(self._lengths[field.name])[0] for field in TEXT_FIELDS]
            )
            write_postings(writer, WORDS.name, group(terms, ranks, documents, None))

    def _write_about(self, writer: ArrayWriter) -> None:
        stems, documents, counts = np.array(self._about).reshape(-1, 3).T
        if len(stems):
            terms, ranks = _ranked(stems, self._lexicon.stem_texts)
            order = np.lexsort((documents, ranks))
            first = np.searchsorted(ranks[order], np.arange(len(terms) + 1))
            write_postings(writer, ABOUT, Postings(terms, first, documents[order], counts[order]))


def _keywords(document: Document, zone: tzinfo) -> Iterator[tuple[str, list[str]]]:
    key = title_key(document.title)
    yield "path", [document.path]
    yield "key", [key.encode()[:LONGEST_KEY].decode(errors="ignore")] if key else []
    yield from facet_values(document, zone)


def _kept(document: Document) -> dict[str, object]:
    return {
        "path": document.path,
        "title": document.title,
        "summary": document.summary,
        "headings": "\n".join(document.headings),
        "body": document.body,
        **{facet: " ".join(slugs) for facet, slugs in facet_values(document)},
    }


def _places(lengths: Sequence[int]) -> tuple[Ints, Ints]:
    """For texts of the given lengths, laid end to end: each word's document and its position in it."""
    sizes = np.array(lengths, np.int32)
    documents = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    starts = np.cumsum(sizes, dtype=np.int32) - sizes
    positions = np.arange(len(documents), dtype=np.int32)
    positions -= np.repeat(starts, sizes)
    return documents, positions


def _ranked(numbers: Ints, names: list[str]) -> tuple[list[bytes], Ints]:
    """The sorted names that occur, and for each of `numbers` the place of its name among them."""
    used = np.flatnonzero(np.bincount(numbers, minlength=len(names)))
    ordered = sorted(used.tolist(), key=names.__getitem__)
    ranks = np.zeros(len(names), np.int32)
    ranks[ordered] = np.arange(len(ordered))
    return [names[number].encode() for number in ordered], ranks[numbers]


def _keyword_postings(documents: dict[str, list[int]]) -> Postings:
    ordered = sorted(documents)
    lengths = [len(documents[name]) for name in ordered]
    ids = [number for name in ordered for number in documents[name]]
    first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Postings([name.encode() for name in ordered], first, np.array(ids, np.int32))


def in_memory(documents: Iterable[Document], lexicon: Lexicon, zone: tzinfo = UTC) -> Segment:
    """`documents` as a segment that is in no file."""
    batch = Batch(lexicon, zone)
    for document in documents:
        batch.add(document)
    target = BytesIO()
    batch.write(target)
    return Segment(Path("memory"), target.getvalue())
