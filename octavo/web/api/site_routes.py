"""Addresses beside Ghost's API: changes, and a description of the API for programs and readers."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import cast
from urllib.parse import quote, urlencode

from flask import Blueprint, Flask, Response, current_app, render_template, request

from octavo.content.markdown.outline import Heading
from octavo.web.api import problems
from octavo.web.api.identity import Kind, record_id
from octavo.web.api.openapi import BASE, Operation, document, operations
from octavo.web.api.problems import ApiError
from octavo.web.api.routes import NO_STORE, refusal, refuse
from octavo.web.api.schema import envelopes
from octavo.web.cache import cached
from octavo.web.changes.log import ChangeLog, CursorError
from octavo.web.head import Crumb, list_page
from octavo.web.request import own, read_model, site

bp = Blueprint("site_api", __name__)

# Parameters of an example address on the page that describes the API.
MAX_EXAMPLE_PARAMETERS = 3
KINDS: dict[str, Kind] = {"posts": "post", "pages": "page", "tags": "tag", "authors": "author"}


def init_app(app: Flask) -> None:
    """Add the addresses of changes and of the API's description."""
    app.register_blueprint(bp)


def changes() -> Response:
    """Return what was created, updated, deleted, published or expired since a cursor, as JSON."""
    if wrong := refusal(site().settings, request.args):
        raise wrong
    log = cast(ChangeLog, current_app.extensions["octavo_changes"])
    try:
        found, cursor, more = log.since(request.args.get("since", ""))
    except CursorError:
        raise problems.old_cursor() from None
    except (sqlite3.Error, OSError):
        raise problems.no_log() from None
    answer = envelopes.ChangesAnswer(
        changes=[envelopes.ChangeModel.model_validate(asdict(change)) for change in found],
        meta=envelopes.ChangesMeta(cursor=cursor, more=more),
    )
    response = Response(answer.to_json(), mimetype="application/json")
    response.headers["Cache-Control"] = NO_STORE
    return response


@bp.get("/openapi.json")
@cached()
def openapi() -> Response:
    """Return the description of the API for programs: OpenAPI, as JSON."""
    return Response(
        json.dumps(document(site().settings, site().index.facets), ensure_ascii=False),
        mimetype="application/json",
    )


@bp.get("/api/")
@cached()
def readable() -> str:
    """Return the page that describes the API to people, with examples."""
    settings = site().settings
    crumbs = [Crumb("Content API", own("/api/"))]
    about = f"The articles of {settings.title} as JSON, for every other program."
    head = list_page(site(), own("/api/"), "Content API", about, crumbs)
    listed = operations(site().index.facets)
    examples = [(operation, _address(operation)) for operation in listed]
    toc = [Heading(2, operation.name, operation.summary) for operation in listed]
    return render_template(
        "api.html", page=head, toc=toc, examples=examples, open=settings.api_open
    )


def _address(operation: Operation) -> str:
    """Return an example address of an operation, with a slug of this site."""
    here = read_model()
    settings = site().settings
    resource = operation.path.removeprefix(f"{BASE}/").partition("/")[0]
    slugs = {
        "posts": here.latest(None, "", 1),
        "tags": [term.slug for term in here.terms("tag")],
        "authors": [byline.slug for byline in here.bylines()],
    }
    slug = next(iter(slugs.get(resource) or ()), "about")
    path = operation.path.format(slug=quote(slug), id=record_id(KINDS.get(resource, "post"), slug))
    given = [
        (parameter.name, parameter.example)
        for parameter in operation.parameters
        if parameter.example
    ]
    shown = given[:MAX_EXAMPLE_PARAMETERS]
    if not settings.api_open:
        shown.insert(0, ("key", "YOUR_KEY"))
    address = site().addresses.absolute(own(path))
    if shown:
        address += "?" + urlencode(shown, safe=":,")
    return address


@bp.errorhandler(ApiError)
def refuse_here(error: ApiError) -> Response:
    """Return an error as JSON."""
    return refuse(error)


@bp.after_request
def share(response: Response) -> Response:
    """Let web pages of all origins read the answers (CORS)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
