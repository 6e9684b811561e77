"""Search: what readers type and where they are, turned into results. The one door to this package."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import numpy as np

from octavo.search.index.arrays import DamagedError
from octavo.search.index.index import Index
from octavo.search.query import spelling
from octavo.search.query.catalogue import CLOSELY, Catalogue
from octavo.search.query.evaluate import Evaluation, Sort, best
from octavo.search.query.facets import FacetValue, Selected, cleaned, narrowed
from octavo.search.query.grammar import Label, SearchQuery, parse
from octavo.search.query.highlight import Marker, Stems
from octavo.search.query.related import Related, Remember, afresh, related
from octavo.search.query.spelling import Correction, Speller
from octavo.search.query.suggest import Suggestion
from octavo.search.query.view import View, Visible

log = logging.getLogger(__name__)

PAGE_SIZE = 10
# Results beyond this are not shown: readers refine, crawlers stop.
DEEPEST = 1_000
# Labels that there are not, of which so many are named.
MOST_MISSING = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that was found. The HTML is safe: escaped text and <mark>."""

    path: str
    score: float
    title_html: str
    snippet_html: str


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
    facets: Mapping[str, tuple[FacetValue, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    corrected: Correction | None = None
    notes: tuple[str, ...] = ()
    partial: bool = False
    took: float = 0.0


class Search:
    """Answers from the index in `root`; from titles, tags and summaries where there is no usable
    one.
    """

    def __init__(self, root: Path, language: str = "english", zone: tzinfo = UTC) -> None:
        self.root = root
        self.index = Index(root, language, zone)
        self._language = self.index.language
        self._zone = zone
        self._stems = Stems(self._language)
        self._views: OrderedDict[tuple[int, int], View] = OrderedDict()
        self._catalogue: Catalogue | None = None
        self._cataloguing = threading.Lock()

    # What is asked: the index under a snapshot, else what the snapshot itself knows

    def _view(self, visible: Visible) -> View | None:
        """The index as far as it is visible; None where there is no usable one."""
        reader = self.index.reader()
        if reader is None:
            return None
        key = (id(reader), id(visible))
        view = self._views.get(key)
        if view is None:
            self._catalogue = None
            view = self._views[key] = View(reader, visible, partial=not self.index.complete)
            # The views hold what their keys are made of, so an id cannot be given again while it is
            # in use.
            while len(self._views) > 2:
                self._views.popitem(last=False)
        return view

    def _without_index(self, visible: Visible) -> Catalogue:
        with self._cataloguing:
            known = self._catalogue
            if known is None or known.visible is not visible:
                known = self._catalogue = Catalogue(visible, self._language, self._zone, known)
            return known

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

        `selected` are values of facets (slugs) to narrow to; `page` counts from 1; `correct` allows
        other spellings for words that no article has.
        """
        started = time.perf_counter()
        query = parse(typed, self._zone)
        request = _Request(
            query, cleaned(selected), sort, max(1, page), max(1, size), correct, prefer_new
        )
        try:
            view = self._view(visible)
            notes = (_PARTIAL,) if view and view.partial else ()
            results = (
                self._answer(view, request, notes)
                if view
                else self._answer_without_index(visible, request)
            )
        except _FAILURES as error:
            self._excuse(error)
            results = self._answer_without_index(visible, request)
        return replace(results, took=time.perf_counter() - started)

    def _answer_without_index(self, visible: Visible, request: _Request) -> Results:
        view, more = self._without_index(visible).view(
            request.query, request.selected, request.sort
        )
        return self._answer(view, request, (_CATALOGUE, _MORE) if more else (_CATALOGUE,))

    def _answer(self, view: View, request: _Request, notes: tuple[str, ...]) -> Results:
        query, corrected = request.query, None
        if request.correct:
            corrected = spelling.corrected(query, Speller(view.reader, self._language), view.mask)
        if corrected is not None:
            query = parse(corrected.used, self._zone)
        matches = Evaluation(query, view.reader, self._language).run(
            view.mask, view.recency if request.prefer_new else None
        )
        found, facets = narrowed(view, matches, request.selected)
        total = len(found.ids)
        last = min(request.page * request.size, DEEPEST)
        first = (request.page - 1) * request.size
        numbers = best(found, view.reader, last, request.sort)[first:]
        scores = found.scores[np.searchsorted(found.ids, numbers)]
        marker = Marker(query, self._language, self._stems)
        if last == DEEPEST < total:
            notes = (*notes, _DEEPEST)
        return Results(
            request.query,
            tuple(map(partial(self._hit, view, marker), numbers.tolist(), scores.tolist())),
            total,
            request.page,
            -(-min(total, DEEPEST) // request.size),
            facets,
            corrected,
            (
                *request.query.notes,
                *notes,
                *matches.notes,
                *islice(_missing(query, view), MOST_MISSING),
            ),
            view.partial,
        )

    def _hit(self, view: View, marker: Marker, number: int, score: float) -> Hit:
        path = view.reader.paths[number]
        post = view.visible.posts[path]
        texts = [post.summary]
        if view.reader.digest(number) == view.visible.digest(post):
            # Otherwise the article was changed a moment ago: what it said before is nobody's
            # business.
            texts.insert(0, view.reader.stored(number)["body"])
        return Hit(path, round(score, 4), marker.mark(post.title), marker.snippet(texts))

    def suggest(self, typed: str, visible: Visible, limit: int = 8) -> list[Suggestion]:
        """Titles, tags, categories and authors with words that begin as typed."""
        try:
            view = self._view(visible)
            if view is not None:
                return view.completions.find(typed[:200], limit, self._language)
        except _FAILURES as error:
            self._excuse(error)
        return self._without_index(visible).completions.find(typed[:200], limit, self._language)

    def related(
        self, path: str, visible: Visible, count: int = 4, remember: Remember = afresh
    ) -> list[Related]:
        """The articles nearest to the one at `path`, best first; none where it is not indexed yet.

        `remember` may know the answer for the same documents already.
        """
        try:
            view = self._view(visible)
            number = view.reader.number(path) if view is not None else None
            if view is None or number is None:
                return []
            rows = remember(
                f"related:{path}", f"{view.content} {count}", lambda: related(view, number, count)
            )
            return list(map(Related.of, rows))
        except _FAILURES as error:
            self._excuse(error)
            return []

    def _excuse(self, error: Exception) -> None:
        """Note why the answer does not come from the index: its files are not what was written, or
        we are wrong.
        """
        if isinstance(error, DamagedError | OSError):
            self.index.damaged(f"{error}")
        else:
            log.exception("Search: the index could not answer.")


def _missing(query: SearchQuery, view: View) -> Iterator[str]:
    """What there is to say of labels that no article has; nothing where not all articles are known."""
    labels = (
        choice for clause in query.clauses for choice in clause.choices if isinstance(choice, Label)
    )
    for label in dict.fromkeys(labels) if not view.partial else ():
        if not view.mask[
            view.reader.facet(label.facet).documents(label.value, begun=label.prefix)
        ].any():
            yield f"There {_MISSING[label.facet]} {'that begins with ' if label.prefix else ''}“{label.value[:40]}”."


_MISSING = {
    "category": "is no section",
    "tag": "is no tag",
    "author": "is no author",
    "year": "are no articles of the year",
}
_FAILURES = (DamagedError, OSError, ValueError, IndexError, KeyError)
_PARTIAL = (
    "The search index is being built: the newest articles are searched first, the others follow."
)
_CATALOGUE = (
    "The search index is being built: only titles, summaries, tags and names were searched."
)
_DEEPEST = f"Only the first {DEEPEST:,} articles are shown: narrow the search, or sort it otherwise, to see the others."
_MORE = f"Of the articles that fit, the best {CLOSELY} were looked at."


@dataclass(frozen=True, slots=True)
class _Request:
    query: SearchQuery
    selected: Selected
    sort: Sort
    page: int
    size: int
    correct: bool
    prefer_new: bool
