"""The kinds of pages: a row for each, with its addresses and all pages of the kind.

Routes, the warming of caches, the help for mistyped addresses and the sitemap come from here; the
view of a kind has the same name in `octavo/web/pages/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from octavo.content.library.library import Edition
from octavo.content.posts import Post
from octavo.content.terms import TermKind
from octavo.hooks import Brought, OwnPage
from octavo.site.addresses import TERM_FOLDERS, Addresses
from octavo.site.site import Site

# The kind of pages in folders, and of their slugs in the router.
NESTED = "nested"


class Member(NamedTuple):
    """One page of a kind: its address, and the text or the articles that it shows."""

    path: str
    posts: Sequence[Post] = ()
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class PageKind:
    """One kind of pages.

    `rule` is the pattern of its addresses for Flask's router. `has` tells whether the page with
    these values in its address exists; `members` yields all pages. A kind that `is_paged` has
    `?page=2` and so on; one that is `in_sitemap` is in the sitemap of pages.
    """

    rule: str
    has: Callable[[Site, Edition, Mapping[str, Any]], bool]
    members: Callable[[Site, Edition], Iterable[Member]]
    is_paged: bool = False
    in_sitemap: bool = True


def _single(path: str, is_paged: bool = False) -> PageKind:
    """Return the kind of a page that is always there and shows all articles."""

    def members(site: Site, edition: Edition) -> Iterator[Member]:
        yield Member(site.addresses.path(path), edition.posts)

    return PageKind(path, lambda site, edition, values: True, members, is_paged)


def _of_terms(kind: TermKind, folder: str = "") -> PageKind:
    """Return the kind of the pages of terms: of categories, tags, authors, series ..."""

    def has(site: Site, edition: Edition, values: Mapping[str, Any]) -> bool:
        return values["slug"] in edition.terms(kind)

    def members(site: Site, edition: Edition) -> Iterator[Member]:
        for term in edition.terms(kind).values():
            yield Member(site.addresses.term(kind, term.slug), term.posts)

    return PageKind(f"/{folder or TERM_FOLDERS[kind]}/<slug>/", has, members, is_paged=True)


def _has_article(site: Site, edition: Edition, values: Mapping[str, Any]) -> bool:
    return values["slug"] in edition.by_slug


def _articles(site: Site, edition: Edition) -> Iterator[Member]:
    for post in edition.posts:
        yield Member(site.addresses.post(post), (post,), post)


def _has_page(site: Site, edition: Edition, values: Mapping[str, Any]) -> bool:
    return values["slug"] in edition.pages


def _pages(site: Site, edition: Edition) -> Iterator[Member]:
    for page in edition.pages.values():
        if "/" not in page.slug and page.slug != site.addresses.front_page:
            yield Member(site.addresses.post(page), (page,), page)


def _nested(site: Site, edition: Edition) -> Iterator[Member]:
    for page in edition.pages.values():
        if "/" in page.slug:
            yield Member(site.addresses.post(page), (page,), page)


def _has_year(site: Site, edition: Edition, values: Mapping[str, Any]) -> bool:
    return values["year"] in edition.years(site.settings.zone)


def _years(site: Site, edition: Edition) -> Iterator[Member]:
    for year, posts in edition.years(site.settings.zone).items():
        if year:
            yield Member(site.addresses.year(year), posts)


PAGE_KINDS: Mapping[str, PageKind] = {
    "home": _single("/"),
    "articles": _single("/articles/", is_paged=True),
    "archive": _single("/archive/"),
    "tags": _single("/tags/"),
    "authors": _single("/authors/"),
    # Articles have sitemaps of their own.
    "article": PageKind("/articles/<slug>/", _has_article, _articles, in_sitemap=False),
    "page": PageKind("/<slug>/", _has_page, _pages),
    NESTED: PageKind(f"/<{NESTED}:slug>/", _has_page, _nested),
    "category": _of_terms("category"),
    "tag": _of_terms("tag"),
    "author": _of_terms("author"),
    "archive_of_year": PageKind(
        "/archive/<int(fixed_digits=4):year>/", _has_year, _years, in_sitemap=False
    ),
}


def _list_of_terms(kind: TermKind, folder: str) -> PageKind:
    """Return the kind of the page that lists all terms of a kind, where there are any."""

    def has(site: Site, edition: Edition, values: Mapping[str, Any]) -> bool:
        return bool(edition.terms(kind))

    def members(site: Site, edition: Edition) -> Iterator[Member]:
        # A page of the site's own stands over the list.
        if edition.terms(kind) and folder not in edition.pages:
            yield Member(site.addresses.terms(kind), edition.posts)

    return PageKind(f"/{folder}/", has, members)


def taxonomy_kinds(addresses: Addresses) -> dict[str, PageKind]:
    """Return the kinds of pages of taxonomies: `terms-KIND` lists all terms, `term-KIND` is one."""
    found: dict[str, PageKind] = {}
    for kind in addresses.taxonomies:
        found[f"terms-{kind}"] = _list_of_terms(kind, addresses.folders[kind])
        found[f"term-{kind}"] = _of_terms(kind, addresses.folders[kind])
    return found


def page_kinds(site: Site) -> dict[str, PageKind]:
    """Return the kinds of pages of a site: the engine's, its taxonomies', its plug-ins'."""
    own = {name: _own_kind(site, *each) for name, each in site.own_pages.items()}
    return {**PAGE_KINDS, **taxonomy_kinds(site.addresses), **own}


def _own_kind(site: Site, brought: Brought, own: OwnPage) -> PageKind:
    every = site.plugins.guarded(Brought(brought.plugin, own.paths), "page_kinds: paths", ())

    def has(site: Site, edition: Edition, values: Mapping[str, Any]) -> bool:
        return True

    def members(site: Site, edition: Edition) -> Iterator[Member]:
        for path in every(site):
            yield Member(site.addresses.path(path))

    return PageKind(own.rule, has, members)


def every_path(site: Site, edition: Edition) -> Iterator[str]:
    """Yield the addresses of all pages of an edition."""
    for kind in page_kinds(site).values():
        for member in kind.members(site, edition):
            yield member.path
            if kind.is_paged:
                last = -(-len(member.posts) // site.settings.page_size)
                yield from (f"{member.path}?page={number}" for number in range(2, last + 1))


def exists(site: Site, edition: Edition, endpoint: str, values: Mapping[str, Any]) -> bool:
    """Whether the page of a route, given by endpoint and values, exists in an edition."""
    room, _, name = endpoint.partition(".")
    if room in ("search", "own_pages"):
        return True
    if room != "pages":
        return False
    if name in ("page", "permalinked"):
        path = f"/{values.get('address') or values['slug']}/"
        if any(slug in edition.by_slug for slug in site.addresses.slugs_in(path)):
            return True
    kind = {**PAGE_KINDS, **taxonomy_kinds(site.addresses)}.get(name)
    return kind is not None and kind.has(site, edition, values)
