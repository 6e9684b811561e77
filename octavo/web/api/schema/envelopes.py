"""The models of whole answers: lists with paging, single records, results, changes, problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from octavo.web.api.schema.models import (
    AuthorModel,
    Id,
    Meta,
    Model,
    PostModel,
    TagModel,
    Time,
    Url,
)


class Pagination(Model):
    """Where a list's slice stands; pages are counted from 1."""

    page: int
    limit: int
    pages: int
    total: int
    next: int | None
    prev: int | None


class Cursor(Model):
    """Where the next page of a list begins, also where articles were added meanwhile.

    `next` is the value for `cursor=` in the next request; null on the last page.
    """

    next: str | None


class ListMeta(Model):
    """What stands beside a list; `cursor` only where the request has one."""

    pagination: Pagination
    cursor: Cursor | None = None


class NavigationItem(Model):
    """An entry of the navigation."""

    label: str
    url: str


class SiteSettings(Meta):
    """The site."""

    title: str
    description: str
    logo: str | None = None
    icon: str | None = None
    accent_color: str | None = None
    cover_image: str | None = None
    facebook: str | None = None
    twitter: str | None = None
    lang: str
    locale: str
    timezone: str
    navigation: list[NavigationItem]
    secondary_navigation: list[NavigationItem] = Field(default_factory=list)
    members_support_address: str = Field(
        description="Where nobody reads: a site without members has no such address."
    )
    members_enabled: bool = False
    allow_self_signup: bool = False
    members_invite_only: bool = False
    paid_members_enabled: bool = False
    portal_button: bool = False
    comments_enabled: Literal["off"] = "off"
    recommendations_enabled: bool = False
    url: Url
    version: str = "6.0"


class PostList(Model):
    """A page of a list of articles."""

    posts: list[PostModel]
    meta: ListMeta


class PostAnswer(Model):
    """One article."""

    posts: list[PostModel]


class PageList(Model):
    """A page of a list of pages."""

    pages: list[PostModel]
    meta: ListMeta


class PageAnswer(Model):
    """One page."""

    pages: list[PostModel]


class TagList(Model):
    """A page of a list of tags."""

    tags: list[TagModel]
    meta: ListMeta


class TagAnswer(Model):
    """One tag."""

    tags: list[TagModel]


class AuthorList(Model):
    """A page of a list of authors."""

    authors: list[AuthorModel]
    meta: ListMeta


class AuthorAnswer(Model):
    """One author."""

    authors: list[AuthorModel]


class FacetValueModel(Model):
    """A value of a facet (category, tag, author or year) among the results, with its count.

    `value` is what the query's parameter of the facet's name takes: `tag=VALUE`.
    """

    value: str
    label: str
    count: int
    selected: bool


class CorrectionModel(Model):
    """What was searched for instead: the whole query, and each word that was changed."""

    used: str
    words: dict[str, str]


class SearchMeta(Model):
    """What stands beside results.

    `partial` says that not everything could be searched, `notes` say why. `by_meaning` is the
    number of those among all results that have none of the words.
    """

    pagination: Pagination
    query: str
    corrected: CorrectionModel | None
    facets: dict[str, list[FacetValueModel]]
    notes: list[str]
    partial: bool
    by_meaning: int


class SearchAnswer(Model):
    """A page of results, the best first."""

    posts: list[PostModel]
    meta: SearchMeta


LISTS: Mapping[str, type[Model]] = {
    "posts": PostList,
    "pages": PageList,
    "tags": TagList,
    "authors": AuthorList,
}
SINGLES: Mapping[str, type[Model]] = {
    "posts": PostAnswer,
    "pages": PageAnswer,
    "tags": TagAnswer,
    "authors": AuthorAnswer,
}


class NoMeta(Model):
    """An empty object."""


class SettingsAnswer(Model):
    """The site's settings."""

    settings: SiteSettings
    meta: NoMeta

    def to_json(self) -> bytes:
        """Return the answer's bytes, with what the site has no value for."""
        return self.model_dump_json().encode()


class IndexedPost(Model):
    """An article as Ghost's search in the browser wants it."""

    id: Id
    slug: str
    title: str
    excerpt: str | None
    url: Url
    updated_at: Time
    visibility: Literal["public"]


class IndexedTag(Model):
    """A tag as Ghost's search in the browser wants it."""

    id: Id
    slug: str
    name: str
    url: Url


class IndexedAuthor(IndexedTag):
    """An author as Ghost's search in the browser wants it."""

    profile_image: Url | None


class IndexedPosts(Model):
    """All articles in short."""

    posts: list[IndexedPost]


class IndexedTags(Model):
    """All tags in short."""

    tags: list[IndexedTag]


class IndexedAuthors(Model):
    """All authors in short."""

    authors: list[IndexedAuthor]


INDEXES: Mapping[str, tuple[type[Model], type[Model]]] = {
    "posts": (IndexedPosts, IndexedPost),
    "tags": (IndexedTags, IndexedTag),
    "authors": (IndexedAuthors, IndexedAuthor),
}


class TierList(Model):
    """Tiers of members: this site has none."""

    tiers: list[NoMeta]
    meta: ListMeta


class NewsletterList(Model):
    """Newsletters: this site has none."""

    newsletters: list[NoMeta]
    meta: ListMeta


class RecommendationList(Model):
    """Recommended sites: this site has none."""

    recommendations: list[NoMeta]
    meta: ListMeta


EMPTY: Mapping[str, type[Model]] = {
    "tiers": TierList,
    "newsletters": NewsletterList,
    "recommendations": RecommendationList,
}


class ChangeModel(Model):
    """One change for readers. `old` and `new` are hashes of what is shown, null where nothing is.

    `keys` are those under which caches in front know the pages that show it (`Surrogate-Key`,
    `Cache-Tag`). The kind `site` tells only these: pages that look otherwise because of something
    that readers do not see. Its `slug` is empty.
    """

    number: int
    at: Time
    event: Literal["created", "updated", "deleted", "published", "expired"]
    kind: Literal["post", "page", "author", "picture", "file", "site"]
    slug: str
    url: Url
    keys: list[str]
    old: str | None
    new: str | None


class ChangesMeta(Model):
    """Where the list of changes ends.

    `cursor` is `since` of the next request; `more` says to ask at once.
    """

    cursor: str
    more: bool


class ChangesAnswer(Model):
    """Changes, the oldest first; webhooks are sent the same."""

    changes: list[ChangeModel]
    meta: ChangesMeta


class ProblemModel(Model):
    """What is wrong with a request, in the shape that Ghost's clients read."""

    message: str
    context: str | None = None
    type: str
    details: None = None
    property: str | None = None
    help: str | None = None
    code: str | None = None
    id: str
    ghostErrorCode: None = None


class Errors(Model):
    """The answer to a request that failed."""

    errors: list[ProblemModel]
