"""Snippets: the place in a text where the matches are densest, as safe HTML with the matches in <mark>."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from octavo.search.evaluate import is_stop, stops_count
from octavo.search.grammar import SearchQuery, Text
from octavo.search.words import Language, composed, fold, matches, origins, pieces, unspaced, word_end

SNIPPET = 220
_LEAD = 60
# The densest place of a very long text is looked for in its beginning.
_SCANNED = 100_000
_SENTENCE_END = re.compile(r"""(?<=\w\w)[.!?]["'”’)]*\s+(?=[^\sa-z])|\n+""")
# Where a line ends without a full stop, most often a heading: it must not run into the next one.
_JOINT = re.compile(r"([\w)](?:</mark>)?)[^\S\n]*\n\s*")

Spans = list[tuple[int, int]]


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
        self._known: dict[str, Spans] = {}
        for clause in query.clauses:
            if clause.occur != "not":
                for text in clause.texts:
                    self._take(text)

    def _take(self, text: Text) -> None:
        words = [word for _, word in text.words]
        if text.prefix:
            # In a run without spaces a word may begin anywhere.
            self._runs.update(filter(unspaced, words))
            begun = (word for word in words if not unspaced(word))
            self._prefixes += tuple(form for word in begun for form in self._language.beginnings(word))
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
        return bool(self._words or self._prefixes or self._runs)

    def _meant(self, token: str) -> Spans:
        """What of a written word is the query's: all, or parts of one with characters of a script without spaces."""
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = self._compared(token)
        return known

    def _compared(self, token: str) -> Spans:
        # Words without spaces around have no stem: this is the whole word, folded.
        stem = self._stems[token]
        if unspaced(stem):
            return self._parts(token, stem)
        matching = stem in self._words or (self._prefixes and fold(token).startswith(self._prefixes))
        return [(0, len(token))] if matching else []

    def _parts(self, token: str, folded: str) -> Spans:
        found, at = [], 0
        for piece, is_unspaced in pieces(folded):
            if is_unspaced:
                found += [(at + start, at + end) for start, end in _covered(piece, self._runs)]
            elif self._language.stem(piece) in self._words or piece.startswith(self._prefixes):
                found.append((at, at + len(piece)))
            at += len(piece)
        # Most are folded character by character, and finding out about each takes ten times as long.
        if not found or (len(token) == len(folded) and token.lower() == folded):
            return found
        places = origins(token)
        return [(places[start], _after(places, end)) for start, end in found if end < len(places)]

    def _spans(self, text: str) -> Spans:
        """Where the query's words are in a composed text."""
        if text.isascii() and not self._runs and (found := self._likely_spans(text)):
            return found
        found = []
        for match in matches(text):
            if meant := self._meant(match.group()):
                at = match.start()
                found += [(at + start, at + end) for start, end in meant]
        return found

    def _likely_spans(self, text: str) -> Spans:
        """The words that begin like their stems: nearly all, many times faster than looking at each."""
        lowered, found = text.lower(), set()
        needles = [*(stem[:-1] or stem for stem in self._words), *self._prefixes]
        for needle in needles:
            at = lowered.find(needle)
            while at >= 0:
                end = at + 1
                if at == 0 or not lowered[at - 1].isalnum():
                    end = word_end(text, at)
                    if self._meant(text[at:end]):
                        found.add((at, end))
                at = lowered.find(needle, end)
        return sorted(found)

    def mark(self, text: str) -> str:
        """All of `text` as HTML."""
        text = composed(text)
        return _marked(text, 0, len(text), self._spans(text) if self else [])

    def snippet(self, texts: Iterable[str]) -> str:
        """About 220 characters of the first of `texts` with a match, as HTML; else a beginning."""
        fallback = ""
        for text in filter(None, texts):
            text = composed(text[:_SCANNED])
            spans = self._spans(text) if self else []
            if spans:
                return _cut(text, self._densest(text, spans), spans)
            fallback = fallback or text
        return _cut(fallback, 0, [])

    def _densest(self, text: str, spans: Spans) -> int:
        """Where the best window begins: most different matches, then most matches, then the earliest."""
        stems = [self._stems[text[start:end]] for start, end in spans]
        best, best_key, stop = spans[0][0], (0, 0), 0
        inside: dict[str, int] = {}
        for i, (place, _) in enumerate(spans):
            while stop < len(spans) and spans[stop][1] <= place + SNIPPET - _LEAD:
                inside[stems[stop]] = inside.get(stems[stop], 0) + 1
                stop += 1
            key = (len(inside), stop - i)
            if key > best_key:
                best, best_key = place, key
            if stop > i:
                inside[stems[i]] -= 1
                if not inside[stems[i]]:
                    del inside[stems[i]]
        return best


def _cut(text: str, place: int, spans: Spans) -> str:
    """A snippet around `place`: from the beginning of its sentence where that is near, else from a space."""
    start, begun = _beginning(text, max(0, min(place, len(text) - SNIPPET + _LEAD)))
    end = min(len(text), start + SNIPPET)
    if end < len(text):
        space = text.rfind(" ", end - _LEAD, end)
        end = space if space >= 0 else end
    inside = [(first, last) for first, last in spans if first >= start and last <= end]
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


def _covered(text: str, runs: Iterable[str]) -> Spans:
    """What of `text` is part of any of `runs`."""
    covered: Spans = []
    for run in runs:
        at = text.find(run)
        while at >= 0:
            covered.append((at, at + len(run)))
            at = text.find(run, at + 1)
    joined: Spans = []
    for start, end in sorted(covered) if len(covered) > 1 else covered:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _after(places: list[int], end: int) -> int:
    """Where the character ends that the one before `end` comes from: several may come from one."""
    while end < len(places) - 1 and places[end] == places[end - 1]:
        end += 1
    return places[end]


def _marked(text: str, start: int, end: int, spans: Iterable[tuple[int, int]]) -> str:
    parts, at = [], start
    for first, last in spans:
        parts += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
        at = last
    # Words that touch, as in 12月, are one mark.
    html = "".join([*parts, escape(text[at:end])]).replace("</mark><mark>", "")
    return " ".join((_JOINT.sub(r"\1 · ", html) if "\n" in html else html).split())
