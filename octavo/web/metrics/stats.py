"""What readers did lately: for `flask stats`, `/status/stats.json` and a chart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from markupsafe import Markup, escape

from octavo.site.site import Site
from octavo.web.cache import Store
from octavo.web.metrics.machines import Figures, Machines, combined
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


def init_app(app: Flask, site: Site, store: Store) -> None:
    """Have the machines of a site tell each other in `store` what readers did."""
    tally: Tally = app.extensions["octavo_tally"]
    found = Machines(store, str(site.root), lambda: figures_of(site, tally))
    app.extensions["octavo_machines"] = found
    site.starting.append(found.start)
    site.closing.append(found.close)


def stats(site: Site, tally: Tally, machines: Machines) -> dict[str, Any]:
    """Return what readers did on all machines that are known; its keys stay as they are.

    `days` has the views of each of the last 30 days in UTC, the oldest first; `articles` those most
    read in that time; `searches` those that were computed, since a repeated search comes from
    memory; `referrers` the hosts from which readers of articles came, most first; `slowest` the
    pages that took longest when they were last made; `hit_rate` the share of pages that came from
    memory, None where none was asked for. What has no day counts since the tally's file began.
    """
    others = machines.others()
    found = combined([figures_of(site, tally), *others])
    counts = found.counts
    asked = counts["hits"] + counts["misses"]
    errors = sum(problem.severity == "error" for problem in site.library.problems)
    return {
        "days": _days(site, found.days),
        "articles": _articles(site, found),
        "searches": {
            "computed": int(counts["searches"]),
            "without_result": int(counts["without_result"]),
        },
        "referrers": [
            {"host": host, "readers": int(number)}
            for host, number in Counter(found.referrers).most_common(MAX_REFERRERS)
        ],
        "slowest": [
            {"path": path, "milliseconds": round(1000 * seconds, 1)}
            for path, seconds in Counter(found.slowest).most_common(MAX_SLOWEST)
        ],
        "hit_rate": round(counts["hits"] / asked, 4) if asked else None,
        "problems": {"errors": errors, "warnings": len(site.library.problems) - errors},
        "workers": int(counts["workers"]),
        "machines": 1 + len(others),
    }


def figures_of(site: Site, tally: Tally) -> Figures:
    """Return what readers did on this machine."""
    sums = tally.sums()
    without_result = sums.get(_searches("no"), 0.0)
    figures = Figures(
        referrers=by_label(sums, REFERRERS),
        slowest=by_label(sums, LONGEST),
        counts={
            "hits": sums.get("page_cache_hits_total", 0.0),
            "misses": sums.get("page_cache_misses_total", 0.0),
            "searches": sums.get(_searches("yes"), 0.0) + without_result,
            "without_result": without_result,
            "workers": sums["workers"],
        },
    )
    if site.views is not None:
        views = site.views.published.views
        figures.lately = dict(site.views.published.lately)
        figures.views = {slug: views[slug] for slug in figures.lately}
        figures.days = {str(day): count for day, count in site.views.by_day(DAYS).items()}
    return figures


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


def _days(site: Site, counted: Mapping[str, float]) -> list[dict[str, Any]]:
    today = datetime.fromtimestamp(site.clock(), UTC).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    epoch = datetime(1970, 1, 1, tzinfo=UTC).date()
    return [
        {"day": day.isoformat(), "views": int(counted.get(str((day - epoch).days), 0))}
        for day in days
    ]


def _articles(site: Site, found: Figures) -> list[dict[str, Any]]:
    posts = site.edition().by_slug
    most_read = sorted(found.lately, key=lambda slug: (-found.lately[slug], slug))
    return [
        {
            "slug": slug,
            "title": posts[slug].title,
            "url": site.addresses.post(posts[slug]),
            "views": int(found.views.get(slug, 0)),
        }
        for slug in most_read
        if slug in posts
    ][:MAX_ARTICLES]


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
