"""The words of the interface: what templates and pages `say`, as `phrases.toml` has it.

A phrase is called by its English words. What a template says is put in when it is compiled, so that
no page looks for it.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Any, cast

from flask import current_app
from jinja2 import TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from octavo.web.phrases.plurals import CATEGORIES, categories, category

log = logging.getLogger("octavo")

# The file in templates/ of a theme, or of a site.
FILE = "phrases.toml"
# The table of it with sentences that come to pages whole, with their values in place.
NOTES = "notes"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# How dates and large numbers are written are phrases, too.
DATE = "{day} {month} {year}"
THOUSAND = "1,000"
# The value that decides between the forms of a phrase.
COUNT = "count"
_VALUE = re.compile(r"\{([a-z]+)\}")
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")

# Text and the names of values in turns, text first and last.
Parts = Sequence[str]
# The parts by plural category; a phrase without plural forms has "other" alone.
Forms = Mapping[str, Parts]


class Phrases:
    """The phrases of a site in its language, by their English words."""

    def __init__(
        self, forms: Mapping[str, Forms], notes: Mapping[str, Forms], language: str = "en"
    ) -> None:
        self._forms = forms
        self._notes = notes
        self._language = language
        self._months = [self.say(month) for month in MONTHS]
        self._date = self.say(DATE, day="{0}", month="{1}", year="{2}")
        self._separator = self.say(THOUSAND)[1:-3]

    def say(self, text: str, **values: object) -> str:
        """Return the phrase `text` with `values` in their places; itself where it has no entry.

        A `count` is written with separators, and decides between plural forms.
        """
        return self._filled(self.forms(text), values)

    def _filled(self, forms: Forms, values: Mapping[str, object]) -> str:
        count = values.get(COUNT)
        parts = forms["other"]
        if isinstance(count, int):
            parts = forms.get(self.category(forms, count), parts)
            values = {**values, COUNT: self.number(count)}
        filled: list[Any] = list(parts)
        filled[1::2] = [values[name] for name in parts[1::2]]
        if any(hasattr(value, "__html__") for value in filled):
            return Markup().join(filled)
        return "".join(map(str, filled))

    def forms(self, text: str) -> Forms:
        """Return a phrase in the site's words by plural category; unknown ones as they are."""
        return self._forms.get(text) or {"other": _VALUE.split(text)}

    def category(self, forms: Forms, count: int) -> str:
        """Return the plural category of a number; forms of English follow its rule."""
        language = self._language
        if not forms.keys() <= categories(language):
            language = "en"
        return category(language, count)

    def counts_as_english(self, forms: Forms) -> bool:
        """Whether the form "one" is for 1 alone, and there is no other."""
        numbers = range(200)
        return all(self.category(forms, each) == category("en", each) for each in numbers)

    def translated(self, note: str) -> str:
        """Return a sentence of the engine in the site's words; as it is where they lack it."""
        for key, forms in self._changed_notes:
            found = key.fullmatch(note)
            if found:
                return self._filled(forms, found.groupdict())
        return note

    @cached_property
    def _changed_notes(self) -> list[tuple[re.Pattern[str], Forms]]:
        changed = []
        for key, forms in self._notes.items():
            parts = [re.escape(part) for part in _VALUE.split(key)]
            parts[1::2] = [f"(?P<{name}>.+)" for name in parts[1::2]]
            if "".join(forms["other"]) != "".join(_VALUE.split(key)):
                changed.append((re.compile("".join(parts), re.DOTALL), forms))
        return changed

    def number(self, number: int) -> str:
        """Return a number with separators between its thousands."""
        written = f"{number:,}"
        if self._separator != ",":
            return written.replace(",", self._separator)
        return written

    def date(self, moment: datetime) -> str:
        """Return a date as readers write it: 17 July 2025."""
        return self._date.format(moment.day, self._months[moment.month - 1], moment.year)

    def put_in(self, template: nodes.Template, name: str, filename: str) -> nodes.Template:
        """Put the phrases in a template's syntax tree, in place of its calls of `say`.

        Raises TemplateSyntaxError for a phrase without one of its values.
        """
        return cast(nodes.Template, _Saying(self, name, filename).visit(template))


class _Saying(NodeTransformer):
    """Puts phrases in a template, as if they had been written there."""

    def __init__(self, phrases: Phrases, name: str, filename: str) -> None:
        self._phrases = phrases
        self._name = name
        self._filename = filename

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        """Write the parts of a phrase one after the other, which is faster than to join them."""
        self.generic_visit(node)
        parts: list[nodes.Expr] = []
        for child in node.nodes:
            if isinstance(child, nodes.Concat):
                parts += child.nodes
            else:
                parts.append(child)
        node.nodes = parts
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Replace `say("...")`; what is known with the page only stays a call."""
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.node.name != "say":
            return node
        if len(node.args) != 1 or not isinstance(node.args[0], nodes.Const):
            return node
        text = node.args[0].value
        values = {each.key: each.value for each in node.kwargs}
        for name in _VALUE.split(text)[1::2]:
            if name not in values:
                message = f"`{text}` is said without its value `{name}`"
                raise TemplateSyntaxError(message, node.lineno, self._name, self._filename)
        forms = self._phrases.forms(text)
        count = values.get(COUNT)
        if count is None:
            return _joined(forms["other"], values)
        if len(forms) > 1 and not self._phrases.counts_as_english(forms):
            return node
        values[COUNT] = nodes.Filter(count, "number", [], [], None, None)
        many = _joined(forms["other"], values)
        if "one" not in forms:
            return many
        is_one = nodes.Compare(count, [nodes.Operand("eq", nodes.Const(1))])
        return nodes.CondExpr(is_one, _joined(forms["one"], values), many)


def _joined(parts: Parts, values: Mapping[str, nodes.Expr]) -> nodes.Expr:
    """Return an expression of a phrase's parts one after the other."""
    if len(parts) == 1:
        return nodes.Const(parts[0])
    joined: list[nodes.Expr] = []
    for place, part in enumerate(parts):
        if place % 2:
            joined.append(values[part])
        elif part:
            joined.append(nodes.Const(part))
    return nodes.Concat(joined)


def say(text: str, **values: object) -> str:
    """Return a phrase of the site that is asked: see Phrases.say."""
    return _phrases().say(text, **values)


def translated(note: str) -> str:
    """Return a sentence of the engine in the words of the site that is asked."""
    return _phrases().translated(note)


def _phrases() -> Phrases:
    return cast(Phrases, current_app.jinja_env.globals["phrases"])


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase as a file has it, and its line."""

    table: str
    text: str
    value: object
    line: int


def read_phrases(
    files: Mapping[str, str], language: str, is_said: Callable[[str], bool]
) -> Phrases:
    """Return the phrases of `files` (texts by path), the last of which stands over all others.

    Phrases that none of the files before knows, and no template says (`is_said`), are logged, as
    are those that cannot be used. Raises TemplateSyntaxError where a file is no TOML.
    """
    tables: dict[str, dict[str, Forms]] = {"": {}, NOTES: {}}
    for number, (path, text) in enumerate(files.items()):
        for entry in _entries(path, text):
            known = tables[entry.table]
            problem = _problem_of(entry.text, entry.value)
            if number and entry.text not in known and not is_said(entry.text):
                problem = "nothing says these words"
                near = get_close_matches(entry.text, known, n=1)
                if near:
                    problem += f"; “{near[0]}” is said"
            if problem:
                log.warning("%s:%d: “%s”: %s.", path, entry.line, entry.text, problem)
            else:
                known[entry.text] = _forms(entry.value)
    return Phrases(tables[""], tables[NOTES], language)


def _entries(path: str, text: str) -> Iterator[_Entry]:
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise TemplateSyntaxError(str(error), line, FILE, path) from error
    notes = read.pop(NOTES, {})
    if not isinstance(notes, dict):
        raise TemplateSyntaxError("`notes` is a table of sentences", 1, FILE, path)
    for table, found in (("", read), (NOTES, notes)):
        for key, value in found.items():
            written = max(text.find(f'"{key}"'), 0)
            yield _Entry(table, key, value, text.count("\n", 0, written) + 1)


def _problem_of(text: str, value: object) -> str:
    """Return what is wrong with the value of a phrase; '' for nothing."""
    written = value if isinstance(value, dict) else {"other": value}
    if "other" not in written or not written.keys() <= set(CATEGORIES):
        return f"plural forms are {', '.join(CATEGORIES)}, and `other` is always there"
    known = set(_VALUE.split(text)[1::2])
    for each in written.values():
        if not isinstance(each, str):
            return "a phrase is a text in quotes"
        for name in _VALUE.split(each)[1::2]:
            if name not in known:
                return f"there is no value {{{name}}} for it"
    if text == THOUSAND and not re.fullmatch(r"1\D?000", str(value)):
        return "it says how a thousand is written, as 1.000"
    return ""


def _forms(value: Any) -> Forms:
    written = value if isinstance(value, dict) else {"other": value}
    return {name: _VALUE.split(text) for name, text in written.items()}
