"""Prefix search: documents with a word that begins as typed, in any field or in the title."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from octavo.search.folding import is_unspaced
from octavo.search.index.reader import Reader, ScoredDocuments, cached_items
from octavo.search.index.schema import TITLE, TITLE_KEY, WORDS
from octavo.search.index.segment import Longs, TermDictionary

# None of them begins with another (see Language.prefix_variants).
Prefixes = tuple[str, ...]


def with_prefix(reader: Reader, prefixes: Prefixes) -> ScoredDocuments:
    """Return the documents with a word of one of these prefixes, scored as if all were one word."""
    return reader.cache.get(
        (prefixes, "prefix"),
        lambda: reader.bm25(reader.prefix_weights(WORDS, map(str.encode, prefixes))),
        cached_items,
    )


def with_prefix_in_title(reader: Reader, prefixes: Prefixes) -> ScoredDocuments:
    """Return the documents with a word of one of these prefixes in the title, scored as one word.

    The titles are searched as text: there are no more of them than documents.
    """
    return reader.cache.get(
        (prefixes, "prefix in title"),
        lambda: _with_prefix_in_title(reader, prefixes),
        cached_items,
    )


def _with_prefix_in_title(reader: Reader, prefixes: Prefixes) -> ScoredDocuments:
    # Where there are no spaces every character may begin a word.
    starts = [prefix if is_unspaced(prefix) else f" {prefix}" for prefix in prefixes]
    pattern = re.compile(b"|".join(re.escape(start.encode()) for start in starts))
    weights = np.zeros(reader.size, np.float32)
    for start, segment in zip(reader.starts, reader.segments, strict=True):
        terms = segment.terms(TITLE_KEY)
        if terms is None:
            continue
        text, ends = reader.cache.get((id(segment), "titles"), partial(_titles, terms), _size)
        found = np.fromiter((match.start() for match in pattern.finditer(text)), np.int64)
        counts = np.bincount(np.searchsorted(ends, found, "right"), minlength=len(terms))
        # A document has one title; several may have the same.
        weights[segment.ids(TITLE_KEY) + np.int32(start)] = np.repeat(counts, np.diff(terms.starts))
    return reader.bm25((weights * reader.live * reader.norm(TITLE[0])).astype(np.float32))


def _titles(terms: TermDictionary) -> tuple[bytes, Longs]:
    """Return all titles as one text, a space before each word, and where each title ends."""
    ends = np.cumsum([len(title) + 2 for title in terms], dtype=np.int64)
    return b" " + b"\n ".join(terms) + b"\n", ends


def _size(titles: tuple[bytes, Longs]) -> int:
    return len(titles[0]) // 8 + len(titles[1])
