"""`flask tags`, `categories`, `authors` and `terms`: other names in all texts, and redirects."""

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


terms = AppGroup("terms", help="Rename and merge series, and terms of the site's own taxonomies.")


@terms.command("rename")
@click.argument("kind")
@click.argument("old")
@click.argument("name")
@writes
def rename_own(kind: str, old: str, name: str, yes: bool, dry_run: bool) -> None:
    """Give a term of KIND (`series`, `cuisine`) another NAME in all texts that have it."""
    _carry_out(rename_term, _own_kind(kind), old, name, yes=yes, dry_run=dry_run)


@terms.command("merge")
@click.argument("kind")
@click.argument("old")
@click.argument("into")
@writes
def merge_own(kind: str, old: str, into: str, yes: bool, dry_run: bool) -> None:
    """Give all texts of the term OLD of KIND (`series`, `cuisine`) to the one INTO instead."""
    _carry_out(merge_terms, _own_kind(kind), old, into, yes=yes, dry_run=dry_run)


def _own_kind(kind: str) -> TermKind:
    """Return the kind of terms that a field of front matter or its plural names.

    Raises ClickException where the site has none of that name.
    """
    taxonomies = site().rules.taxonomies
    for name, plural in taxonomies.items():
        if kind in (name, plural):
            return name
    raise click.ClickException(
        f"There is no taxonomy `{kind}`. There are: {', '.join(taxonomies)}; the setting "
        "`taxonomies` names others."
    )


def _carry_out(plan: Plan, kind: TermKind, old: str, new: str, *, yes: bool, dry_run: bool) -> None:
    try:
        changes = plan(site(), kind, old, new)
    except (EditError, ContentError, OSError) as error:
        raise click.ClickException(str(error)) from None
    carry_out(*changes, yes=yes, dry_run=dry_run)


tags = _group("tags", "tag")
categories = _group("categories", "category")
authors = _group("authors", "author")
