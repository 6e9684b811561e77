"""Surrogate keys: by these, caches in front know what a page shows, and purge it when that changes.

A page has the keys of the subjects that its questions ask about; `touched.py` finds those that a
change touches.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from sys import intern
from urllib.parse import quote

from octavo.content.library import link_name
from octavo.site.addresses.feeds import LAST_PARTS, feed_at
from octavo.web.read_model.dependencies import Question

# Bytes of the keys in a page's headers, which name them three times; beyond this, one that covers
# all stands for them. nginx takes 4 KB of headers altogether unless it is told otherwise.
MAX_KEY_BYTES = 600

# The subjects of questions that have one.
SUBJECTS = {
    "post": "post", "card": "post", "hue": "post", "tags_of": "post", "bylines_of": "post",
    "neighbours": "post", "related": "post", "views": "post",
    "byline": "author", "bylines": "authors", "labels_beside": "tag",
    "front": "front", "most_read": "front",
    "archive": "archive", "year": "archive", "theme": "site",
    "navigation": "navigation", "pages": "navigation", "terms": "terms", "everything": "everything",
}  # fmt: skip
# Questions for what a path leads to; the path is their last argument.
LINKS = {"link", "image", "social", "slug_at"}
# The months and days of a year, in other systems' archives.
_YEAR = re.compile(r"((?:19|20)[0-9]{2})(?:/[0-9]{1,2}){1,2}/?$")
# Subjects that have no parts to be named.
WHOLE = {"front", "archive", "authors", "site", "navigation", "everything"}

# What `quote` leaves as it is, and the colon between names.
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~/:-]*")


def surrogate_key(*names: object) -> str:
    """Return the key of a subject, such as `post:hello`."""
    key = ":".join(map(str, names))
    if _UNRESERVED.fullmatch(key) and key.count(":") < len(names):
        return key
    return ":".join(quote(str(name), safe="/") for name in names)


def link_surrogate_key(path: str) -> str:
    """Return the key of all that a link to a path may lead to, by the path's last segment.

    It is a hash, so that names of drafts are not told.
    """
    name = link_name(path)
    return surrogate_key(
        "file", blake2b(name.encode("utf-8", "surrogateescape"), digest_size=5).hexdigest()
    )


# Every page asks some of the same questions.
@lru_cache(maxsize=16_384)
def surrogate_keys_of(question: Question) -> tuple[str, ...]:
    """Return the surrogate keys of a question's subject; a link may have two."""
    what, arguments = question
    if what in ("listed", "latest", "term"):
        term = surrogate_key(*(argument for argument in arguments[:2] if argument))
        return (intern(term or "articles"),)
    if what in LINKS:
        # Named by what it may lead to, so that a page is known by what it links to, there or not.
        return tuple(intern(link_surrogate_key(path)) for path in _paths_of(*map(str, arguments)))
    subject = SUBJECTS.get(what, "everything")
    if subject in WHOLE:
        return (subject,)
    return (intern(surrogate_key(subject, arguments[0])),)


def _paths_of(owner: str, target: str = "") -> Iterator[str]:
    """Yield the paths of what a link may lead to: that of its target, and of the list it is for."""
    path = posixpath.normpath(posixpath.join("/", posixpath.dirname(owner), target))
    if not target:
        path = owner
    yield path
    key = path.strip("/")
    if key.rpartition("/")[2].lower() in LAST_PARTS:
        feed = feed_at(key)
        if feed is not None:
            yield feed[0]
    year = _YEAR.search(path)
    if year is not None:
        yield year[1]


def all_surrogate_keys(questions: Iterable[Question]) -> tuple[str, ...]:
    """Return the surrogate keys of all questions of a page, sorted."""
    return tuple(sorted(set(chain.from_iterable(map(surrogate_keys_of, questions)))))


def surrogate_key_headers(keys: Collection[str]) -> list[tuple[str, str]]:
    """Return the headers that name a page's surrogate keys, sorted, to caches in front.

    They are Fastly's, Cloudflare's, and RFC 9875's.
    """
    if sum(len(key) + 1 for key in keys) > MAX_KEY_BYTES:
        keys = ["everything", *(key for key in keys if key in WHOLE)]
    groups = ", ".join(f'"{key}"' for key in keys)
    return [
        ("Surrogate-Key", " ".join(keys)),
        ("Cache-Tag", ",".join(keys)),
        ("Cache-Groups", groups),
    ]
