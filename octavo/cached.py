"""Cached properties that hold no lock while they are computed.

Those of Python 3.11 hold one for all objects of a class: https://github.com/python/cpython/issues/87634.
Threads would wait for each other's objects, and a child process that is forked meanwhile for ever.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property:
        """A method whose result is computed once for each object, and kept in its `__dict__`."""

        def __init__(self, compute: Callable[[Any], Any]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            """Return the result; of a class, the property itself."""
            if instance is None:
                return self
            result = instance.__dict__[self._name] = self._compute(instance)
            return result


__all__ = ["cached_property"]
