"""Questions to the parsed tree of a body: what an element is, and where its attributes place it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborNode

from octavo.content.markdown.cleaning import LATE_SOURCES, scrub
from octavo.content.markdown.outline import LEVELS
from octavo.content.markdown.targets import ResolvedPicture

BLOCKS = frozenset(
    """
    address article aside blockquote caption dd details div dl dt figcaption figure footer header hr li
    main nav ol p pre section summary table tr ul
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

# The words that attributes, classes and styles of other systems have for a side.
_SIDE = re.compile(
    r"""\b(?:align|text|float|img|image|pull|is|wp-block-image-align)?[-_]?
        (left|right|center|centre|centered)\b
      | (?:float|text-align)\s*:\s*(left|right|center)""",
    re.VERBOSE | re.IGNORECASE,
)
_WIDTH = re.compile(r"(\d{1,3})(?:\.\d+)?%|(\d{1,4})(?:px)?")
_PIXELS = re.compile(r"(\d{1,4})(?:px)?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)[wx]")
_STYLE_WIDTH = re.compile(r"(?:^|;)\s*(?:max-)?width\s*:\s*([\d.]+(?:%|px))")
# The widths, in percent of the column, that the style sheet has classes for.
WIDTHS = (10, 20, 25, 30, 33, 40, 50, 60, 66, 70, 75, 80, 90)

Attributes = Mapping[str, str | None]


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


def source_of(image: LexborNode) -> str:
    """Return the address of a picture, or ''.

    Of one that a script would load late it is that of the picture, not of what holds its place.
    """
    attributes = image.attributes
    source = attributes.get("src") or ""
    if source and not source.startswith("data:"):
        return source
    late = next((name for name in LATE_SOURCES if attributes.get(name)), None)
    if late is None:
        return source
    found = attributes[late] or ""
    if late.endswith("srcset"):
        return _largest(found)
    return found


def _largest(srcset: str) -> str:
    """Return the address of the largest picture in a `srcset`: `a.png 1x, b.png 2x`."""
    candidates = [words for words in map(str.split, re.split(r",\s+|,$", srcset)) if words]
    if not candidates:
        return ""
    return max(candidates, key=_size_of)[0]


def _size_of(candidate: list[str]) -> float:
    size = _SIZE.fullmatch(candidate[-1])
    return float(size[1]) if size else 0


def is_repeated(image: LexborNode, attributes: Attributes) -> bool:
    """Whether a picture that is loaded late stands there once more: in a `<noscript>`."""
    if not any(map(attributes.get, LATE_SOURCES)):
        return False
    following = image.next
    while following is not None and following.is_text_node and not following.text().strip():
        following = following.next
    if following is None or following.tag != "img" or "src" not in following.attributes:
        return False
    return source_of(following) == source_of(image)


def _is_alone(node: LexborNode) -> bool:
    return node.next is None and node.prev is None


def has_elements(node: LexborNode) -> bool:
    """Whether an element holds other elements, and not text alone."""
    return any(not child.is_text_node for child in node.iter(include_text=True))


def plain_text(node: LexborNode) -> str:
    """Return the text in `node` on one line, with `alt` for pictures, without footnote numbers."""
    return " ".join(scrub("".join(_pieces(node))).split())


def named_text(node: LexborNode) -> str:
    """Return the text in a heading that its id is made of: as it is written, without pictures."""
    return "".join(
        child.text_content or ""
        for child in node.traverse(include_text=True)
        if child.is_text_node and not _in_reference(child)
    )


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


def as_class(names: str) -> str:
    """Return `class="..."` after a space, or '' where there are no names."""
    return f' class="{names}"' if names else ""


def side_of(attributes: Attributes) -> str:
    """Return the class for the side at which an element floats, or ''."""
    if not attributes:
        return ""
    for name in ("align", "class", "style"):
        found = _SIDE.search(attributes.get(name) or "")
        if found is None:
            continue
        side = (found[1] or found[2]).lower()
        if side in ("left", "right"):
            return f"align-{side}"
        return "align-center"
    return ""


# The looks that the style sheet has for a part of a text, by their classes.
LOOKS = frozenset({"gallery", "link-card", "pull-quote", "side-note"})


def look_of(attributes: Attributes) -> str:
    """Return the class for the look of a part of a text, or ''."""
    names = (attributes.get("class") or "").split()
    return next((name for name in names if name in LOOKS), "")


def place_of(attributes: Attributes) -> str:
    """Return the classes for side and width of a picture or of the element around it, or ''."""
    if not attributes:
        return ""
    classes = side_of(attributes)
    written = attributes.get("width") or ""
    styled = _STYLE_WIDTH.search(attributes.get("style") or "")
    if styled:
        written = styled[1]
    width = _WIDTH.fullmatch(written.strip())
    if width is None:
        return classes
    if width[1] is None:
        return f"{classes} sized".strip()
    percent = int(width[1])
    if percent > WIDTHS[-1]:
        return classes
    nearest = min(WIDTHS, key=lambda size: abs(size - percent))
    return f"{classes} width-{nearest}".strip()


def with_width(
    attributes: dict[str, str | None], picture: ResolvedPicture
) -> dict[str, str | None]:
    """Return a picture's attributes; a `height` without a `width` gets the one that it means."""
    height = _PIXELS.fullmatch((attributes.get("height") or "").strip())
    if height is None or attributes.get("width") or not picture.height:
        return attributes
    width = round(picture.width * int(height[1]) / picture.height)
    if not 0 < width < picture.width:
        return attributes
    return {**attributes, "width": str(width)}


def scaled(picture: ResolvedPicture, width: str) -> tuple[int, int]:
    """Return the size in pixels at which to show a picture: its own, or a smaller `width`."""
    wanted = _PIXELS.fullmatch(width.strip())
    if wanted is None or not 0 < int(wanted[1]) < picture.width:
        return picture.width, picture.height
    return int(wanted[1]), max(1, round(picture.height * int(wanted[1]) / picture.width))
