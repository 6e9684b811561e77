"""Which numbers there are, and the text in which Prometheus reads them.

The format is https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4. Labels
have few values: the engine's views and classes of status, never an address or a word of a reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from flask import Flask

from octavo.site.site import Site
from octavo.web.cache import PageCache
from octavo.web.metrics.tally import LONGEST, Tally, labelled
from octavo.web.request import DURATIONS, Requests

MIMETYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "octavo_"
# Upper bounds of the classes of durations, as labels.
_BOUNDS = (*map(str, DURATIONS), "+Inf")


class Metric(NamedTuple):
    """A number of `/metrics`: its type, and the line of help that stands above it."""

    type: Literal["counter", "gauge", "histogram"]
    help: str
    # The key of the page cache's report that it comes from.
    reported: str = ""


# Every metric by its name without the prefix. A new one is a new row, and a call of Tally.add or a
# line in `_levels_of_site`.
METRICS: Mapping[str, Metric] = {
    "requests_total": Metric(
        "counter", "Requests that Flask answered, by view and class of status."
    ),
    "request_seconds": Metric("histogram", "How long Flask took for them."),
    "searches_total": Metric("counter", "Searches that were computed, by whether they found."),
    "page_cache_hits_total": Metric("counter", "Answers from memory.", "hits"),
    "page_cache_misses_total": Metric("counter", "Pages that were missing or doubted.", "misses"),
    "page_cache_renders_total": Metric("counter", "Pages rendered.", "renders"),
    "page_cache_render_seconds_total": Metric("counter", "Time that renders took.", "seconds"),
    "page_cache_failed_total": Metric("counter", "Pages that could not be rendered.", "failed"),
    "page_cache_fetched_total": Metric("counter", "Pages found in the store.", "fetched"),
    "page_cache_pages": Metric("gauge", "Pages in memory, of all workers.", "pages"),
    "page_cache_bytes": Metric("gauge", "Bytes of them.", "bytes"),
    "workers": Metric("gauge", "Processes that serve the site."),
    "articles": Metric("gauge", "Articles that readers see."),
    "index_articles": Metric("gauge", "Articles in the search index."),
    "index_lag": Metric("gauge", "Articles that are to be indexed."),
    "problem_files": Metric("gauge", "Problems of files, by severity."),
    "store_up": Metric("gauge", "Whether the store of pages answers."),
}


def init_app(app: Flask, site: Site, cache: PageCache, requests: Requests) -> None:
    """Begin the tally of a site, which also reads the counts of `cache` and `requests`."""
    tally = Tally(
        Path(app.instance_path) / "metrics.sqlite",
        counts=lambda: _reported(cache, "counter") | _answered(requests),
        levels=lambda: _reported(cache, "gauge") | _slowest(requests),
    )
    app.extensions["octavo_tally"] = tally
    site.starting.append(tally.start)
    site.closing.append(tally.close)


def _answered(requests: Requests) -> dict[str, float]:
    found = {
        f'requests_total{{view="{view}",status="{status}xx"}}': float(number)
        for (view, status), number in requests.answers.copy().items()
    }
    for bound, number in zip(_BOUNDS, requests.durations, strict=True):
        found[f'request_seconds_bucket{{le="{bound}"}}'] = float(number)
    found["request_seconds_sum"] = requests.seconds
    return found


def _slowest(requests: Requests) -> dict[str, float]:
    return {labelled(LONGEST, path): took for path, took in requests.slowest.copy().items()}


def _reported(cache: PageCache, type: str) -> dict[str, float]:
    report = cache.report()
    return {
        name: float(report[metric.reported])
        for name, metric in METRICS.items()
        if metric.reported and metric.type == type
    }


def exposition(tally: Tally, site: Site, cache: PageCache) -> str:
    """Return the metrics of all processes as Prometheus reads them."""
    found = tally.sums() | _levels_of_site(site, cache)
    series: dict[str, list[tuple[str, float]]] = {name: [] for name in METRICS}
    for key, value in sorted(found.items()):
        name = key.partition("{")[0]
        if name in series:
            series[name].append((key, value))
    series["request_seconds"] = _histogram(found)
    lines = []
    for name, metric in METRICS.items():
        lines.append(f"# HELP {PREFIX}{name} {metric.help}")
        lines.append(f"# TYPE {PREFIX}{name} {metric.type}")
        lines += [f"{PREFIX}{key} {_number(value)}" for key, value in series[name]]
    return "\n".join(lines) + "\n"


def _levels_of_site(site: Site, cache: PageCache) -> dict[str, float]:
    """Return what is the same in all processes."""
    documents = site.index.status().documents
    problems = site.library.problems
    errors = sum(problem.severity == "error" for problem in problems)
    return {
        "articles": len(site.edition().posts),
        "index_articles": documents,
        "index_lag": max(0, len(site.library.posts) - documents),
        'problem_files{severity="error"}': errors,
        'problem_files{severity="warning"}': len(problems) - errors,
        "store_up": float(cache.store.up),
    }


def _histogram(found: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the classes of durations, each with all below it."""
    counted = 0.0
    series = []
    for bound in _BOUNDS:
        key = f'request_seconds_bucket{{le="{bound}"}}'
        counted += found.get(key, 0.0)
        series.append((key, counted))
    series.append(("request_seconds_sum", found.get("request_seconds_sum", 0.0)))
    series.append(("request_seconds_count", counted))
    return series


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
