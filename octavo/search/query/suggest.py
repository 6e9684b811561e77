"""Completion while typing: titles, tags, categories and authors."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from typing import Literal

import numpy as np

from octavo.content.posts import Post
from octavo.search.analysis import Language, fold, tokens
from octavo.search.query.grammar import clean, parse

# What is completed besides titles, in this order.
Labelled = Literal["tag", "category", "author"]
Kind = Labelled | Literal["title"]

# Ways to spell what is typed that are looked for.
MOST_SPELLINGS = 16

_FIELD = re.compile(
    r'(?:(?<=\s)|^)[-+]?(?P<kind>tag|category|author|title):(?:"(?P<open>[^"]*)|(?P<bare>[^\s"]*))$',
    re.I,
)


def field_of(typed: str) -> tuple[str, str, str]:
    """The field with whose name the last word begins, as "tag" in `moon tag:co`: what is before it,
    it, what follows.

    Without one, nothing, no field and all that was typed.
    """
    # A word is finished with a space.
    typed = clean(typed) + " " * typed.endswith(" ")
    match = _FIELD.search(typed)
    if match is None:
        return "", "", typed
    return typed[: match.start("kind")], match["kind"].lower(), match["open"] or match["bare"] or ""


def excludes(typed: str) -> bool:
    """Whether anything must not occur, as in `-moon`, `NOT moon` and the phrase `-"moon la` that is
    not yet closed.
    """
    closed = clean(typed)
    closed += '"' * (closed.count('"') % 2)
    return any(clause.occur == "not" for clause in parse(closed).clauses)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to complete what is being typed; `value` is a path for a title, a slug otherwise."""

    kind: Kind
    value: str
    label: str
    count: int = 1


class Completions:
    """Completes words from the left in names given in order of preference, then in the titles of
    posts.

    Reads one long text from front to back.
    """

    def __init__(self, names: Sequence[Suggestion], posts: Iterable[Post] = ()) -> None:
        self._names = names
        self._posts = list(posts)
        folded = [_folded(name.label) for name in names] + [
            _folded(post.title) for post in self._posts
        ]
        # Line i is the folded words of name i, each with a space before it.
        self._text = "\n " + "\n ".join(folded) + "\n"
        # Where the lines of each kind are: they stand together.
        self._spans: dict[str, tuple[int, int]] = {"title": (len(names), len(folded))}
        for line, name in enumerate(names):
            self._spans[name.kind] = (self._spans.get(name.kind, (line, 0))[0], line + 1)
        self._starts: list[int] = np.cumsum([0, *(len(line) + 2 for line in folded)]).tolist()

    def find(self, typed: str, limit: int, language: Language) -> list[Suggestion]:
        """Up to `limit` names with words that begin as typed; names that begin so themselves come
        first.

        After the name of a field, as in `tag:co`, names of that kind, at first the largest ones.
        Without, or after `title:`, nothing where anything is excluded. `language` tells how else
        the words may be spelled.
        """
        _, kind, begun = field_of(typed)
        words = [fold(token) for token in tokens(begun)][:8]
        if not words and not kind:
            return []
        # A label leads to a search that keeps what was typed, a name to its own page.
        if kind in ("", "title") and excludes(typed):
            return []
        span = self._spans.get(kind, (0, 0)) if kind else (0, len(self._starts) - 1)
        found: dict[int, None] = {}
        spellings = list(islice(product(*map(language.beginnings, words)), MOST_SPELLINGS))
        for before in ("\n ", " "):
            for spelled in spellings:
                found = self._lines(before + " ".join(spelled), limit, found, span)
        for spelled in spellings if len(words) > 1 else ():
            rare = " " + max(spelled, key=len)
            found = self._lines(rare, limit, found, span, [" " + word for word in spelled])
        return [self._suggestion(line) for line in found]

    def _suggestion(self, line: int) -> Suggestion:
        if line < len(self._names):
            return self._names[line]
        post = self._posts[line - len(self._names)]
        return Suggestion("title", post.path, post.title)

    def _lines(
        self,
        needle: str,
        limit: int,
        found: dict[int, None],
        span: tuple[int, int],
        others: Iterable[str] = (),
    ) -> dict[int, None]:
        """Add to `found` the lines of a span that hold `needle` and all `others`, up to `limit`
        lines.
        """
        text, tried = self._text, 0
        at, stop = (self._starts[line] for line in span)
        while len(found) < limit and tried < 2_000:
            at = text.find(needle, at, stop)
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
