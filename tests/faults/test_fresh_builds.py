"""`flask index build --fresh` beside an index that serves, in a process of its own, also where it is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Document

FILES = {f"{number}.md": "1" for number in range(200)}
# Stops at a document of the second batch, when the first one is committed, until its input ends.
BUILD = """
import sys
from pathlib import Path
from octavo.search.engines.embedded import EmbeddedEngine
from tests.faults.test_fresh_builds import FILES, load

def slowly(path):
    if len(loaded) == 150:
        print(flush=True)
        sys.stdin.read()
    loaded.add(path)
    return load(path)

loaded = set()
EmbeddedEngine(Path(sys.argv[1])).sync(FILES, slowly, fresh=True)
"""


def load(path: str) -> Document:
    return Document(path=path, digest="1", title=f"Mars {path}", body="A planet.")


def count(root: Path) -> int:
    """Return how many documents a process that starts now can search."""
    return EmbeddedEngine(root).status().documents


@pytest.mark.parametrize("killed", [False, True])
def test_a_fresh_build_is_current_when_it_is_complete(tmp_path: Path, killed: bool) -> None:
    EmbeddedEngine(tmp_path).sync(FILES, load)
    before = EmbeddedEngine(tmp_path).status().generation
    build = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert build.stdout is not None
    build.stdout.readline()

    meanwhile = count(tmp_path)
    if killed:
        build.kill()
    build.communicate()

    assert meanwhile == count(tmp_path) == 200
    assert EmbeddedEngine(tmp_path).status().state == "ready"
    EmbeddedEngine(tmp_path).sync(FILES, load)
    assert len(list(tmp_path.glob("index-*"))) == 1
    assert before > 0


def test_a_first_build_is_searched_while_it_runs(tmp_path: Path) -> None:
    build = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert build.stdout is not None
    build.stdout.readline()

    meanwhile = count(tmp_path)
    build.communicate()

    assert 0 < meanwhile < count(tmp_path) == 200
