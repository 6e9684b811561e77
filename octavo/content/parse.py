"""Parsing: from the bytes of one file to a `Post` or an `Author`, and the file's problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, tzinfo
from pathlib import PurePosixPath
from sys import intern
from types import MappingProxyType
from typing import Any, Literal

from octavo.content.digests import digest
from octavo.content.errors import ContentError, Mark, Problem, fault
from octavo.content.files.names import (
    category_of,
    in_folders,
    is_about_the_folder,
    is_of_its_folder,
    is_title,
    kept_back_by,
    name_of,
    slug_of,
    title_of,
)
from octavo.content.files.reading import decode, without_controls
from octavo.content.files.walk import AUTHORS, PAGES, is_section
from octavo.content.frontmatter import head as frontmatter
from octavo.content.frontmatter.dates import date_in_path
from octavo.content.frontmatter.fences import plain_name, refuse_conflict
from octavo.content.frontmatter.fields import OF_AUTHORS, UNKNOWN_FIELD, Fields, read_fields
from octavo.content.frontmatter.head import Head
from octavo.content.frontmatter.values import distinct, names, one_line
from octavo.content.frontmatter.verdicts import Audience
from octavo.content.markdown.dialects import is_mdx, translate, without_comments
from octavo.content.markdown.openings import first_heading, first_paragraph
from octavo.content.markdown.plugin_shortcodes import without_shortcodes
from octavo.content.markdown.render import ENGLISH, Typography
from octavo.content.posts import NO_EXTRA, Author, Image, Post
from octavo.content.slugs import slugify
from octavo.content.terms import TAXONOMIES

# What the site itself answers at /NAME/: a page of that name would never be seen.
RESERVED = frozenset("api archive articles authors health search status tags".split())
# And below /NAME/.
RESERVED_FOLDERS = frozenset("categories covers ghost media sitemaps static views".split())

_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")
# Scripts without blanks between words, and how many of their characters a reader covers in the time
# of one English word: Chinese and Japanese; Thai, Lao, Tibetan, Burmese, Khmer. Korean has blanks.
_UNSPACED = (
    (re.compile("[\u3040-\u30ff\u3400-\u9fff]"), 1.6),
    (re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]"), 4),
)
# What each byte of UTF-8 is to a counter of words: a blank, part of a word, or (NUL) the first of a
# character that one of `_UNSPACED` may have.
_BLANKS = bytes(code for code in range(128) if chr(code).isspace())
_FIRST_OF_UNSPACED = b"\xe0\xe1\xe3\xe4\xe5\xe6\xe7\xe8\xe9"


def _kind_of_byte(code: int) -> int:
    if code in _FIRST_OF_UNSPACED:
        return 0
    return ord(" ") if code in _BLANKS else ord("x")


_BLANK_OR_NOT = bytes(map(_kind_of_byte, range(256)))
_UNREAD = re.compile("<(?:svg|script|style)")
# U+2000 to U+200A, U+2028, U+2029, U+202F and U+205F.
_THIN_BLANK = re.compile(rb"\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)")
_ANY_UNSPACED = re.compile("|".join(characters.pattern for characters, _ in _UNSPACED))
# Fields whose values go into a post as they were read.
_AS_READ = frozenset(each.name for each in fields(Post))


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that parsing depends on."""

    zone: tzinfo
    slug_from: Literal["name", "path"] = "name"
    max_bytes: int = 1_000_000
    typography: Typography = ENGLISH
    # The names of plug-ins' shortcodes, and their fields: functions that read a field's value and
    # raise ValueError with the cause.
    shortcodes: frozenset[str] = frozenset()
    own_fields: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict, repr=False)
    # The taxonomies beside categories, tags and authors: for each its field and the plural of that,
    # both of which writers may use.
    taxonomies: Mapping[str, str] = field(default_factory=lambda: TAXONOMIES)


PLAIN = Rules(UTC)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file holds; `item` is None where an error keeps it from being published."""

    item: Post | Author | None
    problems: tuple[Problem, ...] = ()


def parse(path: str, data: bytes, rules: Rules) -> Parsed:
    """Return the post or author in the file at `path`, relative to posts/, with its problems.

    Never raises for any content: an exception of the program is an error of this file.
    """
    try:
        return _parse(path, data, rules)
    except ContentError as error:
        return Parsed(None, (error.problem,))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in a library written in Rust is no Exception
        return Parsed(None, (fault(Mark(path), error),))


def _parse(path: str, data: bytes, rules: Rules) -> Parsed:
    text = _text(path, data, rules)
    refuse_conflict(text, path)
    head, dialect_problems = _translated(text, path, rules)
    if path.startswith(AUTHORS):
        return _author(path, data, head, rules)
    fields = read_fields(head, path, rules.zone)
    fields.problems.extend(dialect_problems)
    _hide_comments(path, head, fields)
    _read_own(path, head, fields, rules)
    if is_about_the_folder(path) and not head.fields:
        cause = "The file is about the folder, as its name says, and is not shown."
        cure = "Give it a front matter with a title, if readers are to see it."
        fields.audience = Audience.WITHHELD
        fields.problems.append(Problem(Mark(path, 1), cause, cure, "warning"))
    kept_back = kept_back_by(path)
    if kept_back:
        cause = f"The name `{kept_back}` keeps the text from readers."
        cure = "Move or rename the file, if they are to see it."
        fields.audience = Audience.WITHHELD
        kind = f"kept back {kept_back.lower()}"
        fields.problems.append(Problem(Mark(path, 1), cause, cure, "warning", kind=kind))
    if is_section(path) and not head.body.strip():
        cause = "The folder has no text of its own, and is no article."
        cure = "Write one here, if readers are to see it."
        fields.audience = Audience.WITHHELD
        fields.problems.append(Problem(Mark(path, 1), cause, cure, "warning"))
    wrong = any(problem.severity == "error" for problem in fields.problems)
    # A text that its writer withdraws is withdrawn, whatever else is wrong with it.
    if wrong and fields.audience != Audience.WITHHELD:
        return Parsed(None, tuple(fields.problems))
    post = _post(path, data, head, fields, rules)
    if post.kind == "page" and _is_taken(post.slug):
        cause = f"The address /{post.slug}/ belongs to a page that the site makes itself."
        cure = "Give the file another name, or write another `slug:`."
        if "/" in post.slug:
            cure = "Put the file into another folder of `_pages/`."
        return Parsed(None, (*fields.problems, Problem(head.mark(path, "slug"), cause, cure)))
    return Parsed(post, tuple(fields.problems))


def _hide_comments(path: str, head: Head, fields: Fields) -> None:
    """Take comments of dialects out of title and summary, and tell the writer."""
    for name in ("title", "summary"):
        written = fields.values.get(name) or ""
        shown = without_comments(written).text
        if shown != written:
            fields.values[name] = one_line(shown)
            cause = f"`{name}` holds a comment, which is kept from readers."
            problem = Problem(head.mark(path, name), cause, "Delete it.", "warning")
            fields.problems.append(problem)


def _is_taken(slug: str) -> bool:
    """Whether the site itself answers at the address of a page with this slug."""
    first, _, rest = slug.partition("/")
    return first in RESERVED or (bool(rest) and first in RESERVED_FOLDERS)


def _read_own(path: str, head: Head, fields: Fields, rules: Rules) -> None:
    """Read the fields of taxonomies and plug-ins, and warn of values that cannot be used."""
    if not fields.extra:
        return
    readers = {plain_name(name): (name, read) for name, read in rules.own_fields.items()}
    for kind, plural in rules.taxonomies.items():
        for spelling in (plural, kind):
            readers[plain_name(spelling)] = (kind, _term_names)
    _open_table(fields, rules)
    for written in list(fields.extra):
        plain = plain_name(written)
        if plain not in readers:
            continue
        name, read = readers[plain]
        unknown = f"{UNKNOWN_FIELD} {plain}"
        fields.problems = [problem for problem in fields.problems if problem.kind != unknown]
        value = fields.extra.pop(written)
        try:
            fields.extra[name] = read(value)
        except ValueError as error:
            cause = f"`{written}` cannot be used: {error}."
            problem = Problem(head.mark(path, written), cause, "Mend its value.", "warning")
            fields.problems.append(problem)


def _term_names(value: Any) -> list[str]:
    return list(names(value))


def _open_table(fields: Fields, rules: Rules) -> None:
    """Take the terms that stand in a table `taxonomies`, as Zola has them."""
    table = fields.extra.get("taxonomies")
    if isinstance(table, dict):
        for kind, plural in rules.taxonomies.items():
            for spelling in {kind, plural} & table.keys():
                fields.extra.setdefault(kind, table[spelling])


def body_of(path: str, data: bytes, rules: Rules = PLAIN) -> str:
    """Return the body of a file that `parse` has accepted, as plain Markdown.

    Other dialects are translated, control characters removed.
    """
    body = frontmatter.body_of(decode(data, path), path)
    translation = translate(body, is_mdx=is_mdx(path), kept=rules.shortcodes)
    return without_controls(translation.text)


def _translated(text: str, path: str, rules: Rules) -> tuple[Head, list[Problem]]:
    """Return the head with the body as plain Markdown, and the problems of its dialects."""
    head = frontmatter.split(text, path)
    translation = translate(head.body, is_mdx=is_mdx(path), kept=rules.shortcodes)
    start: int | None = len(text) - len(head.body)
    before = text.count("\n", 0, start)
    problems = [
        Problem(Mark(path, before + note.line, note.column), note.cause, note.cure, "warning")
        for note in translation.notes
    ]
    if translation.text != head.body:
        start = None
    return Head(head.fields, head.marks, translation.text, start), problems


def _text(path: str, data: bytes, rules: Rules) -> str:
    if len(data) > rules.max_bytes:
        cause = f"The file has {len(data):,} bytes; the limit is {rules.max_bytes:,}."
        raise ContentError(Mark(path), cause, "Split it, or raise the setting `max_post_bytes`.")
    text = decode(data, path)
    if not text.strip():
        cure = "Write a title and a text, or delete the file."
        raise ContentError(Mark(path), "The file is empty.", cure)
    return text


def _post(path: str, data: bytes, head: Head, fields: Fields, rules: Rules) -> Post:
    said = fields.values
    typography = rules.typography.of(said.get("lang") or "")
    _drop_contradictions(path, head, fields, rules)
    permalink = said.get("permalink") or ""
    is_page = path.startswith(PAGES)
    given_slug = slugify(said.get("slug") or "")
    if given_slug and is_page:
        given_slug = in_folders(path, given_slug)
    plain = without_shortcodes(head.body)
    category, more_categories = _category(path, said.get("category") or ())
    tags = _all_tags(said.get("tags", ()), more_categories)
    extra = NO_EXTRA
    if fields.extra:
        extra = MappingProxyType(fields.extra)
    values: dict[str, Any] = {name: value for name, value in said.items() if name in _AS_READ}
    values.update(
        path=path,
        digest=digest(data),
        slug=given_slug or _slug(path, rules),
        explicit_slug=bool(given_slug),
        title=said.get("title") or _title(path, plain, typography),
        kind="page" if is_page else "post",
        published=_published(path, permalink, fields, rules),
        summary=said.get("summary") or one_line(first_paragraph(plain, typography)),
        # Many articles have the same, which are held once.
        category=intern(category),
        more_categories=tuple(map(intern, more_categories)),
        tags=tuple(intern(name) for name in tags if not name.startswith(INTERNAL)),
        internal_tags=tuple(name for name in tags if name.startswith(INTERNAL)),
        image=_image(said),
        draft=fields.audience == Audience.WITHHELD,
        unlisted=fields.audience == Audience.UNLISTED,
        noindex=said.get("noindex", False) or fields.audience >= Audience.UNINDEXED,
        aliases=tuple(filter(None, (*said.get("aliases", ()), permalink))),
        words=count_words(plain),
        body_start=head.body_start,
        extra=extra,
    )
    return Post(**values)


def _published(path: str, permalink: str, fields: Fields, rules: Rules) -> datetime | None:
    found = _date(path, permalink, fields, rules)
    is_dateless_post = found is None and not path.startswith(PAGES)
    if is_dateless_post and fields.audience != Audience.WITHHELD:
        cure = "Write `date: 2025-07-17`; until then the article stands after all dated ones."
        fields.problems.append(Problem(Mark(path, 1), "The article has no date.", cure, "warning"))
    return found


def _date(path: str, permalink: str, fields: Fields, rules: Rules) -> datetime | None:
    given: datetime | None = fields.values.get("date")
    return given or date_in_path(path, rules.zone) or date_in_path(permalink, rules.zone)


def _day(moment: datetime, rules: Rules) -> date:
    """Return the day of a moment in the site's time zone, as its writer means it."""
    try:
        return moment.astimezone(rules.zone).date()
    except OverflowError:
        # The last day of the year 9999, or the first of all.
        return moment.date()


def _drop_contradictions(path: str, head: Head, fields: Fields, rules: Rules) -> None:
    """Warn of dates that contradict each other; an `updated` before the publication is ignored."""
    published = _date(path, fields.values.get("permalink") or "", fields, rules)
    updated = fields.values.get("updated")
    expires = fields.values.get("expires")
    if published is None:
        return
    if updated is not None and _day(updated, rules) < _day(published, rules):
        del fields.values["updated"]
        told = f"`updated` ({_day(updated, rules)})"
        cause = f"{told} is before the date ({_day(published, rules)})."
        mark = head.mark(path, "updated")
        problem = Problem(mark, cause, "Mend one of them; `updated` is ignored.", "warning")
        fields.problems.append(problem)
    if expires is not None and expires <= published:
        told = f"`expires` ({_day(expires, rules)})"
        cause = f"{told} is before the date ({_day(published, rules)})."
        mark = head.mark(path, "expires")
        cure = "Mend one of them; as they are, nobody ever sees the article."
        fields.problems.append(Problem(mark, cause, cure, "warning"))


def _image(said: dict[str, Any]) -> Image | None:
    image: Image | None = said.get("image")
    if image is None:
        return None
    return Image(
        image.path,
        image.alt or said.get("image_alt", ""),
        image.caption or said.get("image_caption", ""),
        image.credit or said.get("image_credit", ""),
    )


_TOP_HEADING = re.compile(r"\s*(?:# |<h1[ >]|[^\n]+\n=+[ \t]*(?:\n|$))", re.IGNORECASE)


def _title(path: str, body: str, typography: Typography) -> str:
    """Return the title of a text whose front matter has none.

    A file's name with spaces is a title already, as note-taking programs see it; then only a
    heading of the first level at the very beginning is a better one.
    """
    if is_title(path) and not _TOP_HEADING.match(body):
        return title_of(path)
    return one_line(first_heading(body, typography) or "") or title_of(path)


def _slug(path: str, rules: Rules) -> str:
    if path.startswith(PAGES):
        return slug_of(path) or _nameless(path)
    name = name_of(path)
    if rules.slug_from == "path":
        name = path.rpartition(".")[0]
        if is_of_its_folder(path):
            name = path.rpartition("/")[0]
    return slugify(name) or _nameless(path)


def _nameless(path: str) -> str:
    # A name without any letter or digit still needs a URL, the same one on every machine.
    return f"post-{digest(path.encode('utf-8', 'surrogateescape'))[:8]}"


def _category(path: str, given: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the category, and further categories, which become tags."""
    if given:
        return given[0], given[1:]
    if path.startswith(PAGES):
        return "", ()
    return category_of(path), ()


# What begins the name of a tag that only programs see: https://docs.ghost.org/content-api/tags
INTERNAL = "#"


def _all_tags(tags: tuple[str, ...], more: Sequence[str]) -> tuple[str, ...]:
    return distinct((*tags, *more)) if more else tags


def count_words(body: str) -> int:
    """Return the number of words in a Markdown text that readers see, to estimate reading time.

    Scripts that are written without blanks count by the characters that are read in the time of one
    English word.
    """
    shown = body
    if "<" in body:
        if _UNREAD.search(body):
            for name in ("svg", "script", "style"):
                shown = _without_element(shown, name)
        shown = _TAG.sub(" ", shown)
    # Far faster than to split it, which makes a string of each word.
    raw = f" {shown}".encode("utf-8", "replace")
    marked = raw.translate(_BLANK_OR_NOT)
    other_blanks = "\xa0" in shown or "\x85" in shown or _THIN_BLANK.search(raw) is not None
    if b"\0" not in marked and not other_blanks:
        return marked.count(b" x")
    words = len(shown.split())
    if _ANY_UNSPACED.search(shown) is None:
        return words
    for characters, per_word in _UNSPACED:
        words += round(len(characters.findall(shown)) / per_word)
    return words


def _without_element(text: str, name: str) -> str:
    """Return a text without the HTML elements of one name; one that is never closed stays."""
    parts: list[str] = []
    position = 0
    start = text.find(f"<{name}")
    while start >= 0:
        end = text.find(f"</{name}>", start)
        if end < 0:
            break
        parts.append(text[position:start])
        position = end + len(name) + 3
        start = text.find(f"<{name}", position)
    parts.append(text[position:])
    return " ".join(parts)


def _author(path: str, data: bytes, head: Head, rules: Rules) -> Parsed:
    fields = read_fields(head, path, rules.zone, OF_AUTHORS)
    said = fields.values
    stem = PurePosixPath(path).stem
    if any(problem.severity == "error" for problem in fields.problems):
        return Parsed(None, tuple(fields.problems))
    author = Author(
        slug=slugify(stem) or stem,
        name=said.get("name") or title_of(path),
        role=said.get("role", ""),
        avatar=said.get("avatar", ""),
        bio=without_controls(head.body).strip() or said.get("bio", ""),
        path=path,
        digest=digest(data),
        organization=said.get("type", "").casefold() in _ORGANIZATIONS,
    )
    return Parsed(author, tuple(fields.problems))


_ORGANIZATIONS = frozenset("organization organisation company team group newsroom".split())
