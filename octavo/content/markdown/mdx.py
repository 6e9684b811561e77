"""MDX, the Markdown of sites made with React or Astro, as plain Markdown:
https://mdxjs.com/docs/what-is-mdx/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SUFFIX = ".mdx"

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_STATEMENT = re.compile(r"(?:import|export)\s")
_COMMENT = re.compile(r"\{\s*/\*.*?\*/\s*\}", re.DOTALL)
# A line of nothing but one component's tag: what stands between two such lines is Markdown.
_TAG = re.compile(r"[ \t]*</?(?:[A-Z][\w.]*(?:\s[^<>]*)?)?/?>[ \t]*$")


def to_markdown(body: str) -> str:
    """Return the Markdown of an MDX body; the text of components stays, statements, comments and
    their tags go.
    """
    return "\n".join(_lines(_COMMENT.sub("", body)))


def _lines(text: str) -> Iterator[str]:
    fence = ""
    in_statement, after_blank = False, True
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and line.strip() == mark[1] and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif not line.strip():
            in_statement = False
        elif in_statement or (after_blank and _STATEMENT.match(line)):
            in_statement = True
            line = ""
        elif _TAG.match(line):
            line = ""
        after_blank = not line.strip()
        yield line
