"""Sitemaps: an index, articles with their pictures, other pages, and the news of two days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from urllib.parse import quote

from flask import Blueprint, Response, abort

from octavo.content.posts import Post
from octavo.web.cache import cached
from octavo.web.feeds.xml import xml_response
from octavo.web.head import is_own
from octavo.web.page_kinds import page_kinds
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import read_model, site

bp = Blueprint("sitemaps", __name__)

# Addresses in one file; the protocol allows 50,000.
MAX_SITEMAP_ADDRESSES = 5_000
# Google shows articles as news for two days, and reads this many.
NEWS_AGE = timedelta(days=2)
MAX_NEWS = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """A page in a sitemap: its address, last change, and pictures; addresses are absolute."""

    url: str
    changed: datetime | None = None
    images: tuple[str, ...] = ()


@bp.get("/sitemap.xml")
@cached()
def index() -> Response:
    """Return the index of all sitemaps."""
    here = read_model()
    posts = _listed(here.mapped.posts)
    maps = [Place(_url("/sitemaps/pages.xml"), _latest(here, posts))]
    for number, start in enumerate(range(0, len(posts), MAX_SITEMAP_ADDRESSES), 1):
        changed = _latest(here, posts[start : start + MAX_SITEMAP_ADDRESSES])
        maps.append(Place(_url(f"/sitemaps/articles-{number}.xml"), changed))
    if news := _news(here):
        maps.append(Place(_url("/sitemaps/news.xml"), _latest(here, news)))
    return xml_response("sitemaps/index.xml", maps=maps)


@bp.get("/sitemaps/articles-<int:number>.xml")
@cached()
def articles(number: int) -> Response:
    """Return one sitemap of articles, newest first; 404 where none has this number (from 1)."""
    here = read_model()
    listed = _listed(here.mapped.posts)
    posts = listed[(number - 1) * MAX_SITEMAP_ADDRESSES : number * MAX_SITEMAP_ADDRESSES]
    if number == 0 or not posts:
        abort(404)
    return xml_response("sitemaps/urlset.xml", places=[_place(here, post) for post in posts])


@bp.get("/sitemaps/pages.xml")
@cached()
def others() -> Response:
    """Return the sitemap of all pages except articles."""
    here = read_model()
    edition = here.mapped
    places = []
    for kind in page_kinds(site()).values():
        if not kind.in_sitemap:
            continue
        for member in kind.members(site(), edition):
            if member.post is None:
                # Plug-ins name their pages as they are read: /shelf/é/.
                url = site().addresses.absolute(quote(member.path, safe="/%~:@!$&'()*+,;="))
                places.append(Place(url, _latest(here, member.posts)))
            else:
                places += [_place(here, post) for post in _listed([member.post])]
    return xml_response("sitemaps/urlset.xml", places=places)


@bp.get("/sitemaps/news.xml")
@cached()
def news() -> Response:
    """Return the sitemap of the articles of the last two days, for Google News."""
    here = read_model()
    places = [(_place(here, post), post) for post in _news(here)]
    language = news_language(site().settings.language)
    return xml_response("sitemaps/news.xml", places=places, language=language)


def news_language(tag: str) -> str:
    """Return a BCP 47 tag as news sitemaps write languages: in ISO 639, but `zh-cn` and `zh-tw`."""
    language, *more = tag.lower().split("-")
    if language == "zh":
        return "zh-tw" if {"hant", "tw", "hk", "mo"} & set(more) else "zh-cn"
    return language


def _url(path: str) -> str:
    addresses = site().addresses
    return addresses.absolute(addresses.path(path))


def _listed(posts: Iterable[Post]) -> list[Post]:
    """Return the posts that search engines may find here: no `noindex`, no copies."""
    return [post for post in posts if not post.noindex and is_own(site().addresses, post)]


def _news(here: ReadModel) -> list[Post]:
    now = site().clock()
    found = []
    for post in here.mapped.posts:
        if post.published is None:
            break
        old = (post.published + NEWS_AGE).timestamp()
        here.valid_between(*((-inf, old) if old > now else (old, inf)))
        if old <= now:
            break
        found.append(post)
    return _listed(found)[:MAX_NEWS]


def _place(here: ReadModel, post: Post) -> Place:
    addresses = site().addresses
    place = Place(addresses.absolute(addresses.post(post)), _changed(here, post))
    if post.image is None:
        return place
    picture = site().picture(post.path, post.image.path)
    if picture is None:
        return place
    return replace(place, images=(addresses.absolute(addresses.picture(*picture)),))


def _changed(here: ReadModel, post: Post) -> datetime | None:
    return here.revised(post) or post.published


def _latest(here: ReadModel, posts: Iterable[Post]) -> datetime | None:
    changes = (_changed(here, post) for post in posts)
    return max(filter(None, changes), default=None)
