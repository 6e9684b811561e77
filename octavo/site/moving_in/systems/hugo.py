"""Hugo: `content/` with its bundles, `static/` and `assets/`.

https://gohugo.io/content-management/ Permalinks, languages, cascades and folders of files are those
of its settings. Texts beside an `index.md` are its resources, and no pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from octavo.content.editing.layouts import Value
from octavo.content.errors import ContentError
from octavo.content.files.walk import PAGES, is_section
from octavo.content.frontmatter.fences import plain_name
from octavo.content.frontmatter.head import split
from octavo.content.posts import Post
from octavo.site.moving_in.html_texts import is_html_text
from octavo.site.moving_in.items import Fields, File, Items, Loss, Text, known_fields
from octavo.site.moving_in.old_addresses import based, day_of, filled, folder_of, said, stem_of
from octavo.site.moving_in.source import Source, is_text, table, tables_in, texts_in

_SETTINGS = ("hugo", "config", "config/_default/hugo", "config/_default/config")
_NOT_IN_A_PATH = re.compile(r"[^\w./\\#+~@%\u0300-\u036f-]+")


def read(source: Source) -> Items:
    """Yield the texts and files of a Hugo site, and what of it is lost."""
    hugo = _Hugo(source)
    for folder, language in hugo.folders.items():
        for origin, path in source.below(folder):
            if len(hugo.folders) > 1 and _is_in_another(folder, origin, hugo.folders):
                continue
            yield from hugo.content(origin, path, language)
    for folder in hugo.static:
        for origin, path in source.below(folder):
            if is_text(path):
                yield Loss(origin, "Texts in a folder of files, which are no pages")
            else:
                yield File(origin, path, source.root / origin)


def _is_in_another(folder: str, origin: str, folders: Iterable[str]) -> bool:
    """Whether a file belongs to a folder of content that lies within this one."""
    inner = (one for one in folders if one.startswith(f"{folder}/"))
    return any(origin.startswith(f"{one}/") for one in inner)


class _Hugo:
    """One source and its settings."""

    def __init__(self, source: Source) -> None:
        self.source = source
        settings = source.settings(*_SETTINGS)
        self.settings = settings
        self.zone = source.zone_named(settings.get("timezone"))
        languages = table(settings, "languages") or source.settings("config/_default/languages")
        self.default = str(settings.get("defaultcontentlanguage") or "en").lower()
        self.languages = frozenset(languages) - {self.default}
        self.folders = {str(settings.get("contentdir") or "content").strip("/"): ""}
        for name in languages:
            folder = str(table(languages, name).get("contentdir") or "").strip("/")
            if folder:
                self.folders[folder] = name
            if folder and name == self.default:
                self.folders[folder] = ""
        present = {
            folder: language
            for folder, language in self.folders.items()
            if next(source.below(folder), None)
        }
        self.folders = present or self.folders
        self.static = (*(texts_in(settings.get("staticdir")) or ["static"]), "assets")
        permalinks = table(settings, "permalinks") or source.settings("config/_default/permalinks")
        self.permalinks = permalinks.get("page", permalinks)
        self._bundles = self._found_bundles()
        self._cascades = self._found_cascades()

    def _found_bundles(self) -> frozenset[str]:
        """Return the folders that are one text with its files."""
        folders = set()
        for path in self.source.paths:
            folder, _, file = path.rpartition("/")
            if is_text(file) and file.partition(".")[0] == "index" and folder not in self.folders:
                folders.add(folder)
        return frozenset(folders)

    def _found_cascades(self) -> dict[str, dict[str, Value]]:
        """Return the fields that a folder's own text gives to all texts below it, by folder."""
        found = {}
        for path in self.source.paths:
            if not is_section(path):
                continue
            try:
                text = self.source.read(path).decode("utf-8", "replace")
                given = split(text, path).fields.get("cascade")
            except ContentError:
                continue
            fields = _cascaded(given)
            if fields:
                found[path.rpartition("/")[0]] = fields
        return found

    def content(self, origin: str, path: str, language: str) -> Items:
        """Yield what one file of the content is."""
        folder = origin.rpartition("/")[0]
        if not is_text(path) and not is_html_text(self.source, origin):
            yield File(origin, path, self.source.root / origin)
            return
        is_index = path.rpartition("/")[2].partition(".")[0] == "index"
        above = [folder, *_folders_above(folder)]
        if any(one in self._bundles for one in above[1:]) or (
            folder in self._bundles and not is_index
        ):
            yield Loss(origin, "Texts within the folder of another text, which are no pages")
            return
        stem, _, suffix = path.rpartition(".")
        bare, _, ending = stem.rpartition(".")
        if ending.lower() in self.languages:
            language = ending.lower()
            path = f"{bare}.{suffix}"
        target = path
        if language and is_index and "/" in path:
            folder = path.rpartition("/")[0]
            target = f"{folder}/{folder.rpartition('/')[2]}.{language}.{suffix}"
        elif language:
            target = f"{path.rpartition('.')[0]}.{language}.{suffix}"
        elif "/" not in path:
            target = f"{PAGES}{path}"
        defaults: dict[str, Value] = {}
        for one in reversed(above):
            defaults.update(self._cascades.get(one, {}))
        if language:
            defaults["lang"] = language

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            return self._addresses(post, fields, path, language)

        yield Text(
            origin,
            target,
            self.source.read(origin),
            defaults=defaults,
            addresses=addresses,
            told_apart=False,
        )

    def _addresses(self, post: Post, fields: Fields, path: str, language: str) -> Iterable[str]:
        url = said(fields, "url")
        if url and not set(url) & set(":{"):
            # Its front matter says it already.
            return ()
        folder = folder_of(path)
        name = said(fields, "slug") or stem_of(path)
        section = folder.partition("/")[0]
        pattern = url or self.permalinks.get(section)
        if isinstance(pattern, str) and not is_section(path):
            words = {
                **dict.fromkeys(("slug", "slugorfilename", "slugorcontentbasename"), name),
                **dict.fromkeys(("filename", "contentbasename"), stem_of(path)),
                "slug": said(fields, "slug") or post.title,
                "title": post.title,
                "section": section,
                "sections": folder,
            }
            made = {word: _hugo_name(value) for word, value in words.items()}
            address = filled(pattern, made, self._day(post, fields))
        elif is_section(path):
            if not folder:
                return ()
            address = _hugo_name(f"/{folder}/")
        else:
            address = _hugo_name(f"/{folder}/{name}/").replace("//", "/")
        if self.settings.get("uglyurls") is True and address.endswith("/"):
            address = f"{address.rstrip('/')}.html"
        if language or self.settings.get("defaultcontentlanguageinsubdir") is True:
            address = f"/{language or self.default}{address}"
        return based(self.settings.get("baseurl"), address)

    def _day(self, post: Post, fields: Fields) -> datetime | None:
        """Return the day in a text's address: that of `date`, which `publishDate` does not move."""
        given = {plain_name(name): value for name, value in fields.items()}.get("date")
        if not isinstance(given, datetime):
            try:
                given = datetime.fromisoformat(str(given))
            except ValueError:
                return day_of(post, self.zone)
        if given.tzinfo is None:
            return given.replace(tzinfo=self.zone)
        return given.astimezone(self.zone)


def _folders_above(folder: str) -> Iterable[str]:
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _cascaded(given: Any) -> dict[str, Value]:
    """Return the fields of a cascade that are for all texts, with `build` as fields of this site.

    https://gohugo.io/content-management/front-matter/#cascade-1
    """
    found: dict[str, Value] = {}
    for one in tables_in(given):
        if {"target", "_target"} & one.keys():
            continue
        found.update(known_fields(one))
        build = one.get("build") or one.get("_build")
        if isinstance(build, Mapping):
            if str(build.get("render")).lower() in ("never", "false", "link"):
                found["draft"] = True
            elif str(build.get("list")).lower() in ("never", "false", "local"):
                found["unlisted"] = True
    found.pop("build", None)
    return found


def _hugo_name(text: str) -> str:
    """Return a text as Hugo makes a part of a path of it: small letters, hyphens for blanks."""
    return re.sub("-{2,}", "-", _NOT_IN_A_PATH.sub("-", text.strip().lower())).strip("-")
