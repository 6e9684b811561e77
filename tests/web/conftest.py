"""What tests of the web room share."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from octavo.web.cache import breaker


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time pass for which a store that failed is left alone: `rest()`."""
    passed = 0.0

    def go_on() -> None:
        nonlocal passed
        passed += breaker.REST

    monkeypatch.setattr(breaker, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed))
    return go_on
