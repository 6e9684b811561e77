"""Boosts: what a document gains beside the scores of its words.

BM25F does not see that a title or a label says just what was typed: many occurrences in a long text
weigh as much.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from octavo.search.analysis import Language
from octavo.search.index.reader import NO_DOCUMENTS, Floats, Reader, ScoredDocuments
from octavo.search.index.segment import Bools, Longs
from octavo.search.query.evaluation.boolean import (
    ClauseMatches,
    are_among,
    count_of,
    is_few,
    mask_of,
    published_in,
    union_of,
)
from octavo.search.query.evaluation.matches import Matches
from octavo.search.query.grammar import SearchQuery, clean_query

# An article whose title is exactly what was typed comes before all others.
EXACT_TITLE_BOOST = 1_000.0
# What an article gains at most by its title and by each of its labels that were typed, as a part of
# what the words tell.
TITLE_GAIN = 2.0
LABEL_GAIN = 0.5
# Words of a label of more than one that are looked for in a row.
MAX_LABEL_WORDS = 4
# With more different words a query is a text, and no title or label.
MAX_TITLE_WORDS = 16
# An article with all words of a query gains so much.
ALL_TERMS_BOOST = 1.1
# What was published in a year that the query names gains so much; recency counts for nothing then.
NAMED_YEAR_BOOST = 0.5


def boost_named(matches: Matches, query: SearchQuery, reader: Reader, language: Language) -> None:
    """Add to the scores what documents gain by a title or labels with the typed words.

    A query of one word, or of very many, names nothing.
    """
    words = query.words
    if len(words) < 2:
        return
    content_words = [word for word in words if not language.is_stop_word(word)]
    distinct = dict.fromkeys(content_words)
    if not 2 <= len(distinct) <= MAX_TITLE_WORDS:
        return
    terms = [reader.term(language.stem(word)) for word in distinct]
    idfs = {word: term.idf for word, term in zip(distinct, terms, strict=True)}
    in_titles = [term for term in terms if len(term.in_title)]
    if in_titles:
        stop_words = len(words) - len(content_words)
        _boost_titles(matches, in_titles, sum(idfs.values()), reader, stop_words)
    for label, labelled in _typed_labels(words, reader):
        gain = LABEL_GAIN * sum(idfs.get(word, 0.0) for word in label)
        matches.scores[matches.places(labelled)] += np.float32(gain)


def _boost_titles(
    matches: Matches,
    terms: list[ScoredDocuments],
    idf_of_query: float,
    reader: Reader,
    stop_words: int,
) -> None:
    """Add to the scores what documents gain by how much of the query their title has.

    The less else the title has the more they gain; the query's own `stop_words` are not "else".
    """
    counts = np.zeros(reader.size, np.float32)
    matched = np.zeros(reader.size, np.float32)
    for term in terms:
        counts[term.in_title] += 1
        matched[term.in_title] += term.idf
    titled = terms[0].in_title
    if len(terms) > 1:
        titled = np.flatnonzero(counts > 0)
    places = matches.places(titled)
    documents = matches.documents(places)
    counts = counts[documents]
    matched = matched[documents]
    lengths = reader.title_lengths[documents] - stop_words
    gains = matched * matched * matched * np.float32(TITLE_GAIN / idf_of_query**2)
    matches.scores[places] += gains * np.sqrt(counts / np.maximum(lengths, counts))


def _typed_labels(
    words: tuple[str, ...], reader: Reader
) -> Iterator[tuple[tuple[str, ...], Longs]]:
    """Yield the words of each label of two words and more in `words`, and its documents."""
    for start, first in enumerate(words):
        labels = reader.labels.get(first)
        if labels is None:
            continue
        for stop in range(start + 2, min(start + MAX_LABEL_WORDS, len(words)) + 1):
            label = words[start:stop]
            labelled = labels.get("-".join(label))
            if labelled is not None:
                yield label, labelled


def boost_all_terms(matches: Matches, found: list[ClauseMatches], size: int) -> None:
    """Raise the scores of the documents that have all optional words, and note which these are.

    Nothing where the query has no two optional words. `size` is the number of documents in the
    index.
    """
    optional = [one.alternatives for one in found if one.clause.occur == "should"]
    if len(optional) < 2:
        return
    if is_few(min(map(count_of, optional)), size):
        # The rarest first: the others are looked up among its documents.
        optional.sort(key=count_of)
        all_terms = union_of(optional[0])
        for documents in optional[1:]:
            all_terms = all_terms[are_among(all_terms, documents, size)]
        places = matches.places(all_terms)
    else:
        mask = mask_of(optional[0], size)
        for documents in optional[1:]:
            mask &= mask_of(documents, size)
        places = np.flatnonzero(matches.select(mask))
        places = places[matches.scores[places] > 0]
    matches.scores[places] *= np.float32(ALL_TERMS_BOOST)
    matches.all_terms = matches.documents(places)


def year_factors(query: SearchQuery, reader: Reader) -> Floats | None:
    """Return the factor of each document's score by the years that the query names; None without.

    What was published in one of those years is preferred.
    """
    if not query.years:
        return None
    factors = np.ones(reader.size, np.float32)
    for year in query.years:
        factors[published_in(year, reader.published)] += np.float32(NAMED_YEAR_BOOST)
    return factors


def put_exact_titles_first(
    matches: Matches, query: SearchQuery, reader: Reader, visible: Bools
) -> None:
    """Raise the scores of those whose title is what was typed, word by word, above all others.

    A `visible` document whose title has the same letters as all that was typed (signs and fields
    included) is added where the words do not find it.
    """
    exact: Longs = NO_DOCUMENTS.ids
    if query.key:
        exact = reader.with_title(query.key).astype(np.int64)
    if query.literal != query.key:
        same_letters = reader.with_title(query.literal).tolist()
        same = [
            number
            for number in same_letters
            if visible[number]
            and clean_query(reader.stored(number)["title"]).casefold() == query.text.casefold()
        ]
        if same:
            matches.add(np.array(same, np.int64))
            exact = np.union1d(exact, same)
    if len(exact):
        matches.scores[matches.places(exact)] += np.float32(EXACT_TITLE_BOOST)
