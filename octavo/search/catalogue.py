"""The catalogue: what can be answered without an index, from what a snapshot knows of each article.

Looks through titles, summaries, tags and names as lines of text, and indexes only the articles that are worth a
closer look.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import cached_property
from itertools import islice

from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.search.batch import in_memory
from octavo.search.evaluate import MAX_TERMS
from octavo.search.grammar import Clause, Dates, Label, SearchQuery, Text
from octavo.search.reader import Reader
from octavo.search.schema import Document
from octavo.search.suggest import Completions
from octavo.search.view import View, Visible
from octavo.search.words import SPECIAL, Language, Lexicon, composed

# Articles that a query looks at closely; 0.1 ms each.
CLOSELY = 150
_NOT_WORDS = re.compile(r"[\W_]+")
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + string.whitespace, " "))
_ACCENTS = re.compile("[\u0300-\u036f]+")


class Catalogue:
    """Answers for one snapshot. What an earlier one knew of the articles that have not changed is taken over."""

    def __init__(
        self, visible: Visible, language: Language, zone: tzinfo = UTC, earlier: Catalogue | None = None
    ) -> None:
        self.visible = visible
        self._language = language
        self._zone = zone
        known: dict[int, str] = {}
        if earlier is not None:
            known = {id(post): line for post, line in zip(earlier._posts, earlier._lines, strict=True)}
        self._posts: list[Post] = list(visible.posts.values())
        self._lines: list[str] = [known.get(id(post)) or _line(post) for post in self._posts]

    def view(self, query: SearchQuery, selected: Mapping[str, tuple[str, ...]]) -> tuple[View, bool]:
        """The articles that come into question for a query, and whether there are more than that."""
        found = list(islice(self._candidates(query, selected), CLOSELY + 1))
        segment = in_memory(map(_document, found[:CLOSELY]), Lexicon(self._language), self._zone)
        return View(Reader([segment], [()]), self.visible, partial=True), len(found) > CLOSELY

    @cached_property
    def completions(self) -> Completions:
        """What can be completed, every article counted."""
        counts: dict[str, Counter[str]] = {"tag": Counter(), "category": Counter(), "author": Counter()}
        for post in self._posts:
            counts["tag"].update(map(slugify, post.tags))
            counts["author"].update(map(slugify, post.authors))
            if post.category:
                counts["category"][slugify(post.category)] += 1
        return self.visible.completions(counts)

    def _candidates(self, query: SearchQuery, selected: Mapping[str, tuple[str, ...]]) -> Iterator[Post]:
        """The posts with some of the words: those with most of them first, then the newest."""
        needles = self._needles(query)
        found: Counter[int] = Counter()
        for needle in needles:
            found.update(number for number, line in enumerate(self._lines) if needle in line)
        numbers = sorted(found, key=lambda number: (-found[number], number)) if needles else range(len(self._posts))
        filters = [_open(clause, query) for clause in query.clauses if not clause.texts]
        filters += [
            Clause(tuple(Label(facet, value) for value in values), "must") for facet, values in selected.items()
        ]
        return (post for number in numbers if self._passes(post := self._posts[number], filters))

    def _passes(self, post: Post, filters: Iterable[Clause]) -> bool:
        """Whether a post has the labels and dates that it must have, and none that it must not."""

        def holds(choice: Text | Label | Dates) -> bool:
            if isinstance(choice, Label):
                labels = list(self._labels(post, choice.facet))
                begun = choice.prefix and any(label.startswith(choice.value) for label in labels)
                return begun or choice.value in labels
            if isinstance(choice, Dates) and post.published is not None:
                return choice.holds(int(post.published.timestamp()))
            return False

        return all(any(map(holds, clause.choices)) == (clause.occur != "not") for clause in filters)

    def _labels(self, post: Post, facet: str) -> Iterable[str]:
        if facet == "year":
            return (f"{post.published.astimezone(self._zone).year:04d}",) if post.published else ()
        return map(slugify, {"tag": post.tags, "author": post.authors}.get(facet, (post.category,)))

    def _needles(self, query: SearchQuery) -> list[str]:
        """How the words begin in a line, in all their forms: a stem's last letter is often another one in the word."""
        wanted = [text for clause in query.clauses if clause.occur != "not" for text in clause.texts]
        words = dict.fromkeys(word for text in wanted for word in self._beginnings(text))
        telling = [word for word in words if not self._language.is_stop(word)]
        return [f" {word}" if word.isascii() else word for word in (telling or list(words))[:MAX_TERMS]]

    def _beginnings(self, text: Text) -> Iterator[str]:
        for _, word in text.words:
            if text.prefix:
                yield from map(_loose, self._language.beginnings(word))
                continue
            stem = "" if self._language.is_stop(word) else self._language.stem(word)[:-1]
            yield _loose(stem if stem and word.startswith(stem) else word)


def _open(clause: Clause, query: SearchQuery) -> Clause:
    """A clause of labels; the last one typed may be no more than a beginning."""
    label = clause.choices[-1]
    if clause.occur == "not" or clause.span[1] < len(query.text) or not isinstance(label, Label):
        return clause
    return replace(clause, choices=(*clause.choices[:-1], replace(label, prefix=True)))


def _line(post: Post) -> str:
    return f" {_loose(' '.join((post.title, post.summary, *post.tags, post.category, *post.authors)))}"


def _loose(text: str) -> str:
    """`text` in lower case and without accents, other characters than letters and digits as spaces."""
    if text.isascii():
        return text.lower().translate(_PUNCTUATION)
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", composed(text).casefold()))
    for letter, plain in SPECIAL.items():
        text = text.replace(letter, plain)
    return _NOT_WORDS.sub(" ", text)


def _document(post: Post) -> Document:
    return Document(
        post.path, post.digest, post.title, post.summary, (), "", post.tags, post.category, post.authors,
        post.published,
    )  # fmt: skip
