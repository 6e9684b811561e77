"""Removes what cameras and programs write into pictures: places, serial numbers, thumbnails.

No pixel is touched. Each format has an allow-list of the parts that a browser needs, so that
unknown parts are left out too. Orientation and colour profile stay.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping

from octavo.content.images.isobmff import without_metadata
from octavo.content.images.svg import plain_drawing

# A marker within the compressed data of a JPEG; FF 00 is a byte of data, FF D0 to FF D7 part it.
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])", re.DOTALL)
_SOI = 0xD8
_EOI = 0xD9
_SOS = 0xDA
_APP0 = 0xE0
_APP1 = 0xE1
_APP2 = 0xE2
_APP14 = 0xEE
_APP15 = 0xEF
# Colours: the profile, and how Adobe's programs turned them.
_KEPT_APPLICATIONS = {_APP2: b"ICC_PROFILE\0", _APP14: b"Adobe"}
_COM = 0xFE
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
# A JFIF header without the thumbnail that may follow it: 14 bytes and two zeros.
_JFIF = b"JFIF\0"
_JFIF_BYTES = 12

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# https://www.w3.org/TR/png-3/#11Chunks: all but texts, times, EXIF and what programs call their
# own.
_PNG_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST "
    b"pHYs sPLT acTL fcTL fdAT".split()
)

# https://developers.google.com/speed/webp/docs/riff_container
_WEBP_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_EXIF = 0x08
_WEBP_XMP = 0x04
# Bytes of a frame's place, size and duration, before its chunks.
_ANMF_HEADER = 16

# Extensions of GIF that say how an animation repeats or what its colours mean.
_GIF_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
_GIF_APPLICATION = 0xFF
_GIF_COMMENT = 0xFE

_TIFF_ORIENTATION = 0x0112


class DamagedError(ValueError):
    """A picture's file is cut short, or its parts are not in the order that its format wants."""


def public(data: bytes, mimetype: str) -> bytes:
    """Return a picture's file without its metadata; the pixels stay bit for bit.

    `mimetype` is that of the bytes, as `probe` tells it; data of an unknown type is returned as it
    is. Raises DamagedError where the parts of the file cannot be told apart.
    """
    strip = _STRIPPERS.get(mimetype)
    if strip is None:
        return data
    try:
        return strip(data)
    except (struct.error, IndexError) as error:
        raise DamagedError(str(error)) from error


def _jpeg(data: bytes) -> bytes:
    """Return a JPEG without metadata, and without what follows the picture's end.

    https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B. Cameras put more pictures after the end
    (CIPA DC-007), phones a film or a record of their own.
    """
    kept = [b"\xff\xd8"]
    orientation = 1
    profile_at = 1
    for marker, body, scan in _jpeg_segments(data):
        if marker == _APP1 and body[:6] == b"Exif\0\0":
            orientation = _orientation(body[6:])
            continue
        kept_body = _jpeg_body(marker, body)
        if kept_body is None:
            continue
        kept.append(struct.pack(">BBH", 0xFF, marker, len(kept_body) + 2) + kept_body + scan)
        if marker == _APP0:
            # JFIF wants to be the first segment, EXIF the one after it.
            profile_at = len(kept)
    if orientation != 1:
        body = b"Exif\0\0" + exif(orientation)
        kept.insert(profile_at, struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body)
    return b"".join([*kept, b"\xff\xd9"])


def _jpeg_body(marker: int, body: bytes) -> bytes | None:
    """Return the part of a segment that is kept; None where all of it is left out."""
    if marker == _APP0 and body.startswith(_JFIF):
        return body[:_JFIF_BYTES] + b"\0\0"
    kept = _KEPT_APPLICATIONS.get(marker)
    if kept is not None and body.startswith(kept):
        return body
    if _APP0 <= marker <= _APP15 or marker == _COM:
        return None
    return body


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield marker, body and following compressed data of each segment up to the picture's end."""
    if data[:2] != b"\xff\xd8":
        raise DamagedError("it does not begin as a JPEG")
    place = 2
    while place < len(data):
        if data[place] != 0xFF:
            raise DamagedError("something stands between two segments")
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == _EOI:
            return
        if marker in _NO_LENGTH:
            place += 2
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        body = data[place + 4 : place + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise DamagedError("a segment is cut off")
        place += 2 + length
        scan = b""
        if marker == _SOS:
            following = _JPEG_MARKER.search(data, place)
            # A file that was cut off in its data still shows its upper part.
            end = len(data)
            if following is not None:
                end = following.start()
            scan = data[place:end]
            place = end
        yield marker, body, scan


def _png(data: bytes) -> bytes:
    kept = [_PNG_SIGNATURE]
    orientation = 1
    for kind, body, chunk in _png_chunks(data):
        if kind == b"eXIf":
            orientation = _orientation(body)
        elif kind in _PNG_CHUNKS:
            kept.append(chunk)
    if len(kept) == 1:
        raise DamagedError("it has no picture")
    if orientation != 1:
        # After IHDR: the standard wants it before the pixels or after them, and readers find it
        # soonest here.
        kept.insert(2, _png_chunk(b"eXIf", exif(orientation)))
    return b"".join(kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the type, the body and all bytes of each chunk up to the last one."""
    if not data.startswith(_PNG_SIGNATURE):
        raise DamagedError("it does not begin as a PNG")
    place = len(_PNG_SIGNATURE)
    kind = b""
    while kind != b"IEND" and place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        yield kind, data[place + 8 : place + 8 + length], data[place:end]
        place = end


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    # Imported here and not at the top: only a picture on its side needs a checksum.
    from zlib import crc32

    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))


def _webp(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise DamagedError("it does not begin as a WebP")
    orientation = 1
    kept: list[bytes] = []
    for kind, body in _riff_chunks(
        data, 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    ):
        if kind == b"EXIF":
            orientation = _orientation(body.removeprefix(b"Exif\0\0"))
        elif kind == b"VP8X":
            kept.append(_riff_chunk(kind, bytes([body[0] & ~(_WEBP_EXIF | _WEBP_XMP)]) + body[1:]))
        elif kind == b"ANMF":
            frames = _riff_chunks(body, _ANMF_HEADER, len(body))
            pixels = (_riff_chunk(inner, part) for inner, part in frames if inner in _WEBP_CHUNKS)
            kept.append(_riff_chunk(kind, body[:_ANMF_HEADER] + b"".join(pixels)))
        elif kind in _WEBP_CHUNKS:
            kept.append(_riff_chunk(kind, body))
    if orientation != 1 and kept and kept[0][:4] == b"VP8X":
        kept[0] = kept[0][:8] + bytes([kept[0][8] | _WEBP_EXIF]) + kept[0][9:]
        kept.append(_riff_chunk(b"EXIF", exif(orientation)))
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_chunks(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while place + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _gif(data: bytes) -> bytes:
    """Return a GIF without metadata: https://www.w3.org/Graphics/GIF/spec-gif89a.txt."""
    if data[:3] != b"GIF":
        raise DamagedError("it does not begin as a GIF")
    place = 13 + _colours(data[10])
    kept = [data[:place]]
    while place < len(data):
        start = place
        kind = data[place]
        if kind == 0x3B:
            break
        if kind == 0x2C:
            place += 10 + _colours(data[place + 9]) + 1
            place = _after_blocks(data, place)
            kept.append(data[start:place])
        elif kind == 0x21:
            label = data[place + 1]
            place = _after_blocks(data, place + 2)
            is_known = data[start + 3 : start + 14] in _GIF_APPLICATIONS
            if label != _GIF_COMMENT and (label != _GIF_APPLICATION or is_known):
                kept.append(data[start:place])
        else:
            raise DamagedError("something stands between two blocks")
    return b"".join([*kept, b"\x3b"])


def _colours(flags: int) -> int:
    """Return the length in bytes of a colour table, by the flags before it; 0 for none."""
    if not flags & 0x80:
        return 0
    return 3 << ((flags & 7) + 1)


def _after_blocks(data: bytes, place: int) -> int:
    while data[place]:
        place += data[place] + 1
    return place + 1


def exif(orientation: int) -> bytes:
    """Return EXIF with the orientation, 1 to 8, and nothing else: a TIFF header and one entry."""
    entry = struct.pack(">HHIHH", _TIFF_ORIENTATION, 3, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)


def _orientation(tiff: bytes) -> int:
    """Return the orientation in EXIF, 1 to 8; 1 where there is none or it is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    if not order:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(
                f"{order}HHIH", tiff, directory + 2 + 12 * number
            )
            if tag == _TIFF_ORIENTATION and kind == 3 and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass
    return 1


def _avif(data: bytes) -> bytes:
    return without_metadata(data, exif(1))


def _svg(data: bytes) -> bytes:
    try:
        return plain_drawing(data, public)
    except ValueError as error:
        raise DamagedError(str(error)) from error


_STRIPPERS: Mapping[str, Callable[[bytes], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/avif": _avif,
    "image/svg+xml": _svg,
}
