"""What the API answers, as models: the answers are made from them, and so is the OpenAPI document.

The shapes are those of Ghost's Content API, version 6. A field that was not asked for is absent; a field without
a value is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="Stable as long as the slug is.")]
Url = Annotated[str, Field(description="An absolute URL.", json_schema_extra={"format": "uri"})]
Time = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$", examples=["2025-07-17T00:00:00.000+00:00"]),
]


class Model(BaseModel):
    """Base of all answers: what is not set is not sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_json(self) -> bytes:
        """Return the answer's bytes."""
        return self.model_dump_json(exclude_unset=True).encode()


class Meta(Model):
    """Texts that Ghost keeps for search engines and social cards."""

    og_image: str | None = None
    og_title: str | None = None
    og_description: str | None = None
    twitter_image: str | None = None
    twitter_title: str | None = None
    twitter_description: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    codeinjection_head: str | None = None
    codeinjection_foot: str | None = None


class Count(Model):
    """Numbers about a tag or an author; only with `include=count.posts`."""

    posts: int


class Tag(Meta):
    """A tag, or a category, which is an article's primary tag."""

    id: Id = ""
    name: str = ""
    slug: str = ""
    description: str | None = None
    feature_image: str | None = None
    visibility: Literal["public"] = "public"
    canonical_url: str | None = None
    accent_color: str | None = None
    url: Url = ""
    count: Count | None = None


class Author(Model):
    """Who signs articles."""

    id: Id = ""
    name: str = ""
    slug: str = ""
    profile_image: Url | None = None
    cover_image: Url | None = None
    bio: str | None = None
    website: str | None = None
    location: str | None = None
    facebook: str | None = None
    twitter: str | None = None
    threads: str | None = None
    bluesky: str | None = None
    mastodon: str | None = None
    tiktok: str | None = None
    youtube: str | None = None
    instagram: str | None = None
    linkedin: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    url: Url = ""
    count: Count | None = None


class Heading(Model):
    """A heading of a text; its anchor is `url` with `#id`."""

    level: int
    id: str
    text: str


class Entry(Heading):
    """A heading with the headings below it."""

    children: list[Entry] = []


class Neighbour(Model):
    """An article in short."""

    id: Id
    slug: str
    title: str
    url: Url
    published_at: Time | None


class Related(Neighbour):
    """A related article, how near it is, and why, in words for readers. `score` is null where editors chose it."""

    score: float | None
    reason: str


class Post(Meta):
    """An article, or a page of its own such as About."""

    id: Id = ""
    uuid: str = ""
    title: str = ""
    slug: str = ""
    html: str | None = None
    plaintext: str | None = None
    comment_id: Id = ""
    feature_image: Url | None = None
    feature_image_alt: str | None = None
    feature_image_caption: str | None = None
    featured: bool = False
    visibility: Literal["public"] = "public"
    status: Literal["published", "scheduled", "draft", "expired"] = Field(
        default="published", description="Sent with a preview token only."
    )
    created_at: Time | None = None
    updated_at: Time | None = None
    published_at: Time | None = None
    custom_excerpt: str | None = None
    excerpt: str | None = None
    custom_template: str | None = None
    canonical_url: str | None = None
    email_subject: str | None = None
    frontmatter: str | None = None
    url: Url = ""
    reading_time: int = Field(default=0, description="In minutes.")
    access: bool = True
    comments: bool = False
    show_title_and_feature_image: bool = Field(default=True, description="Of pages only.")
    tags: list[Tag] = []
    primary_tag: Tag | None = None
    authors: list[Author] = []
    primary_author: Author | None = None
    next: Neighbour | None = Field(default=None, description="The article after this one.")
    prev: Neighbour | None = Field(default=None, description="The article before this one.")
    headings: list[Heading] = []
    toc: list[Entry] = Field(default=[], description="The headings as a tree.")
    related: list[Related] = []


class Pagination(Model):
    """Where a list's slice stands; pages are counted from 1."""

    page: int
    limit: int
    pages: int
    total: int
    next: int | None
    prev: int | None


class Cursor(Model):
    """The way on through a list that may change meanwhile: `cursor=` of the next request, null at the end."""

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
    description: str | None
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
    secondary_navigation: list[NavigationItem] = []
    members_support_address: str | None = None
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

    posts: list[Post]
    meta: ListMeta


class PostAnswer(Model):
    """One article."""

    posts: list[Post]


class PageList(Model):
    """A page of a list of pages."""

    pages: list[Post]
    meta: ListMeta


class PageAnswer(Model):
    """One page."""

    pages: list[Post]


class TagList(Model):
    """A page of a list of tags."""

    tags: list[Tag]
    meta: ListMeta


class TagAnswer(Model):
    """One tag."""

    tags: list[Tag]


class AuthorList(Model):
    """A page of a list of authors."""

    authors: list[Author]
    meta: ListMeta


class AuthorAnswer(Model):
    """One author."""

    authors: list[Author]


LISTS: Mapping[str, type[Model]] = {"posts": PostList, "pages": PageList, "tags": TagList, "authors": AuthorList}
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
    updated_at: Time | None
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


class Problem(Model):
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

    errors: list[Problem]
