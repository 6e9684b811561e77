"""Refusal of front matter that is nearly well-formed, and of unresolved merge conflicts.

A text that misses its front matter by a character would be public with its `draft: true` in sight,
so it is an error and never a post.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from octavo.content.errors import ContentError, Mark
from octavo.content.frontmatter.audience import restriction
from octavo.content.frontmatter.verdicts import Audience

# How far a text is searched for what may be front matter; characters and lines.
MAX_BEGINNING_CHARACTERS = 6_000
MAX_LINES_BEFORE = 12

# Characters that end a line for some programs only.
_ODD_ENDS = re.compile("[\u2028\u2029\x0b\x0c\x85]")
_FENCE = re.compile(r"[-–—‐‑‒―−－﹣_]{2,}(?:ya?ml|toml|json)?|\+{2,}|＋{2,}|~{3,}|;{3,}|={3,}")
# A line without a letter or digit: above everything else it may be a fence that went wrong.
_BARE = re.compile(r"\W+")
_FIELD = re.compile(
    r"""["'“”‘’]?(?P<name>[^\W\d][\w.\- ]{0,40}?)["'“”‘’]?\s*(?P<sign>::|[:：=＝](?![=]))\s*(.*)"""
)
_CONTINUED = re.compile(r"\s+\S|\s*[-*•]\s")
# What may stand before a line that was commented out.
_MARKER = re.compile(r"<!--+|--+>|//+|/\*+|\*+/|\{#|#\}|\{/\*|\*/\}|\{%[^%\n]*%\}|;")
# The same before a line in languages where it also begins a heading or a quote.
_HASHES = re.compile(r"(?:#+|>+|%+|\*)\s*(?=\S)")
_CODE_FENCE = re.compile(r"(?:`{3,}|~{3,})\s*[\w+-]*$")
# A field of one of these names is front matter, wherever it stands near the beginning.
_TELLING = frozenset(
    """
    title date draft published publish publishdate pubdate slug layout tags categories category
    author authors description summary status visibility private password unlisted hidden permalink
    aliases updated lastmod created modified
    """.split()
)
# `name:: value` is a property of a note for Obsidian and Logseq, and seldom says who may read.
_TELLING_INLINE = frozenset("draft published publish private public".split())
# A line that says a text is not public, in whatever list, table, emphasis or comment it stands.
_STATEMENT = re.compile(
    r"""[^\w`]*(?P<name>[^\W\d_][\w.-]{2,20})["'”’*_]*\s*(?:::|[:=：＝|]|\s-\s)"""
    r"""["'“‘*_\s]*(?P<value>[\w-]+)[^\w`]*"""
)
# The same within a line of data or of a program.
_DATA = re.compile(r"[\[{(<;+\"'%$\\]|-{2,}|(?:export|const|let|var|module)\b")
_IN_DATA = re.compile(r"""(?<![\w`])(?P<name>[A-Za-z]+)["']?\s*[:=]\s*["']?(?P<value>[\w-]+)""")
_STATING = frozenset(
    "draft isdraft published publish public private unlisted hidden status visibility".split()
)
_STATED_WORDS = frozenset(
    "draft drafts private pending unpublished trash hidden unlisted secret confidential".split()
)


def plain_name(name: str) -> str:
    """Return a field's name for comparing: no case, `_`, `-`, blanks or invisible characters."""
    if name.isascii() and name.isalnum():
        return name.lower()
    shown = visible_text(unicodedata.normalize("NFKC", name))
    return "".join(sign for sign in shown if sign not in "_- \t").casefold()


def visible_text(text: str) -> str:
    """Return `text` without invisible characters, and with every kind of blank as a space."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(sign) for sign in text)


def _seen(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign in _BLANK_LETTERS:
        return ""
    if sign in "\n\t" or category[0] not in "CZ":
        return sign
    if category == "Zs":
        return " "
    return ""


# Letters and marks that show nothing: Hangul fillers, the braille blank, selectors of variants.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}


def refuse_near_miss(text: str, path: str) -> None:
    """Raise ContentError where a text begins with what is almost front matter."""
    beginning = text[:MAX_BEGINNING_CHARACTERS]
    if not _may_hold_fields(beginning):
        return
    number = _first_field([visible_text(line) for line in beginning.split("\n")])
    if number is None and _ODD_ENDS.search(beginning):
        lines = _ODD_ENDS.sub("\n", beginning).split("\n")
        number = _first_field([visible_text(line) for line in lines])
    if number is None:
        number = _withholding_line(visible_text(beginning).split("\n"))
    if number is None:
        return
    cause = "The text begins with what looks like front matter, but it cannot be read as such."
    cure = (
        "Let the file begin with a line `---` and nothing else on it, without blanks or invisible "
        "characters before, then `name: value` lines, then `---`."
    )
    raise ContentError(Mark(path, number, 1), cause, cure)


def refuse_second_head(head: str, body: str, path: str) -> None:
    """Raise ContentError where a body begins with front matter that keeps the text from readers.

    It is looked for where `head`, the front matter before it, is empty or another fence follows.
    """
    first, _, _ = body[:MAX_BEGINNING_CHARACTERS].strip().partition("\n")
    if head.strip("-+ \t\n") and not _is_fence(first):
        return
    number = _withholding_line(body[:MAX_BEGINNING_CHARACTERS].split("\n"))
    if number is not None:
        lines_before = head.count("\n") + 1
        cause = "A second front matter follows the first, and keeps the text from readers."
        cure = "Join the two between one pair of lines `---`."
        raise ContentError(Mark(path, lines_before + number, 1), cause, cure)


def _withholding_line(lines: Sequence[str]) -> int | None:
    """Return the line, from 1, near the beginning that says the text is not public, or None."""
    seen = 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        if seen > MAX_LINES_BEFORE or (seen and _CODE_FENCE.fullmatch(text)):
            return None
        seen += 1
        stated = _STATEMENT.fullmatch(text)
        found = [stated] if stated else []
        if _DATA.match(text):
            found.extend(_IN_DATA.finditer(text))
        if any(_withholds(one["name"], one["value"]) for one in found):
            return number
    return None


def _withholds(name: str, value: str) -> bool:
    plain = plain_name(name)
    if plain not in _STATING:
        return False
    if plain in ("status", "visibility"):
        return value.casefold() in _STATED_WORDS
    verdict = restriction(plain, value)
    return verdict is not None and not verdict.doubt and verdict.audience >= Audience.UNLISTED


def _may_hold_fields(beginning: str) -> bool:
    return any(sign in beginning for sign in ":=：＝|") or " - " in beginning


def _first_field(lines: Sequence[str]) -> int | None:
    """Return the line, from 1, at which the fields of a malformed front matter begin, or None."""
    fenced = False
    before = 0
    for number, line in enumerate(lines):
        text = _uncommented(line, fenced)
        if not text:
            continue
        begins_bare = not before and _BARE.fullmatch(text)
        if begins_bare or _is_fence(text) or _is_fence(_HASHES.sub("", text)):
            fenced = True
            continue
        if _CODE_FENCE.fullmatch(text):
            if before:
                return None
            fenced = True
            continue
        if (fenced or not before) and _is_front_matter(lines[number:], fenced):
            return number + 1
        before += 1
        fenced = False
        if before > MAX_LINES_BEFORE:
            return None
    return None


def _uncommented(line: str, fenced: bool) -> str:
    """Return a line without the markers of a comment; '' where all of it is one comment."""
    text = re.sub("<!--.*?-->", "", line).strip()
    found = _MARKER.match(text)
    while found:
        text = text[found.end() :].strip()
        found = _MARKER.match(text)
    if fenced:
        text = _HASHES.sub("", text, count=1)
    return text.removesuffix("-->").removesuffix("*/").strip()


def _is_front_matter(lines: Sequence[str], fenced: bool) -> bool:
    """Whether `lines` begin with `name: value` lines that only front matter would begin with."""
    names = _run_of_fields(lines, fenced)
    if _TELLING.isdisjoint(names):
        return False
    return fenced or len(names) > 1 or _ends_after_one(lines)


def _run_of_fields(lines: Sequence[str], fenced: bool) -> list[str]:
    names: list[str] = []
    for line in lines:
        text = _uncommented(line, fenced)
        found = _FIELD.fullmatch(text)
        if found is not None:
            name = plain_name(found["name"])
            if found["sign"] != "::" or name in _TELLING_INLINE:
                names.append(name)
        elif (text and not _CONTINUED.match(line)) or (not text and not fenced):
            break
    return names


def _ends_after_one(lines: Sequence[str]) -> bool:
    following = _uncommented(lines[1], fenced=False) if len(lines) > 1 else ""
    return not following or _is_fence(following)


def _is_fence(text: str) -> bool:
    return _FENCE.fullmatch(text.replace(" ", "")) is not None


_CONFLICT_START = re.compile(r"<{7}(?: .*)?")
_CONFLICT_MIDDLE = re.compile(r"={7}(?: .*)?|\|{7}(?: .*)?")
_CONFLICT_END = re.compile(r">{7}(?: .*)?")
# The end alone, with what git names it: a branch, a commit and its message, a stash.
_CONFLICT_LEFT = re.compile(r">{7} (?:[\w./@+-]+(?: \(.*\))?|Stashed changes|Updated upstream)")
_CODE = re.compile(r" {0,3}(`{3,}|~{3,})")


def refuse_conflict(text: str, path: str) -> None:
    """Raise ContentError where version control has left conflict markers outside blocks of code."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return
    number = _conflict_line(text.split("\n"))
    if number is not None:
        cause = "The file holds a conflict that is not resolved (`<<<<<<<`, `=======`, `>>>>>>>`)."
        cure = "Keep one of the versions and delete the lines with the markers."
        raise ContentError(Mark(path, number, 1), cause, cure)


def _conflict_line(lines: Sequence[str]) -> int | None:
    fence = ""
    middle = 0
    for number, line in enumerate(lines, 1):
        found = _CODE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence) and not line.strip(" `~"):
            fence = ""
        if fence:
            continue
        if _CONFLICT_START.fullmatch(line):
            return number
        if _CONFLICT_MIDDLE.fullmatch(line):
            middle = number
        if middle and _CONFLICT_END.fullmatch(line):
            return middle
        if _CONFLICT_LEFT.fullmatch(line):
            return number
    return None
