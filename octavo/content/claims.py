"""Who holds which address: a function of the files alone, the same on every machine."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf

from octavo.content.errors import Mark, Problem
from octavo.content.files.duplicates import suspect
from octavo.content.files.names import without_order
from octavo.content.posts import Post
from octavo.content.slugs import slugify

_DATE = re.compile(r"(?:^|/)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=[-_./ ]|$)")


@dataclass(frozen=True, slots=True)
class Claims:
    """Articles, or pages, with the slugs that they have got.

    `contested` are the slugs that several files want, and those that stand in for them: a change
    there may move others. `problems` tell of each file that did not get what it wants.
    """

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...] = ()
    contested: frozenset[str] = frozenset()


def settle(posts: Iterable[Post]) -> Claims:
    """Return `posts`, in the order of their paths, each with a slug of its own.

    A slug that several want goes to the first in the order of `precedence`. The others get the
    shortest longer one that is free; only a second explicit `slug:` is left out, as an error.
    """
    wanted: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        wanted[post.slug].append(post)
    rivals = {slug: claimants for slug, claimants in wanted.items() if len(claimants) > 1}
    if not rivals:
        return Claims(tuple(claimants[0] for claimants in wanted.values()))
    for claimants in rivals.values():
        claimants.sort(key=precedence)
    contest = _Contest(taken=set(wanted))
    later = [post for claimants in rivals.values() for post in claimants[1:]]
    settled = {claimants[0].path: claimants[0] for claimants in wanted.values()}
    for post in sorted(later, key=precedence):
        moved = contest.move(post, rivals[post.slug][0])
        if moved is not None:
            settled[moved.path] = moved
    in_order = tuple(settled[path] for path in sorted(settled))
    return Claims(in_order, tuple(contest.problems), frozenset(contest.tried | rivals.keys()))


def precedence(post: Post) -> tuple[bool, bool, bool, float, str]:
    """Return the sort key of those who want one slug.

    What readers may see comes before a draft, an explicit `slug:` before a name, a name before one
    that a tool gave to a copy, then the earlier date, then the path.
    """
    copied = suspect(post.path) is not None
    published = inf
    if post.published is not None:
        published = post.published.timestamp()
    return post.draft, not post.explicit_slug, copied, published, post.path


class _Contest:
    """The search for slugs for those who did not get theirs."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.tried: set[str] = set()
        self.problems: list[Problem] = []

    def move(self, post: Post, holder: Post) -> Post | None:
        """Return `post` with a free slug, or None where it insists on that of `holder`."""
        if post.explicit_slug and holder.explicit_slug:
            cause = f"The slug `{post.slug}` is also that of {holder.path}, which is shown instead."
            cure = "Give one of them another `slug:`."
            self.problems.append(Problem(Mark(post.path, 1), cause, cure))
            return None
        for slug in longer_slugs(post):
            self.tried.add(slug)
            if slug not in self.taken:
                break
        self.taken.add(slug)
        cause = f"The slug `{post.slug}` is that of {holder.path}; this article has `{slug}`."
        cure = f"Write `slug: {slug}` to keep that address for good, or another one."
        problem = Problem(Mark(post.path, 1), cause, cure, "warning", kind="repeated name")
        self.problems.append(problem)
        return replace(post, slug=slug)


def longer_slugs(post: Post) -> Iterator[str]:
    """Yield what may stand for a post's slug where that is taken, without end, the shortest first.

    The date in the file's name, else the folders above it, else the date of the article.
    """
    found = _DATE.search(post.path)
    folders = [slugify(without_order(part)) for part in reversed(_folders(post.path))]
    slug = post.slug
    if found is not None:
        year, month, day = found.groups()
        slug = f"{slug}-{year}-{int(month):02}-{int(day):02}"
        yield slug
    for folder in filter(None, folders):
        slug = f"{folder}-{slug}"
        yield slug
    if found is None and post.published is not None:
        slug = f"{slug}-{post.published:%Y-%m-%d}"
        yield slug
    number = 2
    while True:
        yield f"{slug}-{number}"
        number += 1


def _folders(path: str) -> list[str]:
    """Return the folders that group a post: not its own, nor parts of dates."""
    *folders, name = path.split("/")
    if name.lower().startswith("index.") and folders:
        folders.pop()
    return [folder for folder in folders if not folder.isdecimal() and folder[:1] != "_"]


def keeps_claim(before: Post, after: Post) -> bool:
    """Whether a new version of a file claims the same as the one before, so that nobody moves."""
    return (
        before.slug == after.slug
        and before.published == after.published
        and precedence(before) == precedence(after)
    )
