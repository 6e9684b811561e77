"""What templates are given: posts, terms and authors as a page shows them. Templates query nothing themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from ..addresses import picture_path, picture_widths, post_path, term_path
from ..content import library
from ..content.library import Edition
from ..content.posts import Author, Post
from ..content.slugs import slugify
from ..site import Site
from .covers import cover_svg

HUES = 8


@dataclass(frozen=True, slots=True)
class Term:
    """A category or tag with its address; `hue`, 0 to 7, is the category's colour."""

    name: str
    slug: str
    url: str
    count: int
    hue: int = 0


@dataclass(frozen=True, slots=True)
class Byline:
    """An author as shown: `bio` is HTML, `avatar` a URL or empty."""

    name: str
    role: str
    url: str
    avatar: str
    bio: Markup


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its size in pixels; `srcset` is empty where there is one width only."""

    src: str
    srcset: str
    width: int
    height: int
    alt: str
    caption: str
    credit: str


@dataclass(frozen=True, slots=True)
class Card:
    """A post in a list. `cover` is an inline SVG, shown where there is no `picture`."""

    url: str
    title: str
    summary: str
    category: Term | None
    published: datetime | None
    authors: tuple[Byline, ...]
    picture: Picture | None
    cover: Markup
    minutes: int


class Shelf:
    """One edition of a site as templates see it. A request uses one shelf, so that its page is of one piece."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.edition: Edition = site.edition()

    def card(self, post: Post) -> Card:
        """Return a post's card."""
        category = self.category_of(post)
        return Card(
            url=post_path(post),
            title=post.title,
            summary=post.summary,
            category=category,
            published=self.local(post.published),
            authors=self.bylines(post),
            picture=self.picture(post),
            cover=cover(post, category),
            minutes=post.minutes,
        )

    def cards(self, posts: tuple[Post, ...]) -> list[Card]:
        """Return the cards of posts."""
        return [self.card(post) for post in posts]

    def category_of(self, post: Post) -> Term | None:
        """Return a post's category."""
        term = self.edition.categories.get(slugify(post.category))
        return self.term(term) if term else None

    def tags_of(self, post: Post) -> list[Term]:
        """Return a post's tags in its own order."""
        found = (self.edition.tags.get(slugify(name)) for name in post.tags)
        return [self.term(term) for term in found if term is not None]

    def term(self, term: library.Term) -> Term:
        """Return a category or tag."""
        hue = self.edition.category_places.get(term.slug, 0) % HUES if term.kind == "category" else 0
        return Term(term.name, term.slug, term_path(term.kind, term.slug), term.count, hue)

    def bylines(self, post: Post) -> tuple[Byline, ...]:
        """Return a post's authors."""
        return tuple(self.byline(author) for author in self.edition.authors_of(post))

    def byline(self, author: Author) -> Byline:
        """Return an author."""
        avatar = author.avatar
        if avatar and not avatar.startswith("/"):
            found = self.site.picture(author.path, avatar)
            avatar = picture_path(*found) if found else ""
        bio = Markup(self.site.texts.bio(self.edition, author))  # noqa: S704 - cleaned by markup.render
        return Byline(author.name, author.role, term_path("author", author.slug), avatar, bio)

    def picture(self, post: Post) -> Picture | None:
        """Return a post's own picture; None where it has none or the file is missing."""
        image = post.image
        found = self.site.picture(post.path, image.path) if image else None
        if image is None or found is None:
            return None
        src, facts = picture_path(*found), found[1]
        srcset = picture_widths(*found)
        return Picture(src, srcset, facts.width, facts.height, image.alt, image.caption, image.credit)

    def local(self, moment: datetime | None) -> datetime | None:
        """Return a time in the site's zone."""
        return moment.astimezone(self.site.settings.zone) if moment else None


def cover(post: Post, category: Term | None) -> Markup:
    """Return the drawn cover of a post as inline SVG."""
    return Markup(cover_svg(post.slug, category.hue if category else 0))  # noqa: S704 - drawn from numbers alone
