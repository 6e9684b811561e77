"""The writer: walks over a cleaned body and writes its final HTML and its plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from octavo.content.markdown.cleaning import ATTRIBUTES, LATE_SOURCES, VOID, safe_url, scrub
from octavo.content.markdown.formulas import Display, to_mathml
from octavo.content.markdown.highlight import highlight, language_of
from octavo.content.markdown.outline import LEVELS, Outline
from octavo.content.markdown.outline import anchor as anchor_of
from octavo.content.markdown.targets import (
    Hosts,
    Resolver,
    Targets,
    bare_addresses,
    host_of,
    is_external,
    is_web,
    page_of_frame,
)
from octavo.content.markdown.tree import (
    BLOCKS,
    as_class,
    first_content,
    has_elements,
    is_misplaced,
    is_repeated,
    lone_image,
    look_of,
    named_text,
    place_of,
    plain_text,
    scaled,
    side_of,
    source_of,
    touches_word,
    with_width,
)
from octavo.content.markdown.typography import as_typed, join_lines, joins

HIGHLIGHT_BUDGET = 60_000
FORMULA_BUDGET = 20_000

_SPACED = frozenset({"br", "td", "th"})
_ALERTS = {
    f"markdown-alert-{name.lower()}": name
    for name in ("Note", "Tip", "Important", "Warning", "Caution")
}
_READ_HERE = frozenset(
    {"align", "class", "style", "id", "name", "src", "href", "poster", "data", *LATE_SOURCES}
)
_ALERT_TITLE = "markdown-alert-title"
_FOLDS = {"markdown-alert-closed": "", "markdown-alert-open": " open"}
_CODE = frozenset({"</code>", "</kbd>", "</samp>"})
_HOLDS_PHRASES = frozenset(
    "p h1 h2 h3 h4 h5 h6 a span em strong td th dt summary figcaption".split()
)
_BOOLEAN = frozenset({"open", "reversed", "loop", "muted", "default"})
_ANY = re.compile(r".*", re.DOTALL)
_VALUES = {
    **dict.fromkeys(("width", "height"), re.compile(r"[0-9]{1,5}")),
    **dict.fromkeys(("colspan", "rowspan"), re.compile(r"[1-9][0-9]{0,2}")),
    **dict.fromkeys(("start", "value"), re.compile(r"-?[0-9]{1,9}")),
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "type": re.compile(r"[1aAiI]|\w+/[\w.+-]+"),
    "datetime": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{5,12}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    ),
    "lang": re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}"),
}
_ALIGNMENT = re.compile(r"left|right|center")

Attributes = dict[str, str | None]
# Says a phrase, given in English, as the site has it; keywords are the values in braces.
Say = Callable[..., str]


def english(text: str, **values: object) -> str:
    """Return an English phrase untranslated, with its `{placeholders}` filled from `values`."""
    return text.format(**values)


@dataclass(slots=True)
class _Note:
    """A footnote that the body cites, and the ids of the places that cite it."""

    number: int
    node: LexborNode
    references: list[str] = field(default_factory=list)


class Writer:
    """One walk over a cleaned tree that writes HTML and text, and notes headings and targets.

    All tags that it writes are its own, and it escapes every text and attribute: the walk cannot
    undo the cleaning. A handler returns what closes its element, or None where it has written the
    content too.
    """

    def __init__(
        self, resolver: Resolver, hosts: Hosts, *, has_addresses: bool, say: Say = english
    ) -> None:
        """`say` has the words that are not the writer's, such as those of links back."""
        self._has_addresses = has_addresses
        self._say = say
        self.html: list[str] = []
        self.text: list[str] = []
        self.targets = Targets(resolver, hosts)
        self.outline = Outline()
        # Labels of footnotes that are not shown: the body does not cite them.
        self.uncited: list[str] = []
        self._notes: dict[str, LexborNode] = {}
        self._cited: dict[str, _Note] = {}
        self._citations: list[_Note] = []
        self._tables = 0
        self._highlighted = 0
        self._formulas = 0
        self._in_link = False
        self._in_code = False
        self._caption = ""

    def write(self, root: LexborNode) -> None:
        """Write the content of `root`, then the footnotes that it cites."""
        for note in root.css("div.footnote-definition"):
            # The parser takes `[^a]` and `[^A]` for one.
            label = (note.attributes.get("id") or "").lower()
            if label and self._notes.setdefault(label, note) is not note:
                self.uncited.append(label)
        self._walk(root)
        self._write_notes()
        self.uncited.extend(label for label in self._notes if label not in self._cited)

    def _walk(self, root: LexborNode) -> None:
        closings: list[str] = []
        node = root.first_child
        while node is not None:
            if node.is_text_node:
                self._write_text(node)
            else:
                closing = self._enter(node)
                child = None if closing is None else node.first_child
                if closing is not None and child is not None:
                    closings.append(closing)
                    node = child
                    continue
                self._leave(node, closing or "")
            following = node.next
            while following is None and closings and node.parent is not None:
                node = node.parent
                self._leave(node, closings.pop())
                following = node.next
            node = following

    def _enter(self, node: LexborNode) -> str | None:
        tag = node.tag or ""
        if tag not in ATTRIBUTES:
            return ""
        if tag in BLOCKS:
            self.text.append("\n")
        elif tag in _SPACED:
            self.text.append(" ")
        if is_misplaced(node):
            return ""
        handler = _HANDLERS.get(tag, Writer._element)
        return handler(self, node, node.attributes)

    def _leave(self, node: LexborNode, closing: str) -> None:
        if closing:
            self.html.append(closing)
        if closing == "</a>":
            self._in_link = False
        elif closing in _CODE:
            self._in_code = False
        if node.tag in BLOCKS:
            self.text.append("\n")

    def _write_text(self, node: LexborNode) -> None:
        text = scrub(node.text_content or "")
        if "\n" in text and text != "\n" and not text.isascii():
            text = self._joined(node, text)
        if self._has_addresses and not self._in_link and not self._in_code:
            self.html.append(_with_links(text))
        else:
            self.html.append(escape(text, quote=False))
        self.text.append(text.replace("\n", " "))

    def _joined(self, node: LexborNode, text: str) -> str:
        """Return a text without line breaks between letters of a script that has no spaces."""
        text = join_lines(text)
        before = next((piece for piece in reversed(self.text[-3:]) if piece), "")
        if text[0] == "\n" and joins(before[-1:], text[1:2]):
            text = text[1:]
        following = node.next
        if text[-1:] != "\n" or following is None or following.tag in BLOCKS:
            return text
        if joins(text[-2:-1], following.text()[:1]):
            return text[:-1]
        return text

    def _element(self, node: LexborNode, attributes: Attributes, extra: str = "") -> str:
        """Write the start tag of `node`, with `extra` attributes."""
        tag = node.tag or ""
        plain = ""
        if attributes:
            plain = self._identity(attributes) + _attributes(attributes)
        self.html.append(f"<{tag}{extra}{plain}>")
        if tag in VOID:
            return ""
        return f"</{tag}>"

    def _identity(self, attributes: Attributes) -> str:
        wanted = attributes.get("id")
        if not wanted:
            return ""
        return f' id="{escape(self.outline.claim(wanted))}"'

    def _code(self, node: LexborNode, attributes: Attributes) -> str:
        self._in_code = True
        return self._element(node, attributes)

    def _center(self, node: LexborNode, attributes: Attributes) -> str:
        self.html.append(f'<div class="align-center"{self._identity(attributes)}>')
        return "</div>"

    def _section(self, node: LexborNode, attributes: Attributes) -> str:
        """Keep the place that links lead to; the page has landmarks of its own."""
        identity = self._identity(attributes)
        if not identity:
            return ""
        self.html.append(f"<div{identity}>")
        return "</div>"

    def _figure(self, node: LexborNode, attributes: Attributes) -> str:
        return self._element(node, attributes, as_class(place_of(attributes)))

    def _paragraph(self, node: LexborNode, attributes: Attributes) -> str | None:
        if node.first_child is None:
            return None
        parent = node.parent
        image = lone_image(node)
        if image is None or self.targets.picture(source_of(image)) is None:
            return self._element(node, attributes, as_class(side_of(attributes)))
        if parent is not None and parent.tag == "figure":
            return ""
        self._caption = scrub(image.attributes.get("title") or "")
        place = as_class(place_of(attributes) or place_of(image.attributes))
        self.html.append(f"<figure{place}>")
        if not self._caption:
            return "</figure>"
        caption = escape(self._caption, quote=False)
        return f"<figcaption>{caption}</figcaption></figure>"

    def _image(self, node: LexborNode, attributes: Attributes) -> None:
        source = source_of(node)
        alt = scrub(attributes.get("alt") or "")
        if is_repeated(node, attributes):
            return
        picture = self.targets.picture(source)
        if picture is None and self._write_file(source, alt):
            return
        if picture is None:
            self._write_absent(source, alt)
            return
        attributes = with_width(attributes, picture)
        classes = place_of(attributes)
        if picture.width and picture.height:
            width, height = scaled(picture, attributes.get("width") or "")
            attributes = attributes | {"width": str(width), "height": str(height)}
        if self._caption:
            self.text.append(f" {self._caption} ")
            attributes = attributes | {"title": None}
            self._caption = ""
        extra = f' src="{escape(picture.url)}" alt="{escape(alt)}"{as_class(classes)}'
        if picture.srcset:
            extra += f' srcset="{escape(picture.srcset)}" sizes="{escape(picture.sizes)}"'
        self._element(node, attributes | {"alt": None}, extra + ' loading="lazy" decoding="async"')

    def _frame(self, node: LexborNode, attributes: Attributes) -> str | None:
        """Write a frame of an allowed host, else a link; the content of `object` follows either."""
        within: str | None = None
        if node.tag == "object":
            within = ""
        written = [attributes.get(name) for name in ("src", "data", "data-src")]
        address = safe_url(next(filter(None, written), ""))
        if not address:
            return within
        title = " ".join(scrub(attributes.get("title") or "").split())
        if node.tag == "iframe" and host_of(address) in self.targets.hosts.frames:
            title = title or page_of_frame(address)[1]
            self.text.append(f" {title} ")
            named = f' title="{escape(title)}"'
            size = _attributes({name: attributes.get(name) for name in ("width", "height")})
            rest = f'{named}{size} loading="lazy" allowfullscreen'
            self.html.append(f'<iframe src="{escape(address)}"{rest}></iframe>')
            return within
        page, words = page_of_frame(self.targets.link(address) or address)
        in_block = node.parent is not None and node.parent.tag not in _HOLDS_PHRASES
        if in_block:
            self.html.append('<p class="embed">')
        self._write_link(page, title or words)
        if in_block:
            self.html.append("</p>")
        return within

    def _write_file(self, source: str, label: str) -> bool:
        """Write a player or a link if a picture's target is another file; return whether it is."""
        kind = self.targets.type_of(source)
        url = self.targets.file(source) if kind else None
        if kind is None or url is None:
            return False
        label = label or unquote(source.rpartition("/")[2])
        self.text.append(f" {label} ")
        shown = escape(label, quote=False)
        player = kind.mimetype.partition("/")[0]
        if player in ("audio", "video"):
            self.html.append(
                f'<{player} controls preload="metadata" src="{escape(url)}" '
                f'aria-label="{escape(label)}"></{player}>'
            )
        elif self._in_link:
            self.html.append(shown)
        else:
            self.html.append(f'<a href="{escape(url)}">{shown}</a>')
        return True

    def _write_absent(self, source: str, label: str) -> None:
        """Write a link to a picture or film of another host, or the label of a missing one."""
        url = safe_url(source)
        if url and is_external(url):
            self.targets.outside.append(url)
            self._write_link(url, label or self._say("Picture"))
            return
        label = label or self._say("Picture")
        self.text.append(label)
        self.html.append(escape(label, quote=False))

    def _write_link(self, url: str, label: str) -> None:
        """Write a link to a safe address; inside another link only its label."""
        self.text.append(label)
        shown = escape(label, quote=False)
        if not self._in_link:
            shown = f'<a href="{escape(url)}" rel="noopener">{shown}</a>'
        self.html.append(shown)

    def _link(self, node: LexborNode, attributes: Attributes) -> str:
        if self._in_link:
            return ""
        wanted = attributes.get("id") or attributes.get("name")
        extra = self._identity({"id": wanted})
        href = self.targets.link(attributes.get("href") or "")
        if href is not None:
            extra += f' href="{escape(href)}"'
            if is_web(href):
                extra += ' rel="noopener"'
            if not plain_text(node):
                extra += f' aria-label="{escape(href)}"'
        if not extra:
            return ""
        self._in_link = True
        return self._element(node, attributes | {"id": None}, extra)

    def _heading(self, node: LexborNode, attributes: Attributes) -> str:
        text = plain_text(node)
        if not text:
            return ""
        wanted = attributes.get("id") or anchor_of(as_typed(named_text(node)))
        heading = self.outline.add(LEVELS[node.tag or "h2"], text, wanted)
        level = heading.level
        anchor = escape(heading.id)
        self.html.append(f'<h{level} id="{anchor}"{as_class(side_of(attributes))}>')
        if self._in_link:
            return f"</h{level}>"
        # The list of contents has the same link for keyboards; here it would be read aloud.
        return (
            f' <a class="anchor" href="#{anchor}" aria-hidden="true" tabindex="-1"></a></h{level}>'
        )

    def _blockquote(self, node: LexborNode, attributes: Attributes) -> str:
        alert = _ALERTS.get(attributes.get("class") or "")
        if alert is not None:
            title = escape(self._say(alert))
            self.html.append(f'<div class="alert alert-{alert.lower()}" role="note">')
            self.html.append(f'<p class="alert-title">{title}</p>')
            return "</div>"
        return self._alert(node) or self._element(node, attributes)

    def _alert(self, node: LexborNode) -> str:
        """Write how a callout begins, and return what closes it; '' where it is none.

        Its first element is its title.
        """
        title = first_content(node)
        if title is None:
            return ""
        kind = _kind_of_alert(title)
        if not kind:
            return ""
        classes = (title.attributes.get("class") or "").split()
        fold = next((_FOLDS[name] for name in classes if name in _FOLDS), None)
        if fold is None:
            self.html.append(f'<div class="alert alert-{kind}" role="note">')
            return "</div>"
        self.html.append(f'<details class="alert alert-{kind}"{fold}>')
        return "</details>"

    def _div(self, node: LexborNode, attributes: Attributes) -> str | None:
        name = attributes.get("class") or ""
        if name == "footnote-definition":
            return None
        if name == "markdown-alert":
            return self._alert(node) or self._element(node, attributes)
        if name.startswith(_ALERT_TITLE) and _kind_of_alert(node):
            tag = "p"
            if any(fold in name for fold in _FOLDS):
                tag = "summary"
            self.html.append(f'<{tag} class="alert-title">')
            title = first_content(node)
            if title is None or title.tag != "p":
                title = node
            self._walk(title)
            self.html.append(f"</{tag}>")
            self.text.append("\n")
            return None
        look = look_of(attributes)
        if look == "link-card":
            return self._card(node)
        return self._element(node, attributes, as_class(look or place_of(attributes)))

    def _card(self, node: LexborNode) -> str | None:
        """Write a link to a text of this site with its title and summary below its own words."""
        anchor = node.css_first("a")
        target = (anchor.attributes.get("href") or "") if anchor is not None else ""
        self.html.append('<div class="link-card">')
        found = self.targets.title_and_summary(target)
        if found is None:
            return "</div>"
        title, summary = found
        href = self.targets.link(target) or ""
        self.html.append(f'<p><a href="{escape(href)}">{escape(title, quote=False)}</a></p>')
        if summary:
            self.html.append(f"<p>{escape(summary, quote=False)}</p>")
        self.html.append("</div>")
        self.text.append("\n")
        return None

    def _sup(self, node: LexborNode, attributes: Attributes) -> str | None:
        kind = attributes.get("class")
        if kind == "footnote-definition-label":
            return None
        anchor = node.css_first("a")
        href = (anchor.attributes.get("href") or "") if anchor is not None else ""
        label = href.removeprefix("#").lower()
        if kind != "footnote-reference" or label not in self._notes or self._in_link:
            return self._element(node, attributes)
        note = self._cited.get(label)
        if note is None:
            note = self._cited[label] = _Note(len(self._cited) + 1, self._notes[label])
            self._citations.append(note)
        count = len(note.references) + 1
        reference = f"fnref:{note.number}"
        if count > 1:
            reference += f":{count}"
        note.references.append(reference)
        link = f'<a role="doc-noteref" id="{reference}" href="#fn:{note.number}">{note.number}</a>'
        self.html.append(f'<sup class="footnote-ref">{link}</sup>')
        return None

    def _write_notes(self) -> None:
        if not self._cited:
            return
        body = self.html
        written: list[tuple[_Note, list[str]]] = []
        # Notes may cite notes: links back wait until all are written.
        while len(written) < len(self._citations):
            note = self._citations[len(written)]
            self.html = []
            self._walk(note.node)
            written.append((note, self.html))
        self.html = body
        label = escape(self._say("Footnotes"))
        body.append(f'<section class="footnotes" role="doc-endnotes" aria-label="{label}"><ol>')
        for note, html in written:
            self._append_links_back(html, note)
            body.append(f'<li id="fn:{note.number}">{"".join(html)}</li>')
        body.append("</ol></section>")

    def _append_links_back(self, html: list[str], note: _Note) -> None:
        """Append the links back to the citing places to the note's last paragraph."""
        links = " ".join(self._link_back(reference) for reference in note.references)
        last = max((i for i, part in enumerate(html) if part.strip()), default=-1)
        if last >= 0 and html[last] == "</p>":
            html[last] = f" {links}</p>"
        else:
            html.append(f"<p>{links}</p>")

    def _link_back(self, reference: str) -> str:
        number = reference.removeprefix("fnref:")
        label = escape(self._say("Back to reference {number}", number=number))
        return (
            f'<a class="footnote-back" role="doc-backlink" href="#{reference}"'
            f' aria-label="{label}">↩\ufe0e</a>'
        )

    def _table(self, node: LexborNode, attributes: Attributes) -> str:
        self._tables += 1
        label = escape(self._say("Table {number}", number=self._tables))
        self.html.append(
            f'<div class="table" role="region" aria-label="{label}" tabindex="0">'
            f"<table{self._identity(attributes)}>"
        )
        return "</table></div>"

    def _cell(self, node: LexborNode, attributes: Attributes) -> str:
        alignment = _ALIGNMENT.search(attributes.get("style") or "")
        extra = ""
        if alignment:
            extra = f' class="align-{alignment[0]}"'
        tag = node.tag
        if tag == "th" and not plain_text(node):
            tag = "td"  # a header cell that names nothing is noise to a screen reader
        if tag == "th":
            in_head = node.parent and node.parent.parent and node.parent.parent.tag == "thead"
            scope = "col" if in_head else "row"
            extra += f' scope="{scope}"'
        self.html.append(f"<{tag}{extra}{self._identity(attributes)}{_attributes(attributes)}>")
        return f"</{tag}>"

    def _pre(self, node: LexborNode, attributes: Attributes) -> str | None:
        code = node.first_child
        self.html.append(f'<div class="code"><pre tabindex="0"{self._identity(attributes)}>')
        if code is None or code.tag != "code" or code.next is not None or has_elements(code):
            self.html.append(
                "\n"
            )  # a parser drops the first line break: without this one, that of the text
            return "</pre></div>"
        source = scrub(code.text())
        language = language_of((code.attributes.get("class") or "").removeprefix("language-"))
        named = ""
        if language:
            named = f' class="language-{language}"'
            self._highlighted += len(source)
        if self._highlighted > HIGHLIGHT_BUDGET:
            language = ""
        shown = highlight(source, language)
        self.html.append(f"<code{named}>{shown}</code></pre></div>")
        self.text.append(source)
        return None

    def _span(self, node: LexborNode, attributes: Attributes) -> str | None:
        kind = attributes.get("class")
        if kind not in ("math math-inline", "math math-display"):
            return self._element(node, attributes) if len(attributes) > (kind is not None) else ""
        latex = scrub(node.text())
        if kind == "math math-inline" and touches_word(node):
            self.html.append(escape(f"${latex}$", quote=False))
            self.text.append(f"${latex}$")
            return None
        self._formulas += len(latex) + 20
        mathml: str | None = None
        if self._formulas <= FORMULA_BUDGET:
            display: Display = "inline" if kind == "math math-inline" else "block"
            mathml = to_mathml(latex.strip(), display)
        self.html.append(mathml or f'<code class="math">{escape(latex, quote=False)}</code>')
        self.text.append(latex.replace("\n", " "))
        return None

    def _item(self, node: LexborNode, attributes: Attributes) -> str:
        first = first_content(node)
        if first is not None and first.tag == "p":
            first = first.first_child
        return self._element(
            node, attributes, ' class="task"' if first is not None and first.tag == "input" else ""
        )

    def _checkbox(self, node: LexborNode, attributes: Attributes) -> None:
        if attributes.get("type") == "checkbox":
            state = f' aria-label="{escape(self._say("To do"))}"'
            if "checked" in attributes:
                state = f' checked aria-label="{escape(self._say("Done"))}"'
            self.html.append(f'<input type="checkbox" disabled{state}>')

    def _details(self, node: LexborNode, attributes: Attributes) -> str:
        closing = self._element(node, attributes)
        first = first_content(node)
        if first is None or first.tag != "summary":
            self.html.append(f"<summary>{escape(self._say('Details'))}</summary>")
        return closing

    def _film(self, node: LexborNode, attributes: Attributes) -> str | None:
        extra = ' controls preload="metadata"'
        sources = [source.attributes.get("src") or "" for source in node.css("source")]
        if sources and not attributes.get("src") and not any(map(self.targets.file, sources)):
            self._write_absent(sources[0], attributes.get("title") or (node.tag or "").title())
            return None
        for name in ("src", "poster"):
            value = attributes.get(name)
            url = self.targets.file(value or "")
            if url:
                extra += f' {name}="{escape(url)}"'
            elif value and name == "src":
                self._write_absent(value, attributes.get("title") or (node.tag or "").title())
                return None
        return self._element(node, attributes, extra)

    def _source(self, node: LexborNode, attributes: Attributes) -> str | None:
        url = self.targets.file(attributes.get("src") or "")
        if url is None:
            return None
        return self._element(node, attributes, f' src="{escape(url)}"')


_HANDLERS: dict[str, Callable[[Writer, LexborNode, Attributes], str | None]] = {
    "a": Writer._link,
    "audio": Writer._film,
    "blockquote": Writer._blockquote,
    "center": Writer._center,
    **dict.fromkeys(
        ("address", "article", "footer", "header", "main", "nav", "section"), Writer._section
    ),
    **dict.fromkeys(("code", "kbd", "samp"), Writer._code),
    "details": Writer._details,
    "div": Writer._div,
    **dict.fromkeys(("embed", "iframe", "object"), Writer._frame),
    "figure": Writer._figure,
    **dict.fromkeys(LEVELS, Writer._heading),
    "img": Writer._image,
    "input": Writer._checkbox,
    "li": Writer._item,
    "p": Writer._paragraph,
    "pre": Writer._pre,
    "source": Writer._source,
    "span": Writer._span,
    "sup": Writer._sup,
    "table": Writer._table,
    "td": Writer._cell,
    "th": Writer._cell,
    "track": Writer._source,
    "video": Writer._film,
}


def _attributes(attributes: Attributes) -> str:
    written = ""
    for name, given in attributes.items():
        value = given or ""
        if name in _READ_HERE or not _VALUES.get(name, _ANY).fullmatch(value):
            continue
        if name in _BOOLEAN:
            written += f" {name}"
        elif value:
            written += f' {name}="{escape(scrub(value))}"'
    return written


def _with_links(text: str) -> str:
    """Return a text as HTML, with a link for each bare address."""
    pieces: list[str] = []
    done = 0
    for start, end, url in bare_addresses(text):
        href = safe_url(url)
        if href is None:
            continue
        rel = ""
        if is_web(href):
            rel = ' rel="noopener"'
        pieces.append(escape(text[done:start], quote=False))
        pieces.append(f'<a href="{escape(href)}"{rel}>{escape(text[start:end], quote=False)}</a>')
        done = end
    pieces.append(escape(text[done:], quote=False))
    return "".join(pieces)


def _kind_of_alert(title: LexborNode) -> str:
    """Return the kind of the callout whose title an element is, or ''."""
    if title.tag != "div":
        return ""
    names = (title.attributes.get("class") or "").split()
    if _ALERT_TITLE not in names:
        return ""
    return next((_ALERTS[name].lower() for name in names if name in _ALERTS), "")
