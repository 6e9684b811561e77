"""`flask import`: the writing of another system moves in."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from flask.cli import with_appcontext

from octavo.cli.terminal import LOCK, say, writes
from octavo.content.editing.changes import ChangeError, make_all
from octavo.content.errors import number
from octavo.site.moving_in.import_plan import ImportPlan
from octavo.site.moving_in.items import SourceError
from octavo.site.moving_in.pipeline import move_in
from octavo.site.moving_in.remote import fetch_pictures, hosts_of
from octavo.site.moving_in.systems import SYSTEMS
from octavo.site.progress import Progress
from octavo.web.request import site

# Reasons of losses that are told one by one.
MAX_REASONS = 30


@click.command("import")
@click.argument("system", type=click.Choice(SYSTEMS))
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@writes
@click.option("--fetch", is_flag=True, help="Fetch the pictures that stay on other hosts.")
@click.option("--url", default="", help="Address of the old site, which Ghost does not export.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@with_appcontext
def import_command(
    system: str, source: Path, yes: bool, dry_run: bool, fetch: bool, url: str, as_json: bool
) -> None:
    """Bring the texts, pictures and files of another SYSTEM's SOURCE into posts/.

    SOURCE is its folder, or the file that Ghost or WordPress exports. Nothing that is there is
    overwritten, and what cannot be carried over is told, with its number and first places. Exit
    code 1 where nothing was changed.

    \b
    flask import hugo ../old-blog --dry-run
    flask import ghost export.json --url https://old.example --fetch
    """
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing: give --yes or --dry-run too.")
    progress = Progress("Import", things="texts and files")
    try:
        plan = move_in(site(), system, source, progress.show, url)
    except SourceError as error:
        raise click.ClickException(str(error)) from None
    finally:
        progress.clear()
    if not as_json:
        _tell(plan)
    if not dry_run and (plan.changes or plan.rules):
        if not yes and not click.confirm("Bring all this in?"):
            say("Nothing was changed.")
            raise SystemExit(1)
        _carry_out(plan, fetch=fetch)
    if as_json:
        click.echo(json.dumps(plan.as_row(), ensure_ascii=False, indent=1))


def _tell(plan: ImportPlan) -> None:
    lines = list(plan.lines())
    for line in lines[: MAX_REASONS + 1]:
        say(line)
    if len(lines) > MAX_REASONS + 1:
        say(f"{number(len(lines) - MAX_REASONS - 1, 'more reason')}: `--json` tells all.")
    for host, count in hosts_of(plan.remote).most_common():
        say(f"Pictures that stay on {host}, without --fetch: {count:,}")


def _carry_out(plan: ImportPlan, *, fetch: bool) -> None:
    known = len(plan.losses)
    with TemporaryDirectory() as folder:
        if fetch:
            progress = Progress("Fetch", things="pictures")
            fetch_pictures(plan, Path(folder), progress.show)
            progress.clear()
        try:
            make_all(plan.changes, plan.rules, lock=site().instance_dir / LOCK)
        except ChangeError as error:
            raise click.ClickException(str(error)) from None
    # Standard output is that of `--json`.
    for loss in plan.losses[known:][:MAX_REASONS]:
        click.echo(f"{loss.why}: {loss.origin}", err=True)
    click.echo("It is all there: `flask check` tells what is left to do.", err=True)
