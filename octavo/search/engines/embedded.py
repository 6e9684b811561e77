"""The default search engine: an index in the site's own folder, searched in the site's process."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import chain, islice
from pathlib import Path

import numpy as np

from octavo.search.analysis import stemmer_of
from octavo.search.facets import facet_named, own_facets
from octavo.search.index.arrays import DamagedIndexError
from octavo.search.index.index import Index
from octavo.search.index.writer import sync
from octavo.search.protocol import (
    EMPTY,
    MAX_COMPLETED_CHARACTERS,
    MAX_RESULTS,
    PAGE_SIZE,
    Embedder,
    EngineSettings,
    Hit,
    IndexStatus,
    LoadDocument,
    Memoize,
    RelatedHit,
    ReportProgress,
    Results,
    SearchEngine,
    Snapshot,
    Sort,
    Suggestion,
    SyncReport,
    Verification,
    not_memoized,
)
from octavo.search.query.correction import SpellChecker, correct_spelling
from octavo.search.query.evaluation.evaluate import evaluate
from octavo.search.query.evaluation.matches import top_documents
from octavo.search.query.facets import Selection, known_selection, narrow
from octavo.search.query.fallback import NO_INDEX, UNWRITABLE, FallbackIndex
from octavo.search.query.grammar import FacetFilter, SearchQuery, parse, quote_labels
from octavo.search.query.highlight import Highlighter, StemCache
from octavo.search.query.related import related_documents
from octavo.search.query.semantic import query_vector, with_meaning
from octavo.search.query.variants import Synonyms, initials_of, synonyms_of, with_variants
from octavo.search.query.view import View
from octavo.search.regional_spellings import EQUIVALENTS
from octavo.search.vectors import Vectors

log = logging.getLogger(__name__)

# Facet values without an article that are told of in one answer.
MAX_MISSING_NOTES = 3
# Queries whose variants are kept for a view.
MAX_KEPT_QUERIES = 500
# Pairs of index and snapshot that are kept: the last ones, and those before the last change.
MAX_VIEWS = 2

BUILDING = (
    "The search index is being built: the newest articles are searched first, the others follow."
)
RESULTS_CUT = (
    f"Only the first {MAX_RESULTS:,} articles are shown: narrow the search, or sort it otherwise, "
    "to see the others."
)


def open_engine(settings: EngineSettings) -> SearchEngine:
    """Return the engine for the index in the site's folder of derived data."""
    stemmer = stemmer_of(settings.language)
    return EmbeddedEngine(
        settings.folder, stemmer, settings.zone, settings.embedder, settings.synonyms
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """The arguments of one call of `search`."""

    query: SearchQuery
    selection: Selection
    sort: Sort
    page: int
    size: int
    correct: bool
    prefer_new: bool


class EmbeddedEngine:
    """The search engine that runs in the site's own process, on the index in the folder `root`.

    While the index cannot be used, titles, tags and summaries are searched in memory.

    `stemmer` is a Snowball name ("english") or "none"; `synonyms` are groups of texts of one
    meaning. With an `embedder` articles are found by meaning too.
    """

    def __init__(
        self,
        root: Path,
        stemmer: str = "english",
        zone: tzinfo = UTC,
        embedder: Embedder | None = None,
        synonyms: Iterable[Iterable[str]] = (),
    ) -> None:
        self.root = root
        self._embedder = embedder
        self.index = Index(root, stemmer, zone, embedder)
        self._language = self.index.language
        self._zone = zone
        self._equivalents = [*map(tuple, synonyms)]
        if stemmer == "english":
            self._equivalents += EQUIVALENTS
        self._stems = StemCache(self._language)
        self._views: OrderedDict[tuple[int, int], View] = OrderedDict()
        self._fallback: FallbackIndex | None = None
        self._fallback_lock = threading.Lock()
        self._is_unwritable = False

    # The index

    @property
    def generation(self) -> str | None:
        """The name of the newest generation; None where there is no usable index."""
        self.index.refresh()
        return self.index.name

    @property
    def complete(self) -> bool:
        """Whether the index has all documents of the last sync; False during a first build."""
        return self.index.reader() is not None and self.index.complete

    def sync(
        self,
        files: Mapping[str, str],
        load: LoadDocument,
        progress: ReportProgress | None = None,
        *,
        fresh: bool = False,
    ) -> SyncReport:
        """Make the index equal to `files`, in batches; see SearchEngine.sync."""
        report = sync(self.index, files, load, progress, fresh=fresh)
        self._is_unwritable = report.error != ""
        return report

    def status(self) -> IndexStatus:
        """Return the state of the index on disk."""
        return self.index.status()

    def verify(self, files: Mapping[str, str]) -> Verification:
        """Compare the index on disk with `files`, and each of its files with its checksum."""
        return self.index.verify(files)

    def close(self) -> None:
        """Do nothing: files are closed when their last reader is gone."""

    # Questions

    def search(
        self,
        typed: str,
        snapshot: Snapshot,
        *,
        selected: Mapping[str, Iterable[str]] = EMPTY,
        sort: Sort = "relevance",
        page: int = 1,
        size: int = PAGE_SIZE,
        correct: bool = True,
        prefer_new: bool = True,
    ) -> Results:
        """Return the articles of the snapshot that match; see SearchEngine.search."""
        own = own_facets(snapshot)
        question = _Question(
            parse(quote_labels(typed, snapshot.names), self._zone, own),
            known_selection(selected, own),
            sort,
            max(1, page),
            max(1, size),
            correct,
            prefer_new,
        )
        try:
            view = self._view(snapshot)
            if view is not None:
                return self._answer(view, question)
        except Exception as error:
            self._discard_damaged(error)
        fallback = self._fallback_of(snapshot)
        why = UNWRITABLE if self._is_unwritable else NO_INDEX
        return self._answer(fallback.view(question.query, question.selection, sort, why), question)

    def suggest(self, typed: str, snapshot: Snapshot, limit: int = 8) -> list[Suggestion]:
        """Return titles and values of facets with words that begin as typed, best first."""
        typed = typed[:MAX_COMPLETED_CHARACTERS]
        try:
            view = self._view(snapshot)
            if view is not None:
                return view.completions.find(typed, limit, self._language)
        except Exception as error:
            self._discard_damaged(error)
        return self._fallback_of(snapshot).completions.find(typed, limit, self._language)

    def related(
        self, path: str, snapshot: Snapshot, count: int = 4, memoize: Memoize = not_memoized
    ) -> list[RelatedHit]:
        """Return the articles nearest to the one at `path`; see SearchEngine.related."""
        try:
            view = self._view(snapshot)
            number = view.reader.number(path) if view is not None else None
            if view is None or number is None:
                return []
            rows = memoize(
                f"related:{path}",
                f"{view.fingerprint} {count}",
                lambda: related_documents(view, number, count, self._language),
            )
            return list(map(RelatedHit.from_row, rows))
        except Exception as error:
            self._discard_damaged(error)
            return []

    # What answers

    def _view(self, snapshot: Snapshot) -> View | None:
        """Return the index as the snapshot shows it; None where there is no usable index."""
        reader = self.index.reader()
        if reader is None:
            return None
        key = (id(reader), id(snapshot))
        view = self._views.get(key)
        if view is None:
            self._fallback = None
            notes = () if self.index.complete else (BUILDING,)
            view = self._views[key] = View(reader, snapshot, notes, self._synonyms(snapshot))
            # A view holds its reader and its snapshot, so no other object gets their ids meanwhile.
            while len(self._views) > MAX_VIEWS:
                self._views.popitem(last=False)
        return view

    def _synonyms(self, snapshot: Snapshot) -> Synonyms:
        labels = (snapshot.names.get(name, EMPTY).values() for name in ("tag", "category"))
        groups = chain(self._equivalents, initials_of(chain.from_iterable(labels)))
        return synonyms_of(groups, self._language)

    def _fallback_of(self, snapshot: Snapshot) -> FallbackIndex:
        with self._fallback_lock:
            known = self._fallback
            if known is None or known.snapshot is not snapshot:
                known = FallbackIndex(snapshot, self._language, self._zone, known)
                self._fallback = known
            return known

    def _with_variants(self, query: SearchQuery, view: View) -> SearchQuery:
        """Return a query with its variants, which are kept: readers narrow it and page through."""
        found = view.rewritten.get(query.text)
        if found is None:
            if len(view.rewritten) >= MAX_KEPT_QUERIES:
                view.rewritten.clear()
            found = with_variants(query, view.reader, self._language, view.synonyms)
            view.rewritten[query.text] = found
        return found

    def _answer(self, view: View, question: _Question) -> Results:
        """Return the results of a view: of the index, or of the articles that stand in for it.

        Their notes are on what was typed; the reading of a corrected query adds none.
        """
        query = self._with_variants(question.query, view)
        corrected = None
        if question.correct:
            checker = SpellChecker(query, view.reader, self._language)
            corrected = correct_spelling(query, checker, view.mask)
        if corrected is not None:
            own = own_facets(view.snapshot)
            query = self._with_variants(parse(corrected.used, self._zone, own), view)
        recency = view.recency if question.prefer_new else None
        matches = evaluate(query, view.reader, self._language, view.mask, recency)
        by_meaning: frozenset[int] = frozenset()
        if self._embedder is not None and question.sort == "relevance":
            vector = self._vector(query, self._embedder)
            if vector is not None:
                least = self._embedder.least_similarity
                matches, by_meaning = with_meaning(
                    query, matches, view, self._language, vector, least
                )
        found, facets = narrow(view, matches, question.selection)
        total = len(found)
        first = (question.page - 1) * question.size
        last = min(question.page * question.size, MAX_RESULTS)
        notes = view.notes
        if last == MAX_RESULTS < total:
            notes = (*notes, RESULTS_CUT)
        numbers = top_documents(found, view.reader, last, question.sort)[first:]
        scores = found.scores[found.places(numbers)]
        highlighter = Highlighter(query, self._language, self._stems)
        hits = [
            self._hit(view, highlighter, number, score, number in by_meaning)
            for number, score in zip(numbers.tolist(), scores.tolist(), strict=True)
        ]
        missing = islice(_missing_values(query, view), MAX_MISSING_NOTES)
        return Results(
            tuple(hits),
            total,
            question.page,
            -(-min(total, MAX_RESULTS) // question.size),
            facets,
            corrected,
            (*question.query.notes, *notes, *matches.notes, *missing),
            bool(view.notes),
            None if found.all_terms is None else len(found.all_terms),
            int(np.count_nonzero(found.mask[list(by_meaning)])) if by_meaning else 0,
        )

    def _vector(self, query: SearchQuery, embedder: Embedder) -> Vectors | None:
        """Return what a query means; None where it has no free words, or the embedder fails."""
        try:
            return query_vector(query, self._language, embedder)
        except Exception:
            log.exception("The embedder %s failed; the search goes by words.", embedder.identity)
            return None

    def _hit(
        self, view: View, highlighter: Highlighter, number: int, score: float, by_meaning: bool
    ) -> Hit:
        path = view.reader.paths[number]
        post = view.snapshot.posts[path]
        texts = [post.summary]
        # The body of an older version must not be shown any more.
        segment, local = view.reader.locate(number)
        if segment.digests[local] == view.snapshot.digest(post):
            texts.insert(0, segment.stored(local)["body"])
        title = highlighter.mark(post.title)
        return Hit(path, round(score, 4), title, highlighter.snippet(texts), by_meaning)

    def _discard_damaged(self, error: Exception) -> None:
        """Stop using an index whose files are damaged; raise an error of the program again."""
        if isinstance(error, DamagedIndexError | OSError):
            self.index.discard(f"{error}")
        elif not self.index.discard_if_damaged():
            raise error


def _missing_values(query: SearchQuery, view: View) -> Iterator[str]:
    """Yield a note for each facet value in a query that no article has.

    Nothing while some articles are not indexed.
    """
    if view.notes:
        return
    for choice in dict.fromkeys(query.alternatives):
        if not isinstance(choice, FacetFilter):
            continue
        documents = view.reader.facet(choice.facet).documents(choice.value, prefix=choice.prefix)
        if not view.mask[documents].any():
            prefix = "that begins with " if choice.prefix else ""
            yield f"There {facet_named(choice.facet).missing} {prefix}“{choice.value[:40]}”."
