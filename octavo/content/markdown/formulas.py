"""LaTeX formulas as MathML, written through an allow-list of MathML Core."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from typing import Literal
from xml.etree.ElementTree import Element

MAX_LENGTH = 1_000
_MACROS = re.compile(r"\\(?:re)?newcommand|\\(?:def|let)\b")
_TAGS = frozenset(
    """
    math menclose mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt mstyle msub msubsup msup
    mtable mtd mtext mtr munder munderover
    """.split()
)
_ATTRIBUTES = frozenset(
    """
    accent accentunder columnalign columnlines columnspacing depth display displaystyle fence form height
    largeop linethickness lspace mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace
    scriptlevel separator stretchy symmetric voffset width
    """.split()
)
_VALUE = re.compile(r"[\w .+%-]*")


@lru_cache(maxsize=1024)
def to_mathml(latex: str, display: Literal["inline", "block"]) -> str | None:
    """Return `latex` as a `<math>` element, or None where it is not understood, or too long to be
    tried.
    """
    if len(latex) > MAX_LENGTH or _MACROS.search(
        latex
    ):  # macros may double at each step: 2^n elements
        return None
    # The converter brings a table of 2,000 symbols with it: only posts with formulas pay for that.
    from latex2mathml.converter import Converter

    try:
        return _write(Converter(display=display).convert_to_element(latex))
    except (
        Exception
    ):  # its own errors, and IndexError, KeyError, RecursionError: the source stays readable
        return None


def _write(element: Element) -> str:
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _VALUE.fullmatch(value) and value != "inline"
    )
    # The converter leaves its symbols as references (`&#x0222B;`) in the text.
    text = escape(unescape(element.text or ""), quote=False)
    if element.tag == "mi" and len(text) > 1 and "mathvariant" not in element.attrib:
        attributes += ' mathvariant="normal"'  # a word such as "ln" stands upright: style sheets cannot count letters
    inner = text + "".join(map(_write, element))
    return f"<{element.tag}{attributes}>{inner}</{element.tag}>" if element.tag in _TAGS else inner
