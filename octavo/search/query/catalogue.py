"""The catalogue: what can be answered without an index, from what a snapshot knows of each article.

Looks through titles, summaries, tags and names as lines of text, and indexes only the articles that
are worth a closer look.
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
from itertools import chain, islice, repeat
from math import inf
from operator import contains

import numpy as np

from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.search.analysis import POINTS, SPECIAL, Language, Lexicon, composed
from octavo.search.index.batch import in_memory
from octavo.search.index.reader import Facet, Reader
from octavo.search.index.schema import Document
from octavo.search.index.segment import UNDATED, Bools, Longs
from octavo.search.query.evaluate import Sort, published_in
from octavo.search.query.grammar import Clause, Dates, Label, SearchQuery, Text
from octavo.search.query.suggest import Completions
from octavo.search.query.view import View, Visible

# Articles that a query looks at closely; 0.2 ms each.
CLOSELY = 50
# Words that all lines are looked through for, and these with the excluded ones; up to 2.5 ms each
# in 14,000 articles.
MOST_NEEDLES = 6
MOST_SOUGHT = 8
_NOT_WORDS = re.compile(r"[\W_]+")
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + string.whitespace, " "))
_ACCENTS = re.compile("[\u0300-\u036f]+")


class Catalogue:
    """Answers for one snapshot. What an earlier one knew of the articles that have not changed is
    taken over.
    """

    def __init__(
        self,
        visible: Visible,
        language: Language,
        zone: tzinfo = UTC,
        earlier: Catalogue | None = None,
    ) -> None:
        self.visible = visible
        self._language = language
        self._zone = zone
        self._bylines: dict[tuple[str, ...], tuple[str, ...]] = {}
        known = {id(entry.post): entry for entry in earlier._entries} if earlier is not None else {}
        if earlier is not None and earlier.visible.names.get("author") != visible.names.get(
            "author"
        ):
            # The same byline may mean somebody else now.
            known = {
                key: entry
                for key, entry in known.items()
                if entry.authors == self._authors(entry.post)
            }
        self._entries: list[_Entry] = [
            known.get(id(post)) or _Entry(post, self._authors(post), zone)
            for post in visible.posts.values()
        ]
        self._facets: dict[str, Facet] = {}

    def view(
        self, query: SearchQuery, selected: Mapping[str, tuple[str, ...]], sort: Sort
    ) -> tuple[View, bool]:
        """The articles that come into question for a query, and whether there are more than that."""
        found = list(islice(self._candidates(query, selected, sort), CLOSELY + 1))
        documents = (entry.document() for entry in found[:CLOSELY])
        segment = in_memory(documents, Lexicon(self._language), self._zone)
        return View(Reader([segment], [()]), self.visible, partial=True), len(found) > CLOSELY

    @cached_property
    def completions(self) -> Completions:
        """What can be completed, every article counted."""
        kinds = ("tag", "category", "author")
        return self.visible.completions(
            {
                kind: Counter(chain.from_iterable(entry.labels(kind) for entry in self._entries))
                for kind in kinds
            }
        )

    def _authors(self, post: Post) -> tuple[str, ...]:
        names = self._bylines.get(post.authors)
        if names is None:
            names = self._bylines[post.authors] = self.visible.authors(post)
        return names

    def _candidates(
        self, query: SearchQuery, selected: Mapping[str, tuple[str, ...]], sort: Sort
    ) -> Iterator[_Entry]:
        """The articles with some of the words: those with most of them first, then the newest; or
        by their dates.
        """
        entries = [
            self._entries[number]
            for number in np.flatnonzero(self._allowed(query, selected)).tolist()
        ]
        needles = self._needles(query)
        unwanted = self._unwanted(query)[: MOST_SOUGHT - len(needles)]
        if needles:
            entries = _best(entries, needles)
        if sort != "relevance":
            # What has no date stands after all that has one, in both orders.
            sign = 1 if sort == "oldest" else -1
            entries.sort(
                key=lambda entry: inf if entry.published == UNDATED else sign * entry.published
            )
        return (entry for entry in entries if not any(word in entry.line for word in unwanted))

    def _allowed(self, query: SearchQuery, selected: Mapping[str, tuple[str, ...]]) -> Bools:
        """Which articles have the labels and dates that they must have, and none that they must
        not.
        """
        filters = [self._open(clause, query) for clause in query.clauses if not clause.texts]
        filters += [
            Clause(tuple(Label(facet, value) for value in values), "must")
            for facet, values in selected.items()
        ]
        allowed = np.ones(len(self._entries), np.bool_)
        for clause in filters:
            hits = np.zeros(len(self._entries), np.bool_)
            for choice in clause.choices:
                if isinstance(choice, Label):
                    hits[self._facet(choice.facet).documents(choice.value, begun=choice.prefix)] = (
                        True
                    )
                elif isinstance(choice, Dates):
                    hits |= published_in(choice, self._published)
            allowed &= ~hits if clause.occur == "not" else hits
        return allowed

    def _open(self, clause: Clause, query: SearchQuery) -> Clause:
        """A clause of labels; the last one typed may be no more than a beginning, where no article
        has it.
        """
        label = clause.choices[-1]
        if (
            clause.occur == "not"
            or clause.span[1] < len(query.text)
            or not isinstance(label, Label)
        ):
            return clause
        if self._facet(label.facet).number(label.value) is not None:
            return clause
        return replace(clause, choices=(*clause.choices[:-1], replace(label, prefix=True)))

    def _facet(self, name: str) -> Facet:
        facet = self._facets.get(name)
        if facet is None:
            numbers: dict[str, list[int]] = {}
            for number, entry in enumerate(self._entries):
                for value in entry.labels(name):
                    numbers.setdefault(value, []).append(number)
            values = sorted(numbers)
            ids = np.fromiter(chain.from_iterable(map(numbers.__getitem__, values)), np.int64)
            starts = np.cumsum([0, *(len(numbers[value]) for value in values)])
            facet = self._facets[name] = Facet(values, ids, starts)
        return facet

    @cached_property
    def _published(self) -> Longs:
        return np.fromiter(
            (entry.published for entry in self._entries), np.int64, len(self._entries)
        )

    def _needles(self, query: SearchQuery) -> list[str]:
        """How the words begin in a line, in all their forms: a stem's last letter is often another
        one in the word.

        Of many those that must be there, then the longest ones, which tell most.
        """
        words: dict[str, bool] = {}
        for clause in query.clauses:
            for word in (
                word
                for text in clause.texts
                for word in self._beginnings(text)
                if clause.occur != "not"
            ):
                words[word] = clause.occur == "must" or words.get(word, False)
        telling = [word for word in words if not self._language.is_stop(word)] or list(words)
        telling.sort(key=lambda word: (words[word], len(word)), reverse=True)
        return [f" {word}" if word.isascii() else word for word in telling[:MOST_NEEDLES]]

    def _unwanted(self, query: SearchQuery) -> list[str]:
        """How excluded words stand in a line: those of which a line tells for certain what the
        index will say.
        """
        texts = [text for clause in query.clauses if clause.occur == "not" for text in clause.texts]
        words = [
            text.words[0][1]
            for text in texts
            if len(text.words) == 1 and not text.prefix and not text.title
        ]
        forms: dict[str, None] = {}
        for word in words:
            if not self._language.is_stop(word):
                stem = self._language.stem(word)
                forms.update(
                    dict.fromkeys((word, stem) if self._language.stem(stem) == stem else (word,))
                )
        # A single letter may be C, C++ or C#, and lines have fewer accents than words.
        return [
            f" {word} " for word in forms if word.isascii() and word.isalnum() and len(word) > 1
        ]

    def _beginnings(self, text: Text) -> Iterator[str]:
        for _, word in text.words:
            if text.prefix:
                yield from map(_loose, self._language.beginnings(word))
                continue
            stem = "" if self._language.is_stop(word) else self._language.stem(word)[:-1]
            # Of Io nothing but a stop word would be left.
            known = stem and word.startswith(stem) and not self._language.is_stop(stem)
            yield _loose(stem if known else word)


def _best(entries: list[_Entry], needles: list[str]) -> list[_Entry]:
    """The articles with some of the needles: those with most of them first, else in the order
    given.
    """
    lines = [entry.line for entry in entries]
    counts = np.zeros(len(lines), np.int8)
    for needle in needles:
        counts += np.fromiter(map(contains, lines, repeat(needle)), np.int8, len(lines))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return [entries[number] for number in order.tolist()]


class _Entry:
    """What is known of one article; `published` is in seconds since 1970."""

    __slots__ = ("_labels", "_zone", "authors", "line", "post", "published")

    def __init__(self, post: Post, authors: tuple[str, ...], zone: tzinfo) -> None:
        self.post = post
        self.authors = authors
        self._zone = zone
        self._labels: dict[str, tuple[str, ...]] = {}
        self.published = int(post.published.timestamp()) if post.published else UNDATED
        self.line = (
            f" {_loose(' '.join((post.title, post.summary, *post.tags, post.category, *authors)))} "
        )

    def labels(self, facet: str) -> tuple[str, ...]:
        """Its values of a facet, as slugs."""
        found = self._labels.get(facet)
        if found is None:
            found = self._labels[facet] = tuple(dict.fromkeys(filter(None, self._slugs(facet))))
        return found

    def _slugs(self, facet: str) -> Iterable[str]:
        post = self.post
        if facet == "year":
            return (f"{post.published.astimezone(self._zone).year:04d}",) if post.published else ()
        return map(slugify, {"tag": post.tags, "author": self.authors}.get(facet, (post.category,)))

    def document(self) -> Document:
        """It as the index wants it, without its text."""
        post = self.post
        return Document(
            post.path, post.digest, post.title, post.summary, (), "", post.tags, post.category, self.authors,
            post.published,
        )  # fmt: skip


def _loose(text: str) -> str:
    """`text` in lower case and without accents, other characters than letters and digits as spaces."""
    if text.isascii():
        return text.lower().translate(_PUNCTUATION)
    text = _ACCENTS.sub(
        "", unicodedata.normalize("NFKD", POINTS.sub("", composed(text).casefold()))
    )
    for letter, plain in SPECIAL.items():
        text = text.replace(letter, plain)
    return _NOT_WORDS.sub(" ", text)
