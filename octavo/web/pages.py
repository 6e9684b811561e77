"""The pages that readers open: home, articles, lists by category, tag, author and date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, g, render_template, request
from markupsafe import Markup

from ..addresses import post_path, term_path
from ..content.library import Edition
from ..content.markup import Heading
from ..content.posts import Post
from ..content.slugs import slugify
from ..site import Site
from .cards import Byline, Card, Picture, Shelf, Term
from .covers import cover_png
from .head import Crumb, Page, article_page, list_page
from .pager import Pager, paginate

bp = Blueprint("pages", __name__)

# A text with this many headings gets a list of contents.
HEADINGS_FOR_CONTENTS = 4
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def site() -> Site:
    """Return the site that this application serves."""
    return cast(Site, current_app.extensions["octavo"])


def shelf() -> Shelf:
    """Return the shelf of this request."""
    if "shelf" not in g:
        g.shelf = Shelf(site())
    return cast(Shelf, g.shelf)


@bp.get("/")
def home() -> str:
    """The lead story, featured articles, and the latest of each category."""
    here, edition = shelf(), shelf().edition
    ordered = sorted(edition.posts[:200], key=lambda post: not post.featured)
    lead, featured = ordered[:1], ordered[1:4]
    shown = {post.slug for post in (*lead, *featured)}
    latest = [post for post in edition.posts if post.slug not in shown][:6]
    shown |= {post.slug for post in latest}
    sections = []
    for term in sorted(edition.categories.values(), key=lambda term: -term.count)[:8]:
        posts = tuple(post for post in term.posts[:12] if post.slug not in shown)[:3]
        if posts:
            sections.append((here.term(term), here.cards(posts)))
    page = list_page(site().settings, "/", site().settings.title)
    return render_template(
        "home.html",
        page=page,
        issued=here.local(edition.posts[0].published) if edition.posts else None,
        lead=here.card(lead[0]) if lead else None,
        featured=here.cards(tuple(featured)),
        latest=here.cards(tuple(latest)),
        sections=sections,
    )


@bp.get("/articles/")
def articles() -> str:
    """All articles, newest first."""
    found = _pager(shelf().edition.posts, "/articles/")
    page = _numbered(
        list_page(site().settings, "/articles/", "Articles", crumbs=[Crumb("Articles", "/articles/")]), found
    )
    return render_template("articles.html", page=page, cards=shelf().cards(found.items), pager=found)


@dataclass(frozen=True, slots=True)
class Article:
    """An article or page as its template sees it; `url` is absolute."""

    title: str
    summary: str
    html: Markup
    toc: tuple[Heading, ...]
    category: Term | None
    tags: list[Term]
    authors: tuple[Byline, ...]
    published: datetime | None
    updated: datetime | None
    minutes: int
    picture: Picture | None
    cover: Markup
    url: str
    short_url: str


@dataclass(frozen=True, slots=True)
class RelatedCard:
    """A related article and why it is one."""

    card: Card
    reason: str


@bp.get("/articles/<slug>/")
def article(slug: str) -> str:
    """One article."""
    here, edition = shelf(), shelf().edition
    post = edition.by_slug.get(slug)
    if post is None:
        abort(404)
    card, tags = here.card(post), here.tags_of(post)
    older, newer = edition.neighbours(post)
    page = article_page(site().settings, post, card, tags, here.local(post.updated))
    return render_template(
        "article.html",
        page=page,
        article=_article(here, post, card, tags, page),
        previous=here.card(older) if older else None,
        next=here.card(newer) if newer else None,
        related=[RelatedCard(here.card(found.post), found.reason) for found in site().related(edition, post)],
    )


def _article(here: Shelf, post: Post, card: Card, tags: list[Term], page: Page) -> Article:
    rendered = here.site.texts.post(here.edition, post)
    contents = tuple(heading for heading in rendered.headings if heading.level <= 3)
    return Article(
        title=post.title,
        summary=post.summary,
        html=Markup(rendered.html),  # noqa: S704 - cleaned by markup.render
        toc=contents if len(contents) >= HEADINGS_FOR_CONTENTS else (),
        category=card.category,
        tags=tags,
        authors=card.authors,
        published=card.published,
        updated=here.local(post.updated),
        minutes=post.minutes,
        picture=card.picture,
        cover=card.cover,
        url=page.canonical,
        short_url=card.url,
    )


@bp.get("/<slug>/")
def page(slug: str) -> str:
    """A page of its own, such as About."""
    here = shelf()
    post = here.edition.pages.get(slug)
    if post is None:
        abort(404)
    card = here.card(post)
    head = list_page(site().settings, card.url, post.title, post.summary, [Crumb(post.title, card.url)])
    head.robots = "noindex" if post.noindex else ""
    return render_template("page.html", page=head, article=_article(here, post, card, here.tags_of(post), head))


@bp.get("/categories/<slug>/")
def category(slug: str) -> str:
    """The articles of one category."""
    return _term_page("category.html", shelf().edition.categories, slug)


@bp.get("/tags/<slug>/")
def tag(slug: str) -> str:
    """The articles with one tag."""
    edition = shelf().edition
    return _term_page("tag.html", edition.tags, slug, related_terms=_neighbouring_tags(edition, slug))


def _term_page(template: str, terms: Any, slug: str, **more: Any) -> str:
    here = shelf()
    found = terms.get(slug)
    if found is None:
        abort(404)
    term = here.term(found)
    pager = _pager(found.posts, term.url)
    crumbs = [Crumb("Tags", "/tags/")] if found.kind == "tag" else [Crumb("Articles", "/articles/")]
    crumbs.append(Crumb(term.name, term.url))
    count = "1 article" if term.count == 1 else f"{term.count:,} articles"
    about = f"{count} about {term.name} in {site().settings.title}."
    head = _numbered(list_page(site().settings, term.url, term.name, about, crumbs), pager)
    return render_template(template, page=head, term=term, cards=here.cards(pager.items), pager=pager, **more)


def _neighbouring_tags(edition: Edition, slug: str) -> list[Term]:
    """Return the tags that stand most often beside this one."""
    found = edition.tags.get(slug)
    if found is None:
        return []
    counts: dict[str, int] = {}
    for post in found.posts[:500]:
        for name in dict.fromkeys(map(slugify, post.tags)):
            counts[name] = counts.get(name, 0) + 1
    counts.pop(slug, None)
    best = sorted(counts, key=lambda name: (-counts[name], name))[:8]
    return [shelf().term(edition.tags[name]) for name in best]


@bp.get("/tags/")
def tags() -> str:
    """All tags with their counts."""
    here = shelf()
    page = list_page(site().settings, "/tags/", "Tags", crumbs=[Crumb("Tags", "/tags/")])
    return render_template("tags.html", page=page, terms=[here.term(term) for term in here.edition.tags.values()])


@bp.get("/authors/")
def authors() -> str:
    """All authors."""
    here = shelf()
    page = list_page(site().settings, "/authors/", "Authors", crumbs=[Crumb("Authors", "/authors/")])
    bylines = [here.byline(here.edition.author(slug)) for slug in here.edition.authors]
    return render_template("authors.html", page=page, authors=bylines)


@bp.get("/authors/<slug>/")
def author(slug: str) -> str:
    """An author's bio and articles."""
    here = shelf()
    found = here.edition.authors.get(slug)
    if found is None:
        abort(404)
    byline = here.byline(here.edition.author(slug))
    path = term_path("author", slug)
    pager = _pager(found.posts, path)
    crumbs = [Crumb("Authors", "/authors/"), Crumb(byline.name, path)]
    about = f"Articles by {byline.name} in {site().settings.title}."
    head = _numbered(list_page(site().settings, path, byline.name, about, crumbs), pager)
    return render_template("author.html", page=head, author=byline, cards=here.cards(pager.items), pager=pager)


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """An article in the archive: no more than its line needs."""

    url: str
    title: str
    published: datetime | None
    category: Term | None


@dataclass(frozen=True, slots=True)
class Month:
    """A month's articles, newest first; `name` is empty for those without a date."""

    name: str
    cards: list[ArchiveEntry]


@dataclass(frozen=True, slots=True)
class Year:
    """A year's articles by month, newest first; `year` is None for those without a date.

    `months` is empty where only the year's own page lists them.
    """

    year: int | None
    count: int
    url: str
    months: list[Month]


# A longer archive shows its newest years in full and links to the pages of the others.
ARCHIVE_ENTRIES = 300


@bp.get("/archive/")
def archive() -> str:
    """All articles by year and month."""
    here = shelf()
    page = list_page(site().settings, "/archive/", "Archive", crumbs=[Crumb("Archive", "/archive/")])
    years: list[Year] = []
    left = ARCHIVE_ENTRIES
    for year, posts in here.edition.years(site().settings.zone).items():
        left -= len(posts)
        years.append(_year(here, year, posts, full=left >= 0 or not years))
    return render_template("archive.html", page=page, years=years)


@bp.get("/archive/<int(fixed_digits=4):year>/")
def archive_of_year(year: int) -> str:
    """The articles of one year by month."""
    here = shelf()
    posts = here.edition.years(site().settings.zone).get(year)
    if posts is None:
        abort(404)
    path = f"/archive/{year}/"
    crumbs = [Crumb("Archive", "/archive/"), Crumb(str(year), path)]
    page = list_page(site().settings, path, str(year), f"All articles of {year}.", crumbs)
    return render_template("archive.html", page=page, years=[_year(here, year, posts, full=True)])


def _year(here: Shelf, year: int | None, posts: tuple[Post, ...], full: bool) -> Year:
    months = []
    for month, in_month in groupby(posts if full or year is None else (), key=lambda post: _month(here, post)):
        entries = [
            ArchiveEntry(post_path(post), post.title, here.local(post.published), here.category_of(post))
            for post in in_month
        ]
        months.append(Month(MONTHS[month - 1] if month else "", entries))
    return Year(year, len(posts), f"/archive/{year}/" if year else "", months)


def _month(here: Shelf, post: Post) -> int:
    published = here.local(post.published)
    return published.month if published else 0


@bp.get("/covers/<slug>.png")
def social_cover(slug: str) -> Response:
    """The drawn cover of an article as a picture for social cards."""
    here = shelf()
    post = here.edition.by_slug.get(slug)
    if post is None:
        abort(404)
    category = here.category_of(post)
    response = Response(cover_png(post.slug, category.hue if category else 0), mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _pager(posts: tuple[Post, ...], path: str) -> Pager[Post]:
    found = paginate(posts, request.args.get("page"), site().settings.page_size, path)
    if found is None:
        abort(404)
    return found


def _numbered(page: Page, pager: Pager[Post]) -> Page:
    if pager.number == 1:
        return replace(page, next_url=pager.next)
    return replace(
        page,
        title=f"{page.heading}, page {pager.number} · {site().settings.title}",
        canonical=f"{page.canonical}?page={pager.number}",
        prev_url=pager.prev,
        next_url=pager.next,
    )


def exists(edition: Edition, endpoint: str, values: dict[str, Any]) -> bool:
    """Whether the page that a route names has something to show."""
    slug = values.get("slug", "")
    kinds: dict[str, Any] = {
        "pages.article": edition.by_slug,
        "pages.page": edition.pages,
        "pages.category": edition.categories,
        "pages.tag": edition.tags,
        "pages.author": edition.authors,
    }
    if endpoint == "pages.archive_of_year":
        return values["year"] in edition.years(site().settings.zone)
    return slug in kinds[endpoint] if endpoint in kinds else endpoint.startswith(("pages.", "search."))
