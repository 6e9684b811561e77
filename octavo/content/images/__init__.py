"""Pictures beside posts: the facts of their files, and the copies that readers get."""

from octavo.content.images.copies import (
    CARD_SIZE,
    card_file,
    copy_file,
    missing,
    next_smaller,
    original,
    write_copies,
)
from octavo.content.images.facts import (
    LARGEST,
    MAX_READ_BYTES,
    MAX_SCALING_BYTES,
    MAX_SVG_BYTES,
    PICTURE_TYPES,
    SUFFIXES,
    WIDTHS,
    ImageError,
    Picture,
    probe,
)
from octavo.content.images.scaling import scale

__all__ = [
    "CARD_SIZE",
    "LARGEST",
    "MAX_READ_BYTES",
    "MAX_SCALING_BYTES",
    "MAX_SVG_BYTES",
    "PICTURE_TYPES",
    "SUFFIXES",
    "WIDTHS",
    "ImageError",
    "Picture",
    "card_file",
    "copy_file",
    "missing",
    "next_smaller",
    "original",
    "probe",
    "scale",
    "write_copies",
]
