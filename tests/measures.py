"""How dense the engine's code is, beside projects that are known for their clarity.

    .venv/bin/python tests/measures.py [NAME=FOLDER ...]

Without arguments: octavo/, and those of WhiteNoise, Flask, Datasette and Starlette that are installed. A line of code
is one that is neither blank nor a comment. Size is the number of statements, plus two for each conditional expression,
plus one less than its names for each assignment of a tuple to a tuple: unpacking a line of two ideas costs nothing.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "octavo"
ANCHORS = ("whitenoise", "flask", "datasette", "starlette")
MAX_COLUMNS = 100
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass
class Density:
    """What was counted in one folder."""

    lines: int = 0
    wide: int = 0
    statements: int = 0
    conditional: int = 0
    tuples: int = 0
    names_in_tuples: int = 0
    nested: int = 0
    classes: dict[str, set[Path]] = field(default_factory=lambda: defaultdict(set))

    @property
    def size(self) -> int:
        """The size of the code, whatever the number of its lines."""
        return self.statements + 2 * self.conditional + self.names_in_tuples - self.tuples

    @property
    def ambiguous(self) -> list[str]:
        """The names of classes that stand in more than one module."""
        return sorted(name for name, homes in self.classes.items() if len(homes) > 1)

    def per_thousand(self, count: int) -> float:
        """How often something is there in a thousand lines."""
        return 1000 * count / max(self.lines, 1)


def count(folder: Path) -> Density:
    """Count the modules below a folder, the tests of the anchors aside."""
    density = Density()
    for path in sorted(folder.rglob("*.py")):
        if "tests" not in path.relative_to(folder).parts:
            _add(density, path)
    return density


def _add(density: Density, path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for line in source.splitlines():
        if line.strip() and not line.strip().startswith("#"):
            density.lines += 1
            density.wide += len(line) > MAX_COLUMNS
    for node in ast.walk(ast.parse(source)):
        density.statements += isinstance(node, ast.stmt)
        density.conditional += isinstance(node, ast.IfExp)
        if isinstance(node, Comprehension):
            density.nested += _is_nested(node)
        elif isinstance(node, ast.ClassDef):
            density.classes[node.name].add(path)
        elif isinstance(node, ast.Assign):
            for size in _tuple_to_tuple(node):
                density.tuples += 1
                density.names_in_tuples += size


def _is_nested(node: Comprehension) -> bool:
    inner = [part for part in ast.walk(node) if isinstance(part, Comprehension)]
    return len(node.generators) > 1 or len(inner) > 1


def _tuple_to_tuple(node: ast.Assign) -> Iterator[int]:
    """Yield the number of values where a tuple is assigned to a tuple."""
    if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
        yield len(node.value.elts)


def folders(arguments: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield names and folders: those that were given, else the engine and the anchors that are installed."""
    if arguments:
        for argument in arguments:
            name, _, folder = argument.partition("=")
            yield name, Path(folder)
        return
    yield "octavo", PACKAGE
    for name in ANCHORS:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            yield name, Path(found.origin).parent


def main() -> None:
    """Print the table."""
    print(
        f"{'':12}{'lines':>8}{'size':>8}{'conditional':>13}{'tuple=tuple':>13}{'nested':>8}{'wide %':>8}{'classes':>9}"
    )
    for name, folder in folders(sys.argv[1:]):
        density = count(folder)
        print(
            f"{name:12}{density.lines:8}{density.size:8}{density.per_thousand(density.conditional):13.1f}"
            f"{density.per_thousand(density.tuples):13.1f}{density.per_thousand(density.nested):8.1f}"
            f"{100 * density.wide / max(density.lines, 1):8.1f}{len(density.ambiguous):9}"
        )
        if name == "octavo" and density.ambiguous:
            print(f"{'':12}classes with more than one home: {', '.join(density.ambiguous)}")


if __name__ == "__main__":
    main()
