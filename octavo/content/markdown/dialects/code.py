"""Code, formulas and addresses in a body, which the translation copies as they are."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from octavo.content.markdown.dialects.scan import Form, Scan
from octavo.content.markdown.formulas import is_formula

_INDENTED = re.compile(r"(?:(?: {4}| {0,3}\t)[^\n]*(?:\n|$))+")
_NO_QUOTE = re.compile(r"^(?![ \t]{0,3}>)", re.MULTILINE)
_SHEBANG = re.compile(r"(?: {4}|\t)(?::::|#!)[\w+-]+[ \t]*$", re.MULTILINE)
# Hugo shows a shortcode that is commented out as the shortcode:
# https://gohugo.io/content-management/shortcodes/
_HUGO_SHOWN = re.compile(r"\{\{([<%])/\*(.{0,1000}?)\*/([>%])\}\}", re.DOTALL)
_RAW_SHOWN = re.compile(
    r"\{%-?\s*raw\s*-?%\}(?:[ \t]*\n)?(.*?)(?:(?<=\n)[ \t]*)?\{%-?\s*endraw\s*-?%\}", re.DOTALL
)

# Where Markdown sees a formula: dollar signs that touch what stands between them.
_DOLLARS = re.compile(
    r"\$\$(?P<display>[^$]+)\$\$|\$(?![\s$])(?P<inline>(?:[^$\\]|\\.)*?)(?<![\s\\])\$(?!\d)",
    re.DOTALL,
)


@lru_cache(maxsize=64)
def _fence_end(mark: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t>]*{mark[0]}{{{len(mark)},}}[ \t]*$", re.MULTILINE)


@lru_cache(maxsize=64)
def _span_end(ticks: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!`){ticks}(?!`)")


@lru_cache(maxsize=16)
def _element_end(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}\s*>", re.IGNORECASE)


def fence_end(scan: Scan, match: re.Match[str], mark: str) -> tuple[int, int]:
    """Return where the code of a fence ends, and where the fence ends.

    Without a closing fence both are the end of the text, or of the block quote.
    """
    found = scan.search(_fence_end(mark), match.end())
    if found is not None:
        return found.start(), found.end()
    end = len(scan.text)
    if ">" in match[0]:
        outside = _NO_QUOTE.search(scan.text, match.end())
        if outside:
            end = outside.start()
    return end, end


def _fence(scan: Scan, match: re.Match[str]) -> int:
    _, end = fence_end(scan, match, match[1])
    return _shown(scan, match.start(), end)


def _shown(scan: Scan, start: int, end: int) -> int:
    code = scan.text[start:end]
    if "{{</*" in code or "{{%/*" in code:
        code = _HUGO_SHOWN.sub(r"{{\1\2\3}}", code)
    if "raw" in code and "endraw" in code:
        # Jekyll takes its own marks away before it reads Markdown.
        code = _RAW_SHOWN.sub(r"\1", code)
    scan.write(code)
    return end


_CODE = re.compile(
    r"(`{3,}|~{3,}).*?\1|(`+)[^`]+\2|<(pre|code|script|style|textarea)\b.*?</\3>|<[A-Za-z][^<>]*>|^(?: {4}|\t)[^\n]*",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_TEMPLATE = re.compile(r"\{\{[^{}\n]{1,300}\}\}|\{%[^{}\n]{1,300}%\}")


def _as_code(mark: re.Match[str]) -> str:
    """Return a template mark as a `<code>` element, which also works inside a block of HTML."""
    return f"<code>{escape(mark[0]).replace('_', '&#95;').replace('*', '&#42;')}</code>"


def with_templates(text: str) -> str:
    """Return a text in which template marks outside of code are made code spans."""
    parts: list[str] = []
    position = 0
    for found in _CODE.finditer(text):
        parts.append(_TEMPLATE.sub(_as_code, text[position : found.start()]))
        parts.append(found[0])
        position = found.end()
    parts.append(_TEMPLATE.sub(_as_code, text[position:]))
    return "".join(parts)


def _indented(scan: Scan, match: re.Match[str]) -> int | None:
    start = match.start()
    above = scan.text[max(0, start - 200) : start].rstrip(" \t>")
    if start and not above.endswith("\n\n") and above.strip(" \t>\n"):
        before = scan.text[scan.text.rfind("\n", 0, start - 1) + 1 : start - 1]
        if before.strip() and not before.lstrip().startswith("#"):
            return None
    if scan.in_list(start):
        return None
    block = _INDENTED.match(scan.text, start)
    end = match.end()
    if block:
        end = block.end()
    shebang = _SHEBANG.match(scan.text, start)
    if shebang:
        # Python-Markdown reads the language of indented code from its first line, and does not show
        # it.
        return scan.keep(shebang.end(), end)
    return _shown(scan, start, end)


def _span(scan: Scan, match: re.Match[str]) -> int | None:
    ticks = match[0]
    key = f"`{len(ticks)}"
    limit = scan.paragraph_end(match.end())
    if f"{key} {limit}" in scan.absent:
        return scan.keep(match.start(), match.end())
    found = _span_end(ticks).search(scan.text, match.end(), limit)
    if found is None:
        scan.absent.add(f"{key} {limit}")
        return scan.keep(match.start(), match.end())
    return _shown(scan, match.start(), found.end())


def _element(scan: Scan, match: re.Match[str]) -> int | None:
    found = scan.search(_element_end(match[1].lower()), match.end())
    if found:
        return scan.keep(match.start(), found.end())
    return None


def _as_it_is(scan: Scan, match: re.Match[str]) -> int:
    return scan.keep(match.start(), match.end())


def has_formulas_only(text: str) -> bool:
    """Whether each part that Markdown would read as a formula between dollar signs is one."""
    in_formulas = 0
    for found in _DOLLARS.finditer(text):
        if not _is_right(text, found):
            return False
        in_formulas += found[0].count("$")
    return in_formulas == text.count("$")


def _is_right(text: str, found: re.Match[str]) -> bool:
    display = found["display"]
    if display is None:
        return is_formula(found["inline"]) and not _touches(text, found)
    return is_formula(display) and _stands_alone(text, found)


def _dollar(scan: Scan, match: re.Match[str]) -> int:
    """Keep a formula, and escape a dollar sign that Markdown would wrongly read as one's start."""
    start = match.start()
    limit = min(scan.paragraph_end(start), start + MAX_FORMULA)
    found = _DOLLARS.match(scan.text, start, limit)
    if found is None:
        if match[0] == "$$":
            scan.write(r"\$\$")
            return match.end()
        if _CLOSING.search(scan.text, start + 1, limit) is None:
            return scan.keep(start, start + 1)
        scan.write(r"\$")
        return start + 1
    display = found["display"]
    if display is None:
        if is_formula(found["inline"]) and not _touches(scan.text, found):
            return scan.keep(start, found.end())
        scan.write(r"\$")
        return start + 1
    if not is_formula(display.strip()):
        scan.write(r"\$\$")
        return start + 2
    if _stands_alone(scan.text, found):
        return scan.keep(start, found.end())
    if display != display.strip() and "\\" in display:
        return scan.keep(start, found.end())
    if display != display.strip():
        scan.write(r"\$\$")
        return start + 2
    # Within a line, kramdown's `$$` are those of a formula in the line.
    scan.write(f"${display}$")
    return found.end()


_TEX = re.compile(r"\\[A-Za-z]|[\^_]")
MAX_FORMULA = 4_000
# A dollar sign that may end a formula for Markdown, other signs of dollars before it or not.
_CLOSING = re.compile(r"(?<![\s\\])\$")


def _touches(text: str, found: re.Match[str]) -> bool:
    before = ""
    if found.start():
        before = text[found.start() - 1 : found.start()]
    return before.isalnum() or text[found.end() : found.end() + 1].isalnum() or before == "$"


# Quarto names an equation so: `$$ ... $$ {#eq-name}`.
_LABEL = re.compile(r"^[ \t]*\{#[^{}\n]*\}")


def _stands_alone(text: str, found: re.Match[str]) -> bool:
    before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    end = text.find("\n", found.end())
    after = _LABEL.sub("", text[found.end() : end if end >= 0 else len(text)])
    return not before.strip(" \t>-*+0123456789.)") and not after.strip(" \t.,;:)\\}{#(0123456789")


def _bracketed_formula(scan: Scan, match: re.Match[str]) -> int | None:
    r"""Translate `\\(x\\)` and `\\[x\\]`, as MathJax reads them behind kramdown and Goldmark.

    With one backslash they may be brackets that were escaped: then what is between must look it.
    """
    inner = match[3].strip()
    if not is_formula(inner) or (match[1] == "\\" and not _TEX.search(inner)):
        return None
    dollars = "$$"
    if match[2] == "(":
        dollars = "$"
    scan.write(f"{dollars}{inner}{dollars}")
    return match.end()


def _definition(scan: Scan, match: re.Match[str]) -> int:
    """Escape a colon without a space after it, which Markdown would read as a definition's."""
    scan.write(match[1])
    colon = match.end(1)
    end = scan.take(scan.table.at(scan.text, colon), colon)
    if end is not None:
        return end
    scan.write("\\:")
    return match.end()


_FENCE = r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`\n]*$)|~{3,})[^\n]*$"
_IN_ITEM = r"[\d.)]*[ \t]+(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:`{3}|~{3})"
FORMS = (
    Form(_FENCE, _fence, line="`~", ahead="``|~~"),
    Form(_FENCE, _fence, line="-*+0123456789", ahead=_IN_ITEM),
    Form(r"`+", _span, "`"),
    Form(
        r"(\\{1,2})(\()((?:[^\\$]|\\(?!\\?\))){1,1000}?)\1\)", _bracketed_formula, "\\", gate="\\"
    ),
    Form(
        r"(\\{1,2})(\[)((?:[^\\$]|\\(?!\\?\])){1,1000}?)\1\]", _bracketed_formula, "\\", gate="\\"
    ),
    Form(r"\\[!-/:-@\[-`{-~]", _as_it_is, "\\", copied="alone"),
    Form(r"\$\$?", _dollar, "$", gate="$"),
    Form(
        r"(?i:<(pre|code|script|style|textarea|kbd|samp|svg|math)\b)",
        _element,
        "<",
        ahead="(?i:pre|code|script|style|textarea|kbd|samp|svg|math)",
    ),
    Form(r"://[^\s<>()\[\]{}\"'`|]+", _as_it_is, ":", gate="address", copied="always"),
)
# Lines that are indented as code, tried where no other form begins the line.
INDENTED = Form(r"^(?: {4}| {0,3}\t)[ \t]*[^\s]", _indented)
# Tried last: a colon at the beginning of a line that no other form takes.
LAST = (Form(r"^([ \t>]{0,8}):(?=[^ \t\n])", _definition, line=":", gate="line"),)
