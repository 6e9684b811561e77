"""The surrogate keys of the pages that a change touches.

Two editions are compared, before and after. Every page one of whose questions has another answer
now has one of the keys found here, as `surrogate_key_of` names them. Related articles and view
counts are left out: they follow the search index and the readers, not the files alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from octavo.content.library import Edition, link_name, names_of
from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.content.terms import Term, TermKind
from octavo.site.site import Site
from octavo.web.cache import link_surrogate_key, surrogate_key
from octavo.web.read_model.cards import Byline
from octavo.web.read_model.read_model import ReadModel

# More keys than these are replaced by one that stands for every page.
MAX_KEYS = 100
EVERY_PAGE = "site"
# The kinds of changes that are of files beside articles.
FILES = ("picture", "file")
LABELS: tuple[TermKind, ...] = ("category", "tag")


class Touched:
    """The surrogate keys that the difference between two editions of a site touches."""

    def __init__(self, site: Site, before: Edition, after: Edition) -> None:
        self._editions = (before, after)
        self._models = (ReadModel(site, before), ReadModel(site, after))
        self._addresses = site.addresses

    def by(self, kind: str, slug: str) -> list[str]:
        """Return the keys that a change of one post, page, author or picture touches."""
        if kind == "author":
            return [surrogate_key("author", slug), "authors"]
        if kind in FILES:
            return [link_surrogate_key(slug)]
        if kind == "page":
            return _unique([surrogate_key("post", slug), *self._by_page(slug)])
        return _unique(
            [surrogate_key("post", slug), *self._by_post(slug), "articles", "front", "archive"]
        )

    def _by_page(self, slug: str) -> Iterator[str]:
        for edition in self._editions:
            page = edition.pages.get(slug)
            if page is not None:
                yield from self._names(page)

    def _by_post(self, slug: str) -> Iterator[str]:
        for edition in self._editions:
            post = edition.by_slug.get(slug)
            if post is not None:
                yield from (surrogate_key(kind, name) for kind, name in _terms_of(edition, post))
                yield from (
                    surrogate_key("post", other.slug) for other in edition.neighbours(post) if other
                )
                yield from self._names(post)

    def _names(self, post: Post) -> Iterator[str]:
        """Yield the keys of the links that may lead to a post."""
        names = (*names_of(post), *post.aliases, self._addresses.post(post))
        yield from map(link_surrogate_key, names)

    def beside(self) -> list[str]:
        """Return the keys that the other differences of the editions touch.

        These are names, colours and counts of terms, bylines and pictures. Where there are more
        than MAX_KEYS, one key stands for every page.
        """
        found = _unique(
            [
                "everything",
                *self._by_labels(),
                *self._by_bylines(),
                *self._by_pictures(),
                *self._by_years(),
            ]
        )
        before, after = self._models
        if before.navigation() != after.navigation() or before.pages() != after.pages():
            found.append("navigation")
        if len(found) > MAX_KEYS:
            return ["everything", EVERY_PAGE]
        return found

    def _by_labels(self) -> Iterator[str]:
        before, after = self._models
        for kind in LABELS:
            was = {term.slug: term for term in before.terms(kind)}
            now = {term.slug: term for term in after.terms(kind)}
            for slug in sorted(was.keys() | now.keys()):
                old = was.get(slug)
                new = now.get(slug)
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
            for page in edition.pages.values():
                if (kind, slug) in _terms_of(edition, page):
                    yield surrogate_key("post", page.slug)

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
            for page in edition.pages.values():
                if ("author", slug) in _terms_of(edition, page):
                    yield surrogate_key("post", page.slug)

    def _by_pictures(self) -> Iterator[str]:
        before, after = (edition.library.assets for edition in self._editions)
        paths = before.keys() | after.keys()
        changed = {path for path in paths if before.get(path) != after.get(path)}
        if not changed:
            return
        yield from map(link_surrogate_key, sorted(changed))
        names = set(map(link_name, changed))
        for edition in self._editions:
            for post in (*edition.posts, *edition.pages.values()):
                if post.image and link_name(post.image.path) in names:
                    yield surrogate_key("post", post.slug)
            for author in edition.library.authors.values():
                if author.avatar and link_name(author.avatar) in names:
                    yield from self._signed(author.slug)

    def _by_years(self) -> Iterator[str]:
        """Yield the keys of the links to years that were added or removed."""
        before, after = (set(edition.years(self._addresses.zone)) for edition in self._editions)
        yield from (link_surrogate_key(str(year)) for year in before ^ after if year)


def _bylines(model: ReadModel, edition: Edition) -> dict[str, Byline | None]:
    return {slug: model.byline(slug) for slug in edition.authors}


def _posts_of(term: Term | None) -> tuple[Post, ...]:
    if term is None:
        return ()
    return term.posts


def _terms_of(edition: Edition, post: Post) -> list[tuple[str, str]]:
    names = [("category", slugify(post.category)), *(("tag", slugify(name)) for name in post.tags)]
    names += [("author", author.slug) for author in edition.authors_of(post)]
    return [(kind, slug) for kind, slug in names if slug]


def _unique(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))
