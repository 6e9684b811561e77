"""The index: keeps itself equal to the articles it is told of, and hands out readers."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Literal

import numpy as np

from octavo.search.arrays import DamagedError
from octavo.search.batch import Batch
from octavo.search.codec import ArraySegment
from octavo.search.merge import merge
from octavo.search.reader import Reader
from octavo.search.schema import FACETS, FORMAT, TEXT_FIELDS, WORDS, Document, make_schema
from octavo.search.segment import Bools, Segment
from octavo.search.storage import ForeignError, Generation, Pointer, Storage
from octavo.search.words import Lexicon, language

log = logging.getLogger(__name__)

# The first batches are small, so that there is something to find at once.
_BATCHES = (50, 400, 2_000)
MAX_SEGMENTS = 8
MAX_MERGED = 20_000
_DELETED = 0.2
_CHECK_EVERY = 0.05

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


@dataclass(frozen=True, slots=True)
class Verification:
    """How the index differs from the files: paths that are missing, stale or extra, and what is damaged."""

    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    damage: str = ""

    def __bool__(self) -> bool:
        return not (self.missing or self.stale or self.extra or self.damage)


@dataclass(frozen=True, slots=True)
class Status:
    """How the index is: `state`, its documents, and what it takes."""

    state: Literal["absent", "building", "ready", "damaged", "foreign"]
    generation: int = 0
    documents: int = 0
    deleted: int = 0
    segments: int = 0
    size: int = 0
    detail: str = ""


class Index:
    """The index in `root` for a site's language and time zone. Safe for threads and for other processes."""

    def __init__(self, root: Path, language_name: str = "english", zone: tzinfo = UTC) -> None:
        self.language = language(language_name)
        self.zone = zone
        self._storage = Storage(root, make_schema(language_name), identity(language_name, zone))
        self._reader: Reader | None = None
        self._complete = False
        self._pointer: Pointer | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._checked = 0.0
        self._swap = threading.Lock()
        self.problem = ""

    # Reading

    def reader(self) -> Reader | None:
        """The current generation; None where there is no usable index. Looks for a newer one now and then."""
        now = time.monotonic()
        if now - self._checked > _CHECK_EVERY:
            self._checked = now
            self.refresh()
        return self._reader

    @property
    def complete(self) -> bool:
        """Whether the reader has everything that the last writer knew of."""
        return self._complete

    def refresh(self) -> None:
        """Pick up what other processes have committed, and drop a reader whose files were tampered with."""
        if self._reader is not None and not all(s.file.untouched() for s in self._reader.segments):
            self.damaged("A file of the index was changed after it was written.")
        stamp = self._storage.stamp()
        if stamp is None or stamp == self._stamp:
            # A reader whose files are deleted is still whole: it has them open.
            return
        with self._swap:
            try:
                generation = self._storage.current()
            except (DamagedError, ForeignError) as error:
                self._stamp = stamp
                self._fail(str(error))
                return
            self._stamp = stamp
            if generation is not None:
                self._serve(generation)

    def damaged(self, problem: str) -> None:
        """Stop using the current reader: its files are not what was written."""
        self._fail(problem)
        self._reader = None

    def _fail(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("Search index: %s It will be made again.", problem)
        self.problem = problem

    def reader_of(self, generation: Generation) -> Reader:
        """A reader of a generation: the one that is being served where it is the same."""
        if self._reader is not None and self._pointer == generation.pointer:
            return self._reader
        return Reader(generation.segments, [segment.deleted_docs() for segment in generation.listed])

    def _serve(self, generation: Generation) -> None:
        reader = self.reader_of(generation)
        reader.warm()
        self._reader, self._pointer, self._complete, self.problem = (
            reader, generation.pointer, generation.pointer.complete, ""
        )  # fmt: skip

    # Writing

    def sync(
        self, files: Mapping[str, str], load: Load, progress: Progress | None = None, *, fresh: bool = False
    ) -> Report:
        """Make the index equal to `files` (path -> content hash), loading what is new in the order given.

        `load` may raise for a file: it is left out and reported. With `fresh` everything is indexed again,
        beside
        the old index. Commits in batches; one writer at a time, in all processes.
        """
        report = Report()
        try:
            with self._storage.lock() as held:
                if not held:
                    report.busy = True
                    return report
                _Writer(self, files, load, progress or _silent, report).run(fresh)
        except OSError as error:
            report.error = f"The search index cannot be written: {error}."
            log.warning("%s", report.error)
        return report

    def open_for_writing(self, fresh: bool) -> Generation:
        """The current generation, or a new empty one where it is unusable."""
        if not fresh and not self.problem:
            try:
                found = self._storage.current()
                if found is not None:
                    return found
            except (DamagedError, ForeignError) as error:
                self._fail(str(error))
        return self._storage.begin()

    def commit(self, before: Generation, listed: Sequence[ArraySegment], *, complete: bool) -> Generation:
        """Commit and, unless a better index is being served meanwhile, publish."""
        generation = self._storage.commit(before, listed, complete=complete)
        if complete or self._reader is None or self._published(before):
            self.publish(generation)
        return generation

    def _published(self, generation: Generation) -> bool:
        try:
            pointer = self._storage.pointer()
        except (DamagedError, ForeignError):
            return False
        return pointer is not None and pointer.folder == generation.pointer.folder

    def publish(self, generation: Generation) -> None:
        """Make a generation the one that everybody reads."""
        with self._swap:
            self._storage.publish(generation)
            self._stamp = self._storage.stamp()
            self._serve(generation)

    def new_segment(self, generation: Generation) -> tuple[ArraySegment, Path]:
        """A name for one more segment, and where its file goes."""
        return self._storage.new_segment(generation)

    # Looking after it

    def status(self) -> Status:
        """How the index on disk is."""
        try:
            found = self._storage.current()
        except ForeignError as error:
            return Status("foreign", detail=str(error))
        except DamagedError as error:
            return Status("damaged", detail=str(error))
        if found is None:
            return Status("absent")
        deleted = sum(segment.deleted_count() for segment in found.listed)
        return Status(
            "ready" if found.pointer.complete else "building",
            found.pointer.generation,
            sum(segment.size for segment in found.segments) - deleted,
            deleted,
            len(found.segments),
            sum(segment.file.size for segment in found.segments),
        )

    def verify(self, files: Mapping[str, str]) -> Verification:
        """Compare the index on disk with `files` (path -> content hash), and every file with its checksum."""
        try:
            found = self._storage.current()
            if found is None:
                return Verification(missing=tuple(files))
            for segment in found.segments:
                segment.file.check()
            reader = self.reader_of(found)
            digests = reader.digests()
        except (DamagedError, ForeignError, OSError) as error:
            return Verification(damage=str(error))
        doubled = reader.count - len(digests)
        return Verification(
            tuple(path for path in files if path not in digests),
            tuple(path for path, digest in files.items() if digests.get(path, digest) != digest),
            tuple(path for path in digests if path not in files),
            f"{doubled} articles are in the index twice." if doubled else "",
        )


def identity(language_name: str, zone: tzinfo) -> str:
    """Names everything that the content of an index depends on besides the articles."""
    parts = [FORMAT, language_name, str(zone), [asdict(f) for f in (*TEXT_FIELDS, WORDS)], FACETS]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def _silent(done: int, total: int) -> None:
    return


class _Writer:
    """One sync, with the lock held."""

    def __init__(self, index: Index, files: Mapping[str, str], load: Load, progress: Progress, report: Report) -> None:
        self._index = index
        self._files = files
        self._load = load
        self._progress = progress
        self._report = report
        self._lexicon = Lexicon(index.language)

    def run(self, fresh: bool) -> None:
        generation = self._index.open_for_writing(fresh)
        reader = self._index.reader_of(generation)
        digests = reader.digests()
        wanted = [path for path, digest in self._files.items() if digests.get(path) != digest]
        gone = [path for path in digests if self._files.get(path) != digests[path]]
        self._report.removed = sum(path not in self._files for path in gone)
        if not wanted and not gone and generation.pointer.complete:
            return
        generation = self._write(generation, reader, wanted, gone)
        for chosen in _merges(generation, thorough=self._report.added > MAX_SEGMENTS * 100):
            generation = self._merge(generation, chosen)

    def _write(self, generation: Generation, reader: Reader, wanted: list[str], gone: list[str]) -> Generation:
        """Commit the changes batch by batch: what a batch replaces goes with the commit that brings it."""
        stale = set(gone)
        done = 0
        for number in range(len(wanted) + 1):
            size = _BATCHES[min(number, len(_BATCHES) - 1)]
            paths, done = wanted[done : done + size], done + size
            last = done >= len(wanted)
            leaving = stale if last else stale.intersection(paths)
            generation = self._commit(generation, reader, paths, leaving, complete=last or generation.pointer.complete)
            stale -= leaving
            self._progress(min(done, len(wanted)), len(wanted))
            if last:
                break
        return generation

    def _commit(
        self, generation: Generation, reader: Reader, paths: list[str], leaving: set[str], *, complete: bool
    ) -> Generation:
        batch = Batch(self._lexicon, self._index.zone)
        for path in paths:
            try:
                batch.add(self._load(path))
            # Whatever is wrong with one article, the others are to be found.
            except Exception as error:
                log.warning("Search index: %s is left out: %s", path, error)
                self._report.failed[path] = str(error)
        listed = list(generation.listed)
        for path in leaving:
            _delete(listed, reader, path)
        if len(batch):
            segment, file = self._index.new_segment(generation)
            batch.write(file)
            segment.set_doc_count(len(batch))
            listed.append(segment)
            self._report.added += len(batch)
        if complete and generation.pointer.complete and not len(batch) and not leaving:
            return generation
        listed = [segment for segment in listed if segment.doc_count()]
        return self._index.commit(generation, listed, complete=complete)

    def _merge(self, generation: Generation, chosen: set[str]) -> Generation:
        pairs = list(zip(generation.listed, generation.segments, strict=True))
        sources = [(segment, _live(listed, segment)) for listed, segment in pairs if listed.filename() in chosen]
        merged, file = self._index.new_segment(generation)
        merged.set_doc_count(merge(sources, file))
        listed = [one for one in generation.listed if one.filename() not in chosen]
        return self._index.commit(generation, [merged, *listed], complete=generation.pointer.complete)


def _delete(listed: Sequence[ArraySegment], reader: Reader, path: str) -> None:
    number = reader.numbers[path]
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
    """Segments of similar sizes together: a large one is not written anew for the sake of a few articles."""
    groups: list[set[str]] = [set()]
    total = 0
    for size, name in sorted((segment.doc_count(), segment.filename()) for segment in generation.listed):
        if not thorough and len(groups[-1]) > 1 and size > 2 * total:
            break
        if total + size > MAX_MERGED:
            groups.append(set())
            total = 0
        groups[-1].add(name)
        total += size
    return [group for group in groups if len(group) > 1]
