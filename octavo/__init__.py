"""Octavo: a Flask site engine with a headless, flat-file CMS behind it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from octavo import cli
from octavo.settings import Settings
from octavo.web.app import make_app

__all__ = ["create_app"]


def create_app(root: Path, settings: Settings | None = None) -> Flask:
    """Return the WSGI application of the site in the folder `root`, with its commands.

    Settings come from its pyproject.toml and the environment unless given. Raises SettingsError for
    a setting that is unknown or ill-typed.
    """
    app = make_app(root, settings)
    cli.init_app(app)
    return app
