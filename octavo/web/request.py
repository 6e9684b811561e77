"""What a view can use while it answers a request: the site, the read model, and the 404."""

from __future__ import annotations

from typing import TypeVar, cast

from flask import abort, current_app, request

from octavo.site.site import Site
from octavo.web.limits import Limits
from octavo.web.metrics.tally import Tally
from octavo.web.read_model.read_model import ReadModel

Found = TypeVar("Found")


def site() -> Site:
    """Return the site that this application serves."""
    return cast(Site, current_app.extensions["octavo"])


def read_model() -> ReadModel:
    """Return this request's read model: the page cache's, or a new one where nothing is cached."""
    if "octavo.read_model" not in request.environ:
        request.environ["octavo.read_model"] = ReadModel(site())
    return cast(ReadModel, request.environ["octavo.read_model"])


def limits() -> Limits:
    """Return how often clients of this application may ask."""
    return cast(Limits, current_app.extensions["octavo_limits"])


def tally() -> Tally:
    """Return the counts of all processes."""
    return cast(Tally, current_app.extensions["octavo_tally"])


def own(path: str) -> str:
    """Return the address of a path from the site's own root."""
    return site().addresses.path(path)


def found(answer: Found | None) -> Found:
    """Return `answer`; answer 404 where it is None."""
    if answer is None:
        abort(404)
    return answer
