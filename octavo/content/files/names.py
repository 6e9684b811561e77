"""What the names of files and folders say of a post: its own name, its title, its category."""

from __future__ import annotations

import re

from octavo.content.frontmatter.dates import without_date

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
    """Return a file's or folder's name without the number that only orders it."""
    return _ORDER.sub("", name, count=1) if name[:1].isdecimal() and _ORDER.match(name) else name


def raw_name(path: str) -> str:
    """Return the name of a post's file without suffix, or of its folder for an index file."""
    folder, _, file = path.rpartition("/")
    stem = file.rpartition(".")[0]
    if folder and stem.lower() in ("index", "_index"):
        return folder.rpartition("/")[2]
    return stem


def name_of(path: str) -> str:
    """Return what a person calls a post: its file's or folder's name without date or number."""
    return without_order(without_date(raw_name(path)))


def is_title(path: str) -> bool:
    """Whether a post's name was written as a title, as programs for notes have it: with blanks."""
    return " " in raw_name(path)


def title_of(path: str) -> str:
    """Return a title made of a post's name.

    A name with blanks was written as a title and stays as it is; any other is words with hyphens.
    """
    name = name_of(path)
    if is_title(path):
        return name.strip()
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:] or path


def category_of(path: str) -> str:
    """Return a category made of the first folder above a post that is no part of a date, or ''."""
    *folders, file = path.split("/")
    if file.lower().startswith("index.") and folders:
        folders.pop()
    name = next((part for part in folders if not _ONLY_DATES.fullmatch(part)), "")
    words = without_order(name).replace("-", " ").replace("_", " ")
    return words.title() if words.islower() else words


def is_about_the_folder(path: str) -> bool:
    """Whether a file is meant for those who look into the folder, by its name: README, LICENSE."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    if "/" not in path and stem.lower() in _AT_THE_TOP:
        return True
    return stem in _IN_CAPITALS
