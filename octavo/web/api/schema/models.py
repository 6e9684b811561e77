"""What the API answers, as models: the answers are made from them, and so is the OpenAPI document.

The shapes are those of Ghost's Content API, version 6. A field that was not asked for is absent; a
field without a value is null.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="Stable as long as the slug is.")]
Url = Annotated[str, Field(description="An absolute URL.", json_schema_extra={"format": "uri"})]
Time = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$",
        examples=["2025-07-17T00:00:00.000+00:00"],
    ),
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
    published_at: Time


class Related(Neighbour):
    """A related article, how near it is, and why, in words for readers. `score` is null where
    editors chose it.
    """

    score: float | None
    reason: str


class Match(Model):
    """How an article was found. The HTML is safe: escaped text and <mark>."""

    score: float
    title_html: str
    snippet_html: str


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
    created_at: Time = ""
    updated_at: Time = ""
    published_at: Time = ""
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
    views: int | None = Field(
        default=None, description="How often readers opened it; null where nobody counts."
    )
    match: Match | None = Field(default=None, description="In the results of a search.")
