"""The pages that plug-ins make: cached, and dropped, as the engine's own are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask

from octavo.hooks import OwnPage
from octavo.site.site import Site
from octavo.web.cache import cached
from octavo.web.request import found, read_model


def init_app(app: Flask, site: Site) -> None:
    """Add the routes of the pages that the site's plug-ins make."""
    pages = Blueprint("own_pages", __name__)
    for name, (brought, own) in site.own_pages.items():
        try:
            pages.add_url_rule(own.rule, name, _view(site, brought.plugin, own))
        except ValueError:
            site.plugins.tell(brought.plugin, f"page_kinds: {name}")
    app.register_blueprint(pages)


def _view(site: Site, plugin: str, own: OwnPage) -> Callable[..., Any]:
    @cached(*own.parameters)
    def view(**values: Any) -> Any:
        try:
            answer = own.view(read_model(), **values)
        except Exception:
            site.plugins.tell(plugin, f"page_kinds: {own.rule}")
            raise
        return found(answer)

    return view
