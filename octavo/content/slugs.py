"""Slugs: the part of a URL that names a post, a tag, a category or an author."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SEPARATORS = re.compile(r"[^\w]+|_+")
_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i"}
)


@lru_cache(maxsize=65536)
def slugify(text: str) -> str:
    """Return `text` as a slug: lower case, words joined by hyphens, Latin letters without their accents.

    Letters of other scripts stay (`火星` is a slug), so a slug is empty only where the text has no letter or digit.
    Two texts that differ only in case or Unicode form get the same slug.
    """
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_SPECIAL)
    plain = "".join(c for c in folded if not _is_latin_accent(c))
    return _SEPARATORS.sub("-", unicodedata.normalize("NFC", plain)).strip("-")


def _is_latin_accent(character: str) -> bool:
    # The combining diacritics of Latin, Greek and Cyrillic; marks of Indic scripts carry vowels and stay.
    return "\u0300" <= character <= "\u036f"
