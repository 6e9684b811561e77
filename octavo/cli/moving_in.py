"""`flask import`: the writing of another system moves in."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import with_appcontext

from octavo.cli.terminal import number, say, writes
from octavo.content.editing.changes import ChangeError
from octavo.site.moving_in.items import SourceError
from octavo.site.moving_in.pipeline import move_in
from octavo.site.moving_in.remote import hosts_of
from octavo.site.moving_in.systems import SYSTEMS
from octavo.site.progress import Progress
from octavo.web.request import site

# Reasons of losses that are told one by one.
MAX_REASONS = 30


@click.command("import")
@click.argument("system", type=click.Choice(SYSTEMS))
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@writes
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@with_appcontext
def import_command(system: str, source: Path, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Bring the texts, pictures and files of another SYSTEM's SOURCE into posts/.

    SOURCE is its folder. Nothing that is there is overwritten, and what cannot be carried over is
    told, with its number and first places. Exit code 1 where nothing was changed.

    \b
    flask import hugo ../old-blog --dry-run
    flask import jekyll ../old-blog --yes
    """
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing: give --yes or --dry-run too.")
    progress = Progress("Import", things="texts and files")
    try:
        arrival = move_in(site(), system, source, progress.show)
    except SourceError as error:
        raise click.ClickException(str(error)) from None
    finally:
        progress.clear()
    if as_json:
        click.echo(json.dumps(arrival.as_row(), ensure_ascii=False, indent=1))
    else:
        lines = list(arrival.lines())
        for line in lines[: MAX_REASONS + 1]:
            say(line)
        if len(lines) > MAX_REASONS + 1:
            say(f"{number(len(lines) - MAX_REASONS - 1, 'more reason')}: `--json` tells all.")
        for host, count in hosts_of(arrival.remote).most_common():
            say(f"Pictures that stay on {host}: {count:,}")
    if dry_run or not arrival.changes:
        return
    if not yes and not click.confirm("Bring all this in?"):
        say("Nothing was changed.")
        raise SystemExit(1)
    try:
        arrival.changes.make()
    except ChangeError as error:
        raise click.ClickException(str(error)) from None
    if not as_json:
        say("It is all there: `flask check` tells what is left to do.")
