"""The head of a file: its front matter in any format with the place of each field, and the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import frontmatter

from octavo.content.errors import Mark
from octavo.content.frontmatter.fences import refuse_near_miss, refuse_second_head
from octavo.content.frontmatter.formats import HANDLERS, Handler


@dataclass(frozen=True, slots=True)
class Head:
    """A file's front matter and body.

    `marks` gives each top-level field's line and column, counted from 1. `body_start` is where the
    body begins in the file's text; None where `body` is translated from another dialect.
    """

    fields: dict[str, Any]
    marks: dict[str, tuple[int, int]]
    body: str
    body_start: int | None = None

    def mark(self, path: str, field: str, otherwise: str = "") -> Mark:
        """Return the place of `field` in the file at `path`, or of the field `otherwise`."""
        place = self.marks.get(field) or self.marks.get(otherwise) or (1, 1)
        return Mark(path, *place)


def split(text: str, path: str) -> Head:
    """Return the front matter's fields and the body of a post's text.

    A text without front matter has no fields. Fields are `Scalar` and containers of them from YAML,
    native values from TOML and JSON. The body is a slice of the text, untouched. Raises
    ContentError with line and column where a front matter begins but cannot be read.
    """
    handler, head, body = _cut(text, path)
    if handler is None:
        refuse_near_miss(text, path)
        return Head({}, {}, body)
    refuse_second_head(head, body, path)
    fields, _ = frontmatter.parse(head, handler=handler)
    return Head(fields, handler.marks, body)


def body_of(text: str, path: str) -> str:
    """Return the body of a text that `split` accepts."""
    return _cut(text, path)[2]


def located(text: str, path: str) -> tuple[Handler | None, int, str]:
    """Return the handler of a text's front matter, the index where it begins, and its source.

    The text is one that `split` accepts; the front matter has its delimiters.
    """
    handler, head, _ = _cut(text, path)
    return handler, text.find(head), head


def _cut(text: str, path: str) -> tuple[Handler | None, str, str]:
    """Return the handler of the text's format, the front matter, and the body."""
    start = 0
    if text[:1] in (" ", "\t", "\n"):
        first = len(text) - len(text.lstrip(" \t\n"))
        start = text.rfind("\n", 0, first) + 1
    end = text.find("\n", start)
    if end < 0:
        end = len(text)
    opening = text[start:end].rstrip(" \t")
    first_line = text.count("\n", 0, start) + 1
    for handler_class in HANDLERS:
        handler = handler_class(path, first_line)
        if handler.opens(opening, text[start : start + MAX_OPENING_CHARACTERS]):
            return handler, *handler.cut(text[start:])
    return None, "", text


# How much of a text a format sees to recognise its front matter; characters.
MAX_OPENING_CHARACTERS = 2_000
