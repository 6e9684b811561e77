"""Names by which old addresses lead to a text: slugs, names of files, and aliases."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

from octavo.content.files.names import raw_name
from octavo.content.posts import Post
from octavo.content.slugs import slugify, without_date

# A query of more is not parsed: no old address has so many.
MAX_PARAMETERS = 100
# A number that may only order files, as in a folder of `01-intro` to `45-end`.
_NUMBER = re.compile(r"^\d{1,3}-(?=[^\W\d_])")
# Host, query and fragment of an address; urllib.parse would refuse some.
_NO_PATH = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*|[?#].*$", re.IGNORECASE | re.DOTALL)


def names_of(post: Post) -> tuple[str, ...]:
    """Return the slugs by which links and old addresses may name an article."""
    own = slugify(without_date(raw_name(post.path)))
    names = [post.slug, slugify(without_date(post.slug)), own]
    if own[:1].isdecimal():
        names.append(_NUMBER.sub("", own))
    return tuple(dict.fromkeys(filter(None, names)))


def parameters_of(query: str) -> dict[str, str]:
    """Return the parameters of an old address's query, as it was sent; the last of each name.

    {} for a query of more than MAX_PARAMETERS, which no address has.
    """
    try:
        return dict(parse_qsl(query, max_num_fields=MAX_PARAMETERS))
    except ValueError:
        return {}


def alias_key(path: str) -> str:
    """Return the key of an old address, whole or a path: the decoded path without outer slashes."""
    return unquote(_NO_PATH.sub("", path)).strip("/")
