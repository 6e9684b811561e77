"""Patterns of articles' addresses, in the words of Jekyll and Hugo: `/:year/:month/:title/`.

https://jekyllrb.com/docs/permalinks/ and https://gohugo.io/content-management/urls/#permalinks
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from urllib.parse import quote, unquote

from octavo.content.files.names import category_of
from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.site.addresses.places import is_own

# A word of a pattern: `:year`, Hugo's `:January` and `:2006`.
TOKEN = re.compile(r":(sections\[[^\[\]]*\]|[a-z_]+|[A-Z][a-z]+|[0-9]+)")
# Some of the folders, as Hugo counts them: `sections[last]`, `sections[1:]`.
_SOME_SECTIONS = re.compile(r"sections\[(?P<low>\d*|first|last)(?P<colon>:?)(?P<high>\d*|last)\]")
SLASHES = re.compile("//+")
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

# Jekyll's patterns that have a name.
STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_SLUGS = frozenset(
    """
    title slug name filename basename slugorfilename slugorcontentbasename contentbasename
    """.split()
)
# What each word for a part of a date stands for.
DATES: Mapping[str, Callable[[datetime], str]] = {
    "year": lambda day: f"{day.year:04}",
    "2006": lambda day: f"{day.year:04}",
    "short_year": lambda day: f"{day.year % 100:02}",
    "06": lambda day: f"{day.year % 100:02}",
    "month": lambda day: f"{day.month:02}",
    "01": lambda day: f"{day.month:02}",
    "i_month": lambda day: str(day.month),
    "1": lambda day: str(day.month),
    "short_month": lambda day: _MONTHS[day.month - 1][:3].title(),
    "Jan": lambda day: _MONTHS[day.month - 1][:3].title(),
    "long_month": lambda day: _MONTHS[day.month - 1].title(),
    "January": lambda day: _MONTHS[day.month - 1].title(),
    "monthname": lambda day: _MONTHS[day.month - 1],
    "day": lambda day: f"{day.day:02}",
    "02": lambda day: f"{day.day:02}",
    "i_day": lambda day: str(day.day),
    "2": lambda day: str(day.day),
    "y_day": lambda day: f"{day.timetuple().tm_yday:03}",
    "yearday": lambda day: str(day.timetuple().tm_yday),
    "w_year": lambda day: str(day.isocalendar().year),
    "week": lambda day: f"{day.isocalendar().week:02}",
    "w_day": lambda day: str(day.isoweekday()),
    "weekday": lambda day: str(day.isoweekday() % 7),
    "short_day": lambda day: _DAYS[day.weekday()][:3].title(),
    "long_day": lambda day: _DAYS[day.weekday()].title(),
    "weekdayname": lambda day: _DAYS[day.weekday()],
    "hour": lambda day: f"{day.hour:02}",
    "minute": lambda day: f"{day.minute:02}",
    "second": lambda day: f"{day.second:02}",
}


def _hierarchy(post: Post, spelled: Callable[[str], str]) -> str:
    """Return a post's categories as folders, each once.

    https://jekyllrb.com/docs/permalinks/#global
    """
    names: Iterable[str] = map(spelled, (post.category, *post.more_categories))
    if post.category == category_of(post.path):
        # It is the name of the folder, made fit to be read.
        names = (slugify(post.category), *map(spelled, post.more_categories))
    return "/".join(dict.fromkeys(names))


def _lowered(category: str) -> str:
    """Return a category in small letters, as Jekyll has it in addresses."""
    steps = category.lower().split("/")
    return "/".join(step for step in steps if step.strip(". "))


_OTHERS: Mapping[str, Callable[[Post], str]] = {
    "categories": lambda post: _hierarchy(post, _lowered),
    "slugified_categories": lambda post: _hierarchy(post, slugify),
    "category": lambda post: slugify(post.category),
    "section": lambda post: "/".join(_folders(post)[:1]),
    "sections": lambda post: "/".join(_folders(post)),
    "collection": lambda post: "posts",
    "output_ext": lambda post: ".html",
}


_SHAPES = {
    **dict.fromkeys(DATES, "[0-9A-Za-z]+"),
    "output_ext": r"\.html",
}


class Permalink:
    """A pattern of addresses; its token for the slug makes each article's address unique."""

    def __init__(self, pattern: str, zone: tzinfo) -> None:
        """Read a pattern, or the name of one of Jekyll's. Dates are those of `zone`.

        Raises ValueError with the cause where it does not begin with a slash, has an unknown token,
        has no token for the slug, or lies in a folder of the site's own pages or files.
        """
        self.pattern = STYLES.get(pattern, pattern)
        self._zone = zone
        tokens = TOKEN.findall(self.pattern)
        unknown = [token for token in tokens if not _is_known(token)]
        if not self.pattern.startswith("/"):
            raise ValueError("it must begin with a slash")
        if unknown:
            raise ValueError(f"`:{unknown[0]}` is no token")
        folder = self.pattern.strip("/").partition("/")[0]
        if "/" in self.pattern.strip("/") and is_own(f"/{folder}/x"):
            raise ValueError(f"the addresses below `/{folder}/` are the site's own")
        if re.search(r"[?#%\\]|/\.{1,2}(?:/|$)", self.pattern):
            raise ValueError("it is a path, without `?`, `#`, `%` or `..`")
        if "[" in TOKEN.sub("", self.pattern):
            raise ValueError("only `:sections` has parts, such as `:sections[last]`")
        if not _SLUGS & set(tokens):
            raise ValueError(
                "it needs `:slug` (or `:title`), so that each article has an address of its own"
            )
        self._needs_date = bool(DATES.keys() & set(tokens))
        self._reader = _reader(self.pattern)

    def path(self, post: Post) -> str | None:
        """Return an article's path, quoted.

        None where the pattern needs a date that it lacks, or makes an address of the site's own.
        """
        day: datetime | None = None
        if post.published is not None:
            day = post.published.astimezone(self._zone)
        elif self._needs_date:
            return None

        def value(token: re.Match[str]) -> str:
            name = token[1]
            if name in _SLUGS:
                return post.slug
            if day is not None and name in DATES:
                return DATES[name](day)
            if name in _OTHERS:
                return _OTHERS[name](post)
            return "/".join(_some(_folders(post), name))

        path = SLASHES.sub("/", TOKEN.sub(value, self.pattern))
        if is_own(path):
            return None
        return quote(path)

    def slug_in(self, path: str) -> str | None:
        """Return the slug in a decoded path; None where the path does not fit the pattern.

        An article with this slug may stand elsewhere: compare its own path.
        """
        found = self._reader.fullmatch(unquote(path))
        if found is None:
            return None
        return found["slug"]


def _reader(pattern: str) -> re.Pattern[str]:
    """Return the regular expression that finds the slug in a path made by `pattern`."""
    made = []
    for segment in pattern.strip("/").split("/"):
        tokens = TOKEN.findall(segment)
        is_other = tokens and tokens[0] not in _SLUGS | DATES.keys()
        if is_other and TOKEN.fullmatch(segment):
            # It may be empty, and sections are several segments.
            made.append("(?:/[^/]+)*?")
            continue
        place = 0
        text = "/"
        for token in TOKEN.finditer(segment):
            text += re.escape(segment[place : token.start()])
            shape = _SHAPES.get(token[1], "[^/]+?")
            if token[1] in _SLUGS and "(?P<slug>" not in "".join([*made, text]):
                shape = "(?P<slug>[^/]+?)"
            text += shape
            place = token.end()
        made.append(text + re.escape(segment[place:]))
    if pattern.endswith("/"):
        made.append("/")
    return re.compile("".join(made))


def _is_known(token: str) -> bool:
    if token in _SLUGS | DATES.keys() | _OTHERS.keys():
        return True
    found = _SOME_SECTIONS.fullmatch(token)
    return found is not None and any(found.groups())


def _some(folders: list[str], token: str) -> list[str]:
    """Return the folders that a word such as `sections[1:]` selects, as far as they are there.

    https://gohugo.io/configuration/permalinks/#tokens
    """
    selector = token.removeprefix("sections[").removesuffix("]")
    last = max(0, len(folders) - 1)
    low, colon, high = selector.replace("first", "0").replace("last", str(last)).partition(":")
    start = int(low or 0)
    if not colon:
        return folders[start : start + 1]
    return folders[start : int(high or len(folders))]


def _folders(post: Post) -> list[str]:
    parts = post.path.split("/")[:-1]
    if post.path.rsplit("/", 1)[-1].rpartition(".")[0] == "index":
        parts.pop()
    return list(map(slugify, parts))
