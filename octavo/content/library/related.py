"""Related articles by the tags and the category that they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import log

from octavo.content.posts import Post, newest_first
from octavo.content.slugs import slugify
from octavo.content.terms import Term, TermKind

# How many of a term's posts, the newest, are looked at for related ones.
MAX_SHARERS = 1_000
# So many posts of a small site may share a term, and are still related by it.
COMMON = 8
# What a shared category counts beside a tag that is as common.
_CATEGORY_WEIGHT = 0.5
# Sums of the same weights in another order differ by less.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Related:
    """A related post, and the reason in words for readers."""

    post: Post
    score: float
    reason: str


class SharedTerms:
    """Finds the posts of one edition that share most with a post.

    Rare tags count more than common ones, the category a little, and what a quarter of all posts
    have nothing.
    """

    def __init__(
        self,
        posts: Mapping[str, Post],
        count: int,
        tags: Mapping[str, Term],
        categories: Mapping[str, Term],
    ) -> None:
        """`posts`, `tags` and `categories` are by slug; `count` is how many posts lists have."""
        self._posts = posts
        self._count = count
        self._tags = tags
        self._categories = categories
        # The slugs of posts that have a term, by its kind and slug.
        self._slugs: dict[tuple[TermKind, str], frozenset[str]] = {}

    def nearest(self, post: Post, count: int, banned: Collection[str]) -> list[Related]:
        """Return the `count` posts that share most, of equal ones the newest first.

        None of those whose slugs are `banned`.
        """
        weights = self._weights(post)
        scores: dict[str, float] = defaultdict(float)
        least = 0.0
        # What the terms to come can add to a score.
        left = sum(weight for _, weight in weights) + _ROUNDING
        for term, weight in weights:
            if least > left:
                # Only those that have a score can still be among the first (the rule MaxScore).
                for slug in scores.keys() & self._sharers(term):
                    scores[slug] += weight
            else:
                for other in term.posts[:MAX_SHARERS]:
                    scores[other.slug] += weight
            for slug in banned:
                scores.pop(slug, None)
            left -= weight
            best = sorted(scores.values(), reverse=True)[:count]
            if 0 < count == len(best):
                least = best[-1]
        # The order among equals is costly to know, so it is asked of those alone that can be among
        # the first.
        likely = [slug for slug, score in scores.items() if score >= least]
        likely.sort(key=lambda slug: (-scores[slug], newest_first(self._posts[slug])))
        return [self._related(slug, scores[slug], weights) for slug in likely[:count]]

    def _weights(self, post: Post) -> list[tuple[Term, float]]:
        """Return a post's terms with the score for sharing each, the rarest first."""
        slugs = dict.fromkeys(map(slugify, post.tags))
        terms = [self._tags[slug] for slug in slugs if slug in self._tags]
        terms.sort(key=lambda term: (term.count, term.slug))
        weights = [(term, log(1 + self._count / term.count)) for term in terms]
        category = self._categories.get(slugify(post.category))
        if category is not None:
            weight = _CATEGORY_WEIGHT * log(1 + self._count / category.count)
            weights.append((category, weight))
        most = max(COMMON, self._count // 4)
        return [(term, weight) for term, weight in weights if term.count <= most]

    def _sharers(self, term: Term) -> frozenset[str]:
        """Return the slugs of a term's posts that are looked at."""
        key = (term.kind, term.slug)
        if key not in self._slugs:
            self._slugs[key] = frozenset(post.slug for post in term.posts[:MAX_SHARERS])
        return self._slugs[key]

    def _related(self, slug: str, score: float, weights: list[tuple[Term, float]]) -> Related:
        post = self._posts[slug]
        own = {slugify(name) for name in (*post.tags, post.category)}
        names = [term.name for term, _ in weights if term.slug in own]
        return Related(post, score, f"shares {', '.join(dict.fromkeys(names))}")
