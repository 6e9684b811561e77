"""Names by which links and old addresses lead to a text: of files, slugs, and aliases."""

from __future__ import annotations

import re
from urllib.parse import unquote

from octavo.content.files.names import raw_name
from octavo.content.posts import Post
from octavo.content.slugs import slugify, slugify_once, without_date

# What systems write behind a page's name, and how they call the file that a folder is shown by.
PAGE_ENDING = re.compile(r"\.(?:md|mdx|markdown|qmd|rmd|rst|html?|xhtml|php|aspx?)$", re.IGNORECASE)
_INDEX = re.compile(rf"^(?:_?index|readme|default)(?:{PAGE_ENDING.pattern})?$", re.IGNORECASE)
# A number that may only order files, as in a folder of `01-intro` to `45-end`.
_NUMBER = re.compile(r"^\d{1,3}-(?=[^\W\d_])")
# Host, query and fragment of an address; urllib.parse would refuse some.
_NO_PATH = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*|[?#].*$", re.IGNORECASE | re.DOTALL)


def link_name(path: str) -> str:
    """Return the slug that all links to one file or article share: that of the path's last segment.

    A date before it and a page's ending are left out. '' where it has no letter or digit.
    """
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    while parts and _INDEX.match(parts[-1]):
        parts.pop()
    if not parts:
        return ""
    return slugify_once(without_date(PAGE_ENDING.sub("", parts[-1])))


def names_of(post: Post) -> tuple[str, ...]:
    """Return the slugs by which links and old addresses may name an article."""
    own = slugify(without_date(raw_name(post.path)))
    names = [post.slug, slugify(without_date(post.slug)), own]
    if own[:1].isdecimal():
        names.append(_NUMBER.sub("", own))
    return tuple(dict.fromkeys(filter(None, names)))


def alias_key(path: str) -> str:
    """Return the key of an old address, whole or a path: the decoded path without outer slashes."""
    return unquote(_NO_PATH.sub("", path)).strip("/")
