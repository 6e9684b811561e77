"""HTML that is shown otherwise than it was written, which the writer is to know."""

from __future__ import annotations

import re

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


FORMS = (Form(r"(?i:<(iframe|object|embed|form|applet|canvas|frame)\b)", _embedded, "<", gate="<"),)
