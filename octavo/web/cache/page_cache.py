"""The page cache: a WSGI layer in front of Flask that answers from ready bytes.

Everything that a reader waits for is done before: an answer is a look-up, a comparison and two
calls. A page knows the questions that its render asked (dependencies.py). While the library is the
same object and the clock is within its edition, the page is right; after a change its questions are
asked again, and it is rendered again only if an answer differs.

A request goes no further down than it must: `__call__` sends a page that is there and right;
`_look_further` finds out which page is meant; `_page` lets one request get it while others wait;
`_obtain` confirms what was there, else fetches it from the store, else renders it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any
from urllib.parse import unquote

from flask import Flask

from octavo.content.library import Edition
from octavo.site.site import Site
from octavo.site.weak import weak
from octavo.web.cache.plans import Route, route_of
from octavo.web.cache.pool import Pool
from octavo.web.cache.ready import Answer, Page, Ready, asked_again, load, preferred
from octavo.web.cache.store import Store
from octavo.web.read_model.dependencies import Fingerprints, dependencies_of, listed_in
from octavo.web.read_model.read_model import ReadModel

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

# Anybody can ask for pages that are not there, and for as many searches as they like: the pages
# that readers want make no room for these.
MISSING_BYTES = 4_000_000
MISSING_SECONDS = 10
WIDE_SHARE = 8
# After a render failed, the last good page is shown for this long before the next try; seconds.
RETRY = 10.0
# How long a request waits for another one that renders the same page; seconds.
WAIT = 30.0
# A longer path and query are not remembered; characters.
LONGEST_ADDRESS = 2_000
# How a page was come by that another process made; that is no hit of this one's memory.
FETCHED = "hit"
# Different Accept-Encoding headers that are remembered, and the characters of one.
ENCODINGS, LONGEST_ACCEPTED = 500, 200
# Addresses that are remembered with what a view sees of them: those with a query, and those that no
# page is kept for under its bare path, such as random ones. One takes 0.3 KB, the longest 2.1 KB.
ROUTES = 2_000


@dataclass(slots=True)
class Flight:
    """One render that several requests wait for."""

    edition: Edition
    turn: int
    done: threading.Event = field(default_factory=threading.Event)
    page: Page | None = None
    how: str = ""
    landed: bool = False


@dataclass(slots=True)
class Counts:
    """What the cache did since the process began; `seconds` were spent rendering."""

    misses: int = 0
    renders: int = 0
    confirmed: int = 0
    fetched: int = 0
    collapsed: int = 0
    failed: int = 0
    seconds: float = 0.0


class PageCache:
    """WSGI middleware: pages of views marked `cached` come from memory, everything else from Flask."""

    def __init__(self, app: Flask, site: Site, store: Store) -> None:
        self._app = app
        self.inner = app.wsgi_app
        self._site = site
        self.store = store
        self._seconds = site.settings.shared_seconds
        room = site.settings.cache_bytes if store.kind != "none" else 0
        self._kept, self._wide = Pool(room), Pool(room // WIDE_SHARE)
        self._missing = Pool(min(room, MISSING_BYTES))
        self._pools = (self._kept, self._wide, self._missing)
        # The same dict for good, one look-up nearer.
        self._pages = self._kept.pages
        self._routes: dict[tuple[str, str], Route | None] = {}
        self._encodings: dict[str, int] = {}
        self._lock = threading.Lock()
        self._flights: dict[str, Flight] = {}
        # Edition and theme that pages were last asked for in, what is known of its answers, and
        # when it began.
        self._fingerprints: tuple[Edition, str, Fingerprints] | None = None
        self._changed = -inf
        # Theme and search index that pages were last doubted for: their answers change within an
        # edition.
        self._watched: tuple[str, object] = (site.theme, None)
        # How often pages were doubted. Who confirms or renders one meanwhile began with older
        # answers: see `_doubt`.
        self._turns = 0
        site.watched.append(self._watch)
        self.counts = Counts()
        os.register_at_fork(after_in_child=weak(self._forked))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        if not environ.get("QUERY_STRING"):
            page = self._pages.get(environ["PATH_INFO"])
            if page is not None and page.library is self._site.library:
                now = self._site.clock()
                if page.since <= now < page.headers_until and environ["REQUEST_METHOD"] in (
                    "GET",
                    "HEAD",
                ):
                    return self._send(page, environ, start_response, now)
        return self._look_further(environ, start_response)

    def _send(
        self, page: Page, environ: Environ, start_response: StartResponse, now: float, how: str = ""
    ) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encoding = self._encodings.get(accepted)
        if encoding is None:
            encoding = self._negotiate(accepted)
        ready = page.ready[encoding] or self._prepare(page, encoding)
        page.seen = now
        if not how:
            page.hits += 1
        # A list, because servers send one at once that they would otherwise stream (granian).
        headers, status, body = ready.headers, page.status, [ready.body]
        asked = "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ
        if asked and page.redate(now):
            ready = self._prepare(page, encoding)
            headers = ready.headers
        # Told by 304 of no time left, nginx goes by the page's old headers.
        if asked and now < page.headers_until and page.is_known(ready, environ, now):
            headers, status, body = ready.not_modified, "304 NOT MODIFIED", []
        elif environ["REQUEST_METHOD"] == "HEAD":
            body = []
        if how or now >= page.headers_until:
            headers = page.headers_at(now, headers, how)
        start_response(status, headers[:])
        return body

    def _negotiate(self, accepted: str) -> int:
        if len(self._encodings) >= ENCODINGS:
            self._encodings.clear()
        encoding = preferred(accepted)
        if len(accepted) <= LONGEST_ACCEPTED:
            self._encodings[accepted] = encoding
        return encoding

    def _prepare(self, page: Page, encoding: int) -> Ready:
        with page.lock:
            # Others may have waited for this one's compression.
            ready = page.ready[encoding] or page.prepare(encoding)
        for pool in self._pools:
            pool.grown(page)
        return ready

    def _look_further(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.inner(environ, start_response)
        route = self._route(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        if route is not None:
            # A process that finds every page in a shared store never asks Flask, which would have
            # begun to watch.
            self._site.start()
            page, how = self._page(route)
            # A redirect keeps the whole query, of which the route has no more than the view reads.
            reads_all = environ.get("QUERY_STRING", "") == route.query
            if page is not None and (reads_all or not self._needs_query(page, route)):
                return self._send(page, environ, start_response, self._site.clock(), how)
        return self.inner(environ, asked_again(start_response))

    def _needs_query(self, page: Page, route: Route) -> bool:
        is_missing = page.status.startswith("404")
        return page.is_redirect or (is_missing and self._site.reads_query(route.path))

    def _route(self, path: str, query: str) -> Route | None:
        """Return what a cached view sees of a request; None where the view is not a cached one."""
        page = None if query else self._pages.get(path)
        if page is not None:
            return page.route
        address = path, query
        if address in self._routes:
            return self._routes[address]
        route = route_of(self._app, self._site, path, query)
        if len(path) + len(query) <= LONGEST_ADDRESS:
            if len(self._routes) >= ROUTES:
                self._routes.clear()
            self._routes[address] = route
        return route

    def _page(self, route: Route) -> tuple[Page | None, str]:
        """Return a page that is right now, and how it was come by in the words of Cache-Status;
        None: ask Flask.
        """
        while True:
            edition, turn = self._site.edition(), self._turns
            page = self._right_page(route.key)
            if page is not None:
                return page, ""
            with self._lock:
                flight = self._flights.get(route.key)
                leads = flight is None
                if flight is None:
                    flight = self._flights[route.key] = Flight(edition, turn)
            if leads:
                return self._lead(flight, route)
            self.counts.collapsed += 1
            if not flight.done.wait(WAIT):
                return self._obtain(route, edition)
            if flight.landed and flight.edition is edition and flight.turn == turn:
                how = flight.how.removesuffix("; stored")
                return flight.page, f"{how}; collapsed" if how.startswith("fwd") else ""

    def _known(self, key: str) -> Page | None:
        found = (pool.pages.get(key) for pool in self._pools)
        return next((page for page in found if page is not None), None)

    def _right_page(self, key: str) -> Page | None:
        page = self._known(key)
        return (
            page
            if page is not None and page.is_right(self._site.library, self._site.clock())
            else None
        )

    def _lead(self, flight: Flight, route: Route) -> tuple[Page | None, str]:
        try:
            # Another flight may have landed since this request looked.
            flight.page = self._right_page(route.key)
            if flight.page is None:
                flight.page, flight.how = self._obtain(route, flight.edition)
            flight.landed = True
            return flight.page, flight.how
        finally:
            with self._lock:
                self._flights.pop(route.key, None)
            flight.done.set()

    def _obtain(self, route: Route, edition: Edition) -> tuple[Page | None, str]:
        """Return what `_page` does: the page that is there if it is right still, the store's, or a
        new one.
        """
        fingerprints, old, turn = self._enter(edition), self._known(route.key), self._turns
        if old is not None and not old.lifetime and self._may_confirm(old, fingerprints):
            self.counts.confirmed += 1
            self._confirm(old, edition, turn)
            return old, ""
        self.counts.misses += 1
        if route.plan.wide or not self.store.shared:
            return self._render(route, old, edition, fingerprints)
        # Asked before the lock too: processes that wait for a store that hangs shall not also wait
        # for each other.
        found, right = self._fetch(route, edition, fingerprints)
        if right:
            return found, FETCHED
        with self.store.alone(route.key):
            found, right = self._fetch(route, edition, fingerprints)
            return (
                (found, FETCHED)
                if right
                else self._render(route, found or old, edition, fingerprints)
            )

    def _may_confirm(self, page: Page, fingerprints: Fingerprints) -> bool:
        return page.window[0] <= self._site.clock() < page.window[1] and fingerprints.confirms(
            page.dependencies
        )

    def _fetch(
        self, route: Route, edition: Edition, fingerprints: Fingerprints
    ) -> tuple[Page | None, bool]:
        """Return the page that the store has, and whether it is right."""
        turn, found = self._turns, self.store.get(route.key)
        page = load(*found) if found else None
        if page is None:
            return None, False
        page.route = route
        self._kept.put(route.key, page, self._site.clock())
        if not self._may_confirm(page, fingerprints):
            return page, False
        self.counts.fetched += 1
        self._confirm(page, edition, turn)
        return page, True

    def _confirm(self, page: Page, edition: Edition, turn: int) -> None:
        page.confirm(edition, self._seconds)
        page.settle(self._changed)
        self._doubt(page, turn)

    def _doubt(self, page: Page, turn: int) -> None:
        """Doubt a page that others were doubted after, while it was being confirmed or rendered."""
        if turn != self._turns:
            page.doubt()

    def _render(
        self, route: Route, old: Page | None, edition: Edition, fingerprints: Fingerprints
    ) -> tuple[Page | None, str]:
        """Return what `_page` does: the page that Flask makes, or the last good one where it fails."""
        how = "fwd=stale" if old else "fwd=uri-miss"
        model = ReadModel(self._site, edition)
        # What changed before the render is no reason to doubt its page; what changes meanwhile is.
        self._watch()
        theme, turn = model.theme(), self._turns
        answer = self._ask(route, model)
        if answer.code >= 500:
            self.counts.failed += 1
            return self._last_good(old, edition, fingerprints) or Page.passing(
                answer
            ), f"{how}; fwd-status={answer.code}"
        if not answer.storable:
            return Page.passing(answer) if answer.redirects else None, how
        page = self._made(route, old, answer, model, fingerprints)
        if answer.code == 200:
            # There is no end of addresses that are not there.
            fingerprints.learn(page.dependencies)
        self._watch()
        if theme == self._site.theme and (turn == self._turns or not route.plan.seconds):
            page.confirm(
                edition, self._seconds, page.made_at + page.lifetime if page.lifetime else inf
            )
            if self._keep(route, page, answer.code):
                how += "; stored"
            if not page.lifetime:
                self._doubt(page, turn)
        return page, how

    def _ask(self, route: Route, model: ReadModel) -> Answer:
        start = time.perf_counter()
        answer = Answer.of(self.inner, route.environ(self._site.settings.base_url, model))
        self.counts.renders += 1
        self.counts.seconds += time.perf_counter() - start
        return answer

    def _made(
        self,
        route: Route,
        old: Page | None,
        answer: Answer,
        model: ReadModel,
        fingerprints: Fingerprints,
    ) -> Page:
        lifetime = route.plan.seconds if answer.code == 200 else MISSING_SECONDS
        page = Page.made(
            answer, dependencies_of(model.answers), self._site.clock(), lifetime, self._seconds
        )
        page.route, page.window, page.listed = route, model.window, listed_in(model.answers)
        page.date(old, self._changed)
        return page

    def _keep(self, route: Route, page: Page, code: int) -> bool:
        """Return whether there is room for the page."""
        chosen = self._missing if code == 404 else self._wide if route.plan.wide else self._kept
        for pool in self._pools:
            if pool is not chosen:
                pool.drop(route.key)
        if chosen is self._kept and self.store.shared:
            self.store.set(route.key, *page.dump())
        return chosen.put(route.key, page, self._site.clock())

    def _last_good(
        self, old: Page | None, edition: Edition, fingerprints: Fingerprints
    ) -> Page | None:
        """Return the page as it was before a render failed, unless it shows what was withdrawn
        since.
        """
        if old is None or old.lifetime or fingerprints.withdrawn(old.dependencies, old.listed):
            return None
        old.confirm(edition, self._seconds, self._site.clock() + RETRY)
        return old

    def _enter(self, edition: Edition) -> Fingerprints:
        """Begin anew with fingerprints, and note when, if the site is another than before; return the one that
        there is now.
        """
        known = self._fingerprints
        if known is not None and known[0] is edition and known[1] == self._site.theme:
            return known[2]
        # What other processes showed before this one began is as unknown as what was there before a
        # change.
        self._changed = max(self._changed, self._site.clock())
        made = Fingerprints(ReadModel(self._site, edition))
        self._fingerprints = (edition, self._site.theme, made)
        return made

    def _watch(self) -> None:
        found = self._site.theme, self._site.index.generation
        if self._watched != found:
            self._watched = found
            self.recheck()

    def report(self) -> dict[str, int | float]:
        """Return what the cache holds and did in this process."""
        return {
            "pages": sum(len(pool.pages) for pool in self._pools),
            "bytes": sum(pool.bytes for pool in self._pools),
            "capacity": sum(pool.capacity for pool in self._pools),
            "hits": sum(pool.hits for pool in self._pools),
            **asdict(self.counts),
        }

    def warm(self, path: str) -> bool:
        """Make sure that a page is there and right; return whether it had to be rendered."""
        before = self.counts.renders
        route = self._route(*_as_asked(path).partition("?")[::2])
        if route is not None:
            self._page(route)
        return self.counts.renders > before

    def clear(self) -> None:
        """Forget all pages of this process."""
        for pool in self._pools:
            pool.clear()

    def recheck(self, path: str | None = None) -> None:
        """Doubt the page at an address; None: every page."""
        with self._lock:
            self._turns += 1
        self._changed = max(self._changed, self._site.clock())
        key = None if path is None else _as_asked(path)
        for pool in self._pools:
            for page in pool.all() if key is None else filter(None, [pool.pages.get(key)]):
                page.doubt()

    def _forked(self) -> None:
        self._lock = threading.Lock()
        self._flights = {}
        self._fingerprints = None
        for pool in self._pools:
            pool.forked()


def _as_asked(path: str) -> str:
    """Return an address as a server tells its path (PEP 3333)."""
    return unquote(path, "latin-1")
