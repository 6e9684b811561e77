"""Octavo: a Flask site engine with a headless, flat-file CMS behind it."""

from .web.app import create_app

__all__ = ["create_app"]
