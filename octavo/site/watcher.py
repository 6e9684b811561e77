"""The watcher: threads that notice changed files and refresh the site."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import watchfiles

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.files.mounts import tells_of_changes
from octavo.content.files.walk import is_content
from octavo.site.worker import Worker

log = logging.getLogger("octavo")

# What a site depends on beside its posts is looked at this often; seconds. So are all posts, where
# events may be lost: network file systems send none.
SCAN_EVERY = 1.2
# All posts are looked at this often where every change has an event, and none has come; seconds.
SCAN_AT_REST = 60.0
# For so long after an event others may have been lost, as when thousands come at once; seconds.
RESTLESS = 10.0
# A file in the middle of a save is looked at again so soon; seconds.
LOOK_AGAIN = 0.004
# The catalogue is written when nothing has happened for so long: readers of the change go first;
# seconds.
SAVE_AFTER = 0.2


class Watcher:
    """Three threads: for file events, for looks at all files, and for refreshing the site."""

    def __init__(
        self,
        folder: Path,
        check_for_changes: Callable[[], None],
        differences: Callable[[], set[str]],
        refresh: Callable[[set[str]], frozenset[str]],
        save_part: Callable[[], bool],
        beside: Sequence[Path] = (),
        elsewhere: Sequence[Path] = (),
    ) -> None:
        """Watch `folder`, and the folders `beside` that exist, and begin at once.

        `check_for_changes` takes up what a site depends on beside its posts. `differences` looks at
        all files and returns the paths that changed; `refresh` reads some paths and returns those
        in the middle of a save; `save_part` is called when nothing has happened for SAVE_AFTER
        seconds, and again until it returns True.
        Links in `folder` may lead to the folders `elsewhere`, of which no event tells.
        """
        self._folder = folder
        self._check_for_changes = check_for_changes
        self._differences = differences
        self._refresh_site = refresh
        self._save_part = save_part
        self._beside = beside
        # Whether events arrive, whether each change has one, and when the last one came.
        self._hears = False
        self._is_told = not elsewhere and tells_of_changes(folder)
        self._last_event = time.monotonic()
        self._scan_now = threading.Event()
        self._changed: queue.SimpleQueue[set[str]] = queue.SimpleQueue()
        self._workers = [
            Worker("octavo-listen", self._listen, patience=5),
            Worker("octavo-scan", self._scan, patience=5),
            Worker("octavo-refresh", self._refresh, patience=5),
        ]
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Stop the threads and wait for them."""
        for worker in self._workers:
            worker.end()
        self._scan_now.set()
        self._changed.put(set())
        for worker in self._workers:
            worker.stop()

    def _listen(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                watched = _identity(self._folder)
                events = watchfiles.watch(
                    os.path.realpath(self._folder),
                    *(os.path.realpath(each) for each in self._beside if each.is_dir()),
                    watch_filter=None,
                    # Milliseconds: it wakes up so often for ever, and tells of a save soon after.
                    step=5,
                    debounce=50,
                    rust_timeout=500,
                    yield_on_timeout=True,
                    stop_event=stopping,
                    raise_interrupt=False,
                )
                with closing(events):
                    for changes in events:
                        self._hears = True
                        if changes:
                            self._last_event = time.monotonic()
                            self._hint(path for _, path in changes)
                        if _identity(self._folder) != watched:
                            # Another folder stands there now, mounted or moved.
                            self._scan_now.set()
                            break
            except (OSError, RuntimeError) as error:
                # The folder is missing, or the system is out of watches: the scan must do.
                log.debug("no file events: %s", error)
                self._hears = False
                stopping.wait(2)

    def _hint(self, paths: Iterable[str]) -> None:
        root = os.path.realpath(self._folder)
        hints = set()
        for path in paths:
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            if relative.startswith("../"):
                # A file beside the posts: the scan begins with these.
                self._scan_now.set()
            elif os.path.isdir(path) or not os.path.splitext(path)[1]:
                # A folder came or went: no event names the files in it.
                self._scan_now.set()
            elif is_content(relative) or relative.lower().endswith(ASSET_SUFFIXES):
                hints.add(relative)
        if hints:
            self._changed.put(hints)

    def _scan(self, stopping: threading.Event) -> None:
        scanned = time.monotonic()
        while not stopping.is_set():
            asked = self._scan_now.wait(SCAN_EVERY)
            self._scan_now.clear()
            try:
                self._check_for_changes()
                if asked or not self._rests() or time.monotonic() > scanned + SCAN_AT_REST:
                    self._look_at_files()
                    scanned = time.monotonic()
            except Exception:
                log.exception("the files could not be looked at")

    def _rests(self) -> bool:
        """Whether nothing has happened for a while, of which an event would have told."""
        return self._is_told and self._hears and time.monotonic() > self._last_event + RESTLESS

    def _look_at_files(self) -> None:
        rested = self._rests()
        found = self._differences()
        if found and rested and self._rests():
            # Something changed without an event: it will again.
            self._is_told = False
        self._changed.put(found)

    def _refresh(self, stopping: threading.Event) -> None:
        pending: frozenset[str] = frozenset()
        # How long the next paths are waited for; None for as long as it takes.
        patience: float | None = None
        while not stopping.is_set():
            hints = self._next_hints(patience)
            try:
                if hints is None and not pending:
                    patience = None
                    if not self._save_part():
                        patience = 0
                    continue
                # Without hints too: the look at all files may have found what is no file.
                patience = SAVE_AFTER
                pending = self._refresh_site((hints or set()) | pending)
                if pending:
                    patience = LOOK_AGAIN
            except Exception:
                log.exception("the files could not be read")

    def _next_hints(self, patience: float | None) -> set[str] | None:
        """Wait for the next paths to look at; return None where there were none for a while."""
        try:
            return self._changed.get(timeout=patience)
        except queue.Empty:
            return None


def _identity(folder: Path) -> tuple[int, int]:
    """Return what tells a folder from another one at its path. Raises OSError."""
    status = folder.stat()
    return status.st_dev, status.st_ino
