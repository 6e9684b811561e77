"""The systems that writing moves in from: each module here is one, and the command names it.

A module is a system where it has `read(source: Source) -> Items`. The first line of its docstring
is what `flask import --help` and `docs/moving-in.md` say of it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module

from octavo.site.moving_in.items import Items
from octavo.site.moving_in.source import Source

# The names of all systems.
SYSTEMS = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def reader_of(system: str) -> Callable[[Source], Items]:
    """Return the function that reads the sources of a system of `SYSTEMS`."""
    read: Callable[[Source], Items] = import_module(f"{__name__}.{system}").read
    return read
