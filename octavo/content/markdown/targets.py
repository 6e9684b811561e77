"""What a body points to: links, pictures and films, found by a resolver or reported as broken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from octavo.content.markdown.cleaning import safe_url

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_AFTER_PATH = re.compile(r"[?#]")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a page shows it: pixels, 0 where unknown; `srcset` and `sizes` as HTML has them."""

    url: str
    width: int = 0
    height: int = 0
    srcset: str = ""
    sizes: str = "(min-width: 46rem) 42rem, 100vw"


class Resolver(Protocol):
    """Where the paths that a post's body names lead to.

    They come percent-decoded, without query and fragment: `other.md`, `../launch/x.md`, `my
    photo.jpg`, and from the site's root `/2024/05/other/`.
    """

    def link(self, target: str) -> str | None:
        """Return the URL of a post or file, or None where there is none."""

    def picture(self, target: str) -> Picture | None:
        """Return the picture, or None where there is none."""


class Targets:
    """The targets of one body. URLs with a host stay as they are written, and so do paths from the
    site's root that lead to nothing here: a server in front may have something there.
    """

    def __init__(self, resolver: Resolver) -> None:
        self.links: list[str] = []
        self.broken: list[str] = []
        self._resolver = resolver
        self._pictures: dict[str, Picture | None] = {}

    def link(self, value: str) -> str | None:
        """Return where a link leads: None for one that is empty, not allowed, or broken."""
        url = safe_url(value)
        if not url or is_elsewhere(url):
            return url or None
        path = _AFTER_PATH.split(url, maxsplit=1)[0]
        if not path:
            return url
        found = self._resolver.link(unquote(path))
        if found is None and path.startswith("/"):
            return url
        if found is None:
            self.broken.append(unquote(path))
            return None
        self.links.append(found)
        return found + url[len(path) :]

    def file(self, value: str) -> str | None:
        """Return the URL of a film or sound of this site; None for those of other hosts, and broken
        ones.
        """
        url = self.link(value)
        return None if url is None or is_elsewhere(url) else url

    def picture(self, value: str) -> Picture | None:
        """Return the picture at `value`, looked up once; None for those of other hosts, and broken
        ones.
        """
        if value not in self._pictures:
            self._pictures[value] = self._find_picture(value)
        return self._pictures[value]

    def _find_picture(self, value: str) -> Picture | None:
        url = safe_url(value)
        if not url or is_elsewhere(url):
            return None
        path = unquote(_AFTER_PATH.split(url, maxsplit=1)[0])
        picture = self._resolver.picture(path)
        if picture is None and path.startswith("/"):
            return Picture(url)
        if picture is None:
            self.broken.append(path)
        return picture


def is_elsewhere(url: str) -> bool:
    """Whether a safe URL names a scheme or a host."""
    return _ELSEWHERE.match(url) is not None
