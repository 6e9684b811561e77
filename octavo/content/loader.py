"""The loader: reads changed files of posts/ into a new `Library`, and keeps last good versions."""

from __future__ import annotations

import contextlib
import gc
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from math import inf
from pathlib import Path

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.catalogue import MAX_TOMBSTONES, Catalogue, Entry
from octavo.content.claims import unnumbered
from octavo.content.digests import digest
from octavo.content.errors import Mark, Problem
from octavo.content.files.absence import Absence
from octavo.content.files.duplicates import Suspects
from octavo.content.files.names import is_numbered
from octavo.content.files.reading import (
    PostsRoot,
    Stamp,
    decode,
    read,
    read_settled,
    stamp_of,
    without_controls,
)
from octavo.content.files.walk import ROOT, is_content, is_looked_at, walk
from octavo.content.frontmatter.fields import UNKNOWN_FIELD
from octavo.content.library import Library
from octavo.content.parse import Parsed, Rules, body_of, parse
from octavo.content.posts import Author, Post

# A file that changed less than this long ago and may be open somewhere may be in the middle of a
# save; seconds.
SETTLE = 0.025
# Many editors save by deleting the file and making it again at once, within so many seconds.
REAPPEARS_WITHIN = 0.015
# What is gone with most others is withdrawn after so long; seconds.
WITHDRAW_AFTER = 600.0
# A field that stands in more files than these is the site's own and no mistake.
MAX_MISTAKEN = 5
# Up to this many changed files, a snapshot is made from the one before it.
FEW = 64
# Bytes of texts that wait in memory for the catalogue; those beyond are read again for it.
WAITING = 8_000_000


class SourceGoneError(Exception):
    """The text of this version of a post is gone: its file has changed, no catalogue kept it."""


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
        self._absence = Absence(folder, clock, withdraw_after, withdrawal)
        self.root = PostsRoot(folder, tuple(linked))
        self.rules = rules
        self._catalogue = catalogue
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._suspects = Suspects()
        self._unknown_fields: Counter[str] = Counter()
        self._copies_touched = False
        # The text of each broken file's last good version, which no file has any more: catalogues
        # can be deleted.
        self._last_good: dict[str, bytes] = {}
        # The slugs of articles that were deleted, with the paths that their files had.
        self.removed: Mapping[str, str] = {}
        self._missing: dict[str, float] = {}
        # The paths of entries with problems.
        self._faulty: set[str] = set()
        self._assets: dict[str, Stamp] = {}
        self._scan_problems: tuple[Problem, ...] = ()
        self._reported = False
        self._swept = False
        self._unsaved: dict[str, Entry] = {}
        self._unsaved_sources: dict[str, bytes] = {}
        self._waiting = 0
        self._unsaved_gone: set[str] = set()
        self.pending: frozenset[str] = frozenset()
        self.library = Library()

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
        self._entries = self._catalogue.entries()
        self._suspects.update(self._entries, ())
        for entry in self._entries.values():
            self._unknown_fields.update(_unknown_fields(entry))
        self._faulty = {path for path, entry in self._entries.items() if entry.problems}
        self.removed = self._catalogue.tombstones()
        for path, entry in self._entries.items():
            if entry.good not in ("", entry.digest):
                self._keep_good(path, entry.good)
        seen = self._look_at_all()
        self.library = self._snapshot()
        self._reported = True
        return self._take(seen.keys() | self._entries.keys(), seen, 0)

    def differences(self) -> set[str]:
        """Return the paths of all files that differ from what is known; safe beside `refresh`."""
        seen, assets, problems = self._scan(unhurried=True)
        self._note(problems)
        known = self._assets
        differing = {path for path in assets.keys() | known if assets.get(path) != known.get(path)}
        entries = self._entries
        # In one step, since another thread may add some.
        differing.update(set(entries).difference(seen))
        for path, stamp in seen.items():
            entry = entries.get(path)
            if entry is None or entry.mtime != stamp.mtime or entry.size != stamp.size:
                differing.add(path)
        return differing

    @property
    def held(self) -> str:
        """Why the texts are shown as before though most files are gone; '' where they are not."""
        return self._absence.reason

    def _note(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems of the walk; new ones let the next refresh make a snapshot."""
        if problems != self._scan_problems:
            self._scan_problems = problems
            self._reported = False

    def refresh(self, hints: Iterable[str] | None = None, settle: float = SETTLE) -> Library:
        """Look at the files and return the new snapshot; the same object where nothing has changed.

        `hints` names the paths to look at, relative to the folder; None looks at all. Files that
        may be in the middle of a save stay as they were and are named in `pending`: call again
        soon. `settle` is how old a file must be to be read without doubt, in seconds.
        """
        assets = self._assets
        if hints is None:
            seen = self._look_at_all()
            paths = seen.keys() | self._entries.keys()
        else:
            paths = set(hints)
            seen = self._look(paths)
        if self._assets != assets:
            self._reported = False
        return self._take(paths, seen, settle)

    def _look_at_all(self) -> dict[str, Stamp]:
        seen, self._assets, problems = self._scan()
        self._note(problems)
        return seen

    def _take(self, paths: Iterable[str], seen: Mapping[str, Stamp], settle: float) -> Library:
        """Read what has changed at the paths, by the stamps that were seen there."""
        changed: dict[str, Entry] = {}
        gone: list[str] = []
        pending: set[str] = set()
        for path in paths:
            stamp = seen.get(path)
            if stamp is None:
                self._vanish(path, settle, gone, pending)
            elif not self._known(path, stamp):
                self._read(path, stamp, settle, changed, pending)
        self.pending = frozenset(pending)
        before = [self._entries.get(path) for path in (*changed, *gone)]
        self._apply(changed, gone)
        if changed or gone or not self._reported:
            # Where this raises, the next look makes the library.
            self._reported = False
            after = [self._entries.get(path) for path in (*changed, *gone)]
            self.library = self._exchanged(before, after) or self._snapshot()
            self._reported = True
        return self.library

    def body(self, post: Post) -> str:
        """Return the Markdown of exactly this version of a post.

        Raises SourceGoneError where it is neither in the file nor in the catalogue.
        """
        data: bytes | None = None
        with contextlib.suppress(OSError):
            data, _ = read(self.root.file(post.path), self.rules.max_bytes)
        if data is None or digest(data) != post.digest:
            data = self._source(post.path, post.digest)
        if data is None:
            raise SourceGoneError(post.path)
        if post.body_start is None:
            return body_of(post.path, data, self.rules)
        # Most bodies are plain Markdown: their file need not be parsed once more.
        return without_controls(decode(data, post.path)[post.body_start :])

    def _source(self, path: str, wanted: str) -> bytes | None:
        good = self._last_good.get(path)
        if good is not None and digest(good) == wanted:
            return good
        return self._unsaved_sources.get(wanted) or self._catalogue.source(wanted)

    def save(self) -> None:
        """Write what `refresh` has found into the catalogue; readers need not wait for this."""
        unsaved = bool(self._unsaved or self._unsaved_gone)
        if unsaved:
            texts = chain(self._unsaved_sources.items(), self._sources(self._unsaved))
            if self._catalogue.save(self._unsaved, texts, self._unsaved_gone):
                self._unsaved = {}
                self._unsaved_sources = {}
                self._unsaved_gone = set()
                self._waiting = 0
        if self._catalogue.lost():
            self._catalogue.reopen()
            self._catalogue.save(self._entries, self._sources(self._entries), ())
        elif not unsaved and not self._swept:
            # Not right after a change: somebody may be reading the version before.
            self._catalogue.sweep()
            self._swept = True

    def close(self) -> None:
        """Close the catalogue; nothing is loaded after this."""
        self._catalogue.close()

    def forked(self) -> None:
        """Open a database connection for this process, after a fork."""
        self._catalogue.forked()

    def _sources(self, entries: Mapping[str, Entry]) -> Iterator[tuple[str, bytes]]:
        """Yield digest and bytes of those sources that are not in memory, read from the files."""
        for path, entry in entries.items():
            if path in self._last_good:
                yield entry.good, self._last_good[path]
            if entry.digest in self._unsaved_sources:
                continue
            with contextlib.suppress(OSError):
                data, _ = read(self.root.file(path), self.rules.max_bytes)
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
        if self._clock() - since < min(settle, REAPPEARS_WITHIN):
            pending.add(path)
            return
        del self._missing[path]
        gone.append(path)

    def _read(
        self, path: str, stamp: Stamp, settle: float, changed: dict[str, Entry], pending: set[str]
    ) -> None:
        age = self._clock() - stamp.mtime / 1e9
        if age < 0:
            # A file dated in the future is not being saved now.
            age = inf
        if stamp.size > self.rules.max_bytes:
            cause = f"The file has {stamp.size:,} bytes; the limit is {self.rules.max_bytes:,}."
            cure = "Split it, or raise the setting `max_post_bytes`."
            changed[path] = self._broken(path, stamp, "", Problem(Mark(path), cause, cure))
            return
        try:
            data = read_settled(self.root.file(path), stamp, age, settle)
        except FileNotFoundError:
            # It vanished since it was listed, as in the middle of a checkout: look again.
            pending.add(path)
            return
        except OSError as error:
            self._read_failed(path, stamp, error, changed)
            return
        if data is None:
            pending.add(path)
            return
        changed[path] = self._entry(path, stamp, data)
        self._waiting += len(data)
        if self._waiting <= WAITING:
            self._unsaved_sources[changed[path].digest] = data

    def _read_failed(
        self, path: str, stamp: Stamp, error: OSError, changed: dict[str, Entry]
    ) -> None:
        cause = f"The file cannot be read: {error.strerror}."
        if isinstance(error, PermissionError):
            problem = Problem(Mark(path), cause, "Check its permissions.")
            changed[path] = self._broken(path, stamp, "", problem)
            return
        # It may pass, such as too many open files: without the file's size it is read again at the
        # next look at all files, also after a restart.
        problem = Problem(Mark(path), cause, "It is tried again. Where this stays, check the disk.")
        broken = self._broken(path, replace(stamp, size=-1), "", problem)
        if broken != self._entries.get(path):
            changed[path] = broken

    def _entry(self, path: str, stamp: Stamp, data: bytes) -> Entry:
        old = self._entries.get(path)
        if old is not None and old.item is not None and old.digest == digest(data):
            return replace(old, mtime=stamp.mtime, size=stamp.size)
        parsed: Parsed = parse(path, data, self.rules)
        if parsed.item is None:
            return self._broken(path, stamp, digest(data), *parsed.problems)
        return Entry(
            stamp.mtime,
            stamp.size,
            parsed.item.digest,
            parsed.item.digest,
            parsed.item,
            parsed.problems,
        )

    def _broken(self, path: str, stamp: Stamp, mark: str, *problems: Problem) -> Entry:
        old = self._entries.get(path)
        item: Post | Author | None = None
        good = ""
        if old is not None:
            item = old.item
            good = old.good
        self._keep_good(path, good)
        if item is None and path in self._last_good:
            item = parse(path, self._last_good[path], self.rules).item
        if item is None:
            good = ""
        return Entry(stamp.mtime, stamp.size, mark, good, item, problems)

    def _keep_good(self, path: str, good: str) -> None:
        if not good:
            return
        data = self._source(path, good)
        if data is not None:
            self._last_good[path] = data

    def _apply(self, changed: dict[str, Entry], gone: list[str]) -> None:
        if not changed and not gone:
            return
        self._bury(changed, gone)
        touched = [*changed, *gone]
        self._copies_touched = self._suspects.concern(touched)
        self._suspects.update((path for path in changed if path not in self._entries), gone)
        self._copies_touched |= self._suspects.concern(touched)
        for path in touched:
            self._unknown_fields.subtract(_unknown_fields(self._entries.get(path)))
            self._unknown_fields.update(_unknown_fields(changed.get(path)))
        self._faulty.difference_update(touched)
        self._faulty.update(path for path, entry in changed.items() if entry.problems)
        for path in gone:
            del self._entries[path]
            self._unsaved.pop(path, None)
        self._entries.update(changed)
        for path in (*changed, *gone):
            if path not in changed or changed[path].good == changed[path].digest:
                self._last_good.pop(path, None)
        self._unsaved.update(changed)
        self._unsaved_gone = self._unsaved_gone.difference(changed).union(gone)

    def _bury(self, changed: Mapping[str, Entry], gone: Iterable[str]) -> None:
        """Record the visible articles whose files were deleted, but not those that were renamed."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        moved = {entry.good for entry in changed.values()}
        removed = {}
        for path in gone:
            entry = self._entries[path]
            post = entry.item
            if not isinstance(post, Post) or post.kind != "post" or entry.good in moved:
                continue
            if post.visible(now):
                # Where several files want a slug, or a number orders them, the file has another.
                removed[self.library.by_path.get(path, post).slug] = path
        if removed:
            newest = [*self.removed.items(), *removed.items()][-MAX_TOMBSTONES:]
            self.removed = dict(newest)
            self._catalogue.bury(removed)

    def _exchanged(
        self, before: Sequence[Entry | None], after: Sequence[Entry | None]
    ) -> Library | None:
        """Return the last snapshot with a few articles exchanged; None where more has changed."""
        if len(before) > FEW or self._copies_touched:
            return None
        gone = [entry.item for entry in before if entry and entry.item]
        new = [entry.item for entry in after if entry and entry.item]
        if any(isinstance(item, Author) or is_numbered(item.path) for item in (*gone, *new)):
            return None
        old_posts = [item for item in gone if isinstance(item, Post)]
        new_posts = [item for item in new if isinstance(item, Post)]
        problems = self._problems(self._copies())
        return self.library.replaced(old_posts, new_posts, problems, self._asset_stamps())

    def _snapshot(self) -> Library:
        copies = self._copies()
        shown = [self._entries[path].item for path in sorted(self._entries) if path not in copies]
        posts = unnumbered([item for item in shown if isinstance(item, Post)])
        authors = (item for item in shown if isinstance(item, Author))
        return Library(posts, authors, self._problems(copies), self._asset_stamps())

    def _copies(self) -> dict[str, str]:
        """Return the path of the original of each file that a tool copied."""
        return self._suspects.copies(self._entries, self._is_same)

    def _is_same(self, path: str, original: str) -> bool:
        """Whether two files are the same text: equal bytes, title and date, or explicit slug."""
        one = self._entries[path].item
        other = self._entries[original].item
        if one is None or other is None:
            return False
        if isinstance(one, Author) or isinstance(other, Author):
            return one.digest == other.digest
        if one.digest == other.digest:
            return True
        if one.explicit_slug and other.explicit_slug:
            return one.slug == other.slug
        dated = one.published is not None and one.published == other.published
        return dated and one.title == other.title

    def _problems(self, copies: Mapping[str, str]) -> list[Problem]:
        found = list(self._scan_problems)
        meant = {kind for kind, count in self._unknown_fields.items() if count > MAX_MISTAKEN}
        for path in self._faulty.difference(copies):
            problems = self._entries[path].problems
            found.extend(problem for problem in problems if problem.kind not in meant)
        found.extend(_copy_told(path, original) for path, original in copies.items())
        return found

    def _asset_stamps(self) -> dict[str, tuple[int, int]]:
        return {path: (stamp.mtime, stamp.size) for path, stamp in self._assets.items()}

    def _look(self, hints: Iterable[str]) -> dict[str, Stamp]:
        seen: dict[str, Stamp] = {}
        assets = dict(self._assets)
        for path in hints:
            try:
                self.root.resolve(path)
                status = os.stat(self.root.path / path)
            except OSError:
                assets.pop(path, None)
                continue
            if not stat.S_ISREG(status.st_mode):
                assets.pop(path, None)
                continue
            stamp = stamp_of(status)
            if path.lower().endswith(ASSET_SUFFIXES):
                if is_looked_at(path):
                    assets[path] = stamp
            elif is_content(path):
                seen[path] = stamp
        known = self._entries
        gone = {path: known[path].stamp for path in hints if path in known and path not in seen}
        new = sum(path not in known for path in seen)
        # While the last good state stays, only a look at all files ends that.
        is_held = bool(gone) and self.held != ""
        if is_held or (gone and self._absence.holds(len(known), max(0, len(gone) - new))):
            return {**gone, **seen}
        self._assets = assets
        return seen

    def _scan(
        self, unhurried: bool = False
    ) -> tuple[dict[str, Stamp], dict[str, Stamp], tuple[Problem, ...]]:
        """Return the stamps of posts and of other files by path, and the problems of the walk.

        With `unhurried` it lets other threads run in between.
        """
        seen: dict[str, Stamp] = {}
        assets: dict[str, Stamp] = {}
        problems: list[Problem] = []
        for number, (path, status) in enumerate(walk(self.root, problems)):
            if unhurried and number % 100 == 99:
                time.sleep(0.001)
            found = assets if path.lower().endswith(ASSET_SUFFIXES) else seen
            found[path] = stamp_of(status)
        count = len(self._entries)
        if self._absence.holds(count, max(0, count - len(seen))):
            entries = list(self._entries.items())
            seen = {**{path: entry.stamp for path, entry in entries}, **seen}
            assets = {**self._assets, **assets}
            cure = "Put the files back, or withdraw them by `flask posts withdraw`."
            problems = [problem for problem in problems if problem.mark.path != ROOT]
            problems.append(Problem(Mark(ROOT), self._absence.reason, cure))
        return seen, assets, tuple(sorted(problems))


def _unknown_fields(entry: Entry | None) -> list[str]:
    """Return the kind of each problem that reports an unknown field."""
    if entry is None or not entry.problems:
        return []
    return [problem.kind for problem in entry.problems if problem.kind.startswith(UNKNOWN_FIELD)]


def _copy_told(path: str, original: str) -> Problem:
    cause = f"{path} is a copy of {original} that a tool made, and is not shown."
    if not original:
        cause = f"{path} has a name that a tool gives to copies, and is not shown."
    cure = "Take from it what you need and delete it; rename it if readers are to see it."
    return Problem(Mark(path), cause, cure, "warning", kind="copy")
