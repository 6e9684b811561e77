"""The editor of a file's front matter: it changes the characters that are meant, and proves it.

No library writes front matter back as it was: comments, order, quotes and line ends would go. So
the value is found by its place, its characters are replaced, and the result is read again: where
anything else reads differently than before, the edit is refused.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from octavo.content.editing.layouts import LAYOUTS, Edit, EditError, Layout, Span, Value
from octavo.content.errors import ContentError
from octavo.content.files.reading import decode
from octavo.content.frontmatter.head import Head, located, split

_LINE_END = re.compile("\r\n|\r|\n")


class HeadEditor:
    """The text of one file while its front matter is edited; `data` is what is to be written."""

    def __init__(self, path: str, data: bytes) -> None:
        """Raises ContentError where the file cannot be read as a post."""
        self._path = path
        self.data = data
        self._text = decode(data, path)
        self._head = split(self._text, path)

    @property
    def fields(self) -> dict[str, Any]:
        """The front matter as it is now, by the names in the file."""
        return self._head.fields

    def set(self, name: str, value: Value) -> None:
        """Give a field a value; one that is not there is added behind the others.

        Raises EditError where that cannot be done without touching something else.
        """
        layout = self._layout()
        if layout is None:
            self._begin(name, value)
        elif name in layout.entries:
            self._apply(layout.replaced(name, value), {name: value})
        elif name in self.fields:
            raise self._refusal(f"`{name}` does not stand on a line of its own.")
        else:
            self._apply(layout.added(name, value), {name: value})

    def remove(self, name: str) -> None:
        """Remove a field with its line; nothing happens where it is not there."""
        if name in self.fields:
            self._apply(self._known(name).removed(name), {}, gone=name)

    def append(self, name: str, item: str) -> None:
        """Add an item at the end of a field's list, which is made where there is none."""
        before = self.items(name)
        if item in before:
            return
        if name not in self.fields:
            self.set(name, (item,))
            return
        layout = self._known(name)
        try:
            edit = layout.appended(name, item)
        except EditError as error:
            raise self._refusal(str(error)) from None
        self._apply(edit, {name: (*before, item)})

    def replace_item(self, name: str, old: str, new: str) -> None:
        """Replace `old` by `new` in a field's list, or in its text with commas.

        Where `new` is there already, `old` is only removed.
        """
        before = self.items(name)
        layout = self._known(name)
        items = layout.entries[name].items
        index = before.index(old)
        if items is None:
            joined = ", ".join(dict.fromkeys((*before[:index], new, *before[index + 1 :])))
            self._apply(layout.replaced(name, joined), {name: joined})
        elif new in before:
            left = tuple(item for item in before if item != old)
            self._apply(layout.without(name, index), {name: left})
        else:
            left = (*before[:index], new, *before[index + 1 :])
            spelled = layout.spelled(new, layout.slice(items[index]))
            self._apply(Edit(items[index], spelled), {name: left})

    def items(self, name: str) -> tuple[str, ...]:
        """Return the texts of a field's list; of one text, those between its commas."""
        value = self.fields.get(name)
        if isinstance(value, list):
            return tuple(str(item) for item in value)
        return tuple(part.strip() for part in str(value or "").split(",") if part.strip())

    def _layout(self) -> Layout | None:
        """Return the places of the fields; None where there is no front matter yet."""
        handler, start, head = located(self._text, self._path)
        if handler is None:
            return None
        for known, layout in LAYOUTS:
            if isinstance(handler, known):
                try:
                    return layout(self._text, start, head)
                except EditError as error:
                    raise self._refusal(str(error)) from None
        raise self._refusal("The front matter has no fence, as Pelican and Nikola write it.")

    def _known(self, name: str) -> Layout:
        layout = self._layout()
        if layout is None or name not in layout.entries:
            raise self._refusal(f"`{name}` does not stand on a line of its own.")
        return layout

    def _begin(self, name: str, value: Value) -> None:
        """Give a text without front matter one."""
        first = LAYOUTS[1][1]("---\n---\n", 0, "---\n---")
        line = f"{name}: {first.spelled(value)}\n"
        self._apply(Edit(Span(0, 0), f"---\n{line}---\n\n"), {name: value}, begins=True)

    def _apply(
        self, edit: Edit, values: dict[str, Value], *, gone: str = "", begins: bool = False
    ) -> None:
        """Write an edit, unless something else reads differently afterwards."""
        try:
            data = self._written(edit)
            text = decode(data, self._path)
            head = split(text, self._path)
        except (ContentError, UnicodeEncodeError):
            raise self._refusal("It could not be read afterwards.") from None
        wanted = {key: _plain(value) for key, value in self.fields.items() if key != gone}
        wanted.update((key, _plain(value)) for key, value in values.items())
        found = {key: _plain(value) for key, value in head.fields.items()}
        if found != wanted or not self._keeps_body(head, begins):
            raise self._refusal("More than one field would be changed.")
        self.data = data
        self._text = text
        self._head = head

    def _keeps_body(self, head: Head, begins: bool) -> bool:
        if begins:
            return head.body.lstrip("\n") == self._head.body.lstrip("\n")
        return head.body == self._head.body

    def _written(self, edit: Edit) -> bytes:
        """Return the file's bytes with an edit of its text, whose line ends become the file's."""
        raw = self.data.decode("utf-8")
        mark = ""
        if raw.startswith("\ufeff"):
            mark = "\ufeff"
            raw = raw[1:]
        pairs = [found.start() - at for at, found in enumerate(re.finditer("\r\n", raw))]
        start = edit.span.start + bisect_left(pairs, edit.span.start)
        end = edit.span.end + bisect_left(pairs, edit.span.end)
        line_end = _LINE_END.search(raw)
        new = edit.new
        if line_end is not None:
            new = new.replace("\n", line_end[0])
        return f"{mark}{raw[:start]}{new}{raw[end:]}".encode()

    def _refusal(self, cause: str) -> EditError:
        return EditError(f"{self._path} is left as it is: {cause} Change it by hand.")


def _plain(value: Any) -> Any:
    """Return a value as a text, or lists and tables of texts, so that formats can be compared."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return _plain_items(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _plain_items(values: Iterable[Any]) -> list[Any]:
    return [_plain(value) for value in values]
