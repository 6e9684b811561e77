"""The house: which rooms there are, which way the imports point, and who knows which library."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PACKAGE = CHECKOUT / "octavo"
# A room may import from itself and from those that stand after it.
ROOMS = (
    "testing", "octavo", "cli", "plugins", "serving", "web", "site", "settings", "search", "content", "hooks",
    "cached",
)  # fmt: skip
# The rooms of web/, likewise.
ROOMS_OF_WEB = (
    "app", "export", "develop", "previews", "pages", "api", "changes", "feeds", "theme", "metrics", "head",
    "inquiries", "page_kinds", "request", "readiness", "path_prefix", "cache", "read_model", "covers", "logs",
    "limits", "clients", "security", "phrases",
)  # fmt: skip
# The rooms of search/, likewise.
ROOMS_OF_SEARCH = (
    "engines", "query", "portable", "index", "embedders", "vectors", "analysis", "folding", "whoosh_parts", "dates",
    "regional_spellings", "facets", "protocol",
)  # fmt: skip
# Other rooms take from these what they name in `__all__`, and nothing deeper.
DOORS = ("octavo.search", "octavo.web.cache")
# With more modules than these a folder is a list and no room.
MAX_MODULES = 12
TOP_LEVEL = {
    "app.py", "pyproject.toml", "README.md", "LICENSE", "posts", "templates", "static", "search_index", "tests",
    "octavo", "docs", "findings", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".ci", ".gitignore", "plugins.py",
}  # fmt: skip


def module_name(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imported(path: Path) -> set[str]:
    """The dotted names of everything that a module imports, for types alone too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def arrows(name: str) -> set[str]:
    """The modules of octavo/ that a module imports from."""
    found = set()
    for imported_name in imported(MODULES[name]):
        if imported_name in MODULES:
            found.add(imported_name)
        elif imported_name.rpartition(".")[0] in MODULES:
            found.add(imported_name.rpartition(".")[0])
    return found - {name}


def room(name: str, rooms: tuple[str, ...], depth: int) -> int:
    """The place of a module's room among others; that of the first for the package's own face."""
    parts = name.split(".")
    own = parts[depth] if len(parts) > depth else parts[0]
    return rooms.index(own) if own in rooms or len(parts) > depth else 0


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_one_way(name: str) -> None:
    own = room(name, ROOMS, 1)

    upwards = {other for other in arrows(name) if room(other, ROOMS, 1) < own}

    assert upwards == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("octavo.web.")])
def test_imports_between_the_rooms_of_web_point_one_way(name: str) -> None:
    own = room(name, ROOMS_OF_WEB, 2)

    within = {other for other in arrows(name) if other.startswith("octavo.web.")}
    upwards = {other for other in within if room(other, ROOMS_OF_WEB, 2) < own}

    assert upwards == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("octavo.search.")])
def test_imports_between_the_rooms_of_search_point_one_way(name: str) -> None:
    own = room(name, ROOMS_OF_SEARCH, 2)

    within = {other for other in arrows(name) if other.startswith("octavo.search")}
    upwards = {other for other in within if other == "octavo.search" or room(other, ROOMS_OF_SEARCH, 2) < own}

    assert upwards == set()


@pytest.mark.parametrize("door", DOORS)
def test_other_rooms_use_a_room_by_its_door_alone(door: str) -> None:
    open_to_all = {f"{door}.{name}" for name in import_module(door).__all__}
    outside = [path for name, path in MODULES.items() if name != door and not name.startswith(f"{door}.")]

    used = {name for path in outside for name in imported(path) if name == door or name.startswith(f"{door}.")}

    assert used <= open_to_all


def test_no_module_imports_itself_by_way_of_others() -> None:
    below: dict[str, set[str]] = {name: arrows(name) for name in MODULES}

    while free := [name for name, others in below.items() if not others & below.keys()]:
        for name in free:
            del below[name]

    assert sorted(below) == []


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES.values()}), ids=lambda path: path.name)
def test_a_folder_holds_no_more_modules_than_can_be_overlooked(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MAX_MODULES


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("flask", {"plugins", "web", "cli", "__init__.py", "testing.py"}),
        ("flask_caching", {"web"}),
        ("werkzeug", {"web"}),
        ("whoosh", {"search"}),
        ("frontmatter", {"content"}),
        ("selectolax", {"content"}),
        ("pyromark", {"content"}),
        ("nh3", {"content"}),
        ("watchfiles", {"site"}),
        ("granian", {"serving"}),
        ("pydantic", {"web", "settings.py"}),
    ],
)
def test_each_library_is_known_in_its_room_only(library: str, allowed: set[str]) -> None:
    knowing = {
        path.relative_to(PACKAGE).parts[0]
        for path in MODULES.values()
        if any(name == library or name.startswith(f"{library}.") for name in imported(path))
    }

    assert knowing <= allowed


def test_top_level_of_the_checkout_holds_what_is_agreed_and_nothing_else() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout
    if not listed:
        pytest.skip("not a git checkout")

    assert {name.split("/")[0] for name in listed.splitlines()} <= TOP_LEVEL
