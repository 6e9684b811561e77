"""What a search address asks for, and the addresses of similar searches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, get_args
from urllib.parse import quote_plus

from flask import abort, request

from octavo.content.library.library import Edition
from octavo.search import MAX_QUERY_CHARACTERS, MAX_SELECTED_VALUES, Sort, clean_query
from octavo.web.pages.facets import FACET_VIEWS, facet_views
from octavo.web.phrases.phrases import say
from octavo.web.request import site

PATH = "/search/"
# Of a value that was ignored, so much is repeated; characters.
MAX_REPEATED_VALUE = 40
# A page has a hundred addresses of the same few parts.
_quoted = lru_cache(maxsize=4_096)(quote_plus)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search; `selected` has the values of facets, `exact` forbids other spellings.

    `prefix` is the path below which the site stands.
    """

    typed: str
    selected: Mapping[str, tuple[str, ...]]
    sort: Sort = "relevance"
    exact: bool = False
    page: int = 1
    prefix: str = ""

    @property
    def has_begun(self) -> bool:
        """Whether words were typed, or values of facets selected."""
        return bool(self.typed or self.selected)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The parameters that stay when other words are typed: facets and order."""
        pairs = []
        for facet, values in self.selected.items():
            pairs += [(facet, value) for value in values]
        if self.sort != "relevance":
            pairs.append(("sort", self.sort))
        return pairs

    def url(self, path: str = PATH) -> str:
        """Return the address of this search."""
        place = self.prefix + path
        pairs = self.kept
        if self.typed:
            pairs.insert(0, ("q", self.typed))
        if self.exact:
            pairs.append(("exact", "1"))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        if not pairs:
            return place
        return f"{place}?" + "&".join([f"{name}={_quoted(value)}" for name, value in pairs])

    def on_page(self, number: int) -> str:
        """Return the address of another page of the same results."""
        return replace(self, page=number).url()

    def sorted_by(self, sort: Sort) -> str:
        """Return the address of the same results in another order."""
        return replace(self, sort=sort, page=1).url()

    def toggled(self, facet: str, value: str) -> str:
        """Return the address with one value of a facet selected, or no longer selected."""
        chosen = self.selected.get(facet, ())
        if value in chosen:
            values = tuple(other for other in chosen if other != value)
        else:
            values = (*chosen, value)
        changed = {**self.selected, facet: values}
        # In the order of the facets, however they were chosen.
        order = (*FACET_VIEWS, *sorted(changed.keys() - FACET_VIEWS.keys()))
        kept = {name: changed[name] for name in order if changed.get(name)}
        return replace(self, selected=kept, page=1).url()

    def adding(self, facet: str) -> Callable[[str], str]:
        """Return a faster `toggled` for values of one facet that are not selected yet."""
        before, _, after = self.toggled(facet, "\0").rpartition("%00")
        return lambda value: f"{before}{_quoted(value)}{after}"


def read_request(edition: Edition) -> tuple[SearchRequest, list[str]]:
    """Return the search that this request asks for, and notes on what was ignored."""
    selected: dict[str, tuple[str, ...]] = {}
    ignored: list[str] = []
    for facet, view in facet_views(site()).items():
        found: list[str] = []
        for value in dict.fromkeys(request.args.getlist(facet)[:MAX_SELECTED_VALUES]):
            slug = view.find(edition, value)
            if slug:
                found.append(slug)
            else:
                shown = value[:MAX_REPEATED_VALUE]
                note = "{facet} “{value}” was ignored: there is none."
                ignored.append(say(note, facet=say(view.label), value=shown))
        if found:
            selected[facet] = tuple(dict.fromkeys(found))
    number = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", number, re.ASCII):
        abort(404, "A page is a number from 1 to 9999.")
    sort: Any = request.args.get("sort")
    if sort not in get_args(Sort):
        sort = "relevance"
    # One character more, so that the engine tells what it leaves out.
    typed = clean_query(request.args.get("q", ""))[: MAX_QUERY_CHARACTERS + 1]
    exact = "exact" in request.args
    prefix = site().addresses.prefix
    return SearchRequest(typed, selected, sort, exact, int(number), prefix), ignored
