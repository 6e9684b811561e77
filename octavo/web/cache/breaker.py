"""A circuit breaker: what has failed or hung is not tried again for some seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Any

from octavo.site.weak import after_fork

log = logging.getLogger("octavo.cache")

# Seconds for which failed work is not tried again.
REST = 5.0


class Breaker:
    """Skips work that failed last time; every REST seconds one caller tries it again."""

    def __init__(self, name: str) -> None:
        self._name = name
        # Whether it succeeded when it was last tried.
        self.up = True
        self._next_try = 0.0
        self._begin()
        after_fork(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()

    def run(self, work: Callable[[], Any], slow: float = inf) -> Any:
        """Return the result of `work`; None where it fails or is skipped.

        A call that takes more than `slow` seconds counts as a failure for the next ones.
        """
        probing = not self.up
        if probing and not self._may_try_again():
            return None
        start = time.monotonic()
        try:
            done = work()
        except Exception as error:  # every client library has its own
            self.fail(error)
            return None
        if time.monotonic() - start > slow:
            self.fail(TimeoutError(f"it took more than {1000 * slow:.0f} ms"))
        elif probing:
            self.up = True
        return done

    def _may_try_again(self) -> bool:
        with self._lock:
            due = time.monotonic() >= self._next_try
            if due:
                self._next_try = time.monotonic() + REST
            return due

    def fail(self, error: Exception) -> None:
        """Note a failure, and log it if it is the first after a success."""
        with self._lock:
            self._next_try = time.monotonic() + REST
            if self.up:
                self.up = False
                log.warning("%s fails and is tried every %d s only: %s", self._name, REST, error)
