"""The library: every post of the site at one moment, as an immutable snapshot; and the edition that readers see."""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from math import inf, log
from typing import Literal
from urllib.parse import unquote, urlsplit

from rapidfuzz import fuzz, process

from .errors import Mark, Problem
from .posts import Author, Post
from .slugs import slugify

TermKind = Literal["category", "tag", "author"]


class Library:
    """All posts, pages and authors, visible or not, with what is wrong with the files. Never changes once made."""

    def __init__(
        self,
        posts: Iterable[Post] = (),
        authors: Iterable[Author] = (),
        problems: Iterable[Problem] = (),
        assets: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        """Build a snapshot from items in the order of their paths.

        `assets` gives modification time (ns) and size (bytes) of every picture by its path below posts/.
        """
        self._problems = list(problems)
        everything = tuple(posts)
        self.posts = self._unique(post for post in everything if post.kind == "post")
        self.pages = self._unique(post for post in everything if post.kind == "page")
        self.authors: Mapping[str, Author] = {author.slug: author for author in authors}
        self.assets: Mapping[str, tuple[int, int]] = assets or {}
        self.problems: tuple[Problem, ...] = tuple(sorted(self._problems))
        self._edition: Edition | None = None

    def _unique(self, posts: Iterable[Post]) -> tuple[Post, ...]:
        """Return one post for each slug: what is no draft first, then the first by path; the others are problems."""
        chosen: dict[str, Post] = {}
        for post in posts:
            other = chosen.get(post.slug)
            if other is None:
                chosen[post.slug] = post
                continue
            winner, loser = (post, other) if other.draft and not post.draft else (other, post)
            chosen[post.slug] = winner
            cause = f"The slug `{post.slug}` is also that of {winner.path}, which is shown instead."
            cure = 'Give one of them another `slug:`, or set `slug_from = "path"` where names repeat.'
            self._problems.append(Problem(Mark(loser.path, 1), cause, cure))
        return tuple(chosen.values())

    @cached_property
    def by_path(self) -> Mapping[str, Post]:
        """Posts and pages by their file's path."""
        return {post.path: post for post in (*self.posts, *self.pages)}

    @cached_property
    def _instants(self) -> list[float]:
        return sorted(
            moment.timestamp()
            for post in (*self.posts, *self.pages)
            if not post.draft
            for moment in (post.published, post.expires)
            if moment is not None
        )

    def at(self, now: float) -> Edition:
        """Return what readers may see at `now`, in seconds since the epoch; the same object until that changes."""
        edition = self._edition
        if edition is not None and edition.since <= now < edition.until:
            return edition
        place = bisect_right(self._instants, now)
        since = self._instants[place - 1] if place else -inf
        until = self._instants[place] if place < len(self._instants) else inf
        edition = self._edition = Edition(self, datetime.fromtimestamp(now, UTC), since, until)
        return edition


@dataclass(frozen=True, slots=True)
class Term:
    """A category, tag or author with its posts, newest first. `name` is its commonest spelling."""

    kind: TermKind
    slug: str
    name: str
    posts: tuple[Post, ...]

    @property
    def count(self) -> int:
        """Number of posts."""
        return len(self.posts)


@dataclass(frozen=True, slots=True)
class Related:
    """A post near another one, and why, in words for readers."""

    post: Post
    score: float
    reason: str


class Edition:
    """What readers may see from `since` until `until` (seconds since the epoch): drafts, future and expired posts
    are not in it. Views are built when first asked for and kept."""

    def __init__(self, library: Library, now: datetime, since: float, until: float) -> None:
        self.library = library
        self.since = since
        self.until = until
        self._years: tuple[tzinfo, Mapping[int | None, tuple[Post, ...]]] | None = None
        visible = [post for post in library.posts if post.visible(now)]
        visible.sort(key=_newest_first)
        self.posts: tuple[Post, ...] = tuple(visible)
        self.pages: Mapping[str, Post] = {page.slug: page for page in library.pages if page.visible(now)}

    @cached_property
    def by_slug(self) -> Mapping[str, Post]:
        """Visible posts by slug."""
        return {post.slug: post for post in self.posts}

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {post.slug: place for place, post in enumerate(self.posts)}

    @cached_property
    def categories(self) -> Mapping[str, Term]:
        """Categories by slug, in the order of their names."""
        return _terms("category", self.posts, lambda post: (post.category,) if post.category else ())

    @cached_property
    def category_places(self) -> Mapping[str, int]:
        """Each category's place in the order of their names, counted from 0."""
        return {slug: place for place, slug in enumerate(self.categories)}

    @cached_property
    def tags(self) -> Mapping[str, Term]:
        """Tags by slug, in the order of their names."""
        return _terms("tag", self.posts, lambda post: post.tags)

    @cached_property
    def authors(self) -> Mapping[str, Term]:
        """Authors who have visible posts, by slug, in the order of their names."""
        found = _terms("author", self.posts, lambda post: tuple(a.slug for a in self.authors_of(post)))
        named = [Term("author", t.slug, self.author(t.slug, t.name).name, t.posts) for t in found.values()]
        return {term.slug: term for term in sorted(named, key=lambda term: (term.name.casefold(), term.slug))}

    def terms(self, kind: TermKind) -> Mapping[str, Term]:
        """Return the terms of one kind by slug."""
        if kind == "category":
            return self.categories
        return self.tags if kind == "tag" else self.authors

    @cached_property
    def _authors_by_name(self) -> Mapping[str, Author]:
        named = {slugify(author.name): author for author in self.library.authors.values()}
        return {**named, **self.library.authors}

    def author(self, slug: str, name: str = "") -> Author:
        """Return the author's file, or an author with only a name where there is none."""
        return self._authors_by_name.get(slug) or self._unsigned.get(slug) or Author(slug, name or slug)

    @cached_property
    def _unsigned(self) -> Mapping[str, Author]:
        names = {slugify(name): name for post in reversed(self.posts) for name in post.authors}
        return {slug: Author(slug, name) for slug, name in names.items()}

    def authors_of(self, post: Post) -> tuple[Author, ...]:
        """Return the authors of a post in the order of its front matter."""
        pairs = ((slugify(name), name) for name in post.authors)
        return tuple(self._authors_by_name.get(slug) or Author(slug, name) for slug, name in pairs if slug)

    def years(self, zone: tzinfo) -> Mapping[int | None, tuple[Post, ...]]:
        """Return the posts of each year, newest first; those without a date under None, at the end."""
        if self._years is None or self._years[0] != zone:
            found: dict[int | None, list[Post]] = defaultdict(list)
            for post in self.posts:
                found[post.published.astimezone(zone).year if post.published else None].append(post)
            self._years = (zone, {year: tuple(posts) for year, posts in found.items()})
        return self._years[1]

    def neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        """Return the post before (older) and the one after (newer)."""
        place = self._places[post.slug]
        older = self.posts[place + 1] if place + 1 < len(self.posts) else None
        return older, self.posts[place - 1] if place else None

    @cached_property
    def redirects(self) -> Mapping[str, Post]:
        """Visible posts by their old addresses: paths without slashes at the ends."""
        found: dict[str, Post] = {}
        for post in (*self.posts, *self.pages.values()):
            for alias in post.aliases:
                found.setdefault(alias_key(alias), post)
        found.pop("", None)
        return found

    def near(self, slug: str, count: int = 4) -> tuple[Post, ...]:
        """Return posts whose slugs resemble `slug`, the likeliest first."""
        found = process.extract(
            slugify(slug)[:100], list(self.by_slug), scorer=fuzz.WRatio, limit=count, score_cutoff=70
        )
        return tuple(self.by_slug[name] for name, _, _ in found)

    def linked(self, path: str, target: str) -> Post | None:
        """Return the visible post or page that a relative link in the file `path` points to.

        `target` is decoded and without a fragment: `other.md`, `../launch/x.md`, `../folder/`.
        """
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        for name in (joined, f"{joined}.md", f"{joined}/index.md"):
            found = self.library.by_path.get(name)
            if found is not None:
                seen = self.by_slug if found.kind == "post" else self.pages
                return found if seen.get(found.slug) is found else None
        return None

    def related(self, post: Post, count: int = 3) -> tuple[Related, ...]:
        """Return the posts that share most with `post`: rare tags count more than common ones, the category a little.

        What `related:` names comes first, what `related_exclude:` names never. The order is deterministic: by
        score, then newest first.
        """
        banned = {slugify(name) for name in post.related_exclude} | {post.slug}
        pinned = [self.by_slug[slug] for slug in map(slugify, post.related) if slug in self.by_slug and slug not in banned]
        chosen = [Related(pin, inf, "chosen by the editors") for pin in pinned[:count]]
        banned |= {pin.slug for pin in pinned}
        shared = self._shared(post, banned)
        ranked = sorted(shared, key=lambda slug: (-shared[slug][0], self._places[slug]))
        for slug in ranked[: count - len(chosen)]:
            score, names = shared[slug]
            chosen.append(Related(self.by_slug[slug], score, f"shares {', '.join(names)}"))
        return tuple(chosen)

    def _shared(self, post: Post, banned: set[str]) -> dict[str, tuple[float, list[str]]]:
        terms = [self.tags[slug] for slug in dict.fromkeys(map(slugify, post.tags)) if slug in self.tags]
        terms.sort(key=lambda term: term.count)
        weighed = [(term, log(1 + len(self.posts) / term.count)) for term in terms]
        category = self.categories.get(slugify(post.category))
        if category is not None:
            weighed.append((category, 0.5 * log(1 + len(self.posts) / category.count)))
        found: dict[str, tuple[float, list[str]]] = {}
        for term, weight in weighed:
            for other in term.posts[:2000]:
                if other.slug not in banned:
                    score, names = found.get(other.slug, (0.0, []))
                    found[other.slug] = (score + weight, [*names, term.name])
        return found


def alias_key(path: str) -> str:
    """Return an old address as it is looked up: its path, decoded, without slashes at the ends."""
    return unquote(urlsplit(path).path).strip("/")


def _newest_first(post: Post) -> tuple[float, str]:
    return (-post.published.timestamp() if post.published else inf, post.slug)


def _terms(kind: TermKind, posts: tuple[Post, ...], names_of: Callable[[Post], tuple[str, ...]]) -> Mapping[str, Term]:
    members: dict[str, list[Post]] = defaultdict(list)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for post in posts:
        for name in names_of(post):
            slug = slugify(name)
            if slug and (not members[slug] or members[slug][-1] is not post):
                members[slug].append(post)
                spellings[slug][name] += 1
    named = {slug: max(sorted(counts), key=counts.__getitem__) for slug, counts in spellings.items()}
    order = sorted(named, key=lambda slug: (named[slug].casefold(), slug))
    return {slug: Term(kind, slug, named[slug], tuple(members[slug])) for slug in order}
