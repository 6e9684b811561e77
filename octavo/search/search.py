"""Search: what readers type and where they are, turned into results. The one door to this package."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from octavo.content.posts import Post
from octavo.search import suggest as completion
from octavo.search.arrays import DamagedError
from octavo.search.batch import in_memory
from octavo.search.evaluate import Evaluation, Matches, best
from octavo.search.grammar import Clause, SearchQuery, Text, parse
from octavo.search.highlight import Marker, Stems
from octavo.search.index import Index
from octavo.search.reader import Reader
from octavo.search.related import Related, related
from octavo.search.schema import FACETS, Document
from octavo.search.segment import Bools
from octavo.search.suggest import Completions, Speller, Suggestion
from octavo.search.words import Lexicon

log = logging.getLogger(__name__)

Sort = Literal["relevance", "newest", "oldest"]
PAGE_SIZE = 10
# Results beyond this are not shown: readers refine, crawlers stop.
DEEPEST = 1_000
# Words of one query that are looked up in other spellings.
MOST_CORRECTED = 3
# Values of a facet that are listed, the most frequent ones.
MOST_VALUES = 50
# Values of one facet can be chosen together: an article has one category, and so every further one widens.
# Tags narrow.
_NARROWING = ("tag",)


@dataclass(frozen=True, eq=False)
class Visible:
    """A snapshot of what readers may see: posts by path, newest first; facets' names by facet and slug.

    Its identity is its meaning: a new snapshot is a new object, so that what is derived from it can be kept.
    """

    posts: Mapping[str, Post]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def name(self, facet: str, slug: str) -> str:
        """The name of a facet's value as it is written."""
        return self.names.get(facet, {}).get(slug) or slug


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that was found. The HTML is safe: escaped text and <mark>."""

    path: str
    score: float
    title_html: str
    snippet_html: str


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, and how many results there are with it."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What was searched for instead of what was typed, and which words were changed."""

    typed: str
    used: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Results:
    """An answer.

    `partial` says that not everything could be searched; `notes` say why and what was ignored.
    """

    query: SearchQuery
    hits: tuple[Hit, ...] = ()
    total: int = 0
    page: int = 1
    pages: int = 0
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=lambda: MappingProxyType({}))
    corrected: Correction | None = None
    notes: tuple[str, ...] = ()
    partial: bool = False
    took: float = 0.0


class View:
    """One generation of the index under one snapshot of what may be seen."""

    def __init__(self, reader: Reader, visible: Visible, *, partial: bool = False) -> None:
        self.reader = reader
        self.visible = visible
        self.partial = partial

    @cached_property
    def mask(self) -> Bools:
        """Which documents may be seen."""
        posts = self.visible.posts
        return np.fromiter((path in posts for path in self.reader.paths), np.bool_, self.reader.size) & self.reader.live

    @cached_property
    def completions(self) -> Completions:
        """What can be completed: tags, categories and authors, then titles, newest first."""
        names: list[tuple[str, Suggestion]] = []
        for kind in ("tag", "category", "author"):
            facet = self.reader.facet(kind)
            counts = dict(zip(facet.values, facet.counts(self.mask), strict=True))
            seen = {slug: self.visible.name(kind, slug) for slug, count in counts.items() if count}
            names += completion.labels(seen, counts, kind)
        titles = [(post.title, Suggestion("title", post.path, post.title)) for post in self.visible.posts.values()]
        return Completions([*names, *titles])


class Search:
    """Answers from the index in `root`; from titles, tags and summaries where there is no usable one."""

    def __init__(self, root: Path, language: str = "english", zone: tzinfo = UTC) -> None:
        self.root = root
        self.index = Index(root, language, zone)
        self._language = self.index.language
        self._zone = zone
        self._stems = Stems(self._language)
        self._views: OrderedDict[tuple[int, int], View] = OrderedDict()
        self._catalogue_view: View | None = None
        self._cataloguing = threading.Lock()

    # Views

    def _view(self, visible: Visible) -> View:
        reader = self.index.reader()
        if reader is None:
            return self._catalogue(visible)
        key = (id(reader), id(visible))
        view = self._views.get(key)
        if view is None:
            self._catalogue_view = None
            view = self._views[key] = View(reader, visible, partial=not self.index.complete)
            # The views hold what their keys are made of, so an id cannot be given again while it is in use.
            while len(self._views) > 2:
                self._views.popitem(last=False)
        return view

    def _catalogue(self, visible: Visible) -> View:
        """What can be answered without an index: posts as far as the snapshot knows them."""
        with self._cataloguing:
            view = self._catalogue_view
            if view is None or view.visible is not visible:
                documents = (_catalogued(post) for post in visible.posts.values())
                segment = in_memory(documents, Lexicon(self._language), self._zone)
                view = self._catalogue_view = View(Reader([segment], [()]), visible, partial=True)
            return view

    # Answers

    def search(
        self,
        typed: str,
        visible: Visible,
        *,
        selected: Mapping[str, Iterable[str]] = MappingProxyType({}),
        sort: Sort = "relevance",
        page: int = 1,
        size: int = PAGE_SIZE,
        correct: bool = True,
        prefer_new: bool = True,
    ) -> Results:
        """Search for what was typed among what is visible. Never raises because of what was typed.

        `selected` are values of facets (slugs) to narrow to; `page` counts from 1; `correct` allows other
        spellings for words that no article has.
        """
        started = time.perf_counter()
        query = parse(typed, self._zone)
        request = _Request(query, _clean(selected), sort, max(1, page), max(1, size), correct, prefer_new)
        try:
            results = self._answer(self._view(visible), request)
        except _FAILURES as error:
            self._excuse(error)
            results = self._answer(self._catalogue(visible), request)
        return replace(results, took=time.perf_counter() - started)

    def _answer(self, view: View, request: _Request) -> Results:
        query, corrected = request.query, None
        notes = list(query.notes)
        if view.partial:
            notes.append(_PARTIAL if view.reader is self.index.reader() else _CATALOGUE)
        if request.correct:
            corrected = self._corrected(view, query)
        if corrected is not None:
            query = parse(corrected.used, self._zone)
        matches = Evaluation(query, view.reader, self._language).run(view.mask, prefer_new=request.prefer_new)
        found, facets = _narrowed(view, matches, request.selected)
        total = len(found.ids)
        last = min(request.page * request.size, DEEPEST)
        first = (request.page - 1) * request.size
        numbers = best(found, view.reader, last, request.sort)[first:]
        scores = found.scores[np.searchsorted(found.ids, numbers)]
        marker = Marker(query, self._language, self._stems)
        return Results(
            request.query,
            tuple(map(partial(self._hit, view, marker), numbers.tolist(), scores.tolist())),
            total,
            request.page,
            -(-min(total, DEEPEST) // request.size),
            facets,
            corrected,
            (*notes, *matches.notes),
            view.partial,
        )

    def _hit(self, view: View, marker: Marker, number: int, score: float) -> Hit:
        path = view.reader.paths[number]
        post = view.visible.posts[path]
        texts = [post.summary]
        if view.reader.digest(number) == post.digest:
            # Otherwise the article was changed a moment ago: what it said before is nobody's business.
            texts.insert(0, view.reader.stored(number)["body"])
        return Hit(path, round(score, 4), marker.mark(post.title), marker.snippet(texts))

    def _corrected(self, view: View, query: SearchQuery) -> Correction | None:
        speller = Speller(view.reader, self._language)
        used, words, tried = query.text, [], 0
        for clause in reversed(query.clauses):
            start, stop = clause.span
            word = _correctable(query, clause)
            if word is None or tried == MOST_CORRECTED or speller.knows(word, view.mask):
                continue
            tried += 1
            better = speller.correct(word, view.mask)
            if better is not None:
                typed = used[start:stop].lower()
                used = used[:start] + (typed.replace(word, better) if word in typed else better) + used[stop:]
                words.append((word, better))
        return Correction(query.text, used, tuple(reversed(words))) if words else None

    def suggest(self, typed: str, visible: Visible, limit: int = 8) -> list[Suggestion]:
        """Titles, tags, categories and authors with words that begin as typed."""
        try:
            return self._view(visible).completions.find(typed[:200], limit)
        except _FAILURES as error:
            self._excuse(error)
            return self._catalogue(visible).completions.find(typed[:200], limit)

    def related(self, path: str, visible: Visible, count: int = 4) -> list[Related]:
        """The articles nearest to the one at `path`, best first; none where it is not indexed yet."""
        try:
            view = self._view(visible)
            number = view.reader.number(path)
            if number is None:
                return []
            return related(view.reader, self._language, number, view.mask, count)
        except _FAILURES as error:
            self._excuse(error)
            return []

    def _excuse(self, error: Exception) -> None:
        """Note why the answer does not come from the index: its files are not what was written, or we are wrong."""
        if isinstance(error, DamagedError | OSError):
            self.index.damaged(f"{error}")
        else:
            log.exception("Search: the index could not answer.")


_FAILURES = (DamagedError, OSError, ValueError, IndexError, KeyError)
_PARTIAL = "The search index is being built: the newest articles are searched first, the others follow."
_CATALOGUE = "The search index is being built: only titles, summaries, tags and names were searched."


@dataclass(frozen=True, slots=True)
class _Request:
    query: SearchQuery
    selected: Mapping[str, tuple[str, ...]]
    sort: Sort
    page: int
    size: int
    correct: bool
    prefer_new: bool


def _clean(selected: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {facet: values for facet in FACETS if (values := tuple(dict.fromkeys(selected.get(facet, ())))[:16])}


def _narrowed(
    view: View, matches: Matches, selected: Mapping[str, tuple[str, ...]]
) -> tuple[Matches, dict[str, tuple[FacetValue, ...]]]:
    """The matches with the selected facet values, and the values of all facets with their counts.

    The other values of a facet that widens are counted as if none of its values were selected.
    """
    reader = view.reader
    masks = {facet: _facet_mask(reader, facet, values) for facet, values in selected.items()}
    mask = matches.mask
    for chosen in masks.values():
        mask = mask & chosen
    facets = {}
    for facet in FACETS:
        base = mask
        if facet in masks and facet not in _NARROWING:
            base = matches.mask
            for other, chosen in masks.items():
                base = base & chosen if other != facet else base
        facets[facet] = _values(view, facet, base, selected.get(facet, ()))
    return matches.narrowed(mask) if masks else matches, facets


def _facet_mask(reader: Reader, name: str, values: tuple[str, ...]) -> Bools:
    facet = reader.facet(name)
    count = np.zeros(reader.size, np.int32)
    for value in values:
        count[facet.documents(value)] += 1
    needed = len(values) if name in _NARROWING else 1
    mask: Bools = count >= needed
    return mask


def _values(view: View, name: str, mask: Bools, selected: tuple[str, ...]) -> tuple[FacetValue, ...]:
    facet = view.reader.facet(name)
    counts = facet.counts(mask)
    chosen = {facet.ordinals_by_value[value] for value in selected if value in facet.ordinals_by_value}
    present = [ordinal for ordinal, count in enumerate(counts) if count or ordinal in chosen]
    if name == "year":
        present.sort(key=facet.values.__getitem__, reverse=True)
    else:
        present.sort(key=lambda ordinal: (-counts[ordinal], facet.values[ordinal]))
    shown = [ordinal for place, ordinal in enumerate(present) if place < MOST_VALUES or ordinal in chosen]
    return tuple(
        FacetValue(value := facet.values[ordinal], view.visible.name(name, value), counts[ordinal], ordinal in chosen)
        for ordinal in shown
    )


def _correctable(query: SearchQuery, clause: Clause) -> str | None:
    """The word of a clause that may be misspelled; None where the reader insists on it, or it is several."""
    start = clause.span[0]
    if clause.occur == "not" or len(clause.choices) != 1 or query.text[start] in '"+':
        return None
    text = clause.choices[0]
    if not isinstance(text, Text) or text.prefix or len(text.words) != 1:
        return None
    alone = sum(other.span == clause.span for other in query.clauses) == 1
    return text.words[0][1] if alone else None


def _catalogued(post: Post) -> Document:
    return Document(
        post.path, post.digest, post.title, post.summary, (), "", post.tags, post.category, post.authors,
        post.published,
    )  # fmt: skip
