"""How readers see the facets of the search: a row here for each of `octavo.search.FACETS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from octavo.content.library.library import Edition
from octavo.content.slugs import slugify_once
from octavo.content.terms import TermKind
from octavo.site.site import Site
from octavo.web.request import site


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet on the pages of the search.

    `listed` is the number of values that are shown before the rest is folded away. `find` returns
    the slug of a value that is named by its slug or its name, '' where no article has it. `example`
    returns a value for the help, '' where there is none, and `help` says which articles have it;
    `{start}` in it is the first letter of the example.
    """

    label: str
    listed: int
    find: Callable[[Edition, str], str]
    example: Callable[[Edition], str]
    help: str


def _find_term(kind: TermKind) -> Callable[[Edition, str], str]:
    def find(edition: Edition, value: str) -> str:
        known = edition.terms(kind)
        if value in known:
            return value
        slug = slugify_once(value)
        return slug if slug in known else ""

    return find


def _find_author(edition: Edition, value: str) -> str:
    slug = slugify_once(value)
    # The file of an author may have another name than the author.
    namesakes = (term.slug for term in edition.authors.values() if slugify_once(term.name) == slug)
    return _find_term("author")(edition, value) or next(namesakes, "")


def _find_year(edition: Edition, value: str) -> str:
    return value if value in _years(edition) else ""


def _years(edition: Edition) -> list[str]:
    return [str(year) for year in edition.years(site().settings.zone) if year]


def _largest(kind: TermKind) -> Callable[[Edition], str]:
    def largest(edition: Edition) -> str:
        known = edition.terms(kind)
        return max(known, key=lambda slug: (known[slug].count, slug), default="")

    return largest


def _latest_year(edition: Edition) -> str:
    return next(iter(_years(edition)), "")


FACET_VIEWS: Mapping[str, FacetView] = {
    "category": FacetView(
        "Section", 12, _find_term("category"), _largest("category"), "of a section"
    ),
    "tag": FacetView(
        "Tag",
        10,
        _find_term("tag"),
        _largest("tag"),
        "with a tag; tag:{start}* with any that begins so",
    ),
    "author": FacetView("Author", 6, _find_author, _largest("author"), "by an author"),
    "year": FacetView("Year", 8, _find_year, _latest_year, "of a year"),
}


def facet_views(site: Site) -> Mapping[str, FacetView]:
    """Return the facets of a site: those that every site has, and its own."""
    own = {name: _own(name, facet.label) for name, facet in site.index.facets.items()}
    return {**FACET_VIEWS, **own}


def _own(name: str, label: str) -> FacetView:
    def values(edition: Edition) -> Mapping[str, str]:
        return site().index.snapshot(edition).names[name]

    def find(edition: Edition, value: str) -> str:
        known = values(edition)
        slug = slugify_once(value)
        return next((one for one in (value, slug) if one in known), "")

    def example(edition: Edition) -> str:
        return next(iter(values(edition)), "")

    return FacetView(label, 10, find, example, f"of this {label.lower()}")
