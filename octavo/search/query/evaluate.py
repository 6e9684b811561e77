"""From a SearchQuery to documents and scores, over arrays of a Reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import numpy as np

from octavo.search.analysis import Language, opens, unspaced
from octavo.search.index.reader import NOTHING, Floats, Reader, Scored
from octavo.search.index.schema import TEXT_FIELDS
from octavo.search.index.segment import UNDATED, Bools, Longs
from octavo.search.query.beginnings import begun, begun_in_title
from octavo.search.query.grammar import Clause, Dates, Label, SearchQuery, Text, clean

Sort = Literal["relevance", "newest", "oldest"]
MAX_TERMS = 16
# Beside titles only phrases have stop words.
ONLY_STOPS = "Words as common as these are looked for in titles only."
# An article whose title is exactly what was typed comes before all others.
EXACT_TITLE = 1_000.0
# Phrases of nothing but stop words, which take 2 to 6 ms each in 14,000 articles.
MOST_COMMON = 4
_BLOCK = 64
# Searching for so many times fewer ones is faster than marking all.
_FEWER = 16


def is_stop(text: Text, language: Language) -> bool:
    """Whether a text says nothing by itself: a stop word, or several in one as in "don't"."""
    single = text.loose or len(text.words) == 1
    return single and not text.prefix and all(language.is_stop(word) for _, word in text.words)


def stops_count(query: SearchQuery, language: Language) -> bool:
    """Whether stop words are searched for: only where there is nothing else, because only titles
    have them.
    """
    return all(
        is_stop(text, language) for c in query.clauses if c.occur != "not" for text in c.texts
    )


def published_in(dates: Dates, published: Longs) -> Bools:
    """Which of the times, in seconds since 1970 or UNDATED, are in a span."""
    mask: Bools = published > UNDATED
    if dates.start is not None:
        mask &= published >= dates.start
    if dates.stop is not None:
        mask &= published < dates.stop
    return mask


class Matches:
    """The documents that match, ascending, each one's score, and what is to be told the reader."""

    def __init__(self, ids: Longs, scores: Floats, size: int, notes: tuple[str, ...] = ()) -> None:
        self.ids = ids
        self.scores = scores
        self.notes = notes
        self._size = size

    @cached_property
    def mask(self) -> Bools:
        """The matching documents among all."""
        mask = np.zeros(self._size, np.bool_)
        mask[self.ids] = True
        return mask

    def narrowed(self, mask: Bools) -> Matches:
        """Only the matches that are in `mask` too."""
        kept = mask[self.ids]
        return Matches(self.ids[kept], self.scores[kept], self._size, self.notes)


class Evaluation:
    """One query over one reader."""

    def __init__(self, query: SearchQuery, reader: Reader, language: Language) -> None:
        self._query = query
        self._reader = reader
        self._language = language
        self._notes: dict[str, None] = {}
        self._common = 0

    @cached_property
    def _stops_count(self) -> bool:
        return stops_count(self._query, self._language)

    def scored(self, text: Text) -> Scored | None:
        """The documents with a word or phrase; None where it says nothing and is to be ignored."""
        if text.prefix or (len(text.words) == 1 and opens(text.words[0][1])):
            return self._prefix(text)
        if is_stop(text, self._language) and not (text.title or self._stops_count):
            return None
        words = list(text.words)
        if text.loose:
            words = [place for place in words if not self._language.is_stop(place[1])] or words
        if len(words) == 1:
            return self._reader.term(self._language.stem(words[0][1]), title=text.title)
        if all(self._language.is_stop(word) for _, word in words):
            self._common += 1
            if self._common > MOST_COMMON:
                self._notes[
                    f"Only the first {MOST_COMMON} phrases of such common words were searched for."
                ] = None
                return None
        first = words[0][0]
        return self._reader.phrase(
            tuple((offset - first, self._language.marked(word)) for offset, word in words),
            title=text.title,
        )

    def _much_of(self, text: Text, visible: Bools) -> Scored:
        """The documents with half of the pairs of characters or more, of a run that no document has
        as it stands.
        """
        pairs = {word for _, word in text.words}
        if len(pairs) < 3 or not all(map(unspaced, pairs)):
            return NOTHING
        count, scores = (
            np.zeros(self._reader.size, np.int32),
            np.zeros(self._reader.size, np.float32),
        )
        for pair in pairs:
            scored = self._reader.term(pair, title=text.title)
            count[scored.ids] += 1
            scores[scored.ids] += scored.scores
        ids = np.flatnonzero((2 * count >= len(pairs)) & visible)
        if not len(ids):
            return NOTHING
        run = "".join(word[0] for _, word in text.words) + text.words[-1][1][1:]
        self._notes[f"No article has “{run}” as it stands: these have much of it."] = None
        return Scored(ids, scores[ids])

    def _prefix(self, text: Text) -> Scored:
        prefix = text.words[0][1]
        forms = self._language.beginnings(prefix)
        if text.title:
            return begun_in_title(self._reader, forms)
        return begun(self._reader, forms)

    def label(self, label: Label) -> Longs:
        """The documents with a facet's value, or with one that begins so."""
        return self._reader.facet(label.facet).documents(label.value, begun=label.prefix)

    def dates(self, dates: Dates) -> Longs:
        """The documents published in a span of time."""
        return np.flatnonzero(published_in(dates, self._reader.published))

    def _telling(self) -> list[Clause]:
        """The clauses, of many optional words only the rarest: they tell what a long text is about."""
        clauses = list(self._query.clauses)
        if len(clauses) <= MAX_TERMS:
            return clauses
        words = [
            clause for clause in clauses if clause.occur == "may" and not self._is_stop(clause)
        ]
        if len(words) <= MAX_TERMS:
            return clauses
        kept = set(sorted(words, key=self._commonness)[:MAX_TERMS])
        self._notes[f"Only the {MAX_TERMS} rarest of the words were searched for."] = None
        return [clause for clause in clauses if clause.occur != "may" or clause in kept]

    def _is_stop(self, clause: Clause) -> bool:
        return clause.is_words and all(is_stop(text, self._language) for text in clause.texts)

    def _commonness(self, clause: Clause) -> int:
        stems = [self._language.marked(word) for text in clause.texts for _, word in text.words]
        found = (
            max(self._reader.frequency(field.name, stem.encode()) for field in TEXT_FIELDS)
            for stem in stems
        )
        # A word that nobody wrote tells nothing.
        return min((frequency or self._reader.size for frequency in found), default=0)

    def _choices(self, clause: Clause, visible: Bools) -> list[Scored]:
        found = []
        for choice in clause.choices:
            if isinstance(choice, Text):
                scored = self.scored(choice)
                if (
                    scored is not None
                    and choice.loose
                    and clause.occur == "may"
                    and not visible[scored.ids].any()
                ):
                    scored = self._much_of(choice, visible)
            else:
                ids = self.label(choice) if isinstance(choice, Label) else self.dates(choice)
                scored = Scored(ids, np.zeros(len(ids), np.float32))
            if scored is not None:
                found.append(scored)
        return found

    def run(self, visible: Bools, recency: Floats | None = None) -> Matches:
        """Match the query among the `visible` documents: all where nothing was typed, none where it
        has no word.

        Scores are multiplied by the `recency` of the documents, where it is given.
        """
        if self._query.text and not self._query:
            return Matches(NOTHING.ids, NOTHING.scores, self._reader.size)
        if self._stops_count and any(
            clause.texts and clause.occur != "not" for clause in self._query.clauses
        ):
            self._notes[ONLY_STOPS] = None
        found = [(clause, self._choices(clause, visible)) for clause in self._telling()]
        found = [(clause, choices) for clause, choices in found if choices]
        if len(found) == 1 and found[0][0].occur != "not" and len(found[0][1]) == 1:
            ids, scores = found[0][1][0].ids, found[0][1][0].scores
            kept = visible[ids]
            ids, scores = ids[kept], scores[kept]
        else:
            ids, scores = self._combined(found, visible)
        if recency is not None:
            scores = scores * recency[ids]
        ids, scores = self._with_exact_title_first(ids, scores, visible)
        return Matches(ids, scores, self._reader.size, tuple(self._notes))

    def _combined(
        self, found: list[tuple[Clause, list[Scored]]], visible: Bools
    ) -> tuple[Longs, Floats]:
        """What the clauses allow, and what they score added up."""
        positive = [
            scored for clause, choices in found if clause.occur != "not" for scored in choices
        ]
        if found and all(clause.occur == "may" and clause.is_words for clause, _ in found):
            # Every match of a word scores more than 0.
            every = self._added(positive)
            ids = np.flatnonzero((every > 0) & visible)
            return ids, every[ids]
        ids = self._allowed(found, visible)
        if _FEWER * len(ids) > self._reader.size:
            return ids, self._added(positive)[ids]
        scores = np.zeros(len(ids), np.float32)
        for scored in positive:
            at, there = _places(ids, scored.ids)
            scores[there] += scored.scores[at[there]]
        return ids, scores

    def _added(self, found: list[Scored]) -> Floats:
        """The scores of all documents."""
        scores = np.zeros(self._reader.size, np.float32)
        for scored in found:
            scores[scored.ids] += scored.scores
        return scores

    def _allowed(self, found: list[tuple[Clause, list[Scored]]], visible: Bools) -> Longs:
        """What has all that must be, nothing that must not, and any of the words where none is
        required.
        """
        needed = [choices for clause, choices in found if clause.occur == "must"]
        wanted = [
            scored for clause, choices in found if clause.occur == "may" for scored in choices
        ]
        if wanted and not any(clause.occur == "must" and clause.texts for clause, _ in found):
            needed.append(wanted)
        banned = [choices for clause, choices in found if clause.occur == "not"]
        needed.sort(key=lambda choices: sum(len(scored.ids) for scored in choices))
        if not needed or _FEWER * sum(len(scored.ids) for scored in needed[0]) > self._reader.size:
            mask = visible.copy()
            for choices in needed:
                mask &= self._any(choices)
            for choices in banned:
                mask &= ~self._any(choices)
            return np.flatnonzero(mask)
        ids = needed[0][0].ids if len(needed[0]) == 1 else np.flatnonzero(self._any(needed[0]))
        ids = ids[visible[ids]]
        for choices in needed[1:]:
            ids = ids[self._have(ids, choices)]
        for choices in banned:
            ids = ids[~self._have(ids, choices)]
        return ids

    def _have(self, ids: Longs, choices: list[Scored]) -> Bools:
        """Which of the documents have any of the choices."""
        if len(choices) == 1 and _FEWER * len(ids) < len(choices[0].ids):
            return _places(ids, choices[0].ids)[1]
        return self._any(choices)[ids]

    def _any(self, choices: list[Scored]) -> Bools:
        mask = np.zeros(self._reader.size, np.bool_)
        for scored in choices:
            mask[scored.ids] = True
        return mask

    def _with_exact_title_first(
        self, ids: Longs, scores: Floats, visible: Bools
    ) -> tuple[Longs, Floats]:
        """Lift the articles whose title is what was typed: its words, or all of it, whatever that
        would mean else.
        """
        key, literal = self._query.key, self._query.literal
        exact = self._reader.titled(key) if key else NOTHING.ids
        if literal != key:
            titled = self._reader.titled(literal).tolist()
            if named := [number for number in titled if visible[number] and self._is_title(number)]:
                exact = np.union1d(exact, named)
                grown = np.union1d(ids, named)
                kept = np.zeros(len(grown), np.float32)
                kept[np.searchsorted(grown, ids)] = scores
                ids, scores = grown, kept
        if len(exact) and len(ids):
            at, there = _places(exact.astype(np.int64), ids)
            scores[at[there]] += np.float32(EXACT_TITLE)
        return ids, scores

    def _is_title(self, number: int) -> bool:
        return bool(
            clean(self._reader.stored(number)["title"]).casefold() == self._query.text.casefold()
        )


def _places(wanted: Longs, ids: Longs) -> tuple[Longs, Bools]:
    """Where in the ascending `ids` each of the wanted ones would be, and whether it is there."""
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.searchsorted(ids, wanted)
    at[at == len(ids)] = 0
    return at, ids[at] == wanted


def best(matches: Matches, reader: Reader, count: int, sort: Sort = "relevance") -> Longs:
    """The numbers of the first `count` matching documents in order.

    Equal scores are ordered newest first.
    """
    ids, scores = matches.ids, matches.scores
    if sort == "relevance" and scores.any():
        return ids[_largest(scores, count, lambda chosen: -reader.published[ids[chosen]])]
    published = reader.published[ids]
    if sort == "oldest":
        # What has no date stands after all that has one, in both orders.
        published = np.where(published > UNDATED, -published, UNDATED)
    return ids[_largest(published, count, lambda chosen: -scores[chosen])]


def _largest(keys: Any, count: int, then: Callable[[Longs], Any]) -> Longs:
    """Where the `count` largest keys are; of equal ones those of which `then` is smaller first."""
    # A few are sorted faster than looked through.
    few = len(keys) <= max(count, _BLOCK)
    chosen = np.arange(len(keys)) if few else np.flatnonzero(keys >= _reached(keys, count))
    ordered: Longs = chosen[np.lexsort((chosen, then(chosen), -keys[chosen]))][:count]
    return ordered


def _reached(keys: Any, count: int) -> Any:
    """A key that at least `count` keys reach, and not many more."""
    blocks = len(keys) // _BLOCK
    if blocks >= 2 * count:
        # The maxima of blocks are keys too, and ten times as fast to look through.
        keys = keys[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
    return np.partition(keys, len(keys) - count)[len(keys) - count]
