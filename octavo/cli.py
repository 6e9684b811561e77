"""Commands of `flask` for writers and operators."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import with_appcontext

from .web.pages import site


@click.command("check")
@with_appcontext
def check() -> None:
    """Tell what is wrong with the files in posts/, dead links too; exit code 1 when an error keeps one from readers."""
    library = site().library
    problems = sorted([*library.problems, *site().dead_ends()])
    for problem in problems:
        click.echo(f"{problem.severity}: {problem}")
    errors = sum(problem.severity == "error" for problem in problems)
    click.echo(
        f"{len(library.posts):,} articles and {len(library.pages):,} pages are readable; "
        f"{errors:,} errors, {len(problems) - errors:,} warnings."
    )
    raise SystemExit(1 if errors else 0)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(check)
