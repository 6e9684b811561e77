"""`flask theme`: lists the theme's files, copies them into the site, and tells what has changed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from octavo.content.digests import digest
from octavo.web.theme.theme import themes

# In the site's folder: of each copied file, the digest of the theme's as it was then.
RECORD = ".octavo-theme.json"
KINDS = ("templates", "static")

theme = AppGroup("theme", help="Look after the files that stand over the theme's.")


def _root() -> Path:
    return Path(current_app.root_path)


def _below() -> dict[str, Path]:
    """Return the files over which the site's own may stand, by name."""
    folders = reversed(themes(current_app.extensions["octavo"].settings.theme))
    return {name: folder / name for folder in folders for name in _names(folder)}


def _names(folder: Path) -> list[str]:
    """Return the files of a theme by their paths, as `templates/base.html`."""
    files = (path for kind in KINDS for path in (folder / kind).rglob("*") if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in files)
    return sorted(name for name in names if not re.search(r"/\.|~$", name))


def _record() -> dict[str, str]:
    try:
        found = json.loads((_root() / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): str(value) for name, value in found.items()}


@theme.command("list")
@with_appcontext
def list_files() -> None:
    """List the files of the theme; a mark before a name: the site's own stands over it."""
    own = set(_names(_root()))
    for name in sorted(_below()):
        mark = " "
        if name in own:
            mark = "*"
        click.echo(f"{mark} {name}")


@theme.command("copy")
@click.argument("name")
@with_appcontext
def copy(name: str) -> None:
    """Copy the file NAME of the theme into the site, to be changed there."""
    below = _below()
    if name not in below:
        raise click.ClickException(
            f"The theme has no file {name}. `flask theme list` names all, as templates/base.html."
        )
    target = _root() / name
    if target.exists():
        raise click.ClickException(f"{name} is there already; nothing is written over.")
    data = below[name].read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    record = json.dumps({**_record(), name: digest(data)}, indent=2, sort_keys=True)
    (_root() / RECORD).write_text(f"{record}\n", encoding="utf-8")
    click.echo(f"{name} now stands over the theme's.")


@theme.command("diff")
@with_appcontext
def diff() -> None:
    """Tell which files the engine has changed since they were copied; exit code 1 if any."""
    recorded = _record()
    below = _below()
    changed = 0
    for name in sorted({*_names(_root())} & below.keys()):
        state = "not copied by `theme copy`, so nothing is known"
        if name in recorded:
            state = "the theme's is as it was copied"
            if recorded[name] != digest(below[name].read_bytes()):
                state = "changed in the theme since it was copied"
                changed += 1
        click.echo(f"{name}: {state}")
    raise SystemExit(int(changed > 0))
