"""The addresses of a static site, and the file in which each is found.

Addresses are paths from the site's own root, as in links: quoted, with a query where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from octavo.content.library.library import Edition
from octavo.site.addresses.feeds import FEED_FORMATS
from octavo.site.site import Site
from octavo.web.feeds.sitemaps import MAX_SITEMAP_ADDRESSES
from octavo.web.page_kinds import every_path
from octavo.web.pages.errors import ANY_PATH
from octavo.web.theme.assets import Assets

# Where the search that works without a server lies.
SEARCH = "/search/"
# Of the 4,096 that Linux allows, the folder of the export needs some.
MAX_PATH_BYTES = 2_000
_SINGLE = """
/search/ /search/help/ /opensearch.xml /robots.txt /llms.txt /favicon.ico
/sitemap.xml /sitemaps/pages.xml /sitemaps/news.xml
""".split()
_API = "/ghost/api/content"
_RECORD = re.compile(rf"{_API}/([a-z]+)/slug/(.+)/")
_PAGED = re.compile(r"\?page=([0-9]+)$")


def all_addresses(site: Site, edition: Edition, assets: Assets) -> Iterator[str]:
    """Yield the addresses of all that a site has, but for files beside articles."""
    inside = site.addresses.inside
    yield from map(inside, every_path(site, edition))
    yield from (ANY_PATH, *_SINGLE)
    if site.settings.security_contact:
        yield "/.well-known/security.txt"
    for number in range(1, -(-len(edition.posts) // MAX_SITEMAP_ADDRESSES) + 1):
        yield f"/sitemaps/articles-{number}.xml"
    formats = (*FEED_FORMATS, *site.own_feeds)
    yield from (f"/{file}" for file in formats)
    for kind in site.addresses.folders:
        for slug in edition.terms(kind):
            yield from (inside(site.addresses.term(kind, slug)) + file for file in formats)
    for slug in edition.by_slug:
        yield inside(site.addresses.markdown(slug))
    yield from (asset.url for asset in assets.by_name.values())
    yield from assets.plain
    if site.settings.api_open:
        yield from ("/api/", "/openapi.json", f"{_API}/settings/")
        for plural in ("posts", "pages", "tags", "authors"):
            yield f"{_API}/{plural}/"
        for plural in ("posts", "tags", "authors"):
            yield f"{_API}/search-index/{plural}/"
        yield from _records(edition)


def _records(edition: Edition) -> Iterator[str]:
    slugs = {
        "posts": [post.slug for post in edition.posts],
        "pages": list(edition.pages),
        "tags": sorted({*edition.tags, *edition.categories}),
        "authors": list(edition.authors),
    }
    for plural, names in slugs.items():
        yield from (f"{_API}/{plural}/slug/{quote(slug)}/" for slug in names)


def record_at(address: str) -> tuple[str, str] | None:
    """Return plural and slug of the API's record at an address (`posts`, `hello`), or None."""
    found = _RECORD.fullmatch(address)
    if found is None:
        return None
    return found[1], unquote(found[2])


def plain_address(address: str) -> str:
    """Return an address as a static host can have it: `/tags/mars/?page=2` is in a folder."""
    return _PAGED.sub(r"page/\1/", address)


def file_of(address: str) -> str:
    """Return the path of an address's file in the folder of the export.

    Raises ValueError where it would not be in the folder, or could not be on any disk.
    """
    path = unquote(plain_address(address)).partition("?")[0].lstrip("/")
    if path.endswith("/") or not path:
        path += "index.json" if address.startswith(_API) else "index.html"
    parts = path.split("/")
    if any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts):
        raise ValueError(address)
    if re.search(r"[\0-\x1f\\]", path) or len(path.encode()) > MAX_PATH_BYTES:
        raise ValueError(address)
    return path
