"""Composing: a whole text from fields and a body, for imports; and fences added to a text."""

from __future__ import annotations

from collections.abc import Mapping

from octavo.content.editing.layouts import Value, YamlLayout
from octavo.content.files.reading import decode
from octavo.content.frontmatter.formats.lines_head import LinesHandler
from octavo.content.frontmatter.head import located, split

_SPELLING = YamlLayout("---\n---\n", 0, "---\n---")


def composed(fields: Mapping[str, Value], body: str) -> bytes:
    """Return a text with these fields as front matter in YAML, in their order."""
    lines = [f"{name}: {_SPELLING.spelled(value)}\n" for name, value in fields.items()]
    return f"---\n{''.join(lines)}---\n\n{body.strip()}\n".encode()


def fenced(path: str, data: bytes) -> bytes:
    """Return a text with its front matter in YAML where it stands in lines without a fence.

    So Pelican and Nikola write it; other texts are returned as they are. Raises ContentError for
    what cannot be read as a post.
    """
    text = decode(data, path)
    handler, _, _ = located(text, path)
    if not isinstance(handler, LinesHandler):
        return data
    head = split(text, path)
    return composed({name: str(value) for name, value in head.fields.items()}, head.body)
