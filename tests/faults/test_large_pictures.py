"""Large pictures: they are scaled in one bounded process, and cost the server's memory and readers nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from octavo.content.images import ImageError, missing, probe, scale, scaling
from octavo.content.images.scaling import MAX_PROCESS_BYTES
from tests.conftest import PostsFolder
from tests.waiting import until

# What is allowed, by mode and format: (pixels a side, format, mode).
LARGEST_ALLOWED = [
    (6_450, "PNG", "RGB"),
    (6_450, "PNG", "RGBA"),
    (6_450, "PNG", "LA"),
    (11_600, "PNG", "P"),
    (3_450, "WEBP", "RGB"),
    (4_350, "AVIF", "RGB"),
    (8_900, "JPEG", "RGB"),
    (8_900, "JPEG", "L"),
]


def drawn(path: Path, size: tuple[int, int], mode: str = "RGB", **options: object) -> Path:
    picture = Image.radial_gradient("L").resize(size).convert(mode)
    fast = {"WEBP": {"method": 0}, "AVIF": {"speed": 10}, "PNG": {"compress_level": 1}}
    kind = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".avif": "AVIF"}[path.suffix]
    picture.save(path, kind, **{**fast.get(kind, {}), **options})  # type: ignore[arg-type]
    return path


def child_memory(path: Path, folder: Path) -> int:
    """Return the most memory that scaling a picture took, in bytes: of a process that only does that."""
    script = """
import resource, sys
from pathlib import Path
from octavo.content.images import probe, scale
path, folder = map(Path, sys.argv[1:])
scale(path, probe(path), folder)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""
    command = [sys.executable, "-c", script, str(path), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.long
def test_a_picture_that_takes_too_much_of_a_processors_time_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "MAX_PROCESSOR_TIME", 1)
    path = drawn(tmp_path / "a.png", (6_000, 6_000))

    with pytest.raises(ImageError, match="takes more than 1 s of a processor's time to scale"):
        scale(path, probe(path), tmp_path / "copies")


@pytest.mark.parametrize(
    ("side", "kind", "mode"), [pytest.param(*each, marks=pytest.mark.long) for each in LARGEST_ALLOWED]
)
def test_the_largest_picture_of_each_kind_is_scaled_within_the_memory(
    tmp_path: Path, side: int, kind: str, mode: str
) -> None:
    suffix = {"JPEG": ".jpg"}.get(kind, f".{kind.lower()}")
    path = drawn(tmp_path / f"a{suffix}", (side, side), mode)

    used = child_memory(path, tmp_path / "cache")

    assert used <= MAX_PROCESS_BYTES
    assert missing(probe(path), tmp_path / "cache") == []


@pytest.mark.parametrize(
    "suffix", [".png", *(pytest.param(kind, marks=pytest.mark.long) for kind in (".webp", ".avif"))]
)
def test_a_picture_that_needs_more_memory_is_told_to_its_writer(tmp_path: Path, suffix: str) -> None:
    path = drawn(tmp_path / f"a{suffix}", (9_000, 100))
    tall = drawn(tmp_path / f"tall{suffix}", (7_200, 7_200) if suffix == ".png" else (5_000, 5_000), "L")

    assert probe(path).copy_widths()[-1] == 2_560
    if suffix == ".png":
        # One byte a pixel is within the limit.
        assert probe(tall).width == 7_200
        tall = drawn(tmp_path / "b.png", (7_200, 7_200))
    with pytest.raises(ImageError, match=r"pixels\. To scale them takes \d+ MB .* Export it smaller"):
        probe(tall)


def test_a_picture_that_takes_more_than_its_header_says_ends_only_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.content.images.facts.MAX_SCALING_BYTES", 10**12)
    path = drawn(tmp_path / "a.png", (12_000, 9_000), "RGB")

    with pytest.raises(ImageError):
        scale(path, probe(path), tmp_path / "cache")

    assert not list((tmp_path / "cache").glob("*.webp"))


def test_while_a_picture_is_scaled_readers_get_the_original_and_pages_at_once(
    make_app: Callable[..., Flask], folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.site.pictures.PATIENCE", 0)
    drawn(folder.path / "big.png", (3_000, 2_000))
    folder.write("hello", "![A view](big.png)")
    app = make_app()
    site = app.extensions["octavo"]
    client = app.test_client()
    url = site.addresses.copy("big.png", probe(folder.path / "big.png"), 2560)

    early = client.get(url)
    until(lambda: client.get(url).mimetype == "image/webp", "the copy is ready")

    def is_kept() -> bool:
        return "immutable" in client.get(url).headers["Cache-Control"]

    until(is_kept, "the widest copy is ready")

    assert (early.status_code, early.mimetype, early.headers["Cache-Control"]) == (200, "image/png", "no-store")


def test_a_damaged_picture_is_told_once(
    make_app: Callable[..., Flask], folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    path = drawn(folder.path / "cut.png", (900, 900))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    app = make_app()
    url = app.extensions["octavo"].addresses.copy("cut.png", probe(path), 720)

    answers = [app.test_client().get(url) for _ in range(5)]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert len([line for line in caplog.messages if "cut.png" in line]) == 1


def test_a_process_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.png", (3_000, 3_000))
    script = """
import sys
from pathlib import Path
from octavo.content.images import probe, scale
path, folder = map(Path, sys.argv[1:])
print(flush=True)
scale(path, probe(path), folder)
"""
    command = [sys.executable, "-c", script, str(path), str(tmp_path / "cache")]
    started = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert started.stdout is not None
    started.stdout.readline()
    time.sleep(int.from_bytes(os.urandom(1)) / 1000)
    started.kill()
    started.communicate()

    scale(path, probe(path), tmp_path / "cache")

    assert missing(probe(path), tmp_path / "cache") == []
    assert not list((tmp_path / "cache").glob("*.half"))
