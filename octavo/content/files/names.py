"""What the names of files and folders say about a post: its name, title and category."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from octavo.content.files.walk import PAGES
from octavo.content.slugs import slugify, without_date

# Numbers that only order files, as Grav (`01.blog`), Kirby (`1_blog`) and many folders of notes
# (`01 - Intro`) have them. A year, a version (`1.0`) or `7-wonders` is part of the name.
_ORDER = re.compile(
    r"(?:0\d{1,3}[-_. ]+|\d{1,3}\.\s*(?!x\b)|\d{1,3}_|\d{1,3} +[-–—] +)(?=[^\W\d_])"
)
# Numbers that only order files where their neighbours say so: `10-x` beside `09-y`, or `1-a` beside
# `2-b` and `3-c`.
_NUMBER = re.compile(r"(\d{1,3})-(?=[^\W\d_])")
_ANY_NUMBER = re.compile(r"^(?:[^\n]*/)?\d{1,3}-(?=[^\W\d_])", re.MULTILINE)
_LEAST_RUN = 3
_ONLY_DATES = re.compile(r"[\d_.-]+")
# What notes of a day, week, month or quarter are called: 2024-01-03, 2024_01_03 (Logseq), 2024-W05.
_DATE_AS_NAME = re.compile(r"\d{4}[-_.](?:\d{1,2}(?:[-_.]\d{1,2})?|[WwQq]\d{1,2})")
# Files that repositories keep for those who look into them.
_AT_THE_TOP = frozenset("readme license licence contributing code_of_conduct changelog".split())
_OF_THE_FOLDER = frozenset(("index", "_index", "readme"))
_IN_CAPITALS = frozenset(
    """
    LICENSE LICENCE COPYING NOTICE CONTRIBUTING CONTRIBUTORS CODE_OF_CONDUCT SECURITY SUPPORT
    MAINTAINERS GOVERNANCE CODEOWNERS CHANGELOG PULL_REQUEST_TEMPLATE ISSUE_TEMPLATE CLAUDE AGENTS
    """.split()
)

# Folders and endings by which other systems keep texts from readers: Blot, Eleventy, Nuxt Content
# (`a.draft.md`), Quartz.
_KEPT_BACK = re.compile(
    r"(?:^|/)(?P<folder>drafts?|unpublished|private|trash)/|\.(?P<ending>drafts?|private)\.[^./]+$",
    re.IGNORECASE,
)


def kept_back_by(path: str) -> str:
    """Return the part of a path that keeps the text from readers, `drafts/` or `.draft`, or ''."""
    found = _KEPT_BACK.search(path)
    if found is None:
        return ""
    if found["folder"]:
        return f"{found['folder']}/"
    return f".{found['ending']}"


def without_order(name: str) -> str:
    """Return a file's or folder's name without a number that only orders it, as in `01 - Intro`."""
    return _ORDER.sub("", name, count=1) if name[:1].isdecimal() and _ORDER.match(name) else name


def is_numbered(path: str) -> bool:
    """Whether a part of a path begins with a number that may order it, by its neighbours."""
    return _ANY_NUMBER.match(path) is not None


def without_numbers(paths: Sequence[str]) -> dict[str, str]:
    """Return, for each path of which a part has a number that only orders, the path without them.

    Numbers do where one in the same folder has a zero before it and as many digits, or where they
    count from 0 or 1 without a gap, at least up to the third.
    """
    if _ANY_NUMBER.search("\n".join(paths)) is None:
        return {}
    numbered = [path for path in paths if is_numbered(path)]
    folders: defaultdict[str, set[str]] = defaultdict(set)
    for path in numbered:
        for folder, name in _steps(path):
            found = _NUMBER.match(name)
            if found is not None:
                folders[folder].add(found[1])
    only_orders = {folder: _ordering(numbers) for folder, numbers in folders.items()}
    plain = {}
    for path in numbered:
        parts = []
        for folder, name in _steps(path):
            found = _NUMBER.match(name)
            if found is not None and found[1] in only_orders[folder]:
                name = name[found.end() :]
            parts.append(name)
        plain[path] = "/".join(parts)
    return {path: name for path, name in plain.items() if path != name}


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """Yield the folder and the name of each part of a path."""
    folder = ""
    for name in path.split("/"):
        yield folder, name
        folder += f"/{name}"


def _ordering(numbers: set[str]) -> set[str]:
    """Return those numbers of one folder that only order what has them."""
    widths = {len(number) for number in numbers if number.startswith("0") and len(number) > 1}
    counted = sorted(map(int, numbers))
    first = counted[0]
    is_run = len(counted) >= _LEAST_RUN and counted == list(range(first, first + len(counted)))
    if is_run and first <= 1:
        return numbers
    return {number for number in numbers if len(number) in widths}


def is_of_its_folder(path: str) -> bool:
    """Whether a file is the text of its folder: `index.md`, `_index.md` or `README.md`."""
    folder, _, file = path.rpartition("/")
    return bool(folder) and file.rpartition(".")[0].lower() in _OF_THE_FOLDER


def raw_name(path: str) -> str:
    """Return the name of a post's file without suffix; of `index.md`, its folder's name."""
    folder, _, file = path.rpartition("/")
    if is_of_its_folder(path):
        return folder.rpartition("/")[2]
    return file.rpartition(".")[0]


def name_of(path: str) -> str:
    """Return the name of a post's file or folder without the date and the number that orders it."""
    return without_order(without_date(raw_name(path)))


def slug_of(path: str) -> str:
    """Return the slug that the name of a post's file asks for; '' where that has no letter.

    That of a page has its folders too: `team/about` for `_pages/team/about.md`.
    """
    slug = slugify(name_of(path))
    if not slug or not path.startswith(PAGES):
        return slug
    return in_folders(path, slug)


def in_folders(path: str, slug: str) -> str:
    """Return the slug of the page at `path` with the folders that it is in, below `_pages/`."""
    folders = path.removeprefix(PAGES).split("/")[:-1]
    if is_of_its_folder(path):
        del folders[-1:]
    return "/".join([*filter(None, map(slugify, map(without_order, folders))), slug])


def is_title(path: str) -> bool:
    """Whether the name of a post's file is a title: it has spaces, as in note-taking programs."""
    return " " in raw_name(path)


def title_of(path: str) -> str:
    """Return a title made of the name of a post's file.

    A name with spaces is a title already and stays as it is; in others hyphens become spaces. A
    name that is a date becomes that date: `2024-01-03`.
    """
    name = name_of(path)
    if is_title(path):
        return name.strip()
    if _DATE_AS_NAME.fullmatch(name):
        return name.upper().replace("_", "-").replace(".", "-")
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:] or path


def category_of(path: str) -> str:
    """Return a category made of a post's first folder that is not a date; '' without one."""
    *folders, file = path.split("/")
    if file.lower().startswith("index.") and folders:
        folders.pop()
    name = next((part for part in folders if not _ONLY_DATES.fullmatch(part)), "")
    words = without_order(name).replace("-", " ").replace("_", " ")
    return words.title() if words.islower() else words


def is_about_the_folder(path: str) -> bool:
    """Whether a file describes its folder and is no post, by its name: README, LICENSE."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    if "/" not in path and stem.lower() in _AT_THE_TOP:
        return True
    return stem in _IN_CAPITALS
