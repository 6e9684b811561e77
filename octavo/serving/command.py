"""The command `flask serve`: checks its options and the settings, and becomes the supervisor.

`flask` finds it by an entry point, so that the process which only watches over the others never
loads the site.
"""

from __future__ import annotations

import re
import signal
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from octavo.serving.launch import replace_process, usable_cores
from octavo.settings import load_settings


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--socket", type=click.Path(), help="Listen on a Unix socket at this path instead.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default, one a core.")
@click.option(
    "--at-once",
    default=8,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Requests in work at a time in each worker; others wait, or are told to come again.",
)
@click.option(
    "--patience",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 3_600),
    help="Seconds that requests in work may take when a worker is to end.",
)
@click.option("--access-log", is_flag=True, help="Log each request: address, path, status, time.")
@click.option(
    "--log",
    "log_format",
    default="plain",
    show_default=True,
    type=click.Choice(["plain", "json"]),
    help="Lines for people or for programs.",
)
@click.pass_context
def serve(context: click.Context, /, **options: Any) -> None:
    """Serve the site to readers, with workers that are started again whenever they end.

    SIGTERM and Ctrl-C let requests finish and stop it; SIGHUP replaces the workers one after the
    other, without a pause, and takes up new settings, templates and versions.
    """
    if not hasattr(signal, "SIGCHLD"):
        raise click.ClickException(
            "`flask serve` needs Linux or macOS. Any WSGI server for Windows serves `app:app`."
        )
    if find_spec("granian") is None:
        raise click.ClickException("granian is missing: pip install 'octavo[server]' brings it.")
    # What `flask --app` names.
    target = context.obj.app_import_path or "app:app"
    if not re.fullmatch(r"[\w.]+(:\w+)?", target):
        raise click.ClickException(
            f"--app {target}: to be served it must be the name of a module and of the application "
            "in it, as app:app."
        )
    module = target.partition(":")[0].partition(".")[0]
    root = Path.cwd()
    if PathFinder.find_spec(module, [str(root), *sys.path]) is None:
        raise click.ClickException(
            f"There is no {module}.py in {root}: `flask serve` runs in the folder of a site. "
            "`octavo new` makes one."
        )
    # A wrong setting ends the command at once, and not each of the workers again and again.
    load_settings(root)
    if options["workers"] is None:
        options["workers"] = usable_cores()
    replace_process(root, target, **options)
