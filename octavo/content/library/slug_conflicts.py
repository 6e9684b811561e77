"""Which article gets which slug where several want the same, decided from the files alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from octavo.content.errors import Mark, Problem
from octavo.content.files.duplicates import suspect
from octavo.content.files.names import (
    category_of,
    is_of_its_folder,
    slug_of,
    title_of,
    without_numbers,
    without_order,
)
from octavo.content.posts import Post
from octavo.content.slugs import slugify

_DATE = re.compile(r"(?:^|/)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=[-_./ ]|$)")


@dataclass(frozen=True, slots=True)
class SlugAssignment:
    """Articles, or pages, each with the slug that it got.

    `conflicting` are the slugs that several files want, and those given in their place: a change of
    one of these may move other articles. `problems` has one for each file that did not get what it
    wants.
    """

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...] = ()
    conflicting: frozenset[str] = frozenset()


def unnumbered(posts: Sequence[Post]) -> list[Post]:
    """Return posts without the numbers that only order their files and folders.

    What a file says itself, its slug, title or category, stays.
    """
    plain = without_numbers([post.path for post in posts])
    if not plain:
        return list(posts)
    return [_renamed(post, plain[post.path]) if post.path in plain else post for post in posts]


def _renamed(post: Post, path: str) -> Post:
    """Return a post with what its file's path says, as if the file were at `path`."""
    slug = post.slug
    if slug == slug_of(post.path) and not post.explicit_slug:
        slug = slug_of(path) or slug
    title = post.title
    if title == title_of(post.path):
        title = title_of(path)
    category = post.category
    if category == category_of(post.path):
        category = category_of(path)
    return replace(post, slug=slug, title=title, category=category)


def assign_slugs(posts: Iterable[Post]) -> SlugAssignment:
    """Return `posts`, sorted by path, each with a slug of its own.

    A slug that several want goes to the first in the order of `precedence`. The others get the
    shortest longer one that is free; only a second explicit `slug:` is left out, as an error.
    """
    wanted: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        wanted[post.slug].append(post)
    rivals = {slug: claimants for slug, claimants in wanted.items() if len(claimants) > 1}
    if not rivals:
        return SlugAssignment(tuple(claimants[0] for claimants in wanted.values()))
    for claimants in rivals.values():
        claimants.sort(key=precedence)
    conflicts = _Conflicts(taken=set(wanted))
    later = [post for claimants in rivals.values() for post in claimants[1:]]
    settled = {claimants[0].path: claimants[0] for claimants in wanted.values()}
    for post in sorted(later, key=precedence):
        moved = conflicts.move(post, rivals[post.slug][0])
        if moved is not None:
            settled[moved.path] = moved
    in_order = tuple(settled[path] for path in sorted(settled))
    return SlugAssignment(
        in_order, tuple(conflicts.problems), frozenset(conflicts.tried | rivals.keys())
    )


def precedence(post: Post) -> tuple[bool, bool, bool, float, str]:
    """Return the sort key of posts that want one slug; the smallest gets it.

    A public post comes before a draft, an explicit `slug:` before a file's name, a name before that
    of a tool's copy, then the earlier date, then the path.
    """
    copied = suspect(post.path) is not None
    published = inf
    if post.published is not None:
        published = post.published.timestamp()
    return post.draft, not post.explicit_slug, copied, published, post.path


class _Conflicts:
    """The search for free slugs for the posts that did not get what they want."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.tried: set[str] = set()
        self.problems: list[Problem] = []

    def move(self, post: Post, holder: Post) -> Post | None:
        """Return `post` with a free slug; None where it and `holder` have theirs explicitly."""
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
    """Yield longer slugs for a post whose own is taken, the shortest first, without end.

    They add the date in the file's name, the folders, the article's date, and at last a number.
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
    """Return the folders that group a post, without its own folder and without parts of dates."""
    *folders, _ = path.split("/")
    if is_of_its_folder(path):
        folders.pop()
    return [folder for folder in folders if not folder.isdecimal() and folder[:1] != "_"]


def keeps_slug(before: Post, after: Post) -> bool:
    """Whether the new version of a file has the slug and the precedence of the one before."""
    return (
        before.slug == after.slug
        and before.published == after.published
        and precedence(before) == precedence(after)
    )
