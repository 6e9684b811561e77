"""The door of plug-ins: how one marks what it does, and what it may hand to the engine.

A plug-in is a module: `plugins.py` in the site's folder, or one that an installed package names as
an entry point of the group `octavo`. It marks what it does with `hook`:

    from octavo.hooks import hook

    @hook
    def cover_svg(slug, hue):
        return "<svg ...>"
"""

from octavo.hooks.brought import own_facets, own_feeds, own_fields, own_pages
from octavo.hooks.registry import FILE, Brought, Plugins, as_json, hook
from octavo.hooks.specifications import CONTENT_HOOKS, Hooks, OwnFacet, OwnFeed, OwnPage

__all__ = [
    "CONTENT_HOOKS",
    "FILE",
    "Brought",
    "Hooks",
    "OwnFacet",
    "OwnFeed",
    "OwnPage",
    "Plugins",
    "as_json",
    "hook",
    "own_facets",
    "own_feeds",
    "own_fields",
    "own_pages",
]
