"""Completion while typing: titles, tags, categories and authors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from octavo.content.posts import Post
from octavo.search.words import fold, tokens

# What is completed besides titles, in this order.
Labelled = Literal["tag", "category", "author"]
Kind = Labelled | Literal["title"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to complete what is being typed; `value` is a path for a title, a slug otherwise."""

    kind: Kind
    value: str
    label: str
    count: int = 1


class Completions:
    """Completes words from the left in names given in order of preference, then in the titles of posts.

    Reads one long text from front to back.
    """

    def __init__(self, names: Sequence[Suggestion], posts: Iterable[Post] = ()) -> None:
        self._names = names
        self._posts = list(posts)
        folded = [_folded(name.label) for name in names] + [_folded(post.title) for post in self._posts]
        # Line i is the folded words of name i, each with a space before it.
        self._text = "\n " + "\n ".join(folded) + "\n"
        self._starts: list[int] = np.cumsum([0, *(len(line) + 2 for line in folded)]).tolist()

    def find(self, typed: str, limit: int) -> list[Suggestion]:
        """Up to `limit` names with words that begin as typed; names that begin so themselves come first."""
        words = [fold(token) for token in tokens(typed)][:8]
        if not words:
            return []
        found = self._lines("\n " + " ".join(words), limit, {})
        found = self._lines(" " + " ".join(words), limit, found)
        if len(found) < limit and len(words) > 1:
            rare = " " + max(words, key=len)
            found = self._lines(rare, limit, found, [" " + word for word in words])
        return [self._suggestion(line) for line in found]

    def _suggestion(self, line: int) -> Suggestion:
        if line < len(self._names):
            return self._names[line]
        post = self._posts[line - len(self._names)]
        return Suggestion("title", post.path, post.title)

    def _lines(self, needle: str, limit: int, found: dict[int, None], others: Iterable[str] = ()) -> dict[int, None]:
        """Add to `found` the lines that hold `needle` and all `others`, up to `limit` lines."""
        text, at, tried = self._text, 0, 0
        while len(found) < limit and tried < 2_000:
            at = text.find(needle, at)
            if at < 0:
                break
            line = self._line(at + 1 if needle[0] == "\n" else at)
            end = self._starts[line + 1]
            if all(text.find(other, self._starts[line], end) >= 0 for other in others):
                found[line] = None
            at, tried = end - 1, tried + 1
        return found

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1


@lru_cache(maxsize=100_000)
def _folded(name: str) -> str:
    return " ".join(map(fold, tokens(name)))
