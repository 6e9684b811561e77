"""GitHub's names of emoji: `:rocket:`."""

from __future__ import annotations

import re
from functools import cache

from octavo.content.markdown.dialects.meaning import ATTRIBUTES
from octavo.content.markdown.dialects.scan import Form, Scan


@cache
def _names() -> dict[str, str]:
    # 1,900 names: only bodies that hold one pay for them.
    from octavo.content.markdown.dialects.tables.emoji import EMOJI

    words = EMOJI.split()
    return dict(zip(words[1::2], words[::2], strict=True))


def _turned(name: str) -> str:
    """Return a name as GitHub has it where others put the person first: `man_raising_hand`."""
    person, _, what = name.partition("_")
    if person in ("man", "woman"):
        return f"{what}_{person}"
    return name


def _emoji(scan: Scan, match: re.Match[str]) -> int | None:
    emoji = _names().get(match[1]) or _names().get(_turned(match[1]))
    if emoji is None:
        return None
    scan.write(emoji)
    return match.end()


FORMS = (
    Form(
        r":(?<![\w:/\\]:)([a-z][a-z0-9_+-]{1,40}|\+1|-1|100|1234|8ball):(?![\w:/])"
        + f"(?:{ATTRIBUTES})?",
        _emoji,
        ":",
        gate=":",
    ),
)
