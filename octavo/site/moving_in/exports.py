"""What export files have in common: HTML of an old site as Markdown of this one, and authors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote, unquote

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.editing.composing import composed
from octavo.content.editing.layouts import Value
from octavo.content.files.walk import AUTHORS, PAGES
from octavo.content.frontmatter.values import one_line
from octavo.content.markdown.from_html import to_markdown
from octavo.content.slugs import slugify
from octavo.content.urls import parts_of
from octavo.site.addresses.places import is_own
from octavo.site.moving_in.items import File, Items, Loss, Text
from octavo.site.moving_in.source import Source

_ADDRESS = re.compile(
    r"""(?P<before>\b(?:href|src|poster|data-src|data-lazy-src|data-orig-file)\s*=\s*)"""
    r"""(?P<quote>["'])(?P<url>[^"'<>]*)(?P=quote)""",
    re.IGNORECASE,
)
_RELAYED = re.compile(r"^https?://i\d\.wp\.com/([\w.-]+/[^?#]*).*$")
# Smaller copies of a picture, as WordPress and Ghost name them.
_SMALLER = (
    re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w+$)"),
    re.compile(r"/size/w\d+(?:h\d+)?(?:/format/\w+)?"),
)


@dataclass(slots=True)
class OldSite:
    """The addresses of an old site: its hosts, and the files of it that are beside the export."""

    source: Source
    # Below which folders of the site its files lie, as `content/images/`.
    folders: tuple[str, ...]
    hosts: set[str] = field(default_factory=set)
    # Addresses of pages that only show a file, with that of the file.
    pages_of_files: dict[str, str] = field(default_factory=dict)
    # Files of the site that are not beside the export, with the first text that names each.
    missing: dict[str, str] = field(default_factory=dict)
    # Files by their paths in the old site, in each of the forms that it may have.
    _files: dict[str, str] = field(default_factory=dict)
    # Their paths here.
    _targets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.know(self.source.address)
        for path in self.source.paths:
            for folder in self.folders:
                at = f"/{path}".find(f"/{folder}")
                if at >= 0:
                    self._files[path[at:]] = path
                    self._targets.setdefault(path, path[at:])

    def files(self) -> Items:
        """Yield all files that are beside the export."""
        for origin, target in self._targets.items():
            yield File(origin, target, self.source.root / origin, published=False)

    def know(self, address: str) -> None:
        """Add the host of an address to those of the old site."""
        host = parts_of(address).netloc.lower().removeprefix("www.")
        if host:
            self.hosts.add(host)

    def here(self, url: str, origin: str = "") -> str:
        """Return an address of the old site as a path of this one; others as they are.

        That of a file that is not beside the export stays as it is, and is noted as `missing`.
        """
        # Jetpack serves pictures of a site from a host of its own.
        plain = _RELAYED.sub(r"https://\1", url.strip())
        if "//" in plain and not any(host in plain.lower() for host in self.hosts):
            return plain
        parts = parts_of(plain)
        if parts.scheme not in ("", "http", "https"):
            return plain
        if parts.netloc and parts.netloc.lower().removeprefix("www.") not in self.hosts:
            return plain
        if not parts.netloc and not parts.path.startswith("/"):
            return plain
        path = parts.path or "/"
        page = f"{path.rstrip('/')}/"
        if parts.query:
            page += f"?{parts.query}"
        file = self.pages_of_files.get(page)
        if file is not None:
            return self.here(file, origin)
        if path.lower().endswith(ASSET_SUFFIXES):
            found = self._found(path)
            if not found:
                self.missing.setdefault(plain, origin)
            return found or plain
        behind = ""
        if parts.query:
            behind = f"?{parts.query}"
        if parts.fragment:
            behind += f"#{parts.fragment}"
        return f"{path}{behind}"

    def _found(self, path: str) -> str:
        """Return the path of a file that is beside the export, the whole picture for a copy."""
        forms = [path]
        forms.extend(smaller.sub("", path) for smaller in _SMALLER)
        for form in forms:
            key = unquote(form).lstrip("/")
            for folder in self.folders:
                at = f"/{key}".find(f"/{folder}")
                if at >= 0 and key[at:] in self._files:
                    return f"/{quote(self._targets[self._files[key[at:]]])}"
        return ""

    def rooted(self, html: str, origin: str) -> str:
        """Return `html` with addresses of the old site rewritten as paths of this one.

        `origin` names the text in the report of files that are missing.
        """

        def address(found: re.Match[str]) -> str:
            url = self.here(found["url"].replace("&amp;", "&"), origin).replace("&", "&amp;")
            return f"{found['before']}{found['quote']}{url}{found['quote']}"

        return _ADDRESS.sub(address, html)

    def losses(self) -> Iterator[Loss]:
        """Yield the files that texts name and that are not beside the export."""
        for url, origin in self.missing.items():
            yield Loss(f"{url} in {origin}", "Files that are not beside the export, and stay there")


@dataclass(slots=True)
class ExportedText:
    """One text of an export: what becomes its front matter, and its HTML."""

    origin: str
    name: str
    fields: dict[str, Value]
    html: str
    old: tuple[str, ...] = ()
    is_page: bool = False
    is_public: bool = True
    # The HTML of its footnotes, to which marks in `html` refer.
    notes: tuple[str, ...] = ()


def note_mark(number: int) -> str:
    """Return what stands in HTML where a text refers to a footnote, from 1."""
    # Characters of private use come through as they are.
    return f"\ue000{number}\ue001"


def _with_notes(text: str, notes: Iterable[str]) -> str:
    """Return Markdown with footnotes, for the marks that its HTML had."""
    below: list[str] = []
    for number, note in enumerate(notes, 1):
        text = text.replace(note_mark(number), f"[^{number}]")
        words = " ".join(to_markdown(note).text.split())
        below.append(f"[^{number}]: {words}")
    return "\n\n".join((text.rstrip("\n"), *below)) + "\n"


def text_of(entry: ExportedText, site: OldSite) -> Items:
    """Yield the text of an entry, and what is left out of it."""
    own = ""
    if entry.is_page:
        own = f"/{slugify(entry.name)}/"
    fields = {name: _plain(value) for name, value in entry.fields.items() if value not in ("", ())}
    old = tuple(address for address in entry.old if not is_own(address) and address != own)
    if not entry.is_public:
        fields["draft"] = True
    elif old:
        fields["aliases"] = old
    converted = to_markdown(site.rooted(entry.html, entry.origin))
    for name in converted.left_out:
        yield Loss(f"{entry.origin} (<{name}>)", "Parts of texts that a page may not hold")
    name = slugify(entry.name) or slugify(entry.origin) or "untitled"
    if slugify(entry.name) != entry.name and entry.name:
        yield Loss(f"{entry.origin} ({entry.name})", "Names that get another form here")
    target = f"{name}.md"
    if entry.is_page:
        target = f"{PAGES}{target}"
    text = converted.text
    if entry.notes:
        text = _with_notes(text, (site.rooted(note, entry.origin) for note in entry.notes))
    yield Text(entry.origin, target, composed(fields, text))


def _plain(value: Value) -> Value:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, tuple):
        return tuple(map(one_line, value))
    return value


def author_text(origin: str, name: str, fields: Mapping[str, str], bio: str) -> Text:
    """Return the file of an author in `_authors/`."""
    shown: dict[str, Value] = {key: one_line(value) for key, value in fields.items() if value}
    return Text(origin, f"{AUTHORS}{slugify(name) or 'author'}.md", composed(shown, bio))


def moment(value: object, zone: tzinfo = UTC) -> datetime | None:
    """Return a moment of an export in UTC, written by ISO 8601 or as Unix milliseconds, or None.

    One that names no zone is in `zone`.
    """
    if isinstance(value, int | float):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    try:
        found = datetime.fromisoformat(str(value or ""))
    except ValueError:
        return None
    if found.year < 1000:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    return found.astimezone(UTC)
