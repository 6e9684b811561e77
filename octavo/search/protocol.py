"""The protocol of search engines: what one is told, what it is asked, and what it answers.

The site knows an engine by this module alone. Another engine (OpenSearch, for example) is one
module with a function `open_engine(settings: EngineSettings) -> SearchEngine`; the setting
`search_engine` names that module (see `octavo.search.engines`). A whole one, with its test, is
`docs/examples/search-engine.patch`.

The way of the data
    An engine keeps Documents, each under a path and with a digest that changes whenever anything in
    it does. `sync` is told the digests of all articles and asks for the documents it lacks.
    Questions come with a Snapshot of what readers may see at that moment: an engine returns paths
    of the snapshot and of nothing else, so that a draft or a deleted article cannot leak.

Every method may be called by any thread at any time, and by several processes with one index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from octavo.content.posts import Post
from octavo.content.slugs import slugify

Sort = Literal["relevance", "newest", "oldest"]
# What is completed beside titles, in this order.
CompletedFacet = Literal["tag", "category", "author"]

PAGE_SIZE = 10
# Results that can be paged through: readers refine their query, crawlers stop here.
MAX_RESULTS = 1_000
# Characters of what is being typed that are completed.
MAX_COMPLETED_CHARACTERS = 200
# Values of one facet that are listed, the most frequent ones.
MAX_FACET_VALUES = 50
# Values of one facet that a search can be narrowed to.
MAX_SELECTED_VALUES = 16

EMPTY: Mapping[str, Any] = MappingProxyType({})


# What an engine is told


class Embedder(Protocol):
    """Turns texts into vectors that are near where the texts mean the same.

    `identity` is another text where the vectors are others: the index is made again then. Texts
    whose cosine is below `least_similarity` have nothing to do with each other.
    """

    identity: str
    least_similarity: float

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one vector for each text: an array of shape (len(texts), dimensions).

        Vectors need not be normalised. A row of zeros means that the text has no meaning to
        compare. It is called by several threads at a time.
        """


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What an engine is opened with.

    `folder` is the site's folder of derived data, `language` a BCP 47 tag, `zone` decides in which
    year an article was published, `url` is the setting `search_url`: the address of an outside
    engine, and `synonyms` are groups of texts of one meaning. With an `embedder`, articles are
    found by meaning too.
    """

    folder: Path
    language: str
    zone: tzinfo
    url: str = ""
    embedder: Embedder | None = None
    synonyms: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One article as an engine indexes it.

    All texts are plain text. `path` is its identity; `digest` has at most 32 characters and changes
    with the content. `links` are the names of the articles that its text links to: of each the slug
    or the name of its file, see `file_name`.
    """

    path: str
    digest: str
    title: str
    summary: str = ""
    headings: tuple[str, ...] = ()
    body: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    links: tuple[str, ...] = ()
    # Values of the site's own facets, by facet.
    more: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)


def _nothing_more(post: Post) -> Mapping[str, tuple[str, ...]]:
    return EMPTY


def file_name(path: str) -> str:
    """Return the name by which the article at a path or address is linked to, as a slug.

    That is the last part of the path: `mars` for `posts/mars.md`, `posts/mars/index.md` and
    `/articles/mars/#moons`.
    """
    parts = re.split(r"[?#]", path, maxsplit=1)[0].removesuffix(".md").rstrip("/").split("/")
    if parts[-1] == "index":
        del parts[-1]
    return slugify(parts[-1]) if parts else ""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What readers may see at one moment: posts by path, newest first.

    `names` has the written names of facets' values, by facet and slug; facets that are not among
    `FACETS` are the site's own. `digest`, `authors` and `more` return what a post's Document has.
    Snapshots are compared by identity: each change makes a new object, so that what is derived from
    one can be kept as long as it lives.
    """

    posts: Mapping[str, Post]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: EMPTY)
    digest: Callable[[Post], str] = attrgetter("digest")
    authors: Callable[[Post], tuple[str, ...]] = attrgetter("authors")
    more: Callable[[Post], Mapping[str, tuple[str, ...]]] = _nothing_more

    def name(self, facet: str, slug: str) -> str:
        """Return the written name of a facet's value; the slug where there is no name."""
        return self.names.get(facet, {}).get(slug) or slug


# Returns the document at a path. What it raises concerns that document alone.
LoadDocument = Callable[[str], Document]
# Is told after each commit how many of how many documents are done.
ReportProgress = Callable[[int, int], None]
# Called with a name, a text that stands for everything the result is made of, and a function that
# makes it of texts, numbers and lists; returns the result, perhaps one made earlier of the same.
Memoize = Callable[[str, str, Callable[[], Any]], Any]


def not_memoized(name: str, made_of: str, make: Callable[[], Any]) -> Any:
    """Return what `make` returns, made anew each time: the Memoize of a site without a store."""
    return make()


# What an engine answers


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that was found; both texts are safe HTML: escaped text and <mark>.

    Where it was found `by_meaning` it has none of the words.
    """

    path: str
    score: float
    title_html: str
    snippet_html: str
    by_meaning: bool = False


@dataclass(frozen=True, slots=True)
class FacetCount:
    """One value of a facet, and how many of the results have it."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class SpellingCorrection:
    """What was searched for instead of what was typed; `words` are pairs of typed and used word."""

    typed: str
    used: str
    words: tuple[tuple[str, str], ...]

    @property
    def completes_only(self) -> bool:
        """Whether words were only completed, as prefixes, and no spelling was changed."""
        return all(used == f"{typed}*" for typed, used in self.words)


@dataclass(frozen=True, slots=True)
class Results:
    """One page of results.

    `total` is the number of all matches, `complete` that of those with all words of the query, None
    where it has no two or the engine does not know, and `by_meaning` that of those with none of the
    words; `pages` is the number of pages that can be shown. `notes` are sentences for the reader:
    what of the query was ignored, and why. `partial` is true where the engine could not search
    everything at this moment.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    page: int = 1
    pages: int = 0
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=lambda: EMPTY)
    corrected: SpellingCorrection | None = None
    notes: tuple[str, ...] = ()
    partial: bool = False
    complete: int | None = None
    by_meaning: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to complete what is being typed; `value` is a path for a title, else a slug."""

    kind: CompletedFacet | Literal["title"]
    value: str
    label: str
    count: int = 1


class SharedTraits(NamedTuple):
    """Why two articles are related: slugs of shared tags and category, and shared words."""

    tags: tuple[str, ...] = ()
    category: str = ""
    words: tuple[str, ...] = ()


class RelatedHit(NamedTuple):
    """One related article; `score` is comparable between articles: 0.2 is weak, 1 is the same."""

    path: str
    score: float
    shared: SharedTraits

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> RelatedHit:
        """Return a related article from its form in JSON, which has lists in place of tuples."""
        path, score, (tags, category, words) = row
        return cls(path, score, SharedTraits(tuple(tags), category, tuple(words)))


@dataclass(slots=True)
class SyncReport:
    """The result of a sync. `failed` has the cause, by path, for each document that was left out.

    `busy` means that another process is writing, `error` that nothing could be written.
    """

    added: int = 0
    removed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    busy: bool = False
    error: str = ""

    @property
    def changed(self) -> bool:
        """Whether the sync has changed the index."""
        return bool(self.added or self.removed)


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The state of an index, and its size.

    `incompatible` means made by another version or with other settings: the next sync replaces it.
    `generation` is the number of the last commit; `documents` can be found, `deleted` ones only
    take up room until their segment is merged; `segments` are files, `size` is in bytes. `detail`
    tells an operator what is wrong.
    """

    state: Literal["absent", "building", "ready", "damaged", "incompatible"]
    generation: int = 0
    documents: int = 0
    deleted: int = 0
    segments: int = 0
    size: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """How an index differs from the articles: paths that are missing, stale, or superfluous.

    It is true where there is no difference; `damage` says what is wrong with the index's files.
    """

    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    damage: str = ""

    def __bool__(self) -> bool:
        return not (self.missing or self.stale or self.extra or self.damage)


class SearchEngine(Protocol):
    """A search engine for one site."""

    # The index

    @property
    def generation(self) -> str | None:
        """The name of the state of the index that is searched now; None where there is no index.

        It is another text after each change, whichever process made it, and the same one in all
        processes.
        """

    @property
    def complete(self) -> bool:
        """Whether the index has all documents of the last sync; False during a first build."""

    def sync(
        self,
        files: Mapping[str, str],
        load: LoadDocument,
        progress: ReportProgress | None = None,
        *,
        fresh: bool = False,
    ) -> SyncReport:
        """Make the index equal to `files` (digest by path), loading what is new in that order.

        A document for which `load` raises an Exception is left out and reported. What was committed
        before a BaseException stays. With `fresh` all documents are indexed again while the old
        index still serves. Never raises because the index cannot be written: the report says so.
        """

    def status(self) -> IndexStatus:
        """Return the state of the index."""

    def verify(self, files: Mapping[str, str]) -> Verification:
        """Compare the index with `files` (digest by path)."""

    def close(self) -> None:
        """Close files and connections; the engine is not used after this."""

    # Questions

    def search(
        self,
        typed: str,
        snapshot: Snapshot,
        *,
        selected: Mapping[str, Iterable[str]] = EMPTY,
        sort: Sort = "relevance",
        page: int = 1,
        size: int = PAGE_SIZE,
        correct: bool = True,
        prefer_new: bool = True,
    ) -> Results:
        """Return the articles of the snapshot that match; all of them where nothing was typed.

        `octavo.search.query.grammar.parse` reads what was typed; no text is an error. `selected`
        are slugs by facet to narrow to, `page` counts from 1, `correct` allows other spellings for
        words that no article has, `prefer_new` puts newer articles a little higher. Where the index
        cannot be asked, the answer is as good as can be, with `partial` and a note.
        """

    def suggest(self, typed: str, snapshot: Snapshot, limit: int = 8) -> list[Suggestion]:
        """Return titles and values of facets with words that begin as typed, best first."""

    def related(
        self, path: str, snapshot: Snapshot, count: int = 4, memoize: Memoize = not_memoized
    ) -> list[RelatedHit]:
        """Return the articles nearest to the one at `path`, best first; [] while it is not indexed.

        `memoize` may keep the answer for other processes: the text that tells it what the answer is
        made of may be equal only where the answer is equal.
        """
