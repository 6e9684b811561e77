"""Photographs tell what they show, and neither where they were taken nor with what."""

from __future__ import annotations

import re
import struct
import subprocess
import textwrap
import zlib
from base64 import b64decode, b64encode
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from octavo.content.images import card_file, original, probe, write_copies
from octavo.content.images.metadata import DamagedError, public
from tests.content.test_images import variant
from tests.tools import needed

SECRETS = [b"SERIAL-4711", b"THUMBNAIL", b"52.5200", b"GPSLatitude", b"PRIVATE-NOTE"]
FORMATS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".avif": "AVIF", ".gif": "GIF"}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><exif:GPSLatitude>52.5200</exif:GPSLatitude></x:xmpmeta>"


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = "PRIVATE-NOTE"
    made.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    made.get_ifd(0x8769).update({0xA431: "SERIAL-4711"})
    return made


def card(path: Path, folder: Path) -> Path:
    with path.open("rb") as file:
        write_copies(file, path.name, probe(path), folder)
    return card_file(probe(path), folder)


def picture(width: int = 800, height: int = 400, mode: str = "RGB") -> Image.Image:
    image = Image.radial_gradient("L").resize((width, height)).convert(mode)
    image.paste(Image.linear_gradient("L").resize((width // 2, height)).convert(mode), (0, 0))
    return image


def photograph(path: Path, orientation: int = 1, animated: bool = False) -> Path:
    """Write a photograph that tells all that a camera and an editor put into one."""
    image = picture(mode="P" if path.suffix == ".gif" else "RGB")
    more: dict[str, object] = {}
    if animated:
        more = {"save_all": True, "append_images": [image.transpose(Image.Transpose.ROTATE_180)]}
    if path.suffix == ".gif":
        more["comment"] = b"PRIVATE-NOTE"
    else:
        more |= {"exif": exif(orientation), "icc_profile": SRGB}
    if path.suffix == ".png":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "PRIVATE-NOTE")
        notes.add_itxt("XML:com.adobe.xmp", XMP.decode())
        more["pnginfo"] = notes
    if path.suffix in (".jpg", ".webp", ".avif"):
        more["xmp"] = XMP
    image.save(path, FORMATS[path.suffix], **more)  # type: ignore[arg-type]
    if path.suffix == ".jpg":
        path.write_bytes(_with_segments(path.read_bytes()))
    return path


def _with_segments(data: bytes) -> bytes:
    """Add what JPEGs have besides: IPTC, a comment, a vendor's own, a JFIF thumbnail, and a picture
    behind the end.
    """
    bodies = {
        0xED: b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0cPRIVATE-NOTE",
        0xFE: b"PRIVATE-NOTE",
        0xEB: b"JP\0PRIVATE-NOTE",
        0xE0: b"JFXX\0\x10THUMBNAIL",
        0xE2: b"FPXR\0THUMBNAIL",
    }
    more = b"".join(struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body for kind, body in bodies.items())
    return data[:2] + more + data[2:] + b"\xff\xd8\xff\xe1SERIAL-4711\xff\xd9"


def pixels(data: bytes) -> list[bytes]:
    with Image.open(BytesIO(data)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(image.convert("RGBA").tobytes())
        return found


DRAWING = """<?xml version="1.0"?>
<?xpacket begin="" id="x"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xl="http://www.w3.org/1999/xlink"
  xmlns:i="http://www.inkscape.org/namespaces/inkscape" i:export-filename="/home/PRIVATE-NOTE/a>b.png"
  xml:lang="en" width="9" height="9">
<!--! Licence --><!-- /home/PRIVATE-NOTE > x --><style><![CDATA[/*<!-- a -->*/]]></style>
<metadata id="m"><!-- PRIVATE-NOTE --><x:xmpmeta xmlns:x="adobe:ns:meta/">
<e:GPSLatitude xmlns:e="exif">52.5200</e:GPSLatitude><g/></x:xmpmeta></metadata>
<metadata/><i:page i:a="PRIVATE-NOTE"/><i:page><i:page/>PRIVATE-NOTE</i:page>
<g i:label='PRIVATE-NOTE'><a xl:href="#x"><text>ä</text></a></g><metadata></metadata>
</svg>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_drawings_keep_what_is_drawn_and_no_more(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.svg").write_bytes(DRAWING.encode(encoding))

    plain = original(tmp_path / "a.svg").decode()

    assert not [secret for secret in SECRETS if secret.decode() in plain]
    assert "metadata" not in plain
    assert 'xml:lang="en" width="9" height="9">\n<!--! Licence --><style><![CDATA[/*<!-- a -->*/]]></style>' in plain
    assert '<g><a xl:href="#x"><text>ä</text></a></g>\n</svg>' in plain
    assert probe(tmp_path / "a.svg").width == 9


@pytest.mark.parametrize("line_end", ["\n", "&#10;", "&#xA;"])
def test_photographs_within_drawings_keep_no_secrets(tmp_path: Path, line_end: str) -> None:
    inner = b64encode(photograph(tmp_path / "a.jpg").read_bytes()).decode()
    lines = line_end.join(textwrap.wrap(inner, 76))
    (tmp_path / "a.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/jpg;base64,{lines}"/></svg>'
    )

    found = re.search(rb'href="data:image/jpeg;base64,([^"]+)"/></svg>', original(tmp_path / "a.svg"))

    assert found is not None
    assert not [secret for secret in SECRETS if secret in b64decode(found[1])]


def test_a_drawing_without_metadata_stays_as_it_is(tmp_path: Path) -> None:
    drawn = b'<svg xmlns="http://www.w3.org/2000/svg"><style>a > b { c: "d" }</style><![CDATA[<metadata>]]></svg>'
    (tmp_path / "a.svg").write_bytes(drawn)

    assert original(tmp_path / "a.svg") == drawn


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("animated", [False, True])
def test_public_photograph_tells_nothing_and_shows_the_same(tmp_path: Path, suffix: str, animated: bool) -> None:
    if animated and suffix == ".jpg":
        pytest.skip("no animation")
    path = photograph(tmp_path / f"a{suffix}", animated=animated)
    before = path.read_bytes()
    assert any(secret in before for secret in SECRETS)

    after = original(path)

    assert [secret for secret in SECRETS if secret in after] == []
    assert pixels(after) == pixels(before)
    with Image.open(BytesIO(after)) as image:
        assert dict(image.getexif().get_ifd(0x8825)) == {}
        assert set(image.getexif()) <= {0x0112}
        assert suffix == ".gif" or image.info.get("icc_profile") == SRGB


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_photograph_keeps_the_way_it_is_turned(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = photograph(tmp_path / f"a{suffix}", orientation)

    after = original(path)

    with Image.open(BytesIO(after)) as image:
        assert image.getexif().get(0x0112, 1) == orientation


def test_avif_keeps_the_way_it_is_turned(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.avif", 6)

    after = original(path)

    with Image.open(BytesIO(after)) as image, Image.open(path) as before:
        assert image.getexif().get(0x0112, 1) == before.getexif().get(0x0112, 1)
        assert len(after) == path.stat().st_size


def test_pictures_behind_the_first_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    second = picture(300, 200)
    picture().save(path, "MPO", save_all=True, append_images=[second], exif=exif())

    after = original(path)

    with Image.open(BytesIO(after)) as image:
        assert image.format == "JPEG"
    assert after.count(b"\xff\xd8\xff") == 1
    assert pixels(after) == pixels(path.read_bytes())[:1]


def test_progressive_and_cut_off_jpeg_stay_as_they_show(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture().save(path, progressive=True, exif=exif(), icc_profile=SRGB)
    assert pixels(original(path)) == pixels(path.read_bytes())

    cut = path.read_bytes()[: path.stat().st_size // 2]

    assert b"SERIAL-4711" not in public(cut, "image/jpeg")


def test_jpeg_without_a_profile_in_several_parts_keeps_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    long_profile = SRGB + bytes(150_000)
    picture().convert("CMYK").save(path, icc_profile=long_profile, exif=exif())

    after = original(path)

    with Image.open(BytesIO(after)) as image:
        assert image.info["icc_profile"] == long_profile
        assert image.mode == "CMYK"
    assert pixels(after) == pixels(path.read_bytes())


def test_transparency_and_frames_of_png_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture(mode="L").save(path, transparency=128, dpi=(72, 72), gamma=0.5)

    after = original(path)

    assert pixels(after) == pixels(path.read_bytes())
    with Image.open(BytesIO(after)) as image:
        assert image.info["transparency"] == 128


def test_unknown_parts_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture().save(path)
    data = path.read_bytes()
    body = b"caBXPRIVATE-NOTE"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))

    after = public(data[:33] + chunk + data[33:] + b"PRIVATE-NOTE", "image/png")

    assert after == data


@given(
    st.binary(max_size=400),
    st.sampled_from(["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]),
)
@settings(deadline=None)
def test_any_bytes_are_a_picture_or_damaged(data: bytes, mimetype: str) -> None:
    heads = {
        "image/jpeg": b"\xff\xd8",
        "image/png": b"\x89PNG\r\n\x1a\n",
        "image/webp": b"RIFF\x40\0\0\0WEBP",
    }
    heads |= {
        "image/gif": b"GIF89a",
        "image/avif": b"\0\0\0\x10ftypavif\0\0\0\0\0\0\0\x40meta\0\0\0\0",
    }

    with suppress(DamagedError):
        public(heads[mimetype] + data, mimetype)


@pytest.mark.parametrize("suffix", FORMATS)
def test_exiftool_finds_nothing(tmp_path: Path, suffix: str) -> None:
    exiftool = needed("exiftool")
    path = tmp_path / f"public{suffix}"
    path.write_bytes(original(photograph(tmp_path / f"a{suffix}")))

    told = subprocess.run([exiftool, "-G1", "-a", str(path)], capture_output=True, text=True, check=True).stdout

    # Of itself it tells that the emptied place of an AVIF's XMP is none.
    told = "\n".join(line for line in told.splitlines() if not line.startswith("[ExifTool]"))
    assert not any(word in told for word in ("GPS", "Serial", "Thumbnail", "XMP", "IPTC", "PRIVATE"))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("a.jpg", (6000, 4000)),
        ("a.avif", (900, 900)),
        ("a.gif", (700, 3000)),
        ("a.png", (600, 315)),
    ],
)
@pytest.mark.thorough
def test_card_is_a_small_jpeg_of_one_size(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    path = tmp_path / name
    picture(*size).save(path, FORMATS[path.suffix])

    made = card(path, tmp_path / "cache")

    assert probe(path).has_card
    assert made.stat().st_size <= 300_000
    with Image.open(made) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (1200, 630), "RGB")


def test_card_of_an_animation_is_its_first_frame_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    red = Image.new("RGBA", (1200, 630), (200, 0, 0, 255))
    red.paste((0, 0, 0, 0), (0, 0, 600, 630))
    red.save(path, save_all=True, append_images=[Image.new("RGBA", (1200, 630), "blue")])

    with Image.open(card(path, tmp_path / "cache")) as image:
        left = image.getpixel((100, 300))
        right = image.getpixel((1100, 300))

    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert min(left) > 240
    assert right[0] > 180
    assert right[2] < 40


@pytest.mark.parametrize("size", [(40, 40), (599, 900), (900, 314)])
def test_small_picture_has_no_card(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "a.png"
    picture(*size).save(path)

    assert not probe(path).has_card


def test_colour_that_stands_for_none_is_none_in_copies(tmp_path: Path) -> None:
    path = tmp_path / "t.png"
    Image.new("RGB", (800, 400), "white").save(path, transparency=(255, 255, 255))
    grey = tmp_path / "g.png"
    Image.new("L", (800, 400), 255).save(grey, transparency=255)

    copies = [Image.open(variant(file, 320, tmp_path / "cache")) for file in (path, grey)]

    assert [copy.convert("RGBA").getpixel((2, 2))[3] for copy in copies] == [0, 0]  # type: ignore[index]


def test_original_goes_out_only_where_it_is_small_or_all_there_is(tmp_path: Path) -> None:
    picture(3000, 2000).save(tmp_path / "wide.jpg")
    picture(1000, 600).save(tmp_path / "small.jpg")
    Image.effect_noise((2500, 2500), 120).save(tmp_path / "heavy.png")

    found = {name: probe(tmp_path / name).is_public() for name in ("wide.jpg", "small.jpg", "heavy.png")}

    assert found == {"wide.jpg": False, "small.jpg": True, "heavy.png": False}
