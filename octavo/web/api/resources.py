"""The four resources of the API, each by id, by slug, and as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from octavo.cached import cached_property
from octavo.content.library.library import Edition
from octavo.content.posts import Author, Post
from octavo.site.previews.links import Signer
from octavo.site.site import Site
from octavo.web.api import fields
from octavo.web.api.filter.columns import ColumnTable, Join, Rows
from octavo.web.api.identity import Kind, record_id
from octavo.web.api.records import Records, Topic

Row = TypeVar("Row")
Plural = Literal["posts", "pages", "tags", "authors"]


@dataclass(frozen=True)
class Resource(Generic[Row]):
    """The records of one kind in their natural order."""

    kind: Kind
    rows: Sequence[Row]
    slug_of: Callable[[Row], str]
    table: ColumnTable

    @cached_property
    def by_slug(self) -> Mapping[str, Row]:
        """Records by slug."""
        return {self.slug_of(row): row for row in self.rows}

    @cached_property
    def by_id(self) -> Mapping[str, Row]:
        """Records by id."""
        return {record_id(self.kind, self.slug_of(row)): row for row in self.rows}


class Resources(Records):
    """The resources of one edition."""

    def of(self, plural: Plural) -> Resource[Any]:
        """Return a resource by its name in the API's addresses."""
        found: Resource[Any] = getattr(self, plural)
        return found

    @cached_property
    def tags(self) -> Resource[Topic]:
        """Tags and categories, sorted by name."""
        rows = tuple(self.topics.values())
        table = self._table(rows, {**fields.TAG, "count.posts": lambda records, topic: topic.count})
        return Resource("tag", rows, lambda topic: topic.slug, table)

    @cached_property
    def authors(self) -> Resource[Author]:
        """Authors, sorted by name."""
        found = {slug: self.edition.author(slug) for slug in self.edition.authors}
        pages = self.edition.pages.values()
        if self.unsigned or not all(map(self.edition.authors_of, pages)):
            found.setdefault(self.house.slug, self.house)
        ordered = sorted(found.values(), key=lambda author: (author.name.casefold(), author.slug))
        table = self._table(ordered, {**fields.AUTHOR, "count.posts": Records.count_of})
        return Resource("author", ordered, lambda author: author.slug, table)

    @cached_property
    def posts(self) -> Resource[Post]:
        """Articles, newest first."""
        return self._posts("post", self.edition.posts, fields.POST)

    @cached_property
    def pages(self) -> Resource[Post]:
        """Standing pages, such as About."""
        listed = (page for page in self.edition.pages.values() if not page.unlisted)
        return self._posts("page", tuple(listed), fields.PAGE)

    def _posts(self, kind: Kind, rows: Sequence[Post], known: fields.PostFields) -> Resource[Post]:
        columns: dict[str, Callable[[Records, Post], Any]] = {**known, **fields.FILTERED}
        for name, of_tag in fields.TAG.items():
            columns[f"primary_tag.{name}"] = _of_first(Records.topics_of, of_tag)
        for name, of_author in fields.AUTHOR.items():
            columns[f"primary_author.{name}"] = _of_first(Records.authors_of, of_author)
        tagged, signed = self._carriers(kind, rows)
        joins = {
            "tags": lambda: _join(rows, self.tags, tagged),
            "authors": lambda: _join(rows, self.authors, signed),
        }
        return Resource(kind, rows, lambda post: post.slug, self._table(rows, columns, joins))

    def _carriers(
        self, kind: Kind, rows: Sequence[Post]
    ) -> tuple[Callable[[Topic], Iterable[Post]], Callable[[Author], Iterable[Post]]]:
        """Return two functions: for the records with a tag, and for those of an author."""
        if kind == "post":
            return lambda topic: topic.posts, self.signed_by
        # Pages are few, and no term lists them.
        return (
            lambda topic: (row for row in rows if topic in self.topics_of(row)),
            lambda author: (row for row in rows if self._signs(author, row)),
        )

    def _signs(self, author: Author, post: Post) -> bool:
        return any(author.slug == each.slug for each in self.authors_of(post))

    def _table(
        self,
        rows: Sequence[Row],
        columns: Mapping[str, Callable[[Records, Row], Any]],
        joins: Mapping[str, Callable[[], Join]] | None = None,
    ) -> ColumnTable:
        def values_of(name: str) -> list[Any] | None:
            value = columns.get(name)
            if value is None:
                return None
            return [value(self, row) for row in rows]

        return ColumnTable(len(rows), values_of, joins)


class Desk:
    """Keeps the resources of the latest edition, and reads the tokens of previews."""

    def __init__(self, site: Site) -> None:
        self.signer = Signer(site.settings.preview_secret)
        self._site = site
        self._kept: Resources | None = None

    def resources(self, edition: Edition) -> Resources:
        """Return the resources of an edition."""
        kept = self._kept
        if kept is None or kept.edition is not edition:
            kept = self._kept = Resources(self._site, edition)
        return kept


def _of_first(
    members: Callable[[Records, Post], Sequence[Row]], value: Callable[[Records, Row], Any]
) -> Callable[[Records, Post], Any]:
    """Return `value` of an article's first tag or author, or None without one."""

    def of_post(records: Records, post: Post) -> Any:
        found = members(records, post)
        if not found:
            return None
        return value(records, found[0])

    return of_post


def _join(
    rows: Sequence[Post], resource: Resource[Row], carriers: Callable[[Row], Iterable[Post]]
) -> Join:
    """Return how articles refer to the records of `resource`; `carriers` finds those of one."""
    places = {id(row): place for place, row in enumerate(rows)}

    @cache
    def owners(member: int) -> Rows:
        return np.array([places[id(post)] for post in carriers(resource.rows[member])], np.intp)

    return Join(resource.table, owners)
