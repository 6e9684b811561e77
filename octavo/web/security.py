"""Security headers, and the hosts by which the site may be asked for."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from octavo.settings import HOST_KINDS, Settings

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

# What a page may load, by directive of the content security policy: https://www.w3.org/TR/CSP3/.
SOURCES: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "media-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


# Elements of HTML whose text a browser runs or applies, by the directive that allows it.
INLINE = {
    "script-src": re.compile(r"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script\s*>", re.S | re.I),
    "style-src": re.compile(r"<style[^>]*>(.*?)</style\s*>", re.S | re.I),
}


def policy(hosts: Mapping[str, Sequence[str]], markup: str = "") -> str:
    """Return the Content-Security-Policy of all pages, widened by the hosts of `hosts`.

    The scripts and style sheets within `markup`, which is HTML, are allowed by their hashes.
    """
    sources = dict(SOURCES)
    for directive, element in INLINE.items():
        for text in element.findall(markup):
            sources[directive] += f" {hash_source(text)}"
    for kind, names in hosts.items():
        directive, _ = HOST_KINDS[kind]
        allowed = " ".join(f"https://{name}" for name in names)
        sources[directive] = f"{sources.get(directive, '')} {allowed}".strip()
    return "; ".join(f"{directive} {allowed}" for directive, allowed in sources.items() if allowed)


POLICY = policy({})
# SVG pictures beside posts are documents of their own when opened directly: nothing in them may run
# or load.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# What a browser never opens as a document needs none of it but the refusal to guess its type.
INERT = frozenset(
    {
        "text/css",
        "text/javascript",
        "font/woff2",
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/avif",
    }
)


def headers_of(settings: Settings, mimetype: str, markup: str = "") -> dict[str, str]:
    """Return the headers of each answer of a type, where its view sets no others.

    `markup` is HTML of the operator's that stands in every page.
    """
    # Other sites may show pictures and films, as newsreaders and search engines do.
    is_shown_elsewhere = mimetype.startswith(("image/", "audio/", "video/"))
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin" if is_shown_elsewhere else "same-origin",
    }
    if mimetype not in INERT:
        headers |= HEADERS | {"Content-Security-Policy": policy(settings.hosts, markup)}
    if settings.base_url.startswith("https://"):
        transport = "max-age=31536000"
        if settings.hsts_subdomains:
            transport += "; includeSubDomains"
        headers["Strict-Transport-Security"] = transport
    return headers


class TrustedHosts:
    """WSGI middleware that answers 400 where a site is asked for by a host that it does not have.

    Health probes pass whatever host they name: they come by the machine's own addresses.
    """

    def __init__(self, app: Application, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        host = environ.get("HTTP_HOST", "").lower()
        if host in self._hosts or environ["PATH_INFO"] in ("/healthz", "/readyz"):
            return self._app(environ, start_response)
        body = b"400 Bad Request\n"
        about = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        start_response("400 BAD REQUEST", [*about, *HEADERS.items()])
        return [body]


def policy_for_style(style: str) -> str:
    """Return the Content-Security-Policy of a page with this one style element and nothing else."""
    return (
        f"default-src 'none'; style-src {hash_source(style)}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def hash_source(text: str) -> str:
    """Return the source of a policy that allows one inline script or style: `'sha256-...'`.

    See https://www.w3.org/TR/CSP3/#grammardef-hash-source.
    """
    digest = b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
