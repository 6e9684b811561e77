"""A disk that fails or is full at any call: readers notice nothing, and the next run makes all whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, PostsFolder
from tests.tools import needed

SHIM = Path(__file__).parent / "failing_disk.c"
# No round makes so many calls of a kind in a folder.
MAX_CALLS = 200

ROUNDS = """
import ctypes, errno, json, logging, sys, traceback
from contextlib import contextmanager
from pathlib import Path
from octavo.settings import Settings
from octavo.web.app import make_app

root, numbers = Path(sys.argv[1]), json.loads(sys.argv[2])
disk = ctypes.CDLL(None)
disk.arm.argtypes = ctypes.c_char_p, ctypes.c_int, ctypes.c_long, ctypes.c_long, ctypes.c_int
told = []
logging.getLogger().addHandler(logging.Handler())
logging.getLogger().handlers[-1].emit = lambda record: told.append(record.getMessage())
app = make_app(root, Settings(watch=False, indexing=False, cache="filesystem", api_open=True))
site, client = app.extensions["octavo"], app.test_client()
PAGES = ["/", "/articles/one/", "/articles/changing/", "/tags/moon/", "/search/?q=comet", "/sitemap.xml", "/views/one",
         "/ghost/api/content/posts/"]

def change(version):
    (root / "posts/changing.md").write_text(f"---\\ndate: 2025-01-01\\n---\\nThis is version{version}x.")

def work(version):
    site.refresh(settle=0)
    site.views.count("one", f"reader {version}")
    site.index.sync()
    site.save()
    site.views.flush()
    site.views.publish()

def read(*versions):
    wrong = [(path, client.get(path).status_code) for path in PAGES if client.get(path).status_code != 200]
    text = client.get("/articles/changing/").text
    if not any(f"version{version}x" in text for version in versions):
        wrong.append("the text is neither the old one nor the new one")
    if client.get("/search.json?q=comet").json["total"] != 2:
        wrong.append("the search finds something else")
    return wrong

change(0)
work(0)
version = 0
for folder in ("search_index", "instance"):
    for kind, name in enumerate(("write", "fsync", "rename", "open")):
        for count, error in ((1, "EIO"), (10**9, "ENOSPC"), (10**9, "EMFILE")):
            if error == "EMFILE" and name != "open":
                continue
            for first in numbers:
                version += 1
                change(version)
                told.clear()
                disk.arm(str(root / folder).encode(), kind, first, count, getattr(errno, error))
                try:
                    work(version)
                    wrong = read(version - 1, version)
                except Exception as raised:
                    wrong = [traceback.format_exc()]
                hits = disk.hits()
                disk.arm(b"/nowhere", -1, 0, 0, 0)
                lines = list(told)
                work(version)
                site.index.look()
                wrong += read(version)
                if not site.index.verify():
                    wrong.append(str(site.index.verify()))
                if client.get(f"/search.json?q=version{version}x&exact=1").json["total"] != 1:
                    wrong.append("the new text is not found")
                print(json.dumps([f"{error} at {name} {first} in {folder}", hits, lines, wrong]), flush=True)
                if not hits:
                    break
print(json.dumps([site.views.number("one"), version + 1]))
"""


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes calls of the disk fail."""
    path = tmp_path_factory.mktemp("shim") / "failing_disk.so"
    subprocess.run([needed("gcc", "cc"), "-shared", "-fPIC", "-O1", "-o", path, SHIM, "-ldl"], check=True)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is Linux's")
@pytest.mark.parametrize("numbers", [[1, 4], pytest.param(list(range(1, MAX_CALLS)), marks=pytest.mark.long)])
def test_any_call_of_the_disk_may_fail(folder: PostsFolder, tmp_path: Path, shim: Path, numbers: list[int]) -> None:
    folder.write("one", "Of a comet.", tags=["Moon"])
    folder.write("two", "Of another comet.")
    command = [sys.executable, "-W", "ignore", "-c", ROUNDS, str(tmp_path), json.dumps(numbers)]
    environment = {**os.environ, "LD_PRELOAD": str(shim)}

    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=600)

    assert done.returncode == 0, done.stderr
    *rounds, views = map(json.loads, done.stdout.splitlines())
    assert sum(hits > 0 for _, hits, _, _ in rounds) > 8
    assert [case for case in rounds if case[3]] == []
    assert views[0] == views[1]
    assert [case for case in rounds if not few(case[2])] == []


def few(lines: list[Any]) -> bool:
    """Whether a fault was told in one line, or one for each thing that met it."""
    return len(lines) <= 3 and len(set(lines)) == len(lines)
