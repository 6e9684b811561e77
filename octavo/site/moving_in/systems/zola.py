"""Zola: `content/` with files beside its texts, and `static/`.

https://www.getzola.org/documentation/content/overview/ A section's own text is that of its folder.
"""

from __future__ import annotations

from collections.abc import Iterable

from octavo.content.editing.layouts import Value
from octavo.content.files.walk import PAGES
from octavo.content.posts import Post
from octavo.site.moving_in.items import Fields, File, Items, Loss, Text
from octavo.site.moving_in.old_addresses import ascii_name, based, folder_of, said, undated_stem
from octavo.site.moving_in.source import Source, is_text, table


def read(source: Source) -> Items:
    """Yield the texts and files of a Zola site, and what of it is lost."""
    settings = source.settings("config.toml", "zola.toml")
    languages = frozenset(table(settings, "languages"))
    keeps_names = table(settings, "slugify").get("paths") in ("off", "safe")
    for origin, path in source.below("content"):
        if is_text(path):
            yield _text(source, origin, path, languages, settings.get("base_url"), keeps_names)
        else:
            yield File(origin, path, source.root / origin)
    for origin, path in source.below("static"):
        if is_text(path):
            yield Loss(origin, "Texts in a folder of files, which are no pages")
        else:
            yield File(origin, path, source.root / origin)


def _text(
    source: Source,
    origin: str,
    path: str,
    languages: frozenset[str],
    base_url: object,
    keeps_names: bool,
) -> Text:
    stem, _, suffix = path.rpartition(".")
    bare, _, ending = stem.rpartition(".")
    defaults: dict[str, Value] = {}
    language = ""
    target = path
    if ending in languages:
        language = ending
        defaults["lang"] = language
        path = f"{bare}.{suffix}"
        if bare.endswith("/index"):
            folder = bare.removesuffix("/index")
            target = f"{folder}/{folder.rpartition('/')[2]}.{language}.{suffix}"
    elif "/" not in path:
        target = f"{PAGES}{path}"

    def addresses(post: Post, fields: Fields) -> Iterable[str]:
        given = said(fields, "path")
        address = f"/{given.strip('/')}/"
        if not given:
            name = said(fields, "slug") or undated_stem(path)
            parts = [*folder_of(path).split("/"), name]
            if not keeps_names:
                parts = [ascii_name(part) for part in parts]
            address = f"/{'/'.join(filter(None, parts))}/"
        if language:
            address = f"/{language}{address}"
        return based(base_url, address)

    return Text(
        origin,
        target,
        source.read(origin),
        defaults=defaults,
        addresses=addresses,
        told_apart=False,
    )
