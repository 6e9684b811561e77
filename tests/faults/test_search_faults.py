"""Whatever happens to search_index/, readers get an answer and the next sync makes it whole again."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from octavo.content.posts import Post
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Document, Snapshot
from tests.tools import needed

COUNT = 60


def document(number: int, version: int = 0) -> Document:
    title, body = f"Comet number{number}", "Halley came back. " * 20
    return Document(f"{number}.md", f"{number}-{version}", title, body=body, tags=("Comets",), category="Sky")


class Site:
    """Sixty articles and a Search over them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.documents = {d.path: d for d in map(document, range(COUNT))}
        self.visible = Snapshot({
            path: Post(path, d.digest, path[:-3], d.title, tags=d.tags, category=d.category)
            for path, d in self.documents.items()
        })  # fmt: skip
        self.search = EmbeddedEngine(root)

    def sync(self) -> None:
        self.search.sync({p: d.digest for p, d in self.documents.items()}, self.documents.__getitem__)

    def assert_answers(self) -> None:
        """The page works: from the index or from titles and tags."""
        self.search.index.refresh()
        results = self.search.search("number7 tag:comets", self.visible)
        assert [hit.path for hit in results.hits[:1]] == ["7.md"]

    def assert_whole(self) -> None:
        self.search.index.refresh()
        results = self.search.search("halley", self.visible)
        assert (results.total, results.partial) == (COUNT, False)
        assert self.search.verify({p: d.digest for p, d in self.documents.items()})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "search_index")
    site.sync()
    site.assert_whole()
    return site


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.name != "lock")


def delete_all(root: Path) -> None:
    shutil.rmtree(root)


def empty_all(root: Path) -> None:
    for path in files(root):
        path.write_bytes(b"")


def delete_pointer(root: Path) -> None:
    (root / "current.json").unlink()


def delete_files(root: Path) -> None:
    for path in files(root):
        if path.name != "current.json":
            path.unlink()


def truncate_segments(root: Path) -> None:
    for path in root.rglob("*.seg1"):
        os.truncate(path, path.stat().st_size // 2)


def garbage(root: Path) -> None:
    for path in files(root):
        path.write_bytes(os.urandom(path.stat().st_size))


def other_version(root: Path) -> None:
    pointer = json.loads((root / "current.json").read_text())
    pointer["identity"] = "made-by-another-version"
    (root / "current.json").write_text(json.dumps(pointer))


def wrong_types(root: Path) -> None:
    pointer = json.loads((root / "current.json").read_text())
    pointer["generation"] = "../../etc/passwd"
    (root / "current.json").write_text(json.dumps(pointer))


def open_to_others(root: Path) -> None:
    for path in root.glob("index-*"):
        path.chmod(0o777)


FAULTS = [
    delete_all, empty_all, delete_pointer, delete_files, truncate_segments, garbage, other_version,
    wrong_types,
    open_to_others,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_while_serving_is_not_noticed_by_readers_and_is_repaired(
    site: Site, fault: Callable[[Path], None]
) -> None:
    fault(site.root)

    site.assert_answers()
    site.sync()

    site.assert_whole()


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_found_at_start_is_not_noticed_by_readers_and_is_repaired(
    site: Site, fault: Callable[[Path], None]
) -> None:
    fault(site.root)
    restarted = Site(site.root)

    restarted.assert_answers()
    restarted.sync()

    restarted.assert_whole()


def _flip(path: Path, chosen: random.Random) -> None:
    data = bytearray(path.read_bytes())
    at = chosen.randrange(len(data))
    data[at] ^= 1 << chosen.randrange(8)
    path.write_bytes(data)


def _flip_and_repair(site: Site, seed: int) -> None:
    chosen = random.Random(seed)
    pristine = {path: path.read_bytes() for path in files(site.root)}
    _flip(chosen.choice(list(pristine)), chosen)

    restarted = Site(site.root)
    restarted.assert_answers()
    restarted.sync()

    restarted.assert_whole()


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bit_is_noticed_at_start_and_repaired(site: Site, seed: int) -> None:
    _flip_and_repair(site, seed)


@pytest.mark.long
def test_any_flipped_bit_is_noticed_at_start_and_repaired(site: Site) -> None:
    for seed in range(1_000):
        _flip_and_repair(site, seed)


def test_read_only_folder_is_searched_and_sync_says_what_is_wrong(site: Site) -> None:
    program = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_search_faults as faults
site = faults.Site(Path(sys.argv[1]))
site.assert_answers()
site.documents["new.md"] = faults.document(1_000)
report = site.search.sync({p: d.digest for p, d in site.documents.items()}, site.documents.__getitem__)
assert "cannot be written" in report.error, report
site.assert_answers()
"""
    for path in (site.root, *site.root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = [sys.executable, "-c", program, str(site.root), str(Path(__file__).parent)]
    if os.geteuid() == 0:
        # Root may write everywhere, unless it gives that up.
        command = [needed("setpriv"), "--bounding-set=-dac_override", "--inh-caps=-dac_override", *command]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    for path in (site.root, *site.root.rglob("*")):
        path.chmod(0o700)
    assert done.returncode == 0, done.stderr


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_search_faults as faults
site = faults.Site(Path(sys.argv[1]))
version = int(sys.argv[3])
while True:
    version += 1
    for number in range(0, faults.COUNT, 1 + version % 7):
        site.documents[f"{number}.md"] = faults.document(number, version)
    print(version, flush=True)
    site.sync()
"""


def _kill_writers(site: Site, times: int, seed: int = 5) -> None:
    chosen = random.Random(seed)
    for round_ in range(times):
        writer = subprocess.Popen(
            [
                sys.executable,
                "-c",
                WRITER,
                str(site.root),
                str(Path(__file__).parent),
                str(1_000 * (round_ + 1)),
            ],
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chosen.random() * 0.1)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()

        restarted = Site(site.root)
        results = restarted.search.search("halley", restarted.visible)
        assert (results.total, results.partial) == (COUNT, False), restarted.search.index.problem
        assert restarted.search.status().state == "ready"
        paths = restarted.search.index.reader().paths  # type: ignore[union-attr]
        live = restarted.search.index.reader().live.tolist()  # type: ignore[union-attr]
        assert sorted(p for p, alive in zip(paths, live, strict=True) if alive) == sorted(site.documents)
    site.search = EmbeddedEngine(site.root)
    site.sync()
    site.assert_whole()


def test_killed_writers_leave_a_readable_index_with_every_article_once(site: Site) -> None:
    _kill_writers(site, 4)


@pytest.mark.long
@pytest.mark.parametrize("hundred", range(10))
def test_a_thousand_killed_writers_leave_a_readable_index_with_every_article_once(site: Site, hundred: int) -> None:
    _kill_writers(site, 100, seed=hundred)


def test_what_killed_writers_left_is_swept_by_the_next_commit(site: Site) -> None:
    (site.root / "index-0123456789ab").mkdir()
    folder = next(path for path in site.root.glob("index-*") if list(path.iterdir()))
    (folder / "MAIN_leftover.seg1").write_bytes(b"half")
    (folder / "_MAIN_99.toc").write_bytes(b"half")
    site.documents["0.md"] = document(0, 1)

    site.sync()

    site.assert_whole()
    left = {path.name for path in folder.iterdir()}
    assert not left & {"MAIN_leftover.seg1", "_MAIN_99.toc"}
    assert [path for path in site.root.glob("index-*") if path != folder] == []
