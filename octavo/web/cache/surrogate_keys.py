"""Surrogate keys: by these, caches in front know what a page shows, and purge it when that changes.

A page has the keys of the subjects that its questions ask about; `touched.py` finds those that a
change touches.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from urllib.parse import quote

from octavo.content.library import link_name
from octavo.web.read_model.dependencies import Dependencies, Question

# Bytes of the keys in a page's headers, which name them three times; beyond this, one that covers
# all stands for them. nginx takes 4 KB of headers altogether unless it is told otherwise.
MAX_KEY_BYTES = 600

# The subjects of questions that have one.
SUBJECTS = {
    "post": "post", "card": "post", "hue": "post", "tags_of": "post", "bylines_of": "post",
    "neighbours": "post", "related": "post", "views": "post",
    "byline": "author", "bylines": "authors", "labels_beside": "tag",
    "front": "front", "most_read": "front", "latest": "front",
    "archive": "archive", "year": "archive", "theme": "site",
    "navigation": "navigation", "pages": "navigation", "terms": "terms", "everything": "everything",
}  # fmt: skip
# Subjects that have no parts to be named.
WHOLE = {"front", "archive", "authors", "site", "navigation", "everything"}


def surrogate_key(*names: object) -> str:
    """Return the key of a subject, such as `post:hello`."""
    return ":".join(quote(str(name), safe="/") for name in names)


def link_surrogate_key(path: str) -> str:
    """Return the key of all that a link to a path may lead to, by the path's last segment.

    It is a hash, so that names of drafts are not told.
    """
    name = link_name(path) or path
    return surrogate_key(
        "file", blake2b(name.encode("utf-8", "surrogateescape"), digest_size=5).hexdigest()
    )


# Every page asks some of the same questions.
@lru_cache(maxsize=16_384)
def surrogate_key_of(question: Question) -> str:
    """Return the surrogate key of a question's subject."""
    what, arguments = question
    if what in ("listed", "term"):
        return surrogate_key(*(argument for argument in arguments[:2] if argument)) or "articles"
    if what in ("link", "image"):
        # Named by what it may lead to, so that a page is known by what it links to, there or not.
        return link_surrogate_key(str(arguments[1]))
    subject = SUBJECTS.get(what, "everything")
    if subject in WHOLE:
        return subject
    return surrogate_key(subject, arguments[0])


def surrogate_key_headers(dependencies: Dependencies) -> list[tuple[str, str]]:
    """Return the headers that name a page's surrogate keys to caches in front.

    They are Fastly's, Cloudflare's, and RFC 9875's.
    """
    keys = sorted({surrogate_key_of(question) for question, _ in dependencies})
    if sum(len(key) + 1 for key in keys) > MAX_KEY_BYTES:
        keys = ["everything", *(key for key in keys if key in WHOLE)]
    groups = ", ".join(f'"{key}"' for key in keys)
    return [
        ("Surrogate-Key", " ".join(keys)),
        ("Cache-Tag", ",".join(keys)),
        ("Cache-Groups", groups),
    ]
