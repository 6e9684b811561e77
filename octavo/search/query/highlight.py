"""Highlighting: marks matches in titles, and cuts snippets where matches are densest.

All of it is safe HTML: escaped text and <mark>.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from html import escape
from itertools import chain
from typing import NamedTuple

from octavo.search.analysis import STOP_WORD_PREFIX, Language, shortest_prefixes
from octavo.search.folding import FoldedText, compose, fold, is_unspaced
from octavo.search.query.grammar import SearchQuery, WordSequence

MAX_SNIPPET_CHARACTERS = 220
# Characters before the first match of a snippet.
_LEAD = 60
# The densest place of a very long text is looked for in so many characters from its beginning,
# block by block until there are so many matches.
MAX_SEARCHED_CHARACTERS = 100_000
_BLOCK_CHARACTERS = 2_000
_MANY_MATCHES = 300
# In a text longer than this, all that is sought or so many different matches are enough.
_LONG_TEXT_CHARACTERS = 20_000
_ENOUGH_MATCHES = 20
# Prefixes that a text is searched for; with more of them all its words are looked at, which is
# faster then.
MAX_SOUGHT_PREFIXES = 24
# Characters of a stem that tell a word from most others.
_STEM_CHARACTERS = 5
# Stems that are kept.
MAX_SNIPPET_STEMS = 20_000
_SENTENCE_END = re.compile(r"""(?<=\w\w)[.!?]["'”’)]*\s+(?=[^\sa-z])|\n+""")
# Where a line ends without a full stop, most often a heading: it must not run into the next one.
_LINE_END = re.compile(r"([\w)](?:</mark>)?)[^\S\n]*\n\s*")
_NOT_SPACE = re.compile("[^ ]")
# C++ and C#.
_SIGNS = ("++", "#")
# English words whose stem ends otherwise: dying, lying, tying.
_STEMS_WITH_Y = {"die": "dy", "lie": "ly", "tie": "ty"}

Spans = list[tuple[int, int]]


class _Match(NamedTuple):
    """A match in a text: a word, a phrase with its `words`, or characters of a run without spaces.

    `key` identifies what was matched.
    """

    start: int
    end: int
    key: str
    words: tuple[tuple[int, int], ...] = ()


class StemCache(dict[str, str]):
    """Stems by written word, kept from text to text."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, token: str) -> str:
        if len(self) >= MAX_SNIPPET_STEMS:
            self.clear()
        self[token] = stem = self._language.stem(fold(token))
        return stem


class Highlighter:
    """Marks the words of one query in any number of texts."""

    def __init__(self, query: SearchQuery, language: Language, stems: StemCache) -> None:
        self._language = language
        self._marks_stop_words = query.has_only_stop_words(language)
        self._stems = stems
        self._words: set[str] = set()
        self._prefixes: tuple[str, ...] = ()
        self._runs: set[str] = set()
        # The other words of phrases, by their first.
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for sequence in query.positive:
            for spelling in sequence.forms:
                self._take(spelling)
        phrases = sum(map(len, self._phrases.values()))
        self._sought = len(self._words) + len(self._runs) + len(self._prefixes) + phrases
        firsts = {first.removeprefix(STOP_WORD_PREFIX) for first in self._phrases}
        self._first_stems = self._words | firsts
        self._needles = self._sought_prefixes()
        self._other_words: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._sought)

    def _take(self, sequence: WordSequence) -> None:
        words = [word for _, word in sequence.words]
        if sequence.prefix and not is_unspaced(words[0]):
            self._prefixes += self._language.prefix_variants(words[0])
            return
        if len(words) > 1 and not sequence.loose and not any(map(is_unspaced, words)):
            first, *rest = map(self._language.phrase_term, words)
            self._phrases.setdefault(first, []).append(tuple(rest))
            if not sequence.joined:
                return
        marked = [word for word in words if not self._language.is_stop_word(word)]
        counted = self._marks_stop_words or not sequence.is_stop_word(self._language)
        if not marked and not sequence.joined and counted:
            marked = words
        # In a run without spaces a word may begin anywhere.
        self._runs.update(filter(is_unspaced, marked))
        self._words.update(self._language.stem(word) for word in marked if not is_unspaced(word))

    def _sought_prefixes(self) -> list[str]:
        """Return the beginnings of the wanted words, after a space; [] where they are not known.

        A word in English and German has all of its stem but the last letter, except dying, lying
        and tying, and the e of umlauts. Stemmers of other languages change the middle (Dutch) or
        the first letter (Russian), or take prefixes away (Arabic).
        """
        if self._language.name not in ("english", "german", "none"):
            return []
        prefixes = list(self._prefixes)
        for stem in self._first_stems:
            prefix = stem[:-1][:_STEM_CHARACTERS].rstrip("+") or stem
            prefixes += self._language.prefix_variants(prefix)
            if stem in _STEMS_WITH_Y:
                prefixes.append(_STEMS_WITH_Y[stem])
        kept = shortest_prefixes(prefixes)
        return [f" {prefix}" for prefix in kept] if len(kept) <= MAX_SOUGHT_PREFIXES else []

    # Matches

    def _found(self, text: str) -> list[_Match]:
        """Return the matches in a composed text; of a long one the first ones, if enough."""
        if not self:
            return []
        folded = FoldedText(text)
        found: set[_Match] = set()
        start = 0
        last = len(folded.text)
        while start < last - 1 and not self._is_enough(found, start):
            stop = last
            if last > start + _BLOCK_CHARACTERS:
                stop = start + _BLOCK_CHARACTERS
                stop = folded.text.rfind(" ", start + 1, stop) + 1 or stop
            found.update(self._matches(folded, start, stop))
            # The space between two blocks is of both.
            start = stop - 1
        return sorted(_in_source(folded, match) for match in found)

    def _is_enough(self, found: Collection[_Match], read: int) -> bool:
        is_long = read >= _LONG_TEXT_CHARACTERS
        has_many = len(found) >= _MANY_MATCHES
        if self._phrases:
            return (is_long or has_many) and any(match.words for match in found)
        if has_many or not is_long or len(found) < _ENOUGH_MATCHES:
            return has_many
        different = len({match.key for match in found})
        return different >= min(self._sought, _ENOUGH_MATCHES)

    def _matches(self, folded: FoldedText, start: int, stop: int) -> Iterator[_Match]:
        """Yield the matches in folded.text[start:stop]."""
        if self._runs:
            for first, last in _covered(folded.text, self._runs, start, stop):
                yield _Match(first, last, folded.text[first:last])
        if not (self._words or self._prefixes or self._phrases):
            return
        text = folded.spaced
        for needle in self._needles or self._sought_words(text[start:stop]):
            at = text.find(needle, start, stop)
            while at >= 0:
                word = _word(folded, at + 1)
                stem = self._stems[word.key]
                if stem in self._words or word.key.startswith(self._prefixes):
                    yield _Match(word.start, word.end, stem)
                if self._phrases:
                    for rest in self._phrases.get(self._language.phrase_term(word.key), ()):
                        yield from self._phrase(folded, word, rest)
                at = text.find(needle, text.find(" ", at + 1), stop)

    def _sought_words(self, text: str) -> list[str]:
        """Return the words of a folded text that the query may want, each between spaces."""
        words = set(text.split()) - self._other_words
        # The signs of C++ and C# are not part of a folded word.
        sought = {word for word in words if self._stems[word] in self._first_stems}
        sought.update(word for word in words if len(word) == 1 or word.startswith(self._prefixes))
        self._other_words |= words - sought
        return [f" {word} " for word in sought]

    def _phrase(self, folded: FoldedText, first: _Match, rest: tuple[str, ...]) -> Iterator[_Match]:
        """Yield the phrase that begins with `first`, if `rest` follows it."""
        words = [first]
        for stem in rest:
            end = folded.spaced.find(" ", words[-1].start)
            following = _NOT_SPACE.search(folded.text, end)
            if following is None:
                return
            words.append(_word(folded, following.start()))
            if self._language.phrase_term(words[-1].key) != stem:
                return
        spans = tuple((word.start, word.end) for word in words)
        yield _Match(first.start, words[-1].end, " ".join((first.key, *rest)), spans)

    # Texts

    def mark(self, text: str) -> str:
        """Return all of `text` as HTML, with the matches marked."""
        text = compose(text)
        return _marked(text, 0, len(text), _spans(self._found(text)))

    def snippet(self, texts: Iterable[str]) -> str:
        """Return about 220 characters around matches in the first of `texts` that has any, as HTML.

        Without a match it is the beginning of the first text.
        """
        first = ""
        for text in filter(None, texts):
            searched, found = self._searched(text[:MAX_SEARCHED_CHARACTERS])
            if found:
                return _cut(searched, _densest(found), _spans(found))
            first = first or searched
        return _cut(first, 0, [])

    def _searched(self, text: str) -> tuple[str, list[_Match]]:
        """Return `text`, composed as far as it was searched, and the matches there."""
        if self._marks_stop_words:
            # Only titles are searched for stop words.
            return compose(text), []
        if len(text) > _LONG_TEXT_CHARACTERS:
            stop = text.rfind(" ", 0, _LONG_TEXT_CHARACTERS) + 1 or _LONG_TEXT_CHARACTERS
            beginning = compose(text[:stop])
            found = self._found(beginning)
            if self._is_enough(found, _LONG_TEXT_CHARACTERS):
                return beginning + text[stop:], found
        text = compose(text)
        return text, self._found(text)


def _densest(found: list[_Match]) -> int:
    """Return where the best window begins.

    It has the most different phrases, then words, then matches; of equal ones it is the first.
    """
    best = found[0].start
    best_key = (0, 0, 0)
    stop = 0
    for number, match in enumerate(found):
        limit = match.start + MAX_SNIPPET_CHARACTERS - _LEAD
        # What is longer than a window begins one.
        while stop < len(found) and (stop == number or found[stop].end <= limit):
            stop += 1
        window = found[number:stop]
        phrases = {inside.key for inside in window if inside.words}
        words = {inside.key for inside in window if not inside.words}
        key = (len(phrases), len(words), len(window))
        if key > best_key:
            best = match.start
            best_key = key
    return best


def _spans(found: list[_Match]) -> Spans:
    """Return the parts of a text to mark, in order and without overlaps."""
    return _joined(set(chain.from_iterable(match.words or (match[:2],) for match in found)))


def _in_source(folded: FoldedText, match: _Match) -> _Match:
    """Return a match of a folded text with its places in the source."""
    if folded.is_even:
        words = tuple((start - 1, end - 1) for start, end in match.words)
        return _Match(match.start - 1, match.end - 1, match.key, words)
    words = tuple(
        (folded.source_start(start), folded.source_end(end)) for start, end in match.words
    )
    return _Match(folded.source_start(match.start), folded.source_end(match.end), match.key, words)


def _word(folded: FoldedText, start: int) -> _Match:
    """Return the word at `start`, with the signs of C++ and C#, which are spaces when folded."""
    end = folded.spaced.find(" ", start)
    word = folded.spaced[start:end]
    if end == start + 1 and word.isalpha() and word.isascii():
        for sign in _SIGNS:
            if folded.source.startswith(sign, folded.source_end(end)):
                return _Match(start, end + len(sign), word + sign)
    return _Match(start, end, word)


def _cut(text: str, place: int, spans: Spans) -> str:
    """Return a snippet around `place`, from the beginning of its sentence where that is near."""
    latest = max(0, min(place, len(text) - MAX_SNIPPET_CHARACTERS + _LEAD))
    start, is_sentence = _beginning(text, latest)
    end = min(len(text), start + MAX_SNIPPET_CHARACTERS)
    if end < len(text):
        space = text.rfind(" ", end - _LEAD, end)
        if space >= 0:
            end = space
    inside = [
        (max(first, start), min(last, end)) for first, last in spans if first < end and last > start
    ]
    html = _marked(text, start, end, inside)
    if not is_sentence:
        html = f"… {html}"
    return f"{html} …" if end < len(text) else html


def _beginning(text: str, place: int) -> tuple[int, bool]:
    """Return where a snippet around `place` begins, and whether a sentence begins there."""
    start = max(0, place - _LEAD)
    if start == 0:
        return 0, True
    ends = [match.end() for match in _SENTENCE_END.finditer(text, start, place)]
    if ends:
        return ends[-1], True
    return text.find(" ", start, place) + 1 or start, False


def _covered(text: str, runs: Iterable[str], start: int, stop: int) -> Spans:
    """Return the parts of text[start:stop] that any of `runs` covers."""
    covered: set[tuple[int, int]] = set()
    for run in runs:
        at = text.find(run, start, stop)
        while at >= 0:
            covered.add((at, at + len(run)))
            at = text.find(run, at + 1, stop)
    return _joined(covered)


def _joined(spans: set[tuple[int, int]]) -> Spans:
    """Return `spans` in order; those that touch or overlap are joined."""
    joined: Spans = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _marked(text: str, start: int, end: int, spans: Iterable[tuple[int, int]]) -> str:
    parts = []
    at = start
    for first, last in spans:
        parts += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
        at = last
    # Words that touch, as in 12月, are one mark.
    html = "".join([*parts, escape(text[at:end])]).replace("</mark><mark>", "")
    if "\n" in html:
        html = _LINE_END.sub(r"\1 · ", html)
    return " ".join(html.split())
