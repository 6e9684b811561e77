"""Writing: one sync of the index with the articles, in batches, while readers go on reading."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from octavo.search.analysis import Lexicon
from octavo.search.index.batch import Batch
from octavo.search.index.codec import ArraySegment
from octavo.search.index.merge import merge
from octavo.search.index.reader import Reader
from octavo.search.index.schema import Document
from octavo.search.index.segment import Bools, Segment
from octavo.search.index.storage import Generation

if TYPE_CHECKING:
    from octavo.search.index.index import Index

log = logging.getLogger(__name__)

# The first batches are small, so that there is something to find at once.
_BATCHES = (50, 400, 1_000)
MAX_SEGMENTS = 8
MAX_MERGED = 20_000
_DELETED = 0.2

Load = Callable[[str], Document]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What a sync did.

    `busy` means that another writer holds the lock, `error` that nothing could be written.
    """

    added: int = 0
    removed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    busy: bool = False
    error: str = ""

    @property
    def changed(self) -> bool:
        """Whether the index is another than before."""
        return bool(self.added or self.removed)


class Writer:
    """One sync, with the lock held."""

    def __init__(
        self,
        index: Index,
        files: Mapping[str, str],
        load: Load,
        progress: Progress | None,
        report: Report,
    ) -> None:
        self._index = index
        self._files = files
        self._load = load
        self._progress = progress
        self._report = report

    def run(self, fresh: bool) -> None:
        """Do the sync. Raises OSError where the folder cannot be written."""
        generation = self._index.open_for_writing(fresh)
        known = self._index.digests(generation)
        kept = map(known.get, self._files)
        wanted = [
            path
            for (path, digest), old in zip(self._files.items(), kept, strict=True)
            if old != digest
        ]
        gone = known.keys() - self._files.keys()
        self._report.removed = len(gone)
        if wanted or gone or not generation.pointer.complete:
            stale = gone.union(path for path in wanted if path in known)
            generation = self._write(generation, known, wanted, stale)
        self._index.remember(generation, known)
        # There are so many only when a writer that built the index was killed before it merged.
        unfinished = len(generation.listed) > 2 * MAX_SEGMENTS
        for chosen in _merges(
            generation, thorough=unfinished or self._report.added > MAX_SEGMENTS * 100
        ):
            generation = self._merge(generation, chosen)
            self._index.remember(generation, known)

    def _write(
        self, generation: Generation, known: dict[str, str], wanted: list[str], stale: set[str]
    ) -> Generation:
        """Commit the changes batch by batch: what a batch replaces goes with the commit that brings
        it.
        """
        reader = self._index.reader_of(generation)
        lexicon = Lexicon(self._index.language)
        done = number = 0
        while True:
            size = _BATCHES[min(number, len(_BATCHES) - 1)]
            paths, done, number = wanted[done : done + size], done + size, number + 1
            last = done >= len(wanted)
            leaving = stale if last else stale.intersection(paths)
            batch = self._batch(lexicon, paths)
            complete = last or generation.pointer.complete
            generation = self._commit(generation, reader, batch, leaving, complete=complete)
            for path in leaving:
                known.pop(path, None)
            known.update(batch.digests)
            # Not to be there beside the next one.
            del batch
            self._index.remember(generation, known)
            stale = stale - leaving
            if self._progress is not None:
                self._progress(min(done, len(wanted)), len(wanted))
            if last:
                return generation

    def _batch(self, lexicon: Lexicon, paths: list[str]) -> Batch:
        batch = Batch(lexicon, self._index.zone)
        for path in paths:
            try:
                batch.add(self._load(path))
            # Whatever is wrong with one article, the others are to be found.
            except Exception as error:
                log.warning("Search index: %s is left out: %s", path, error)
                self._report.failed[path] = str(error)
        return batch

    def _commit(
        self,
        generation: Generation,
        reader: Reader,
        batch: Batch,
        leaving: set[str],
        *,
        complete: bool,
    ) -> Generation:
        if complete and generation.pointer.complete and not len(batch) and not leaving:
            return generation
        listed = list(generation.listed)
        for path in leaving:
            _delete(listed, reader, path)
        if len(batch):
            segment, file = self._index.new_segment(generation)
            batch.write(file)
            segment.set_doc_count(len(batch))
            listed.append(segment)
            self._report.added += len(batch)
        listed = [segment for segment in listed if segment.doc_count()]
        return self._index.commit(generation, listed, complete=complete)

    def _merge(self, generation: Generation, chosen: set[str]) -> Generation:
        pairs = list(zip(generation.listed, generation.segments, strict=True))
        sources = [
            (segment, _live(listed, segment))
            for listed, segment in pairs
            if listed.filename() in chosen
        ]
        merged, file = self._index.new_segment(generation)
        merged.set_doc_count(merge(sources, file))
        listed = [one for one in generation.listed if one.filename() not in chosen]
        return self._index.commit(
            generation, [merged, *listed], complete=generation.pointer.complete
        )


def _delete(listed: Sequence[ArraySegment], reader: Reader, path: str) -> None:
    number = reader.number(path)
    if number is None:
        return
    segment, local = reader.place(number)
    name = segment.file.path.name
    for one in listed:
        if one.filename() == name:
            one.delete_document(local)


def _live(listed: ArraySegment, segment: Segment) -> Bools:
    live = np.ones(segment.size, np.bool_)
    live[list(listed.deleted_docs())] = False
    return live


def _merges(generation: Generation, *, thorough: bool) -> list[set[str]]:
    """The groups of segments, by file name, that should become one each."""
    groups: list[set[str]] = []
    if thorough or len(generation.listed) > MAX_SEGMENTS:
        groups = _groups(generation, thorough=thorough)
    merged = set().union(*groups)
    for listed in generation.listed:
        worn = listed.deleted_count() > _DELETED * listed.doc_count_all()
        if worn and listed.filename() not in merged:
            groups.append({listed.filename()})
    return groups


def _groups(generation: Generation, *, thorough: bool) -> list[set[str]]:
    """Segments of similar sizes together: a large one is not written anew for the sake of a few
    articles.
    """
    groups: list[set[str]] = [set()]
    total = 0
    for size, name in sorted(
        (segment.doc_count(), segment.filename()) for segment in generation.listed
    ):
        if not thorough and len(groups[-1]) > 1 and size > 2 * total:
            break
        if total + size > MAX_MERGED:
            groups.append(set())
            total = 0
        groups[-1].add(name)
        total += size
    return [group for group in groups if len(group) > 1]
