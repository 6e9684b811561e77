"""A post gets another name: its file or folder moves, and everything that leads to it follows."""

from __future__ import annotations

import re
from dataclasses import replace

from octavo.content.editing.changes import Changes
from octavo.content.editing.head_editor import HeadEditor
from octavo.content.editing.layouts import EditError
from octavo.content.errors import ContentError
from octavo.content.files.names import name_of, raw_name
from octavo.content.files.walk import is_section
from octavo.content.library.link_names import alias_key
from octavo.content.parse import parse
from octavo.content.posts import Author, Post
from octavo.content.slugs import slugify
from octavo.site.site import Site
from octavo.site.writers.links_to_renamed import LinksToRenamed
from octavo.site.writers.naming import name_in


def rename(site: Site, post: Post, name: str) -> Changes:
    """Return the changes that give a post the slug of `name`.

    Its old address stays as an alias, which also keeps its id in feeds and its views. Links and
    `related` in other posts are mended. Raises EditError or ContentError where that cannot be done.
    """
    slug = slugify(name)
    holders = site.library.by_slug
    if post.kind == "page":
        holders = {page.slug: page for page in site.library.pages}
    if not slug or slug == post.slug:
        raise EditError(f"`{name}` is no other name than it has.")
    if slug in holders:
        raise EditError(f"{holders[slug].path} has the slug `{slug}` already.")
    _refuse_old_address(site, post, slug)
    changes = Changes(site.folders.posts)
    path = _new_path(site, post, slug)
    _rewrite(site, changes, post, path, slug)
    resolver = site.resolver(site.library.whole)
    links = LinksToRenamed(post, path, slug, resolver, site.addresses)
    for text in site.library.by_path.values():
        _mend(changes, text, links)
    for author in site.library.authors.values():
        _mend(changes, author, links)
    moved = _moved(post.path, path)
    if moved is not None:
        changes.move(*moved)
    return changes


def _refuse_old_address(site: Site, post: Post, slug: str) -> None:
    """Raise EditError where the new address is an old one of another post, which would be lost."""
    address = site.addresses.inside(site.addresses.post(replace(post, slug=slug)))
    wanted = alias_key(address)
    for other in site.library.by_path.values():
        if other is not post and wanted in map(alias_key, other.aliases):
            raise EditError(f"{address} is an old address of {other.path}: name it otherwise.")


def _new_path(site: Site, post: Post, slug: str) -> str:
    """Return the path of a post's file with the new name; the old one where it cannot move."""
    folder, _, file = post.path.rpartition("/")
    raw = raw_name(post.path)
    new_raw = f"{raw.removesuffix(name_of(post.path))}{slug}"
    if not raw.endswith(name_of(post.path)):
        new_raw = slug
    stem, _, suffix = file.rpartition(".")
    if stem == raw:
        return "/".join(filter(None, (folder, f"{new_raw}.{suffix}")))
    inside = [path for path in site.library.by_path if path.startswith(f"{folder}/")]
    if is_section(post.path) or len(inside) > 1:
        # The folder is that of other posts too.
        return post.path
    above = folder.rpartition("/")[0]
    return "/".join(filter(None, (above, new_raw, file)))


def _moved(path: str, new_path: str) -> tuple[str, str] | None:
    """Return the file or folder to move, and where to."""
    if path == new_path:
        return None
    file = path.rpartition("/")[2]
    if new_path.rpartition("/")[2] == file:
        return path.rpartition("/")[0], new_path.rpartition("/")[0]
    return path, new_path


def _rewrite(site: Site, changes: Changes, post: Post, path: str, slug: str) -> None:
    editor = HeadEditor(post.path, changes.current(post.path))
    old = [site.addresses.post(post)]
    if post.kind == "post":
        # First the one that feeds and views know it by.
        old = [site.addresses.by_slug(post.slug), *old]
    for address in old:
        editor.append(name_in(editor.fields, "aliases"), address)
    if post.explicit_slug:
        editor.set(name_in(editor.fields, "slug"), slug)
    found = parse(path, editor.data, site.rules).item
    if not isinstance(found, Post):
        raise EditError(f"{post.path} is broken: mend it first.")
    if found.slug != slug:
        editor.set("slug", slug)
    if found.title != post.title:
        editor.set(name_in(editor.fields, "title"), post.title)
    changes.write(post.path, editor.data)


def _mend(changes: Changes, other: Post | Author, links: LinksToRenamed) -> None:
    """Plan the new form of the links to the post in the file of another, or in its own."""
    try:
        data = changes.current(other.path)
        if other is not links.post:
            data = _related(other, data, links)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError, ContentError):
        return
    mended = _picture(other, links.mended(other.path, text), links).encode()
    if mended != changes.current(other.path):
        changes.write(other.path, mended)


def _picture(other: Post | Author, text: str, links: LinksToRenamed) -> str:
    """Return the text of a file with the path of its own picture leading to where that is now."""
    named = other.avatar if isinstance(other, Author) else other.image and other.image.path
    new = links.target(other.path, named or "")
    if not named or new == named:
        return text
    # Its value alone on a line, or in a table between braces.
    return re.sub(rf"(?<![\w/.-]){re.escape(named)}(?![\w/.-])", lambda found: new, text, count=1)


def _related(other: Post | Author, data: bytes, links: LinksToRenamed) -> bytes:
    editor = HeadEditor(other.path, data)
    for field in ("related", "related_exclude"):
        name = name_in(editor.fields, field)
        for item in editor.items(name):
            if slugify(item) == links.post.slug:
                editor.replace_item(name, item, links.new_slug)
    return editor.data
