"""Removes metadata from boxes (ISO/IEC 14496-12): AVIF pictures, MP4 and QuickTime films.

What tells of place and device is overwritten where it stands, with as many bytes: nothing else in
the file moves, so the tables that point to pixels and sounds stay right.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

# Boxes that hold boxes on the way to what is looked for.
_FOLDERS = frozenset({b"moov", b"trak", b"mdia", b"minf"})
# Boxes of notes: user data (QuickTime's places are there), extensions with an identity of their own
# (Adobe's XMP).
_NOTES = frozenset({b"udta", b"uuid"})
_NOTED_ITEMS = frozenset({b"Exif", b"mime", b"uri "})
# XMP that says nothing.
_NO_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
# Tables of a `meta` box are read whole; a true one has some kilobytes.
_MAX_META_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Patch:
    """Bytes that replace those at an offset of a file."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


def without_metadata(data: bytes, exif: bytes) -> bytes:
    """Return a file with its metadata and thumbnails overwritten, in the same number of bytes.

    `exif` takes the place of a picture's own EXIF where it fits.
    """
    made = bytearray(data)
    for patch in patches(BytesIO(data), len(data), exif):
        made[patch.offset : patch.offset + len(patch.data)] = patch.data
    return bytes(made)


def patches(file: BinaryIO, size: int, exif: bytes = b"") -> list[Patch]:
    """Return the patches that overwrite the metadata and thumbnails in a file of `size` bytes.

    `exif` takes the place of a picture's own EXIF where it fits.
    """
    return list(_patches(file, 0, size, exif))


def _patches(file: BinaryIO, start: int, end: int, exif: bytes) -> Iterator[Patch]:
    for box in _boxes(file, start, end):
        if box.kind in _NOTES:
            yield Patch(box.start + 4, b"free")
            yield Patch(box.body, bytes(box.end - box.body))
        elif box.kind in _FOLDERS:
            yield from _patches(file, box.body, box.end, exif)
        elif box.kind == b"meta":
            yield from _meta(file, box, exif)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return
        length, kind = struct.unpack_from(">I4s", head)
        body = start + 8
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
            body = start + 16
        elif length == 0:
            length = end - start
        if length < body - start or start + length > end:
            return
        yield _Box(kind, start, body, start + length)
        start += length


def _meta(file: BinaryIO, box: _Box, exif: bytes) -> Iterator[Patch]:
    if box.end - box.body > _MAX_META_BYTES:
        return
    # A full box has four bytes of version and flags first; QuickTime's has none.
    first = box.body + 4
    tables = {inner.kind: inner for inner in _boxes(file, first, box.end)}
    if b"iloc" not in tables:
        # Notes in keys and values: of Apple's phones, places are among them.
        yield Patch(box.start + 4, b"free")
        yield Patch(box.body, bytes(box.end - box.body))
        return
    kinds = _item_kinds(file, tables.get(b"iinf"))
    thumbnails = _thumbnails(file, tables.get(b"iref"))
    inner = tables.get(b"idat")
    place = 0
    if inner is not None:
        place = inner.body
    # The offset of the TIFF header comes before it: ISO/IEC 23008-12, A.2.1.
    stand_ins = {b"mime": _NO_XMP, b"Exif": exif and bytes(4) + exif}
    for item, offset, length in _extents(file, tables[b"iloc"], place):
        kind = kinds.get(item, b"")
        if kind not in _NOTED_ITEMS and item not in thumbnails:
            continue
        stand_in = stand_ins.get(kind, b"")
        if len(stand_in) > length:
            stand_in = b""
        # XMP may end in blanks and not in zeros; all others may end in anything.
        yield Patch(offset, stand_in.ljust(length))


def _content(file: BinaryIO, box: _Box) -> bytes:
    file.seek(box.body)
    return file.read(box.end - box.body)


def _item_kinds(file: BinaryIO, box: _Box | None) -> dict[int, bytes]:
    """Return the type of each item by its number, from the `infe` boxes of `iinf`."""
    if box is None:
        return {}
    version = _content(file, box)[0]
    found = {}
    for entry in _boxes(file, box.body + (6 if version == 0 else 8), box.end):
        body = _content(file, entry)
        # Versions 0 and 1 know only files, and no types.
        if entry.kind != b"infe" or body[0] < 2:
            continue
        form = ">H2x4s" if body[0] == 2 else ">I2x4s"
        item, kind = struct.unpack_from(form, body, 4)
        found[item] = kind
    return found


def _thumbnails(file: BinaryIO, box: _Box | None) -> set[int]:
    """Return the numbers of the items that are thumbnails of others."""
    if box is None:
        return set()
    form = ">H" if _content(file, box)[0] == 0 else ">I"
    entries = (entry for entry in _boxes(file, box.body + 4, box.end) if entry.kind == b"thmb")
    return {struct.unpack_from(form, _content(file, entry))[0] for entry in entries}


def _extents(file: BinaryIO, box: _Box, inner: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, offset and length of each part of each item; `inner` is where `idat` begins."""
    body = _content(file, box)
    version = body[0]
    sizes = [body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if version else 0]
    wide = 4 if version == 2 else 2
    place = 6
    count = int.from_bytes(body[place : place + wide])
    place += wide

    def number(size: int) -> int:
        nonlocal place
        place += size
        return int.from_bytes(body[place - size : place])

    for _ in range(count):
        item = number(wide)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(sizes[2])
        for _ in range(number(2)):
            number(sizes[3])
            offset = base + number(sizes[0])
            length = number(sizes[1])
            if method == 1:
                yield item, inner + offset, length
            elif method == 0:
                yield item, offset, length
