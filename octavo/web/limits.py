"""How often one client may ask: a bucket of tokens for each kind of request, and for guesses.

A bucket is one number, the moment at which it is full again (GCRA, the generic cell rate
algorithm): a request moves it on by one token's time, and is refused where it would lie more than a
minute ahead. Buckets are this process's own, and in Redis where the site has one; without an answer
from there, this process's count.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from octavo.settings import LIMITS, Settings
from octavo.site.weak import after_fork
from octavo.web.clients import address_of, client_of, is_undeclared_proxy
from octavo.web.security import HEADERS

log = logging.getLogger("octavo.limits")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
# Takes a token from a bucket that all processes share: see Store.take.
Shared = Callable[[str, float, float], float | None]

# A bucket is full again after so many seconds.
MINUTE = 60.0
# Clients that are remembered; one takes 200 bytes.
MAX_CLIENTS = 50_000
# Between two lines about refused clients; seconds.
QUIET = 10.0
# The kind of a request by the first part of its path; others are not limited.
KINDS = {
    "search": "search",
    "search.json": "search",
    "ghost": "api",
    "api": "api",
    "views": "views",
    "status": "status",
    "status.json": "status",
}
# What an error of the API has, in Ghost's order.
_ERROR_FIELDS = "message context type details property help code id ghostErrorCode".split()
_PLAIN = "Too many requests. Try again in {seconds} seconds.\n"


class Limits:
    """The buckets of one process. `refuse` answers requests that come too often."""

    def __init__(self, settings: Settings, shared: Shared | None = None) -> None:
        """Limit what the settings name; all kinds after `keep_all`, and guesses always."""
        self._proxies = settings.proxies
        self._shared = shared
        self._told = dict(settings.limits)
        self._limits = {"guesses": LIMITS["guesses"].per_minute} | self._told
        self._buckets: dict[tuple[str, str], float] = {}
        self._next_line = 0.0
        self._begin()
        after_fork(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()

    def keep_all(self) -> None:
        """Limit all kinds of requests, not only those in the settings: strangers are served."""
        self._limits = {kind: limit.per_minute for kind, limit in LIMITS.items()} | self._told

    def refuse(
        self, kind: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes] | None:
        """Answer a request with 429 where its client has asked too often; None where it may ask.

        `kind` is what KINDS has for its path.
        """
        if kind not in self._limits or is_undeclared_proxy(environ, self._proxies):
            return None
        client = self.client(environ)
        wait = self.take(kind, client)
        if not wait and kind == "api" and "preview=" in environ.get("QUERY_STRING", ""):
            wait = self.take("preview", client)
        if not wait:
            return None
        self._tell(f"{client} asks too often ({kind}), and is told to come again.")
        return _too_many(environ, start_response, kind, wait)

    def client(self, environ: Environ) -> str:
        """Return the name under which a request's client is counted."""
        return client_of(address_of(environ, self._proxies))

    def take(self, kind: str, client: str) -> float:
        """Take a token from a client's bucket; return the seconds until there is one, 0 for now."""
        per_minute = self._limits.get(kind, 0)
        if not per_minute:
            return 0.0
        interval = MINUTE / per_minute
        bucket = (kind, client)
        wait = self._take_here(bucket, interval)
        if not wait and self._shared is not None:
            wait = self._shared(f"limit:{kind}:{client}", interval, MINUTE) or 0.0
            if wait:
                # Until then the others need not be asked, nor a guess be looked at.
                with self._lock:
                    self._buckets[bucket] = time.monotonic() + wait + MINUTE - interval
        return wait

    def guessed(self, what: str, environ: Environ) -> None:
        """Count a wrong secret of the request's client; `what` names it in the log."""
        client = self.client(environ)
        self.take("guesses", client)
        wait = self.wait_to_guess(environ)
        if wait:
            self._tell(f"Wrong {what} from {client}: more are refused for {wait:.0f} s.")

    def wait_to_guess(self, environ: Environ) -> float:
        """Return for how many seconds a client may try no secret; 0 where it may."""
        per_minute = self._limits.get("guesses", 0)
        if not per_minute:
            return 0.0
        full_at = self._buckets.get(("guesses", self.client(environ)), 0.0)
        return max(0.0, full_at - time.monotonic() + MINUTE / per_minute - MINUTE)

    def _take_here(self, bucket: tuple[str, str], interval: float) -> float:
        now = time.monotonic()
        with self._lock:
            full_at = max(self._buckets.get(bucket, now), now) + interval
            wait = full_at - now - MINUTE
            # Rounding must not refuse the last one of a full bucket.
            if wait > 1e-6:
                return wait
            if len(self._buckets) >= MAX_CLIENTS:
                self._forget(now)
            self._buckets[bucket] = full_at
        return 0.0

    def _forget(self, now: float) -> None:
        """Forget clients whose buckets are full; where there are none, all of them."""
        self._buckets = {bucket: at for bucket, at in self._buckets.items() if at > now}
        if len(self._buckets) >= MAX_CLIENTS:
            self._buckets.clear()

    def _tell(self, line: str) -> None:
        now = time.monotonic()
        if now >= self._next_line:
            self._next_line = now + QUIET
            log.warning("%s", line)


def _too_many(
    environ: Environ, start_response: StartResponse, kind: str, wait: float
) -> Iterable[bytes]:
    seconds = math.ceil(wait)
    text = _PLAIN.format(seconds=seconds)
    mimetype = "text/plain; charset=utf-8"
    if kind in ("api", "views") or environ["PATH_INFO"].endswith(".json"):
        error = dict.fromkeys(_ERROR_FIELDS) | {
            "message": text.strip(),
            "type": "TooManyRequestsError",
            "id": str(uuid4()),
        }
        text = json.dumps({"errors": [error]})
        mimetype = "application/json"
    headers = [
        ("Content-Type", mimetype),
        ("Content-Length", str(len(text))),
        ("Cache-Control", "no-store"),
        ("Retry-After", str(seconds)),
        *HEADERS.items(),
    ]
    if kind == "api":
        headers.append(("Access-Control-Allow-Origin", "*"))
    start_response("429 TOO MANY REQUESTS", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [text.encode()]
