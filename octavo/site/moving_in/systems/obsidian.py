"""Obsidian: the notes of a vault, with the files that they embed.

https://help.obsidian.md/ Its folder of templates stays away, and what it keeps in `.obsidian/`.
"""

from __future__ import annotations

from collections.abc import Iterable

from octavo.content.posts import Post
from octavo.site.moving_in.items import Addresses, Fields, File, Items, Loss, Text
from octavo.site.moving_in.source import Source, is_text

_OWN_KINDS = {
    ".excalidraw.md": "Drawings of Excalidraw",
    ".canvas": "Canvases",
    ".base": "Databases of notes",
}
_QUERIES = {
    b"```dataview": "Notes with a query of Dataview, whose answer they do not hold",
    b"```query": "Notes with a search, whose answer they do not hold",
    b"```tasks": "Notes with a query of Tasks, whose answer they do not hold",
    b"<%": "Notes with a command of Templater, which is not run",
}


def read(source: Source) -> Items:
    """Yield the texts and files of an Obsidian vault, and what of it is lost."""
    templates = _templates(source)
    for path in source.paths:
        kind = next((why for end, why in _OWN_KINDS.items() if path.endswith(end)), "")
        if kind:
            yield Loss(path, kind)
        elif templates and path.startswith(templates):
            yield Loss(path, "Templates of notes")
        elif is_text(path):
            data = source.read(path)
            for sign, why in _QUERIES.items():
                if sign in data:
                    yield Loss(path, why)
            yield Text(path, path, data, addresses=_published_at(path))
        else:
            yield File(path, path, source.root / path, published=False)


def _templates(source: Source) -> str:
    for file in (".obsidian/templates.json", ".obsidian/plugins/templater-obsidian/data.json"):
        settings = source.settings(file)
        folder = str(settings.get("folder") or settings.get("templates_folder") or "").strip("/")
        if folder:
            return f"{folder}/"
    return ""


def _published_at(path: str) -> Addresses:
    """Return the function that tells where Obsidian Publish shows a note."""
    address = f"/{path.rpartition('.')[0].replace(' ', '+')}"

    def addresses(post: Post, fields: Fields) -> Iterable[str]:
        return (address,)

    return addresses
