"""The one pass over a body that translates forms of other Markdown dialects, outside code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

# Blocks that are translated by a pass of their own nest at most so deep; deeper ones stay as
# written.
MAX_DEPTH = 8
# Stands on both sides of a shortcode that is left for the rendering: a character for private use.
KEPT = "\uf8e0"
# Characters in which a tag that begins must end.
MAX_TAG = 4_000

# Blanks up to the end of a line, and the characters that may stand before a form in its line.
_REST_IS_BLANK = re.compile(r"[^\S\n]*(?:\n|\Z)")
_BLANK_BEFORE = "> \t\n"
# What elements a form is shown as, what may stand before a block in its line, and what ends one.
_ELEMENTS = ("<iframe", "<img", "<video", "<audio", "<a ")
_BEFORE_BLOCK = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_ENDS_BLOCK = re.compile(r"[ \t]*(?:\Z|\n[ \t>]*(?:\n|\Z))")
_BLANK_LINE = re.compile(r"\n[ \t>]*(?:\n|$)")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A note for the writer about a place in the body; line and column are counted from 1."""

    line: int
    column: int
    cause: str
    cure: str


class Form:
    """A form of a dialect: the pattern that finds it, and the function that translates it.

    `pattern` is matched where the form may begin: at one of the characters `first`, or, for a form
    that begins a line, at the start of a line whose first character after blanks and quote marks is
    one of `line`. `act` writes the translation and returns the position after the form, or returns
    None where the text is prose after all. A form is tried only in a body that opens its `gate`
    (see `dialects.gates`); the forms of code have none. `ahead` is what must follow the first
    character, as a pattern: the search stops nowhere else, which saves trying the form there. With
    `copied` the form only copies what it matches: "always" where no other form begins there,
    "alone" where none has its character; then the search passes over it.
    """

    def __init__(
        self,
        pattern: str,
        act: Callable[[Scan, re.Match[str]], int | None],
        first: str = "",
        *,
        line: str = "",
        gate: str = "",
        ahead: str = "",
        copied: Literal["", "alone", "always"] = "",
    ) -> None:
        self.pattern = re.compile(pattern, re.MULTILINE)
        self.act = act
        self.first = first
        self.line = line
        self.gate = gate
        self.ahead = ahead
        self.copied = copied


def leave_out(scan: Scan, match: re.Match[str]) -> int:
    """Leave out what a form's pattern has matched."""
    return match.end()


# What must follow a character for any form to begin with it: most of them are prose.
_NEXT: Mapping[str, str] = {
    "!": r"(?=\[)",
    "+": r"(?=\+)",
    ":": r"(?=[/a-z0-9+-])",
    "=": "(?==)",
    "@": r"(?=[/*]|site/|admin|auth|can|hasrole|role)",
    "^": r"(?=[\w^\[+-])",
    "|": r"(?=[a-z]+\|)",
    "%": "(?=%)",
}
_PREFIX = re.compile(r"[ \t>]*")
_INDENT = re.compile(r" {4}| {0,3}\t")


# A code span that no form begins or follows.
_SIMPLE_CODE = r"`[^`\n{}]++`(?![`{])"


def _aheads(forms: Mapping[str, Sequence[Form]]) -> dict[str, str]:
    """Return what must follow each character, as a pattern, where all of its forms tell that."""
    narrow = {}
    for character, found in forms.items():
        aheads = dict.fromkeys(form.ahead for form in found)
        if found and all(aheads):
            narrow[character] = f"(?={'|'.join(aheads)})"
    return narrow


class Table:
    """Forms in their order of precedence: where two match, the one that comes first is taken."""

    def __init__(self, forms: Iterable[Form], indented: Form) -> None:
        self._indented = indented
        self._lines: defaultdict[str, list[Form]] = defaultdict(list)
        self._inline: defaultdict[str, list[Form]] = defaultdict(list)
        for form in forms:
            for character in form.line:
                self._lines[character].append(form)
            for character in form.first:
                self._inline[character].append(form)
        # A backslash matters before what may begin a form, and where formulas stand in brackets.
        escaped = re.escape("".join(self._inline))
        if len(self._inline["\\"]) > 1:
            escaped += r"(\["
        following = {**_NEXT, "\\": rf"(?=[{escaped}]|begin\{{comment|iffalse)"}
        following |= _aheads(self._inline)
        inline = [re.escape(character) + following.get(character, "") for character in self._inline]
        narrow = _aheads(self._lines)
        alike: defaultdict[str, str] = defaultdict(str)
        for sign in self._lines:
            alike[narrow.get(sign, "")] += re.escape(sign)
        beginnings = [f"[{signs}]{ahead}" for ahead, signs in alike.items()]
        line = rf"\n(?= {{4}}|[ \t>]*(?:\t|{'|'.join(beginnings)}))"
        opening = "|".join([line, *inline])
        signs = re.escape("".join(self._inline))
        # Code within a line holds no form, and is most of what looks like one.
        copied = [
            form.pattern.pattern
            for form in chain.from_iterable(self._inline.values())
            if form.copied == "always" or (form.copied and len(self._inline[form.first]) == 1)
        ]
        prose = "|".join([rf"[^\n{signs}]++", _SIMPLE_CODE, *copied])
        self._prose = re.compile(rf"(?:{prose}|(?!{opening})[\n{signs}])*+")

    def next_opening(self, text: str, position: int) -> int:
        """Return the first place from `position` on where a form may begin, or the text's end.

        It is that of the form, or of the line end before it.
        """
        found = self._prose.match(text, position)
        if found is None:
            return len(text)
        return found.end()

    def on_line(self, text: str, start: int) -> Sequence[Form]:
        """Return the forms that the line at `start` may begin with."""
        prefix = _PREFIX.match(text, start)
        at = start
        if prefix:
            at = prefix.end()
        forms = self._lines.get(text[at : at + 1], [])
        if _INDENT.match(text, start):
            return [self._indented, *forms]
        return forms

    def at(self, text: str, position: int) -> Sequence[Form]:
        """Return the forms that may begin at a position within a line."""
        return self._inline.get(text[position], ())


@dataclass(slots=True)
class Opened:
    """A construct that is still open; `place` is the index of its beginning in what is written.

    `parts` are names that it has for parts of it that have none.
    """

    name: str
    place: int
    opening: str
    closing: str
    parts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Scan:
    """One pass over a text: forms are translated, everything else is copied."""

    text: str
    table: Table
    line: int = 1
    column: int = 1
    depth: int = 0
    # Shortcodes that plug-ins bring: they are left for the rendering.
    kept: frozenset[str] = frozenset()
    written: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    # Text to append at the end, such as footnotes.
    last: list[str] = field(default_factory=list)
    # Ends that were looked for and are not there: looking for them again would cost the whole text
    # each time.
    absent: set[str] = field(default_factory=set)
    # The last match of each pattern that was searched for, with the place from which it was.
    known: dict[str, tuple[int, re.Match[str]]] = field(default_factory=dict)
    # The last place for which `in_list` was asked, and the answer.
    list_place: tuple[int, bool] = (0, False)
    # A place that `paragraph_end` was asked for, and the answer, which is that of all places
    # between.
    paragraph: tuple[int, int] = (0, -1)

    def run(self) -> str:
        """Return the translated text."""
        text = self.text
        position = self.take(self.table.on_line(text, 0), 0) or 0
        start = self.table.next_opening(text, position)
        while start < len(text):
            begins_line = text[start] == "\n"
            if begins_line:
                start += 1
                forms = self.table.on_line(text, start)
            else:
                forms = self.table.at(text, start)
            self.written.append(text[position:start])
            end = self.take(forms, start)
            position = start if end is None else end
            if end is None and not begins_line:
                position = start + 1
                self.written.append(text[start])
            start = self.table.next_opening(text, position)
        self.written.append(text[position:])
        self._close_last()
        if self.last:
            self.written.extend(("\n\n", *self.last))
        return "".join(self.written)

    def _close_last(self) -> None:
        """Close the containers that are open at the end of the text."""
        for found in reversed(self.opened):
            if found.name == "container":
                self.written[found.place] = found.opening
                self.written.append(f"\n{found.closing}")

    def take(self, forms: Sequence[Form], start: int) -> int | None:
        """Translate the first of `forms` that matches at `start`; return its end, or None."""
        for form in forms:
            match = form.pattern.match(self.text, start)
            if match is not None:
                end = form.act(self, match)
                if end is not None:
                    return end
        return None

    def write(self, text: str) -> None:
        """Append to the translation."""
        self.written.append(text)

    def write_shown(self, start: int, end: int, shown: str) -> None:
        """Append what stands for the form from `start` to `end`; see `in_line`."""
        self.written.append(self.in_line(start, end, shown))

    def in_line(self, start: int, end: int, shown: str) -> str:
        """Return what stands for the form from `start` to `end`, which may be an element of HTML.

        An element that begins a line would make HTML of all up to the next blank line; behind
        another one within the line it does not.
        """
        if not shown.startswith(_ELEMENTS):
            return shown
        line = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        if _BEFORE_BLOCK.fullmatch(line) is None:
            return shown
        if _ENDS_BLOCK.match(self.text, end) is None:
            return f"<span></span>{shown}"
        if shown.startswith("<img") and ' title="' in shown:
            # A picture that is a paragraph has its title as caption.
            return f"<p>{shown}</p>"
        return shown

    def keep(self, start: int, end: int) -> int:
        """Copy `text[start:end]` into the translation as it is; return `end`."""
        self.written.append(self.text[start:end])
        return end

    def note(self, at: int, cause: str, cure: str) -> None:
        """Add a note for the writer about position `at`."""
        line = self.text.count("\n", 0, at)
        column = at - self.text.rfind("\n", 0, at) - 1
        self.notes.append(Note(self.line + line, self.column + column, cause, cure))

    def find(self, wanted: str, start: int, end: int | None = None) -> int:
        """Return the position of `wanted` at or after `start`, or -1.

        What is absent is searched for only once.
        """
        if wanted in self.absent:
            return -1
        at = self.text.find(wanted, start) if end is None else self.text.find(wanted, start, end)
        if at < 0 and end is None:
            self.absent.add(wanted)
        return at

    def search(self, wanted: re.Pattern[str], start: int) -> re.Match[str] | None:
        """Return the first match of `wanted` at or after `start`, or None.

        What is absent is searched for only once, and so is what is found until `start` is behind
        it.
        """
        if wanted.pattern in self.absent:
            return None
        asked, known = self.known.get(wanted.pattern, (0, None))
        if known is not None and asked <= start <= known.start():
            return known
        found = wanted.search(self.text, start)
        if found is None:
            self.absent.add(wanted.pattern)
        else:
            self.known[wanted.pattern] = (start, found)
        return found

    def paragraph_end(self, at: int) -> int:
        """Return where the paragraph around `at` ends: at a blank line, or with the text."""
        start, end = self.paragraph
        if not start <= at <= end:
            found = _BLANK_LINE.search(self.text, at)
            end = found.start() if found else len(self.text)
            self.paragraph = (at, end)
        return end

    def indent(self, at: int) -> str:
        """Return the blanks and quote marks before `at` in its line; '' where words precede it."""
        if at and self.text[at - 1] not in _BLANK_BEFORE:
            return ""
        before = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        if not before.strip("> \t"):
            return before
        return ""

    def alone(self, start: int, end: int) -> bool:
        """Whether there is nothing else in the lines of the form from `start` to `end`."""
        if start and self.text[start - 1] not in _BLANK_BEFORE:
            return False
        before = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        return not before.strip("> \t") and _REST_IS_BLANK.match(self.text, end) is not None

    def open(self, name: str, standing: str, opening: str, closing: str) -> None:
        """Write the beginning of a construct, which a later `close(name)` ends.

        That is `standing` for the time being; where the construct is closed, `opening` takes its
        place, and `closing` is written at its end.
        """
        self.opened.append(Opened(name, len(self.written), opening, closing))
        self.written.append(standing)

    def close(self, name: str) -> bool:
        """Write the end of the last open `name` ('' for any); return False where none is open."""
        for place in range(len(self.opened) - 1, max(-1, len(self.opened) - 100), -1):
            found = self.opened[place]
            if name in ("", found.name):
                self.written[found.place] = found.opening
                self.written.append(found.closing)
                del self.opened[place:]
                return True
        return False

    def inner(self, text: str, line: int, column: int) -> str:
        """Return a block's text translated; the block is at `line` and `column` of this text."""
        if self.depth >= MAX_DEPTH:
            return text
        scan = Scan(
            text, self.table, self.line + line - 1, self.column + column - 1, self.depth + 1
        )
        translated = scan.run()
        self.notes.extend(scan.notes)
        return translated

    def in_list(self, at: int) -> bool:
        """Whether the indented line at `at` belongs to a list item above it."""
        before, answer = self.list_place
        position = at
        while position > before:
            start = self.text.rfind("\n", 0, position - 1) + 1
            line = self.text[start:position]
            position = start
            if not line.strip():
                continue
            if LIST_ITEM.match(line):
                answer = True
                break
            if not line.startswith(("   ", "\t")) and start == self._paragraph(start):
                answer = False
                break
        self.list_place = (at, answer)
        return answer

    def _paragraph(self, start: int) -> int:
        """Return `start` where a paragraph begins there, otherwise -1."""
        before = 0
        if start:
            before = self.text.rfind("\n", 0, start - 1) + 1
        if start == 0 or not self.text[before : start - 1].strip():
            return start
        return -1


LIST_ITEM = re.compile(r"[ \t>]{0,9}(?:[-*+]|\d{1,9}[.)])[ \t]")
