"""Drafts: what `flask posts new` writes, and texts that are published and withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from octavo.content.editing.changes import Changes
from octavo.content.editing.head_editor import HeadEditor
from octavo.content.editing.layouts import EditError
from octavo.content.files.names import category_of
from octavo.content.files.walk import TEMPLATES, is_content
from octavo.content.frontmatter.audience import restriction
from octavo.content.frontmatter.fences import plain_name
from octavo.content.frontmatter.verdicts import Audience, as_bool
from octavo.content.parse import parse
from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.site.site import Site
from octavo.site.writers.naming import name_in
from octavo.site.writers.standing import restricting_fields

# The template of texts whose category has none by its slug.
DEFAULT_TEMPLATE = "default.md"
_TEMPLATE = "---\ntitle:\ndate:\ndraft: true\n---\n\n"


def begin(site: Site, title: str, *, folder: str, category: str, author: str) -> Changes:
    """Return the changes that begin a draft of this title, dated now.

    Its file is in `folder` below posts/, else in that of its category where there is one. What the
    template leaves empty or out is filled in. Raises EditError where its name is taken.
    """
    slug = slugify(title)
    if not slug:
        raise EditError("The title has no letter or digit to make a name of.")
    if slug in site.library.by_slug:
        raise EditError(f"{site.library.by_slug[slug].path} has the slug `{slug}` already.")
    if not folder and category and (site.posts_dir / slugify(category)).is_dir():
        folder = slugify(category)
    path = "/".join(filter(None, (folder.strip("/"), f"{slug}.md")))
    if not (site.posts_dir / path).resolve().is_relative_to(site.posts_dir.resolve()):
        raise EditError(f"`{folder}` is not below posts/.")
    if not is_content(path):
        raise EditError(f"{path} would not be looked at: a name in it begins with `_` or `.`.")
    editor = HeadEditor(path, _template(site.posts_dir, category or category_of(path)))
    editor.set("title", title)
    editor.set(name_in(editor.fields, "date"), _now(site))
    editor.set("draft", True)
    if category and category != category_of(path):
        editor.set(name_in(editor.fields, "category"), category)
    if author:
        name = name_in(editor.fields, "authors")
        if name not in editor.fields:
            name = "author"
        editor.set(name, author)
    changes = Changes(site.folders.posts)
    changes.create(path, editor.data)
    return changes


def _template(posts_dir: Path, category: str) -> bytes:
    for name in (f"{slugify(category)}.md", DEFAULT_TEMPLATE):
        file = posts_dir / TEMPLATES / name
        if file.is_file():
            return file.read_bytes()
    return _TEMPLATE.encode()


def _now(site: Site) -> datetime:
    """Return this minute in the site's time zone."""
    now = datetime.fromtimestamp(site.clock(), UTC).astimezone(site.settings.zone)
    return now.replace(second=0, microsecond=0)


def publish(site: Site, post: Post, at: datetime | None = None) -> Changes:
    """Return the changes that let readers see a text, from its date or from `at` on.

    A text without a date is dated now. Raises EditError where a field keeps it from readers that a
    program cannot change for its writer.
    """
    changes = Changes(site.folders.posts)
    editor = HeadEditor(post.path, changes.current(post.path))
    for field in restricting_fields(site, post):
        if field.audience == Audience.WITHHELD:
            editor.set(field.name, _public_value(field.name, field.value, editor))
    if at is not None or (post.published is None and post.kind == "post"):
        editor.set(name_in(editor.fields, "date"), at or _now(site))
    found = parse(post.path, editor.data, site.rules)
    if found.item is None:
        raise EditError(f"{found.problems[0]}")
    if isinstance(found.item, Post) and found.item.draft:
        raise EditError(f"{post.path} would still be kept from readers: `flask posts why` it.")
    for limit in site.folder_limits:
        if limit.audience == Audience.WITHHELD and limit.concerns(post):
            raise EditError(f"{limit.path} keeps its folder from readers: change that by hand.")
    changes.write(post.path, editor.data)
    return changes


def _public_value(name: str, value: str, editor: HeadEditor) -> str | bool:
    """Return the value of a field that keeps a text from readers with which it does not."""
    said = as_bool(value)
    public: str | bool = "published"
    if said is not None:
        public = not said
    verdict = restriction(plain_name(name), public)
    is_public = verdict is not None and verdict.audience == Audience.PUBLIC
    if name not in editor.fields or not is_public or plain_name(name) in _SECRETS:
        raise EditError(f"`{name}: {value}` keeps it from readers: change that by hand.")
    return public


# Fields whose value is not one of a few words.
_SECRETS = frozenset("password postpassword passphrase passcode pwd".split())


def unpublish(site: Site, post: Post) -> Changes:
    """Return the changes that make a text a draft again. Raises EditError where that fails."""
    changes = Changes(site.folders.posts)
    editor = HeadEditor(post.path, changes.current(post.path))
    editor.set(next((name for name in editor.fields if plain_name(name) == "draft"), "draft"), True)
    changes.write(post.path, editor.data)
    return changes


def parse_moment(site: Site, text: str) -> datetime:
    """Return a moment as people type it, in the site's time zone where it names none.

    Raises ValueError for anything but ISO 8601.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=site.settings.zone)
    return moment
