"""The words of an article, stemmed and weighed, for a search in the browser without a server.

A browser needs neither a stemmer nor the texts: each written form leads to a stem, and each stem
has its weight in the article, as in BM25 but for the part that depends on other articles.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from octavo.search.analysis import index_forms, language, stemmer_of, tokens
from octavo.search.folding import fold
from octavo.search.index.schema import TEXT_FIELDS, texts
from octavo.search.protocol import Document

# A stem's weight is a digit to base 36; it comes near to this as its frequency grows.
MAX_WEIGHT = 35
# A frequency that gives half of it.
_HALF = 6.0
# Titles count more where the rest of the query's language is missing.
_TITLE_BOOST = 3.0


class PortableWords(NamedTuple):
    """The weight of each stem of an article, 1 to MAX_WEIGHT, and the stem of each folded form."""

    weights: dict[str, int]
    forms: dict[str, str]


def stop_words(tag: str) -> list[str]:
    """Return the stop words of a language, folded and sorted."""
    return sorted(language(stemmer_of(tag)).stop_words)


def portable_words(document: Document, tag: str) -> PortableWords:
    """Return an article's words; `tag` is the BCP 47 tag of the site's language."""
    spoken = language(stemmer_of(tag))
    boosts = {field.name: field.boost for field in TEXT_FIELDS}
    boosts["title"] *= _TITLE_BOOST
    frequencies: dict[str, float] = defaultdict(float)
    forms: dict[str, str] = {}
    for name, text in texts(document):
        for token in tokens(text):
            for form in index_forms(fold(token)):
                if spoken.is_stop_word(form):
                    continue
                stem = forms.get(form)
                if stem is None:
                    stem = forms[form] = spoken.stem(form)
                frequencies[stem] += boosts[name]
    weights = {
        stem: max(1, round(MAX_WEIGHT * frequency / (frequency + _HALF)))
        for stem, frequency in frequencies.items()
    }
    return PortableWords(weights, forms)
