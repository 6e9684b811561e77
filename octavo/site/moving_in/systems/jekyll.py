"""Jekyll: `_posts/`, `_drafts/`, collections, pages, and the files beside them.

https://jekyllrb.com/docs/structure/ Its defaults for front matter and its permalinks are those of
`_config.yml`; `_data/authors.yml` becomes files of authors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from octavo.content.editing.composing import composed
from octavo.content.editing.layouts import Value
from octavo.content.files.walk import AUTHORS, PAGES
from octavo.content.images import SUFFIXES
from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.site.addresses.permalinks import STYLES
from octavo.site.moving_in.html_texts import is_html_text
from octavo.site.moving_in.items import Fields, File, Items, Loss, Text, known_fields
from octavo.site.moving_in.old_addresses import (
    day_of,
    filled,
    listed,
    said,
    spoken_name,
    stem_of,
    undated_stem,
)
from octavo.site.moving_in.source import Source, fits_any, is_text, table, tables_in, texts_in

_DEFAULT_EXCLUDED = ("Gemfile", "Gemfile.lock", "*.gemspec", "Rakefile", "package*.json", "*.lock")
_TEMPLATES = ("_layouts/", "_includes/", "_sass/", "_plugins/", "_data/", "_templates/")
# A text may be described by a table of these names.
_OF_AUTHORS = {"name": "name", "bio": "bio", "avatar": "avatar", "role": "role", "title": "role"}


def read(source: Source) -> Items:
    """Yield the texts and files of a Jekyll site, and what of it is lost."""
    jekyll = _Jekyll(source)
    for origin, path in source.below(jekyll.root):
        yield from jekyll.content(origin, path)
    yield from jekyll.authors()


class _Jekyll:
    """One source and its settings."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.settings = source.settings("_config")
        self.root = str(self.settings.get("source") or "").strip("./")
        self.zone = source.zone_named(self.settings.get("timezone"))
        self.base = str(self.settings.get("baseurl") or "").rstrip("/")
        self.excluded = [*texts_in(self.settings.get("exclude")), *_DEFAULT_EXCLUDED]
        self.included = texts_in(self.settings.get("include"))
        given = self.settings.get("collections")
        self.collections: Mapping[str, Any] = {}
        if isinstance(given, dict):
            self.collections = given
        self.collections_folder = str(self.settings.get("collections_dir") or "").strip("/")

    def content(self, origin: str, path: str) -> Items:
        """Yield the text or file that the one at `path` becomes, or why it is left out."""
        parts = path.split("/")
        if path == "_config.yml" or fits_any(path, self.excluded):
            return
        for folder in ("_posts", "_drafts"):
            if folder in parts[:-1]:
                yield from self._post(origin, path, folder)
                return
        inner = path.removeprefix(f"{self.collections_folder}/")
        first, _, rest = inner.partition("/")
        if rest and first[:1] == "_" and first[1:] in self.collections:
            yield from self._of_collection(origin, first[1:], rest)
        elif any(part[0] == "_" for part in parts) and not fits_any(path, self.included):
            if is_text(path) and not path.startswith(_TEMPLATES):
                yield Loss(origin, "Texts lie where the system shows none")
        elif is_text(path):
            yield from self._page(origin, path)
        elif _has_front_matter(self.source, origin, path):
            yield Loss(origin, "Files that Jekyll makes of a template")
        else:
            published = "/" in path or path.lower().endswith((*SUFFIXES, ".pdf"))
            yield File(origin, path, self.source.root / origin, published=published)

    def _post(self, origin: str, path: str, folder: str) -> Items:
        above, _, inner = path.partition(f"{folder}/")
        target = f"{above.removeprefix(self.collections_folder).strip('/')}/{inner}".lstrip("/")
        if not is_text(path) and not is_html_text(self.source, origin):
            yield File(origin, target, self.source.root / origin, published=False)
            return
        categories = [part for part in above.strip("/").split("/") if part]
        forced: dict[str, Value] = {}
        if folder == "_drafts":
            forced["draft"] = True
        defaults = self._defaults(origin, folder.removeprefix("_"))
        default_pattern = defaults.pop("permalink", None)

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            own = [*categories, *listed(_split(fields), "category", "categories")]
            words = {
                "title": said(fields, "slug") or undated_stem(path),
                "slug": spoken_name(said(fields, "slug") or undated_stem(path)),
                "name": undated_stem(path),
                "categories": "/".join(dict.fromkeys(one.lower() for one in own)),
                "slugified_categories": "/".join(map(spoken_name, dict.fromkeys(own))),
                "output_ext": ".html",
            }
            return self._at(post, fields, default_pattern, words, "date")

        yield Text(
            origin, target, self.source.read(origin), forced, defaults, _split_words, addresses
        )

    def _of_collection(self, origin: str, name: str, rest: str) -> Items:
        given = self.collections[name]
        if not isinstance(given, dict) or given.get("output") is not True:
            if is_text(rest):
                yield Loss(origin, "Texts of a collection that is not published")
            return
        if not is_text(rest):
            yield File(origin, f"{name}/{rest}", self.source.root / origin)
            return
        defaults = self._defaults(origin, name)
        pattern = defaults.pop("permalink", None) or str(
            given.get("permalink") or "/:collection/:path:output_ext"
        )

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            stem = rest.rpartition(".")[0]
            words = {
                "collection": name,
                "path": stem,
                "name": stem_of(rest),
                "title": said(fields, "slug") or stem_of(rest),
                "slug": spoken_name(said(fields, "slug") or stem_of(rest)),
                "categories": "/".join(listed(_split(fields), "category", "categories")),
                "output_ext": ".html",
            }
            return self._at(post, fields, pattern, words, "date")

        yield Text(
            origin,
            f"{name}/{rest}",
            self.source.read(origin),
            defaults=defaults,
            mapped=_split_words,
            addresses=addresses,
        )

    def _page(self, origin: str, path: str) -> Items:
        data = self.source.read(origin)
        if not data.removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
            yield Loss(origin, "Texts without front matter, which Jekyll does not publish")
            return
        defaults = self._defaults(origin, "pages")
        pattern = defaults.pop("permalink", None)

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            words = {
                "path": path.rpartition("/")[0],
                "basename": path.rpartition("/")[2].rpartition(".")[0],
                "output_ext": ".html",
            }
            default = "/:path/:basename:output_ext"
            style = str(self.settings.get("permalink") or "")
            if words["basename"] == "index":
                default = "/:path/"
            elif style == "pretty" or style.endswith("/"):
                default = "/:path/:basename/"
            return self._at(post, fields, pattern or default, words, "")

        yield Text(
            origin,
            f"{PAGES}{path}",
            data,
            defaults=defaults,
            mapped=_split_words,
            addresses=addresses,
            told_apart="/" in path,
        )

    def _at(
        self,
        post: Post,
        fields: Fields,
        pattern: Value | None,
        words: Mapping[str, str],
        style: str,
    ) -> Iterable[str]:
        own = said(fields, "permalink")
        if own and ":" not in own and not self.base:
            # Its front matter says it already.
            return ()
        if style:
            pattern = pattern or str(self.settings.get("permalink") or style)
        chosen = own or str(pattern)
        path = filled(STYLES.get(chosen, chosen), words, day_of(post, self.zone))
        # Links leave `site.baseurl` out here.
        return dict.fromkeys((f"{self.base}{path}", path))

    def _defaults(self, path: str, kind: str) -> dict[str, Value]:
        """Return the front matter that the settings give to a text.

        https://jekyllrb.com/docs/configuration/front-matter-defaults/
        """
        found: dict[str, Value] = {}
        for one in tables_in(self.settings.get("defaults")):
            scope = table(one, "scope")
            below = str(scope.get("path") or "").strip("/")
            if below and not fits_any(path, [below]):
                continue
            if scope.get("type") in (None, "", kind):
                found.update(known_fields(one.get("values")))
        return found

    def authors(self) -> Items:
        """Yield a file for each author that the data of the site describe."""
        folder = str(self.settings.get("data_dir") or "_data").strip("/")
        for suffix in (".yml", ".yaml", ".json"):
            origin = f"{folder}/authors{suffix}"
            given = self.source.data(origin)
            if not isinstance(given, dict):
                continue
            for key, said_of in given.items():
                if not isinstance(said_of, dict) or not slugify(str(key)):
                    continue
                fields: dict[str, Value] = {}
                for name, own in _OF_AUTHORS.items():
                    if isinstance(said_of.get(name), str):
                        fields.setdefault(own, said_of[name].strip())
                fields.setdefault("name", str(key))
                target = f"{AUTHORS}{slugify(str(key))}.md"
                yield Text(f"{origin} ({key})", target, composed(fields, ""))


def _has_front_matter(source: Source, origin: str, path: str) -> bool:
    kinds = (".html", ".htm", ".xml", ".json", ".css", ".scss", ".txt", ".js", ".textile")
    return path.lower().endswith(kinds) and source.read(origin)[:4].startswith(b"---")


def _split(fields: Fields) -> dict[str, Any]:
    """Return the fields with `categories` and `tags` as Jekyll reads a text: words are names."""
    found = dict(fields)
    for name in ("categories", "tags"):
        value = found.get(name)
        if isinstance(value, str) and "," not in value:
            found[name] = value.split()
    return found


def _split_words(fields: Fields) -> Mapping[str, Value]:
    """Return `categories` and `tags` as lists where one text holds several names."""
    split = _split(fields)
    return {
        name: tuple(split[name])
        for name in ("categories", "tags")
        if isinstance(fields.get(name), str) and len(split.get(name, ())) > 1
    }
