"""Completion while typing, of titles, tags, categories and authors."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import get_args

import numpy as np

from octavo.content.posts import Post
from octavo.search.analysis import Language, fold_words
from octavo.search.protocol import CompletedFacet, Snapshot, Suggestion
from octavo.search.query.grammar import clean_query, parse

# Words of what is being typed that are completed, and ways to spell them that are looked for.
MAX_COMPLETED_WORDS = 8
MAX_SPELLINGS = 16
# Names that are looked at for one spelling.
MAX_LOOKED_AT_NAMES = 2_000

_FIELD = re.compile(
    r"""
    (?:(?<=\s)|^)[-+]?
    (?P<kind>tag|category|author|title):
    (?:"(?P<open>[^"]*)|(?P<bare>[^\s"]*))$
    """,
    re.VERBOSE | re.IGNORECASE,
)


def field_being_typed(typed: str) -> tuple[str, str, str]:
    """Split what is being typed at the field of its last word: the text before, field, and value.

    `moon tag:co` becomes ("moon ", "tag", "co"); without a field all of it is the value.
    """
    # A word is finished with a space.
    typed = clean_query(typed) + " " * typed.endswith(" ")
    match = _FIELD.search(typed)
    if match is None:
        return "", "", typed
    return typed[: match.start("kind")], match["kind"].lower(), match["open"] or match["bare"] or ""


def _excludes(typed: str) -> bool:
    """Whether the query excludes anything, as `-moon` and the open phrase `-"moon la` do."""
    closed = clean_query(typed)
    closed += '"' * (closed.count('"') % 2)
    return any(clause.occur == "must_not" for clause in parse(closed).clauses)


def completions_of(snapshot: Snapshot, counts: Mapping[str, Mapping[str, int]]) -> Completions:
    """Return the completions: facets' values by their `counts`, largest first, then titles."""
    names: list[Suggestion] = []
    for kind in get_args(CompletedFacet):
        by_count = sorted(counts[kind].items(), key=lambda item: (-item[1], item[0]))
        names += [
            Suggestion(kind, slug, snapshot.name(kind, slug), count)
            for slug, count in by_count
            if count
        ]
    return Completions(names, snapshot.posts.values())


class Completions:
    """Completes words in names, which are given in order of preference, then in titles of posts.

    They are lines of one long text, which is searched from front to back.
    """

    def __init__(self, names: Sequence[Suggestion], posts: Iterable[Post] = ()) -> None:
        self._names = names
        self._posts = list(posts)
        folded = [_fold_words(name.label) for name in names]
        folded += [_fold_words(post.title) for post in self._posts]
        # Line i is the folded words of name i, each with a space before it.
        self._text = "\n " + "\n ".join(folded) + "\n"
        # Where the lines of each kind are: they stand together.
        self._spans: dict[str, tuple[int, int]] = {"title": (len(names), len(folded))}
        for line, name in enumerate(names):
            first, _ = self._spans.get(name.kind, (line, 0))
            self._spans[name.kind] = (first, line + 1)
        self._starts: list[int] = np.cumsum([0, *(len(line) + 2 for line in folded)]).tolist()

    def find(self, typed: str, limit: int, language: Language) -> list[Suggestion]:
        """Return up to `limit` names with words that begin as typed; names that begin so go first.

        After the name of a field, as in `tag:co`, they are names of that kind. Nothing where
        anything is excluded, because a title would lead away from that. `language` tells how else
        words may be spelled.
        """
        _, kind, value = field_being_typed(typed)
        words = fold_words(value).split()[:MAX_COMPLETED_WORDS]
        if not words and not kind:
            return []
        # A facet's value leads to a search that keeps what was typed, a name to its own page.
        if kind in ("", "title") and _excludes(typed):
            return []
        span = (0, len(self._starts) - 1)
        if kind:
            span = self._spans.get(kind, (0, 0))
        found: dict[int, None] = {}
        spellings = list(islice(product(*map(language.prefix_variants, words)), MAX_SPELLINGS))
        for before in ("\n ", " "):
            for spelling in spellings:
                self._find_lines(found, before + " ".join(spelling), limit, span)
        if len(words) > 1:
            for spelling in spellings:
                # The longest is the rarest.
                needle = " " + max(spelling, key=len)
                others = [" " + word for word in spelling]
                self._find_lines(found, needle, limit, span, others)
        return [self._suggestion(line) for line in found]

    def _suggestion(self, line: int) -> Suggestion:
        if line < len(self._names):
            return self._names[line]
        post = self._posts[line - len(self._names)]
        return Suggestion("title", post.path, post.title)

    def _find_lines(
        self,
        found: dict[int, None],
        needle: str,
        limit: int,
        span: tuple[int, int],
        others: Iterable[str] = (),
    ) -> None:
        """Add the lines of a span that have `needle` and all `others`, until there are `limit`."""
        text = self._text
        at = self._starts[span[0]]
        stop = self._starts[span[1]]
        for _ in range(MAX_LOOKED_AT_NAMES):
            if len(found) >= limit:
                break
            at = text.find(needle, at, stop)
            if at < 0:
                break
            line = self._line(at + needle.count("\n"))
            end = self._starts[line + 1]
            if all(text.find(other, self._starts[line], end) >= 0 for other in others):
                found[line] = None
            at = end - 1

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1


_fold_words = lru_cache(maxsize=100_000)(fold_words)
