"""The feeds of the site and of all terms (tags, authors ...), with full texts, in every format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from flask import Blueprint, Flask, Response

from octavo.content.posts import IRI, Post
from octavo.content.terms import TermKind
from octavo.site.addresses import FEED_FORMATS, Addresses, FeedFormat
from octavo.site.site import Site
from octavo.web.cache import cached
from octavo.web.feeds.absolute import absolute, bare
from octavo.web.feeds.xml import xml_response
from octavo.web.read_model.cards import Byline, Card, Figure
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import found, read_model, site

# Articles in a feed: the latest.
MAX_FEED_ENTRIES = 20
# Atom asks for a date of everything; the API has the same for what has none.
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
# Where HTML has a tag, a comment or a declaration.
_MARKUP = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An article in a feed; all addresses in `html` are absolute.

    `id` (an IRI) and `guid` (any text) stay when title, date and address change. `published` is
    None only in a feed of nothing but undated articles.
    """

    id: str
    guid: str
    url: str
    title: str
    summary: str
    html: str
    published: datetime | None
    updated: datetime
    authors: tuple[Byline, ...]
    tags: tuple[str, ...]
    image: str
    lang: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its entries, newest first. Addresses are absolute.

    `url` is the feed's own, `page_url` that of the page that shows the same articles; `id` (an
    IRI) stays when these change.
    """

    id: str
    title: str
    description: str
    url: str
    page_url: str
    updated: datetime
    entries: tuple[FeedEntry, ...]


@cached()
def of_site(file: str) -> Response:
    """Return the feed of the latest articles, in the format of `file`."""
    addresses = site().addresses
    feed = _feed(read_model(), file, addresses.path("/"), site().settings.title, None, "")
    return _answer(feed, file)


@cached()
def of_term(kind: TermKind, slug: str, file: str) -> Response:
    """Return the feed of one category, tag, author or the like; 404 where there is none."""
    here = read_model()
    title = f"{_name_of(here, kind, slug)} · {site().settings.title}"
    feed = _feed(here, file, site().addresses.term(kind, slug), title, kind, slug)
    return _answer(feed, file)


def _name_of(here: ReadModel, kind: TermKind, slug: str) -> str:
    if kind == "author":
        return found(here.byline(slug)).name
    return found(here.term(kind, slug)).name


def init_app(app: Flask, site: Site) -> None:
    """Add the feeds in every format, those of plug-ins too."""
    feeds = Blueprint("feeds", __name__)
    for file in (*FEED_FORMATS, *site.own_feeds):
        given = {"file": file}
        feeds.add_url_rule(f"/{file}", view_func=of_site, defaults=given)
        for kind, folder in site.addresses.folders.items():
            rule = f"/{folder}/<slug>/{file}"
            feeds.add_url_rule(rule, view_func=of_term, defaults={**given, "kind": kind})
    app.register_blueprint(feeds)


def _feed(
    here: ReadModel, file: str, path: str, title: str, kind: TermKind | None, slug: str
) -> Feed:
    settings = site().settings
    addresses = site().addresses
    entries = []
    taken: set[str] = set()
    # Of two articles with one `guid` the older keeps it.
    for each in reversed(found(here.latest(kind, slug, MAX_FEED_ENTRIES))):
        post = here.post(each)
        card = here.card(each)
        if post and card:
            entries.append(_entry(here, post, card, taken))
    entries.reverse()
    # Undated articles would look like news among dated ones; alone they are all that there is.
    dated = [entry for entry in entries if entry.published]
    entries = dated or entries
    return Feed(
        id=_identity(addresses, path),
        title=title,
        description=settings.description or settings.tagline or title,
        url=addresses.absolute(path + file),
        page_url=addresses.absolute(path),
        updated=max((entry.updated for entry in entries), default=_NO_DATE),
        entries=tuple(entries),
    )


def _entry(here: ReadModel, post: Post, card: Card, taken: set[str]) -> FeedEntry:
    """Return the entry of an article; `taken` are the ids of other entries, and gets its own."""
    addresses = site().addresses
    url = addresses.absolute(card.url)
    html = bare(absolute(here.text(post).html, url))
    image = ""
    if card.picture:
        html = _figure(addresses, card.picture) + html
        image = addresses.absolute(card.picture.src)
    names = [label.name for label in here.tags_of(post.slug)]
    if card.category:
        names.insert(0, card.category.name)
    guid = _guid(here, post)
    if guid in taken:
        guid = _identity(addresses, addresses.by_slug(post.slug))
    taken.add(guid)
    iri = guid
    if not IRI.fullmatch(guid):
        iri = f"urn:uuid:{uuid5(NAMESPACE_URL, guid)}"
    return FeedEntry(
        id=iri,
        guid=guid,
        url=url,
        title=post.title,
        summary=post.summary,
        html=html,
        published=post.published,
        # An article that is published after its last change becomes new at that moment.
        updated=here.revised(post) or post.published or _NO_DATE,
        authors=here.bylines_of(post.slug),
        tags=tuple(dict.fromkeys(names)),
        image=image,
        lang=card.lang,
    )


def _guid(here: ReadModel, post: Post) -> str:
    """Return the id by which feed readers recognise an article.

    It is the one that its writer gave it, or made of the article's first address.
    """
    if post.guid:
        return post.guid
    addresses = site().addresses
    for alias in post.aliases:
        former = re.fullmatch(r"(?:https?://[^/]+)?/articles/([^/?#]+)/?", alias)
        if former and here.post(former[1]) is None:
            return _identity(addresses, addresses.by_slug(former[1]))
    return _identity(addresses, addresses.by_slug(post.slug))


def _identity(addresses: Addresses, path: str) -> str:
    """Return the id of the page at a path: the same as long as host and path are."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'//{urlsplit(addresses.site).netloc}{path}')}"


def _figure(addresses: Addresses, picture: Figure) -> str:
    caption = escape(" ".join(filter(None, (picture.caption, picture.credit))), quote=False)
    if caption:
        caption = f"<figcaption>{caption}</figcaption>"
    size = ""
    if picture.width:
        size = f'width="{picture.width}" height="{picture.height}" '
    return (
        f'<figure><img src="{escape(addresses.absolute(picture.src))}" {size}'
        f'alt="{escape(picture.alt)}">{caption}</figure>\n'
    )


def _answer(feed: Feed, file: str) -> Response:
    if file in FEED_FORMATS:
        form = FEED_FORMATS[file]
        response = _WRITERS.get(file, _from_template)(feed, form)
    else:
        response = _own(feed, file)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _own(feed: Feed, file: str) -> Response:
    """Return a feed as a plug-in writes it."""
    brought, form = site().own_feeds[file]
    try:
        return Response(form.write(feed), content_type=form.type)
    except Exception:
        site().plugins.tell(brought.plugin, f"feed_formats: {file}")
        raise


def _from_template(feed: Feed, form: FeedFormat) -> Response:
    return xml_response(
        f"feeds/{form.file}", form.type, feed=feed, rfc822=format_datetime, no_markup=_no_markup
    )


def _no_markup(text: str) -> str:
    """Return a text that stays one where a reader takes it for HTML, as many do with RSS titles.

    A word joiner, which nobody sees, keeps each `<` from beginning a tag.
    """
    return _MARKUP.sub("<\N{WORD JOINER}", text)


def _json_feed(feed: Feed, form: FeedFormat) -> Response:
    """Return a feed as JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/."""
    settings = site().settings
    addresses = site().addresses
    home = addresses.absolute(addresses.path("/"))
    answer = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page_url,
        "feed_url": feed.url,
        "description": feed.description,
        "language": settings.language,
        "authors": [{"name": settings.title, "url": home}],
        "items": [_json_item(addresses, entry) for entry in feed.entries],
    }
    body = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return Response(body, content_type=form.type)


def _json_item(addresses: Addresses, entry: FeedEntry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary,
        "date_published": entry.published and entry.published.isoformat(),
        "date_modified": entry.published and entry.updated.isoformat(),
        "language": entry.lang,
        "authors": [_json_author(addresses, author) for author in entry.authors],
        "tags": list(entry.tags),
        "image": entry.image,
    }
    return {name: value for name, value in item.items() if value}


def _json_author(addresses: Addresses, author: Byline) -> dict[str, str]:
    facts = {
        "name": author.name,
        "url": addresses.absolute(author.url),
        "avatar": addresses.absolute(author.avatar),
    }
    return {name: value for name, value in facts.items() if value}


# What writes a format that is no template.
_WRITERS: Mapping[str, Callable[[Feed, FeedFormat], Response]] = {"feed.json": _json_feed}
