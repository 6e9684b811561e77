"""Answers about the whole site: its settings, and short lists for Ghost's search in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from octavo.web.api import fields
from octavo.web.api.resources import Resources
from octavo.web.api.schema import envelopes, models
from octavo.web.read_model.read_model import ReadModel

Indexed = Literal["posts", "tags", "authors"]
_FIELDS: Mapping[Indexed, Mapping[str, Any]] = {
    "posts": fields.POST,
    "tags": fields.TAG,
    "authors": fields.AUTHOR,
}


def settings(resources: Resources) -> envelopes.SettingsAnswer:
    """Return the site's settings."""
    given = resources.site.settings
    entries = [
        envelopes.NavigationItem(label=link.label, url=resources.addresses.absolute(link.url))
        for entry in ReadModel(resources.site, resources.edition).navigation()
        for link in (entry, *entry.items)
        if link.url
    ]
    described = envelopes.SiteSettings(
        title=given.title,
        description=given.description or given.tagline,
        lang=given.language,
        locale=given.language,
        timezone=given.timezone,
        navigation=entries,
        members_support_address=f"noreply@{urlsplit(resources.addresses.site).hostname}",
        url=resources.addresses.absolute(resources.addresses.path("/")),
    )
    return envelopes.SettingsAnswer(settings=described, meta=envelopes.NoMeta())


def index(resources: Resources, plural: Indexed) -> models.Model:
    """Return all articles, tags or authors in short."""
    answer, model = envelopes.INDEXES[plural]
    known: Mapping[str, Any] = _FIELDS[plural]
    values = {name: known[name] for name in model.model_fields}

    def in_short(row: Any) -> dict[str, Any]:
        return {name: value(resources, row) for name, value in values.items()}

    return answer.model_validate({plural: list(map(in_short, resources.of(plural).rows))})


def nothing(plural: str) -> models.Model:
    """Return the empty list of the resource `plural`, which only sites with members have."""
    page = envelopes.Pagination(page=1, limit=15, pages=1, total=0, next=None, prev=None)
    return envelopes.EMPTY[plural].model_validate(
        {plural: [], "meta": envelopes.ListMeta(pagination=page)}
    )
