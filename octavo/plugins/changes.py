"""The feed of changes at /api/changes, and its webhooks."""

from __future__ import annotations

from flask import Flask

from octavo.hooks import hook
from octavo.web.api import site_routes
from octavo.web.changes import webhooks


@hook
def extend_app(app: Flask) -> None:
    """Add /api/changes, the log of changes, and send each to the URLs of `webhooks`."""
    # With the errors and headers of the API's other addresses.
    app.add_url_rule("/api/changes", f"{site_routes.bp.name}.changes", site_routes.changes)
    webhooks.init_app(app, app.extensions["octavo"])
