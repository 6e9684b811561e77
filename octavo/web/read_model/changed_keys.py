"""The surrogate keys of the pages that a change touches.

Two editions are compared, before and after. Every page one of whose questions has another answer
now has one of the keys found here, as `surrogate_keys_of` names them: a page that has none of them
is as it was. Related articles and view counts are left out: they follow the search index and the
readers, not the files alone.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import compress
from operator import attrgetter, is_not
from typing import Any, TypeVar
from urllib.parse import unquote

from octavo.content.library.library import Edition
from octavo.content.library.link_names import alias_key, names_of
from octavo.content.posts import Post
from octavo.content.slugs import link_name, slugify
from octavo.content.terms import Term, TermKind, place_in_series
from octavo.site.site import Site
from octavo.web.read_model.cards import Byline
from octavo.web.read_model.dependencies import (
    link_surrogate_key,
    summary_surrogate_key,
    surrogate_key,
)
from octavo.web.read_model.read_model import ReadModel

# More keys than these are replaced by one that stands for every page.
MAX_KEYS = 100
# Every page asks for the theme, whose surrogate key this is.
EVERY_PAGE = "site"
# The kinds of changes that are of files beside articles.
FILES = ("picture", "file")

T = TypeVar("T")

# What lists, neighbours and links depend on.
_FOR_OTHERS = attrgetter(
    *("slug", "path", "title", "lang", "published", "unlisted", "featured"),
    *("category", "tags", "authors", "aliases"),
    # Badges, where drafts are shown.
    *("draft", "expires"),
)


class ChangedKeys:
    """The surrogate keys that the difference between two editions of a site touches."""

    def __init__(self, site: Site, before: Edition, after: Edition) -> None:
        self._editions = (before, after)
        self._models = (ReadModel(site, before), ReadModel(site, after))
        self._addresses = site.addresses

    def all(self) -> frozenset[str]:
        """Return all keys that the difference touches."""
        found = {"everything", *self._others()}
        for kind, slugs in self._changed.items():
            for slug in slugs:
                found.update(self.of(kind, slug))
        return frozenset(found)

    def of(self, kind: str, slug: str) -> list[str]:
        """Return the keys that a change of one post, page, author or picture touches."""
        if kind == "author":
            return [surrogate_key("author", slug), "authors"]
        if kind in FILES:
            return [link_surrogate_key(slug)]
        found = [surrogate_key("post", slug)]
        if self._moves(kind, slug):
            for edition in self._editions:
                if kind == "post":
                    found += self._by_post(edition, slug)
                found += map(link_surrogate_key, self._names(edition, kind, slug))
            if kind == "post":
                found += [*self._by_year(slug), "articles", "front", "archive"]
        elif self._has_new_summary(kind, slug):
            found += map(summary_surrogate_key, self._names(self._editions[1], kind, slug))
        if self._has_new_sitemap_facts(kind, slug):
            found.append("sitemaps")
        return _unique(found)

    def of_hidden(self, kind: str, slug: str) -> list[str]:
        """Return the keys that a change of an unlisted or hidden post touches; none tells its name.

        It may be where a link leads, or make a link lead elsewhere.
        """
        if any(slug in _seen(edition)[kind] for edition in self._editions):
            # An unlisted text has a page, whose own key would tell its address.
            return [EVERY_PAGE]
        if not self._moves(kind, slug):
            return []
        return _unique(
            link_surrogate_key(name)
            for edition in self._editions
            for name in self._names(edition, kind, slug)
        )

    def _moves(self, kind: str, slug: str) -> bool:
        """Whether more of a post has changed than its own page and its card show."""
        was, now = (self._shown_by_others(edition, kind, slug) for edition in self._editions)
        return was != now

    def _has_new_sitemap_facts(self, kind: str, slug: str) -> bool:
        """Whether sitemaps tell something else of a post, by its front matter."""
        posts = [_seen(edition)[kind].get(slug) for edition in self._editions]
        was, now = (post and self._models[0].sitemap_facts(post) for post in posts)
        return was != now

    def _has_new_summary(self, kind: str, slug: str) -> bool:
        """Whether cards in other texts show something else of a post that has not moved."""
        was, now = (_seen(edition)[kind].get(slug) for edition in self._editions)
        return was is not None and now is not None and was.summary != now.summary

    def _shown_by_others(self, edition: Edition, kind: str, slug: str) -> list[object]:
        """Return what lists and links show of a post, of the one that readers see and of any."""
        posts = (found[kind].get(slug) for found in (_seen(edition), _all(edition)))
        return [post and self._for_others(post) for post in posts]

    def _for_others(self, post: Post) -> tuple[Any, ...]:
        own = (post.terms(kind) for kind in self._addresses.taxonomies)
        return (*_FOR_OTHERS(post), *own, place_in_series(post))

    def _by_post(self, edition: Edition, slug: str) -> Iterator[str]:
        post = edition.by_slug.get(slug)
        if post is not None:
            yield from (surrogate_key(kind, name) for kind, name in self._terms_of(edition, post))
            yield from (
                surrogate_key("post", other.slug) for other in edition.neighbours(post) if other
            )

    def _terms_of(self, edition: Edition, post: Post) -> list[tuple[str, str]]:
        names = [("category", slugify(post.category))]
        names += [("tag", slugify(name)) for name in post.tags]
        names += [("author", author.slug) for author in edition.authors_of(post)]
        for kind in self._addresses.taxonomies:
            names += [(kind, slugify(name)) for name in post.terms(kind)]
        return [(kind, slug) for kind, slug in names if slug]

    def _names(self, edition: Edition, kind: str, slug: str) -> Iterator[str]:
        """Yield what ends the links that may lead to a post, or lead nowhere because of it."""
        for posts in (_seen(edition)[kind], _all(edition)[kind]):
            post = posts.get(slug)
            if post is not None:
                address = self._addresses.post(post)
                old = map(alias_key, post.aliases)
                yield from (*names_of(post), *old, post.path, address, unquote(address))

    def _by_year(self, slug: str) -> Iterator[str]:
        """Yield the keys of an article's years, and of links to those it has come to, or left."""
        posts = [post for edition in self._editions if (post := edition.by_slug.get(slug))]
        years = self._years_of(posts)
        yield from (surrogate_key("year", year) for year in years)
        if len(posts) == 2 and len(years) == 1:
            return
        yield from (link_surrogate_key(str(year)) for year in years)
        zone = self._addresses.zone
        for year in years:
            was, now = (edition.has_year(year, zone) for edition in self._editions)
            if was != now:
                yield "years"

    def _years_of(self, posts: Iterable[Post]) -> list[int]:
        zone = self._addresses.zone
        return sorted({post.published.astimezone(zone).year for post in posts if post.published})

    def others(self) -> list[str]:
        """Return the keys that the other differences of the editions touch.

        These are names, colours and counts of terms, bylines and pictures. Where there are more
        than MAX_KEYS, one key stands for every page.
        """
        found = _unique(["everything", *self._others()])
        if len(found) > MAX_KEYS:
            return ["everything", EVERY_PAGE]
        return found

    def _others(self) -> Iterator[str]:
        yield from self._by_labels()
        yield from self._by_bylines()
        yield from self._by_files()
        before, after = self._models
        if before.navigation() != after.navigation() or before.pages() != after.pages():
            yield "navigation"

    @cached_property
    def _changed(self) -> Mapping[str, list[str]]:
        """The slugs of the posts and pages in which the editions differ, for readers or not."""
        before, after = self._editions
        changed = {}
        for kind in ("post", "page"):
            seen = apart(_seen(before)[kind], _seen(after)[kind])
            changed[kind] = _unique([*seen, *apart(_all(before)[kind], _all(after)[kind])])
        return changed

    def _by_labels(self) -> Iterator[str]:
        before, after = self._models
        for kind in self._addresses.folders:
            if kind == "author":
                continue
            was, now = (edition.terms(kind) for edition in self._editions)
            changed = set(apart(was, now))
            if kind == "category":
                # A new category may take another one's colour.
                changed.update(was, now)
            for slug in sorted(changed):
                old = before.term(kind, slug)
                new = after.term(kind, slug)
                if old == new:
                    continue
                yield from (f"terms:{kind}", surrogate_key(kind, slug))
                if not (old and new):
                    yield link_surrogate_key(slug)
                if old and new and (old.name, old.hue) != (new.name, new.hue):
                    yield from self._labelled(kind, slug)

    def _labelled(self, kind: TermKind, slug: str) -> Iterator[str]:
        """Yield the keys of pages that show a term's name or colour: its posts and related tags."""
        for edition in self._editions:
            for post in _posts_of(edition.terms(kind).get(slug)):
                yield surrogate_key("post", post.slug)
                yield from (surrogate_key("tag", slugify(name)) for name in post.tags)
            for page in (*edition.pages.values(), *edition.unlisted):
                if (kind, slug) in self._terms_of(edition, page):
                    yield surrogate_key("post", page.slug)
            if kind == "category":
                years = self._years_of(_posts_of(edition.terms(kind).get(slug)))
                yield from (surrogate_key("year", year) for year in years)

    def _by_bylines(self) -> Iterator[str]:
        before, after = map(_bylines, self._models, self._editions)
        for slug in sorted(before.keys() | after.keys()):
            if before.get(slug) != after.get(slug):
                yield from self._signed(slug)
            if not (slug in before and slug in after):
                yield link_surrogate_key(slug)

    def _signed(self, slug: str) -> Iterator[str]:
        """Yield the keys of the pages that show an author's byline."""
        yield from (surrogate_key("author", slug), "authors")
        for edition in self._editions:
            for post in _posts_of(edition.authors.get(slug)):
                yield surrogate_key("post", post.slug)
            for page in (*edition.pages.values(), *edition.unlisted):
                if ("author", slug) in self._terms_of(edition, page):
                    yield surrogate_key("post", page.slug)

    def _by_files(self) -> Iterator[str]:
        """Yield the keys of pages with files that have changed, or that readers get or get not."""
        before, after = (edition.library.assets for edition in self._editions)
        changed = {*self._opened()}
        if before != after:
            paths = before.keys() | after.keys()
            changed.update(path for path in paths if before.get(path) != after.get(path))
        if not changed:
            return
        yield from map(link_surrogate_key, sorted(changed))
        yield "sitemaps"
        names = set(map(link_name, changed))
        for edition in self._editions:
            for post in (*edition.by_slug.values(), *edition.pages.values()):
                if post.image and link_name(post.image.path) in names:
                    yield surrogate_key("post", post.slug)
            for author in edition.library.authors.values():
                if author.avatar and link_name(author.avatar) in names:
                    yield from self._signed(author.slug)

    def _opened(self) -> Iterator[str]:
        """Yield the files beside posts that are hidden in one of the editions (`Edition.opens`)."""
        before, after = self._editions
        assets = {**before.library.assets, **after.library.assets}
        if not assets:
            return
        paths: set[str] = set()
        for kind, slugs in self._changed.items():
            for posts in (_all(before)[kind], _all(after)[kind]):
                paths.update(posts[slug].path for slug in posts.keys() & slugs)
        for path in paths:
            if _is_hidden(before, path) != _is_hidden(after, path):
                folder = posixpath.dirname(path)
                yield from (asset for asset in assets if asset.startswith(folder))


def apart(before: Mapping[str, T], after: Mapping[str, T]) -> list[str]:
    """Return the keys whose values are not the same object in both mappings, new keys last."""
    # Without a step of Python's own for each post: this is all that a save costs by the size of the
    # site.
    others = map(is_not, map(after.get, before), before.values())
    return [*compress(before, others), *sorted(after.keys() - before.keys())]


def _seen(edition: Edition) -> Mapping[str, Mapping[str, Post]]:
    """Return what readers may see, by kind and slug."""
    return {"post": edition.by_slug, "page": edition.pages}


def _all(edition: Edition) -> Mapping[str, Mapping[str, Post]]:
    library = edition.library
    return {"post": library.by_slug, "page": {page.slug: page for page in library.pages}}


def _is_hidden(edition: Edition, path: str) -> bool:
    post = edition.library.by_path.get(path)
    return post is not None and not edition.shows(post)


def _bylines(model: ReadModel, edition: Edition) -> dict[str, Byline | str | None]:
    """Return authors with what is shown of them; of those without a file that is the name."""
    found: dict[str, Byline | str | None] = {}
    for slug, term in edition.authors.items():
        found[slug] = term.name
        if slug in edition.library.authors:
            found[slug] = model.byline(slug)
    return found


def _posts_of(term: Term | None) -> tuple[Post, ...]:
    if term is None:
        return ()
    return term.posts


def _unique(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))
