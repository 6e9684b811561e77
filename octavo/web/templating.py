"""What every template can use: the site's facts, addresses of static files, and formats of dates and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask

from ..settings import Link, Settings
from .assets import Assets
from .navigation import navigation
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
                navigation(settings, shelf().edition),
                "search.page" in app.view_functions,
            )
        }


def format_date(moment: datetime) -> str:
    """Return a date as readers write it: 17 July 2025."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
