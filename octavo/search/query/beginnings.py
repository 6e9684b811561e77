"""Beginnings: the documents that have a word which begins as typed, anywhere or in the title."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from octavo.search.analysis import unspaced
from octavo.search.index.reader import Reader, Scored, items
from octavo.search.index.schema import TITLE, WORDS
from octavo.search.index.segment import Longs, Terms

# How words may begin, none of them the beginning of another (see Language.beginnings).
Forms = tuple[str, ...]


def begun(reader: Reader, forms: Forms) -> Scored:
    """The documents with a word that begins in one of these ways, scored as if all such words were
    one.
    """
    key = (forms, "prefix")
    return reader.cache.get(
        key, lambda: reader.saturated(reader.begun(WORDS, map(str.encode, forms))), items
    )


def begun_in_title(reader: Reader, forms: Forms) -> Scored:
    """The documents with a word in the title that begins in one of these ways, scored as if all
    such words were one.

    The titles are looked through as text: there are no more of them than documents.
    """
    return reader.cache.get(
        (forms, "prefix of title"), lambda: _begun_in_title(reader, forms), items
    )


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
    return b" " + b"\n ".join(terms) + b"\n", np.cumsum(
        [len(title) + 2 for title in terms], dtype=np.int64
    )


def _size(titles: tuple[bytes, Longs]) -> int:
    return len(titles[0]) // 8 + len(titles[1])
