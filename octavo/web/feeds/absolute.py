"""HTML for readers elsewhere: absolute addresses, and nothing that only our own pages need."""

from __future__ import annotations

import re
from urllib.parse import urljoin

_TAG = re.compile(r"<[a-z][^<>]*=\"[^<>]*>")
# Every relative form: `/path`, `path`, `?query`, `#fragment`, and `//host`, which lacks the scheme.
_ADDRESS = re.compile(
    r'(\s(?:href|src|poster|cite|data|longdesc)=")(?![a-z][a-z0-9+.-]*:)([^"]+)', re.IGNORECASE
)
_SRCSET = re.compile(r'(\ssrcset=")([^"]*)')
_CANDIDATE = re.compile(r"(^|,\s+)(?![a-z][a-z0-9+.-]*:)([^\s,]+)", re.IGNORECASE)
# A heading's link to itself, which our stylesheet draws; without it there is nothing to see.
_ANCHOR = re.compile(r' <a class="anchor"[^<>]*></a>')
_SPAN = re.compile(r"</?span(?:\s[^<>]*)?>")
_DRESS = re.compile(r'\s(?:class|role|tabindex|aria-[a-z]+)="[^<>"]*"')


def absolute(html: str, page_url: str) -> str:
    """Return the HTML of a text with absolute addresses; `page_url` is the address of its page.

    `html` is as `render` writes it: attributes stand in double quotes, and `<` and `>` only around
    tags.
    """

    def address(found: re.Match[str]) -> str:
        return f"{found[1]}{urljoin(page_url, found[2])}"

    def srcset(found: re.Match[str]) -> str:
        return found[1] + _CANDIDATE.sub(address, found[2])

    def tag(found: re.Match[str]) -> str:
        text = _ADDRESS.sub(address, found[0])
        return _SRCSET.sub(srcset, text) if "srcset=" in text else text

    return _TAG.sub(tag, _ANCHOR.sub("", html))


def bare(html: str) -> str:
    """Return the HTML of a text for feeds: without spans, classes, roles and ARIA attributes."""
    return _TAG.sub(lambda found: _DRESS.sub("", found[0]), _SPAN.sub("", html))
