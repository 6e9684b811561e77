"""The environment of templates: facts of the site, asset addresses, dates and numbers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.templating import Environment
from markupsafe import Markup, escape

from octavo.hooks import Plugins
from octavo.settings import Settings
from octavo.web.below import add_prefix
from octavo.web.read_model.cards import MenuLink
from octavo.web.read_model.read_model import MONTHS
from octavo.web.request import read_model, site
from octavo.web.theme.layers import BELOW, name_below
from octavo.web.theme.theme import Theme

log = logging.getLogger("octavo.plugins")

_CODE_SPAN = re.compile("`([^`]+)`")


class TemplateEnvironment(Environment):
    """Flask's environment for templates, with the same globals for all of them."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: those of the environment where it has none of its own.

        Jinja joins the two in a ChainMap, which every import of a partial walks through; it took a
        sixth of a page.
        """
        if not d:
            return self.globals
        return super().make_globals(d)

    def join_path(self, template: str, parent: str) -> str:
        """Return the name of a template that another one, `parent`, extends or includes."""
        if template.startswith(BELOW):
            return name_below(template, parent)
        return template


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What templates know about the site."""

    title: str
    tagline: str
    description: str
    base_url: str
    language: str
    navigation: tuple[MenuLink, ...]
    pages: tuple[MenuLink, ...]
    has_open_api: bool
    has_search: bool


class Data:
    """The site's data files for templates: `data.planets` is what `data/planets.yaml` holds."""

    def __getitem__(self, name: str) -> Any:
        """Return what a file holds. Raises KeyError where there is none."""
        found = read_model().data(name)
        if found is None:
            raise KeyError(name)
        return found


def init_app(app: Flask, theme: Theme, plugins: Plugins, prefix: str) -> None:
    """Load templates from the theme; add `site`, `asset`, and filters for dates, numbers, code."""
    app.jinja_loader = theme.templates
    app.extensions["octavo_assets"] = theme.assets
    asset: Callable[[str], str] = theme.assets.url
    if prefix:
        add_prefix(app.jinja_env, prefix)

        def asset(name: str) -> str:
            return prefix + theme.assets.url(name)

    app.jinja_env.globals.update(data=Data(), asset=asset, asset_data=theme.assets.data_url)
    app.jinja_env.filters.update(
        absolute=absolute,
        date=format_date,
        isodate=datetime.isoformat,
        number="{:,}".format,
        code_spans=code_spans,
    )
    _add_own(app, plugins)

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


def _add_own(app: Flask, plugins: Plugins) -> None:
    """Add the filters and globals of plug-ins; the engine's own names stay the engine's."""
    for hook, known in (
        ("template_filters", app.jinja_env.filters),
        ("template_globals", app.jinja_env.globals),
    ):
        for name, brought in plugins.table(hook).items():
            if name in known:
                log.error("The plug-in %s cannot replace `%s` of the engine.", brought.plugin, name)
            elif callable(brought.value):
                known[name] = plugins.guarded(brought, f"{hook}: {name}", "")
            else:
                known[name] = brought.value


def code_spans(text: str) -> Markup:
    """Return plain text as HTML, with text between backticks as code."""
    return Markup(_CODE_SPAN.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def absolute(path: str) -> str:
    """Return a path of this site, such as `article.url`, with scheme and host."""
    return site().addresses.absolute(path)


def format_date(moment: datetime) -> str:
    """Return a date as readers write it: 17 July 2025."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
