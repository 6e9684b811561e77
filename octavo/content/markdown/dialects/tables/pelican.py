"""Addresses of Pelican and Zola, and the marks for a table of contents.

https://docs.getpelican.com/en/latest/content.html#linking-to-internal-content
https://www.getzola.org/documentation/content/linking/#internal-links
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.scan import Form, Scan, leave_out

_LISTS = {"tag": "/tags/", "category": "/categories/", "author": "/authors/"}


def _address(scan: Scan, match: re.Match[str]) -> int | None:
    name = match[1].lower()
    if name == "index":
        scan.write("/")
    elif name in _LISTS:
        scan.write(_LISTS[name])
    return match.end()


def _home(scan: Scan, match: re.Match[str]) -> int:
    scan.write("/")
    return match.end()


def _summary_ends(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out Grav's mark of the end of a summary, which is no underline of a heading."""
    start = match.start()
    above = scan.text[max(0, start - 200) : start].rstrip(" \t")
    if above and not above.endswith("\n\n"):
        return None
    return match.end()


KINDS = r"(filename|static|attach|photo|gallery|tag|category|author|index)"
_BEFORE = r"""(?:(?<=[("'<=])|(?<=\]:[ \t]))"""

FORMS = (
    # The page has its own table of contents, and a summary.
    Form(
        r"^[ \t>]*(?i:\[\[?[ ]?_?toc_?(?:[ =][\w=:,-]{0,30})?[ ]?\]\]?|\$\{toc\}|@\[toc\](?:\([^()\n]*\))?|\{\{_?toc_?\}\}|\[PELICAN_END_SUMMARY\])[ \t]*$",
        leave_out,
        line="[$@{",
        gate="line",
    ),
    Form(r"^={3}[ \t]*$(?=\n[ \t]*$)", _summary_ends, line="=", gate="line", ahead="=="),
    Form(rf"{_BEFORE}\{{{KINDS}\}}(?=[\w./%-])", _address, "{", gate="{"),
    Form(rf"{_BEFORE}\|{KINDS}\|(?=[\w./%-])", _address, "|", gate="{|"),
    Form(r"(?<=[(\"'<=])\{index\}", _home, "{", gate="{"),
    # Zola's own folder of pages is `@/`, and Docusaurus's of all files `@site/`.
    Form(
        r"(?:(?<=\]\()|(?<=\]\(<)|(?<=\]:[ \t])|(?<==[\"']))@(?:site(?:/static)?)?/",
        _home,
        "@",
        gate="@",
    ),
)
