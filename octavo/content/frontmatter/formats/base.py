"""What all formats of front matter share: the base of their handlers, and the limits.

python-frontmatter's own handlers are not used, because each of them loses a post's text or its
`draft: true` silently on some input, and builds what it reads before anyone can refuse it.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

from frontmatter.default_handlers import BaseHandler

from octavo.content.errors import ContentError, Mark

# Of one front matter: lists and mappings within one another, values, and characters.
MAX_HEAD_DEPTH = 32
MAX_HEAD_VALUES = 5_000
MAX_HEAD_CHARACTERS = 100_000

HYPHENS = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
TOO_LARGE = (
    f"The front matter has more than {MAX_HEAD_VALUES:,} values or nests deeper than "
    f"{MAX_HEAD_DEPTH}."
)


class Scalar(str):
    """A value as it was written, with its place; `plain` where it is neither quoted nor a block."""

    __slots__ = ("column", "line", "plain")
    line: int
    column: int
    plain: bool


class Handler(BaseHandler):
    """One format of front matter: `opens` recognises it, `cut` finds its end, `load` reads it."""

    FM_BOUNDARY = re.compile("(?!)")  # required by the base class; `cut` finds the boundary instead

    def __init__(self, path: str, first_line: int) -> None:
        self.path = path
        self.first_line = first_line
        self.marks: dict[str, tuple[int, int]] = {}

    def opens(self, line: str, beginning: str) -> bool:
        """Whether a file has front matter of this format.

        `line` is its first line that is not blank, and `beginning` the text from there on.
        """
        raise NotImplementedError

    def cut(self, text: str) -> tuple[str, str]:
        """Return the front matter with its delimiters, and the body.

        Raises ContentError where its end is missing.
        """
        raise NotImplementedError

    def split(self, text: str) -> tuple[str, str]:
        """Return the front matter without its delimiters, for `frontmatter.parse`."""
        raise NotImplementedError

    def error(self, line: int, column: int, cause: str, cure: str) -> ContentError:
        """Return a ContentError at a line and column counted from 1 within the front matter."""
        return ContentError(Mark(self.path, self.first_line + line - 1, column), cause, cure)

    def refuse_excess(self, fields: Any) -> None:
        """Raise ContentError for fields nested too deep or too many for a recursive reader."""
        level = [fields]
        nodes = 0
        for _ in range(MAX_HEAD_DEPTH):
            values = list(chain.from_iterable(map(_children, level)))
            nodes += len(values)
            level = [value for value in values if isinstance(value, dict | list)]
            if not level:
                break
        if level or nodes > MAX_HEAD_VALUES:
            raise self.error(1, 1, TOO_LARGE, "Keep data of that size in a file of its own.")

    def cut_at(self, text: str, delimiter: re.Pattern[str]) -> tuple[str, str]:
        """Return `text` up to and with its next line that matches `delimiter`, and the rest.

        Raises ContentError where there is none, or only beyond MAX_HEAD_CHARACTERS characters.
        """
        found = delimiter.search(text, text.find("\n") + 1 or len(text))
        if found is None:
            shown = text[:3]
            cause = f"The front matter opens with `{shown}` and is never closed."
            cure = (
                f"Add a line `{shown}` after the last field; "
                "a rule as first line of a text is written `***`."
            )
            raise self.error(1, 1, cause, cure)
        if found.end() > MAX_HEAD_CHARACTERS:
            cause = f"The front matter has more than {MAX_HEAD_CHARACTERS:,} characters."
            raise self.error(1, 1, cause, "Move the text below the closing line.")
        return text[: found.end()], text[found.end() :].removeprefix("\n")


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def key_lines(text: str, first_line: int, pattern: str) -> dict[str, tuple[int, int]]:
    """Return the place of each key at its first occurrence; `pattern` matches a line with a key."""
    marks: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(text.split("\n")):
        for found in re.finditer(pattern, line):
            marks.setdefault(found[1], (first_line + number, found.start(1) + 1))
    return marks
