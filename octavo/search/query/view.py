"""Views: one generation of the index as far as readers may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import get_args

import numpy as np

from octavo.content.posts import Post
from octavo.search.index.reader import Floats, Reader
from octavo.search.index.segment import Bools
from octavo.search.query.suggest import Completions, Labelled, Suggestion


@dataclass(frozen=True, eq=False)
class Visible:
    """A snapshot of what readers may see: posts by path, newest first; facets' names by facet and
    slug; what stands for a post as it is now and who wrote it, as the index has them
    (`Document.digest`, `Document.authors`).

    Its identity is its meaning: a new snapshot is a new object, so that what is derived from it can
    be kept.
    """

    posts: Mapping[str, Post]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    digest: Callable[[Post], str] = attrgetter("digest")
    authors: Callable[[Post], tuple[str, ...]] = attrgetter("authors")

    def name(self, facet: str, slug: str) -> str:
        """The name of a facet's value as it is written."""
        return self.names.get(facet, {}).get(slug) or slug

    def completions(self, counts: Mapping[str, Mapping[str, int]]) -> Completions:
        """What can be completed: tags, categories and authors by their `counts`, the largest first;
        then titles.
        """
        labels = []
        for kind in get_args(Labelled):
            ordered = sorted(counts[kind].items(), key=lambda item: (-item[1], item[0]))
            labels += [
                Suggestion(kind, slug, self.name(kind, slug), count)
                for slug, count in ordered
                if count
            ]
        return Completions(labels, self.posts.values())


class View:
    """One generation of the index under one snapshot of what may be seen.

    `partial` says that not every article is in it.
    """

    def __init__(self, reader: Reader, visible: Visible, *, partial: bool = False) -> None:
        self.reader = reader
        self.visible = visible
        self.partial = partial

    @cached_property
    def mask(self) -> Bools:
        """Which documents may be seen."""
        posts = self.visible.posts
        seen = np.fromiter(map(posts.__contains__, self.reader.paths), np.bool_, self.reader.size)
        return seen & self.reader.live

    @cached_property
    def recency(self) -> Floats:
        """What scores are multiplied by where newer documents are preferred."""
        return self.reader.recency(self.mask)

    @cached_property
    def content(self) -> str:
        """Stands for the documents: equal where all answers are, in every process and on every
        machine.

        Those that are seen and those that are live count: how common a word is, is told of hidden
        ones too.
        """
        marks = self.reader.marks
        return "-".join(
            f"{int(chosen.sum()):x}" for chosen in (marks[self.mask], marks[self.reader.live])
        )

    @cached_property
    def completions(self) -> Completions:
        """What can be completed."""
        facets = {kind: self.reader.facet(kind) for kind in get_args(Labelled)}
        return self.visible.completions(
            {
                kind: dict(zip(facet.values, facet.counts(self.mask), strict=True))
                for kind, facet in facets.items()
            }
        )
