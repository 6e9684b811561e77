"""Beginnings: the documents that have a word which begins as typed, anywhere or in the title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import chain

import numpy as np

from octavo.search.reader import Reader, Scored, items
from octavo.search.schema import TITLE, WORDS
from octavo.search.segment import Longs, Terms
from octavo.search.words import opens, unspaced

# How words may begin, none of them the beginning of another (see Language.beginnings).
Forms = tuple[str, ...]


def begun(reader: Reader, forms: Forms, limit: int) -> tuple[Scored, bool]:
    """The documents with a word that begins in one of these ways, scored as if all such words were one.

    Only the `limit` most frequent words are taken; the second value says whether there are more.
    """
    key = (forms, limit, "prefix")
    return reader.cache.get(key, lambda: _begun(reader, forms, limit), lambda found: items(found[0]))


def _begun(reader: Reader, forms: Forms, limit: int) -> tuple[Scored, bool]:
    if opens(forms[0]):
        # Thousands of words begin so, all in one place.
        return reader.saturated(reader.opened(WORDS, forms[0].encode())), False
    expansions = _expanded(reader, forms)
    chosen = {word.encode() for word, _ in expansions[:limit]}
    occurrences = np.zeros(reader.size, np.float64)
    for start, segment in zip(reader.starts, reader.segments, strict=True):
        terms = segment.terms(WORDS.name)
        for number in () if terms is None else _numbers(terms, forms):
            if terms is not None and terms[number] in chosen:
                first, last = int(terms.first[number]), int(terms.first[number + 1])
                ids = segment.ids(WORDS.name, first, last) + np.int32(start)
                occurrences[ids] += segment.counts(WORDS.name, first, last)
    weighted = (occurrences * reader.live * reader.norm(WORDS)).astype(np.float32)
    return reader.saturated(weighted), len(expansions) > limit


def _numbers(terms: Terms, forms: Forms) -> Iterator[int]:
    return chain.from_iterable(terms.with_prefix(form.encode()) for form in forms)


def _expanded(reader: Reader, forms: Forms) -> list[tuple[str, int]]:
    """The words that begin so and in how many documents each is, the most frequent first."""
    found: dict[str, int] = {}
    for segment in reader.segments:
        terms = segment.terms(WORDS.name)
        if terms is None:
            continue
        for number in _numbers(terms, forms):
            word = terms[number].decode("utf-8", "replace")
            found[word] = found.get(word, 0) + int(terms.first[number + 1]) - int(terms.first[number])
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def begun_in_title(reader: Reader, forms: Forms) -> Scored:
    """The documents with a word in the title that begins in one of these ways, scored as if all such words were one.

    The titles are looked through as text: there are no more of them than documents.
    """
    return reader.cache.get((forms, "prefix of title"), lambda: _begun_in_title(reader, forms), items)


def _begun_in_title(reader: Reader, forms: Forms) -> Scored:
    # Where there are no spaces every character may begin a word.
    starts = [re.escape((form if unspaced(form) else f" {form}").encode()) for form in forms]
    pattern = re.compile(b"|".join(starts))
    occurrences = np.zeros(reader.size, np.float32)
    for start, segment in zip(reader.starts, reader.segments, strict=True):
        terms = segment.terms("key")
        if terms is None:
            continue
        text, ends = reader.cache.get((id(segment), "titles"), partial(_titles, terms), _size)
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
