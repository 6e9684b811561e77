"""The values of an answer's fields: one function for each, called only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape
from math import isfinite
from typing import Any

from octavo.content.posts import Author, Post
from octavo.web.api.identity import api_time, record_id, unique_id
from octavo.web.api.records import Records, Topic
from octavo.web.api.schema import models
from octavo.web.feeds.absolute import absolute
from octavo.web.phrases.phrases import translated

PostFields = Mapping[str, Callable[[Records, Post], Any]]
TagFields = Mapping[str, Callable[[Records, Topic], Any]]
AuthorFields = Mapping[str, Callable[[Records, Author], Any]]

# Ghost's records always have times, and clients that validate insist: this stands for a missing
# one.
UNDATED = datetime.fromtimestamp(0, UTC)


def _unused(model: type[models.Model]) -> Mapping[str, Callable[[Records, Any], None]]:
    """Return the fields of a model that Ghost has, and for which this site has no value."""
    return dict.fromkeys(models.unused_fields(model), lambda records, row: None)


def _post_url(records: Records, post: Post) -> str:
    return records.addresses.absolute(records.addresses.post(post))


def _feature_image(records: Records, post: Post) -> str | None:
    """Return an article's picture, else its drawn cover; for a page its picture only."""
    if post.image is not None:
        found = _picture(records, post.path, post.image.path)
        if found is not None:
            return found
    if post.kind != "post":
        return None
    return records.addresses.absolute(records.addresses.cover(post.slug))


def _picture(records: Records, path: str, image: str) -> str | None:
    """Return the absolute address of a picture that the file at `path` names, or None."""
    found = records.site.picture(path, image)
    if found is not None:
        return records.addresses.absolute(records.addresses.picture(*found))
    if image.startswith(("https://", "http://")):
        return image
    return None


def _alternative(records: Records, post: Post) -> str | None:
    if post.image is None:
        return None
    return post.image.alt or None


def _caption(records: Records, post: Post) -> str | None:
    """Return caption and credit as HTML, as Ghost has it."""
    if post.image is None:
        return None
    parts = filter(None, (post.image.caption, post.image.credit))
    return escape(" ".join(parts), quote=False) or None


def _published(records: Records, post: Post) -> str:
    return api_time(post.published or UNDATED)


def _updated(records: Records, post: Post) -> str:
    return api_time(post.revised(records.now) or post.published or UNDATED)


def _status(records: Records, post: Post) -> str:
    if post.draft:
        return "draft"
    if post.visible(records.now):
        return "published"
    if post.published and post.published > records.now:
        return "scheduled"
    return "expired"


def _html(records: Records, post: Post) -> str:
    html = records.site.texts.post(records.edition, post).html
    return absolute(html, _post_url(records, post))


def _plaintext(records: Records, post: Post) -> str:
    return records.site.texts.post(records.edition, post).text


def _extra(name: str) -> Callable[[Records, Post], str | None]:
    def value(records: Records, post: Post) -> str | None:
        return post.extra_text(name) or None

    return value


POST: PostFields = {
    **_unused(models.PostModel),
    "id": lambda records, post: record_id(post.kind, post.slug),
    "uuid": lambda records, post: unique_id(post.kind, post.slug),
    "title": lambda records, post: post.title,
    "slug": lambda records, post: post.slug,
    "html": _html,
    "comment_id": lambda records, post: record_id(post.kind, post.slug),
    "feature_image": _feature_image,
    "feature_image_alt": _alternative,
    "feature_image_caption": _caption,
    "featured": lambda records, post: post.featured,
    "visibility": lambda records, post: "public",
    "created_at": _published,
    "updated_at": _updated,
    "published_at": _published,
    "custom_excerpt": lambda records, post: post.summary or None,
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
    **_unused(models.TagModel),
    **dict.fromkeys(models.Meta.model_fields, lambda records, topic: None),
    "id": lambda records, topic: record_id("tag", topic.slug),
    "name": lambda records, topic: topic.name,
    "slug": lambda records, topic: topic.slug,
    "visibility": lambda records, topic: "internal" if topic.internal else "public",
    "url": lambda records, topic: records.addresses.absolute(topic.path),
}


def _avatar(records: Records, author: Author) -> str | None:
    if not author.avatar:
        return None
    found = _picture(records, author.path, author.avatar)
    if found is None and author.avatar.startswith("/"):
        return records.addresses.absolute(records.addresses.rooted(author.avatar))
    return found


def _author_url(records: Records, author: Author) -> str:
    """Return the page of an author; the home page for the site and authors without articles."""
    addresses = records.addresses
    if author.slug in records.edition.authors:
        return addresses.absolute(addresses.term("author", author.slug))
    return addresses.absolute(addresses.path("/"))


def _bio(records: Records, author: Author) -> str | None:
    return records.site.texts.plain_bio(records.edition, author) or None


AUTHOR: AuthorFields = {
    **_unused(models.AuthorModel),
    "id": lambda records, author: record_id("author", author.slug),
    "name": lambda records, author: author.name,
    "slug": lambda records, author: author.slug,
    "profile_image": _avatar,
    "bio": _bio,
    "url": _author_url,
}


def _in_short(records: Records, post: Post) -> dict[str, Any]:
    return {name: POST[name](records, post) for name in models.Neighbour.model_fields}


def _beside(records: Records, post: Post, newer: bool) -> models.Neighbour | None:
    if post.kind != "post":
        return None
    found = records.edition.neighbours(post)[newer]
    if found is None:
        return None
    return models.Neighbour(**_in_short(records, found))


def _headings(records: Records, post: Post) -> list[models.HeadingModel]:
    headings = records.site.texts.post(records.edition, post).headings
    return [
        models.HeadingModel(level=heading.level, id=heading.id, text=heading.text)
        for heading in headings
    ]


def _toc(records: Records, post: Post) -> list[models.EntryModel]:
    top: list[models.EntryModel] = []
    above: list[models.EntryModel] = []
    for heading in _headings(records, post):
        entry = models.EntryModel(**heading.model_dump(), children=[])
        while above and above[-1].level >= entry.level:
            above.pop()
        siblings = top
        if above:
            siblings = above[-1].children
        siblings.append(entry)
        above.append(entry)
    return top


def _related(records: Records, post: Post) -> list[models.RelatedModel]:
    if post.kind != "post":
        return []
    found = []
    for near in records.site.related(records.edition, post):
        score: float | None = None
        if isfinite(near.score):
            score = round(near.score, 3)
        short = _in_short(records, near.post)
        found.append(models.RelatedModel(**short, score=score, reason=translated(near.reason)))
    return found


def _views(records: Records, post: Post) -> int | None:
    if post.kind != "post":
        return None
    site = records.site
    number: int | None = site.plugins.first("views", site=site, slug=post.slug, exact=True)
    return number


def _tags(records: Records, post: Post) -> list[models.TagModel]:
    made = records.tag_models
    found = records.topics_of(post)
    for topic in found:
        if topic.slug not in made:
            values = {name: value(records, topic) for name, value in TAG.items()}
            made[topic.slug] = models.TagModel(**values)
    return [made[topic.slug] for topic in found]


def _authors(records: Records, post: Post) -> list[models.AuthorModel]:
    made = records.author_models
    found = records.authors_of(post)
    for author in found:
        if author not in made:
            values = {name: value(records, author) for name, value in AUTHOR.items()}
            made[author] = models.AuthorModel(**values)
    return [made[author] for author in found]


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
    "extra": {"extra": lambda records, post: records.site.extra_of(post)},
}
# These change without the articles.
LIVE = frozenset({"related", "views"})
