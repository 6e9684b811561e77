"""GitHub's names of emoji (`:rocket:`) and its formulas.

Its alerts (`> [!NOTE]`) are written by `octavo.content.markdown.writer`.
"""

from __future__ import annotations

import re
from functools import cache

from octavo.content.markdown.dialects.code import fence_end
from octavo.content.markdown.dialects.meaning import ATTRIBUTES, prefixed
from octavo.content.markdown.dialects.scan import Form, Scan
from octavo.content.markdown.formulas import is_formula

# Names for which GitHub has a picture of its own, and nobody a character: they are shown as words.
_ONLY_PICTURES = frozenset(
    "accessibility atom basecamp basecampy bowtie copilot dependabot electron feelsgood finnadie fishsticks "
    "goberserk godmode hurtrealbad neckbeard octocat rage1 rage2 rage3 rage4 shipit suspect trollface".split()
)


@cache
def _names() -> dict[str, str]:
    # 1,900 names: only bodies that hold one pay for them.
    from octavo.content.markdown.dialects.tables.emoji import EMOJI

    words = EMOJI.split()
    return dict(zip(words[1::2], words[::2], strict=True))


def _turned(name: str) -> str:
    """Return a name in GitHub's order of words, `man_raising_hand`, where it has the other one."""
    person, _, what = name.partition("_")
    if person in ("man", "woman"):
        return f"{what}_{person}"
    return name


def _emoji(scan: Scan, match: re.Match[str]) -> int | None:
    emoji = _names().get(match[1]) or _names().get(_turned(match[1]))
    if emoji is None and match[1] in _ONLY_PICTURES:
        emoji = match[1]
    if emoji is None:
        return None
    scan.write(emoji)
    return match.end()


def _math_block(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate formulas in a fence.

    https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting
    """
    stop, end = fence_end(scan, match, match[2])
    inner = scan.text[match.end() + 1 : stop]
    if not is_formula(inner.replace(">", "")):
        return None
    scan.write(f"{match[1]}$$\n{inner}{match[1]}$$")
    return end


def _labelled(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate MyST's formula with a label: `$$ (label)` ends it."""
    if not is_formula(match[2]):
        return None
    scan.write(f"{match[1]}$$\n{match[2]}\n{match[1]}$$")
    return match.end()


def _latex_span(scan: Scan, match: re.Match[str]) -> int:
    """Translate a formula of WordPress.com: `$latex y^2$`."""
    scan.write(f"${match[1].strip()}$")
    return match.end()


def _math_span(scan: Scan, match: re.Match[str]) -> int | None:
    if not is_formula(match[1]):
        return None
    scan.write(f"${match[1].strip()}$")
    return match.end()


def _environment(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a formula of LaTeX without dollar signs, as notebooks and MathJax read it."""
    name = match[2]
    end = scan.find(f"\\end{{{name}}}", match.end())
    if end < 0:
        return None
    behind = end + len(f"\\end{{{name}}}")
    formula = scan.text[match.end() : end]
    if name.rstrip("*") not in ("equation", "displaymath", "math"):
        formula = f"{match[0].strip()}{formula}{scan.text[end:behind]}"
    if "\n\n" in formula or "$" in formula:
        return None
    lines = [line.strip("> \t") for line in formula.strip().split("\n")]
    scan.write(match[1] + prefixed(match[1], "\n".join(("$$", *lines, "$$"))))
    return behind


FORMS = (
    Form(
        r":(?<![\w:/\\]:)([a-z][a-z0-9_+-]{1,40}|\+1|-1|100|1234|8ball):(?![\w:/])"
        + f"(?:{ATTRIBUTES})?",
        _emoji,
        ":",
        gate=":",
    ),
)
# Tried before what is code.
FORMULAS = (
    Form(r"^([ \t>]*)(`{3,})[ \t]*math[ \t]*$", _math_block, line="`", gate="`", ahead="``"),
    Form(
        r"^([ \t>]*)\\begin\{((?:displaymath|equation|align|alignat|flalign|gather|multline|eqnarray)\*?)\}",
        _environment,
        line="\\",
        gate="\\",
        ahead="begin",
    ),
    Form(
        r"^([ \t>]*)\$\$[ \t]*\n([^$]{1,5000}?)\n[ \t>]*\$\$[ \t]*\([\w:. -]{1,60}\)[ \t]*$",
        _labelled,
        line="$",
        gate="$",
        ahead=r"\$",
    ),
    Form(r"\$latex\s([^$\n]{1,1000})\$", _latex_span, "$", gate="$"),
    Form(r"\$`([^`\n]{1,1000})`\$", _math_span, "$", gate="$"),
)
