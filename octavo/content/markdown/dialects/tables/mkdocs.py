"""Admonitions, tabs and snippets of MkDocs and its theme Material, as Python-Markdown has them.

https://squidfunk.github.io/mkdocs-material/reference/admonitions/
https://facelessuser.github.io/pymdown-extensions/
"""

from __future__ import annotations

import re
from textwrap import dedent

from octavo.content.markdown.dialects.comments import hide
from octavo.content.markdown.dialects.hidden import PRIVATE_KINDS
from octavo.content.markdown.dialects.meaning import (
    ALERT_END,
    ALERTS,
    ATTRIBUTES,
    alert,
    plain,
    prefixed,
)
from octavo.content.markdown.dialects.scan import Form, Scan

_TITLE = re.compile(r"""["'](.*?)["']\s*$""")


def _block(scan: Scan, match: re.Match[str], after: int) -> tuple[str, int] | None:
    """Return the indented text below a line, four blanks less deep, and where it ends."""
    indent = match[1]
    deeper = re.compile(rf"{re.escape(indent)}(?: {{4}}|\t)")
    lines: list[str] = []
    end = position = after
    text = scan.text
    while position < len(text):
        stop = text.find("\n", position + 1)
        stop = stop if stop >= 0 else len(text)
        line = text[position + 1 : stop]
        found = deeper.match(line)
        if found:
            lines.append(line[found.end() :])
            end = stop
        elif line.strip("> \t"):
            break
        else:
            lines.append("")
        position = stop
    while lines and not lines[-1]:
        lines.pop()
    if not any(lines):
        return None
    return "\n".join(lines), end


def _admonition(scan: Scan, match: re.Match[str]) -> int | None:
    found = _block(scan, match, match.end())
    rest = match[3].strip()
    words = rest.split('"')[0].split("'")[0].split()
    title = _TITLE.search(rest)
    if found is None and title is not None and words[0].lower() in PRIVATE_KINDS:
        return hide(scan, match.start(2), match.end(), f"MkDocs (`{match[2]} {words[0]}`)")
    if found is None:
        return _empty(scan, match, words, title)
    body, end = found
    if words[0].lower() in PRIVATE_KINDS:
        return hide(scan, match.start(2), end, f"MkDocs (`{match[2]} {words[0]}`)")
    line = scan.text.count("\n", 0, match.end()) + 2
    text = scan.inner(body, line, len(match[1]) + 5)
    fold = {"???": "-", "???+": "+"}.get(match[2], "")
    shown = f"{alert(words[0], title[1] if title else '', fold)}\n{text}\n{ALERT_END}"
    scan.write(match[1] + prefixed(match[1], shown))
    return end


def _empty(
    scan: Scan, match: re.Match[str], words: list[str], title: re.Match[str] | None
) -> int | None:
    """Translate an admonition that has only a title."""
    if title is None or not title[1]:
        return None
    scan.write(match[1] + prefixed(match[1], f"{alert(words[0], title[1])}\n{ALERT_END}"))
    return match.end()


_ICON = re.compile(rf":(?:material|fontawesome|octicons|simple)-[\w-]+:(?:{ATTRIBUTES})?")


def _tab(scan: Scan, match: re.Match[str]) -> int | None:
    found = _block(scan, match, match.end())
    if found is None:
        return None
    body, end = found
    line = scan.text.count("\n", 0, match.end()) + 2
    text = scan.inner(body, line, len(match[1]) + 5)
    title = plain(_ICON.sub("", match[2]))
    scan.write(match[1] + prefixed(match[1], f"\n**{title}**\n\n{text}\n"))
    return end


def _snippet(scan: Scan, match: re.Match[str]) -> int:
    """Leave out snippets of other files: a line with a name, or names between two marks."""
    names = match[2] or match[3] or ""
    cause = f"The file `{' '.join(names.split())[:80]}` is not put in here."
    scan.note(match.start(), cause, "Write its text into the article, or link to it.")
    return match.end()


def _abbreviation(scan: Scan, match: re.Match[str]) -> int:
    cause = f"The abbreviation `{match[1]}` is not explained to readers."
    scan.note(
        match.start(), cause, f'Write `<abbr title="...">{match[1]}</abbr>` where it matters.'
    )
    return match.end()


def _critic(scan: Scan, match: re.Match[str]) -> int:
    """Translate CriticMarkup: https://github.com/CriticMarkup/CriticMarkup-toolkit."""
    if match[1] is not None:
        scan.write(f"<ins>{match[1]}</ins>")
    elif match[2] is not None:
        scan.write(f"<del>{match[2]}</del>")
    elif match[3] is not None:
        scan.write(f"<mark>{match[3]}</mark>")
    else:
        scan.write(f"<del>{match[4]}</del><ins>{match[5]}</ins>")
    return match.end()


def _keys(scan: Scan, match: re.Match[str]) -> int:
    keys = [f"<kbd>{key.replace('-', ' ').title()}</kbd>" for key in match[1].split("+")]
    scan.write("+".join(keys))
    return match.end()


def _raised(scan: Scan, match: re.Match[str]) -> int:
    """Translate `^^new^^` and `19^th^`, as PyMdown's Caret and Pandoc have them."""
    if match[1] is not None:
        scan.write(f"<ins>{match[1]}</ins>")
    else:
        scan.write(f"<sup>{match[2]}</sup>")
    return match.end()


def _lowered(scan: Scan, match: re.Match[str]) -> int:
    """Translate `H~2~O`, as PyMdown's Tilde and Pandoc have it."""
    scan.write(f"<sub>{match[1]}</sub>")
    return match.end()


def _icon(scan: Scan, match: re.Match[str]) -> int:
    """Leave out an icon that is given by name, and the blank behind one that begins a text.

    With that blank the text of an item would be further in than what follows in the item.
    """
    begins = match.start() == 0 or scan.text[match.start() - 1] in " \t\n[("
    if begins and scan.text.startswith(" ", match.end()):
        return match.end() + 1
    return match.end()


# An option of a block is a line that is indented below its first one.
_OPTIONS = re.compile(r"(?:\n[ \t>]* {4}[\w-]+:[^\n]*)*")
_CAPTIONS = frozenset(("caption", "figure-caption", "table-caption"))


def _block_begins(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a block between lines of slashes.

    https://facelessuser.github.io/pymdown-extensions/extensions/blocks/
    """
    prefix = match[1]
    name = match[3]
    title = (match[4] or "").strip()
    options = _OPTIONS.match(scan.text, match.end())
    end = match.end()
    if options:
        end = options.end()
    closing_line = scan.search(_BLOCK_END, end)
    if closing_line is None:
        return None
    if name in PRIVATE_KINDS:
        return hide(scan, match.start(2), closing_line.end(), f"MkDocs (`/// {name}`)")
    if name == "details" or name in ALERTS:
        kind = re.search(r"type:[ \t]*([\w-]+)", scan.text[match.end() : end])
        fold = ""
        if name == "details":
            fold = "-"
        shown = alert(kind[1] if kind else name, title, fold)
        closing = ALERT_END
    else:
        shown = "\n"
        if title:
            shown = f"\n**{plain(title)}**\n"
        closing = "\n"
        if name not in _CAPTIONS | {"tab", "html", "define"}:
            cause = f"The block `/// {name}` has no meaning here: its lines are left out."
            scan.note(match.start(2), cause, "Write in Markdown what it was to show.")
    opening = prefix + prefixed(prefix, shown)
    closing = prefixed(prefix, closing)
    scan.open("block", scan.text[match.start() : end], opening, closing)
    return end


def _block_ends(scan: Scan, match: re.Match[str]) -> int | None:
    if scan.close("block"):
        return match.end()
    return None


def _reference(scan: Scan, match: re.Match[str]) -> int | None:
    """Keep the words of mkdocstrings' reference to a name in code: `[text][package.name]`."""
    name = match[2]
    if f"[{name}]:".lower() in scan.text.lower():
        return None
    cause = f"The documentation of `{name}` is not here: its link is left out."
    scan.note(match.start(), cause, "Link to the address of the documentation.")
    scan.write(match[1])
    return match.end()


_BLOCK_END = re.compile(r"^[ \t>]*/{3,}[ \t]*$", re.MULTILINE)


# Elements that hold Markdown: https://python-markdown.github.io/extensions/md_in_html/
_SUMMARY_END = re.compile(r"</summary>[ \t]*$", re.MULTILINE | re.IGNORECASE)


def _markdown_inside(scan: Scan, match: re.Match[str]) -> int | None:
    name = match[1].lower()
    end = scan.search(re.compile(rf"</{name}\s*>", re.IGNORECASE), match.end())
    attributes = re.sub(r"""\s+markdown(?:=(?:"[^"]*"|'[^']*'|\w+))?(?=[\s/>])""", " ", match[0])
    scan.write(re.sub(r"\s+>", ">", attributes))
    if end is None or match[2] == "0":
        return match.end()
    scan.write("\n\n")
    inner = scan.text[match.end() : end.start()]
    if re.search(rf"<{name}\b", inner, re.IGNORECASE):
        # One of its own kind stands within: its end cannot be told from here.
        return match.end()
    line = scan.text.count("\n", 0, match.end()) + 1
    first, _, rest = inner.partition("\n")
    text = f"{first.lstrip()}\n{dedent(rest)}"
    # What stands before the first blank line behind a summary would be HTML still.
    text = _SUMMARY_END.sub(r"\g<0>\n", text)
    scan.write(scan.inner(text, line, 1))
    scan.write(f"\n\n</{name}>\n")
    return end.end()


FORMS = (
    Form(r"^([ \t>]*)(!!!|\?\?\?\+?)([ \t]*[A-Za-z][^\n]*)$", _admonition, line="!?", gate="line"),
    Form(r"^([ \t>]*)(/{3,})[ \t]*([a-z][\w-]*)[ \t]*(?:\|[ \t]*([^\n]*))?$", _block_begins, line="/", gate="line"),
    Form(r"^([ \t>]*)(/{3,})[ \t]*$", _block_ends, line="/", gate="line"),
    Form(r"""^([ \t>]*)===[!+]{0,2}[ \t]+["']([^"\n]+)["'][ \t]*$""", _tab, line="=", gate="line", ahead="=="),
    Form(
        r"""^([ \t>]*)-{1,3}8<-{1,3}(?:[ \t]+["']?([^\n]+?)["']?|[ \t]*\n((?:[^\n]*\n){0,20}?)[ \t>]*-{1,3}8<-{1,3})[ \t]*$""",
        _snippet,
        line="-", gate="line", ahead="-{0,2}8<",
    ),
    Form(r"^([ \t>]*)\{![ ]?([^{}!\n]{1,200}?)[ ]?!\}[ \t]*()$", _snippet, line="{", gate="{"),
    Form(r"^\*\[([^\[\]\n]{1,60})\]:[ \t][^\n]*$", _abbreviation, line="*", gate="line", ahead=r"\["),
    Form(
        r"\{(?:\+\+([^{}]{1,500}?)\+\+|--([^{}]{1,500}?)--|==([^{}]{1,500}?)==|~~([^{}]{0,500}?)~>([^{}]{0,500}?)~~)\}",
        _critic,
        "{", gate="{",
    ),
    Form(r"\+\+(?<![+\w]\+\+)([a-z0-9-]+(?:\+[a-z0-9-]+)*)\+\+(?![+\w])", _keys, "+", gate="+"),
    Form(r"\[(?<![\]!\\]\[)([^\[\]\n]{1,200})\]\[([A-Za-z_]\w*(?:\.\w+)+)\]", _reference, "[", gate="]"),
    Form(r"\^(?:(?<![\w^]\^)\^(?=[^\s^])([^^\n]{1,300}?)(?<=\S)\^\^(?!\^)|(?<=[\w)]\^)([\w+-]{1,20})\^(?!\w))",
         _raised, "^", gate="raised", ahead=r"\^|[\w+-]{1,20}\^"),
    Form(r"~(?<=[^\W\d_]~)([\w+-]{1,4})~(?!~)", _lowered, "~", gate="~", ahead=r"[\w+-]{1,4}~"),
    Form(_ICON.pattern, _icon, ":", gate=":"),
    Form(r"(?i:<(div|section|article|aside|details|figure|figcaption|p|td|th|li|dd|center|blockquote|main|header|footer)"
         r"""(?:\s[^<>]*?)?\s+markdown(?:=["']?(\w+)["']?)?(?:\s[^<>]*)?>)""", _markdown_inside, "<", gate="coded",
         ahead=r"[A-Za-z]+\s[^<>]*?\bmarkdown"),
)  # fmt: skip
