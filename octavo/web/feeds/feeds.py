"""Feeds of the site and of each category, tag and author: Atom 1.0, RSS 2.0 and JSON Feed 1.1, full
text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from octavo.content.posts import Post
from octavo.content.terms import TermKind
from octavo.settings import Settings
from octavo.web.cache.plans import cached
from octavo.web.feed_formats import FORMATS, Format
from octavo.web.feeds.absolute import absolute, bare
from octavo.web.feeds.xml import xml_response
from octavo.web.read_model.cards import Byline, Card, Figure
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import found, read_model, site

bp = Blueprint("feeds", __name__)

# Articles in one feed.
SIZE = 20
KINDS: dict[str, TermKind] = {"categories": "category", "tags": "tag", "authors": "author"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a feed; `html` has absolute addresses only, and `id` stays when title and date
    change.
    """

    id: str
    url: str
    title: str
    summary: str
    html: str
    published: datetime
    updated: datetime
    authors: tuple[Byline, ...]
    tags: tuple[str, ...]
    image: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its entries, newest first. Addresses are absolute."""

    id: str
    title: str
    description: str
    url: str
    page_url: str
    updated: datetime
    entries: tuple[Entry, ...]


@bp.get("/atom.xml", defaults={"file": "atom.xml"})
@bp.get("/rss.xml", defaults={"file": "rss.xml"})
@bp.get("/feed.json", defaults={"file": "feed.json"})
@cached()
def of_site(file: str) -> Response:
    """The feed of all articles."""
    settings = site().settings
    return _answer(_feed(read_model(), file, "/", settings.title, None, ""), FORMATS[file])


@bp.get(
    "/<any(categories, tags, authors):kinds>/<slug>/<any('atom.xml', 'rss.xml', 'feed.json'):file>"
)
@cached()
def of_term(kinds: str, slug: str, file: str) -> Response:
    """The feed of one category, tag or author."""
    here, kind = read_model(), KINDS[kinds]
    name = found(here.byline(slug)).name if kind == "author" else found(here.term(kind, slug)).name
    title = f"{name} · {site().settings.title}"
    return _answer(
        _feed(here, file, site().addresses.term(kind, slug), title, kind, slug), FORMATS[file]
    )


@bp.get("/feed/")
@bp.get("/rss/")
@bp.get("/feed.xml")
@bp.get("/index.xml")
def elsewhere() -> BaseResponse:
    """Where other systems have their feed, so that subscriptions survive a move."""
    return redirect("/rss.xml", code=301)


def _feed(
    here: ReadModel, file: str, path: str, title: str, kind: TermKind | None, slug: str
) -> Feed:
    settings = site().settings
    cards = (
        (post, here.card(post.slug))
        for post in map(here.post, found(here.latest(kind, slug, SIZE)))
        if post
    )
    entries = tuple(
        _entry(here, post, post.published, card) for post, card in cards if card and post.published
    )
    return Feed(
        id=_identity(settings, path),
        title=title,
        description=settings.description or settings.tagline or title,
        url=f"{settings.base_url}{path}{file}",
        page_url=settings.base_url + path,
        updated=max((entry.updated for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC)),
        entries=entries,
    )


def _entry(here: ReadModel, post: Post, published: datetime, card: Card) -> Entry:
    settings = site().settings
    url = site().addresses.absolute(site().addresses.post(post))
    html = bare(absolute(here.text(post).html, settings.base_url, url))
    tags = [label.name for label in here.tags_of(post.slug)]
    return Entry(
        id=_identity(settings, site().addresses.by_slug(post.slug)),
        url=url,
        title=post.title,
        summary=post.summary,
        html=(_figure(settings, card.picture) if card.picture else "") + html,
        published=published,
        # An article that is published after its last change becomes new at that moment.
        updated=max(post.updated or published, published),
        authors=here.bylines_of(post.slug),
        tags=tuple(dict.fromkeys([*([card.category.name] if card.category else []), *tags])),
        image=settings.base_url + card.picture.src if card.picture else "",
    )


def _identity(settings: Settings, path: str) -> str:
    """Return the id of what is at a path: the same as long as host and path are."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'//{urlsplit(settings.base_url).netloc}{path}')}"


def _figure(settings: Settings, picture: Figure) -> str:
    caption = escape(" ".join(filter(None, (picture.caption, picture.credit))), quote=False)
    return (
        f'<figure><img src="{settings.base_url}{picture.src}" width="{picture.width}" height="{picture.height}" '
        f'alt="{escape(picture.alt)}">{f"<figcaption>{caption}</figcaption>" if caption else ""}</figure>\n'
    )


def _answer(feed: Feed, form: Format) -> Response:
    if form.label == "JSON Feed":
        body = json.dumps(_json_feed(feed), ensure_ascii=False, separators=(",", ":"))
        response = Response(body, content_type=form.type)
    else:
        response = xml_response(f"feeds/{form.file}", form.type, feed=feed, rfc822=format_datetime)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _json_feed(feed: Feed) -> dict[str, Any]:
    """Return a feed by https://www.jsonfeed.org/version/1.1/."""
    settings = site().settings
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page_url,
        "feed_url": feed.url,
        "description": feed.description,
        "language": settings.language,
        "authors": [{"name": settings.title, "url": f"{settings.base_url}/"}],
        "items": [_json_item(settings, entry) for entry in feed.entries],
    }


def _json_item(settings: Settings, entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [_json_author(settings, author) for author in entry.authors],
        "tags": list(entry.tags),
        "image": entry.image,
    }
    return {name: value for name, value in item.items() if value}


def _json_author(settings: Settings, author: Byline) -> dict[str, str]:
    avatar = settings.base_url + author.avatar if author.avatar.startswith("/") else author.avatar
    found = {"name": author.name, "url": settings.base_url + author.url, "avatar": avatar}
    return {name: value for name, value in found.items() if value}
