"""A tag, category, author or the like gets another name in all texts, or is merged with another."""

from __future__ import annotations

from collections.abc import Iterator

from octavo.content.editing.changes import Changes
from octavo.content.editing.head_editor import HeadEditor
from octavo.content.editing.layouts import EditError
from octavo.content.files.reading import PostsRoot
from octavo.content.files.walk import AUTHORS
from octavo.content.parse import parse
from octavo.content.posts import Author, Post
from octavo.content.slugs import slugify
from octavo.content.terms import TermKind
from octavo.site.addresses.redirect_rules import add_rules
from octavo.site.site import Site
from octavo.site.writers.naming import name_in

# The fields in which each kind of names stands; other kinds are named as theirs, or its plural.
FIELDS: dict[TermKind, str] = {"tag": "tags", "category": "category", "author": "authors"}


def rename_term(site: Site, kind: TermKind, old: str, new: str) -> tuple[Changes, Changes]:
    """Return the changes of posts/, and of `_redirects`, that give a term another name.

    Raises EditError where it is unknown, or where the new name is that of another one.
    """
    _known(site, kind, old)
    if slugify(new) != slugify(old) and slugify(new) in _slugs(site, kind):
        raise EditError(f"There is a {kind} `{new}` already: merge them.")
    if not slugify(new):
        raise EditError(f"`{new}` has no letter or digit.")
    changes = Changes(site.folders.posts)
    if kind == "author":
        new = _move_byline(changes, site.library.authors.get(slugify(old)), new)
    return _renamed(site, changes, kind, old, new)


def merge_terms(site: Site, kind: TermKind, old: str, into: str) -> tuple[Changes, Changes]:
    """Return the changes of posts/, and of `_redirects`, that give a term's posts to another one.

    Raises EditError where one of them is unknown.
    """
    _known(site, kind, old)
    _known(site, kind, into)
    if slugify(old) == slugify(into):
        raise EditError("Both are the same.")
    name = into
    if kind != "author":
        name = site.library.whole.terms(kind)[slugify(into)].name
    return _renamed(site, Changes(site.folders.posts), kind, old, name)


def _slugs(site: Site, kind: TermKind) -> set[str]:
    found = set(site.library.whole.terms(kind))
    if kind == "author":
        found.update(site.library.authors)
    return found


def _known(site: Site, kind: TermKind, name: str) -> None:
    if slugify(name) not in _slugs(site, kind):
        raise EditError(f"There is no {kind} `{name}`.")


def _move_byline(changes: Changes, author: Author | None, new: str) -> str:
    """Plan the new name of an author's file; return how posts name the author from now on."""
    if author is None:
        return new
    if new != slugify(new):
        editor = HeadEditor(author.path, changes.current(author.path))
        editor.set("name", new)
        changes.write(author.path, editor.data)
    if slugify(new) != author.slug:
        changes.move(author.path, f"{AUTHORS}{slugify(new)}.md")
    return slugify(new)


def _renamed(
    site: Site, changes: Changes, kind: TermKind, old: str, new: str
) -> tuple[Changes, Changes]:
    wanted = {slugify(old)}
    author = site.library.authors.get(slugify(old))
    if kind == "author" and author is not None:
        wanted.add(slugify(author.name))
    for post in site.library.by_path.values():
        if wanted.intersection(map(slugify, _names(post, kind))):
            _rewrite(site, changes, post, kind, wanted, new)
    return changes, _redirect(site, kind, slugify(old), slugify(new))


def _names(post: Post, kind: TermKind) -> tuple[str, ...]:
    if kind == "tag":
        return post.tags
    if kind == "author":
        return post.authors
    if kind == "category":
        return (post.category,)
    return post.terms(kind)


def _rewrite(
    site: Site, changes: Changes, post: Post, kind: TermKind, wanted: set[str], new: str
) -> None:
    editor = HeadEditor(post.path, changes.current(post.path))
    for field, item in list(_written(site, editor, kind, wanted)):
        if item != new:
            editor.replace_item(field, item, new)
    found = parse(post.path, editor.data, site.rules).item
    if kind == "category" and isinstance(found, Post) and slugify(found.category) != slugify(new):
        # It was the name of a folder.
        editor.set(name_in(editor.fields, "category"), new)
        found = parse(post.path, editor.data, site.rules).item
    left = wanted - {slugify(new)}
    if not isinstance(found, Post) or left.intersection(map(slugify, _names(found, kind))):
        raise EditError(f"{post.path} names its {kind} in a way that is to be changed by hand.")
    changes.write(post.path, editor.data)


def _written(
    site: Site, editor: HeadEditor, kind: TermKind, wanted: set[str]
) -> Iterator[tuple[str, str]]:
    """Yield field and text of each place in a front matter that names the term."""
    spellings = {kind, site.rules.taxonomies.get(kind, kind)}
    if kind in FIELDS:
        spellings = {FIELDS[kind]}
    for own in {name_in(editor.fields, spelling) for spelling in spellings}:
        for item in editor.items(own):
            if slugify(item) in wanted:
                yield own, item
    if kind == "tag":
        # All categories of a text but the first one are tags.
        field = name_in(editor.fields, "category")
        for item in editor.items(field)[1:]:
            if slugify(item) in wanted:
                yield field, item


def _redirect(site: Site, kind: TermKind, old: str, new: str) -> Changes:
    """Return the change of `_redirects` that leads from a term's old pages and feeds to its new."""
    changes = Changes(PostsRoot(site.root))
    if old == new:
        return changes
    before = site.addresses.term(kind, old)
    add_rules(changes, [f"{before}*  {site.addresses.term(kind, new)}:splat"])
    return changes
