"""Front matter of lines without a fence: Pelican's `Key: value`, and Nikola's `.. key: value`."""

from __future__ import annotations

import re
from typing import Any

from octavo.content.frontmatter.formats.base import Handler, Scalar


class LinesHandler(Handler):
    """A name and a value on each line; an indented line continues the value above it."""

    LINE: re.Pattern[str]
    CURE: str

    def split(self, text: str) -> tuple[str, str]:
        return text, ""

    def load(self, fm: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        name = ""
        for number, line in enumerate(fm.split("\n"), 1):
            found = self.LINE.match(line)
            if found:
                name = found[1]
                if name in fields:
                    cause = f"The field `{name}` stands twice."
                    raise self.error(number, 1, cause, "Delete one of them.")
                fields[name] = _scalar(found[2].strip(), number, found.start(2) + 1)
                self.marks[name] = (self.first_line + number - 1, found.start(1) + 1)
            elif line[:1] in (" ", "\t") and line.strip() and name:
                before = fields[name]
                joined = f"{before} {line.strip()}".strip()
                fields[name] = _scalar(joined, before.line, before.column)
            elif not self.is_fence(line):
                raise self.error(number, 1, "A line of the front matter has no colon.", self.CURE)
        return fields

    def is_fence(self, line: str) -> bool:
        """Whether a line that is no field may stand in the head without being an error."""
        return not line.strip()


def _scalar(text: str, line: int, column: int) -> Scalar:
    value = Scalar(text)
    value.line = line
    value.column = column
    value.plain = True
    return value


class PelicanHandler(LinesHandler):
    """`Key: value` lines up to the first blank one.

    They are front matter where `Title:` and another known field are among them, or where a known
    field comes first and the whole first paragraph is such lines.

    https://docs.getpelican.com/en/stable/content.html#file-metadata
    """

    NAMES = (
        "title|date|modified|category|tags|keywords|slug|authors?|status|summary|lang|save_as|url"
    )
    OPEN = re.compile(
        rf"(?:{NAMES})\s*:(?=(?:[^\n]*\n)(?:[^\n]+\n)*?(?:{NAMES})\s*:)", re.IGNORECASE
    )
    ALONE = re.compile(
        rf"(?:{NAMES})\s*:[ \t]*\S[^\n]*(?:\n(?:[A-Za-z][\w-]*\s*:|[ \t]+\S)[^\n]*)*(?:\n\n|\n?\Z)",
        re.IGNORECASE,
    )
    TITLE = re.compile(r"(?:[^\n]+\n)*?title\s*:", re.IGNORECASE)
    LINE = re.compile(r"([A-Za-z][\w-]*)\s*:\s*(.*)")
    CURE = "Write `Key: value` lines, then a blank line, then the text."

    def opens(self, line: str, beginning: str) -> bool:
        if ":" not in line:
            return False
        if self.ALONE.match(beginning) is not None:
            return True
        return self.OPEN.match(beginning) is not None and self.TITLE.match(beginning) is not None

    def cut(self, text: str) -> tuple[str, str]:
        head, _, body = text.partition("\n\n")
        return head, body


class NikolaHandler(LinesHandler):
    """`.. key: value` lines, in a comment or up to the first blank line.

    https://getnikola.com/handbook.html#metadata-fields
    """

    OPEN = re.compile(r"(?:<!--[ \t]*\n\s*)?\.\. [a-z][\w-]*:")
    LINE = re.compile(r"\s*\.\.\s+([A-Za-z][\w-]*)\s*:\s*(.*)")
    CURE = "Write `.. key: value` lines within a comment, then the text."

    def opens(self, line: str, beginning: str) -> bool:
        return line.startswith(("<!--", "..")) and self.OPEN.match(beginning) is not None

    def cut(self, text: str) -> tuple[str, str]:
        if not text.startswith("<!--"):
            head, _, body = text.partition("\n\n")
            return head, body
        head, closed, body = text.partition("-->")
        if not closed:
            cause = "The front matter opens with `<!--` and is never closed."
            raise self.error(1, 1, cause, "Add a line `-->` after the last field.")
        return head, body.removeprefix("\n")

    def is_fence(self, line: str) -> bool:
        return line.strip() in ("", "<!--")
