"""Snippets: the place in a text where the matches are densest, as safe HTML with the matches in <mark>."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice

from octavo.search.grammar import SearchQuery
from octavo.search.words import WORD, Language, composed, fold, parts, unspaced

SNIPPET_WORDS = 32
_LEAD = 6
# Words of a text that are looked at: the densest place of a very long text is looked for in its beginning.
_SCANNED = 20_000


class Stems(dict[str, tuple[str, str]]):
    """Written word -> (folded, stem), remembered."""

    LIMIT = 100_000

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, token: str) -> tuple[str, str]:
        folded = fold(token)
        if len(self) >= self.LIMIT:
            self.clear()
        self[token] = pair = folded, self._language.stem(folded)
        return pair


class Marker:
    """Marks the words of one query in any number of texts."""

    def __init__(self, query: SearchQuery, language: Language, stems: Stems) -> None:
        self._stems = stems
        self._words: set[str] = set()
        self._prefixes: list[str] = []
        self._runs: set[str] = set()
        for clause in query.clauses:
            if clause.occur != "not":
                for text in clause.texts:
                    self._take([word for _, word in text.words], text.prefix, language)

    def _take(self, words: list[str], prefix: bool, language: Language) -> None:
        if prefix:
            self._prefixes += words
            return
        for word in words:
            if unspaced(word):
                self._runs.add(word)
            elif not language.is_stop(word) or all(map(language.is_stop, words)):
                self._words.add(language.stem(word))

    def __bool__(self) -> bool:
        return bool(self._words or self._prefixes or self._runs)

    def _matches(self, token: str) -> str | None:
        """What of the query a written word matches."""
        folded, stem = self._stems[token]
        if stem in self._words:
            return stem
        for prefix in self._prefixes:
            if folded.startswith(prefix):
                return prefix
        if self._runs and unspaced(folded):
            return next((part for part in parts(folded) if part in self._runs), None)
        return None

    def _found(self, tokens: list[str]) -> list[tuple[int, str]]:
        """Places of matching words, and what each matches."""
        known = {token: hit for token in set(tokens) if (hit := self._matches(token)) is not None}
        if not known:
            return []
        return [(place, known[token]) for place, token in enumerate(tokens) if token in known]

    def mark(self, text: str) -> str:
        """All of `text` as HTML."""
        text = composed(text)
        spans = (
            [m.span() for m in WORD.finditer(text) if self._matches(m.group()) is not None] if self else []
        )
        return _marked(text, 0, len(text), self._exact(text, spans))

    def snippet(self, texts: Iterable[str]) -> str:
        """About 32 words of the first of `texts` that has a match, as HTML; the beginning where none has."""
        fallback = ""
        for text in texts:
            if not text:
                continue
            composed_text = composed(text)
            tokens = WORD.findall(composed_text)[:_SCANNED] if self else []
            found = self._found(tokens)
            if found:
                return self._cut(composed_text, found)
            fallback = fallback or composed_text
        return _beginning(fallback)

    def _cut(self, text: str, found: list[tuple[int, str]]) -> str:
        first = max(0, _densest(found) - _LEAD)
        words = list(islice(WORD.finditer(text), first, first + SNIPPET_WORDS))
        spans = [m.span() for m in words if self._matches(m.group()) is not None]
        start, end = words[0].start() if first else 0, words[-1].end()
        if len(words) < SNIPPET_WORDS:
            end = len(text)
        html = _marked(text, start, end, self._exact(text, spans)).strip()
        return ("… " if first else "") + html + (" …" if end < len(text) else "")

    def _exact(self, text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The spans to mark: whole words, but only the characters meant in a run without spaces."""
        if not self._runs:
            return spans
        exact: list[tuple[int, int]] = []
        for start, end in spans:
            exact += _run_spans(text, start, end, self._runs) if unspaced(text[start:end]) else [(start, end)]
        return exact


def _densest(found: list[tuple[int, str]]) -> int:
    """The word at which the best window begins: most different matches, then most matches, then the
    earliest.
    """
    best, best_key, stop = found[0][0], (0, 0), 0
    inside: dict[str, int] = {}
    for i, (place, hit) in enumerate(found):
        while stop < len(found) and found[stop][0] < place + SNIPPET_WORDS - _LEAD:
            inside[found[stop][1]] = inside.get(found[stop][1], 0) + 1
            stop += 1
        key = (len(inside), stop - i)
        if key > best_key:
            best, best_key = place, key
        inside[hit] -= 1
        if not inside[hit]:
            del inside[hit]
    return best


def _run_spans(text: str, start: int, end: int, runs: set[str]) -> Iterator[tuple[int, int]]:
    marked = [False] * (end - start)
    for run in runs:
        at = text.find(run, start, end)
        while at >= 0:
            marked[at - start : at - start + len(run)] = [True] * len(run)
            at = text.find(run, at + 1, end)
    first = None
    for i, is_marked in enumerate([*marked, False]):
        if is_marked and first is None:
            first = i
        elif not is_marked and first is not None:
            yield start + first, start + i
            first = None


def _marked(text: str, start: int, end: int, spans: Iterable[tuple[int, int]]) -> str:
    pieces, at = [], start
    for first, last in spans:
        pieces += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
        at = last
    return " ".join("".join([*pieces, escape(text[at:end])]).split())


def _beginning(text: str) -> str:
    words = list(islice(WORD.finditer(text), SNIPPET_WORDS + 1))
    if len(words) <= SNIPPET_WORDS:
        return _marked(text, 0, len(text), ())
    return _marked(text, 0, words[SNIPPET_WORDS - 1].end(), ()) + " …"
