"""Where things stand in the site: the path of each post's, term's and picture's address, without
the base URL.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from octavo.content.images import Picture, copy_widths
from octavo.content.posts import Post


def post_path(post: Post) -> str:
    """Return the path of an article or a page."""
    slug = _quoted(post.slug)
    return f"/articles/{slug}/" if post.kind == "post" else f"/{slug}/"


def term_path(kind: str, slug: str) -> str:
    """Return the path of a category's, tag's or author's list."""
    folder = "categories" if kind == "category" else f"{kind}s"
    return f"/{folder}/{_quoted(slug)}/"


@lru_cache(maxsize=65536)
def _quoted(name: str) -> str:
    return quote(name)


def picture_path(path: str, picture: Picture, width: int | None = None) -> str:
    """Return the path of a picture below posts/: of the original, or of its WebP `width` pixels
    wide.

    The content's hash stands in it, so what it answers never changes.
    """
    tag = picture.digest[:12]
    if width is None:
        return f"/media/{tag}/{_quoted(path)}"
    return f"/media/{tag}/{width}/{_quoted(path)}.webp"


def picture_widths(path: str, picture: Picture) -> str:
    """Return the widths that a picture is served in, as HTML's `srcset`; empty where there is the
    original alone.
    """
    return ", ".join(
        f"{picture_path(path, picture, width)} {width}w" for width in copy_widths(picture)
    )
