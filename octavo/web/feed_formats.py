"""Which feeds there are, and how pages name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from octavo.settings import Settings

_TERM = re.compile(r"/(?:categories|tags|authors)/[^/]+/")


@dataclass(frozen=True, slots=True)
class Format:
    """A format of feeds: the last part of their addresses, their media type, and its name."""

    file: str
    type: str
    label: str


FORMATS: Mapping[str, Format] = {
    "atom.xml": Format("atom.xml", "application/atom+xml", "Atom"),
    "rss.xml": Format("rss.xml", "application/rss+xml", "RSS"),
    "feed.json": Format("feed.json", "application/feed+json", "JSON Feed"),
}


@dataclass(frozen=True, slots=True)
class Alternate:
    """Another form of a page, for its <head>; `label` is a feed's short name, for its foot."""

    type: str
    url: str
    title: str
    label: str = ""


def feed_links(settings: Settings, path: str, heading: str) -> list[Alternate]:
    """Return the feeds of the page at `path`: a category's, tag's or author's own first, then the
    site's.
    """
    found = [
        Alternate(form.type, f"/{form.file}", f"{settings.title} ({form.label})", form.label)
        for form in FORMATS.values()
    ]
    if not _TERM.fullmatch(path):
        return found
    own = [
        Alternate(form.type, path + form.file, f"{heading} ({form.label})", form.label)
        for form in FORMATS.values()
    ]
    return own + found
