"""Links in the text of one file that lead to another file, and their new form when it moves."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote

from octavo.content.editing.code import without_code
from octavo.content.files.names import name_of, raw_name
from octavo.content.posts import Post
from octavo.content.slugs import PAGE_ENDING, slugify_once
from octavo.content.urls import parts_of
from octavo.site.addresses import Addresses, AddressResolver

# Where a text names the target of a link: in Markdown, HTML, notes, and shortcodes of others.
_TARGETS = re.compile(
    r"\]\([ \t]*<?(?P<inline>(?:\{\{[^{}\n]*\}\})?(?!\{[{%])[^)>\s]+)"
    r"|^ {0,3}\[[^\]\n]+\]:[ \t]*<?(?P<reference>[^\s>]+)"
    r"|\b(?:href|src)\s*=\s*[\"'](?P<attribute>[^\"'\n]+)"
    r"|\[\[(?P<note>[^\]|#\n]+)(?P<behind>[|#\]])"
    r"|\{[{%][<%-]*\s*(?:card|post_url|post_path|post_link|doc_link|link|ref|relref|url)\s+"
    r"(?:\"(?P<double>[^\"\n]+)\"|'(?P<single>[^'\n]+)'|(?P<bare>[^\s\"'%}>=|]+)(?![^\s%}>]))"
    r"|\{\{-?\s*[\"'](?P<filtered>[^\"'\n]+)[\"']\s*\|",
    re.MULTILINE,
)
# What systems write before a path: Pelican, Zola, Jekyll.
_PREFIX = re.compile(r"\{(?:filename|static|attach)\}|@(?=/)|\{\{[^{}\n]*\}\}(?=/)")
_WORD = re.compile(r"[^\W_]+")


def _folded(text: str) -> str:
    """Return a text in small letters without accents, however its characters are composed."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


def _longest_word(text: str) -> str:
    return max(_WORD.findall(text), key=len, default="")


@dataclass(frozen=True, slots=True)
class LinksToRenamed:
    """A post whose file gets another name, and all links to it in other texts."""

    post: Post
    new_path: str
    new_slug: str
    resolver: AddressResolver
    addresses: Addresses

    def mended(self, owner: str, text: str) -> str:
        """Return the text of the file `owner` with its links to the post leading to the new name.

        Code stays as it is.
        """
        if not self._may_name(text):
            return text
        parts: list[str] = []
        done = 0
        # Code of the same length stands as blanks there, in which nothing is found.
        for found in _TARGETS.finditer(without_code(text)):
            kind = next(name for name, value in found.groupdict().items() if value)
            old = found[kind]
            new = self.target(owner, old)
            if new == old:
                continue
            if kind == "note" and found["behind"] == "]":
                # What readers see of the link stays.
                new = f"{new}|{old}"
            parts.extend((text[done : found.start(kind)], new))
            done = found.end(kind)
        return "".join((*parts, text[done:]))

    def _may_name(self, text: str) -> bool:
        """Whether a text holds the name of the post anywhere: most of an archive does not."""
        plain = _folded(unquote(text))
        names = (self.post.slug, raw_name(self.post.path), name_of(self.post.path))
        # Words are parted in other ways in other forms of a name.
        return any(_longest_word(_folded(name)) in plain for name in names)

    def target(self, owner: str, target: str) -> str:
        """Return the new form of a target; the old one where it does not lead to the post."""
        path = re.split(r"[?#]", target, maxsplit=1)[0]
        before = ""
        found = _PREFIX.match(path)
        if found:
            before = found[0]
        elif "://" in path:
            before = self.addresses.site
            if parts_of(path).netloc != parts_of(before).netloc:
                return target
        inner = path[len(before) :]
        if not inner or not self._leads_here(owner, unquote(inner)):
            return target
        segments = inner.split("/")
        for at in range(len(segments) - 1, -1, -1):
            new = self._segment(segments[at])
            if new:
                segments[at] = new
                return f"{before}{'/'.join(segments)}{target[len(path) :]}"
        return target

    def _segment(self, segment: str) -> str:
        """Return what the name of the post becomes in one segment of a path; '' for another one."""
        plain = unquote(segment)
        ending = PAGE_ENDING.search(plain)
        stem = plain
        if ending:
            stem = plain[: ending.start()]
        suffix = plain[len(stem) :]
        if stem == raw_name(self.post.path):
            return quote(raw_name(self.new_path)) + suffix
        if slugify_once(stem) in (self.post.slug, slugify_once(raw_name(self.post.path))):
            return quote(self.new_slug) + suffix
        own = name_of(self.post.path)
        if stem.endswith(own) and slugify_once(own):
            return quote(stem.removesuffix(own) + self.new_slug) + suffix
        return ""

    def _leads_here(self, owner: str, target: str) -> bool:
        folder = self.post.path.rpartition("/")[0]
        moves_folder = folder and self.new_path.rpartition("/")[0] != folder
        if moves_folder and not owner.startswith(f"{folder}/"):
            found = self.resolver.picture(owner, target)
            if found is not None and found[0].startswith(f"{folder}/"):
                return True
            file = self.resolver.link(owner, target) or ""
            if f"/{folder}/" in unquote(file):
                return True
        return self.resolver.link(owner, target) == self.addresses.post(self.post)
