"""The list of all modules in docs/modules.md, from their docstrings: `python -m tests.modules`."""

from __future__ import annotations

import ast

from tests.conftest import CHECKOUT

PAGE = CHECKOUT / "docs" / "modules.md"
_HEAD = """# Modules

What each module of `octavo/` is for, in the first sentence of its docstring.
[architecture.md](architecture.md#to-find-the-place) says where to look for a symptom or a wish.
`python -m tests.modules` writes this page.
"""


def listed_modules() -> str:
    """Return docs/modules.md as the code has it."""
    root = CHECKOUT / "octavo"
    lines = [_HEAD]
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        lines.append(f"## octavo/{folder.relative_to(root).as_posix()}/\n".replace("/./", "/"))
        for path in sorted(folder.glob("*.py")):
            docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
            first = " ".join(docstring.split("\n\n")[0].split())
            lines.append(f"- `{path.relative_to(root).as_posix()}`: {first}")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(listed_modules(), "utf-8")
