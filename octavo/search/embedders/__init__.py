"""The embedders: each module here is one, and the setting `embedder` names it.

A name with a dot is a module outside, of the site or of an installed package. A module is an
embedder where it has `open_embedder(model: str, root: Path) -> Embedder`; `model` is the setting
`embedder_model`, `root` the site's folder. Nothing here is imported without the setting.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

from octavo.search.protocol import Embedder


class UnknownEmbedderError(Exception):
    """There is no such embedder, or it cannot be used; told to the operator."""


def open_embedder(name: str, model: str, root: Path) -> Embedder:
    """Return the embedder `name`. Raises UnknownEmbedderError where it cannot be used."""
    module = name if "." in name else f"{__name__}.{name}"
    try:
        opener = import_module(module).open_embedder
    except (ModuleNotFoundError, AttributeError) as error:
        known = ", ".join(found.name for found in pkgutil.iter_modules(__path__))
        raise UnknownEmbedderError(
            f"there is no such embedder ({error}). Embedders are: {known}, "
            "or the dotted name of a module with a function `open_embedder`."
        ) from error
    try:
        embedder: Embedder = opener(model, root)
    except (ImportError, OSError, ValueError) as error:
        raise UnknownEmbedderError(str(error)) from error
    return embedder
