"""What readers get of a picture: smaller copies, the original without metadata, a social card."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from octavo.content.files.reading import PublicFile
from octavo.content.files.writing import write_whole
from octavo.content.images.facts import (
    LARGEST,
    WIDTHS,
    ImageError,
    Picture,
    damaged,
    digest_of_file,
    open_image,
    orientation_of,
    probe,
)
from octavo.content.images.metadata import DamagedError, public

if TYPE_CHECKING:
    from PIL import Image as PillowImage

# The size of a social card in pixels.
CARD_SIZE = (1_200, 630)
# WhatsApp shows no card of more than about 600 KB; half of that is safe. Qualities are tried in
# this order until the card is small enough.
_MAX_CARD_BYTES = 300_000
_CARD_QUALITIES = (85, 75, 60, 40)
_WEBP_QUALITY = 80
# A picture is scaled by so many rows of the copy at a time, to save memory.
_ROWS = 32
# How far LANCZOS looks around a pixel of the copy, in its pixels.
_LANCZOS_REACH = 3


def original(path: PublicFile) -> bytes:
    """Return a picture's file without places, serial numbers, thumbnails and other metadata.

    Its pixels are the same. Raises ImageError and OSError as `probe` does.
    """
    picture = probe(path)
    try:
        return public(path.read_bytes(), picture.mimetype)
    except DamagedError as error:
        raise damaged(path.name, error) from error


def copy_file(picture: Picture, width: int, folder: Path) -> Path:
    """Return the path of a WebP copy below the folder of copies, whether it is there or not.

    The name holds the digest of the picture, so a copy is never stale, and the folder may be
    emptied at any time.
    """
    return folder / f"{picture.digest}-{width}.webp"


def card_file(picture: Picture, folder: Path) -> Path:
    """Return the path of a social card below the folder of copies, whether it is there or not."""
    return folder / f"{picture.digest}-card.jpg"


def next_smaller(picture: Picture, width: int, cache_folder: Path) -> Path | None:
    """Return the path of the widest copy below `width` that exists already, or None."""
    for narrower in reversed([narrow for narrow in WIDTHS if narrow < width]):
        copy = copy_file(picture, narrower, cache_folder)
        if copy.exists():
            return copy
    return None


def missing(picture: Picture, folder: Path, largest: int = LARGEST) -> list[int]:
    """Return the widths of the copies that are not there; 0 stands for the social card."""
    widths = picture.copy_widths(largest)
    found = [width for width in widths if not copy_file(picture, width, folder).exists()]
    if picture.has_card and not card_file(picture, folder).exists():
        found.append(0)
    return found


def write_copies(
    file: BinaryIO, name: str, picture: Picture, folder: Path, largest: int = LARGEST
) -> None:
    """Write all copies and the social card that are missing, decoding the open `file` once.

    A copy is a WebP, upright, in sRGB and without metadata. The card is a JPEG of CARD_SIZE that
    shows the middle of the picture, or of an animation's first frame, on white where the picture is
    transparent; icons and the like have none. `largest` is the width of the widest copy in pixels.
    `name` is the picture's in errors.

    Raises ImageError where the picture cannot be decoded, OSError where a copy cannot be written.
    """
    wanted = missing(picture, folder, largest)
    if not wanted:
        return
    _confirm(file, name, picture)
    whole = _upright(file, name, _decoded_size(picture, wanted))
    _confirm(file, name, picture)
    folder.mkdir(parents=True, exist_ok=True)
    for width in wanted:
        if width == 0:
            write_whole(card_file(picture, folder), _card(whole))
            continue
        height = max(1, round(picture.height * width / picture.width))
        written = BytesIO()
        _resized(whole, (width, height)).save(written, "WEBP", quality=_WEBP_QUALITY, method=4)
        write_whole(copy_file(picture, width, folder), written.getvalue())


def _confirm(file: BinaryIO, name: str, picture: Picture) -> None:
    """Raise ImageError where the file is not the picture (any more): copies bear its digest."""
    if digest_of_file(file) != picture.digest:
        raise ImageError(name, "changed while it was read.", "Load the page again.")


def _decoded_size(picture: Picture, wanted: list[int]) -> tuple[int, int]:
    """Return the size from which all wanted copies can be made; never above the picture's own."""
    scale = max(wanted) / picture.width
    if 0 in wanted:
        width, height = CARD_SIZE
        scale = max(scale, width / picture.width, height / picture.height)
    scale = min(scale, 1)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _card(whole: PillowImage.Image) -> bytes:
    from PIL import Image, ImageOps

    image = ImageOps.fit(whole, CARD_SIZE)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    for quality in _CARD_QUALITIES:
        written = BytesIO()
        image.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
        if written.tell() <= _MAX_CARD_BYTES:
            break
    return written.getvalue()


def _upright(file: BinaryIO, name: str, size: tuple[int, int]) -> PillowImage.Image:
    """Return a picture in a size (as seen), in sRGB and without metadata. Raises ImageError."""
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
    small, orientation = _decoded(file, name, size)
    small = _in_srgb(small)
    if orientation in turns:
        small = small.transpose(turns[orientation])
    small.info.clear()  # Pillow would write profile and metadata from here
    return small


def _decoded(file: BinaryIO, name: str, size: tuple[int, int]) -> tuple[PillowImage.Image, int]:
    """Return a picture whose size, as seen, is `size`, and its orientation; the whole is freed."""
    with open_image(file, name) as image:
        orientation = orientation_of(image)
        if orientation >= 5:
            size = (size[1], size[0])
        try:
            image.draft(None, size)  # JPEG decodes at a half, a quarter or an eighth
            return _resized(image, size), orientation
        except MemoryError:
            raise
        except (
            Exception
        ) as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
            raise damaged(name, error) from error


def _resized(image: PillowImage.Image, size: tuple[int, int]) -> PillowImage.Image:
    """Return a picture in another size, in a mode that can be scaled.

    It is made strip by strip: another mode, and Pillow's own working space, take the memory of the
    whole picture once more each.
    """
    from PIL import Image

    image.load()
    width, height = size
    scale = image.height / height
    result: PillowImage.Image | None = None
    for top in range(0, height, _ROWS):
        bottom = min(top + _ROWS, height)
        first = max(0, math.floor((top - _LANCZOS_REACH) * scale))
        last = min(image.height, math.ceil((bottom + _LANCZOS_REACH) * scale))
        strip = _scalable(image.crop((0, first, image.width, last)))
        box = (0, top * scale - first, image.width, min(bottom * scale - first, strip.height))
        part = strip.resize((width, bottom - top), Image.Resampling.LANCZOS, box, reducing_gap=3.0)
        if result is None:
            result = Image.new(part.mode, size)
            result.info = dict(part.info)
        result.paste(part, (0, top))
    assert result is not None
    return result


def _scalable(image: PillowImage.Image) -> PillowImage.Image:
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if "transparency" in image.info:
        # A colour of a grey or coloured picture that stands for none: scaled as it is, it would be
        # shown.
        return image.convert("RGBA")
    if image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _in_srgb(image: PillowImage.Image) -> PillowImage.Image:
    """Return a picture converted to sRGB by its colour profile, if it has one that can be used."""
    from PIL import ImageCms

    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    opaque = image
    if alpha:
        opaque = image.convert("RGB")
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
