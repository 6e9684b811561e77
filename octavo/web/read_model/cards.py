"""What templates get: posts, terms and authors as a page shows them.

Templates query nothing themselves. All of these are immutable, and equal where a page shows the
same of them: see dependencies.py. `leads_to` is the question for what a link shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from octavo.content.terms import TermKind
from octavo.web.read_model.dependencies import Listed, Question


@dataclass(frozen=True, slots=True)
class TermLink(Listed):
    """A category or tag as an article names it; `hue`, 0 to 7, is the category's colour."""

    names = ("leads_to",)

    name: str
    slug: str
    url: str
    kind: TermKind
    leads_to: Question = field(repr=False, compare=False)
    hue: int = 0


@dataclass(frozen=True, slots=True)
class TermSummary(TermLink):
    """A category or tag with the number of its articles."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Signature:
    """An author as a list names them."""

    name: str
    slug: str
    url: str
    is_organization: bool


@dataclass(frozen=True, slots=True)
class Byline(Signature, Listed):
    """An author as an article shows them: `bio` is HTML, `avatar` a URL or ''."""

    names = ("leads_to",)

    role: str
    avatar: str
    bio: Markup
    leads_to: Question = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its size in pixels, which is 0 by 0 where another host shows it.

    `srcset` is '' where there is one width only; `social`, the address of its social card, is ''
    where the picture is a drawing or too small.
    """

    src: str
    srcset: str
    width: int
    height: int
    alt: str
    caption: str
    credit: str
    social: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A post in a list. `cover` is an inline SVG, empty where there is a `picture`.

    `lang` is the post's language where that is not the site's, otherwise ''.
    """

    url: str
    title: str
    summary: str
    category: TermLink | None
    published: datetime | None
    authors: tuple[Signature, ...]
    picture: Figure | None
    minutes: int
    lang: str
    # Drawn from the slug and the category's hue, which the fields above tell.
    cover: Markup = field(repr=False, compare=False)
    # "draft", "scheduled" or "expired" where only its writer sees it.
    state: str = ""


@dataclass(frozen=True, slots=True)
class PostLink(Listed):
    """An article as one line: in the archive, and as the previous or next one."""

    names = ("leads_to", "category")

    slug: str
    url: str
    title: str
    lang: str
    published: datetime | None
    category: TermLink | None
    leads_to: Question = field(repr=False, compare=False)
    state: str = ""


@dataclass(frozen=True, slots=True)
class SeriesPlace:
    """An article's place in a series of `count` articles: `number`, and those before and after."""

    name: str
    url: str
    number: int
    count: int
    before: PostLink | None
    after: PostLink | None


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that an article has in one of the site's own taxonomies; `label` names that."""

    label: str
    terms: tuple[TermLink, ...]


@dataclass(frozen=True, slots=True)
class Month(Listed):
    """A month's articles, newest first; `name` is empty for those without a date."""

    names = ("cards",)

    name: str
    cards: tuple[PostLink, ...]


@dataclass(frozen=True, slots=True)
class Year(Listed):
    """A year's articles by month, newest first; `year` is None for those without a date.

    `months` is empty where only the year's own page lists them.
    """

    names = ("months",)

    year: int | None
    count: int
    url: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """The home page's parts, as slugs of articles; `issued` is the date of the newest article."""

    issued: datetime | None
    lead: tuple[str, ...]
    featured: tuple[str, ...]
    latest: tuple[str, ...]
    sections: tuple[tuple[TermSummary, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class MenuLink(Listed):
    """An entry of the navigation in the header or footer of each page; `items` are below it."""

    names = ("leads_to", "items")

    label: str
    url: str
    # None where the link leads to nothing that may be withdrawn.
    leads_to: Question | None
    items: tuple[MenuLink, ...] = ()
