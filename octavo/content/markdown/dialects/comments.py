"""Comments of all dialects: readers never see them, and the writer is told of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from octavo.content.markdown.dialects.scan import Form, Scan

_PERCENTS = re.compile(r"%%")


def hide(scan: Scan, start: int, end: int, whose: str, instead: str = "") -> int:
    """Leave out a comment, with a note for the writer; return `end`."""
    words = len(scan.text[start:end].split())
    number = f"{words:,} words"
    if words == 1:
        number = "1 word"
    cause = f"A comment of {whose} keeps {number} from readers."
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
        return None
    if scan.text[match.end() : end].strip() == "members-only":
        return _members_only(scan, match.start())
    title = _TAB.fullmatch(scan.text, match.end(), end)
    in_tabs = title is not None and any(found.name == "tag tabs" for found in scan.opened[-100:])
    # Hexo's tabs begin with a comment that holds their title, and an icon behind `@`.
    scan.write(f"<!-- -->\n\n**{title[1]}**\n\n" if title and in_tabs else "<!-- -->")
    return end + 3


def _members_only(scan: Scan, start: int) -> int:
    """Leave out what follows Ghost's mark of a public preview, which ends there."""
    cause = "What follows Ghost's mark `members-only` is for members: it is kept from readers."
    scan.note(start, cause, "Delete the mark to show the rest to everybody.")
    return len(scan.text)


_TAB = re.compile(r"\s*tab\s+([^@<>\n*_`\[]{1,100}?)\s*(?:@[^\n]*)?")


def _definition(scan: Scan, match: re.Match[str]) -> int:
    """Leave out a comment in the form of a link definition: `[//]: # (text)`."""
    return match.end()


def _until(closing: str, whose: str) -> Callable[[Scan, re.Match[str]], int | None]:
    """Return what leaves out a comment of a template up to its mark `closing`."""

    def act(scan: Scan, match: re.Match[str]) -> int | None:
        end = scan.find(closing, match.end())
        if end < 0:
            return None
        return hide(scan, match.start(), end + len(closing), whose)

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


def _critic(scan: Scan, match: re.Match[str]) -> int:
    return hide(scan, match.start(), match.end(), "CriticMarkup (`{>> <<}`)")


def _myst(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out MyST's lines that begin with `%`, and Pandoc's title block."""
    start = match.start()
    above = (
        scan.text[:start].rstrip(" \t>")
        if start < 4_000
        else scan.text[start - 4_000 : start].rstrip(" \t>")
    )
    if above and not above.endswith("\n\n"):
        return None
    return hide(scan, start, match.end(), "MyST or Pandoc (`%`)")


_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_ATTRIBUTE = r"""\s+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>]++))?+"""
_NOT_SHOWN = r"""\s+(?:hidden(?![\w-])(?!\s*=\s*["']?until-found)
    | style\s*=\s*["'](?:[^"'<>;]*;)*?\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b)"""
# HTML lets these end where the next block begins.
_ENDS_BY_ITSELF = frozenset({"p", "li", "dd", "dt", "td", "th", "tr"})


def _hidden(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out an element that no browser shows: with `hidden`, or by a style of its own."""
    name = match["name"]
    tag = re.compile(rf"<(?:(?P<end>/)|(?!/)){name}(?![\w-])[^<>]{{0,1000}}>", re.IGNORECASE)
    if name.lower() in _VOID or match[0].endswith("/>"):
        return hide(scan, match.start(), match.end(), "HTML (`hidden`)")
    ends_by_itself = name.lower() in _ENDS_BY_ITSELF
    limit = scan.paragraph_end(match.end()) if ends_by_itself else len(scan.text)
    depth = 1
    for found in tag.finditer(scan.text, match.end(), limit):
        depth += -1 if found["end"] else 1
        if depth == 0:
            return hide(scan, match.start(), found.end(), "HTML (`hidden`)")
    if ends_by_itself:
        return hide(scan, match.start(), limit, "HTML (`hidden`)")
    return hide_rest(scan, match.start(), "HTML (`hidden`)")


# Names of constructs whose text is not for everybody: one of these words, among others, of which
# none is of the second kind: `pmpro_member`, `is_paid`, but not `non-member`.
_FOR_FEW = """
    hidden hide loggedin logged member members memberonly membersonly membership paid password premium
    private protected restrict restricted secret subscriber subscribers
""".split()
_FOR_OTHERS = "button count form guest list login no non not out visitor".split()
_WORD = r"[a-z\d]{1,30}"
NOT_PUBLIC = re.compile(
    rf"(?!(?:{_WORD}[-_]){{0,4}}(?:{'|'.join(_FOR_OTHERS)})(?![a-z\d]))"
    rf"(?:(?:{_WORD}[-_]){{0,4}}(?:{'|'.join(_FOR_FEW)})(?:[-_]{_WORD}){{0,4}}"
    r"|comment|mepr-active|mepr-show|s2if)",
    re.IGNORECASE,
)


def hide_element(scan: Scan, start: int, behind: int, ending: str, whose: str) -> int:
    """Leave out what a construct hides up to `ending`, a pattern; without it, all that follows."""
    found = scan.search(re.compile(ending, re.IGNORECASE), behind)
    if found is None:
        return hide_rest(scan, start, whose)
    return hide(scan, start, found.end(), whose)


# How many ends are looked at for one bracket, and how many may be missing before none is looked for.
MAX_ENDS = 100
_END_FOR_MEMBERS = re.compile(rf"\\?\[/({NOT_PUBLIC.pattern})\\?\]", re.IGNORECASE)


def _for_members(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out what stands in brackets for members: `[private] ... [/private]`."""
    name = match[1].lower()
    if name in scan.absent or len(scan.absent) > MAX_ENDS:
        return None
    ends = _END_FOR_MEMBERS.finditer(scan.text, match.end())
    for found in islice(ends, MAX_ENDS):
        if found[1].lower() == name:
            return hide(scan, match.start(), found.end(), f"WordPress (`[{match[1]}]`)")
    scan.absent.add(name)
    return None


FORMS = (
    Form(
        rf"\\?\[((?i:{NOT_PUBLIC.pattern}))(?:[ =][^\[\]\n]{{0,500}})?\\?\](?![(\[:])",
        _for_members,
        "[\\",
        gate="members",
    ),
    Form(
        r"^[ \t]{0,3}\[(?://|comment|_metadata_|#)[^\]\n]{0,40}\]:[ \t]*(?:#|<>|//)[ \t]+[\"'(][^\n]*$",
        _definition,
        line="[",
        gate="line",
    ),
    Form(r"^%(?:[ \t][^\n]*)?$(?:\n%(?:[ \t][^\n]*)?$)*", _myst, line="%", gate="line"),
    Form(r"<!--", _html, "<", gate="<"),
    Form(
        rf"(?xi:<(?P<name>[a-z][\w-]*)(?:{_ATTRIBUTE}){{0,30}}?{_NOT_SHOWN}[^<>]{{0,1000}}>)",
        _hidden,
        "<",
        gate="<",
    ),
    Form(r"<%--", _until("--%>", "JSP or ASP.NET (`<%-- --%>`)"), "<", gate="<"),
    Form(r"<%#", _until("%>", "ERB or EJS (`<%# %>`)"), "<", gate="<"),
    Form(r"<#--", _until("-->", "FreeMarker (`<#-- -->`)"), "<", gate="<"),
    Form(r"\{\{--", _until("--}}", "Blade (`{{-- --}}`)"), "{", gate="{"),
    Form(r"%%(?<![\w%]%%)(?!%)", _percents, "%", gate="%"),
    Form(r"\{\{-?\s*/\*", _hugo, "{", gate="{"),
    Form(r"\{\{#(?=[\s#])", _until("#}}", "Antlers (`{{# #}}`)"), "{", gate="{"),
    Form(r"\{\{!--", _until("--}}", "Handlebars (`{{!-- --}}`)"), "{", gate="{"),
    Form(r"\{\{!", _until("}}", "Handlebars (`{{! }}`)"), "{", gate="{"),
    Form(r"\{#-?(?=\s)", _until("#}", "Twig, Jinja or Nunjucks (`{# #}`)"), "{", gate="{"),
    Form(r"\{\*(?=\s)", _until(" *}", "Smarty or Latte (`{* *}`)"), "{", gate="{"),
    Form(r"\{\s{0,9}/\*", _jsx, "{", gate="{"),
    Form(r"\{::comment\}", _kramdown, "{", gate="{"),
    Form(r"\{>>[^<]{0,2000}<<\}", _critic, "{", gate="{"),
)
