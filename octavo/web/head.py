"""The <head> of a page: title, canonical address, feeds, social card, and structured data.

The structured data are those of https://schema.org.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json import JSONEncoder
from typing import Any
from urllib.parse import unquote, urlencode

from markupsafe import Markup

from octavo.content.images import CARD_SIZE
from octavo.content.posts import Post
from octavo.content.urls import parts_of
from octavo.settings import Settings
from octavo.site.addresses import FEED_FORMATS, Addresses, FeedFormat
from octavo.site.site import Site
from octavo.web.phrases.phrases import say
from octavo.web.read_model.cards import Card, Figure, Signature
from octavo.web.read_model.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the breadcrumbs: the way from the home page to this one."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class SocialImage:
    """The picture of a page's social card; `url` is absolute, sizes in pixels (0: unknown)."""

    url: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class Alternate:
    """Another form of a page, as a feed: a <link> of its <head>. `label` is its short name."""

    type: str
    url: str
    title: str
    label: str = ""


@dataclass(slots=True)
class Page:
    """The head of one page. All addresses but `prev_url`, `next_url` and crumbs are absolute."""

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
    authors: list[str] = field(default_factory=list)
    # Texts for social networks, where they differ from the page's own.
    social_title: str = ""
    social_description: str = ""
    twitter_title: str = ""
    twitter_description: str = ""
    twitter_image: SocialImage | None = None
    lang: str = ""


def list_page(
    site: Site, path: str, heading: str, description: str = "", crumbs: Sequence[Crumb] = ()
) -> Page:
    """Return the head of a page that is no article.

    `path` is its canonical address, with the site's prefix; it may have a query.
    """
    settings = site.settings
    trail: list[Crumb] = []
    if crumbs:
        trail = [Crumb(say("Home"), site.addresses.path("/")), *crumbs]
    page = Page(
        title=_title(settings, heading),
        heading=heading,
        description=description or settings.description or settings.tagline,
        canonical=site.addresses.absolute(path),
        breadcrumbs=trail,
    )
    if trail:
        page.json_ld.append(_breadcrumbs(site.addresses, trail))
    page.feeds = _feed_links(site, path, heading)
    if path == site.addresses.path("/"):
        page.json_ld.append(_website(site))
    return page


def _feed_links(site: Site, path: str, heading: str) -> list[Alternate]:
    """Return the feeds for the page at `path`: its category's, tag's or the like, the site's."""
    if site.is_preview:
        return []
    places = [(site.addresses.path("/"), site.settings.title)]
    folders = [*map(site.addresses.terms, site.addresses.folders)]
    if path.endswith("/") and any(path.startswith(folder) and path != folder for folder in folders):
        places.insert(0, (path, heading))
    own = [FeedFormat(file, one.type, one.label) for file, (_, one) in site.own_feeds.items()]
    return [
        Alternate(form.type, place + form.file, f"{title} ({form.label})", form.label)
        for place, title in places
        for form in (*FEED_FORMATS.values(), *own)
    ]


def own_page(here: ReadModel, post: Post, card: Card) -> Page:
    """Return the head of a standing page, such as About."""
    page = list_page(here.site, card.url, post.title, post.summary, [Crumb(post.title, card.url)])
    _note_wishes(here, page, post)
    page.lang = card.lang
    return page


def article_page(here: ReadModel, post: Post, card: Card) -> Page:
    """Return the head of an article."""
    site = here.site
    crumbs = [
        Crumb(say("Articles"), site.addresses.path("/articles/")),
        Crumb(post.title, card.url),
    ]
    section = ""
    if card.category:
        section = card.category.name
        crumbs.insert(1, Crumb(section, card.category.url))
    page = list_page(site, card.url, post.title, post.summary, crumbs)
    page.section = section
    page.kind = "article"
    page.lang = card.lang
    page.alternates = _alternates(site, page.canonical, post)
    if not is_own(site.addresses, post):
        page.canonical = post.canonical
    page.image = social_image(site, post, card.picture)
    page.published = card.published
    page.updated = here.revised(post)
    page.tags = [tag.name for tag in here.tags_of(post.slug)]
    page.authors = [author.name for author in card.authors] or [site.settings.title]
    _note_wishes(here, page, post)
    page.json_ld.insert(0, _blog_posting(site, page, card))
    return page


def is_own(addresses: Addresses, post: Post) -> bool:
    """Whether an article is an original here: its `canonical:` is empty or its own address."""
    if not post.canonical:
        return True
    named = _plain_address(post.canonical)
    own = (addresses.post(post), addresses.by_slug(post.slug))
    return named in [_plain_address(addresses.absolute(path)) for path in own]


def _plain_address(url: str) -> str:
    parts = parts_of(url)
    return f"{parts.netloc.lower()}{unquote(parts.path).rstrip('/')}?{parts.query}"


def _note_wishes(here: ReadModel, page: Page, post: Post) -> None:
    """Add what front matter says only for search engines and social networks."""
    if post.noindex:
        page.robots = "noindex"
    meta_title = post.extra_text("meta_title")
    page.title = meta_title or page.title
    page.social_title = post.extra_text("og_title") or meta_title
    page.social_description = post.extra_text("og_description")
    page.twitter_title = post.extra_text("twitter_title")
    page.twitter_description = post.extra_text("twitter_description")
    page.image = _named_image(here, post, "og_image") or page.image
    page.twitter_image = _named_image(here, post, "twitter_image")


def _named_image(here: ReadModel, post: Post, field: str) -> SocialImage | None:
    """Return the picture in a field of front matter; None where it has none."""
    named = post.extra_text(field)
    if not named:
        return None
    if parts_of(named).scheme in ("https", "http"):
        return SocialImage(named, 0, 0, post.title)
    path = here.social(post.path, named)
    if path is None:
        return None
    return SocialImage(here.site.addresses.absolute(path), *CARD_SIZE, post.title)


def _alternates(site: Site, url: str, post: Post) -> list[Alternate]:
    """Return the other forms of an article: Markdown, and oEmbed."""
    if site.is_preview:
        return []
    embed = f"{site.addresses.absolute(site.addresses.path('/oembed'))}?{urlencode({'url': url})}"
    return [
        Alternate("text/markdown", site.addresses.markdown(post.slug), f"{post.title} (Markdown)"),
        Alternate("application/json+oembed", embed, post.title),
        Alternate("text/xml+oembed", f"{embed}&format=xml", post.title),
    ]


def social_image(site: Site, post: Post, picture: Figure | None) -> SocialImage:
    """Return the picture of an article's social card: its own, cut to size, or its drawn cover."""
    path = site.addresses.cover(post.slug)
    alt = post.title
    if picture is not None and picture.social:
        path = picture.social
        alt = picture.alt
    return SocialImage(site.addresses.absolute(path), *CARD_SIZE, alt)


def _title(settings: Settings, heading: str) -> str:
    if heading != settings.title:
        return f"{heading} · {settings.title}"
    if settings.tagline:
        return f"{settings.title}: {settings.tagline}"
    return settings.title


def _blog_posting(site: Site, page: Page, card: Card) -> Markup:
    publisher = _publisher(site)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": card.title,
        "description": card.summary,
        "url": page.canonical,
        "mainEntityOfPage": page.canonical,
        "inLanguage": card.lang or site.settings.language,
        "author": [_author(site, author) for author in card.authors] or [publisher],
        "publisher": publisher,
        "isPartOf": {**publisher, "@type": "Blog"},
        "timeRequired": f"PT{card.minutes}M",
    }
    if page.image:
        data["image"] = {"@type": "ImageObject", "url": page.image.url}
        if page.image.width:
            data["image"] |= {"width": page.image.width, "height": page.image.height}
    if page.published:
        data["datePublished"] = page.published.isoformat()
        data["dateModified"] = (page.updated or page.published).isoformat()
    if page.tags:
        data["keywords"] = page.tags
    if page.section:
        data["articleSection"] = page.section
    return _json(data)


def _publisher(site: Site) -> dict[str, str]:
    home = site.addresses.absolute(site.addresses.path("/"))
    return {"@type": "Organization", "name": site.settings.title, "url": home}


def _author(site: Site, author: Signature) -> dict[str, str]:
    kind = "Person"
    if author.is_organization or author.name == site.settings.title:
        kind = "Organization"
    return {"@type": kind, "name": author.name, "url": site.addresses.absolute(author.url)}


def _breadcrumbs(addresses: Addresses, trail: Sequence[Crumb]) -> Markup:
    items = [
        {
            "@type": "ListItem",
            "position": place,
            "name": crumb.label,
            "item": addresses.absolute(crumb.url),
        }
        for place, crumb in enumerate(trail, 1)
    ]
    return _json(
        {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}
    )


def _website(site: Site) -> Markup:
    return _json(
        {
            "@context": "https://schema.org",
            **_publisher(site),
            "@type": "WebSite",
            "description": site.settings.description or site.settings.tagline,
            "inLanguage": site.settings.language,
        }
    )


_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _json(data: dict[str, Any]) -> Markup:
    text = _ENCODER.encode(data)
    # Within <script>, only these could end the element or open a comment.
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704
