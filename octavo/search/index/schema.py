"""The fields of an indexed document, and how much each of them weighs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import chain
from typing import Any

from octavo.content.slugs import slugify
from octavo.search.analysis import fold_words, index_forms, language, token_matches
from octavo.search.facets import FACETS, facet_named
from octavo.search.folding import compose, fold
from octavo.search.protocol import Document
from octavo.search.whoosh_parts import analysis, fields


@dataclass(frozen=True, slots=True)
class TextField:
    """A text field of BM25F.

    `boost` multiplies the frequency of a term in it; `b` (0 to 1) says how much its length counts.
    """

    name: str
    boost: float
    b: float


# `names` are the tags, category, authors and values of own facets as words.
TEXT_FIELDS = (
    TextField("title", 2.0, 0.75),
    TextField("summary", 1.2, 0.75),
    TextField("headings", 1.2, 0.75),
    TextField("body", 1.0, 0.5),
    TextField("names", 1.5, 0.75),
)
TITLE = TEXT_FIELDS[:1]
BODY = TEXT_FIELDS[3]
# Every word of the text fields as it is written, for prefixes, completion and spelling.
WORDS = TextField("words", 1.0, 0.75)
# BM25's saturation of term frequency.
K1 = 1.5

# The names of the articles that a text links to.
LINK = "link"

# The title as a whole, for finding exactly what was typed.
TITLE_KEY = "title_key"
MAX_TITLE_KEY_BYTES = 400


def texts(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the text fields of a document, in the order of TEXT_FIELDS."""
    yield "title", document.title
    yield "summary", document.summary
    yield "headings", "\n".join(document.headings)
    yield "body", document.body
    more = chain.from_iterable(document.more.values())
    yield "names", "\n".join((*document.tags, document.category, *document.authors, *more))


def facet_values(document: Document, zone: tzinfo = UTC) -> Iterator[tuple[str, list[str]]]:
    """Yield the values of each facet of a document as slugs; `zone` decides the day."""
    for name in (*FACETS, *document.more):
        slugs = map(slugify, facet_named(name).values(document, zone))
        yield name, list(dict.fromkeys(filter(None, slugs)))


def facet_column(name: str) -> str:
    """Return the name of the field that a facet's values are indexed in."""
    return name if name in FACETS else f"own-{name}"


def title_key(title: str) -> str:
    """Return the title key of a document: the folded words that find exactly this title."""
    return fold_words(title)


def encoded_key(key: str) -> bytes:
    """Return a title key as it is indexed: UTF-8, cut to MAX_TITLE_KEY_BYTES."""
    return key.encode()[:MAX_TITLE_KEY_BYTES].decode(errors="ignore").encode()


class WordAnalyzer(analysis.Analyzer):  # type: ignore[misc]
    """Analyses text for Whoosh's own query parser, with the same words and stems as here."""

    def __init__(self, stemmer: str, *, stems: bool = True, stop_words: bool = True) -> None:
        self.stemmer = stemmer
        self.stems = stems
        self.stop_words = stop_words

    def __call__(self, value: str, **options: Any) -> Iterator[Any]:
        speech = language(self.stemmer)
        token = analysis.Token(positions=True, chars=True, mode=options.get("mode", ""))
        position = -1
        for match in token_matches(compose(value)):
            for word in index_forms(fold(match.group())):
                position += 1
                if self.stop_words and speech.is_stop_word(word):
                    continue
                token.text = token.original = speech.stem(word) if self.stems else word
                token.pos = position
                token.startchar = match.start()
                token.endchar = match.end()
                token.boost = 1.0
                token.stopped = False
                yield token


def make_schema(stemmer: str) -> Any:
    """Return the Whoosh schema of an index for one stemmer."""
    texts = {}
    for field in TEXT_FIELDS:
        analyzer = WordAnalyzer(stemmer, stop_words=field.name != "title")
        texts[field.name] = fields.TEXT(analyzer=analyzer, stored=field.name != "names")
    words = WordAnalyzer(stemmer, stems=False, stop_words=False)
    facets = {facet: fields.KEYWORD(stored=True) for facet in FACETS}
    return fields.Schema(
        path=fields.ID(unique=True, stored=True),
        words=fields.TEXT(analyzer=words, phrase=False),
        title_key=fields.ID(),
        link=fields.KEYWORD(),
        **texts,
        **facets,
    )
