"""Markdown and HTML for what the forms of all dialects mean: callouts, pictures, films, links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape

# The kinds of callouts that other systems know, by the five that pages show.
ALERTS: Mapping[str, str] = {
    **dict.fromkeys(
        "note info abstract summary tldr todo seealso see-also example question help faq quote cite "
        "details admonition callout alert hint-info primary secondary default notice aside message "
        "definition theorem lemma proof exercise solution corollary proposition axiom remark algorithm "
        "conjecture assumption versionadded versionchanged".split(),
        "note",
    ),
    **dict.fromkeys("tip hint success check done ok recommended".split(), "tip"),
    **dict.fromkeys("important attention-important".split(), "important"),
    **dict.fromkeys("warning warn attention deprecated caution-warning".split(), "warning"),
    **dict.fromkeys("caution danger error bug failure fail missing critical".split(), "caution"),
}

_FILMS = re.compile(r"\.(?:mp4|webm|ogv|mov|m4v)$", re.IGNORECASE)
_SOUNDS = re.compile(r"\.(?:mp3|ogg|oga|opus|m4a|wav|flac|aac)$", re.IGNORECASE)
PICTURES = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|svg|bmp|ico|apng|jfif|heic|tiff?)$", re.IGNORECASE
)
_ARGUMENT = re.compile(
    r"""(?:([\w@.:-]+)\s*(?:=|:(?=\s*["'`\w]))\s*)?
        (?:(https?://[^\s"'`,]+) | "((?:[^"\\]|\\.)*)" | '((?:[^'\\]|\\.)*)' | `([^`]*)` | ([^\s"'`,=]+))""",
    re.VERBOSE,
)
# A list of attributes that begins with a class or an id, behind what has no look of its own here.
ATTRIBUTES = r"\{:?[ \t]*[.#][\w-][^{}\n]{0,200}\}"
# A film by its address, or by its id alone, which parameters may follow.
_ON_YOUTUBE = re.compile(
    r"(?:[?&]v=|youtu\.be/|/v/|/(?:embed|shorts|live)/(?!videoseries|live_stream))([\w-]{1,20})"
    r"|^\s*([\w-]{1,40})\s*(?:[?&].*)?$"
)
_ON_VIMEO = re.compile(r"\d{5,}|^\s*\d+\s*$")
_MARKDOWN = re.compile(r"[\\*_\[\]`<>~]")
_ELEMENT = re.compile(r"</?[A-Za-z][^<>]*>")
_LINKED = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"(?<!\w)(?:\*{1,3}|_{1,3})(?=\S)([^*_]+)(?<=\S)(?:\*{1,3}|_{1,3})(?!\w)")
_CENTRED = re.compile(r"\b(?:align-?)?(left|right|center|centre)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a construct: values by position, and by name in lower case."""

    placed: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)

    def get(self, *names: str, at: int = -1, default: str = "") -> str:
        """Return the first of the named values that is not empty, else the one at position `at`.

        Where there is neither, return `default`.
        """
        for name in names:
            if self.named.get(name):
                return self.named[name]
        if 0 <= at < len(self.placed):
            return self.placed[at]
        return default


def read_arguments(text: str) -> Arguments:
    """Return the arguments in `a "b c" d=e f="g h"`, with or without commas."""
    placed: list[str] = []
    named: dict[str, str] = {}
    for found in _ARGUMENT.finditer(text[:4_000]):
        value = next((group for group in found.groups()[1:] if group is not None), "")
        value = value.replace('\\"', '"').replace("\\'", "'")
        if found[1]:
            named.setdefault(found[1].lower(), value)
        else:
            placed.append(value)
    return Arguments(tuple(placed), named)


def plain(text: str) -> str:
    """Return a text on one line with Markdown's signs escaped."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split()))


def words_of(text: str) -> str:
    """Return the words of a caption without its HTML and Markdown, for places that read neither."""
    text = _ELEMENT.sub("", unescape(text))
    return _EMPHASIS.sub(r"\1", _LINKED.sub(r"\1", text)).replace("`", "")


def destination(target: str) -> str:
    """Return an address as the target of a Markdown link; it may have spaces and brackets."""
    target = " ".join(target.split())
    if re.fullmatch(r"[^\s<>()\\]+", target):
        return target
    return "<" + target.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C") + ">"


def link(text: str, target: str) -> str:
    """Return a link in Markdown; `text` is Markdown too."""
    return f"[{text}]({destination(target)})"


def picture(
    target: str, alt: str = "", *, caption: str = "", width: str = "", align: str = "", to: str = ""
) -> str:
    """Return a picture in Markdown, or in HTML where it has a width or an alignment.

    `to` is the target of a link around it.
    """
    caption = words_of(caption)
    alt = words_of(alt)
    side = _CENTRED.search(align)
    size = re.fullmatch(r"(\d{1,5})(?:px)?|(\d{1,3}(?:\.\d+)?)%", width.strip())
    if side is None and size is None:
        title = ""
        if caption:
            title = f' "{attribute(caption)}"'
        shown = f"![{plain(alt)}]({destination(target)}{title})"
        if to:
            return f"[{shown}]({destination(to)})"
        return shown
    extra = ""
    if size:
        extra = f' width="{width.strip().removesuffix("px")}"'
    if side:
        extra += f' align="{side[1].lower().replace("centre", "center")}"'
    title = ""
    if caption:
        title = f' title="{attribute(caption)}"'
    image = f'<img src="{address(target)}" alt="{attribute(alt)}"{title}{extra}>'
    if to:
        return f'<a href="{address(to)}">{image}</a>'
    return image


def media(target: str, label: str = "") -> str:
    """Return what shows `target`, by its ending: a picture, film or sound, or a link to it."""
    if PICTURES.search(target):
        return picture(target, label)
    if _FILMS.search(target):
        return f'<video src="{address(target)}"></video>'
    if _SOUNDS.search(target):
        return f'<audio src="{address(target)}"></audio>'
    return link(plain(label or target), target)


def frame(source: str, title: str) -> str:
    """Return an `<iframe>` of a page on another host."""
    return f'<iframe src="{address(source)}" title="{attribute(title)}"></iframe>'


def youtube(name: str, title: str = "") -> str:
    """Return an iframe that plays a YouTube film, by its id or its address.

    It shows the address itself where that names no film; '' where `name` is no address either.
    """
    found = _ON_YOUTUBE.search(name)
    if found is None:
        return _page(name, title or "Video on YouTube")
    film = found[1] or found[2]
    return frame(f"https://www.youtube-nocookie.com/embed/{film}", title or "Video on YouTube")


def vimeo(name: str, title: str = "") -> str:
    """Return an iframe that plays a Vimeo film, by its number or its address.

    It shows the address itself where that names no film; '' where `name` is no address either.
    """
    found = _ON_VIMEO.search(name)
    if found is None:
        return _page(name, title or "Video on Vimeo")
    return frame(f"https://player.vimeo.com/video/{found[0].strip()}", title or "Video on Vimeo")


def _page(name: str, title: str) -> str:
    """Return the frame of an address that names no film; '' where the name is no address."""
    if "://" not in name:
        return ""
    return frame(name.strip(), title)


def address(target: str) -> str:
    """Return a target escaped for an attribute of HTML."""
    return escape(" ".join(target.split()).replace(" ", "%20"), quote=True)


def attribute(text: str) -> str:
    """Return a text on one line, escaped for an attribute of HTML."""
    return escape(" ".join(text.split()), quote=True)


def alert(kind: str, title: str = "", fold: str = "", *, quoted: bool = False) -> str:
    """Return the beginning of a callout, which its text follows.

    `fold` is `-` (closed) or `+` (open). One that is `quoted` is in a block quote and ends with it;
    others end with `ALERT_END`.
    """
    shown = ALERTS.get(kind.lower(), "note")
    folded = {"-": " markdown-alert-closed", "+": " markdown-alert-open"}.get(fold, "")
    title = " ".join(title.split()) or kind.replace("-", " ").replace("_", " ").capitalize()
    opening = '<div class="markdown-alert">\n'
    if quoted:
        opening = ""
    return f'{opening}<div class="markdown-alert-title markdown-alert-{shown}{folded}">\n\n{title}\n\n</div>\n'


ALERT_END = "\n</div>\n"


def prefixed(prefix: str, text: str) -> str:
    """Return `text` with `prefix` at the beginning of each line but the first."""
    return text.replace("\n", f"\n{prefix}")
