"""Which file a writer means: by its path, its slug, or an address of the site."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from octavo.content.files.names import raw_name
from octavo.content.slugs import slugify_once, without_date
from octavo.content.urls import parts_of
from octavo.site.site import Site

# How many files are looked at for a name that no text has.
MAX_SEARCHED_FILES = 50_000


def path_of(site: Site, asked: str) -> str:
    """Return the path below posts/ of the file that is meant, or ''.

    `asked` is a path (from here, from the site's folder or below posts/), a slug, or an address.
    """
    return _by_path(site, asked) or _by_address(site, asked) or _by_name(site, asked)


def _by_path(site: Site, asked: str) -> str:
    root = site.posts_dir.absolute()
    if "://" in asked:
        return ""
    for start in (Path.cwd(), site.root.absolute(), root):
        found = Path(os.path.normpath(start / asked))
        if found.is_relative_to(root) and found != root and os.path.lexists(found):
            return _file_of(root, found)
    return ""


def _file_of(root: Path, found: Path) -> str:
    """Return the path of a file; of a folder, that of the file that it holds for an index."""
    if found.is_dir():
        for name in ("index.md", "_index.md"):
            if (found / name).is_file():
                found = found / name
                break
    return found.relative_to(root).as_posix()


def _by_address(site: Site, asked: str) -> str:
    parts = parts_of(asked)
    path = unquote(parts.path)
    edition = site.library.whole
    post = site.resolver(edition).post_at(path) or edition.by_slug.get(path.strip("/"))
    if post is None and path.startswith("/"):
        post = edition.redirect(path.strip("/"), parts.query)
    return "" if post is None else post.path


def _by_name(site: Site, asked: str) -> str:
    """Return the file with the name that an address ends in, of whatever kind, or ''."""
    last = unquote(parts_of(asked).path).strip("/").rpartition("/")[2]
    wanted = slugify_once(last)
    if not wanted:
        return ""
    named = (path for path in _files(site) if wanted in _names(path))
    return min(named, key=lambda path: (path.count("/"), path), default="")


def _names(path: str) -> tuple[str, str]:
    name = raw_name(path)
    return slugify_once(name), slugify_once(without_date(name))


def _files(site: Site) -> Iterator[str]:
    looked_at = 0
    for folder, _, files in os.walk(site.posts_dir):
        for name in files:
            looked_at += 1
            if looked_at > MAX_SEARCHED_FILES:
                return
            yield Path(folder, name).relative_to(site.posts_dir).as_posix()
