"""The read model: the only way for pages to the posts. It notes each question with its answer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from math import inf
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote

from markupsafe import Markup

from octavo.content import terms as content_terms
from octavo.content.digests import digest_texts
from octavo.content.library.library import Edition
from octavo.content.markdown.render import Rendered
from octavo.content.posts import Author, Post
from octavo.content.slugs import slugify
from octavo.content.terms import SERIES, TermKind, in_order, label_of
from octavo.settings import Link, MenuItem
from octavo.site.site import Site
from octavo.site.texts import Answers
from octavo.site.writers.standing import state_of
from octavo.web.covers import cover_svg
from octavo.web.phrases.phrases import MONTHS
from octavo.web.read_model.cards import (
    Byline,
    Card,
    Figure,
    Front,
    MenuLink,
    Month,
    PostLink,
    SeriesPlace,
    Signature,
    TermLink,
    Terms,
    TermSummary,
    Year,
)
from octavo.web.read_model.dependencies import Question, Recorder, fingerprint, live, question
from octavo.web.read_model.pager import Pager, paginate

log = logging.getLogger("octavo.plugins")

Made = TypeVar("Made")

# The states of texts that are shown to writers alone, with a badge.
BADGES = ("draft", "scheduled", "expired")
# Articles in the list of the most read.
MAX_SHOWN_MOST_READ = 5
# Categories on the home page and in the main navigation, and pages at the foot.
MAX_SECTIONS = 8
MAX_CATEGORIES = 7
MAX_PAGES = 8
# Of a tag with more articles, the newest tell which tags stand beside it.
MAX_COUNTED_ARTICLES = 500
# A longer archive shows its newest years in full and links to the pages of the others.
MAX_ARCHIVE_ENTRIES = 300


# What sitemaps depend on.
_ON_MAP = attrgetter(
    *("slug", "unlisted", "noindex", "canonical", "title", "published", "updated", "image"),
    *("category", "tags", "authors"),
)

# The key of the read model in a WSGI environ: the cache puts one there, and reads afterwards what
# the view has asked of it.
READ_MODEL = "octavo.read_model"


class ReadModel(Recorder):
    """One edition of a site for pages; a request uses one read model throughout.

    A page is rendered again when one of the answers that it got has changed, so views ask for no
    more than they show.
    """

    def __init__(self, site: Site, edition: Edition | None = None) -> None:
        super().__init__()
        self.site = site
        self._addresses = site.addresses
        # The span of time in which the answers hold, where it is shorter than the edition's;
        # seconds since the epoch.
        self.window = (-inf, inf)
        self._edition: Edition = edition or site.edition()

    @property
    def edition(self) -> Edition:
        """The whole edition; a page that uses it is rendered again after any visible change."""
        self.everything()
        return self._edition

    @property
    def mapped(self) -> Edition:
        """The whole edition for sitemaps, which are rendered again when one of them may differ."""
        self.sitemaps()
        return self._edition

    @property
    def untracked(self) -> Edition:
        """The whole edition, which is no dependency: for what is kept for seconds, or never."""
        return self._edition

    def valid_between(self, since: float, until: float) -> None:
        """Note that the answers are right only from `since` until `until`, in epoch seconds."""
        self.window = (max(self.window[0], since), min(self.window[1], until))

    @question
    def everything(self) -> str:
        """Return the digest of all that readers can see."""
        return self._edition.digest

    @question
    def sitemaps(self) -> str:
        """Return the digest of all that sitemaps tell of."""
        return self._memoized("sitemaps", self._sitemaps)

    def _sitemaps(self) -> str:
        posts = (*self._edition.posts, *self._edition.pages.values())
        return digest_texts(
            repr((self.sitemap_facts(post), self._picture_url(post))) for post in posts
        )

    def sitemap_facts(self, post: Post) -> tuple[Any, ...]:
        """Return the values of a post's front matter on which its entry in a sitemap depends."""
        own = (post.terms(kind) for kind in self._addresses.taxonomies)
        return (self._addresses.post(post), *_ON_MAP(post), *own)

    def _picture_url(self, post: Post) -> str:
        found = self.site.picture(post.path, post.image.path) if post.image else None
        if found is None:
            return ""
        return self._addresses.picture(*found)

    @question
    def theme(self) -> str:
        """Return the digest of what every page shares: engine, settings, plug-ins."""
        return self.site.theme.common

    @question
    def template(self, name: str) -> str | None:
        """Return the digest of a template and all that it uses; None where there is none."""
        return self.site.theme.template(name)

    @question
    def asset(self, name: str) -> str | None:
        """Return the hashed address of the static file at `/static/NAME`, or None."""
        return self.site.theme.asset(name)

    @question
    def redirects(self) -> str:
        """Return the digest of the rules by which addresses without a page lead elsewhere."""
        return self.site.redirects.digest

    @question
    def post(self, slug: str, kind: str = "post") -> Post | None:
        """Return an article or page as its file says, or None."""
        return self._find(slug, kind)

    def _find(self, slug: str, kind: str) -> Post | None:
        if kind == "post":
            return self._edition.by_slug.get(slug)
        return self._edition.pages.get(slug)

    def text(self, post: Post) -> Rendered:
        """Return a post's rendered body. Raises SourceGoneError where its text is gone."""
        rendered, answers = self.site.texts.with_answers(self._edition, post)
        self._note_targets(post.path, answers)
        return rendered

    def _note_targets(self, path: str, answers: Answers) -> None:
        for target, url in answers.links.items():
            self.answers[Question("link", (path, target))] = url
        for target, picture in answers.pictures.items():
            self.answers[Question("image", (path, target))] = picture
        for target, found in answers.cards.items():
            self.answers[Question("title_and_summary", (path, target))] = found

    @question
    def link(self, path: str, target: str) -> str | None:
        """Return the address of a link in the file at `path`; None where it leads nowhere."""
        return self.site.texts.targets(self._edition, path).link(target)

    @question
    def image(self, path: str, target: str) -> Any:
        """Return the picture that `target` names in the file at `path`, or None."""
        return self.site.texts.targets(self._edition, path).picture(target)

    @question
    def title_and_summary(self, path: str, target: str) -> tuple[str, str] | None:
        """Return title and summary of the text that a link in the file at `path` leads to."""
        return self.site.texts.targets(self._edition, path).title_and_summary(target)

    @live
    @question
    def data(self, name: str) -> Any:
        """Return what the data file `name` holds, or None; only pages that ask depend on it."""
        return self.site.data.by_name.get(name)

    @live
    @question
    def ask(self, name: str, *arguments: str | int | None) -> Any:
        """Return a plug-in's answer to the question `name`; the page depends on it."""
        answer = self.site.answer(self._edition, name, *arguments)
        try:
            fingerprint(answer)
        except TypeError:
            log.error("The plug-in's answer to `%s` is of a kind that no page can depend on.", name)
            return None
        return answer

    @question
    def slug_at(self, path: str) -> str | None:
        """Return the slug of the article at a path, even if its own address is another; or None."""
        for slug in self._addresses.slugs_in(path):
            if slug in self._edition.by_slug:
                return slug
        return None

    @question
    def card(self, slug: str, kind: str = "post") -> Card | None:
        """Return what lists show of the visible post with a slug; None where there is none."""
        post = self._find(slug, kind)
        if post is None:
            return None
        signatures = (self._signature(author) for author in self._edition.authors_of(post))
        picture = self.picture_of(post)
        cover = Markup()
        if picture is None:
            cover = self.cover_of(post)
        return Card(
            url=self._addresses.post(post),
            title=post.title,
            summary=post.summary,
            category=self.category_of(post),
            published=self.local(post.published),
            authors=tuple(signatures),
            picture=picture,
            minutes=post.minutes,
            lang=self.lang_of(post),
            cover=cover,
            state=self.state_of(post),
        )

    def state_of(self, post: Post) -> str:
        """Return what keeps a post from readers, for the badge that its writer sees; '' for none.

        It is "draft", "scheduled" or "expired".
        """
        if not self.site.settings.drafts:
            return ""
        for moment in filter(None, (post.published, post.expires)):
            if moment.timestamp() > self.site.clock():
                self.valid_between(-inf, moment.timestamp())
        state = state_of(self.site, post)
        return state if state in BADGES else ""

    def lang_of(self, post: Post) -> str:
        """Return the language of a post where that is not the site's, otherwise ''."""
        if post.lang.lower() == self.site.settings.language.lower():
            return ""
        return post.lang

    def cards(self, slugs: tuple[str, ...]) -> list[Card]:
        """Return the cards of the visible articles with these slugs, in this order."""
        return [card for card in map(self.card, slugs) if card is not None]

    @question
    def tags_of(self, slug: str, kind: str = "post") -> tuple[TermLink, ...]:
        """Return a post's tags in the order of its front matter."""
        post = self._find(slug, kind)
        if post is None:
            return ()
        found = (self._edition.tags.get(slugify(name)) for name in post.tags)
        return tuple(self._label(term) for term in found if term is not None)

    @question
    def terms_of(self, slug: str, taxonomy: TermKind, kind: str = "post") -> tuple[TermLink, ...]:
        """Return a post's terms in a taxonomy of the site's own, as its front matter has them."""
        post = self._find(slug, kind)
        if post is None:
            return ()
        found = map(self._edition.terms(taxonomy).get, map(slugify, post.terms(taxonomy)))
        return tuple(self._label(term) for term in found if term is not None)

    @question
    def series(self, slug: str) -> tuple[PostLink, ...]:
        """Return the articles of a series in the order of reading."""
        term = self._edition.terms(SERIES).get(slug)
        if term is None:
            return ()
        return tuple(self._entry(post, None, None) for post in in_order(term.posts))

    def places_of(self, post: Post) -> tuple[SeriesPlace, ...]:
        """Return an article's place in each of its series."""
        if not post.terms(SERIES):
            return ()
        places = []
        for label in self.terms_of(post.slug, SERIES):
            parts = self.series(label.slug)
            place = next((i for i, part in enumerate(parts) if part.slug == post.slug), None)
            if place is not None:
                before = parts[place - 1] if place else None
                after = next(iter(parts[place + 1 :]), None)
                places.append(
                    SeriesPlace(label.name, label.url, place + 1, len(parts), before, after)
                )
        return tuple(places)

    def own_terms_of(self, post: Post) -> tuple[Terms, ...]:
        """Return a post's terms in the site's own taxonomies, without those that it has none of."""
        found = []
        for taxonomy in self.site.settings.taxonomies:
            if post.terms(taxonomy):
                terms = self.terms_of(post.slug, taxonomy, post.kind)
                if terms:
                    found.append(Terms(label_of(self._addresses.folders[taxonomy]), terms))
        return tuple(found)

    @question
    def bylines_of(self, slug: str, kind: str = "post") -> tuple[Byline, ...]:
        """Return a post's authors in the order of its front matter."""
        post = self._find(slug, kind)
        if post is None:
            return ()
        return tuple(map(self._byline, self._edition.authors_of(post)))

    @question
    def hue(self, slug: str) -> int | None:
        """Return the colour of an article's cover, 0 to 7; None where there is no such article."""
        post = self._edition.by_slug.get(slug)
        if post is None:
            return None
        return self._hue_of(post)

    def _hue_of(self, post: Post) -> int:
        category = self.category_of(post)
        if category is None:
            return 0
        return category.hue

    @question
    def neighbours(self, slug: str) -> tuple[PostLink | None, PostLink | None]:
        """Return the next older article and the next newer one, each or None."""
        post = self._edition.by_slug.get(slug)
        if post is None:
            return None, None
        older, newer = self._edition.neighbours(post)
        return self._line(older), self._line(newer)

    @live
    @question
    def related(self, slug: str) -> tuple[tuple[str, str], ...]:
        """Return the slugs of related articles, each with the reason in words."""
        post = self._edition.by_slug.get(slug)
        if post is None:
            return ()
        found = self.site.related(self._edition, post)
        return tuple((near.post.slug, near.reason) for near in found)

    @live
    @question
    def views(self, slug: str) -> int | None:
        """Return an article's views as last published; None where views are not counted."""
        site = self.site
        number: int | None = site.plugins.first("views", site=site, slug=slug, exact=False)
        return number

    @live
    @question
    def most_read(self) -> tuple[str, ...]:
        """Return the slugs of the articles most read lately, best first."""
        found = self.site.plugins.first("most_read", site=self.site) or ()
        return tuple(filter(self._edition.lists, found))[:MAX_SHOWN_MOST_READ]

    @question
    def listed(self, kind: TermKind | None, slug: str, wanted: str | None) -> Pager[str] | None:
        """Return page `wanted` of the articles of a term, or of all, as slugs; or None.

        `wanted` is the text of the query's `page`; None means the first page.
        """
        posts = self._posts_of(kind, slug)
        if posts is None:
            return None
        if kind == SERIES:
            posts = tuple(in_order(posts))
        path = self._addresses.term(kind, slug) if kind else self._addresses.path("/articles/")
        found = paginate(posts, wanted, self.site.settings.page_size, path)
        if found is None:
            return None
        return found.holding(_slugs(found.items))

    def _posts_of(self, kind: TermKind | None, slug: str) -> tuple[Post, ...] | None:
        """Return a term's articles, or all."""
        if kind is None:
            return self._edition.posts
        term = self._edition.terms(kind).get(slug)
        if term is None:
            return None
        return term.posts

    @question
    def latest(self, kind: TermKind | None, slug: str, count: int) -> tuple[str, ...] | None:
        """Return the slugs of a term's newest articles, or of all; None for an unknown term."""
        posts = self._posts_of(kind, slug)
        if posts is None:
            return None
        return _slugs(posts[:count])

    @question
    def term(self, kind: TermKind, slug: str) -> TermSummary | None:
        """Return a category or tag, or None."""
        term = self._edition.terms(kind).get(slug)
        if term is None:
            return None
        return self._term(term)

    @question
    def terms(self, kind: TermKind) -> tuple[TermSummary, ...]:
        """Return all terms of a kind, sorted by name."""
        return tuple(self._term(term) for term in self._edition.terms(kind).values())

    @question
    def labels_beside(self, slug: str) -> tuple[TermLink, ...]:
        """Return the tags that occur most often together with a tag."""
        found = self._edition.tags.get(slug)
        if found is None:
            return ()
        counts: Counter[str] = Counter()
        for post in found.posts[:MAX_COUNTED_ARTICLES]:
            counts.update({slugify(tag) for tag in post.tags})
        # A tag without letters has no page.
        del counts[slug], counts[""]
        best = sorted(counts, key=lambda name: (-counts[name], name))[:8]
        return tuple(self._label(self._edition.tags[name]) for name in best)

    @question
    def byline(self, slug: str) -> Byline | None:
        """Return the author with this slug; None where no such author has articles."""
        if slug not in self._edition.authors:
            return None
        return self._byline(self._edition.author(slug))

    @question
    def bylines(self) -> tuple[Byline, ...]:
        """Return all authors who have articles, sorted by name."""
        return tuple(self._byline(self._edition.author(slug)) for slug in self._edition.authors)

    @question
    def front(self) -> Front:
        """Return the parts of the home page."""
        posts = self._edition.posts
        ordered = sorted(posts[:200], key=lambda post: not post.featured)
        lead = ordered[:1]
        featured = [post for post in ordered[1:4] if post.featured]
        shown = {post.slug for post in (*lead, *featured)}
        latest = [post for post in posts[:20] if post.slug not in shown][:6]
        shown |= {post.slug for post in latest}
        sections = []
        for term in self._edition.largest_categories(MAX_SECTIONS):
            slugs = [post.slug for post in term.posts[:16] if post.slug not in shown][:3]
            if slugs:
                sections.append((self._term(term), tuple(slugs)))
        issued = self.local(posts[0].published) if posts else None
        return Front(issued, _slugs(lead), _slugs(featured), _slugs(latest), tuple(sections))

    @question
    def archive(self) -> tuple[Year, ...]:
        """Return all years of the archive; only the newest ones hold their articles."""
        years: list[Year] = []
        left = MAX_ARCHIVE_ENTRIES
        for year, posts in self._edition.years(self.site.settings.zone).items():
            left -= len(posts)
            years.append(self._year(year, posts, full=left >= 0 or not years))
        return tuple(years)

    @question
    def year(self, year: int) -> Year | None:
        """Return one year of the archive with its articles, or None."""
        posts = self._edition.years(self.site.settings.zone).get(year)
        if posts is None:
            return None
        return self._year(year, posts, full=True)

    @question
    def years_beside(self, year: int) -> tuple[MenuLink | None, MenuLink | None]:
        """Return the links of the next older and the next newer year with articles, or None."""
        known = [one for one in self._edition.years(self.site.settings.zone) if one is not None]
        place = known.index(year)
        older = known[place + 1 : place + 2]
        newer = known[max(place - 1, 0) : place]
        return self._year_link(older), self._year_link(newer)

    def _year_link(self, years: list[int]) -> MenuLink | None:
        for year in years:
            return MenuLink(str(year), self._addresses.year(year), None)
        return None

    @question
    def navigation(self) -> tuple[MenuLink, ...]:
        """Return the main navigation: that of the settings, else the largest categories by name."""
        return self._memoized("navigation", self._navigation)

    def _memoized(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what is the same on all pages of an edition, made for the first of them."""
        kept = self._edition.kept
        key = (self.site, name)
        if key not in kept:
            kept[key] = make()
        made: Made = kept[key]
        return made

    def _navigation(self) -> tuple[MenuLink, ...]:
        configured = self.site.settings.navigation
        if configured:
            return tuple(
                replace(self._menu_link(one), items=tuple(map(self._menu_link, one.items)))
                for one in configured
            )
        chosen = {term.slug for term in self._edition.largest_categories(MAX_CATEGORIES)}
        return tuple(
            MenuLink(
                term.name,
                self._addresses.term("category", term.slug),
                Question("term", ("category", term.slug)),
            )
            for term in self._edition.categories.values()
            if term.slug in chosen
        )

    def _menu_link(self, entry: Link | MenuItem) -> MenuLink:
        url = self._addresses.rooted(entry.url)
        return MenuLink(entry.label, url, self._at(url))

    @question
    def pages(self) -> tuple[MenuLink, ...]:
        """Return the links at the foot of every page.

        They are those of the lists that are not empty (Articles, Archive, Tags ...), then those of
        standing pages such as About, the first of them by title.
        """
        return self._memoized("pages", self._pages)

    def _pages(self) -> tuple[MenuLink, ...]:
        front_page = self._addresses.front_page
        pages = self._edition.pages.values()
        shown = (post for post in pages if not post.noindex and post.slug != front_page)
        found = sorted((post.title, self._addresses.post(post), post.slug) for post in shown)
        edition = self._edition
        lists = {
            "Articles": edition.posts,
            "Archive": edition.posts,
            "Tags": edition.tags,
            "Authors": edition.authors,
        }
        links = [
            MenuLink(label, self._addresses.path(f"/{label.lower()}/"), None)
            for label, held in lists.items()
            if held
        ]
        links += [
            MenuLink(label_of(self._addresses.folders[kind]), self._addresses.terms(kind), None)
            for kind in self._addresses.taxonomies
            if edition.terms(kind)
        ]
        links += [
            MenuLink(title, path, Question("post", (slug, "page")))
            for title, path, slug in found[:MAX_PAGES]
        ]
        return tuple(links)

    def _at(self, url: str) -> Question | None:
        """Return the question for the article, page, term or author at an address, or None."""
        slug = unquote(PurePosixPath(url).name)
        for kind in self._addresses.folders:
            if slug in self._edition.terms(kind) and self._addresses.term(kind, slug) == url:
                return Question("term", (kind, slug))
        post = self._edition.by_slug.get(slug)
        if post is not None and self._addresses.post(post) == url:
            return Question("post", (slug, "post"))
        for page in self._edition.pages.values():
            if self._addresses.post(page) == url:
                return Question("post", (page.slug, "page"))
        return None

    def revised(self, post: Post) -> datetime | None:
        """Return when an article's text last changed, in the site's time zone, or None."""
        now = self.site.clock()
        if post.updated is not None:
            moment = post.updated.timestamp()
            if moment > now:
                self.valid_between(-inf, moment)
            else:
                self.valid_between(moment, inf)
        return self.local(post.revised(datetime.fromtimestamp(now, UTC)))

    @question
    def social(self, path: str, target: str) -> str | None:
        """Return the address of the social card for `target`, a picture of the file at `path`.

        None where there is no such picture, or it is too small.
        """
        found = self.site.picture(path, target)
        if found is None or not found[1].has_card:
            return None
        return self._addresses.card(*found)

    def local(self, moment: datetime | None) -> datetime | None:
        """Return a time in the site's time zone."""
        if moment is None:
            return None
        return moment.astimezone(self.site.settings.zone)

    def category_of(self, post: Post) -> TermLink | None:
        """Return a post's category or None, noted as no dependency: pages depend on its card."""
        term = self._edition.categories.get(slugify(post.category))
        if term is None:
            return None
        return self._label(term)

    def _label(self, term: content_terms.Term) -> TermLink:
        labels: dict[tuple[str, str], TermLink] = self._memoized("labels", dict)
        label = labels.get((term.kind, term.slug))
        if label is None:
            url = self._addresses.term(term.kind, term.slug)
            asked = Question("term", (term.kind, term.slug))
            label = TermLink(term.name, term.slug, url, term.kind, asked, self._hue(term))
            labels[term.kind, term.slug] = label
        return label

    def _term(self, term: content_terms.Term) -> TermSummary:
        return TermSummary(
            term.name,
            term.slug,
            self._addresses.term(term.kind, term.slug),
            term.kind,
            Question("term", (term.kind, term.slug)),
            self._hue(term),
            term.count,
        )

    def _hue(self, term: content_terms.Term) -> int:
        if term.kind != "category":
            return 0
        return self._edition.category_hues.get(term.slug, 0)

    def _signature(self, author: Author) -> Signature:
        return Signature(
            author.name,
            author.slug,
            self._addresses.term("author", author.slug),
            author.organization,
        )

    def _byline(self, author: Author) -> Byline:
        avatar = ""
        found = self.site.picture(author.path, author.avatar)
        if found is not None:
            avatar = self._addresses.picture(*found)
        elif author.avatar.startswith("/"):
            avatar = self._addresses.rooted(author.avatar)
        bio = Markup(self.site.texts.bio(self._edition, author))  # noqa: S704 - cleaned by markdown.render
        url = self._addresses.term("author", author.slug)
        return Byline(
            author.name,
            author.slug,
            url,
            author.organization,
            author.role,
            avatar,
            bio,
            Question("byline", (author.slug,)),
        )

    def picture_of(self, post: Post) -> Figure | None:
        """Return a post's picture or None; no question: pages that show it ask for the card."""
        image = post.image
        if image is None:
            return None
        if self.site.may_show(image.path):
            return Figure(image.path, "", 0, 0, image.alt, image.caption, image.credit)
        found = self.site.picture(post.path, image.path)
        if found is None:
            return None
        facts = found[1]
        return Figure(
            src=self._addresses.picture(*found),
            srcset=self._addresses.widths(*found),
            width=facts.width,
            height=facts.height,
            alt=image.alt,
            caption=image.caption,
            credit=image.credit,
            social=self._addresses.card(*found) if facts.has_card else "",
        )

    def cover_of(self, post: Post) -> Markup:
        """Return what stands for a post's picture, an inline SVG or ''."""
        hue = self._hue_of(post)
        drawn = ""
        if self.site.settings.covers == "own":
            drawn = self.site.plugins.first("cover_svg", slug=post.slug, hue=hue) or ""
        elif self.site.settings.covers == "typographic":
            drawn = cover_svg(post.slug, post.title, hue)
        return Markup(drawn)  # noqa: S704 - a plug-in's, or numbers and an escaped letter

    def _line(self, post: Post | None) -> PostLink | None:
        if post is None:
            return None
        return self._entry(post, published=None, category=None)

    def _entry(self, post: Post, published: datetime | None, category: TermLink | None) -> PostLink:
        return PostLink(
            post.slug,
            self._addresses.post(post),
            post.title,
            self.lang_of(post),
            published,
            category,
            Question("post", (post.slug, "post")),
            self.state_of(post),
        )

    def _year(self, year: int | None, posts: tuple[Post, ...], full: bool) -> Year:
        months = []
        shown = posts if full or year is None else ()
        for month, in_month in groupby(shown, key=self._month):
            entries = tuple(
                self._entry(post, self.local(post.published), self.category_of(post))
                for post in in_month
            )
            months.append(Month(month, entries))
        url = self._addresses.year(year) if year else ""
        return Year(year, len(posts), url, tuple(months))

    def _month(self, post: Post) -> str:
        """Return the name of the month of a publication; '' without a date."""
        published = self.local(post.published)
        if published is None:
            return ""
        return MONTHS[published.month - 1]


def _slugs(posts: Sequence[Post]) -> tuple[str, ...]:
    return tuple(post.slug for post in posts)
