"""Posts and authors: the typed result of one Markdown file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from types import MappingProxyType
from typing import Any, Literal

NO_EXTRA: Mapping[str, Any] = MappingProxyType({})
IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as front matter names it: `path` is relative to the post's file, or a URL."""

    path: str
    alt: str = ""
    caption: str = ""
    credit: str = ""


# How fast readers read; adults read 238 words of English a minute on average (Brysbaert 2019).
WORDS_PER_MINUTE = 230


@dataclass(frozen=True, slots=True)
class Post:
    """One article or page as its file says.

    `path` is relative to posts/, with forward slashes. `digest` is the hex BLAKE2b-128 of the
    file's bytes: equal digests mean equal files. Times are aware and in UTC; texts are plain.
    `category`, `tags` and `authors` are names as written; their slugs are `slugify(name)`. Further
    categories are among the tags, and `more_categories` too: addresses may have them. A
    `draft` is withheld, for whatever reason; an `unlisted` post can be read at its address and is
    in no list. `explicit_slug` says that `slug:` is in the front matter. `lang` is a BCP 47 tag,
    empty for the site's language. The body is not held here: see `Loader.body`.
    `body_start` is the place in the file's text, in characters, at which it begins; None where the
    body is translated from another dialect first: then `parse.body_of` returns it.
    """

    path: str
    digest: str
    slug: str
    title: str
    kind: Literal["post", "page"] = "post"
    published: datetime | None = None
    updated: datetime | None = None
    expires: datetime | None = None
    summary: str = ""
    category: str = ""
    more_categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    internal_tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    image: Image | None = None
    featured: bool = False
    draft: bool = False
    unlisted: bool = False
    explicit_slug: bool = False
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    related_exclude: tuple[str, ...] = ()
    canonical: str = ""
    noindex: bool = False
    words: int = 0
    lang: str = ""
    body_start: int | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    def visible(self, now: datetime) -> bool:
        """Whether readers may see this post at the instant `now`. Nothing else decides this."""
        if self.draft:
            return False
        if self.published is not None and self.published > now:
            return False
        return self.expires is None or self.expires > now

    def revised(self, now: datetime) -> datetime | None:
        """Return `updated` where it lies between the publication and `now`; else None."""
        if self.updated is None or self.updated > now:
            return None
        is_later = self.published is None or self.updated >= self.published
        return self.updated if is_later else None

    def extra_value(self, name: str) -> Any:
        """Return the value of a field of `extra`, or None; case, `-` and `_` do not count."""
        wanted = name.replace("_", "")
        for field_name, value in self.extra.items():
            if field_name.replace("_", "").replace("-", "").lower() == wanted:
                return value
        return None

    def extra_text(self, name: str) -> str:
        """Return the text of a field of `extra`, or ''; case, `-` and `_` do not count."""
        value = self.extra_value(name)
        return value if isinstance(value, str) else ""

    @property
    def guid(self) -> str:
        """The id that its writer gave it for feeds: `guid`, or an `id` that is an IRI; else ''."""
        named = self.extra_text("id")
        if not IRI.fullmatch(named):
            named = ""
        return self.extra_text("guid") or named

    def terms(self, kind: str) -> tuple[str, ...]:
        """Return the post's terms, as written, in a taxonomy of the site's own; () without any.

        Categories, tags and authors are fields of their own.
        """
        return tuple(self.extra.get(kind, ()))

    @property
    def minutes(self) -> int:
        """Reading time in whole minutes, at least 1."""
        return max(1, round(self.words / WORDS_PER_MINUTE))


def newest_first(post: Post) -> tuple[float, str]:
    """Return the sort key of lists: newest first, those without a date last, equal ones by slug."""
    if post.published is None:
        return inf, post.slug
    return -post.published.timestamp(), post.slug


@dataclass(frozen=True, slots=True)
class Author:
    """A person or organization that signs articles.

    `avatar` is a picture beside the file or a URL, `bio` is Markdown.
    """

    slug: str
    name: str
    role: str = ""
    avatar: str = ""
    bio: str = ""
    path: str = ""
    digest: str = ""
    organization: bool = False
