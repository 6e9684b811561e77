"""Where texts stood in other systems: patterns of addresses filled in, and names made of titles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from octavo.content.frontmatter.fences import plain_name
from octavo.content.posts import Post
from octavo.content.slugs import without_date
from octavo.content.urls import parts_of
from octavo.site.addresses.permalinks import DATES, SLASHES, TOKEN
from octavo.site.moving_in.items import AddressError, Fields


def filled(pattern: str, words: Mapping[str, str], day: datetime | None) -> str:
    """Return the path that a pattern such as `/:year/:title/` makes of words and a date.

    Raises AddressError for a word that is not known, and where there is no date for one.
    """

    def value(found: re.Match[str]) -> str:
        word = found[1]
        if word in words:
            return words[word]
        if word not in DATES:
            raise AddressError(f"`:{word}` of `{pattern}` is not known")
        if day is None:
            raise AddressError(f"`{pattern}` asks for a date, and they have none")
        return DATES[word](day)

    return SLASHES.sub("/", f"/{TOKEN.sub(value, pattern)}")


def based(base_url: object, address: str) -> tuple[str, ...]:
    """Return the old addresses of a text that stood at `address` of a site at `base_url`.

    `/blog/a/` and `/a/` where the site was at `https://example.org/blog`, else `/a/` alone.
    """
    base = parts_of(str(base_url or "")).path.rstrip("/")
    if not base:
        return (address,)
    return (f"{base}{address}", address)


def day_of(post: Post, zone: tzinfo) -> datetime | None:
    """Return when a text was published, in the time zone of its source."""
    if post.published is None:
        return None
    return post.published.astimezone(zone)


def said(fields: Fields, *names: str) -> str:
    """Return the text of the first of the named fields that has one, or ''; in any case."""
    plain = {plain_name(name): value for name, value in fields.items()}
    for name in names:
        value = plain.get(plain_name(name))
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value):
            return str(value)
    return ""


def listed(fields: Fields, *names: str) -> list[str]:
    """Return the texts of these fields; one text is split at commas. Case does not count."""
    plain = {plain_name(name): value for name, value in fields.items()}
    found: list[str] = []
    for name in names:
        value: Any = plain.get(plain_name(name))
        if isinstance(value, str):
            value = value.split(",")
        if isinstance(value, list):
            found.extend(str(one).strip() for one in value if str(one).strip())
    return found


def stem_of(path: str) -> str:
    """Return the name of a file without its folders and ending; of an index, that of its folder."""
    folder, _, file = path.rpartition("/")
    stem = file.rpartition(".")[0] or file
    if stem in ("index", "_index") and folder:
        return folder.rpartition("/")[2]
    return stem


def undated_stem(path: str) -> str:
    """Return `stem_of` without the date at its beginning."""
    return without_date(stem_of(path))


def folder_of(path: str) -> str:
    """Return the folder of a text; of `NAME/index.md`, that above NAME."""
    folder, _, file = path.rpartition("/")
    if file.rpartition(".")[0] in ("index", "_index"):
        folder = folder.rpartition("/")[0]
    return folder


def ascii_name(title: str) -> str:
    """Return a name as Zola, Pelican and Eleventy make it: ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9_]+", plain))


def spoken_name(title: str) -> str:
    """Return a name as Jekyll, Hexo and Ghost make it: words of any script joined by hyphens."""
    return "-".join(re.findall(r"[^\W_]+", title.lower()))
