"""Rendering of Markdown to HTML that is safe, valid and accessible, and to plain text for search.

pulldown-cmark writes HTML, nh3 cleans it by an allow-list, and one walk over the cleaned tree
writes it out again with anchors, figures, footnotes, formulas and colours. The walk writes only
tags that it knows, escapes whatever it writes, and so can undo nothing of the cleaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pyromark
from selectolax.lexbor import LexborHTMLParser, LexborNode

from octavo.content.markdown import cleaning
from octavo.content.markdown.outline import LEVELS, Heading
from octavo.content.markdown.targets import Hosts, ResolvedPicture, Resolver, has_bare_addresses
from octavo.content.markdown.tree import first_content
from octavo.content.markdown.typography import Typography
from octavo.content.markdown.writer import Say, Writer, english

__all__ = [
    "ENGLISH",
    "NO_HOSTS",
    "Heading",
    "Hosts",
    "Rendered",
    "ResolvedPicture",
    "Resolver",
    "Say",
    "Typography",
    "english",
    "render",
]

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_DEFINITION_LIST
    | pyromark.Options.ENABLE_GFM
    | pyromark.Options.ENABLE_MATH
)
NO_HOSTS = Hosts()
ENGLISH = Typography()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered body: `html` for readers, and `text` for search, one block a line.

    In `text` code and formulas are source. `links` are the URLs of relative targets; `broken_links`
    are the relative targets, as written, that lead nowhere: their text stays and is no link.
    `uncited` are the labels, in small letters, of footnotes that are not shown because nothing refers to
    them: one for each definition. Of several with one label the first is shown, if any is.
    """

    html: str
    text: str
    headings: tuple[Heading, ...]
    links: tuple[str, ...]
    broken_links: tuple[str, ...]
    outside: tuple[str, ...] = ()
    uncited: tuple[str, ...] = ()


def render(
    body: str,
    resolver: Resolver,
    *,
    title: str = "",
    typography: Typography = ENGLISH,
    hosts: Hosts = NO_HOSTS,
    say: Say = english,
) -> Rendered:
    """Return `body`, which is Markdown, as HTML and plain text.

    A heading that opens it and only repeats `title` is left out. Quotes and dashes are set by
    `typography`; content of other hosts is shown as a link, except for those in `hosts`; `say` has
    the words that are not the writer's, such as "Footnotes". Never raises for any text: what would cost time beyond proportion is shown as plain source.
    """
    body = cleaning.whole(body)
    html = to_html(body, typography)
    if cleaning.costs_too_much(html):
        return as_source(body)
    root = LexborHTMLParser(cleaning.clean(html)).root
    writer = Writer(resolver, hosts, has_addresses=has_bare_addresses(html), say=say)
    if root is not None and root.last_child is not None:
        _drop_title(root.last_child, title)
        writer.write(root.last_child)
    text = _lines("".join(writer.text))
    return Rendered(
        html="".join(writer.html),
        text=text,
        headings=tuple(writer.outline.headings),
        links=tuple(dict.fromkeys(writer.targets.links)),
        broken_links=tuple(dict.fromkeys(writer.targets.broken)),
        outside=tuple(dict.fromkeys(writer.targets.outside)),
        uncited=tuple(writer.uncited),
    )


def to_html(body: str, typography: Typography) -> str:
    """Return the parser's HTML, which is not clean yet."""
    html = pyromark.html(typography.prepare(body), options=options_for(typography))
    return typography.finish(html)


def options_for(typography: Typography) -> pyromark.Options:
    """Return the parser's options: it sets quotes and dashes where `typography` is `smart`."""
    return OPTIONS | pyromark.Options.ENABLE_SMART_PUNCTUATION if typography.smart else OPTIONS


def as_source(body: str) -> Rendered:
    """Return the rendering of a body that cannot be rendered: its source as a block of code."""
    html = f'<div class="code"><pre tabindex="0"><code>{escape(cleaning.scrub(body), quote=False)}</code></pre></div>'
    text = _lines(body)
    return Rendered(html, text, (), (), ())


def _lines(text: str) -> str:
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


def _drop_title(body: LexborNode, title: str) -> None:
    first = first_content(body)
    # Titles keep their quotes and dashes as typed; those of bodies are set as a printer would.
    if (
        first is not None
        and first.tag in LEVELS
        and title
        and _folded(first.text()) == _folded(title)
    ):
        first.decompose()


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
