"""The shortcodes of plug-ins in a text, `{{< name a b="c" >}}`.

Where dialects are translated, outside code, each is fenced by two marks; rendering puts in what
its function returns. Hugo's own syntax: https://gohugo.io/content-management/shortcodes/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape

from octavo.content.markdown.dialects.meaning import read_arguments
from octavo.content.markdown.dialects.scan import KEPT as MARK

# Stands on both sides of the number of a held part: a character for private use.
_PLACE = "\uf8e1"
_TAG = re.compile(
    rf"{MARK}\{{\{{[<%]\s*(?P<name>[\w./-]+)(?P<given>[^{MARK}]*?)/?\s*[%>]\}}\}}{MARK}"
)
_END = re.compile(rf"{MARK}\{{\{{[<%]\s*/[^{MARK}]*\}}\}}{MARK}")
_ANY = re.compile(rf"{MARK}[^{MARK}]*{MARK}")
_HELD = re.compile(rf"(<p>)?{_PLACE}([0-9]+){_PLACE}(?(1)</p>)")
_ELEMENT = re.compile(r"<[^<>]*>")

Shortcodes = Mapping[str, Callable[..., object]]


def without_shortcodes(text: str) -> str:
    """Return a text without the tags of shortcodes, for summaries and counts of words."""
    if MARK not in text:
        return text
    return _ANY.sub("", text)


class PluginShortcodes:
    """Expands the shortcodes of plug-ins in one text.

    Where a shortcode returns markup (an object with `__html__`), a placeholder stands in the text
    while that is rendered, and the markup replaces it afterwards, uncleaned. Any other result is
    taken as Markdown, and is cleaned with the text.
    """

    def __init__(self, shortcodes: Shortcodes) -> None:
        self._shortcodes = shortcodes
        # HTML to be put in after the cleaning.
        self.held: list[str] = []

    def expanded(self, text: str) -> str:
        """Return the text with what its shortcodes return, or places for it."""
        parts: list[str] = []
        position = 0
        tag = _TAG.search(text)
        while tag is not None:
            parts.append(text[position : tag.start()])
            position = tag.end()
            inner: str | None = None
            end = self._end(text, tag["name"], position)
            if end is not None:
                inner = self.expanded(text[position : end.start()])
                position = end.end()
            parts.append(self._made(tag, inner))
            tag = _TAG.search(text, position)
        parts.append(text[position:])
        return _ANY.sub("", "".join(parts))

    @staticmethod
    def _end(text: str, name: str, start: int) -> re.Match[str] | None:
        """Return the tag that ends a shortcode, unless another of its name begins before."""
        for end in _END.finditer(text, start):
            if end[0].strip(f"{MARK}{{}}<>%/ \t\n") == name:
                begun = any(tag["name"] == name for tag in _TAG.finditer(text, start, end.start()))
                return None if begun else end
        return None

    def _made(self, tag: re.Match[str], inner: str | None) -> str:
        function = self._shortcodes.get(tag["name"].lower())
        if function is None:
            return inner or ""
        given = read_arguments(tag["given"])
        named: dict[str, str] = {
            name.replace("-", "_"): value for name, value in given.named.items()
        }
        if inner is not None:
            named["inner"] = inner
        made = function(*given.placed, **named)
        if made is None:
            return ""
        if hasattr(made, "__html__"):
            self.held.append(str(made.__html__()))
            return f"{_PLACE}{len(self.held) - 1}{_PLACE}"
        return str(made)

    def into_html(self, html: str) -> str:
        """Return rendered HTML with the HTML of shortcodes in its places."""
        if not self.held:
            return html
        return _HELD.sub(lambda place: self.held[int(place[2])], html)

    def into_text(self, text: str) -> str:
        """Return the text for search with the words of the shortcodes' HTML in their places."""
        if not self.held:
            return text
        return _HELD.sub(
            lambda place: " ".join(unescape(_ELEMENT.sub(" ", self.held[int(place[2])])).split()),
            text,
        )
