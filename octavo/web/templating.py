"""What every template can use: the site's facts, addresses of static files, and formats of dates and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask

from ..settings import Link, Settings
from .assets import Assets
from .pages import MONTHS, shelf, site


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """The site as templates see it."""

    title: str
    tagline: str
    description: str
    base_url: str
    language: str
    navigation: tuple[Link, ...]
    has_search: bool


def init_app(app: Flask, assets: Assets) -> None:
    """Give templates `site`, `asset` and the filters `date`, `isodate` and `number`."""
    app.extensions["octavo_assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
    app.jinja_env.filters.update(date=format_date, isodate=datetime.isoformat, number="{:,}".format)

    @app.context_processor
    def facts() -> dict[str, SiteFacts]:
        settings: Settings = site().settings
        return {
            "site": SiteFacts(
                settings.title,
                settings.tagline,
                settings.description,
                settings.base_url,
                settings.language,
                tuple(settings.navigation) or _largest_categories(),
                "search.page" in app.view_functions,
            )
        }


def _largest_categories() -> tuple[Link, ...]:
    here = shelf()
    largest = sorted(here.edition.categories.values(), key=lambda term: -term.count)[:7]
    chosen = {term.slug for term in largest}
    return tuple(
        Link(term.name, here.term(term).url) for term in here.edition.categories.values() if term.slug in chosen
    )


def format_date(moment: datetime) -> str:
    """Return a date as readers write it: 17 July 2025."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
