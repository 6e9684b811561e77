"""The pictures of a site: their copies are made one picture at a time, behind the requests."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from octavo.content.files.reading import PublicFile
from octavo.content.images import ImageError, Picture, card_file, copy_file, scale
from octavo.site.weak import after_fork
from octavo.site.worker import Worker

log = logging.getLogger("octavo")

# Pictures that wait to be scaled; more are asked for again.
MAX_WAITING = 1_000
# A request waits so long for a copy; seconds.
PATIENCE = 10.0
# Requests of a process that wait at a time: other threads stay free for pages.
MAX_PATIENT = 1
# A picture that could not be scaled is tried again after so long; seconds.
RETRY_AFTER = 5.0
# So many pictures that could not be scaled are remembered, so that each is told once.
MAX_FAILED = 1_000


class Pictures:
    """Makes copies when they are first asked for, all of a picture from one decoding."""

    def __init__(self, folder: Path, largest: int) -> None:
        """`folder` is that of the copies, `largest` the width of the largest one in pixels."""
        self._folder = folder
        self._largest = largest
        self._failed: OrderedDict[str, float] = OrderedDict()
        self._worker = Worker("octavo-pictures", self._run, patience=1)
        self._begin()
        after_fork(self._forked)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._patient = threading.BoundedSemaphore(MAX_PATIENT)
        self._orders: queue.Queue[tuple[PublicFile, Picture] | None] = queue.Queue()
        # Set when a picture's turn is over, by its digest.
        self._ordered: dict[str, threading.Event] = {}

    def _forked(self) -> None:
        self._begin()
        self._worker.forked()

    def copy(self, file: PublicFile, picture: Picture, width: int) -> bytes | None:
        """Return a copy `width` pixels wide; None while there is none.

        `width` is one of `copy_widths`. Waits for PATIENCE seconds at most.
        """
        return self._made(copy_file(picture, width, self._folder), file, picture)

    def card(self, file: PublicFile, picture: Picture) -> bytes | None:
        """Return a picture's social card; None where there is still none after PATIENCE seconds."""
        return self._made(card_file(picture, self._folder), file, picture)

    def _made(self, copy: Path, file: PublicFile, picture: Picture) -> bytes | None:
        with suppress(OSError):
            return copy.read_bytes()
        done = self._order(file, picture)
        if done is None:
            return None
        if not done.is_set() and self._patient.acquire(blocking=False):
            try:
                done.wait(PATIENCE)
            finally:
                self._patient.release()
        with suppress(OSError):
            return copy.read_bytes()
        return None

    def _order(self, file: PublicFile, picture: Picture) -> threading.Event | None:
        """Return what is set when the picture's turn is over; None where it is not scaled now."""
        with self._lock:
            done = self._ordered.get(picture.digest)
            if done is None:
                failed = self._failed.get(picture.digest)
                is_fresh = failed is not None and time.monotonic() - failed < RETRY_AFTER
                if is_fresh or len(self._ordered) >= MAX_WAITING:
                    return None
                done = self._ordered[picture.digest] = threading.Event()
                self._orders.put((file, picture))
        self._worker.start()
        return done

    def close(self) -> None:
        """Stop after the picture in work."""
        self._worker.end()
        self._orders.put(None)
        self._worker.stop()

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            order = self._orders.get()
            if order is not None:
                self._scale(*order)

    def _scale(self, file: PublicFile, picture: Picture) -> None:
        try:
            scale(file, picture, self._folder, self._largest)
            self._failed.pop(picture.digest, None)
        except Exception as error:
            # A full disk keeps no copy, and a damaged picture has none.
            self._fail(file, picture, error)
        finally:
            with self._lock:
                self._ordered.pop(picture.digest).set()

    def _fail(self, file: PublicFile, picture: Picture, error: Exception) -> None:
        is_new = picture.digest not in self._failed
        self._failed[picture.digest] = time.monotonic()
        if len(self._failed) > MAX_FAILED:
            self._failed.popitem(last=False)
        if is_new and isinstance(error, (ImageError, OSError)):
            log.warning("There are no smaller copies of %s: %s", file.name, error)
        elif is_new:
            log.error("There are no smaller copies of %s", file.name, exc_info=error)
