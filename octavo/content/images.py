"""Pictures: what their headers say, and smaller copies for small screens."""

from __future__ import annotations

import hashlib
import math
import os
import re
import tempfile
import threading
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from PIL import Image as PillowImage

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".svg")
WIDTHS = (320, 640, 960, 1280, 1600, 2400)
MAX_BYTES = 50_000_000
MAX_SVG_BYTES = 4_000_000
MAX_PIXELS = 80_000_000

_FORMATS = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with more pictures behind the first, as many cameras write it
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
}
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
_WEBP_QUALITY = 80
# Copies of one picture are made one after the other, and few at a time: a decoded picture takes up
# to 320 MB.
_LOCKS = tuple(threading.Lock() for _ in range(2))


class ImageError(Exception):
    """A picture that cannot be shown; its reader is a writer, who is told the cause and the cure."""

    def __init__(self, name: str, cause: str, cure: str) -> None:
        super().__init__(f"{name}: {cause} {cure}")
        self.cause = cause
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's file says: its size in pixels as it is seen, the hex BLAKE2b-128 of its
    bytes, its type.

    `scalable` pictures have WebP copies; animations and drawings (SVG) are served as they are.
    """

    width: int
    height: int
    digest: str
    mimetype: str
    scalable: bool


def probe(path: Path) -> Picture:
    """Return the facts of the picture at `path`; they are kept until its modification time or size
    changes.

    Raises ImageError where it is no picture of a type in SUFFIXES, is damaged, or is too large;
    OSError where it cannot be read.
    """
    stat = path.stat()
    facts = _facts(str(path), stat.st_mtime_ns, stat.st_size)
    if isinstance(facts, ImageError):
        raise ImageError(path.name, facts.cause, facts.cure)
    return facts


def copy_widths(picture: Picture) -> list[int]:
    """Return the widths in which a picture has WebP copies: those of WIDTHS below its own, then its
    own.

    There are none of a picture that is small or not scalable; none is wider than the last of
    WIDTHS.
    """
    if not picture.scalable or picture.width <= WIDTHS[0]:
        return []
    below = [width for width in WIDTHS if width < picture.width]
    return below if len(below) == len(WIDTHS) else [*below, picture.width]


def variant(path: Path, width: int, cache_folder: Path) -> Path:
    """Return the file of a WebP copy of `width` pixels (one of `copy_widths`), made on first use.

    It is upright, in sRGB, and has no metadata. Its name holds the digest of the picture, so a copy
    is never stale, and the folder may be emptied at any time. Raises ImageError and OSError as
    `probe` does.
    """
    picture = probe(path)
    if width not in copy_widths(picture):
        raise ImageError(path.name, f"has no copy {width} pixels wide.", "Use the original.")
    copy = cache_folder / f"{picture.digest}-{width}.webp"
    if copy.exists():
        return copy
    with _LOCKS[int(picture.digest[:2], 16) % len(_LOCKS)]:
        if not copy.exists():
            data = path.read_bytes()
            if _digest(data) != picture.digest:
                raise ImageError(path.name, "changed while it was read.", "Load the page again.")
            _write_whole(copy, _scaled(data, path.name, picture, width))
    return copy


@lru_cache(maxsize=65536)
def _facts(path: str, mtime_ns: int, size: int) -> Picture | ImageError:
    # Errors are kept too: a damaged picture of many megabytes is not read again at each request.
    name = os.path.basename(path)
    drawn = name.lower().endswith(".svg")
    limit = MAX_SVG_BYTES if drawn else MAX_BYTES
    if size > limit:
        return ImageError(
            name, f"has {size:,} bytes; at most {limit:,} are read.", "Export a smaller picture."
        )
    data = Path(path).read_bytes()
    try:
        return _svg_facts(data, name) if drawn else _raster_facts(data, name)
    except ImageError as error:
        return error


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _raster_facts(data: bytes, name: str) -> Picture:
    with _open(data, name) as image:
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        kind = image.format or ""
        try:
            animated = kind != "MPO" and bool(getattr(image, "is_animated", False))
        except Exception as error:  # a damaged second frame
            raise _damaged(name, error) from error
        return Picture(width, height, _digest(data), _FORMATS[kind], not animated)


def _open(data: bytes, name: str) -> PillowImage.Image:
    """Return a picture of which only the header has been read. Raises ImageError."""
    # Pillow takes longer to import than the rest of the engine, and a site may have no pictures.
    from PIL import Image

    Image.init()  # else a format that is not common has no reader yet, and naming it is an error
    Image.MAX_IMAGE_PIXELS = (
        None  # it warns on standard error, long before it refuses; checked below instead
    )
    try:
        image = Image.open(BytesIO(data), formats=[kind for kind in _FORMATS if kind in Image.OPEN])
    except (
        Exception
    ) as error:  # plugins raise struct.error, SyntaxError, ValueError and more on damaged headers
        cure = "Save it again as JPEG, PNG, WebP, AVIF or GIF."
        raise ImageError(name, "is not a picture that can be read.", cure) from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        cure = "Export it smaller: 3,200 pixels a side are plenty."
        raise ImageError(name, f"has more than {MAX_PIXELS:,} pixels.", cure)
    return image


def _damaged(name: str, error: Exception) -> ImageError:
    return ImageError(name, f"is damaged ({error}).", "Export it again from its source.")


def _orientation(image: PillowImage.Image) -> int:
    """Return EXIF's orientation, 1 to 8: from 5 on, the picture lies on its side."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # damaged metadata does not make a bad picture
        return 1
    return value if value in range(1, 9) else 1


def _scaled(data: bytes, name: str, picture: Picture, width: int) -> bytes:
    """Return the picture as WebP, `width` pixels wide. Raises ImageError."""
    from PIL import Image

    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    height = max(1, round(picture.height * width / picture.width))
    written = BytesIO()
    with _open(data, name) as image:
        orientation = _orientation(image)
        size = (height, width) if orientation >= 5 else (width, height)
        try:
            image.draft(None, size)  # JPEG decodes at a half, a quarter or an eighth
            small = _in_srgb(_resized(image, size))
        except (
            Exception
        ) as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
            raise _damaged(name, error) from error
    if orientation in turns:
        small = small.transpose(turns[orientation])
    small.info.clear()  # Pillow would write profile and metadata from here
    small.save(written, "WEBP", quality=_WEBP_QUALITY, method=4)
    return written.getvalue()


def _resized(image: PillowImage.Image, size: tuple[int, int]) -> PillowImage.Image:
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    elif image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: PillowImage.Image) -> PillowImage.Image:
    """Return the picture in the colours of the Web, by its colour profile where it has one that can
    be used.
    """
    from PIL import ImageCms

    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    opaque = image.convert("RGB") if alpha else image
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(
                opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            opaque = converted or opaque
        except (ImageCms.PyCMSError, OSError, ValueError):  # a profile for another mode, or damaged
            pass
    opaque = opaque.convert("RGB")
    if alpha:
        opaque.putalpha(alpha)
    return opaque


def _write_whole(file: Path, data: bytes) -> None:
    """Write so that no other process ever sees a part of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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
        raise _damaged(name, error) from error
    width, height = _svg_size(root)
    return Picture(width, height, _digest(data), "image/svg+xml", False)


def _svg_size(root: dict[str, str]) -> tuple[int, int]:
    """Return width and height in CSS pixels; what is not said follows from the view box, or is as
    in CSS.
    """
    width, height = _length(root.get("width", "")), _length(root.get("height", ""))
    box = [_length(part) for part in root.get("viewBox", "").replace(",", " ").split()[2:4]]
    box_width, box_height = (
        (box[0] or 300, box[1] or 150) if len(box) == 2 else (width or 300, height or 150)
    )
    if not width:
        width = height * box_width / box_height if height else box_width
    if not height:
        height = width * box_height / box_width
    return _whole(width), _whole(height)


def _length(text: str) -> float:
    match = _LENGTH.fullmatch(text)
    return float(match[1]) * _PIXELS[match[2] or ""] if match else 0.0


def _whole(length: float) -> int:
    return max(1, min(math.ceil(length), 100_000))
