"""The commands of `flask`, for writers and operators; `init_app` is the room's door."""

from __future__ import annotations

from flask import Flask

from octavo.cli.check import check
from octavo.cli.operating import cache, doctor, index, serve, statistics
from octavo.cli.posts import posts
from octavo.cli.terms import authors, categories, tags

__all__ = ["COMMANDS", "init_app"]

COMMANDS = (doctor, serve, check, index, cache, statistics, posts, tags, categories, authors)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in COMMANDS:
        app.cli.add_command(command)
