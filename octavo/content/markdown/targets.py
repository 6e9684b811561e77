"""The targets of a body, links, pictures and films: each is resolved or reported as broken."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from octavo.content.attachments import FileType, file_type
from octavo.content.images.metadata import public
from octavo.content.markdown.cleaning import safe_url

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_AFTER_PATH = re.compile(r"[?#]")
_OWN_BYTES = re.compile(
    r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE
)

# Bare addresses as GitHub links them: https://github.github.com/gfm/#autolinks-extension-
_BARE = re.compile(
    r"""(?<![\w/@.:-])(?:(?P<scheme>https?|ftp)://|(?P<www>www\.))(?P<host>(?u:[\w.-]*\w))[^\s<>“”„«»‹›\u00a0\u2000-\u200b\u2028-\u202f\u205f\u3000-\u3020\uff00-\uff0f\uff1a-\uff20]*
      | (?<![\w.+/-])(?:(?P<mailto>mailto:|xmpp:))?(?P<mail>[A-Za-z0-9._+-]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)(?P<place>/[A-Za-z0-9@.]+)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# An address that is no attribute's value, nor the text of a link to itself.
_NOT_IN_ATTRIBUTE = re.compile(r"://(?<!\"https://)(?<!\"http://)(?<!\"ftp://)")
_ENTITY = re.compile(r"&[A-Za-z0-9]+;$")


@dataclass(frozen=True, slots=True)
class ResolvedPicture:
    """A picture as a page shows it: size in pixels (0: unknown), `srcset`, `sizes` as in HTML."""

    url: str
    width: int = 0
    height: int = 0
    srcset: str = ""
    sizes: str = "(min-width: 46rem) 42rem, 100vw"


class Resolver(Protocol):
    """Resolves the paths that a post's body names to URLs and pictures.

    They come percent-decoded, without query and fragment: `other.md`, `../launch/x.md`, `my
    photo.jpg`, and from the site's root `/2024/05/other/`.
    """

    def link(self, target: str) -> str | None:
        """Return the URL of a post or file, or None where there is none."""

    def picture(self, target: str) -> ResolvedPicture | None:
        """Return the picture, or None where there is none."""

    def title_and_summary(self, target: str) -> tuple[str, str] | None:
        """Return title and summary of the text that a link leads to, or None."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Other hosts, in lower case, whose frames, pictures, films and sounds a page may show."""

    frames: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    # Returns an address of the site itself as a path from its root, and others as they are.
    own: Callable[[str], str] = str


class Targets:
    """The targets of one body; relative ones that lead nowhere are collected in `broken`.

    URLs with a host stay as they are written, and so do paths from the site's root that lead to
    nothing here: a server in front may have something there.
    """

    def __init__(self, resolver: Resolver, hosts: Hosts) -> None:
        self.hosts = hosts
        self.links: list[str] = []
        self.broken: list[str] = []
        self.outside: list[str] = []
        self._resolver = resolver
        self._pictures: dict[str, ResolvedPicture | None] = {}

    def link(self, value: str) -> str | None:
        """Return the URL of a link; None where it is empty, not allowed, or broken."""
        url = self._url(value)
        if not url or is_external(url):
            return url or None
        path = _AFTER_PATH.split(url, maxsplit=1)[0]
        if not path:
            return url
        found = self._resolver.link(unquote(path))
        if found is None and path.startswith("/"):
            return safe_url(value)
        if found is None:
            self.broken.append(unquote(path))
            return None
        self.links.append(found)
        return found + url[len(path) :]

    def _url(self, value: str) -> str | None:
        """Return a URL as `safe_url` does; one of the site itself without its host."""
        url = safe_url(value)
        if url and is_external(url):
            return self.hosts.own(url)
        return url

    def title_and_summary(self, value: str) -> tuple[str, str] | None:
        """Return title and summary of the text of this site that a link leads to, or None."""
        url = self._url(value)
        if not url or is_external(url):
            return None
        path = _AFTER_PATH.split(url, maxsplit=1)[0]
        return self._resolver.title_and_summary(unquote(path))

    def type_of(self, value: str) -> FileType | None:
        """Return the type of one of the site's attachments by its name; None for other targets."""
        url = self._url(value)
        if not url or is_external(url):
            return None
        return file_type(unquote(_AFTER_PATH.split(url, maxsplit=1)[0]))

    def file(self, value: str) -> str | None:
        """Return the URL of a film or sound of this site or an allowed host, or None."""
        url = self.link(value)
        if url is None or (is_external(url) and host_of(url) not in self.hosts.media):
            return None
        return url

    def picture(self, value: str) -> ResolvedPicture | None:
        """Return the picture at `value`; None where it is broken, or its host is not allowed."""
        if value not in self._pictures:
            self._pictures[value] = self._find_picture(value)
        return self._pictures[value]

    def _find_picture(self, value: str) -> ResolvedPicture | None:
        if _OWN_BYTES.fullmatch(value):
            own = _own_picture(value)
            if own is None:
                self.broken.append(value.partition(",")[0])
            return own
        url = self._url(value)
        if not url:
            return None
        if is_external(url):
            return ResolvedPicture(url) if host_of(url) in self.hosts.pictures else None
        path = unquote(_AFTER_PATH.split(url, maxsplit=1)[0])
        picture = self._resolver.picture(path)
        if picture is not None or file_type(path) is not None:
            return picture
        if path.startswith("/"):
            return ResolvedPicture(safe_url(value) or url)
        self.broken.append(path)
        return None


def _own_picture(value: str) -> ResolvedPicture | None:
    """Return the picture in a `data:` URL without its metadata; None where it is damaged."""
    head, _, data = value.partition(",")
    mimetype = head.removeprefix("data:").partition(";")[0].lower()
    try:
        plain = public(b64decode(data), mimetype)
    except ValueError:
        return None
    return ResolvedPicture(f"{head},{b64encode(plain).decode('ascii')}")


def is_external(url: str) -> bool:
    """Whether a URL (as `safe_url` returns it) has a scheme or a host."""
    return _ELSEWHERE.match(url) is not None


def host_of(url: str) -> str:
    """Return the host of an https or scheme-less URL, with its port if it has one; otherwise ''."""
    scheme, _, rest = url.partition("//")
    if scheme.lower() not in ("https:", ""):
        return ""
    return re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2].lower()


def has_bare_addresses(html: str) -> bool:
    """Whether `html` may hold an address as text that is no link yet."""
    return "www." in html or "@" in html or _NOT_IN_ATTRIBUTE.search(html) is not None


def bare_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and URL of each bare address in a text, by the rules of GitHub Markdown."""
    position = 0
    while True:
        found = _BARE.search(text, position)
        if found is None:
            return
        position = found.end()
        if found["mail"]:
            end = position = found.end("mail")
            if text[end - 1] not in "-_" and text[end : end + 1] not in ("-", "_", "@"):
                url = (found["mailto"] or "mailto:") + found["mail"]
                # Only an address of XMPP names a place behind a slash.
                if found["place"] and url.lower().startswith("xmpp:"):
                    place = found["place"].rstrip(".")
                    end = position = end + len(place)
                    url += place
                yield found.start(), end, url
            continue
        shown = _without_tail(found[0])
        if not _is_domain(found["host"], short=found["scheme"] is not None):
            continue
        end = found.start() + len(shown)
        position = max(end, found.start() + 1)
        yield found.start(), end, shown if found["scheme"] else f"http://{shown}"


def _without_tail(address: str) -> str:
    """Return an address without the punctuation of the sentence around it."""
    end = len(address)
    unopened = address.count(")") - address.count("(")
    while True:
        last = address[end - 1]
        if last in "?!.,:*_~'\"‘’‚":
            end -= 1
        elif last == ")" and unopened > 0:
            end -= 1
            unopened -= 1
        elif last == ";":
            entity = _ENTITY.search(address, max(0, end - 40), end)
            end = entity.start() if entity else end - 1
        else:
            return address[:end]


def _is_domain(host: str, *, short: bool) -> bool:
    parts = host.split(".")
    if "" in parts or any("_" in part for part in parts[-2:]):
        return False
    return len(parts) > 1 or short


# Players of films: the page of the film there, and whose it is.
_PLAYERS = (
    (
        re.compile(
            r"(?:https?:)?//(?:www\.)?youtube(?:-nocookie)?\.com/embed/videoseries\?list=([\w-]+)"
        ),
        "https://www.youtube.com/playlist?list=",
        "Films on YouTube",
    ),
    (
        re.compile(
            r"(?:https?:)?//(?:www\.)?youtube(?:-nocookie)?\.com/embed/(?!live_stream)([\w-]+)"
        ),
        "https://www.youtube.com/watch?v=",
        "Video on YouTube",
    ),
    (
        re.compile(r"(?:https?:)?//player\.vimeo\.com/video/(\d+)"),
        "https://vimeo.com/",
        "Video on Vimeo",
    ),
)


def page_of_frame(address: str) -> tuple[str, str]:
    """Return the page for a frame's address, and words for a link to it.

    Of a film it is the film's own page, otherwise the address itself.
    """
    for player, page, words in _PLAYERS:
        found = player.match(address)
        if found:
            return page + found[1], words
    return address, address


def is_web(url: str) -> bool:
    """Whether a URL (as `safe_url` returns it) leads to another host by http or https."""
    return url.startswith(("https://", "http://", "//"))
