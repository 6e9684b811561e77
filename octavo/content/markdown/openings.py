"""The first heading and the first paragraph of a body, read without rendering the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pyromark

from octavo.content.markdown.cleaning import whole
from octavo.content.markdown.render import options_for
from octavo.content.markdown.typography import Typography

_LOOK_AHEAD = 1_500
_FAR_LOOK_AHEAD = 20_000
_ENOUGH = 400
_LIKE_A_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]|^ {0,3}(?:=+|-+)[ \t]*\r?$", re.MULTILINE)
# Lists between blank lines, of which every line is indented or an item; no paragraph is in them.
_REST = r"[^\n<]*+(?:<(?!/?(?:div|details|blockquote)\b)[^\n<]*+)*+\n"
_LISTS = re.compile(
    rf"\n\n[*+-] {_REST}(?:(?:[*+-] |  ){_REST}|\n(?=[*+-] |  ))*+(?=\n|\Z)", re.IGNORECASE
)
_NOTE = re.compile(r"\[\^[^\]\s]{1,50}\]")
_DIRECTIVE = re.compile(r"\{[{%:]|\[\[?_?toc_?\]\]?$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]?(?=\s)|[。！？]")

_TEXTS = frozenset(("Text", "Code", "InlineMath", "DisplayMath"))
# What sets a text apart from the article's own: a callout, a quote, what is folded away.
_ASIDE = re.compile(r'<div class="markdown-alert|<(?:details|blockquote)\b', re.IGNORECASE)
_ASIDE_START = re.compile(r"<(?:div|details|blockquote)\b", re.IGNORECASE)
_ASIDE_END = re.compile(r"</(?:div|details|blockquote)\b", re.IGNORECASE)
# What the cleaner drops with its text, and what browsers show only where they know no films.
_UNSEEN = re.compile(
    r"<(/?)(?:template|svg|title|video|audio|script|style|noscript|canvas|object|iframe|textarea)\b",
    re.IGNORECASE,
)
_ENGLISH = Typography()

Block = tuple[Literal["heading", "paragraph"], str]


def first_heading(body: str, typography: Typography = _ENGLISH) -> str | None:
    """Return the first heading in the first 1,500 characters as plain text, or None."""
    if not _LIKE_A_HEADING.search(body, 0, _LOOK_AHEAD):
        return None
    blocks = _blocks(_start(body, _LOOK_AHEAD), typography)
    return next((text for kind, text in blocks if kind == "heading"), None)


def first_paragraph(body: str, typography: Typography = _ENGLISH) -> str:
    """Return the first paragraph as plain text, cut to at most 200 characters, or ''.

    It is cut after a sentence or a word. Paragraphs in quotes, alerts, lists, tables and raw HTML
    do not count, nor do pictures and template directives of other systems.
    """
    near = _first_paragraph(_start(body, _LOOK_AHEAD), typography)
    if near or len(body) <= _LOOK_AHEAD:
        return near
    far = _LISTS.sub("\n\n", _start(body, _FAR_LOOK_AHEAD) + "\n")
    # Long lists without any paragraph: HTML is made far faster than events.
    if "<p>" not in pyromark.html(far, options=options_for(typography)):
        return ""
    return _first_paragraph(far, typography)


def _first_paragraph(start: str, typography: Typography) -> str:
    for kind, text in _blocks(start, typography):
        if kind == "paragraph" and not _DIRECTIVE.match(text):
            return shorten(text, 200)
    return ""


def shorten(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters: after a sentence or, if that is too short, a word.

    Too short is less than half of the limit.
    """
    if len(text) <= limit:
        return text
    end = max((match.end() for match in _SENTENCE_END.finditer(text[: limit + 1])), default=0)
    if limit // 2 <= end <= limit:
        return text[:end]
    words = text[:limit].rpartition(" ")[0] or text[: limit - 1]
    return words.rstrip(" ,;:–—-") + "…"


def _start(body: str, look_ahead: int) -> str:
    """Return the whole lines in the first `look_ahead` characters."""
    start = body[:look_ahead]
    if len(body) > look_ahead and "\n" in start:
        start = start[: start.rindex("\n")]
    return whole(start)


def _blocks(start: str, typography: Typography) -> Iterator[Block]:
    """Yield the top-level headings and paragraphs of a text; those without text are left out."""
    start = typography.prepare(start)
    options = options_for(typography)
    depth = asides = pictures = unseen = length = 0
    kind: Literal["heading", "paragraph"] | None = None
    pieces: list[str] = []
    for event in pyromark.events(start, options=options, broken_link_callback=_any_reference):
        name, value = _name_and_value(event)
        if name == "Start":
            depth += 1
            if depth == 1:
                kind = None if asides else _kind(value)
                pieces = []
                length = 0
                pictures = 0
                unseen = 0
            elif kind:
                pictures += _is_picture(value)
        elif name == "End":
            depth -= 1
            if kind:
                pictures -= _is_picture(value)
        elif name == "Html":
            asides = max(0, asides + _opened(value, asides > 0))
        elif name == "InlineHtml":
            unseen = max(0, unseen + _hidden(value))
        elif kind and not pictures and not unseen and name in _TEXTS:
            pieces.append(value)
            length += len(value)
        if kind and (depth == 0 or length > _ENOUGH):
            text = typography.finish("".join(pieces), is_text=True)
            text = " ".join(_NOTE.sub("", text).split())
            if text:
                yield kind, text
            kind = None


def _hidden(tag: str) -> int:
    """Return 1 where a tag begins an element that readers do not see, -1 where it ends one."""
    found = _UNSEEN.match(tag)
    if found is None or tag.endswith("/>"):
        return 0
    return -1 if found[1] else 1


def _opened(html: str, inside: bool) -> int:
    """Return how many more asides raw HTML opens than it closes."""
    if not inside and _ASIDE.search(html) is None:
        return 0
    return len(_ASIDE_START.findall(html)) - len(_ASIDE_END.findall(html))


def _name_and_value(event: Any) -> tuple[str, Any]:
    """Return name and value of a pyromark event; one without value (`SoftBreak`) is a space."""
    if isinstance(event, str):
        return "Text", " "
    [(name, value)] = event.items()
    return name, value


def _kind(tag: Any) -> Literal["heading", "paragraph"] | None:
    if tag == "Paragraph":
        return "paragraph"
    if isinstance(tag, dict) and "Heading" in tag:
        return "heading"
    return None


def _is_picture(tag: Any) -> bool:
    return tag == "Image" or (isinstance(tag, dict) and "Image" in tag)


def _any_reference(link: Any) -> tuple[str, str] | None:
    # `[text][ref]` is a link although its definition stands further below; `[sic]` may be just
    # that.
    if link["link_type"] in ("Reference", "ReferenceUnknown"):
        return ("", "")
    return None
