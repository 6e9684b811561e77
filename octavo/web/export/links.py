"""The links of exported pages, where nothing but files is.

Pages of a list are in folders (`page/2/`) in place of queries. For reading from disk every link is
relative and names its file, and modules are classic scripts: a browser opens neither folders nor
modules there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from html import escape, unescape
from urllib.parse import quote

from octavo.site.addresses import Addresses
from octavo.web.export.addresses import file_of, plain_address

_PAGE = re.compile(r"(?<=[\"'])((?:https?://[^/\"'\s]+)?(/[^\"'?#\s]*))\?page=([0-9]+)(?=[\"'#])")
_ATTRIBUTE = re.compile(
    r"(\s(?:href|src|action|poster|data-[a-z-]+)=)([\"'])(/(?!/)[^\"']*)\2", re.IGNORECASE
)
_SRCSET = re.compile(r"(\s(?:image)?srcset=)([\"'])([^\"']*)\2", re.IGNORECASE)
_CANDIDATE = re.compile(r"(^|,\s+)(/(?!/)[^\s,]+)")
_MODULE = re.compile(r"<script type=([\"']?)module\1 src=([\"'])(/[^\"']*)\.js\2")
_REFRESH = re.compile(r"(content=\"0; url=)(/(?!/)[^\"]*)")
# What a browser loads with a page or a style sheet, or is told to.
_LOADED = re.compile(
    r"(?:[\"'\s,(]|^)((?:https?://[^/\"'\s]+)?/(?:[^\"'\s,)<>]*/)?(?:media|covers|static)/[^\"'\s,)<>]+)"
)
# What only a server answers: embeds of articles, and the search for other programs.
_OF_SERVERS = re.compile(
    r"[ \t]*<(?:link|Url)\b[^<>]*(?:/oembed|/search\.json|/search/suggest\.json)\?[^<>]*>\n?"
)
# Fonts that are loaded early, which a page from disk may not ask for.
_PRELOADED = re.compile(r"[ \t]*<link rel=\"preload\"[^<>]*\bcrossorigin\b[^<>]*>\n?")
CLASSIC = ".classic.js"
# Below these everything that a page names is in the export.
_ALWAYS = ("/media/", "/covers/", "/search/")


class Links:
    """The links of one export: `known` are all addresses that it has."""

    def __init__(self, addresses: Addresses, known: Collection[str], *, relative: bool) -> None:
        self._addresses = addresses
        self._known = known
        self._relative = relative

    def page(self, html: str, address: str) -> str:
        """Return the HTML of the page at an address with its links as the export has them."""
        html = _PAGE.sub(self._in_folder, _OF_SERVERS.sub("", html))
        if not self._relative:
            return html
        html = _PRELOADED.sub("", html)
        folder = posixpath.dirname(file_of(address))

        def attribute(found: re.Match[str]) -> str:
            name, sign, url = found.groups()
            return f"{name}{sign}{escape(self._from(folder, unescape(url)))}{sign}"

        def candidate(found: re.Match[str]) -> str:
            return found[1] + self._from(folder, found[2])

        def srcset(found: re.Match[str]) -> str:
            return f"{found[1]}{found[2]}{_CANDIDATE.sub(candidate, found[3])}{found[2]}"

        def refresh(found: re.Match[str]) -> str:
            return found[1] + self._from(folder, found[2])

        html = _REFRESH.sub(refresh, html)
        html = _MODULE.sub(rf"<script defer src=\2\3{CLASSIC}\2", html)
        return _SRCSET.sub(srcset, _ATTRIBUTE.sub(attribute, html))

    def loaded(self, text: str) -> set[str]:
        """Return the addresses of the pictures and other files that a text names."""
        found = set()
        for url in _LOADED.findall(text):
            path = unescape(url).removeprefix(self._addresses.site)
            if path.startswith("/"):
                found.add(self._addresses.inside(path.partition("#")[0].partition("?")[0]))
        return found

    def _in_folder(self, found: re.Match[str]) -> str:
        query = f"?page={found[3]}"
        if self._addresses.inside(found[2]) + query not in self._known:
            return found[0]
        return plain_address(found[1] + query)

    def _from(self, folder: str, url: str) -> str:
        """Return the address of a file of the export, as a link in a folder of it writes it."""
        path, mark, rest = _split(url)
        inside = self._addresses.inside(path)
        address = inside
        if inside.endswith(CLASSIC):
            address = inside.removesuffix(CLASSIC) + ".js"
        is_file = address in self._known or address.startswith(_ALWAYS)
        if not (is_file or _is_numbered(address, self._known)):
            return self._addresses.absolute(url)
        return posixpath.relpath(quote(file_of(inside)), quote(folder) or ".") + mark + rest


def _split(url: str) -> tuple[str, str, str]:
    found = re.search("[?#]", url)
    if found is None:
        return url, "", ""
    return url[: found.start()], found[0], url[found.end() :]


def _is_numbered(address: str, known: Collection[str]) -> bool:
    numbered = re.fullmatch(r"(.*/)page/([0-9]+)/", address)
    return numbered is not None and f"{numbered[1]}?page={numbered[2]}" in known
