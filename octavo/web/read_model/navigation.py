"""The entries of the main navigation, and of the one at the foot of each page."""

from __future__ import annotations

from octavo.content.library import Edition
from octavo.settings import Link, Settings
from octavo.site.addresses import post_path, term_path

CATEGORIES = 7
PAGES = 8


def navigation(settings: Settings, edition: Edition) -> tuple[Link, ...]:
    """Return the navigation that the settings name, else the largest categories in the order of
    their names.
    """
    if settings.navigation:
        return tuple(settings.navigation)
    largest = sorted(edition.categories.values(), key=lambda term: -term.count)[:CATEGORIES]
    chosen = {term.slug for term in largest}
    found = (term for term in edition.categories.values() if term.slug in chosen)
    return tuple(Link(term.name, term_path("category", term.slug)) for term in found)


def pages(edition: Edition) -> tuple[Link, ...]:
    """Return the first of the site's own pages, such as About, in the order of their titles."""
    found = sorted(
        (post.title, post_path(post)) for post in edition.pages.values() if not post.noindex
    )
    return tuple(Link(title, path) for title, path in found[:PAGES])
