"""What is indexed: the document that comes in, the fields it becomes, and how much each field
weighs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from octavo.content.slugs import slugify
from octavo.search.analysis import composed, fold, language, matches, parts, tokens
from octavo.search.whoosh_parts import analysis, fields


@dataclass(frozen=True, slots=True)
class Document:
    """One article as the index wants it.

    All texts are plain; `path` names it, `digest` is its content's hash.
    """

    path: str
    digest: str
    title: str
    summary: str = ""
    headings: tuple[str, ...] = ()
    body: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A text field: `boost` multiplies how often a word is in it, `b` (0 to 1) is how its length
    counts.
    """

    name: str
    boost: float
    b: float


# `names` are the tags, category and authors as words.
TEXT_FIELDS = (
    Field("title", 2.0, 0.75),
    Field("summary", 1.2, 0.75),
    Field("headings", 1.2, 0.75),
    Field("body", 1.0, 0.5),
    Field("names", 1.5, 0.75),
)
TITLE = TEXT_FIELDS[:1]
# Every word of the text fields as it is written, for prefixes, completion and spelling.
WORDS = Field("words", 1.0, 0.75)
FACETS = ("category", "tag", "author", "year")
# The stems that tell what an article is about, for finding others like it: so many of the most
# frequent, by how often they are in each text.
ABOUT = "about"
MOST_TELLING = 48
TELLING = {"title": 2, "summary": 1, "body": 1}
K1 = 1.5
# Bytes of a title by which it is found as exactly what was typed.
LONGEST_KEY = 400
# Part of the index's identity: an index made with another number is made again.
FORMAT = 8


def texts(document: Document) -> Iterator[tuple[str, str]]:
    """The text fields of a document, in the order of TEXT_FIELDS."""
    yield "title", document.title
    yield "summary", document.summary
    yield "headings", "\n".join(document.headings)
    yield "body", document.body
    yield "names", "\n".join((*document.tags, document.category, *document.authors))


def facet_values(document: Document, zone: tzinfo = UTC) -> Iterator[tuple[str, list[str]]]:
    """The facets of a document as slugs, each once; `zone` decides in which year it was published."""
    yield "category", _slugs((document.category,))
    yield "tag", _slugs(document.tags)
    yield "author", _slugs(document.authors)
    yield "year", [f"{document.published.astimezone(zone).year:04d}"] if document.published else []


def _slugs(names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(slug for name in names if (slug := slugify(name))))


def title_key(title: str) -> str:
    """`title` as the words that a reader types to get exactly this article."""
    return " ".join(fold(token) for token in tokens(title))


class WordAnalyzer(analysis.Analyzer):  # type: ignore[misc]
    """How Whoosh's own query parser sees words: the same words and stems as ours."""

    def __init__(self, name: str, *, stems: bool = True, stops: bool = True) -> None:
        self.name = name
        self.stems = stems
        self.stops = stops

    def __call__(self, value: str, **options: Any) -> Iterator[Any]:
        speech = language(self.name)
        token = analysis.Token(positions=True, chars=True, mode=options.get("mode", ""))
        text = composed(value)
        found = ((match, part) for match in matches(text) for part in parts(fold(match.group())))
        for position, (match, word) in enumerate(found):
            if self.stops and speech.is_stop(word):
                continue
            token.text = token.original = speech.stem(word) if self.stems else word
            token.pos = position
            token.startchar, token.endchar = match.span()
            token.boost = 1.0
            token.stopped = False
            yield token


def make_schema(name: str) -> Any:
    """The Whoosh schema of the index for the language `name`."""
    texts = {}
    for field in TEXT_FIELDS:
        analyzer = WordAnalyzer(name, stops=field.name != "title")
        texts[field.name] = fields.TEXT(analyzer=analyzer, stored=field.name != "names")
    words = fields.TEXT(analyzer=WordAnalyzer(name, stems=False, stops=False), phrase=False)
    facets = {facet: fields.KEYWORD(stored=True) for facet in FACETS}
    about = {ABOUT: fields.KEYWORD()}
    return fields.Schema(
        path=fields.ID(unique=True, stored=True),
        key=fields.ID(),
        words=words,
        **about,
        **texts,
        **facets,
    )
