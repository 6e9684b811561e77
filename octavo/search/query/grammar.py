"""From typed text to a SearchQuery. Nothing is an error: what cannot be used is noted and left out.

words                 all optional, more matches rank higher; OR between two makes them alternatives
"a phrase"            must occur as written, as AT&T and X-ray do +word, a AND b        must occur
-word, NOT word       must not occur pref*                 words that begin so, three letters or
more title:word            in the title; also title:pref* tag: category: author: year:      articles
with that label; tag:pref* with any that begins so, one letter or more before:2024 after:2024-05-17
by date of publication, `after` including the day

In more than three words that are all in capitals OR, AND and NOT are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Literal

from octavo.content.slugs import slugify
from octavo.search.analysis import bigrams, fold, pieces, tokens, unspaced
from octavo.search.index.schema import FACETS, title_key

# A pasted sentence or two. Of its words the rarest are searched for (see evaluate).
MAX_LENGTH = 1_000
MAX_WORDS = 64
# Words in phrases, which cannot be left out, and prefixes, which stand for many.
MAX_PHRASED = 16
MAX_PREFIXES = 4
MIN_PREFIX = 3
# More words than this, all in capitals, are a sentence.
MOST_SHOUTED = 3

Occur = Literal["may", "must", "not"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words to find next to each other: (distance from the first, folded word).

    One word, most of the time. Of `loose` ones not all need be there: of those that nothing but
    apostrophes joins no stop words, because who asks for NASA's wants NASA; of a run without spaces
    much, where no article has all of it.
    """

    words: tuple[tuple[int, str], ...]
    prefix: bool = False
    title: bool = False
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A value of a facet, as a slug, or how values begin."""

    facet: str
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """Published from `start` and before `stop`, in seconds since 1970."""

    start: int | None = None
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """Alternatives of which any may, must or must not hold. `span` is its place in the typed text."""

    choices: tuple[Text | Label | Dates, ...]
    occur: Occur
    span: tuple[int, int] = (0, 0)

    @property
    def texts(self) -> tuple[Text, ...]:
        """The alternatives that are words."""
        return tuple(choice for choice in self.choices if isinstance(choice, Text))

    @property
    def is_words(self) -> bool:
        """Whether all alternatives are words."""
        return all(isinstance(choice, Text) for choice in self.choices)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What was typed, what it means, and what of it was ignored and why.

    `key` is the title that would be exactly its words, `literal` that which would be all of it.
    """

    text: str
    clauses: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = ()
    key: str = field(default="", compare=False)
    literal: str = field(default="", compare=False)

    def __bool__(self) -> bool:
        return bool(self.clauses)


UNPAIRED = "A quotation mark without its partner was ignored."
_OR_NOT = "OR before what is excluded was ignored."
_BRACKETS = "Brackets were ignored: OR, AND and NOT hold for the words beside them."
# Of what has no word, so many characters are repeated.
_REPEATED = 40
_LIMITS = {"words": MAX_WORDS, "words in phrases": MAX_PHRASED, "words with a *": MAX_PREFIXES}
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_ITEM = re.compile(
    r"(?P<sign>[-+])?(?:(?P<field>[A-Za-z]+):(?=[^\s]))?"
    r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+)|(?(field)|(?(sign)|(?!)))"(?P<open>[^"]*)$)|\S'
)
_LOOSE = re.compile(r"[\W_]*[^\W_]+(?:['’‘ʼ＇`´][^\W_]+)+[\W_]*")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_STRICT = re.compile(
    r'(?:^|(?<=\s))(?:(?:-|NOT\s+)(?:\w+:)?(?:"[^"]*"|\S+)|(?i:before|after|year):\S+'
    r'|(?i:category|tag|author|title):|\+|(?:OR|AND|[&|])(?=\s))|"'
)
_FIELDS = (*FACETS, "title", "before", "after")
_OPERATORS = {"OR": "OR", "|": "OR", "AND": "AND", "&": "AND", "NOT": "NOT"}


def clean(typed: str) -> str:
    """`typed` in one line, without control characters, with plain quotation marks."""
    return " ".join(_CONTROLS.sub(" ", typed.translate(_QUOTES)).split())


def loosened(typed: str) -> str:
    """The words of `typed` without what narrows it: fields, dates, signs and exclusions."""
    return clean(_STRICT.sub(" ", clean(typed)))


def parse(typed: str, zone: tzinfo = UTC) -> SearchQuery:
    """Read what was typed. Dates are in `zone`. Never raises, whatever the text."""
    return _parsed(typed[: 4 * MAX_LENGTH], zone)


@lru_cache(maxsize=256)
def _parsed(typed: str, zone: tzinfo) -> SearchQuery:
    return _Parser(zone).parse(typed)


class _Parser:
    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._notes: dict[str, None] = {}
        self._clauses: list[Clause] = []
        self._room = dict(_LIMITS)

    def parse(self, typed: str) -> SearchQuery:
        text = self._shortened(clean(typed))
        # A sentence typed in capitals has no operators.
        operators = {} if text.isupper() and len(text.split()) > MOST_SHOUTED else _OPERATORS
        operator = ""
        for match in _ITEM.finditer(text):
            if (named := operators.get(match.group())) is not None:
                if named == "NOT" and operator == "OR" and self._clauses:
                    self._note(_OR_NOT)
                operator = named
                if "(" in text:
                    self._note(_BRACKETS)
                continue
            if match["quoted"] is match["bare"] is match["open"] is None:
                self._note(UNPAIRED)
                continue
            # Of several words in one, as in solar-system, the operators beside them hold for all.
            for clause in self._clauses_of(match, operator):
                self._add(clause, operator)
            operator = ""
        clauses = tuple(self._clauses)
        if text and not clauses and not self._notes.keys() - {UNPAIRED}:
            self._note(f"“{_beginning(text)}” was ignored: there is no word to search for in it.")
        return SearchQuery(text, clauses, tuple(self._notes), _key(text, clauses), title_key(text))

    def _note(self, text: str) -> None:
        self._notes[text] = None

    def _shortened(self, text: str) -> str:
        if len(text) <= MAX_LENGTH:
            return text
        self._note(f"Only the first {MAX_LENGTH} characters were read.")
        cut = text.rfind(" ", 0, MAX_LENGTH + 1)
        return text[: cut if cut > 0 else MAX_LENGTH]

    def _clauses_of(self, match: re.Match[str], operator: str) -> Iterator[Clause]:
        name = (match["field"] or "").lower()
        value = match["quoted"] or match["bare"] or match["open"] or ""
        if match["open"] is not None and name not in FACETS:
            self._note(UNPAIRED)
        if name and name not in _FIELDS:
            # "Voyager:" or "https://": a word with a colon, not a field.
            name, value = "", f"{match['field']} {value}"
        occur: Occur = "not" if match["sign"] == "-" or operator == "NOT" else "may"
        found: list[Text | Label | Dates]
        if name in FACETS:
            found = self._label(name, value)
        elif name in ("before", "after"):
            found = self._dates(name, value)
        else:
            # Of a phrase that is still being typed no single word is to be excluded.
            quoted = match["quoted"] is not None or (match["open"] is not None and occur == "not")
            found = self._texts(
                value, quoted=quoted, title=name == "title", together=occur == "not"
            )
        required = match["sign"] == "+" or name or match["quoted"] is not None
        for choice in found:
            yield Clause((choice,), "must" if required and occur == "may" else occur, match.span())

    def _label(self, facet: str, value: str) -> list[Text | Label | Dates]:
        slug = slugify(value)
        if not slug:
            self._note(f"{facet}: was ignored, because there is no name after it.")
            return []
        return [Label(facet, slug, prefix=value.endswith("*"))]

    def _dates(self, name: str, value: str) -> list[Text | Label | Dates]:
        match = _DATE.fullmatch(value.strip())
        try:
            if match is None:
                raise ValueError(value)
            year, month, day = (int(part or 1) for part in match.groups())
            instant = int(datetime(year, month, day, tzinfo=self._zone).timestamp())
        except (ValueError, OverflowError):
            self._note(
                f"{name}:{value} was ignored: write a date like 2024, 2024-05 or 2024-05-17."
            )
            return []
        return [Dates(stop=instant) if name == "before" else Dates(start=instant)]

    def _texts(
        self, value: str, *, quoted: bool, title: bool, together: bool
    ) -> list[Text | Label | Dates]:
        words = [word for token in tokens(value) for word, _ in pieces(fold(token))]
        if not words:
            return []
        if not quoted and "*" in value:
            return self._counted([self._prefix(value, words, title=title)])
        if quoted or _is_phrase(words) or (together and len(words) > 1):
            loose = not quoted and _LOOSE.fullmatch(value) is not None
            return self._counted([Text(_sequence(words), title=title, loose=loose)])
        return self._counted(
            [Text(_sequence([word]), title=title, loose=unspaced(word)) for word in words]
        )

    def _prefix(self, value: str, words: list[str], *, title: bool) -> Text:
        whole = value.endswith("*") and value.count("*") == 1 and len(words) == 1
        if whole and not title and unspaced(words[0]) and len(words[0]) > 2:
            # Such runs are indexed as pairs of characters, of which a row stands for any ending.
            return Text(_sequence(words))
        if whole and (len(words[0]) >= MIN_PREFIX or unspaced(words[0])):
            return Text(((0, words[0]),), prefix=True, title=title)
        reason = "it stands for word endings only, after three letters or more."
        self._note(f"The * in {value} was ignored: {reason}")
        return Text(_sequence(words), title=title)

    def _counted(self, found: list[Text]) -> list[Text | Label | Dates]:
        kept: list[Text | Label | Dates] = []
        for text in found:
            kind = (
                "words with a *"
                if text.prefix
                else "words in phrases"
                if len(text.words) > 1
                else "words"
            )
            if len(text.words) > self._room[kind]:
                self._note(f"Only the first {_LIMITS[kind]} {kind} were searched for.")
                text = replace(text, words=text.words[: self._room[kind]])
            if text.words:
                self._room[kind] -= len(text.words)
                kept.append(text)
        return kept

    def _add(self, clause: Clause, operator: str) -> None:
        if len(self._clauses) >= MAX_WORDS:
            self._note(f"Only the first {MAX_WORDS} words were searched for.")
            return
        last = self._clauses[-1] if self._clauses else None
        if operator == "OR" and last is not None and clause.occur != "not":
            # In `moon AND venus OR mars` the moon and one of the others must occur; of `NOT moon OR
            # mars` none.
            beside = self._last_item()
            occurs = {last.occur, clause.occur}
            occur: Occur = "not" if "not" in occurs else "must" if "must" in occurs else "may"
            choices = (choice for one in (*beside, clause) for choice in one.choices)
            self._clauses.append(Clause(tuple(choices), occur, (last.span[0], clause.span[1])))
            return
        if operator == "OR" and last is not None and last.occur != "not":
            self._note(_OR_NOT)
        if operator == "AND":
            self._clauses += [
                replace(one, occur="must") if one.occur == "may" else one
                for one in self._last_item()
            ]
            if clause.occur == "may" and last is not None:
                clause = replace(clause, occur="must")
        self._clauses.append(clause)

    def _last_item(self) -> list[Clause]:
        """Take back the clauses of what was typed last as one."""
        item = [clause for clause in self._clauses if clause.span == self._clauses[-1].span]
        del self._clauses[len(self._clauses) - len(item) :]
        return item


def _beginning(text: str) -> str:
    return text if len(text) <= _REPEATED else f"{text[:_REPEATED]} …"


def _is_phrase(words: list[str]) -> bool:
    """Whether joined words belong together: X-ray, 2.7.4, F-1, but not boundary-layer."""
    return len(words) > 1 and any(len(word) < 3 or word.isdigit() for word in words)


def _sequence(words: list[str]) -> tuple[tuple[int, str], ...]:
    """Words with their distances, as they are indexed: a run of a script without spaces as its
    bigrams.
    """
    found: list[tuple[int, str]] = []
    offset = 0
    for word in words:
        run = bigrams(word) if unspaced(word) else (word,)
        found += [(offset + i, part) for i, part in enumerate(run)]
        # Runs are indexed with one more word, their last character.
        offset += len(run) + (len(word) > 1 and unspaced(word))
    return tuple(found)


def _key(text: str, clauses: tuple[Clause, ...]) -> str:
    """The title that would be exactly what was typed."""
    if any(not clause.texts or clause.occur == "not" for clause in clauses):
        labels = [clause.span for clause in clauses if not clause.texts or clause.occur == "not"]
        text = "".join(c for i, c in enumerate(text) if not any(a <= i < b for a, b in labels))
    return " ".join(fold(token) for token in tokens(text))
