"""The facts of a picture's file: size, type, digest, and whether it can be scaled."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO
from xml.parsers import expat

from octavo.content.files.reading import PublicFile

if TYPE_CHECKING:
    from PIL import Image as PillowImage

# Files of pictures by their suffixes, with the media type that these promise.
PICTURE_TYPES: Mapping[str, str] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp"), "image/jpeg"),
    **dict.fromkeys((".png", ".apng"), "image/png"),
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
SUFFIXES = tuple(PICTURE_TYPES)
# A larger picture, or drawing, is not shown.
MAX_READ_BYTES = 50_000_000
MAX_SVG_BYTES = 4_000_000
# The widths of copies in pixels, and that of the largest where no setting says otherwise.
WIDTHS = (320, 480, 720, 960, 1280, 1600, 2400)
LARGEST = 2_560
# Memory in bytes that a picture may take while it is scaled; with the program that does it, that
# process stays below 250 MB.
MAX_SCALING_BYTES = 195_000_000
# A larger original is not given to readers where there are copies; bytes.
MAX_ORIGINAL_BYTES = 4_000_000
# What a picture needs to be a social card, in pixels: smaller ones would be a blur.
_LEAST_CARD_SIZE = (600, 315)

_FORMATS = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with more pictures behind the first, as many cameras write it
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
}
# Addresses hold the digest and answers to them are kept for a year. A change of what is made of the
# same file gets other addresses by another name here.
_RECIPE = b"octavo pictures 3"
_SVG_ROOT = "http://www.w3.org/2000/svg svg"
_LENGTH = re.compile(r"\s*([0-9]{0,9}\.?[0-9]{1,9})(px|pt|pc|mm|cm|in)?\s*")
_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
}


class ImageError(Exception):
    """A picture that cannot be shown; its writer is told the cause and the cure."""

    def __init__(self, name: str, cause: str, cure: str) -> None:
        super().__init__(f"{name}: {cause} {cure}")
        self.cause = cause
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Picture:
    """The facts of a picture's file: size in pixels as seen, digest, type, and size in bytes.

    Equal digests (32 hex digits) mean equal files, and equal copies made of them. `scalable`
    pictures have WebP copies; animations and drawings (SVG) have none.
    """

    width: int
    height: int
    digest: str
    mimetype: str
    scalable: bool
    bytes: int

    def copy_widths(self, largest: int = LARGEST) -> list[int]:
        """Return the widths, in pixels, of the WebP copies, in ascending order.

        They are those of WIDTHS below the picture's own width, and that itself. None is wider than
        `largest`. A picture that is small or not scalable has no copies.
        """
        if not self.scalable or self.width <= WIDTHS[0]:
            return []
        widest = min(self.width, largest)
        return [*(width for width in WIDTHS if width < widest), widest]

    def is_public(self, largest: int = LARGEST) -> bool:
        """Whether readers get the original without metadata: small enough, or without copies."""
        if not self.copy_widths(largest):
            return True
        return self.width <= largest and self.bytes <= MAX_ORIGINAL_BYTES

    @property
    def has_card(self) -> bool:
        """Whether the picture can be a social card: it is no drawing, and large enough."""
        least_width, least_height = _LEAST_CARD_SIZE
        is_drawing = self.mimetype == "image/svg+xml"
        return not is_drawing and self.width >= least_width and self.height >= least_height


def probe(file: PublicFile) -> Picture:
    """Return the facts of a picture's file, kept until its modification time or size changes.

    Raises ImageError where it is no picture of a type in SUFFIXES, is damaged, or is too large;
    OSError where it cannot be read.
    """
    stat = file.stat()
    facts = _facts(file, stat.st_mtime_ns, stat.st_size)
    if isinstance(facts, ImageError):
        raise ImageError(file.name, facts.cause, facts.cure)
    return facts


@lru_cache(maxsize=65536)
def _facts(file: PublicFile, mtime_ns: int, size: int) -> Picture | ImageError:
    # Errors are kept too: a damaged picture of many megabytes is not read again at each request.
    name = file.name
    drawn = name.lower().endswith(".svg")
    limit = MAX_READ_BYTES
    if drawn:
        limit = MAX_SVG_BYTES
    if size > limit:
        return ImageError(
            name, f"has {size:,} bytes; at most {limit:,} are read.", "Export a smaller picture."
        )
    data = file.read_bytes()
    try:
        if drawn:
            return _svg_facts(data, name)
        return _raster_facts(data, name)
    except ImageError as error:
        return error


def digest_of(data: bytes) -> str:
    """Return the digest of a picture file's bytes, as in `Picture.digest`: 32 hex digits."""
    return hashlib.blake2b(data, digest_size=16, key=_RECIPE).hexdigest()


def digest_of_file(file: BinaryIO) -> str:
    """Return the digest of an open file's bytes, as `digest_of` does, and rewind the file."""
    made = hashlib.blake2b(digest_size=16, key=_RECIPE)
    file.seek(0)
    while part := file.read(1_000_000):
        made.update(part)
    file.seek(0)
    return made.hexdigest()


def _raster_facts(data: bytes, name: str) -> Picture:
    with open_image(BytesIO(data), name) as image:
        needed = _scaling_bytes(image, len(data))
        if needed > MAX_SCALING_BYTES:
            cause = (
                f"has {image.width:,} x {image.height:,} pixels. To scale them takes "
                f"{needed / 1e6:,.0f} MB of memory; the limit is {MAX_SCALING_BYTES / 1e6:,.0f}."
            )
            cure = "Export it smaller: 3,200 pixels a side are plenty."
            raise ImageError(name, cause, cure)
        width, height = image.size
        if orientation_of(image) >= 5:
            width, height = height, width
        kind = image.format or ""
        try:
            animated = kind != "MPO" and bool(getattr(image, "is_animated", False))
        except Exception as error:  # a damaged second frame
            raise damaged(name, error) from error
        return Picture(width, height, digest_of(data), _FORMATS[kind], not animated, len(data))


def _scaling_bytes(image: PillowImage.Image, size: int) -> int:
    """Return about how much memory scaling a picture takes, by its header, in bytes.

    The numbers were measured with Pillow 12. `size` is that of the file.
    """
    pixels = image.width * image.height
    wide = min(image.width, LARGEST)
    made = wide * max(1, round(image.height * wide / image.width))
    # The largest copy in two colour spaces, and the encoder's own working space.
    encoding = 20 * made
    frame = 4 * pixels
    decoding = 0
    if image.mode in ("1", "L", "P"):
        # Its strips are scaled in another mode, at four times the bytes.
        frame = pixels * 5 // 4
    elif image.mode.startswith("I;16"):
        frame = 2 * pixels
    if image.format in ("JPEG", "MPO"):
        # `draft` decodes at a half, a quarter or an eighth, but a progressive file's coefficients
        # are kept for all of its pixels.
        reduced = max(part for part in (1, 2, 4, 8) if part == 1 or image.width // wide >= part)
        frame = frame // reduced**2
        if image.info.get("progressive"):
            frame += 6 * pixels
    elif image.format == "WEBP":
        # Its decoder keeps two pictures and hands over a third.
        decoding = 16 * pixels + size
        frame = 12 * pixels + size
    elif image.format == "AVIF":
        decoding = 10 * pixels + size
    return max(decoding, frame + 4 * made, encoding)


def open_image(file: BinaryIO, name: str) -> PillowImage.Image:
    """Return a picture of which only the header has been read.

    Raises ImageError where it cannot be read.
    """
    # Pillow takes longer to import than the rest of the engine, and a site may have no pictures.
    from PIL import Image

    Image.init()  # else a format that is not common has no reader yet, and naming it is an error
    # It would warn on standard error, long before it refuses; `probe` refuses by memory instead.
    Image.MAX_IMAGE_PIXELS = None
    try:
        return Image.open(file, formats=[kind for kind in _FORMATS if kind in Image.OPEN])
    except (
        Exception
    ) as error:  # plugins raise struct.error, SyntaxError, ValueError and more on damaged headers
        cure = "Save it again as JPEG, PNG, WebP, AVIF or GIF."
        raise ImageError(name, "is not a picture that can be read.", cure) from error


def damaged(name: str, error: Exception) -> ImageError:
    """Return the error for a picture that cannot be decoded."""
    return ImageError(name, f"is damaged ({error}).", "Export it again from its source.")


def orientation_of(image: PillowImage.Image) -> int:
    """Return EXIF's orientation, 1 to 8; from 5 on, width and height are swapped."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # damaged metadata does not make a bad picture
        return 1
    if value in range(1, 9):
        return int(value)
    return 1


def _svg_facts(data: bytes, name: str) -> Picture:
    root: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if root:
            return
        if tag != _SVG_ROOT:
            raise ImageError(
                name,
                "does not begin with an svg element.",
                f'Add xmlns="{_SVG_ROOT.split()[0]}" to it.',
            )
        root.update(attributes, tag=tag)

    def entity(*_: object) -> None:
        raise ImageError(
            name, "declares entities, which are not read.", "Export it again as plain SVG."
        )

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as error:
        raise damaged(name, error) from error
    width, height = _svg_size(root)
    return Picture(width, height, digest_of(data), "image/svg+xml", False, len(data))


def _svg_size(root: dict[str, str]) -> tuple[int, int]:
    """Return width and height in CSS pixels; missing ones by the view box, or CSS's 300 by 150."""
    width = _length(root.get("width", ""))
    height = _length(root.get("height", ""))
    box = [_length(part) for part in root.get("viewBox", "").replace(",", " ").split()[2:4]]
    box_width = width or 300
    box_height = height or 150
    if len(box) == 2:
        box_width = box[0] or 300
        box_height = box[1] or 150
    if not width:
        width = box_width
        if height:
            width = height * box_width / box_height
    if not height:
        height = width * box_height / box_width
    return _whole(width), _whole(height)


def _length(text: str) -> float:
    match = _LENGTH.fullmatch(text)
    if match:
        return float(match[1]) * _PIXELS[match[2] or ""]
    return 0.0


def _whole(length: float) -> int:
    return max(1, min(math.ceil(length), 100_000))
