"""Readers of field values: from what any format of front matter gives to the field's type.

All are called alike, with the site's time zone, which `moment` alone needs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, tzinfo
from math import isfinite
from typing import Any, Literal

from octavo.content.files.reading import without_controls
from octavo.content.frontmatter.dates import parse_date
from octavo.content.frontmatter.formats import Scalar
from octavo.content.frontmatter.verdicts import as_bool
from octavo.content.posts import Image
from octavo.content.slugs import slugify
from octavo.content.urls import parts_of

# What stands beside an author's name; an address is no name.
_BEFORE_MAIL = re.compile(r"(?P<name>[^<>@]*[^<>@\s])\s*<[^<>@\s]+@[^<>@\s]+>\s*")
_BEHIND_MAIL = re.compile(r"\s*[^()@\s]+@[^()@\s]+\s+\((?P<name>[^()@]+)\)\s*")


class FieldError(ValueError):
    """A field's value cannot be read as the field's type; `cure` tells the writer what to write.

    With severity `warning` the post is published without the field.
    """

    def __init__(
        self, cause: str, cure: str, severity: Literal["error", "warning"] = "error"
    ) -> None:
        super().__init__(cause)
        self.cure = cure
        self.severity = severity


def is_absent(value: Any) -> bool:
    """Whether a value counts as none, so that another spelling of the field may be used."""
    if isinstance(value, str):
        if value in ("~", "null", "Null", "NULL"):
            return isinstance(value, Scalar) and value.plain
        return not value.strip()
    return value is None


def text(value: Any, zone: tzinfo | None = None) -> str:
    """Return a value as a text on one line, as it was written."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list | dict):
        raise FieldError("it is a list or a table, not a text", 'Write one text: `name: "text"`.')
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def one_line(value: str) -> str:
    """Return a text on one line, without control characters."""
    line = " ".join(value.split())
    if line.isprintable():
        return line
    return without_controls(line).strip()


_PAIR = re.compile(
    r"<(em|strong|b|i|u|s|a|p|span|code|sup|sub|small|mark|q|cite)\b[^<>]*>(.*?)</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
_LINE_BREAK = re.compile(r"<(?:br|hr|wbr)\s*/?>|</?p>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_STRONG = re.compile(r"(?<![\w*])(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\w*_])([*_])(?=[^\s*_])([^*_]+?)(?<=\S)\1(?![\w*_])")
_CODE = re.compile(r"(`+)(.+?)\1")
_MARKED = re.compile(r"[\[*_`~]")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")


def title(value: Any, zone: tzinfo | None = None) -> str:
    """Return a title as plain text, without the HTML tags and character references of exports."""
    found = text(value)
    if "<" in found:
        found = one_line(_without_tags(found))
    if "&" in found:
        found = one_line(_REFERENCE.sub(lambda match: html.unescape(match[0]), found))
    return found


def summary(value: Any, zone: tzinfo | None = None) -> str:
    """Return a summary as plain text: without HTML tags and Markdown's signs, `&amp;` decoded."""
    found = text(value)
    if _MARKED.search(found):
        found = _LINK.sub(r"\1", found)
        for pattern in (_STRONG, _EMPHASIS, _CODE):
            found = pattern.sub(r"\2", found)
    return title(found)


def _without_tags(found: str) -> str:
    before = ""
    while before != found:
        before = found
        found = _PAIR.sub(r"\2", found)
    return _LINE_BREAK.sub(" ", found)


def moment(value: Any, zone: tzinfo) -> datetime:
    """Return a date and time in UTC."""
    try:
        return parse_date(value, zone)
    except ValueError as error:
        cause = f"{str(value)[:40]!r} is not a date ({error})"
        raise FieldError(cause, "Write 2025-07-17 or 2025-07-17T09:30:00+02:00.") from None


def yes_or_no(value: Any, zone: tzinfo | None = None) -> bool:
    """Return true or false; a number other than 0 is true, as in a rank of pinned posts."""
    answer = as_bool(value)
    if answer is None and re.fullmatch("0*[1-9][0-9]{0,5}", str(value).strip()):
        return True
    if answer is None:
        cause = f"{str(value)[:40]!r} is neither true nor false"
        raise FieldError(cause, "Write true or false.")
    return answer


def names(value: Any, zone: tzinfo | None = None) -> tuple[str, ...]:
    """Return names from a list, or from a text with commas or semicolons; each slug once."""
    items = value
    if isinstance(value, str):
        items = re.split("[,;]", value)
    return distinct(_flat(items))


def author_names(value: Any, zone: tzinfo | None = None) -> tuple[str, ...]:
    """Return names of authors; a text is split at semicolons only ("Ada Lovelace, FRS").

    An address for mail beside a name is left out: "Ada <ada@example.org>", as Git and mail write
    it, and "ada@example.org (Ada)", as RSS does.
    """
    if isinstance(value, str):
        return distinct(map(_without_mail, value.split(";")))
    return distinct(map(_without_mail, _flat(value)))


def _without_mail(item: Any) -> Any:
    if not isinstance(item, str) or "@" not in item:
        return item
    found = _BEFORE_MAIL.fullmatch(item) or _BEHIND_MAIL.fullmatch(item)
    if found is None:
        return item
    return found["name"]


def paths(value: Any, zone: tzinfo | None = None) -> tuple[str, ...]:
    """Return addresses or slugs from a list or a text, each once."""
    return tuple(dict.fromkeys(filter(None, map(_name, _as_list(value)))))


def distinct(found: Iterable[Any]) -> tuple[str, ...]:
    """Return `names` without those whose slug has come before."""
    by_slug: dict[str, str] = {}
    for item in found:
        name = one_line(item) if isinstance(item, str) else _name(item)
        if name:
            by_slug.setdefault(slugify(name) or name, name)
    return tuple(by_slug.values())


def _flat(items: Any) -> Iterator[Any]:
    """Yield single entries; Hexo nests its categories in lists of lists."""
    for item in _as_list(items):
        yield from _as_list(item)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(item: Any) -> str:
    if isinstance(item, dict):
        known = ("name", "title", "label", "slug")
        item = next((item[key] for key in known if item.get(key)), None)
        if item is None:
            cause = "an entry is a table without `name`"
            raise FieldError(cause, "Write the names themselves: [One, Two].")
    if isinstance(item, list):
        raise FieldError("a list stands within the list", "Write one flat list: [One, Two].")
    if item is None:
        return ""
    return text(item)


def permalink(value: Any, zone: tzinfo | None = None) -> str:
    """Return an address of another system; '' for a pattern such as `:year/:title`."""
    if isinstance(value, dict | list) or set(str(value)) & set(":{}"):
        return ""
    return one_line(str(value))


_IMAGE_PATH = ("path", "src", "url", "image", "feature", "file", "filename")


def image(value: Any, zone: tzinfo | None = None) -> Image | None:
    """Return the picture named by a path, a table or a list's first entry; None without one."""
    if isinstance(value, list):
        value = next(iter(value), "")
    texts: dict[str, str] = {}
    path = value
    if isinstance(value, dict):
        path = next((value[key] for key in _IMAGE_PATH if value.get(key)), "")
        texts = {key: text(value.get(key) or "") for key in ("alt", "caption", "credit")}
    found = text(path)
    if not found or isinstance(path, bool):
        return None
    if not any(parts_of(found)):
        cause = f"{found[:80]!r} is no address that can be read, and is ignored"
        raise FieldError(cause, "Write the picture's path or its whole address.", "warning")
    return Image(found, **texts)


def web_address(value: Any, zone: tzinfo | None = None) -> str:
    """Return a value that is an http or https URL. Raises FieldError, a warning, for others."""
    found = text(value)
    is_web = re.fullmatch(r"https?://[^\s/?#]+\S*", found, re.IGNORECASE) is not None
    if not is_web or not any(parts_of(found)):
        cause = f"{found[:80]!r} is not an http or https address, and is ignored"
        cure = "Write the whole address of the original: https://example.org/article/."
        raise FieldError(cause, cure, "warning")
    return found


def language(value: Any, zone: tzinfo | None = None) -> str:
    """Return a language as a BCP 47 tag; a locale such as `de_CH.UTF-8` is accepted.

    Raises FieldError, as a warning, for anything else, also for a country's code.
    """
    found = re.split(r"[.@]", text(value), maxsplit=1)[0].replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", found):
        cause = f"{found[:40]!r} is no language, and is ignored"
        raise FieldError(cause, "Write a tag such as `de` or `pt-BR`.", "warning")
    right = _COUNTRIES.get(found.partition("-")[0].lower())
    if right is not None:
        cause = f"{found!r} is a country and no language, and is ignored"
        raise FieldError(cause, f"Write `{right}`.", "warning")
    return found


# Countries whose codes are taken for their languages; none of them is a language's own code.
_COUNTRIES = {
    "at": "de", "cn": "zh", "cz": "cs", "dk": "da", "ge": "ka", "gb": "en", "gr": "el", "il": "he",
    "iq": "ar", "jp": "ja", "kz": "kk", "mx": "es", "rs": "sr", "hk": "zh-HK",
    "ua": "uk", "us": "en", "vn": "vi", "by": "be",
}  # fmt: skip


def to_plain(value: Any) -> Any:
    """Return a value as JSON-like data; YAML scalars are resolved by YAML 1.2's core rules."""
    if isinstance(value, Scalar):
        return _resolve(value) if value.plain else str(value)
    if isinstance(value, dict):
        return {str(key): to_plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [to_plain(one) for one in value]
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
