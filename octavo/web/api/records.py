"""The records of one edition: articles, pages, tags and authors, and how they belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from octavo.cached import cached_property
from octavo.content.library.library import Edition
from octavo.content.posts import Author, Post
from octavo.content.slugs import slugify
from octavo.content.terms import Term
from octavo.site.addresses import Addresses
from octavo.site.site import Site
from octavo.web.api.schema.models import AuthorModel, TagModel


@dataclass(frozen=True, slots=True)
class Topic:
    """A category, a tag, or both where they share a slug: one tag to the API.

    An `internal` one is for programs only, and has no page.
    """

    slug: str
    name: str
    path: str
    posts: tuple[Post, ...]
    internal: bool = False

    @property
    def count(self) -> int:
        """Number of articles."""
        return len(self.posts)


def internal_slug(name: str) -> str:
    """Return the slug of an internal tag, as Ghost makes it: `#news` is `hash-news`."""
    return f"hash-{slugify(name)}"


class Records:
    """All records of one edition; its parts are made when first asked for and kept."""

    def __init__(self, site: Site, edition: Edition, preview: bool = False) -> None:
        """`preview` says that the edition also holds what readers do not see yet."""
        self.site = site
        self.edition = edition
        self.preview = preview
        self.addresses: Addresses = site.addresses
        # Tags by slug, and authors, in the form that articles hold: each is in many articles.
        self.tag_models: dict[str, TagModel] = {}
        self.author_models: dict[Author, AuthorModel] = {}

    @property
    def now(self) -> datetime:
        """The time by the site's clock."""
        return datetime.fromtimestamp(self.site.clock(), UTC)

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        """Categories and tags by slug, sorted by name."""
        slugs = self.edition.categories.keys() | self.edition.tags.keys()
        found = [*map(self._topic, slugs), *self._internal_topics()]
        found.sort(key=lambda topic: (topic.name.casefold(), topic.slug))
        return {topic.slug: topic for topic in found}

    def _internal_topics(self) -> Iterator[Topic]:
        posts: dict[str, list[Post]] = {}
        names: dict[str, str] = {}
        for post in self.edition.posts:
            for name in post.internal_tags:
                names.setdefault(internal_slug(name), name)
                posts.setdefault(internal_slug(name), []).append(post)
        nowhere = self.addresses.path("/404/")
        for slug, name in names.items():
            yield Topic(slug, name, nowhere, tuple(posts[slug]), internal=True)

    def _topic(self, slug: str) -> Topic:
        category = self.edition.categories.get(slug)
        tag = self.edition.tags.get(slug)
        term = category or tag
        assert term is not None
        posts = term.posts
        if category is not None and tag is not None:
            posts = tuple({post.slug: post for post in (*category.posts, *tag.posts)}.values())
        return Topic(term.slug, term.name, self.addresses.term(term.kind, term.slug), posts)

    def topics_of(self, post: Post) -> list[Topic]:
        """Return the category and the tags of an article, the category first."""
        slugs = [slugify(name) for name in (post.category, *post.tags)]
        slugs += map(internal_slug, post.internal_tags)
        return [self.topics[slug] for slug in dict.fromkeys(slugs) if slug in self.topics]

    def authors_of(self, post: Post) -> tuple[Author, ...]:
        """Return the authors of an article in its own order; the site where it has none."""
        return self.edition.authors_of(post) or (self.house,)

    @cached_property
    def house(self) -> Author:
        """The site as an author, for texts without one.

        Ghost's articles and pages always have an author, and front ends rely on it.
        """
        title = self.site.settings.title
        slug = slugify(title) or "site"
        known = self.edition.author(slug)
        if known.path:
            return known
        return Author(slug, title)

    @cached_property
    def unsigned(self) -> tuple[Post, ...]:
        """The articles without an author."""
        return tuple(post for post in self.edition.posts if not any(map(slugify, post.authors)))

    def signed_by(self, author: Author) -> tuple[Post, ...]:
        """Return an author's articles."""
        term: Term | None = self.edition.authors.get(author.slug)
        posts: tuple[Post, ...] = ()
        if term is not None:
            posts = term.posts
        if author.slug == self.house.slug:
            posts += self.unsigned
        return posts

    def count_of(self, author: Author) -> int:
        """Return the number of an author's articles."""
        return len(self.signed_by(author))
