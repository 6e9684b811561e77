"""Search for readers: the page, the same results as JSON, completion while typing, help, and the
browser's own box.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from markupsafe import Markup

from octavo.content import terms
from octavo.content.library import Edition
from octavo.content.posts import Post
from octavo.search import (
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
    field_being_typed,
    loosen_query,
)
from octavo.web.cache.plans import cached
from octavo.web.covers import cover_svg
from octavo.web.head import Crumb, list_page
from octavo.web.pages.asked import FACET_LABELS, PATH, Asked, asked
from octavo.web.read_model.cards import Card, Figure, TermLink, TermSummary
from octavo.web.read_model.pager import Pager, pager_of
from octavo.web.read_model.read_model import ReadModel
from octavo.web.request import read_model, site

bp = Blueprint("search", __name__)

SORTS: Mapping[Sort, str] = {"relevance": "Best match", "newest": "Newest", "oldest": "Oldest"}
# Values of a facet that are listed before the rest is folded away.
LISTED = {"category": 12, "tag": 10, "author": 6, "year": 8}
COMPLETIONS = 8
# Of what was typed, so much is repeated above the results, which a pasted page would push out of
# sight; characters.
REPEATED = 80
# Answers are kept for so long, or until an article or the index changes.
KEPT_SECONDS = 60


@bp.after_request
def fresh(response: Response) -> Response:
    """Let nobody keep an answer: a save changes it, and there are too many to keep."""
    response.headers["Cache-Control"] = "no-cache"
    return response


def find(here: ReadModel) -> tuple[Asked, Results]:
    """Answer this request's address; 404 where there is no such page of results."""
    what, ignored = asked(here.unnoted)
    results = site().index.search(
        here.unnoted,
        what.typed,
        selected=what.selected,
        sort=what.sort,
        page=what.page,
        correct=not what.exact,
    )
    if what.page > (last := max(1, results.pages)):
        abort(404, f"There is no page {what.page}: the last one is {last}.")
    notes = _settled(results.notes, what.typed) if "live" in request.args else results.notes
    return what, replace(results, notes=(*ignored, *notes))


def _settled(notes: tuple[str, ...], typed: str) -> tuple[str, ...]:
    """The notes without those on what is still being typed: the last word, and a phrase that is not
    closed.
    """
    unfinished = f"{typed.rpartition(' ')[2]} was ignored"
    return tuple(
        note
        for note in notes
        if note not in (UNPAIRED_QUOTE, STOP_WORDS_ONLY) and unfinished not in note
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A result as its template shows it: no more of a card than its line needs."""

    url: str
    title_html: Markup
    lang: str
    snippet_html: Markup
    category: TermLink | None
    published: datetime | None
    authors: str
    picture: Figure | None
    cover: Markup


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: following `url` chooses it, or lets go of it where it is `selected`."""

    label: str
    count: int
    url: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with the values that are listed at once and those that are folded away."""

    label: str
    listed: tuple[Choice, ...]
    folded: tuple[Choice, ...]

    @property
    def is_cut(self) -> bool:
        """Whether there may be more values than these."""
        return len(self.listed) + len(self.folded) >= MAX_FACET_VALUES


@dataclass(frozen=True, slots=True)
class Nothing:
    """What is offered where nothing was found: results of a looser search with its address, tags,
    latest articles.
    """

    loose: list[Found]
    loose_url: str
    tags: list[TermSummary]
    latest: list[Card]


@bp.get(PATH)
@cached("q", "sort", "exact", "live", "page", several=tuple(FACET_LABELS), seconds=KEPT_SECONDS)
def page() -> str:
    """Results with everything that narrows and widens them; without a query, ways to begin."""
    here = read_model()
    what, results = find(here)
    begun = bool(what.typed or what.selected)
    heading = f"Search: {_repeated(what.typed)}" if what.typed else "Search"
    head = list_page(site(), what.url(), heading, "", [Crumb("Search", PATH)])
    head.json_ld = []
    head.robots = "noindex" if begun else ""
    pager = _pager(what, results)
    head.prev_url, head.next_url = pager.prev, pager.next
    facets = (
        [_facet(what, name, results.facets.get(name, ())) for name in FACET_LABELS] if begun else []
    )
    return render_template(
        "search.html",
        page=head,
        asked=what,
        begun=begun,
        typed=_repeated(what.typed),
        used=_repeated(results.corrected.used) if results.corrected else "",
        # That a word is not yet complete is no news to who is typing it.
        told=bool(
            results.corrected and not ("live" in request.args and results.corrected.completes_only)
        ),
        results=results,
        found=[_found(here, hit) for hit in results.hits] if begun else [],
        facets=[facet for facet in facets if _narrows(facet, results.total)],
        chosen=[
            choice
            for facet in facets
            for choice in (*facet.listed, *facet.folded)
            if choice.selected
        ],
        sorts=[(label, what.sorted_by(sort), sort == what.sort) for sort, label in SORTS.items()],
        exact_url=replace(what, exact=True, page=1).url(),
        pager=pager,
        nothing=None if begun and results.hits else _nothing(here, what),
    )


def _repeated(typed: str) -> str:
    return typed if len(typed) <= REPEATED else f"{typed[:REPEATED].rstrip()} …"


def _pager(what: Asked, results: Results) -> Pager[Hit]:
    shown = min(results.total, MAX_RESULTS)
    return pager_of(results.hits, what.page, max(1, results.pages), shown, what.on_page)


def _found(here: ReadModel, hit: Hit) -> Found:
    post = here.unnoted.library.by_path[hit.path]
    category, picture = here.category_of(post), here.picture_of(post)
    # Drawing a cover takes longer than finding the article.
    cover = "" if picture else cover_svg(site().plugins, post.slug, category.hue if category else 0)
    return Found(
        url=site().addresses.post(post),
        title_html=Markup(hit.title_html),  # noqa: S704 - escaped by the engine, see highlight.py
        lang=here.lang_of(post),
        snippet_html=Markup(hit.snippet_html),  # noqa: S704
        category=category,
        published=here.local(post.published),
        authors=", ".join(author.name for author in here.unnoted.authors_of(post)),
        picture=picture,
        cover=Markup(cover),  # noqa: S704 - drawn from numbers
    )


def _facet(what: Asked, name: str, values: tuple[FacetCount, ...]) -> Facet:
    ordered = sorted(values, key=lambda value: not value.selected)
    add = what.adding(name)
    choices = tuple(
        Choice(
            one.label,
            one.count,
            what.toggled(name, one.value) if one.selected else add(one.value),
            one.selected,
        )
        for one in ordered
    )
    return Facet(FACET_LABELS[name], choices[: LISTED[name]], choices[LISTED[name] :])


def _narrows(facet: Facet, total: int) -> bool:
    """Whether to follow one of a facet's links can make a difference."""
    return len(facet.listed) > 1 or any(
        choice.selected or choice.count < total for choice in facet.listed
    )


def _nothing(here: ReadModel, what: Asked) -> Nothing:
    """What to offer where nothing was found: the words without operators and filters, then near
    titles.
    """
    loose = Asked(loosen_query(what.typed), {})
    hits = (
        site().index.search(here.unnoted, loose.typed, size=3).hits
        if loose.typed and loose != what
        else ()
    )
    tags = sorted(here.unnoted.tags.values(), key=lambda term: (-term.count, term.slug))[:16]
    return Nothing(
        [_found(here, hit) for hit in hits],
        loose.url() if hits else "",
        [term for tag in tags if (term := here.term("tag", tag.slug))],
        here.cards(tuple(post.slug for post in here.unnoted.posts[:3])),
    )


@bp.get("/search.json")
@cached("q", "sort", "exact", "live", "page", several=tuple(FACET_LABELS), seconds=KEPT_SECONDS)
def as_json() -> Response:
    """The results of the page with the same parameters, for programs."""
    here = read_model()
    what, results = find(here)
    base = site().settings.base_url
    pager = _pager(what, results)
    corrected = results.corrected
    return _json(
        {
            "query": what.typed,
            "total": results.total,
            "page": what.page,
            "pages": max(1, results.pages),
            "page_size": PAGE_SIZE,
            "corrected": {"used": corrected.used, "words": dict(corrected.words)}
            if corrected
            else None,
            "partial": results.partial,
            "notes": results.notes,
            "results": [_json_result(here, base, hit) for hit in results.hits],
            "facets": {
                name: [
                    {
                        "value": value.value,
                        "label": value.label,
                        "count": value.count,
                        "selected": value.selected,
                    }
                    for value in values
                ]
                for name, values in results.facets.items()
            },
            "html_url": base + what.url(),
            "next": base + replace(what, page=what.page + 1).url("/search.json")
            if pager.next
            else None,
            "previous": base + replace(what, page=what.page - 1).url("/search.json")
            if pager.prev
            else None,
        }
    )


def _json_result(here: ReadModel, base: str, hit: Hit) -> dict[str, Any]:
    post: Post = here.unnoted.library.by_path[hit.path]
    category = here.category_of(post)
    return {
        "slug": post.slug,
        "url": base + site().addresses.post(post),
        "title": post.title,
        "title_html": hit.title_html,
        "snippet_html": hit.snippet_html,
        "summary": post.summary,
        "published": post.published.isoformat() if post.published else None,
        "category": {"slug": category.slug, "name": category.name} if category else None,
        "tags": [{"slug": tag.slug, "name": tag.name} for tag in here.tags_of(post.slug)],
        "score": hit.score,
    }


@bp.get("/search/suggest.json")
@cached("q", seconds=KEPT_SECONDS)
def suggest() -> Response:
    """Completions of what is being typed, in the form that browsers take: OpenSearch Suggestions
    1.1.

    Four lists side by side: the query, labels, kinds, addresses.
    """
    here = read_model()
    typed = request.args.get("q", "")[:200]
    found = site().index.suggest(here.unnoted, typed, 2 * COMPLETIONS) if typed.strip() else []
    before = field_being_typed(typed)[0]
    rows = [(one.label, _kind(one), _address(here.unnoted, one, before)) for one in found]
    rows = [row for row in rows if row[2]][:COMPLETIONS]
    base = site().settings.base_url
    answer = [
        typed,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [base + row[2] for row in rows],
    ]
    return _json(answer, "application/x-suggestions+json")


def _kind(suggestion: Suggestion) -> str:
    if suggestion.kind == "title":
        return "article"
    name = FACET_LABELS[suggestion.kind].lower()
    return f"{name}, {suggestion.count:,} article{'s' if suggestion.count != 1 else ''}"


def _address(edition: Edition, suggestion: Suggestion, before: str) -> str:
    """Where a suggestion leads, a label to a search where something is typed `before` it; '' where
    there is no page.
    """
    if suggestion.kind == "title":
        post = edition.library.by_path.get(suggestion.value)
        return site().addresses.post(post) if post else ""
    if suggestion.value not in edition.terms(suggestion.kind):
        return ""
    if before:
        return Asked(f"{before}{suggestion.kind}:{suggestion.value}", {}).url()
    return site().addresses.term(suggestion.kind, suggestion.value)


@bp.get("/search/help/")
@cached()
def help_page() -> str:
    """How to search."""
    crumbs = [Crumb("Search", PATH), Crumb("How to search", "/search/help/")]
    about = (
        "What the search understands: phrases, exclusions, fields, dates and beginnings of words."
    )
    head = list_page(site(), "/search/help/", "How to search", about, crumbs)
    edition = read_model().edition
    examples = {kind: _largest(edition.terms(kind)) for kind in ("category", "tag", "author")}
    year = next(iter(edition.years(site().settings.zone)), None)
    return render_template("search-help.html", page=head, year=year, **examples)


def _largest(found: Mapping[str, terms.Term]) -> str:
    return max(found, key=lambda slug: (found[slug].count, slug), default="")


@bp.get("/opensearch.xml")
@cached()
def opensearch() -> Response:
    """The description with which a browser adds this search to its own: OpenSearch 1.1."""
    return Response(
        render_template("opensearch.xml"), mimetype="application/opensearchdescription+xml"
    )


def _json(data: object, mimetype: str = "application/json") -> Response:
    return Response(json.dumps(data, ensure_ascii=False, separators=(",", ":")), mimetype=mimetype)
