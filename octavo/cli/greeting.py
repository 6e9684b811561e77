"""What `flask run` says before the first request: what the site has, where, and what to do next."""

from __future__ import annotations

import os

import click

from octavo.content.errors import number
from octavo.settings import help_of
from octavo.site.site import Site


def greet(site: Site) -> None:
    """Print the greeting where `flask run` starts the site, and nothing in other commands."""
    context = click.get_current_context(silent=True)
    # The reloader starts the site twice.
    if context is None or context.info_name != "run" or "WERKZEUG_RUN_MAIN" in os.environ:
        return
    click.echo(greeting(site), err=True)


def greeting(site: Site) -> str:
    """Return one line: how many articles there are, where the writing is, and what is next."""
    folder = site.posts_dir
    if not folder.is_dir():
        return (
            f"posts_dir = {site.settings.posts_dir!r}: there is no folder {folder}, "
            f"so there are no articles. {help_of('posts_dir')}"
        )
    count = len(site.edition().posts)
    if count == 0:
        return f"No articles yet. Save a text as {folder / 'hello.md'} and reload the page."
    held = f"{number(count, 'article')} in {folder}"
    if not site.developed:
        return f"{held}. `flask run` is for writing: `flask serve` is for readers."
    return f"{held}. A saved file shows at once; `flask check` tells what is wrong."
