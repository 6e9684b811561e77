"""The site: settings, the current library, rendered texts, search, and what keeps them true to the files."""

from __future__ import annotations

import gc
import logging
import os
import posixpath
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import watchfiles

from .content.catalogue import Catalogue
from .content.errors import Mark, Problem
from .content.files import is_content
from .content.images import SUFFIXES, ImageError, Picture, probe
from .content.library import Edition, Library, Related
from .content.loader import SETTLE, Loader
from .content.parse import Rules
from .content.posts import Post
from .indexing import Indexer, SiteIndex
from .search.related import Remember, afresh
from .settings import Settings
from .texts import Texts
from .views import Views
from .weak import weak

log = logging.getLogger("octavo")

# Events may be lost (network file systems send none), so all files are looked at this often; seconds.
SCAN_EVERY = 1.2
# A file in the middle of a save is looked at again so soon; seconds.
LOOK_AGAIN = 0.004
# The catalogue is written when nothing has happened for so long: readers of the change go first; seconds.
SAVE_AFTER = 0.2
# Problems told in the terminal at once.
REPORTED = 20


class Site:
    """One site in one process. `edition()` is what readers see now; everything else follows from it."""

    def __init__(self, root: Path, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """Load the library of the site in `root`. No thread runs until `start`."""
        self.root = root
        self.settings = settings
        self.clock = clock
        self.posts_dir = root / settings.posts_dir
        self.index_dir = root / settings.search_index_dir
        self.cache_dir = root / settings.cache_dir
        # Digest of what all pages share beside the posts; set by the part that renders them.
        self.theme = ""
        # Where results are kept that are costly to make; set by the part that has a place for them.
        self.remember: Remember = afresh
        # Called whenever all files are looked at: other parts have files of their own.
        self.watched: list[Callable[[], None]] = []
        # Called when the site begins to work in a process: other parts have threads of their own.
        self.starting: list[Callable[[], None]] = []
        self.views = Views(root / "instance" / "views.sqlite", lambda: self.clock()) if settings.views else None
        rules = Rules(settings.zone, "path" if settings.slug_from == "path" else "name", settings.max_post_bytes)
        self._loader = Loader(self.posts_dir, rules, Catalogue(self.index_dir, repr(rules)), clock)
        self.texts = Texts(self)
        self._refreshing = threading.Lock()
        self._looking = threading.Lock()
        self._starting = threading.Lock()
        self.index = SiteIndex(self)
        self._watcher: Watcher | None = None
        self._indexer: Indexer | None = None
        self._started = False
        self.library: Library = self._loader.load()
        os.register_at_fork(after_in_child=weak(self._forked))

    def edition(self) -> Edition:
        """Return what readers may see at this moment; the same object until a file or the clock changes it."""
        return self.library.at(self.clock())

    def start(self) -> None:
        """Begin to watch the files, to index them and to count views, once per process."""
        if not self._started:
            with self._starting:
                self._begin()

    def _begin(self) -> None:
        if self._started:
            return
        if self.settings.watch:
            # The library was loaded when the process began, which may be long ago: what has gone since is gone.
            self.refresh(settle=0)
            self._watcher = Watcher(self)
        if self.settings.indexing:
            self._indexer = Indexer(self.index)
        if self.views is not None:
            self.views.start()
        # The library lives as long as the process: a collector that walks it costs 80 ms at 14,000 posts.
        gc.freeze()
        for begin in self.starting:
            begin()
        # Commands tell in their own way what is wrong.
        self._report(frozenset())
        self._started = True

    def refresh(self, hints: Iterable[str] | None = None, settle: float = SETTLE) -> frozenset[str]:
        """Look at the files again (at `hints` only, if given) and swap the library when something has changed.

        Returns the paths that were in the middle of a save, to be looked at again.
        """
        if hints is None:
            self.look_around()
        with self._refreshing:
            before = self.library
            self.library = self._loader.refresh(hints, settle)
            pending = self._loader.pending
        if self.library is not before:
            if self._indexer is not None:
                self._indexer.wake()
            self._report(frozenset(before.problems))
        return pending

    def differences(self) -> set[str]:
        """Look at all files and return the paths that differ from the library's."""
        self.look_around()
        return self._loader.differences()

    def look_around(self) -> None:
        """Let every part look at what it has beside the library."""
        # Several threads look; what one of them finds changed, the next one is to find done.
        with self._looking:
            for look in self.watched:
                look()

    def save(self) -> None:
        """Write what is known into the catalogue."""
        with self._refreshing:
            self._loader.save()

    def body(self, post: Post) -> str:
        """Return the Markdown of a post. Raises SourceGoneError where it is gone (see Loader.body)."""
        return self._loader.body(post)

    def related(self, edition: Edition, post: Post, count: int = 3) -> tuple[Related, ...]:
        """Return the articles to read after `post`: pinned ones, then the nearest; deterministic for a given index."""
        return self.index.related(edition, post, count)

    def picture(self, owner: str, target: str) -> tuple[str, Picture] | None:
        """Return path below posts/ and facts of the picture that `target` names in the file `owner`, if it is one."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(owner), target))
        if path not in self.library.assets:
            return None
        with suppress(ImageError, OSError):
            return path, probe(self.posts_dir / path)
        return None

    def dead_ends(self) -> Iterator[Problem]:
        """Render every visible article and page, and yield the links and pictures in them that lead nowhere."""
        edition = self.edition()
        for post in (*edition.posts, *edition.pages.values()):
            for target in self.texts.post(edition, post).broken_links:
                cause = f"The link or picture `{target}` leads to nothing that readers can see."
                yield Problem(Mark(post.path), cause, "Mend the path; it is relative to this file.", "warning")
            if post.image and not self.picture(post.path, post.image.path):
                cause = f"The picture `{post.image.path}` of `image` is not beside the article."
                yield Problem(Mark(post.path), cause, "Put it there, or mend the path.", "warning")

    def _report(self, known: frozenset[Problem]) -> None:
        """Tell the writer, in the terminal, what is newly wrong."""
        new = [problem for problem in self.library.problems if problem not in known]
        for problem in new[:REPORTED]:
            log.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)
        if len(new) > REPORTED:
            log.warning("%d more problems; `flask check` lists them all.", len(new) - REPORTED)

    def _forked(self) -> None:
        self._refreshing = threading.Lock()
        self._looking = threading.Lock()
        self._starting = threading.Lock()
        self._watcher = None
        self._indexer = None
        self._started = False
        self.index = SiteIndex(self)
        self._loader.forked()

    def close(self) -> None:
        """Stop watching and indexing, write the catalogue and close it: this is the end of the site."""
        for worker in (self._watcher, self._indexer):
            if worker is not None:
                worker.stop()
        self._watcher = self._indexer = None
        self._started = False
        if self.views is not None:
            self.views.close()
        self.save()
        self._loader.close()


class Watcher:
    """Three threads: one takes file events, one looks at all files in turns, and one refreshes the site after both."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stopping = threading.Event()
        self._scan_now = threading.Event()
        self._changed: queue.SimpleQueue[set[str]] = queue.SimpleQueue()
        names = {"octavo-listen": self._listen, "octavo-scan": self._scan, "octavo-refresh": self._refresh}
        self._threads = [threading.Thread(target=work, name=name, daemon=True) for name, work in names.items()]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the threads and wait for them."""
        self._stopping.set()
        self._scan_now.set()
        self._changed.put(set())
        for thread in self._threads:
            thread.join(timeout=5)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                for changes in watchfiles.watch(
                    os.path.realpath(self._site.posts_dir), watch_filter=None, step=2, debounce=50, rust_timeout=500,
                    stop_event=self._stopping, raise_interrupt=False,
                ):  # fmt: skip
                    self._hint(path for _, path in changes)
            except (OSError, RuntimeError) as error:
                # The folder is missing, or the system is out of watches: the scan must do.
                log.debug("no file events: %s", error)
                self._stopping.wait(2)

    def _hint(self, paths: Iterable[str]) -> None:
        root = os.path.realpath(self._site.posts_dir)
        hints = set()
        for path in paths:
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            if is_content(relative) or relative.lower().endswith(SUFFIXES):
                hints.add(relative)
            elif os.path.isdir(path) or not os.path.splitext(path)[1]:
                # A folder came or went: no event names the files in it.
                self._scan_now.set()
        if hints:
            self._changed.put(hints)

    def _scan(self) -> None:
        while not self._stopping.is_set():
            self._scan_now.wait(SCAN_EVERY)
            self._scan_now.clear()
            try:
                self._changed.put(self._site.differences())
            except Exception:
                log.exception("the files could not be looked at")

    def _refresh(self) -> None:
        pending: frozenset[str] = frozenset()
        saved = True
        while not self._stopping.is_set():
            hints: set[str] | None = None
            with suppress(queue.Empty):
                hints = self._changed.get(timeout=LOOK_AGAIN if pending else None if saved else SAVE_AFTER)
            try:
                if hints is None and not pending:
                    saved = True
                    self._site.save()
                else:
                    # Without hints too: the look at all files may have found what is no file.
                    saved = False
                    pending = self._site.refresh((hints or set()) | pending)
            except Exception:
                log.exception("the files could not be read")
