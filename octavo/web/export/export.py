"""One export: which files are made anew, by which processes, and what happens to the others.

What has changed since the last export is known as the page cache knows it (`ChangedKeys`): a file
is made again where it has one of the keys that the change touches, or where its time is over.
"""

from __future__ import annotations

import gc
import gzip
import multiprocessing
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import cast
from urllib.parse import quote

import brotli
from flask import Flask

from octavo.content.digests import digest_texts
from octavo.content.library.library import Edition
from octavo.content.loading.loader import SourceGoneError
from octavo.site.progress import Progress
from octavo.site.site import Site
from octavo.web.export import pagefind, redirects, search
from octavo.web.export.addresses import SEARCH, all_addresses, file_of, record_at
from octavo.web.export.answers import SiteReader
from octavo.web.export.folder import PLANNED, ExportError, ExportFolder, digest_of
from octavo.web.export.links import CLASSIC, Links
from octavo.web.export.record import Made, Record
from octavo.web.export.scripts import classic
from octavo.web.pages.errors import ANY_PATH
from octavo.web.read_model.changed_keys import ChangedKeys, apart
from octavo.web.read_model.dependencies import all_surrogate_keys, surrogate_key
from octavo.web.read_model.read_model import ReadModel
from octavo.web.theme.assets import Assets

# Fewer files are made by this process alone: to begin others takes longer.
MIN_SHARED = 400
# So many articles near a changed one are made again, since it may be related to them now.
MAX_NEAR = 30
# Files that a process makes before it takes more.
CHUNK = 50
ENCODED = (".gz", ".br")
_TEXTS = (
    ".html", ".xml", ".json", ".txt", ".md", ".css", ".js", ".svg", ".webmanifest", ".ico", ".vtt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How a site is exported.

    `relative` makes it for reading from disk, `compressed` puts gzip and brotli beside each text,
    `everything` makes every file again, `covers` adds the drawn covers that social networks show,
    `pagefind` has Pagefind make the index of the search, and `processes` is how many work at it.
    """

    relative: bool = False
    compressed: bool = False
    everything: bool = False
    covers: bool = True
    pagefind: bool = False
    processes: int = 1


@dataclass(slots=True)
class ExportReport:
    """What an export did: numbers of files, addresses that failed, and foreign files left alone."""

    files: int = 0
    made: int = 0
    written: int = 0
    deleted: int = 0
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


class Export:
    """Writes one site into one folder; the site stands still meanwhile."""

    def __init__(self, app: Flask, path: Path, options: ExportOptions) -> None:
        """Raises ExportError where the folder is none for an export, or Pagefind is not there."""
        if options.pagefind:
            pagefind.require()
        self._app = app
        self._site: Site = app.extensions["octavo"]
        self._assets = cast(Assets, app.extensions["octavo_assets"])
        self._options = options
        self._folder = ExportFolder(path)
        self._root = str(path)
        self._record = Record(Path(app.instance_path), path)
        self._refuse_sources()
        self._site.disable_background_work()
        # Nobody counts the readers of files, nor looks for their writer.
        self._site.views = None
        app.debug = False
        self._site.check_for_changes()
        self._site.index.sync()
        # The next export need not read what has not changed.
        self._site.save()
        # The library stays until the end: a collector that walks it again only takes time.
        gc.freeze()
        self._version = self._site.current()
        self._reader = SiteReader(app, self._version)
        self._outcome = ExportReport()
        self._links = Links(self._site.addresses, (), relative=options.relative)
        inside = self._site.addresses.inside
        edition = self._version.edition
        self._articles = {inside(self._site.addresses.post(post)): post for post in edition.posts}
        # What the search is to have of articles that were made, by their slugs.
        self._entries: dict[str, bytes] = {}

    def _refuse_sources(self) -> None:
        """Raise ExportError where the folder is in one that the site is made from."""
        site = self._site
        sources = [site.root / name for name in ("static", "templates", "data")]
        for source in (site.posts_dir, site.index_dir, site.instance_dir, *sources):
            if self._folder.path.resolve().is_relative_to(source.resolve()):
                raise ExportError(
                    f"{self._folder.path} is in {source}, which the site is made from. "
                    "Name a folder beside it."
                )

    def run(self) -> ExportReport:
        """Bring the folder up to date. Raises ExportError or OSError where it cannot be written."""
        # What is read stays until the end; pages in great numbers are made with the collector.
        gc.disable()
        try:
            with self._record.lock():
                if self._folder.has_changed():
                    self._folder = ExportFolder(self._folder.path)
                return self._run()
        finally:
            gc.enable()

    def _run(self) -> ExportReport:
        edition = self._version.edition
        addresses = dict.fromkeys(all_addresses(self._site, edition, self._assets))
        self._links = Links(self._site.addresses, addresses, relative=self._options.relative)
        made_by = self._made_by()
        old = self._last(made_by)
        kept = self._kept(old)
        self._record.begin()
        done: dict[str, Made] = {}
        self._make(addresses, kept, done)
        loaded = set(" ".join([made.loaded for made in done.values()]).split())
        more = [path for path in sorted(loaded) if path not in done and self._wants(path)]
        self._make(more, kept, done)
        files = {made.file for made in done.values() if made.file}
        files |= {file for file in map(_file_or_none, self._outcome.failed) if self._had(file)}
        files |= self._write_search(is_whole=not old)
        beside = self._scripts() | self._redirects(files)
        files |= self._write_beside(beside)
        files |= set(chain.from_iterable(map(self._beside, files)))
        self._outcome.deleted = self._folder.keep_only(files)
        self._outcome.files = len(files)
        facts = {"made_by": made_by, "now": repr(self._site.clock()), "list": self._folder.save()}
        self._record.save(facts, edition, done, self._entries)
        self._record.close()
        return self._outcome

    def _made_by(self) -> str:
        """Return the digest of what all files are made from beside the posts."""
        version = self._version
        pages_by = (self._options.relative, self._options.pagefind)
        parts = [version.theme, version.redirects, repr(version.data), repr(pages_by)]
        return digest_texts(parts)

    def _last(self, made_by: str) -> list[Made]:
        """Return the files of the last export; none where another one has to be made whole."""
        facts = self._record.facts()
        is_same = facts.get("made_by") == made_by and facts.get("list") == self._folder.stamp()
        if self._options.everything or not is_same:
            return []
        return self._record.answers()

    def _kept(self, old: list[Made]) -> dict[str, Made]:
        """Return those of the last export's files that would come out the same, by address."""
        if not old:
            return {}
        edition = self._version.edition
        before = self._record.edition(float(self._record.facts()["now"]), edition)
        changed_keys = ChangedKeys(self._site, before, edition).all()
        if changed_keys == {"everything"} and before.library.authors == edition.library.authors:
            changed_keys = frozenset()
        near = self._near(before)
        near = {made.address for made in old if made.address in near and self._has_others(made)}
        now = self._site.clock()
        return {
            made.address: made
            for made in old
            if made.since <= now < made.until
            and changed_keys.isdisjoint(made.keys.split())
            and made.address not in near
        }

    def _near(self, before: Edition) -> set[str]:
        """Return the addresses of the articles that changed ones may be related to now."""
        edition = self._version.edition
        found = set()
        for slug in apart(before.by_slug, edition.by_slug):
            post = edition.by_slug.get(slug)
            if post is not None:
                for near in self._site.index.related(edition, post, MAX_NEAR):
                    address = self._site.addresses.post(near.post)
                    found.add(self._site.addresses.inside(address))
        return found

    def _has_others(self, made: Made) -> bool:
        """Whether other articles are related to an article than when its page was made."""
        post = self._articles.get(made.address)
        return post is None or made.related != self._reader.related(post.slug)

    def _wants(self, address: str) -> bool:
        return self._options.covers or not address.endswith(".png") or "/covers/" not in address

    def _make(self, addresses: Iterable[str], kept: dict[str, Made], done: dict[str, Made]) -> None:
        """Make the files of addresses that are not kept; note all of them in `done`."""
        wanted: dict[str, str] = {}
        for address in addresses:
            if address in kept and self._is_there(kept[address].file):
                done[address] = kept[address]
                continue
            try:
                wanted[address] = file_of(address)
            except ValueError:
                self._outcome.failed.append(address)
        foreign = self._plan(wanted.values())
        wanted = {address: file for address, file in wanted.items() if file not in foreign}
        progress = Progress("Export", things="files")
        for number, result in enumerate(self._results(list(wanted)), 1):
            self._take(result)
            if result.made is None:
                self._outcome.failed.append(result.address)
            else:
                done[result.address] = result.made
                if result.entry:
                    self._entries[self._articles[result.address].slug] = result.entry
            progress.show(number, len(wanted))

    def _had(self, file: str) -> bool:
        """Whether an earlier export has written a file."""
        return self._folder.digests.get(file, PLANNED) != PLANNED

    def _plan(self, files: Iterable[str]) -> set[str]:
        """Take files for the export; return those that are somebody else's."""
        planned = [each for file in files for each in (file, *self._beside(file))]
        foreign = self._folder.plan(planned)
        self._outcome.foreign += foreign
        return set(foreign)

    def _take(self, result: Result) -> None:
        self._folder.digests.update(result.digests)
        self._outcome.made += 1
        self._outcome.written += result.written

    def _is_there(self, file: str) -> bool:
        if not file:
            return True
        if not os.path.exists(f"{self._root}/{file}"):
            return False
        return all(os.path.exists(f"{self._root}/{one}") for one in self._beside(file))

    def _beside(self, file: str) -> list[str]:
        """Return the names of a text's compressed forms."""
        if self._options.compressed and file.lower().endswith(_TEXTS):
            return [file + ending for ending in ENCODED]
        return []

    def _results(self, addresses: list[str]) -> Iterator[Result]:
        """Yield the result for each address, in any order."""
        if len(addresses) >= MIN_SHARED:
            gc.enable()
        can_fork = "fork" in multiprocessing.get_all_start_methods()
        if len(addresses) < MIN_SHARED or self._options.processes < 2 or not can_fork:
            yield from map(self.make, addresses)
            return
        # What there is by now is shared by all processes, and not walked by their collectors.
        gc.freeze()
        forks = multiprocessing.get_context("fork")
        with forks.Pool(self._options.processes, _begin, (self,)) as pool:
            yield from pool.imap_unordered(_make_one, addresses, CHUNK)

    def begin_process(self) -> None:
        """Prepare a forked process: its site does not watch the files either."""
        self._site.disable_background_work()

    def make(self, address: str) -> Result:
        """Return the file for an address, without a record where its post has just been saved."""
        try:
            return self._made(address)
        except SourceGoneError:
            # It was saved a moment ago: the next export has it.
            return Result(address, None)

    def _made(self, address: str) -> Result:
        answer = self._reader.get(address)
        is_page = answer.status == (404 if address == ANY_PATH else 200)
        keys = self._record_keys(address) or answer.keys
        if not is_page or address.startswith(SEARCH):
            # These look at more than they note.
            keys = (*keys, "everything")
        made = Made(address, "", " ".join(keys), answer.since, answer.until, related=answer.related)
        if answer.status >= 500 or answer.is_transient:
            return Result(address, None)
        if not is_page:
            return Result(address, made)
        data = answer.data
        loaded = ""
        if answer.mimetype in _NAMING:
            text = data.decode("utf-8")
            if answer.mimetype in _WITH_LINKS:
                if address == SEARCH:
                    text = search.with_script(text, self._site, self._assets)
                text = self._links.page(text, address)
            data = text.encode("utf-8")
            loaded = " ".join(sorted(self._links.loaded(answer.data.decode("utf-8"))))
        file = file_of(address)
        made = replace(made, file=file, loaded=loaded)
        entry = self._entry(address)
        return replace(self._write(address, file, data), made=made, entry=entry)

    def _write(self, address: str, file: str, data: bytes) -> Result:
        """Write a file, and what is beside it, where it is not there as it should be."""
        digest = digest_of(data)
        each = (file, *self._beside(file))
        written = 0
        if not all(self._folder.has(one, digest) for one in each):
            written = 1
            self._folder.write(file, data)
            for one in each[1:]:
                self._folder.write(one, _ENCODERS[one[-3:]](data))
        return Result(address, None, dict.fromkeys(each, digest), written)

    def _record_keys(self, address: str) -> tuple[str, ...]:
        """Return the surrogate keys of the API's record at an address; () for other addresses.

        The API asks for all articles, and so does not note which of them it shows.
        """
        plural, slug = record_at(address) or ("", "")
        here = ReadModel(self._site, self._version.edition)
        if plural in ("posts", "pages"):
            kind = plural.removesuffix("s")
            post = here.post(slug, kind)
            here.card(slug, kind)
            if post is not None:
                here.text(post)
            return all_surrogate_keys(here.answers)
        if plural == "authors":
            return (surrogate_key("author", slug),)
        if plural == "tags":
            return surrogate_key("tag", slug), surrogate_key("category", slug)
        return ()

    def _entry(self, address: str) -> bytes:
        """Return what the search has of the article at an address; b'' where there is none."""
        post = self._articles.get(address)
        if post is None:
            return b""
        here = ReadModel(self._site, self._version.edition)
        return search.entry_of(self._site, here, post, relative=self._options.relative)

    def _write_search(self, *, is_whole: bool) -> set[str]:
        """Write the parts of the search's index that have changed; return all of its files."""
        if self._options.pagefind:
            return self._write_pagefind(is_whole=is_whole)
        parts = search.Parts(self._part)
        listed = {post.slug for post in self._articles.values()}
        for slug, entry in self._entries.items():
            old = b"" if is_whole else self._record.entry(slug)
            if old != entry:
                parts.change(slug, old, entry)
        there: set[str] = set()
        if not is_whole:
            there = {file for file in self._folder.digests if search.is_part(file)}
            for slug in self._record.entries() - listed:
                parts.change(slug, self._record.entry(slug), b"")
        changed = {file: self._part(file) for file in there if not self._is_there(file)}
        changed |= parts.files(is_whole=is_whole)
        files = there | {file for file, data in changed.items() if data}
        files -= {file for file, data in changed.items() if not data}
        changed |= search.facts_files(self._site, len(listed), files)
        self._write_beside({file: data for file, data in changed.items() if data})
        return files | set(search.FACTS)

    def _write_pagefind(self, *, is_whole: bool) -> set[str]:
        """Write Pagefind's index where an article has changed; return all of its files."""
        listed = {post.slug: post for post in self._articles.values()}
        there = {file for file in self._folder.digests if file.startswith(pagefind.FOLDER)}
        there = {file for file in there if not file.endswith(ENCODED)}
        is_same = not is_whole and not self._entries and self._record.entries() == listed.keys()
        if not there or not is_same or not all(map(self._is_there, there)):
            here = ReadModel(self._site, self._version.edition)
            articles = [
                pagefind.IndexedArticle.of(self._site, here, post)
                for _, post in sorted(listed.items())
            ]
            there = self._write_beside(pagefind.index_files(articles, self._site.settings.language))
        facts = search.facts_files(self._site, len(listed), (), pagefind=True)
        return there | self._write_beside(facts)

    def _part(self, file: str) -> bytes:
        """Return a part of the search's index as it was written. Raises ExportError."""
        if self._folder.digests.get(file, PLANNED) == PLANNED:
            return b""
        try:
            data = (self._folder.path / file).read_bytes()
        except FileNotFoundError:
            data = b""
        if digest_of(data) != self._folder.digests[file]:
            raise ExportError(f"{file} was changed by somebody else: `--all` makes it again.")
        return data

    def _scripts(self) -> dict[str, bytes]:
        """Return the classic scripts for reading from disk, by their files."""
        if not self._options.relative:
            return {}
        scripts = [one for one in self._assets.by_name.values() if one.name.endswith(".js")]
        by_url = {script.url: script for script in scripts}
        return {
            file_of(script.url.removesuffix(".js") + CLASSIC): classic(script, by_url)
            for script in scripts
        }

    def _redirects(self, files: Collection[str]) -> dict[str, bytes]:
        """Return what leads from old addresses to new ones, where no page is, by its files."""
        moves = redirects.moves(self._site, self._version.edition)
        found = {redirects.RULES: redirects.rules(self._site, moves).encode("utf-8")}
        for path, target in moves.items():
            file = redirects.file_of_move(path)
            if file is not None and not _is_taken(file, files) and not _is_taken(file, found):
                page = redirects.page(self._app, self._site, target)
                found[file] = self._links.page(page, f"/{quote(file)}").encode("utf-8")
        return found

    def _write_beside(self, found: dict[str, bytes]) -> set[str]:
        """Write files that are at no address of the site; return those that could be."""
        foreign = self._plan(found)
        for file, data in found.items():
            if file not in foreign:
                self._take(self._write(file, file, data))
        return found.keys() - foreign


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one address: its file, or None where it failed, and what was written."""

    address: str
    made: Made | None
    digests: dict[str, str] = field(default_factory=dict)
    written: int = 0
    entry: bytes = b""


_WITH_LINKS = ("text/html", "application/opensearchdescription+xml")
# What names other files that belong to the site.
_NAMING = {
    "text/html",
    "text/css",
    "application/atom+xml",
    "application/rss+xml",
    "application/xml",
    "application/opensearchdescription+xml",
}
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": partial(gzip.compress, compresslevel=9, mtime=0),
    ".br": partial(brotli.compress, quality=11),
}


def _is_taken(file: str, files: Collection[str]) -> bool:
    """Whether a file, or one that would have to be a folder for it, is among others."""
    parents = [str(parent) for parent in PurePosixPath(file).parents]
    return any(each in files for each in (file, *parents))


def _file_or_none(address: str) -> str:
    """Return an address's file; '' where it can have none."""
    try:
        return file_of(address)
    except ValueError:
        return ""


# The export that a forked process works for.
_worked_for: list[Export] = []


def _begin(export: Export) -> None:
    export.begin_process()
    _worked_for[:] = [export]


def _make_one(address: str) -> Result:
    return _worked_for[0].make(address)
