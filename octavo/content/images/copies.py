"""What readers get of a picture: smaller copies, the original without metadata, a social card."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.content.files.roots import PublicFile
from octavo.content.files.writing import write_whole
from octavo.content.images.facts import (
    LARGEST,
    WIDTHS,
    ImageError,
    Picture,
    damaged,
    digest_of,
    open_image,
    orientation_of,
    probe,
)
from octavo.content.images.metadata import DamagedError, public

if TYPE_CHECKING:
    from PIL import Image as PillowImage

# The size of a social card in pixels.
CARD_SIZE = (1_200, 630)
# WhatsApp shows no card of more than about 600 KB; qualities are tried in this order until it is
# small enough.
_MAX_CARD_BYTES = 300_000
_CARD_QUALITIES = (85, 75, 60, 40)
_WEBP_QUALITY = 80
# Copies of one picture are made one after the other, and few at a time: a decoded picture takes up
# to 320 MB.
_LOCKS = tuple(threading.Lock() for _ in range(2))


def original(path: PublicFile) -> bytes:
    """Return a picture's file without places, serial numbers, thumbnails and other metadata.

    Its pixels are the same. Raises ImageError and OSError as `probe` does.
    """
    picture = probe(path)
    try:
        return public(path.read_bytes(), picture.mimetype)
    except DamagedError as error:
        raise damaged(path.name, error) from error


def variant(path: PublicFile, width: int, cache_folder: Path, largest: int = LARGEST) -> Path:
    """Return the path of a WebP copy `width` pixels wide, which is made when first asked for.

    `width` is one of `Picture.copy_widths`. The copy is upright, in sRGB, and has no metadata. Its
    name holds the digest of the picture, so a copy is never stale, and the folder may be emptied at
    any time. Raises ImageError and OSError as `probe` does.
    """
    picture = probe(path)
    if width not in picture.copy_widths(largest):
        raise ImageError(path.name, f"has no copy {width} pixels wide.", "Use the original.")
    height = max(1, round(picture.height * width / picture.width))

    def made(data: bytes) -> bytes:
        small = _upright(data, path.name, (width, height))
        written = BytesIO()
        small.save(written, "WEBP", quality=_WEBP_QUALITY, method=4)
        return written.getvalue()

    return _kept(path, picture, cache_folder / f"{picture.digest}-{width}.webp", made)


def next_smaller(picture: Picture, width: int, cache_folder: Path) -> Path | None:
    """Return the path of the widest copy below `width` that exists already, or None."""
    for narrower in reversed([narrow for narrow in WIDTHS if narrow < width]):
        copy = cache_folder / f"{picture.digest}-{narrower}.webp"
        if copy.exists():
            return copy
    return None


def card(path: PublicFile, cache_folder: Path) -> Path:
    """Return the path of a picture's social card, a JPEG of CARD_SIZE, made when first asked for.

    It shows the middle of the picture, or of an animation's first frame, on white where the picture
    is transparent. Raises ImageError and OSError as `probe` does.
    """
    picture = probe(path)
    if not picture.has_card:
        raise ImageError(
            path.name, "is too small for a card, or a drawing.", "Use the drawn cover."
        )

    def made(data: bytes) -> bytes:
        return _card(data, path.name, picture)

    return _kept(path, picture, cache_folder / f"{picture.digest}-card.jpg", made)


def _card(data: bytes, name: str, picture: Picture) -> bytes:
    from PIL import Image, ImageOps

    width, height = CARD_SIZE
    scale = max(width / picture.width, height / picture.height)
    size = (max(width, round(picture.width * scale)), max(height, round(picture.height * scale)))
    image = _upright(data, name, size)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    image = ImageOps.fit(image, CARD_SIZE)
    for quality in _CARD_QUALITIES:
        written = BytesIO()
        image.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
        if written.tell() <= _MAX_CARD_BYTES:
            break
    return written.getvalue()


def _kept(path: PublicFile, picture: Picture, copy: Path, made: Callable[[bytes], bytes]) -> Path:
    """Return `copy`; a missing file is written with what `made` returns for the picture's bytes."""
    if copy.exists():
        return copy
    with _LOCKS[int(picture.digest[:2], 16) % len(_LOCKS)]:
        if not copy.exists():
            data = path.read_bytes()
            if digest_of(data) != picture.digest:
                raise ImageError(path.name, "changed while it was read.", "Load the page again.")
            content = made(data)
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_whole(copy, content)
    return copy


def _upright(data: bytes, name: str, size: tuple[int, int]) -> PillowImage.Image:
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
    with open_image(data, name) as image:
        orientation = orientation_of(image)
        if orientation >= 5:
            size = (size[1], size[0])
        try:
            image.draft(None, size)  # JPEG decodes at a half, a quarter or an eighth
            small = _in_srgb(_resized(image, size))
        except (
            Exception
        ) as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
            raise damaged(name, error) from error
    if orientation in turns:
        small = small.transpose(turns[orientation])
    small.info.clear()  # Pillow would write profile and metadata from here
    return small


def _resized(image: PillowImage.Image, size: tuple[int, int]) -> PillowImage.Image:
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    elif "transparency" in image.info:
        # A colour of a grey or coloured picture that stands for none: scaled as it is, it would be
        # shown.
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


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
