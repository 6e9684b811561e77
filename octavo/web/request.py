"""A request: what each passes before and after its view, and what the view can use meanwhile."""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import unquote

from flask import Flask, Response, abort, current_app, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from octavo.site.site import Site
from octavo.site.weak import after_fork
from octavo.web.limits import Limits
from octavo.web.logs import REQUEST_ID, request_id
from octavo.web.read_model.read_model import READ_MODEL, ReadModel
from octavo.web.security import headers_of

Found = TypeVar("Found")

# Upper bounds of the classes of durations; seconds.
DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

# Pages that took longest lately, which are remembered.
MAX_SLOWEST = 10

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffd]")
_NUMBER = re.compile("[0-9]+")
_BEGUN = "octavo.begun"


class Requests:
    """How many requests Flask answered in this process, and how long it took."""

    def __init__(self) -> None:
        self._begin()
        after_fork(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        # By view and class of status (2 is 2xx).
        self.answers: Counter[tuple[str, int]] = Counter()
        # By class of duration; the last is of those that took longer than all DURATIONS.
        self.durations = [0] * (len(DURATIONS) + 1)
        self.seconds = 0.0
        # How long pages took the last time that they were made, by path: the slowest ones.
        self.slowest: dict[str, float] = {}

    def count(self, view: str, status: int, seconds: float, page: str = "") -> None:
        """Count an answer with its status, and how long it took; `page` is a page's path."""
        with self._lock:
            if page:
                self.slowest[page] = seconds
                if len(self.slowest) > MAX_SLOWEST:
                    del self.slowest[min(self.slowest, key=self.slowest.__getitem__)]
            self.answers[view, status // 100] += 1
            self.durations[bisect_left(DURATIONS, seconds)] += 1
            self.seconds += seconds


def init_app(
    app: Flask,
    site: Site,
    markup: str,
    plain_at: Callable[[str], Path | None],
    plain_file: Callable[[Path], BaseResponse],
) -> Requests:
    """Have `app` check and count each request, and add headers to each answer; return the counts.

    `markup` is the operator's HTML in every page, whose scripts may run. `plain_at` tells which
    file of static/root/ stands at a path, before any page; `plain_file` answers with it.
    """
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    requests = Requests()
    headers = cache(lambda mimetype: headers_of(site.settings, mimetype, markup))
    # Most answers are of this type.
    headers("text/html")

    @app.before_request
    def begin() -> BaseResponse | None:
        request.environ[_BEGUN] = time.perf_counter()
        site.start()
        path = request.path
        if _CONTROL.search(path):
            abort(400)
        file = plain_at(path)
        if file is not None and request.method in ("GET", "HEAD"):
            return plain_file(file)
        _check_address()
        return None

    @app.after_request
    def end(response: Response) -> Response:
        _add_missing(response.headers, headers(response.mimetype or ""))
        if response.status_code >= 500:
            # A reader can quote it.
            response.headers[REQUEST_ID] = request_id()
        _count(response, requests)
        return response

    return requests


def _add_missing(given: Headers, headers: Mapping[str, str]) -> None:
    """Add the headers that no view has set."""
    present = {name.lower() for name, _ in given}
    for name, value in headers.items():
        if name.lower() not in present:
            given.add(name, value)


def _count(response: Response, requests: Requests) -> None:
    now = time.perf_counter()
    seconds = now - request.environ.get(_BEGUN, now)
    page = ""
    if response.status_code == 200 and response.mimetype == "text/html":
        page = request.path
    requests.count(request.endpoint or "none", response.status_code, seconds, page)


def asked_path() -> str:
    """Return the path of this request, with all slashes at its beginning."""
    # Werkzeug hides all but one.
    if request.environ["PATH_INFO"].startswith("//"):
        return f"/{request.path}"
    return request.path


def _check_address() -> None:
    """Raise NotFound where a page is asked for by another spelling of its address.

    Without strict slashes both spellings match; only the one that the rule has is the page's
    address. Clients of the API write both, and a preview has such a look of its own.
    """
    rule, path = request.url_rule, asked_path()
    if rule is None or rule.endpoint.startswith(("api", "previews")):
        return
    is_other = rule.rule.endswith("/") != path.endswith("/") or _is_misspelled(path)
    if "//" in path or (is_other and not _is_permalink(path)):
        raise NotFound


def _is_misspelled(path: str) -> bool:
    """Whether a number in a path has leading zeros or other digits than 0 to 9."""
    numbers = [value for value in (request.view_args or {}).values() if isinstance(value, int)]
    return bool(numbers) and not all(str(number) in _NUMBER.findall(path) for number in numbers)


def _is_permalink(path: str) -> bool:
    """Whether a path is an article's own address by the setting `permalink`."""
    if site().addresses.permalink is None:
        return False
    by_slug = read_model().untracked.by_slug
    posts = (by_slug.get(slug) for slug in site().addresses.slugs_in(path))
    return any(unquote(site().addresses.post(post)) == own(path) for post in posts if post)


def site() -> Site:
    """Return the site that this application serves."""
    return cast(Site, current_app.extensions["octavo"])


def read_model() -> ReadModel:
    """Return this request's read model: the page cache's, or a new one where nothing is cached."""
    if READ_MODEL not in request.environ:
        request.environ[READ_MODEL] = ReadModel(site())
    return cast(ReadModel, request.environ[READ_MODEL])


def limits() -> Limits:
    """Return the limits of requests of this application."""
    return cast(Limits, current_app.extensions["octavo_limits"])


def own(path: str) -> str:
    """Return the address of a path that is given from the site's root: with the site's prefix."""
    return site().addresses.path(path)


def found(answer: Found | None) -> Found:
    """Return `answer`; end the request with 404 where it is None."""
    if answer is None:
        abort(404)
    return answer
