"""HTML that readers see in another form: a note tells the writer."""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.hidden import hide_element, is_narrow
from octavo.content.markdown.dialects.meaning import link
from octavo.content.markdown.dialects.scan import Form, Scan

_SOURCE = re.compile(r"""\b(?:src|data|href)\s*=\s*["']?([^"'\s>]{1,300})""", re.IGNORECASE)


def _embedded(scan: Scan, match: re.Match[str]) -> int | None:
    name = match[1].lower()
    end = scan.text.find(">", match.end(), match.end() + 2_000)
    tag = scan.text[match.start() : end + 1] if end >= 0 else match[0]
    source = _SOURCE.search(tag)
    if source:
        cause = f"The `<{name}>` of {source[1][:80]} is shown as a link."
        cure = "Readers can follow it; frames of hosts in the setting `hosts` are shown."
    else:
        cause = f"`<{name}>` is left out."
        cure = "Write in Markdown what it was to show."
    scan.note(match.start(), cause, cure)
    return scan.keep(match.start(), match.end())


def _before_code(scan: Scan, match: re.Match[str]) -> int:
    """Part a tag from the fenced code in the next line, which HTML would show with its fence."""
    scan.write(f"{match[0]}\n")
    return match.end()


def _unseen(scan: Scan, match: re.Match[str]) -> None:
    """Add a note on an element that readers do not see; the forms of code copy its content."""
    scan.note(
        match.start(),
        f"`<{match[1].lower()}>` is left out.",
        "Write in Markdown what it was to show.",
    )


def _without_scripts(scan: Scan, match: re.Match[str]) -> int:
    """Leave out the tag alone: a text's scripts never run here, so its `<noscript>` is shown."""
    return match.end()


def _processed(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out what PHP would run: browsers take it for a comment."""
    end = scan.find("?>", match.end())
    if end < 0:
        return None
    condition = _PHP_IF.match(scan.text, match.end(), end)
    if condition is not None and is_narrow("if", condition[1]):
        return hide_element(scan, match.start(), end, _PHP_END, "PHP (`if`)")
    scan.note(match.start(), "Code of PHP is left out.", "Write in Markdown what it was to show.")
    return end + 2


_PHP_IF = re.compile(r"\s*if\s*\((.{1,300}?)\)\s*[:{]", re.DOTALL)
_PHP_END = r"<\?(?:php)?\s*(?:endif|else|\})[^<>]*?\?>"


def _gist(scan: Scan, match: re.Match[str]) -> int:
    """Translate a script of GitHub's that shows a gist."""
    path = match[1]
    cause = f"The `<script>` of https://gist.github.com/{path} is shown as a link."
    scan.note(
        match.start(), cause, "Write its code into the article, if readers are to see it here."
    )
    scan.write(link(f"Gist {path}", f"https://gist.github.com/{path}"))
    return match.end()


# Tried before the forms of code.
UNSEEN = (
    Form(
        r"""(?i:<script\s[^<>]*?src=["']?https://gist\.github\.com/([\w/-]+)(?:\.js)?(?:\?[^"'>\s]*)?["']?[^<>]*>\s*</script>)""",
        _gist,
        "<",
        gate="<",
        ahead="(?i:script)",
    ),
    Form(
        r"(?i:<(script|style|svg|template)\b)",
        _unseen,
        "<",
        gate="<",
        ahead=r"(?i:script|style|svg|template)\b",
    ),
    Form(
        r"(?i:</?noscript\b[^<>]{0,300}>)", _without_scripts, "<", gate="<", ahead="/?(?i:noscript)"
    ),
    Form(r"<\?(php|=|(?=\s))", _processed, "<", gate="<", ahead=r"\?"),
)
FORMS = (
    Form(
        r"</?(?:details|summary|div|figure|td|center)\b[^<>]{0,300}>\n(?=```|~~~)",
        _before_code,
        "<",
        gate="`",
        ahead="/?(?:details|summary|div|figure|td|center)",
    ),
    Form(
        r"(?i:<(iframe|object|embed|form|applet|canvas|frame)\b)",
        _embedded,
        "<",
        gate="<",
        ahead="(?i:iframe|object|embed|form|applet|canvas|frame)",
    ),
)
