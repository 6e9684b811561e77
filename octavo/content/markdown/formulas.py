"""LaTeX formulas as MathML, written through an allow-list of MathML Core."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape, unescape
from typing import Literal
from xml.etree.ElementTree import Element

Display = Literal["inline", "block"]

# A longer formula is shown as it is written.
MAX_FORMULA_CHARACTERS = 1_000
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
# Environments by the name that the converter knows them by; those that are not here it would run
# together.
_ENVIRONMENTS = {
    **{name: name for name in (
        "array matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases align align* split equation "
        "equation* math displaymath"
    ).split()},
    "aligned": "align*",
    "alignedat": "align*",
    "alignat": "align*",
    "alignat*": "align*",
    "flalign": "align*",
    "flalign*": "align*",
    "dcases": "cases",
    "dcases*": "cases",
    "gathered": "array}{c",
    "gather": "array}{c",
    "gather*": "array}{c",
    "multline": "array}{c",
    "multline*": "array}{c",
    "eqnarray": "array}{rcl",
    "eqnarray*": "array}{rcl",
}  # fmt: skip
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}(\s*\[[a-z]\])?")
_COLUMNS = re.compile(r"(\\begin\{(?:alignedat|alignat\*?)\})\s*\{\d+\}")
# What names or numbers an equation for other texts to refer to.
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)\b")
# A remark up to the end of its line.
_REMARK = re.compile(r"(?:^|(?<=\s))%[^\n]*\n")
# Signs that the converter takes for names of variables, so that they would have no space around.
_SIGNS = frozenset(":•†‡")
_CATEGORIES_OF_SIGNS = frozenset(("Sm", "Ps", "Pe"))
# A command that the converter does not know stands in its output as it was written.
_UNKNOWN = re.compile(r">\\[A-Za-z]|<mi[^>]*>&amp;<")


_COMMAND = re.compile(r"\\[A-Za-z]+|\\[,;!{}|]")
_TEXT = re.compile(r"\\(?:text|mathrm|operatorname|mbox|textbf|textrm)\s*\{[^{}]*\}|\\[A-Za-z]+")
_OPERATOR = re.compile(r"[\^_=<>+*/|±×·÷≤≥≠≈∈→∞∑∫√∂′-]")
_WORDS = re.compile(r"[A-Za-z]{3,}[,;]?\s+[A-Za-z]{2,}")
# A variable of a shell or of PHP, a path, and the end of a sentence.
_IN_PROSE = re.compile(r"^_[A-Za-z]{2}|/$|[A-Za-z]{2}[.!?]\s+[A-Za-z]{2}")
_NAMES = re.compile(
    r"\d*(?:[A-Za-z]{1,2}|[α-ωΑ-Ω])['′!]*|-?\d[\d.,]*%?|(?:\d*[A-Za-zα-ωΑ-Ω]'*|[\d,.!'|:\s()\[\]])+"
)


@lru_cache(maxsize=1024)
def to_mathml(latex: str, display: Display) -> str | None:
    """Return `latex` as a `<math>` element; None where it is too long or not all of it is known.

    A `display` formula stands by itself, can have the focus, and scrolls where it is too wide.
    """
    # Macros may double at each step: 2^n elements.
    latex = _REMARK.sub("", latex)
    if len(latex) > MAX_FORMULA_CHARACTERS or _MACROS.search(latex):
        return None
    known = _known(latex)
    if known is None:
        return None
    # The converter brings a table of 2,000 symbols with it: only posts with formulas pay for that.
    from latex2mathml.converter import Converter

    try:
        written = _write(Converter(display=display).convert_to_element(known))
    except Exception:
        # Its own errors, and IndexError, KeyError, RecursionError: the source stays readable.
        return None
    if _UNKNOWN.search(written):
        return None
    if display == "block":
        written = written.replace("<math", '<math tabindex="0"', 1)
    return written


def _write(element: Element) -> str:
    tag = element.tag
    if tag == "msub" and _is_word(element[0]):
        # What belongs to a limit stands below it, but within a line beside it.
        tag = "munder"
    if _is_word(element):
        element.set("movablelimits", "true")
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _VALUE.fullmatch(value) and value != "inline"
    )
    # The converter leaves its symbols as references (`&#x0222B;`) in the text.
    text = escape(unescape(element.text or ""), quote=False)
    if tag == "mi" and _is_sign(text):
        tag = "mo"
    if tag == "mi" and len(text) > 1 and "mathvariant" not in element.attrib:
        attributes += ' mathvariant="normal"'  # a word such as "ln" stands upright: style sheets cannot count letters
    inner = text + "".join(map(_write, element))
    if tag in _TAGS:
        return f"<{tag}{attributes}>{inner}</{tag}>"
    return inner


def _is_word(element: Element) -> bool:
    """Whether an element is an operator that is a word: lim, max, mod."""
    return element.tag == "mo" and (element.text or "")[:1].isalpha()


def _is_sign(text: str) -> bool:
    return text in _SIGNS or (len(text) == 1 and unicodedata.category(text) in _CATEGORIES_OF_SIGNS)


def _known(latex: str) -> str | None:
    """Return a formula with environments that the converter knows; None if one is unknown."""
    latex = _COLUMNS.sub(r"\1", _LABEL.sub("", latex))
    unknown = False

    def rename(found: re.Match[str]) -> str:
        nonlocal unknown
        name = _ENVIRONMENTS.get(found[2])
        if name is None:
            unknown = True
            return found[0]
        if found[1] == "end":
            name = name.partition("}")[0]
        return f"\\{found[1]}{{{name}}}"

    latex = _ENVIRONMENT.sub(rename, latex)
    if unknown:
        return None
    return latex


def is_formula(text: str) -> bool:
    """Whether a text between dollar signs is a formula, and not prose about money or shells."""
    text = _REMARK.sub("", text).strip()
    if not text or len(text) > 4 * MAX_FORMULA_CHARACTERS:
        return False
    bare = _TEXT.sub("x", text)
    if not _balanced(bare) or '"' in bare or "`" in bare or _IN_PROSE.search(bare):
        return False
    if _COMMAND.search(text):
        return True
    if text[0] in "),.;:!?&" or text[-1] in ",;:&(":
        return False
    if _WORDS.search(bare):
        return False
    if not _OPERATOR.search(bare):
        return _NAMES.fullmatch(bare) is not None and text[-1] != "."
    # A hyphen or a slash alone may stand in words as well.
    return bool(re.search(r"[\^_=<>+*|±×·÷≤≥≠≈∈→∞∑∫√∂′]", bare)) or not re.search(
        r"[A-Za-z]{3,}", bare
    )


def _balanced(text: str) -> bool:
    depth = 0
    for sign in text.replace("\\{", "").replace("\\}", ""):
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0
