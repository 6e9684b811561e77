"""A circuit breaker: what has failed or hung is not tried again for some seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from octavo.site.weak import after_fork

log = logging.getLogger("octavo.cache")

# Seconds for which failed work is not tried again.
RETRY_SECONDS = 5.0
# How much of the usual time of a call the last one makes up (RFC 6298, SRTT).
GAIN = 1 / 8


class Patience(NamedTuple):
    """How long a call may take before others do without: once, and usually; in seconds."""

    once: float
    usually: float


PATIENT = Patience(inf, inf)


class Breaker:
    """Skips work that failed last time; every RETRY_SECONDS seconds one caller tries it again."""

    def __init__(self, name: str) -> None:
        self._name = name
        # Whether it succeeded when it was last tried.
        self.up = True
        self._next_try = 0.0
        # What a call usually takes, in seconds.
        self._usual = 0.0
        self._begin()
        after_fork(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()

    def run(self, work: Callable[[], Any], patience: Patience = PATIENT) -> Any:
        """Return the result of `work`; None where it fails or is skipped.

        A call that takes too long counts as a failure for the next ones.
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
        took = time.monotonic() - start
        if probing:
            self._usual = took
        else:
            self._usual += (took - self._usual) * GAIN
        if took > patience.once:
            self.fail(TimeoutError(f"it took more than {1000 * patience.once:.0f} ms"))
        elif self._usual > patience.usually:
            self.fail(TimeoutError(f"it usually takes more than {1000 * patience.usually:.0f} ms"))
        elif probing:
            self.up = True
        return done

    def _may_try_again(self) -> bool:
        with self._lock:
            due = time.monotonic() >= self._next_try
            if due:
                self._next_try = time.monotonic() + RETRY_SECONDS
            return due

    def fail(self, error: Exception) -> None:
        """Note a failure, and log it if it is the first after a success."""
        with self._lock:
            self._next_try = time.monotonic() + RETRY_SECONDS
            if self.up:
                self.up = False
                log.warning(
                    "%s fails and is tried every %d s only: %s", self._name, RETRY_SECONDS, error
                )
