"""Representations: a page in each encoding as it is sent; and how its request was answered."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import brotli

Headers = list[tuple[str, str]]

# What a client can ask for, by its place among a page's representations; of two that it likes as
# much, the later one is sent.
ENCODINGS = ("identity", "gzip", "br")
IDENTITY, GZIP, BROTLI = range(3)
# The levels of compression for what is kept for ever, while it is fresh, and for the reader who
# waits for a new page: the last one takes a quarter of the time for a fifth more bytes.
FOREVER = {GZIP: 9, BROTLI: 11}
WHILE_FRESH = {GZIP: 6, BROTLI: 5}
WHILE_AWAITED = {GZIP: 1, BROTLI: 1}

# RFC 9110, section 8.8.3.
_ENTITY_TAG = re.compile(r'"[^"]*"')
# The least weight that Accept-Encoding can give to an encoding.
_LEAST = 0.001


class CacheStatus(NamedTuple):
    """How the cache answered a request for a page that was not in its memory (RFC 9211).

    `forwarded` says why Flask was asked: "stale" or "uri-miss"; "" where the page was found in the
    store, made by another process. `failed_with` is the status of a render that failed, else 0.
    """

    forwarded: str = ""
    failed_with: int = 0
    stored: bool = False
    collapsed: bool = False

    def __str__(self) -> str:
        if not self.forwarded:
            return "hit"
        parts = [f"fwd={self.forwarded}"]
        if self.failed_with:
            parts.append(f"fwd-status={self.failed_with}")
        parts += [name for name in ("stored", "collapsed") if getattr(self, name)]
        return "; ".join(parts)


class Representation(NamedTuple):
    """A page in one encoding, as it is sent.

    `other_etag` is the entity tag of the same text compressed otherwise: better, once there was
    time, or by another process.
    """

    etag: str
    other_etag: str
    headers: Headers
    body: bytes
    not_modified: Headers

    def known_tag(self, tags: str) -> str:
        """Return which of its entity tags If-None-Match names; "" where it names none.

        Caches may have made it weak (`W/`); the comparison is the weak one (RFC 9110, 13.1.2).
        """
        named = _ENTITY_TAG.findall(tags)
        for tag in (self.etag, self.other_etag):
            if tag in named:
                return tag
        return ""

    def not_modified_for(self, tags: str) -> Headers:
        """Return the headers of a 304, with the entity tag that the reader has.

        Caches would apply another one to none of their responses (RFC 9111, section 4.3.4).
        """
        tag = self.known_tag(tags)
        if tag in ("", self.etag):
            return self.not_modified
        others = [pair for pair in self.not_modified if pair[0] != "ETag"]
        return [*others, ("ETag", tag)]


def preferred_encoding(accepted: str) -> int:
    """Return the best encoding that an Accept-Encoding header allows (RFC 9110, section 12.5.3)."""
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        coding, _, parameter = item.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        weight = 1.0
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
        weights[coding.strip()] = weight
    others = weights.get("*", 0.0)
    # Acceptable unless it is refused, and what is named is wanted more.
    weights.setdefault("identity", weights.get("*", _LEAST))
    weight, place = max((weights.get(name, others), place) for place, name in enumerate(ENCODINGS))
    return place if weight > 0 else IDENTITY


def compressed(body: bytes, encoding: int, levels: dict[int, int]) -> bytes:
    """Return a body compressed in GZIP or BROTLI, at one of the `levels`."""
    if encoding == GZIP:
        return gzip.compress(body, levels[GZIP], mtime=0)
    # A window as large as the page: a larger one is cleared first, which takes time.
    window = min(22, max(16, len(body).bit_length()))
    return bytes(brotli.compress(body, quality=levels[BROTLI], lgwin=window))


def with_no_cache(start_response: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `start_response` (PEP 3333) that adds `no-cache` where Cache-Control is missing."""

    def start(status: str, headers: Headers, *more: Any) -> Any:
        if not any(name.lower() == "cache-control" for name, _ in headers):
            headers = [*headers, ("Cache-Control", "no-cache")]
        return start_response(status, headers, *more)

    return start
