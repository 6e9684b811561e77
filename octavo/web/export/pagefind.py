"""Pagefind's index of a site's articles, in place of the site's own: for hosts, not for disks.

https://pagefind.app/docs/py-api/ The search page stays the site's; of what Pagefind writes, its own
boxes and styles are left out.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from octavo.content.posts import Post
from octavo.site.site import Site
from octavo.web.export import search
from octavo.web.export.folder import ExportError
from octavo.web.read_model.read_model import ReadModel

FOLDER = f"{search.FOLDER}pagefind/"
# What its scripts ask for: themselves, programs for each language, and the index.
_USED = (".json", ".pf_meta", ".pf_index", ".pf_fragment", ".pf_filter", ".pagefind")
_SCRIPTS = ("pagefind.js", "pagefind-worker.js")


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """One article as Pagefind indexes it; `shown` is what the search page tells of it."""

    address: str
    text: str
    shown: dict[str, str]

    @classmethod
    def of(cls, site: Site, here: ReadModel, post: Post) -> IndexedArticle:
        """Return an article with the text that the site's own search has."""
        card = here.card(post.slug)
        assert card is not None
        document = site.index.load(post.path)
        shown = {
            "title": card.title,
            "summary": card.summary,
            "authors": ", ".join(author.name for author in card.authors),
        }
        if card.published:
            shown["day"] = card.published.date().isoformat()
        if card.category:
            shown["category"] = card.category.name
            shown["hue"] = str(card.category.hue)
        words = (document.title, document.summary, *document.headings, document.body)
        labels = (*document.tags, document.category, *document.authors)
        text = "\n".join(filter(None, (*words, *labels)))
        return cls(site.addresses.inside(card.url), text, shown)


def require() -> None:
    """Raise ExportError where Pagefind is not installed."""
    if importlib.util.find_spec("pagefind") is None:
        raise ExportError(
            "--search pagefind needs its package: `pip install 'octavo[pagefind]'`. "
            "Without --search the site's own small index is written."
        )


def index_files(articles: Sequence[IndexedArticle], language: str) -> dict[str, bytes]:
    """Return the files of an index by their paths in the export; articles keep their order.

    `language` is that of the site. All articles are in one index: Pagefind looks only into that of
    the page on which somebody searches.
    """
    with TemporaryDirectory() as folder:
        asyncio.run(_write_index(articles, language.partition("-")[0].lower(), folder))
        found: dict[str, bytes] = {}
        for path in sorted(Path(folder).rglob("*")):
            if path.name in _SCRIPTS or path.suffix in _USED:
                found[f"{FOLDER}{path.relative_to(folder).as_posix()}"] = path.read_bytes()
        return found


async def _write_index(articles: Sequence[IndexedArticle], language: str, folder: str) -> None:
    # An extra: most sites have the site's own index.
    from pagefind.index import IndexConfig, PagefindIndex

    config = IndexConfig(output_path=folder, force_language=language)
    async with PagefindIndex(config=config) as index:
        for article in articles:
            await index.add_custom_record(
                url=article.address, content=article.text, language=language, meta=article.shown
            )
