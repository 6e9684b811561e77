"""The facets: the properties of articles that results are counted and narrowed by.

A facet is a row here, and one in `octavo/web/pages/facets.py` for how readers see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from octavo.search.protocol import Document, Snapshot


@dataclass(frozen=True, slots=True)
class Facet:
    """One property of articles.

    `values` returns a document's values, which are indexed as slugs; the time zone decides the day
    of its publication. `missing` is the part of a note that tells that no article has a value.
    Where a facet `narrows`, an article must have all selected values, otherwise one of them. A
    facet that `is_date` lists its latest values first, others their most frequent ones, which can
    be searched for as words too.
    """

    values: Callable[[Document, tzinfo], Iterable[str]]
    missing: str
    narrows: bool = False
    is_date: bool = False


def _year(document: Document, zone: tzinfo) -> list[str]:
    if document.published is None:
        return []
    return [f"{document.published.astimezone(zone).year:04d}"]


# An article has one section, one year and mostly one author: each further value of these widens.
FACETS: Mapping[str, Facet] = {
    "category": Facet(lambda document, zone: (document.category,), "is no section"),
    "tag": Facet(lambda document, zone: document.tags, "is no tag", narrows=True),
    "author": Facet(lambda document, zone: document.authors, "is no author"),
    "year": Facet(_year, "are no articles of the year", is_date=True),
}


def facet_named(name: str) -> Facet:
    """Return a facet, of `FACETS` or one of a site's own; an article may have many values of it."""
    if name in FACETS:
        return FACETS[name]
    values = partial(_own_values, name)
    return Facet(values, f"is no {name.replace('_', ' ')}", narrows=True)


def _own_values(name: str, document: Document, zone: tzinfo) -> tuple[str, ...]:
    return document.more.get(name, ())


def own_facets(snapshot: Snapshot) -> frozenset[str]:
    """Return the names of a site's own facets."""
    return frozenset(snapshot.names.keys() - FACETS.keys())
