"""Evaluation: from a SearchQuery to documents and scores, over the arrays of a Reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from octavo.cached import cached_property
from octavo.search.analysis import Language
from octavo.search.folding import is_single_unspaced, is_unspaced
from octavo.search.index.reader import NO_DOCUMENTS, Floats, Reader, ScoredDocuments
from octavo.search.index.schema import TEXT_FIELDS
from octavo.search.index.segment import UNDATED, Bools, Longs
from octavo.search.protocol import Sort
from octavo.search.query.grammar import (
    Alternative,
    Clause,
    DateRange,
    FacetFilter,
    Occur,
    SearchQuery,
    WordSequence,
    clean_query,
    is_weak,
)
from octavo.search.query.prefix import with_prefix, with_prefix_in_title

# Optional words of one query that are searched for: the rarest ones.
MAX_OPTIONAL_WORDS = 16
# Phrases of nothing but stop words, which take 2 to 6 ms each in 14,000 articles.
MAX_STOP_WORD_PHRASES = 4
# Beside titles only phrases have stop words.
STOP_WORDS_ONLY = "Words as common as these are looked for in titles only."
STOP_WORD_PHRASES_CUT = (
    f"Only the first {MAX_STOP_WORD_PHRASES} phrases of such common words were searched for."
)
# An article whose title is exactly what was typed comes before all others.
EXACT_TITLE_BOOST = 1_000.0
# Joined words that are written as typed weigh so much more than their parts.
AS_WRITTEN_BOOST = np.float32(2)
# What an article gains at most by its title and by each of its labels that were typed, as a part of
# what the words tell.
TITLE_GAIN = 2.0
LABEL_GAIN = 0.5
# Words of a label of more than one that are looked for in a row.
MAX_LABEL_WORDS = 4
# An article with all words of a query gains so much.
COMPLETE_BOOST = 1.1
# What was published in a year that the query names gains so much; recency counts for nothing then.
NAMED_YEAR_BOOST = 0.5
# Keys whose maximum stands for them while the largest ones are looked for.
_BLOCK = 64
# From this ratio of lengths on, looking up single documents is faster than marking all.
_LOOKUP_RATIO = 16

# A clause of a query, and the documents of each of its alternatives.
Found = list[tuple[Clause, list[ScoredDocuments]]]


def is_stop_word(sequence: WordSequence, language: Language) -> bool:
    """Whether a sequence is a stop word, or several joined in one as in "don't"."""
    if sequence.prefix or not (sequence.loose or len(sequence.words) == 1):
        return False
    return all(language.is_stop_word(word) for _, word in sequence.words)


def stop_words_count(query: SearchQuery, language: Language) -> bool:
    """Whether stop words are searched for: only where a query has no other words."""
    return all(is_stop_word(sequence, language) for sequence in query.wanted)


def published_in(dates: DateRange, published: Longs) -> Bools:
    """Return a mask that is true where a time lies within the dates of a range.

    Times are in seconds since 1970; UNDATED lies in no range.
    """
    mask: Bools = published > UNDATED
    if dates.start is not None:
        mask &= published >= dates.start
    if dates.stop is not None:
        mask &= published < dates.stop
    return mask


class Matches:
    """The matching documents in ascending order, the score of each, and notes for the reader.

    `complete` are those with all optional words of the query; None where it has no two of them.
    """

    def __init__(
        self,
        ids: Longs,
        scores: Floats,
        size: int,
        notes: tuple[str, ...] = (),
        complete: Longs | None = None,
    ) -> None:
        self.ids = ids
        self.scores = scores
        self.notes = notes
        self.complete = complete
        self._size = size

    @cached_property
    def mask(self) -> Bools:
        """A mask of the matching documents."""
        mask = np.zeros(self._size, np.bool_)
        mask[self.ids] = True
        return mask

    def narrowed(self, mask: Bools) -> Matches:
        """Return only the matches that are in `mask` too."""
        kept = mask[self.ids]
        complete = self.complete
        if complete is not None:
            complete = complete[mask[complete]]
        return Matches(self.ids[kept], self.scores[kept], self._size, self.notes, complete)


class Evaluation:
    """The evaluation of one query over one reader."""

    def __init__(self, query: SearchQuery, reader: Reader, language: Language) -> None:
        self._query = query
        self._reader = reader
        self._language = language
        self._notes: dict[str, None] = {}
        self._stop_word_phrases = 0

    @cached_property
    def _stop_words_count(self) -> bool:
        return stop_words_count(self._query, self._language)

    def run(self, visible: Bools, recency: Floats | None = None) -> Matches:
        """Return the `visible` documents that match the query; all of them where nothing was typed.

        None match where the typed text has no word. Scores are multiplied by `recency` where it is
        given.
        """
        if self._query.text and not self._query:
            return Matches(NO_DOCUMENTS.ids, NO_DOCUMENTS.scores, self._reader.size)
        if self._stop_words_count and self._query.wanted:
            self._notes[STOP_WORDS_ONLY] = None
        found = [(clause, self._documents_of(clause, visible)) for clause in self._kept_clauses()]
        found = [(clause, documents) for clause, documents in found if documents]
        if len(found) == 1 and found[0][0].occur != "must_not" and len(found[0][1]) == 1:
            documents = found[0][1][0]
            kept = visible[documents.ids]
            ids = documents.ids[kept]
            scores = documents.scores[kept]
        else:
            ids, scores = self._combined(found, visible)
        self._add_named(ids, scores)
        complete = None
        places = self._complete(found, ids)
        if places is not None:
            scores[places] *= np.float32(COMPLETE_BOOST)
            complete = ids[places]
        named = self._in_named_years()
        if named is not None:
            scores = scores * named[ids]
        elif recency is not None:
            scores = scores * recency[ids]
        ids, scores = self._with_exact_title_first(ids, scores, visible)
        return Matches(ids, scores, self._reader.size, tuple(self._notes), complete)

    def _complete(self, found: Found, ids: Longs) -> Longs | None:
        """Return where in `ids` those with all optional words are; None where there are no two."""
        optional = [documents for clause, documents in found if clause.occur == "should"]
        if len(optional) < 2:
            return None
        optional.sort(key=_size)
        complete = _joint(optional[0])
        for documents in optional[1:]:
            if not len(complete):
                break
            complete = complete[self._have(complete, documents)]
        at, there = _places(complete, ids)
        return at[there]

    def _add_named(self, ids: Longs, scores: Floats) -> None:
        """Add to `scores` what documents gain where a title or a label says what was typed.

        A title gains by how much of the query it has, and how little else; an article by the words
        of a label that are typed in a row. BM25F does not see that: many occurrences in a long text
        weigh as much as the title.
        """
        words = [word for one in self._query.wanted if not one.prefix for _, word in one.words]
        content_words = [word for word in words if not self._language.is_stop_word(word)]
        distinct = dict.fromkeys(content_words)
        if not 2 <= len(distinct) <= MAX_OPTIONAL_WORDS or not len(ids):
            return
        terms = [self._reader.term(self._language.stem(word)) for word in distinct]
        idfs = {word: term.idf for word, term in zip(distinct, terms, strict=True)}
        titled = [term for term in terms if len(term.titled)]
        if titled:
            counts = np.zeros(self._reader.size, np.float32)
            matched = np.zeros(self._reader.size, np.float32)
            for term in titled:
                counts[term.titled] += 1
                matched[term.titled] += term.idf
            places = np.flatnonzero(counts[ids])
            documents = ids[places]
            counts = counts[documents]
            matched = matched[documents]
            lengths = self._reader.title_lengths[documents] - (len(words) - len(content_words))
            gains = matched * matched * matched * np.float32(TITLE_GAIN / sum(idfs.values()) ** 2)
            scores[places] += gains * np.sqrt(counts / np.maximum(lengths, counts))
        for label, labelled in self._typed_labels(words):
            at, there = _places(labelled, ids)
            scores[at[there]] += np.float32(LABEL_GAIN * sum(idfs.get(word, 0.0) for word in label))

    def _typed_labels(self, words: list[str]) -> Iterator[tuple[list[str], Longs]]:
        """Yield the words of each label of two words and more in `words`, and its documents."""
        for start, first in enumerate(words):
            beginning = self._reader.labels.get(first)
            if beginning is None:
                continue
            for stop in range(start + 2, min(start + MAX_LABEL_WORDS, len(words)) + 1):
                label = words[start:stop]
                labelled = beginning.get("-".join(label))
                if labelled is not None:
                    yield label, labelled

    def _in_named_years(self) -> Floats | None:
        """Return the factor of each score that prefers what was published in years of the query."""
        if not self._query.years:
            return None
        published = self._reader.published
        factors = np.ones(self._reader.size, np.float32)
        for year in self._query.years:
            factors[published_in(year, published)] += np.float32(NAMED_YEAR_BOOST)
        return factors

    # Clauses

    def _kept_clauses(self) -> list[Clause]:
        """Return the clauses; of too many optional words only the rarest, which tell most."""
        clauses = list(self._query.clauses)
        if len(clauses) <= MAX_OPTIONAL_WORDS:
            return clauses
        optional = [
            clause
            for clause in clauses
            if clause.occur == "should" and not self._is_stop_words(clause)
        ]
        if len(optional) <= MAX_OPTIONAL_WORDS:
            return clauses
        kept = set(sorted(optional, key=self._frequency)[:MAX_OPTIONAL_WORDS])
        self._notes[f"Only the {MAX_OPTIONAL_WORDS} rarest of the words were searched for."] = None
        return [clause for clause in clauses if clause.occur != "should" or clause in kept]

    def _is_stop_words(self, clause: Clause) -> bool:
        return clause.is_words and all(
            is_stop_word(sequence, self._language) for sequence in clause.sequences
        )

    def _frequency(self, clause: Clause) -> int:
        """Return in how many documents the rarest word of a clause is."""
        words = chain.from_iterable(sequence.words for sequence in clause.sequences)
        frequencies = [self._word_frequency(word) for _, word in words]
        # A word that nobody wrote tells nothing.
        return min(filter(None, frequencies), default=self._reader.size)

    def _word_frequency(self, word: str) -> int:
        stem = self._language.phrase_term(word).encode()
        return max(self._reader.frequency(field.name, stem) for field in TEXT_FIELDS)

    def _documents_of(self, clause: Clause, visible: Bools) -> list[ScoredDocuments]:
        """Return the documents of each alternative of a clause, except those that are ignored."""
        found = []
        for alternative in clause.alternatives:
            scored = self._documents(alternative)
            if scored is None:
                continue
            if isinstance(alternative, WordSequence):
                scored = self._loosened(alternative, scored, visible, clause.occur)
            elif isinstance(alternative, DateRange) and clause.occur == "should":
                # The day in a query of words is what is asked for, and not a limit.
                scored = self._reader.saturated(_marked(scored.ids, self._reader.size))
            found.append(scored)
        return found

    def _documents(self, alternative: Alternative) -> ScoredDocuments | None:
        if isinstance(alternative, WordSequence):
            found = [self.scored(spelling) for spelling in alternative.spellings]
            return self._as_one([one for one in found if one is not None])
        if isinstance(alternative, FacetFilter):
            facet = self._reader.facet(alternative.facet)
            ids = facet.documents(alternative.value, prefix=alternative.prefix)
        else:
            ids = np.flatnonzero(published_in(alternative, self._reader.published))
        return ScoredDocuments(ids, np.zeros(len(ids), np.float32))

    # Words

    def _as_one(self, found: list[ScoredDocuments]) -> ScoredDocuments | None:
        """Return the documents of all spellings of a word, scored as if there were one; or None."""
        present = [one for one in found if len(one.ids)]
        if len(present) < 2:
            return next(iter(present or found), None)
        weights = np.zeros(self._reader.size, np.float32)
        for one in present:
            weights[one.ids] = np.maximum(weights[one.ids], one.scores / one.idf)
        ids = np.flatnonzero(weights)
        idf = self._reader.idf(len(ids))
        return ScoredDocuments(ids, weights[ids] * np.float32(idf), idf)

    def scored(self, sequence: WordSequence) -> ScoredDocuments | None:
        """Return the documents with a sequence of words; None for a stop word that is ignored."""
        if sequence.prefix or (
            len(sequence.words) == 1 and is_single_unspaced(sequence.words[0][1])
        ):
            return self._with_prefix(sequence)
        counts = sequence.title or self._stop_words_count
        if is_stop_word(sequence, self._language) and not counts:
            return None
        words = list(sequence.words)
        if sequence.loose:
            significant = [one for one in words if not self._language.is_stop_word(one[1])]
            words = significant or words
        if len(words) == 1:
            return self._reader.term(self._language.stem(words[0][1]), title=sequence.title)
        if all(self._language.is_stop_word(word) for _, word in words):
            self._stop_word_phrases += 1
            if self._stop_word_phrases > MAX_STOP_WORD_PHRASES:
                self._notes[STOP_WORD_PHRASES_CUT] = None
                return None
        first = words[0][0]
        stems = tuple((offset - first, self._language.phrase_term(word)) for offset, word in words)
        return self._reader.phrase(stems, title=sequence.title)

    def _with_prefix(self, sequence: WordSequence) -> ScoredDocuments:
        prefixes = self._language.prefix_variants(sequence.words[0][1])
        if sequence.title:
            return with_prefix_in_title(self._reader, prefixes)
        return with_prefix(self._reader, prefixes)

    def _loosened(
        self, sequence: WordSequence, scored: ScoredDocuments, visible: Bools, occur: Occur
    ) -> ScoredDocuments:
        """Return also the documents with enough parts of a sequence that says that they are enough.

        Other sequences get `scored`, the documents with all of it as it stands.
        """
        if sequence.joined:
            return self._or_parts_of(sequence, scored, visible, occur)
        if occur == "should":
            return self._or_much_of(sequence, scored, visible)
        return scored

    def _or_parts_of(
        self, sequence: WordSequence, scored: ScoredDocuments, visible: Bools, occur: Occur
    ) -> ScoredDocuments:
        """Return the documents with joined words as they stand, and those with their parts.

        That is any part of what might be written apart (solar-system); all parts where one is weak
        or must be there (X-ray), any of them only where no article has all; of nothing but weak
        parts (2.7.4), which are everywhere, also only then.
        """
        words = dict.fromkeys(word for _, word in sequence.words)
        parts = [word for word in words if not self._language.is_stop_word(word)]
        weak = sum(map(is_weak, parts))
        written = visible[scored.ids].any()
        if weak == len(parts) and written:
            return scored
        counts = np.zeros(self._reader.size, np.int32)
        scores = np.zeros(self._reader.size, np.float32)
        for part in parts:
            found = self._reader.term(self._language.stem(part), title=sequence.title)
            counts[found.ids] += 1
            scores[found.ids] += found.scores
        enough = 1
        if weak or occur == "must":
            enough = len(parts)
        matching = counts >= max(enough, 1)
        if occur == "should" and not written and not matching[visible].any():
            matching = counts > 0
        matching[scored.ids] = True
        best = np.maximum(scores[scored.ids], scored.scores)
        scores[scored.ids] = best * AS_WRITTEN_BOOST
        ids = np.flatnonzero(matching)
        return ScoredDocuments(ids, scores[ids])

    def _or_much_of(
        self, sequence: WordSequence, scored: ScoredDocuments, visible: Bools
    ) -> ScoredDocuments:
        """Return the documents with a run without spaces, or, if no article has it, much of it.

        Much is half of its pairs of characters. Other words get `scored`.
        """
        if not sequence.loose or visible[scored.ids].any():
            return scored
        pairs = {word for _, word in sequence.words}
        if len(pairs) < 3 or not all(map(is_unspaced, pairs)):
            return NO_DOCUMENTS
        counts = np.zeros(self._reader.size, np.int32)
        scores = np.zeros(self._reader.size, np.float32)
        for pair in pairs:
            scored = self._reader.term(pair, title=sequence.title)
            counts[scored.ids] += 1
            scores[scored.ids] += scored.scores
        ids = np.flatnonzero((2 * counts >= len(pairs)) & visible)
        if not len(ids):
            return NO_DOCUMENTS
        run = "".join(word[0] for _, word in sequence.words) + sequence.words[-1][1][1:]
        self._notes[f"No article has “{run}” as it stands: these have much of it."] = None
        return ScoredDocuments(ids, scores[ids])

    # All clauses together

    def _combined(self, found: Found, visible: Bools) -> tuple[Longs, Floats]:
        """Return the documents that all clauses together allow, and the sums of their scores."""
        positive = (documents for clause, documents in found if clause.occur != "must_not")
        scored = list(chain.from_iterable(positive))
        if found and all(clause.occur == "should" and clause.is_words for clause, _ in found):
            # Every match of a word scores more than 0.
            every = self._added(scored)
            ids = np.flatnonzero((every > 0) & visible)
            return ids, every[ids]
        ids = self._allowed(found, visible)
        if _LOOKUP_RATIO * len(ids) > self._reader.size:
            return ids, self._added(scored)[ids]
        scores = np.zeros(len(ids), np.float32)
        for one in scored:
            at, there = _places(ids, one.ids)
            scores[there] += one.scores[at[there]]
        return ids, scores

    def _added(self, found: list[ScoredDocuments]) -> Floats:
        """Return the sum of the scores of each document."""
        scores = np.zeros(self._reader.size, np.float32)
        for scored in found:
            scores[scored.ids] += scored.scores
        return scores

    def _allowed(self, found: Found, visible: Bools) -> Longs:
        """Return the documents that have all required clauses and no excluded one.

        Where no word is required they also have at least one of the optional words.
        """
        required = [documents for clause, documents in found if clause.occur == "must"]
        excluded = [documents for clause, documents in found if clause.occur == "must_not"]
        optional = [documents for clause, documents in found if clause.occur == "should"]
        if optional and not any(clause.occur == "must" and clause.sequences for clause, _ in found):
            required.append(list(chain.from_iterable(optional)))
        required.sort(key=_size)
        if not required or _LOOKUP_RATIO * _size(required[0]) > self._reader.size:
            mask = visible.copy()
            for documents in required:
                mask &= self._any(documents)
            for documents in excluded:
                mask &= ~self._any(documents)
            return np.flatnonzero(mask)
        ids = required[0][0].ids
        if len(required[0]) > 1:
            ids = np.flatnonzero(self._any(required[0]))
        ids = ids[visible[ids]]
        for documents in required[1:]:
            ids = ids[self._have(ids, documents)]
        for documents in excluded:
            ids = ids[~self._have(ids, documents)]
        return ids

    def _have(self, ids: Longs, documents: list[ScoredDocuments]) -> Bools:
        """Return a mask of the `ids` that are in the documents of any alternative."""
        if len(documents) == 1 and _LOOKUP_RATIO * len(ids) < len(documents[0].ids):
            return _places(ids, documents[0].ids)[1]
        return self._any(documents)[ids]

    def _any(self, documents: list[ScoredDocuments]) -> Bools:
        mask = np.zeros(self._reader.size, np.bool_)
        for scored in documents:
            mask[scored.ids] = True
        return mask

    def _with_exact_title_first(
        self, ids: Longs, scores: Floats, visible: Bools
    ) -> tuple[Longs, Floats]:
        """Boost the articles whose title is what was typed, word by word or letter by letter."""
        key = self._query.key
        literal = self._query.literal
        exact = self._reader.titled(key) if key else NO_DOCUMENTS.ids
        if literal != key:
            titled = self._reader.titled(literal).tolist()
            named = [number for number in titled if visible[number] and self._is_title(number)]
            if named:
                exact = np.union1d(exact, named)
                grown = np.union1d(ids, named)
                kept = np.zeros(len(grown), np.float32)
                kept[np.searchsorted(grown, ids)] = scores
                ids = grown
                scores = kept
        if len(exact) and len(ids):
            at, there = _places(exact.astype(np.int64), ids)
            scores[at[there]] += np.float32(EXACT_TITLE_BOOST)
        return ids, scores

    def _is_title(self, number: int) -> bool:
        title = str(self._reader.stored(number)["title"])
        return clean_query(title).casefold() == self._query.text.casefold()


def _joint(documents: list[ScoredDocuments]) -> Longs:
    """Return the documents of any alternative, in ascending order."""
    if len(documents) == 1:
        return documents[0].ids
    joint: Longs = np.unique(np.concatenate([scored.ids for scored in documents]))
    return joint


def _marked(ids: Longs, size: int) -> Floats:
    marked = np.zeros(size, np.float32)
    marked[ids] = 1
    return marked


def _size(documents: list[ScoredDocuments]) -> int:
    return sum(len(scored.ids) for scored in documents)


def _places(wanted: Longs, ids: Longs) -> tuple[Longs, Bools]:
    """Return where each of `wanted` would be in the ascending `ids`, and whether it is there."""
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.searchsorted(ids, wanted)
    at[at == len(ids)] = 0
    return at, ids[at] == wanted


def top_documents(matches: Matches, reader: Reader, count: int, sort: Sort = "relevance") -> Longs:
    """Return the first `count` matching documents in order; of equal scores the newest first."""
    ids = matches.ids
    scores = matches.scores
    if sort == "relevance" and scores.any():
        return ids[_largest(scores, count, lambda chosen: -reader.published[ids[chosen]])]
    published = reader.published[ids]
    if sort == "oldest":
        # What has no date stands after all that has one, in both orders.
        published = np.where(published > UNDATED, -published, UNDATED)
    return ids[_largest(published, count, lambda chosen: -scores[chosen])]


def _largest(keys: Any, count: int, then: Callable[[Longs], Any]) -> Longs:
    """Return where the `count` largest keys are; of equal ones, those with smaller `then` first."""
    chosen = np.arange(len(keys))
    # A few are sorted faster than looked through.
    if len(keys) > max(count, _BLOCK):
        chosen = np.flatnonzero(keys >= _threshold(keys, count))
    ordered: Longs = chosen[np.lexsort((chosen, then(chosen), -keys[chosen]))][:count]
    return ordered


def _threshold(keys: Any, count: int) -> Any:
    """Return a key that at least `count` keys reach, and not many more."""
    blocks = len(keys) // _BLOCK
    if blocks >= 2 * count:
        # The maxima of blocks are keys too, and ten times as fast to look through.
        keys = keys[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
    return np.partition(keys, len(keys) - count)[len(keys) - count]
