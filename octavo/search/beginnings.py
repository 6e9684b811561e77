"""Beginnings: the documents that have a word which begins as typed, anywhere or in the title."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from octavo.search.reader import Reader, Scored, items
from octavo.search.schema import TITLE, WORDS
from octavo.search.segment import Longs, Terms
from octavo.search.words import unspaced


def begun(reader: Reader, prefix: str, limit: int) -> tuple[Scored, bool]:
    """The documents with a word that begins so, scored as if all such words were one.

    Only the `limit` most frequent words are taken; the second value says whether there are more.
    """
    key = (prefix, limit, "prefix")
    return reader.cache.get(key, lambda: _begun(reader, prefix, limit), lambda found: items(found[0]))


def _begun(reader: Reader, prefix: str, limit: int) -> tuple[Scored, bool]:
    expansions = _expanded(reader, prefix)
    chosen = {word.encode() for word, _ in expansions[:limit]}
    occurrences = np.zeros(reader.size, np.float64)
    for start, segment in zip(reader.starts, reader.segments, strict=True):
        terms = segment.terms(WORDS.name)
        for number in () if terms is None else terms.with_prefix(prefix.encode()):
            if terms is not None and terms[number] in chosen:
                first, last = int(terms.first[number]), int(terms.first[number + 1])
                ids = segment.ids(WORDS.name, first, last) + np.int32(start)
                occurrences[ids] += segment.counts(WORDS.name, first, last)
    weighted = (occurrences * reader.live * reader.norm(WORDS)).astype(np.float32)
    return reader.saturated(weighted), len(expansions) > limit


def _expanded(reader: Reader, prefix: str) -> list[tuple[str, int]]:
    """The words that begin with `prefix` and in how many documents each is, the most frequent first."""
    found: dict[str, int] = {}
    for segment in reader.segments:
        terms = segment.terms(WORDS.name)
        if terms is None:
            continue
        numbers = terms.with_prefix(prefix.encode())
        first = terms.first[numbers.start : numbers.stop + 1]
        for number, frequency in zip(numbers, np.diff(first).tolist(), strict=True):
            word = terms[number].decode("utf-8", "replace")
            found[word] = found.get(word, 0) + frequency
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def begun_in_title(reader: Reader, prefix: str) -> Scored:
    """The documents with a word in the title that begins so, scored as if all such words were one.

    The titles are looked through as text: there are no more of them than documents.
    """
    return reader.cache.get((prefix, "prefix of title"), lambda: _begun_in_title(reader, prefix), items)


def _begun_in_title(reader: Reader, prefix: str) -> Scored:
    # Where there are no spaces every character may begin a word.
    pattern = re.compile(re.escape(prefix.encode() if unspaced(prefix) else b" " + prefix.encode()))
    occurrences = np.zeros(reader.size, np.float32)
    for start, segment in zip(reader.starts, reader.segments, strict=True):
        terms = segment.terms("key")
        if terms is None:
            continue
        text, ends = reader.cache.get((start, "titles"), partial(_titles, terms), _size)
        found = np.fromiter((match.start() for match in pattern.finditer(text)), np.int64)
        counts = np.bincount(np.searchsorted(ends, found, "right"), minlength=len(terms))
        # An article has one title; several may have the same.
        occurrences[segment.ids("key") + np.int32(start)] = np.repeat(counts, np.diff(terms.first))
    return reader.saturated((occurrences * reader.live * reader.norm(TITLE[0])).astype(np.float32))


def _titles(terms: Terms) -> tuple[bytes, Longs]:
    """The words of all titles as one text, each with a space before it, and where each title ends."""
    return b" " + b"\n ".join(terms) + b"\n", np.cumsum([len(title) + 2 for title in terms], dtype=np.int64)


def _size(titles: tuple[bytes, Longs]) -> int:
    return len(titles[0]) // 8 + len(titles[1])
