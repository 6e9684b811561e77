"""The commands of `flask`, for writers and operators; `init_app` is the room's door."""

from __future__ import annotations

import os
from pathlib import Path

import click
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo

from octavo.cli.beginning import new
from octavo.cli.check import check
from octavo.cli.exporting import export
from octavo.cli.greeting import greet
from octavo.cli.moving_in import import_command
from octavo.cli.operating import cache, doctor, index, statistics
from octavo.cli.posts import posts
from octavo.cli.running import begin, run
from octavo.cli.terms import authors, categories, tags, terms
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
    terms,
    import_command,
    export,
    theme,
)


class SiteCommands(FlaskGroup):
    """The commands of `flask` in a site's folder; elsewhere those that need no site."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command. Raises UsageError where one needs a site and there is none."""
        if _has_site(ctx) or name == "new":
            return super().get_command(ctx, name)
        raise click.UsageError("There is no site in this folder: `octavo new DIR` begins one.")

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that can be called here."""
        if _has_site(ctx):
            return super().list_commands(ctx)
        return ["new"]


def _has_site(ctx: click.Context) -> bool:
    """Whether Flask has something to load, as it decides: by option, variable or file."""
    if ctx.ensure_object(ScriptInfo).app_import_path or os.environ.get("FLASK_APP"):
        return True
    return any(Path(name).exists() for name in ("app.py", "wsgi.py"))


# The command `octavo`: `new` everywhere, and in a site's folder everything that `flask` does.
main = SiteCommands(
    name="octavo",
    help="Begin a site, and look after the one in this folder.",
    add_version_option=False,
)
main = click.version_option(package_name="octavo")(main)
main.add_command(new)
main.add_command(run)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`; greet whoever runs the site with it, and begin to watch."""
    for command in COMMANDS:
        app.cli.add_command(command)
    greet(app.extensions["octavo"])
    begin(app.extensions["octavo"])
