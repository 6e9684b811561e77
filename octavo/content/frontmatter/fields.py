"""The fields of front matter: their names here and in other systems, and the type that each value
is made into.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from math import isfinite
from typing import Any, Literal

from rapidfuzz import process

from octavo.content.errors import Mark, Problem
from octavo.content.frontmatter.dates import parse_date
from octavo.content.frontmatter.formats import Scalar
from octavo.content.frontmatter.head import CONTROL, Head
from octavo.content.posts import Image
from octavo.content.slugs import slugify


class FieldError(ValueError):
    """A field's value is not of the field's type; `cure` tells the writer what to write.

    A post can do without the field where it is a `warning`.
    """

    def __init__(
        self, cause: str, cure: str, severity: Literal["error", "warning"] = "error"
    ) -> None:
        super().__init__(cause)
        self.cure = cure
        self.severity = severity


# Each field with the spellings of Hugo, Jekyll, Eleventy, Astro, Zola, Pelican and Ghost exports.
# Case, hyphens and underscores do not count. Where a file has several spellings of one field, the
# first in the row wins.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "date": (
        "publishdate",
        "publishedat",
        "published",
        "date",
        "pubdate",
        "datepublished",
        "createdat",
        "created",
    ),
    "updated": (
        "updated",
        "lastmod",
        "updatedat",
        "updateddate",
        "lastmodifiedat",
        "lastmodified",
        "modified",
        "dateupdated",
        "datemodified",
        "lastupdated",
    ),
    "expires": ("expires", "expirydate", "expiry", "unpublishdate"),
    "slug": ("slug",),
    "permalink": ("permalink", "url", "path"),
    "summary": (
        "summary",
        "excerpt",
        "customexcerpt",
        "description",
        "abstract",
        "dek",
        "metadescription",
    ),
    "category": ("category", "categories", "section"),
    "tags": ("tags", "tag", "keywords"),
    "authors": ("authors", "author", "byline", "creator"),
    "image": (
        "image",
        "featureimage",
        "featuredimage",
        "cover",
        "coverimage",
        "hero",
        "heroimage",
        "banner",
        "thumbnail",
        "images",
        "ogimage",
        "socialimage",
    ),
    "image_alt": (
        "imagealt",
        "featureimagealt",
        "coveralt",
        "heroalt",
        "heroimagealt",
        "thumbnailalt",
    ),
    "image_caption": ("imagecaption", "featureimagecaption", "covercaption", "herocaption"),
    "image_credit": ("imagecredit", "featureimagecredit", "covercredit"),
    "featured": ("featured", "pinned", "pin", "sticky"),
    "draft": ("draft",),
    "status": ("status",),
    "aliases": ("aliases", "alias", "redirectfrom", "redirects"),
    "related": ("related",),
    "related_exclude": ("relatedexclude",),
    "canonical": ("canonical", "canonicalurl", "relcanonical"),
    "noindex": ("noindex",),
}
# Fields that other systems act on and this one need not: no warning, and templates find them under
# `extra`.
FOREIGN = frozenset(
    """
    layout template type kind id uuid guid weight order position lang language locale markup linktitle menu menus
    outputs cascade params extra taxonomies series toc math comments comment commentid metatitle ogtitle
    ogdescription twittertitle twitterdescription twitterimage eleventyexcludefromcollections eleventynavigation
    eleventycomputed pagination sitemap robots aside sidebar sidebarposition sidebarlabel lastupdate customediturl
    displayedsidebar paginationlabel paginationnext paginationprev sidebarclassname sidebarcustomprops
    hidefromsidebar haschildren grandparent navexclude searchexclude redirectto iscjklanguage headless resources
    slides hidetitle hidetableofcontents navorder parent nav excerptseparator visibility access codeinjectionhead
    codeinjectionfoot customtemplate newsletter emailonly views mathjax katex highlight share socialshare showtoc
    readtime readingtime github feed guid head prev next outline subtitle source license
    """.split()
)
_FIELD_OF = {spelling: name for name, row in SPELLINGS.items() for spelling in row}
_RANK = {spelling: rank for row in SPELLINGS.values() for rank, spelling in enumerate(row)}


@dataclass(slots=True)
class Fields:
    """A file's front matter, typed: `values` by field name, everything else under `extra`, and what
    was wrong.
    """

    values: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_fields(head: Head, path: str, zone: tzinfo) -> Fields:
    """Return the typed fields of a front matter. Wrong values are all reported at once, as errors
    with their place.
    """
    result = Fields()
    chosen: dict[str, tuple[int, str]] = {}
    for name in head.fields:
        plain = name.replace("_", "").replace("-", "").lower()
        known = _FIELD_OF.get(plain)
        value = head.fields[name]
        if plain in ("published", "permalink") and _bool_or_none(value) is not None:
            # Jekyll's `published: false` and Eleventy's `permalink: false` keep a file from
            # readers.
            result.values["withheld"] = result.values.get("withheld") or not _bool_or_none(value)
        elif known is None:
            _keep_extra(result, head, path, name, plain)
        elif not _absent(known, value) and (known not in chosen or _RANK[plain] < chosen[known][0]):
            chosen[known] = (_RANK[plain], name)
    for known, (_, name) in chosen.items():
        value = head.fields[name]
        if name in ("tags", "categories") and "layout" in head.fields and _JEKYLL.search(path):
            value = _words(value)
        _read_one(result, known, value, head.mark(path, name), zone, name)
        if known in ("category", "tags", "authors"):
            _tell_nameless(result, known, head.mark(path, name))
    _read_taxonomies(result, head, path, zone)
    return result


def _tell_nameless(result: Fields, known: str, mark: Mark) -> None:
    """Warn of names that no address can be made of."""
    kind = known.removesuffix("s")
    for name in result.values.get(known, ()):
        if not slugify(name):
            cause = f"The {kind} `{name}` is left out: it has neither letter nor digit, and so no page of its own."
            result.problems.append(Problem(mark, cause, "Add a word to it.", "warning"))


# A post of Jekyll, which reads a text of several words in `tags` or `categories` as several names:
# https://jekyllrb.com/docs/posts/#tags-and-categories
_JEKYLL = re.compile(r"(?:^|/)\d{4}-\d\d?-\d\d?-[^/]+$")


def _words(value: Any) -> Any:
    return value.split() if isinstance(value, str) and not set(value) & set(",;") else value


# Dates that stand for none: Hugo's zero time, and words that Eleventy replaces by what it knows of
# the file.
_NO_DATE = re.compile(r"0001-01-01.*|(?:git )?(?:created|last modified)", re.IGNORECASE)


def _absent(known: str, value: Any) -> bool:
    """Whether a value stands for none at all, so that another spelling of the field may count."""
    if known in ("date", "updated", "expires") and _NO_DATE.fullmatch(str(value)):
        return True
    if isinstance(value, str):
        return not value.strip() or (
            value in ("~", "null") and isinstance(value, Scalar) and value.plain
        )
    return value is None


def _read_one(result: Fields, known: str, value: Any, mark: Mark, zone: tzinfo, name: str) -> None:
    try:
        result.values[known] = _COERCE[known](value, zone)
    except FieldError as error:
        result.problems.append(Problem(mark, f"`{name}`: {error}.", error.cure, error.severity))


def _keep_extra(result: Fields, head: Head, path: str, name: str, plain: str) -> None:
    value = to_plain(head.fields[name])
    if plain in ("extra", "params") and isinstance(value, dict):
        result.extra.update({k: v for k, v in value.items() if k not in result.extra})
        return
    result.extra[name] = value
    if plain in FOREIGN:
        return
    near = process.extractOne(plain, _FIELD_OF, score_cutoff=75)
    guess = (
        f"Did you mean `{_FIELD_OF[near[0]]}`?"
        if near
        else "It stays readable to templates under `extra`."
    )
    result.problems.append(
        Problem(head.mark(path, name), f"The field `{name}` is not known.", guess, "warning")
    )


def _read_taxonomies(result: Fields, head: Head, path: str, zone: tzinfo) -> None:
    """Read Zola's `[taxonomies]` table."""
    table = head.fields.get("taxonomies")
    if not isinstance(table, dict):
        return
    for name, known in (("tags", "tags"), ("categories", "category"), ("authors", "authors")):
        if name in table:
            _read_one(result, known, table[name], head.mark(path, name), zone, name)


def to_plain(value: Any) -> Any:
    """Return a front matter value as JSON-like data; YAML scalars are resolved by YAML 1.2's core
    rules.
    """
    if isinstance(value, Scalar):
        return _resolve(value) if value.plain else str(value)
    if isinstance(value, dict):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [to_plain(v) for v in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # JSON has no word for it
    return value


def _resolve(value: Scalar) -> Any:
    if value in ("", "~", "null", "Null", "NULL"):
        return None
    if value in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return value[0] in "tT"
    if re.fullmatch(r"[-+]?[0-9]{1,18}", value):
        return int(value)
    if re.fullmatch(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]{1,3})?", value):
        return to_plain(float(value))
    return str(value)


def one_line(text: str) -> str:
    """Return a text on one line, without control characters."""
    line = " ".join(text.split())
    return line if line.isprintable() else CONTROL.sub("", line).strip()


def _text(value: Any, zone: tzinfo | None) -> str:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list | dict):
        raise FieldError("it is a list or a table, not a text", 'Write one text: `name: "text"`.')
    return str(value).lower() if isinstance(value, bool) else str(value)


def _date(value: Any, zone: tzinfo) -> datetime:
    try:
        return parse_date(value, zone)
    except ValueError as error:
        raise FieldError(
            f"{str(value)[:40]!r} is not a date ({error})",
            "Write 2025-07-17 or 2025-07-17T09:30:00+02:00.",
        ) from None


def _bool_or_none(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return (
            bool(value) if abs(value) < 1_000_000 else None
        )  # other systems rank pinned posts by number
    text = str(value).strip().lower()
    if text in ("true", "yes", "on") or re.fullmatch("0*[1-9][0-9]{0,5}", text):
        return True
    return False if text in ("false", "no", "off", "0") else None


def _bool(value: Any, zone: tzinfo) -> bool:
    result = _bool_or_none(value)
    if result is None:
        raise FieldError(f"{str(value)[:40]!r} is neither true nor false", "Write true or false.")
    return result


def _names(value: Any, zone: tzinfo | None) -> tuple[str, ...]:
    items: Iterable[Any] = re.split("[,;]", value) if isinstance(value, str) else value
    if not isinstance(items, list):
        items = [value]
    # Hexo nests its categories in lists of lists.
    flat = (name for item in items for name in (item if isinstance(item, list) else [item]))
    return tuple(dict.fromkeys(name for item in flat if (name := _name(item))))


def _name(item: Any) -> str:
    if isinstance(item, dict):
        item = next(
            (item[key] for key in ("name", "title", "label", "slug") if item.get(key)), None
        )
        if item is None:
            raise FieldError(
                "an entry is a table without `name`", "Write the names themselves: [One, Two]."
            )
    if isinstance(item, list):
        raise FieldError("a list stands within the list", "Write one flat list: [One, Two].")
    return "" if item is None else _text(item, None)


def _author_names(value: Any, zone: tzinfo) -> tuple[str, ...]:
    # A single name may hold a comma ("Ada Lovelace, FRS"), so only lists and semicolons part
    # authors.
    if isinstance(value, str):
        return tuple(dict.fromkeys(filter(None, map(one_line, value.split(";")))))
    return _names(value, zone)


def _paths(value: Any, zone: tzinfo) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text for item in items if (text := _name(item))))


def _permalink(value: Any, zone: tzinfo) -> str:
    text = "" if isinstance(value, dict | list) else one_line(str(value))
    return "" if set(text) & set(":{}") else text


def _image(value: Any, zone: tzinfo) -> Image | None:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        path = next(
            (
                value[key]
                for key in ("path", "src", "url", "image", "feature", "file")
                if value.get(key)
            ),
            "",
        )
        texts = {key: _text(value.get(key) or "", zone) for key in ("alt", "caption", "credit")}
        return Image(_text(path, zone), **texts) if path else None
    text = _text(value, zone)
    return Image(text) if text and not isinstance(value, bool) else None


def _web_address(value: Any, zone: tzinfo) -> str:
    text = _text(value, zone)
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", text, re.IGNORECASE):
        cure = "Write the whole address of the original: https://example.org/article/."
        raise FieldError(
            f"{text[:80]!r} is not an http or https address, and is ignored", cure, "warning"
        )
    return text


def _status(value: Any, zone: tzinfo) -> str:
    return _text(value, zone).lower()


_COERCE: Mapping[str, Callable[[Any, tzinfo], Any]] = {
    "title": _text, "slug": _text, "permalink": _permalink, "summary": _text, "status": _status,
    "canonical": _web_address,
    "date": _date, "updated": _date, "expires": _date,
    "category": _names, "tags": _names, "authors": _author_names,
    "image": _image, "image_alt": _text, "image_caption": _text, "image_credit": _text,
    "featured": _bool, "draft": _bool, "noindex": _bool,
    "aliases": _paths, "related": _paths, "related_exclude": _paths,
}  # fmt: skip
