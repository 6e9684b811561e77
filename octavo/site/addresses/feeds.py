"""The formats of feeds, and the addresses at which other systems have such feeds.

A new format is a row here, and a template of the same name in feeds/ that writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedFormat:
    """A format of feeds: the last part of their addresses, their media type, and its name.

    `kin` are paths at which other systems have such a feed, without outer slashes.
    """

    file: str
    type: str
    label: str
    kin: tuple[str, ...] = ()


def _format(file: str, type: str, label: str, kin: str) -> FeedFormat:
    return FeedFormat(file, type, label, tuple(kin.split()))


FEED_FORMATS: Mapping[str, FeedFormat] = {
    each.file: each
    for each in (
        _format(
            "atom.xml",
            "application/atom+xml",
            "Atom",
            """
            atom feed/atom feed/atom.xml feeds/atom feeds/atom.xml feeds/all.atom.xml
            feeds/posts.atom.xml feed.atom index.atom all.atom.xml wp-atom.php
            """,
        ),
        _format(
            "rss.xml",
            "application/rss+xml",
            "RSS",
            """
            feed rss rss2 rdf feeds feed.xml feed.rss index.xml index.rss index.rdf rss2.xml
            feed/rss feed/rss2 feed/rdf feed/feed feed/feed.xml feed/index.xml feed/rss.xml
            feeds/rss feeds/rss.xml feeds/feed.xml feeds/all.rss.xml feeds/posts/default
            rss/index.xml rss/feed rss/feed.xml wp-rss.php wp-rss2.php wp-rdf.php wp-feed.php
            """,
        ),
        _format(
            "feed.json",
            "application/feed+json",
            "JSON Feed",
            "feed/json feed/feed.json feeds/json feeds/feed.json json-feed",
        ),
    )
}

# The names of the formats by each path that means one, longer ones first.
_KIN = sorted(
    ((name, each.file) for each in FEED_FORMATS.values() for name in (each.file, *each.kin)),
    key=lambda pair: -len(pair[0]),
)
# The last part of each path that means one, by which most paths are told apart from those.
_LAST_PARTS = frozenset(name.rpartition("/")[2] for name, _ in _KIN)
# Feeds of terms: Pelican's `feeds/news.atom.xml`, jekyll-feed's `feed/news.xml`, Nikola's
# `categories/news.xml`.
_OF_TERM = re.compile(
    r"feeds?/(?P<term>[^/.]+?)(?:\.(?P<form>atom|rss))?\.xml|(?P<path>(?:[^/]+/)+[^/.]+)\.xml"
)
# WordPress's `?feed=`.
_ASKED = {
    "rss": "rss.xml",
    "rss2": "rss.xml",
    "rdf": "rss.xml",
    "atom": "atom.xml",
    "json": "feed.json",
}


def feed_at(key: str) -> tuple[str, str] | None:
    """Return the page whose feed is at a path without outer slashes, and the file of its format.

    Of `tag/moon/feed/atom` that is `tag/moon` and the Atom file; of `feed` it is '' (the site) and
    the RSS file; of `feeds/moon.atom.xml` it is `moon`. None where the path is no feed's.
    """
    lower = key.lower()
    for name, file in _KIN:
        if lower == name:
            return "", file
        if lower.endswith(f"/{name}"):
            return key[: -len(name) - 1], file
    found = _OF_TERM.fullmatch(key)
    if found is None:
        return None
    return found["term"] or found["path"], _ASKED[found["form"] or "rss"]


def may_be_feed(path: str) -> bool:
    """Whether a path may be one that `feed_at` knows: most are told apart by their last part."""
    last = path.rpartition("/")[2].lower()
    return last in _LAST_PARTS or last.endswith(".xml")


def feed_asked(name: str) -> str | None:
    """Return the file of the format that WordPress calls `?feed=NAME`, or None."""
    return _ASKED.get(name)
