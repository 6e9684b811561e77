"""Search by meaning: articles near what was typed, beside those that have its words.

Scores of both kinds are added: BM25F as a part of the best one, and the cosine of the vectors. What
is quoted, required, excluded or a label stays exact: an article that does not fit is not found by
meaning either. An article with none of the words comes after all those that have all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from octavo.search.analysis import Language
from octavo.search.index.reader import Floats
from octavo.search.index.segment import Bools, Longs
from octavo.search.protocol import Embedder
from octavo.search.query.evaluation.boosts import EXACT_TITLE_BOOST
from octavo.search.query.evaluation.evaluate import evaluate
from octavo.search.query.evaluation.matches import Matches
from octavo.search.query.grammar import Clause, SearchQuery
from octavo.search.query.view import View
from octavo.search.vectors import Vectors, quantized

# What a cosine of 1 counts beside the best score by words.
_WEIGHT = 0.75
# Articles that are found by meaning alone.
MAX_BY_MEANING = 20
# They stand out from the others by so many standard deviations.
_LEAST_DEVIATIONS = 1.5
# Scores are rounded to so many decimals: every machine orders alike.
_DECIMALS = 4
_STEP = np.float32(10**-_DECIMALS)


class SemanticMatches(NamedTuple):
    """Matches by words and by meaning, and the documents among them that have none of the words."""

    matches: Matches
    by_meaning: frozenset[int]


def query_vector(query: SearchQuery, language: Language, embedder: Embedder) -> Vectors | None:
    """Return the vector of a query's free words; None where it has none but stop words."""
    free = [clause for clause in query.clauses if _is_free(clause)]
    words = [sequence for clause in free for sequence in clause.sequences]
    if all(sequence.is_stop_word(language) for sequence in words):
        return None
    places = sorted({clause.span for clause in free})
    text = " ".join(query.text[start:stop] for start, stop in places)
    vector = quantized(np.asarray(embedder.embed([text]), np.float32))
    return vector if vector.factors[0] else None


def with_meaning(
    query: SearchQuery,
    matches: Matches,
    view: View,
    language: Language,
    vector: Vectors,
    least_similarity: float,
) -> SemanticMatches:
    """Return the matches of a query by words, and up to MAX_BY_MEANING documents near its vector.

    Scores of words are scaled, and those of the cosine added, so that the result's scores are
    comparable with one another only. Documents with a cosine below `least_similarity` (-1 to 1)
    are not added.
    """
    matches = matches.compact()
    similar = view.reader.similarities(vector)
    allowed = _allowed(query, view, language)
    meant = _nearest(similar, allowed & ~matches.mask, allowed, least_similarity)
    scores = _fused(matches.scores, similar[matches.ids])
    meant_scores = np.round(_WEIGHT * similar[meant], _DECIMALS)
    if len(meant):
        meant_scores = np.minimum(meant_scores, _least_with_all_terms(matches, scores) - _STEP)
    ids = np.concatenate([matches.ids, meant])
    order = np.argsort(ids, kind="stable")
    both = np.concatenate([scores, meant_scores])[order].astype(np.float32)
    together = Matches(ids[order], both, view.reader.size)
    together.notes = matches.notes
    together.all_terms = matches.all_terms
    return SemanticMatches(together, frozenset(meant.tolist()))


def _is_free(clause: Clause) -> bool:
    """Whether a clause is of words that may occur, and not of beginnings of words."""
    return (
        clause.occur == "should"
        and clause.is_words
        and not any(sequence.prefix or sequence.title for sequence in clause.sequences)
    )


def _allowed(query: SearchQuery, view: View, language: Language) -> Bools:
    """Return a mask of the documents that have what is required, and nothing that is excluded."""
    bound = tuple(clause for clause in query.clauses if clause.occur != "should")
    if not bound:
        return view.mask
    return evaluate(replace(query, clauses=bound), view.reader, language, view.mask).mask


def _nearest(similar: Floats, candidates: Bools, allowed: Bools, least: float) -> Longs:
    """Return the candidates that are near the query, in ascending order."""
    among = similar[allowed]
    if not len(among):
        return np.empty(0, np.int64)
    least = max(least, float(among.mean(dtype=np.float64) + _LEAST_DEVIATIONS * among.std()))
    found = np.flatnonzero(candidates & (similar >= np.float32(round(least, _DECIMALS))))
    nearest = np.argsort(-similar[found], kind="stable")[:MAX_BY_MEANING]
    return np.sort(found[nearest])


def _fused(scores: Floats, similar: Floats) -> Floats:
    """Return the scores by words as parts of the best one, with the similarities added."""
    exact = np.where(scores >= EXACT_TITLE_BOOST, np.float32(EXACT_TITLE_BOOST), np.float32(0))
    by_words = scores - exact
    best = float(by_words.max(initial=0)) or 1.0
    fused = by_words / best + _WEIGHT * np.maximum(similar, 0)
    rounded: Floats = (np.round(fused, _DECIMALS) + exact).astype(np.float32)
    return rounded


def _least_with_all_terms(matches: Matches, scores: Floats) -> np.float32:
    """Return the least score of a document that has all words; infinity where none has them."""
    if matches.all_terms is not None:
        scores = scores[np.searchsorted(matches.ids, matches.all_terms)]
    return np.float32(scores.min(initial=np.inf))
