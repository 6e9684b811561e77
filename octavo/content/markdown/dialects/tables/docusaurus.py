"""Containers and directives of Docusaurus, Starlight, VitePress, Pandoc and Quarto: lines of `:::`.

https://docusaurus.io/docs/markdown-features/admonitions
https://vitepress.dev/guide/markdown#custom-containers
https://quarto.org/docs/authoring/callouts.html
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.code import fence_end, with_templates
from octavo.content.markdown.dialects.comments import hide, hide_rest
from octavo.content.markdown.dialects.hidden import HIDING_CLASS, NOT_PUBLIC, PRIVATE_KINDS
from octavo.content.markdown.dialects.meaning import (
    ALERT_END,
    ALERTS,
    alert,
    attribute,
    link,
    media,
    plain,
    prefixed,
    read_arguments,
    vimeo,
    youtube,
)
from octavo.content.markdown.dialects.scan import Form, Scan

_HEAD = re.compile(
    r"""\s*(?P<brace>\{)?\s*[.]?(?P<name>[A-Za-z][\w-]*)(?(brace)(?P<rest>[^{}]*)\})
        (?P<title>\[[^\n]*?\](?=\s*(?:\{|$)))?\s*(?P<attributes>\{[^{}]*\})?\s*(?P<text>.*?)\s*:*\s*$""",
    re.VERBOSE,
)
_CLASSES = re.compile(r"\{\s*(?:#[\w-]+\s*)?\.?(?P<name>[\w-]+)(?P<rest>[^{}]*)\}\s*:*\s*$")
_ONLY_ID = re.compile(r"\{\s*#([\w:-]+)\s*\}\s*:*")
_LAST_ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
# A block of mkdocs-click and its like: a name, and options below it.
_BLOCK_NAME = re.compile(r"[A-Za-z]\w*(?:-\w+)+")
_OPTION = re.compile(r"\n(?: {4}|\t)[ \t]*:?[\w-]+:")
_INDENTED = re.compile(r"(?:\n(?: {4}|\t)[^\n]*|\n[ \t]*(?=\n(?: {4}|\t)))+")
_FOLDED = frozenset(("details", "collapse", "spoiler"))
_UNSEEN = re.compile(rf"{'|'.join(PRIVATE_KINDS)}|{HIDING_CLASS}")
# Quarto's conditions, of formats and of profiles that only its own project knows:
# https://quarto.org/docs/authoring/conditional.html
_CONDITION = re.compile(r"""\b(when|unless)-(\w+)\s*=\s*["']?([\w-]*)""")
_HTML = re.compile(r"html\d?|markdown|web")
_PLAIN = frozenset(
    "code-group content tab-set v-pre raw tabs column columns row center steps card grid".split()
)


def _line(scan: Scan, match: re.Match[str]) -> int | None:
    prefix = match[1]
    head = match[3].strip()
    if not head:
        return _end(scan, match, prefix)
    if match[2] == "::":
        return None
    if _is_api(scan, match, head):
        return _api(scan, match, head)
    only_id = _ONLY_ID.fullmatch(head)
    if only_id is not None and _is_closed(scan, match.end()):
        opening = f'<span id="{attribute(only_id[1])}"></span>\n\n'
        written = scan.text[match.start() : match.end()]
        scan.open("container", written, prefix + prefixed(prefix, opening), "\n")
        return match.end()
    found = _CLASSES.match(head) if head.startswith("{") and "{" not in head[1:] else None
    found = found or _HEAD.match(head)
    if found is None:
        return None
    name = found["name"].lower()
    if name in ("content-hidden", "content-visible") and _is_shown(name, head):
        name = "content"
    elif _UNSEEN.fullmatch(name) or name == "content-visible" or NOT_PUBLIC.fullmatch(name):
        return _unseen(scan, match)
    if not _is_closed(scan, match.end()):
        if prefix.strip() or not _is_known(name):
            return None
        cause = f"The container `:::{name}` has no end: it goes on to the end of the text."
        scan.note(match.start(2), cause, "Write `:::` in a line of its own where it ends.")
    if name == "v-pre":
        return _literal(scan, match)
    end = match.end()
    heading = ""
    if name.startswith("callout") and "title=" not in head:
        # Quarto takes a heading that begins a callout for its title.
        first = _FIRST_HEADING.match(scan.text, end)
        if first is not None:
            heading = first[1]
            end = first.end()
    opening, closing = _meaning(scan, match.start(2), name, found, heading)
    scan.open(
        "container",
        scan.text[match.start() : match.end()],
        prefix + prefixed(prefix, opening),
        closing,
    )
    return end


_FIRST_HEADING = re.compile(
    r"\s*?\n[ \t>]*#{1,6}[ \t]+([^\n{]+?)[ \t]*(?:\{[^{}\n]*\}[ \t]*)?(?=\n|\Z)"
)


def _literal(scan: Scan, match: re.Match[str]) -> int:
    """Show the expressions in a container of VitePress as they are written."""
    found = scan.search(_CLOSING, match.end())
    end = len(scan.text)
    behind = end
    if found is not None:
        end = found.start()
        behind = found.end()
    scan.write(with_templates(scan.text[match.end() : end]))
    return behind


def _is_shown(name: str, head: str) -> bool:
    """Whether Quarto shows a conditional block in HTML; what a profile decides is not shown."""
    holds = True
    conditions = _CONDITION.findall(head)
    for word, what, value in conditions:
        is_met = what == "format" and _HTML.fullmatch(value) is not None
        if what != "format":
            return False
        holds = holds and is_met == (word == "when")
    if name == "content-hidden":
        return bool(conditions) and not holds
    return holds


def _unseen(scan: Scan, match: re.Match[str]) -> int:
    """Leave out a container that readers do not see, up to a line of as many colons."""
    closing = re.compile(rf"^[ \t>]*{match[2]}[ \t]*$", re.MULTILINE)
    found = scan.search(closing, match.end())
    if found is None:
        return hide_rest(scan, match.start(2), "Quarto or Pandoc")
    return hide(scan, match.start(2), found.end(), "Quarto or Pandoc (`:::`)")


def _is_known(name: str) -> bool:
    return name in _FOLDED | _PLAIN or name in ALERTS or name.startswith("callout")


def _is_closed(scan: Scan, start: int) -> bool:
    """Whether a line of only colons follows anywhere, which may close this container."""
    return scan.search(_CLOSING, start) is not None


_CLOSING = re.compile(r"^[ \t>]*:{3,}[ \t]*$", re.MULTILINE)


def _meaning(scan: Scan, at: int, name: str, found: re.Match[str], heading: str) -> tuple[str, str]:
    groups = found.groupdict()
    rest = (groups.get("rest") or "") + " " + (groups.get("attributes") or "")
    given = read_arguments(rest.strip(" {}"))
    title = (groups.get("title") or "")[1:-1] or given.get("title") or groups.get("text") or ""
    title = _LAST_ATTRIBUTES.sub("", title) or heading
    if "{" in title:
        place = scan.text.find(title, at)
        column = place - scan.text.rfind("\n", 0, place)
        title = scan.inner(title, scan.text.count("\n", 0, at) + 1, column)
    kind = name.removeprefix("callout-")
    if name in _FOLDED:
        shown = title or "Details"
        return f"<details>\n<summary>{attribute(shown)}</summary>\n", "\n</details>\n"
    if kind in ALERTS or name.startswith("callout"):
        fold = {"true": "-", "false": "+"}.get(given.get("collapse"), "")
        return alert(kind if kind in ALERTS else "note", title, fold), ALERT_END
    if name not in _PLAIN:
        cause = f"The container `:::{name}` has no meaning here: its lines are left out, its text stays."
        scan.note(at, cause, "Write in Markdown what it was to show, or delete its lines.")
    label = ""
    # The theme Plume names a set of tabs by what readers keep choosing: `code-tabs#shell`.
    if title and not title.startswith("#") and name != "code-group":
        label = f"\n**{plain(title)}**\n"
    return label, "\n"


def _end(scan: Scan, match: re.Match[str], prefix: str) -> int | None:
    if len(match[2]) < 3:
        return None
    innermost = next(
        (found for found in reversed(scan.opened[-100:]) if found.name == "container"), None
    )
    if innermost is None:
        scan.note(match.start(2), "This line ends a container, and none is open.", "Delete it.")
        return match.end()
    innermost.closing = prefixed(prefix, innermost.closing)
    scan.close("container")
    return match.end()


def _is_api(scan: Scan, match: re.Match[str], head: str) -> bool:
    """Whether a block is mkdocstrings' mark for the documentation of a name in code."""
    if _DOTTED.fullmatch(head):
        return True
    has_options = _OPTION.match(scan.text, match.end()) is not None
    if has_options and _BLOCK_NAME.fullmatch(head):
        return True
    named = head.isidentifier() and not _is_known(head.lower())
    return named and not _is_closed(scan, match.end())


def _api(scan: Scan, match: re.Match[str], head: str) -> int:
    cause = f"The documentation of `{head}` is not put in here."
    scan.note(match.start(2), cause, "Write it into the article, or link to it.")
    options = _INDENTED.match(scan.text, match.end())
    if options:
        return options.end()
    return match.end()


def _api_heading(scan: Scan, match: re.Match[str]) -> int:
    """Keep the name in the heading over mkdocstrings' mark: `# ::: package.module`."""
    scan.write(f"{match[1]} {plain(match[2])}\n")
    return _api(scan, match, match[2])


def _leaf(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a directive on its own line: `::youtube[Title]{#id}`, `::github{repo="a/b"}`."""
    name = match[2].lower()
    label = (match[3] or "")[1:-1]
    attributes = match[4] or ""
    if not label and not attributes:
        return None
    given = read_arguments(attributes.strip("{}"))
    name_there = re.search(r"#([\w-]+)", attributes)
    target = given.get("src", "url", "href", "id", "repo") or (name_there[1] if name_there else "")
    scan.write(match[1])
    if name == "youtube":
        scan.write(youtube(target or label, label if target else ""))
    elif name == "vimeo":
        scan.write(vimeo(target or label, label if target else ""))
    elif name == "github" and given.get("repo"):
        scan.write(link(given.get("repo"), f"https://github.com/{given.get('repo')}"))
    elif target and ("/" in target or "." in target):
        scan.write(media(target, label))
    else:
        scan.write(label)
        cause = f"The directive `::{name}` has no meaning here: its words stay."
        scan.note(match.start(2), cause, "Write in Markdown what it was to show.")
    return match.end()


def _text(scan: Scan, match: re.Match[str]) -> int | None:
    """Keep the words of a directive within text: `:abbr[HTML]{title="..."}`."""
    scan.write(match[2])
    return match.end()


def _tab(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a tab in a container of VuePress (`@tab One`) or VitePress (`== One`)."""
    if not any(found.name == "container" for found in scan.opened[-100:]):
        return None
    scan.write(f"\n**{plain(match[1])}**\n")
    return match.end()


def _snippet(scan: Scan, match: re.Match[str]) -> int:
    """Leave out VitePress's `<<< @/snippets/file.js`, which includes a file."""
    cause = f"The file `{match[1].strip()[:80]}` is not put in here."
    scan.note(match.start(), cause, "Write its text into the article, or link to it.")
    return match.end()


def _mdx_fence(scan: Scan, match: re.Match[str]) -> int:
    """Translate what is no code in Docusaurus: a fence of `mdx-code-block`."""
    stop, end = fence_end(scan, match, match[2])
    inner_start = min(match.end() + 1, stop)
    line = scan.text.count("\n", 0, inner_start) + 1
    text = _IMPORT.sub("", scan.text[inner_start:stop])
    scan.write(match[1] + scan.inner(text, line, len(match[1]) + 1))
    return end


def _titled_fence(scan: Scan, match: re.Match[str]) -> int:
    """Put the name of a file of code above the code: https://docusaurus.io/docs/markdown-features."""
    _, end = fence_end(scan, match, match[2])
    blank = match[1].rstrip(" \t")
    scan.write(f"{blank}\n{match[1]}**{plain(match[4])}**\n{blank}\n")
    return scan.keep(match.start(), end)


_IMPORT = re.compile(r"^[ \t>]*import\s[^\n]+$", re.MULTILINE)

# Tried before what is code.
FENCES = (
    Form(
        r"^([ \t>]*)(`{3,})mdx-code-block[ \t]*$",
        _mdx_fence,
        line="`",
        gate="`",
        ahead="``+mdx",
    ),
    Form(
        r"""^([ \t>]*)(`{3,}|~{3,})([^\n`]*?[ \t{,](?:title|filename)=["']([^"'\n]+)["'][^\n`]*)$""",
        _titled_fence,
        line="`~",
        gate="titled",
    ),
)
FORMS = (
    Form(
        r"^(#{1,6})[ \t]+:::[ \t]+([A-Za-z_][\w.]*)[ \t]*$",
        _api_heading,
        line="#",
        gate=":",
        ahead=r"#*[ \t]+:::",
    ),
    Form(r"^([ \t>]*)(:{3,}+)((?:[^\n`]|`[^\n`]+`){0,400}+)$", _line, line=":", gate="line"),
    Form(
        r"^([ \t>]*)::([A-Za-z][\w-]*)(\[[^\]\n]*\])?(\{[^{}\n]*\})?[ \t]*$",
        _leaf,
        line=":",
        gate="line",
    ),
    Form(
        r"^@tab(?::active)?[ \t]+([^\n#]{1,200}?)[ \t]*(?:#[\w-]+)?[ \t]*$",
        _tab,
        line="@",
        gate="line",
    ),
    Form(
        r"^==[ \t]+(?:tab[ \t]+)?([^\n=]{1,200}?)[ \t]*$",
        _tab,
        line="=",
        gate="line",
        ahead=r"=[ \t]",
    ),
    Form(r"^<<<[ \t]+([@./~][^\n]*)$", _snippet, line="<", gate="line", ahead="<<"),
    Form(r":(?<![\w:\\]:)([a-z][\w-]*)\[([^\[\]\n]+)\](\{[^{}\n]*\})", _text, ":", gate=":"),
)
