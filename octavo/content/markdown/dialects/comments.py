"""Comments of all dialects: readers never see them, and the writer is told of each."""

from __future__ import annotations

import re
from collections.abc import Callable

from octavo.content.errors import number
from octavo.content.markdown.dialects.scan import Form, Scan, leave_out

_PERCENTS = re.compile(r"%%")


def hide(scan: Scan, start: int, end: int, whose: str, instead: str = "") -> int:
    """Leave out a comment, with a note for its writer; return `end`.

    `whose` names the system whose comment it is, `instead` is written in its place.
    """
    words = number(len(scan.text[start:end].split()), "word")
    cause = f"A comment of {whose} keeps {words} from readers."
    scan.note(
        start, cause, "Delete it where it is no longer needed, or write `<!-- -->` around it."
    )
    scan.write(instead)
    return end


def hide_rest(scan: Scan, start: int, whose: str) -> int:
    """Leave out a comment without an end and all that follows it; return the end of the text."""
    cause = (
        f"A comment of {whose} begins here and has no end: all that follows is kept from readers."
    )
    scan.note(start, cause, "Close the comment.")
    return len(scan.text)


def _percents(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out Obsidian's `%% ... %%`: https://help.obsidian.md/syntax#Comments."""
    start = match.start()
    end = scan.find("%%", match.end())
    if end < 0:
        alone = scan.alone(start, match.end())
        if alone:
            return hide_rest(scan, start, "Obsidian")
        return None
    inner = scan.text[match.end() : end]
    line_end = inner.find("\n")
    # Over several lines it is a comment only where it begins or ends a line: two signs of percent
    # are none.
    if (
        line_end >= 0
        and inner[:line_end].strip()
        and scan.indent(start) == ""
        and not _begins(scan, start)
    ):
        return None
    return hide(scan, start, end + 2, "Obsidian")


def _begins(scan: Scan, at: int) -> bool:
    return at == 0 or scan.text[at - 1] == "\n"


def _html(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out the text of a comment, but keep an empty one: it may separate two blocks."""
    end = scan.find("-->", match.end())
    if end < 0:
        if scan.indent(match.start()) or _begins(scan, match.start()):
            return hide_rest(scan, match.start(), "HTML (`<!--`)")
        return None
    title = _TAB.fullmatch(scan.text, match.end(), end)
    in_tabs = title is not None and any(found.name == "tag tabs" for found in scan.opened[-100:])
    # Hexo's tabs begin with a comment that holds their title, and an icon behind `@`.
    scan.write(f"<!-- -->\n\n**{title[1]}**\n\n" if title and in_tabs else "<!-- -->")
    return end + 3


_TAB = re.compile(r"\s*tab\s+([^@<>\n*_`\[]{1,100}?)\s*(?:@[^\n]*)?")


# The lines of a definition's title, which may be several, but none is blank.
_LINES = r"(?:[^\n]|\n(?![ \t]*\n)){0,5000}?"


def _until(closing: str, whose: str) -> Callable[[Scan, re.Match[str]], int | None]:
    """Return what leaves out a comment of a template up to its mark `closing`."""

    def act(scan: Scan, match: re.Match[str]) -> int | None:
        end = scan.find(closing, match.end())
        if end < 0:
            return None
        return hide(scan, match.start(), end + len(closing), whose)

    return act


def _until_line(closing: str, whose: str) -> Callable[[Scan, re.Match[str]], int]:
    """Return what leaves out a comment up to a line of its own; without it, all that follows."""
    pattern = re.compile(rf"^[ \t]*{closing}[ \t]*$", re.IGNORECASE | re.MULTILINE)

    def act(scan: Scan, match: re.Match[str]) -> int:
        found = scan.search(pattern, match.end())
        if found is None:
            return hide_rest(scan, match.start(), whose)
        return hide(scan, match.start(), found.end(), whose)

    return act


def _hugo(scan: Scan, match: re.Match[str]) -> int | None:
    end = scan.find("*/", match.end())
    close = -1
    if end >= 0:
        close = scan.find("}}", end)
    if close >= 0:
        return hide(scan, match.start(), close + 2, "Hugo (`{{/* */}}`)")
    return None


def _jsx(scan: Scan, match: re.Match[str]) -> int | None:
    end = scan.find("*/", match.end())
    close = -1
    if end >= 0:
        close = scan.find("}", end)
    if close < 0 or scan.text[end + 2 : close].strip():
        return None
    return hide(scan, match.start(), close + 1, "MDX (`{/* */}`)")


_KRAMDOWN_END = re.compile(r"\{:/(?:comment)?\}")


def _kramdown(scan: Scan, match: re.Match[str]) -> int | None:
    found = scan.search(_KRAMDOWN_END, match.end())
    if found is None:
        return hide_rest(scan, match.start(), "kramdown")
    return hide(scan, match.start(), found.end(), "kramdown")


def _line(scan: Scan, match: re.Match[str]) -> int:
    return hide(scan, match.start(), match.end(), "Markdown (`[//]: #`)")


def _critic(scan: Scan, match: re.Match[str]) -> int:
    return hide(scan, match.start(), match.end(), "CriticMarkup (`{>> <<}`)")


def _myst(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out MyST's lines that begin with `%`, and Pandoc's title block.

    They end the paragraph above them; only behind a number the sign is one of percent.
    """
    start = match.start()
    above = scan.text[max(0, start - 20) : start].rstrip(" \t>").removesuffix("\n")
    if above.rstrip()[-1:].isdecimal() and not above.endswith("\n"):
        return None
    return hide(scan, start, match.end(), "MyST or Pandoc (`%`)")


FORMS = (
    # [//]: # (a comment in the form of a link definition)
    Form(
        r"^[ \t]{0,3}\[(?:(?://|comment|_metadata_|#)[^\]\n]{0,40})?\]:[ \t]*(?:#|<>|//)[ \t]+"
        rf"(?:(?:\({_LINES}\)|\"{_LINES}\"|'{_LINES}')[ \t]*$|[\"'(][^\n]*$)",
        leave_out,
        line="[",
        gate="line",
    ),
    # The same without the brackets or quotes of its text, which Markdown would show.
    Form(r"^[ \t]{0,3}\[(?://|comment)\]:[ \t]*#[ \t][^\n]*$", _line, line="[", gate="line"),
    Form(
        r"^[ \t>]*%(?:[ \t][^\n]*)?$(?:\n[ \t>]*%(?:[ \t][^\n]*)?$)*", _myst, line="%", gate="line"
    ),
    Form(r"<!--", _html, "<", gate="<!", ahead="!--"),
    Form(r"\[\[!--", _until("--]]", "ikiwiki (`[[!-- --]]`)"), "[", gate="[", ahead=r"\[!--"),
    Form(r"@\*(?=\s)", _until("*@", "Razor (`@* *@`)"), "@", gate="@"),
    Form(
        r"^[ \t]*#\+(?i:begin_comment)\b",
        _until_line(r"#\+end_comment", "Org (`#+BEGIN_COMMENT`)"),
        line="#",
        ahead=r"\+",
        gate="line",
    ),
    Form(r"\\begin\{comment\}", _until("\\end{comment}", "LaTeX"), "\\", gate="\\"),
    Form(r"\\iffalse\b", _until("\\fi", "LaTeX"), "\\", gate="\\"),
    Form(r"<%--", _until("--%>", "JSP or ASP.NET (`<%-- --%>`)"), "<", gate="<%", ahead="%"),
    Form(r"<%#", _until("%>", "ERB or EJS (`<%# %>`)"), "<", gate="<%", ahead="%"),
    Form(r"<#--", _until("-->", "FreeMarker (`<#-- -->`)"), "<", gate="<%", ahead="#"),
    Form(r"\{\{--", _until("--}}", "Blade (`{{-- --}}`)"), "{", gate="{"),
    Form(r"%%(?<![\w%]%%)(?!%)", _percents, "%", gate="%"),
    Form(r"\{\{-?\s*/\*", _hugo, "{", gate="{"),
    Form(r"\{\{#(?=[\s#])", _until("#}}", "Antlers (`{{# #}}`)"), "{", gate="{"),
    Form(r"\{\{!--", _until("--}}", "Handlebars (`{{!-- --}}`)"), "{", gate="{"),
    Form(r"\{\{!", _until("}}", "Handlebars (`{{! }}`)"), "{", gate="{"),
    Form(r"\{!--", _until("--}", "ExpressionEngine (`{!-- --}`)"), "{", gate="{"),
    Form(
        r"\{#-?(?=\s|[^{}\n]{1,500}#\})",
        _until("#}", "Twig, Jinja or Nunjucks (`{# #}`)"),
        "{",
        gate="{",
    ),
    Form(r"\{\*(?=\s)", _until(" *}", "Smarty or Latte (`{* *}`)"), "{", gate="{"),
    Form(r"\{\s{0,9}/\*", _jsx, "{", gate="{"),
    Form(r"\{::comment\}", _kramdown, "{", gate="{"),
    Form(r"\{>>[^<]{0,2000}<<\}", _critic, "{", gate="{"),
)
