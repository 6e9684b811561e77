"""`flask import`: the writing of another system's source folder moves in."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from octavo.cli.terminal import say, writes
from octavo.content.editing.changes import ChangeError
from octavo.site.writers.moving_in import SYSTEMS, move_in
from octavo.web.request import site


@click.command("import")
@click.argument("system", type=click.Choice(list(SYSTEMS)))
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@writes
@with_appcontext
def import_command(system: str, source: Path, yes: bool, dry_run: bool) -> None:
    """Bring the texts, pictures and files of a SOURCE folder of another SYSTEM into posts/.

    Nothing that is there is overwritten. What cannot be carried over is told, with its number.

    \b
    flask import hugo ../old-blog --dry-run
    """
    arrival = move_in(site(), SYSTEMS[system], source)
    for line in arrival.lines():
        say(line)
    if dry_run or not arrival.changes:
        return
    if not yes and not click.confirm("Bring all this in?"):
        say("Nothing was changed.")
        raise SystemExit(1)
    try:
        arrival.changes.make()
    except ChangeError as error:
        raise click.ClickException(str(error)) from None
    say("It is all there: `flask check` tells what is left to do.")
