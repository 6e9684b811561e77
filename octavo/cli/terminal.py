"""What commands print, and the question that they ask before they write into posts/."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from functools import wraps
from itertools import chain
from typing import Any, TypeVar, cast

import click

from octavo.content.editing.changes import ChangeError, Changes, make_all
from octavo.web.request import site

Command = TypeVar("Command", bound=Callable[..., Any])

# By which commands that write into posts/ wait for each other, in the folder of the instance.
LOCK = "writing.lock"
# How the lines of a diff are coloured, by how they begin.
_COLOURS = (("+", "green"), ("-", "red"), ("@@", "cyan"), ("move ", "yellow"))


def say(line: str, colour: str | None = None) -> None:
    """Print a line; in a colour on a terminal only, and never where NO_COLOR is set.

    Names of files may hold characters that steer a terminal: they are left out.
    """
    shown = "".join(sign for sign in line if sign == "\t" or unicodedata.category(sign) != "Cc")
    if colour is not None and not os.environ.get("NO_COLOR"):
        shown = click.style(shown, fg=colour)
    click.echo(shown)


def writes(command: Command) -> Command:
    """Give a command that writes into posts/ its options `--yes` and `--dry-run`.

    It refuses arguments that are no UTF-8, since texts are.
    """

    @wraps(command)
    def checked(*arguments: Any, **options: Any) -> Any:
        for value in options.values():
            if isinstance(value, str) and not is_writable(value):
                raise click.UsageError(f"{value!r} is not UTF-8, as texts and their names are.")
        return command(*arguments, **options)

    yes = click.option("--yes", is_flag=True, help="Do not ask.")
    dry_run = click.option("--dry-run", is_flag=True, help="Only show what would change.")
    return cast(Command, yes(dry_run(checked)))


def is_writable(text: str) -> bool:
    """Whether a text can be written as UTF-8: arguments that are other bytes cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def carry_out(*changes: Changes, yes: bool, dry_run: bool) -> None:
    """Show what will change, ask once, and change it. Exits with 1 where it is not made."""
    if not any(changes):
        say("There is nothing to change.")
        return
    for line in chain.from_iterable(one.diff() for one in changes):
        say(line, next((colour for start, colour in _COLOURS if line.startswith(start)), None))
    if dry_run:
        return
    if not yes and not click.confirm("Change this?"):
        say("Nothing was changed.")
        raise SystemExit(1)
    try:
        make_all(*changes, lock=site().instance_dir / LOCK)
    except ChangeError as error:
        raise click.ClickException(str(error)) from None
