"""The patches in docs/examples apply to this checkout together, touch no more files than they promise, and run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
EXAMPLES = CHECKOUT / "docs" / "examples"
# What the site's own tests need.
COPIED = ("octavo", "tests", "pyproject.toml")


@dataclass(frozen=True)
class Example:
    """A patch, the files of octavo/ that it may touch, and the test that it brings."""

    name: str
    files: int
    test: str


TABLE = (
    Example("facet", 2, "tests/web/test_month.py"),
    Example("feed-format", 1, "tests/web/test_rdf.py"),
    Example("front-matter-field", 2, "tests/web/test_subtitle.py"),
    Example("page-type", 2, "tests/web/test_categories.py"),
    Example("search-engine", 1, "tests/search/test_in_memory.py"),
)


def test_every_patch_is_in_the_table() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.patch")} == {example.name for example in TABLE}


@pytest.mark.parametrize("example", TABLE, ids=lambda example: example.name)
def test_example_touches_few_files(example: Example) -> None:
    patch = (EXAMPLES / f"{example.name}.patch").read_text(encoding="utf-8")

    touched = re.findall(r"^\+\+\+ b/(octavo/\S+\.py)", patch, re.MULTILINE)

    assert len(touched) == example.files


def test_examples_run_together_in_a_copy(tmp_path: Path) -> None:
    for name in COPIED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        elif source.exists():
            shutil.copy(source, tmp_path)
    for example in TABLE:
        subprocess.run(["git", "apply", str(EXAMPLES / f"{example.name}.patch")], cwd=tmp_path, check=True)

    run = [sys.executable, "-m", "pytest", "-q", "-n0", *(example.test for example in TABLE)]
    tested = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert tested.returncode == 0, tested.stdout + tested.stderr
