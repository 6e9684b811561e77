"""Which small mistakes in a module its tests would not notice.

    .venv/bin/python tests/mutants.py [MODULE ...] [--count 40] [--seed 1]

Each mutant changes one line of a module in a copy of the checkout: a comparison, a boolean, an operator, a constant, a
branch that is always or never taken, a call or an assignment that is left out, a `return` of None. The tests of the
module's room then run; a mutant lives where they pass. The five that are looked after are in `CORE`.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
# Modules with the tests of their rooms.
CORE = {
    "octavo/web/read_model/dependencies.py": (
        "tests/web/test_dependencies.py",
        "tests/web/test_pagecache.py",
        "tests/web/test_changes.py",
    ),
    "octavo/web/cache/page_cache.py": (
        "tests/web/test_pagecache.py",
        "tests/web/test_caching.py",
        "tests/web/test_limits.py",
    ),
    "octavo/web/cache/refresh.py": (
        "tests/web/test_pagecache.py",
        "tests/site/test_last_good.py",
        "tests/web/test_caching.py",
        "tests/web/test_views.py",
    ),
    "octavo/web/api/filter/nql.py": ("tests/web/api",),
    "octavo/content/slugs.py": ("tests/content/test_slugs.py", "tests/content/test_parse.py"),
    "octavo/site/addresses/builder.py": (
        "tests/site/test_address_builder.py",
        "tests/site/test_addresses.py",
        "tests/web/test_pages.py",
        "tests/web/test_look.py",
        "tests/web/test_taxonomies.py",
        "tests/web/test_below_a_path.py",
    ),
    "octavo/site/addresses/resolver.py": (
        "tests/site/test_address_resolver.py",
        "tests/site/test_addresses.py",
        "tests/site/test_dead_ends.py",
    ),
    "octavo/search/query/grammar.py": ("tests/search/test_grammar.py", "tests/search/test_answers.py"),
}
# A mutant that takes so much longer than the tests themselves runs in a circle: it is noticed. Seconds.
PATIENCE = 300
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A changed source, and what was changed where."""

    line: int
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source."""
    tree = ast.parse(source)
    places = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    for number, node in enumerate(places):
        for change, mutate in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = [each for each in ast.walk(mutated) if isinstance(each, ast.expr | ast.stmt)][number]
            mutate(twin)
            yield Mutant(node.lineno, change, ast.unparse(ast.fix_missing_locations(mutated)))


def _changes(node: ast.AST):  # type: ignore[no-untyped-def]
    """Yield the names of a node's mutations and what makes them."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        yield "comparison", lambda twin: twin.ops.__setitem__(0, COMPARISONS[type(twin.ops[0])]())
    if isinstance(node, ast.BoolOp):
        swapped = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield "boolean", lambda twin: setattr(twin, "op", swapped())
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield "arithmetic", lambda twin: setattr(twin, "op", OPERATORS[type(twin.op)]())
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield "constant", lambda twin: setattr(twin, "value", value)
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "branch always", lambda twin: setattr(twin, "test", ast.Constant(True))
        yield "branch never", lambda twin: setattr(twin, "test", ast.Constant(False))
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "returned None", lambda twin: setattr(twin, "value", ast.Constant(None))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call dropped", lambda twin: setattr(twin, "value", ast.Constant(None))
    if isinstance(node, ast.AugAssign):
        yield "assignment dropped", lambda twin: setattr(twin, "value", ast.Constant(0))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def chosen(source: str, count: int, seed: int) -> list[Mutant]:
    """Return `count` mutants that stand on different lines, the same for the same seed."""
    every = list(mutants(source))
    random.Random(seed).shuffle(every)
    by_line = {mutant.line: mutant for mutant in reversed(every)}
    kept = [mutant for mutant in every if by_line[mutant.line] is mutant]
    return kept[:count]


def lives(checkout: Path, module: str, mutant: Mutant, tests: tuple[str, ...]) -> bool:
    """Whether the tests pass with a mutant in the module's place."""
    path = checkout / module
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.source, encoding="utf-8")
    # From this folder: an installed engine must not stand before the copy.
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=checkout, env=environment, capture_output=True, timeout=PATIENCE, check=False
        )
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_text(original, encoding="utf-8")


def main() -> None:
    """Try the mutants of each module and print those that live."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(CORE), help="modules; their tests stand in CORE")
    parser.add_argument("--count", type=int, default=40, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "checkout"
        shutil.copytree(CHECKOUT, copied, ignore=shutil.ignore_patterns(".venv", ".git", "instance", "node_modules"))
        for module in given.modules:
            tests = tuple(test for test in CORE[module] if (copied / test).exists())
            tried = chosen((copied / module).read_text(encoding="utf-8"), given.count, given.seed)
            survivors = [mutant for mutant in tried if lives(copied, module, mutant, tests)]
            print(f"{module}: {len(survivors)} of {len(tried)} live")
            for mutant in survivors:
                print(f"  line {mutant.line}: {mutant.change}")


if __name__ == "__main__":
    main()
