"""From the bytes of one file to a `Post` or an `Author`, with everything that is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Literal

from octavo.content.digests import digest
from octavo.content.errors import ContentError, Mark, Problem
from octavo.content.frontmatter import head as frontmatter
from octavo.content.frontmatter.dates import date_in_path, without_date
from octavo.content.frontmatter.fields import Fields, one_line, read_fields
from octavo.content.frontmatter.head import CONTROL, Head, decode
from octavo.content.markdown.dialects import is_mdx, translate
from octavo.content.markdown.openings import first_heading, first_paragraph
from octavo.content.posts import Author, Image, Post
from octavo.content.slugs import slugify

PAGES = "_pages/"
AUTHORS = "_authors/"
# What the site itself answers at /NAME/: a page of that name would never be seen.
RESERVED = frozenset("api archive articles authors feed health rss search status tags".split())

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# A reader of Chinese or Japanese covers about 1.6 characters in the time of one English word.
_CJK_PER_WORD = 1.6


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that parsing depends on."""

    zone: tzinfo
    slug_from: Literal["name", "path"] = "name"
    max_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file holds: nothing when an error keeps it from being published."""

    item: Post | Author | None
    problems: tuple[Problem, ...] = ()


def parse(path: str, data: bytes, rules: Rules) -> Parsed:
    """Return what the file at `path`, relative to posts/, holds. Never raises for any content."""
    try:
        head, problems = _split(_text(path, data, rules), path)
    except ContentError as error:
        return Parsed(None, (error.problem,))
    if path.startswith(AUTHORS):
        return _author(path, data, head)
    fields = read_fields(head, path, rules.zone)
    fields.problems.extend(problems)
    if any(problem.severity == "error" for problem in fields.problems):
        return Parsed(None, tuple(fields.problems))
    post = _post(path, data, head, fields, rules)
    if post.kind == "page" and post.slug in RESERVED:
        cause = f"The address /{post.slug}/ belongs to a page that the site makes itself."
        cure = "Give the file another name, or write another `slug:`."
        return Parsed(None, (*fields.problems, Problem(head.mark(path, "slug"), cause, cure)))
    return Parsed(post, tuple(fields.problems))


def body_of(path: str, data: bytes) -> str:
    """Return the body of a file that `parse` has accepted as plain Markdown: no dialects, no control characters."""
    body = frontmatter.body_of(decode(data, path), path)
    return CONTROL.sub("", translate(body, is_mdx=is_mdx(path)).text)


def _split(text: str, path: str) -> tuple[Head, list[Problem]]:
    """Return the front matter with the body as plain Markdown, and what the body's dialects have to tell."""
    head = frontmatter.split(text, path)
    translation = translate(head.body, is_mdx=is_mdx(path))
    before = text.count("\n", 0, len(text) - len(head.body))
    problems = [
        Problem(Mark(path, before + note.line, note.column), note.cause, note.cure, "warning")
        for note in translation.notes
    ]
    return Head(head.fields, head.marks, translation.text), problems


def _text(path: str, data: bytes, rules: Rules) -> str:
    if len(data) > rules.max_bytes:
        cause = f"The file has {len(data):,} bytes; the limit is {rules.max_bytes:,}."
        raise ContentError(Mark(path), cause, "Split it, or raise the setting `max_post_bytes`.")
    text = decode(data, path)
    if not text.strip():
        raise ContentError(
            Mark(path), "The file is empty.", "Write a title and a text, or delete the file."
        )
    return text


def _post(path: str, data: bytes, head: Head, fields: Fields, rules: Rules) -> Post:
    get = fields.values.get
    title = get("title") or one_line(first_heading(head.body) or "") or _title_from(path)
    permalink = get("permalink") or ""
    category, more_tags = _category(path, get("category") or ())
    return Post(
        path=path,
        digest=digest(data),
        slug=_slug(path, get("slug") or "", data, rules, fields.problems),
        title=title,
        kind="page" if path.startswith(PAGES) else "post",
        published=_published(path, permalink, fields, rules),
        updated=get("updated"),
        expires=get("expires"),
        summary=get("summary") or one_line(first_paragraph(head.body)),
        category=category,
        tags=tuple(dict.fromkeys((*(get("tags") or ()), *more_tags))),
        authors=get("authors") or (),
        image=_image(fields),
        featured=get("featured", False),
        draft=_withheld(fields),
        aliases=(*(get("aliases") or ()), *((permalink,) if permalink else ())),
        related=get("related") or (),
        related_exclude=get("related_exclude") or (),
        canonical=get("canonical") or "",
        noindex=get("noindex", False),
        words=count_words(head.body),
        extra=MappingProxyType(fields.extra),
    )


def _published(path: str, permalink: str, fields: Fields, rules: Rules) -> datetime | None:
    given: datetime | None = fields.values.get("date")
    found = given or date_in_path(path, rules.zone) or date_in_path(permalink, rules.zone)
    if found is None and not path.startswith(PAGES) and not _withheld(fields):
        cure = "Write `date: 2025-07-17`; until then the article stands after all dated ones."
        fields.problems.append(Problem(Mark(path, 1), "The article has no date.", cure, "warning"))
    return found


def _withheld(fields: Fields) -> bool:
    get = fields.values.get
    return bool(
        get("draft")
        or get("withheld")
        or get("status") in ("draft", "hidden", "private", "scheduled")
    )


def _image(fields: Fields) -> Image | None:
    get = fields.values.get
    image: Image | None = get("image")
    if image is None:
        return None
    return Image(
        image.path,
        image.alt or get("image_alt", ""),
        image.caption or get("image_caption", ""),
        image.credit or get("image_credit", ""),
    )


def _own_name(path: str) -> str:
    """The name that a person would call the post by: its file's, or its folder's for an index file."""
    pure = PurePosixPath(path)
    if pure.stem.lower() == "index" and pure.parent.name:
        return pure.parent.name
    return pure.stem


def _title_from(path: str) -> str:
    name = without_date(_own_name(path)).replace("-", " ").replace("_", " ").strip()
    return name[:1].upper() + name[1:] or path


def _slug(path: str, given: str, data: bytes, rules: Rules, problems: list[Problem]) -> str:
    if given and (slug := slugify(given)):
        return slug
    name = without_date(_own_name(path))
    if rules.slug_from == "path" and not path.startswith(PAGES):
        pure = PurePosixPath(path)
        folder = (
            pure.parent.parent if pure.stem.lower() == "index" and pure.parent.name else pure.parent
        )
        name = f"{folder}/{_own_name(path)}"
    # A name without any letter or digit still needs a URL, the same one on every machine.
    return slugify(name) or f"post-{digest(path.encode('utf-8', 'surrogateescape'))[:8]}"


def _category(path: str, given: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the category and the further categories, which become tags."""
    if given:
        return given[0], given[1:]
    if path.startswith(PAGES):
        return "", ()
    parts = PurePosixPath(path).parts[:-1]
    if PurePosixPath(path).stem.lower() == "index":
        parts = parts[:-1]
    name = next((part for part in parts if not re.fullmatch(r"[\d_.-]+", part)), "")
    words = name.replace("-", " ").replace("_", " ")
    return (words.title() if words.islower() else words), ()


def count_words(body: str) -> int:
    """Return the number of words in a text; Chinese, Japanese and Korean characters count by
    reading time.
    """
    words = len(body.split())
    if body.isascii() or not _CJK.search(body):
        return words
    return words + round(len(_CJK.findall(body)) / _CJK_PER_WORD)


def _author(path: str, data: bytes, head: Head) -> Parsed:
    def text(name: str) -> str:
        value: Any = head.fields.get(name, "")
        return one_line(str(value)) if isinstance(value, str | int | float) else ""

    stem = PurePosixPath(path).stem
    name = text("name") or text("title") or _title_from(path)
    bio = CONTROL.sub("", head.body).strip() or text("bio")
    return Parsed(
        Author(slugify(stem) or stem, name, text("role"), text("avatar"), bio, path, digest(data))
    )
