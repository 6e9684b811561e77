"""Removes from drawings (SVG) what programs write for themselves: places, paths, thumbnails.

What is kept stays byte for byte: the source is cut at the places that the parser tells.
https://www.w3.org/TR/SVG2/metadata.html
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from xml.parsers import expat

# What browsers draw; RDF, XMP and what Inkscape, Sketch and Illustrator add have other namespaces.
_NAMESPACES = frozenset(
    {
        "",
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/1998/Math/MathML",
    }
)
_ATTRIBUTE_NAMESPACES = _NAMESPACES | {
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/XML/1998/namespace",
}
_METADATA = "http://www.w3.org/2000/svg metadata"
_TAG = re.compile(rb"""<(?:[^"'<>]++|"[^"]*+"|'[^']*+')*+>""")
_PREFIXED = re.compile(
    rb"""\s+([^\s=<>"'/:]++):[^\s=<>"'/]++\s*=\s*(?:"[^"]*+"|'[^']*+')""",
)
_INSTRUCTION_END = b"?>"
_COMMENT = b"<!--"
_COMMENT_END = b"-->"
_ENCODING = re.compile(r"""(<\?xml[^>]{0,200}?)\s+encoding\s*=\s*["'][^"']*["']""")
# A picture within the drawing; programs break its lines with references to characters too.
_PICTURE = re.compile(
    rb"data:image/(png|jpe?g|gif|webp|avif);base64,((?:[A-Za-z0-9+/=\s]|&#(?:10|13|x[aAdD]);)+)"
)
_BREAK = re.compile(rb"\s+|&#\w+;")


def plain_drawing(data: bytes, public: Callable[[bytes, str], bytes]) -> bytes:
    """Return a drawing without metadata and comments, elements and attributes of programs.

    `public(data, mimetype)` returns an embedded picture without its metadata. Raises ValueError
    where the drawing is no XML.
    """
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        data = _ENCODING.sub(r"\1", data.decode("utf-16")).encode()

    def picture(found: re.Match[bytes]) -> bytes:
        kind = "jpeg" if found[1] == b"jpg" else found[1].decode()
        plain = public(b64decode(_BREAK.sub(b"", found[2])), f"image/{kind}")
        return b"data:image/" + kind.encode() + b";base64," + b64encode(plain)

    return _PICTURE.sub(picture, _Cuts(data).made())


class _Cuts:
    """The parts of a drawing's source that are left out, found in one pass of the parser."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._kept: list[bytes] = []
        self._behind = 0
        # How deep the parser is within an element that is left out.
        self._depth = 0
        self._foreign: dict[bytes, int] = {}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartNamespaceDeclHandler = self._declared
        self._parser.EndNamespaceDeclHandler = self._undeclared
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.CommentHandler = self._comment

    def made(self) -> bytes:
        """Return the drawing without the parts that are left out. Raises ValueError if not XML."""
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from error
        return b"".join([*self._kept, self._data[self._behind :]])

    def _cut(self, start: int, end: int, instead: bytes = b"") -> None:
        self._kept += [self._data[self._behind : start], instead]
        self._behind = end

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        if prefix and uri not in _ATTRIBUTE_NAMESPACES:
            name = prefix.encode()
            self._foreign[name] = self._foreign.get(name, 0) + 1

    def _undeclared(self, prefix: str | None) -> None:
        name = (prefix or "").encode()
        if self._foreign.get(name):
            self._foreign[name] -= 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth:
            self._depth += 1
            return
        start = self._parser.CurrentByteIndex
        tag = _TAG.match(self._data, start)
        if tag is None:
            raise ValueError("a tag has no end")
        namespace, _, _ = name.rpartition(" ")
        if name == _METADATA or namespace not in _NAMESPACES:
            self._depth = 1
            self._cut(start, tag.end())
            return
        if any(" " in attribute for attribute in attributes):
            self._cut(start, tag.end(), _PREFIXED.sub(self._attribute, tag[0]))

    def _attribute(self, found: re.Match[bytes]) -> bytes:
        if self._foreign.get(found[1]):
            return b""
        return found[0]

    def _end(self, name: str) -> None:
        if not self._depth:
            return
        self._depth -= 1
        if self._depth:
            return
        # An element without content was cut with its only tag.
        if self._data[self._behind - 2 : self._behind] != b"/>":
            start = self._parser.CurrentByteIndex
            self._behind = self._data.index(b">", start) + 1

    def _instruction(self, target: str, text: str) -> None:
        if not self._depth and target != "xml-stylesheet":
            start = self._parser.CurrentByteIndex
            self._cut(start, self._data.index(_INSTRUCTION_END, start) + 2)

    def _comment(self, text: str) -> None:
        """Leave a comment out, unless its first sign says that it is a licence."""
        start = self._parser.CurrentByteIndex
        if self._depth or text.startswith("!"):
            return
        # One in the value of an entity does not stand here.
        if self._data.startswith(_COMMENT, start):
            self._cut(start, self._data.index(_COMMENT_END, start) + 3)
