"""HTML that readers see in another form: a note tells the writer."""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.comments import hide_rest
from octavo.content.markdown.dialects.hidden import hide_element, is_narrow
from octavo.content.markdown.dialects.meaning import link, vimeo, youtube
from octavo.content.markdown.dialects.scan import Form, Scan, leave_out

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
    if name == "iframe":
        return _shut(scan, match)
    return scan.keep(match.start(), match.end())


def _shut(scan: Scan, match: re.Match[str]) -> int:
    """Copy a tag, with an end behind it where it has none: all that follows would be within it.

    `<iframe />`, as JSX has it, is open in HTML: https://html.spec.whatwg.org/#raw-text-elements.
    """
    tag = _TAG.match(scan.text, match.start())
    if tag is None or (not tag[2] and _has_end(scan, match[1], tag.end())):
        return scan.keep(match.start(), match.end())
    scan.write(f"{tag[1]}></{match[1]}>")
    return tag.end()


def _film(scan: Scan, match: re.Match[str]) -> int:
    return _shut(scan, match)


# A tag, and whether it ends with a slash.
_TAG = re.compile(r"""(<(?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){1,2000}?)(/?)>""")


def _has_end(scan: Scan, name: str, start: int) -> bool:
    key = f"an end of {name}"
    if key in scan.absent:
        return False
    has_end = max(scan.text.rfind(f"</{name}"), scan.text.rfind(f"</{name.lower()}")) >= start
    if not has_end:
        scan.absent.add(key)
    return has_end


def _endless(scan: Scan, match: re.Match[str]) -> int | None:
    """Show the beginning of an element that swallows all text up to an end that is not there."""
    name = match[1]
    tag = _TAG.match(scan.text, match.start())
    if tag is not None and tag[2]:
        scan.note(match.start(), f"`<{name.lower()}>` is left out.", "Delete it.")
        return tag.end()
    if _has_end(scan, name, match.end()):
        return None
    scan.note(
        match.start(),
        f"`<{name.lower()}>` has no end, and is shown as text.",
        f"Write `</{name.lower()}>` where it ends, or `` `<{name.lower()}>` `` for its name.",
    )
    scan.write("&lt;")
    return match.start() + 1


def _endless_section(scan: Scan, match: re.Match[str]) -> int | None:
    """Show the beginning of a part of XML without its end, which would hide all that follows."""
    end = "]]>" if match[0].startswith("<!") else "?>"
    if scan.find(end, match.end()) >= 0:
        return None
    scan.note(match.start(), f"`{match[0]}` has no end, and is shown as text.", "Delete it.")
    scan.write("&lt;")
    return match.start() + 1


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


def _processed(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out what PHP would run: browsers take it for a comment."""
    end = scan.find("?>", match.end())
    if end < 0 and match[1] == "php":
        return hide_rest(scan, match.start(), "PHP (`<?php`)")
    if end < 0:
        return None
    condition = _PHP_IF.match(scan.text, match.end(), end)
    if condition is not None and is_narrow("if", condition[1]):
        return hide_element(scan, match.start(), end, _PHP_END, "PHP (`if`)")
    scan.note(match.start(), "Code of PHP is left out.", "Write in Markdown what it was to show.")
    return end + 2


_PHP_IF = re.compile(r"\s*if\s*\((.{1,300}?)\)\s*[:{]", re.DOTALL)
_PHP_END = r"<\?(?:php)?\s*(?:endif|else|\})[^<>]*?\?>"


def _light_player(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate an element of its own for a film: `<lite-youtube videoid="...">`."""
    name = _FILM_NAME.search(match[2])
    if name is None:
        return None
    player = youtube if match[1].lower().endswith("youtube") else vimeo
    scan.write_shown(match.start(), match.end(), player(name[1]))
    return match.end()


_FILM_NAME = re.compile(
    r"""\b(?:data-)?(?:video-?id|src)\s*=\s*["']?([^"'\s>]{1,300})""", re.IGNORECASE
)


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
        r"(?i:<(plaintext|script|style|template|textarea|title|xmp)\b)",
        _endless,
        "<",
        gate="<",
        ahead=r"(?i:plaintext|script|style|template|textarea|title|xmp)\b",
    ),
    Form(r"<!\[CDATA\[", _endless_section, "<", gate="<!", ahead=r"!\["),
    Form(r"<\?(?!php|=|\s)", _endless_section, "<", gate="<%", ahead=r"\?"),
    Form(r"(?i:<(video|audio)\b)", _film, "<", gate="<", ahead=r"(?i:video|audio)\b"),
    Form(
        r"(?i:<(script|style|svg|template)\b)",
        _unseen,
        "<",
        gate="<",
        ahead=r"(?i:script|style|svg|template)\b",
    ),
    # The tag alone: a text's scripts never run here, so what is for readers without them is shown.
    Form(r"(?i:</?noscript\b[^<>]{0,300}>)", leave_out, "<", gate="<", ahead="/?(?i:noscript)"),
    Form(r"<\?(php|=|(?=\s))", _processed, "<", gate="<%", ahead=r"\?"),
)
FORMS = (
    Form(
        r"(?i:<((?:lite|amp)-(?:youtube|vimeo))\b([^<>]{0,1000})>(?:\s*</\1>)?)",
        _light_player,
        "<",
        gate="<",
        ahead="(?i:lite|amp)-",
    ),
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
