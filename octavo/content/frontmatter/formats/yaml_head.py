"""Front matter in YAML, also in Hexo's form, which has only the closing line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from octavo.content.errors import ContentError
from octavo.content.frontmatter.formats.base import (
    HYPHENS,
    MAX_HEAD_DEPTH,
    MAX_HEAD_VALUES,
    TOO_LARGE,
    Handler,
    Scalar,
)


class YamlHandler(Handler):
    """YAML between lines of three hyphens.

    It is read from the parser's events, so that nothing is built before it is allowed.
    """

    def opens(self, line: str, beginning: str) -> bool:
        return line in ("---", "---yaml", "---yml", "---js", "---javascript")

    def cut(self, text: str) -> tuple[str, str]:
        if text.startswith("---j"):
            cause = "Front matter in JavaScript is not read."
            raise self.error(1, 1, cause, "Write it in YAML, TOML or JSON.")
        return self.cut_at(text, HYPHENS)

    def split(self, text: str) -> tuple[str, str]:
        inner = text[text.find("\n") + 1 : text.rfind("\n") + 1]
        return inner, ""

    def load(self, fm: str) -> dict[str, Any]:
        self.first_line += 1
        try:
            return self._build(fm)
        except yaml.YAMLError as error:
            raise self._explain(error, fm) from None

    def _build(self, fm: str) -> dict[str, Any]:
        root: list[Any] = []
        stack: list[Any] = [root]
        keys: list[Scalar | None] = [None]
        nodes = 0
        event: Any  # the stubs do not know that parser events always have marks
        for event in iter(yaml.CSafeLoader(fm).get_event, None):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value: Any = _scalar(event)
            elif kind is yaml.MappingStartEvent:
                value = {}
            elif kind is yaml.SequenceStartEvent:
                value = []
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                stack.pop()
                keys.pop()
                continue
            elif kind is yaml.AliasEvent:
                raise self._at(event, "The front matter uses a YAML alias.", "Write the value out.")
            else:
                continue
            nodes += 1
            if nodes > MAX_HEAD_VALUES or len(stack) > MAX_HEAD_DEPTH:
                cure = "Keep data of that size in a file of its own."
                raise self._at(event, TOO_LARGE, cure)
            self._place(stack[-1], keys, value, event)
            if kind is not yaml.ScalarEvent:
                stack.append(value)
                keys.append(None)
        return self._fields(root, fm)

    def _place(self, parent: Any, keys: list[Scalar | None], value: Any, event: yaml.Event) -> None:
        if type(parent) is list:
            parent.append(value)
            return
        key = keys[-1]
        if key is not None:
            parent[key] = value
            keys[-1] = None
            return
        if not isinstance(value, Scalar):
            cause = "A field's name is a list or a mapping."
            raise self._at(event, cause, "Name each field with a word.")
        if value == "<<" and value.plain:
            cause = "The front matter uses a YAML merge key."
            raise self._at(event, cause, "Write the fields out.")
        if value in parent:
            raise self._twice(value, next(k for k in parent if k == value))
        keys[-1] = value
        if len(keys) == 2:
            self.marks[str(value)] = (self.first_line + value.line - 1, value.column)

    def _twice(self, second: Scalar, first: Scalar) -> ContentError:
        lines = f"lines {self.first_line + first.line - 1} and {self.first_line + second.line - 1}"
        cause = f"The field `{second}` stands twice, on {lines}."
        return self.error(second.line, second.column, cause, "Delete one of them.")

    def _fields(self, root: list[Any], fm: str) -> dict[str, Any]:
        value = root[0] if root else {}
        if isinstance(value, dict) and len(root) <= 1:
            return value
        if isinstance(value, str) and not value and len(root) == 1 and not fm.strip():
            return {}
        shape = "a list" if isinstance(value, list) else "text"
        cause = f"The front matter is {shape}, not fields such as `title: …`."
        cure = "Write `name: value` lines; a text that opens with a rule writes the rule as `***`."
        raise self.error(1, 1, cause, cure)

    def _at(self, event: Any, cause: str, cure: str) -> ContentError:
        mark = event.start_mark
        return self.error(mark.line + 1, mark.column + 1, cause, cure)

    def _explain(self, error: yaml.YAMLError, fm: str) -> ContentError:
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            mark = error.problem_mark
            problem = " ".join(filter(None, (error.context, error.problem)))
            cure = next((cure for part, cure in _YAML_CURES if part in problem), _YAML_CURES[-1][1])
            return self.error(mark.line + 1, mark.column + 1, f"YAML: {problem}.", cure)
        if isinstance(error, yaml.reader.ReaderError):
            at = int(error.position)
            line = fm.count("\n", 0, at) + 1
            column = at - fm.rfind("\n", 0, at)
            cause = "YAML: a control character."
            return self.error(line, column, cause, "Delete the invisible character.")
        return self.error(1, 1, f"YAML: {error}.", _YAML_CURES[-1][1])


_YAML_CURES = (
    (
        "mapping values are not allowed",
        'Put the value in quotes: it contains a colon ("Mars: the sequel").',
    ),
    (
        "cannot start any token",
        "Put the value in quotes: it begins with a character that YAML reserves; "
        "indent with spaces, not tabs.",
    ),
    (
        "could not find expected ':'",
        "Write each field as `name: value`, or indent the line as part of the value above.",
    ),
    (
        "found unexpected end of stream",
        "Close the quotation mark or bracket that was opened here or above.",
    ),
    (
        "quoted scalar",
        "Close the quotation mark; inside double quotes a backslash is written twice.",
    ),
    ("flow", "Close the bracket, and put a comma between values."),
    (
        "block",
        "Indent all fields alike, lists by `- ` below their field; "
        "put values with special characters in quotes.",
    ),
    ("", "Put the value in quotes if it holds special characters, and indent with spaces."),
)


def _scalar(event: Any) -> Scalar:
    value = Scalar(event.value)
    mark = event.start_mark
    value.line = mark.line + 1
    value.column = mark.column + 1
    value.plain = not event.style
    return value


class HexoHandler(YamlHandler):
    """YAML from the first line on, closed by a line of hyphens, as older texts of Hexo have it.

    https://github.com/hexojs/hexo-front-matter: the opening line is optional.
    """

    OPEN = re.compile(
        r"(?:title|date|layout|tags|categories|permalink|draft|published|author)[ \t]*:(?:[ \t]|\n)"
        r"[^\n]*\n(?:(?!---)[^\n]+\n)*---[ \t]*(?:\n|$)"
    )

    def opens(self, line: str, beginning: str) -> bool:
        return ":" in line and self.OPEN.match(beginning) is not None

    def cut(self, text: str) -> tuple[str, str]:
        return self.cut_at(text, HYPHENS)

    def split(self, text: str) -> tuple[str, str]:
        return text[: text.rfind("\n") + 1], ""

    def load(self, fm: str) -> dict[str, Any]:
        # There is no line of hyphens before the fields.
        self.first_line -= 1
        return super().load(fm)


class CommentHandler(YamlHandler):
    """YAML in a comment of HTML, which GitHub does not show: `<!--`, fields with a title, `-->`."""

    OPEN = re.compile(
        r"<!--[ \t]*\n(?=(?:[^\n]*\n)*?[ \t]*title[ \t]*:)"
        r"(?:[ \t]*\n|(?!-->)(?:[A-Za-z][\w-]*[ \t]*:|[ \t]+\S|-[ \t]|#)[^\n]*\n)+-->[ \t]*(?:\n|$)"
    )

    def opens(self, line: str, beginning: str) -> bool:
        return line == "<!--" and self.OPEN.match(beginning) is not None

    def cut(self, text: str) -> tuple[str, str]:
        head, closing, body = text.partition("\n-->")
        return head + closing, body.partition("\n")[2]
