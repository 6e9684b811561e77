"""The limit of requests in work at a time; some more wait, the rest are answered with 503.

Without it a server takes every request that comes and answers none in time. The number of those
that wait is bounded, so that a thread is always free for health probes, which never wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from octavo.site.weak import after_fork
from octavo.web.security import HEADERS

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# Requests that wait for each one in work.
MAX_WAITING_EACH = 8
# Threads beside those in work and those that wait: for probes, and to tell the rest to come again.
SPARE = 4
# How long a request waits; seconds.
MAX_QUEUE_WAIT = 10.0
# Paths of health probes.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_BUSY = b"Too many readers at this moment. Try again in some seconds.\n"


class ConcurrencyLimiter:
    """WSGI middleware that lets `width` requests in at a time.

    MAX_WAITING_EACH times as many wait, for MAX_QUEUE_WAIT seconds at most; the others get 503 at
    once.
    """

    def __init__(self, app: Application, width: int) -> None:
        self._app = app
        self._width = width
        # Whether each answer ends its connection, so that the next request goes elsewhere.
        self.close_connections = False
        self._open()
        after_fork(self._open)

    def _open(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(self._width)
        self._waiting = 0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        if self.close_connections:
            start_response = _closing(start_response)
        if environ["PATH_INFO"] in PROBES:
            return self._app(environ, start_response)
        if not (self._slots.acquire(blocking=False) or self._wait()):
            headers = [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(_BUSY))),
                ("Cache-Control", "no-store"),
                ("Retry-After", "2"),
                *HEADERS.items(),
            ]
            start_response("503 SERVICE UNAVAILABLE", headers)
            return [_BUSY]
        try:
            return self._app(environ, start_response)
        finally:
            self._slots.release()

    def _wait(self) -> bool:
        """Wait for a slot; return whether one came free in time."""
        with self._lock:
            if self._waiting >= MAX_WAITING_EACH * self._width:
                return False
            self._waiting += 1
        got = self._slots.acquire(timeout=MAX_QUEUE_WAIT)
        with self._lock:
            self._waiting -= 1
        return got


def _closing(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        return start_response(status, [*headers, ("Connection", "close")], *exc_info)

    return start


def threads_for(width: int) -> int:
    """Return how many threads a server needs so that one is free behind a limiter of this width."""
    return width + MAX_WAITING_EACH * width + SPARE
