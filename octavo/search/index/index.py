"""The index for readers and for its writer, safe for threads and other processes.

An index that was made by another version or with other settings still serves, marked as incomplete,
until the one that is made beside it is whole.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from pathlib import Path

from octavo.content.errors import number
from octavo.search.analysis import language
from octavo.search.index.arrays import DamagedIndexError
from octavo.search.index.codec import ArraySegment
from octavo.search.index.identity import identity
from octavo.search.index.reader import Reader
from octavo.search.index.schema import make_schema
from octavo.search.index.storage import Generation, IncompatibleError, Pointer, Storage
from octavo.search.protocol import Embedder, IndexStatus, Verification

log = logging.getLogger(__name__)

# Seconds between two looks at what other processes have committed.
CHECK_EVERY = 0.05


class Index:
    """The index in `root` for one stemmer (a Snowball name or "none") and one time zone."""

    def __init__(
        self,
        root: Path,
        stemmer: str = "english",
        zone: tzinfo = UTC,
        embedder: Embedder | None = None,
    ) -> None:
        self.language = language(stemmer)
        self.zone = zone
        self.embedder = embedder
        made_by = identity(self.language, zone, embedder.identity if embedder is not None else "")
        self.storage = Storage(root, make_schema(stemmer), made_by)
        self._reader: Reader | None = None
        self._pointer: Pointer | None = None
        self._complete = False
        self._known_digests: tuple[Pointer | None, dict[str, str]] = (None, {})
        self._stamp: tuple[int, int, int] | None = None
        self._checked = 0.0
        self._swap = threading.Lock()
        self.problem = ""

    # Reading

    def reader(self) -> Reader | None:
        """Return the reader of the current generation; None without a usable index.

        Other processes' commits are looked for every CHECK_EVERY seconds.
        """
        now = time.monotonic()
        # The first one is waited for, also while another thread opens it.
        if self._reader is None or now - self._checked > CHECK_EVERY:
            self._checked = now
            self.refresh()
        return self._reader

    @property
    def name(self) -> str | None:
        """The name of the generation that is read, in every process; None without a reader."""
        reader = self.reader()
        return None if reader is None else repr(self._pointer)

    @property
    def complete(self) -> bool:
        """Whether the reader has all documents of the last sync."""
        return self._complete

    def refresh(self) -> None:
        """Use what other processes have committed; drop a reader whose files were changed."""
        reader = self._reader
        if reader is not None and not all(segment.file.untouched() for segment in reader.segments):
            self.discard("A file of the index was changed after it was written.")
        stamp = self.storage.stamp()
        if stamp is None or stamp == self._stamp:
            # A reader whose files are deleted is still whole: it has them open.
            return
        with self._swap:
            if stamp == self._stamp:
                return
            try:
                generation = self.storage.current()
            except IncompatibleError:
                generation = None
            except DamagedIndexError as error:
                self._stamp = stamp
                self._tell(str(error))
                return
            except OSError:
                # It is tried again at the next look.
                return
            try:
                if generation is not None:
                    self._serve(generation)
            finally:
                # Only now, so that nobody takes the first reader for missing while it is opened.
                self._stamp = stamp

    def discard(self, problem: str) -> None:
        """Stop using the current reader, and log why."""
        self._tell(problem)
        self._reader = None

    def discard_if_damaged(self) -> bool:
        """Verify all checksums of the index; stop using the reader of damaged or unreadable files.

        Returns whether the reader has changed, here or by another thread meanwhile.
        """
        reader = self._reader
        try:
            for segment in reader.segments if reader is not None else ():
                segment.file.check()
        except (DamagedIndexError, OSError) as error:
            self.discard(str(error))
        return self._reader is not reader

    def _tell(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("Search index: %s It will be made again.", problem)
        self.problem = problem

    def reader_of(self, generation: Generation) -> Reader:
        """Return the reader of a generation: the current one where it is the same."""
        if self._reader is not None and self._pointer == generation.pointer:
            return self._reader
        deleted = [segment.deleted_docs() for segment in generation.listed]
        return Reader(generation.segments, deleted)

    def _serve(self, generation: Generation) -> None:
        reader = self.reader_of(generation)
        reader.warm()
        self._reader = reader
        self._pointer = generation.pointer
        self._complete = generation.pointer.complete and self.storage.has_identity(generation)
        self.problem = ""

    # Writing

    def open_for_writing(self, fresh: bool) -> Generation:
        """Return the current generation, or a new empty one: with `fresh`, or after damage."""
        if not fresh and not self.problem:
            try:
                found = self.storage.current()
                if found is not None and self.storage.has_identity(found):
                    # Whatever a killed writer left.
                    self.storage.sweep(found)
                    return found
            except IncompatibleError:
                pass
            except DamagedIndexError as error:
                self._tell(str(error))
        return self.storage.begin()

    def commit(
        self, before: Generation, listed: Sequence[ArraySegment], *, complete: bool
    ) -> Generation:
        """Commit the segments; publish them, unless an older index serves until all are there."""
        generation = self.storage.commit(before, listed, complete=complete)
        if complete or not self._is_another_served(before):
            self._publish(generation)
        return generation

    def _is_another_served(self, generation: Generation) -> bool:
        """Whether readers here or in other processes have an index in another folder."""
        served = self._pointer if self._reader is not None else None
        with suppress(DamagedIndexError, IncompatibleError):
            current = self.storage.current()
            if current is not None:
                served = current.pointer
        return served is not None and served.folder != generation.pointer.folder

    def _publish(self, generation: Generation) -> None:
        with self._swap:
            self.storage.publish(generation)
            self._stamp = self.storage.stamp()
            self._serve(generation)

    def digests(self, generation: Generation) -> dict[str, str]:
        """Return the digests of a generation's documents, by path; from memory where possible."""
        pointer, known = self._known_digests
        if pointer == generation.pointer:
            return known
        return self.reader_of(generation).digests()

    def remember(self, generation: Generation, digests: dict[str, str]) -> None:
        """Keep the digests of a generation, as its writer knows them."""
        self._known_digests = (generation.pointer, digests)

    # Looking after it

    def status(self) -> IndexStatus:
        """Return the state of the index on disk."""
        try:
            found = self.storage.current()
        except IncompatibleError as error:
            return IndexStatus("incompatible", detail=str(error))
        except (DamagedIndexError, OSError) as error:
            return IndexStatus("damaged", detail=str(error))
        if found is None:
            return IndexStatus("absent")
        deleted = sum(segment.deleted_count() for segment in found.listed)
        counts = (
            found.pointer.generation,
            sum(segment.size for segment in found.segments) - deleted,
            deleted,
            len(found.segments),
            sum(segment.file.size for segment in found.segments),
        )
        if not self.storage.has_identity(found):
            return IndexStatus("incompatible", *counts, str(IncompatibleError()))
        return IndexStatus("ready" if found.pointer.complete else "building", *counts)

    def verify(self, files: Mapping[str, str]) -> Verification:
        """Compare the index on disk with `files` (digest by path), and its files with checksums."""
        try:
            found = self.storage.current()
            if found is None:
                return Verification(missing=tuple(files))
            if not self.storage.has_identity(found):
                raise IncompatibleError
            for segment in found.segments:
                segment.file.check()
            reader = self.reader_of(found)
            digests = reader.digests()
        except (DamagedIndexError, IncompatibleError, OSError) as error:
            return Verification(damage=str(error))
        doubled = reader.count - len(digests)
        return Verification(
            tuple(path for path in files if path not in digests),
            tuple(path for path, digest in files.items() if digests.get(path, digest) != digest),
            tuple(path for path in digests if path not in files),
            f"In the index twice: {number(doubled, 'article')}." if doubled else "",
        )
