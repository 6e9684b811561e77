"""What plug-ins bring in tables: fields of front matter, kinds of pages, formats of feeds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from octavo.hooks.registry import Brought, Plugins, as_json
from octavo.hooks.specifications import OwnFacet, OwnFeed, OwnPage


def own_fields(plugins: Plugins) -> dict[str, Callable[[Any], Any]]:
    """Return the plug-ins' fields of front matter: the function that reads each one's value.

    It returns JSON, and raises ValueError with the cause where the value cannot be used.
    """
    found = plugins.table("fields")
    return {name: partial(_read, plugins, name, brought) for name, brought in found.items()}


def _read(plugins: Plugins, name: str, brought: Brought, value: Any) -> Any:
    try:
        return as_json(brought.value(value))
    except ValueError:
        raise
    except Exception as error:
        plugins.tell(brought.plugin, f"fields: {name}")
        raise ValueError(f"the plug-in {brought.plugin} failed ({error!r})") from None


def own_pages(plugins: Plugins) -> dict[str, tuple[Brought, OwnPage]]:
    """Return the plug-ins' kinds of pages by their names; what is no OwnPage is left out."""
    found = plugins.table("page_kinds")
    return {
        name: (brought, brought.value)
        for name, brought in found.items()
        if isinstance(brought.value, OwnPage)
    }


def own_feeds(plugins: Plugins) -> dict[str, tuple[Brought, OwnFeed]]:
    """Return the plug-ins' formats of feeds by their files; what is no OwnFeed is left out."""
    found = plugins.table("feed_formats")
    return {
        file: (brought, brought.value)
        for file, brought in found.items()
        if isinstance(brought.value, OwnFeed)
    }


def own_facets(plugins: Plugins) -> dict[str, OwnFacet]:
    """Return the plug-ins' facets by their names; what is no OwnFacet is left out.

    Their functions return texts alone, and nothing where they fail.
    """
    return {
        name: OwnFacet(brought.value.label, partial(_values, plugins, name, brought))
        for name, brought in plugins.table("facets").items()
        if isinstance(brought.value, OwnFacet)
    }


def _values(plugins: Plugins, name: str, brought: Brought, post: Any) -> tuple[str, ...]:
    try:
        return tuple(map(str, brought.value.values(post)))
    except Exception:
        plugins.tell(brought.plugin, f"facets: {name}")
        return ()
