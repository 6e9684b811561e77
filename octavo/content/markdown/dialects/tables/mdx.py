"""MDX, the Markdown of sites made with React or Astro: https://mdxjs.com/docs/what-is-mdx/."""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.meaning import read_arguments
from octavo.content.markdown.dialects.scan import Form, Scan
from octavo.content.markdown.dialects.shortcodes import PAIRS, SINGLE

SUFFIX = ".mdx"

_NEXT_BLANK = re.compile(r"^[ \t]*$|\Z", re.MULTILINE)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN = frozenset("Fragment React.Fragment".split())


def _import(scan: Scan, match: re.Match[str]) -> int:
    return match.end()


def _statement(scan: Scan, match: re.Match[str]) -> int | None:
    """A statement goes to the next blank line."""
    before = (
        scan.text[: match.start()].rstrip(" \t")
        if match.start() < 500
        else scan.text[match.start() - 500 : match.start()].rstrip(" \t")
    )
    if before and not before.endswith("\n\n") and before.strip():
        return None
    found = _NEXT_BLANK.search(scan.text, match.end())
    return found.start() if found else match.end()


def _component(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out the tag of a component; one with a meaning keeps it, and words that it shows stay."""
    name = match[2]
    start = match.start()
    key = f"component {name}"
    slug = _WORDS.sub("-", name.rpartition(".")[2]).lower()
    if match[1]:
        if scan.close(key):
            return match.end()
        return match.end()
    arguments = re.sub(r"\{\s*(?:[\"'`]([^{}\"'`]*)[\"'`]|([^{}]*))\s*\}", r'"\1\2"', match[3])
    given = read_arguments(arguments)
    single = SINGLE.get(slug) or SINGLE.get(slug.replace("-", "_"))
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
    return match.end()


def _braces(scan: Scan, match: re.Match[str]) -> int | None:
    """A text in braces is that text: `{" "}`."""
    scan.write(match[1])
    return match.end()


# A target in angle brackets is no tag: `[text](<My note.md>)`.
_TAG = (
    r"(?<!\]\()(?<!\]:[ \t])<(/?)((?:[A-Z][\w]*)(?:\.[A-Za-z]\w*)*)"
    r"((?:\s+(?:[\w:@.-]+(?:=(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\{(?:[^{}]|\{[^{}]{0,500}\}){0,1000}\}|[^\s\"'{}<>]+))?|\{\.\.\.[\w.]+\}))*)"
    r"\s*(/?)>"
)
# In `.md` too: an import from a path is none in anybody's prose.
FORMS = (
    Form(
        r"^import\s+(?:(?:type\s+)?[\w$*{},\s]{1,200}\s+from\s+)?(?:\"[^\"\n]*[/@.][^\"\n]*\"|'[^'\n]*[/@.][^'\n]*')[ \t]*;?[ \t]*$",
        _import,
        line="i",
        gate="line",
    ),
    Form(_TAG, _component, "<", gate="<"),
)
# In `.mdx` alone.
MDX_FORMS = (
    Form(r"^(?:import|export)\s", _statement, line="ie", gate="mdx"),
    Form(r"\{\s*[\"'`]([^\"'`{}\n]*)[\"'`]\s*\}", _braces, "{", gate="mdx"),
)
