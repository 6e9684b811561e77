"""Random filters in NQL over given records, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

RELATIONS = {
    "tag": "tags.slug",
    "tags": "tags.slug",
    "author": "authors.slug",
    "authors": "authors.slug",
    "primary_tag": "primary_tag.slug",
    "primary_author": "primary_author.slug",
}
FIELDS = (
    *("id", "slug", "title", "featured", "published_at", "updated_at", "reading_time", "excerpt", "feature_image_alt"),
    *("canonical_url", "visibility", "comment_id", "access", "url", "og_title", "feature_image_caption", "unknown"),
    *("tags.name", "tags.url", "tags.unknown", "authors.slug", "authors.name", "authors.id", "primary_tag.name"),
    *RELATIONS,
)
STRANGE = ("mars", "Mars", "zz", "2025-01-01T00:00:00.000+00:00", "two words", "now-3d", "it's")


class Filters:
    """A source of random filters whose values are mostly those of the records."""

    def __init__(self, records: Sequence[dict[str, Any]], seed: int) -> None:
        self._records = records
        self._random = random.Random(seed)

    def filter(self, depth: int = 3) -> str:
        dice = self._random
        if depth == 0 or dice.random() < 0.4:
            return self.comparison()
        terms = [self.filter(depth - 1) for _ in range(dice.randint(2, 3))]
        # nql 0.13 chooses nothing where a group holds a group alone, so groups hold two terms or more.
        return dice.choice(["{}", "({})"]).format(dice.choice(["+", ",", " + ", " , "]).join(terms))

    def comparison(self) -> str:
        dice = self._random
        field = dice.choice(FIELDS)
        negation = dice.choice(["", "-"])
        form = dice.randrange(5)
        if form == 0:
            return f"{field}:{negation}{self._value(field)}"
        if form == 1:
            return f"{field}:{dice.choice(['>', '<', '>=', '<='])}{self._value(field)}"
        if form == 2:
            return f"{field}:{negation}[{','.join(self._value(field) for _ in range(dice.randint(1, 4)))}]"
        if form == 3:
            return f"{field}:[{'+'.join(self._value(field) for _ in range(dice.randint(2, 3)))}]"
        return f"{field}:{negation}{dice.choice(['~', '~^', '~$'])}{self._part(field)}"

    def damaged(self) -> str:
        """A filter with a few characters changed, added or left out."""
        dice, text = self._random, list(self.filter())
        for _ in range(dice.randint(1, 3)):
            place = dice.randrange(len(text))
            text[place : place + dice.randint(0, 1)] = dice.choice(["", *"()[]+,-~:'\"\\<>=aB1 .^$"])
            text = text or ["a"]
        return "".join(text)

    def _found(self, field: str) -> Any:
        values: list[Any] = [self._random.choice(self._records)]
        for name in RELATIONS.get(field, field).split("."):
            below = [value.get(name) if isinstance(value, dict) else None for value in values]
            values = [item for value in below for item in (value if isinstance(value, list) else [value])]
        return self._random.choice(values) if values else None

    def _value(self, field: str) -> str:
        dice = self._random
        strange = (None, True, False, dice.randint(0, 20), dice.choice(STRANGE))
        value = self._found(field) if dice.random() < 0.8 else dice.choice(strange)
        if value is None:
            return dice.choice(["null", "NULL", "Null"])
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return dice.choice([str(value), f"{value}.5"])
        plain = len(value) > 1 and value[0].isalpha() and value.replace("-", "").isalnum() and value.isascii()
        return value if plain and dice.random() < 0.7 else _quoted(value)

    def _part(self, field: str) -> str:
        dice, value = self._random, self._found(field)
        if not isinstance(value, str) or not value:
            return "'ar'"
        start = dice.randrange(len(value))
        part = dice.choice([value[start : start + dice.randint(1, 6)], value[:4], value[-4:]])
        return _quoted(dice.choice([part, part.upper(), part.lower()]))


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "\\'").replace('"', '\\"'))
