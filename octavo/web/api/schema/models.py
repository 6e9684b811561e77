"""The models of records: answers are made from them, and so is the OpenAPI document.

The shapes are those of Ghost's Content API, version 6. A field that was not asked for is absent; a
field without a value is null.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="Stable as long as the slug is.")]
Url = Annotated[str, Field(description="An absolute URL.", json_schema_extra={"format": "uri"})]
Time = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$",
        examples=["2025-07-17T00:00:00.000+00:00"],
    ),
]


class UnusedMark:
    """Marks a field that Ghost has and this site never has a value for: it is always null.

    It is sent all the same, since clients that validate answers insist that it is there.
    """


Unused = Annotated[str | None, UnusedMark()]


def schema_name(name: str) -> str:
    """Return the name of a model in the OpenAPI document: `PostModel` is a Post to clients."""
    return name.removesuffix("Model")


class Model(BaseModel):
    """Base of all answers: what is not set is not sent."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        # Most processes answer no request of the API: the others build a model at its first use.
        defer_build=True,
        model_title_generator=lambda model: schema_name(model.__name__),
    )

    def to_json(self) -> bytes:
        """Return the answer's bytes."""
        return self.model_dump_json(exclude_unset=True).encode()


def unused_fields(model: type[Model]) -> list[str]:
    """Return the names of a model's fields that are always null."""
    return [name for name, field in model.model_fields.items() if _is_unused(field)]


def _is_unused(field: FieldInfo) -> bool:
    return any(isinstance(mark, UnusedMark) for mark in field.metadata)


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
    codeinjection_head: Unused = None
    codeinjection_foot: Unused = None


class Count(Model):
    """Numbers about a tag or an author; only with `include=count.posts`."""

    posts: int


class TagModel(Meta):
    """A tag, or a category, which is an article's primary tag."""

    id: Id = ""
    name: str = ""
    slug: str = ""
    description: Unused = None
    feature_image: Unused = None
    visibility: Literal["public", "internal"] = "public"
    canonical_url: Unused = None
    accent_color: Unused = None
    url: Url = ""
    count: Count | None = None


class AuthorModel(Model):
    """Who signs articles."""

    id: Id = ""
    name: str = ""
    slug: str = ""
    profile_image: Url | None = None
    cover_image: Annotated[Url | None, UnusedMark()] = None
    bio: str | None = None
    website: Unused = None
    location: Unused = None
    facebook: Unused = None
    twitter: Unused = None
    threads: Unused = None
    bluesky: Unused = None
    mastodon: Unused = None
    tiktok: Unused = None
    youtube: Unused = None
    instagram: Unused = None
    linkedin: Unused = None
    meta_title: Unused = None
    meta_description: Unused = None
    url: Url = ""
    count: Count | None = None


class HeadingModel(Model):
    """A heading of a text; its address is that of the text, followed by `#` and the `id`."""

    level: int
    id: str
    text: str


class EntryModel(HeadingModel):
    """A heading with the headings below it."""

    children: list[EntryModel] = []


class Neighbour(Model):
    """An article in short."""

    id: Id
    slug: str
    title: str
    url: Url
    published_at: Time


class RelatedModel(Neighbour):
    """A related article, how near it is, and why, in words for readers.

    `score` is null where editors chose it.
    """

    score: float | None
    reason: str


class Match(Model):
    """How an article was found. The HTML is safe: escaped text and <mark>.

    Where it was found `by_meaning` it has none of the words.
    """

    score: float
    title_html: str
    snippet_html: str
    by_meaning: bool


class PostModel(Meta):
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
    custom_template: Unused = None
    canonical_url: str | None = None
    email_subject: Unused = None
    frontmatter: Unused = None
    url: Url = ""
    reading_time: int = Field(default=0, description="In minutes.")
    access: bool = True
    comments: bool = False
    show_title_and_feature_image: bool = Field(default=True, description="Of pages only.")
    tags: list[TagModel] = []
    primary_tag: TagModel | None = None
    authors: list[AuthorModel] = []
    primary_author: AuthorModel | None = None
    next: Neighbour | None = Field(default=None, description="The article after this one.")
    prev: Neighbour | None = Field(default=None, description="The article before this one.")
    headings: list[HeadingModel] = []
    toc: list[EntryModel] = Field(default=[], description="The headings as a tree.")
    related: list[RelatedModel] = []
    extra: dict[str, Any] = Field(
        {}, description="Front matter that the engine does not know, and fields of plug-ins."
    )
    views: int | None = Field(
        default=None, description="How often readers opened it; null where nobody counts."
    )
    match: Match | None = Field(default=None, description="In the results of a search.")
