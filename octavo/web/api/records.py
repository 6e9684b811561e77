"""What the API knows about one edition: its articles, pages, tags and authors, by id and slug, and
as columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

import numpy as np

from octavo.content.library import Edition
from octavo.content.posts import Author, Post
from octavo.content.slugs import slugify
from octavo.content.terms import Term
from octavo.site.addresses import Addresses
from octavo.site.site import Site
from octavo.web.api import fields
from octavo.web.api.filter.columns import Link, Rows, Table
from octavo.web.api.identity import Kind, identity
from octavo.web.api.schema import models

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Topic:
    """A category, a tag, or both where they share a slug: one tag to the API."""

    slug: str
    name: str
    path: str
    posts: tuple[Post, ...]

    @property
    def count(self) -> int:
        """Number of articles."""
        return len(self.posts)


@dataclass(frozen=True)
class Resource(Generic[Row]):
    """The records of one kind in their natural order."""

    kind: Kind
    rows: Sequence[Row]
    slug_of: Callable[[Row], str]
    table: Table

    @cached_property
    def by_slug(self) -> Mapping[str, Row]:
        """Records by slug."""
        return {self.slug_of(row): row for row in self.rows}

    @cached_property
    def by_id(self) -> Mapping[str, Row]:
        """Records by id."""
        return {identity(self.kind, self.slug_of(row)): row for row in self.rows}


class Records:
    """The API's view of one edition; its parts are made when first asked for and kept."""

    def __init__(self, site: Site, edition: Edition, preview: bool = False) -> None:
        """`preview` says that the edition holds what readers do not see yet."""
        self.site = site
        self.edition = edition
        self.preview = preview
        self.addresses: Addresses = site.addresses
        self._tags: dict[str, models.Tag] = {}
        self._authors: dict[Author, models.Author] = {}

    @property
    def now(self) -> datetime:
        """The site's time."""
        return datetime.fromtimestamp(self.site.clock(), UTC)

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """Categories and tags by slug, in the order of their names."""
        categories, tags = self.edition.categories, self.edition.tags
        found = [
            _topic(self.addresses, categories.get(slug), tags.get(slug))
            for slug in {**categories, **tags}
        ]
        return {
            topic.slug: topic
            for topic in sorted(found, key=lambda topic: (topic.name.casefold(), topic.slug))
        }

    def topics_of(self, post: Post) -> list[Topic]:
        """Return the category and the tags of an article, the category first."""
        slugs = dict.fromkeys(slugify(name) for name in (post.category, *post.tags))
        return [self.topics[slug] for slug in slugs if slug in self.topics]

    def authors_of(self, post: Post) -> tuple[Author, ...]:
        """Return the authors of an article in its own order; what nobody signed is signed by the
        site.
        """
        return self.edition.authors_of(post) or (self.house,)

    @cached_property
    def house(self) -> Author:
        """The site as an author: Ghost's articles and pages always have one, and front ends rely on
        it.
        """
        title = self.site.settings.title
        slug = slugify(title) or "site"
        known = self.edition.author(slug)
        return known if known.path else Author(slug, title)

    @cached_property
    def _unsigned(self) -> tuple[Post, ...]:
        return tuple(post for post in self.edition.posts if not any(map(slugify, post.authors)))

    def signed_by(self, author: Author) -> tuple[Post, ...]:
        """Return an author's articles."""
        term = self.edition.authors.get(author.slug)
        return (
            *(term.posts if term else ()),
            *(self._unsigned if author.slug == self.house.slug else ()),
        )

    def tag(self, topic: Topic) -> models.Tag:
        """Return a tag as it stands within an article."""
        if topic.slug not in self._tags:
            self._tags[topic.slug] = models.Tag(
                **{name: value(self, topic) for name, value in fields.TAG.items()}
            )
        return self._tags[topic.slug]

    def author(self, author: Author) -> models.Author:
        """Return an author as it stands within an article."""
        if author not in self._authors:
            made = {name: value(self, author) for name, value in fields.AUTHOR.items()}
            self._authors[author] = models.Author(**made)
        return self._authors[author]

    @cached_property
    def tags(self) -> Resource[Topic]:
        """Tags in the order of their names, categories among them."""
        rows = tuple(self.topics.values())
        table = self._table(rows, {**fields.TAG, "count.posts": lambda records, topic: topic.count})
        return Resource("tag", rows, lambda topic: topic.slug, table)

    @cached_property
    def authors(self) -> Resource[Author]:
        """Authors in the order of their names."""
        found = {slug: self.edition.author(slug) for slug in self.edition.authors}
        if self._unsigned or any(
            not self.edition.authors_of(page) for page in self.edition.pages.values()
        ):
            found.setdefault(self.house.slug, self.house)
        rows = tuple(
            sorted(found.values(), key=lambda author: (author.name.casefold(), author.slug))
        )
        table = self._table(rows, {**fields.AUTHOR, "count.posts": Records.count_of})
        return Resource("author", rows, lambda author: author.slug, table)

    def count_of(self, author: Author) -> int:
        """Return the number of an author's articles."""
        return len(self.signed_by(author))

    @cached_property
    def posts(self) -> Resource[Post]:
        """Articles, newest first."""
        return self._posts("post", self.edition.posts)

    @cached_property
    def pages(self) -> Resource[Post]:
        """Pages of their own, such as About."""
        listed = (page for page in self.edition.pages.values() if not page.unlisted)
        return self._posts("page", tuple(listed))

    def _posts(self, kind: Kind, rows: Sequence[Post]) -> Resource[Post]:
        known = fields.POST if kind == "post" else fields.PAGE
        columns: dict[str, Callable[[Records, Post], Any]] = {**known, **fields.FILTERED}
        for name, of_tag in fields.TAG.items():
            columns[f"primary_tag.{name}"] = _of_first(Records.topics_of, of_tag)
        for name, of_author in fields.AUTHOR.items():
            columns[f"primary_author.{name}"] = _of_first(Records.authors_of, of_author)
        tagged, signed = self._carriers(kind, rows)
        links = {
            "tags": lambda: _link(rows, self.tags, tagged),
            "authors": lambda: _link(rows, self.authors, signed),
        }
        return Resource(kind, rows, lambda post: post.slug, self._table(rows, columns, links))

    def _carriers(
        self, kind: Kind, rows: Sequence[Post]
    ) -> tuple[Callable[[Topic], Iterable[Post]], Callable[[Author], Iterable[Post]]]:
        """Return how the records with a tag, and those of an author, are found."""
        if kind == "post":
            return lambda topic: topic.posts, self.signed_by
        # Pages are few, and no term lists them.
        return (
            lambda topic: (row for row in rows if topic in self.topics_of(row)),
            lambda author: (
                row for row in rows if author.slug in {each.slug for each in self.authors_of(row)}
            ),
        )

    def _table(
        self,
        rows: Sequence[Row],
        columns: Mapping[str, Callable[[Records, Row], Any]],
        links: Mapping[str, Callable[[], Link]] | None = None,
    ) -> Table:
        def values_of(name: str) -> list[Any] | None:
            value = columns.get(name)
            return [value(self, row) for row in rows] if value else None

        return Table(len(rows), values_of, links)


class Desk:
    """The records of the latest editions of readers and of previews."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[bool, Records] = {}

    def records(self, edition: Edition, preview: bool = False) -> Records:
        """Return the records of an edition."""
        kept = self._kept.get(preview)
        if kept is None or kept.edition is not edition:
            kept = self._kept[preview] = Records(self._site, edition, preview)
        return kept


def _topic(addresses: Addresses, category: Term | None, tag: Term | None) -> Topic:
    term = category or tag
    assert term is not None
    posts = term.posts
    if category is not None and tag is not None:
        posts = tuple({post.slug: post for post in (*category.posts, *tag.posts)}.values())
    return Topic(term.slug, term.name, addresses.term(term.kind, term.slug), posts)


def _of_first(
    members: Callable[[Records, Post], Sequence[Row]], value: Callable[[Records, Row], Any]
) -> Callable[[Records, Post], Any]:
    """Return a field of an article that is the field `value` of its first tag or author, else None."""

    def of_post(records: Records, post: Post) -> Any:
        found = members(records, post)
        return value(records, found[0]) if found else None

    return of_post


def _link(
    rows: Sequence[Post], resource: Resource[Row], carriers: Callable[[Row], Iterable[Post]]
) -> Link:
    """Return the link from articles to the records of `resource`, of which each is carried by some."""
    places = {id(row): place for place, row in enumerate(rows)}

    @cache
    def owners(member: int) -> Rows:
        return np.array([places[id(post)] for post in carriers(resource.rows[member])], np.intp)

    return Link(resource.table, owners)
