"""Sitemaps: an index, the articles with their pictures, everything else, and the news of the last
two days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from flask import Blueprint, Response, abort

from octavo.content.posts import Post
from octavo.content.terms import TermKind
from octavo.web.cache.plans import cached
from octavo.web.feeds.xml import xml_response
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import read_model, site

bp = Blueprint("sitemaps", __name__)

# Addresses in one file; the protocol allows 50,000.
SIZE = 5_000
# Google shows articles as news for two days, and reads this many.
NEWS_AGE, NEWS_SIZE = timedelta(days=2), 1_000
KINDS: tuple[TermKind, ...] = ("category", "tag", "author")


@dataclass(frozen=True, slots=True)
class Place:
    """A page in a sitemap: absolute address, last change, and the absolute addresses of its
    pictures.
    """

    url: str
    changed: datetime | None = None
    images: tuple[str, ...] = ()


@bp.get("/sitemap.xml")
@cached()
def index() -> Response:
    """The index of all sitemaps."""
    here, base = read_model(), site().settings.base_url
    posts = _listed(here.edition.posts)
    maps = [Place(f"{base}/sitemaps/pages.xml", _latest(posts))]
    for number, start in enumerate(range(0, len(posts), SIZE), 1):
        maps.append(
            Place(f"{base}/sitemaps/articles-{number}.xml", _latest(posts[start : start + SIZE]))
        )
    if news := _news(here):
        maps.append(Place(f"{base}/sitemaps/news.xml", _latest(news)))
    return xml_response("sitemaps/index.xml", maps=maps)


@bp.get("/sitemaps/articles-<int:number>.xml")
@cached()
def articles(number: int) -> Response:
    """Articles, newest first; `number` counts from 1."""
    posts = (
        _listed(read_model().edition.posts)[(number - 1) * SIZE : number * SIZE] if number else []
    )
    if not posts:
        abort(404)
    return xml_response("sitemaps/urlset.xml", places=[_place(post) for post in posts])


@bp.get("/sitemaps/pages.xml")
@cached()
def others() -> Response:
    """Home, lists, pages of their own, categories, tags and authors."""
    edition, base = read_model().edition, site().settings.base_url
    latest = _latest(edition.posts)
    places = [
        Place(base + path, latest)
        for path in ("/", "/articles/", "/archive/", "/tags/", "/authors/")
    ]
    places += [_place(page) for page in _listed(edition.pages.values())]
    for kind in KINDS:
        terms = edition.terms(kind).values()
        places += [
            Place(base + site().addresses.term(kind, term.slug), _latest(term.posts))
            for term in terms
        ]
    return xml_response("sitemaps/urlset.xml", places=places)


@bp.get("/sitemaps/news.xml")
@cached()
def news() -> Response:
    """Articles of the last two days for Google News."""
    places = [(_place(post), post) for post in _news(read_model())]
    return xml_response(
        "sitemaps/news.xml", places=places, language=news_language(site().settings.language)
    )


def news_language(tag: str) -> str:
    """Return a BCP 47 tag as news sitemaps have languages: ISO 639 alone, and two names for written
    Chinese.
    """
    language, *more = tag.lower().split("-")
    if language == "zh":
        return "zh-tw" if {"hant", "tw", "hk", "mo"} & set(more) else "zh-cn"
    return language


def _listed(posts: Iterable[Post]) -> list[Post]:
    """Return what search engines are to find here: no copies, and nothing that asks not to be
    found.
    """
    return [post for post in posts if not post.noindex and not post.canonical]


def _news(here: ReadModel) -> list[Post]:
    now = site().clock()
    found = []
    for post in here.edition.posts:
        if post.published is None:
            break
        old = (post.published + NEWS_AGE).timestamp()
        here.holds(*((-inf, old) if old > now else (old, inf)))
        if old <= now:
            break
        found.append(post)
    return _listed(found)[:NEWS_SIZE]


def _place(post: Post) -> Place:
    picture = site().picture(post.path, post.image.path) if post.image else None
    base = site().settings.base_url
    images = (base + site().addresses.picture(*picture),) if picture else ()
    return Place(base + site().addresses.post(post), _changed(post), images)


def _changed(post: Post) -> datetime | None:
    return max((moment for moment in (post.published, post.updated) if moment), default=None)


def _latest(posts: Iterable[Post]) -> datetime | None:
    return max(filter(None, map(_changed, posts)), default=None)
