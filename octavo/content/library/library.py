"""The library: an immutable snapshot of all posts; and an edition: what readers see of it now.

An edition also chooses: the authors of a post, what editors pin among related articles or exclude
from them, and the articles near a mistyped address.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from hashlib import blake2b
from heapq import nlargest
from itertools import chain
from math import inf
from operator import attrgetter, itemgetter
from pathlib import PurePosixPath
from typing import Any
from unicodedata import normalize

from rapidfuzz import fuzz, process

from octavo.cached import cached_property
from octavo.content.errors import Problem
from octavo.content.library.link_names import alias_key, names_of, parameters_of
from octavo.content.library.related import Related, SharedTerms
from octavo.content.library.slug_conflicts import assign_slugs, keeps_slug
from octavo.content.posts import Author, Post, newest_first
from octavo.content.slugs import slugify, slugify_once
from octavo.content.terms import NamesOf, Term, TermIndex, TermKind, hues

# What a link may leave out of a file's name.
_ENDINGS = (".md", ".mdx", "/index.md", "/index.mdx", "/_index.md", "/README.md")
_PATH = attrgetter("path")


class Library:
    """All posts, pages and authors, visible or not, and the problems of the files. Immutable."""

    def __init__(
        self,
        items: Iterable[Post] = (),
        authors: Iterable[Author] = (),
        problems: Iterable[Problem] = (),
        assets: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        """Build a snapshot from posts and pages, sorted by path.

        `assets` gives modification time (ns) and size (bytes) of every picture by its path below
        posts/.
        """
        everything = tuple(items)
        articles = assign_slugs(post for post in everything if post.kind == "post")
        pages = assign_slugs(post for post in everything if post.kind == "page")
        self.posts = articles.posts
        self.pages = pages.posts
        self.authors: Mapping[str, Author] = {author.slug: author for author in authors}
        self.assets: Mapping[str, tuple[int, int]] = assets or {}
        self._conflicting = articles.conflicting
        self._disputes = (*articles.problems, *pages.problems)
        self.problems: tuple[Problem, ...] = _in_order([*problems, *self._disputes])
        both = (*self.posts, *self.pages)
        self._instants = sorted(moment for post in both for moment in _instants(post))
        self._edition: Edition | None = None

    def replaced(
        self,
        gone: Collection[Post],
        new: Collection[Post],
        problems: Iterable[Problem],
        assets: Mapping[str, tuple[int, int]],
    ) -> Library | None:
        """Return this library with a few articles exchanged, sharing the rest.

        `gone` and `new` are articles with the slugs that their files want. The result equals a
        library built from scratch. None where only building from scratch is right: for pages, and
        where other articles may have to get another slug.
        """
        if any(post.kind == "page" for post in (*gone, *new)):
            return None
        exchange = self._exchange(gone, new)
        if exchange is None:
            return None
        leaving, coming = exchange
        # Not by __init__, which settles the slugs of all articles.
        made = Library.__new__(Library)
        # No page and no author is among them, and no slug that several files want.
        made.pages = self.pages
        made.authors = self.authors
        made._conflicting = self._conflicting
        made._disputes = self._disputes
        # What an exchange changes.
        made.assets = assets
        made.problems = _in_order([*problems, *self._disputes])
        made.posts = _exchanged(self.posts, leaving, coming)
        made._instants = _exchanged_instants(self._instants, leaving, coming)
        # What __init__ leaves to the first who asks is made over where that costs less.
        made.__dict__["by_slug"] = _patched(self.by_slug, leaving, coming, "slug")
        made.__dict__["by_path"] = _patched(self.by_path, leaving, coming, "path")
        made._edition = None
        if self._edition is not None:
            made._edition = self._edition.replaced(made, leaving, coming)
        return made

    def _exchange(
        self, gone: Collection[Post], new: Collection[Post]
    ) -> tuple[list[Post], list[Post]] | None:
        """Return the articles to remove and to add, with their final slugs; None if unsure."""
        before = {post.path: post for post in gone}
        if any(path not in self.by_path for path in before):
            return None
        leaving = [self.by_path[path] for path in before]
        coming: list[Post] = []
        for post in new:
            old = before.get(post.path)
            if old is not None and keeps_slug(old, post):
                coming.append(replace(post, slug=self.by_path[post.path].slug))
                del before[post.path]
            elif post.slug in self._conflicting:
                return None
            else:
                coming.append(post)
        if any(post.slug in self._conflicting for post in before.values()):
            return None
        freed = {post.slug for post in leaving}
        taken = {post.slug for post in coming}
        if len(taken) < len(coming) or any(slug in self.by_slug for slug in taken - freed):
            return None
        return leaving, coming

    @cached_property
    def by_slug(self) -> Mapping[str, Post]:
        """Articles by slug, visible or not."""
        return {post.slug: post for post in self.posts}

    @cached_property
    def by_path(self) -> Mapping[str, Post]:
        """Articles and pages by their file's path."""
        return {post.path: post for post in (*self.posts, *self.pages)}

    def at_path(self, path: str) -> Post | None:
        """Return the post whose file is at a path below posts/, or None.

        The path may lack the file's ending and be in any Unicode form.
        """
        forms = [path]
        if not path.isascii():
            forms += [normalize("NFC", path), normalize("NFD", path)]
        for form in forms:
            for name in (form, *(form + ending for ending in _ENDINGS)):
                found = self.by_path.get(name)
                if found is not None:
                    return found
        return None

    def assets_named(self, name: str) -> Sequence[str]:
        """Return the paths of files of this name; case, Unicode form and folder do not count."""
        return self._assets_by_name.get(_folded_name(name), ())

    @cached_property
    def _assets_by_name(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.assets):
            found[_folded_name(posixpath.basename(path))].append(path)
        return found

    def at(self, now: float) -> Edition:
        """Return what readers may see at `now`, in seconds since the epoch.

        It is the same object until that changes.
        """
        edition = self._edition
        if edition is not None and edition.since <= now < edition.until:
            return edition
        edition = self._edition = self.seen(now)
        return edition

    def seen(self, now: float, also: str = "") -> Edition:
        """Return what readers may see at `now`, and the post at the path `also`: a new object."""
        since, until = self.span(now)
        return Edition(self, datetime.fromtimestamp(now, UTC), since, until, also)

    @cached_property
    def whole(self) -> Edition:
        """Everything, as a preview shows it: drafts, future and expired posts too."""
        return Edition(self, None, -inf, inf)

    def span(self, now: float) -> tuple[float, float]:
        """Return the instants before and after `now` at which a post is published or expires."""
        place = bisect_right(self._instants, now)
        before = self._instants[max(0, place - 1) : place]
        after = self._instants[place : place + 1]
        return (*before, -inf)[0], (*after, inf)[0]


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    # To compare places alone is five times as fast as to compare problems, of which a large archive
    # may have thousands.
    return tuple(sorted(problems, key=_place))


def _place(problem: Problem) -> tuple[str, int, int, str]:
    mark = problem.mark
    return mark.path, mark.line, mark.column, problem.cause


def _instants(post: Post) -> list[float]:
    """Return when a post appears and expires, in seconds since the epoch; [] for a draft."""
    if post.draft:
        return []
    return [moment.timestamp() for moment in (post.published, post.expires) if moment]


def _exchanged_instants(
    instants: list[float], gone: Iterable[Post], new: Iterable[Post]
) -> list[float]:
    """Return the sorted `instants` with those of some posts exchanged."""
    before = sorted(chain.from_iterable(map(_instants, gone)))
    after = sorted(chain.from_iterable(map(_instants, new)))
    if before == after:
        return instants
    made = list(instants)
    for moment in before:
        del made[bisect_left(made, moment)]
    for moment in after:
        insort(made, moment)
    return made


def _exchanged(
    posts: tuple[Post, ...], gone: Collection[Post], new: Collection[Post]
) -> tuple[Post, ...]:
    """Return `posts`, which are sorted by path, with a few exchanged."""
    made = list(posts)
    for post in gone:
        del made[bisect_left(made, post.path, key=_PATH)]
    for post in new:
        made.insert(bisect_left(made, post.path, key=_PATH), post)
    return tuple(made)


def _patched(
    mapping: Mapping[str, Post], gone: Collection[Post], new: Collection[Post], key: str
) -> dict[str, Post]:
    """Return posts by an attribute, `key`, with a few exchanged."""
    coming = {getattr(post, key): post for post in new}
    made = {**mapping, **coming}
    for post in gone:
        if getattr(post, key) not in coming:
            del made[getattr(post, key)]
    return made


def _renamed(
    named: Mapping[str, tuple[Post, ...]], gone: Collection[Post], new: Collection[Post]
) -> dict[str, tuple[Post, ...]]:
    made = dict(named)
    for post in gone:
        for name in names_of(post):
            made[name] = tuple(other for other in made[name] if other is not post)
    for post in new:
        for name in names_of(post):
            made[name] = (*made.get(name, ()), post)
    return made


def _folded_name(name: str) -> str:
    return normalize("NFC", name).casefold()


class Edition:
    """What readers may see from `since` until `until`, in seconds since the epoch.

    Drafts, future and expired posts are not in it. `posts` are those in lists, newest first;
    unlisted ones are in `by_slug` only. What is derived is built when first asked for, and kept.
    """

    def __init__(
        self,
        library: Library,
        now: datetime | None,
        since: float,
        until: float,
        also: str = "",
    ) -> None:
        """`now` is between `since` and `until`; None makes everything visible.

        The post at the path `also` is visible in any case, as in a preview of it.
        """
        self.library = library
        self.now = now
        self.since = since
        self.until = until

        def is_seen(post: Post) -> bool:
            return now is None or post.visible(now) or post.path == also

        seen = list(filter(is_seen, library.posts))
        by_key = {newest_first(post): post for post in seen if not post.unlisted}
        self._keys = sorted(by_key)
        self.posts: tuple[Post, ...] = tuple(by_key[key] for key in self._keys)
        self.unlisted: tuple[Post, ...] = tuple(post for post in seen if post.unlisted)
        self.pages: Mapping[str, Post] = {
            page.slug: page for page in library.pages if is_seen(page)
        }
        self._years: tuple[tzinfo, Mapping[int | None, tuple[Post, ...]]] | None = None
        # Series and terms of the site's own taxonomies, once asked for; None where there are none.
        self._own_terms: dict[TermKind, TermIndex | None] = {}

    def replaced(
        self, library: Library, gone: Collection[Post], new: Collection[Post]
    ) -> Edition | None:
        """Return the edition of `library`: this one without `gone` and with `new`.

        None where one of them is unlisted: then it has to be built from scratch.
        """
        assert self.now is not None
        gone = [post for post in gone if post.visible(self.now)]
        new = [post for post in new if post.visible(self.now)]
        if any(post.unlisted for post in (*gone, *new)):
            return None
        # Not by __init__, which sorts all posts.
        made = Edition.__new__(Edition)
        made.library = library
        made.now = self.now
        made.pages = self.pages
        made.unlisted = self.unlisted
        made.since, made.until = library.span(self.now.timestamp())
        keys = list(self._keys)
        posts = list(self.posts)
        for post in gone:
            place = bisect_left(keys, newest_first(post))
            del keys[place]
            del posts[place]
        for post in new:
            place = bisect_left(keys, newest_first(post))
            keys.insert(place, newest_first(post))
            posts.insert(place, post)
        made.posts = tuple(posts)
        made._keys = keys
        self._hand_over(made, gone, new)
        return made

    def _hand_over(self, made: Edition, gone: Collection[Post], new: Collection[Post]) -> None:
        """Give the edition `made`, in which a few posts are exchanged, what has been derived here.

        The rest is derived when it is first asked for.
        """
        made._years = None
        made.__dict__["by_slug"] = _patched(self.by_slug, gone, new, "slug")
        made.__dict__["_words"] = self._words
        if {post.slug for post in gone} != {post.slug for post in new}:
            words = dict(self._words)
            for post in gone:
                del words[post.slug]
            words.update((post.slug, post.slug.replace("-", " ")) for post in new)
            made.__dict__["_words"] = words
        if "_named" in self.__dict__:
            made.__dict__["_named"] = _renamed(self._named, gone, new)
        for kind in ("_categories", "_tags", "_authors"):
            if kind in self.__dict__:
                made.__dict__[kind] = self.__dict__[kind].patched(gone, new)
        made._own_terms = {}
        for taxonomy, index in self._own_terms.items():
            if index is not None:
                made._own_terms[taxonomy] = index.patched(gone, new)
            elif not any(post.terms(taxonomy) for post in new):
                made._own_terms[taxonomy] = None

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """A cache for what callers derive from this edition alone; each has keys of its own."""
        return {}

    @cached_property
    def digest(self) -> str:
        """The digest of all that readers can see: 32 hex digits."""
        digest = blake2b(digest_size=16)
        for post in (*self.posts, *self.unlisted, *self.pages.values()):
            digest.update(f"{post.path}\0{post.digest}\n".encode())
        for author in self.library.authors.values():
            digest.update(f"{author.path}\0{author.digest}\n".encode())
        assets = repr(sorted(self.library.assets.items()))
        digest.update(assets.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    @cached_property
    def by_slug(self) -> Mapping[str, Post]:
        """Visible posts by slug, unlisted ones too."""
        return {post.slug: post for post in (*self.posts, *self.unlisted)}

    def lists(self, slug: str) -> bool:
        """Whether an article of that slug is in the lists."""
        return slug in self._words

    @cached_property
    def _words(self) -> Mapping[str, str]:
        return {post.slug: post.slug.replace("-", " ") for post in self.posts}

    @cached_property
    def _categories(self) -> TermIndex:
        return TermIndex.build("category", self.posts, _category_names)

    @cached_property
    def _tags(self) -> TermIndex:
        return TermIndex.build("tag", self.posts, attrgetter("tags"))

    @cached_property
    def _authors(self) -> TermIndex:
        return TermIndex.build("author", self.posts, _author_slugs(self._authors_by_name))

    @property
    def categories(self) -> Mapping[str, Term]:
        """Categories by slug, in the order of their names."""
        return self._categories.terms

    @property
    def tags(self) -> Mapping[str, Term]:
        """Tags by slug, in the order of their names."""
        return self._tags.terms

    @cached_property
    def authors(self) -> Mapping[str, Term]:
        """Authors who have visible posts, by slug, in the order of their names."""
        named = [
            Term("author", t.slug, self.author(t.slug).name, t.posts)
            for t in self._authors.terms.values()
        ]
        return {
            term.slug: term
            for term in sorted(named, key=lambda term: (term.name.casefold(), term.slug))
        }

    def terms(self, kind: TermKind) -> Mapping[str, Term]:
        """Return the terms of one kind by slug."""
        if kind == "category":
            return self.categories
        if kind == "tag":
            return self.tags
        if kind == "author":
            return self.authors
        if kind not in self._own_terms:
            self._own_terms[kind] = self._index_of(kind)
        index = self._own_terms[kind]
        return index.terms if index else {}

    def _index_of(self, kind: TermKind) -> TermIndex | None:
        """Return the index of a taxonomy; None where no article has a term of it."""
        if not any(post.terms(kind) for post in self.posts):
            return None
        return TermIndex.build(kind, self.posts, partial(Post.terms, kind=kind))

    def largest_categories(self, limit: int) -> list[Term]:
        """Return the categories with the most articles, those first; equal ones by name."""
        return nlargest(limit, self.categories.values(), key=lambda term: len(term.posts))

    @cached_property
    def category_hues(self) -> Mapping[str, int]:
        """Each category's colour, 0 to 7, by slug."""
        return hues(self.categories)

    @cached_property
    def _authors_by_name(self) -> Mapping[str, Author]:
        named = {slugify(author.name): author for author in self.library.authors.values()}
        return {**named, **self.library.authors}

    def author(self, slug: str) -> Author:
        """Return an author; one with a name only where there is no file in `_authors/`."""
        known = self._authors_by_name.get(slug)
        if known is not None:
            return known
        term = self._authors.terms.get(slug)
        if term is None:
            return Author(slug, slug)
        names = (name for name in term.posts[0].authors if slugify(name) == slug)
        return Author(slug, next(names, slug))

    def authors_of(self, post: Post) -> tuple[Author, ...]:
        """Return the authors of a post in the order of its front matter."""
        pairs = ((slugify(name), name) for name in post.authors)
        return tuple(
            self._authors_by_name.get(slug) or Author(slug, name) for slug, name in pairs if slug
        )

    def years(self, zone: tzinfo) -> Mapping[int | None, tuple[Post, ...]]:
        """Return the posts of each year, newest first; last, under None, those without a date."""
        if self._years is None or self._years[0] != zone:
            found: dict[int | None, list[Post]] = defaultdict(list)
            for post in self.posts:
                found[_year(post, zone)].append(post)
            self._years = (zone, {year: tuple(posts) for year, posts in found.items()})
        return self._years[1]

    def has_year(self, year: int, zone: tzinfo) -> bool:
        """Whether a post was published in a year, without looking at all posts."""
        begin = -datetime(year, 1, 1, tzinfo=zone).timestamp()
        place = bisect_right(self._keys, begin, key=itemgetter(0))
        return place > 0 and _year(self.posts[place - 1], zone) == year

    def neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        """Return the next older post and the next newer one; None twice for an unlisted post."""
        place = bisect_left(self._keys, newest_first(post))
        if place >= len(self.posts) or self.posts[place] is not post:
            return None, None
        older: Post | None = None
        newer: Post | None = None
        if place + 1 < len(self.posts):
            older = self.posts[place + 1]
        if place:
            newer = self.posts[place - 1]
        return older, newer

    @cached_property
    def redirects(self) -> Mapping[str, Post]:
        """Visible posts by their old addresses: paths without slashes at the ends.

        An alias with a query has its bare path too, where all that have this path are of one post.
        """
        found = self._old_addresses[0].copy()
        for key, asked in self._old_addresses[1].items():
            post = asked[0][1]
            if all(other is post for _, other in asked):
                found.setdefault(key, post)
        # The home page stays, whatever a text had there.
        found.pop("", None)
        return found

    @cached_property
    def _old_addresses(
        self,
    ) -> tuple[dict[str, Post], dict[str, list[tuple[dict[str, str], Post]]]]:
        """Posts by old addresses without a query, and by the paths of those with one (`/?p=42`)."""
        plain: dict[str, Post] = {}
        asked: dict[str, list[tuple[dict[str, str], Post]]] = defaultdict(list)
        for post in (*self.posts, *self.unlisted, *self.pages.values()):
            for alias in post.aliases:
                query = parameters_of(alias.partition("#")[0].partition("?")[2])
                if query:
                    asked[alias_key(alias)].append((query, post))
                elif key := alias_key(alias):
                    plain.setdefault(key, post)
        for found in asked.values():
            # `/?p=42&page=2` before `/?p=42`, which has all such requests too.
            found.sort(key=lambda each: len(each[0]), reverse=True)
        return plain, asked

    def redirect(self, key: str, query: str) -> Post | None:
        """Return the post that had an old address, or None.

        `key` is the path as `alias_key` writes it, `query` as it was sent. An alias with a query
        counts only where the request has all of that query, or none of its parameters and no other
        post had the path.
        """
        plain, asked = self._old_addresses
        if not query or key not in asked:
            return self.redirects.get(key)
        given = parameters_of(query)
        for wanted, post in asked[key]:
            if wanted.items() <= given.items():
                return post
        if any(wanted.keys() & given.keys() for wanted, _ in asked[key]):
            return plain.get(key)
        return self.redirects.get(key)

    def reads_query(self, key: str) -> bool:
        """Whether the posts that had the address `key` differ by its query (see `redirect`)."""
        return key in self._old_addresses[1]

    @cached_property
    def _named(self) -> Mapping[str, tuple[Post, ...]]:
        found: dict[str, tuple[Post, ...]] = {}
        for post in self.posts:
            for name in names_of(post):
                found[name] = (*found.get(name, ()), post)
        return found

    def named(self, name: str) -> tuple[Post, ...]:
        """Return the visible articles whose slug, or whose file's name as a slug, is `name`."""
        return self._named.get(name, ())

    def shows(self, post: Post) -> bool:
        """Whether readers may see this post or page of the library."""
        seen = self.by_slug if post.kind == "post" else self.pages
        return seen.get(post.slug) is post

    def opens(self, path: str) -> bool:
        """Whether readers may see the posts that a file belongs to.

        These are the posts in its folder, and posts that are a folder above it (`index.md`).
        """
        folder = posixpath.dirname(path)
        if folder in self._closed[0]:
            return False
        while folder:
            if folder in self._closed[1]:
                return False
            folder = posixpath.dirname(folder)
        return True

    @cached_property
    def _closed(self) -> tuple[frozenset[str], frozenset[str]]:
        """Folders that hold a post hidden from readers, and folders that are one (`index.md`)."""
        posts = (*self.library.posts, *self.library.pages)
        hidden = [PurePosixPath(post.path) for post in posts if not self.shows(post)]
        folders = frozenset(str(path.parent).removeprefix(".") for path in hidden)
        bundles = frozenset(str(path.parent) for path in hidden if path.stem.lower() == "index")
        return folders, bundles

    def near(self, slug: str, count: int = 4) -> tuple[Post, ...]:
        """Return posts whose slugs share words with `slug`, the most similar first."""
        wanted = slugify_once(slug)[:100].replace("-", " ")
        scorer = fuzz.token_ratio if " " in wanted else fuzz.partial_ratio
        found = process.extract(wanted, self._words, scorer=scorer, limit=count, score_cutoff=75)
        return tuple(self.by_slug[slug] for _, _, slug in found)

    @cached_property
    def _shared_terms(self) -> SharedTerms:
        return SharedTerms(self.by_slug, len(self.posts), self.tags, self.categories)

    def related(
        self, post: Post, count: int = 3, near: Iterable[Related] | None = None
    ) -> tuple[Related, ...]:
        """Return what to read after `post`: what its `related:` names, then `near`.

        What `related_exclude:` names is left out. Without `near` those follow that share most with
        the post: rare tags count more than common ones, the category a little, and what a quarter
        of all posts have nothing. The order is deterministic: by score, then newest first.
        """
        banned = {slugify(name) for name in post.related_exclude} | {post.slug}
        pinned = [
            self.by_slug[slug]
            for slug in map(slugify, post.related)
            if slug in self._words and slug not in banned
        ]
        chosen = [Related(pin, inf, "chosen by the editors") for pin in pinned[:count]]
        banned |= {pin.slug for pin in pinned}
        if near is None:
            near = self._shared_terms.nearest(post, count, banned)
        others = (found for found in near if found.post.slug not in banned)
        return (*chosen, *others)[:count]


def _year(post: Post, zone: tzinfo) -> int | None:
    if post.published is None:
        return None
    return post.published.astimezone(zone).year


def _category_names(post: Post) -> tuple[str, ...]:
    return tuple(filter(None, (post.category,)))


def _author_slugs(known: Mapping[str, Author]) -> NamesOf:
    def slugs(post: Post) -> list[str]:
        found = map(slugify, post.authors)
        return [known[slug].slug if slug in known else slug for slug in found]

    return slugs
