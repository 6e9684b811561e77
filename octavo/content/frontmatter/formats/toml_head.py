"""Front matter in TOML."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from octavo.content.frontmatter.formats.base import (
    HYPHENS,
    MAX_HEAD_CHARACTERS,
    MAX_HEAD_DEPTH,
    Handler,
    key_lines,
)

# TOML may hold its own delimiter inside a multi-line string: so many are tried as its end.
MAX_DELIMITERS = 16
# tomllib's time grows with the square of the parts of a dotted name.
_LONG_NAME = re.compile(
    rf"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{MAX_HEAD_DEPTH}}}""", re.ASCII
)
_PLUSES = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)


class TomlHandler(Handler):
    """TOML between lines of three plus signs (Hugo, Zola), or below `---toml` (Eleventy)."""

    # What `cut` has read to find the end, so that it is not read twice.
    _read: dict[str, Any] | None = None

    def opens(self, line: str, beginning: str) -> bool:
        return line in ("+++", "---toml")

    def cut(self, text: str) -> tuple[str, str]:
        close = HYPHENS if text.startswith("---") else _PLUSES
        first = self.cut_at(text, close)
        head = first[0]
        self._refuse_long_names(head)
        for _ in range(MAX_DELIMITERS):
            try:
                self._read = tomllib.loads(self.split(head)[0])
            except (tomllib.TOMLDecodeError, RecursionError):
                # The delimiter may stand inside a multi-line string: try the next one.
                found = close.search(text, len(head))
                if found is None or found.end() > MAX_HEAD_CHARACTERS:
                    return first
                head = text[: found.end()]
            else:
                return head, text[len(head) :].removeprefix("\n")
        return first

    def split(self, text: str) -> tuple[str, str]:
        return text[text.find("\n") + 1 : text.rfind("\n") + 1], ""

    def load(self, fm: str) -> dict[str, Any]:
        self.first_line += 1
        try:
            fields = self._read
            if fields is None:
                fields = tomllib.loads(fm)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            line = fm.count("\n") + 1
            column = 1
            if place:
                line = int(place[1])
                column = int(place[2])
            cause = f"TOML: {str(error).split(' (at ')[0]}."
            cure = 'Write `name = "value"`; texts stand in quotes, and no field stands twice.'
            raise self.error(line, column, cause, cure) from None
        except RecursionError:
            cause = f"The front matter nests deeper than {MAX_HEAD_DEPTH}."
            raise self.error(1, 1, cause, "Keep such data in a file of its own.") from None
        self.refuse_excess(fields)
        self.marks = key_lines(fm, self.first_line, r"^[ \t]*[\"']?([^\s\"'=\[\]]+)[\"']?[ \t]*=")
        return fields

    def _refuse_long_names(self, head: str) -> None:
        found = _LONG_NAME.search(head)
        if found is not None:
            line = head.count("\n", 0, found.start()) + 1
            cause = f"A name has more than {MAX_HEAD_DEPTH} parts."
            raise self.error(line, 1, cause, "Name each field with a word.")
