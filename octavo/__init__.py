"""Octavo: a Flask site engine with a headless, flat-file CMS behind it."""

from __future__ import annotations

import gc
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from octavo.settings import Settings

__all__ = ["create_app"]


def create_app(
    root: Path, settings: Settings | None = None, *, developed: bool | None = None
) -> Flask:
    """Return the WSGI application of the site in the folder `root`, with its commands.

    Settings come from its pyproject.toml and the environment unless given. A `developed` site is
    shown to its writer alone, by default by `flask run`. Raises SettingsError for a setting that is
    unknown or ill-typed.
    """
    collects = gc.isenabled()
    # Nearly all that is made here stays: a collector that walks it again and again only takes time.
    gc.disable()
    try:
        # Here and not at the top: the process that scales pictures imports this package, and Flask
        # and the search would take a quarter of the memory that it may have.
        from octavo import cli
        from octavo.web.app import make_app

        app = make_app(root, settings, developed=developed)
        cli.init_app(app)
    finally:
        if collects:
            _keep_first_application()
            gc.enable()
    return app


@cache
def _keep_first_application() -> None:
    """Spare the collector what a process has made up to now; once, as later ones are for tests."""
    gc.freeze()
