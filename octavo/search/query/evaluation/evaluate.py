"""Evaluation of one query: its documents and their scores, over the arrays of a Reader."""

from __future__ import annotations

from itertools import chain

import numpy as np

from octavo.search.analysis import Language
from octavo.search.index.reader import NO_DOCUMENTS, Floats, Reader, ScoredDocuments
from octavo.search.index.schema import TEXT_FIELDS
from octavo.search.index.segment import Bools
from octavo.search.query.evaluation.boolean import ClauseMatches, combine, published_in
from octavo.search.query.evaluation.boosts import (
    boost_all_terms,
    boost_named,
    put_exact_titles_first,
    year_factors,
)
from octavo.search.query.evaluation.matches import Matches
from octavo.search.query.evaluation.words import WordSearch
from octavo.search.query.grammar import (
    Alternative,
    Clause,
    FacetFilter,
    Occur,
    SearchQuery,
    WordSequence,
)

# Optional words of one query that are searched for: the rarest ones.
MAX_OPTIONAL_WORDS = 16
OPTIONAL_WORDS_CUT = f"Only the {MAX_OPTIONAL_WORDS} rarest of the words were searched for."


def evaluate(
    query: SearchQuery,
    reader: Reader,
    language: Language,
    visible: Bools,
    recency: Floats | None = None,
) -> Matches:
    """Return the `visible` documents that match the query; all of them where nothing was typed.

    None match where the typed text has no word. Scores are multiplied by `recency` where it is
    given and the query names no year.

    The steps are in this order because each needs the last one's scores: words; a title or labels
    (added), all words at once (a factor), the date (a factor); exact titles, which may also add
    documents.
    """
    if query.text and not query:
        return Matches(NO_DOCUMENTS.ids, NO_DOCUMENTS.scores.copy(), reader.size)
    words = WordSearch(query, reader, language, visible)
    found = []
    for clause in _searched_clauses(query, reader, language, words.notes):
        alternatives = _documents_of(clause, reader, words)
        if alternatives:
            found.append(ClauseMatches(clause, alternatives))
    matches = combine(found, visible)
    boost_named(matches, query, reader, language)
    boost_all_terms(matches, found, reader.size)
    factors = year_factors(query, reader)
    if factors is None:
        factors = recency
    if factors is not None:
        matches.scores *= matches.select(factors)
    put_exact_titles_first(matches, query, reader, visible)
    matches.notes = tuple(words.notes)
    return matches


def _searched_clauses(
    query: SearchQuery, reader: Reader, language: Language, notes: dict[str, None]
) -> tuple[Clause, ...]:
    """Return the clauses; of too many optional words only the rarest, which tell most."""
    if len(query.clauses) <= MAX_OPTIONAL_WORDS:
        return query.clauses
    optional = [
        clause
        for clause in query.clauses
        if clause.occur == "should" and not _has_only_stop_words(clause, language)
    ]
    if len(optional) <= MAX_OPTIONAL_WORDS:
        return query.clauses
    optional.sort(key=lambda clause: _document_frequency(clause, reader, language))
    kept = set(optional[:MAX_OPTIONAL_WORDS])
    notes[OPTIONAL_WORDS_CUT] = None
    return tuple(one for one in query.clauses if one.occur != "should" or one in kept)


def _has_only_stop_words(clause: Clause, language: Language) -> bool:
    return clause.is_words and all(one.is_stop_word(language) for one in clause.sequences)


def _document_frequency(clause: Clause, reader: Reader, language: Language) -> int:
    """Return in how many documents the rarest word of a clause is."""
    frequencies = []
    for _, word in chain.from_iterable(sequence.words for sequence in clause.sequences):
        stem = language.phrase_term(word).encode()
        frequencies.append(
            max(reader.document_frequency(field.name, stem) for field in TEXT_FIELDS)
        )
    # A word that nobody wrote tells nothing.
    return min(filter(None, frequencies), default=reader.size)


def _documents_of(clause: Clause, reader: Reader, words: WordSearch) -> list[ScoredDocuments]:
    """Return the documents of each alternative of a clause, without stop words that are ignored."""
    found = []
    for alternative in clause.alternatives:
        documents = _documents(alternative, clause.occur, reader, words)
        if documents is not None:
            found.append(documents)
    return found


def _documents(
    alternative: Alternative, occur: Occur, reader: Reader, words: WordSearch
) -> ScoredDocuments | None:
    if isinstance(alternative, WordSequence):
        return words.find(alternative, occur)
    if isinstance(alternative, FacetFilter):
        facet = reader.facet(alternative.facet)
        ids = facet.documents(alternative.value, prefix=alternative.prefix)
    else:
        published = published_in(alternative, reader.published)
        if occur == "should":
            # The day in a query of words is what is asked for, and not a limit.
            return reader.bm25(published.astype(np.float32))
        ids = np.flatnonzero(published)
    # A filter adds nothing to scores.
    return ScoredDocuments(ids, np.zeros(len(ids), np.float32), idf=0.0)
