"""What tests of the web room share."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from octavo.web.cache import backends, breaker
from octavo.web.cache import store as caching

# Patience with a Redis on a busy machine; a store that waits once more than it should takes that much longer. Seconds.
CALM = 0.5


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a Redis as long as a busy machine may need."""
    limits = (
        (backends, "MAX_CONNECT_WAIT"),
        (backends, "MAX_REDIS_WAIT"),
        (caching, "SLOW"),
        (caching, "USUALLY_SLOW"),
    )
    for module, name in limits:
        assert getattr(module, name) <= 0.1
        monkeypatch.setattr(module, name, CALM)


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time pass for which a store that failed is left alone: `rest()`."""
    passed = 0.0

    def go_on() -> None:
        nonlocal passed
        passed += breaker.RETRY_SECONDS

    monkeypatch.setattr(breaker, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed))
    return go_on
