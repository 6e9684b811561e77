"""The site's search index: kept in step with the library by a thread, and searched by editions."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from octavo.content.digests import digest
from octavo.content.library.library import Edition
from octavo.content.library.related import Related
from octavo.content.loading.loader import SourceGoneError
from octavo.content.posts import Post
from octavo.content.prepared import Prepared
from octavo.content.slugs import slugify
from octavo.content.terms import Term, label_of
from octavo.hooks import CONTENT_HOOKS, OwnFacet, Plugins, own_facets
from octavo.search import (
    FACETS,
    PAGE_SIZE,
    Document,
    Embedder,
    EngineSettings,
    IndexStatus,
    Memoize,
    Results,
    SearchEngine,
    SharedTraits,
    Snapshot,
    Sort,
    Suggestion,
    SyncReport,
    UnknownEmbedderError,
    UnknownEngineError,
    Verification,
    file_name,
    open_embedder,
    open_engine,
)
from octavo.settings import Settings, SettingsError
from octavo.site.progress import Progress
from octavo.site.texts import Texts
from octavo.site.worker import Worker

log = logging.getLogger("octavo")

# Names of fields of queries, and of parameters of the pages of results, that no facet can have.
TAKEN = frozenset("title before after q sort exact live page".split())
# Seconds between two looks at the index folder, which anybody may delete at any moment.
CHECK_EVERY = 2.0
# Somebody who saves an article looks at its page first: indexing waits until nothing was saved for
# that long, up to a limit; seconds.
HEAD_START = 0.1
MAX_HEAD_START = 0.3
# Until the next try while another process writes; seconds.
RETRY_BUSY = 0.3
# Until the next try after the folder could not be written; seconds.
RETRY_UNWRITABLE = 30.0
# From this many articles on, indexing them is told in the terminal.
MANY = 200
# The rendered texts and related articles of the newest are made beforehand and kept for readers:
# somebody who saves an article looks at it. When a process begins, no page is made yet: then it is
# done for more of them.
KEPT = 50
KEPT_AT_START = 500
# Articles whose related ones are kept.
MAX_RELATED = 5_000
# The name of what is prepared of them.
RELATED = "related"

UNWRITTEN = (
    "The search index cannot be written at the moment, so the newest changes may not be found yet."
)


class SiteIndex:
    """Search for one site in one process; only what is in the given edition is found."""

    def __init__(
        self,
        root: Path,
        folder: Path,
        settings: Settings,
        edition: Callable[[], Edition],
        texts: Texts,
        memoize: Memoize,
        changed: Callable[[], None],
        plugins: Plugins,
        prepared: Prepared,
    ) -> None:
        """Open the search engine that the settings name, with `folder` for derived data.

        `root` is the site's folder, `edition` returns what readers see now, `texts` renders it,
        `memoize` keeps what is costly to find, and `changed` is called when the index is another
        one. `plugins` may bring the engine, an embedder, and texts that are indexed; `prepared`
        has related articles that an earlier process found.
        """
        self._settings = settings
        self._edition = edition
        self._texts = texts
        self._memoize = memoize
        self._changed = changed
        self._prepared = prepared
        engine_settings = EngineSettings(
            folder,
            settings.language,
            settings.zone,
            settings.search_url,
            _embedder(settings, root, plugins),
            settings.synonyms,
        )
        # The facets of this site alone: its taxonomies, and those of its plug-ins.
        self.facets: dict[str, OwnFacet] = {
            kind: OwnFacet(label_of(kind), partial(Post.terms, kind=kind))
            for kind in settings.taxonomies
        }
        for name, facet in own_facets(plugins).items():
            if name in (*FACETS, *self.facets, *TAKEN):
                log.error("The facet `%s` of a plug-in has a name that is taken.", name)
            else:
                self.facets[name] = facet
        # What else than its file decides how an article is indexed: plug-ins, and these facets.
        made_by = (plugins.digest_of((*CONTENT_HOOKS, "facets")), *sorted(self.facets))
        self._made_by = " ".join(filter(None, made_by))
        name = settings.search_engine
        self._engine: SearchEngine = plugins.first(
            "search_engine", name=name, settings=engine_settings
        )
        if self._engine is None:
            try:
                self._engine = open_engine(name, engine_settings)
            except UnknownEngineError as error:
                raise SettingsError(f"search_engine = {name!r}: {error}") from error
        self._snapshot: tuple[Edition, Snapshot] | None = None
        # The state of the index that was seen last; see SearchEngine.generation.
        self.generation: str | None = None
        self._related = _RelatedCache()
        # Whether this process has taken over what the one before found to be related.
        self._has_begun = False
        self.error = ""

    # Questions

    def snapshot(self, edition: Edition) -> Snapshot:
        """Return an edition as the engine's Snapshot; the same object for the same edition."""
        kept = self._snapshot
        if kept is None or kept[0] is not edition:
            terms = {"category": edition.categories, "tag": edition.tags, "author": edition.authors}
            names = {kind: _names(found) for kind, found in terms.items()}
            for name, facet in self.facets.items():
                names[name] = _values_of(edition, facet)
            posts = {post.path: post for post in edition.posts}
            made = Snapshot(
                posts,
                names,
                partial(_digest, self._made_by, edition),
                partial(_authors, edition),
                self._more,
            )
            kept = self._snapshot = (edition, made)
        return kept[1]

    def _more(self, post: Post) -> Mapping[str, tuple[str, ...]]:
        """Return a post's values of the site's own facets."""
        return {name: tuple(facet.values(post)) for name, facet in self.facets.items()}

    def search(
        self,
        edition: Edition,
        typed: str,
        *,
        selected: Mapping[str, Iterable[str]] = MappingProxyType({}),
        sort: Sort = "relevance",
        page: int = 1,
        size: int = PAGE_SIZE,
        correct: bool = True,
    ) -> Results:
        """Return the results for `typed`; see SearchEngine.search."""
        results = self._engine.search(
            typed,
            self.snapshot(edition),
            selected=selected,
            sort=sort,
            page=page,
            size=size,
            correct=correct,
            prefer_new=self._settings.prefer_new,
        )
        if self.error and not results.partial:
            results = replace(results, partial=True, notes=(*results.notes, UNWRITTEN))
        return results

    def suggest(self, edition: Edition, typed: str, limit: int = 8) -> list[Suggestion]:
        """Return titles, tags, categories and authors with words that begin as typed."""
        return self._engine.suggest(typed, self.snapshot(edition), limit)

    def related(self, edition: Edition, post: Post, count: int = 3) -> tuple[Related, ...]:
        """Return the articles nearest to `post`: by text, tags and category.

        They are chosen by tags and category alone during the first build of the index, and where
        nothing is near, as on a small site whose articles all have one tag.
        """
        cache = self._related
        if cache.edition is not edition or cache.generation != self.generation:
            cache = self._related = self._new_related(edition)
        key = (post.path, count)
        near = cache.found.get(key)
        if near is None:
            near = self._find_related(edition, post, count)
            if len(cache.found) < MAX_RELATED:
                cache.found[key] = near
        return near

    def _new_related(self, edition: Edition) -> _RelatedCache:
        """Return the related articles of the current state of the index, as far as they are known.

        That is at the start: what the process before has found for the same articles.
        """
        made = _RelatedCache(edition, self.generation)
        if self._has_begun or self.generation is None:
            return made
        self._has_begun = True
        posts = edition.library.by_path
        for path, count, near in self._prepared.find(RELATED, self._mark(made)) or ():
            if posts.keys() >= {path, *(other for other, _, _ in near)}:
                found = [Related(posts[other], score, reason) for other, score, reason in near]
                made.found[path, count] = tuple(found)
        made.saved = len(made.found)
        return made

    def _mark(self, cache: _RelatedCache) -> str:
        """Return the mark of the related articles of one state of the index."""
        assert cache.edition is not None
        return self._prepared.mark(f"{cache.edition.digest} {cache.generation}")

    def save_prepared(self) -> None:
        """Write the texts and related articles that were made, for processes to come."""
        self._texts.save()
        self._save_related()

    def _save_related(self) -> None:
        cache = self._related
        if len(cache.found) == cache.saved or cache.generation != self._engine.generation:
            return
        cache.saved = len(cache.found)
        rows = [
            (path, count, [(one.post.path, one.score, one.reason) for one in near])
            for (path, count), near in cache.found.copy().items()
        ]
        self._prepared.keep({RELATED: (self._mark(cache), rows)})

    def _find_related(self, edition: Edition, post: Post, count: int) -> tuple[Related, ...]:
        if not self._engine.complete:
            # A page would be rendered again after each commit of the first build.
            return edition.related(post, count)
        snapshot = self.snapshot(edition)
        spare = len(post.related) + len(post.related_exclude)
        found = self._engine.related(post.path, snapshot, count + spare, self._memoize)
        if not found:
            return edition.related(post, count)
        near = [
            Related(snapshot.posts[one.path], one.score, _reason(edition, one.shared))
            for one in found
        ]
        return edition.related(post, count, near)

    # The index

    @property
    def complete(self) -> bool:
        """Whether every article is in the index; False during its first build."""
        return self._engine.complete

    def status(self) -> IndexStatus:
        """Return the state of the index."""
        return self._engine.status()

    def verify(self) -> Verification:
        """Compare the index with the articles."""
        return self._engine.verify(self.files())

    def files(self) -> dict[str, str]:
        """Return the digest of each article by its path, the newest visible ones first."""
        edition = self._edition()
        files = {post.path: _digest(self._made_by, edition, post) for post in edition.posts}
        return files | {
            post.path: _digest(self._made_by, edition, post)
            for post in edition.library.posts
            if post.path not in files
        }

    def load(self, path: str, *, keep: bool = False) -> Document:
        """Return an article as the engine indexes it. Raises SourceGoneError where it is gone.

        With `keep` its rendered text is kept in memory for readers too.
        """
        edition = self._edition()
        post = edition.library.by_path.get(path)
        if post is None:
            raise SourceGoneError(path)
        rendered, resolved = self._texts.with_answers(edition, post, keep=keep)
        # A summary that was taken from the text would count these words twice.
        taken = post.summary.rstrip("…") in rendered.text
        return Document(
            path,
            _digest(self._made_by, edition, post),
            post.title,
            "" if taken else post.summary,
            tuple(heading.text for heading in rendered.headings),
            rendered.text,
            post.tags,
            post.category,
            _authors(edition, post),
            post.published,
            # All of them as they are written, so that an index does not depend on which articles
            # there were when it was made.
            tuple(map(file_name, resolved.links)),
            self._more(post),
        )

    def sync(
        self, pause: Callable[[bool], None] | None = None, *, fresh: bool = False
    ) -> SyncReport:
        """Make the index equal to the library; show the progress where it takes long.

        `pause` is called after each article (with False) and after each commit (True); what it
        raises ends the work, and what was committed stays.
        """
        files = self.files()
        work = _SyncWork(self, len(files), pause)
        report = self._engine.sync(files, work.load, work.committed, fresh=fresh)
        work.finish(report)
        if report.error and report.error != self.error:
            log.warning("%s", report.error)
        self.error = report.error
        self.notice()
        return report

    def look(self) -> bool:
        """Take up the index's state; return whether it has changed, whichever process wrote it."""
        before = self.generation
        self.generation = self._engine.generation
        return self.generation != before

    def notice(self) -> None:
        """Take up the index's state, and call `changed` if it is another one."""
        if self.look():
            self._changed()

    def warm(self, newest: int) -> Iterator[None]:
        """Make what the first readers after a change would wait for, step by step.

        That is for searches and completions, and for the pages of so many `newest` articles.
        """
        edition = self._edition()
        self.search(edition, "", correct=False)
        yield
        self.suggest(edition, "a")
        for post in edition.posts[:newest]:
            yield
            self.related(edition, post)
            with contextlib.suppress(SourceGoneError):
                self._texts.post(edition, post)

    def is_sound(self) -> bool:
        """Whether the index is complete and undamaged."""
        return self._engine.status().state == "ready"

    def close(self) -> None:
        """Close the engine; nothing is asked after this."""
        self._engine.close()


@dataclass(slots=True)
class _RelatedCache:
    """The related articles that one state of the index has for an edition.

    `found` has them by the path of an article and how many were asked for; so many of them as
    `saved` says are written.
    """

    edition: Edition | None = None
    generation: str | None = None
    saved: int = 0
    found: dict[tuple[str, int], tuple[Related, ...]] = field(default_factory=dict)


class _SyncWork:
    """What a sync asks for while it runs: the articles, and that its progress is shown."""

    def __init__(
        self, index: SiteIndex, articles: int, pause: Callable[[bool], None] | None
    ) -> None:
        self._index = index
        self._articles = articles
        self._pause = pause or (lambda committed: None)
        self._started = time.monotonic()
        self._loaded = 0
        self._before: int | None = None
        self._progress: Progress | None = None

    def load(self, path: str) -> Document:
        self._pause(False)
        document = self._index.load(path, keep=self._loaded < KEPT)
        self._loaded += 1
        self._tell()
        return document

    def committed(self, done: int, total: int) -> None:
        """Show the engine's progress; the first call tells how many articles there are to index."""
        if self._before is None:
            self._before = self._articles - total
            if total >= MANY:
                self._progress = Progress("Search index")
        self._tell()
        self._pause(True)

    def _tell(self) -> None:
        if self._progress is not None and self._before is not None:
            self._progress.show(self._before + self._loaded, self._articles)

    def finish(self, report: SyncReport) -> None:
        if self._progress is not None:
            seconds = time.monotonic() - self._started
            self._progress.finish(f"{report.added:,} articles indexed in {seconds:.0f} s.")


class _Interrupted(BaseException):
    """Ends a sync early. It is no Exception, since the engine reports those and goes on."""


class Indexer:
    """The thread that keeps the index in step with the library; one of all processes writes."""

    def __init__(self, index: SiteIndex, followers: Iterable[Callable[[], None]]) -> None:
        """`followers` are called after each look at the index, whether it was written or not."""
        self._followers = followers
        self._index = index
        self._stopping = threading.Event()
        self._wake = threading.Event()
        # Whether the pages of a process that begins have been prepared.
        self._has_warmed = False
        self._worker = Worker("octavo-index", self._run, patience=10)
        self._worker.start()

    def wake(self) -> None:
        """Tell that the library has changed."""
        self._wake.set()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping.set()
        self._worker.end()
        self._wake.set()
        self._worker.stop()

    def _run(self, stopping: threading.Event) -> None:
        """Look at the index every CHECK_EVERY seconds, and at once when the library has changed.

        While `behind`, the index lacks something, and each look tries again.
        """
        pause = 0.0
        behind = True
        while not stopping.is_set():
            changed = self._wake.wait(pause)
            if changed:
                self._wait_for_calm()
                self._wake.clear()
            try:
                self._index.notice()
                if behind or changed or not self._index.is_sound():
                    pause = self._catch_up()
                    behind = pause != CHECK_EVERY
                for follow in self._followers:
                    follow()
            except Exception:
                log.exception("the search index could not be brought up to date")
                behind = True
                self._stopping.wait(RETRY_UNWRITABLE)

    def _wait_for_calm(self) -> None:
        limit = time.monotonic() + MAX_HEAD_START
        while self._wake.is_set() and time.monotonic() < limit and not self._stopping.is_set():
            self._wake.clear()
            self._wake.wait(HEAD_START)

    def _catch_up(self) -> float:
        """Bring the index up to date; return the seconds until the next look.

        They are CHECK_EVERY where it is up to date then, and fewer where it is still behind.
        """
        try:
            report = self._index.sync(self._pause)
        except _Interrupted:
            return 0.0
        self._warm()
        if report.error:
            # Every save would wake it, and every try would be told in the terminal.
            self._stopping.wait(RETRY_UNWRITABLE)
            return 0.0
        if report.busy:
            return RETRY_BUSY
        return CHECK_EVERY

    def _warm(self) -> None:
        newest = KEPT_AT_START
        if self._has_warmed:
            newest = KEPT
        for _ in self._index.warm(newest):
            if self._wake.is_set() or self._stopping.is_set():
                return
        self._has_warmed = True
        self._index.save_prepared()

    def _pause(self, committed: bool) -> None:
        """End the first build where the library has changed: the newest articles go first."""
        changed = committed and self._wake.is_set() and not self._index.complete
        if changed or self._stopping.is_set():
            raise _Interrupted


def _embedder(settings: Settings, root: Path, plugins: Plugins) -> Embedder | None:
    """Return the embedder that the settings name; None where they name none."""
    name = settings.embedder
    if not name:
        return None
    model = settings.embedder_model
    found: Embedder | None = plugins.first("embedder", name=name, model=model)
    if found is not None:
        return found
    try:
        return open_embedder(name, model, root)
    except UnknownEmbedderError as error:
        raise SettingsError(f"embedder = {name!r}: {error}") from error


def _names(terms: Mapping[str, Term]) -> dict[str, str]:
    """Return the names of terms by their slugs."""
    return {slug: term.name for slug, term in terms.items()}


def _values_of(edition: Edition, facet: OwnFacet) -> dict[str, str]:
    """Return all values of a facet by their slugs."""
    found: dict[str, str] = {}
    for post in edition.posts:
        for name in facet.values(post):
            found.setdefault(slugify(name), name)
    return found


def _authors(edition: Edition, post: Post) -> tuple[str, ...]:
    """Return the names by which an article's authors are found: slug and name of each.

    The slug is that of the author's file, which may be named otherwise than the author.
    """
    found: list[str] = []
    for author in edition.authors_of(post):
        found += (author.slug, author.name)
    return tuple(found)


def _digest(made_by: str, edition: Edition, post: Post) -> str:
    """Return the digest of all that is indexed of an article.

    That is its file, its authors' names, and the plug-ins and taxonomies that `made_by` tells.
    """
    indexed = _digest_of_file(edition, post)
    if made_by:
        indexed = digest(f"{made_by} {indexed}".encode())
    return indexed


def _digest_of_file(edition: Edition, post: Post) -> str:
    if not edition.library.authors:
        return post.digest
    authors = edition.authors_of(post)
    if all(
        author.name in post.authors and author.slug == slugify(author.name) for author in authors
    ):
        return post.digest
    parts = "\0".join([post.digest, *_authors(edition, post)])
    return digest(parts.encode("utf-8", "surrogatepass"))


def _reason(edition: Edition, shared: SharedTraits) -> str:
    """Return in words for readers what two articles have in common; '' for nothing."""
    tags = [edition.tags[slug].name for slug in shared.tags if slug in edition.tags]
    if tags:
        return f"shares {', '.join(tags[:3])}"
    if shared.words:
        return f"also about {', '.join(shared.words)}"
    if shared.category in edition.categories:
        return f"shares {edition.categories[shared.category].name}"
    return ""
