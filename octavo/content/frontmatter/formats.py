"""The formats of front matter: YAML, TOML, JSON and Pelican's bare lines, as handlers for
python-frontmatter.

Its own handlers are not used, because each of them loses a post's text or its `draft: true`
silently on some input, and builds what it reads before anyone can refuse it.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler

from octavo.content.errors import ContentError, Mark

MAX_DEPTH = 32
MAX_NODES = 5_000
MAX_HEAD = 100_000

# TOML may hold its own delimiter inside a multi-line string, so later delimiters are tried a few
# times.
_TOML_TRIES = 16
# tomllib's time grows with the square of the parts of a dotted name.
_TOML_LONG_NAME = re.compile(
    rf"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{MAX_DEPTH}}}""", re.ASCII
)
_HYPHENS = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_PLUSES = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)


class Scalar(str):
    """A YAML scalar as it was written, with its place; `plain` when it was neither quoted nor a
    block.
    """

    __slots__ = ("column", "line", "plain")
    line: int
    column: int
    plain: bool


class Handler(BaseHandler):
    """One front matter format: `opens` recognises it, `cut` finds its end, `load` reads its fields."""

    FM_BOUNDARY = re.compile("(?!)")  # required by the base class; `cut` finds the boundary instead

    def __init__(self, path: str, first_line: int) -> None:
        self.path = path
        self.first_line = first_line
        self.marks: dict[str, tuple[int, int]] = {}

    def opens(self, line: str, beginning: str) -> bool:
        """Whether a file whose first line that is not blank is `line` has front matter of this
        format.
        """
        raise NotImplementedError

    def cut(self, text: str) -> tuple[str, str]:
        """Return the front matter with its delimiters, and the body. Raises ContentError when it
        has no end.
        """
        raise NotImplementedError

    def split(self, text: str) -> tuple[str, str]:
        """Return the front matter without its delimiters, for `frontmatter.parse`."""
        raise NotImplementedError

    def error(self, line: int, column: int, cause: str, cure: str) -> ContentError:
        """Return an error at a place counted from 1 within the front matter's own lines."""
        return ContentError(Mark(self.path, self.first_line + line - 1, column), cause, cure)

    def refuse_excess(self, fields: Any) -> None:
        """Refuse fields of more depth or size than YAML may have; a recursive reader of them would
        overflow.
        """
        level, nodes = [fields], 0
        for _ in range(MAX_DEPTH):
            values = [
                v
                for parent in level
                for v in (parent.values() if isinstance(parent, dict) else parent)
            ]
            nodes += len(values)
            level = [value for value in values if isinstance(value, dict | list)]
            if not level:
                break
        if level or nodes > MAX_NODES:
            cause = f"The front matter has more than {MAX_NODES:,} values or nests deeper than {MAX_DEPTH}."
            raise self.error(1, 1, cause, "Keep data of that size in a file of its own.")

    def cut_at(self, text: str, delimiter: re.Pattern[str]) -> tuple[str, str]:
        """Cut `text` behind the first line that matches `delimiter` after its first line."""
        found = delimiter.search(text, text.find("\n") + 1 or len(text))
        if found is None:
            shown = text[:3]
            raise self.error(
                1,
                1,
                f"The front matter opens with `{shown}` and is never closed.",
                f"Add a line `{shown}` after the last field; a rule as first line of a text is written `***`.",
            )
        if found.end() > MAX_HEAD:
            cause = f"The front matter has more than {MAX_HEAD:,} characters."
            raise self.error(1, 1, cause, "Move the text below the closing line.")
        return text[: found.end()], text[found.end() :].removeprefix("\n")


class YamlHandler(Handler):
    """YAML between lines of three hyphens, read from parser events so that nothing is built before
    it is allowed.
    """

    def opens(self, line: str, beginning: str) -> bool:
        return line in ("---", "---yaml", "---yml", "---js", "---javascript")

    def cut(self, text: str) -> tuple[str, str]:
        if text.startswith("---j"):
            raise self.error(
                1, 1, "Front matter in JavaScript is not read.", "Write it in YAML, TOML or JSON."
            )
        return self.cut_at(text, _HYPHENS)

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
        for event in yaml.parse(fm, Loader=yaml.CSafeLoader):
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
            if nodes > MAX_NODES or len(stack) > MAX_DEPTH:
                cause = f"The front matter has more than {MAX_NODES:,} values or nests deeper than {MAX_DEPTH}."
                raise self._at(event, cause, "Keep data of that size in a file of its own.")
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
            raise self._at(
                event, "A field's name is a list or a mapping.", "Name each field with a word."
            )
        if value == "<<" and value.plain:
            raise self._at(
                event, "The front matter uses a YAML merge key.", "Write the fields out."
            )
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
        raise self.error(
            1,
            1,
            f"The front matter is {shape}, not fields such as `title: …`.",
            "Write `name: value` lines; a text that opens with a rule writes the rule as `***`.",
        )

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
            at = error.position if isinstance(error.position, int) else 0
            line = fm.count("\n", 0, at) + 1
            column = at - fm.rfind("\n", 0, at)
            return self.error(
                line, column, "YAML: a control character.", "Delete the invisible character."
            )
        return self.error(1, 1, f"YAML: {error}.", _YAML_CURES[-1][1])


_YAML_CURES = (
    (
        "mapping values are not allowed",
        'Put the value in quotes: it contains a colon ("Mars: the sequel").',
    ),
    (
        "cannot start any token",
        "Put the value in quotes: it begins with a character that YAML reserves; indent with spaces, not tabs.",
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
        "Indent all fields alike, lists by `- ` below their field; put values with special characters in quotes.",
    ),
    ("", "Put the value in quotes if it holds special characters, and indent with spaces."),
)


def _scalar(event: Any) -> Scalar:
    value = Scalar(event.value)
    mark = event.start_mark
    value.line, value.column = mark.line + 1, mark.column + 1
    value.plain = event.style is None or event.style == ""
    return value


class TomlHandler(Handler):
    """TOML between lines of three plus signs, as Hugo and Zola write it, or below `---toml`, as
    Eleventy does.
    """

    def opens(self, line: str, beginning: str) -> bool:
        return line in ("+++", "---toml")

    def cut(self, text: str) -> tuple[str, str]:
        close = _HYPHENS if text.startswith("---") else _PLUSES
        first = head, body = self.cut_at(text, close)
        self._refuse_long_names(head)
        for _ in range(_TOML_TRIES):
            try:
                tomllib.loads(self.split(head)[0])
            except (tomllib.TOMLDecodeError, RecursionError):
                # The delimiter may stand inside a multi-line string: try the next one.
                found = close.search(text, len(head))
                if found is None or found.end() > MAX_HEAD:
                    return first
                head, body = text[: found.end()], text[found.end() :].removeprefix("\n")
            else:
                return head, body
        return first

    def split(self, text: str) -> tuple[str, str]:
        return text[text.find("\n") + 1 : text.rfind("\n") + 1], ""

    def load(self, fm: str) -> dict[str, Any]:
        self.first_line += 1
        try:
            fields = tomllib.loads(fm)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            line, column = (int(place[1]), int(place[2])) if place else (fm.count("\n") + 1, 1)
            cause = f"TOML: {str(error).split(' (at ')[0]}."
            cure = 'Write `name = "value"`; texts stand in quotes, and no field stands twice.'
            raise self.error(line, column, cause, cure) from None
        except RecursionError:
            cause = f"The front matter nests deeper than {MAX_DEPTH}."
            raise self.error(1, 1, cause, "Keep such data in a file of its own.") from None
        self.refuse_excess(fields)
        self.marks = _key_lines(fm, self.first_line, r"^[ \t]*[\"']?([^\s\"'=\[\]]+)[\"']?[ \t]*=")
        return fields

    def _refuse_long_names(self, head: str) -> None:
        found = _TOML_LONG_NAME.search(head)
        if found is not None:
            line = head.count("\n", 0, found.start()) + 1
            raise self.error(
                line, 1, f"A name has more than {MAX_DEPTH} parts.", "Name each field with a word."
            )


class JsonHandler(Handler):
    """A JSON object at the very beginning of the file, as Hugo writes it, or below `---json`, as
    Eleventy does.
    """

    OPEN = re.compile(r'\{\s*(?:"[^"\n]*"\s*:|\})')

    def opens(self, line: str, beginning: str) -> bool:
        return line == "---json" or self.OPEN.match(beginning) is not None

    def cut(self, text: str) -> tuple[str, str]:
        fenced = text.startswith("---json")
        begin = len(text) - len(text[7:].lstrip()) if fenced else 0
        try:
            fields, end = json.JSONDecoder(object_pairs_hook=self._object).raw_decode(
                text[:MAX_HEAD], begin
            )
        except json.JSONDecodeError as error:
            cure = 'Write `"name": "value"` with a comma between fields and close the brace.'
            raise self.error(error.lineno, error.colno, f"JSON: {error.msg}.", cure) from None
        except (RecursionError, ValueError):
            cause = "JSON: a value is nested too deeply or a number has too many digits."
            raise self.error(1, 1, cause, "Keep such data in a file of its own.") from None
        close = _HYPHENS.match(text, len(text) - len(text[end:].lstrip())) if fenced else None
        if fenced and (close is None or not isinstance(fields, dict)):
            cause = "Below `---json` stands something else than one object and `---`."
            raise self.error(1, 1, cause, 'Write { "name": "value" }, then a line `---`.')
        self._loaded: dict[str, Any] = fields
        self._refuse_half_characters(text[:end])
        return text[:end], text[close.end() if close else end :].lstrip(" \t").removeprefix("\n")

    def _refuse_half_characters(self, text: str) -> None:
        self.refuse_excess(self._loaded)
        try:
            json.dumps(self._loaded, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            found = re.search(r"\\u[dD][89a-fA-F]", text)
            line = text.count("\n", 0, found.start()) + 1 if found else 1
            cause = "JSON: half of a surrogate pair is no character."
            raise self.error(line, 1, cause, "Write the character itself.") from None

    def split(self, text: str) -> tuple[str, str]:
        return text, ""

    def load(self, fm: str) -> dict[str, Any]:
        self.marks = _key_lines(fm, self.first_line, r'"([^"\n]+)"[ \t]*:')
        return self._loaded

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) == len(pairs):
            return fields
        names = [name for name, _ in pairs]
        name = next(name for name in names if names.count(name) > 1)
        raise self.error(
            1, 1, f"The field `{name}` stands twice in one object.", "Delete one of them."
        )


class PelicanHandler(Handler):
    """Pelican's bare `Key: value` lines up to the first blank line; known by `Title:` and one more
    of its fields.
    """

    # https://docs.getpelican.com/en/stable/content.html#file-metadata
    NAMES = (
        "title|date|modified|category|tags|keywords|slug|authors?|status|summary|lang|save_as|url"
    )
    OPEN = re.compile(
        rf"(?:{NAMES})\s*:(?=(?:[^\n]*\n)(?:[^\n]+\n)*?(?:{NAMES})\s*:)", re.IGNORECASE
    )
    TITLE = re.compile(r"(?:[^\n]+\n)*?title\s*:", re.IGNORECASE)
    LINE = re.compile(r"([A-Za-z][\w-]*)\s*:\s*(.*)")

    def opens(self, line: str, beginning: str) -> bool:
        if ":" not in line or self.OPEN.match(beginning) is None:
            return False
        return self.TITLE.match(beginning) is not None

    def cut(self, text: str) -> tuple[str, str]:
        end = text.find("\n\n")
        return (text, "") if end < 0 else (text[:end], text[end + 2 :])

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
                    raise self.error(
                        number, 1, f"The field `{name}` stands twice.", "Delete one of them."
                    )
                value = Scalar(found[2].strip())
                value.line, value.column, value.plain = number, found.start(2) + 1, True
                fields[name] = value
                self.marks[name] = (self.first_line + number - 1, 1)
            elif line[:1] not in " \t":
                cure = "Write `Key: value` lines, then a blank line, then the text."
                raise self.error(number, 1, "A line of the front matter has no colon.", cure)
        return fields


def _key_lines(text: str, first_line: int, pattern: str) -> dict[str, tuple[int, int]]:
    """Return the place of each key that `pattern` finds at its first occurrence."""
    marks: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(text.split("\n")):
        for found in re.finditer(pattern, line):
            marks.setdefault(found[1], (first_line + number, found.start(1) + 1))
    return marks


HANDLERS = (YamlHandler, TomlHandler, JsonHandler, PelicanHandler)
