"""Pictures: facts from their headers, copies for small screens, and files that are no pictures at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from octavo.content.images import (
    MAX_SVG_BYTES,
    WIDTHS,
    ImageError,
    copy_file,
    missing,
    probe,
    scale,
    write_copies,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}/>'
RED, BLUE = (220, 20, 20), (20, 20, 220)


def two_colours(width: int = 800, height: int = 400) -> Image.Image:
    """A picture that is red at the left and blue at the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def variant(path: Path, width: int, folder: Path) -> Path:
    """Write a picture's copies, and return the one of this width."""
    facts = probe(path)
    with path.open("rb") as file:
        write_copies(file, path.name, facts, folder)
    return copy_file(facts, width, folder)


def is_near(colour: object, wanted: tuple[int, ...]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) < 24 for a, b in zip(colour, wanted, strict=True))


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [
        ("a.jpg", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("a.gif", "image/gif"),
        ("a.avif", "image/avif"),
        ("a.jfif", "image/jpeg"),
        ("a.apng", "image/png"),
    ],
)
def test_facts_of_each_type(tmp_path, name, mimetype):
    picture = probe(save(tmp_path / name, two_colours(300, 200)))

    assert (picture.width, picture.height, picture.mimetype, picture.scalable) == (300, 200, mimetype, True)
    assert len(picture.digest) == 32


def test_type_is_what_the_file_holds_and_not_what_it_is_called(tmp_path):
    save(tmp_path / "a.png", two_colours())
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")

    assert probe(tmp_path / "a.jpg").mimetype == "image/png"


def test_changed_picture_has_new_facts(tmp_path):
    path = save(tmp_path / "a.png", two_colours(300, 200))
    before = probe(path)
    assert probe(path) is before

    save(path, two_colours(200, 300))
    os.utime(path, ns=(1, 1))

    assert (probe(path).width, probe(path).height) == (200, 300)
    assert probe(path).digest != before.digest


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_on_its_side_is_seen_upright(tmp_path, orientation):
    upright = two_colours()
    turn_back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turn_back[orientation]) if orientation in turn_back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.jpg", stored, exif=exif)

    copy = Image.open(variant(path, 320, tmp_path / "cache"))

    assert (probe(path).width, probe(path).height) == (800, 400)
    assert copy.size == (320, 160)
    assert is_near(copy.getpixel((10, 80)), RED)
    assert is_near(copy.getpixel((310, 80)), BLUE)


def test_copies_carry_no_metadata(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    path = save(tmp_path / "a.jpg", two_colours(), exif=exif, comment=b"secret", dpi=(72, 72))

    copy = variant(path, 320, tmp_path / "cache")

    assert b"EXIF" not in copy.read_bytes()
    assert b"ICCP" not in copy.read_bytes()
    assert b"where I live" in path.read_bytes()


def test_colours_are_brought_to_srgb(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    swapped = bytearray(srgb.tobytes())
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    path = save(tmp_path / "a.png", two_colours(), icc_profile=bytes(swapped))
    unusable = save(tmp_path / "b.png", two_colours(), icc_profile=lab.tobytes())
    broken = save(tmp_path / "c.png", two_colours(), icc_profile=b"no profile")

    copies = [Image.open(variant(file, 320, tmp_path / "cache")) for file in (path, unusable, broken)]

    assert is_near(copies[0].getpixel((10, 80)), BLUE)
    assert is_near(copies[1].getpixel((10, 80)), RED)
    assert is_near(copies[2].getpixel((10, 80)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "YCbCr"])
def test_pictures_of_all_modes_are_scaled(tmp_path, mode):
    grey = Image.new("L", (800, 400), 128)
    image = Image.new("I;16", (800, 400), 128 * 257) if mode == "I;16" else grey.convert("RGB").convert(mode)
    path = save(tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.png"), image)

    copy = Image.open(variant(path, 320, tmp_path / "cache")).convert("RGB")

    assert copy.size == (320, 160)
    if mode != "1":
        assert is_near(copy.getpixel((100, 100)), (128, 128, 128))


def test_transparency_stays(tmp_path):
    path = save(tmp_path / "a.png", Image.new("RGBA", (800, 400), (255, 0, 0, 0)))

    assert Image.open(variant(path, 320, tmp_path / "cache")).convert("RGBA").getpixel((9, 9))[3] == 0


@pytest.mark.parametrize(
    ("width", "copies"),
    [
        (200, []),
        (320, []),
        (321, [320, 321]),
        (800, [320, 480, 720, 800]),
        (960, [320, 480, 720, 960]),
        (2500, [*WIDTHS, 2500]),
        (9000, [*WIDTHS, 2560]),
    ],
)
def test_copies_go_up_to_the_width_of_the_picture_itself(tmp_path, width, copies):
    picture = probe(save(tmp_path / "a.png", Image.new("L", (width, 4))))

    assert picture.copy_widths() == copies


def test_copy_in_the_width_of_the_picture_shows_it_whole(tmp_path):
    path = save(tmp_path / "a.jpg", two_colours())

    with Image.open(variant(path, 800, tmp_path / "cache")) as copy:
        assert copy.size == (800, 400)


def test_animations_and_drawings_are_served_as_they_are(tmp_path):
    gif = save(tmp_path / "a.gif", two_colours(), save_all=True, append_images=[Image.new("RGB", (800, 400))])
    webp = save(tmp_path / "a.webp", two_colours(), save_all=True, append_images=[Image.new("RGB", (800, 400))])
    (tmp_path / "a.svg").write_text(SVG.format('width="800" height="400"'))

    assert [probe(path).scalable for path in (gif, webp, tmp_path / "a.svg")] == [False, False, False]
    assert missing(probe(gif), tmp_path / "cache") == [0]


def test_copy_is_made_once_and_again_when_the_cache_was_emptied(tmp_path):
    path, cache = save(tmp_path / "a.jpg", two_colours()), tmp_path / "cache"
    first = variant(path, 320, cache)
    stamp = first.stat().st_mtime_ns

    assert variant(path, 320, cache).stat().st_mtime_ns == stamp

    shutil.rmtree(cache)

    assert variant(path, 320, cache) == first
    assert first.exists()


@pytest.mark.thorough
def test_many_readers_at_once_get_one_whole_copy(tmp_path):
    path, cache = save(tmp_path / "a.jpg", two_colours(2000, 1000)), tmp_path / "cache"

    with ThreadPoolExecutor(8) as readers:
        list(readers.map(lambda _: scale(path, probe(path), cache), range(24)))

    widths = probe(path).copy_widths()
    with Image.open(copy_file(probe(path), 1600, cache)) as copy:
        assert copy.size == (1600, 800)
    assert len(list(cache.glob("*.webp"))) == len(widths)
    assert missing(probe(path), cache) == []


@pytest.mark.thorough
def test_processes_do_not_disturb_each_other(tmp_path):
    path = save(tmp_path / "a.jpg", two_colours(2000, 1000))
    script = """
import sys
from pathlib import Path
from octavo.content.images import copy_file, probe, scale
path, folder = map(Path, sys.argv[1:])
scale(path, probe(path), folder)
print(copy_file(probe(path), 1280, folder).stat().st_size)
"""

    command = [sys.executable, "-c", script, str(path), str(tmp_path / "cache")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    sizes = {process.communicate()[0] for process in started}

    assert len(sizes) == 1
    assert missing(probe(path), tmp_path / "cache") == []
    assert len(list((tmp_path / "cache").glob("*.webp"))) == len(probe(path).copy_widths())


@pytest.mark.parametrize("cut", [0, 1, 20, 300])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.avif"])
def test_damaged_header_is_told_with_the_cure(tmp_path, name, cut):
    whole = save(tmp_path / name, two_colours()).read_bytes()
    (tmp_path / name).write_bytes(whole[: min(cut, len(whole) // 4)])

    for _ in range(2):
        with pytest.raises(ImageError, match=rf"{name}: is .* (Save it|Export it) again"):
            variant(tmp_path / name, 320, tmp_path / "cache")


def test_cut_picture_has_facts_and_no_copy(tmp_path):
    path = save(tmp_path / "a.jpg", two_colours().effect_spread(300))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert probe(path).width == 800
    with pytest.raises(ImageError, match=r"a\.jpg: is damaged .* Export it again"):
        variant(path, 320, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x00" * 1000, b"%PDF-1.4", b"P6 1 1 255 abc", b"II*\0" * 50])
def test_other_files_are_no_pictures(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)

    with pytest.raises(ImageError, match=r"a\.jpg: is not a picture"):
        probe(tmp_path / "a.jpg")


def test_decompression_bomb_is_refused_by_its_header(tmp_path):
    header = (50_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    chunk = b"IHDR" + header
    packed = zlib.compress(b"\0" * 1000)
    data = b"IDAT" + packed
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + (13).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        + len(packed).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")
    )  # fmt: skip

    with pytest.raises(ImageError, match=r"50,000 x 50,000 pixels.* MB of memory; .* Export it smaller"):
        probe(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="120" height="80"', (120, 80)),
        ('width="120px" height="1in"', (120, 96)),
        ('width="10mm" height="10.5pt"', (38, 14)),
        ('viewBox="0 0 640 480"', (640, 480)),
        ('viewBox="0,0,640,480" width="320"', (320, 240)),
        ('viewBox="0 0 640 480" height="240" width="100%"', (320, 240)),
        ('width="100%" height="100%"', (300, 150)),
        ('width="-5" height="nan" viewBox="0 0 0 x"', (300, 150)),
        ('width="999999999999" height="1e9"', (100_000, 150)),
        ("", (300, 150)),
    ],
)
def test_size_of_a_drawing(tmp_path, attributes, size):
    (tmp_path / "a.svg").write_text(SVG.format(attributes))

    picture = probe(tmp_path / "a.svg")

    assert (picture.width, picture.height) == size
    assert picture.mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "damaged"),
        ("<svg", "damaged"),
        ("<html/>", "does not begin with an svg element"),
        ("<svg width='1' height='1'/>", "does not begin with an svg element"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format(""), "declares entities"),
        ('<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG.format(""), "declares entities"),
        ('<!DOCTYPE svg [<!ENTITY % a SYSTEM "http://127.0.0.1/">%a;]>' + SVG.format(""), "declares entities"),
        (SVG.format('width="1"').replace("/>", ">&nope;</svg>"), "damaged"),
        (SVG.format("") + " " * MAX_SVG_BYTES, "bytes; at most"),
    ],
)
def test_drawing_that_is_broken_or_a_trap_is_refused(tmp_path, text, cause):
    (tmp_path / "a.svg").write_text(text)

    with pytest.raises(ImageError, match=cause):
        probe(tmp_path / "a.svg")


def test_drawing_of_an_old_editor_is_read(tmp_path):
    doctype = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    (tmp_path / "a.svg").write_text(doctype + SVG.format('width="7" height="5"'))

    assert probe(tmp_path / "a.svg").width == 7


def test_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "a.jpg")


def test_widths_ascend():
    assert list(WIDTHS) == sorted(set(WIDTHS))
