"""Obsidian's links, embeds, callouts, marks and block ids.

https://help.obsidian.md/obsidian-flavored-markdown
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.comments import hide
from octavo.content.markdown.dialects.hidden import PRIVATE_KINDS
from octavo.content.markdown.dialects.meaning import (
    PICTURES,
    alert,
    attribute,
    link,
    media,
    picture,
    plain,
    prefixed,
    vimeo,
    youtube,
)
from octavo.content.markdown.dialects.scan import Form, Scan
from octavo.content.markdown.outline import anchor

# What no note's name holds, but code, tests of shells and citations do.
# Notes of a day and those numbered by their moment are names of digits.
_NO_NAME = re.compile(
    r"[;=<>$\"{}\\`]|^(?!\d{4}-\d\d(?:-\d\d)?(?:\.md)?$|\d{8}$|\d{12}$|\d{14}$)[\W\d_]+$"
)
_SIZE = re.compile(r"(\d{1,4})(?:x\d{1,4})?")


def _parts(inside: str) -> tuple[str, str, str] | None:
    """Return the page, the place in it, and the words of `page#place|words`."""
    inside = inside.replace("\\|", "|")
    name, bar, words = inside.partition("|")
    page, mark, place = name.partition("#")
    if (page.strip() and _NO_NAME.search(page)) or inside != inside.strip():
        return None
    if not page.strip() and not place.strip("# \t"):
        return None
    if name != name.strip() and not bar:
        return None
    return page.strip(), place.strip("# \t") if mark else "", words.strip()


def _fragment(place: str) -> str:
    last = place.rpartition("#")[2].strip()
    if not last:
        return ""
    if last.startswith("^"):
        return f"#{last.removeprefix('^')}"
    return f"#{anchor(last)}"


def _link(scan: Scan, match: re.Match[str]) -> int | None:
    parts = _parts(match[1])
    if parts is None:
        return None
    page, place, words = parts
    shown = words or (
        f"{page} > {place.lstrip('^')}" if page and place else page or place.lstrip("^")
    )
    scan.write(link(plain(shown), _target(page, place)))
    return match.end()


def _wiki_directive(scan: Scan, match: re.Match[str]) -> int:
    """Leave out a directive of ikiwiki: `[[!meta title="x"]]`."""
    cause = f"`[[!{match[1]}]]` has no meaning here, and is left out."
    scan.note(match.start(), cause, "Write in Markdown what it was to show, or delete it.")
    return match.end()


def _target(page: str, place: str) -> str:
    # A question mark or a sign of number would end the path.
    return page.replace("%", "%25").replace("?", "%3F") + _fragment(place)


def _embed(scan: Scan, match: re.Match[str]) -> int | None:
    parts = _parts(match[1])
    if parts is None:
        return None
    page, place, words = parts
    if PICTURES.search(page):
        alt, _, size = words.rpartition("|")
        found = _SIZE.fullmatch(size.strip())
        alt = alt if found else words
        shown = picture(page, alt or _name(page), width=found[1] if found else "")
        scan.write_shown(match.start(), match.end(), shown)
    elif re.search(r"\.\w{2,4}$", page) and not page.endswith(".md"):
        scan.write_shown(match.start(), match.end(), media(page, words or page))
    else:
        scan.write(link(plain(words or page or place), _target(page, place)))
        cause = f"The note `{page or place}` is linked here, not put in."
        scan.note(
            match.start(),
            cause,
            "Write its text into the article where readers are to see it here.",
        )
    return match.end()


def _name(page: str) -> str:
    return page.rpartition("/")[2].rpartition(".")[0]


# A quote goes on in a line without its mark that goes on with a paragraph:
# https://spec.commonmark.org/0.31.2/#lazy-continuation-line
_QUOTE = re.compile(
    r"""(?:\n[ \t]*>[^\n]*
      | \n(?<!>\n)(?<!>[ \t]\n)(?![ \t]*(?:\n|\#{1,6}[ \t]|`{3}|~{3}|[-*+][ \t]|1[.)][ \t]
        |(?:[-*_][ \t]*){3,}(?:\n|\Z)|</?[A-Za-z]|<[!?]))[^\n]+)*""",
    re.VERBOSE,
)


def _callout(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a callout, `> [!tip]- Title`; GitHub's five kinds without a title are Markdown."""
    prefix = match[1]
    kind = match[2]
    title = match[4].strip()
    if (
        not title
        and not match[3]
        and kind.upper() in ("NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION")
    ):
        scan.write(f"{prefix}[!{kind}]")
        return match.end()
    before = scan.text.rfind("\n", 0, max(0, match.start() - 1)) + 1
    above = ""
    if match.start():
        above = scan.text[before : max(0, match.start() - 1)]
    if above.count(">") >= prefix.count(">"):
        return None
    # Obsidian's themes read a look behind the bar: `[!private|wide]`.
    if kind.lower().partition("|")[0].strip() in PRIVATE_KINDS:
        quote = _QUOTE.match(scan.text, match.end())
        end = quote.end() if quote else match.end()
        return hide(scan, match.start(), end, f"Obsidian (`[!{kind}]`)")
    line = scan.text.count("\n", 0, match.start()) + 1
    title = scan.inner(title, line, match.start(4) - match.start() + 1).strip()
    shown = alert(kind.partition("|")[0], title, match[3] or "", quoted=True)
    scan.write(prefix + prefixed(prefix, shown))
    return match.end()


def _mark(scan: Scan, match: re.Match[str]) -> int:
    scan.write(f"<mark>{match[1]}</mark>")
    return match.end()


def _block_id(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate an id at the end of a line; one in a table's row is a cell's text.

    Obsidian has the id of a table below it.
    """
    begin = scan.text.rfind("\n", 0, match.start()) + 1
    if scan.text[begin : match.start()].lstrip(" \t>").startswith("|"):
        return None
    if match[1].isalpha() and f"#^{match[1]}" not in scan.text:
        cause = "A word behind `^` at the end of a line is read as a name of the text before it."
        scan.note(match.start(), cause, "Write `\\^` if readers are to see it.")
    scan.write(f'<span id="{attribute(match[1])}"></span>')
    return match.end()


def _spaced(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a target with spaces: Markdown reads it only in angle brackets."""
    target = match[2].strip()
    if " " not in target or not re.search(
        r"\.(?:md|markdown|pdf|html?)(?:#[^\s]*)?$|" + PICTURES.pattern, target
    ):
        return None
    scan.write(f"{match[1]}(<{target}>)")
    return match.end()


def _sized(scan: Scan, match: re.Match[str]) -> int:
    """Translate a picture with its width after a bar: `![alt|300](a.png)`."""
    shown = picture(match[3], match[1].strip(), width=match[2])
    scan.write_shown(match.start(), match.end(), shown)
    return match.end()


def _imsize(scan: Scan, match: re.Match[str]) -> int:
    """Translate a picture with its size behind the address: `![alt](a.png =300x200)`.

    HackMD, VuePress and Azure DevOps have it.
    """
    shown = picture(match[2], match[1].strip(), caption=match[3] or "", width=match[4])
    scan.write_shown(match.start(), match.end(), shown)
    return match.end()


def _film(scan: Scan, match: re.Match[str]) -> int:
    """Translate a film in the form of a picture: https://help.obsidian.md/embed-web-pages."""
    shown = vimeo
    if "youtu" in match[2]:
        shown = youtube
    film = shown(match[2], match[1].partition("|")[0].strip())
    scan.write_shown(match.start(), match.end(), film)
    return match.end()


def _inline_note(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a footnote inside the text, also Pandoc's: `text^[The note.]`."""
    if " " not in match[1].strip():
        return None
    name = f"inline-{scan.line + scan.text.count(chr(10), 0, match.start())}-{match.start()}"
    scan.write(f"[^{name}]")
    scan.last.append(f"[^{name}]: {' '.join(match[1].split())}\n")
    return match.end()


FORMS = (
    Form(
        r"!\[([^\[\]\n|]{0,300})\|(\d{1,4})(?:x\d{1,4})?\]\(\s*([^\s()]+)\s*\)",
        _sized,
        "!",
        gate="sized",
    ),
    Form(
        r"""!\[([^\[\]\n]{0,300})\]\(\s*([^\s()]+)(?:[ ]+["']([^"'\n]*)["'])?[ ]+=(\d{0,4})x\d{0,4}[ ]*\)""",
        _imsize,
        "!",
        gate="sized",
    ),
    Form(
        r"!\[([^\[\]\n]{0,300})\]\((https?://(?:www\.|m\.)?(?:youtube\.com/|youtu\.be/|vimeo\.com/)[^\s()]+)\)",
        _film,
        "!",
        gate="sized",
    ),
    Form(
        r"\^(?<=[^\s\[(\\]\^)\[((?:[^\[\]]|\[[^\[\]]{0,300}\]){1,2000})\](?![(\[])",
        _inline_note,
        "^",
        gate="note",
    ),
    Form(
        # Some formatters escape the bracket.
        r"^([ \t]*(?:>[ \t]*)+)\\?\[!([A-Za-z][\w| -]{0,40})\\?\]([+-]?)([^\n]*)$",
        _callout,
        line="[\\",
        gate="line",
    ),
    Form(r"!\[\[([^\[\]\n]{1,300})\]\]", _embed, "!", gate="["),
    Form(r"\[\[!([a-z]+)(?:\s[^\[\]\n]{0,500})?\]\]", _wiki_directive, "[", gate="["),
    Form(r"\[\[(?<![\w\]!\\]\[\[)([^\[\]\n]{1,300})\]\](?![\[(])", _link, "[", gate="["),
    Form(r"==(?<![=\w\\]==)(?=[^\s=])([^=\n]{1,300}?)(?<=[^\s=])==(?!=)", _mark, "=", gate="="),
    Form(
        r"(?<=[ \t])\^([A-Za-z][A-Za-z0-9-]{2,39}|[A-Za-z0-9-]{4,40})[ \t]*$",
        _block_id,
        "^",
        gate="^",
    ),
    Form(
        r"^\^([A-Za-z][A-Za-z0-9-]{2,39}|[A-Za-z0-9-]{4,40})[ \t]*$",
        _block_id,
        line="^",
        gate="line",
    ),
    Form(
        r"(!?\[[^\[\]\n]{0,300}\])\(((?:[^()<>{}\n\"']|\([^()\n]{0,100}\)){1,300})\)",
        _spaced,
        "![",
        gate="]",
    ),
)
