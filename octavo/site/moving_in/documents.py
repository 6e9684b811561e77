"""HTML of the documents that Ghost's editors keep, for texts whose export holds no HTML.

Lexical (Ghost 5) is a tree of nodes, https://github.com/TryGhost/Koenig; mobiledoc (Ghost 2 to 4) a
list of sections, https://github.com/bustle/mobiledoc-kit/blob/master/MOBILEDOC.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

# The bits of a format of Lexical, and the element of each.
_FORMATS = ((1, "strong"), (2, "em"), (4, "s"), (8, "u"), (16, "code"), (32, "sub"), (64, "sup"))
# Nodes of a document within one another; no editor nests them deeper.
MAX_DOCUMENT_DEPTH = 60


def html_of(lexical: str, mobiledoc: str) -> str:
    """Return the HTML of a document in `lexical` or else `mobiledoc`, both JSON.

    '' where neither can be read.
    """
    try:
        if lexical:
            return _lexical(json.loads(lexical)["root"])
        if mobiledoc:
            return _mobiledoc(json.loads(mobiledoc))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return ""
    return ""


def _lexical(node: Mapping[str, Any], depth: int = 0) -> str:
    if depth > MAX_DOCUMENT_DEPTH:
        return ""
    kind = str(node.get("type") or "")
    if kind in ("text", "extended-text"):
        return _formatted(node)
    if kind == "linebreak":
        return "<br>"
    card = _CARDS.get(kind)
    if card is not None:
        return card(node)
    inner = "".join(_lexical(child, depth + 1) for child in node.get("children") or ())
    if kind in ("link", "autolink"):
        return f'<a href="{escape(str(node.get("url") or ""))}">{inner}</a>'
    if kind in ("heading", "extended-heading"):
        tag = str(node.get("tag") or "h2")
        return f"<{tag}>{inner}</{tag}>"
    if kind == "list":
        tag = "ul"
        if node.get("listType") == "number":
            tag = "ol"
        return f"<{tag}>{inner}</{tag}>"
    tags = {
        "paragraph": "p",
        "listitem": "li",
        "quote": "blockquote",
        "extended-quote": "blockquote",
    }
    if kind in tags:
        return f"<{tags[kind]}>{inner}</{tags[kind]}>"
    return inner


def _formatted(node: Mapping[str, Any]) -> str:
    text = escape(str(node.get("text") or ""))
    for bit, tag in _FORMATS:
        if int(node.get("format") or 0) & bit:
            text = f"<{tag}>{text}</{tag}>"
    return text


def _mobiledoc(document: Mapping[str, Any]) -> str:
    parts = []
    for section in document["sections"]:
        kind = section[0]
        if kind == 1:
            parts.append(f"<{section[1]}>{_markers(document, section[2])}</{section[1]}>")
        elif kind == 2:
            parts.append(_image({"src": section[1]}))
        elif kind == 3:
            items = "".join(f"<li>{_markers(document, item)}</li>" for item in section[2])
            parts.append(f"<{section[1]}>{items}</{section[1]}>")
        elif kind == 10:
            name, payload = document["cards"][section[1]][:2]
            card = _CARDS.get(name)
            if card is not None:
                parts.append(card(payload))
    return "".join(parts)


def _markers(document: Mapping[str, Any], markers: list[Any]) -> str:
    parts: list[str] = []
    opened: list[str] = []
    for kind, opening, closed, value in markers:
        for number in opening:
            tag, *attributes = document["markups"][number]
            target = ""
            if tag == "a" and attributes and "href" in attributes[0]:
                address = attributes[0][attributes[0].index("href") + 1]
                target = f' href="{escape(str(address))}"'
            parts.append(f"<{tag}{target}>")
            opened.append(tag)
        if kind == 0:
            parts.append(escape(str(value)))
        elif document["atoms"][value][0] == "soft-return":
            parts.append("<br>")
        else:
            parts.append(escape(str(document["atoms"][value][1])))
        parts.extend(f"</{opened.pop()}>" for _ in range(closed))
    return "".join(parts)


def _image(given: Mapping[str, Any]) -> str:
    source = escape(str(given.get("src") or ""))
    alt = escape(str(given.get("alt") or ""))
    caption = str(given.get("caption") or "")
    if caption:
        caption = f"<figcaption>{caption}</figcaption>"
    return f'<figure><img src="{source}" alt="{alt}">{caption}</figure>'


def _gallery(given: Mapping[str, Any]) -> str:
    pictures = "".join(_image(one) for one in given.get("images") or ())
    return f'<div class="kg-gallery-card">{pictures}</div>'


def _code(given: Mapping[str, Any]) -> str:
    language = escape(str(given.get("language") or ""))
    code = escape(str(given.get("code") or ""))
    return f'<pre><code class="language-{language}">{code}</code></pre>'


def _link(given: Mapping[str, Any]) -> str:
    address = escape(str(given.get("url") or given.get("buttonUrl") or given.get("src") or ""))
    metadata = given.get("metadata")
    title = given.get("buttonText") or given.get("fileTitle") or given.get("title")
    if isinstance(metadata, dict):
        title = metadata.get("title") or title
    return f'<p><a href="{address}">{escape(str(title or address))}</a></p>'


def _embed(given: Mapping[str, Any]) -> str:
    return str(given.get("html") or "") or _link(given)


def _html(given: Mapping[str, Any]) -> str:
    return str(given.get("html") or "")


def _callout(given: Mapping[str, Any]) -> str:
    return f'<div class="kg-callout-card">{given.get("calloutText") or ""}</div>'


def _toggle(given: Mapping[str, Any]) -> str:
    heading = given.get("heading") or ""
    return f"<h4>{heading}</h4>{given.get('content') or ''}"


def _markdown(given: Mapping[str, Any]) -> str:
    return f"<pre>{escape(str(given.get('markdown') or ''))}</pre>"


def _rule(given: Mapping[str, Any]) -> str:
    return "<hr>"


_CARDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "image": _image,
    "gallery": _gallery,
    "code": _code,
    "codeblock": _code,
    "hr": _rule,
    "horizontalrule": _rule,
    "html": _html,
    "embed": _embed,
    "bookmark": _link,
    "button": _link,
    "file": _link,
    "callout": _callout,
    "toggle": _toggle,
    "markdown": _markdown,
    "card-markdown": _markdown,
}
