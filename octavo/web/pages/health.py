"""The site's health: answers for load balancers, and a page for the operator.

`/healthz` tells that the process lives, `/readyz` whether it should get readers, and why not.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from math import isinf
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request

from octavo.web.cache import PageCache
from octavo.web.head import list_page
from octavo.web.metrics.exposition import MIMETYPE, exposition
from octavo.web.metrics.machines import machines
from octavo.web.metrics.stats import chart, stats
from octavo.web.metrics.tally import tally
from octavo.web.readiness import CHECKS
from octavo.web.request import limits, own, site

bp = Blueprint("health", __name__)

_started = time.time()
_PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@bp.get("/health/")
def health() -> Response:
    """Answer that this process is alive."""
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@bp.get("/healthz")
def alive() -> Response:
    """Answer that this process is alive, whatever its site is like."""
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@bp.get("/readyz")
def ready() -> Response:
    """Return 200 where this process should get readers, else 503; the JSON has each check."""
    found = [(name, *check(site())) for name, check in CHECKS.items()]
    failed = any(state == "failed" for _, state, _ in found)
    facts = [{"name": name, "state": state, "detail": detail} for name, state, detail in found]
    response = jsonify(ready=not failed, checks=facts)
    response.status_code = 503 if failed else 200
    response.headers.update(_PRIVATE)
    return response


@bp.get("/metrics")
def metrics() -> Response:
    """Return the numbers of all processes, for Prometheus."""
    _let_in()
    cache = cast(PageCache, current_app.extensions["octavo_cache"])
    return Response(exposition(tally(), site(), cache), content_type=MIMETYPE, headers=_PRIVATE)


@bp.get("/status/")
def page() -> Response:
    """Return the operator's page about this process."""
    _let_in()
    head = list_page(site(), own("/status/"), "Status")
    head.robots = "noindex"
    return Response(
        render_template("status.html", page=head, rooms=facts(), stats=_figures()),
        headers=_PRIVATE,
    )


@bp.get("/status/stats.json")
def statistics() -> Response:
    """Return the statistics of readers as JSON: views, articles, referrers and searches."""
    _let_in()
    response = jsonify(_figures())
    response.headers.update(_PRIVATE)
    return response


@bp.get("/status/readers.svg")
def readers() -> Response:
    """Return a chart of the views of the last days as SVG."""
    _let_in()
    drawn = chart(_figures()["days"])
    return Response(drawn, mimetype="image/svg+xml", headers=_PRIVATE)


@bp.get("/status.json")
def data() -> Response:
    """Return the facts of the operator's page as JSON."""
    _let_in()
    response = jsonify(facts())
    response.headers.update(_PRIVATE)
    return response


def _figures() -> dict[str, Any]:
    return stats(site(), tally(), machines())


def _let_in() -> None:
    key = site().settings.status_key
    if not key:
        abort(404)
    wait = math.ceil(limits().wait_to_guess(request.environ))
    if wait:
        message = f"Too many wrong passwords. Try again in {wait} seconds.\n"
        abort(Response(message, 429, {"Retry-After": str(wait), **_PRIVATE}, mimetype="text/plain"))
    given = request.authorization
    secret = ""
    if given is not None:
        secret = given.password or given.token or ""
    if not compare_digest(secret.encode(), key.encode()):
        # A browser asks first without a password.
        if secret:
            limits().guessed("password", request.environ)
        refusal = Response(
            "A password is needed.\n", 401, {"WWW-Authenticate": 'Basic realm="Status"', **_PRIVATE}
        )
        abort(refusal)


def facts() -> dict[str, dict[str, Any]]:
    """Return facts about this process, grouped by topic; values are numbers, texts or None."""
    here = site()
    cache = cast(PageCache, current_app.extensions["octavo_cache"])
    edition = here.edition()
    index = here.index.status()
    errors = sum(problem.severity == "error" for problem in here.library.problems)
    return {
        "Process": {
            "Number": os.getpid(),
            "Minutes since its start": int((time.time() - _started) / 60),
        },
        "Articles": {
            "Visible": len(edition.posts),
            "In all": len(here.library.posts),
            "Files with errors": errors,
            "Next one appears or expires": _moment(edition.until),
        },
        "Pages in memory": _pages_in_memory(cache.report()),
        "Store": {"Kind": cache.store.kind, "Answers": cache.store.up},
        "Search index": {
            "State": index.state,
            "Articles": index.documents,
            "Megabytes": round(index.size / 1e6, 1),
        },
    }


def _pages_in_memory(counts: Mapping[str, int | float]) -> dict[str, Any]:
    asked = counts["hits"] + counts["misses"]
    share: float | None = None
    if asked:
        share = round(100 * counts["hits"] / asked, 1)
    milliseconds: float | None = None
    if counts["renders"]:
        milliseconds = round(1000 * counts["seconds"] / counts["renders"], 1)
    return {
        "Number": counts["pages"],
        "Megabytes": round(counts["bytes"] / 1e6, 1),
        "Megabytes at most": round(counts["capacity"] / 1e6, 1),
        "Answered from memory": counts["hits"],
        "Share of all requests for pages, %": share,
        "Rendered": counts["renders"],
        "Milliseconds for each": milliseconds,
        "Found right after a change": counts["revalidated"],
        "Found in the store": counts["fetched"],
        "Waited for another's render": counts["collapsed"],
        "Failed to render": counts["failed"],
        "Addresses remembered": counts["addresses"],
        "Encodings remembered": counts["encodings"],
        "Fingerprints known": counts["fingerprints"],
    }


def _moment(seconds: float) -> str | None:
    if isinf(seconds):
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()
