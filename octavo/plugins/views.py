"""The count of views: a script or a picture in a page tells that a reader is there.

Pages come from caches and cannot count. These answers are never cached, and the number that a page
was rendered with is replaced by the current one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from urllib.parse import urlsplit
from zlib import crc32

from flask import Blueprint, Flask, Response, abort, request

from octavo.hooks import hook
from octavo.site.site import Site
from octavo.web.cache import PageCache
from octavo.web.clients import address_of, client_of
from octavo.web.metrics.stats import count_referrer
from octavo.web.metrics.tally import tally
from octavo.web.phrases.phrases import say
from octavo.web.request import site

bp = Blueprint("views", __name__)

# So many readers at one address count for an article in a day, told apart by their browsers;
# whoever invents more of these counts no more often.
MAX_READERS_AT_AN_ADDRESS = 20
# Cubot is a brand of phones and no bot.
_BOTS = re.compile(
    r"(?<!cu)bot\b|bots|crawl|spider|slurp|archiv|scrap|fetch|monitor|preview|validat|lighthouse"
    r"|headless|phantom|selenium|puppeteer|playwright|curl|wget|python|java/|okhttp|go-http|axios"
    r"|node|ruby|perl|libwww|httpclient|scan|externalhit|whatsapp|embed|feed|rss"
    r"|compatible;[^)]*google|inspectiontool|googleother",
    re.IGNORECASE,
)
_PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


@hook
def views(site: Site, slug: str, exact: bool) -> int | None:
    """Return how often an article was read; None where the site does not count."""
    if site.views is None:
        return None
    if exact:
        return site.views.number(slug)
    return site.views.published.views.get(slug, 0)


@hook
def most_read(site: Site) -> Iterable[str] | None:
    """Return the slugs of the articles most read lately, best first."""
    if site.views is None:
        return None
    return site.views.published.most_read


@hook
def extend_app(app: Flask) -> None:
    """Add the addresses, and render pages again whose view counts change.

    Renamed articles keep their views by their `aliases`.
    """
    counted: Site = app.extensions["octavo"]
    cache: PageCache = app.extensions["octavo_cache"]

    def changed(slugs: set[str], most_read: bool) -> None:
        by_slug = counted.edition().by_slug
        for slug in slugs & by_slug.keys():
            cache.invalidate(counted.addresses.post(by_slug[slug]))
        if most_read:
            cache.invalidate("/")

    def renamed() -> dict[str, str]:
        edition = counted.edition()
        found = (
            (path.removeprefix("articles/"), path, post) for path, post in edition.redirects.items()
        )
        return {
            slug: post.slug
            for slug, path, post in found
            if slug != path and post.kind == "post" and slug not in edition.by_slug
        }

    if counted.views is not None:
        counted.views.changed = changed
        counted.views.renamed = renamed
        if os.path.exists(counted.views.path):
            counted.views.publish()
        app.register_blueprint(bp)


@bp.get("/views/<slug>")
def number(slug: str) -> Response:
    """Return an article's views as JSON: `{"views": 5, "text": "5 views"}`; 404 for none."""
    return _answer(slug)


@bp.post("/views/<slug>")
def view(slug: str) -> Response:
    """Count a view, and return the new number as `number` does."""
    _count(slug)
    return _answer(slug)


@bp.get("/views/<slug>.gif")
def picture(slug: str) -> Response:
    """Count a view by a reader without scripts, and return an empty picture."""
    _count(slug)
    return Response(_PIXEL, mimetype="image/gif", headers={"Cache-Control": "no-store"})


def _answer(slug: str) -> Response:
    views = site().views
    if views is None or slug not in site().edition().by_slug:
        abort(404)
    number = views.number(slug)
    return Response(
        json.dumps({"views": number, "text": say("{count} views", count=number)}),
        mimetype="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _count(slug: str) -> None:
    views = site().views
    if views is None or slug not in site().edition().by_slug:
        abort(404)
    # A writer who looks at the own page is no reader of it.
    if _is_a_reader() and not site().developed:
        address = client_of(address_of(request.environ, site().settings.proxies))
        agent = request.headers.get("User-Agent", "").encode("utf-8", "replace")
        is_new = views.count(slug, f"{address} {crc32(agent) % MAX_READERS_AT_AN_ADDRESS}")
        came_from = request.args.get("from", "")
        if is_new and came_from and came_from != urlsplit(site().addresses.site).hostname:
            count_referrer(tally(), came_from)


def _is_a_reader() -> bool:
    """Whether a person opened a page of this site who has not asked not to be tracked."""
    headers = request.headers
    agent = headers.get("User-Agent", "")
    if (
        request.method == "HEAD"
        or not agent
        or _BOTS.search(agent)
        or headers.get("DNT") == "1"
        or headers.get("Sec-GPC") == "1"
    ):
        return False
    purpose = headers.get("Sec-Purpose", "") + headers.get("Purpose", "") + headers.get("X-Moz", "")
    if re.search("prefetch|prerender|preview", purpose, re.IGNORECASE):
        return False
    return headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and _from_here()


def _from_here() -> bool:
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source:
        return True
    try:
        return urlsplit(source).netloc in (request.host, urlsplit(site().addresses.site).netloc)
    except ValueError:
        return False
