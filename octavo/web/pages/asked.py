"""What an address of the search asks for, and the addresses that ask for something near it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import get_args
from urllib.parse import quote_plus

from flask import abort, request

from octavo.content.library import Edition
from octavo.content.slugs import slugify_once
from octavo.content.terms import Term
from octavo.search import MAX_QUERY_CHARACTERS, MAX_SELECTED_VALUES, Sort, clean_query
from octavo.web.request import site

PATH = "/search/"
FACET_LABELS = {"category": "Section", "tag": "Tag", "author": "Author", "year": "Year"}
# A page has a hundred addresses of the same few parts.
_quoted = lru_cache(maxsize=4_096)(quote_plus)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for. `selected` has the values of facets; `exact` forbids other
    spellings.
    """

    typed: str
    selected: Mapping[str, tuple[str, ...]]
    sort: Sort = "relevance"
    exact: bool = False
    page: int = 1

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What stays when other words are typed, as names and values of an address: facets and
        order.
        """
        pairs = [(facet, value) for facet, values in self.selected.items() for value in values]
        return pairs + ([("sort", self.sort)] if self.sort != "relevance" else [])

    def url(self, path: str = PATH) -> str:
        """Return the address that asks for this."""
        pairs = [("q", self.typed)] if self.typed else []
        pairs += self.kept
        pairs += [("exact", "1")] if self.exact else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return (
            f"{path}?{'&'.join([f'{name}={_quoted(value)}' for name, value in pairs])}"
            if pairs
            else path
        )

    def on_page(self, number: int) -> str:
        """Return the address of another page of the same results."""
        return replace(self, page=number).url()

    def sorted_by(self, sort: Sort) -> str:
        """Return the address of the same results in another order."""
        return replace(self, sort=sort, page=1).url()

    def toggled(self, facet: str, value: str) -> str:
        """Return the address with one value of a facet chosen, or no longer chosen."""
        chosen = self.selected.get(facet, ())
        values = (
            tuple(other for other in chosen if other != value)
            if value in chosen
            else (*chosen, value)
        )
        kept = {
            name: self.selected.get(name, ()) if name != facet else values for name in FACET_LABELS
        }
        return replace(
            self, selected={name: found for name, found in kept.items() if found}, page=1
        ).url()

    def adding(self, facet: str) -> Callable[[str], str]:
        """Return what makes of a further value the address with it chosen too, as `toggled` does,
        at less cost.
        """
        before, _, after = self.toggled(facet, "\0").rpartition("%00")
        return lambda value: f"{before}{_quoted(value)}{after}"


def asked(edition: Edition) -> tuple[Asked, list[str]]:
    """Read the address of this request; returns with it what of it was ignored, in words."""
    selected: dict[str, tuple[str, ...]] = {}
    ignored: list[str] = []
    for facet, label in FACET_LABELS.items():
        meant = {
            value: _meant(edition, facet, value)
            for value in request.args.getlist(facet)[:MAX_SELECTED_VALUES]
        }
        if chosen := tuple(dict.fromkeys(filter(None, meant.values()))):
            selected[facet] = chosen
        ignored += [
            f"{label} “{value[:40]}” was ignored: there is none."
            for value, slug in meant.items()
            if not slug
        ]
    sort = request.args.get("sort", "relevance")
    number = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", number, re.ASCII):
        abort(404, "A page is a number from 1 to 9999.")
    return Asked(
        # One character more, so that the engine tells what it leaves out.
        clean_query(request.args.get("q", ""))[: MAX_QUERY_CHARACTERS + 1],
        selected,
        sort if sort in get_args(Sort) else "relevance",  # type: ignore[arg-type]
        "exact" in request.args,
        int(number),
    ), ignored


def _meant(edition: Edition, facet: str, value: str) -> str:
    """The value of a facet that an address names by its slug or its name; '' where there is none."""
    if facet == "year":
        return value if value in map(str, edition.years(site().settings.zone)) else ""
    known: Mapping[str, Term] = edition.terms(facet)  # type: ignore[arg-type]
    if value in known:
        return value
    slug = slugify_once(value)
    if slug in known or facet != "author":
        return slug if slug in known else ""
    # The file of an author may have another name than the author.
    return next((term.slug for term in known.values() if slugify_once(term.name) == slug), "")
