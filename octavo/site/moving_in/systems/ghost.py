"""Ghost: its export in JSON, and the folder `content/` of its files beside it.

https://ghost.org/docs/migration/ghost/ Whatever not all readers may see is a draft here. Addresses
of persons are not brought along.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from octavo.content.editing.layouts import Value
from octavo.site.moving_in.documents import html_of
from octavo.site.moving_in.exports import ExportedText, OldSite, author_text, moment, text_of
from octavo.site.moving_in.items import Items, Loss, OldList
from octavo.site.moving_in.source import Source, table, tables_in

_HERE = "__GHOST_URL__"
Row = Mapping[str, Any]

_CARRIED = ("meta_title", "og_title", "og_description", "twitter_title", "twitter_description")
_LEFT = {
    "codeinjection_head": "Code that is injected into one text",
    "codeinjection_foot": "Code that is injected into one text",
    "custom_template": "Templates of one text",
}
_TABLES_LEFT = {
    "comments": "Comments",
    "members": "Members",
    "newsletters": "Newsletters",
    "products": "Tiers and products",
    "offers": "Offers",
    "snippets": "Snippets",
}


def read(source: Source) -> Items:
    """Yield the texts and files of Ghost's exports, and what of them is lost."""
    found = [path for path in source.paths if path.endswith(".json") and "/" not in path]
    exports = [tables for path in found if (tables := _tables(source, path))]
    site = OldSite(source, ("content/images/", "content/media/", "content/files/"))
    source.expected = sum(len(tables["posts"]) for tables in exports)
    for tables in exports:
        yield from _GhostExport(tables, site).items()
    yield from site.files()
    yield from site.losses()


def _tables(source: Source, path: str) -> Mapping[str, Sequence[Row]]:
    """Return the tables of an export; none for another file."""
    try:
        found = json.loads(source.read(path).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        source.losses.append(Loss(path, "Files that cannot be read as JSON"))
        return {}
    if isinstance(found, dict) and isinstance(found.get("db"), list) and found["db"]:
        found = found["db"][0]
    if not isinstance(found, dict):
        return {}
    data = table(found, "data")
    if not isinstance(data.get("posts"), list):
        return {}
    return {name: tables_in(rows) for name, rows in data.items()}


class _GhostExport:
    """One export: its tables by what they are asked for."""

    def __init__(self, tables: Mapping[str, Sequence[Row]], site: OldSite) -> None:
        self.tables = tables
        self.site = site
        self.tags = {str(row.get("id")): row for row in tables.get("tags", ())}
        self.users = {str(row.get("id")): row for row in tables.get("users", ())}
        self.meta = {str(row.get("post_id")): row for row in tables.get("posts_meta", ())}
        self.tags_of = self._joined("posts_tags", "tag_id")
        self.authors_of = self._joined("posts_authors", "author_id")
        self.named: set[str] = set()

    def _joined(self, name: str, other: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in sorted(self.tables.get(name, ()), key=_place):
            found[str(row.get("post_id"))].append(str(row.get(other)))
        return found

    def items(self) -> Items:
        """Yield texts and authors, and what is not carried over."""
        for row in self.tables["posts"]:
            yield from self._post(row)
        for user in self.users.values():
            if str(user.get("slug")) in self.named:
                yield self._author(user)
        for name, why in _TABLES_LEFT.items():
            for row in self.tables.get(name, ()):
                yield Loss(_told(row), why)
        for tag in self.tags.values():
            slug = str(tag.get("slug") or "")
            if slug and tag.get("name") and tag.get("visibility") != "internal":
                yield OldList(_told(tag), (f"/tag/{slug}/",), "tag", str(tag["name"]))
            if tag.get("description") or tag.get("feature_image"):
                yield Loss(_told(tag), "Descriptions and pictures of tags")

    def _author(self, user: Row) -> Any:
        fields = {
            "name": str(user.get("name") or user.get("slug")),
            "avatar": self._here(user.get("profile_image"), _told(user)),
        }
        return author_text(_told(user), str(user["slug"]), fields, str(user.get("bio") or ""))

    def _post(self, row: Row) -> Items:
        """Yield the text of a row of posts, and what of it is lost."""
        origin = _told(row)
        meta = {**row, **self.meta.get(str(row.get("id")), {})}
        if _is_mail(meta):
            yield Loss(origin, "Texts that were only sent by mail, and are drafts here")
        elif _visibility(row) != "public":
            yield Loss(origin, "Texts that not all readers may see, and that are drafts here")
        yield from self._left(meta, origin)
        fields = self._fields(row, meta)
        html = str(row.get("html") or "")
        if not html.strip():
            html = html_of(str(row.get("lexical") or ""), str(row.get("mobiledoc") or ""))
            if html:
                yield Loss(
                    origin, "Texts without HTML, made of what the editor keeps: look at them"
                )
        name = str(row.get("slug") or "")
        is_page = row.get("type") == "page" or row.get("page") in (1, True)
        yield from text_of(
            ExportedText(
                origin,
                name,
                fields,
                html.replace(_HERE, self.site.source.address),
                (f"/{name}/",),
                is_page,
                _is_public(meta),
            ),
            self.site,
        )

    def _fields(self, row: Row, meta: Row) -> dict[str, Value]:
        """Return the front matter of a text; `meta` is the row with what Ghost keeps beside it."""
        published = moment(row.get("published_at"))
        fields: dict[str, Value] = {"title": str(row.get("title") or "(Untitled)")}
        if published is not None:
            fields["date"] = published.astimezone(self.site.source.zone)
        changed = moment(row.get("updated_at"))
        if changed is not None and _is_public(meta) and published and changed > published:
            fields["updated"] = changed.astimezone(self.site.source.zone)
        slugs = list(self._authors(row))
        self.named.update(slugs)
        fields["authors"] = tuple(slugs)
        fields["tags"] = tuple(self._tags(row))
        fields["summary"] = str(row.get("custom_excerpt") or meta.get("meta_description") or "")
        fields["image"] = self._here(row.get("feature_image"), _told(row))
        fields["image_alt"] = str(meta.get("feature_image_alt") or "")
        fields["image_caption"] = str(meta.get("feature_image_caption") or "")
        if row.get("featured") in (1, True):
            fields["featured"] = True
        fields["canonical"] = str(meta.get("canonical_url") or "").replace(_HERE, "")
        fields.update({name: str(meta.get(name) or "") for name in _CARRIED})
        fields["guid"] = str(row.get("id") or "")
        if _visibility(row) != "public":
            fields["visibility"] = _visibility(row)
        return fields

    def _left(self, meta: Row, origin: str) -> Iterator[Loss]:
        for name, why in _LEFT.items():
            if meta.get(name):
                yield Loss(f"{origin} ({name})", why)

    def _authors(self, row: Row) -> Iterator[str]:
        ids = self.authors_of.get(str(row.get("id"))) or [str(row.get("author_id"))]
        for one in ids:
            user = self.users.get(one)
            if user is not None and user.get("slug"):
                yield str(user["slug"])

    def _tags(self, row: Row) -> Iterator[str]:
        for one in self.tags_of.get(str(row.get("id")), ()):
            tag = self.tags.get(one)
            if tag is not None and tag.get("name"):
                yield str(tag["name"]).replace(",", " ")

    def _here(self, address: object, origin: str) -> str:
        return self.site.here(str(address or "").replace(_HERE, self.site.source.address), origin)


def _visibility(row: Row) -> str:
    return str(row.get("visibility") or "public")


def _is_mail(meta: Row) -> bool:
    """Whether a text was sent to subscribers and never stood on the site."""
    return meta.get("status") == "sent" or meta.get("email_only") in (1, True)


def _is_public(meta: Row) -> bool:
    """Whether all readers may see a text, or will once it is due."""
    if _visibility(meta) != "public" or _is_mail(meta):
        return False
    if meta.get("status") == "scheduled":
        return moment(meta.get("published_at")) is not None
    return meta.get("status") == "published"


def _place(row: Row) -> float:
    """Return the place of a tag or an author among those of its text."""
    place = row.get("sort_order")
    if isinstance(place, int | float):
        return place
    return 0


def _told(row: Row) -> str:
    return str(row.get("slug") or row.get("name") or row.get("id") or row.get("title") or "?")
