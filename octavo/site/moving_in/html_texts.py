"""Texts in HTML with front matter, as Jekyll and Hugo have them, as texts in Markdown."""

from __future__ import annotations

import re

from octavo.content.files.reading import decode
from octavo.content.frontmatter.head import split
from octavo.content.markdown.from_html import to_markdown
from octavo.site.moving_in.source import Source

SUFFIXES = (".html", ".htm")

# Constructs of templates, which are dialects of Markdown here; code in them is not HTML.
_TEMPLATE = re.compile(
    r"\{%-?\s*(?P<name>highlight|raw)\b.*?\{%-?\s*end(?P=name)\s*-?%\}"
    r"|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
# Characters of private use stand for them meanwhile.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")


def is_html_text(source: Source, path: str) -> bool:
    """Whether a file of a source is a text in HTML: its name says so, and it has front matter."""
    if not path.lower().endswith(SUFFIXES):
        return False
    return source.read(path).removeprefix(b"\xef\xbb\xbf").startswith((b"---", b"+++"))


def in_markdown(path: str, data: bytes) -> tuple[str, bytes, tuple[str, ...]]:
    """Return path and bytes of a text in HTML as Markdown, and the elements that are left out.

    The front matter stays as it is. Raises ContentError for what cannot be read as a post.
    """
    text = decode(data, path)
    body = split(text, path).body
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return _MARK.format(len(kept) - 1)

    converted = to_markdown(_TEMPLATE.sub(keep, body))
    markdown = _MARKED.sub(lambda found: kept[int(found[1])], converted.text)
    target = f"{path.rpartition('.')[0]}.md"
    head = text[: len(text) - len(body)]
    return target, f"{head}\n{markdown.strip()}\n".encode(), converted.left_out
