"""The pages for errors: 404 and 410 with suggestions, redirects of old addresses, and 500."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from flask import (
    Flask,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as BaseResponse

from octavo.content.loading.loader import SourceGoneError
from octavo.content.posts import Post
from octavo.content.slugs import slugify_once
from octavo.site.addresses.redirect_rules import GONE
from octavo.site.site import Site
from octavo.site.writers.why import explain
from octavo.web.cache import PageCache
from octavo.web.head import list_page
from octavo.web.inquiries import describe_pages_in_memory, pages_in_memory
from octavo.web.page_kinds import exists
from octavo.web.phrases.phrases import say
from octavo.web.request import asked_path, own, read_model, site
from octavo.web.security import policy_for_style

# Characters of an address that its error page repeats.
MAX_REPEATED_CHARACTERS = 200
# The address of the page for all that is missing, as static hosts name it.
ANY_PATH = "/404.html"


def init_app(app: Flask, broken: Callable[[], str]) -> None:
    """Answer unknown addresses with a redirect to the right one, or with suggestions.

    `broken` returns the page for what fails, a whole HTML document.
    """
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(HTTPException, plain_error)
    app.register_error_handler(SourceGoneError, text_replaced)
    app.register_error_handler(Exception, _broken_page(broken))


def not_found(error: NotFound) -> BaseResponse:
    """Redirect to the page's right address where it is known; else answer 404 or 410.

    410 is for what was removed for good. Readers get articles with similar addresses.
    """
    path = asked_path()
    query = request.query_string.decode("latin-1")
    resolver = site().resolver(read_model().untracked)
    target = _canonical_path(path) or resolver.by_alias(path, query)
    if not target:
        read_model().redirects()
        move = site().redirects.move(
            path, query, lambda at: resolver.at(at) or resolver.by_alias(at)
        )
        if move is not None and move.target:
            target = site().addresses.rooted(move.target)
            return _uncached(redirect(target, code=move.status))
        if move is not None:
            return _missing(error, move.status)
        target = resolver.by_old_address(path, query)
    if target and unquote(target) != own(path):
        # A query that told the page apart (`?p=42`) is of no use to it.
        if query and resolver.by_alias(path, query) == resolver.by_alias(path):
            target += f"?{query}"
        return _uncached(redirect(target, code=301))
    return _missing(error, GONE if site().is_removed(path) else 404)


def _missing(error: NotFound, status: int) -> BaseResponse:
    """Return the answer 404 or 410 with suggestions, as JSON for a path that asks for it."""
    try:
        missing = _suggestions(is_gone=status == GONE)
    except Exception:  # whatever it is, a site's own 404.html makes no missing page a fault
        current_app.logger.exception("404.html failed, so its readers get one line of text")
        missing = Response("There is no page at this address.\n", mimetype="text/plain")
    if request.path.endswith(".json"):
        missing = jsonify(error=error.description)
    missing.status_code = status
    answer = _uncached(missing)
    if site().developed:
        # What it tells its writer depends on more than pages do.
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _uncached(response: BaseResponse) -> BaseResponse:
    # There may be a page here in a moment, and no key to purge this by.
    response.headers["Cache-Control"] = "no-cache"
    return response


def _suggestions(is_gone: bool) -> Response:
    """Return the page for an address that does not exist, or no longer exists."""
    here = read_model()
    heading = say("Page not found")
    if is_gone:
        heading = say("Page removed")
    page = list_page(site(), own("/404/"), heading)
    page.robots = "noindex"
    # There is nothing at its address either.
    page.canonical = ""
    path = own(request.path)
    if len(path) > MAX_REPEATED_CHARACTERS:
        path = f"{path[:MAX_REPEATED_CHARACTERS]}…"
    asked = request.path.strip("/").rsplit("/", 1)[-1][:MAX_REPEATED_CHARACTERS]
    if request.path == ANY_PATH:
        # Static hosts show this page for every address that they do not have.
        path = asked = ""
    near = here.untracked.near(asked)
    shown = tuple(post.slug for post in near) or here.latest(None, "", 3) or ()
    body = render_template(
        "404.html",
        page=page,
        path=path,
        is_gone=is_gone,
        words=" ".join(slugify_once(asked).split("-")),
        meant=bool(near),
        suggestions=here.cards(shown),
        why=_why(request.full_path.rstrip("?")),
    )
    return make_response(body)


def _held(site: Site, post: Post) -> str:
    cache: PageCache = current_app.extensions["octavo_cache"]
    return describe_pages_in_memory(site, pages_in_memory(site, cache, post.slug))


def _why(asked: str) -> tuple[str, ...]:
    """Return why a text is not shown, for its writer: on a development server alone."""
    if not site().developed:
        return ()
    passing = Markup("<span data-passing>{}</span>").format
    return tuple(explain(site(), asked, _held).lines(passing))


def _canonical_path(path: str) -> str:
    """Return the page's address that differs from `path` in case, accents or slashes, or ''."""
    segments = [slugify_once(segment) for segment in path.split("/") if segment]
    wanted = "".join(f"/{segment}" for segment in segments) + "/"
    if wanted == path:
        return ""
    adapter = current_app.create_url_adapter(request)
    try:
        found: Any = adapter.match(wanted, method="GET") if adapter else None
    except (HTTPException, RequestRedirect):
        return ""
    edition = read_model().untracked
    if found is None or adapter is None or not exists(site(), edition, *found):
        return ""
    return site().resolver(edition).at(wanted) or adapter.build(*found)


def plain_error(error: HTTPException) -> BaseResponse | HTTPException:
    """Answer an HTTP error that has no page of its own with its number and name, as text."""
    if error.code is None or error.code < 400:
        return error
    name = re.sub(r"[^A-Za-z ]", "", error.name)
    response = Response(f"{error.code} {name}\n", status=error.code, mimetype="text/plain")
    for header, value in error.get_headers():
        if header in ("Allow", "Content-Range"):
            response.headers[header] = value
    return response


def text_replaced(error: SourceGoneError) -> BaseResponse:
    """Answer 503 to a request for a text that was replaced before the site noticed."""
    site().refresh()
    response = Response(
        "This article was saved a moment ago. Try again.\n", status=503, mimetype="text/plain"
    )
    response.headers.update({"Retry-After": "1", "Cache-Control": "no-store"})
    return response


def _broken_page(page: Callable[[], str]) -> Any:
    """Return the handler of unexpected exceptions; its page needs no template or style sheet."""

    def broken(error: Exception) -> BaseResponse:
        current_app.logger.exception("%s %s failed", request.method, request.path)
        html = page()
        style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
        response = Response(html, status=500, mimetype="text/html")
        policy = policy_for_style(style[1] if style else "")
        response.headers["Content-Security-Policy"] = policy
        response.headers["Cache-Control"] = "no-store"
        return response

    return broken
