"""Attribute lists of kramdown, Pandoc and Python-Markdown: ids are kept, all else is left out.

https://kramdown.gettalong.org/syntax.html#attribute-list-definitions
https://pandoc.org/MANUAL.html#extension-attributes
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.comments import hide
from octavo.content.markdown.dialects.hidden import HIDING_CLASS
from octavo.content.markdown.dialects.meaning import attribute, picture
from octavo.content.markdown.dialects.scan import LIST_ITEM, Form, Scan, leave_out

_VALUE = r"""(?:"[^"\n{}]*"|'[^'\n{}]*'|[^\s"'{}=]+)"""
# Formatters escape what they take for emphasis: `{#\_fn_1}`.
_PART = rf"(?:[.#](?:[\w:.-]|\\_)+|[\w:-]+={_VALUE}|-)"
_LIST = rf"\{{:?[ \t]*{_PART}(?:[ \t]*{_PART})*[ \t]*\}}"
# kramdown allows names of other lists too: `{:toc}`, `{:refdef: .x}`.
_KRAMDOWN = rf"\{{:[ \t]*(?:(?:{_PART}|[\w-]+:?)[ \t]*)*\}}"
_ID = re.compile(r"#((?:[\w:.-]|\\_)+)|\bid=[\"']?([\w:.-]+)")
_ATTRIBUTE = re.compile(rf"([\w:-]+)=({_VALUE})|\.([\w-]+)")
_CONTENTS_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+\.)[ \t]+[^\n]{0,200}\n\Z", re.MULTILINE)


# A class, an attribute or a style that hides what has the list.
HIDES = re.compile(
    rf"\.{HIDING_CLASS}(?![\w-])|(?<![\w.#-])hidden(?![\w-])|display:[ ]*none"
    r"|\.content-visible\b[^{}]*?\b(?:when-format=(?![\"']?html)|unless-format=[\"']?html"
    r"|(?:when|unless)-(?:profile|meta)=)"
)


def _anchor(text: str) -> str:
    found = _ID.search(text)
    name = ""
    if found:
        name = (found[1] or found[2]).replace("\\", "")
    if name:
        return f'<span id="{attribute(name)}"></span>'
    return ""


def _own_line(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate an attribute list on its own line, which belongs to the block above or below."""
    inside = match[1]
    if inside.startswith(("{:toc", "{: toc")):
        _drop_contents_item(scan, match.start())
        return match.end()
    if HIDES.search(inside):
        return _hidden_block(scan, match)
    anchor = _anchor(inside)
    heading = _heading_above(scan, match.start())
    if anchor and heading:
        scan.written[-1] = scan.written[-1].rstrip("\n")
        found = _ID.search(inside)
        name = (found[1] or found[2]).replace("\\", "") if found else ""
        scan.write(f" {{#{name}}}\n")
        return match.end()
    prefix = scan.text[match.start() : match.start(1)]
    if anchor:
        scan.write(f"{prefix}{anchor}")
    return match.end()


def _hidden_block(scan: Scan, match: re.Match[str]) -> int:
    """Leave out the block above an attribute list that hides it, or else the block below."""
    start = match.start()
    above = scan.text[max(0, start - 2) : start].rstrip(" \t>")
    if above.endswith("\n\n") or above in ("", "\n"):
        return hide(scan, start, scan.paragraph_end(match.end() + 1), "kramdown (`{: .hidden}`)")
    _drop_since(scan, "\n\n")
    return hide(scan, start, match.end(), "kramdown (`{: .hidden}`)")


def _drop_since(scan: Scan, mark: str) -> None:
    """Take back what was written since the last `mark`, or since the last opened construct."""
    first = max((found.place for found in scan.opened), default=-1) + 1
    written = "".join(scan.written[first:])
    scan.written[first:] = [written[: written.rfind(mark) + 1]]


# The parts of a text that end or begin a section: fences, and headings with their signs.
_SECTIONS = re.compile(
    r"^(?:[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*|(?P<signs>#{1,6})[ \t])", re.MULTILINE
)


def _hidden_section(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out a section whose heading has a class that hides it: Pandoc and Quarto put it on all."""
    if not HIDES.search(match[2]):
        return None
    fence = ""
    for found in _SECTIONS.finditer(scan.text, match.end()):
        mark = found["fence"] or ""
        if fence and mark.startswith(fence):
            fence = ""
        elif not fence and mark:
            fence = mark
        elif not fence and len(found["signs"]) <= len(match[1]):
            return hide(scan, match.start(), found.start(), "Pandoc or Quarto (`# … {.hidden}`)")
    return hide(scan, match.start(), len(scan.text), "Pandoc or Quarto (`# … {.hidden}`)")


# A span ends with the signs that began it, or is a link, a picture or an element.
_SIGNS = re.compile(r"[*_`=~^]+\Z")
_LINK_OR_ELEMENT = re.compile(
    r"(?:!?\[[^\[\]]*\](?:\([^()]*\))?|<([a-z]+)\b[^<>]*>[^<>]*</\1>|<[^<>]*>)\Z"
)


def _hidden_span(scan: Scan, match: re.Match[str]) -> int:
    """Leave out the span before an attribute list that hides it; all of its line where none is."""
    first = max((found.place for found in scan.opened), default=-1) + 1
    written = "".join(scan.written[first:])
    line = written.rfind("\n") + 1
    signs = _SIGNS.search(written, line)
    other = _LINK_OR_ELEMENT.search(written, line)
    start = line
    if signs is not None:
        start = max(line, written.rfind(signs[0], line, signs.start()))
    elif other is not None:
        start = other.start()
    scan.written[first:] = [written[:start]]
    return hide(scan, match.start(), match.end(), "kramdown or Pandoc (`{.hidden}`)")


def _heading_above(scan: Scan, at: int) -> bool:
    above = scan.text[scan.text.rfind("\n", 0, max(0, at - 1)) + 1 : at]
    return above.startswith("#") and "{" not in above and scan.written[-1].endswith("\n")


def _drop_contents_item(scan: Scan, at: int) -> None:
    """Leave out the list item that kramdown replaces by a table of contents."""
    if scan.written and _CONTENTS_ITEM.search(scan.written[-1][-220:]):
        text = scan.written[-1]
        scan.written[-1] = text[: text.rstrip("\n").rfind("\n") + 1]


def _behind_span(scan: Scan, match: re.Match[str]) -> int | None:
    if HIDES.search(match[0]):
        return _hidden_span(scan, match)
    scan.write(_anchor(match[0]))
    return match.end()


def _line_end(scan: Scan, match: re.Match[str]) -> int | None:
    start = match.start()
    line = scan.text[scan.text.rfind("\n", 0, start) + 1 : start].lstrip(" \t>")
    if line.startswith("#") or not line.strip():
        # Markdown itself reads those of headings.
        if line:
            return scan.keep(start, match.end())
        return None
    if HIDES.search(match[0]):
        mark = "\n\n"
        if LIST_ITEM.match(line):
            mark = "\n"
        _drop_since(scan, mark)
        return hide(scan, start, _item_end(scan, match.end()), "Pandoc (`{.hidden}`)")
    scan.write(_anchor(match[0]))
    return match.end()


def _item_end(scan: Scan, at: int) -> int:
    """Return where the paragraph around `at` ends, or the next item of a list begins."""
    end = scan.paragraph_end(at)
    found = _NEXT_ITEM.search(scan.text, at, end)
    if found is None:
        return end
    return found.start()


_NEXT_ITEM = re.compile(rf"\n{LIST_ITEM.pattern}")


def _item(scan: Scan, match: re.Match[str]) -> int | None:
    if HIDES.search(match[2]):
        end = _item_end(scan, match.end())
        return hide(scan, match.start(), end, "kramdown (`{: .hidden}`)")
    scan.write(match[1])
    scan.write(_anchor(match[2]))
    return match.end()


def _picture(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a picture whose attributes have a width or an alignment."""
    if HIDES.search(match[4]):
        return hide(scan, match.start(), match.end(), "kramdown or Pandoc (`{.hidden}`)")
    given: dict[str, str] = {}
    classes: list[str] = []
    for found in _ATTRIBUTE.finditer(match[4]):
        if found[3]:
            classes.append(found[3])
        else:
            given.setdefault(found[1].lower(), found[2].strip("\"'"))
    if given.get("class"):
        classes.extend(given["class"].split())
    align = given.get("align") or given.get("fig-align") or " ".join(classes)
    alt = match[1].replace("\\", "")
    caption = match[3] or ""
    if given.get("fig-alt"):
        # Quarto's own: then the words in brackets are the caption.
        caption = caption or alt
        alt = given["fig-alt"]
    shown = picture(
        match[2].strip("<>"), alt, caption=caption,
        width=given.get("width") or "", align=align,
    )  # fmt: skip
    scan.write_shown(match.start(), match.end(), _anchor(match[4]) + shown)
    return match.end()


def _bracketed(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate Pandoc's `[text]{.class}`."""
    text = match[1]
    classes = match[2]
    if HIDES.search(classes):
        return hide(scan, match.start(), match.end(), "Pandoc or Quarto (`{.hidden}`)")
    if ".mark" in classes:
        text = f"<mark>{text}</mark>"
    elif ".underline" in classes:
        text = f"<u>{text}</u>"
    scan.write(_anchor(classes) + text)
    return match.end()


LAYOUT = (
    r"newpage|pagebreak|clearpage|cleardoublepage|tableofcontents|listoffigures|listoftables|appendix"
    r"|noindent|centering|raggedright|(?:big|med|small)skip|[vh]space\*?\{[^{}\n]{0,30}\}"
)


def _caption(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate the caption of a table, which follows it: `: Caption {#tbl-x}`."""
    above = scan.text[max(0, match.start() - 4_000) : match.start()].rstrip()
    if not above[above.rfind("\n") + 1 :].lstrip("> \t").startswith("|"):
        return None
    scan.write(f"\n{match[1]}{match[2]}{_anchor(match[3] or '')}")
    return match.end()


def _raw_format(scan: Scan, match: re.Match[str]) -> int:
    """Translate Pandoc's raw text for one output format: only HTML is kept."""
    if match[2] == "html":
        scan.write(match[1])
    return match.end()


FORMS = (
    Form(
        rf"^(#{{1,6}})[ \t][^\n]*?({_LIST}|{_KRAMDOWN})[ \t]*#*[ \t]*$",
        _hidden_section,
        line="#",
        ahead=r"#*[ \t][^\n]*\{",
        gate="{",
    ),
    Form(rf"^[ \t>]*({_LIST}|{_KRAMDOWN})[ \t]*$", _own_line, line="{", gate="{"),
    Form(
        rf"^([ \t]*(?:[-*+]|\d{{1,9}}[.)])[ \t]+)({_KRAMDOWN})[ \t]*",
        _item,
        line="-*+0123456789",
        ahead=r"[\d.)]*[ \t]+\{:",
        gate="{",
    ),
    Form(r"\{:?:?/?(?:nomarkdown|options)[^{}\n]{0,200}\}|\{:/\w*\}", leave_out, "{", gate="{"),
    # Commands of LaTeX that only set pages: Pandoc leaves them out in HTML.
    Form(
        rf"^[ \t>]*\\(?:{LAYOUT})[ \t]*$",
        leave_out,
        line="\\",
        gate="\\",
        ahead="[a-z]",
    ),
    Form(
        rf"^([ \t>]*):[ \t]+([^\n]*?)[ \t]*({_LIST})?[ \t]*$",
        _caption,
        line=":",
        gate="captioned",
    ),
    Form(
        r"\[(?<![\w\]!\\]\[)([^\[\]\n]{1,500})\](\{hidden\})",
        _bracketed,
        "[",
        gate="{",
        ahead=r"[^\[\]\n]{1,500}\]\{",
    ),
    Form(r"`([^`\n]{1,500})`\{=(\w+)\}", _raw_format, "`", gate="{"),
    Form(
        rf"""!\[([^\[\]\n]{{0,500}})\]\(\s*(<[^<>\n]*>|[^\s()<>]+)(?:\s+["']([^"'\n]*)["'])?\s*\)({_LIST})""",
        _picture,
        "!",
        gate="{",
    ),
    Form(
        rf"\[(?<![\]!\\]\[)([^\[\]\n]{{1,500}})\]({_LIST})",
        _bracketed,
        "[",
        gate="{",
        ahead=r"[^\[\]\n]{1,500}\]\{",
    ),
    Form(
        rf"(?<=[)\]*_`>=~^}}])(?:{_LIST}|{_KRAMDOWN})|\{{:[ \t]*[.#][^{{}}\n]*\}}|{_LIST}(?=[ \t]*\|)",
        _behind_span,
        "{",
        gate="{",
    ),
    Form(
        rf"(?<=[ \t])(?:{_LIST}|\{{:[ \t]*{_PART}[^\n{{}}]*\}})[ \t]*$",
        _line_end,
        "{",
        gate="{",
    ),
)
