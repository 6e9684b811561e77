"""Reads a typed query. Nothing is an error: what cannot be used is noted and left out.

    words              optional, more of them rank higher; OR between two makes them alternatives
    space-x, 2.7.4     joined words: as written, or SpaceX; where that is not found, the parts
    12 August 2026     a date: however it is written, and what was published on that day
    /articles/hubble/  an address: what its last part names
    "a phrase"         must occur as written
    +word, a AND b     must occur
    -word, NOT word    must not occur; --word is an option of a program, and a word, and so is -rf
                       where nothing else is typed
    pref*              words that begin so, three letters or more
    title:word         in the title; also title:"a phrase" and title:pref*
    tag: category: author: year:   articles with that value; tag:pref* with any that begins so;
                       a value of several words needs no quotes where articles have it
    before:2024 after:2024-05-17   by date of publication, `after` including the day

In more than three words that are all in capitals OR, AND and NOT are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import chain
from typing import Literal
from urllib.parse import unquote

from octavo.cached import cached_property
from octavo.content.slugs import slugify
from octavo.search.analysis import Language, fold_words, tokens
from octavo.search.dates import DATE, date_spellings, read_date
from octavo.search.facets import FACETS
from octavo.search.folding import bigrams, fold, is_unspaced, script_runs
from octavo.search.index.schema import title_key

# A pasted sentence or two. Of its words the rarest are searched for (see evaluation.evaluate).
MAX_QUERY_CHARACTERS = 1_000
MAX_QUERY_WORDS = 64
# Words in phrases, which cannot be left out, and prefixes, which stand for many words.
MAX_PHRASE_WORDS = 16
MAX_PREFIXES = 4
MIN_PREFIX_CHARACTERS = 3
# More words than this, all in capitals, are a sentence without operators.
MAX_CAPITAL_WORDS = 3
# Characters of a query without a word that its note repeats.
MAX_QUOTED_CHARACTERS = 40

# Lucene's words for what a clause does.
Occur = Literal["should", "must", "must_not"]


@dataclass(frozen=True, slots=True)
class WordSequence:
    """Words to find next to each other: (distance from the first, folded word).

    Most of the time there is one. Of a `loose` sequence not every word need be there: no stop words
    where only apostrophes join them, because who asks for NASA's wants NASA; and of a run without
    spaces much is enough where no article has all of it. Of `joined` words, as in space-x, the
    parts are found too, below what has all of them together. `variants` are other ways to write the
    same: an article with one of them has the words.
    """

    words: tuple[tuple[int, str], ...]
    prefix: bool = False
    title: bool = False
    loose: bool = False
    joined: bool = False
    variants: tuple[WordSequence, ...] = ()

    @property
    def forms(self) -> tuple[WordSequence, ...]:
        """The sequence and its variants."""
        return (self, *self.variants)

    def is_stop_word(self, language: Language) -> bool:
        """Whether it is a stop word, or several joined in one as in "don't"."""
        if self.prefix or not (self.loose or len(self.words) == 1):
            return False
        return all(language.is_stop_word(word) for _, word in self.words)


@dataclass(frozen=True, slots=True)
class FacetFilter:
    """Articles with a facet's value, a slug; with `prefix`, with any value that begins so."""

    facet: str
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class DateRange:
    """Articles published from `start` and before `stop`, in seconds since 1970."""

    start: int | None = None
    stop: int | None = None


Alternative = WordSequence | FacetFilter | DateRange


@dataclass(frozen=True)
class Clause:
    """Alternatives of which one should, must or must not hold; `span` is its place in the query."""

    alternatives: tuple[Alternative, ...]
    occur: Occur
    span: tuple[int, int]

    @cached_property
    def sequences(self) -> tuple[WordSequence, ...]:
        """The alternatives that are words."""
        return tuple(one for one in self.alternatives if isinstance(one, WordSequence))

    @cached_property
    def is_words(self) -> bool:
        """Whether all alternatives are words."""
        return len(self.sequences) == len(self.alternatives)


@dataclass(frozen=True)
class SearchQuery:
    """A query that was read: what was typed, its clauses, and notes on what was ignored.

    `key` and `literal` are title keys: `hubble -webb` has the key "hubble", without filters and
    exclusions, and the literal "hubble webb", all that was typed. `years` are the years among its
    words.
    """

    text: str
    clauses: tuple[Clause, ...]
    notes: tuple[str, ...]
    key: str
    literal: str
    years: tuple[DateRange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.clauses)

    @property
    def alternatives(self) -> Iterator[Alternative]:
        """The alternatives of all clauses, in order."""
        return chain.from_iterable(clause.alternatives for clause in self.clauses)

    @cached_property
    def positive(self) -> tuple[WordSequence, ...]:
        """The words that should or must occur, in order."""
        clauses = (clause for clause in self.clauses if clause.occur != "must_not")
        return tuple(chain.from_iterable(clause.sequences for clause in clauses))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of `positive` without beginnings of words, in order."""
        return tuple(word for one in self.positive if not one.prefix for _, word in one.words)

    def has_only_stop_words(self, language: Language) -> bool:
        """Whether all words that should or must occur are stop words."""
        return all(sequence.is_stop_word(language) for sequence in self.positive)


UNPAIRED_QUOTE = "A quotation mark without its partner was ignored."
_OR_BEFORE_NOT = "OR before what is excluded was ignored."
_BRACKETS = "Brackets were ignored: OR, AND and NOT hold for the words beside them."
_LIMITS = {
    "words": MAX_QUERY_WORDS,
    "words in phrases": MAX_PHRASE_WORDS,
    "words with a *": MAX_PREFIXES,
}
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_ITEM = re.compile(
    rf"""
    (?P<sign>(?<!\S)-(?!-)|\+)?
    (?:(?P<field>[A-Za-z]+):(?=[^\s]))?
    (?:
        "(?P<quoted>[^"]*)"
        |(?P<bare>{DATE}|[^\s"]+)
        # A phrase that is still being typed, only after a field or a sign.
        |(?(field)|(?(sign)|(?!)))"(?P<open>[^"]*)$
    )
    |\S
    """,
    re.VERBOSE | re.IGNORECASE,
)
# A short option of a program, alone: there is nothing from which to exclude it.
_OPTION = re.compile(r"-[A-Za-z0-9]{1,2}")
# Words that nothing but apostrophes joins.
_APOSTROPHES = re.compile(r"[\W_]*[^\W_]+(?:['’‘ʼ＇`´][^\W_]+)+[\W_]*")
_VERSION = re.compile(r"[vV]?\d+(?:\.\w+)+")
# 1,000,000 and 1.000.000; the numbers of a journal and of what has longer ones, as a book.
_GROUPED_NUMBER = re.compile(r"\d{1,3}(?:[,.'’]\d{3})+|\d{4}-\d{3}[\dxX]|(?:\d-?){8,}[\dxX]")
# What of an address does not name its page: the host and what is asked of the page.
_SCHEME = re.compile(r"https?://(?:www\.)?")
_HOST = re.compile(r"(?:https?://|www\.)[^/?#]*")
_PAGE_SUFFIX = re.compile(r"(?:(?:^|/)index)?\.(?:md|html?)$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
# What narrows a query: exclusions, dates, fields, signs, operators and quotation marks.
_DATE_FIELDS = ("before", "after")
_DATES = "|".join((*_DATE_FIELDS, *(name for name, facet in FACETS.items() if facet.is_date)))
_WORDED = "|".join(("title", *(name for name, facet in FACETS.items() if not facet.is_date)))
_NARROWING = re.compile(
    rf'(?:^|(?<=\s))(?:(?:-(?!-)|NOT\s+)(?:\w+:)?(?:"[^"]*"|\S+)|(?i:{_DATES}):\S+'
    rf'|(?i:{_WORDED}):|\+|(?:OR|AND|[&|])(?=\s))|"'
)
# Words after the name of a field, up to a sign or another field.
_LABEL = re.compile(
    rf"(?<![\w\"])(?P<field>{'|'.join(FACETS)}):"
    rf"(?P<name>[^\s\"*:]+(?:\s[^\s\"*:+-][^\s\"*:]*(?![^\s]*:)){{1,3}})",
    re.IGNORECASE,
)
_TITLE_FIELD = re.compile(r"^\+?title:", re.IGNORECASE)
_FIELDS = (*FACETS, "title", *_DATE_FIELDS)
_OPERATORS_BEFORE = re.compile(r"(?:(?<!\S)(?:OR|AND|NOT|[|&])\s+)+$")
_OPERATOR_AFTER = re.compile(r"^\s+(?:OR|AND|[|&])(?=\s)")
_OPERATORS = {"OR": "OR", "|": "OR", "AND": "AND", "&": "AND", "NOT": "NOT"}


def clean_query(typed: str) -> str:
    """Return `typed` on one line, without control characters, with plain quotation marks."""
    return " ".join(_CONTROLS.sub(" ", typed.translate(_QUOTES)).split())


def loosen_query(typed: str) -> str:
    """Return only the words of `typed`: no fields, dates, signs and exclusions."""
    return clean_query(_NARROWING.sub(" ", clean_query(typed)))


def quote_labels(typed: str, names: Mapping[str, Mapping[str, str]]) -> str:
    """Return `typed` with quotation marks around labels of several words: tag:cold war.

    `names` has the names of labels, by facet and slug; of several the longest counts.
    """

    def quoted(match: re.Match[str]) -> str:
        known = names.get(match["field"].lower(), {})
        words = match["name"].split()
        for count in range(len(words), 1, -1):
            name = " ".join(words[:count])
            if slugify(name) in known:
                return " ".join([f'{match["field"]}:"{name}"', *words[count:]])
        return match.group()

    return _LABEL.sub(quoted, typed[: 4 * MAX_QUERY_CHARACTERS])


def parse(typed: str, zone: tzinfo = UTC, own_facets: frozenset[str] = frozenset()) -> SearchQuery:
    """Return the query for a typed text. Dates are in `zone`. Never raises, whatever the text.

    `own_facets` are fields beside those that every site has.
    """
    # Some characters vanish while the text is cleaned.
    return _parse(typed[: 4 * MAX_QUERY_CHARACTERS], zone, own_facets)


@lru_cache
def _parse(typed: str, zone: tzinfo, own_facets: frozenset[str]) -> SearchQuery:
    return _QueryParser(zone, own_facets).parse(typed)


class _QueryParser:
    """Reads one query, item by item, from left to right."""

    def __init__(self, zone: tzinfo, own_facets: frozenset[str]) -> None:
        self._zone = zone
        self._facets = own_facets | FACETS.keys()
        self._notes: dict[str, None] = {}
        self._clauses: list[Clause] = []
        self._left = dict(_LIMITS)

    def parse(self, typed: str) -> SearchQuery:
        text = self._shortened(clean_query(typed))
        operators: Mapping[str, str] = _OPERATORS
        if text.isupper() and len(text.split()) > MAX_CAPITAL_WORDS:
            operators = {}
        operator = ""
        for item in _ITEM.finditer(text):
            named = operators.get(item.group())
            if named is not None:
                if named == "NOT" and operator == "OR" and self._clauses:
                    self._note(_OR_BEFORE_NOT)
                operator = named
                if "(" in text:
                    self._note(_BRACKETS)
                continue
            if item["quoted"] is item["bare"] is item["open"] is None:
                self._note(UNPAIRED_QUOTE)
                continue
            # Of several words in one, as in solar-system, the operators beside them hold for all.
            for clause in self._clauses_of(item, operator):
                self._add(clause, operator)
            operator = ""
        clauses = tuple(self._clauses)
        if text and not clauses and not self._notes.keys() - {UNPAIRED_QUOTE}:
            self._note(f"“{_quoted(text)}” was ignored: there is no word to search for in it.")
        years = tuple(self._years(clauses))
        notes = tuple(self._notes)
        return SearchQuery(text, clauses, notes, _key(text, clauses), title_key(text), years)

    def _years(self, clauses: tuple[Clause, ...]) -> Iterator[DateRange]:
        wanted = (clause.sequences for clause in clauses if clause.occur != "must_not")
        words = chain.from_iterable(one.words for one in chain.from_iterable(wanted))
        for year in dict.fromkeys(int(word) for _, word in words if _YEAR.fullmatch(word)):
            bounds = (datetime(one, 1, 1, tzinfo=self._zone) for one in (year, year + 1))
            yield DateRange(*(int(bound.timestamp()) for bound in bounds))

    def _note(self, text: str) -> None:
        self._notes[text] = None

    def _shortened(self, text: str) -> str:
        if len(text) <= MAX_QUERY_CHARACTERS:
            return text
        self._note(f"Only the first {MAX_QUERY_CHARACTERS} characters were read.")
        cut = text.rfind(" ", 0, MAX_QUERY_CHARACTERS + 1)
        if cut <= 0:
            cut = MAX_QUERY_CHARACTERS
        return text[:cut]

    def _clauses_of(self, item: re.Match[str], operator: str) -> Iterator[Clause]:
        """Yield the clauses of an item: one, or one for each word where it is of several."""
        field = (item["field"] or "").lower()
        value = item["quoted"] or item["bare"] or item["open"] or ""
        if field and field not in _FIELDS and field not in self._facets:
            # "Voyager:2" or "https://": a word with a colon, not a field.
            value = f"{item['field']}:{value}"
            field = ""
        if item["open"] is not None and field not in self._facets:
            self._note(UNPAIRED_QUOTE)
        occur: Occur = "should"
        if operator == "NOT" or (item["sign"] == "-" and not _OPTION.fullmatch(item.string)):
            occur = "must_not"
        elif item["sign"] == "+" or field or item["quoted"] is not None:
            occur = "must"
        others: list[Alternative] = []
        if not field and occur != "must_not":
            # Who types a date may look for what was published on that day.
            day = read_date(value)
            if day is not None:
                others = [self._on(day)]
        for alternative in self._alternatives(item, field, value, occur):
            yield Clause((alternative, *others), occur, item.span())

    def _alternatives(
        self, item: re.Match[str], field: str, value: str, occur: Occur
    ) -> list[Alternative]:
        if field in self._facets:
            return self._facet_filter(field, value)
        if field in _DATE_FIELDS:
            return self._date_range(field, value)
        excluded = occur == "must_not"
        # Of a phrase that is still being typed no single word is to be excluded.
        quoted = item["quoted"] is not None or (item["open"] is not None and excluded)
        return self._sequences(value, quoted=quoted, title=field == "title", excluded=excluded)

    def _facet_filter(self, facet: str, value: str) -> list[Alternative]:
        slug = slugify(value)
        if not slug:
            self._note(f"{facet}: was ignored, because there is no name after it.")
            return []
        return [FacetFilter(facet, slug, prefix=value.endswith("*"))]

    def _date_range(self, name: str, value: str) -> list[Alternative]:
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
        if name == "before":
            return [DateRange(stop=instant)]
        return [DateRange(start=instant)]

    def _on(self, day: date) -> DateRange:
        start = datetime.combine(day, time.min, self._zone)
        stop = start + timedelta(days=1)
        return DateRange(int(start.timestamp()), int(stop.timestamp()))

    def _sequences(
        self, value: str, *, quoted: bool, title: bool, excluded: bool
    ) -> list[Alternative]:
        """Return what to look for in texts: one sequence of words, or one for each word.

        Of `excluded` words only all of them together are excluded: who types -solar-system may
        well want the sun.
        """
        words = _words(value if quoted else _page_name(value) or _SCHEME.sub("", value))
        if not words:
            return []
        if not quoted and "*" in value:
            return self._limited([self._prefix(value, words, title=title)])
        placed = _placed(words)
        has_unspaced = any(map(is_unspaced, words))
        # A phrase. So is "F-1引擎", whose parts say little when each is looked for by itself.
        if quoted or (has_unspaced and (excluded or any(map(is_weak, words)))):
            return self._limited([WordSequence(placed, title=title)])
        # One word, words of different scripts, or more words than a phrase may have.
        too_many = len(words) > self._left["words in phrases"] and not excluded
        if has_unspaced or len(words) == 1 or too_many:
            return self._limited(
                [
                    WordSequence(_placed([word]), title=title, loose=is_unspaced(word))
                    for word in words
                ]
            )
        # don't, NASA's
        if _APOSTROPHES.fullmatch(value):
            return self._limited([WordSequence(placed, title=title, loose=True)])
        # space-x, 2.7.4, 2026-08-12
        others = [_placed(_words(text)) for text in _other_forms(value, words)]
        variants = tuple(WordSequence(one, title=title) for one in others if one != placed)
        joined = WordSequence(placed, title=title, joined=not excluded, variants=variants)
        return self._limited([joined])

    def _prefix(self, value: str, words: list[str], *, title: bool) -> WordSequence:
        word = words[0]
        if value.endswith("*") and value.count("*") == 1 and len(words) == 1:
            if is_unspaced(word) and len(word) > 2 and not title:
                # Such runs are indexed as pairs of characters, of which a row has any ending.
                return WordSequence(_placed(words))
            if is_unspaced(word) or len(word) >= MIN_PREFIX_CHARACTERS:
                return WordSequence(((0, word),), prefix=True, title=title)
        reason = "it stands for word endings only, after three letters or more."
        self._note(f"The * in {value} was ignored: {reason}")
        return WordSequence(_placed(words), title=title)

    def _limited(self, found: list[WordSequence]) -> list[Alternative]:
        kept: list[Alternative] = []
        for sequence in found:
            kind = _kind(sequence)
            if len(sequence.words) > self._left[kind]:
                self._note(f"Only the first {_LIMITS[kind]} {kind} were searched for.")
                sequence = replace(sequence, words=sequence.words[: self._left[kind]])
            if sequence.words:
                self._left[kind] -= len(sequence.words)
                kept.append(sequence)
        return kept

    def _add(self, clause: Clause, operator: str) -> None:
        if len(self._clauses) >= MAX_QUERY_WORDS:
            self._note(f"Only the first {MAX_QUERY_WORDS} words were searched for.")
            return
        if operator == "OR" and self._clauses:
            if clause.occur != "must_not":
                self._clauses.append(_either([*self._take_last_item(), clause]))
                return
            if self._clauses[-1].occur != "must_not":
                self._note(_OR_BEFORE_NOT)
        if operator == "AND" and self._clauses:
            self._clauses += map(_required, self._take_last_item())
            clause = _required(clause)
        self._clauses.append(clause)

    def _take_last_item(self) -> list[Clause]:
        """Remove and return the clauses of the last item, which may be several: solar-system."""
        span = self._clauses[-1].span
        item = [clause for clause in self._clauses if clause.span == span]
        del self._clauses[len(self._clauses) - len(item) :]
        return item


def _either(clauses: list[Clause]) -> Clause:
    """Return one clause with the alternatives of several.

    In `moon AND venus OR mars` the moon and one of the others must occur, in `NOT moon OR mars`
    none of them may.
    """
    occurs = {clauses[-2].occur, clauses[-1].occur}
    occur: Occur = "should"
    if "must_not" in occurs:
        occur = "must_not"
    elif "must" in occurs:
        occur = "must"
    alternatives = chain.from_iterable(clause.alternatives for clause in clauses)
    return Clause(tuple(alternatives), occur, (clauses[-2].span[0], clauses[-1].span[1]))


def _required(clause: Clause) -> Clause:
    if clause.occur != "should":
        return clause
    return replace(clause, occur="must")


def _kind(sequence: WordSequence) -> str:
    """Return which of `_LIMITS` holds for a sequence."""
    if sequence.prefix:
        return "words with a *"
    if len(sequence.words) > 1:
        return "words in phrases"
    return "words"


def _quoted(text: str) -> str:
    return text if len(text) <= MAX_QUOTED_CHARACTERS else f"{text[:MAX_QUOTED_CHARACTERS]} …"


def _words(text: str) -> list[str]:
    """Return the folded words of a text; those in scripts without spaces apart from others."""
    runs = chain.from_iterable(script_runs(fold(token)) for token in tokens(text))
    return [run for run, _ in runs]


def is_weak(word: str) -> bool:
    """Whether a part of joined words says little by itself, as those of X-ray, 2.7.4 and F-1."""
    return len(word) < 3 or word.isdigit()


def _page_name(value: str) -> str:
    """Return what names the page in an address: golden-record of /articles/golden-record/?page=2.

    That is "" for what is no address, as km/s.
    """
    path = unquote(re.split("[?#]", _HOST.sub("", value))[0])
    name = _PAGE_SUFFIX.sub("", path).rstrip("/")
    if "/" not in value or (name == value and not value.startswith(("/", "."))):
        return ""
    return name.rpartition("/")[2]


def _other_forms(value: str, words: list[str]) -> Iterator[str]:
    """Yield other ways to write joined words: SpaceX, v1.2.3 for 1.2.3, 12 August 2026."""
    day = read_date(value)
    if day is not None:
        yield from date_spellings(day)
    elif not all(word.isdigit() for word in words) or _GROUPED_NUMBER.fullmatch(value):
        yield "".join(words)
    if _VERSION.fullmatch(value):
        yield value[1:] if value[0] in "vV" else f"v{value}"


def _placed(words: list[str]) -> tuple[tuple[int, str], ...]:
    """Return words with their distances as they are indexed; runs without spaces as pairs."""
    found: list[tuple[int, str]] = []
    offset = 0
    for word in words:
        unspaced = is_unspaced(word)
        forms = bigrams(word) if unspaced else (word,)
        found += enumerate(forms, offset)
        offset += len(forms)
        if unspaced and len(word) > 1:
            # Runs are indexed with one more form, their last character.
            offset += 1
    return tuple(found)


def _key(text: str, clauses: tuple[Clause, ...]) -> str:
    """Return the title key of what was typed, without filters, exclusions and `title:`."""
    narrowing = {
        clause.span for clause in clauses if not clause.sequences or clause.occur == "must_not"
    }
    for span in sorted({clause.span for clause in clauses}, reverse=True):
        before = text[: span[0]]
        item = text[slice(*span)]
        after = text[span[1] :]
        if span in narrowing:
            item = ""
            before = _OPERATORS_BEFORE.sub("", before)
            if not before.strip():
                after = _OPERATOR_AFTER.sub("", after)
        text = f"{before}{_TITLE_FIELD.sub('', item)}{after}"
    return fold_words(_page_name(text) or text)
