"""The writer: makes the index equal to the articles, in batches, while readers go on reading."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np

from octavo.search.analysis import Lexicon
from octavo.search.index.batch import SegmentBatch
from octavo.search.index.codec import ArraySegment
from octavo.search.index.index import Index
from octavo.search.index.merge import merge
from octavo.search.index.reader import Reader
from octavo.search.index.segment import Bools, Segment
from octavo.search.index.storage import Generation
from octavo.search.protocol import LoadDocument, ReportProgress, SyncReport

log = logging.getLogger(__name__)

# Documents of the first batches, which are small so that there is something to find at once, and of
# all that follow.
BATCH_SIZES = (50, 400, 1_000)
# With more segments than these the smaller ones are merged.
MAX_SEGMENTS = 8
# Documents of one segment.
MAX_SEGMENT_DOCUMENTS = 20_000
# A segment with a larger share of deleted documents is written anew.
MAX_DELETED_SHARE = 0.2


def sync(
    index: Index,
    files: Mapping[str, str],
    load: LoadDocument,
    progress: ReportProgress | None = None,
    *,
    fresh: bool = False,
) -> SyncReport:
    """Make an index equal to `files` (digest by path); see SearchEngine.sync.

    One writer at a time, in all processes; commits after each batch.
    """
    report = SyncReport()
    try:
        with index.storage.lock() as held:
            report.busy = not held
            if held:
                IndexWriter(index, files, load, progress, report).run(fresh)
    except OSError as error:
        report.error = f"The search index cannot be written: {error}."
    return report


class IndexWriter:
    """One run that makes the index equal to `files`; its caller holds the writer's lock."""

    def __init__(
        self,
        index: Index,
        files: Mapping[str, str],
        load: LoadDocument,
        progress: ReportProgress | None,
        report: SyncReport,
    ) -> None:
        self._index = index
        self._files = files
        self._load = load
        self._progress = progress
        self._report = report

    def run(self, fresh: bool) -> None:
        """Make the index equal to the files. Raises OSError where the folder cannot be written."""
        generation = self._index.open_for_writing(fresh)
        known = self._index.digests(generation)
        wanted = [path for path, digest in self._files.items() if known.get(path) != digest]
        gone = known.keys() - self._files.keys()
        self._report.removed = len(gone)
        if wanted or gone or not generation.pointer.complete:
            stale = gone.union(path for path in wanted if path in known)
            generation = self._write(generation, known, wanted, stale)
        self._index.remember(generation, known)
        # There are so many only when a writer that built the index was killed before it merged.
        is_unfinished = len(generation.listed) > 2 * MAX_SEGMENTS
        is_large = self._report.added > 100 * MAX_SEGMENTS
        for names in _merges(generation, thorough=is_unfinished or is_large):
            generation = self._merge(generation, names)
            self._index.remember(generation, known)

    def _write(
        self, generation: Generation, known: dict[str, str], wanted: list[str], stale: set[str]
    ) -> Generation:
        """Commit the changes batch by batch, each with the deletion of what it replaces."""
        reader = self._index.reader_of(generation)
        lexicon = Lexicon(self._index.language)
        done = 0
        for number in count():
            paths = wanted[done : done + BATCH_SIZES[min(number, len(BATCH_SIZES) - 1)]]
            done += len(paths)
            is_last = done == len(wanted)
            leaving = stale if is_last else stale.intersection(paths)
            batch = self._batch(lexicon, paths)
            complete = is_last or generation.pointer.complete
            generation = self._commit(generation, reader, batch, leaving, complete=complete)
            for path in leaving:
                known.pop(path, None)
            known.update(batch.digests)
            # Its memory is needed for the next one.
            del batch
            self._index.remember(generation, known)
            stale = stale - leaving
            if self._progress is not None:
                self._progress(done, len(wanted))
            if is_last:
                break
        return generation

    def _batch(self, lexicon: Lexicon, paths: list[str]) -> SegmentBatch:
        batch = SegmentBatch(lexicon, self._index.zone, self._index.embedder)
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
        batch: SegmentBatch,
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
            segment, file = self._index.storage.new_segment(generation)
            with file.open("xb") as target:
                batch.write(target)
            segment.set_doc_count(len(batch))
            listed.append(segment)
            self._report.added += len(batch)
        listed = [segment for segment in listed if segment.doc_count()]
        return self._index.commit(generation, listed, complete=complete)

    def _merge(self, generation: Generation, names: set[str]) -> Generation:
        sources = []
        kept = []
        for listed, segment in zip(generation.listed, generation.segments, strict=True):
            if listed.filename() in names:
                sources.append((segment, _live(listed, segment)))
            else:
                kept.append(listed)
        merged, file = self._index.storage.new_segment(generation)
        merged.set_doc_count(merge(sources, file))
        return self._index.commit(generation, [merged, *kept], complete=generation.pointer.complete)


def _delete(listed: Sequence[ArraySegment], reader: Reader, path: str) -> None:
    number = reader.number(path)
    if number is None:
        return
    segment, local = reader.locate(number)
    name = segment.file.path.name
    for one in listed:
        if one.filename() == name:
            one.delete_document(local)


def _live(listed: ArraySegment, segment: Segment) -> Bools:
    live = np.ones(segment.size, np.bool_)
    live[list(listed.deleted_docs())] = False
    return live


def _merges(generation: Generation, *, thorough: bool) -> list[set[str]]:
    """Return the groups of segments, by file name, that are to be merged."""
    groups: list[set[str]] = []
    if thorough or len(generation.listed) > MAX_SEGMENTS:
        groups = _groups(generation, thorough=thorough)
    merged = set().union(*groups)
    for listed in generation.listed:
        is_worn = listed.deleted_count() > MAX_DELETED_SHARE * listed.doc_count_all()
        if is_worn and listed.filename() not in merged:
            groups.append({listed.filename()})
    return groups


def _groups(generation: Generation, *, thorough: bool) -> list[set[str]]:
    """Return groups of segments of similar size: no large one is rewritten for a few articles."""
    groups: list[set[str]] = [set()]
    total = 0
    for size, name in sorted((one.doc_count(), one.filename()) for one in generation.listed):
        if not thorough and len(groups[-1]) > 1 and size > 2 * total:
            break
        if total + size > MAX_SEGMENT_DOCUMENTS:
            groups.append(set())
            total = 0
        groups[-1].add(name)
        total += size
    return [group for group in groups if len(group) > 1]
