"""Pictures beside posts: the facts of their files, and the copies that readers get."""

from octavo.content.images.copies import (
    CARD_SIZE,
    card,
    next_smaller,
    original,
    variant,
)
from octavo.content.images.facts import (
    LARGEST,
    MAX_BYTES,
    MAX_PIXELS,
    MAX_SVG_BYTES,
    SUFFIXES,
    WIDTHS,
    ImageError,
    Picture,
    probe,
)

__all__ = [
    "CARD_SIZE",
    "LARGEST",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SVG_BYTES",
    "SUFFIXES",
    "WIDTHS",
    "ImageError",
    "Picture",
    "card",
    "next_smaller",
    "original",
    "probe",
    "variant",
]
