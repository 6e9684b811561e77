"""The loader: reads changed files of posts/ into a new `Library`, and keeps last good versions."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from octavo.content.catalogue import MAX_TOMBSTONES, Catalogue, Entry
from octavo.content.digests import digest
from octavo.content.errors import Mark, Problem
from octavo.content.files.deletion_guard import DeletionGuard
from octavo.content.files.reading import PostsRoot, Stamp, decode, read_settled, without_controls
from octavo.content.library.library import Library
from octavo.content.library.link_names import alias_key
from octavo.content.loading.limits import FolderLimit
from octavo.content.loading.scanner import Inventory, Scanner
from octavo.content.loading.snapshots import Snapshots
from octavo.content.loading.sources import Sources
from octavo.content.parse import Parsed, Rules, body_of, parse
from octavo.content.posts import Post

# A file that changed less than this long ago and may be open somewhere may be in the middle of a
# save; seconds.
SETTLE = 0.025
# Many editors save by deleting the file and making it again at once, within so many seconds.
REAPPEARS_WITHIN = 0.015
# What is gone with most others is withdrawn after so long; seconds.
WITHDRAW_AFTER = 600.0


class SourceGoneError(Exception):
    """The text of this version of a post is gone: its file has changed, no catalogue kept it."""


@dataclass(slots=True)
class Differences:
    """What one look at the files has found: changed entries, and the paths of files that are gone.

    `pending` are the paths of files that may be in the middle of a save.
    """

    changed: dict[str, Entry] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    pending: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)


class Loader:
    """Reads a folder of posts and makes a new snapshot of it where something has changed.

    `refresh` is for one thread at a time; `body` for any number.
    """

    def __init__(
        self,
        folder: Path,
        rules: Rules,
        catalogue: Catalogue,
        clock: Callable[[], float] = time.time,
        *,
        linked: Sequence[Path] = (),
        withdraw_after: float = WITHDRAW_AFTER,
        withdrawal: Path | None = None,
    ) -> None:
        """`linked` are the folders outside of `folder` that links in it may lead to.

        Where most texts are gone at one look, the last good state stays for `withdraw_after`
        seconds, or until the file `withdrawal` is written.
        """
        self.root = PostsRoot(folder, tuple(linked))
        self.rules = rules
        self._catalogue = catalogue
        self._clock = clock
        self._scanner = Scanner(self.root, DeletionGuard(folder, clock, withdraw_after, withdrawal))
        self._sources = Sources(self.root, catalogue, rules.max_bytes)
        self._snapshots = Snapshots({})
        # The last snapshot.
        self.library = self._snapshots.library
        # The slugs and old addresses (`/old`) of articles that were deleted, with the paths of
        # their files.
        self.removed: Mapping[str, str] = {}
        # When each file was first missing that may only be in the middle of a save, by path.
        self._missing: dict[str, float] = {}
        self._scan_problems: tuple[Problem, ...] = ()
        self._limits: tuple[FolderLimit, ...] = ()
        # Whether the library tells all problems of the last scan, and has all assets.
        self._is_told = False
        self.pending: frozenset[str] = frozenset()

    @property
    def suspected_loss(self) -> str:
        """Why texts whose files are gone are still shown, in words; '' where none are."""
        return self._scanner.suspected_loss

    @property
    def limits(self) -> tuple[FolderLimit, ...]:
        """What files say about all texts of their folders."""
        return self._snapshots.limits

    def load(self) -> Library:
        """Return the first snapshot: from the catalogue, and from the files that differ from it."""
        # All of it stays: a collector that walks it again and again only takes time.
        was_collecting = gc.isenabled()
        gc.disable()
        try:
            return self._load()
        finally:
            if was_collecting:
                gc.enable()

    def _load(self) -> Library:
        entries = self._catalogue.entries()
        self._snapshots = Snapshots(entries)
        self.removed = self._catalogue.tombstones()
        for path, entry in entries.items():
            if entry.good not in ("", entry.digest):
                self._sources.hold(path, entry.good)
        seen = self._look_at_all()
        self._make(Differences())
        return self._take(seen.keys() | entries.keys(), seen, 0)

    # Looking

    def differences(self) -> set[str]:
        """Return the paths of all files that differ from what is known; safe beside `refresh`."""
        entries = self._snapshots.entries
        scan = self._scanner.scan(entries, unhurried=True)
        self._note(scan)
        known = self._scanner.assets
        paths = scan.assets.keys() | known
        differing = {path for path in paths if scan.assets.get(path) != known.get(path)}
        # In one step, since another thread may add some.
        differing.update(set(entries).difference(scan.texts))
        for path, stamp in scan.texts.items():
            entry = entries.get(path)
            if entry is None or entry.mtime != stamp.mtime or entry.size != stamp.size:
                differing.add(path)
        return differing

    def refresh(self, hints: Iterable[str] | None = None, settle: float = SETTLE) -> Library:
        """Look at the files and return the new snapshot; the same object where nothing has changed.

        `hints` names the paths to look at, relative to the folder; None looks at all. Files that
        may be in the middle of a save stay as they were and are named in `pending`: call again
        soon. `settle` is how old a file must be to be read without doubt, in seconds.
        """
        assets = self._scanner.assets
        entries = self._snapshots.entries
        if hints is None:
            seen = self._look_at_all()
            paths = seen.keys() | entries.keys()
        else:
            paths = set(hints)
            seen = self._scanner.look(paths, entries)
        if self._scanner.assets != assets:
            self._is_told = False
        return self._take(paths, seen, settle)

    def _look_at_all(self) -> dict[str, Stamp]:
        scan = self._scanner.scan(self._snapshots.entries)
        self._scanner.assets = scan.assets
        self._note(scan)
        return scan.texts

    def _note(self, scan: Inventory) -> None:
        """Keep problems and limits of a scan; new ones let the next refresh make a snapshot."""
        if (scan.problems, scan.limits) != (self._scan_problems, self._limits):
            self._scan_problems = scan.problems
            self._limits = scan.limits
            self._is_told = False

    def _take(self, paths: Iterable[str], seen: Mapping[str, Stamp], settle: float) -> Library:
        """Read what has changed at the paths, by the stamps that were seen there."""
        changes = Differences()
        for path in paths:
            stamp = seen.get(path)
            if stamp is None:
                self._miss(path, settle, changes)
                continue
            self._missing.pop(path, None)
            entry = self._snapshots.entries.get(path)
            if entry is None or entry.mtime != stamp.mtime or entry.size != stamp.size:
                self._read(path, stamp, settle, changes)
        self.pending = frozenset(changes.pending)
        if changes or not self._is_told:
            self._make(changes)
        return self.library

    def _miss(self, path: str, settle: float, changes: Differences) -> None:
        """Note that there is no file at a path, where there was one."""
        if path not in self._snapshots.entries:
            return
        since = self._missing.setdefault(path, self._clock())
        if self._clock() - since < min(settle, REAPPEARS_WITHIN):
            changes.pending.add(path)
            return
        del self._missing[path]
        changes.gone.append(path)

    # Reading

    def _read(self, path: str, stamp: Stamp, settle: float, changes: Differences) -> None:
        age = self._clock() - stamp.mtime / 1e9
        if age < 0:
            # A file dated in the future is not being saved now.
            age = inf
        if stamp.size > self.rules.max_bytes:
            cause = f"The file has {stamp.size:,} bytes; the limit is {self.rules.max_bytes:,}."
            cure = "Split it, or raise the setting `max_post_bytes`."
            changes.changed[path] = self._broken(path, stamp, "", Problem(Mark(path), cause, cure))
            return
        try:
            data = read_settled(self.root.file(path), stamp, age, settle)
        except FileNotFoundError:
            # It vanished since it was listed, as in the middle of a checkout: look again.
            changes.pending.add(path)
            return
        except OSError as error:
            self._read_failed(path, stamp, error, changes)
            return
        if data is None:
            changes.pending.add(path)
            return
        entry = self._entry(path, stamp, data)
        changes.changed[path] = entry
        self._sources.add(entry.digest, data)

    def _read_failed(self, path: str, stamp: Stamp, error: OSError, changes: Differences) -> None:
        cause = f"The file cannot be read: {error.strerror}."
        if isinstance(error, PermissionError):
            problem = Problem(Mark(path), cause, "Check its permissions.")
            changes.changed[path] = self._broken(path, stamp, "", problem)
            return
        # It may pass, such as too many open files: without the file's size it is read again at the
        # next look at all files, also after a restart.
        problem = Problem(Mark(path), cause, "It is tried again. Where this stays, check the disk.")
        broken = self._broken(path, replace(stamp, size=-1), "", problem)
        if broken != self._snapshots.entries.get(path):
            changes.changed[path] = broken

    def _entry(self, path: str, stamp: Stamp, data: bytes) -> Entry:
        old = self._snapshots.entries.get(path)
        if old is not None and old.item is not None and old.digest == digest(data):
            return replace(old, mtime=stamp.mtime, size=stamp.size)
        parsed: Parsed = parse(path, data, self.rules)
        if parsed.item is None:
            return self._broken(path, stamp, digest(data), *parsed.problems)
        own = parsed.item.digest
        return Entry(stamp.mtime, stamp.size, own, own, parsed.item, parsed.problems)

    def _broken(self, path: str, stamp: Stamp, mark: str, *problems: Problem) -> Entry:
        """Return the entry of a file that cannot be used now, with its last good version.

        `mark` is the digest of its bytes, '' where they are not known.
        """
        old = self._snapshots.entries.get(path)
        if old is None:
            return Entry(stamp.mtime, stamp.size, mark, "", None, problems)
        self._sources.hold(path, old.good)
        item = old.item
        held = self._sources.last_good(path)
        if item is None and held is not None:
            item = parse(path, held, self.rules).item
        good = old.good if item is not None else ""
        return Entry(stamp.mtime, stamp.size, mark, good, item, problems)

    def _make(self, changes: Differences) -> None:
        """Make the snapshot with all changes."""
        # Where this raises, the next look makes it.
        self._is_told = False
        self._record_deletions(changes)
        self._sources.apply(changes.changed, changes.gone, self._snapshots.entries)
        self._snapshots.update(
            changes.changed,
            changes.gone,
            self._scanner.assets,
            self._scan_problems,
            self._limits,
        )
        self.library = self._snapshots.library
        self._is_told = True

    def _record_deletions(self, changes: Differences) -> None:
        """Record the visible articles whose files were deleted, but not those that were renamed."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        moved = {entry.good for entry in changes.changed.values()}
        removed = {}
        for path in changes.gone:
            entry = self._snapshots.entries[path]
            post = entry.item
            if not isinstance(post, Post) or post.kind != "post" or entry.good in moved:
                continue
            if post.visible(now):
                # Where several files want a slug, or a number orders them, the file has another.
                removed[self.library.by_path.get(path, post).slug] = path
                for alias in filter(None, map(alias_key, post.aliases)):
                    removed[f"/{alias}"] = path
        if removed:
            newest = [*self.removed.items(), *removed.items()][-MAX_TOMBSTONES:]
            self.removed = dict(newest)
            self._catalogue.bury(removed)

    # Texts

    def body(self, post: Post) -> str:
        """Return the Markdown of exactly this version of a post.

        Raises SourceGoneError where it is neither in the file nor in the catalogue.
        """
        data = self._sources.find(post.path, post.digest)
        if data is None:
            raise SourceGoneError(post.path)
        if post.body_start is None:
            return body_of(post.path, data, self.rules)
        # Most bodies are plain Markdown: their file need not be parsed once more.
        return without_controls(decode(data, post.path)[post.body_start :])

    def save(self) -> None:
        """Write all that `refresh` has found into the catalogue; readers need not wait for this."""
        while not self.save_part():
            pass

    def save_part(self) -> bool:
        """Write some of what `refresh` has found; return whether nothing is left to write."""
        return self._sources.save_part(self._snapshots.entries, self._clock())

    def close(self) -> None:
        """Close the catalogue; nothing is loaded after this."""
        self._catalogue.close()

    def forked(self) -> None:
        """Open a database connection for this process, after a fork."""
        self._catalogue.forked()
