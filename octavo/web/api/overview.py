"""Answers about the site as a whole: its settings, and everything in short for search in the
browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from octavo.web.api import fields
from octavo.web.api.records import Records, Resource
from octavo.web.api.schema import envelopes, models
from octavo.web.read_model.read_model import ReadModel

Indexed = Literal["posts", "tags", "authors"]


def settings(records: Records) -> envelopes.SettingsAnswer:
    """Return the site's settings."""
    given = records.site.settings
    entries = [
        envelopes.NavigationItem(label=link.label, url=records.addresses.absolute(link.url))
        for link in ReadModel(records.site, records.edition).navigation()
    ]
    described = envelopes.SiteSettings(
        title=given.title,
        description=given.description or given.tagline,
        lang=given.language,
        locale=given.language,
        timezone=given.timezone,
        navigation=entries,
        members_support_address=f"noreply@{urlsplit(records.addresses.site).hostname}",
        url=records.addresses.absolute(records.addresses.path("/")),
    )
    return envelopes.SettingsAnswer(settings=described, meta=envelopes.NoMeta())


def index(records: Records, plural: Indexed) -> models.Model:
    """Return all articles, tags or authors in short."""
    resource: Resource[Any] = getattr(records, plural)
    answer, model = envelopes.INDEXES[plural]
    known: Mapping[str, Any] = {"posts": fields.POST, "tags": fields.TAG, "authors": fields.AUTHOR}[
        plural
    ]
    values = {name: known[name] for name in model.model_fields}
    rows = [{name: value(records, row) for name, value in values.items()} for row in resource.rows]
    return answer.model_validate({plural: rows})


def nothing(plural: str) -> models.Model:
    """Return the empty list of a resource that only a site with members has."""
    page = envelopes.Pagination(page=1, limit=15, pages=1, total=0, next=None, prev=None)
    return envelopes.EMPTY[plural].model_validate(
        {plural: [], "meta": envelopes.ListMeta(pagination=page)}
    )
