"""What readers did lately, of all workers: for `flask stats`, `/status/stats.json` and a chart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from markupsafe import Markup, escape

from octavo.site.site import Site
from octavo.web.metrics.tally import LONGEST, Tally, by_label
from octavo.web.request import MAX_SLOWEST

# Days, articles and hosts of referrers that the statistics list.
DAYS = 30
MAX_ARTICLES = 10
MAX_REFERRERS = 20
# The series of hosts from which readers came.
REFERRERS = "referrers"
_HOST = re.compile(r"(?=.{4,100}$)[a-z0-9-]+(\.[a-z0-9-]+)+")
# The size of the chart in its own units.
WIDTH, HEIGHT, GAP = 600, 120, 2


def stats(site: Site, tally: Tally) -> dict[str, Any]:
    """Return what readers did; its keys stay as they are.

    `days` has the views of each of the last 30 days in UTC, the oldest first; `articles` those most
    read in that time; `searches` those that were computed, since a repeated search comes from
    memory; `referrers` the hosts from which readers of articles came, most first; `slowest` the
    pages that took longest when they were last made; `hit_rate` the share of pages that came from
    memory, None where none was asked for. What has no day counts since the tally's file began.
    """
    found = tally.sums()
    hits = found.get("page_cache_hits_total", 0.0)
    asked = hits + found.get("page_cache_misses_total", 0.0)
    errors = sum(problem.severity == "error" for problem in site.library.problems)
    return {
        "days": _days(site),
        "articles": _articles(site),
        "searches": {
            "computed": int(sum(found.get(_searches(word), 0.0) for word in ("yes", "no"))),
            "without_result": int(found.get(_searches("no"), 0.0)),
        },
        "referrers": [
            {"host": host, "readers": int(number)}
            for host, number in islice(by_label(found, REFERRERS).items(), MAX_REFERRERS)
        ],
        "slowest": [
            {"path": path, "milliseconds": round(1000 * seconds, 1)}
            for path, seconds in islice(by_label(found, LONGEST).items(), MAX_SLOWEST)
        ],
        "hit_rate": round(hits / asked, 4) if asked else None,
        "problems": {"errors": errors, "warnings": len(site.library.problems) - errors},
        "workers": int(found["workers"]),
    }


def count_search(tally: Tally, total: int) -> None:
    """Count a search that was computed, by whether it found anything."""
    tally.add(_searches("yes" if total else "no"))


def count_referrer(tally: Tally, host: str) -> None:
    """Count a reader who came from a host, as the reader's browser tells it."""
    host = host.lower()
    if _HOST.fullmatch(host):
        tally.add_one_of(REFERRERS, host)


def _searches(found: str) -> str:
    return f'searches_total{{found="{found}"}}'


def _days(site: Site) -> list[dict[str, Any]]:
    counted: Mapping[int, int] = {}
    if site.views is not None:
        counted = site.views.by_day(DAYS)
    today = datetime.fromtimestamp(site.clock(), UTC).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    epoch = datetime(1970, 1, 1, tzinfo=UTC).date()
    return [{"day": day.isoformat(), "views": counted.get((day - epoch).days, 0)} for day in days]


def _articles(site: Site) -> list[dict[str, Any]]:
    if site.views is None:
        return []
    published = site.views.published
    posts = site.edition().by_slug
    most_read = [posts[slug] for slug in published.most_read if slug in posts]
    return [
        {
            "slug": post.slug,
            "title": post.title,
            "url": site.addresses.post(post),
            "views": published.views.get(post.slug, 0),
        }
        for post in most_read[:MAX_ARTICLES]
    ]


def chart(days: list[dict[str, Any]]) -> str:
    """Return the views of each day as bars of an SVG picture, with their numbers as titles."""
    most = max((day["views"] for day in days), default=0)
    step = WIDTH / max(len(days), 1)
    bars = []
    for place, day in enumerate(days):
        height = round(HEIGHT * day["views"] / most, 1) if most else 0
        title = escape(f"{day['day']}: {day['views']:,}")
        bars.append(
            f'<rect x="{place * step:.1f}" y="{HEIGHT - height}" width="{step - GAP:.1f}" '
            f'height="{height}"><title>{title}</title></rect>'
        )
    label = escape(f"Views of the last {len(days)} days; {most:,} on the day with most")
    return Markup(  # noqa: S704 - made of numbers and dates
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{label}" fill="#555">{"".join(bars)}</svg>\n'
    )
