"""The pages that readers open: home, articles, lists by category, tag, author and date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Flask, Response, redirect, render_template, request
from jinja2 import ChainableUndefined
from markupsafe import Markup
from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.wrappers import Response as BaseResponse

from octavo.content.markdown.render import Heading
from octavo.content.posts import Post
from octavo.content.terms import label_of
from octavo.site.site import Site
from octavo.web.cache import cached
from octavo.web.covers import cover_png
from octavo.web.head import Crumb, Page, article_page, list_page, own_page
from octavo.web.page_kinds import NESTED, PAGE_KINDS, taxonomy_kinds
from octavo.web.phrases.phrases import say, translated
from octavo.web.read_model.cards import Byline, Card, Figure, SeriesPlace, TermLink, Terms
from octavo.web.read_model.pager import Pager
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import found, own, read_model, site

bp = Blueprint("pages", __name__)

# A text with this many headings gets a list of contents, of headings down to this level (h3).
MIN_HEADINGS = 4
MAX_HEADING_LEVEL = 3
# A summary that is made of the text is that long at most, and stands at its beginning; characters.
MAX_EXCERPT_CHARACTERS = 200
# The folder of templates that a post names as its `layout`.
LAYOUTS = "layouts"
# Characters of HTML that a paragraph of more than three lines has.
MIN_LONG_OPENING = 320
# Letters that can stand large at the beginning of a text; those of other scripts cannot.
_INITIAL = re.compile("<p>[A-Za-zÀ-ÖØ-öø-ʯͰ-ԯḀ-ỿ]")


def init_app(app: Flask, site: Site) -> None:
    """Add the pages, those of taxonomies, and addresses by the setting `permalink`, if any."""
    app.register_blueprint(bp)
    addresses = site.addresses
    kinds = taxonomy_kinds(addresses)
    for kind in addresses.taxonomies:
        for name, view in ((f"terms-{kind}", terms), (f"term-{kind}", term)):
            app.add_url_rule(kinds[name].rule, f"pages.{name}", view, defaults={"kind": kind})
    app.url_map.converters[NESTED] = _nested_pages(site)
    permalink = addresses.permalink.pattern if addresses.permalink else ""
    if not permalink:
        app.add_url_rule(PAGE_KINDS[NESTED].rule, f"pages.{NESTED}", page)
    if permalink:
        rule = "/<path:address>"
        if permalink.endswith("/"):
            rule += "/"
        app.add_url_rule(rule, "pages.permalinked", permalinked)


def _nested_pages(site: Site) -> type[BaseConverter]:
    """Return the converter of the slugs of pages in folders.

    Every other address goes on as if there were no rule.
    """

    class NestedPage(BaseConverter):
        """The slug of a page in a folder."""

        part_isolating = False
        regex = "[^/]+(?:/[^/]+)+"

        def to_python(self, value: str) -> str:
            """Return the slug of the page. Raises ValidationError where there is none."""
            if value not in site.edition().pages:
                raise ValidationError
            return value

    return NestedPage


# What other systems ask for articles by: `/?p=42`.
OLD_PARAMETERS = tuple(
    """
    p page_id post post_id article article_id attachment_id id node q option feed name pagename
    """.split()
)


@bp.get(PAGE_KINDS["home"].rule)
@cached(bypass=OLD_PARAMETERS)
def home() -> str | BaseResponse:
    """Return the home page: the lead story, featured articles, and the latest of each category."""
    here = read_model()
    if request.args:
        query = request.query_string.decode("latin-1")
        former = site().resolver(here.untracked).by_old_address("/", query)
        if former:
            return redirect(former, code=301)
    form = site().settings.home
    if form == "page":
        post = here.post(site().addresses.front_page, "page")
        if post is not None:
            return _home_as_page(here, post)
    # Until the page is written, the latest articles stand there.
    if form != "magazine":
        return _home_as_list(here)
    front = here.front()
    lead = here.cards(front.lead)
    return render_template(
        "home.html",
        page=list_page(site(), own("/"), site().settings.title),
        issued=front.issued,
        lead=next(iter(lead), None),
        featured=here.cards(front.featured),
        latest=here.cards(front.latest),
        most_read=here.cards(here.most_read()),
        sections=[(term, here.cards(slugs)) for term, slugs in front.sections],
    )


def _home_as_page(here: ReadModel, post: Post) -> str:
    card = found(here.card(post.slug, "page"))
    head = own_page(here, post, card)
    article = _article(here, post, card, head)
    return render_template(_template(post, "page.html"), page=head, article=article)


def _home_as_list(here: ReadModel) -> str:
    size = site().settings.page_size
    newest = found(here.latest(None, "", size + 1))
    return render_template(
        "home-list.html",
        page=list_page(site(), own("/"), site().settings.title),
        cards=here.cards(newest[:size]),
        has_more=len(newest) > size,
    )


@bp.get(PAGE_KINDS["articles"].rule)
@cached("page")
def articles() -> str:
    """Return a page of all articles, newest first."""
    here = read_model()
    pager = found(here.listed(None, "", request.args.get("page")))
    path = own("/articles/")
    page = list_page(site(), path, say("Articles"), crumbs=[Crumb(say("Articles"), path)])
    return render_template(
        "articles.html", page=_numbered(page, pager), cards=here.cards(pager.items), pager=pager
    )


class OpenFields(dict[str, Any]):
    """Front matter by name, for templates: a field that an article lacks is empty there."""

    def __missing__(self, name: str) -> ChainableUndefined:
        return ChainableUndefined(name=name)


@dataclass(frozen=True, slots=True)
class Article:
    """An article or page as its template sees it; `url` is absolute.

    `standfirst` is the summary where that is not the opening of the text anyway. `terms` are those
    of the site's own taxonomies, `series` its places in series (SeriesPlace). `post` has the
    fields as the file says them; `extra` is the front matter that the engine does not know, with
    what plug-ins add. `opens_long` tells that the text begins with a long paragraph and with a
    letter that can stand large at its beginning.
    """

    title: str
    summary: str
    standfirst: str
    html: Markup
    toc: tuple[Heading, ...]
    category: TermLink | None
    tags: tuple[TermLink, ...]
    terms: tuple[Terms, ...]
    series: tuple[SeriesPlace, ...]
    authors: tuple[Byline, ...]
    published: datetime | None
    updated: datetime | None
    minutes: int
    lang: str
    views: int | None
    picture: Figure | None
    cover: Markup
    url: str
    slug: str
    state: str
    extra: Mapping[str, Any]
    post: Post
    opens_long: bool = False


@dataclass(frozen=True, slots=True)
class RelatedCard:
    """A related article, and the reason."""

    card: Card
    reason: str


@bp.get(PAGE_KINDS["article"].rule)
@cached()
def article(slug: str) -> str | BaseResponse:
    """Return an article, or a redirect to its own address where `permalink` gives it another."""
    post = found(read_model().post(slug))
    address = site().addresses.post(post)
    if address != site().addresses.by_slug(slug):
        return redirect(address, code=301)
    return _article_page(slug)


@cached()
def permalinked(address: str) -> str | BaseResponse:
    """Return the standing page at an address, or the article that `permalink` puts there.

    A request under another spelling of an article's address is redirected; 404 where there is
    neither.
    """
    if read_model().post(address.rstrip("/"), "page") is not None:
        return _own_page(address.rstrip("/"))
    slug = found(read_model().slug_at(request.path))
    post = found(read_model().post(slug))
    address = site().addresses.post(post)
    if unquote(address) != own(request.path):
        return redirect(address, code=301)
    return _article_page(slug)


def _article_page(slug: str) -> str:
    here = read_model()
    post = found(here.post(slug))
    card = found(here.card(slug))
    older, newer = here.neighbours(slug)
    page = article_page(here, post, card)
    return render_template(
        _template(post, "article.html"),
        page=page,
        article=_article(here, post, card, page),
        previous=older,
        next=newer,
        related=[
            RelatedCard(found(here.card(near)), translated(reason))
            for near, reason in here.related(slug)
        ],
    )


def _template(post: Post, usual: str) -> str:
    """Return the template that a post's `layout` names, where the site has it, else the usual."""
    layout = post.extra.get("layout")
    if layout:
        name = f"{LAYOUTS}/{layout}.html"
        if read_model().template(name) is not None:
            return name
    return usual


def _article(here: ReadModel, post: Post, card: Card, page: Page) -> Article:
    rendered = here.text(post)
    contents = tuple(heading for heading in rendered.headings if heading.level <= MAX_HEADING_LEVEL)
    if len(contents) < MIN_HEADINGS:
        contents = ()
    standfirst = post.summary
    if standfirst.rstrip(" …") in rendered.text[: 2 * MAX_EXCERPT_CHARACTERS]:
        standfirst = ""
    views: int | None = None
    if post.kind == "post":
        views = here.views(post.slug)
    return Article(
        title=post.title,
        summary=post.summary,
        standfirst=standfirst,
        html=Markup(rendered.html),  # noqa: S704 - cleaned by markdown.render
        toc=contents,
        category=card.category,
        tags=here.tags_of(post.slug, post.kind),
        terms=here.own_terms_of(post),
        series=here.places_of(post) if post.kind == "post" else (),
        authors=here.bylines_of(post.slug, post.kind),
        published=card.published,
        updated=here.revised(post),
        minutes=post.minutes,
        lang=card.lang,
        views=views,
        picture=card.picture,
        cover=card.cover,
        url=page.canonical,
        slug=post.slug,
        state=card.state,
        extra=OpenFields(post.extra),
        post=post,
        opens_long=_opens_long(rendered.html),
    )


def _opens_long(html: str) -> bool:
    return _INITIAL.match(html) is not None and html.find("</p>", 0, MIN_LONG_OPENING) < 0


@bp.get(PAGE_KINDS["page"].rule)
@cached()
def page(slug: str) -> str | BaseResponse:
    """Return the standing page of this slug, such as About.

    Where `permalink` is set it may be an article, whose address has one part too.
    """
    here = read_model()
    if site().addresses.permalink and here.post(slug, "page") is None:
        return permalinked(f"{slug}/")
    return _own_page(slug)


def _own_page(slug: str) -> str | BaseResponse:
    here = read_model()
    post = found(here.post(slug, "page"))
    if slug == site().addresses.front_page:
        return redirect(own("/"), code=301)
    card = found(here.card(slug, "page"))
    head = own_page(here, post, card)
    return render_template(
        _template(post, "page.html"), page=head, article=_article(here, post, card, head)
    )


@bp.get(PAGE_KINDS["category"].rule)
@cached("page")
def category(slug: str) -> str:
    """Return a page of the articles of one category."""
    return _term_page("category", slug, [Crumb(say("Articles"), own("/articles/"))])


@bp.get(PAGE_KINDS["tag"].rule)
@cached("page")
def tag(slug: str) -> str:
    """Return a page of the articles with one tag."""
    crumbs = [Crumb(say("Tags"), own("/tags/"))]
    return _term_page("tag", slug, crumbs, related_terms=read_model().labels_beside(slug))


def _term_page(kind: str, slug: str, crumbs: list[Crumb], template: str = "", **more: Any) -> str:
    here = read_model()
    term = found(here.term(kind, slug))
    pager = found(here.listed(kind, slug, request.args.get("page")))
    about = say(
        "{count} articles about {term} in {site}.",
        count=term.count,
        term=term.name,
        site=site().settings.title,
    )
    head = list_page(site(), term.url, term.name, about, [*crumbs, Crumb(term.name, term.url)])
    cards = here.cards(pager.items)
    return render_template(
        template or f"{kind}.html",
        page=_numbered(head, pager),
        term=term,
        cards=cards,
        pager=pager,
        **more,
    )


@cached("page")
def term(kind: str, slug: str) -> str | BaseResponse:
    """Return a page of the articles of one term of a taxonomy, such as a series in its order."""
    folder = site().addresses.folders[kind]
    here = read_model()
    if here.post(f"{folder}/{slug}", "page") is not None or here.term(kind, slug) is None:
        return page(f"{folder}/{slug}")
    crumb = Crumb(label_of(folder), site().addresses.terms(kind))
    return _term_page(kind, slug, [crumb], template="term.html", label=label_of(kind))


@cached()
def terms(kind: str) -> str | BaseResponse:
    """Return all terms of a taxonomy with their counts, or the site's own page at the address."""
    here = read_model()
    folder = site().addresses.folders[kind]
    found = here.terms(kind)
    if here.post(folder, "page") is not None or not found:
        return page(folder)
    path = site().addresses.terms(kind)
    label = label_of(folder)
    head = list_page(site(), path, label, crumbs=[Crumb(label, path)])
    return render_template("terms.html", page=head, terms=found)


@bp.get(PAGE_KINDS["tags"].rule)
@cached()
def tags() -> str:
    """Return the page of all tags with their counts."""
    page = list_page(site(), own("/tags/"), say("Tags"), crumbs=[Crumb(say("Tags"), own("/tags/"))])
    return render_template("tags.html", page=page, terms=read_model().terms("tag"))


@bp.get(PAGE_KINDS["authors"].rule)
@cached()
def authors() -> str:
    """Return the page of all authors."""
    page = list_page(
        site(), own("/authors/"), say("Authors"), crumbs=[Crumb(say("Authors"), own("/authors/"))]
    )
    return render_template("authors.html", page=page, authors=read_model().bylines())


@bp.get(PAGE_KINDS["author"].rule)
@cached("page")
def author(slug: str) -> str:
    """Return an author's page: the bio, and a page of the articles."""
    here = read_model()
    byline = found(here.byline(slug))
    path = site().addresses.term("author", slug)
    pager = found(here.listed("author", slug, request.args.get("page")))
    crumbs = [Crumb(say("Authors"), own("/authors/")), Crumb(byline.name, path)]
    about = say("Articles by {author} in {site}.", author=byline.name, site=site().settings.title)
    head = _numbered(list_page(site(), path, byline.name, about, crumbs), pager)
    return render_template(
        "author.html", page=head, author=byline, cards=here.cards(pager.items), pager=pager
    )


@bp.get(PAGE_KINDS["archive"].rule)
@cached()
def archive() -> str:
    """Return the page of all articles by year and month."""
    page = list_page(
        site(), own("/archive/"), say("Archive"), crumbs=[Crumb(say("Archive"), own("/archive/"))]
    )
    return render_template(
        "archive.html", page=page, years=read_model().archive(), older=None, newer=None
    )


@bp.get(PAGE_KINDS["archive_of_year"].rule)
@cached()
def archive_of_year(year: int) -> str:
    """Return the page of one year's articles by month; 404 for a year without any."""
    shown = found(read_model().year(year))
    crumbs = [Crumb(say("Archive"), own("/archive/")), Crumb(str(year), shown.url)]
    page = list_page(site(), shown.url, str(year), say("All articles of {year}", year=year), crumbs)
    older, newer = read_model().years_beside(year)
    return render_template("archive.html", page=page, years=[shown], older=older, newer=newer)


@bp.get("/covers/<slug>.png")
@cached()
def social_cover(slug: str) -> Response:
    """Return the drawn cover of an article as a PNG for social cards."""
    hue = found(read_model().hue(slug))
    drawn: bytes | None = site().plugins.first("cover_png", slug=slug, hue=hue)
    if drawn is None:
        drawn = cover_png(slug, hue)
    return Response(drawn, mimetype="image/png")


def _numbered(page: Page, pager: Pager[str]) -> Page:
    if pager.number == 1:
        return replace(page, next_url=pager.next)
    return replace(
        page,
        title=say(
            "{heading}, page {number} · {site}",
            heading=page.heading,
            number=pager.number,
            site=site().settings.title,
        ),
        canonical=f"{page.canonical}?page={pager.number}",
        prev_url=pager.prev,
        next_url=pager.next,
    )
