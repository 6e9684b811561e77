"""`flask tags`, `categories` and `authors`: other names in all texts, and redirects to them."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask.cli import AppGroup

from octavo.cli.terminal import carry_out, writes
from octavo.content.editing.changes import Changes
from octavo.content.editing.layouts import EditError
from octavo.content.errors import ContentError
from octavo.content.terms import TermKind
from octavo.site.site import Site
from octavo.site.writers.terms import merge_terms, rename_term
from octavo.web.request import site

Plan = Callable[[Site, TermKind, str, str], tuple[Changes, Changes]]


def _group(name: str, kind: TermKind) -> AppGroup:
    """Return the commands for one kind of terms."""
    group = AppGroup(name, help=f"Rename and merge {name} in all texts, with redirects.")

    @group.command("rename", help=f"Give a {kind} another NAME in all texts that have it.")
    @click.argument("old")
    @click.argument("name")
    @writes
    def rename(old: str, name: str, yes: bool, dry_run: bool) -> None:
        _carry_out(rename_term, kind, old, name, yes=yes, dry_run=dry_run)

    @group.command("merge", help=f"Give all texts of the {kind} OLD to the one INTO instead.")
    @click.argument("old")
    @click.argument("into")
    @writes
    def merge(old: str, into: str, yes: bool, dry_run: bool) -> None:
        _carry_out(merge_terms, kind, old, into, yes=yes, dry_run=dry_run)

    return group


def _carry_out(plan: Plan, kind: TermKind, old: str, new: str, *, yes: bool, dry_run: bool) -> None:
    try:
        changes = plan(site(), kind, old, new)
    except (EditError, ContentError, OSError) as error:
        raise click.ClickException(str(error)) from None
    carry_out(*changes, yes=yes, dry_run=dry_run)


tags = _group("tags", "tag")
categories = _group("categories", "category")
authors = _group("authors", "author")
