"""Eleventy: the texts of its input folder, and the files that it passes through.

https://www.11ty.dev/docs/ Its settings are a program, of which the folders are read and nothing is
run; data of folders (`posts.json`) count, those made by programs do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

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
from octavo.site.moving_in.old_addresses import (
    ascii_name,
    day_of,
    folder_of,
    said,
    stem_of,
    undated_stem,
)
from octavo.site.moving_in.source import Source, fits_any, is_text

_SETTINGS = tuple(
    """
    .eleventy.js .eleventy.cjs eleventy.config.js eleventy.config.mjs eleventy.config.cjs
    eleventy.config.ts
    """.split()
)
_INPUT = re.compile(r"\binput\s*:\s*[\"'`]([^\"'`\n]+)|setInputDirectory\(\s*[\"'`]([^\"'`\n]+)")
_PASSED = re.compile(r"addPassthroughCopy\(\s*(\{[^}]*\}|\[[^\]]*\]|[\"'`][^\"'`\n]+[\"'`])")
_PAIR = re.compile(r"[\"'`]([^\"'`\n]*)[\"'`]\s*:\s*[\"'`]([^\"'`\n]*)[\"'`]")
_QUOTED = re.compile(r"[\"'`]([^\"'`\n]+)[\"'`]")
_TEMPLATES = tuple(
    ".njk .liquid .hbs .ejs .pug .haml .mustache .html .11ty.js .webc .vue .mdx".split()
)
_PROGRAMS = tuple(".js .cjs .mjs .ts .jsx .tsx .css .scss .sass .map .lock".split())
_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_NAMES = frozenset("slug slugify url".split())


def read(source: Source) -> Items:
    """Yield the texts and files of an Eleventy site, and what of it is lost."""
    eleventy = _Eleventy(source)
    for origin, path in source.below(eleventy.folder):
        yield from eleventy.content(origin, path)
    yield from eleventy.passed_files()


class _Eleventy:
    """One source and what its settings say in so many words."""

    def __init__(self, source: Source) -> None:
        self.source = source
        program = ""
        for name in _SETTINGS:
            if (source.root / name).is_file():
                program = source.read(name).decode("utf-8", "replace")
                break
        found = _INPUT.search(program)
        self.folder = ""
        if found:
            self.folder = (found[1] or found[2]).strip("./")
        # Files and folders of the source, and where they are published.
        self.passed: dict[str, str] = {}
        for call in _PASSED.finditer(program):
            pairs = dict(_PAIR.findall(call[1]))
            if call[1][0] == "{":
                self.passed.update({_plain(one): pairs[one].strip("./") for one in pairs})
                continue
            for one in map(_plain, _QUOTED.findall(call[1])):
                self.passed[one] = one.removeprefix(f"{self.folder}/").strip("/")
        ignored = source.root / ".eleventyignore"
        self.ignored = ["README.md"]
        if ignored.is_file():
            lines = source.read(".eleventyignore").decode("utf-8", "replace").splitlines()
            self.ignored += [line.strip() for line in lines if line.strip() and line[0] != "#"]

    def passed_files(self) -> Items:
        """Yield the files that are published as they are."""
        for folder, target in self.passed.items():
            for origin in self.source.paths:
                if origin == folder:
                    yield File(origin, target or origin, self.source.root / origin)
                elif origin.startswith(f"{folder}/") and not is_text(origin):
                    inner = origin.removeprefix(f"{folder}/")
                    path = f"{target}/{inner}".lstrip("/")
                    yield File(origin, path, self.source.root / origin)

    def content(self, origin: str, path: str) -> Items:
        """Yield what one file of the input is."""
        parts = path.split("/")
        if any(part[0] == "_" for part in parts[:-1]) or fits_any(origin, self.ignored):
            return
        if fits_any(origin, self.passed):
            return
        if is_text(path):
            yield self._text(origin, path)
        elif path.lower().endswith(_TEMPLATES) and not path.lower().endswith(_PROGRAMS[:1]):
            yield Loss(origin, "Pages that Eleventy makes of a template")
        elif not path.lower().endswith((*_PROGRAMS, ".json")):
            yield File(origin, path, self.source.root / origin, published=False)

    def _text(self, origin: str, path: str) -> Text:
        data = self._folder_data(path)
        defaults = known_fields(data)
        pattern = defaults.pop("permalink", None)
        target = f"{PAGES}{path}"
        if {"tags", "tag", "date"} & defaults.keys():
            target = path
        if data.get("permalink") is False:
            defaults["draft"] = True
        if data.get("eleventyExcludeFromCollections") is True:
            defaults["unlisted"] = True

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            own = said(fields, "permalink")
            if own and "{" not in own:
                # Its front matter says it already.
                return ()
            chosen = own or str(pattern or "")
            zone = self.source.zone
            if chosen:
                return (_rendered(chosen, path, post, fields, day_of(post, zone)),)
            parts = [folder_of(path), _slug_of(path)]
            return (f"/{'/'.join(filter(None, parts))}/",)

        return Text(
            origin,
            target,
            self.source.read(origin),
            defaults=defaults,
            addresses=addresses,
            told_apart=False,
        )

    def _folder_data(self, path: str) -> dict[str, Any]:
        """Return the data that the files of the folders above a text give it.

        https://www.11ty.dev/docs/data-template-dir/
        """
        found: dict[str, Any] = {}
        folders = path.split("/")[:-1]
        for end in range(1, len(folders) + 1):
            folder = "/".join(filter(None, (self.folder, *folders[:end])))
            for suffix in (".json", ".11tydata.json"):
                given = self.source.data(f"{folder}/{folders[end - 1]}{suffix}")
                if isinstance(given, dict):
                    found.update(given)
        own = "/".join(filter(None, (self.folder, path.rpartition(".")[0])))
        given = self.source.data(f"{own}.json") or self.source.data(f"{own}.11tydata.json")
        if isinstance(given, dict):
            found.update(given)
        return found


def _plain(path: str) -> str:
    return path.removeprefix("./").strip("/").removesuffix("/**/*").removesuffix("/*").rstrip("/")


def _slug_of(path: str) -> str:
    """Return what Eleventy calls `fileSlug`: the name without date and ending."""
    if "/" not in path and stem_of(path) == "index":
        return ""
    return undated_stem(path)


def _rendered(pattern: str, path: str, post: Post, fields: Fields, day: datetime | None) -> str:
    """Return a permalink with its expressions filled in. Raises AddressError for what it cannot."""

    def value(found: re.Match[str]) -> str:
        name, *filters = (part.strip() for part in found[1].split("|"))
        if name == "page.fileSlug":
            made = _slug_of(path)
        elif name == "page.filePathStem":
            made = f"/{path.rpartition('.')[0]}"
        elif name in ("title", "slug", "category") and (said(fields, name) or name == "title"):
            made = said(fields, name) or post.title
        elif name == "page.date" and filters and day is not None:
            return _date(pattern, filters, day)
        else:
            raise AddressError(f"`{{{{ {found[1]} }}}}` of `{pattern}` is not known")
        for one in filters:
            if one not in _NAMES:
                raise AddressError(f"`{one}` of `{pattern}` is not known")
            made = ascii_name(made)
        return made

    made = _EXPRESSION.sub(value, pattern)
    if "{%" in made:
        raise AddressError(f"`{pattern}` is a program")
    return f"/{made.lstrip('/')}".removesuffix("index.html")


def _date(pattern: str, filters: list[str], day: datetime) -> str:
    found = re.fullmatch(r"date\s*[:(]?\s*[\"']([^\"']+)[\"']\)?", filters[0])
    if found is None or len(filters) > 1:
        raise AddressError(f"`{' | '.join(filters)}` of `{pattern}` is not known")
    return day.strftime(found[1])
