"""Terms of all kinds (categories, tags, authors, series ...): their posts, and their names."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import inf, isfinite

from octavo.content.posts import Post, newest_first
from octavo.content.slugs import slugify

# A kind of terms is named as the field of front matter that names one: "category", "tag", "author",
# "series", or a field of the setting `taxonomies`.
TermKind = str

SERIES = "series"
# The taxonomies that every site has beside categories, tags and authors, as the setting
# `taxonomies` names others: the field of front matter, and its plural, the folder of the pages.
TAXONOMIES: Mapping[TermKind, str] = {SERIES: SERIES}
NamesOf = Callable[[Post], Iterable[str]]

# Categories are told apart by a number, `hue-0` to `hue-7` in templates: a site's own style sheet
# can give each a colour, and social cards have one for each.
HUES = 8


@dataclass(frozen=True, slots=True)
class Term:
    """A category, tag, author or the like with its posts, newest first.

    `name` is its commonest spelling.
    """

    kind: TermKind
    slug: str
    name: str
    posts: tuple[Post, ...]

    @property
    def count(self) -> int:
        """Number of posts."""
        return len(self.posts)


@dataclass(frozen=True, slots=True)
class TermIndex:
    """The terms of one kind by slug, sorted by name, with the spellings that posts use."""

    kind: TermKind
    names_of: NamesOf
    terms: Mapping[str, Term]
    spellings: Mapping[str, Counter[str]]

    @classmethod
    def build(cls, kind: TermKind, posts: Iterable[Post], names_of: NamesOf) -> TermIndex:
        """Return the index of `posts`, which are sorted newest first."""
        members: dict[str, list[Post]] = defaultdict(list)
        spellings: dict[str, Counter[str]] = defaultdict(Counter)
        for post in posts:
            for slug, name in _slugs(names_of(post)).items():
                members[slug].append(post)
                spellings[slug][name] += 1
        terms = {
            slug: Term(kind, slug, _commonest(spellings[slug]), tuple(found))
            for slug, found in members.items()
        }
        return cls(kind, names_of, _ordered(terms), dict(spellings))

    def patched(self, gone: Collection[Post], new: Collection[Post]) -> TermIndex:
        """Return the index without the posts `gone` and with `new`, as if built from scratch."""
        members: dict[str, list[Post]] = {}
        spellings: dict[str, Counter[str]] = {}

        def open_term(slug: str) -> list[Post]:
            if slug not in members:
                term = self.terms.get(slug)
                members[slug] = []
                if term is not None:
                    members[slug] = list(term.posts)
                spellings[slug] = Counter(self.spellings.get(slug, ()))
            return members[slug]

        for post in gone:
            for slug, name in _slugs(self.names_of(post)).items():
                found = open_term(slug)
                del found[bisect_left(found, newest_first(post), key=newest_first)]
                spellings[slug][name] -= 1
        for post in new:
            for slug, name in _slugs(self.names_of(post)).items():
                insort(open_term(slug), post, key=newest_first)
                spellings[slug][name] += 1
        return self._merged(members, spellings)

    def _merged(
        self, members: dict[str, list[Post]], spellings: dict[str, Counter[str]]
    ) -> TermIndex:
        terms = dict(self.terms)
        counts = dict(self.spellings)
        in_order = True
        for slug, found in members.items():
            old = terms.get(slug)
            if not found:
                terms.pop(slug, None)
                counts.pop(slug, None)
                continue
            counts[slug] = +spellings[slug]
            terms[slug] = Term(self.kind, slug, _commonest(counts[slug]), tuple(found))
            in_order = in_order and old is not None and old.name == terms[slug].name
        if not in_order:
            terms = _ordered(terms)
        return TermIndex(self.kind, self.names_of, terms, counts)


def _slugs(names: Iterable[str]) -> dict[str, str]:
    """Return names by slug; where two names of one post have one slug, the first."""
    found: dict[str, str] = {}
    for name in names:
        if slug := slugify(name):
            found.setdefault(slug, name)
    return found


def _commonest(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda name: (-spellings[name], name))


def _ordered(terms: Mapping[str, Term]) -> dict[str, Term]:
    return {
        term.slug: term
        for term in sorted(terms.values(), key=lambda term: (term.name.casefold(), term.slug))
    }


def label_of(name: str) -> str:
    """Return the name of a taxonomy's field or folder as readers see it: `Side dishes`."""
    return name.replace("_", " ").replace("-", " ").capitalize()


# The fields that give an article its place in a series, as `series_order: 2`.
PLACE_FIELDS = ("series_order", "series_index", "series_weight")


def in_order(posts: Iterable[Post]) -> list[Post]:
    """Return a series' posts in the order of reading.

    First those whose `series_order` is a number, then the others by date, the oldest first.
    """
    return sorted(posts, key=lambda post: (place_in_series(post), _oldest_first(post), post.slug))


def place_in_series(post: Post) -> float:
    """Return the number that a post gives itself in its series; infinity without one."""
    for field in PLACE_FIELDS:
        try:
            number = float(post.extra_value(field))
        except (TypeError, ValueError, OverflowError):
            continue
        if isfinite(number):
            return number
    return inf


def _oldest_first(post: Post) -> float:
    if post.published is None:
        return inf
    return post.published.timestamp()


def hues(slugs: Iterable[str]) -> dict[str, int]:
    """Return a colour, 0 to 7, for each slug, derived from the slug; up to eight slugs all differ.

    A new slug leaves most others, and the pages that show them, as they are.
    """
    found = {
        slug: blake2b(slug.encode(), digest_size=1).digest()[0] % HUES for slug in sorted(slugs)
    }
    if len(found) <= HUES:
        free = list(range(HUES))
        for slug, first in found.items():
            found[slug] = min(free, key=lambda hue: (hue - first) % HUES)
            free.remove(found[slug])
    return found
