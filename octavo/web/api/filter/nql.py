"""NQL, Ghost's filter language, parsed to a tree: `tag:mars+published_at:>'2025-01-01'`.

The grammar is that of github.com/TryGhost/NQL (nql-lang 0.7), read rule by rule; beyond it, one
letter is a value everywhere (`tags:[a,b]`).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

# Of one filter: its length in characters, groups within groups, and comparisons.
MAX_FILTER_CHARACTERS = 4000
MAX_GROUP_DEPTH = 32
MAX_COMPARISONS = 200

Value = str | int | bool | None
Relation = Literal["=", ">", ">=", "<", "<=", "in", "all", "contains", "starts", "ends"]


class FilterError(ValueError):
    """A filter cannot be read; the message tells the place, in the words of Ghost's own parser."""


class Comparison(NamedTuple):
    """A field's relation to one of `values`, or to each of them where the relation is `all`."""

    field: str
    relation: Relation
    values: tuple[Value, ...]
    negated: bool = False


class FilterGroup(NamedTuple):
    """Terms of which all (`and`) or one (`or`) must hold."""

    kind: Literal["and", "or"]
    terms: tuple[Term, ...]


Term = Comparison | FilterGroup


class Filter(NamedTuple):
    """A parsed filter; `relative` where it depends on the clock (`now-3d`).

    `matches` counts the comparisons that read every text of a column.
    """

    term: Term
    relative: bool
    matches: int


class Token(NamedTuple):
    """A token of the language.

    `kind` is the name of its pattern, or the sign itself; `place` counts characters from 0.
    """

    kind: str
    text: str
    place: int


_PLAIN = r"""[^\s'"+,()><=\[\]~]"""
_ESCAPED = r"""\\['"+,()><=\[\]~^$]"""
_WHOLE = rf"(?!{_ESCAPED}|{_PLAIN})"
_TOKENS = re.compile(
    "|".join(
        (
            r"(?P<SPACE>\s+)",
            rf"(?P<NULL>(?:null|NULL|Null){_WHOLE})",
            rf"(?P<TRUE>(?:true|TRUE|True){_WHOLE})",
            rf"(?P<FALSE>(?:false|FALSE|False){_WHOLE})",
            r"(?P<PROP>[a-zA-Z_][a-zA-Z0-9_.]*:)",
            r"(?P<NUMBER>[0-9]+(?:\.[0-9]+)?(?![0-9A-Za-z_])(?!-))",
            r"(?P<NOW>now[-+][0-9]+[dwMyhms](?=[+,()\[\]]|\Z))",
            rf"(?P<LITERAL>(?!-){_PLAIN}(?:{_ESCAPED}|{_PLAIN})+)",
            r"""(?P<STRING>'(?:\\['"]|[^'"])+?')""",
            r"(?P<SIGN>>=|<=|~\^|~\$|[\[\](),+\-><~])",
            r"(?P<LETTER>\w)",
        )
    )
)
_RANGES: dict[str, Relation] = {">": ">", ">=": ">=", "<": "<", "<=": "<="}
_MATCHES: dict[str, Relation] = {"~": "contains", "~^": "starts", "~$": "ends"}
# Units of offsets.
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_MONTHS = {"M": 1, "y": 12}
_QUOTE = re.compile(r"""\\(['"])""")


def parse(text: str, now: datetime) -> Filter:
    """Return a filter as a tree; relative dates count from `now` (aware).

    Raises FilterError for a syntax error, and beyond the limits of length, depth and number.
    """
    if len(text) > MAX_FILTER_CHARACTERS:
        raise FilterError(
            f"Query Error: the filter has more than {MAX_FILTER_CHARACTERS} characters"
        )
    return _FilterParser(text, now).filter()


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a filter. Raises FilterError at a character that begins none."""
    place = 0
    while place < len(text):
        found = _TOKENS.match(text, place)
        if found is None:
            raise FilterError(
                f'Query Error: unrecognized text "{text[place]}" in filter at char {place + 1}'
            )
        kind = found.lastgroup or ""
        if kind == "SIGN":
            kind = found[0]
        if kind != "SPACE":
            yield Token(kind, found[0], place)
        place = found.end()


class _FilterParser:
    """A recursive descent parser of one filter."""

    def __init__(self, text: str, now: datetime) -> None:
        self._tokens = [*tokens(text), Token("END", "", len(text))]
        self._place = 0
        self._now = now
        self._depth = 0
        self._comparisons = 0
        self._matches = 0

    def filter(self) -> Filter:
        term = self._any_of()
        self._expect("END")
        return Filter(term, any(token.kind == "NOW" for token in self._tokens), self._matches)

    def _any_of(self) -> Term:
        terms = [self._all_of()]
        while self._take(","):
            terms.append(self._all_of())
        return _joined("or", terms)

    def _all_of(self) -> Term:
        terms = [self._one()]
        while self._take("+"):
            terms.append(self._one())
        return _joined("and", terms)

    def _one(self) -> Term:
        if not self._take("("):
            return self._comparison(self._expect("PROP").text[:-1])
        self._depth += 1
        if self._depth > MAX_GROUP_DEPTH:
            raise FilterError(
                f"Query Error: groups stand within one another more than {MAX_GROUP_DEPTH} deep"
            )
        term = self._any_of()
        self._expect(")")
        self._depth -= 1
        return term

    def _comparison(self, field: str) -> Comparison:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            raise FilterError(
                f"Query Error: the filter has more than {MAX_COMPARISONS} comparisons"
            )
        negated = self._take("-")
        if self._next.kind in _MATCHES:
            return self._match(field, negated)
        if self._next.kind in _RANGES and not negated:
            relation = _RANGES[self._advance().kind]
            return Comparison(field, relation, (self._value(),))
        if not self._take("["):
            return Comparison(field, "=", (self._value(),), negated)
        values, relation = self._list(negated)
        return Comparison(field, relation, values, negated)

    def _match(self, field: str, negated: bool) -> Comparison:
        self._matches += 1
        relation = _MATCHES[self._advance().kind]
        return Comparison(field, relation, (_unquoted(self._expect("STRING").text),), negated)

    def _list(self, negated: bool) -> tuple[tuple[Value, ...], Relation]:
        values = [self._value()]
        relation: Relation = "in"
        separator = ","
        if not negated and self._next.kind == "+":
            relation = "all"
            separator = "+"
        while self._take(separator):
            values.append(self._value())
        self._expect("]")
        return tuple(values), relation

    def _value(self) -> Value:
        token = self._advance()
        if token.kind in ("LITERAL", "LETTER"):
            return _QUOTE.sub(r"\1", token.text)
        if token.kind == "STRING":
            return _unquoted(token.text)
        if token.kind == "NUMBER":
            return int(token.text.split(".")[0])
        if token.kind == "NOW":
            return _shifted(self._now, token.text[3:]).isoformat(" ", "seconds")[:19]
        if token.kind in ("TRUE", "FALSE"):
            return token.kind == "TRUE"
        if token.kind == "NULL":
            return None
        raise _unexpected(token)

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _advance(self) -> Token:
        token = self._next
        self._place += token.kind != "END"
        return token

    def _take(self, kind: str) -> bool:
        found = self._next.kind == kind
        self._place += found
        return found

    def _expect(self, kind: str) -> Token:
        token = self._advance()
        if token.kind != kind:
            raise _unexpected(token)
        return token


def _joined(kind: Literal["and", "or"], terms: list[Term]) -> Term:
    if len(terms) == 1:
        return terms[0]
    return FilterGroup(kind, tuple(terms))


def _unexpected(token: Token) -> FilterError:
    return FilterError(f"Query Error: unexpected character in filter at char {token.place + 1}")


def _unquoted(text: str) -> str:
    return _QUOTE.sub(r"\1", text[1:-1])


def _shifted(now: datetime, offset: str) -> datetime:
    """Return `now` in UTC moved by an offset such as `-3d` or `+1M`.

    A result outside the range of datetime becomes the first or the last possible date.
    """
    unit = offset[-1]
    amount = int(offset[1:-1])
    if offset[0] == "-":
        amount = -amount
    now = now.astimezone(UTC)
    try:
        if unit in _MONTHS:
            return _months_on(now, amount * _MONTHS[unit])
        return now + timedelta(seconds=amount * _SECONDS[unit])
    except (OverflowError, ValueError):
        if amount < 0:
            return datetime.min.replace(tzinfo=UTC)
        return datetime.max.replace(tzinfo=UTC)


def _months_on(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last_day = monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))
