"""Hugo's shortcodes: https://gohugo.io/content-management/shortcodes/. Quarto's look the same.

What a shortcode means is told by its name in `shortcodes.py`.
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.hidden import NOT_PUBLIC, hide_element
from octavo.content.markdown.dialects.meaning import Arguments, read_arguments
from octavo.content.markdown.dialects.scan import KEPT, MAX_TAG, Form, Scan, leave_out
from octavo.content.markdown.dialects.shortcodes import (
    PAIRS,
    SILENT,
    SINGLE,
    code_language,
    fenced,
    shown_words,
    strong,
)

_NAME = re.compile(r"\s*(/?)\s*([A-Za-z_][\w./-]*)")
# Words in double braces that are prose about templates, and no shortcodes.
PROSE = frozenset("and or to in the a is with".split())
_CODE = frozenset("highlight code-block codeblock code-toggle sourcecode prism".split())
_AS_IT_IS = frozenset("raw rawhtml raw-html raw_html unsafe html".split())
_DIAGRAMS = frozenset("mermaid plantuml goat graphviz dot".split())
_FORMULAS = frozenset("katex math tex latex mathjax".split())


def _shortcode(scan: Scan, match: re.Match[str]) -> int | None:
    start = match.start()
    mark = match[1]
    if scan.text.startswith("/*", match.end()):
        return _shown(scan, start, mark)
    closing = "%}}"
    if mark == "<":
        closing = ">}}"
    end = scan.text.find(closing, match.end(), match.end() + MAX_TAG)
    if end < 0:
        return None
    inside = scan.text[match.end() : end]
    found = _NAME.match(inside)
    if found is None or "{{" in inside or found[2] in PROSE:
        return None
    name = found[2].lower()
    behind = end + len(closing)
    if name in scan.kept:
        scan.write(f"{KEPT}{scan.text[start:behind]}{KEPT}")
        return behind
    if found[1]:
        if not scan.close(f"hugo {name}"):
            tell_unknown(scan, start, f"{{{{{mark} /{found[2]} {closing}")
        return behind
    arguments = inside[found.end() :].rstrip().removesuffix("/")
    if NOT_PUBLIC.fullmatch(name):
        ending = rf"\{{\{{[<%]\s*/\s*{re.escape(name)}\s*[>%]\}}\}}"
        return hide_element(scan, start, behind, ending, "Hugo")
    if name in _CODE | _AS_IT_IS | _DIAGRAMS | _FORMULAS:
        done = _verbatim(scan, start, behind, name, arguments)
        if done is not None:
            return done
    given = read_arguments(arguments)
    write_named(
        scan,
        start,
        behind,
        name,
        given,
        key=f"hugo {name}",
        shown=f"{{{{{mark} {found[2]} {closing}",
    )
    return behind


def _shown(scan: Scan, start: int, mark: str) -> int | None:
    """Show a shortcode that is commented out: Hugo shows it as the shortcode."""
    end = scan.text.find("*/", start, start + MAX_TAG)
    if end < 0:
        return None
    inner = scan.text[start + 5 : end]
    close = scan.text.find("}}", end, end + 10)
    if close < 0:
        return None
    scan.write(f"`{{{{{mark}{inner}{scan.text[end + 2 : close]}}}}}`")
    return close + 2


def _verbatim(scan: Scan, start: int, behind: int, name: str, arguments: str) -> int | None:
    """Translate a shortcode whose text is not Markdown."""
    ending = re.compile(rf"\{{\{{[<%]\s*/\s*{re.escape(name)}\s*[>%]\}}\}}", re.IGNORECASE)
    found = scan.search(ending, behind)
    if found is None:
        return None
    inner = scan.text[behind : found.start()]
    if name in _AS_IT_IS or (name in _FORMULAS and "$" in inner):
        scan.write(inner)
    elif name in _FORMULAS:
        dollars = "$"
        if scan.alone(start, found.end()):
            dollars = "$$"
        scan.write(f"{dollars}{inner.strip()}{dollars}")
    else:
        scan.write(fenced(inner, name if name in _DIAGRAMS else code_language(arguments)))
    return found.end()


def write_named(
    scan: Scan, start: int, behind: int, name: str, given: Arguments, *, key: str, shown: str
) -> None:
    """Translate the shortcode or tag from `start` to `behind` by its name.

    One of SINGLE is replaced; one of PAIRS puts an opening and a closing around the text up to its
    end mark. Of any other the arguments that can be read stay, and the writer is told, by the name
    `shown`.
    """
    single = SINGLE.get(name)
    pair = PAIRS.get(name)
    if name == "tab":
        given = _named_by_tabs(scan, given)
    words = shown_words(given)
    standing = words
    if single:
        standing = single(given)
    opening, closing = pair(given) if pair else ("", "")
    if single is not None and pair is None and not standing and name not in SILENT:
        tell_unknown(scan, start, shown)
    if single is None and pair is None:
        tell_unknown(scan, start, shown)
        opening = ""
        if words:
            opening = f"\n\n{strong(words)}\n\n"
    scan.open(key, scan.in_line(start, behind, standing), opening, closing)
    if name == "tabs":
        scan.opened[-1].parts.extend(filter(None, map(str.strip, given.get("items").split(","))))


def _named_by_tabs(scan: Scan, given: Arguments) -> Arguments:
    """Return the arguments of a tab, named by the `items` of the tabs around it where it is not."""
    tabs = next((found for found in reversed(scan.opened[-100:]) if found.parts), None)
    if tabs is None or given.placed or given.named:
        return given
    return Arguments((tabs.parts.pop(0),))


def tell_unknown(scan: Scan, at: int, shown: str) -> None:
    """Tell the writer that the tag at `at` is left out; the note quotes it as `shown`."""
    cause = f"`{shown}` has no meaning here: it is left out, and the text within it stays."
    scan.note(at, cause, "Write in Markdown what it was to show, or delete it.")


FORMS = (
    Form(r"\{\{([<%])", _shortcode, "{", gate="{"),
    # The mark between columns of the theme Hugo Book.
    Form(r"^[ \t]*<-{2,}>[ \t]*$", leave_out, line="<", gate="<", ahead="--"),
)
