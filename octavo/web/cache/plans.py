"""Plans: how views let the page cache keep their answers, and what of a request they may see."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException, NotFound

from octavo.site.site import Site
from octavo.web.read_model.read_model import READ_MODEL, ReadModel

# The key in the WSGI environ of requests that the cache itself makes.
CACHING = "octavo.caching"

View = TypeVar("View", bound=Callable[..., Any])
# Whether a request with these parameters may be answered with the page of another request.
Admits = Callable[[Site, Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the pages of a view are cached.

    `parameters` are the query parameters that it reads, `repeatable` those of them that may be
    repeated, `seconds` how long a page is kept (0: while it is fresh). `admits` tells from all
    parameters whether a page of other requests may answer this one; if not, Flask is asked.
    """

    parameters: tuple[str, ...]
    repeatable: tuple[str, ...] = ()
    seconds: int = 0
    admits: Admits | None = None
    # Requests with one of these parameters are answered by Flask, not from the cache.
    bypass: tuple[str, ...] = ()

    @property
    def unbounded(self) -> bool:
        """Whether readers can ask for any number of pages: searches, and answers of the API."""
        return bool(self.seconds or self.admits)

    def canonical(self, query: str, site: Site) -> str | None:
        """Return the query as the view sees it: known parameters in one order.

        None where the cache must not answer. Raises ValueError for an absurd query.
        """
        if not (self.parameters or self.repeatable or self.admits or (query and self.bypass)):
            return ""
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=100):
            given.setdefault(name, []).append(value)
        if any(name in given for name in self.bypass):
            return None
        if self.admits is not None and not self.admits(
            site, {name: values[0] for name, values in given.items()}
        ):
            return None
        pairs = [(name, given[name][0]) for name in self.parameters if name in given]
        for name in self.repeatable:
            pairs += [(name, value) for value in sorted(set(given.get(name, ())))]
        return urlencode(pairs)


def cached(
    *parameters: str,
    repeatable: tuple[str, ...] = (),
    seconds: int = 0,
    admits: Admits | None = None,
    bypass: tuple[str, ...] = (),
) -> Callable[[View], View]:
    """Decorate a view so that the page cache keeps its answers.

    Of a request the view sees only the path and these parameters.
    """

    def mark(view: View) -> View:
        view.__dict__["plan"] = Plan(parameters, repeatable, seconds, admits, bypass)
        return view

    return mark


@dataclass(frozen=True, slots=True)
class CanonicalRequest:
    """A request as a cached view sees it."""

    path: str
    query: str
    plan: Plan

    @property
    def key(self) -> str:
        """The page's key in the cache: its path, or `?QUERY/PATH`.

        No path is such a key: paths begin with a slash. The query stands first, since a path may
        hold question marks, which a browser wrote as %3F. A page that not all requests may get has
        one even without a query: a bare path is looked up before `admits` is asked.
        """
        if self.query or self.plan.admits:
            return f"?{self.query}{self.path}"
        return self.path

    def environ(self, base_url: str, model: ReadModel) -> dict[str, Any]:
        """Return a WSGI environ (PEP 3333) with path and known parameters, and no reader's data."""
        base = urlsplit(base_url)
        return {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": base.path,
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query,
            "SERVER_NAME": base.hostname,
            "SERVER_PORT": str(base.port or (443 if base.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": base.netloc,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": base.scheme,
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            READ_MODEL: model,
            CACHING: True,
        }


def decoded(path: str) -> str:
    """Return a path of WSGI, which is UTF-8 read as Latin-1 (PEP 3333), as text."""
    return path.encode("latin-1").decode("utf-8", "replace")


def canonical_request(app: Flask, site: Site, path: str, query: str) -> CanonicalRequest | None:
    """Return the request as its cached view sees it; None where the view is not cached.

    `path` is WSGI's PATH_INFO, UTF-8 read as latin-1, and so is the path of the answer; `query` is
    as it was sent. Raises NotFound where no route leads to the path.
    """
    adapter = app.url_map.bind("localhost")
    try:
        endpoint, _ = adapter.match(decoded(path), method="GET")
        plan: Plan | None = getattr(app.view_functions[endpoint], "plan", None)
        if plan is None:
            return None
        known = plan.canonical(query, site)
    except NotFound:
        raise
    except (HTTPException, ValueError):
        return None
    if known is None:
        return None
    return CanonicalRequest(path, known, plan)
