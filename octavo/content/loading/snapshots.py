"""Snapshots: a Library of what the files hold, made anew or from the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from octavo.content.catalogue import Entry
from octavo.content.errors import Mark, Problem
from octavo.content.files.duplicates import Suspects
from octavo.content.files.names import is_numbered
from octavo.content.files.reading import Stamp
from octavo.content.files.walk import is_section
from octavo.content.frontmatter.fields import UNKNOWN_FIELD
from octavo.content.library.library import Library
from octavo.content.library.slug_conflicts import unnumbered
from octavo.content.loading.limits import FolderLimit, limited, limits_of_sections
from octavo.content.posts import Author, Post

# A field that stands in more files than these is the site's own and no mistake.
MAX_MISTAKEN = 5
# Up to this many changed files, a snapshot is made from the one before it.
MAX_EXCHANGED = 64


class Snapshots:
    """Makes libraries of `entries`, which are all files by path; `update` changes them."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        self.entries = entries
        self.library = Library()
        # Whether `library` shows all entries: then the next one can be made from it.
        self._is_current = False
        # What folders say about all of their texts.
        self.limits: tuple[FolderLimit, ...] = ()
        self._suspects = Suspects()
        self._suspects.update(entries, ())
        self._faulty = {path for path, entry in entries.items() if entry.problems}
        self._unknown_fields: Counter[str] = Counter()
        for entry in entries.values():
            self._unknown_fields.update(_unknown_fields(entry))

    def update(
        self,
        changed: Mapping[str, Entry],
        gone: Iterable[str],
        assets: Mapping[str, Stamp],
        problems: Iterable[Problem],
        limits: Sequence[FolderLimit] = (),
    ) -> Library:
        """Take over changed entries, forget those that are gone, and return the new library.

        `problems` are those of files that have no entry, `limits` what files of data say about all
        texts of their folders.
        """
        was_current = self._is_current
        # Where the rest of this raises, the next library is made anew.
        self._is_current = False
        touched = [*changed, *gone]
        before = [self.entries[path] for path in touched if path in self.entries]
        concerns_copies = self._suspects.concern(touched)
        self._take_over(changed, gone)
        concerns_copies |= self._suspects.concern(touched)
        copies = self._suspects.copies(self.entries, self._is_same)
        told = self._problems(copies, problems)
        sizes = {path: (stamp.mtime, stamp.size) for path, stamp in assets.items()}
        library: Library | None = None
        are_free = not (limits or self.limits or any(map(is_section, touched)))
        if was_current and are_free and not concerns_copies and len(touched) <= MAX_EXCHANGED:
            library = self._exchanged(before, changed.values(), told, sizes)
        if library is None:
            paths = [path for path in sorted(self.entries) if path not in copies]
            shown = [self.entries[path].item for path in paths]
            articles = [item for item in shown if isinstance(item, Post)]
            self.limits = (*limits, *limits_of_sections(articles))
            articles, more = limited(articles, self.limits)
            told.extend(more)
            posts = unnumbered(articles)
            authors = [item for item in shown if isinstance(item, Author)]
            library = Library(posts, authors, told, sizes)
        self.library = library
        self._is_current = True
        return library

    def _take_over(self, changed: Mapping[str, Entry], gone: Iterable[str]) -> None:
        self._suspects.update((path for path in changed if path not in self.entries), gone)
        for path in (*changed, *gone):
            if path in self.entries:
                self._unknown_fields.subtract(_unknown_fields(self.entries[path]))
        for entry in changed.values():
            self._unknown_fields.update(_unknown_fields(entry))
        self._faulty.difference_update(changed, gone)
        self._faulty.update(path for path, entry in changed.items() if entry.problems)
        for path in gone:
            del self.entries[path]
        self.entries.update(changed)

    def _exchanged(
        self,
        before: Iterable[Entry],
        after: Iterable[Entry],
        problems: list[Problem],
        sizes: Mapping[str, tuple[int, int]],
    ) -> Library | None:
        """Return the last library with a few articles exchanged; None where more has changed."""
        gone = [entry.item for entry in before if entry.item]
        new = [entry.item for entry in after if entry.item]
        if any(isinstance(item, Author) or is_numbered(item.path) for item in (*gone, *new)):
            return None
        old_posts = [item for item in gone if isinstance(item, Post)]
        new_posts = [item for item in new if isinstance(item, Post)]
        return self.library.replaced(old_posts, new_posts, problems, sizes)

    def _is_same(self, path: str, original: str) -> bool:
        """Whether two files are the same text: equal bytes, title and date, or explicit slug."""
        one = self.entries[path].item
        other = self.entries[original].item
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

    def _problems(self, copies: Mapping[str, str], others: Iterable[Problem]) -> list[Problem]:
        found = list(others)
        meant = {kind for kind, count in self._unknown_fields.items() if count > MAX_MISTAKEN}
        for path in self._faulty.difference(copies):
            problems = self.entries[path].problems
            found.extend(problem for problem in problems if problem.kind not in meant)
        found.extend(_copy_problem(path, original) for path, original in copies.items())
        return found


def _unknown_fields(entry: Entry) -> list[str]:
    """Return the kind of each problem that reports an unknown field."""
    if not entry.problems:
        return []
    return [problem.kind for problem in entry.problems if problem.kind.startswith(UNKNOWN_FIELD)]


def _copy_problem(path: str, original: str) -> Problem:
    cause = f"{path} is a copy of {original} that a tool made, and is not shown."
    if not original:
        cause = f"{path} has a name that a tool gives to copies, and is not shown."
    cure = "Take from it what you need and delete it; rename it if readers are to see it."
    return Problem(Mark(path), cause, cure, "warning", kind="copy")
