"""Texts for readers elsewhere: every address in them absolute."""

from __future__ import annotations

import re

_TAG = re.compile(r"<[a-z][^<>]*=\"[^<>]*>")
_ADDRESS = re.compile(r'(\s(?:href|src|poster|cite)=")([/#])(?!/)')
_SRCSET = re.compile(r'(\ssrcset=")([^"]*)')
_CANDIDATE = re.compile(r"(^|,\s*)/(?!/)")


def absolute(html: str, base_url: str, page_url: str) -> str:
    """Return the HTML of a text with the site's addresses made absolute; `page_url` is that of the text itself.

    `html` is as `markup.render` writes it: attributes stand in double quotes, and `<` and `>` only around tags.
    """

    def address(found: re.Match[str]) -> str:
        return f"{found[1]}{base_url}/" if found[2] == "/" else f"{found[1]}{page_url}#"

    def srcset(found: re.Match[str]) -> str:
        return found[1] + _CANDIDATE.sub(rf"\g<1>{base_url}/", found[2])

    def tag(found: re.Match[str]) -> str:
        text = _ADDRESS.sub(address, found[0])
        return _SRCSET.sub(srcset, text) if "srcset=" in text else text

    return _TAG.sub(tag, html)
