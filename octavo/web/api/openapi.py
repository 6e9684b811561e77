"""The OpenAPI 3.1 document, generated from the answers' models and the parameters' patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from octavo.search import FACETS, Sort
from octavo.settings import Settings
from octavo.web.api.query import FORMATS_PATTERN, MAX_PAGE_RECORDS, ORDER_PATTERN, PAGE_PATTERN
from octavo.web.api.schema import envelopes
from octavo.web.api.schema.models import Model, schema_name

# Filters without groups: those with groups are as good, but no pattern can tell them.
_VALUE = r"(null|true|false|[0-9]{1,9}|[a-z][a-z0-9]*(-[a-z0-9]+)*|'[^'\"\\]+')"
_LIST = rf"\[{_VALUE}(,{_VALUE}){{0,9}}\]"
_MATCH = r"~[$^]?'[^'\"\\]+'"
_COMPARISON = rf"[a-zA-Z_][a-zA-Z0-9_]*:(-?{_VALUE}|(>=?|<=?){_VALUE}|-?{_MATCH}|-?{_LIST})"
FILTER_PATTERN = rf"^({_COMPARISON}([+,]{_COMPARISON}){{0,9}})?$"
ID_PATTERN = "^[0-9a-f]{24}$"
# Paths with control characters are refused wherever they lead.
SLUG_PATTERN = r"^[^/\u0000-\u001f\u007f-\u009f\ufffd]+$"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation; `place` is `query` or `path`."""

    name: str
    help: str
    schema: dict[str, Any]
    example: str = ""
    place: str = "query"


@dataclass(frozen=True, slots=True)
class Operation:
    """One address of the API and its answer; `errors` are the HTTP statuses of its errors."""

    path: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    answer: type[Model]
    errors: tuple[int, ...] = (404, 503)


def _text(name: str, help: str, example: str = "", **schema: Any) -> Parameter:
    return Parameter(name, help, {"type": "string", **schema}, example)


INCLUDE_POSTS = _text(
    "include",
    "More fields, parted by commas: tags, authors, next, prev, headings, toc, related, views, "
    "extra.",
    "tags,authors",
)
INCLUDE_COUNT = _text("include", "`count.posts` for the number of articles.", "count.posts")
FIELDS = _text("fields", "Only these fields, parted by commas.", "title,url")
FORMATS = _text("formats", "`html`, `plaintext`, or both.", "plaintext", pattern=FORMATS_PATTERN)
FILTER = _text(
    "filter",
    "Which records, in Ghost's NQL: `+` is and, `,` is or, groups stand in parentheses.",
    "tag:mars+featured:false",
    pattern=FILTER_PATTERN,
)
ORDER = _text(
    "order", "Fields with `asc` or `desc`, parted by commas.", "title asc", pattern=ORDER_PATTERN
)
LIMIT = _text("limit", f"Records on a page: 15 unless given, {MAX_PAGE_RECORDS} at most.", "5")
PAGE = _text("page", "Number of the page, counted from 1.", "2", pattern=PAGE_PATTERN)
CURSOR = _text(
    "cursor",
    "Empty to begin, then `meta.cursor.next` of the answer before: paging that survives changes.",
)
PREVIEW = _text("preview", "The token of a preview link: what it shows, too.")
ID = Parameter("id", "The record's id.", {"type": "string", "pattern": ID_PATTERN}, "", "path")
SLUG = Parameter(
    "slug", "The record's slug.", {"type": "string", "pattern": SLUG_PATTERN}, "", "path"
)


def _facet(name: str) -> Parameter:
    return Parameter(
        name,
        f"Only results of this {name}; may be repeated.",
        {"type": "array", "items": {"type": "string"}},
    )


SEARCH = (
    _text("q", "The words, with phrases in quotes, `-word`, `tag:mars`, `roc*`.", "ring of saturn"),
    *map(_facet, FACETS),
    _text("sort", "The order of the results.", "", enum=list(get_args(Sort))),
    _text("exact", "Present: search for what is typed, never for another spelling."),
)
SINCE = _text(
    "since",
    "`meta.cursor` of the answer before; without it, nothing but the cursor of this moment.",
)

BASE = "/ghost/api/content"


def _resource(
    plural: str, name: str, include: Parameter, more: tuple[Parameter, ...]
) -> Iterable[Operation]:
    answer = envelopes.SINGLES[plural]
    listed = envelopes.LISTS[plural]
    browse = (FILTER, ORDER, LIMIT, PAGE, CURSOR, include, FIELDS, *more)
    read = (include, FIELDS, *more)
    path = f"{BASE}/{plural}/"
    yield Operation(
        path, f"browse_{plural}", f"A list of {plural}", browse, listed, (400, 404, 422, 503)
    )
    by_id = (f"{path}{{id}}/", f"read_{name}_by_id", f"One {name} by its id")
    yield Operation(*by_id, (ID, *read), answer, (400, 404, 422, 503))
    by_slug = (f"{path}slug/{{slug}}/", f"read_{name}_by_slug", f"One {name} by its slug")
    yield Operation(*by_slug, (SLUG, *read), answer, (400, 404, 422, 503))


OPERATIONS = (
    *_resource("posts", "post", INCLUDE_POSTS, (FORMATS, PREVIEW)),
    *_resource("pages", "page", INCLUDE_POSTS, (FORMATS, PREVIEW)),
    *_resource("tags", "tag", INCLUDE_COUNT, ()),
    *_resource("authors", "author", INCLUDE_COUNT, ()),
    Operation(
        f"{BASE}/search/",
        "search",
        "Articles by their words, with snippets, facets and scores",
        (*SEARCH, LIMIT, PAGE, INCLUDE_POSTS, FIELDS, FORMATS),
        envelopes.SearchAnswer,
        (422, 503),
    ),
    Operation(f"{BASE}/settings/", "settings", "The site", (), envelopes.SettingsAnswer),
    *(
        Operation(
            f"{BASE}/search-index/{plural}/",
            f"index_{plural}",
            f"All {plural} in short",
            (),
            answer,
        )
        for plural, (answer, _) in envelopes.INDEXES.items()
    ),
    Operation(
        "/api/changes",
        "changes",
        "What changed for readers since a cursor",
        (SINCE,),
        envelopes.ChangesAnswer,
    ),
)

# Docstrings are wrapped; an empty line parts their paragraphs.
_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")
_ABOUT = "The articles of this site as JSON: Ghost's Content API, search and changes."
_REASONS = {
    400: "The filter cannot be read, or the path has control characters.",
    401: "The key is unknown.",
    403: "A key is missing, or a preview token is wrong.",
    404: "There is no such record or cursor.",
    422: "A parameter has a value that it cannot have.",
    429: "The client asks too often; `Retry-After` tells for how many seconds to wait.",
    503: "The articles are changing at this moment.",
}


class _Schemas(GenerateJsonSchema):
    """Makes schemas with the names for clients, and with descriptions on one line."""

    def normalize_name(self, name: str) -> str:
        return schema_name(super().normalize_name(name))

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        if "description" in made:
            made["description"] = _LINE_END.sub(" ", made["description"])
        return made


def operations(facets: Iterable[str]) -> list[Operation]:
    """Return the API's operations; its search takes each of the site's own `facets` too."""
    own = tuple(map(_facet, facets))
    found = []
    for operation in OPERATIONS:
        if operation.name == "search":
            operation = replace(operation, parameters=(*operation.parameters, *own))
        found.append(operation)
    return found


def document(settings: Settings, facets: Iterable[str] = ()) -> dict[str, Any]:
    """Return the OpenAPI document of a site whose search has `facets` of its own."""
    listed = operations(facets)
    answers = {operation.answer for operation in listed} | {envelopes.Errors}
    ordered = sorted(answers, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "serialization") for model in ordered],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.title}: content API",
            "version": "6.0",
            "description": _ABOUT,
        },
        "servers": [{"url": settings.base_url}],
        "paths": {operation.path: {"get": _described(operation, settings)} for operation in listed},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "key"}},
        },
    }


def _described(operation: Operation, settings: Settings) -> dict[str, Any]:
    # Whoever asks too often is refused everywhere.
    refusals = {429, *operation.errors}
    security: list[dict[str, list[str]]] = [{}]
    if not settings.api_open:
        refusals |= {401, 403}
        security = [{"key": []}]
    if PREVIEW in operation.parameters:
        refusals.add(403)
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Errors"}}}
    answer = {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{operation.answer.__name__}"}
        }
    }
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "security": security,
        "responses": {
            "200": {"description": "The answer.", "content": answer},
            **{
                str(status): {"description": _REASONS[status], "content": problem}
                for status in sorted(refusals)
            },
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.help,
        "schema": parameter.schema,
    }
    if parameter.example:
        found["example"] = parameter.example
    return found
