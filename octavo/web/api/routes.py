"""The routes of Ghost's Content API: from a request to a query, from its answer to JSON."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from hmac import compare_digest
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from octavo.content.library.library import Edition
from octavo.content.loading.loader import SourceGoneError
from octavo.settings import Settings
from octavo.site.site import Site
from octavo.web.api import overview, problems
from octavo.web.api.answers import browse, read, search
from octavo.web.api.fields import LIVE
from octavo.web.api.problems import ApiError
from octavo.web.api.query import parse_query, parse_search
from octavo.web.api.resources import Desk, Plural, Resources
from octavo.web.api.schema.models import Model
from octavo.web.cache import CACHING, cached
from octavo.web.request import limits, read_model, site

bp = Blueprint("api", __name__)

CONTENT = "/ghost/api/content"
# Clients made for older versions have the version in the path.
VERSIONED = "/ghost/api/<any(v2, v3, v4, v5, v6, canary):version>/content"
CONTENT_VERSION = "v6.0"
NO_STORE = "no-cache, private, no-store, must-revalidate, max-age=0"
# What an answer depends on, beside its path; the key is not part of it.
PARAMETERS = ("include", "fields", "formats", "filter", "order", "limit", "page", "cursor")
ALLOWED = "GET, HEAD, OPTIONS"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# The loggers of servers, which write whole addresses.
SERVERS = ("werkzeug", "_granian", "granian.access", "gunicorn.access", "uvicorn.access")

_SECRET = re.compile(r"([?&](?:key|preview)=)[^&\s\"]+")
_ID = re.compile("[0-9a-f]{24}")


def init_app(app: Flask) -> None:
    """Serve the API under its own path and under those of its older versions."""
    app.extensions["octavo_desk"] = Desk(app.extensions["octavo"])
    for name in SERVERS:
        logging.getLogger(name).addFilter(hide_secrets)
    app.register_blueprint(bp, url_prefix=CONTENT)
    app.register_blueprint(bp, url_prefix=VERSIONED, name="api_versioned")


def hide_secrets(record: logging.LogRecord) -> bool:
    """Mask keys and tokens in a server's log line about a request."""
    if isinstance(record.args, tuple):
        record.args = tuple(map(_without_secret, record.args))
    return True


def _without_secret(argument: object) -> object:
    if isinstance(argument, str):
        return _SECRET.sub(r"\1***", argument)
    return argument


@bp.url_value_preprocessor
def forget_version(endpoint: str | None, values: dict[str, str] | None) -> None:
    """Remove the version from a path's values: all versions are answered alike."""
    (values or {}).pop("version", None)


def refusal(settings: Settings, given: Mapping[str, str]) -> ApiError | None:
    """Return why a request is refused; None where it has one of the site's keys, or needs none."""
    if settings.api_open:
        return None
    if "key" not in given:
        return problems.no_key()
    key = given["key"].encode()
    # All keys are compared, so that the time tells nothing about them.
    if sum(compare_digest(key, other.encode()) for other in settings.api_keys) == 0:
        return problems.unknown_key()
    return None


def admits(site: Site, given: Mapping[str, str]) -> bool:
    """Whether the page cache may answer a request.

    It may if the request is allowed, is no preview, and asks for nothing that changes while the
    articles do not.
    """
    if "preview" in given or "now" in given.get("filter", ""):
        return False
    if any(name in given.get("include", "") for name in LIVE):
        return False
    return refusal(site.settings, given) is None


@bp.before_request
def check_key() -> None:
    """Refuse a request without a valid key, with an error of the API.

    Requests of the page cache are let through: by `admits` it has checked the reader's key.
    """
    if request.method == "OPTIONS" or CACHING in request.environ:
        return
    if wrong := refusal(site().settings, request.args):
        if "key" in request.args:
            raise guessed("API key", wrong)
        raise wrong


def guessed(what: str, wrong: ApiError) -> ApiError:
    """Count a wrong key or token; return `wrong`, or the error 429 where there are too many."""
    wait = math.ceil(limits().wait_to_guess(request.environ))
    if wait:
        return problems.too_many(wait)
    limits().guessed(what, request.environ)
    return wrong


def previewed() -> Edition | None:
    """Return what the request's preview token shows, or None without one.

    Raises ApiError for a wrong token.
    """
    if "preview" not in request.args:
        return None
    desk = cast(Desk, current_app.extensions["octavo_desk"])
    link = desk.signer.read(request.args["preview"], site().clock())
    if link is None:
        raise guessed("preview token", problems.unknown_preview())
    return link.scope.edition(site().library, site().clock())


def answer(make: Callable[[Resources], Model]) -> Response:
    """Return what `make` builds from the current resources, with a strong ETag, or 304."""
    preview = previewed()
    desk = cast(Desk, current_app.extensions["octavo_desk"])
    try:
        if preview is not None:
            return reply(make(Resources(site(), preview, True)), True)
        return reply(make(desk.resources(read_model().edition)), False)
    except SourceGoneError:
        site().refresh()
        raise problems.changing() from None


def reply(model: Model, private: bool = False) -> Response:
    """Return a model as JSON with an ETag, or 304; a `private` answer no cache may keep."""
    body = model.to_json()
    response = Response(body, mimetype="application/json")
    if private:
        response.headers["Cache-Control"] = "private, no-store"
        return response
    response.headers["Cache-Control"] = "public, max-age=0"
    response.set_etag(blake2b(body, digest_size=16).hexdigest())
    response.make_conditional(request)
    return response


@bp.get("/<any(posts, pages, tags, authors):plural>/")
@cached(*PARAMETERS, admits=admits)
def browse_records(plural: Plural) -> Response:
    """Return one page of a list of records."""
    return answer(lambda here: browse(here, plural, parse_query(request.args, here.now)))


@bp.get("/<any(posts, pages, tags, authors):plural>/slug/<path:slug>/")
@cached(*PARAMETERS, admits=admits)
def read_by_slug(plural: Plural, slug: str) -> Response:
    """Return one record by its slug; 404 where there is none."""
    return answer(
        lambda here: read(here, plural, parse_query(request.args, here.now), "slug", slug)
    )


@bp.get("/<any(posts, pages, tags, authors):plural>/<id>/")
@cached(*PARAMETERS, admits=admits)
def read_by_id(plural: Plural, id: str) -> Response:
    """Return one record by its id; 404 where there is none, 422 for an id of another form."""
    if not _ID.fullmatch(id):
        raise problems.wrong_value("id", "matches", "An id has 24 digits of 0-9 and a-f.")
    return answer(lambda here: read(here, plural, parse_query(request.args, here.now), "id", id))


@bp.get("/search/")
def search_posts() -> Response:
    """Return one page of the articles that a search finds."""
    wanted = parse_search(dict(request.args.lists()))
    return answer(lambda here: search(here, parse_query(request.args, here.now), wanted))


@bp.get("/settings/")
@cached(admits=admits)
def site_settings() -> Response:
    """Return the site's title, language, addresses and the like."""
    return answer(overview.settings)


@bp.get("/search-index/<any(posts, tags, authors):plural>/")
@cached(admits=admits)
def search_index(plural: overview.Indexed) -> Response:
    """Return all articles, tags or authors in short, for Ghost's search in the browser."""
    return answer(lambda here: overview.index(here, plural))


@bp.get("/<any(tiers, newsletters, recommendations):plural>/")
def members_only(plural: str) -> Response:
    """Return an empty list: tiers, newsletters and recommendations are for sites with members."""
    return answer(lambda here: overview.nothing(plural))


@bp.route("/", methods=METHODS, defaults={"rest": ""})
@bp.route("/<path:rest>", methods=METHODS)
def unknown(rest: str) -> Response:
    """Refuse any other address (404), and a method that changes something (405)."""
    if request.method in ("GET", "HEAD"):
        raise problems.unknown_route()
    raise problems.wrong_method()


@bp.errorhandler(ApiError)
def refuse(error: ApiError) -> Response:
    """Return an error as JSON, with the headers that its status asks for."""
    response = Response(
        error.body().model_dump_json(), status=error.status, mimetype="application/json"
    )
    response.headers["Cache-Control"] = NO_STORE
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 405:
        response.headers["Allow"] = ALLOWED
    return response


@bp.errorhandler(HTTPException)
def refuse_otherwise(error: HTTPException) -> Response:
    """Return an error that Flask found, such as a control character in the path, as JSON."""
    return refuse(ApiError(error.code or 400, f"{error.name.replace(' ', '')}Error", error.name))


@bp.errorhandler(Exception)
def fail(error: Exception) -> Response:
    """Return error 500 for a fault of the program.

    The log names the path only: the query holds the key.
    """
    current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return refuse(problems.broken())


@bp.after_request
def share(response: Response) -> Response:
    """Let web pages of all origins read the answers (CORS)."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = "ETag, Content-Version"
    headers["Content-Version"] = CONTENT_VERSION
    headers["Vary"] = "Accept-Version"
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        headers["Allow"] = headers["Access-Control-Allow-Methods"] = ALLOWED
        headers["Access-Control-Allow-Headers"] = request.headers.get(
            "Access-Control-Request-Headers", "*"
        )
        headers["Access-Control-Max-Age"] = "86400"
    return response
