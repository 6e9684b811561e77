"""Numbered pages of a list."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Number:
    """A link to a numbered page; a gap has no URL."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Pager(Generic[Item]):
    """One page of a list, with links to the others; `number` is counted from 1."""

    items: tuple[Item, ...]
    number: int
    pages: int
    total: int
    prev: str
    next: str
    numbers: tuple[Number, ...]

    def holding(self, items: tuple[Other, ...]) -> Pager[Other]:
        """Return the same page with other items."""
        return replace(cast(Any, self), items=items)


def paginate(
    items: tuple[Item, ...], wanted: str | None, size: int, path: str
) -> Pager[Item] | None:
    """Return page `wanted` of a list; None where there is no such page.

    `wanted` is the text of the query's `page`; None means the first page.
    """
    if wanted is not None and not re.fullmatch(r"[1-9][0-9]{0,6}", wanted, re.ASCII):
        return None
    number = int(wanted or 1)
    pages = max(1, -(-len(items) // size))
    if number > pages:
        return None

    def url(page: int) -> str:
        if page == 1:
            return path
        return f"{path}?page={page}"

    return pager_of(items[(number - 1) * size : number * size], number, pages, len(items), url)


def pager_of(
    items: tuple[Item, ...], number: int, pages: int, total: int, url: Callable[[int], str]
) -> Pager[Item]:
    """Return page `number` (from 1) of `pages`, with links to the first, last and adjacent ones.

    `items` are those of this page alone, `total` counts all; `url` returns the address of a page
    by its number.
    """
    shown = sorted({1, pages, *range(max(1, number - 1), min(pages, number + 1) + 1)})
    url_of = {page: url(page) for page in shown}
    numbers: list[Number] = []
    for before, page in zip([0, *shown], shown, strict=False):
        if page - before > 1:
            numbers.append(Number("…", ""))
        numbers.append(Number(str(page), url_of[page], page == number))
    return Pager(
        items=items,
        number=number,
        pages=pages,
        total=total,
        prev=url_of.get(number - 1, ""),
        next=url_of.get(number + 1, ""),
        numbers=tuple(numbers),
    )
