"""Reads the parameters of a request: every value is checked.

Ghost ignores most of what it does not understand, each parameter in its own way: a function for
each says so in fewer lines than validators of pydantic, which refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from octavo.search import FACETS, MAX_QUERY_CHARACTERS, MAX_SELECTED_VALUES, Sort
from octavo.web.api import problems
from octavo.web.api.filter.columns import Order
from octavo.web.api.filter.nql import Filter, FilterError, parse
from octavo.web.request import site

# Records on a page of a list, by `limit`.
DEFAULT_LIMIT = 15
MAX_PAGE_RECORDS = 100
# Beside these, the formats of Ghost's editors are accepted, since clients send them, and never
# answered.
FORMATS = ("html", "plaintext")
# The number of a page that is asked for; a larger one counts as this.
MAX_PAGE = 1_000_000_000
# Fields of `order`; more are not looked at.
MAX_ORDER_FIELDS = 8

# What parameters can be, here and in the OpenAPI document.
PAGE_PATTERN = "^[0-9]*$"
ORDER_PATTERN = "^[a-zA-Z0-9_,. ]*$"
FORMATS_PATTERN = "^((html|plaintext|mobiledoc|lexical)(,(html|plaintext|mobiledoc|lexical))*)?$"

_ORDER_TERM = re.compile(r"([a-z0-9_.]+)(?:\s+(asc|desc))?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """What a request asks for; `fields` and `formats` are None where it names none."""

    fields: frozenset[str] | None = None
    formats: frozenset[str] | None = None
    include: frozenset[str] = frozenset()
    filter: Filter | None = None
    order: Order = ()
    limit: int = DEFAULT_LIMIT
    page: int = 1
    cursor: str | None = None


def parse_query(given: Mapping[str, str], now: datetime) -> Query:
    """Return the query in the parameters of a request.

    Raises ApiError for a value that a parameter cannot have. Unknown parameters, fields and
    includes are left out, as Ghost does; so is `slug`, which its client repeats.
    """
    return Query(
        fields=_fields(given.get("fields", "")),
        formats=_formats(given.get("formats", "")),
        include=frozenset(_listed(given.get("include", ""))),
        filter=_filter(given.get("filter", ""), now),
        order=_order(given.get("order", "")),
        limit=_limit(given.get("limit", "")),
        page=_page(given.get("page", "")),
        cursor=given.get("cursor"),
    )


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """What a search request asks for; `selected` has the selected values of each facet."""

    typed: str
    selected: Mapping[str, tuple[str, ...]]
    sort: Sort = "relevance"
    exact: bool = False


def parse_search(given: Mapping[str, list[str]]) -> SearchParameters:
    """Return the search in the parameters of a request. Raises ApiError for an unknown order."""
    sort = next(iter(given.get("sort", ())), "relevance")
    if sort not in get_args(Sort):
        raise problems.wrong_value(
            "sort", "AllowedValues", f"Orders are {', '.join(get_args(Sort))}."
        )
    typed = " ".join(next(iter(given.get("q", ())), "").split())[:MAX_QUERY_CHARACTERS]
    selected = {
        facet: tuple(dict.fromkeys(given[facet]))[:MAX_SELECTED_VALUES]
        for facet in (*FACETS, *site().index.facets)
        if facet in given
    }
    return SearchParameters(typed, selected, cast(Sort, sort), "exact" in given)


def _listed(text: str) -> Iterable[str]:
    return filter(None, (name.strip() for name in text.split(",")))


def _fields(text: str) -> frozenset[str] | None:
    if not text:
        return None
    return frozenset(_listed(text))


def _formats(text: str) -> frozenset[str] | None:
    if not text:
        return None
    if not _fits(FORMATS_PATTERN, text):
        raise problems.wrong_value("formats", "AllowedValues", f"Formats are {', '.join(FORMATS)}.")
    return frozenset(_listed(text)) & frozenset(FORMATS)


def _filter(text: str, now: datetime) -> Filter | None:
    if not text.strip():
        return None
    try:
        return parse(text, now)
    except FilterError as error:
        raise problems.wrong_filter(str(error)) from None


def _order(text: str) -> Order:
    if not _fits(ORDER_PATTERN, text):
        raise problems.wrong_value(
            "order", "matches", "An order is `field asc` or `field desc`, parted by commas."
        )
    found = [_ORDER_TERM.fullmatch(term) for term in _listed(text)]
    return tuple(
        (term[1].lower(), (term[2] or "asc").lower() == "desc")
        for term in found[:MAX_ORDER_FIELDS]
        if term
    )


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not re.fullmatch("[0-9]{1,3}", text):
        return MAX_PAGE_RECORDS
    return min(int(text), MAX_PAGE_RECORDS) or DEFAULT_LIMIT


def _page(text: str) -> int:
    if not _fits(PAGE_PATTERN, text):
        raise problems.wrong_value("page", "matches", "A page is a whole number, counted from 1.")
    return min(int(text[:10] or 1), MAX_PAGE) or 1


def _fits(pattern: str, text: str) -> bool:
    # `$` alone would let a line feed pass.
    return re.fullmatch(pattern.removesuffix("$"), text) is not None
