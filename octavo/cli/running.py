"""`octavo run`: `flask run` that can also show drafts, or the site at another moment."""

from __future__ import annotations

import os
from typing import Any

import click
from flask.cli import run_command
from flask.helpers import get_debug_flag

from octavo.settings import run_address
from octavo.site.site import Site

_MORE = (
    click.Option(["--drafts"], is_flag=True, help="Show drafts, scheduled and expired texts too."),
    click.Option(["--at"], metavar="MOMENT", help="Show the site as of 2026-12-24T09:00."),
)


@click.pass_context
def _run(context: click.Context, /, drafts: bool, at: str | None, **options: Any) -> None:
    """Show the site to its writer, who sees each save at once.

    \b
    octavo run --drafts
    octavo run --at 2026-12-24T09:00
    """
    # The reloader of `--debug` begins again with the same environment.
    if drafts:
        os.environ["OCTAVO_DRAFTS"] = "true"
    if at is not None:
        os.environ["OCTAVO_AT"] = at
    context.invoke(run_command, **options)


def begin(site: Site) -> None:
    """Start the site with the process of `flask run` that answers; in others do nothing.

    Saves are seen from the beginning then, and `flask posts why` finds the process, though nobody
    has asked for a page yet.
    """
    if run_address() is None:
        return
    reloads = click.get_current_context().params.get("reload")
    if reloads is None:
        reloads = get_debug_flag()
    # The reloader only watches over a process that it begins with this variable.
    if not reloads or "WERKZEUG_RUN_MAIN" in os.environ:
        site.start()


run = click.Command("run", params=[*run_command.params, *_MORE], callback=_run, help=_run.__doc__)
