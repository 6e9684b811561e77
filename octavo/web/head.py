"""What stands in a page's <head>: title, addresses, pictures for social cards, and structured data
(schema.org).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from octavo.content.posts import Post
from octavo.settings import Settings
from octavo.web.feed_formats import Alternate, feed_links
from octavo.web.read_model.cards import Card, Figure, Signature, TermLink


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the way from the home page to this one."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class SocialImage:
    """The picture that a shared link shows; `url` is absolute, sizes in pixels."""

    url: str
    width: int
    height: int
    alt: str


@dataclass(slots=True)
class Page:
    """The head of one page. Addresses are absolute but for `prev_url`, `next_url` and breadcrumbs."""

    title: str
    heading: str
    description: str
    canonical: str
    robots: str = ""
    kind: str = "website"
    image: SocialImage | None = None
    feeds: list[Alternate] = field(default_factory=list)
    alternates: list[Alternate] = field(default_factory=list)
    json_ld: list[Markup] = field(default_factory=list)
    breadcrumbs: list[Crumb] = field(default_factory=list)
    prev_url: str = ""
    next_url: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    tags: list[str] = field(default_factory=list)
    section: str = ""


def list_page(
    settings: Settings, path: str, heading: str, description: str = "", crumbs: Sequence[Crumb] = ()
) -> Page:
    """Return the head of any page that is no article; `path` with its query is its canonical
    address.
    """
    title = f"{heading} · {settings.title}" if heading != settings.title else _home_title(settings)
    trail = [Crumb("Home", "/"), *crumbs] if crumbs else []
    page = Page(
        title,
        heading,
        description or settings.description,
        settings.base_url + path,
        breadcrumbs=trail,
    )
    if trail:
        page.json_ld.append(_breadcrumbs(settings, trail))
    page.feeds = feed_links(settings, path, heading)
    if path == "/":
        page.json_ld.append(_website(settings))
    return page


def article_page(
    settings: Settings, post: Post, card: Card, tags: Sequence[TermLink], updated: datetime | None
) -> Page:
    """Return the head of an article."""
    crumbs = [Crumb("Articles", "/articles/"), Crumb(post.title, card.url)]
    if card.category:
        crumbs.insert(1, Crumb(card.category.name, card.category.url))
    page = list_page(settings, card.url, post.title, post.summary, crumbs)
    page.kind = "article"
    page.alternates = _alternates(settings, page.canonical, card)
    page.canonical = post.canonical or page.canonical
    page.robots = "noindex" if post.noindex else ""
    page.image = social_image(settings, post, card.picture)
    page.published, page.updated = card.published, updated
    page.tags, page.section = (
        [tag.name for tag in tags],
        card.category.name if card.category else "",
    )
    page.json_ld.insert(0, _blog_posting(settings, page, card))
    return page


def _alternates(settings: Settings, url: str, card: Card) -> list[Alternate]:
    """Return the other forms of an article: as Markdown, and for embedding."""
    embed = f"{settings.base_url}/oembed?{urlencode({'url': url})}"
    return [
        Alternate("text/markdown", f"{card.url.removesuffix('/')}.md", f"{card.title} (Markdown)"),
        Alternate("application/json+oembed", embed, card.title),
        Alternate("text/xml+oembed", f"{embed}&format=xml", card.title),
    ]


def social_image(settings: Settings, post: Post, picture: Figure | None) -> SocialImage:
    """Return an article's own picture, or its drawn cover."""
    if picture is not None and not picture.src.endswith(".svg"):
        return SocialImage(
            settings.base_url + picture.src, picture.width, picture.height, picture.alt
        )
    return SocialImage(f"{settings.base_url}/covers/{quote(post.slug)}.png", 1200, 630, post.title)


def _home_title(settings: Settings) -> str:
    return f"{settings.title}: {settings.tagline}" if settings.tagline else settings.title


def _blog_posting(settings: Settings, page: Page, card: Card) -> Markup:
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": card.title,
        "description": card.summary,
        "url": page.canonical,
        "mainEntityOfPage": page.canonical,
        "inLanguage": settings.language,
        "author": [_person(settings, author) for author in card.authors],
        "publisher": {
            "@type": "Organization",
            "name": settings.title,
            "url": f"{settings.base_url}/",
        },
        "isPartOf": {"@type": "Blog", "name": settings.title, "url": f"{settings.base_url}/"},
        "timeRequired": f"PT{card.minutes}M",
    }
    if page.image:
        data["image"] = {
            "@type": "ImageObject",
            "url": page.image.url,
            "width": page.image.width,
            "height": page.image.height,
        }
    if page.published:
        data["datePublished"] = page.published.isoformat()
        data["dateModified"] = (page.updated or page.published).isoformat()
    if page.tags:
        data["keywords"] = page.tags
    if page.section:
        data["articleSection"] = page.section
    return _json(data)


def _person(settings: Settings, author: Signature) -> dict[str, str]:
    # A desk is no person: schema.org's Organization is true of both.
    return {"@type": "Organization", "name": author.name, "url": settings.base_url + author.url}


def _breadcrumbs(settings: Settings, trail: Sequence[Crumb]) -> Markup:
    items = [
        {
            "@type": "ListItem",
            "position": place,
            "name": crumb.label,
            "item": settings.base_url + crumb.url,
        }
        for place, crumb in enumerate(trail, 1)
    ]
    return _json(
        {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}
    )


def _website(settings: Settings) -> Markup:
    url = f"{settings.base_url}/"
    site = {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": settings.title,
        "url": url,
    }
    return _json({**site, "description": settings.description, "inLanguage": settings.language})


def _json(data: dict[str, Any]) -> Markup:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Within <script>, only these could end the element or open a comment.
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704
