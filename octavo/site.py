"""The site: settings, the current library, rendered texts, and the watcher that keeps them true to the files."""

from __future__ import annotations

import logging
import os
import posixpath
import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import watchfiles

from .content.catalogue import Catalogue
from .content.images import SUFFIXES, ImageError, Picture, probe
from .content.library import Edition, Library
from .content.loader import SETTLE, Loader, is_content
from .content.parse import Rules
from .content.posts import Post
from .settings import Settings
from .texts import Texts

log = logging.getLogger("octavo")

# Events may be lost (network file systems send none), so all files are looked at this often; seconds.
SCAN_EVERY = 1.2


class Site:
    """One site in one process. `edition()` is what readers see now; everything else follows from it."""

    def __init__(self, root: Path, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """Load the library of the site in `root`. No thread runs until `start`."""
        self.root = root
        self.settings = settings
        self.clock = clock
        self.posts_dir = root / settings.posts_dir
        self.index_dir = root / settings.search_index_dir
        rules = Rules(settings.zone, "path" if settings.slug_from == "path" else "name", settings.max_post_bytes)
        self._loader = Loader(self.posts_dir, rules, Catalogue(self.index_dir, repr(rules)), clock)
        self.texts = Texts(self)
        self._refreshing = threading.Lock()
        self._watcher: Watcher | None = None
        self.library: Library = self._loader.load()
        site = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: (s := site()) and s._forked())

    def edition(self) -> Edition:
        """Return what readers may see at this moment; the same object until a file or the clock changes it."""
        return self.library.at(self.clock())

    def start(self) -> None:
        """Begin to watch the files, once per process."""
        if self._watcher is None and self.settings.watch:
            with self._refreshing:
                if self._watcher is None:
                    self._watcher = Watcher(self)

    def refresh(self, hints: Iterable[str] | None = None, settle: float = SETTLE) -> frozenset[str]:
        """Look at the files again (at `hints` only, if given) and swap the library when something has changed.

        Returns the paths that were in the middle of a save, to be looked at again.
        """
        with self._refreshing:
            before = self.library
            self.library = self._loader.refresh(hints, settle)
            pending = self._loader.pending
        if self.library is not before:
            self._report(before)
        return pending

    def save(self) -> None:
        """Write what is known into the catalogue."""
        with self._refreshing:
            self._loader.save()

    def body(self, post: Post) -> str:
        """Return the Markdown of a post. Raises SourceGoneError where it is gone (see Loader.body)."""
        return self._loader.body(post)

    def picture(self, owner: str, target: str) -> tuple[str, Picture] | None:
        """Return path below posts/ and facts of the picture that `target` names in the file `owner`, if it is one."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(owner), target))
        if path not in self.library.assets:
            return None
        with suppress(ImageError, OSError):
            return path, probe(self.posts_dir / path)
        return None

    def _report(self, before: Library) -> None:
        for problem in self.library.problems:
            if problem not in before.problems:
                log.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)

    def _forked(self) -> None:
        self._refreshing = threading.Lock()
        self._watcher = None
        self._loader.forked()

    def close(self) -> None:
        """Stop watching and write the catalogue."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        self.save()


class Watcher:
    """Two threads: one takes file events, the other refreshes the site after them, and after every SCAN_EVERY."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stopping = threading.Event()
        self._events: queue.SimpleQueue[set[str]] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._listen, name="octavo-listen", daemon=True),
            threading.Thread(target=self._work, name="octavo-refresh", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop both threads and wait for them."""
        self._stopping.set()
        self._events.put(set())
        for thread in self._threads:
            thread.join(timeout=5)

    def _listen(self) -> None:
        folder = self._site.posts_dir
        while not self._stopping.is_set():
            try:
                for changes in watchfiles.watch(
                    folder, watch_filter=None, step=5, debounce=50, stop_event=self._stopping, rust_timeout=500,
                    raise_interrupt=False,
                ):  # fmt: skip
                    self._events.put({path for _, path in changes})
            except Exception as error:  # the folder is missing, or the system is out of watches: scans must do
                log.debug("no file events: %s", error)
                self._stopping.wait(2)

    def _work(self) -> None:
        pending: frozenset[str] = frozenset()
        next_scan = 0.0
        while not self._stopping.is_set():
            now = time.monotonic()
            wait = 0.008 if pending else max(next_scan - now, 0.001)
            try:
                hints = self._hints(self._events.get(timeout=wait))
            except queue.Empty:
                hints = set()
            try:
                if hints is None or time.monotonic() >= next_scan:
                    pending = self._site.refresh()
                    next_scan = time.monotonic() + SCAN_EVERY
                elif hints or pending:
                    pending = self._site.refresh(hints | pending)
                if not pending:
                    self._site.save()
            except Exception:
                log.exception("the files could not be looked at")
                self._stopping.wait(1)

    def _hints(self, paths: set[str]) -> set[str] | None:
        """Return the content files among changed paths, relative to posts/; None when all must be looked at."""
        hints = set()
        root = str(self._site.posts_dir.resolve())
        for path in paths:
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            if is_content(relative) or relative.lower().endswith(SUFFIXES):
                hints.add(relative)
            elif os.path.isdir(path) or not os.path.splitext(path)[1]:
                return None
        return hints

