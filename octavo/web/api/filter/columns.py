"""Records as columns: filters and orders use arrays of small numbers instead of objects."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from octavo.cached import cached_property
from octavo.content.frontmatter.dates import parse_date
from octavo.web.api.filter.nql import Comparison, FilterError, FilterGroup, Term, Value
from octavo.web.api.identity import api_time

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
# A value's kind and the value.
Rank = tuple[int, Any]
# Fields to sort by, each with whether it descends.
Order = tuple[tuple[str, bool], ...]

# Orders that a table keeps.
MAX_ORDERS = 16

ALIASES = {
    "tag": "tags.slug",
    "tags": "tags.slug",
    "author": "authors.slug",
    "authors": "authors.slug",
    "primary_tag": "primary_tag.slug",
    "primary_author": "primary_author.slug",
}
DATES = frozenset({"published_at", "updated_at", "created_at"})
# These are made from Markdown when they are sent; searching in them is the search endpoint's work.
UNFILTERED = frozenset({"html", "plaintext"})


_MATCHERS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__,
    "starts": str.startswith,
    "ends": str.endswith,
}


class Column:
    """One field of all records: the sorted distinct values, and for each record its value's number.

    A column holds values of one kind, and None. Values compare within their own kind only, as in
    Ghost: a text is neither more nor less than a number.
    """

    def __init__(self, values: Sequence[Value], dates: bool = False) -> None:
        distinct = set(values)
        given: list[Any] = [value for value in distinct if value is not None]
        self.values: list[Value] = [None] * (None in distinct) + sorted(given)
        self._dates = dates
        self._numbers = {value: number for number, value in enumerate(self.values)}
        self.codes = np.fromiter(map(self._numbers.__getitem__, values), np.intp, len(values))

    def matching(self, comparison: Comparison) -> Mask:
        """Return a mask of the records that meet the comparison; its negation is ignored."""
        relation = comparison.relation
        given = [self._typed(value) for value in comparison.values]
        if relation in ("=", "in"):
            found = self._equal(given)
        elif relation in ("contains", "starts", "ends"):
            found = self._containing(relation, str(given[0]).lower())
        else:
            found = self._ranging(relation, _rank(given[0]))
        return found[self.codes]

    def compared(self, value: Value) -> tuple[Mask, Mask]:
        """Return two masks: the records with a value less than `value`, and those with it."""
        left, right = (
            find(self.values, _rank(value), key=_rank) for find in (bisect_left, bisect_right)
        )
        return self.codes < left, (self.codes >= left) & (self.codes < right)

    def _typed(self, value: Value) -> Value:
        if not self._dates or not isinstance(value, str):
            return value
        try:
            return api_time(parse_date(value, UTC))
        except ValueError:
            return value

    def _equal(self, given: Sequence[Value]) -> Mask:
        found = np.zeros(len(self.values), np.bool_)
        # A number may be meant as text: `tag:2024`.
        as_texts = [str(value) for value in given if type(value) is int]
        for value in (*given, *as_texts):
            number = self._numbers.get(value)
            # True and 1 are the same key.
            if number is not None and type(self.values[number]) is type(value):
                found[number] = True
        return found

    @cached_property
    def _lowered(self) -> list[str]:
        return [value.lower() for value in self.values if isinstance(value, str)]

    def _containing(self, relation: str, wanted: str) -> Mask:
        holds = _MATCHERS[relation]
        # Texts are sorted last.
        others = len(self.values) - len(self._lowered)
        return np.array(
            [False] * others + [holds(text, wanted) for text in self._lowered], np.bool_
        )

    def _ranging(self, relation: str, limit: Rank) -> Mask:
        # Values are sorted by kind first: those of the limit's stand between `first` and `last`.
        first = bisect_left(self.values, limit[0], key=_kind)
        last = bisect_right(self.values, limit[0], key=_kind)
        left = bisect_left(self.values, limit, key=_rank)
        right = bisect_right(self.values, limit, key=_rank)
        spans = {
            ">": slice(right, last),
            ">=": slice(left, last),
            "<": slice(first, left),
            "<=": slice(first, right),
        }
        found = np.zeros(len(self.values), np.bool_)
        found[spans[relation]] = True
        return found


def _rank(value: Value) -> Rank:
    if value is None:
        return 0, 0
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, int):
        return 2, value
    return 3, value


def _kind(value: Value) -> int:
    return _rank(value)[0]


@dataclass(frozen=True, slots=True)
class Join:
    """How records refer to those of another table.

    `owners` returns the places of the records that have the one at a place of that table.
    """

    table: ColumnTable
    owners: Callable[[int], Rows]


class ColumnTable:
    """All records of one resource in their natural order; columns are made on demand and kept."""

    def __init__(
        self,
        size: int,
        values_of: Callable[[str], Sequence[Value] | None],
        joins: Mapping[str, Callable[[], Join]] | None = None,
    ) -> None:
        """`values_of` returns a field's value in every record, or None for an unknown field."""
        self.size = size
        self._values_of = values_of
        self._makers = joins or {}
        self._joins: dict[str, Join] = {}
        self._columns: dict[str, Column | None] = {}
        self._orders: dict[Order, Rows] = {}

    def column(self, name: str) -> Column | None:
        """Return the column of a scalar field, which may have dots (`primary_tag.slug`)."""
        if name not in self._columns:
            values = self._values_of(name)
            if values is None:
                return None
            self._columns[name] = Column(values, dates=name in DATES)
        return self._columns[name]

    def select(self, term: Term) -> Mask:
        """Return a mask of the records that meet the filter.

        Raises FilterError for a field that cannot be filtered.
        """
        if isinstance(term, FilterGroup):
            masks = map(self.select, term.terms)
            if term.kind == "and":
                return reduce(np.logical_and, masks)
            return reduce(np.logical_or, masks)
        if term.relation == "all":
            each = (self._compare(Comparison(term.field, "=", (value,))) for value in term.values)
            return reduce(np.logical_and, each)
        return self._compare(term)

    def _compare(self, comparison: Comparison) -> Mask:
        name = ALIASES.get(comparison.field, comparison.field)
        if name in UNFILTERED:
            raise FilterError(
                f"Query Error: `{name}` cannot be filtered; search finds words in texts"
            )
        if name.partition(".")[0] in self._makers:
            found = self._joined(name, comparison)
        else:
            found = self._own(name, comparison)
        if comparison.negated:
            return ~found
        return found

    def _own(self, name: str, comparison: Comparison) -> Mask:
        column = self.column(name)
        if column is None:
            missing = comparison.relation in ("=", "in") and None in comparison.values
            return np.full(self.size, missing, np.bool_)
        return column.matching(comparison)

    def _joined(self, name: str, comparison: Comparison) -> Mask:
        first, _, rest = name.partition(".")
        if first not in self._joins:
            self._joins[first] = self._makers[first]()
        join = self._joins[first]
        found = np.zeros(self.size, np.bool_)
        column = join.table.column(rest)
        if column is not None:
            for member in np.flatnonzero(column.matching(comparison)).tolist():
                found[join.owners(member)] = True
        return found

    def ordered(self, order: Order) -> Rows:
        """Return the places of the records, sorted by some fields.

        Records that are equal in all of them stay in their natural order.
        """
        known: dict[str, bool] = {}
        for name, descends in order:
            if self.column(name) is not None:
                # Sorted by once, a field decides nothing more.
                known.setdefault(name, descends)
        order = tuple(known.items())
        if order not in self._orders:
            if len(self._orders) >= MAX_ORDERS:
                self._orders.clear()
            self._orders[order] = self._sorted(order)
        return self._orders[order]

    def _sorted(self, order: Order) -> Rows:
        keys = [np.arange(self.size)]
        # The last key decides first.
        for name, descends in reversed(order):
            column = self.column(name)
            if column is None:
                continue
            if descends:
                keys.append(-column.codes)
            else:
                keys.append(column.codes)
        return np.lexsort(keys)
