"""The entries of the main navigation."""

from __future__ import annotations

from ..addresses import term_path
from ..content.library import Edition
from ..settings import Link, Settings

CATEGORIES = 7


def navigation(settings: Settings, edition: Edition) -> tuple[Link, ...]:
    """Return the navigation that the settings name, else the largest categories in the order of their names."""
    if settings.navigation:
        return tuple(settings.navigation)
    largest = sorted(edition.categories.values(), key=lambda term: -term.count)[:CATEGORIES]
    chosen = {term.slug for term in largest}
    found = (term for term in edition.categories.values() if term.slug in chosen)
    return tuple(Link(term.name, term_path("category", term.slug)) for term in found)
