"""Where the fields of a front matter stand, in YAML, TOML and JSON, and how values are spelled."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from octavo.content.frontmatter.formats import Handler
from octavo.content.frontmatter.formats.json_head import JsonHandler
from octavo.content.frontmatter.formats.toml_head import TomlHandler
from octavo.content.frontmatter.formats.yaml_head import HexoHandler, YamlHandler

Value = str | bool | datetime | tuple[str, ...]
# A text that YAML reads as a text without quotes, in a list between brackets too.
_PLAIN = re.compile(r"[^\W\d_/][\w./ -]*(?<! )|/[\w./-]*")
_YAML_WORDS = frozenset("true false yes no on off null y n".split())


class EditError(Exception):
    """A front matter cannot be edited by a program; its reader is a writer with an editor open."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where one thing stands in a text: from its first character to behind its last one."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """One field: the start of its name, its value, and the items where that is a list."""

    key: int
    value: Span
    items: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters to write in the place of a span."""

    span: Span
    new: str


class Layout:
    """The fields of one front matter by name, with their places in the whole text."""

    def __init__(self, text: str, start: int, head: str) -> None:
        """`head` is the front matter with its delimiters, which begins at `start` of `text`."""
        self.text = text
        self.start = start
        self.head = head
        self.entries: dict[str, FieldPlace] = {}
        self.read()

    def read(self) -> None:
        """Find the fields. Raises EditError where they cannot be told apart."""
        raise NotImplementedError

    def spelled(self, value: Value, before: str = "") -> str:
        """Return a value as this format writes it, in the quotes of the one that was there."""
        raise NotImplementedError

    def added(self, name: str, value: Value) -> Edit:
        """Return the edit that adds a field after the last one."""
        raise NotImplementedError

    def removed(self, name: str) -> Edit:
        """Return the edit that removes a field with its whole lines."""
        entry = self.entries[name]
        return Edit(Span(self.line_start(entry.key), self.line_end(entry.value.end) + 1), "")

    def replaced(self, name: str, value: Value) -> Edit:
        """Return the edit that exchanges the value of a field."""
        span = self.entries[name].value
        return Edit(span, self.spelled(value, self.slice(span)))

    def appended(self, name: str, item: str) -> Edit:
        """Return the edit that adds an item at the end of a list between brackets."""
        entry = self.entries[name]
        if entry.items:
            last = entry.items[-1]
            return Edit(Span(last.end, last.end), f", {self.spelled(item, self.slice(last))}")
        if entry.items is None:
            raise EditError(f"`{name}` is no list.")
        return Edit(Span(entry.value.start + 1, entry.value.start + 1), self.spelled(item))

    def without(self, name: str, index: int) -> Edit:
        """Return the edit that removes one of several items of a list between brackets."""
        items = self.entries[name].items or ()
        if index + 1 < len(items):
            return Edit(Span(items[index].start, items[index + 1].start), "")
        return Edit(Span(items[index - 1].end, items[index].end), "")

    def slice(self, span: Span) -> str:
        """Return the part of the file's text that a span names."""
        return self.text[span.start : span.end]

    def line_start(self, at: int) -> int:
        """Return where the line begins that holds the character at `at`."""
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Return where the line of the character at `at` ends: its line feed."""
        found = self.text.find("\n", at)
        if found < 0:
            return len(self.text)
        return found


class YamlLayout(Layout):
    """Fields of YAML, at the places that the YAML parser tells."""

    fence = True

    def read(self) -> None:
        self._inner = self.start
        if self.fence:
            self._inner += self.head.find("\n") + 1
        inner = self.text[self._inner : self.start + self.head.rfind("\n") + 1]
        self._end = self._inner + len(inner)
        self._indent = ""
        try:
            root = yaml.compose(inner, Loader=yaml.SafeLoader)
        except yaml.YAMLError:
            raise EditError("The front matter is no YAML that every reader understands.") from None
        if root is None:
            return
        if not isinstance(root, yaml.MappingNode) or root.flow_style:
            raise EditError("The fields stand between braces; write each on a line of its own.")
        for key, value in root.value:
            self.entries[str(key.value)] = self._entry(key, value)
        if root.value:
            self._indent = " " * root.value[0][0].start_mark.column

    def _entry(self, key: Any, value: Any) -> FieldPlace:
        items = None
        if isinstance(value, yaml.SequenceNode):
            items = tuple(self._span(item) for item in value.value)
        return FieldPlace(self._inner + key.start_mark.index, self._span(value), items)

    def _span(self, node: Any) -> Span:
        start = self._inner + node.start_mark.index
        end = self._inner + node.end_mark.index
        # A block ends where the next field begins: behind comments that are not its own.
        while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            node = node.value[-1]
            if isinstance(node, tuple):
                node = node[1]
            end = self._inner + node.end_mark.index
        return Span(start, start + len(self.text[start:end].rstrip()))

    def spelled(self, value: Value, before: str = "") -> str:
        if isinstance(value, tuple):
            return f"[{', '.join(self.spelled(item) for item in value)}]"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds")
        if before.startswith("'"):
            doubled = value.replace("'", "''")
            return f"'{doubled}'"
        if before.startswith('"') or not _is_plain(value):
            return json.dumps(value, ensure_ascii=False)
        return value

    def added(self, name: str, value: Value) -> Edit:
        at = self._end
        if self.entries:
            last = max(entry.value.end for entry in self.entries.values())
            at = min(self.line_end(last) + 1, self._end)
        return Edit(Span(at, at), f"{self._indent}{name}: {self.spelled(value)}\n")

    def replaced(self, name: str, value: Value) -> Edit:
        edit = super().replaced(name, value)
        return self._parted(edit)

    def _parted(self, edit: Edit) -> Edit:
        """Return an edit with the blank that a colon wants behind it."""
        if self.text[edit.span.start - 1] == ":":
            return Edit(edit.span, f" {edit.new}")
        return edit

    def appended(self, name: str, item: str) -> Edit:
        entry = self.entries[name]
        written = self.slice(entry.value)
        if entry.items is None:
            if "\n" in written or "," in written:
                raise EditError(f"`{name}` is written as one text; write it as a list.")
            spelled = self.spelled(item)
            if written and written not in ("~", "null"):
                spelled = f"{written}, {spelled}"
            return self._parted(Edit(entry.value, f"[{spelled}]"))
        if written.startswith("["):
            return super().appended(name, item)
        last = entry.items[-1]
        before = self.text[self.line_start(last.start) : last.start]
        if not re.fullmatch(r"[ \t]*-[ \t]+", before):
            raise EditError(f"The last item of `{name}` does not stand on a line of its own.")
        at = self.line_end(last.end)
        return Edit(Span(at, at), f"\n{before}{self.spelled(item, self.slice(last))}")

    def without(self, name: str, index: int) -> Edit:
        entry = self.entries[name]
        if self.slice(entry.value).startswith("["):
            return super().without(name, index)
        item = (entry.items or ())[index]
        return Edit(Span(self.line_start(item.start), self.line_end(item.end) + 1), "")


class HexoLayout(YamlLayout):
    """Fields of YAML without an opening line."""

    fence = False


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and text.lower() not in _YAML_WORDS


class TomlLayout(Layout):
    """Fields of TOML that stand before its first table, one below the other."""

    NAME = re.compile(r"[ \t]*(?P<quote>[\"']?)(?P<name>[\w-]+)(?P=quote)[ \t]*=[ \t]*")
    TEXT = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*""")

    def read(self) -> None:
        at = self.line_end(self.start) + 1
        close = self.start + self.head.rfind("\n") + 1
        self._end = close
        while at < close:
            line = self.text[at : self.line_end(at)]
            if line.lstrip().startswith("["):
                self._end = at
                return
            found = self.NAME.match(line)
            if found is None:
                at += len(line) + 1
                continue
            value = self._value(at + found.end(), close)
            items = None
            if self.text[value.start] == "[":
                items = tuple(self._items(value))
            self.entries[found["name"]] = FieldPlace(at + found.start("name"), value, items)
            at = self.line_end(value.end) + 1

    def _value(self, start: int, close: int) -> Span:
        """Return the span of a value: the fewest lines that are one, without a comment."""
        end = self.line_end(start)
        while end < close and not _is_toml(self.text[start:end]):
            end = self.line_end(end + 1)
        written = self.text[start:end]
        for found in re.finditer("#", written):
            if _is_toml(written[: found.start()]):
                end = start + found.start()
                break
        return Span(start, start + len(self.text[start:end].rstrip()))

    def _items(self, value: Span) -> Iterator[Span]:
        for found in self.TEXT.finditer(self.text, value.start, value.end):
            if not found[0].startswith("#"):
                yield Span(found.start(), found.end())

    def spelled(self, value: Value, before: str = "") -> str:
        if isinstance(value, tuple):
            return f"[{', '.join(self.spelled(item) for item in value)}]"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds")
        if before.startswith("'") and "'" not in value:
            return f"'{value}'"
        return json.dumps(value, ensure_ascii=False)

    def added(self, name: str, value: Value) -> Edit:
        at = self._end
        if self.entries:
            last = max(entry.value.end for entry in self.entries.values())
            at = min(self.line_end(last) + 1, self._end)
        return Edit(Span(at, at), f"{name} = {self.spelled(value)}\n")


def _is_toml(value: str) -> bool:
    try:
        tomllib.loads(f"x = {value}")
    except tomllib.TOMLDecodeError:
        return False
    return True


class JsonLayout(Layout):
    """Fields of one JSON object."""

    BLANKS = re.compile(r"[ \t\n]*")

    def read(self) -> None:
        at = self.text.find("{", self.start)
        self._open = at
        at = self._skip(at + 1)
        while self.text[at] != "}":
            key = at
            name, at = self._decoded(at)
            at = self._skip(self._skip(at) + 1)
            value, end = self._decoded(at)
            items = None
            if isinstance(value, list):
                items = tuple(self._items(at))
            self.entries[name] = FieldPlace(key, Span(at, end), items)
            at = self._skip(end)
            if self.text[at] == ",":
                at = self._skip(at + 1)

    def _skip(self, at: int) -> int:
        found = self.BLANKS.match(self.text, at)
        return found.end() if found else at

    def _decoded(self, at: int) -> tuple[Any, int]:
        return json.JSONDecoder().raw_decode(self.text, at)

    def _items(self, start: int) -> Iterator[Span]:
        at = self._skip(start + 1)
        while self.text[at] != "]":
            _, end = self._decoded(at)
            yield Span(at, end)
            at = self._skip(end)
            if self.text[at] == ",":
                at = self._skip(at + 1)

    def spelled(self, value: Value, before: str = "") -> str:
        if isinstance(value, datetime):
            return json.dumps(value.isoformat(timespec="seconds"))
        return json.dumps(value, ensure_ascii=False)

    def added(self, name: str, value: Value) -> Edit:
        field = f"{json.dumps(name)}: {self.spelled(value)}"
        if not self.entries:
            return Edit(Span(self._open + 1, self._open + 1), field)
        last = max(self.entries.values(), key=lambda entry: entry.key)
        before = self.text[self.line_start(last.key) : last.key]
        parting = " "
        if not before.strip():
            parting = f"\n{before}"
        return Edit(Span(last.value.end, last.value.end), f",{parting}{field}")

    def removed(self, name: str) -> Edit:
        entries = sorted(self.entries.values(), key=lambda entry: entry.key)
        at = entries.index(self.entries[name])
        if at + 1 < len(entries):
            return Edit(Span(entries[at].key, entries[at + 1].key), "")
        if at:
            return Edit(Span(entries[at - 1].value.end, entries[at].value.end), "")
        return Edit(Span(entries[at].key, entries[at].value.end), "")


# The layout for what each format's handler reads; the first that fits.
LAYOUTS: tuple[tuple[type[Handler], type[Layout]], ...] = (
    (HexoHandler, HexoLayout),
    (YamlHandler, YamlLayout),
    (TomlHandler, TomlLayout),
    (JsonHandler, JsonLayout),
)
