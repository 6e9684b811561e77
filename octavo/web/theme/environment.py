"""What every template can use: the site's facts, addresses of static files, and formats of dates
and numbers.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import TemplateSyntaxError
from markupsafe import Markup, escape

from octavo.content.digests import digest_texts
from octavo.settings import Settings
from octavo.site.digests import engine_digest, settings_digest
from octavo.site.site import Site
from octavo.web.read_model.cards import MenuLink
from octavo.web.read_model.read_model import MONTHS
from octavo.web.request import read_model, site
from octavo.web.theme.assets import Assets
from octavo.web.theme.templates import Theme

_CODE_SPAN = re.compile("`([^`]+)`")


class TemplateEnvironment(Environment):
    """Flask's environment for templates that all have the same globals."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: those of all, where it has none of its own.

        Jinja joins the two in a ChainMap, which every import of a partial walks through; it took a
        sixth of a page.
        """
        return super().make_globals(d) if d else self.globals


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """The site as templates see it."""

    title: str
    tagline: str
    description: str
    base_url: str
    language: str
    navigation: tuple[MenuLink, ...]
    pages: tuple[MenuLink, ...]
    has_open_api: bool
    has_search: bool


def init_app(app: Flask, assets: Assets) -> None:
    """Load the theme, and give templates `site`, `asset` and filters for dates, numbers and code."""
    theme = app.jinja_loader = Theme(Path(str(app.template_folder)), app.jinja_env)
    served: Site = app.extensions["octavo"]
    beside = [engine_digest(), settings_digest(served.settings), served.plugins.digest]

    def digest_of_all() -> str:
        return digest_texts([theme.digest(), assets.digest(), *beside])

    def reload() -> None:
        changed: list[Theme | Assets] = [part for part in (theme, assets) if part.changed()]
        if not changed:
            return
        # Meanwhile nothing that is rendered counts as made with either.
        served.theme = ""
        try:
            for part in changed:
                _reload(app, part)
        finally:
            served.theme = digest_of_all()

    served.theme = digest_of_all()
    served.watched.append(reload)
    app.extensions["octavo_assets"] = assets
    app.jinja_env.globals.update(asset=assets.url, asset_data=assets.data_url)
    app.jinja_env.filters.update(
        date=format_date, isodate=datetime.isoformat, number="{:,}".format, code_spans=code_spans
    )

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
                read_model().navigation(),
                read_model().pages(),
                settings.api_open,
                "search.page" in app.view_functions,
            )
        }


def _reload(app: Flask, part: Theme | Assets) -> None:
    """Read the files of a part again, and tell the writer what is wrong with them."""
    try:
        part.reload()
    except TemplateSyntaxError as error:
        place = f"templates/{error.name}:{error.lineno}"
        app.logger.error(
            "%s: %s. Mend it; until then pages are made as before.", place, error.message
        )
    except (OSError, UnicodeDecodeError) as error:
        app.logger.error("Templates and static files cannot be read: %s", error)


def code_spans(text: str) -> Markup:
    """Return a plain text as HTML, with what stands between backticks as code."""
    return Markup(_CODE_SPAN.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def format_date(moment: datetime) -> str:
    """Return a date as readers write it: 17 July 2025."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
