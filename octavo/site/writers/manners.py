"""The checks of good manners: what readers can do without, and are better off with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, combinations

from rapidfuzz.distance import OSA

from octavo.content.editing.code import without_code, without_comments
from octavo.content.errors import ContentError, Mark, Problem
from octavo.content.files.reading import decode
from octavo.content.images import SUFFIXES
from octavo.content.library.library import Edition
from octavo.content.posts import Post
from octavo.content.terms import Term
from octavo.site.site import Site

# Search engines and cards cut a longer summary; characters.
MAX_SUMMARY_CHARACTERS = 320
# A picture of more bytes is slow to upload, to copy and to back up, and no reader gets it so.
MAX_PICTURE_BYTES = 12_000_000
# Shorter tags differ by a letter without being mistakes: `art` and `ark`.
MIN_TAG = 5

_WITHOUT_ALT = re.compile(r"!\[[ \t]*\](?=[(\[])|<img\b(?![^<>]*\balt\s*=)[^<>]*>", re.IGNORECASE)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+\S", re.MULTILINE)


def of_text(site: Site, edition: Edition, post: Post) -> Iterator[Problem]:
    """Yield what the text of an article says about its pictures and headings."""
    try:
        text = decode(site.folders.posts.file(post.path).read_bytes(), post.path)
    except (OSError, ContentError):
        return
    plain = without_comments(without_code(text))
    start = post.body_start or 0
    for found in _WITHOUT_ALT.finditer(plain, start):
        cause = "A picture has no alternative text."
        cure = "Write what it shows, for those who do not see it: `![Two men at a hatch](...)`."
        mark = Mark.in_text(post.path, text, found.start())
        yield Problem(mark, cause, cure, "warning", kind="alternative text")
    level = 0
    for found in _HEADING.finditer(plain, start):
        own = len(found[1])
        if level and own > level + 1:
            cause = f"A heading of level {own} follows one of level {level}."
            cure = f"Write it with {'#' * (level + 1)}: readers with a screen reader go by levels."
            mark = Mark.in_text(post.path, text, found.start(1))
            yield Problem(mark, cause, cure, "warning", kind="heading level")
        level = own


def long_summaries(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the summaries that search engines and cards would cut."""
    for post in chain(edition.posts, edition.pages.values()):
        if len(post.summary) > MAX_SUMMARY_CHARACTERS:
            cause = (
                f"The summary has {len(post.summary)} characters; "
                f"{MAX_SUMMARY_CHARACTERS} are shown."
            )
            cure = "Say it in one or two sentences."
            yield Problem(Mark(post.path), cause, cure, "warning", kind="long summary")


def large_pictures(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the pictures that are much larger than any reader gets them."""
    for path, (_, size) in sorted(edition.library.assets.items()):
        if size > MAX_PICTURE_BYTES and path.lower().endswith(SUFFIXES):
            width = site.settings.picture_width
            cause = f"The picture has {size / 1e6:.0f} MB; readers get it {width} pixels wide."
            cure = "Save it smaller."
            yield Problem(Mark(path), cause, cure, "warning", kind="large picture")


def equal_titles(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the articles with the title of another one; those of one date too are told as twins."""
    first: dict[str, Post] = {}
    for post in sorted(edition.posts, key=lambda post: post.path):
        other = first.setdefault(post.title.casefold(), post)
        if other is not post and other.published != post.published:
            cause = f"The article has the title of {other.path}."
            cure = "Give one of them another, so that readers can tell them apart in lists."
            yield Problem(Mark(post.path), cause, cure, "warning", kind="equal title")


def nearly_equal_tags(site: Site, edition: Edition) -> Iterator[Problem]:
    """Yield the tags that differ from a commoner one by one letter."""
    alike: dict[str, list[Term]] = defaultdict(list)
    for slug, term in edition.tags.items():
        if len(slug) >= MIN_TAG and not re.search(r"\d", slug):
            # Two texts that differ by a letter become equal without it.
            for form in {slug, *(slug[:at] + slug[at + 1 :] for at in range(len(slug)))}:
                alike[form].append(term)
    seen: set[tuple[str, str]] = set()
    for terms in alike.values():
        for pair in combinations(terms, 2):
            rare, common = sorted(pair, key=lambda term: (term.count, term.slug))
            key = (rare.slug, common.slug)
            if key in seen or OSA.distance(*key, score_cutoff=1) > 1:
                continue
            seen.add(key)
            cause = f"The tag `{rare.name}` differs from `{common.name}` by one letter."
            cure = f"If both mean the same: `flask tags merge {rare.slug} {common.slug}`."
            yield Problem(Mark(rare.posts[0].path), cause, cure, "warning", kind="near tag")


CHECKS = (long_summaries, large_pictures, equal_titles, nearly_equal_tags)
