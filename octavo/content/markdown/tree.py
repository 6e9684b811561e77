"""Questions to the parsed tree of a body."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from octavo.content.markdown.cleaning import scrub
from octavo.content.markdown.outline import LEVELS

BLOCKS = frozenset(
    """
    aside blockquote caption dd details div dl dt figcaption figure hr li ol p pre summary table tr ul
    """.split()
) | set(LEVELS)
_PHRASES = frozenset(
    "abbr b bdi bdo cite code dfn em i kbd mark q s samp small span strong sub sup time u var".split()
)
# Elements that HTML allows only inside of certain others.
_PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "figcaption": {"figure"},
    "summary": {"details"},
    "source": {"audio", "video"},
    "track": {"audio", "video"},
    "rt": {"ruby"},
    "rp": {"ruby"},
}


def is_misplaced(node: LexborNode) -> bool:
    """Whether HTML forbids this element here: it is to be replaced by its content."""
    tag = node.tag or ""
    parent = node.parent
    if tag in _PHRASES:
        return any(child.tag in BLOCKS for child in node.iter())
    if tag in ("p", "div"):
        while parent is not None and parent.tag in _PHRASES:
            parent = parent.parent
        return parent is not None and parent.tag == "summary"
    if tag == "summary" and parent is not None and first_content(parent) != node:
        return True
    return tag in _PARENTS and (parent is None or parent.tag not in _PARENTS[tag])


def first_content(node: LexborNode) -> LexborNode | None:
    """Return the first child that is not white space, or None."""
    child = node.first_child
    while child is not None and child.is_empty_text_node:
        child = child.next
    return child


def lone_image(paragraph: LexborNode) -> LexborNode | None:
    """Return the picture that is all of a paragraph, linked or not; otherwise None."""
    node = paragraph.first_child
    if node is not None and node.tag == "a" and _is_alone(node):
        node = node.first_child
    if node is not None and node.tag == "img" and _is_alone(node):
        return node
    return None


def _is_alone(node: LexborNode) -> bool:
    return node.next is None and node.prev is None


def has_elements(node: LexborNode) -> bool:
    """Whether an element holds other elements, and not text alone."""
    return any(not child.is_text_node for child in node.iter(include_text=True))


def plain_text(node: LexborNode) -> str:
    """Return the text in `node` on one line, with `alt` for pictures, without footnote numbers."""
    return " ".join(scrub("".join(_pieces(node))).split())


def _pieces(node: LexborNode) -> Iterator[str]:
    for child in node.traverse(include_text=True):
        if child.tag == "img":
            yield child.attributes.get("alt") or ""
        elif child.is_text_node and not _in_reference(child):
            yield child.text_content or ""


def _in_reference(text: LexborNode) -> bool:
    link = text.parent
    around = link.parent if link is not None and link.tag == "a" else None
    return around is not None and around.attributes.get("class") == "footnote-reference"


def touches_word(formula: LexborNode) -> bool:
    """Whether a letter or digit is next to the dollar signs, as in `US$5-$10` and `$HOME/$USER`."""
    before, after = formula.prev, formula.next
    return bool(
        (before is not None and before.is_text_node and (before.text_content or "")[-1:].isalnum())
        or (after is not None and after.is_text_node and (after.text_content or "")[:1].isalnum())
    )
