"""The hooks: what each is asked, and what it answers. The table of docs/plugins.md comes from here.

Posts, editions and read models are named in words only: their modules stand above this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from octavo.cached import cached_property

_specification = pluggy.HookspecMarker("octavo")
_VARIABLE = re.compile(r"<(?:([^:<>]+):)?[^<>]+>")


def _no_paths(site: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class OwnPage:
    """A kind of pages that a plug-in makes.

    `rule` is the pattern of its addresses for Flask's router: `/moons/<slug>/`. `view(here,
    **values)` gets the read model and the values in the address; it returns HTML, a response, or
    None where there is no such page. What it asks the read model is what the page depends on.
    `paths(site)` yields the paths of all pages, for the sitemap and for warming the cache, and
    `parameters` are those of the query that the view reads.
    """

    rule: str
    view: Callable[..., Any]
    paths: Callable[[Any], Iterable[str]] = _no_paths
    parameters: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What all addresses of the kind look like."""
        made = ""
        place = 0
        for mark in _VARIABLE.finditer(self.rule):
            made += re.escape(self.rule[place : mark.start()])
            made += ".+" if mark[1] == "path" else "[^/]+"
            place = mark.end()
        return re.compile(f"{made}{re.escape(self.rule[place:])}")


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """A format of feeds that a plug-in writes.

    `type` is its media type and `label` its name for readers. `write(feed)` returns the text of a
    feed, whose parts are those of `octavo.web.feeds.feeds.Feed`.
    """

    type: str
    label: str
    write: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class OwnFacet:
    """A facet of the search that a plug-in brings.

    `label` is its name for readers. `values(post)` returns the values of an article, as written;
    an article may have several. All articles are asked again after each change.
    """

    label: str
    values: Callable[[Any], Iterable[str]]


class Hooks:
    """The specifications. An implementation names the arguments that it wants, in any order."""

    # Settings and parts

    @_specification
    def settings(self) -> type | None:
        """Return the dataclass of the plug-in's settings, each with type and default.

        Their values stand in the table [tool.octavo.plugins.NAME].
        """

    @_specification
    def configure(self, settings: Any, root: Path) -> None:
        """Get the site's folder and the values of the plug-in's settings, once at the start."""

    @_specification
    def theme(self) -> Path | None:
        """Return a folder with templates/ and static/, between the site's own and the theme's."""

    # Texts

    @_specification
    def fields(self) -> Mapping[str, Callable[[Any], Any]] | None:
        """Return fields of front matter: a function for each that reads its value, for `extra`.

        The function returns what JSON can hold; a ValueError of it is told to the writer.
        """

    @_specification
    def before_markdown(self, text: str, path: str) -> str | None:
        """Return the Markdown of an article, changed, before it is rendered and indexed."""

    @_specification
    def after_markdown(self, html: str, path: str) -> str | None:
        """Return the HTML of an article, changed; it is shown as it is, without being cleaned."""

    @_specification
    def shortcodes(self) -> Mapping[str, Callable[..., Any]] | None:
        """Return shortcodes: for each a function that returns Markdown, or HTML as `Markup`.

        `{{< name a b="c" >}}` calls it with "a" and b="c"; text up to `{{< /name >}}` is `inner`.
        """

    # Pages

    @_specification
    def template_filters(self) -> Mapping[str, Callable[..., Any]] | None:
        """Return filters for templates by their names."""

    @_specification
    def template_globals(self) -> Mapping[str, Any] | None:
        """Return values and functions that every template can use, by their names."""

    @_specification
    def page_kinds(self) -> Mapping[str, OwnPage] | None:
        """Return kinds of pages by their names."""

    @_specification
    def questions(self) -> Mapping[str, Callable[..., Any]] | None:
        """Return questions that pages ask by `here.ask(name, ...)`, and then depend on.

        Each is a function of the site, the edition and the arguments (texts and numbers); its
        answer is of texts, numbers, times and tuples.
        """

    @_specification
    def feed_formats(self) -> Mapping[str, OwnFeed] | None:
        """Return formats of feeds by the last part of their addresses."""

    @_specification
    def facets(self) -> Mapping[str, OwnFacet] | None:
        """Return facets of the search by name; each can be typed as a field too: `name:value`."""

    @_specification
    def api_fields(self) -> Mapping[str, Callable[..., Any]] | None:
        """Return values for `extra` in the content API: a function of the post for each name."""

    @_specification
    def cover_svg(self, slug: str, hue: int) -> str | None:
        """Return the cover of an article without a picture, as an inline SVG element.

        It goes into pages as it is. `hue` is the number of its category's colour, 0 to 7. The first
        plug-in that returns a cover draws it.
        """

    @_specification
    def cover_png(self, slug: str, hue: int) -> bytes | None:
        """Return the same cover as a PNG of 1200 by 630 pixels, for social cards."""

    @_specification
    def views(self, site: Any, slug: str, exact: bool) -> int | None:
        """Return how often an article was read: last published, or at this moment if `exact`."""

    @_specification
    def most_read(self, site: Any) -> Iterable[str] | None:
        """Return the slugs of the articles most read lately, best first."""

    # Machinery

    @_specification
    def extend_app(self, app: Any) -> None:
        """Add to the Flask application: routes that no cache keeps, error handlers, threads."""

    @_specification
    def commands(self) -> Iterable[Any] | None:
        """Return commands of click, for `flask NAME`."""

    @_specification
    def search_engine(self, name: str, settings: Any) -> Any:
        """Return the search engine that the setting `search_engine` calls `name`."""

    @_specification
    def embedder(self, name: str, model: str) -> Any:
        """Return the embedder that the setting `embedder` calls `name`, for finding by meaning.

        It is what `Embedder` in `octavo/search/protocol.py` says.
        """

    @_specification
    def page_store(self, name: str) -> Any:
        """Return the store of finished pages that the setting `cache` calls `name`.

        It has `get(key)`, `set(key, data, timeout)`, `clear()` and `size()`, of bytes.
        """

    # What happened: once for each site, whatever the number of its processes

    @_specification
    def published(self, kind: str, slug: str, url: str) -> None:
        """Called when readers see an article, page, author or file that they did not see before."""

    @_specification
    def changed(self, kind: str, slug: str, url: str) -> None:
        """Called when something that readers see has changed."""

    @_specification
    def removed(self, kind: str, slug: str, url: str) -> None:
        """Called when readers no longer see something."""


# What a catalogue, an index and a rendered text depend on.
CONTENT_HOOKS = ("fields", "before_markdown", "after_markdown", "shortcodes")
