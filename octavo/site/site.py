"""The site in one process: its settings, library, texts and search index, and their upkeep."""

from __future__ import annotations

import gc
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

from octavo.content.catalogue import Catalogue
from octavo.content.errors import Problem
from octavo.content.files.data import DataFiles
from octavo.content.files.locks import locked
from octavo.content.images import Picture
from octavo.content.library.library import Edition, Library
from octavo.content.library.link_names import alias_key
from octavo.content.library.related import Related
from octavo.content.loading.limits import FolderLimit
from octavo.content.loading.loader import SETTLE, Loader
from octavo.content.markdown.render import Hosts, Rendered, Say, Typography, english
from octavo.content.markdown.targets import host_of
from octavo.content.parse import Rules
from octavo.content.posts import Post
from octavo.content.prepared import Prepared
from octavo.content.slugs import PAGE_ENDING, link_name
from octavo.content.terms import TAXONOMIES
from octavo.hooks import CONTENT_HOOKS, Plugins, as_json, own_feeds, own_fields, own_pages
from octavo.search import Memoize, not_memoized
from octavo.settings import Restart, Settings, plugins_of
from octavo.site.addresses import STATIC_ROOT, Addresses, AddressResolver, Folders
from octavo.site.addresses.dead_links import DeadLinks
from octavo.site.addresses.places import RESERVED
from octavo.site.addresses.redirect_rules import NAME as REDIRECTS
from octavo.site.addresses.redirect_rules import Redirects
from octavo.site.counter import Views
from octavo.site.indexing import Indexer, SiteIndex
from octavo.site.pictures import Pictures
from octavo.site.report import grouped
from octavo.site.texts import Texts
from octavo.site.watcher import Watcher
from octavo.site.weak import Lock, after_fork, at_exit

log = logging.getLogger("octavo")

# The folder of data files, in the site's.
DATA = "data"
# Problems told in the terminal at once.
MAX_REPORTED = 20
# How a problem of a severity is logged.
LEVELS = {"error": logging.ERROR, "warning": logging.WARNING}


class SiteTheme(Protocol):
    """What all pages share beside the posts: templates, static files, settings.

    The web room has the one that sites use; here it is only told apart by its digests.
    """

    @property
    def digest(self) -> str:
        """The digest of all of it, as it is used now."""
        ...

    @property
    def common(self) -> str:
        """The digest of what every page shares: all but the single templates and static files."""
        ...

    def template(self, name: str) -> str | None:
        """Return the digest of a template and all that it uses; None where there is none."""
        ...

    def asset(self, name: str) -> str | None:
        """Return the hashed address of the static file at `/static/NAME`, or None."""
        ...

    @property
    def folders(self) -> Sequence[Path]:
        """The folders of its files, which may be missing."""
        ...

    def reload(self) -> None:
        """Read its files again where they have changed."""
        ...

    def serves(self, path: str) -> bool:
        """Whether there is a static file at a path such as `/static/css/site.css`."""
        ...

    @property
    def say(self) -> Say:
        """What says a phrase in the site's words; another one where these have changed."""
        ...


class NoTheme:
    """The theme of a site without pages."""

    digest = ""
    common = ""
    folders: Sequence[Path] = ()

    @property
    def say(self) -> Say:
        """What says phrases as they are given."""
        return english

    def template(self, name: str) -> str | None:
        """Return None: there are no templates."""
        return None

    def asset(self, name: str) -> str | None:
        """Return None: there are no files."""
        return None

    def reload(self) -> None:
        """Do nothing: there are no files."""

    def serves(self, path: str) -> bool:
        """Return False: there are no files."""
        return False


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """All that pages are made from; each change makes another object.

    `edition` is what readers see of the library, `theme` the digest of what pages share,
    `redirects` that of the rules in `_redirects`, `data` what the data files hold, `index` the
    state of the search index, and `since` when this process saw the change, in seconds since the
    epoch. Caches hold `mark`, which is as unique, in place of the version,
    so that an old edition can be freed.
    """

    edition: Edition
    theme: str
    redirects: str
    data: object
    index: object
    since: float
    mark: object = field(default_factory=object)

    @property
    def library(self) -> Library:
        """All posts."""
        return self.edition.library

    def shares(self, other: Version) -> bool:
        """Whether two versions have the same theme, redirects and data files."""
        return self.theme == other.theme and self._shares_files(other)

    def differs_in_theme(self, other: Version) -> bool:
        """Whether two versions differ in their theme alone."""
        is_same = self.edition is other.edition and self.index == other.index
        return is_same and self._shares_files(other)

    def _shares_files(self, other: Version) -> bool:
        return self.redirects == other.redirects and self.data is other.data


def rules_of(settings: Settings, plugins: Plugins) -> Rules:
    """Return how the files of a site are read, by its settings and plug-ins."""
    return Rules(
        settings.zone,
        settings.slug_from,
        settings.max_post_bytes,
        Typography(settings.language, settings.smart_punctuation),
        shortcodes=frozenset(name.lower() for name in plugins.table("shortcodes")),
        own_fields=own_fields(plugins),
        taxonomies={**TAXONOMIES, **settings.taxonomies},
    )


class Site:
    """One site in one process. `edition()` is what readers see now.

    It holds the parts of a site and gives each what it needs: the loader that reads the files, the
    texts that are rendered, the search index, the addresses and so on. A command uses it as it is.
    A server calls `start`, at the first request of each process: from then on the watcher and the
    indexer follow the files, and call `refresh` and `check_for_changes`. Whatever changes, the next
    call of `current` makes another Version, by which pages know whether they are as they were.
    """

    # Whether this is what a preview link shows.
    is_preview = False

    def __init__(
        self,
        root: Path,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        *,
        plugins: Plugins | None = None,
        theme: SiteTheme | None = None,
        memoize: Memoize = not_memoized,
        developed: bool = False,
    ) -> None:
        """Load the library of the site in `root`. No thread runs until `start`.

        `plugins` are by default those of `root`, `theme` is what all pages share, and `memoize`
        keeps results that are costly to make. A `developed` site is shown to its writer alone.
        """
        self.root = root
        self.settings = settings
        self.clock = clock
        if settings.at:
            self.clock = _clock_from(settings)
        self.developed = developed
        self.plugins = plugins or plugins_of(root, settings)
        self.own_pages = own_pages(self.plugins)
        self.own_feeds = own_feeds(self.plugins)
        self._questions = self.plugins.table("questions")
        self._api_fields = self.plugins.table("api_fields")
        self.posts_dir = root / settings.posts_dir
        self.index_dir = root / settings.search_index_dir
        self.instance_dir = root / settings.instance_dir
        self.cache_dir = root / settings.cache_folder
        self.theme: SiteTheme = theme or NoTheme()
        self._memoize = memoize
        # Called when the site begins to work in a process: other parts have threads of their own.
        self.starting: list[Callable[[], None]] = []
        # Called when the site is closed.
        self.closing: list[Callable[[], None]] = []
        # Called at each new version, by the thread that saw the change: they only wake others.
        self.renewed: list[Callable[[], None]] = []
        # Called again and again by the thread that keeps the index, while the site works.
        self.indexed: list[Callable[[], None]] = []
        self.views = self._new_views()
        # Written by `flask posts withdraw`: what is gone from posts/ is meant to be.
        self.withdrawal = self.instance_dir / "withdrawal"
        self.rules = rules_of(settings, self.plugins)
        self._loader = self._make_loader(clock)
        self.addresses = Addresses.of(settings)
        self.redirects = Redirects(root / REDIRECTS)
        self.data = DataFiles(root / DATA)
        self._restart = Restart(root)
        # Open and locked in the process that leads.
        self._lead: IO[bytes] | None = None
        self.folders = Folders(self._loader.root, root / STATIC_ROOT)
        self._prepared = Prepared(self.index_dir / "prepared.sqlite", self._prepares_with)
        self.texts = self._new_texts()
        self.pictures = Pictures(self.cache_dir, self.addresses.largest_copy)
        self._set_up_process()
        edition = self._edition_of(self._loader.load(), self.clock())
        self.version = self._version_of(edition, None, self.clock())
        after_fork(self._forked, self._file_locks)

    # How its parts are made

    def _new_views(self) -> Views | None:
        """Return the counter of views; None where the site does not count."""
        if not (self.settings.views and self.plugins.has("views")):
            return None
        return Views(
            self.instance_dir / "views.sqlite",
            lambda: self.clock(),
            self.cache_dir / "readers.sqlite",
        )

    def _version_of(self, edition: Edition, index: object, since: float) -> Version:
        theme = self.theme.digest
        return Version(edition, theme, self.redirects.digest, self.data.by_name, index, since)

    def _make_loader(self, clock: Callable[[], float]) -> Loader:
        made_by = f"{self.rules!r} {self.plugins.digest_of(CONTENT_HOOKS)}".rstrip()
        self._catalogue = Catalogue(self.index_dir, made_by)
        return Loader(
            self.posts_dir,
            self.rules,
            self._catalogue,
            clock,
            linked=[self.root / folder for folder in self.settings.linked_folders],
            withdraw_after=self.settings.withdraw_after,
            withdrawal=self.withdrawal,
        )

    def _new_texts(self) -> Texts:
        hosts = self.settings.hosts
        return Texts(
            self.body,
            self.resolver,
            self.addresses,
            typography=self.rules.typography,
            hosts=Hosts(
                frames=frozenset(hosts.get("frames", ())),
                pictures=frozenset(hosts.get("pictures", ())),
                media=frozenset(hosts.get("media", ())),
                own=self.addresses.own,
            ),
            saying=lambda: self.theme.say,
            plugins=self.plugins,
            prepared=self._prepared,
        )

    def _prepares_with(self) -> str:
        """Return the digest of what texts are made with beside their files; '' if it is unknown.

        So it is while the theme is read again, and where plug-ins add to texts.
        """
        if not self.theme.digest or self.plugins.digest_of(CONTENT_HOOKS):
            return ""
        return self.theme.common

    def _set_up_process(self) -> None:
        """Set up what belongs to one process: locks, threads and the open index."""
        self._refreshing = threading.Lock()
        self._looking = threading.Lock()
        self._renewing = threading.Lock()
        self._starting = threading.Lock()
        self._watcher: Watcher | None = None
        self._indexer: Indexer | None = None
        self._started = False
        self.index = SiteIndex(
            self.root,
            self.index_dir,
            self.settings,
            self.edition,
            self.texts,
            self._memoize,
            self.check_for_changes,
            self.plugins,
            self._prepared,
        )

    # What it is at this moment

    @property
    def library(self) -> Library:
        """All posts, as of the last look at the files."""
        return self.version.library

    def current(self) -> Version:
        """Return the version of the site now, with the changes of all threads and processes."""
        with self._renewing:
            old = self.version
            now = self.clock()
            edition = self._edition_of(self._loader.library, now)
            new = self._version_of(edition, self.index.generation, now)
            is_same = new.index == old.index and new.shares(old)
            if is_same and edition is not old.edition and edition.library is old.library:
                # The clock alone has changed it.
                new = replace(new, since=max(old.since, edition.since))
            if edition is not old.edition or not is_same:
                self.version = new
                for tell in self.renewed:
                    tell()
            return self.version

    @property
    def suspected_loss(self) -> str:
        """Why texts whose files are gone are still shown, in words; '' where none are."""
        return self._loader.suspected_loss

    @property
    def folder_limits(self) -> tuple[FolderLimit, ...]:
        """What files say about who may read the texts of their folders."""
        return self._loader.limits

    def edition(self) -> Edition:
        """Return what readers may see now; the same object until a file or the clock changes it."""
        return self._edition_of(self.library, self.clock())

    def _edition_of(self, library: Library, now: float) -> Edition:
        if self.settings.drafts:
            return library.whole
        return library.at(now)

    @property
    def shows_more(self) -> bool:
        """Whether pages show drafts, or the site at another moment (settings `drafts` and `at`)."""
        return self.settings.drafts or self.settings.at != ""

    # Work in the background

    def disable_background_work(self) -> None:
        """Have `start` do nothing: for commands, which need a site that does not change."""
        self._started = True

    def start(self) -> None:
        """Begin to watch and index the files and to count views, once in each process."""
        if not self._started:
            with self._starting:
                self._begin()

    def _begin(self) -> None:
        if self._started:
            return
        if self.settings.watch:
            # The library was loaded when the process began, which may be long ago: what has gone
            # since is gone.
            self.refresh(settle=0)
            beside = (*self.theme.folders, self.root / DATA)
            self._watcher = Watcher(
                self.posts_dir,
                self.check_for_changes,
                self._loader.differences,
                self.refresh,
                self.save_part,
                beside,
                self._loader.root.linked,
            )
        else:
            self.check_for_changes()
        if self.settings.indexing:
            self._indexer = Indexer(self.index, self.indexed)
            at_exit(self.index.save_prepared)
        if self.views is not None:
            self.views.start()
        # The library lives as long as the process: a collector that walks it costs 80 ms at 14,000
        # posts.
        gc.freeze()
        for begin in self.starting:
            begin()
        # Here and not when the library is loaded: commands do not start the site, and report in
        # their own way.
        self._report(frozenset())
        self._started = True

    def refresh(self, hints: Iterable[str] | None = None, settle: float = SETTLE) -> frozenset[str]:
        """Look at the files again, or only at `hints`; replace the library where one has changed.

        Returns the paths that were in the middle of a save, to be looked at again.
        """
        if hints is None:
            self.check_for_changes()
        with self._refreshing:
            before = self.library
            self._loader.refresh(hints, settle)
            pending = self._loader.pending
            library = self.current().library
        if library is not before:
            if self._indexer is not None:
                self._indexer.wake()
            self._report(frozenset(before.problems))
        return pending

    def check_for_changes(self) -> None:
        """Take up changes of what pages depend on beside posts: theme, redirects, data, index.

        Logs what is wrong with them, and that settings have changed which need a restart.
        """
        # Several threads look: each change is to be taken up only once.
        with self._looking:
            self.theme.reload()
            if self.redirects.look():
                for problem in self.redirects.problems:
                    log.warning("%s", problem)
            self.data.look()
            self.index.look()
            self.current()
            warning = self._restart.warning()
        if warning and self._leads():
            log.warning("%s", warning)

    def _leads(self) -> bool:
        """Whether this process tells the operator what all processes of the site notice.

        It is the first that has something to tell, until it ends.
        """
        if self._lead is not None:
            return True
        try:
            self.cache_dir.mkdir(parents=True, exist_ok=True)
            file = (self.cache_dir / "lead.lock").open("ab")
        except OSError:
            return True
        if not locked(file, patience=0):
            file.close()
            return False
        self._lead = file
        return True

    def save(self) -> None:
        """Write all that `refresh` has found into the catalogue."""
        with self._refreshing:
            self._loader.save()

    def save_part(self) -> bool:
        """Write some of what `refresh` has found; return whether nothing is left to write."""
        with self._refreshing:
            return self._loader.save_part()

    # Questions of pages and commands

    def body(self, post: Post) -> str:
        """Return the Markdown of a post. Raises SourceGoneError where it is gone."""
        return self._loader.body(post)

    def related(self, edition: Edition, post: Post, count: int = 3) -> tuple[Related, ...]:
        """Return the articles to read after `post`: those that `related:` names, then the nearest.

        The answer depends on the edition and the index alone.
        """
        return self.index.related(edition, post, count)

    def resolver(self, edition: Edition) -> AddressResolver:
        """Return the address resolver of an edition."""
        own = [page.pattern for _, page in self.own_pages.values()]
        own += [re.compile(rf"/(?:\w+/[^/]+/)?{re.escape(file)}") for file in self.own_feeds]
        return AddressResolver(edition, self.addresses, self.folders, own)

    def answer(self, edition: Edition, question: str, *arguments: str | int | None) -> Any:
        """Return a plug-in's answer to a question; None where no plug-in knows it, or it fails."""
        brought = self._questions.get(question)
        if brought is None:
            return None
        ask = self.plugins.guarded(brought, f"questions: {question}")
        return ask(self, edition, *arguments)

    def extra_of(self, post: Post) -> dict[str, Any]:
        """Return the front matter of a post that the engine does not know, and plug-ins' fields."""
        found = dict(post.extra)
        for name, brought in self._api_fields.items():
            value = self.plugins.guarded(brought, f"api_fields: {name}")(post)
            try:
                found[name] = as_json(value)
            except ValueError:
                self.plugins.tell(brought.plugin, f"api_fields: {name}")
                found[name] = None
        return found

    def picture(self, owner: str, target: str) -> tuple[str, Picture] | None:
        """Return path and facts of the picture that `target` names in the file `owner`, or None.

        The path is as Folders.file takes it.
        """
        return self.resolver(self.edition()).picture(owner, target)

    def may_show(self, url: str) -> bool:
        """Whether pages may show the picture at an https address of another host."""
        host = host_of(url)
        return host != "" and host in self.settings.hosts.get("pictures", ())

    def reads_query(self, path: str) -> bool:
        """Whether old addresses with this path are told apart by their query."""
        key = path.strip("/")
        return self.redirects.reads_query or self.edition().reads_query(key)

    def is_removed(self, path: str) -> bool:
        """Whether an article stood at a path whose file has been deleted since (410 Gone)."""
        library = self.library
        key = alias_key(path)
        names = {*self.addresses.slugs_in(path), f"/{key}"}
        if PAGE_ENDING.search(key) and key.partition("/")[0] not in RESERVED:
            names.add(link_name(key))
        if not any(name in self._loader.removed and name not in library.by_slug for name in names):
            return False
        # It may have another name, and be kept from readers.
        return self.resolver(library.whole).by_alias(path) is None

    def dead_links(self, edition: Edition) -> DeadLinks:
        """Return the finder of links and pictures that lead nowhere in an edition's texts."""

        def rendered(post: Post) -> Rendered:
            return self.texts.post(edition, post)

        return DeadLinks(
            self.resolver(edition),
            self.resolver(edition.library.whole),
            self.folders,
            self.addresses,
            rendered,
            self.theme.serves,
            self.redirects,
        )

    def _report(self, known: frozenset[Problem]) -> None:
        """Log the problems that are not among `known`."""
        new = [problem for problem in self.library.problems if problem not in known]
        groups = grouped(new)
        for group in groups[:MAX_REPORTED]:
            log.log(LEVELS[group.first.severity], "%s", group)
        if len(groups) > MAX_REPORTED:
            left = sum(group.count for group in groups[MAX_REPORTED:])
            log.warning("%d more problems; `flask check` tells them.", left)

    def _file_locks(self) -> tuple[Lock, ...]:
        return self._catalogue.lock, self._prepared.lock

    def _forked(self) -> None:
        self.texts.forked()
        self._set_up_process()
        self._loader.forked()

    def close(self) -> None:
        """Stop all threads, write the catalogue and close it; the site is not used after this."""
        if self._watcher is not None:
            self._watcher.stop()
        if self._indexer is not None:
            self._indexer.stop()
            self.index.save_prepared()
        self._watcher = self._indexer = None
        self._started = False
        self.pictures.close()
        if self.views is not None:
            self.views.close()
        for end in self.closing:
            end()
        self.save()
        self._loader.close()
        self._prepared.close()
        if self._lead is not None:
            self._lead.close()


def _clock_from(settings: Settings) -> Callable[[], float]:
    """Return a clock that shows the moment of the setting `at` now, and goes on from there."""
    moment = datetime.fromisoformat(settings.at)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=settings.zone)
    ahead = moment.timestamp() - time.time()
    return lambda: time.time() + ahead
