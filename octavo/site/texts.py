"""Rendered texts: the HTML of bodies and bios, made when first asked for, and kept in memory.

Words of the site's own pages are in the templates.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import astuple, dataclass, field, replace
from itertools import starmap
from typing import Any

from octavo.content.errors import Mark, Problem, fault
from octavo.content.library.library import Edition
from octavo.content.markdown import render as markup
from octavo.content.markdown.dialects.scan import KEPT as MARK
from octavo.content.markdown.outline import Heading
from octavo.content.markdown.plugin_shortcodes import PluginShortcodes
from octavo.content.markdown.render import (
    ENGLISH,
    NO_HOSTS,
    Hosts,
    Rendered,
    Say,
    Typography,
    english,
)
from octavo.content.posts import Author, Post
from octavo.content.prepared import MAX_ROWS, Prepared
from octavo.hooks import Plugins
from octavo.site.addresses import Addresses, AddressResolver, MakeAddressResolver

log = logging.getLogger("octavo")

# Rendered texts kept in memory, in characters of HTML.
CAPACITY = 64_000_000
NO_PLUGINS = Plugins()
# The width that a figure has in an article, for the browser to choose a picture by.
SIZES = "(min-width: 60rem) 44rem, calc(100vw - 2rem)"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a text's links, pictures and cards resolved to; it is right while they still do."""

    links: dict[str, str | None] = field(default_factory=dict)
    pictures: dict[str, markup.ResolvedPicture | None] = field(default_factory=dict)
    # Title and summary of the texts that cards lead to.
    cards: dict[str, tuple[str, str] | None] = field(default_factory=dict)


class FileTargets:
    """Resolves links, pictures and cards of the file at `path`, and notes the answers."""

    def __init__(self, resolver: AddressResolver, addresses: Addresses, path: str) -> None:
        self._resolver = resolver
        self._addresses = addresses
        self._path = path
        self.answers = Answers()

    def link(self, target: str) -> str | None:
        """Return the URL of a link to a page or a file of this site, or None."""
        url = self.answers.links[target] = self._resolver.link(self._path, target)
        return url

    def picture(self, target: str) -> markup.ResolvedPicture | None:
        """Return the picture that a text names, or None."""
        picture = self.answers.pictures[target] = self._picture(target)
        return picture

    def _picture(self, target: str) -> markup.ResolvedPicture | None:
        found = self._resolver.picture(self._path, target)
        if found is None:
            return None
        srcset = self._addresses.widths(*found)
        return markup.ResolvedPicture(
            url=self._addresses.picture(*found),
            width=found[1].width,
            height=found[1].height,
            srcset=srcset,
            sizes=SIZES if srcset else "",
        )

    def title_and_summary(self, target: str) -> tuple[str, str] | None:
        """Return title and summary of the text of this site that a link leads to, or None."""
        found = self.answers.cards[target] = self._title_and_summary(target)
        return found

    def _title_and_summary(self, target: str) -> tuple[str, str] | None:
        post = self._resolver.post_of(self._path, target)
        if post is None:
            return None
        return post.title, post.summary

    def match(self, answers: Answers) -> bool:
        """Whether each link, picture and card in `answers` would be resolved to the same now."""
        return (
            all(
                self._resolver.link(self._path, target) == url
                for target, url in answers.links.items()
            )
            and all(self._picture(target) == found for target, found in answers.pictures.items())
            and all(
                self._title_and_summary(target) == found for target, found in answers.cards.items()
            )
        )


def _decoded(row: Any) -> tuple[Rendered, Answers]:
    """Return a text from the JSON that `Texts.save` has made of it."""
    (html, text, headings, *lists), (links, pictures, cards) = row
    rendered = Rendered(html, text, tuple(starmap(Heading, headings)), *map(tuple, lists))
    answers = Answers(
        links,
        {
            target: None if found is None else markup.ResolvedPicture(*found)
            for target, found in pictures.items()
        },
        {target: None if found is None else tuple(found) for target, found in cards.items()},
    )
    return rendered, answers


class Texts:
    """The rendered texts of a site, bounded by size; the least recently used are dropped first."""

    def __init__(
        self,
        body: Callable[[Post], str],
        resolver_of: MakeAddressResolver,
        addresses: Addresses,
        capacity: int = CAPACITY,
        *,
        typography: Typography = ENGLISH,
        hosts: Hosts = NO_HOSTS,
        plugins: Plugins = NO_PLUGINS,
        saying: Callable[[], Say] = lambda: english,
        prepared: Prepared | None = None,
    ) -> None:
        """`body` returns a post's Markdown; `capacity` is in characters of HTML.

        `saying` returns what says phrases at the moment; `prepared` has texts of earlier processes.
        """
        self._saying = saying
        self._typography = typography
        self._hosts = hosts
        self._plugins = plugins
        self._shortcodes = {
            name.lower(): plugins.guarded(brought, f"shortcodes: {name}")
            for name, brought in plugins.table("shortcodes").items()
        }
        self._body = body
        self._resolver_of = resolver_of
        self._addresses = addresses
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, str, Say], tuple[Rendered, Answers]] = OrderedDict()
        self._size = 0
        self._prepared = prepared
        # The texts that were rendered since the last call of `save`, the latest ones.
        self._unsaved: OrderedDict[str, tuple[str, tuple[Rendered, Answers]]] = OrderedDict()
        # What the program could not render, by the path of the file.
        self.faults: dict[str, Problem] = {}
        self.forked()

    def forked(self) -> None:
        """Start anew in a forked child process: what other threads were rendering never comes."""
        self._lock = threading.Lock()
        if self._prepared is not None:
            self._prepared.forked()

    def targets(self, edition: Edition, path: str) -> FileTargets:
        """Return the resolver of links, pictures and cards in the file at `path`."""
        return FileTargets(self._resolver_of(edition), self._addresses, path)

    def post(self, edition: Edition, post: Post, *, keep: bool = True) -> Rendered:
        """Return a post's rendered body.

        Without `keep` it is not kept in memory. Raises SourceGoneError where the text is gone (see
        Loader.body).
        """
        return self.with_answers(edition, post, keep=keep)[0]

    def with_answers(
        self, edition: Edition, post: Post, *, keep: bool = True
    ) -> tuple[Rendered, Answers]:
        """Return a post's rendered body, and what its links and pictures resolved to."""
        return self._get(
            edition, post.path, post.digest, post.title, lambda: self._body(post), keep, post.lang
        )

    def bio(self, edition: Edition, author: Author) -> str:
        """Return an author's bio as HTML."""
        if author.bio:
            return self.rendered_bio(edition, author).html
        return ""

    def plain_bio(self, edition: Edition, author: Author) -> str:
        """Return an author's bio as plain text."""
        if author.bio:
            return self.rendered_bio(edition, author).text
        return ""

    def rendered_bio(self, edition: Edition, author: Author) -> Rendered:
        """Return an author's bio with all that its rendering found."""
        return self._get(edition, author.path, author.digest, "", lambda: author.bio)[0]

    def _get(
        self,
        edition: Edition,
        path: str,
        digest: str,
        title: str,
        body: Callable[[], str],
        keep: bool = True,
        language: str = "",
    ) -> tuple[Rendered, Answers]:
        own = self._typography.language
        language = language or own
        say = self._saying()
        if language.startswith("en") and not own.startswith("en"):
            say = english
        key = (path, digest, say)
        resolver = self.targets(edition, path)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is not None and resolver.match(kept[1]):
            return kept
        mark = self._prepared.mark(digest) if self._prepared else ""
        found = self._find_prepared(path, mark)
        if found is None or not resolver.match(found[1]):
            typography = self._typography.of(language)
            rendered = self._rendered(path, body(), resolver, title, typography, say)
            found = (rendered, resolver.answers)
            if keep:
                self._note(path, digest, mark, found)
        if keep:
            self._keep(key, *found)
        return found

    def _find_prepared(self, path: str, mark: str) -> tuple[Rendered, Answers] | None:
        """Return what an earlier process has rendered of the same text, or None."""
        found = self._prepared.find(f"text {path}", mark) if self._prepared else None
        return None if found is None else _decoded(found)

    def _note(self, path: str, digest: str, mark: str, made: tuple[Rendered, Answers]) -> None:
        """Note a text for `save`, unless what it was made with has changed meanwhile."""
        if not self._prepared or not mark or mark != self._prepared.mark(digest):
            return
        if path in self.faults:
            return
        with self._lock:
            self._unsaved[path] = (mark, made)
            self._unsaved.move_to_end(path)
            if len(self._unsaved) > MAX_ROWS:
                self._unsaved.popitem(last=False)

    def save(self) -> None:
        """Write the texts that were rendered since the last time, for processes to come."""
        if self._prepared is None:
            return
        with self._lock:
            unsaved = self._unsaved
            self._unsaved = OrderedDict()
        self._prepared.keep(
            {
                f"text {path}": (mark, (astuple(rendered), astuple(answers)))
                for path, (mark, (rendered, answers)) in unsaved.items()
            }
        )

    def _rendered(
        self,
        path: str,
        body: str,
        resolver: FileTargets,
        title: str,
        typography: Typography,
        say: Say,
    ) -> Rendered:
        """Return a body rendered; where the program fails, its source, with a fault in `faults`."""
        shortcodes: PluginShortcodes | None = None
        try:
            body = self._plugins.through("before_markdown", "text", body, path=path)
            text = body
            if MARK in body:
                shortcodes = PluginShortcodes(self._shortcodes)
                text = shortcodes.expanded(body)
            rendered = markup.render(
                text,
                resolver,
                title=title,
                typography=typography,
                hosts=self._hosts,
                say=say,
            )
            rendered = self._finished(rendered, path, shortcodes)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic in a library written in Rust is no Exception
            log.exception("%s could not be rendered and is shown as its source", path)
            self.faults[path] = fault(Mark(path), error)
            return markup.as_source(body)
        self.faults.pop(path, None)
        return rendered

    def _finished(
        self, rendered: Rendered, path: str, shortcodes: PluginShortcodes | None
    ) -> Rendered:
        """Return a rendered text with what plug-ins add to it."""
        if shortcodes is None and not self._plugins.has("after_markdown"):
            return rendered
        html = rendered.html
        text = rendered.text
        if shortcodes is not None:
            html = shortcodes.into_html(html)
            text = shortcodes.into_text(text)
        html = self._plugins.through("after_markdown", "html", html, path=path)
        return replace(rendered, html=html, text=text)

    def _keep(self, key: tuple[str, str, Say], rendered: Rendered, answers: Answers) -> None:
        with self._lock:
            old = self._kept.pop(key, None)
            self._size += len(rendered.html) - (len(old[0].html) if old else 0)
            self._kept[key] = (rendered, answers)
            while self._size > self._capacity and len(self._kept) > 1:
                _, (dropped, _) = self._kept.popitem(last=False)
                self._size -= len(dropped.html)
