"""`octavo new`: the smallest whole site, which teaches by example."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import click

from octavo.content.slugs import slugify
from octavo.settings import Settings, load_settings

APP = '''"""The WSGI application of this site, for `flask run` and every WSGI server."""

from pathlib import Path

from octavo import create_app

app = create_app(Path(__file__).parent)
'''
WELCOME = """---
title: Welcome
date: {today}
tags: [first steps]
summary: What this site is made of, and how to write the next article.
---
This article is the file `posts/welcome.md`. Change a word, save it, and reload the page.

## The next article

Put another `.md` file into `posts/`. The lines between the two `---` are its front matter: a title,
a date, and so on. The rest is Markdown, with **bold** words, [links](/archive/), lists and code:

- a picture lies beside the text, and is shown by `![What is on it](picture.jpg)`;
- a date in the future publishes the article at that moment;
- `draft: true` keeps it from readers, as in `posts/a-draft.md`.
"""
DRAFT = """---
title: A draft
draft: true
---
Nobody but you can read this. Take the line `draft: true` away to publish it.
"""
IGNORED = "__pycache__/\n/.venv/\n/instance/\n/search_index/\n"


@click.command("new")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--title", help="Name of the site; asked for where it is left out.")
@click.option("--language", help="Language of the writing (`en`, `de`, `pt-BR`).")
@click.option("--address", help="Public address of the site.")
def new(folder: Path, title: str | None, language: str | None, address: str | None) -> None:
    """Begin a site in the folder DIR, which must be new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.ClickException(
            f"{folder} is not an empty folder. Name another one; nothing is written over."
        )
    name = folder.resolve().name
    own = {
        "title": _asked(title, "Title", re.sub("[-_]+", " ", name).capitalize()),
        "language": _asked(language, "Language", "en"),
        "base_url": _asked(address, "Address", "http://127.0.0.1:5000"),
    }
    project = _project(name, own)
    with TemporaryDirectory() as trial:
        # A wrong setting is told before anything is written.
        (Path(trial) / "pyproject.toml").write_text(project, encoding="utf-8")
        load_settings(Path(trial), {})
    files = {
        "app.py": APP,
        "pyproject.toml": project,
        ".gitignore": IGNORED,
        "posts/welcome.md": WELCOME.format(today=date.today().isoformat()),  # noqa: DTZ011 - the writer's day
        "posts/a-draft.md": DRAFT,
        "templates/.gitkeep": "",
        "static/.gitkeep": "",
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    click.echo(f"{own['title']} begins in {folder}: one article and one draft in posts/.")
    path = urlsplit(own["base_url"]).path.rstrip("/")
    click.echo(f"Next: cd {folder} && flask run, then open http://127.0.0.1:5000{path}/")


def _asked(given: str | None, what: str, default: str) -> str:
    """Return an option as given; else ask where somebody sits at the terminal."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return default
    return str(click.prompt(what, default=default))


def _project(name: str, own: Mapping[str, str]) -> str:
    """Return the pyproject.toml of a site: its own settings, and all others as comments."""
    lines = [
        "[project]",
        f"name = {json.dumps(slugify(name) or 'site')}",
        'version = "1.0"',
        'requires-python = ">=3.11"',
        'dependencies = ["octavo"]',
        "",
        "[tool.setuptools]",
        "# No folder of the site is a package: `pip install .` installs what it depends on.",
        "py-modules = []",
        "",
        "[tool.octavo]",
        *(f"{key} = {_toml(value)}" for key, value in own.items()),
        "",
        "# All other settings with their defaults. A line without its mark counts.",
    ]
    for each in fields(Settings):
        if each.name not in own:
            lines += ["", f"# {each.metadata['help']}", f"# {each.name} = {_toml(_default(each))}"]
    return "\n".join(lines) + "\n"


def _default(setting: Any) -> Any:
    if setting.default_factory is not MISSING:
        return setting.default_factory()
    return setting.default


def _toml(value: Any) -> str:
    # TOML writes texts, numbers, truth, and empty lists and tables as JSON does.
    return json.dumps(value, ensure_ascii=False)
