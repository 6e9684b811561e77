"""Markdown made of HTML, for the texts of systems that keep HTML.

What Markdown has a sign for is written with it. Other elements that readers may see stay HTML, and
what no text may hold is left out and told. Words are never lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from octavo.content.markdown.cleaning import ATTRIBUTES, TEXT_ATTRIBUTES, costs_too_much, scrub
from octavo.content.markdown.outline import LEVELS
from octavo.content.markdown.tree import side_of

# Elements that stand for themselves between paragraphs.
_BLOCKS = frozenset(
    """
    address article aside audio blockquote body center dd details dialog div dl dt embed fieldset
    figcaption figure footer form header hgroup hr iframe li main menu nav object ol p pre section
    summary table tbody td tfoot th thead tr ul video
    """.split()
) | set(LEVELS)
# Those that stay as they are: Markdown has no sign for them.
_KEPT = frozenset("audio dl details embed iframe object video".split())
_LEFT_OUT = frozenset(
    """
    script style form input button select textarea option svg canvas math template link meta title
    """.split()
)
_EMPHASIS = {"em": "*", "i": "*", "strong": "**", "b": "**", "del": "~~", "s": "~~", "strike": "~~"}
# What plug-ins that load pictures late call the address of a picture.
_LATE = ("data-src", "data-lazy-src", "data-original", "data-orig-file")
_LANGUAGE = re.compile(r"(?:language|lang|brush)[-:]\s*([\w+#-]+)")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
# Signs that mean something wherever they stand, also in the dialects that are read here.
_SIGNS = re.compile(
    r"[\\`*\[{}$~^|]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|==|%%|\+\+"
    r"|(?<![\w:/]):(?=[\w+-]+:)|&(?=#?\w+;)"
)
# Signs that mean something at the beginning of a line.
_OPENING = re.compile(
    r"^(#{1,6}(?=\s|$)|[+-](?=\s|$)|-{2,}|={2,}|>|:(?=\s|::)|!!!|\?\?\?|[@%])"
    r"|^(\d{1,9})(?=[.)](?:\s|$))",
    re.MULTILINE,
)
_YOUTUBE = re.compile(
    r"https?://(?:www\.)?(?:youtube(?:-nocookie)?\.com/(?:embed/|watch\?v=)|youtu\.be/)"
    r"([\w-]{6,20})"
)
_VIMEO = re.compile(r"https?://(?:www\.|player\.)?vimeo\.com/(?:video/)?(\d{4,12})")


@dataclass(frozen=True, slots=True)
class Converted:
    """A text in Markdown, and the names of elements that are left out of it."""

    text: str
    left_out: tuple[str, ...] = ()


def to_markdown(html: str) -> Converted:
    """Return a piece of HTML as Markdown. Never raises; what is too deep stays HTML."""
    html = scrub(html)
    if costs_too_much(html):
        return Converted(_BLANK_LINES.sub("\n", html))
    body = LexborHTMLParser(html).body
    if body is None:
        return Converted("")
    writer = _Converter()
    blocks = writer.blocks(body)
    return Converted("\n\n".join(blocks), tuple(dict.fromkeys(writer.left_out)))


class _Converter:
    """Writes Markdown for the elements of one text."""

    def __init__(self) -> None:
        self.left_out: list[str] = []
        self._links = 0

    def blocks(self, parent: LexborNode) -> list[str]:
        """Return the blocks in an element; text between blocks is a paragraph of its own."""
        found: list[str] = []
        run: list[LexborNode] = []
        for node in parent.iter(include_text=True):
            if not self._holds_block(node):
                run.append(node)
                continue
            found.extend(self._paragraph(run))
            run = []
            found.extend(self._block(node))
        found.extend(self._paragraph(run))
        return [block for block in found if block.strip()]

    def _holds_block(self, node: LexborNode) -> bool:
        """Whether an element is a block, or one of a line that has blocks in it, as `<a>` may."""
        if node.is_text_node or node.is_comment_node:
            return False
        if node.tag in _BLOCKS:
            return True
        if node.tag in ATTRIBUTES and node.tag not in ("a", "span"):
            return False
        return any(child.tag in _BLOCKS for child in node.traverse())

    def _paragraph(self, nodes: list[LexborNode]) -> Iterator[str]:
        if all(node.is_empty_text_node for node in nodes):
            return
        text = self._line(nodes)
        if text:
            yield _OPENING.sub(_escaped_opening, text)

    def _line(self, nodes: list[LexborNode]) -> str:
        """Return nodes of a line as Markdown, without white space at the ends."""
        lines = "".join(self._inline(node) for node in nodes).split("\n")
        text = "\n".join(line.strip(" ") for line in lines).strip()
        return re.sub(r"^(?:\\\n)+|(?:\\\n?)+$(?<!\\\\)", "", text)

    def _block(self, node: LexborNode) -> list[str]:
        tag = node.tag or ""
        card = self._card(node)
        if card is not None:
            return card
        if tag in LEVELS:
            return self._heading(node, LEVELS[tag])
        if tag in _LEFT_OUT:
            self.left_out.append(tag)
            return []
        if tag == "p" and side_of(node.attributes):
            return [_raw(node)]
        writer = _WRITERS.get(tag)
        if writer is not None:
            return writer(self, node)
        if tag in _KEPT:
            return [_raw(node)]
        return self.blocks(node)

    def _heading(self, node: LexborNode, level: int) -> list[str]:
        text = self._line(list(node.iter(include_text=True))).replace("\\\n", " ")
        if not text:
            return []
        name = node.attributes.get("id")
        if name and re.fullmatch(r"[\w.:-]+", name):
            text += f" {{#{name}}}"
        return [f"{'#' * level} {text}"]

    def rule(self, node: LexborNode) -> list[str]:
        """Return a rule between paragraphs."""
        return ["---"]

    def quote(self, node: LexborNode) -> list[str]:
        """Return a quotation."""
        inner = "\n\n".join(self.blocks(node))
        return ["\n".join(f"> {line}".rstrip() for line in inner.split("\n"))]

    def code(self, node: LexborNode) -> list[str]:
        """Return code between fences, with its language where a class names it."""
        classes = node.attributes.get("class") or ""
        for child in node.css("code"):
            classes += f" {child.attributes.get('class') or ''}"
        for child in node.css("br"):
            child.replace_with("\n")
        text = node.text(deep=True).strip("\n")
        language = _LANGUAGE.search(classes)
        fence = "```"
        while fence in text:
            fence += "`"
        name = ""
        if language:
            name = language[1]
        return [f"{fence}{name}\n{text}\n{fence}"]

    def items(self, node: LexborNode) -> list[str]:
        """Return a list; its items stand apart where one of them has paragraphs."""
        items = [self.blocks(item) for item in node.iter() if item.tag == "li"]
        rest = [item for item in node.iter() if item.tag != "li"]
        number = 1
        start = node.attributes.get("start") or ""
        if start.isdecimal():
            number = int(start[:9])
        lines: list[str] = []
        loose = any(item.css_first("p") is not None for item in node.iter() if item.tag == "li")
        for item in items:
            mark = "- "
            if node.tag == "ol":
                mark = f"{number}. "
                number += 1
            parting = "\n"
            if loose:
                parting = "\n\n"
            text = re.sub(r"\n(?=[^\n])", f"\n{' ' * len(mark)}", parting.join(item))
            lines.append(f"{mark}{text}".rstrip())
        separator = "\n"
        if loose:
            separator = "\n\n"
        found = [separator.join(lines)]
        for other in rest:
            found.extend(self._block(other))
        return found

    def figure(self, node: LexborNode) -> list[str]:
        """Return a picture with its caption, alone in a paragraph; others as their parts."""
        pictures = node.css("img")
        caption = node.css_first("figcaption")
        words = ""
        if caption is not None:
            words = _plain(caption)
        if len(pictures) != 1 or node.css_first("table, pre, blockquote, video, audio, iframe"):
            return self.blocks(node)
        if side_of(node.attributes) or (caption is not None and caption.css_first("a[href]")):
            return [_raw(node)]
        link = node.css_first("a[href]")
        picture = self._picture(pictures[0], words)
        if link is not None and link.css_first("img") is not None:
            picture = f"[{picture}]({_target(link.attributes.get('href') or '')})"
        return [picture]

    def table(self, node: LexborNode) -> list[str]:
        """Return a table of lines where Markdown can say it; else as HTML."""
        rows = node.css("tr")
        cells = [row.css("td, th") for row in rows]
        has_head = bool(cells) and all(cell.tag == "th" for cell in cells[0])
        plain = node.css_first(
            "[colspan], [rowspan], table table, p, ul, ol, pre, img, br, caption"
        )
        if not has_head or plain is not None or len({len(row) for row in cells}) > 1:
            return [_raw(node)]
        lines = []
        for row in cells:
            texts = [self._line(list(cell.iter(include_text=True))) for cell in row]
            lines.append(f"| {' | '.join(texts)} |")
        lines.insert(1, f"|{' --- |' * len(cells[0])}")
        return ["\n".join(lines)]

    def linked(self, node: LexborNode) -> list[str]:
        """Return blocks that are a link together: the first line of them becomes it."""
        found = self.blocks(node)
        address = node.attributes.get("href") or ""
        if not address or not found:
            return found
        text = found[0].lstrip("#").lstrip()
        sign = found[0][: len(found[0]) - len(text)]
        if "\n" in text or "](" in text.replace("![", ""):
            return [*found, f"<{address}>"]
        return [f"{sign}[{text}]({_target(address)})", *found[1:]]

    def film(self, node: LexborNode) -> list[str]:
        """Return a film of another host by its short form; other frames as they are."""
        source = node.attributes.get("src") or node.attributes.get("data-src") or ""
        return [_film(source) or _raw(node)]

    def _card(self, node: LexborNode) -> list[str] | None:
        """Return a block that an editor marks by a class; None for one that has no such class."""
        classes = (node.attributes.get("class") or "").split()
        for name in classes:
            card = _CARDS.get(name)
            if card is not None:
                return card(self, node)
        return None

    def gallery(self, node: LexborNode) -> list[str]:
        """Return pictures side by side."""
        pictures = []
        for picture in node.css("img"):
            figure = picture.parent
            while figure is not None and figure.tag not in ("figure", "li", "body"):
                figure = figure.parent
            words = ""
            if figure is not None and len(figure.css("img")) == 1:
                words = "".join(_plain(caption) for caption in figure.css("figcaption"))
            pictures.append(self._picture(picture, words))
        if not pictures:
            return self.blocks(node)
        inner = "\n\n".join(pictures)
        found = [f"{{{{< gallery >}}}}\n\n{inner}\n\n{{{{< /gallery >}}}}"]
        whole = node.css_first("figcaption.blocks-gallery-caption")
        if whole is not None:
            found.extend(self.blocks(whole))
        return found

    def embedded(self, node: LexborNode) -> list[str]:
        """Return a film by its short form, or a link to what is embedded."""
        frame = node.css_first("iframe")
        source = _plain(node)
        if frame is not None:
            source = frame.attributes.get("src") or ""
        address = re.search(r"https?://\S+", source)
        if address is None or node.css_first("blockquote, img") is not None:
            return self.blocks(node)
        found = [_film(address[0]) or f"<{address[0]}>"]
        caption = node.css_first("figcaption")
        if caption is not None:
            found.extend(self.blocks(caption))
        return found

    def bookmark(self, node: LexborNode) -> list[str]:
        """Return a card for a page elsewhere as a link with its description."""
        link = node.css_first("a[href]")
        if link is None:
            return self.blocks(node)
        title = node.css_first(".kg-bookmark-title")
        description = node.css_first(".kg-bookmark-description")
        address = link.attributes.get("href") or ""
        shown = address
        if title is not None:
            shown = _plain(title)
        shown = _within_brackets(_escaped(shown))
        text = f"[{shown}]({_target(address)})"
        if description is not None and _plain(description):
            text += f"\\\n{_escaped(_plain(description))}"
        found = [text]
        caption = node.css_first("figcaption")
        if caption is not None:
            found.extend(self.blocks(caption))
        return found

    def callout(self, node: LexborNode) -> list[str]:
        """Return a box with a note as an alert."""
        sign = node.css_first(".kg-callout-emoji")
        if sign is not None:
            sign.decompose()
        lines = ["[!NOTE]", *"\n\n".join(self.blocks(node)).split("\n")]
        return ["\n".join(f"> {line}".rstrip() for line in lines)]

    def player(self, node: LexborNode) -> list[str]:
        """Return a film or a sound without the knobs that an editor puts around it."""
        found = []
        for player in node.css("audio[src], video[src]"):
            source = escape(player.attributes.get("src") or "")
            found.append(f'<{player.tag} src="{source}"></{player.tag}>')
        words = node.css_first(".kg-audio-title, figcaption")
        if words is not None and found:
            found.append(_escaped(_plain(words)))
        return found or self.blocks(node)

    def file(self, node: LexborNode) -> list[str]:
        """Return a file to download as a link."""
        link = node.css_first("a[href]")
        title = node.css_first(".kg-file-card-title")
        if link is None or title is None:
            return self.blocks(node)
        address = link.attributes.get("href") or ""
        found = [f"[{_within_brackets(_escaped(_plain(title)))}]({_target(address)})"]
        words = node.css_first(".kg-file-card-caption")
        if words is not None:
            found.extend(self.blocks(words))
        return found

    def toggle(self, node: LexborNode) -> list[str]:
        """Return a part that readers open as `<details>`."""
        heading = node.css_first(".kg-toggle-heading-text")
        content = node.css_first(".kg-toggle-content")
        if heading is None or content is None:
            return self.blocks(node)
        inner = "\n\n".join(self.blocks(content))
        summary = escape(_plain(heading), quote=False)
        return [f"<details>\n<summary>{summary}</summary>\n\n{inner}\n\n</details>"]

    def _inline(self, node: LexborNode) -> str:
        if node.is_text_node:
            text = _escaped(_SPACE.sub(" ", node.text_content or ""))
            if self._links:
                return _within_brackets(text)
            return text
        if node.is_comment_node:
            return ""
        tag = node.tag or ""
        if tag in _LEFT_OUT:
            self.left_out.append(tag)
            return ""
        if tag == "br":
            return "\\\n"
        if tag == "img":
            return self._picture(node)
        if tag in ("code", "tt"):
            return _code(node)
        self._links += tag == "a"
        inner = "".join(self._inline(child) for child in node.iter(include_text=True))
        self._links -= tag == "a"
        if tag == "a":
            return self._link(node, inner)
        if tag in _EMPHASIS:
            return _emphasized(node, inner, _EMPHASIS[tag])
        if tag in ATTRIBUTES and tag not in ("span", "center") and tag not in _BLOCKS:
            return f"<{tag}{_attributes(node)}>{inner}</{tag}>"
        return inner

    def _link(self, node: LexborNode, inner: str) -> str:
        href = (node.attributes.get("href") or "").strip()
        name = node.attributes.get("id") or node.attributes.get("name")
        if not href:
            if name:
                return f'<a id="{escape(name)}"></a>{inner}'
            return inner
        text = inner.strip()
        if not text:
            return inner
        before = inner[: len(inner) - len(inner.lstrip())]
        after = inner[len(inner.rstrip()) :]
        title = _title(node.attributes.get("title") or "")
        return f"{before}[{text}]({_target(href)}{title}){after}"

    def _picture(self, node: LexborNode, caption: str = "") -> str:
        given = node.attributes
        source = (given.get("src") or "").strip()
        late = next((given[name] for name in _LATE if given.get(name)), None)
        if late and (not source or source.startswith("data:") or "placeholder" in source):
            source = late
        if not source:
            return ""
        if side_of(given) and not caption:
            shown = escape(given.get("alt") or "")
            classes = escape(given.get("class") or given.get("align") or "")
            return f'<img src="{escape(source)}" alt="{shown}" class="{classes}">'
        alt = _within_brackets(_escaped(_SPACE.sub(" ", given.get("alt") or "").strip()))
        return f"![{alt}]({_target(source)}{_title(caption)})"


_WRITERS: Mapping[str, Callable[[_Converter, LexborNode], list[str]]] = {
    "hr": _Converter.rule,
    "blockquote": _Converter.quote,
    "pre": _Converter.code,
    "ul": _Converter.items,
    "ol": _Converter.items,
    "figure": _Converter.figure,
    "table": _Converter.table,
    "iframe": _Converter.film,
    "a": _Converter.linked,
}
# Blocks of the editors of Ghost and WordPress, by a class that they have.
# https://ghost.org/docs/themes/content/ and the blocks of https://wordpress.org/gutenberg/
_CARDS: Mapping[str, Callable[[_Converter, LexborNode], list[str]]] = {
    "kg-gallery-card": _Converter.gallery,
    "wp-block-gallery": _Converter.gallery,
    "blocks-gallery-grid": _Converter.gallery,
    "kg-embed-card": _Converter.embedded,
    "wp-block-embed": _Converter.embedded,
    "kg-bookmark-card": _Converter.bookmark,
    "kg-callout-card": _Converter.callout,
    "kg-toggle-card": _Converter.toggle,
    "kg-audio-card": _Converter.player,
    "kg-video-card": _Converter.player,
    "kg-file-card": _Converter.file,
}


def _film(source: str) -> str:
    found = _YOUTUBE.match(source)
    if found:
        return f"{{{{< youtube {found[1]} >}}}}"
    found = _VIMEO.match(source)
    if found:
        return f"{{{{< vimeo {found[1]} >}}}}"
    return ""


def _escaped(text: str) -> str:
    """Return a text so that Markdown shows it as it is."""
    return _SIGNS.sub(lambda found: "".join(f"\\{sign}" for sign in found[0]), text)


def _within_brackets(text: str) -> str:
    """Return a text so that it does not end the brackets around it."""
    return text.replace("]", "&#93;")


def _escaped_opening(found: re.Match[str]) -> str:
    if found[2]:
        return f"{found[2]}\\"
    return f"\\{found[1]}"


def _code(node: LexborNode) -> str:
    text = _SPACE.sub(" ", node.text(deep=True))
    if not text.strip():
        return ""
    ticks = "`"
    while ticks in text:
        ticks += "`"
    if text.startswith("`") or text.endswith("`"):
        text = f" {text} "
    return f"{ticks}{text}{ticks}"


def _emphasized(node: LexborNode, inner: str, sign: str) -> str:
    """Return emphasized words; with tags where Markdown would not see the signs as such."""
    text = inner.strip(" ")
    if not text.strip("\\\n "):
        return inner
    before = inner[: len(inner) - len(inner.lstrip(" "))]
    after = inner[len(inner.rstrip(" ")) :]
    touches = _touches(node.prev, -1) and not before
    touches = touches or (_touches(node.next, 0) and not after)
    whole = text[0].isalnum() and text[-1].isalnum()
    if (
        (touches and (not whole or sign != "**"))
        or sign[0] in (text[0], text[-1])
        or "\\\n" in text
    ):
        return f"{before}<{node.tag}>{text}</{node.tag}>{after}"
    return f"{before}{sign}{text}{sign}{after}"


def _touches(beside: LexborNode | None, at: int) -> bool:
    """Whether what stands beside an element touches it with a character that is no blank."""
    if beside is None or beside.tag == "br":
        return False
    text = beside.text(deep=True)
    if not text:
        return beside.tag == "img"
    return not text[at].isspace()


def _attributes(node: LexborNode) -> str:
    allowed = (ATTRIBUTES[node.tag or ""] | TEXT_ATTRIBUTES) - {"class", "style"}
    return "".join(
        f' {name}="{escape(value or "")}"'
        for name, value in node.attributes.items()
        if name in allowed
    )


def _target(address: str) -> str:
    """Return an address as Markdown has it between its parentheses."""
    plain = address.strip().replace("\n", "")
    if re.search(r"[\s()<>\\]", plain):
        plain = plain.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")
        return f"<{plain}>"
    return plain


def _title(text: str) -> str:
    if not text.strip():
        return ""
    quoted = _escaped(" ".join(text.split())).replace('"', '\\"')
    return f' "{quoted}"'


def _plain(node: LexborNode) -> str:
    return " ".join(node.text(deep=True, separator=" ").split())


def _raw(node: LexborNode) -> str:
    """Return an element as HTML, which a blank line would end in Markdown."""
    return _BLANK_LINES.sub("\n", node.html or "").strip()
