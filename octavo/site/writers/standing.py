"""How each file of posts/ stands: live, or not shown and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from octavo.content.digests import digest
from octavo.content.errors import ContentError, Problem
from octavo.content.files.reading import decode
from octavo.content.frontmatter.audience import restriction
from octavo.content.frontmatter.fences import plain_name
from octavo.content.frontmatter.head import Head, split
from octavo.content.frontmatter.values import is_absent
from octavo.content.frontmatter.verdicts import Audience
from octavo.content.posts import Post
from octavo.site.site import Site

# Every state, with what it says to writers.
STATES = {
    "live": "Readers see it.",
    "unlisted": "Readers see it at its address, and in no list.",
    "scheduled": "Readers see it from its date on.",
    "draft": "Kept from readers by its front matter.",
    "expired": "Its `expires` has passed.",
    "broken": "The file cannot be published as it is.",
    "copy": "A copy that a tool made.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one file stands: its state of STATES, and the reason in plain words where not live."""

    path: str
    state: str
    why: str = ""
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class RestrictingField:
    """A field that keeps a text from some or all readers, as the file has it, and its line."""

    name: str
    value: str
    line: int
    audience: Audience


def standings(site: Site) -> Iterator[Standing]:
    """Yield how every post and page stands, and every file that is broken, by path."""
    errors: dict[str, Problem] = {}
    copies: dict[str, Problem] = {}
    for problem in site.library.problems:
        if problem.severity == "error":
            errors.setdefault(problem.mark.path, problem)
        elif problem.kind == "copy":
            copies.setdefault(problem.mark.path, problem)
    posts = site.library.by_path
    for path in sorted(posts.keys() | errors.keys() | copies.keys()):
        if path in copies:
            yield Standing(path, "copy", copies[path].cause)
        else:
            yield _standing(site, path, posts.get(path), errors.get(path))


def _standing(site: Site, path: str, post: Post | None, error: Problem | None) -> Standing:
    is_older = error is not None and post is not None and not _is_current(site, post)
    # A text that its writer withholds is withheld, whatever else is wrong with it.
    if error is not None and (post is None or is_older or not post.draft):
        why = f"{error.mark}: {error.cause}"
        if is_older and post is not None and not post.draft:
            why += " Readers see its last good version."
        return Standing(path, "broken", why, post)
    assert post is not None
    state = state_of(site, post)
    why = ""
    if state == "scheduled" and post.published is not None:
        why = f"It goes live {format_moment(site, post.published)}."
    elif state == "expired" and post.expires is not None:
        why = f"It expired {format_moment(site, post.expires)}."
    elif state in ("draft", "unlisted"):
        why = describe_restrictions(site, post)
    return Standing(path, state, why, post)


def _is_current(site: Site, post: Post) -> bool:
    """Whether a post is what its file says now, and not the last good version of it."""
    with suppress(OSError):
        return digest(site.folders.posts.file(post.path).read_bytes()) == post.digest
    return False


def state_of(site: Site, post: Post) -> str:
    """Return the state of a post whose file could be read, such as "draft"; one of STATES."""
    now = datetime.fromtimestamp(site.clock(), UTC)
    if post.draft:
        return "draft"
    if post.expires is not None and post.expires <= now:
        return "expired"
    if post.published is not None and post.published > now:
        return "scheduled"
    if post.unlisted:
        return "unlisted"
    return "live"


def format_moment(site: Site, moment: datetime) -> str:
    """Return a moment in the site's time zone, which is named: `2026-12-24 09:00 Europe/Oslo`."""
    zone = site.settings.zone
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def format_timestamp(site: Site, seconds: float) -> str:
    """Return a moment in seconds since the epoch as `format_moment` does."""
    return format_moment(site, datetime.fromtimestamp(seconds, UTC))


def describe_restrictions(site: Site, post: Post) -> str:
    """Return which fields keep a text from readers or lists, in its file or for its folder."""
    reasons = []
    found = restricting_fields(site, post)
    if found:
        shown = (f"`{field.name}: {field.value}` on line {field.line}" for field in found)
        reasons.append(f"It says {', '.join(shown)}.")
    limiting = limiting_files(site, post)
    reasons.extend(f"{path} says so for the texts of its folder." for path in limiting)
    return " ".join(reasons) or "The file is about its folder, or has no text."


def limiting_files(site: Site, post: Post) -> list[str]:
    """Return the paths of the files that keep all texts of a post's folder from readers or lists.

    Such a file is a section's `_index.md` with a `cascade`, or one of data beside the texts.
    """
    return sorted({limit.path for limit in site.folder_limits if limit.concerns(post)})


def restricting_fields(site: Site, post: Post) -> list[RestrictingField]:
    """Return the fields of a post's file that withhold it or leave it out of lists."""
    with suppress(OSError, ContentError):
        data = site.folders.posts.file(post.path).read_bytes()
        head = split(decode(data, post.path), post.path)
        return list(_restricting_in(head, post.path))
    return []


def _restricting_in(head: Head, path: str) -> Iterator[RestrictingField]:
    for name, value in head.fields.items():
        if is_absent(value):
            continue
        line = head.mark(path, name).line
        for inner, one in _said(name, value):
            verdict = restriction(plain_name(inner), one)
            if verdict is not None and verdict.audience >= Audience.UNLISTED:
                yield RestrictingField(inner, _shown(one), line, verdict.audience)


def _said(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield name, value
    if isinstance(value, dict):
        for inner, one in value.items():
            if not is_absent(one):
                yield str(inner), one


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(str(value).split())[:40]
