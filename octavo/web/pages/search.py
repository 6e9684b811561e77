"""Search for readers: the page of results, JSON, completion, help, and OpenSearch for browsers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, abort, render_template, request
from markupsafe import Markup

from octavo.content.library.library import Edition
from octavo.content.posts import Post
from octavo.search import (
    MAX_COMPLETED_CHARACTERS,
    MAX_FACET_VALUES,
    MAX_RESULTS,
    PAGE_SIZE,
    STOP_WORDS_ONLY,
    UNPAIRED_QUOTE,
    FacetCount,
    Hit,
    Results,
    Sort,
    Suggestion,
    facet_named,
    field_being_typed,
    loosen_query,
)
from octavo.site.site import Site
from octavo.web.cache import cached
from octavo.web.head import Crumb, list_page
from octavo.web.metrics.stats import count_search
from octavo.web.metrics.tally import tally
from octavo.web.pages.facets import FACET_VIEWS, facet_views
from octavo.web.pages.search_request import PATH, SearchRequest, read_request
from octavo.web.phrases.phrases import say, translated
from octavo.web.read_model.cards import Card, Figure, TermLink, TermSummary
from octavo.web.read_model.pager import Pager, pager_of
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import own, read_model, site

bp = Blueprint("search", __name__)

SORTS: Mapping[Sort, str] = {"relevance": "Best match", "newest": "Newest", "oldest": "Oldest"}
# Completions that are offered at once.
MAX_COMPLETIONS = 8
# Of what was typed, so much is repeated above the results, which a pasted page would push out of
# sight; characters.
MAX_REPEATED = 80
# What is offered where nothing was found: articles that have some of the words, the latest
# articles, and tags.
MAX_LOOSE_RESULTS = 3
MAX_OFFERED_ARTICLES = 3
MAX_OFFERED_TAGS = 16
# What the pages of results read of an address, beside facets.
PARAMETERS = ("q", "sort", "exact", "live", "page")
# Answers are kept for so long, or until an article or the index changes.
KEPT_SECONDS = 60


def init_app(app: Flask, site: Site) -> None:
    """Add the search. What is cached of it depends on the facets of a site's own, too."""
    app.register_blueprint(bp)
    if site.index.facets:
        for name in ("search.page", "search.as_json"):
            view = partial(app.view_functions[name])
            kept = cached(*PARAMETERS, repeatable=tuple(facet_views(site)), seconds=KEPT_SECONDS)
            app.view_functions[name] = kept(view)


@bp.after_request
def revalidated_each_time(response: Response) -> Response:
    """Tell caches to revalidate each time.

    Any save changes results, and there are too many of them to purge.
    """
    response.headers["Cache-Control"] = "no-cache"
    return response


def find(here: ReadModel) -> tuple[SearchRequest, Results]:
    """Return what this request searches for, and the results; 404 beyond their last page."""
    wanted, ignored = read_request(here.untracked)
    results = site().index.search(
        here.untracked,
        wanted.typed,
        selected=wanted.selected,
        sort=wanted.sort,
        page=wanted.page,
        correct=not wanted.exact,
    )
    count_search(tally(), results.total)
    last = max(1, results.pages)
    if wanted.page > last:
        abort(404, f"There is no page {wanted.page}: the last one is {last}.")
    notes = results.notes
    if _is_typing():
        notes = _settled(notes, wanted.typed)
    return wanted, replace(results, notes=(*ignored, *map(translated, notes)))


def _is_typing() -> bool:
    """Whether the request was made while the reader is still typing."""
    return "live" in request.args


def _settled(notes: tuple[str, ...], typed: str) -> tuple[str, ...]:
    """Return the notes without those on words and phrases that may be unfinished: the last ones."""
    unfinished = f"{typed.rpartition(' ')[2]} was ignored"
    return tuple(
        note
        for note in notes
        if note not in (UNPAIRED_QUOTE, STOP_WORDS_ONLY) and unfinished not in note
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A result as its template shows it: a few parts of a card."""

    url: str
    title_html: Markup
    lang: str
    snippet_html: Markup
    category: TermLink | None
    published: datetime | None
    authors: str
    picture: Figure | None
    cover: Markup
    by_meaning: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet; `url` selects it, or deselects it where it is `selected`."""

    label: str
    count: int
    url: str
    selected: bool


@dataclass(frozen=True, slots=True)
class FacetMenu:
    """A facet with the values that are listed at once, and those that are folded away."""

    label: str
    listed: tuple[Choice, ...]
    folded: tuple[Choice, ...]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """All values of the facet that results have, the most frequent first."""
        return self.listed + self.folded

    @property
    def is_cut(self) -> bool:
        """Whether there may be more values than these."""
        return len(self.choices) >= MAX_FACET_VALUES

    def can_narrow(self, total: int) -> bool:
        """Whether any of its links can change the number of results, which is `total` now."""
        if len(self.listed) > 1:
            return True
        return any(choice.selected or choice.count < total for choice in self.listed)


@dataclass(frozen=True, slots=True)
class NothingFound:
    """What is offered instead of results: a looser search, tags, and the latest articles."""

    loose: list[Found]
    loose_url: str
    tags: list[TermSummary]
    latest: list[Card]


@bp.get(PATH)
@cached(*PARAMETERS, repeatable=tuple(FACET_VIEWS), seconds=KEPT_SECONDS)
def page() -> str:
    """Return the page of results with facets and order; without a query, suggestions."""
    here = read_model()
    wanted, results = find(here)
    head = list_page(site(), wanted.url(), _heading(wanted), "", [Crumb(say("Search"), own(PATH))])
    head.json_ld = []
    pager = _pager(wanted, results)
    head.prev_url = pager.prev
    head.next_url = pager.next
    found: list[Found] = []
    menus: list[FacetMenu] = []
    if wanted.has_begun:
        head.robots = "noindex"
        found = [_found(here, hit) for hit in results.hits]
        menus = [_menu(wanted, name, results.facets.get(name, ())) for name in facet_views(site())]
    nothing: NothingFound | None = None
    if not found:
        nothing = _nothing(here, wanted)
    used = ""
    shows_correction = False
    if results.corrected is not None:
        used = _shortened(results.corrected.used)
        # A reader who is still typing need not be told that a word is incomplete.
        shows_correction = not (_is_typing() and results.corrected.completes_only)
    return render_template(
        "search.html",
        page=head,
        asked=wanted,
        begun=wanted.has_begun,
        typed=_shortened(wanted.typed),
        used=used,
        told=shows_correction,
        results=results,
        found=found,
        facets=[menu for menu in menus if menu.can_narrow(results.total)],
        chosen=_selected(menus),
        sorts=[
            (label, wanted.sorted_by(sort), sort == wanted.sort) for sort, label in SORTS.items()
        ],
        exact_url=replace(wanted, exact=True, page=1).url(),
        pager=pager,
        nothing=nothing,
    )


def _heading(wanted: SearchRequest) -> str:
    if not wanted.typed:
        return say("Search")
    return say("Search: {words}", words=_shortened(wanted.typed))


def _shortened(typed: str) -> str:
    if len(typed) <= MAX_REPEATED:
        return typed
    return f"{typed[:MAX_REPEATED].rstrip()} …"


def _selected(menus: list[FacetMenu]) -> list[Choice]:
    selected: list[Choice] = []
    for menu in menus:
        selected += [choice for choice in menu.choices if choice.selected]
    return selected


def _pager(wanted: SearchRequest, results: Results) -> Pager[Hit]:
    shown = min(results.total, MAX_RESULTS)
    return pager_of(results.hits, wanted.page, max(1, results.pages), shown, wanted.on_page)


def _found(here: ReadModel, hit: Hit) -> Found:
    post = here.untracked.library.by_path[hit.path]
    category = here.category_of(post)
    picture = here.picture_of(post)
    cover = Markup()
    # Drawing a cover takes longer than finding the article.
    if picture is None:
        cover = here.cover_of(post)
    return Found(
        url=site().addresses.post(post),
        title_html=Markup(hit.title_html),  # noqa: S704 - escaped by the engine, see highlight.py
        lang=here.lang_of(post),
        snippet_html=Markup(hit.snippet_html),  # noqa: S704
        category=category,
        published=here.local(post.published),
        authors=", ".join(author.name for author in here.untracked.authors_of(post)),
        picture=picture,
        cover=cover,
        by_meaning=hit.by_meaning,
    )


def _menu(wanted: SearchRequest, name: str, values: tuple[FacetCount, ...]) -> FacetMenu:
    add = wanted.adding(name)
    choices = []
    for one in sorted(values, key=lambda value: not value.selected):
        url = wanted.toggled(name, one.value) if one.selected else add(one.value)
        choices.append(Choice(one.label, one.count, url, one.selected))
    view = facet_views(site())[name]
    return FacetMenu(view.label, tuple(choices[: view.listed]), tuple(choices[view.listed :]))


def _nothing(here: ReadModel, wanted: SearchRequest) -> NothingFound:
    """Return what to offer instead of results; first, what the plain words alone would find."""
    loose = SearchRequest(loosen_query(wanted.typed), {}, prefix=wanted.prefix)
    hits: tuple[Hit, ...] = ()
    if loose.typed and loose != wanted:
        hits = site().index.search(here.untracked, loose.typed, size=MAX_LOOSE_RESULTS).hits
    tags = sorted(here.untracked.tags.values(), key=lambda term: (-term.count, term.slug))
    latest = tuple(post.slug for post in here.untracked.posts[:MAX_OFFERED_ARTICLES])
    return NothingFound(
        loose=[_found(here, hit) for hit in hits],
        loose_url=loose.url(),
        tags=[term for tag in tags[:MAX_OFFERED_TAGS] if (term := here.term("tag", tag.slug))],
        latest=here.cards(latest),
    )


@bp.get("/search.json")
@cached(*PARAMETERS, repeatable=tuple(FACET_VIEWS), seconds=KEPT_SECONDS)
def as_json() -> Response:
    """Return the results of the page with the same parameters, as JSON."""
    here = read_model()
    wanted, results = find(here)
    base = site().addresses.site
    return _json(
        {
            "query": wanted.typed,
            "total": results.total,
            "by_meaning": results.by_meaning,
            "page": wanted.page,
            "pages": max(1, results.pages),
            "page_size": PAGE_SIZE,
            "corrected": _json_correction(results),
            "partial": results.partial,
            "notes": results.notes,
            "results": [_json_result(here, base, hit) for hit in results.hits],
            "facets": {name: _json_facet(values) for name, values in results.facets.items()},
            "html_url": base + wanted.url(),
            **_json_neighbours(wanted, base, _pager(wanted, results)),
        }
    )


def _json_correction(results: Results) -> dict[str, Any] | None:
    if results.corrected is None:
        return None
    return {"used": results.corrected.used, "words": dict(results.corrected.words)}


def _json_facet(values: tuple[FacetCount, ...]) -> list[dict[str, Any]]:
    return [
        {
            "value": value.value,
            "label": value.label,
            "count": value.count,
            "selected": value.selected,
        }
        for value in values
    ]


def _json_neighbours(wanted: SearchRequest, base: str, pager: Pager[Hit]) -> dict[str, str | None]:
    found: dict[str, str | None] = {"next": None, "previous": None}
    if pager.next:
        found["next"] = base + replace(wanted, page=wanted.page + 1).url("/search.json")
    if pager.prev:
        found["previous"] = base + replace(wanted, page=wanted.page - 1).url("/search.json")
    return found


def _json_result(here: ReadModel, base: str, hit: Hit) -> dict[str, Any]:
    post: Post = here.untracked.library.by_path[hit.path]
    category = here.category_of(post)
    return {
        "slug": post.slug,
        "url": base + site().addresses.post(post),
        "title": post.title,
        "title_html": hit.title_html,
        "snippet_html": hit.snippet_html,
        "summary": post.summary,
        "published": post.published and post.published.isoformat(),
        "category": category and {"slug": category.slug, "name": category.name},
        "tags": [{"slug": tag.slug, "name": tag.name} for tag in here.tags_of(post.slug)],
        "score": hit.score,
        "by_meaning": hit.by_meaning,
    }


@bp.get("/search/suggest.json")
@cached("q", seconds=KEPT_SECONDS)
def suggest() -> Response:
    """Return completions of what is being typed, in the format of OpenSearch Suggestions 1.1.

    Four lists side by side: the query, labels, kinds, addresses.
    """
    here = read_model()
    typed = request.args.get("q", "")[:MAX_COMPLETED_CHARACTERS]
    found: list[Suggestion] = []
    if typed.strip():
        # More than are shown, since some have no page.
        found = site().index.suggest(here.untracked, typed, 2 * MAX_COMPLETIONS)
    before = field_being_typed(typed)[0]
    rows = [(one.label, _kind(one), _address(here.untracked, one, before)) for one in found]
    rows = [row for row in rows if row[2]][:MAX_COMPLETIONS]
    base = site().addresses.site
    answer = [
        typed,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [base + row[2] for row in rows],
    ]
    return _json(answer, "application/x-suggestions+json")


def _kind(suggestion: Suggestion) -> str:
    if suggestion.kind == "title":
        return say("article")
    name = say(FACET_VIEWS[suggestion.kind].label.lower())
    return say("{name}, {count} articles", name=name, count=suggestion.count)


def _address(edition: Edition, suggestion: Suggestion, before: str) -> str:
    """Return the address of a suggestion, '' where it has no page.

    A value of a facet leads to a search where something is typed `before` it.
    """
    if suggestion.kind == "title":
        post = edition.library.by_path.get(suggestion.value)
        if post is None:
            return ""
        return site().addresses.post(post)
    if suggestion.value not in edition.terms(suggestion.kind):
        return ""
    if before:
        typed = f"{before}{suggestion.kind}:{suggestion.value}"
        return SearchRequest(typed, {}, prefix=site().addresses.prefix).url()
    return site().addresses.term(suggestion.kind, suggestion.value)


@bp.get("/search/help/")
@cached()
def help_page() -> str:
    """Return the help page of the search."""
    crumbs = [Crumb(say("Search"), own(PATH)), Crumb(say("How to search"), own("/search/help/"))]
    about = say(
        "What the search understands: phrases, exclusions, fields, dates and beginnings of words."
    )
    head = list_page(site(), own("/search/help/"), say("How to search"), about, crumbs)
    return render_template("search-help.html", page=head, fields=_help(read_model().edition))


def _help(edition: Edition) -> list[tuple[str, str]]:
    """Return a line of help for each facet: what to type, and what that finds."""
    lines = []
    # Those that narrow can be combined best, and come first.
    views = facet_views(site())
    for name, view in sorted(views.items(), key=lambda item: not facet_named(item[0]).narrows):
        example = view.example(edition)
        if example:
            lines.append((f"{name}:{example}", view.help.format(start=example[:1])))
    return lines


@bp.get("/opensearch.xml")
@cached()
def opensearch() -> Response:
    """Return the OpenSearch 1.1 description by which a browser adds this search to its own."""
    return Response(
        render_template("opensearch.xml"), mimetype="application/opensearchdescription+xml"
    )


def _json(data: object, mimetype: str = "application/json") -> Response:
    return Response(json.dumps(data, ensure_ascii=False, separators=(",", ":")), mimetype=mimetype)
