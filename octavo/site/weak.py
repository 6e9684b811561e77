"""Callbacks that do not keep alive what they call."""

from __future__ import annotations

import weakref
from collections.abc import Callable


def weak(method: Callable[[], None]) -> Callable[[], None]:
    """Return what calls a bound method as long as its object is there: for hooks that outlive
    objects.
    """
    reference = weakref.WeakMethod(method)

    def call() -> None:
        found = reference()
        if found is not None:
            found()

    return call
