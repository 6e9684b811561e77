"""Pelican: the articles and pages of its `content/`, with the files that they name.

https://docs.getpelican.com/en/latest/settings.html `pelicanconf.py` is read and never run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from octavo.content.editing.layouts import Value
from octavo.content.files.walk import PAGES
from octavo.content.posts import Post
from octavo.site.moving_in.items import (
    AddressError,
    Fields,
    File,
    Items,
    Loss,
    Text,
    known_fields,
)
from octavo.site.moving_in.old_addresses import ascii_name, based, day_of, said, stem_of
from octavo.site.moving_in.source import Source, fits_any, is_text, texts_in

_WORD = re.compile(r"\{([a-z_]+)(?::([^{}]*))?\}")


def read(source: Source) -> Items:
    """Yield the texts and files of a Pelican site, and what of it is lost."""
    pelican = _Pelican(source)
    for origin, path in source.below(pelican.folder):
        yield from pelican.content(origin, path)


class _Pelican:
    """One source and its settings."""

    def __init__(self, source: Source) -> None:
        self.source = source
        settings = source.python("pelicanconf.py", "publishconf.py")
        self.settings = settings
        self.folder = str(settings.get("PATH") or "content").strip("./")
        self.zone = source.zone_named(settings.get("TIMEZONE"))
        self.pages = texts_in(settings.get("PAGE_PATHS", ["pages"]))
        self.static = texts_in(settings.get("STATIC_PATHS", ["images"]))
        self.excluded: list[str] = []
        for name in ("ARTICLE_EXCLUDES", "PAGE_EXCLUDES", "IGNORE_FILES"):
            self.excluded.extend(texts_in(settings.get(name)))
        self.moved: Mapping[str, Any] = {}
        if isinstance(settings.get("EXTRA_PATH_METADATA"), dict):
            self.moved = settings["EXTRA_PATH_METADATA"]

    def content(self, origin: str, path: str) -> Items:
        """Yield the text or file that the one at `path` becomes, or why it is left out."""
        if not is_text(path):
            if path.lower().endswith((".rst", ".html", ".htm")) and not fits_any(path, self.static):
                yield Loss(origin, "Texts that are no Markdown, to be converted first")
                return
            extra = self.moved.get(path)
            target = path
            if isinstance(extra, dict) and isinstance(extra.get("path"), str):
                target = extra["path"].strip("/")
            published = fits_any(path, self.static)
            yield File(origin, target or path, self.source.root / origin, published=published)
            return
        if fits_any(path, self.excluded):
            yield Loss(origin, "Texts that the settings exclude")
            return
        kind = "ARTICLE"
        target = path
        if fits_any(path, self.pages):
            kind = "PAGE"
            inner = path
            for folder in self.pages:
                inner = inner.removeprefix(f"{folder.strip('/')}/")
            target = f"{PAGES}{inner}"
        defaults: dict[str, Value] = known_fields(self.settings.get("DEFAULT_METADATA"))
        if isinstance(self.settings.get("AUTHOR"), str):
            defaults.setdefault("authors", self.settings["AUTHOR"])

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            return self._addresses(post, fields, path, kind)

        yield Text(origin, target, self.source.read(origin), defaults=defaults, addresses=addresses)

    def _addresses(self, post: Post, fields: Fields, path: str, kind: str) -> Iterable[str]:
        given = said(fields, "url")
        default = "{slug}.html"
        if kind == "PAGE":
            default = "pages/{slug}.html"
        saved = f"{kind}_SAVE_AS"
        pattern = given or str(
            self.settings.get(f"{kind}_URL") or self.settings.get(saved, default)
        )
        title = post.title
        if self.settings.get("SLUGIFY_SOURCE") == "basename":
            title = stem_of(path)
        category = post.category
        folder = path.rpartition("/")[0].rpartition("/")[2]
        if (
            not said(fields, "category")
            and folder
            and self.settings.get("USE_FOLDER_AS_CATEGORY", True)
        ):
            category = folder
        words = {
            "slug": said(fields, "slug") or ascii_name(title),
            "category": ascii_name(
                category or str(self.settings.get("DEFAULT_CATEGORY") or "misc")
            ),
            "author": ascii_name(next(iter(post.authors), "")),
            "lang": post.lang or str(self.settings.get("DEFAULT_LANG") or "en"),
        }
        address = _formatted(pattern, words, day_of(post, self.zone))
        address = address.removesuffix("index.html")
        return based(self.settings.get("SITEURL"), f"/{address.lstrip('/')}")


def _formatted(pattern: str, words: Mapping[str, str], day: datetime | None) -> str:
    """Return a pattern such as `{date:%Y}/{slug}.html` filled in. Raises AddressError."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in words:
            return words[name]
        if name != "date" or not found[2]:
            raise AddressError(f"`{{{name}}}` of `{pattern}` is not known")
        if day is None:
            raise AddressError(f"`{pattern}` asks for a date, and they have none")
        return day.strftime(found[2])

    return _WORD.sub(value, pattern)
