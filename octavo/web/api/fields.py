"""What each field of an answer holds: one function a field, called only where the field is asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any

from octavo.content.posts import Author, Post
from octavo.web.api.identity import api_time, identity, unique_id
from octavo.web.api.schema import models
from octavo.web.feeds.absolute import absolute

if TYPE_CHECKING:
    from octavo.web.api.records import Records, Topic

PostFields = Mapping[str, Callable[["Records", Post], Any]]
TagFields = Mapping[str, Callable[["Records", "Topic"], Any]]
AuthorFields = Mapping[str, Callable[["Records", Author], Any]]

# Ghost's records always have their times, and clients that validate insist; of what has none, this
# is told.
UNDATED = datetime.fromtimestamp(0, UTC)


def _nothing(records: Records, row: Any) -> None:
    """Ghost has the field; this site has nothing for it."""


def _post_url(records: Records, post: Post) -> str:
    return records.addresses.absolute(records.addresses.post(post))


def _feature_image(records: Records, post: Post) -> str | None:
    """Return the article's picture, or its drawn cover; a page has none but its own."""
    found = records.site.picture(post.path, post.image.path) if post.image else None
    if found is not None:
        return records.addresses.absolute(records.addresses.picture(*found))
    if post.image and post.image.path.startswith(("https://", "http://")):
        return post.image.path
    return (
        records.addresses.absolute(records.addresses.cover(post.slug))
        if post.kind == "post"
        else None
    )


def _caption(records: Records, post: Post) -> str | None:
    """Return caption and credit as HTML, as Ghost has it."""
    parts = (post.image.caption, post.image.credit) if post.image else ()
    return escape(" ".join(filter(None, parts)), quote=False) or None


def _published(records: Records, post: Post) -> str:
    return api_time(post.published or UNDATED)


def _updated(records: Records, post: Post) -> str:
    return api_time(post.updated or post.published or UNDATED)


def _status(records: Records, post: Post) -> str:
    if post.draft:
        return "draft"
    if post.visible(records.now):
        return "published"
    return "scheduled" if post.published and post.published > records.now else "expired"


def _html(records: Records, post: Post) -> str:
    html = records.site.texts.post(records.edition, post).html
    return absolute(html, records.addresses.site, _post_url(records, post))


def _plaintext(records: Records, post: Post) -> str:
    return records.site.texts.post(records.edition, post).text


def _extra(name: str) -> Callable[[Records, Post], str | None]:
    def value(records: Records, post: Post) -> str | None:
        found = post.extra.get(name)
        return found if isinstance(found, str) and found else None

    return value


POST: PostFields = {
    "id": lambda records, post: identity(post.kind, post.slug),
    "uuid": lambda records, post: unique_id(post.kind, post.slug),
    "title": lambda records, post: post.title,
    "slug": lambda records, post: post.slug,
    "html": _html,
    "comment_id": lambda records, post: identity(post.kind, post.slug),
    "feature_image": _feature_image,
    "feature_image_alt": lambda records, post: (post.image.alt if post.image else "") or None,
    "feature_image_caption": _caption,
    "featured": lambda records, post: post.featured,
    "visibility": lambda records, post: "public",
    "created_at": _published,
    "updated_at": _updated,
    "published_at": _published,
    "custom_excerpt": lambda records, post: post.summary or None,
    "codeinjection_head": _nothing,
    "codeinjection_foot": _nothing,
    "custom_template": _nothing,
    "canonical_url": lambda records, post: post.canonical or None,
    "url": _post_url,
    "excerpt": lambda records, post: post.summary or None,
    "reading_time": lambda records, post: post.minutes,
    "access": lambda records, post: True,
    "comments": lambda records, post: False,
    "og_image": _extra("og_image"),
    "og_title": _extra("og_title"),
    "og_description": _extra("og_description"),
    "twitter_image": _extra("twitter_image"),
    "twitter_title": _extra("twitter_title"),
    "twitter_description": _extra("twitter_description"),
    "meta_title": _extra("meta_title"),
    "meta_description": _extra("meta_description"),
    "email_subject": _nothing,
    "frontmatter": _nothing,
}
PAGE: PostFields = {**POST, "show_title_and_feature_image": lambda records, post: True}
# Fields that are sent when named, and not before.
ON_REQUEST: PostFields = {"plaintext": _plaintext}
# Fields that filters know and answers do not have; `page:false` is how old clients ask for
# articles.
FILTERED: PostFields = {
    "status": _status,
    "type": lambda records, post: post.kind,
    "page": lambda records, post: post.kind == "page",
}

TAG: TagFields = {
    "id": lambda records, topic: identity("tag", topic.slug),
    "name": lambda records, topic: topic.name,
    "slug": lambda records, topic: topic.slug,
    "description": _nothing,
    "feature_image": _nothing,
    "visibility": lambda records, topic: "public",
    **dict.fromkeys(models.Meta.model_fields, _nothing),
    "canonical_url": _nothing,
    "accent_color": _nothing,
    "url": lambda records, topic: records.addresses.absolute(topic.path),
}


def _avatar(records: Records, author: Author) -> str | None:
    if author.avatar.startswith(("https://", "http://")):
        return author.avatar
    if author.avatar.startswith("/"):
        return records.addresses.absolute(author.avatar)
    found = records.site.picture(author.path, author.avatar) if author.avatar else None
    return records.addresses.absolute(records.addresses.picture(*found)) if found else None


def _author_url(records: Records, author: Author) -> str:
    """Return an author's page; who has no articles, and the site itself, have none but the home
    page.
    """
    addresses = records.addresses
    is_listed = author.slug in records.edition.authors
    path = addresses.term("author", author.slug) if is_listed else addresses.path("/")
    return addresses.absolute(path)


def _bio(records: Records, author: Author) -> str | None:
    return records.site.texts.plain_bio(records.edition, author) or None


AUTHOR: AuthorFields = {
    "id": lambda records, author: identity("author", author.slug),
    "name": lambda records, author: author.name,
    "slug": lambda records, author: author.slug,
    "profile_image": _avatar,
    "cover_image": _nothing,
    "bio": _bio,
    "website": _nothing,
    "location": _nothing,
    "facebook": _nothing,
    "twitter": _nothing,
    "threads": _nothing,
    "bluesky": _nothing,
    "mastodon": _nothing,
    "tiktok": _nothing,
    "youtube": _nothing,
    "instagram": _nothing,
    "linkedin": _nothing,
    "meta_title": _nothing,
    "meta_description": _nothing,
    "url": _author_url,
}


def _neighbour(records: Records, post: Post | None) -> models.Neighbour | None:
    return models.Neighbour(**_in_short(records, post)) if post else None


def _in_short(records: Records, post: Post) -> dict[str, Any]:
    return {name: POST[name](records, post) for name in models.Neighbour.model_fields}


def _beside(records: Records, post: Post, newer: bool) -> models.Neighbour | None:
    return (
        _neighbour(records, records.edition.neighbours(post)[newer])
        if post.kind == "post"
        else None
    )


def _headings(records: Records, post: Post) -> list[models.Heading]:
    headings = records.site.texts.post(records.edition, post).headings
    return [
        models.Heading(level=heading.level, id=heading.id, text=heading.text)
        for heading in headings
    ]


def _toc(records: Records, post: Post) -> list[models.Entry]:
    top: list[models.Entry] = []
    above: list[models.Entry] = []
    for heading in _headings(records, post):
        entry = models.Entry(level=heading.level, id=heading.id, text=heading.text, children=[])
        while above and above[-1].level >= entry.level:
            above.pop()
        (above[-1].children if above else top).append(entry)
        above.append(entry)
    return top


def _related(records: Records, post: Post) -> list[models.Related]:
    return [
        models.Related(
            **_in_short(records, found.post),
            score=round(found.score, 3) if isfinite(found.score) else None,
            reason=found.reason,
        )
        for found in (records.site.related(records.edition, post) if post.kind == "post" else ())
    ]


def _views(records: Records, post: Post) -> int | None:
    counter = records.site.views
    return counter.number(post.slug) if counter is not None and post.kind == "post" else None


def _tags(records: Records, post: Post) -> list[models.Tag]:
    return [records.tag(topic) for topic in records.topics_of(post)]


def _authors(records: Records, post: Post) -> list[models.Author]:
    return [records.author(author) for author in records.authors_of(post)]


# `include=NAME` adds these fields to articles and pages.
INCLUDES: Mapping[str, PostFields] = {
    "tags": {
        "tags": _tags,
        "primary_tag": lambda records, post: next(iter(_tags(records, post)), None),
    },
    "authors": {
        "authors": _authors,
        "primary_author": lambda records, post: next(iter(_authors(records, post)), None),
    },
    "next": {"next": lambda records, post: _beside(records, post, newer=True)},
    "prev": {"prev": lambda records, post: _beside(records, post, newer=False)},
    "headings": {"headings": _headings},
    "toc": {"toc": _toc},
    "related": {"related": _related},
    "views": {"views": _views},
}
# These change without the articles.
LIVE = frozenset({"related", "views"})
