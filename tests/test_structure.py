"""The house: which rooms there are, and which way the imports point."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PACKAGE = CHECKOUT / "octavo"
# A room may import from those that stand after it.
FLOORS = ("web", "site", "search", "content")
TOP_LEVEL = {
    "app.py", "pyproject.toml", "README.md", "LICENSE", "posts", "templates", "static", "search_index", "tests",
    "octavo", ".ci", ".gitignore",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def floor(module: tuple[str, ...]) -> str:
    """The floor of a module below octavo/; what stands beside site.py is of its floor."""
    return module[0] if module and module[0] in ("web", "search", "content") else "site"


def imported(path: Path) -> set[str]:
    """Absolute dotted names of everything that a module imports."""
    package = ("octavo", *path.relative_to(PACKAGE).parent.parts)
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names.update(f"{stem}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = path.relative_to(PACKAGE).with_suffix("").parts
    if own in (("__init__",), ("cli",)):
        pytest.skip("the package's face and the commands stand above all floors")

    wrong = {
        name
        for name in imported(path)
        if name.startswith("octavo.") and FLOORS.index(floor(tuple(name.split(".")[1:]))) < FLOORS.index(floor(own))
    }

    assert wrong == set()


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("flask", {"web", "cli.py"}),
        ("flask_caching", {"web"}),
        ("werkzeug", {"web"}),
        ("whoosh", {"search"}),
        ("frontmatter", {"content"}),
        ("selectolax", {"content"}),
    ],
)
def test_each_library_is_known_in_its_room_only(library: str, allowed: set[str]) -> None:
    knowing = {
        path.relative_to(PACKAGE).parts[0]
        for path in modules()
        if any(name == library or name.startswith(f"{library}.") for name in imported(path))
    }

    assert knowing <= allowed


def test_top_level_of_the_checkout_holds_what_is_agreed_and_nothing_else() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout
    if not listed:
        pytest.skip("not a git checkout")

    assert {name.split("/")[0] for name in listed.splitlines()} == TOP_LEVEL


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_of_a_size_that_can_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
