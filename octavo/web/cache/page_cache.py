"""The page cache: a WSGI layer in front of Flask that answers from memory.

Everything that a reader waits for is done before: an answer is a look-up, a comparison and two
calls. A page knows the questions that its render asked (dependencies.py). While the site's version
is the same object and the clock is within the page's time, the page is fresh. So it is after a
change that touches none of its keys (changed_keys.py); after another one its questions are asked
again, and it is rendered again only if an answer differs.

A page's life: it is asked for and found here, by one request while others wait (single flight);
`refresh.py` revalidates it, or renders it; `cached_page.py` is what is kept; it is sent from here,
in an encoding of `representation.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import unquote

from flask import Flask
from werkzeug.exceptions import NotFound

from octavo.site.site import Site
from octavo.site.weak import after_fork
from octavo.web.cache.cached_page import MISSING, CachedPage, Pools
from octavo.web.cache.plans import CanonicalRequest, canonical_request, decoded
from octavo.web.cache.refresh import Basis, Outcome, Refresher
from octavo.web.cache.representation import (
    CacheStatus,
    Representation,
    preferred_encoding,
    with_no_cache,
)
from octavo.web.cache.store import Store
from octavo.web.limits import KINDS, Limits

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

# How long a request waits for another one that makes the same page; seconds.
MAX_RENDER_WAIT = 30.0
# Different Accept-Encoding headers that are remembered, and the characters of one.
MAX_ACCEPTED = 500
MAX_ACCEPTED_CHARACTERS = 200
# Addresses that are remembered with what a view sees of them: those with a query, and those that no
# page is kept for under its bare path, such as random ones. One takes 0.3 KB, the longest 2.1 KB.
MAX_ADDRESSES = 2_000
# A longer path and query are not remembered; characters. Flask answers a longer path, of which
# nothing is kept.
MAX_REMEMBERED_CHARACTERS = 2_000


@dataclass(slots=True)
class Flight:
    """A page that one request makes while others wait for it (single flight)."""

    basis: Basis
    done: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None


class PageCache:
    """WSGI middleware: pages of views marked `cached` come from memory, the rest from Flask.

    `__call__` sends a fresh page that is in memory under the bare path. All else is for
    `_look_further`: what is limited or not cached, and pages that `_find_or_make` revalidates,
    fetches from the store or renders (Refresher.refresh).
    """

    def __init__(self, app: Flask, site: Site, store: Store, limits: Limits) -> None:
        self.inner = app.wsgi_app
        self.store = store
        # `cache = "none"` keeps no pages in memory either. With "memory" the pools are all that
        # keeps pages; the store then keeps only other results (Store.memoize).
        self.pools = Pools(0 if store.kind == "none" else site.settings.cache_bytes)
        self._app = app
        self._site = site
        self._limits = limits
        self._refresher = Refresher(self.inner, site, store, self.pools)
        self.counts = self._refresher.counts
        # The same dict for good, one look-up nearer.
        self._pages = self.pools.existing.pages
        self._requests: dict[tuple[str, str], CanonicalRequest | None] = {}
        self._encodings: dict[str, int] = {}
        self._lock = threading.Lock()
        self._flights: dict[str, Flight] = {}
        site.indexed.append(self._refresher.follow)
        after_fork(self._forked)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        if not environ.get("QUERY_STRING"):
            page = self._pages.get(environ["PATH_INFO"])
            site = self._site
            if page is not None and (
                page.mark is site.version.mark or self._refresher.revalidate_by_keys(page)
            ):
                now = site.clock()
                if page.since <= now < page.headers_until and environ["REQUEST_METHOD"] in (
                    "GET",
                    "HEAD",
                ):
                    return self._send(page, environ, start_response, now)
        return self._look_further(environ, start_response)

    def _look_further(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request whose page is missing, or may not be fresh; or that is limited."""
        kind = KINDS.get(environ["PATH_INFO"][1:].partition("/")[0])
        if kind is not None:
            refused = self._limits.refuse(kind, environ, start_response)
            if refused is not None:
                return refused
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.inner(environ, start_response)
        query = environ.get("QUERY_STRING", "")
        request = self._request(environ["PATH_INFO"], query)
        if request is not None:
            # A process that finds every page in a shared store never asks Flask, which would have
            # begun to watch.
            self._site.start()
            page, status = self._find_or_make(request)
            if page is not None and (
                query == request.query or not self._needs_query(page, request)
            ):
                return self._send(page, environ, start_response, self._site.clock(), status)
        return self.inner(environ, with_no_cache(start_response))

    def _needs_query(self, page: CachedPage, request: CanonicalRequest) -> bool:
        """Whether a page may be another one for the rest of a query, which its view did not see.

        A redirect takes the whole query along. An old address with a query (`/?p=42`) may lead
        somewhere where the bare path, or the path with another query, leads nowhere.
        """
        is_missing = int(page.status[:3]) in MISSING
        return page.is_redirect or (is_missing and self._site.reads_query(decoded(request.path)))

    def _request(self, path: str, query: str) -> CanonicalRequest | None:
        """Return the canonical request for an address; None where its view is not cached."""
        page = None if query else self._pages.get(path)
        if page is not None:
            return page.request
        if len(path) > MAX_REMEMBERED_CHARACTERS:
            return None
        address = (path, query)
        # In one step: another thread may forget it.
        with suppress(KeyError):
            return self._requests[address]
        try:
            request = canonical_request(self._app, self._site, path, query)
        except NotFound:
            # It is not remembered: a page may come to be there.
            return None
        if len(path) + len(query) <= MAX_REMEMBERED_CHARACTERS:
            if len(self._requests) >= MAX_ADDRESSES:
                self._requests.clear()
            self._requests[address] = request
        return request

    def _find_or_make(self, request: CanonicalRequest) -> Outcome:
        """Return a page that is fresh now; one request makes it while the others wait."""
        key = request.key
        while True:
            page = self._fresh_page(key)
            if page is not None:
                return Outcome(page)
            basis = self._refresher.basis()
            with self._lock:
                flight = self._flights.get(key)
                if flight is None:
                    own = self._flights[key] = Flight(basis)
            if flight is None:
                try:
                    # Another flight may have landed since this request looked.
                    page = self._fresh_page(key)
                    if page is not None:
                        own.outcome = Outcome(page)
                    else:
                        own.outcome = self._refresher.refresh(request, basis)
                    return own.outcome
                finally:
                    with self._lock:
                        self._flights.pop(key, None)
                    own.done.set()
            self.counts.collapsed += 1
            if not flight.done.wait(MAX_RENDER_WAIT):
                # What changed meanwhile is not to be missed.
                return self._refresher.refresh(request, self._refresher.basis())
            if flight.outcome is not None and flight.basis == basis:
                page, status = flight.outcome
                if status is None or not status.forwarded:
                    return Outcome(page)
                return Outcome(page, status._replace(stored=False, collapsed=True))
            # The other request failed, or began before a change that this one has seen.

    def _fresh_page(self, key: str) -> CachedPage | None:
        page = self.pools.get(key)
        if page is None:
            return None
        if page.is_fresh(
            self._site.version, self._site.clock()
        ) or self._refresher.revalidate_by_keys(page):
            return page
        return None

    def _send(
        self,
        page: CachedPage,
        environ: Environ,
        start_response: StartResponse,
        now: float,
        cache_status: CacheStatus | None = None,
    ) -> Iterable[bytes]:
        """Send a page, or 304; without a `cache_status` it counts as a hit in memory."""
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encoding = self._encodings.get(accepted)
        if encoding is None:
            encoding = self._negotiate(accepted)
        sent = page.representations[encoding] or self._represent(page, encoding)
        page.seen = now
        if cache_status is None:
            page.hits += 1
        # A list, because servers send one at once that they would otherwise stream (granian).
        headers = sent.headers
        status = page.status
        body = [sent.body]
        if "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ:
            if page.redate(now):
                sent = self._represent(page, encoding)
                headers = sent.headers
            # A 304 cannot shorten the page's time: nginx goes on with the page's old headers.
            if now < page.headers_until and page.is_not_modified(sent, environ, now):
                headers = sent.not_modified_for(environ.get("HTTP_IF_NONE_MATCH", ""))
                status = "304 NOT MODIFIED"
                body = []
        if environ["REQUEST_METHOD"] == "HEAD":
            body = []
        if cache_status is not None or now >= page.headers_until:
            headers = page.headers_at(now, headers, cache_status)
        start_response(status, headers[:])
        return body

    def _negotiate(self, accepted: str) -> int:
        if len(self._encodings) >= MAX_ACCEPTED:
            self._encodings.clear()
        encoding = preferred_encoding(accepted)
        if len(accepted) <= MAX_ACCEPTED_CHARACTERS:
            self._encodings[accepted] = encoding
        return encoding

    def _represent(self, page: CachedPage, encoding: int) -> Representation:
        with page.lock:
            # Others may have waited for this one's compression.
            sent = page.representations[encoding] or page.represent(encoding)
        if encoding:
            self._refresher.refine_later(page)
        for pool in self.pools.all:
            pool.grown(page)
        return sent

    def report(self) -> dict[str, int | float]:
        """Return what the cache holds, and its counts, in this process."""
        remembered = {
            "addresses": len(self._requests),
            "encodings": len(self._encodings),
            "fingerprints": self._refresher.fingerprints_known(),
        }
        return {**self.pools.report(), **asdict(self.counts), **remembered}

    def warm(self, path: str) -> bool:
        """Make sure that a page exists and is fresh; return whether it had to be rendered."""
        before = self.counts.renders
        path, _, query = path.partition("?")
        request = self._request(self._as_asked(path), query)
        if request is not None:
            self._find_or_make(request)
        return self.counts.renders > before

    def clear(self) -> None:
        """Drop all pages of this process."""
        self.pools.clear()

    def invalidate(self, path: str) -> None:
        """Have a page revalidated, or rendered again, before it is shown.

        It is the one at a path without a query.
        """
        with self._lock:
            self._refresher.invalidate(self._as_asked(path))

    def _as_asked(self, path: str) -> str:
        """Return a path as the site sees it (PEP 3333)."""
        return unquote(self._site.addresses.inside(path), "latin-1")

    def _forked(self) -> None:
        self._lock = threading.Lock()
        self._flights = {}
        self._refresher.forked()
