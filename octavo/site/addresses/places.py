"""The addresses that the site makes itself, so that no article can have them."""

from __future__ import annotations

import re

from octavo.site.addresses.feeds import FEED_FORMATS

# The site's own pages that no edition holds, by their paths without slashes at the ends.
PLACES = {
    place.strip("/"): place
    for place in """
    / /articles/ /archive/ /tags/ /authors/ /search/ /search/help/ /api/ /status/ /health/ /healthz
    /readyz /metrics
    /.well-known/security.txt
    /robots.txt /llms.txt /favicon.ico /opensearch.xml /openapi.json /search.json /status.json
    /search/suggest.json /api/changes /oembed /sitemap.xml /.well-known/security.txt
    """.split()
} | {file: f"/{file}" for file in FEED_FORMATS}
# Folders below which addresses are made by the engine, so that no article is meant by them.
RESERVED = frozenset(
    """
    static media covers api ghost search sitemaps status health healthz readyz metrics views
    tags categories authors archive
    """.split()
)
# Those of them below which every path is the engine's.
_WHOLE_FOLDERS = frozenset("static media covers ghost views tags categories authors".split())
_OTHERS = re.compile(r"archive/[0-9]{4}|articles/[^/]+\.md|sitemaps/[^/]+")


def is_own(path: str) -> bool:
    """Whether the site itself makes the page or file at a path; outer slashes do not count."""
    key = path.strip("/")
    if key in PLACES or _OTHERS.fullmatch(key):
        return True
    return key.partition("/")[0] in _WHOLE_FOLDERS
