"""Slugs: the part of a URL that names a post, a tag, a category or an author.

`parse.py` chooses the text of a post's slug, `slug_conflicts.py` decides who gets one that several
want.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ASCII_WORD = re.compile("[a-z0-9]+")
# These tell C++ and C# from C.
_SIGNS = {"+": " plus", "#": " sharp"}
_SIGNED = re.compile(r"(?:(?<=[a-z])\++|(?<=\b[a-z])#)(?![^\W\d_])")
# `.NET` becomes `dot-net`, which differs from `net`.
_LEADING_DOT = re.compile(r"(?<![^\s,;(])\.(?=[^\W\d_]{2})")
_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i"}
)
# What systems write behind a page's name, and how they call the file that a folder is shown by.
PAGE_ENDING = re.compile(r"\.(?:md|mdx|markdown|qmd|rmd|rst|html?|xhtml|php|aspx?)$", re.IGNORECASE)
_INDEX = re.compile(rf"^(?:_?index|readme|default)(?:{PAGE_ENDING.pattern})?$", re.IGNORECASE)


@lru_cache(maxsize=65536)
def slugify(text: str) -> str:
    """Return `text` as a slug: lower case, words joined by hyphens, Latin letters without accents.

    Signs at a name are words: C++ is `c-plus-plus`, .NET is `dot-net`. Letters of other scripts
    stay (`火星` is a slug), so a slug is empty only where the text has no letter or digit. Two
    texts that differ only in case or Unicode form get the same slug, and a slug is its own slug.
    """
    if text.isascii():
        folded = text.lower()
    else:
        # Decomposing brings out capitals that have no lower case as one character (𝐀); lower
        # case decomposes again.
        lower = unicodedata.normalize("NFKD", text).casefold()
        folded = unicodedata.normalize("NFKD", lower).translate(_SPECIAL)
    if "." in folded:
        folded = _LEADING_DOT.sub("dot ", folded)
    if "+" in folded or "#" in folded:
        folded = _SIGNED.sub(_signs_as_words, folded)
    if folded.isascii():
        return "-".join(_ASCII_WORD.findall(folded))
    words: list[str] = [""]
    for character in folded:
        if character.isalnum() or (words[-1] and _is_vowel_mark(character)):
            words[-1] += character
        elif words[-1] and not _is_accent(character):
            words.append("")
    return unicodedata.normalize("NFC", "-".join(filter(None, words)))


# The same for what strangers type, of which nothing is remembered.
slugify_once = slugify.__wrapped__


def without_date(name: str) -> str:
    """Return a name without the date at its beginning (Jekyll's dated file names)."""
    return re.sub(r"^\d{4}-\d{1,2}-\d{1,2}[-_ ](?=.)", "", name)


def _signs_as_words(found: re.Match[str]) -> str:
    return "".join(_SIGNS[sign] for sign in found.group()) + " "


def _is_accent(character: str) -> bool:
    """Whether a mark is an accent of Latin, Greek or Cyrillic."""
    return "\u0300" <= character <= "\u036f"


def _is_vowel_mark(character: str) -> bool:
    """Whether a mark carries a sound, as in Indic scripts: no accent, no selector of an emoji."""
    if character.isascii() or _is_accent(character) or "\ufe00" <= character <= "\ufe0f":
        return False
    return unicodedata.category(character) in ("Mn", "Mc") and character < "\U000e0000"


def link_name(path: str) -> str:
    """Return the slug that all links to one file or article share: that of the path's last segment.

    A date before it and a page's ending are left out. '' where it has no letter or digit.
    """
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    while parts and _INDEX.match(parts[-1]):
        parts.pop()
    if not parts:
        return ""
    return slugify_once(without_date(PAGE_ENDING.sub("", parts[-1])))
