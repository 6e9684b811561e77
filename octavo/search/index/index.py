"""The index: keeps itself equal to the articles it is told of, and hands out readers."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Literal

from octavo.search.analysis import language
from octavo.search.index.arrays import DamagedError
from octavo.search.index.codec import ArraySegment
from octavo.search.index.reader import Reader
from octavo.search.index.schema import FACETS, FORMAT, TEXT_FIELDS, WORDS, make_schema
from octavo.search.index.storage import ForeignError, Generation, Pointer, Storage
from octavo.search.index.writer import Load, Progress, Report, Writer

log = logging.getLogger(__name__)

_CHECK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Verification:
    """How the index differs from the files: paths that are missing, stale or extra, and what is
    damaged.
    """

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
    """The index in `root` for a site's language and time zone. Safe for threads and for other
    processes.
    """

    def __init__(self, root: Path, language_name: str = "english", zone: tzinfo = UTC) -> None:
        self.language = language(language_name)
        self.zone = zone
        self._storage = Storage(root, make_schema(language_name), identity(language_name, zone))
        self._reader: Reader | None = None
        self._complete = False
        self._pointer: Pointer | None = None
        self._known: tuple[Pointer | None, dict[str, str]] = (None, {})
        self._stamp: tuple[int, int, int] | None = None
        self._checked = 0.0
        self._swap = threading.Lock()
        self.problem = ""
        self._unwritable = ""

    # Reading

    def reader(self) -> Reader | None:
        """The current generation; None where there is no usable index. Looks for a newer one now
        and then.
        """
        now = time.monotonic()
        # The first one is waited for, also while another thread opens it.
        if self._reader is None or now - self._checked > _CHECK_EVERY:
            self._checked = now
            self.refresh()
        return self._reader

    @property
    def complete(self) -> bool:
        """Whether the reader has everything that the last writer knew of."""
        return self._complete

    def refresh(self) -> None:
        """Pick up what other processes have committed, and drop a reader whose files were tampered
        with.
        """
        reader = self._reader
        if reader is not None and not all(segment.file.untouched() for segment in reader.segments):
            self.damaged("A file of the index was changed after it was written.")
        stamp = self._storage.stamp()
        if stamp is None or stamp == self._stamp:
            # A reader whose files are deleted is still whole: it has them open.
            return
        with self._swap:
            if stamp == self._stamp:
                return
            try:
                generation = self._storage.current()
            except (DamagedError, ForeignError) as error:
                self._stamp = stamp
                self._fail(str(error))
                return
            try:
                if generation is not None:
                    self._serve(generation)
            finally:
                # Only now, so that nobody takes the first reader for missing while it is opened.
                self._stamp = stamp

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
        return Reader(
            generation.segments, [segment.deleted_docs() for segment in generation.listed]
        )

    def _serve(self, generation: Generation) -> None:
        reader = self.reader_of(generation)
        reader.warm()
        self._reader, self._pointer, self._complete, self.problem = (
            reader, generation.pointer, generation.pointer.complete, ""
        )  # fmt: skip

    # Writing

    def sync(
        self,
        files: Mapping[str, str],
        load: Load,
        progress: Progress | None = None,
        *,
        fresh: bool = False,
    ) -> Report:
        """Make the index equal to `files` (path -> content hash), loading what is new in the order
        given.

        `load` may raise for a file: it is left out and reported. With `fresh` everything is indexed
        again, beside the old index. Commits in batches; one writer at a time, in all processes.
        """
        report = Report()
        try:
            with self._storage.lock() as held:
                if not held:
                    report.busy = True
                    return report
                Writer(self, files, load, progress, report).run(fresh)
            self._unwritable = ""
        except OSError as error:
            report.error = f"The search index cannot be written: {error}."
            if report.error != self._unwritable:
                log.warning("%s", report.error)
            self._unwritable = report.error
        return report

    def open_for_writing(self, fresh: bool) -> Generation:
        """The current generation, or a new empty one where it is unusable."""
        if not fresh and not self.problem:
            try:
                found = self._storage.current()
                if found is not None:
                    # Whatever a killed writer left.
                    self._storage.sweep(found)
                    return found
            except (DamagedError, ForeignError) as error:
                self._fail(str(error))
        return self._storage.begin()

    def commit(
        self, before: Generation, listed: Sequence[ArraySegment], *, complete: bool
    ) -> Generation:
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

    def digests(self, generation: Generation) -> dict[str, str]:
        """The content hashes of a generation's articles, by path; `remember` saves looking them up."""
        pointer, known = self._known
        return known if pointer == generation.pointer else self.reader_of(generation).digests()

    def remember(self, generation: Generation, digests: dict[str, str]) -> None:
        """Take the content hashes of a generation from whoever wrote it."""
        self._known = generation.pointer, digests

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
        """Compare the index on disk with `files` (path -> content hash), and every file with its
        checksum.
        """
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
    parts = [FORMAT, language_name, str(zone), [f.name for f in (*TEXT_FIELDS, WORDS)], FACETS]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
