"""Beside Ghost's API: what changed, and the description of all of it for programs and for readers."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request

from ..changes import ChangeLog, CursorError
from ..pages import site
from . import envelopes, problems
from .problems import ApiError
from .routes import NO_STORE, refusal, refuse

bp = Blueprint("site_api", __name__)


def init_app(app: Flask) -> None:
    """Serve what describes the site and its changes."""
    app.register_blueprint(bp)


@bp.get("/api/changes")
def changes() -> Response:
    """What was created, updated, deleted, published or expired since a cursor."""
    if wrong := refusal(site().settings, request.args):
        raise wrong
    log = cast(ChangeLog, current_app.extensions["octavo_changes"])
    try:
        found, cursor, more = log.since(request.args.get("since", ""))
    except CursorError:
        raise problems.old_cursor() from None
    answer = envelopes.ChangesAnswer(
        changes=[envelopes.Change.model_validate(asdict(change)) for change in found],
        meta=envelopes.ChangesMeta(cursor=cursor, more=more),
    )
    response = Response(answer.to_json(), mimetype="application/json")
    response.headers["Cache-Control"] = NO_STORE
    return response


@bp.errorhandler(ApiError)
def refuse_here(error: ApiError) -> Response:
    """Answer what is wrong with a request."""
    return refuse(error)


@bp.after_request
def share(response: Response) -> Response:
    """Let pages of all origins read the answers."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
