"""Front matter in JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from octavo.content.frontmatter.formats.base import HYPHENS, MAX_HEAD_CHARACTERS, Handler, key_lines


class JsonHandler(Handler):
    """A JSON object at the very beginning (Hugo), or below `---json` (Eleventy)."""

    OPEN = re.compile(r'\{\s*(?:"[^"\n]*"\s*:|\})')

    def opens(self, line: str, beginning: str) -> bool:
        return line == "---json" or self.OPEN.match(beginning) is not None

    def cut(self, text: str) -> tuple[str, str]:
        fenced = text.startswith("---json")
        begin = 0
        if fenced:
            begin = len(text) - len(text[7:].lstrip())
        decoder = json.JSONDecoder(object_pairs_hook=self._object)
        try:
            fields, end = decoder.raw_decode(text[:MAX_HEAD_CHARACTERS], begin)
        except json.JSONDecodeError as error:
            cure = 'Write `"name": "value"` with a comma between fields and close the brace.'
            raise self.error(error.lineno, error.colno, f"JSON: {error.msg}.", cure) from None
        except (RecursionError, ValueError):
            cause = "JSON: a value is nested too deeply or a number has too many digits."
            raise self.error(1, 1, cause, "Keep such data in a file of its own.") from None
        body = text[end:]
        if fenced:
            close = HYPHENS.match(body.lstrip())
            if close is None or not isinstance(fields, dict):
                cause = "Below `---json` stands something else than one object and `---`."
                raise self.error(1, 1, cause, 'Write { "name": "value" }, then a line `---`.')
            body = body.lstrip()[close.end() :]
        self._loaded: dict[str, Any] = fields
        self._refuse_half_characters(text[:end])
        return text[:end], body.lstrip(" \t").removeprefix("\n")

    def _refuse_half_characters(self, text: str) -> None:
        self.refuse_excess(self._loaded)
        try:
            json.dumps(self._loaded, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            found = re.search(r"\\u[dD][89a-fA-F]", text)
            line = text.count("\n", 0, found.start() if found else 0) + 1
            cause = "JSON: half of a surrogate pair is no character."
            raise self.error(line, 1, cause, "Write the character itself.") from None

    def split(self, text: str) -> tuple[str, str]:
        return text, ""

    def load(self, fm: str) -> dict[str, Any]:
        self.marks = key_lines(fm, self.first_line, r'"([^"\n]+)"[ \t]*:')
        return self._loaded

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) == len(pairs):
            return fields
        names = [name for name, _ in pairs]
        name = next(name for name in names if names.count(name) > 1)
        cause = f"The field `{name}` stands twice in one object."
        raise self.error(1, 1, cause, "Delete one of them.")
