"""The search engines: each module here is one, and the setting `search_engine` names it.

A name with a dot is a module outside, of the site or of an installed package. A module is an engine
where it has `open_engine(settings: EngineSettings) -> SearchEngine`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from octavo.search.protocol import EngineSettings, SearchEngine


class UnknownEngineError(Exception):
    """There is no search engine of this name; told to the operator."""


def open_engine(name: str, settings: EngineSettings) -> SearchEngine:
    """Return the search engine `name`, opened. Raises UnknownEngineError where there is none."""
    module = name if "." in name else f"{__name__}.{name}"
    try:
        opener = import_module(module).open_engine
    except (ModuleNotFoundError, AttributeError) as error:
        known = ", ".join(found.name for found in pkgutil.iter_modules(__path__))
        raise UnknownEngineError(
            f"there is no such search engine ({error}). Engines are: {known}, "
            "or the dotted name of a module with a function `open_engine`."
        ) from error
    engine: SearchEngine = opener(settings)
    return engine
