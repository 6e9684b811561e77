"""A small archive to search in, written to a real index folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.search.schema import Document
from octavo.search.search import Results, Search, Visible
from octavo.search.writer import Report


@dataclass
class Archive:
    """Documents, the posts made of them, and a Search over a folder."""

    root: Path
    language: str = "english"
    documents: dict[str, Document] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.engine = Search(self.root, self.language)
        self._visible: Visible | None = None

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
    def visible(self) -> Visible:
        if self._visible is None:
            posts = sorted(map(_post, self.documents.values()), key=_newest_first)
            shown = {post.path: post for post in posts if post.path not in self.hidden}
            names = {
                "tag": {slugify(tag): tag for d in self.documents.values() for tag in d.tags},
                "author": {slugify(name): name for d in self.documents.values() for name in d.authors},
                "category": {slugify(d.category): d.category for d in self.documents.values()},
            }
            self._visible = Visible(shown, names)
        return self._visible

    def sync(self, **options: Any) -> Report:
        return self.engine.index.sync(self.files, self.documents.__getitem__, **options)

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


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive without articles."""
    return Archive(tmp_path / "search_index")


@pytest.fixture
def make_archive(tmp_path: Path) -> Callable[..., Archive]:
    """Makes archives for other languages or in other folders."""
    return lambda name="other", **options: Archive(tmp_path / name, **options)


@pytest.fixture
def magazine(archive: Archive) -> Archive:
    """Six indexed articles about spaceflight."""
    archive.write(
        "apollo.md", "The flight of Apollo 11", "The crew landed on the Moon and came home. " * 5,
        summary="How three astronauts flew to the Moon.", tags=("Apollo", "Moon"), category="History",
        authors=("Ada Okafor",), published=day(2019, 7, 16), headings=("Launch", "Landing"),
    )  # fmt: skip
    archive.write(
        "soyuz.md", "Apollo–Soyuz: a handshake in orbit", "Two crews met in orbit during the Cold War.",
        tags=("Apollo", "Cold War"), category="History", authors=("Elena Weiß",), published=day(2015, 7, 17),
    )  # fmt: skip
    archive.write(
        "webb.md", "A telescope unfolds", "The mirror of the telescope unfolded; telescopes cool.",
        tags=("Telescopes",), category="Astronomy", authors=("Jonas Ångström",), published=day(2022, 1, 8),
    )  # fmt: skip
    archive.write(
        "rover.md", "Rovers of Mars", "Every rover that drove on Mars, from Sojourner to Perseverance.",
        tags=("Mars", "Rovers"), category="Planets", authors=("Ada Okafor",), published=day(2021, 2, 18),
    )  # fmt: skip
    archive.write(
        "water.md", "Water on Mars", "Minerals tell of ancient lakes; the rover found clay.",
        tags=("Mars",), category="Planets", authors=("Elena Weiß",), published=day(2023, 3, 1),
    )  # fmt: skip
    archive.write(
        "moons.md", "Moons with oceans", "Europa and Enceladus hide oceans below their ice.",
        tags=("Moon", "Oceans"), category="Planets", published=day(2020, 5, 5),
    )  # fmt: skip
    archive.sync()
    return archive
