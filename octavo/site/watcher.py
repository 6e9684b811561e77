"""The watcher: threads that notice changed files and refresh the site."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import watchfiles

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.files.walk import is_content
from octavo.site.worker import Worker

log = logging.getLogger("octavo")

# Events may be lost (network file systems send none), so all files are looked at this often;
# seconds.
SCAN_EVERY = 1.2
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
        differences: Callable[[], set[str]],
        refresh: Callable[[set[str]], frozenset[str]],
        save: Callable[[], None],
        beside: Sequence[Path] = (),
    ) -> None:
        """Watch `folder`, and the folders `beside` that exist, and begin at once.

        `differences` looks at all files and returns the paths that changed; `refresh` reads some
        paths and returns those in the middle of a save; `save` is called when nothing has happened
        for SAVE_AFTER seconds.
        """
        self._folder = folder
        self._differences = differences
        self._refresh_site = refresh
        self._save = save
        self._beside = beside
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
                events = watchfiles.watch(
                    os.path.realpath(self._folder),
                    *(os.path.realpath(each) for each in self._beside if each.is_dir()),
                    watch_filter=None,
                    step=2,
                    debounce=50,
                    rust_timeout=500,
                    stop_event=stopping,
                    raise_interrupt=False,
                )
                for changes in events:
                    self._hint(path for _, path in changes)
            except (OSError, RuntimeError) as error:
                # The folder is missing, or the system is out of watches: the scan must do.
                log.debug("no file events: %s", error)
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
        while not stopping.is_set():
            self._scan_now.wait(SCAN_EVERY)
            self._scan_now.clear()
            try:
                self._changed.put(self._differences())
            except Exception:
                log.exception("the files could not be looked at")

    def _refresh(self, stopping: threading.Event) -> None:
        pending: frozenset[str] = frozenset()
        saved = True
        while not stopping.is_set():
            hints = self._next_hints(bool(pending), saved)
            try:
                if hints is None and not pending:
                    saved = True
                    self._save()
                else:
                    # Without hints too: the look at all files may have found what is no file.
                    saved = False
                    pending = self._refresh_site((hints or set()) | pending)
            except Exception:
                log.exception("the files could not be read")

    def _next_hints(self, pending: bool, saved: bool) -> set[str] | None:
        """Wait for the next paths to look at; return None where there were none for a while."""
        patience: float | None = SAVE_AFTER
        if pending:
            patience = LOOK_AGAIN
        elif saved:
            patience = None
        try:
            return self._changed.get(timeout=patience)
        except queue.Empty:
            return None
