"""Moving in: what another system's source holds, as changes of posts/ and a report.

Front matter and dialects of other systems are read here as they are. So a text comes along byte by
byte, but for the fields that its system reads otherwise and for its old addresses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.editing.changes import Changes
from octavo.content.editing.composing import fenced
from octavo.content.editing.head_editor import HeadEditor
from octavo.content.editing.layouts import EditError, Value
from octavo.content.errors import ContentError, Mark, fault
from octavo.content.files.names import slug_of
from octavo.content.files.reading import PostsRoot
from octavo.content.files.walk import AUTHORS, OTHER_TEXTS, PAGES, is_content, is_section
from octavo.content.images import SUFFIXES
from octavo.content.parse import RESERVED, Parsed, parse
from octavo.content.posts import Author, Post
from octavo.content.slugs import slugify
from octavo.content.terms import TermKind
from octavo.site.addresses.places import is_own
from octavo.site.addresses.redirect_rules import NAME as REDIRECTS
from octavo.site.addresses.redirect_rules import add_rules
from octavo.site.moving_in import html_texts
from octavo.site.moving_in.import_plan import (
    ADDRESSES,
    BROKEN,
    DRAFTS,
    FILES,
    SCHEDULED,
    TEXTS,
    ImportPlan,
)
from octavo.site.moving_in.import_plan import AUTHORS as BYLINES
from octavo.site.moving_in.items import File, Item, Loss, OldList, SourceError, Text, nowhere
from octavo.site.moving_in.remote import remote_pictures
from octavo.site.moving_in.source import Source
from octavo.site.moving_in.systems import reader_of
from octavo.site.site import Site
from octavo.site.writers.naming import name_in

# Hears how many texts have been looked at, and how many there are.
Tell = Callable[[int, int], None]

_FILE_NAME = re.compile(r"[^\s/\\()\[\]{}\"'<>|=:,]+\.[A-Za-z0-9]{1,8}\b")
_TAKEN = "Files with a name that is there already"
_OWN_PAGES = RESERVED | {"404"}
# Where the text of a front page goes, which the setting `home` shows.
_HOME = f"{PAGES}home.md"
# Fields that keep a text from readers: without them it may not come along.
_KEEPS_AWAY = frozenset({"draft", "status", "visibility", "password", "unlisted"})


def silent(done: int, total: int) -> None:
    """Show no progress."""


def move_in(
    site: Site, system: str, source: Path, tell: Tell = silent, address: str = ""
) -> ImportPlan:
    """Return what a source of another system brings along; `address` is that of the old site.

    Nothing that is there is overwritten. Raises SourceError where it is no source of the system.
    """
    folder = Source(source, site.settings.zone, address)
    mover = _Mover(site)
    is_source = False
    for done, item in enumerate(reader_of(system)(folder)):
        tell(done, max(done, folder.expected))
        is_source = is_source or _is_text(item)
        try:
            mover.take(item)
        except Exception as error:
            # The others come along all the same.
            mover.plan.problems.append(fault(Mark(item.origin), error))
    if not is_source:
        raise SourceError(_nothing_read(system, folder))
    mover.take_named()
    mover.take_lists()
    mover.plan.losses.extend(folder.losses)
    return mover.plan


def _is_text(item: Item) -> bool:
    """Whether an item is an article or a page, in whatever format."""
    if isinstance(item, Loss | OldList):
        return False
    if isinstance(item, Text):
        return not item.target.startswith(AUTHORS)
    return _is_other_text(item.target)


def _is_other_text(path: str) -> bool:
    """Whether a file is a text in another format than Markdown, which is not served as it is."""
    lower = path.lower()
    return lower.endswith(OTHER_TEXTS) and not lower.endswith(ASSET_SUFFIXES)


def _nothing_read(system: str, source: Source) -> str:
    reason = f"There is no text here that `flask import {system}` reads: this is no source of it."
    for loss in source.losses[:1]:
        reason += f" {loss.why}: {loss.origin}."
    return reason


class _Mover:
    """Makes changes of items, one after the other."""

    def __init__(self, site: Site) -> None:
        self.plan = ImportPlan(Changes(site.folders.posts), Changes(PostsRoot(site.root)))
        self._site = site
        self._taken: set[str] = set()
        self._unpublished: list[File] = []
        self._lists: list[OldList] = []
        # The slugs that public texts have for each kind of terms.
        self._terms: dict[TermKind, set[str]] = {"category": set(), "tag": set()}

    def take(self, item: Item) -> None:
        """Plan the files that one item becomes, or note what is lost of it."""
        if isinstance(item, Loss):
            self.plan.losses.append(item)
        elif isinstance(item, OldList):
            self._lists.append(item)
        elif isinstance(item, Text):
            self._take_text(item)
        elif item.published or item.target.lower().endswith(SUFFIXES):
            self._take_file(item)
        else:
            self._unpublished.append(item)

    def take_named(self) -> None:
        """Plan the files that come along only where a text names them."""
        named: set[str] = set()
        if self._unpublished:
            for text in self.plan.changes.rewrites.values():
                names = _FILE_NAME.findall(text.after.decode("utf-8", "replace"))
                named.update(map(unquote, names))
        for file in self._unpublished:
            if file.target.rpartition("/")[2] in named:
                self._take_file(file)
            else:
                why = "Files that no text names, and that its system may not publish"
                self.plan.lose(file.origin, why)

    def take_lists(self) -> None:
        """Plan a line of `_redirects` for each list that is found elsewhere here.

        Of several categories of a text all but the first one are tags here. A list at its old name
        is found without a line.
        """
        found: dict[str, str] = {}
        for one in self._lists:
            slug = slugify(one.name)
            kinds = [kind for kind in (one.kind, "category", "tag") if slug in self._terms[kind]]
            if not kinds:
                # Only texts had it that readers do not see.
                continue
            for path in one.paths:
                folder, name = path.strip("/").split("/")[-2:]
                is_found = folder in ("category", "tag") and slugify(name) == slug
                if kinds[0] != one.kind or not is_found:
                    found[path] = self._site.addresses.term(kinds[0], slug)
        # The first that fits counts: those below others go first.
        in_order = sorted(found.items(), key=lambda rule: (-rule[0].count("/"), rule[0]))
        lines = [f"{quote(path)}*  {target}:splat" for path, target in in_order]
        try:
            self.plan.counts[ADDRESSES] += add_rules(self.plan.rules, lines)
        except OSError as error:
            self.plan.lose(REDIRECTS, f"Old lists, since the file cannot be read: {error.strerror}")

    def _take_file(self, file: File) -> None:
        lower = file.target.lower()
        if _is_other_text(lower):
            self.plan.lose(file.origin, "Texts that are no Markdown, to be converted first")
        elif not lower.endswith(ASSET_SUFFIXES):
            self.plan.lose(file.origin, "Files of a kind that is not served")
        elif any(part[:1] in ("_", ".") for part in file.target.split("/")):
            self.plan.lose(file.origin, "Files in folders whose name begins with `_`")
        elif lower in self._taken:
            self.plan.lose(file.origin, _TAKEN)
        elif os.path.lexists(self._site.posts_dir / file.target):
            if _same(file.source, self._site.posts_dir / file.target):
                self.plan.unchanged += 1
            else:
                self.plan.lose(file.origin, _TAKEN)
        else:
            self._taken.add(lower)
            self.plan.changes.copy(file.source, file.target)
            self.plan.counts[FILES] += 1

    def _take_text(self, text: Text) -> None:
        if text.target.lower().endswith(html_texts.SUFFIXES):
            try:
                target, data, left_out = html_texts.in_markdown(text.target, text.data)
            except ContentError as error:
                self.plan.lose(text.origin, f"Texts in HTML that cannot be read: {error}")
                return
            for name in left_out:
                why = "Parts of texts that a page may not hold"
                self.plan.lose(f"{text.origin} (<{name}>)", why)
            text = replace(text, target=target, data=data)
        target = self._place(text)
        if not is_content(target):
            self.plan.lose(text.origin, "Texts with a name that is not looked at here")
            return
        try:
            data = self._edited(text, target)
        except EditError:
            self.plan.lose(text.origin, "Texts that cannot be marked as not public, and stay away")
            return
        if target.startswith(PAGES) and slug_of(target) in _OWN_PAGES:
            self.plan.lose(text.origin, "Pages that this site makes itself")
            return
        read = data
        parsed = parse(target, read, self._site.rules)
        item = parsed.item
        if isinstance(item, Post):
            if (is_section(target) or target == _HOME) and not item.words:
                why = "Texts that describe a folder and have no words of their own"
                self.plan.lose(text.origin, why)
                return
            if not item.draft:
                data = self._with_old_addresses(text, target, data, item)
        free = self._free(text, target)
        if free != target or data is not read:
            parsed = parse(free, data, self._site.rules)
        self._bring(text, free, data, parsed)

    def _place(self, text: Text) -> str:
        """Return the path below posts/ for a text: a page with a date or tags is an article."""
        if not text.target.startswith(PAGES):
            return text.target
        inner = text.target.removeprefix(PAGES)
        if inner.rpartition(".")[0] in ("index", "_index"):
            return _HOME
        if text.told_apart:
            return text.target
        item = parse(text.target, text.data, self._site.rules).item
        if isinstance(item, Post) and (item.published is not None or item.tags):
            return inner
        return text.target

    def _edited(self, text: Text, target: str) -> bytes:
        """Return a text's bytes with the fields that its system adds.

        Raises EditError where one that keeps it from readers cannot be set.
        """
        try:
            editor = HeadEditor(target, fenced(target, text.data))
        except ContentError:
            if _KEEPS_AWAY & text.forced.keys():
                raise EditError from None
            return text.data
        defaults = {
            name: value
            for name, value in text.defaults.items()
            if name_in(editor.fields, name) not in editor.fields
        }
        for name, value in {**defaults, **text.mapped(editor.fields), **text.forced}.items():
            self._set(editor, text, name, value)
        return editor.data

    def _set(self, editor: HeadEditor, text: Text, name: str, value: Value) -> None:
        own = name_in(editor.fields, name)
        try:
            editor.set(own, value)
        except EditError:
            if name in _KEEPS_AWAY:
                raise
            self.plan.lose(text.origin, f"Texts in which `{name}` is to be written by hand")

    def _with_old_addresses(self, text: Text, target: str, data: bytes, post: Post) -> bytes:
        if text.addresses is nowhere:
            return data
        editor = HeadEditor(target, data)
        try:
            old = text.addresses(post, editor.fields)
        except ValueError as error:
            self.plan.lose(text.origin, f"Old addresses that cannot be computed: {error}")
            return data
        new = self._site.addresses.post(post).strip("/")
        known = {new, *(unquote(alias).strip("/") for alias in post.aliases)}
        wanted = [one for one in dict.fromkeys(old) if one.strip("/") not in known]
        wanted = [one for one in wanted if not is_own(one)]
        name = name_in(editor.fields, "aliases")
        try:
            if name not in editor.fields and wanted:
                editor.set(name, tuple(wanted))
            else:
                for address in wanted:
                    editor.append(name, address)
        except EditError:
            self.plan.lose(text.origin, "Texts whose old address is to be written by hand")
            return data
        return editor.data

    def _bring(self, text: Text, target: str, data: bytes, parsed: Parsed) -> None:
        there = self._site.posts_dir / target
        if os.path.lexists(there):
            if _read(there) == data:
                self.plan.unchanged += 1
            else:
                self.plan.lose(text.origin, _TAKEN)
            return
        self._taken.add(target.lower())
        self.plan.changes.create(target, data)
        self.plan.problems.extend(parsed.problems)
        self._count(target, parsed.item)
        for url in remote_pictures(data.decode("utf-8", "replace")):
            self.plan.remote.setdefault(url, []).append(target)

    def _free(self, text: Text, target: str) -> str:
        """Return the path of a text, or one with a number where another text has it."""
        stem, _, suffix = target.rpartition(".")
        free = target
        number = 1
        while free.lower() in self._taken:
            number += 1
            free = f"{stem}-{number}.{suffix}"
        if free != target:
            self.plan.lose(text.origin, "Texts of one name, so that a number is added to it")
        return free

    def _count(self, target: str, item: Post | Author | None) -> None:
        counts = self.plan.counts
        if target.startswith(AUTHORS):
            counts[BYLINES] += 1
            return
        counts[TEXTS] += 1
        if isinstance(item, Post):
            counts[ADDRESSES] += len(item.aliases)
        if item is None:
            counts[BROKEN] += 1
        elif isinstance(item, Post) and item.draft:
            counts[DRAFTS] += 1
        elif isinstance(item, Post):
            self._terms["category"].add(slugify(item.category))
            self._terms["tag"].update(map(slugify, item.tags))
        if isinstance(item, Post) and not item.draft and item.published is not None:
            counts[SCHEDULED] += item.published.timestamp() > self._site.clock()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _same(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_size == other.stat().st_size and _read(one) == _read(other)
    except OSError:
        return False
