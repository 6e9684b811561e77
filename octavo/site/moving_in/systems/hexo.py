"""Hexo: `source/_posts/`, `source/_drafts/`, pages, and the files beside them.

https://hexo.io/docs/setup A folder of files named as its post becomes one folder with it; addresses
are those that `permalink` of `_config.yml` makes.
"""

from __future__ import annotations

from collections.abc import Iterable

from octavo.content.editing.layouts import Value
from octavo.content.files.walk import PAGES
from octavo.content.posts import Post
from octavo.site.moving_in.items import Addresses, Fields, File, Items, Loss, Text
from octavo.site.moving_in.old_addresses import (
    day_of,
    filled,
    listed,
    said,
    spoken_name,
    undated_stem,
)
from octavo.site.moving_in.source import Source, is_text

_PERMALINK = ":year/:month/:day/:title/"


def read(source: Source) -> Items:
    """Yield the texts and files of a Hexo site, and what of it is lost."""
    hexo = _Hexo(source)
    for origin, path in source.below(hexo.folder):
        yield from hexo.content(origin, path)


class _Hexo:
    """One source and its settings."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.settings = source.settings("_config")
        self.folder = str(self.settings.get("source_dir") or "source").strip("/")
        self.zone = source.zone_named(self.settings.get("timezone"))
        self.base = str(self.settings.get("root") or "").rstrip("/")
        self.pattern = str(self.settings.get("permalink") or _PERMALINK)
        # Folders that have a file: those of files beside a post are told by its name.
        self._folders = {path.rpartition("/")[0] for path in source.paths}

    def content(self, origin: str, path: str) -> Items:
        """Yield the text or file that the one at `path` becomes, or why it is left out."""
        first, _, rest = path.partition("/")
        if first in ("_posts", "_drafts"):
            yield from self._post(origin, rest, is_draft=first == "_drafts")
        elif any(part[0] == "_" for part in path.split("/")):
            yield Loss(origin, "Files in folders that Hexo does not publish")
        elif is_text(path):
            yield Text(
                origin,
                f"{PAGES}{path}",
                self.source.read(origin),
                addresses=self._page_addresses(path),
            )
        else:
            yield File(origin, path, self.source.root / origin)

    def _post(self, origin: str, path: str, *, is_draft: bool) -> Items:
        if not is_text(path):
            yield File(origin, path, self.source.root / origin, published=False)
            return
        stem, _, suffix = path.rpartition(".")
        target = path
        if origin.rpartition(".")[0] in self._folders:
            target = f"{stem}/index.{suffix}"
        forced: dict[str, Value] = {}
        if is_draft:
            forced["draft"] = True

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            own = said(fields, "permalink")
            if own and ":" not in own and not self.base:
                # Its front matter says it already.
                return ()
            folder = path.rpartition("/")[0]
            name = undated_stem(path)
            categories = listed(fields, "categories", "category")
            default = str(self.settings.get("default_category") or "uncategorized")
            words = {
                "title": f"{folder}/{name}".lstrip("/"),
                "name": name,
                "post_title": spoken_name(post.title),
                "category": "/".join(map(spoken_name, categories)) or default,
            }
            address = filled(own or self.pattern, words, day_of(post, self.zone))
            return dict.fromkeys((f"{self.base}{address}", address))

        yield Text(origin, target, self.source.read(origin), forced, addresses=addresses)

    def _page_addresses(self, path: str) -> Addresses:
        stem = path.rpartition(".")[0]
        address = f"{self.base}/{stem}.html"
        if stem.endswith("index"):
            address = f"{self.base}/{stem.removesuffix('index')}"

        def addresses(post: Post, fields: Fields) -> Iterable[str]:
            return (address,)

        return addresses
