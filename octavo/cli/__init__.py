"""The commands of `flask`, for writers and operators; `init_app` is the room's door."""

from __future__ import annotations

from flask import Flask
from flask.cli import FlaskGroup

from octavo.cli.beginning import new
from octavo.cli.check import check
from octavo.cli.exporting import export
from octavo.cli.greeting import greet
from octavo.cli.moving_in import import_command
from octavo.cli.operating import cache, doctor, index, statistics
from octavo.cli.posts import posts
from octavo.cli.running import run
from octavo.cli.terms import authors, categories, tags
from octavo.cli.theme import theme

__all__ = ["COMMANDS", "init_app", "main"]

COMMANDS = (
    doctor,
    check,
    index,
    cache,
    statistics,
    posts,
    tags,
    categories,
    authors,
    import_command,
    export,
    theme,
)

# The command `octavo`: `new` everywhere, and in a site's folder everything that `flask` does.
main = FlaskGroup(name="octavo", help="Begin a site, and look after the one in this folder.")
main.add_command(new)
main.add_command(run)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`; greet whoever runs the site with it."""
    for command in COMMANDS:
        app.cli.add_command(command)
    greet(app.extensions["octavo"])
