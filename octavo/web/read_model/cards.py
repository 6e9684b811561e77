"""What templates are given: posts, terms and authors as a page shows them. Templates query nothing
themselves.

All of these are immutable, and their `repr` tells everything that a page can show of them: see
dependencies.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class TermLink:
    """A category or tag as an article names it; `hue`, 0 to 7, is the category's colour."""

    name: str
    slug: str
    url: str
    hue: int = 0


@dataclass(frozen=True, slots=True)
class TermSummary(TermLink):
    """A category or tag with the number of its articles."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Signature:
    """An author as a list names them."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Byline(Signature):
    """An author as shown: `bio` is HTML, `avatar` a URL or empty."""

    role: str
    avatar: str
    bio: Markup


@dataclass(frozen=True, slots=True)
class Figure:
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
    category: TermLink | None
    published: datetime | None
    authors: tuple[Signature, ...]
    picture: Figure | None
    minutes: int
    # Drawn from the slug and the category's hue, which the fields above tell.
    cover: Markup = field(repr=False)


@dataclass(frozen=True, slots=True)
class PostLink:
    """A post where one line is enough: in the archive, and as the previous or next article."""

    url: str
    title: str
    published: datetime | None
    category: TermLink | None


@dataclass(frozen=True, slots=True)
class Month:
    """A month's articles, newest first; `name` is empty for those without a date."""

    name: str
    cards: tuple[PostLink, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """A year's articles by month, newest first; `year` is None for those without a date.

    `months` is empty where only the year's own page lists them.
    """

    year: int | None
    count: int
    url: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """What stands on the home page, as slugs of articles; `issued` is the date of the newest one."""

    issued: datetime | None
    lead: tuple[str, ...]
    featured: tuple[str, ...]
    latest: tuple[str, ...]
    sections: tuple[tuple[TermSummary, tuple[str, ...]], ...]
