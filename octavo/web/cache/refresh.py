"""The refresh of a page: it is revalidated, fetched from the store, or rendered and kept."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field, fields
from math import inf
from typing import Any, NamedTuple

from werkzeug.wrappers import Response

from octavo.site.site import Site, Version
from octavo.web.cache.cached_page import MISSING, REDIRECTS, CachedPage, Pools, load
from octavo.web.cache.plans import CanonicalRequest
from octavo.web.cache.representation import CacheStatus
from octavo.web.cache.store import Store
from octavo.web.read_model.changed_keys import ChangedKeys
from octavo.web.read_model.dependencies import Fingerprints, dependencies_of, listed_in
from octavo.web.read_model.read_model import ReadModel

# For how long the answer is kept that there is no page; seconds.
MISSING_SECONDS = 10
# After a render failed, the last good page is shown for this long before the next try; seconds.
RETRY_SECONDS = 10.0
# Related articles follow a change within so many seconds.
MAX_LAG = 5.0
# Pages whose related articles wait to be asked for again, and how long that is done at a time, by
# the thread that keeps the index; seconds.
MAX_RELATED_DUE = 20_000
MAX_FOLLOWING = 0.2
# So many new pages wait to be compressed better, by the same thread.
MAX_UNREFINED = 1_000
# Of so many versions it is known what has changed since.
MAX_VERSIONS = 32
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Basis(NamedTuple):
    """What a page is made from; a later Basis that differs shows that something has changed."""

    version: Version
    invalidations: int


class Outcome(NamedTuple):
    """A page that is fresh, or None where Flask is to answer; and where the page came from.

    Without a `status` it was in this process's memory.
    """

    page: CachedPage | None
    status: CacheStatus | None = None


@dataclass(slots=True)
class Counts:
    """What the cache did since the process began; `seconds` is the time spent on rendering."""

    misses: int = 0
    renders: int = 0
    revalidated: int = 0
    fetched: int = 0
    collapsed: int = 0
    failed: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Since:
    """The keys touched since a version, and when the first change came: epoch seconds."""

    keys: set[str] = field(default_factory=set)
    first_change: float = inf


class History:
    """The keys that changes have touched since each of the last versions of a site.

    Readers' processes compute them once for each change, when the first page is asked for after it.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._latest: Version | None = None
        # By their marks.
        self._since: dict[object, Since] = {}
        self._lock = threading.Lock()

    def advance(self, version: Version) -> None:
        """Take over the site's current version."""
        if version is self._latest:
            return
        with self._lock:
            if version is self._latest:
                return
            before = self._latest
            keys = self._touched(before, version) if before else None
            if keys is None:
                self._since.clear()
            else:
                for since in self._since.values():
                    since.keys.update(keys)
                    since.first_change = min(since.first_change, version.since)
            self._since.pop(version.mark, None)
            while len(self._since) >= MAX_VERSIONS:
                del self._since[next(iter(self._since))]
            self._since[version.mark] = Since()
            self._latest = version

    def since(self, mark: object) -> Since | None:
        """Return what has happened since the version of that mark; None where it is not known."""
        return self._since.get(mark)

    def _touched(self, before: Version, after: Version) -> Set[str] | None:
        """Return the keys touched from one version to the next; None where all pages may be."""
        if not after.shares(before):
            return None
        if before.edition is after.edition:
            # Only the index changed: pages of plug-ins may have asked it anything, and related
            # articles are asked again by MAX_LAG anyway.
            return {"everything"}
        try:
            return ChangedKeys(self._site, before.edition, after.edition).all()
        except Exception:  # whatever it is, pages that are made again meet it too and report it
            return None


class Refresher:
    """Makes pages fresh, in the pools and in the store.

    A page that is there is revalidated where that is enough: by its keys, which costs nothing, or
    by asking its questions again. Its caller takes care that no page is made twice at a time.
    """

    def __init__(self, inner: Application, site: Site, store: Store, pools: Pools) -> None:
        """`inner` is the WSGI application that renders."""
        self.counts = Counts()
        self._inner = inner
        self._site = site
        self._store = store
        self._pools = pools
        self._shared_seconds = site.settings.shared_seconds
        self._purged_by = site.settings.purge_header
        self._fingerprints: tuple[Version, Fingerprints] | None = None
        self._history = History(site)
        # Pages whose related articles are to be asked again, and those to be compressed better.
        self._related_due: deque[CachedPage] = deque(maxlen=MAX_RELATED_DUE)
        self._unrefined: deque[CachedPage] = deque(maxlen=MAX_UNREFINED)
        # Held while a page's version is looked at and set, or a page is invalidated.
        self._lock = threading.Lock()
        # How often pages were invalidated one by one, and when last.
        self._invalidations = 0
        self._invalidated = -inf

    def basis(self) -> Basis:
        """Return what a page would be made from now."""
        version = self._site.current()
        self._history.advance(version)
        return Basis(version, self._invalidations)

    def revalidate_by_keys(self, page: CachedPage) -> bool:
        """Mark a page as fresh if no change since its version touched one of its keys.

        Returns whether it was marked.

        Related articles are excepted: `follow` asks for them again within MAX_LAG seconds. False
        also for pages of a limited lifetime, and for those that ask plug-ins.
        """
        if page.mark is None or page.lifetime or page.asks_plugins:
            return False
        basis = self.basis()
        with self._lock:
            since = self._history.since(page.mark)
            if since is None or not since.keys.isdisjoint(page.keys):
                return False
            deadline = page.deadline
            if page.has_related:
                deadline = min(deadline, since.first_change + MAX_LAG)
            now = self._site.clock()
            if not (page.window[0] <= now < page.window[1] and now < deadline):
                return False
            if page.has_related and page.deadline == inf:
                self._related_due.append(page)
            page.settle(self._changed(basis))
            page.mark_fresh(basis.version, self._shared_seconds, deadline)
        return True

    def follow(self) -> None:
        """Do what readers need not wait for, for about MAX_FOLLOWING seconds.

        Related articles are checked on pages that were revalidated by their keys alone, and pages
        on which they differ are dropped; then new pages are compressed better.
        """
        end = time.monotonic() + MAX_FOLLOWING
        while self._related_due and time.monotonic() < end:
            page = self._related_due.popleft()
            if page.pool is not None and page.deadline < inf:
                basis = self.basis()
                if not self._revalidate_by_answers(page, basis):
                    page.invalidate()
        while self._unrefined and time.monotonic() < end:
            page = self._unrefined.popleft()
            pool = page.pool
            if pool is not None and not page.is_refined:
                page.refine()
                pool.grown(page)

    def refine_later(self, page: CachedPage) -> None:
        """Have a kept page that was compressed for a reader who waited compressed better."""
        if page.pool is not None and page.compressible and not (page.is_refined or page.lifetime):
            self._unrefined.append(page)

    def refresh(self, request: CanonicalRequest, basis: Basis) -> Outcome:
        """Return the page in memory if it can be revalidated, else the store's, else a new one."""
        old = self._pools.get(request.key)
        if old is not None and not old.lifetime and self._revalidate_by_answers(old, basis):
            self.counts.revalidated += 1
            return Outcome(old)
        self.counts.misses += 1
        if request.plan.unbounded or not self._store.shared:
            return self._render(request, old, basis)
        # Asked before the lock too: processes that wait for a store that hangs shall not also wait
        # for each other.
        found = self._fetch(request)
        if found is None or not self._revalidate_by_answers(found, basis):
            with self._store.lock(request.key):
                found = self._fetch(request)
                if found is None or not self._revalidate_by_answers(found, basis):
                    return self._render(request, found or old, basis)
        self.counts.fetched += 1
        return Outcome(found, CacheStatus())

    def _revalidate_by_answers(self, page: CachedPage, basis: Basis) -> bool:
        """Mark a page as fresh if its questions have the same answers now; return whether."""
        if not page.window[0] <= self._site.clock() < page.window[1]:
            return False
        if not self._known(basis).match(page.dependencies):
            return False
        page.settle(self._changed(basis))
        self._mark_fresh(page, basis)
        return True

    def _mark_fresh(self, page: CachedPage, basis: Basis, deadline: float = inf) -> None:
        if page.asks_plugins:
            deadline = min(deadline, self._site.clock() + MAX_LAG)
        with self._lock:
            page.mark_fresh(basis.version, self._shared_seconds, deadline)
            self._invalidate_late(page, basis)

    def _invalidate_late(self, page: CachedPage, basis: Basis) -> None:
        """Invalidate a page if any page has been invalidated since its `basis` was taken.

        It may have been this one, and it was made with what was known before.
        """
        if basis.invalidations != self._invalidations:
            page.invalidate()

    def _mark_fresh_until(self, page: CachedPage, basis: Basis, deadline: float) -> None:
        """Mark a page as fresh until a time, even if the index has changed meanwhile.

        Such a page is never compared with the index again.
        """
        now = self.basis()
        if now.version.edition is basis.version.edition:
            basis = now
        self._mark_fresh(page, basis, deadline)

    def _changed(self, basis: Basis) -> float:
        """Return when the site last changed, as far as this process knows.

        What other processes showed before this one began is as unknown as what was shown before a
        change.
        """
        return max(basis.version.since, basis.version.edition.since, self._invalidated)

    def _known(self, basis: Basis) -> Fingerprints:
        """Return the known fingerprints of the version's answers."""
        version = basis.version
        known = self._fingerprints
        if known is None or known[0] is not version:
            found = Fingerprints(ReadModel(self._site, version.edition))
            if known is not None and version.differs_in_theme(known[0]):
                found.take_over(known[1])
            known = self._fingerprints = (version, found)
        return known[1]

    def _fetch(self, request: CanonicalRequest) -> CachedPage | None:
        """Return the page in the store, or None; put it into memory, not yet marked as fresh."""
        found = self._store.get(request.key)
        page = load(*found) if found else None
        if page is not None:
            page.request = request
            self._pools.existing.put(request.key, page, self._site.clock())
        return page

    def _render(self, request: CanonicalRequest, old: CachedPage | None, basis: Basis) -> Outcome:
        """Return the page that Flask makes, or `old`, the last good one, where it fails."""
        status = CacheStatus("stale" if old else "uri-miss")
        model = ReadModel(self._site, basis.version.edition)
        # Every page depends on it.
        model.theme()
        start = time.perf_counter()
        environ = request.environ(self._site.settings.base_url, model)
        answer = Response.from_app(self._inner, environ, buffered=True)
        self.counts.renders += 1
        self.counts.seconds += time.perf_counter() - start
        code = answer.status_code
        if code >= 500:
            self.counts.failed += 1
            page = self._last_good(old, basis) or CachedPage.transient(answer)
            return Outcome(page, status._replace(failed_with=code))
        if not _is_for_everybody(answer) or code not in (200, *MISSING, *REDIRECTS):
            return Outcome(None, status)
        if code in REDIRECTS:
            return Outcome(CachedPage.transient(answer), status)
        page = self._page(request, old, answer, model, basis)
        is_kept = self._keep(request, page, code, basis)
        return Outcome(page, status._replace(stored=is_kept))

    def _page(
        self,
        request: CanonicalRequest,
        old: CachedPage | None,
        answer: Response,
        model: ReadModel,
        basis: Basis,
    ) -> CachedPage:
        """Return the page of an answer; its dependencies are what `model` was asked."""
        fingerprints = self._known(basis)
        dependencies = dependencies_of(model.answers, fingerprints.known)
        lifetime = MISSING_SECONDS
        if answer.status_code == 200:
            lifetime = request.plan.seconds
            # Not for missing pages: the number of their addresses has no limit.
            fingerprints.learn(dependencies)
        now = self._site.clock()
        page = CachedPage.made(
            answer, dependencies, now, lifetime, self._shared_seconds, self._purged_by
        )
        page.request = request
        page.window = model.window
        page.listed = listed_in(model.answers)
        page.date(old, self._changed(basis))
        return page

    def _keep(self, request: CanonicalRequest, page: CachedPage, code: int, basis: Basis) -> bool:
        """Keep a page that is fresh or can be revalidated; return whether it was kept.

        It is not where there is no room, where the theme changed during the render, or, for a page
        that is kept for a fixed time, where anything did.
        """
        after = self.basis()
        if after.version.theme != basis.version.theme:
            return False
        if request.plan.seconds and after != basis:
            return False
        if page.lifetime:
            self._mark_fresh_until(page, basis, page.made_at + page.lifetime)
        else:
            self._mark_fresh(page, basis)
        chosen = self._pools.existing
        if code in MISSING:
            chosen = self._pools.missing
        elif request.plan.unbounded:
            chosen = self._pools.unbounded
        elif self._store.shared:
            # Compressed once, for all processes.
            page.is_refined = True
            self._store.set(request.key, *page.dump())
        has_room = self._pools.put(request.key, page, self._site.clock(), chosen)
        # `invalidate` did not find it in the pools while it was written to the store.
        self._invalidate_late(page, basis)
        return has_room

    def _last_good(self, old: CachedPage | None, basis: Basis) -> CachedPage | None:
        """Return the page from before a failed render; None where it shows something withdrawn."""
        if old is None or old.lifetime:
            return None
        if self._known(basis).withdrawn(old.dependencies, old.listed):
            return None
        self._mark_fresh_until(old, basis, self._site.clock() + RETRY_SECONDS)
        return old

    def invalidate(self, key: str) -> None:
        """Have a page, also one in the making, revalidated or rendered again before it is shown."""
        with self._lock:
            self._invalidations += 1
            self._invalidated = max(self._invalidated, self._site.clock())
            self._pools.invalidate(key)

    def fingerprints_known(self) -> int:
        """Return how many answers of the current edition are known by their fingerprints."""
        known = self._fingerprints
        if known is None:
            return 0
        return len(known[1].known)

    def forked(self) -> None:
        """Start anew in a child process."""
        self._fingerprints = None
        self._lock = threading.Lock()
        self._history = History(self._site)
        self._related_due.clear()
        self._unrefined.clear()
        for count in fields(self.counts):
            setattr(self.counts, count.name, count.default)
        self._pools.forked()


def _is_for_everybody(answer: Response) -> bool:
    """Whether an answer may be shown to other readers too (RFC 9111, section 3)."""
    control = answer.headers.get("Cache-Control", "")
    return (
        "Set-Cookie" not in answer.headers
        and "private" not in control
        and "no-store" not in control
    )
