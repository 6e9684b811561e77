"""Links and pictures that lead nowhere, told to their writer with place, cause and cure.

Footnotes that no text refers to are told as well.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote, unquote

from rapidfuzz import process

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.editing.code import blanked, without_code, without_comments
from octavo.content.errors import ContentError, Mark, Mend, Problem
from octavo.content.frontmatter.head import body_of
from octavo.content.images import SUFFIXES, ImageError, probe
from octavo.content.library.link_names import parameters_of
from octavo.content.markdown.render import Rendered
from octavo.content.posts import Author, Post
from octavo.content.urls import parts_of
from octavo.site.addresses.builder import Addresses
from octavo.site.addresses.redirect_rules import Redirects
from octavo.site.addresses.resolver import AddressResolver, Folders, straight
from octavo.site.addresses.unseen import OTHER_PICTURES, unseen

_TARGET = re.compile(r'<(?:a|img|source|video|audio)\s[^<>]*?\b(?:href|src)="([^"]*)"')
# Targets as they are written: in brackets, in definitions, in HTML, in the front matter; each by
# a sign without which it is not there.
_WRITTEN = {
    "](": re.compile(r"\]\(([^()\s<>]+)"),
    "](<": re.compile(r"\]\(<([^<>\n]+)"),
    "]:": re.compile(r"^\[[^\]\n]+\]:[ \t]*(\S+)", re.MULTILINE),
    "href=": re.compile(r"\bhref=[\"']([^\"'\n]+)"),
    "src=": re.compile(r"\bsrc=[\"']([^\"'\n]+)"),
    "image:": re.compile(r"^image:[ \t]*[\"']?([^\s\"']+)", re.MULTILINE),
}
_ID = re.compile(r'\sid="([^"]+)"')
# A reference to a footnote; with a blank before it only where its label is a number or a word:
# `[^a-z]` is known from patterns.
_NOTE = re.compile(
    r"(?:(?<=[^\s\\\[!])\[\^(?P<near>[^\[\]\s]+)|(?<!\\)\[\^(?P<far>\d+|[^\W\d_]{4,}(?!\][+*?{])))\](?![:(])"
)
# Letters that are a class of a pattern rather than a label.
_CLASS = re.compile(r"[aeiouyAEIOUY]+|[bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ]{2,}")
_NOTE_BEGINS = re.compile(r"^[ \t>*+-]*\[\^([^\[\]\s]+)\]:", re.MULTILINE)
# What may stand before and behind a target in Markdown or HTML.
_BEFORE = r"(?<![\w/.%-])"
_BEHIND = r"(?![\w/.%-])"
# Characters that an address may hold unquoted, and the sign of those that are quoted.
_IN_ADDRESS = "/:?#[]@!$&'()*+,;=%~"
# WordPress's parameters for one text: https://developer.wordpress.org/reference/classes/wp_query/
_NUMBERS = frozenset({"p", "page_id", "attachment_id"})
# Ids that the engine itself puts into pages.
_ENGINES_IDS = re.compile(r"(?:fn|fnref|page)-")


@dataclass(frozen=True, slots=True)
class _Why:
    """Why a target leads nowhere: a problem's kind, cause and cure.

    `right` is what is to stand there instead, where that is certain.
    """

    kind: str
    cause: str
    cure: str
    right: str = ""


class DeadLinks:
    """Finds the links and pictures that lead nowhere in the texts of one edition."""

    def __init__(
        self,
        resolver: AddressResolver,
        of_all: AddressResolver,
        folders: Folders,
        addresses: Addresses,
        rendered: Callable[[Post], Rendered],
        serves: Callable[[str], bool],
        redirects: Redirects,
    ) -> None:
        """`of_all` finds withheld texts too; `rendered` returns a post's rendered body.

        `serves` tells of a path in /static/ whether a file is there.
        """
        self._resolver = resolver
        self._of_all = of_all
        self._folders = folders
        self._addresses = addresses
        self._rendered = rendered
        self._serves = serves
        self._redirects = redirects
        self._ids: dict[str, frozenset[str]] = {}

    def of(self, post: Post) -> Iterable[Problem]:
        """Return a warning for each link or picture in an article's file that leads nowhere."""
        # Two fragments of one page lead nowhere together.
        return dict.fromkeys(self._of(post))

    def _of(self, post: Post) -> Iterator[Problem]:
        source = self._source(post)
        rendered = self._rendered(post)
        for target in rendered.broken_links:
            part = _body_with(target, source, post.path)
            yield from _told(post, part, target, self._why(post, target))
        shown = dict.fromkeys(map(unescape, _TARGET.findall(rendered.html)))
        for url in shown:
            yield from self._by_address(post, source, url)
        served = [unquote(url) for url in shown]
        for target in _written(source):
            yield from self._otherwise_written(post, source, target, served)
        for label, number in Counter(rendered.uncited).items():
            yield from _told_note(post, source, label, number)
        yield from _told_missing_notes(post, source)
        yield from self._unseen(post, source, rendered)
        if post.image is not None:
            yield from self._by_image(post, source, post.image.path)

    def of_bio(self, author: Author, rendered: Rendered) -> Iterable[Problem]:
        """Return a warning for each link or picture in an author's bio that leads nowhere."""
        return dict.fromkeys(self._of_bio(author, rendered))

    def _of_bio(self, author: Author, rendered: Rendered) -> Iterator[Problem]:
        source = self._source(author)
        for target in rendered.broken_links:
            yield from _told(author, source, target, self._why(author, target))
        for url in dict.fromkeys(map(unescape, _TARGET.findall(rendered.html))):
            yield from self._by_address(author, source, url)
        yield from self._unseen(author, source, rendered)

    def _unseen(self, post: Post | Author, source: str, rendered: Rendered) -> Iterator[Problem]:
        """Yield a warning for each link or picture of a text that its page does not have."""
        try:
            start = len(source) - len(body_of(source, post.path))
        except ContentError:
            # It has changed since it was read.
            return
        body = without_comments(blanked(source, iter([(0, start)])))

        def leads(target: str) -> bool:
            return self._resolver.link(post.path, target) is not None

        yield from unseen(post.path, body, rendered.html, leads)

    def _otherwise_written(
        self, post: Post, source: str, target: str, served: list[str]
    ) -> Iterator[Problem]:
        """Yield a warning for a target that finds its file only because it is forgiven.

        `served` are the addresses that the page has: a target that leads to none of them is code.
        """
        plain = unquote(target)
        if "://" in target:
            return
        found = self._resolver.file_named(post.path, plain)
        if found is None:
            return
        if "\\" not in plain and _is_written_so(straight(plain), found):
            return
        is_image = post.image is not None and post.image.path == plain
        if not is_image and not any(url.endswith(f"/{found}") for url in served):
            return
        cause = f"The link or picture `{plain}` is found, but the file's name is written otherwise."
        right = posixpath.relpath(found, posixpath.dirname(post.path) or ".")
        why = _Why("otherwise written", cause, f"Write `{right}`.", right)
        yield from _told(post, source, target, why)

    def _by_image(self, post: Post, source: str, image: str) -> Iterator[Problem]:
        if (
            "://" not in self._addresses.own(image)
            and self._resolver.picture(post.path, image) is None
        ):
            yield from _told(post, source, image, self._why(post, image))

    def _by_address(self, post: Post | Author, source: str, url: str) -> Iterator[Problem]:
        path, _, fragment = url.partition("#")
        parts = parts_of(self._addresses.own(path))
        is_readable = any(parts) or not path
        if not is_readable or parts.netloc or parts.scheme:
            return
        plain = unquote(parts.path)
        inside = self._addresses.inside(plain)
        if inside != plain and path not in source:
            # It was written from the site's own root.
            path = self._addresses.inside(path)
            plain = inside
        if inside == "/" and self._is_unknown_number(parts.query):
            cause = f"The link `{path}` leads to no article: none has this number as an alias."
            cure = "Write where it leads now."
            yield from _told(post, source, path, _Why("unknown number", cause, cure))
            return
        if inside and not self._leads(inside, parts.query):
            yield from _told(post, source, path, self._why(post, plain))
            return
        shown: Post | Author | None = post
        if inside:
            shown = self._resolver.post_at(inside)
        wanted = unquote(fragment)
        if not wanted or not isinstance(shown, Post) or wanted == "top":
            return
        ids = self._ids_of(shown)
        if wanted in ids or _ENGINES_IDS.match(wanted):
            return
        near = process.extractOne(wanted, ids, score_cutoff=60)
        cause = f"There is no place `#{wanted}` in {shown.path}."
        cure = "Mend it, or leave it out."
        right = ""
        if near is not None:
            cure = f"Did you mean `#{near[0]}`?"
            if near[0].casefold() == wanted.casefold():
                right = f"#{near[0]}"
        why = _Why("dead place", cause, cure, right)
        yield from _told(post, source, f"#{fragment}", why)

    def _is_unknown_number(self, query: str) -> bool:
        """Whether a query is WordPress's for an article (`p=99`) that nothing here answers to."""
        if _NUMBERS.isdisjoint(parameters_of(query)):
            return False
        return self._resolver.by_alias("/", query) is None

    def _leads(self, path: str, query: str) -> bool:
        if path.startswith("/static/"):
            # A hashed address was made by the engine.
            return self._serves(path) or re.search(r"\.[0-9a-f]{10}\.\w+$", path) is not None
        if (self._folders.static / path.lstrip("/")).is_file():
            return True
        return (
            self._resolver.at(path) is not None
            or self._resolver.by_old_address(path, query) is not None
            or self._is_redirected(path, query)
        )

    def _is_redirected(self, path: str, query: str) -> bool:
        """Whether a rule of `_redirects` leads on from an address."""
        move = self._redirects.move(
            path, query, lambda at: self._resolver.at(at) or self._resolver.by_alias(at)
        )
        return move is not None and move.target != ""

    def _ids_of(self, post: Post) -> frozenset[str]:
        if post.path not in self._ids:
            found = _ID.findall(self._rendered(post).html)
            self._ids[post.path] = frozenset(map(unescape, found))
        return self._ids[post.path]

    def _source(self, post: Post | Author) -> str:
        """Return the text of a post's file, with blanks where it has code."""
        try:
            written = self._folders.posts.file(post.path).read_bytes()
        except OSError:
            return ""
        return without_code(written.decode("utf-8-sig", "replace").replace("\r\n", "\n"))

    def _why(self, post: Post | Author, target: str) -> _Why:
        """Return why a target leads nowhere."""
        if target.startswith("data:"):
            cause = f"The picture in `{target}` is damaged."
            return _Why("damaged picture", cause, "Put its file beside this one.")
        shown = f"The link or picture `{target}`"
        straight = target.replace("\\", "/")
        if straight != target and self._is_there(post, straight):
            cause = f"{shown} has backslashes."
            return _Why("backslashes", cause, f"Write `{straight}`.", straight)
        path = self._below_posts(post, target)
        file = self._folders.posts.file(path)
        suffix = posixpath.splitext(path)[1].lower()
        if file.is_file():
            if suffix in (".md", ".mdx", ".markdown"):
                return _withheld(shown)
            if suffix in OTHER_PICTURES:
                cause = f"{shown}: browsers do not show pictures of this kind."
                return _Why("format of a picture", cause, "Save it as JPEG.")
            if not suffix.endswith(ASSET_SUFFIXES):
                cause = f"{shown}: files of this kind are not served."
                return _Why("format of a file", cause, "Put it into a .zip.")
            try:
                probe(file)
            except (ImageError, OSError) as error:
                cause = f"{shown} cannot be shown: {error}"
                return _Why("unreadable picture", cause, "Mend the file.")
        if self._of_all.link(post.path, target) is not None:
            return _withheld(shown)
        near = self._resolver.nearest(post.path, target)
        cause = f"{shown} leads to nothing that readers can see."
        kind = "dead link"
        if suffix in (*SUFFIXES, *OTHER_PICTURES):
            kind = "dead picture"
        if near is not None and near.casefold() == target.casefold():
            cause = f"{shown}: the name differs in capitals."
            return _Why("capitals", cause, f"There is `{near}`; write it so.", near)
        if near is not None:
            return _Why(kind, cause, f"Did you mean `{near}`?")
        return _Why(kind, cause, "Mend it; a path is relative to this file.")

    def _is_there(self, post: Post | Author, target: str) -> bool:
        return self._folders.posts.file(self._below_posts(post, target)).is_file()

    def _below_posts(self, post: Post | Author, target: str) -> str:
        if target.startswith("/"):
            return posixpath.normpath(self._addresses.inside(target).lstrip("/"))
        path = posixpath.normpath(posixpath.join(posixpath.dirname(post.path), target))
        if path.startswith(".."):
            return "."
        return path


def _withheld(shown: str) -> _Why:
    cause = f"{shown} leads to a text that readers cannot see now."
    return _Why("withheld text", cause, "Publish it first.")


def _is_written_so(target: str, found: str) -> bool:
    """Whether the names in a target are those of the file's path, from the last to the first.

    Names above those that both have do not count: other systems put folders before a path.
    """
    names = unicodedata.normalize("NFC", target).split("/")
    path = unicodedata.normalize("NFC", found).split("/")
    for name, real in zip(reversed(names), reversed(path), strict=False):
        if name.casefold() != real.casefold():
            break
        if name != real:
            return False
    return names[-1] == path[-1]


def _body_with(target: str, source: str, path: str) -> str:
    """Return a file's text with blanks for its front matter, or all where the body has no target.

    The fields may name the same: `related: [mars]` is no link to `mars`.
    """
    with suppress(ContentError):
        start = len(source) - len(body_of(source, path))
        if target in source[start:] or quote(target, safe=_IN_ADDRESS) in source[start:]:
            return blanked(source, iter([(0, start)]))
    return source


def _written(source: str) -> Iterable[str]:
    """Return the targets that stand in a text, each once."""
    found: dict[str, None] = {}
    for sign, pattern in _WRITTEN.items():
        if sign in source:
            found.update(dict.fromkeys(pattern.findall(source)))
    return found


def _told(post: Post | Author, source: str, target: str, why: _Why) -> Iterator[Problem]:
    """Yield the problem for each place of a target in a file, whichever way it is quoted there."""
    found: dict[Mark, Mend | None] = {}
    for form in dict.fromkeys((target, quote(target, safe=_IN_ADDRESS), unquote(target))):
        mend = None
        if why.right:
            mend = Mend(form, _quoted_as(form, why.right))
        if form:
            found.update(dict.fromkeys(_places(post.path, source, form), mend))
    for mark in sorted(found) or [Mark(post.path)]:
        yield Problem(mark, why.cause, why.cure, "warning", why.kind, found.get(mark))


def _quoted_as(form: str, right: str) -> str:
    """Return a path quoted where the one that stands there is, or where it has to be."""
    if " " in form:
        return right
    return quote(right, safe=_IN_ADDRESS)


def _told_note(post: Post, source: str, label: str, number: int) -> Iterator[Problem]:
    """Yield a problem for each of the last `number` definitions of a footnote: they stay unread."""
    definition = rf"(?im)^[ \t>*+-]*(\[\^{re.escape(label)}\]:)"
    starts = [match.start(1) for match in re.finditer(definition, source)]
    cause = f"Nothing in the text refers to the footnote `[^{label}]`: readers do not see it."
    cure = f"Write `[^{label}]` where it belongs, or delete it."
    kind = "unread footnote"
    if len(starts) > number:
        kind = "repeated footnote"
        cause = f"The footnote `[^{label}]` stands here again: readers see only the first."
        cure = "Give it another label, and refer to that."
    for start in starts[-number:] or [0]:
        yield Problem(Mark.in_text(post.path, source, start), cause, cure, "warning", kind)


def _told_missing_notes(post: Post, source: str) -> Iterator[Problem]:
    """Yield a problem for each reference to a footnote that the text does not have."""
    if "[^" not in source:
        return
    defined = {label.casefold() for label in _NOTE_BEGINS.findall(source)}
    for found in _NOTE.finditer(source):
        label = found["near"] or found["far"]
        if label.casefold() in defined or _CLASS.fullmatch(found["far"] or ""):
            continue
        cause = f"There is no footnote `[^{label}]`: readers see the mark as it is written."
        cure = f"Write `[^{label}]: ` and the note below the text, or delete the mark."
        mark = Mark.in_text(post.path, source, found.start())
        yield Problem(mark, cause, cure, "warning", kind="missing footnote")


def _places(path: str, source: str, form: str) -> Iterator[Mark]:
    """Yield each place in the file at `path` where a target is written so."""
    pattern = re.escape(form) + _BEHIND
    if not form.startswith("#"):
        pattern = _BEFORE + pattern
    for found in re.finditer(pattern, source):
        yield Mark.in_text(path, source, found.start())
