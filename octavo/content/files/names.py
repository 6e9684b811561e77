"""What the names of files and folders say about a post: its name, title and category."""

from __future__ import annotations

import re

from octavo.content.slugs import without_date

# Numbers that only order files, as Grav (`01.blog`), Kirby (`1_blog`) and many folders of notes
# (`01 - Intro`) have them. A year, a version (`1.0`) or `7-wonders` is part of the name.
_ORDER = re.compile(
    r"(?:0\d{1,3}[-_. ]+|\d{1,3}\.\s*(?!x\b)|\d{1,3}_|\d{1,3} +[-–—] +)(?=[^\W\d_])"
)
_ONLY_DATES = re.compile(r"[\d_.-]+")
# Files that repositories keep for those who look into them.
_AT_THE_TOP = frozenset("readme license licence contributing code_of_conduct changelog".split())
_IN_CAPITALS = frozenset(
    """
    LICENSE LICENCE COPYING NOTICE CONTRIBUTING CONTRIBUTORS CODE_OF_CONDUCT SECURITY SUPPORT
    MAINTAINERS GOVERNANCE CODEOWNERS CHANGELOG PULL_REQUEST_TEMPLATE ISSUE_TEMPLATE CLAUDE AGENTS
    """.split()
)


def without_order(name: str) -> str:
    """Return a file's or folder's name without a number that only orders it, as in `01 - Intro`."""
    return _ORDER.sub("", name, count=1) if name[:1].isdecimal() and _ORDER.match(name) else name


def raw_name(path: str) -> str:
    """Return the name of a post's file without suffix; of `index.md`, its folder's name."""
    folder, _, file = path.rpartition("/")
    stem = file.rpartition(".")[0]
    if folder and stem.lower() in ("index", "_index"):
        return folder.rpartition("/")[2]
    return stem


def name_of(path: str) -> str:
    """Return the name of a post's file or folder without the date and the number that orders it."""
    return without_order(without_date(raw_name(path)))


def is_title(path: str) -> bool:
    """Whether the name of a post's file is a title: it has spaces, as in note-taking programs."""
    return " " in raw_name(path)


def title_of(path: str) -> str:
    """Return a title made of the name of a post's file.

    A name with spaces is a title already and stays as it is; in others hyphens become spaces.
    """
    name = name_of(path)
    if is_title(path):
        return name.strip()
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
