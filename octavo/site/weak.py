"""Weak callbacks: they do not keep the object alive whose method they call."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable


def weak(method: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls a bound method as long as its object exists."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        found = reference()
        if found is not None:
            found()

    return call


def after_fork(method: Callable[[], None]) -> None:
    """Call a bound method in each forked child process while its object lives; not on Windows."""
    if sys.platform != "win32":
        os.register_at_fork(after_in_child=weak(method))
