"""Snippets: the place in a text where the matches are densest, as safe HTML with the matches in
<mark>.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from html import escape
from typing import NamedTuple

from octavo.search.analysis import STOP_MARK, Language, composed, fold, unspaced
from octavo.search.query.evaluate import is_stop, stops_count
from octavo.search.query.grammar import SearchQuery, Text
from octavo.search.query.plain import Plain

SNIPPET = 220
_LEAD = 60
# The densest place of a very long text is looked for in its beginning, block by block until there
# is enough.
_SCANNED = 100_000
_BLOCK = 2_000
_PLENTY = 300
# In a text longer than this it is enough to have all that is sought, or much of it.
_LONG = 20_000
_ENOUGH = 20
# Of more words all of a text is looked at, which is faster then.
_MOST_NEEDLES = 24
# So many letters tell a word from most others.
_TOLD = 5
_SENTENCE_END = re.compile(r"""(?<=\w\w)[.!?]["'”’)]*\s+(?=[^\sa-z])|\n+""")
# Where a line ends without a full stop, most often a heading: it must not run into the next one.
_JOINT = re.compile(r"([\w)](?:</mark>)?)[^\S\n]*\n\s*")

_SIGNS = ("++", "#")
_NOT_SPACE = re.compile("[^ ]")

Spans = list[tuple[int, int]]


class _Match(NamedTuple):
    """A place of a word, a phrase or characters of a run, what it is a place of, and the words of a
    phrase.
    """

    start: int
    end: int
    key: str
    words: tuple[tuple[int, int], ...] = ()


class Stems(dict[str, str]):
    """Written word -> stem, remembered from text to text."""

    LIMIT = 100_000

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, token: str) -> str:
        if len(self) >= self.LIMIT:
            self.clear()
        self[token] = stem = self._language.stem(fold(token))
        return stem


class Marker:
    """Marks the words of one query in any number of texts."""

    def __init__(self, query: SearchQuery, language: Language, stems: Stems) -> None:
        self._language = language
        self._stops_count = stops_count(query, language)
        self._stems = stems
        self._words: set[str] = set()
        self._prefixes: tuple[str, ...] = ()
        self._runs: set[str] = set()
        # By their first words.
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for clause in query.clauses:
            if clause.occur != "not":
                for text in clause.texts:
                    self._take(text)
        self._sought = (
            len(self._words)
            + len(self._runs)
            + len(self._prefixes)
            + sum(map(len, self._phrases.values()))
        )
        self._begun = self._words | {first.removeprefix(STOP_MARK) for first in self._phrases}
        self._needles = self._beginnings()
        self._others: set[str] = set()

    def _take(self, text: Text) -> None:
        words = [word for _, word in text.words]
        if text.prefix:
            # In a run without spaces a word may begin anywhere.
            self._runs.update(filter(unspaced, words))
            begun = (word for word in words if not unspaced(word))
            self._prefixes += tuple(
                form for word in begun for form in self._language.beginnings(word)
            )
            return
        if len(words) > 1 and not text.loose and not any(map(unspaced, words)):
            first, *rest = map(self._language.marked, words)
            self._phrases.setdefault(first, []).append(tuple(rest))
            return
        telling = [word for word in words if not self._language.is_stop(word)]
        if not telling and (self._stops_count or not is_stop(text, self._language)):
            telling = words
        for word in telling:
            if unspaced(word):
                self._runs.add(word)
            else:
                self._words.add(self._language.stem(word))

    def __bool__(self) -> bool:
        return bool(self._sought)

    def _beginnings(self) -> list[str]:
        """What the words that are sought begin with, after a space; nothing where that cannot be
        told.

        A word in English and German has all of its stem but the last letter, except dying, lying
        and tying, and the e of umlauts. Stemmers of other languages change the middle (Dutch), the
        first letter (Russian) or take beginnings away (Arabic).
        """
        if self._language.name not in ("english", "german", "none"):
            return []
        begun = set(self._prefixes)
        for stem in self._begun:
            begun.update(self._language.beginnings(stem[:-1][:_TOLD].rstrip("+") or stem))
            if stem in ("die", "lie", "tie"):
                begun.add(stem[0] + "y")
        kept = [
            one
            for one in begun
            if not any(one != other and one.startswith(other) for other in begun)
        ]
        return [f" {one}" for one in kept] if len(kept) <= _MOST_NEEDLES else []

    def _means(self, word: str) -> bool:
        """Whether a folded word is one of the query's by itself."""
        return self._stems[word] in self._words or word.startswith(self._prefixes)

    def _found(self, text: str) -> list[_Match]:
        """The matches in a composed text; in a very long one those in its beginning where they are
        enough.
        """
        plain = Plain(text)
        found: set[_Match] = set()
        start, last = 0, len(plain.text)
        while start < last - 1 and not self._is_enough(found, start):
            stop = (
                last
                if last <= start + _BLOCK
                else plain.text.rfind(" ", start + 1, start + _BLOCK) + 1
            )
            stop = stop or start + _BLOCK
            found.update(self._matches(plain, start, stop))
            # The space between two blocks is of both.
            start = stop - 1
        places = (
            _Match(plain.place(m.start), plain.end(m.end), m.key, _in_source(plain, m.words))
            for m in found
        )
        return sorted(places)

    def _is_enough(self, found: Collection[_Match], read: int) -> bool:
        if self._phrases:
            return any(match.words for match in found) and (len(found) >= _PLENTY or read >= _LONG)
        if len(found) >= _PLENTY:
            return True
        different = len({match.key for match in found})
        return read >= _LONG and len(found) >= _ENOUGH and different >= min(self._sought, _ENOUGH)

    def _matches(self, plain: Plain, start: int, stop: int) -> Iterator[_Match]:
        """Where in plain.text[start:stop] something is that the query seeks."""
        if self._runs:
            for first, last in _covered(plain.text, self._runs, start, stop):
                yield _Match(first, last, plain.text[first:last])
        if not (self._words or self._prefixes or self._phrases):
            return
        text = plain.spaced
        for needle in self._needles or self._written(text[start:stop]):
            at = text.find(needle, start, stop)
            while at >= 0:
                word = _word(plain, at + 1)
                if self._means(word.key):
                    yield word._replace(key=self._stems[word.key])
                for rest in self._phrases.get(self._language.marked(word.key), ()):
                    yield from self._phrase(plain, word, rest)
                at = text.find(needle, text.find(" ", at + 1), stop)

    def _written(self, text: str) -> list[str]:
        """The words of a plain text that may be the query's, between spaces."""
        words = set(text.split()) - self._others
        # The signs of C++ and C# are not part of the plain word.
        meant = {word for word in words if self._stems[word] in self._begun or len(word) == 1}
        meant.update(word for word in words if word.startswith(self._prefixes))
        self._others |= words - meant
        return [f" {word} " for word in meant]

    def _phrase(self, plain: Plain, first: _Match, rest: tuple[str, ...]) -> Iterator[_Match]:
        """The phrase that begins with `first`, if `rest` follows."""
        words = [first]
        for stem in rest:
            end = plain.spaced.find(" ", words[-1].start)
            following = _NOT_SPACE.search(plain.text, end)
            if following is None:
                return
            words.append(_word(plain, following.start()))
            if self._language.marked(words[-1].key) != stem:
                return
        key = " ".join((first.key, *rest))
        yield _Match(
            first.start, words[-1].end, key, tuple((word.start, word.end) for word in words)
        )

    def mark(self, text: str) -> str:
        """All of `text` as HTML."""
        text = composed(text)
        return _marked(text, 0, len(text), _spans(self._found(text)) if self else [])

    def snippet(self, texts: Iterable[str]) -> str:
        """About 220 characters of the first of `texts` with a match, as HTML; else a beginning."""
        fallback = ""
        for text in filter(None, texts):
            text, found = self._searched(text[:_SCANNED])
            if found:
                return _cut(text, _densest(found), _spans(found))
            fallback = fallback or text
        return _cut(fallback, 0, [])

    def _searched(self, text: str) -> tuple[str, list[_Match]]:
        """`text`, composed as far as it was searched, and the matches there."""
        if not self or self._stops_count:
            # Only titles are searched for stop words.
            return composed(text), []
        if len(text) > _LONG:
            stop = text.rfind(" ", 0, _LONG) + 1 or _LONG
            beginning = composed(text[:stop])
            found = self._found(beginning)
            if self._is_enough(found, _LONG):
                return beginning + text[stop:], found
        text = composed(text)
        return text, self._found(text)


def _densest(found: list[_Match]) -> int:
    """Where the best window begins: most phrases, then most different matches, most matches, the
    earliest.
    """
    best, best_key, stop = found[0].start, (0, 0, 0), 0
    inside: Counter[str] = Counter()
    words = phrases = 0
    for i, match in enumerate(found):
        # What is longer than a window begins one.
        while stop < len(found) and (stop == i or found[stop].end <= match.start + SNIPPET - _LEAD):
            entered = found[stop]
            inside[entered.key] += 1
            if inside[entered.key] == 1:
                phrases, words = (phrases + 1, words) if entered.words else (phrases, words + 1)
            stop += 1
        key = (phrases, words, stop - i)
        if key > best_key:
            best, best_key = match.start, key
        inside[match.key] -= 1
        if not inside[match.key]:
            phrases, words = (phrases - 1, words) if match.words else (phrases, words - 1)
    return best


def _spans(found: list[_Match]) -> Spans:
    """What of a text is marked, in order and without overlaps."""
    return _joined({span for match in found for span in match.words or ((match.start, match.end),)})


def _in_source(plain: Plain, words: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((plain.place(start), plain.end(end)) for start, end in words)


def _word(plain: Plain, start: int) -> _Match:
    """The word that begins at `start`, with the signs of C++ and C#, which are spaces in a plain
    text.
    """
    end = plain.spaced.find(" ", start)
    word = plain.spaced[start:end]
    if end == start + 1 and word.isalpha() and word.isascii():
        for sign in _SIGNS:
            if plain.source.startswith(sign, plain.end(end)):
                return _Match(start, end + len(sign), word + sign)
    return _Match(start, end, word)


def _cut(text: str, place: int, spans: Spans) -> str:
    """A snippet around `place`: from the beginning of its sentence where that is near, else from a
    space.
    """
    start, begun = _beginning(text, max(0, min(place, len(text) - SNIPPET + _LEAD)))
    end = min(len(text), start + SNIPPET)
    if end < len(text):
        space = text.rfind(" ", end - _LEAD, end)
        end = space if space >= 0 else end
    inside = [
        (max(first, start), min(last, end)) for first, last in spans if first < end and last > start
    ]
    html = _marked(text, start, end, inside)
    return ("" if begun else "… ") + html + (" …" if end < len(text) else "")


def _beginning(text: str, place: int) -> tuple[int, bool]:
    """Where a snippet around `place` begins, and whether that is the beginning of a sentence."""
    start = max(0, place - _LEAD)
    if start == 0:
        return 0, True
    ends = [match.end() for match in _SENTENCE_END.finditer(text, start, place)]
    if ends:
        return ends[-1], True
    space = text.find(" ", start, place)
    return (space + 1 if space >= 0 else start), False


def _covered(text: str, runs: Iterable[str], start: int, stop: int) -> Spans:
    """What of text[start:stop] is part of any of `runs`."""
    covered: set[tuple[int, int]] = set()
    for run in runs:
        at = text.find(run, start, stop)
        while at >= 0:
            covered.add((at, at + len(run)))
            at = text.find(run, at + 1, stop)
    return _joined(covered)


def _joined(spans: set[tuple[int, int]]) -> Spans:
    """`spans` in order, those that touch or overlap as one."""
    joined: Spans = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _marked(text: str, start: int, end: int, spans: Iterable[tuple[int, int]]) -> str:
    parts, at = [], start
    for first, last in spans:
        parts += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
        at = last
    # Words that touch, as in 12月, are one mark.
    html = "".join([*parts, escape(text[at:end])]).replace("</mark><mark>", "")
    return " ".join((_JOINT.sub(r"\1 · ", html) if "\n" in html else html).split())
