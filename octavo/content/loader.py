"""From the folder posts/ to a `Library`: looks at files, reads what changed, keeps last good versions."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .catalogue import Catalogue, Entry
from .errors import Mark, Problem
from .images import SUFFIXES
from .library import Library
from .parse import AUTHORS, PAGES, Parsed, Rules, body_of, digest, parse
from .posts import Author, Post

MARKDOWN = (".md", ".markdown")
# A file that changed or vanished less than this long ago may be a save in progress; seconds.
SETTLE = 0.025
# Up to this many changed files, a snapshot is made from the one before it.
FEW = 64


class SourceGoneError(Exception):
    """The text of a post is no longer to be had: its file has changed since, and no catalogue kept it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a look at a file costs nothing to know: modification time in nanoseconds, and size in bytes."""

    mtime: int
    size: int


class Loader:
    """Turns a folder of files into snapshots. Not safe for concurrent calls of `refresh`; `body` is."""

    def __init__(
        self, folder: Path, rules: Rules, catalogue: Catalogue, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self.rules = rules
        self._catalogue = catalogue
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._missing: dict[str, float] = {}
        self._assets: dict[str, Stamp] = {}
        self._scan_problems: tuple[Problem, ...] = ()
        self._reported = False
        self._unsaved: dict[str, Entry] = {}
        self._unsaved_sources: dict[str, bytes] = {}
        self._unsaved_gone: set[str] = set()
        self.pending: frozenset[str] = frozenset()
        self.library = Library()

    def load(self) -> Library:
        """Return the first snapshot: what the catalogue knows, with every file read that differs from it."""
        self._entries = self._catalogue.entries()
        self.library = self._snapshot()
        return self.refresh(settle=0)

    def differences(self) -> set[str]:
        """Look at all files and return the paths that differ from what is known. Safe beside a running `refresh`."""
        seen, assets, problems = self._scan(unhurried=True)
        known = {path: Stamp(entry.mtime, entry.size) for path, entry in list(self._entries.items())}
        differing = _differing(seen, known) | _differing(assets, dict(self._assets))
        if problems != self._scan_problems:
            self._scan_problems = problems
            self._reported = False
        return differing

    def refresh(self, hints: Iterable[str] | None = None, settle: float = SETTLE) -> Library:
        """Look at the files again and return the new snapshot, or the same object when nothing has changed.

        `hints` names the paths to look at, relative to the folder; None looks at all. Files that may be in the middle
        of a save stay as they were and are named in `pending`: call again soon.
        """
        assets = self._assets
        if hints is None:
            seen, self._assets, self._scan_problems = self._scan()
        else:
            seen = self._look(hints)
        paths = set(seen) | set(self._entries) if hints is None else set(hints)
        changed: dict[str, Entry] = {}
        sources: list[tuple[str, bytes]] = []
        gone: list[str] = []
        pending: set[str] = set()
        for path in paths:
            stamp = seen.get(path)
            if stamp is None:
                self._vanish(path, settle, gone, pending)
            elif not self._known(path, stamp):
                self._read(path, stamp, settle, changed, sources, pending)
        self.pending = frozenset(pending)
        before = [self._entries.get(path) for path in (*changed, *gone)]
        self._apply(changed, sources, gone)
        if changed or gone or self._assets != assets or not self._reported:
            self._reported = True
            after = [self._entries.get(path) for path in (*changed, *gone)]
            self.library = self._exchanged(before, after) or self._snapshot()
        return self.library

    def body(self, post: Post) -> str:
        """Return the Markdown of exactly this version of a post. Raises SourceGoneError where nobody has it."""
        data: bytes | None = None
        with contextlib.suppress(OSError):
            data = (self.folder / post.path).read_bytes()
        if data is None or digest(data) != post.digest:
            data = self._source(post.digest)
        if data is None:
            raise SourceGoneError(post.path)
        return body_of(post.path, data)

    def _source(self, digest: str) -> bytes | None:
        return self._unsaved_sources.get(digest) or self._catalogue.source(digest)

    def save(self) -> None:
        """Write what `refresh` has found into the catalogue; apart from it, so that readers need not wait."""
        if self._unsaved or self._unsaved_gone:
            self._catalogue.save(self._unsaved, list(self._unsaved_sources.items()), self._unsaved_gone)
            self._unsaved, self._unsaved_sources, self._unsaved_gone = {}, {}, set()
        if self._catalogue.lost():
            self._catalogue.reopen()
            self._catalogue.save(self._entries, self._sources(), ())

    def forked(self) -> None:
        """Take a database connection of this process's own, after a fork."""
        self._catalogue.forked()

    def _sources(self) -> Iterator[tuple[str, bytes]]:
        """Yield every file as it stands on disk, for a catalogue that starts over."""
        for path, entry in self._entries.items():
            with contextlib.suppress(OSError):
                data = (self.folder / path).read_bytes()
                if digest(data) == entry.digest:
                    yield entry.digest, data

    def _known(self, path: str, stamp: Stamp) -> bool:
        entry = self._entries.get(path)
        self._missing.pop(path, None)
        return entry is not None and entry.mtime == stamp.mtime and entry.size == stamp.size

    def _vanish(self, path: str, settle: float, gone: list[str], pending: set[str]) -> None:
        if path not in self._entries:
            return
        since = self._missing.setdefault(path, self._clock())
        # Many editors save by deleting the file and making it again.
        if self._clock() - since < settle:
            pending.add(path)
            return
        del self._missing[path]
        gone.append(path)

    def _read(
        self,
        path: str,
        stamp: Stamp,
        settle: float,
        changed: dict[str, Entry],
        sources: list[tuple[str, bytes]],
        pending: set[str],
    ) -> None:
        if 0 <= self._clock() - stamp.mtime / 1e9 < settle:
            pending.add(path)
            return
        if stamp.size > self.rules.max_bytes:
            cause = f"The file has {stamp.size:,} bytes; the limit is {self.rules.max_bytes:,}."
            cure = "Split it, or raise the setting `max_post_bytes`."
            changed[path] = self._broken(path, stamp, "", Problem(Mark(path), cause, cure))
            return
        try:
            data = _read_settled(self.folder / path, stamp, check_writers=settle > 0)
        except OSError as error:
            problem = Problem(Mark(path), f"The file cannot be read: {error.strerror}.", "Check its permissions.")
            changed[path] = self._broken(path, stamp, "", problem)
            return
        if data is None:
            pending.add(path)
            return
        changed[path] = self._entry(path, stamp, data)
        sources.append((changed[path].digest, data))

    def _entry(self, path: str, stamp: Stamp, data: bytes) -> Entry:
        parsed: Parsed = parse(path, data, self.rules)
        if parsed.item is None:
            return self._broken(path, stamp, digest(data), *parsed.problems)
        return Entry(stamp.mtime, stamp.size, parsed.item.digest, parsed.item.digest, parsed.item, parsed.problems)

    def _broken(self, path: str, stamp: Stamp, mark: str, *problems: Problem) -> Entry:
        old = self._entries.get(path)
        item, good = (old.item, old.good) if old else (None, "")
        if item is None and good and (data := self._source(good)) is not None:
            item = parse(path, data, self.rules).item
        return Entry(stamp.mtime, stamp.size, mark, good if item else "", item, problems)

    def _apply(self, changed: dict[str, Entry], sources: list[tuple[str, bytes]], gone: list[str]) -> None:
        if not changed and not gone:
            return
        for path in gone:
            del self._entries[path]
            self._unsaved.pop(path, None)
        self._entries.update(changed)
        self._unsaved.update(changed)
        self._unsaved_sources.update(sources)
        self._unsaved_gone = self._unsaved_gone.difference(changed).union(gone)

    def _exchanged(self, before: Sequence[Entry | None], after: Sequence[Entry | None]) -> Library | None:
        """Return the new snapshot made from the last one, where few articles and nothing else changed."""
        if len(before) > FEW:
            return None
        gone = [entry.item for entry in before if entry and entry.item]
        new = [entry.item for entry in after if entry and entry.item]
        if any(isinstance(item, Author) for item in (*gone, *new)):
            return None
        posts = [[item for item in items if isinstance(item, Post)] for items in (gone, new)]
        return self.library.replaced(posts[0], posts[1], self._problems(), self._asset_stamps())

    def _snapshot(self) -> Library:
        items = [self._entries[path].item for path in sorted(self._entries)]
        posts = (item for item in items if isinstance(item, Post))
        authors = (item for item in items if isinstance(item, Author))
        return Library(posts, authors, self._problems(), self._asset_stamps())

    def _problems(self) -> list[Problem]:
        found = [problem for entry in self._entries.values() if entry.problems for problem in entry.problems]
        return [*self._scan_problems, *found]

    def _asset_stamps(self) -> dict[str, tuple[int, int]]:
        return {path: (stamp.mtime, stamp.size) for path, stamp in self._assets.items()}

    def _look(self, hints: Iterable[str]) -> dict[str, Stamp]:
        seen: dict[str, Stamp] = {}
        assets = dict(self._assets)
        for path in hints:
            try:
                status = os.stat(self.folder / path)
            except OSError:
                assets.pop(path, None)
                continue
            if not stat.S_ISREG(status.st_mode):
                continue
            stamp = Stamp(status.st_mtime_ns, status.st_size)
            if path.lower().endswith(SUFFIXES):
                assets[path] = stamp
            elif is_content(path):
                seen[path] = stamp
        self._assets = assets
        return seen

    def _scan(self, unhurried: bool = False) -> tuple[dict[str, Stamp], dict[str, Stamp], tuple[Problem, ...]]:
        """Return posts and pictures by path, and what can be neither; `unhurried` lets other threads run between."""
        seen: dict[str, Stamp] = {}
        assets: dict[str, Stamp] = {}
        problems: list[Problem] = []
        for number, (path, status) in enumerate(_walk(self.folder, problems)):
            if unhurried and number % 100 == 99:
                time.sleep(0.001)
            stamp = Stamp(status.st_mtime_ns, status.st_size)
            (assets if path.lower().endswith(SUFFIXES) else seen)[path] = stamp
        return seen, assets, tuple(sorted(problems))


def _differing(found: dict[str, Stamp], known: dict[str, Stamp]) -> set[str]:
    return {path for path in found.keys() | known.keys() if found.get(path) != known.get(path)}


def is_content(path: str) -> bool:
    """Whether a path below posts/ is a post's, a page's or an author's file, by its name alone."""
    if not path.lower().endswith(MARKDOWN):
        return False
    inner = path.removeprefix(PAGES).removeprefix(AUTHORS)
    return not any(part[0] in "_." for part in inner.split("/") if part)


def _walk(folder: Path, problems: list[Problem]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every post and picture below `folder` as relative path and status; what cannot be one is a problem."""
    stack = [""]
    entered: set[str] = set()
    while stack:
        prefix = stack.pop()
        try:
            with os.scandir(folder / prefix) as found:
                entries = list(found)
        except OSError as error:
            problems.append(
                Problem(
                    Mark(prefix or "."),
                    f"The folder cannot be read: {error.strerror}.",
                    "Check its permissions.",
                )
            )
            continue
        for entry in entries:
            name = entry.name
            path = prefix + name
            if name[0] == "." or (name[0] == "_" and f"{path}/" not in (PAGES, AUTHORS)):
                continue
            lower = name.lower()
            if lower.endswith(MARKDOWN) or lower.endswith(SUFFIXES):
                if (status := _status(entry, path, problems)) is not None:
                    yield path, status
            elif entry.is_dir():
                if entry.is_symlink() and not _first_visit(entry, entered):
                    continue
                stack.append(f"{path}/")


def _first_visit(entry: os.DirEntry[str], entered: set[str]) -> bool:
    """Whether a linked folder is new to this walk; a link to a folder that holds the link itself would never end."""
    target = os.path.realpath(entry.path)
    here = os.path.realpath(os.path.dirname(entry.path))
    if target in entered or f"{here}/".startswith(f"{target}/"):
        return False
    entered.add(target)
    return True


def _status(entry: os.DirEntry[str], path: str, problems: list[Problem]) -> os.stat_result | None:
    try:
        status = entry.stat()
    except OSError as error:
        problems.append(
            Problem(Mark(_shown(path)), f"The file cannot be read: {error.strerror}.", "Mend or delete the link.")
        )
        return None
    if not stat.S_ISREG(status.st_mode):
        problems.append(
            Problem(Mark(_shown(path)), "This is not a file.", "Posts are files, or folders with an index.md.")
        )
        return None
    if _shown(path) != path:
        problems.append(Problem(Mark(_shown(path)), "The file's name is not UTF-8.", "Rename it."))
        return None
    return status


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read_settled(path: Path, stamp: Stamp, check_writers: bool) -> bytes | None:
    """Return a file's bytes, or None while it is being written: it differs from `stamp` or is open for writing."""
    with open(path, "rb", buffering=0) as file:
        data = file.readall()
        status = os.fstat(file.fileno())
        if status.st_mtime_ns != stamp.mtime or len(data) != stamp.size:
            return None
        if check_writers and _has_writer(file.fileno()):
            return None
    return data


def _has_writer(descriptor: int) -> bool:
    """Whether another program has the file open for writing: Linux refuses a read lease then (fcntl(2))."""
    if sys.platform != "linux":
        return False
    try:
        # A writer that comes while the lease is held would be announced by SIGIO, which kills; SIGURG is ignored.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        # Another user's file or a network file system: the settling time alone must do.
        return False
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
