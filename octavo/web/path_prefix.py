"""Sites below a path, as `https://example.org/blog`: their requests, and links in templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import Environment
from jinja2.ext import Extension

from octavo.web.security import HEADERS

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

_ATTRIBUTE = re.compile(r"""(\b(?:href|src|action|poster|data-[a-z-]+)=["'])/(?![/{])""")


class PathPrefix:
    """WSGI middleware of a site below a path; the site itself sees paths from its own root.

    A proxy may pass the whole path, or strip the prefix (and tell it as SCRIPT_NAME, or not).
    """

    def __init__(self, app: Application, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        path = environ["PATH_INFO"]
        if not environ.get("SCRIPT_NAME"):
            if path == self._prefix:
                headers = [("Location", f"{path}/"), *HEADERS.items()]
                start_response("301 MOVED PERMANENTLY", headers)
                return []
            if path.startswith(f"{self._prefix}/"):
                path = path.removeprefix(self._prefix)
        return self._app(
            {**environ, "SCRIPT_NAME": self._prefix, "PATH_INFO": path or "/"}, start_response
        )


def add_prefix(environment: Environment, prefix: str) -> None:
    """Put `prefix` before the site's own addresses in all templates of `environment`.

    It is done once, when a template is compiled: `href="/archive/"` is `href="/blog/archive/"`.
    """

    class PrefixedAddresses(Extension):
        """Addresses in attributes that begin with a slash are the site's own."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            """Return a template's source with the prefix in its addresses."""
            return _ATTRIBUTE.sub(rf"\g<1>{prefix}/", source)

    environment.add_extension(PrefixedAddresses)
