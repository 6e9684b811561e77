"""An archive to search in: documents, the posts made of them, and a real index folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Document, Results, Snapshot, SyncReport


@dataclass
class Archive:
    """Documents, the posts made of them, and a Search over a folder."""

    root: Path
    language: str = "english"
    synonyms: Sequence[Sequence[str]] = ()
    documents: dict[str, Document] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.engine = EmbeddedEngine(self.root, self.language, synonyms=self.synonyms)
        self._visible: Snapshot | None = None

    def write(self, path: str, title: str = "", body: str = "", **rest: Any) -> None:
        """Add or replace an article; readers see it, the index hears of it at the next `sync`."""
        document = Document(path, "", title or path, body=body, **rest)
        digest = hashlib.blake2b(repr(document).encode(), digest_size=16).hexdigest()
        self.documents[path] = replace(document, digest=digest)
        self._visible = None

    def remove(self, path: str) -> None:
        del self.documents[path]
        self._visible = None

    def hide(self, path: str) -> None:
        """Make an article a draft."""
        self.hidden.add(path)
        self._visible = None

    @property
    def files(self) -> dict[str, str]:
        return {path: document.digest for path, document in self.documents.items()}

    @property
    def visible(self) -> Snapshot:
        if self._visible is None:
            posts = sorted(map(_post, self.documents.values()), key=_newest_first)
            shown = {post.path: post for post in posts if post.path not in self.hidden}
            names = {
                "tag": {slugify(tag): tag for d in self.documents.values() for tag in d.tags},
                "author": {slugify(name): name for d in self.documents.values() for name in d.authors},
                "category": {slugify(d.category): d.category for d in self.documents.values()},
            }
            self._visible = Snapshot(shown, names)
        return self._visible

    def sync(self, **options: Any) -> SyncReport:
        return self.engine.sync(self.files, self.documents.__getitem__, **options)

    def search(self, typed: str, **options: Any) -> Results:
        return self.engine.search(typed, self.visible, **options)

    def paths(self, typed: str, **options: Any) -> list[str]:
        """The paths of the articles found, best first."""
        return [hit.path for hit in self.search(typed, **options).hits]


def _post(document: Document) -> Post:
    return Post(
        path=document.path,
        digest=document.digest,
        slug=slugify(document.title),
        title=document.title,
        published=document.published,
        summary=document.summary,
        category=document.category,
        tags=document.tags,
        authors=document.authors,
    )


def _newest_first(post: Post) -> float:
    return -post.published.timestamp() if post.published else 0.0


def day(year: int, month: int = 1, date: int = 1) -> datetime:
    return datetime(year, month, date, tzinfo=UTC)
