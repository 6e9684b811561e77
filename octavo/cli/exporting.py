"""`flask export`: the whole site as files."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from octavo.cli.terminal import say
from octavo.content.errors import number
from octavo.serving.launch import usable_cores
from octavo.settings import Settings
from octavo.web.export.export import Export, ExportOptions
from octavo.web.export.folder import ExportError
from octavo.web.request import site

# Failed addresses and files of others that are told one by one.
MAX_LISTED_EACH = 20


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--relative", is_flag=True, help="For reading from disk: links name files.")
@click.option("--compress", is_flag=True, help="Put gzip and brotli beside each text.")
@click.option("--all", "everything", is_flag=True, help="Make every file again.")
@click.option("--no-covers", is_flag=True, help="Leave out drawn covers for social networks.")
@click.option(
    "--search",
    "index",
    type=click.Choice(["own", "pagefind"]),
    default="own",
    help="What the search looks into: the site's own index, or that of Pagefind, for hosts.",
)
@click.option("--processes", type=click.IntRange(1, 256), help="By default, one a core.")
@with_appcontext
def export(
    folder: Path,
    relative: bool,
    compress: bool,
    everything: bool,
    no_covers: bool,
    index: str,
    processes: int | None,
) -> None:
    """Write the whole site into DIR as files, for any static host or for reading from disk.

    DIR is made, or is that of an earlier export: then only what has changed is written, and what is
    gone is deleted. Files that you put there stay. What readers do not see is not exported.

    \b
    flask export public
    flask export public --compress
    flask export on-a-stick --relative

    Exit code 1 where a page could not be made; its last version stays.
    """
    if not relative and site().settings.base_url == Settings.base_url:
        say(
            f"Feeds, sitemaps and canonical links name {Settings.base_url}: set base_url.", "yellow"
        )
    if relative and index == "pagefind":
        raise click.UsageError("Pagefind cannot be read from disk: leave out --relative.")
    cores = processes or usable_cores()
    options = ExportOptions(
        relative, compress, everything, not no_covers, index == "pagefind", cores
    )
    try:
        outcome = Export(current_app._get_current_object(), folder, options).run()  # type: ignore[attr-defined]
    except ExportError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error}") from None
    for file in outcome.foreign[:MAX_LISTED_EACH]:
        say(f"{file} is not from an export, and stays as it is.", "yellow")
    for address in outcome.failed[:MAX_LISTED_EACH]:
        say(f"{address} could not be made.", "red")
    counts = f"{number(outcome.files, 'file')}, {outcome.written:,} of them written"
    say(f"{folder}: {counts}, {outcome.deleted:,} deleted.")
    raise SystemExit(int(bool(outcome.failed)))
