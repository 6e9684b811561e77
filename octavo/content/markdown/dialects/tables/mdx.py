"""MDX, the Markdown of sites made with React or Astro: https://mdxjs.com/docs/what-is-mdx/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import dedent

from octavo.content.markdown.dialects.hidden import NOT_PUBLIC, hide_element
from octavo.content.markdown.dialects.meaning import link, plain, read_arguments
from octavo.content.markdown.dialects.scan import MAX_DEPTH, MAX_TAG, Form, Scan, leave_out
from octavo.content.markdown.dialects.shortcodes import PAIRS, SINGLE, shown_words, strong

SUFFIX = ".mdx"

_NEXT_BLANK = re.compile(r"^[ \t]*$|\Z", re.MULTILINE)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN = frozenset("Fragment React.Fragment".split())


def _statement(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out an `import` or `export` statement, which goes on to the next blank line."""
    before = (
        scan.text[: match.start()].rstrip(" \t")
        if match.start() < 500
        else scan.text[match.start() - 500 : match.start()].rstrip(" \t")
    )
    if before and not before.endswith("\n\n") and before.strip():
        return None
    return _statement_end(scan, match.end())


def _statement_end(scan: Scan, start: int) -> int:
    """Return where a statement of JavaScript ends: at the first blank line outside of brackets."""
    position = start
    depth = 0
    while True:
        found = _NEXT_BLANK.search(scan.text, position)
        end = found.start() if found else len(scan.text)
        code = _QUOTED.sub("", scan.text[position:end])
        depth += sum(map(code.count, "{([")) - sum(map(code.count, "})]"))
        if depth <= 0 or end >= len(scan.text) or end - start > _MAX_CODE:
            return end
        position = end + 1


_QUOTED = re.compile(
    r"""//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`""", re.DOTALL
)


def _export(scan: Scan, match: re.Match[str]) -> int:
    """Leave out a statement of JavaScript that is not prose in a `.md` file either."""
    end = _statement_end(scan, match.start())
    scan.note(match.start(), "A statement of JavaScript is left out.", "Delete it.")
    return end


def _component(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out the tag of a component, but keep the words that it shows; translate a known one."""
    name = match[2]
    start = match.start()
    key = f"component {name}"
    slug = _WORDS.sub("-", name.rpartition(".")[2]).lower()
    if match[1]:
        if scan.close(key):
            return match.end()
        return match.end()
    if match[4] != "/" and NOT_PUBLIC.fullmatch(slug):
        return hide_element(
            scan, start, match.end(), rf"</{re.escape(name)}\s*>", f"MDX (`<{name}>`)"
        )
    arguments = _FILE.sub(r'"\1"', match[3])
    arguments = re.sub(r"\{\s*(?:[\"'`]([^{}\"'`]*)[\"'`]|([^{}]*))\s*\}", r'"\1\2"', arguments)
    given = read_arguments(arguments)
    single = next(
        filter(None, map(SINGLE.get, (slug, slug.replace("-", "_"), slug.replace("-", "")))), None
    )
    pair = PAIRS.get(slug) or (PAIRS["tab"] if slug == "tab-item" else None)
    alone = match[4] == "/"
    if single is not None and alone and (shown := single(given)):
        scan.write(shown)
        return match.end()
    if pair is not None and not alone:
        opening, closing = pair(given)
        scan.open(key, "", opening, closing)
        return match.end()
    if name not in _PLAIN:
        cause = (
            f"The component `<{name}>` has no meaning here: its tag is left out, its text stays."
        )
        scan.note(start, cause, "Write in Markdown what it was to show, or delete it.")
        words = shown_words(given)
        if words:
            scan.write(words if alone else f"\n\n{strong(words)}\n\n")
    return match.end()


# The marks in a tag whose attributes are code of several lines.
_MARKS = re.compile(
    r"""[{}]|/?>|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\]|\\.)*+`""", re.DOTALL
)
_MAX_CODE = 100_000
_PAIR = re.compile(
    r"""(\w+)["']?\s*:\s*(?:"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'|`([^`]*+)`)""", re.DOTALL
)
# What the entries of such a list call their heading, and their text.
_HEADINGS = frozenset("name title label heading term question property prop parameter".split())
_TEXTS = frozenset("description text content body summary answer subtitle details".split())


def _coded_component(scan: Scan, match: re.Match[str]) -> int | None:
    """Replace a component whose attributes are code by a list of the words in them."""
    if _CODED_KEY in scan.absent:
        return None
    depth = 0
    for mark in _MARKS.finditer(scan.text, match.end(), match.end() + _MAX_CODE):
        if mark[0] in ("{", "}"):
            depth += 1 if mark[0] == "{" else -1
        elif depth == 0 and mark[0] in (">", "/>"):
            shown = _entries(scan.text[match.end() : mark.start()])
            if not shown and _SIMPLE_TAG.match(scan.text, match.start()):
                return None
            cause = f"The component `<{match[1]}>` has no meaning here: its words are a list."
            scan.note(match.start(), cause, "Write in Markdown what it was to show, or delete it.")
            scan.write(shown)
            return mark.end()
    scan.absent.add(_CODED_KEY)
    return None


_CODED_KEY = "the end of a component with code"


def _entries(code: str) -> str:
    """Return a list of the entries in an array of objects: heading, type and text of each."""
    entries: list[dict[str, str]] = []
    for key, *values in _PAIR.findall(code):
        kind = key.lower()
        if kind in _HEADINGS:
            kind = "heading"
        elif kind in _TEXTS:
            kind = "text"
        if not entries or kind == "heading" or kind in entries[-1]:
            entries.append({})
        entries[-1][kind] = " ".join("".join(values).split())
    shown = "".join(f"- {entry}\n" for entry in map(_entry, entries) if entry)
    return f"\n\n{shown}\n" if shown else ""


def _entry(entry: Mapping[str, str]) -> str:
    heading = entry.get("heading", "")
    target = entry.get("href") or entry.get("link") or entry.get("url")
    if heading and target:
        heading = link(plain(heading), target)
    elif heading:
        heading = strong(heading)
    kind = entry.get("type", "")
    if kind:
        kind = f"`{kind}`" if "`" not in kind else plain(kind)
    return " ".join(filter(None, (heading, kind, entry.get("text"))))


def _element(scan: Scan, match: re.Match[str]) -> int | None:
    """Write an element of HTML without the attributes that are code: `style={{...}}`, `@click="x"`."""
    tag = _FILE.sub(r'"\1"', match[0])
    coded = [found for found in _CODED.finditer(tag) if found[1] or found[3] is not None]
    if not coded and tag == match[0]:
        return None
    if tag.startswith("<template"):
        # The content is shown without the tag: browsers do not show a template element.
        return match.end()
    for found in coded:
        if found[2] in ("href", "src") and not _as_text(found):
            cause = f"The `{found[2]}` of this `<{tag[1:].split()[0]}>` is code, and is left out."
            scan.note(match.start(), cause, "Write the address itself.")
    scan.write(_CODED.sub(_as_text, tag))
    return match.end()


def _as_text(attribute: re.Match[str]) -> str:
    """Return an attribute with its value as text; '' where the value is code."""
    if not attribute[1] and attribute[3] is None:
        return attribute[0]
    literal = _STRING.fullmatch((attribute[3] or "").strip())
    if attribute[1] or literal is None or not attribute[2]:
        return ""
    return f' {attribute[2]}="{literal[1] or literal[2] or literal[3] or literal[4] or ""}"'


# A file that is named in a call: `src={require('./a.png').default}`, `href={useBaseUrl('/a')}`.
_FILE = re.compile(
    r"""\{\s*(?:require|useBaseUrl|withBase|url)\(\s*["'`](?:@site/static(?=/))?([^"'`]*)["'`]\s*\)(?:\.default)?\s*\}"""
)
_BRACE = re.compile(r"[{}]")
_STRING = re.compile(r"""\"([^"]*)\"|'([^'"]*)'|`([^`"$]*)`|([\d.]+)""")
_CODE = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,200}\}){0,500}\}){0,1000}\}"
# An attribute: a name of Vue's own kind, or any other; a value in braces.
_CODED = re.compile(
    r"""\s+(?:([@#][\w:.\[\]-]*)|([\w:.-]+))?(?:=(?:"[^"]*"|'[^']*'|\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}))?"""
)


def _expression(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out a JavaScript expression."""
    start = match.start()
    depth = 0
    for brace in _BRACE.finditer(scan.text, start, start + MAX_TAG):
        depth += 1 if brace[0] == "{" else -1
        if depth > MAX_DEPTH:
            return None
        if depth == 0:
            shown = " ".join(scan.text[start : brace.end()].split())[:60]
            scan.note(start, f"`{shown}` is left out.", "Write what it was to show.")
            return brace.end()
    return None


def _braces(scan: Scan, match: re.Match[str]) -> int | None:
    """Replace a text in braces by the text: `{" "}`."""
    scan.write(match[1])
    return match.end()


_FENCE = re.compile(r"(`{3,}|~{3,})[^\n]*\n")


def _indented(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out the indentation of a line: MDX has no indented code, https://mdxjs.com/docs/what-is-mdx/."""
    if scan.in_list(match.start()):
        return None
    start = match.end() - 1
    fence = _FENCE.match(scan.text, start)
    if fence is None:
        return start
    ending = re.compile(rf"^[ \t]*{fence[1]}[`~]*[ \t]*$", re.MULTILINE)
    found = scan.search(ending, fence.end())
    if found is None:
        return start
    code = dedent(scan.text[fence.end() : found.start()])
    scan.write(f"\n{fence[0]}{code}{fence[1]}")
    return found.end()


# Instead of the form of indented code, in `.mdx` alone.
INDENTED = Form(r"^(?: {4}| {0,3}\t)[ \t]*[^\s]", _indented)

# A target in angle brackets is no tag: `[text](<My note.md>)`.
_TAG = (
    r"(?<!\]\()(?<!\]:[ \t])<(/?)((?:[A-Z][\w]*)(?:\.[A-Za-z]\w*)*)"
    r"((?:\s+(?:[\w:@#.-]+(?:=(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\{(?:[^{}]|\{[^{}]{0,500}\}){0,1000}\}|[^\s\"'{}<>]+))?|\{\.\.\.[\w.]+\}))*)"
    r"\s*(/?)>"
)
_PLAIN_TAG = (
    r"<[a-z][\w.-]*"
    rf"(?:\s+(?:[\w:@#.\[\]-]+(?:=(?:\"[^\"]{{0,1000}}\"|'[^']{{0,1000}}'|{_CODE}))?|\{{\.\.\.[\w.]+\}}))+\s*/?>"
)
# What a tag of an element has, behind its `<`, that has an attribute of code.
CODED_TAG = r"[a-z][\w.-]*(?=\s)[^<>]*?(?:\s[@#][\w\[]|[\w\]]=\{)"
_SIMPLE_TAG = re.compile(_TAG)
# In `.md` files too: an import from a path is never prose.
FORMS = (
    Form(
        r"^import\s+(?:(?:type\s+)?[\w$*{},\s]{1,200}\s+from\s+)?(?:\"[^\"\n]*[/@.][^\"\n]*\"|'[^'\n]*[/@.][^'\n]*')[ \t]*;?[ \t]*$",
        leave_out,
        line="i",
        gate="line",
        ahead=r"mport\s",
    ),
    Form(
        r"^export\s+(?:(?:const|let|var)\s+[\w$]+\s*=|(?:default\s+)?(?:async\s+)?function\b[\s\w$*]*\(|default\s+[{(])",
        _export,
        line="e",
        gate="line",
        ahead=r"xport\s",
    ),
    Form(r"\{(?=\s*[\w.!][^{}\n]{0,80}&&\s*(?:<[A-Za-z>][^\n]*>|\())", _expression, "{", gate="{"),
    Form(
        r"<([A-Z]\w*(?:\.\w+)*)(?=\s[^<>{}]{0,500}=\{\s*[\[{])",
        _coded_component,
        "<",
        gate="<",
        ahead="[A-Z]",
    ),
    Form(_TAG, _component, "<", gate="<", ahead="/?[A-Z]"),
    Form(_PLAIN_TAG, _element, "<", gate="coded", ahead=CODED_TAG),
)
# In `.mdx` alone.
MDX_FORMS = (
    Form(r"^(?:import|export)\s", _statement, line="ie", gate="mdx", ahead=r"(?:m|x)port\s"),
    Form(r"\{\s*[\"'`]([^\"'`{}\n]*)[\"'`]\s*\}", _braces, "{", gate="mdx"),
    Form(r"\{(?![\s{%#.:/|=+>~-])", _expression, "{", gate="mdx"),
    Form(r"</?>", leave_out, "<", gate="mdx", ahead="/?>"),
)
