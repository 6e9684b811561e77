"""Answers of the API: pure functions of one edition's records and of a query."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np

from octavo.search import MAX_RESULTS, FacetCount, Hit
from octavo.web.api import fields, problems
from octavo.web.api.filter.columns import ColumnTable, Mask, Order, Rows
from octavo.web.api.filter.nql import Comparison, Filter, FilterError, Term
from octavo.web.api.query import Query, SearchParameters
from octavo.web.api.records import Records
from octavo.web.api.resources import Plural, Resource, Resources
from octavo.web.api.schema import envelopes, models
from octavo.web.phrases.phrases import translated

# Texts that the matches of one filter (`title:~'mars'`) may read; one takes about 0.1 microseconds.
MAX_MATCHED_TEXTS = 100_000
# The natural order of each resource in words, for cursors: they must stand on values.
NATURAL: Mapping[Plural, Order] = {
    "posts": (("published_at", True),),
    "pages": (("slug", False),),
    "tags": (("name", False),),
    "authors": (("name", False),),
}


def browse(resources: Resources, plural: Plural, query: Query) -> models.Model:
    """Return one page of a list. Raises ApiError for a filter or a cursor that cannot be used."""
    resource = resources.of(plural)
    chosen = _chosen_rows(resource.table, query.filter)
    total = int(np.count_nonzero(chosen))
    if query.cursor is not None:
        rows, cursor = _from_cursor(resource.table, chosen, query, NATURAL[plural])
        page = envelopes.Pagination(
            page=1, limit=query.limit, pages=_pages(total, query), total=total, next=None, prev=None
        )
        meta = envelopes.ListMeta(pagination=page, cursor=envelopes.Cursor(next=cursor))
    else:
        before = (query.page - 1) * query.limit
        rows = _ordered(resource, chosen, query)[before : before + query.limit]
        meta = envelopes.ListMeta(pagination=_pagination(total, query))
    items = serialise(resources, plural, query, (resource.rows[row] for row in rows.tolist()))
    return envelopes.LISTS[plural].model_validate({plural: items, "meta": meta})


def read(
    resources: Resources, plural: Plural, query: Query, by: Literal["id", "slug"], name: str
) -> models.Model:
    """Return one record. Raises ApiError where there is none."""
    resource = resources.of(plural)
    known = {"id": resource.by_id, "slug": resource.by_slug}[by]
    if name not in known:
        raise problems.unknown_record(resource.kind)
    items = serialise(resources, plural, query, [known[name]])
    return envelopes.SINGLES[plural].model_validate({plural: items})


def search(records: Records, query: Query, wanted: SearchParameters) -> envelopes.SearchAnswer:
    """Return one page of search results, with the same fields as a list of articles."""
    found = records.site.index.search(
        records.edition,
        wanted.typed,
        selected=wanted.selected,
        sort=wanted.sort,
        page=min(query.page, MAX_RESULTS),
        size=query.limit,
        correct=not wanted.exact,
    )
    by_path = records.edition.library.by_path
    posts = serialise(records, "posts", query, [by_path[hit.path] for hit in found.hits])
    posts = [
        post.model_copy(update={"match": _match(hit)})
        for post, hit in zip(posts, found.hits, strict=True)
    ]
    corrected: envelopes.CorrectionModel | None = None
    if found.corrected:
        words = dict(found.corrected.words)
        corrected = envelopes.CorrectionModel(used=found.corrected.used, words=words)
    meta = envelopes.SearchMeta(
        pagination=_pagination(min(found.total, MAX_RESULTS), query),
        query=wanted.typed,
        corrected=corrected,
        facets={name: _facet_values(values) for name, values in found.facets.items()},
        notes=list(map(translated, found.notes)),
        partial=found.partial,
        by_meaning=found.by_meaning,
    )
    return envelopes.SearchAnswer(posts=posts, meta=meta)


def _match(hit: Hit) -> models.Match:
    return models.Match(
        score=hit.score,
        title_html=hit.title_html,
        snippet_html=hit.snippet_html,
        by_meaning=hit.by_meaning,
    )


def _facet_values(values: Iterable[FacetCount]) -> list[envelopes.FacetValueModel]:
    return [
        envelopes.FacetValueModel(
            value=value.value, label=value.label, count=value.count, selected=value.selected
        )
        for value in values
    ]


def _chosen_rows(table: ColumnTable, filter: Filter | None) -> Mask:
    if filter is None:
        return np.ones(table.size, np.bool_)
    if filter.matches * table.size > MAX_MATCHED_TEXTS:
        raise problems.wrong_filter(
            f"Query Error: the filter has more than {MAX_MATCHED_TEXTS // table.size} text matches"
        )
    try:
        return table.select(filter.term)
    except FilterError as error:
        raise problems.wrong_filter(str(error)) from None


def serialise(records: Records, plural: Plural, query: Query, rows: Iterable[Any]) -> list[Any]:
    """Return `rows` (posts, topics or authors) as models of the API, ready to become JSON.

    Each has exactly the fields that the query asks for.
    """
    model, values = _values(records, plural, query)
    items = []
    for row in rows:
        held = {name: value(records, row) for name, value in values.items()}
        items.append(model(**held))
    return items


def _values(
    records: Records, plural: Plural, query: Query
) -> tuple[type[models.Model], Mapping[str, Callable[[Records, Any], Any]]]:
    """Return the model of a resource and a function for each field that the query chooses."""
    if plural == "tags":
        return models.TagModel, {
            **_named(query, fields.TAG),
            **_count(query, lambda records, topic: topic.count),
        }
    if plural == "authors":
        return models.AuthorModel, {
            **_named(query, fields.AUTHOR),
            **_count(query, Records.count_of),
        }
    return models.PostModel, _post_values(records, plural, query)


def _post_values(records: Records, plural: Plural, query: Query) -> fields.PostFields:
    known = fields.POST
    if plural == "pages":
        known = fields.PAGE
    if records.preview:
        known = {**known, "status": fields.FILTERED["status"]}
    values = dict(known)
    if query.fields is not None:
        values = dict(_named(query, {**known, **fields.ON_REQUEST}))
    if query.formats is not None:
        bodies = {"html": known["html"], **fields.ON_REQUEST}
        values = {name: value for name, value in values.items() if name not in bodies}
        values.update((name, bodies[name]) for name in sorted(query.formats))
    for name, more in fields.INCLUDES.items():
        if name in query.include:
            values.update(more)
    return values


def _named(query: Query, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields that the query names, or all where it names none."""
    if query.fields is None:
        return known
    return {name: value for name, value in known.items() if name in query.fields}


def _count(
    query: Query, count: Callable[[Records, Any], int]
) -> Mapping[str, Callable[[Records, Any], models.Count]]:
    if "count.posts" not in query.include:
        return {}
    return {"count": lambda records, row: models.Count(posts=count(records, row))}


def _ordered(resource: Resource[Any], chosen: Mask, query: Query) -> Rows:
    if not query.order and query.filter and (slugs := _slugs_in(query.filter.term)):
        # A filter by a list of slugs answers in the list's order.
        places = {slug: place for place, slug in enumerate(slugs)}
        found = sorted(
            np.flatnonzero(chosen).tolist(),
            key=lambda row: places[resource.slug_of(resource.rows[row])],
        )
        return np.array(found, np.intp)
    return _among(resource.table.ordered(query.order), chosen)


def _among(rows: Rows, chosen: Mask) -> Rows:
    found: Rows = rows[chosen[rows]]
    return found


def _slugs_in(term: Term) -> list[str]:
    """Return the slugs of a filter `slug:[a,b]` that every record must meet; [] without one."""
    if isinstance(term, Comparison):
        if term.field == "slug" and term.relation == "in" and not term.negated:
            return [str(slug) for slug in dict.fromkeys(term.values)]
    elif term.kind == "and":
        return next(filter(None, map(_slugs_in, term.terms)), [])
    return []


def _pages(total: int, query: Query) -> int:
    return max(1, -(-total // query.limit))


def _pagination(total: int, query: Query) -> envelopes.Pagination:
    pages = _pages(total, query)
    following: int | None = None
    preceding: int | None = None
    if query.page < pages:
        following = query.page + 1
    if query.page > 1:
        preceding = min(query.page - 1, pages)
    return envelopes.Pagination(
        page=query.page,
        limit=query.limit,
        pages=pages,
        total=total,
        next=following,
        prev=preceding,
    )


def _from_cursor(
    table: ColumnTable, chosen: Mask, query: Query, natural: Order
) -> tuple[Rows, str | None]:
    """Return the records after a cursor, and the next cursor.

    A cursor holds the sorting values of the last record sent, so that records which come or go
    meanwhile neither repeat nor hide others.
    """
    order = (*(query.order or natural), ("slug", False))
    columns = [
        (name, column, descends) for name, descends in order if (column := table.column(name))
    ]
    if query.cursor:
        after = np.zeros(table.size, np.bool_)
        equal = np.ones(table.size, np.bool_)
        values = _decoded(query.cursor, [name for name, _, _ in columns])
        for (_, column, descends), value in zip(columns, values, strict=True):
            less, same = column.compared(value)
            beyond = less if descends else ~(less | same)
            after |= equal & beyond
            equal &= same
        chosen = chosen & after
    rows = _among(table.ordered(order), chosen)
    sent = rows[: query.limit]
    if len(rows) <= query.limit:
        return sent, None
    return sent, _encoded(
        [[name, column.values[column.codes[sent[-1]]]] for name, column, _ in columns]
    )


def _encoded(values: list[Any]) -> str:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str, names: list[str]) -> list[Any]:
    try:
        pairs = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if [name for name, _ in pairs] != names:
            raise problems.wrong_cursor()
        values = [value for _, value in pairs]
    except (TypeError, ValueError, RecursionError):
        raise problems.wrong_cursor() from None
    if not all(value is None or isinstance(value, str | int) for value in values):
        raise problems.wrong_cursor()
    return values
