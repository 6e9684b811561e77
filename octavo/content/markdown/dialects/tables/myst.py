"""Directives and roles of MyST and reStructuredText: https://mystmd.org/guide/syntax-overview."""

from __future__ import annotations

import csv
import re
from textwrap import dedent

from octavo.content.markdown.dialects.code import fence_end
from octavo.content.markdown.dialects.comments import hide
from octavo.content.markdown.dialects.meaning import (
    ALERT_END,
    ALERTS,
    alert,
    attribute,
    frame,
    link,
    picture,
    plain,
    prefixed,
)
from octavo.content.markdown.dialects.scan import Form, Scan
from octavo.content.markdown.dialects.shortcodes import fenced

_OPTION = re.compile(r"\s*:([\w-]+):[ \t]*(.*)$")
_ROLE_TARGET = re.compile(r"(.*?)\s*<([^<>]+)>\s*$", re.DOTALL)
_CODE = frozenset(
    "code code-block code-cell sourcecode ipython3 literalinclude parsed-literal".split()
)
_PICTURES = frozenset("figure image".split())
_FOLDED = frozenset("dropdown".split())
_BLOCKS = frozenset(
    "tab-set tab-item grid grid-item grid-item-card card margin sidebar topic epigraph container div centered "
    "list-table table csv-table only admonition-inline".split()
)
# Of these the argument is a number of columns, or classes.
_WITH_LOOKS = frozenset("tab-set grid grid-item container div only".split())
_NOTHING = frozenset(
    "include toctree contents tableofcontents bibliography index highlight meta currentmodule glossary-list".split()
)
_LINKS = frozenset(
    "ref doc numref term any download std:ref std:doc py:class-link eq cite cite:p cite:t".split()
)
_ICONS = re.compile(r"octicon|fa[bsr]?|material-[a-z]+|icon")
_TAGS = {"kbd": "kbd", "sub": "sub", "subscript": "sub", "sup": "sup", "superscript": "sup", "abbr": "abbr",
         "guilabel": "kbd", "strong": "strong", "emphasis": "em", "del": "del", "u": "u"}  # fmt: skip


# What Sphinx and knitr do not show: https://www.sphinx-doc.org/en/master/usage/extensions/todo.html
_UNSEEN = frozenset("comment todo todolist".split())
_UNSEEN_TAG = re.compile(r"\bremove[-_](?:cell|input)\b")
# Options of a cell of knitr's or Quarto's that keep its code from readers; nothing is run here.
_UNSEEN_CELL = re.compile(r"\b(?:include|echo)\s*[=:]\s*(?:FALSE|F|false)\b")


def _is_unseen(name: str, argument: str, options: dict[str, str]) -> bool:
    """Whether readers of HTML do not see a directive in its own system."""
    if name == "only":
        return not _is_met(argument)
    if name == "ifconfig":
        # What it asks for only its own project knows.
        return True
    if name == "raw":
        return "html" not in argument
    return name in _UNSEEN or _UNSEEN_TAG.search(options.get("tags", "")) is not None


def _is_met(expression: str) -> bool:
    """Whether an expression about formats is true for HTML: `html or latex`, `not html`."""
    choices = re.split(r"\s+or\s+", expression.strip(" ()"))
    return any(_MET.fullmatch(choice) for choice in choices)


_PART = r"(?:(?:builder_)?html|not\s+(?!(?:builder_)?html\b)\w+)"
_MET = re.compile(rf"{_PART}(?:\s+and\s+{_PART})*")


def _cell(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a cell or a raw block: ```{r, echo=FALSE}, ```{python} with options, ```{=html}."""
    stop, end = fence_end(scan, match, match[2])
    inner = scan.text[match.end() : stop]
    if match[3]:
        if match[4].lower().startswith("html"):
            scan.write(_without(match[1], inner))
            return end
        return hide(scan, match.start(2), end, f"Pandoc (raw `{match[4]}`)")
    options = "\n".join(_CELL_OPTION.findall(inner))
    if _UNSEEN_CELL.search(match[5]) or _UNSEEN_CELL.search(options):
        return hide(scan, match.start(2), end, f"Quarto or knitr (code of `{match[4]}`)")
    if not options:
        return None
    # Options of a cell are shown to nobody.
    scan.keep(match.start(), min(match.end() + 1, stop))
    scan.write(_CELL_OPTION_LINE.sub("", scan.text[match.end() + 1 : stop]))
    return scan.keep(stop, end)


_CELL_OPTION = re.compile(r"^[ \t>]*(?:#|//|--|%%?)\|[ \t]*([^\n]*)", re.MULTILINE)
_CELL_OPTION_LINE = re.compile(rf"{_CELL_OPTION.pattern}\n", re.MULTILINE)


def _directive(scan: Scan, match: re.Match[str]) -> int | None:
    prefix = match[1]
    if match[2][0] == "`" and "`" in match[4]:
        return None
    name = match[3].lower().removeprefix("prf:")
    known = (
        name in ALERTS or name in _CODE or name in _PICTURES or name in _FOLDED or name in _BLOCKS
        or name in _NOTHING or name in _UNSEEN or name in ("math", "iframe", "raw", "mermaid", "code-cell", "glossary", "ifconfig")
    )  # fmt: skip
    if not known:
        return None
    stop, end = fence_end(scan, match, match[2])
    inner_start = min(match.end() + 1, stop)
    inner = _without(prefix, scan.text[inner_start:stop])
    options, body, skipped = _options(inner)
    argument = match[4].strip()
    if _is_unseen(name, argument, options):
        return hide(scan, match.start(2), end, f"MyST (`{name}`)")
    line = scan.text.count("\n", 0, inner_start) + 1 + skipped
    scan.write(
        prefix + prefixed(prefix, _translated(scan, match, name, argument, options, body, line))
    )
    return end


def _translated(
    scan: Scan,
    match: re.Match[str],
    name: str,
    argument: str,
    options: dict[str, str],
    body: str,
    line: int,
) -> str:
    if name == "literalinclude" and not body.strip():
        cause = f"The file `{argument}` is not put in here."
        scan.note(match.start(2), cause, "Write its text into the article, or link to it.")
        return ""
    shown = _shown(name, argument, options, body)
    if shown is not None and name in _CODE and options.get("caption"):
        shown = f"**{plain(options['caption'])}**\n\n{shown}"
    if shown is not None:
        return shown
    if name in _NOTHING:
        cause = f"The directive `{name}` has no meaning here: it is left out."
        scan.note(match.start(2), cause, "Delete it, or write in Markdown what it was to show.")
        return ""
    if name == "csv-table":
        body = _as_table(options.get("header", ""), body)
    if name == "list-table":
        body = _from_list(options.get("header-rows", "0"), body)
    if name == "glossary":
        body = _GLOSSED.sub(r"\1\n: ", body)
    if "card" in name:
        body = _CARD_PARTS.sub("", body)
    text = scan.inner(body, line, len(match[1]) + 1)
    if name in _FOLDED:
        return f"<details>\n<summary>{attribute(argument or 'Details')}</summary>\n\n{text}\n\n</details>\n"
    if name in ALERTS:
        kind = next((word for word in options.get("class", "").split() if word in ALERTS), name)
        title = ""
        if name != "admonition" or argument:
            title = argument
        return f"{alert(kind, title)}\n{text}\n{ALERT_END}"
    if argument and name in _BLOCKS - _WITH_LOOKS:
        return f"\n**{plain(argument)}**\n\n{text}\n"
    return f"\n{text}\n"


_GLOSSED = re.compile(r"^(\S[^\n]*)\n[ \t]+(?=\S)", re.MULTILINE)
# The lines that part a card from its header and footer.
_CARD_PARTS = re.compile(r"^(?:\^{3,}|\+{3,})[ \t]*$", re.MULTILINE)


def _as_table(header: str, body: str) -> str:
    """Return rows of comma-separated values as a table."""
    rows = [row for row in csv.reader([header, *body.split("\n")]) if row]
    if len(rows) < 2:
        return body
    width = max(map(len, rows))
    lines = []
    for row in rows:
        cells = [cell.strip().replace("|", "\\|") for cell in row] + [""] * (width - len(row))
        lines.append(f"| {' | '.join(cells)} |")
    if not header:
        lines.insert(0, "|  " * width + "|")
    lines.insert(1, "|---" * width + "|")
    return "\n".join(lines)


def _from_list(header_rows: str, body: str) -> str:
    """Return a list of rows, each a list of cells, as a table; as it is where a cell has lines."""
    rows: list[list[str]] = []
    for line in filter(None, map(str.rstrip, body.split("\n"))):
        cell = _LIST_CELL.fullmatch(line)
        if cell is None or not (rows or cell["row"]):
            return body
        if cell["row"]:
            rows.append([])
        rows[-1].append((cell["text"] or "").replace("|", "\\|"))
    if not rows:
        return body
    width = max(map(len, rows))
    lines = [f"| {' | '.join(cells + [''] * (width - len(cells)))} |" for cells in rows]
    if header_rows == "0":
        lines.insert(0, "|  " * width + "|")
    lines.insert(1, "|---" * width + "|")
    return "\n".join(lines)


# A cell of a `list-table`; `row` is there before the first one of a row.
_LIST_CELL = re.compile(r"(?:(?P<row>[*-])[ ]+| +)[*-](?:[ ]+(?P<text>.*))?")


def _shown(name: str, argument: str, options: dict[str, str], body: str) -> str | None:
    """Return a directive whose body is no Markdown as Markdown; None for any other."""
    if name in _CODE:
        return fenced(body, argument.split()[0] if argument else options.get("language", "")).strip(
            "\n"
        )
    if name == "math":
        if body.strip():
            return f"$$\n{body.strip()}\n$$"
        return f"$${argument}$$"
    if name == "mermaid":
        return fenced(body, name).strip("\n")
    if name == "raw":
        return body
    if name == "iframe":
        return frame(argument, options.get("title") or " ".join(body.split()) or argument)
    if name in _PICTURES:
        alt = options.get("alt") or " ".join(body.split())
        side = options.get("align", "")
        shown = picture(
            argument,
            alt,
            caption=" ".join(body.split()),
            width=options.get("width", ""),
            align=side,
        )
        if shown.startswith("<img") and " title=" in shown:
            # A picture that is a paragraph has its title as caption.
            return f"<p>{shown}</p>"
        return shown
    return None


def _without(prefix: str, text: str) -> str:
    """Return lines without the prefix of the directive's first line."""
    if not prefix:
        return text
    return "\n".join(
        line.removeprefix(prefix).removeprefix(prefix.rstrip()) for line in text.split("\n")
    )


def _options(inner: str) -> tuple[dict[str, str], str, int]:
    """Return a directive's options, its text, and the number of lines before the text."""
    options: dict[str, str] = {}
    lines = inner.split("\n")
    place = 0
    if lines and lines[0].strip() == "---" and "---" in (line.strip() for line in lines[1:20]):
        place = 1
        while lines[place].strip() != "---":
            name, _, value = lines[place].partition(":")
            options[name.strip()] = value.strip()
            place += 1
        place += 1
    while place < len(lines):
        found = _OPTION.match(lines[place])
        if found is None:
            break
        options[found[1]] = found[2].strip()
        place += 1
    return options, dedent("\n".join(lines[place:])), place


def _role(scan: Scan, match: re.Match[str]) -> int | None:
    name = match[1].lower()
    text = match[3].strip()
    if _ICONS.fullmatch(name):
        return match.end()
    if name == "numref":
        text = _NUMBER.sub("", text)
    if name.startswith("bdg"):
        scan.write(plain(text))
        return match.end()
    if name == "math":
        scan.write(f"${text}$")
        return match.end()
    if name in _LINKS:
        found = _ROLE_TARGET.match(text)
        if name.startswith(("cite", "eq")):
            scan.write(plain(text))
        elif found:
            scan.write(link(plain(found[1]), found[2]))
        else:
            target = f"#{text}"
            if name == "doc" or "." in text or "/" in text:
                target = text
            scan.write(link(plain(text), target))
        return match.end()
    if name in _TAGS:
        words, _, title = text.partition(" (")
        tag = _TAGS[name]
        if name == "abbr" and title:
            scan.write(f'<abbr title="{attribute(title.rstrip(")"))}">{plain(words)}</abbr>')
        else:
            scan.write(f"<{tag}>{plain(text)}</{tag}>")
        return match.end()
    found = _ROLE_TARGET.match(text)
    shown = found[1] if found else text.lstrip("~!")
    scan.write(f"{match[2]}{shown}{match[2]}")
    return match.end()


# What stands for a number that is not counted here: `Figure %s`.
_NUMBER = re.compile(r"\s*(?:%s|\{(?:number|name)\})")


def _label(scan: Scan, match: re.Match[str]) -> int:
    """Translate a label of what follows, `(name)=`, to a place that links can lead to."""
    scan.write(f'<span id="{attribute(match[1].strip())}"></span>\n')
    return match.end()


def _unnamed(scan: Scan, match: re.Match[str]) -> int | None:
    """Give a link without words the heading that it leads to, or the name of its target."""
    target = match[2]
    place = target.removeprefix("#")
    if match[1] and place == target:
        return None
    found = re.search(rf"^\({re.escape(place)}\)=\s*#+[ \t]+([^\n]+)", scan.text, re.MULTILINE)
    if found:
        words = found[1]
    else:
        words = re.sub(r"\.\w+$|#.*", "", target.rstrip("/").rpartition("/")[2]) or place
        words = plain(words.replace("-", " ").replace("_", " "))
    if match[1]:
        scan.note(
            match.start(), f"What `{place}` names is linked here, not put in.", "Write it here."
        )
    scan.write(link(words, target))
    return match.end()


# What says of a part between two marks that its readers do not see it.
_UNSEEN_PART = re.compile(r"remove[-_]cell|[\"']?visibility[\"']?\s*:\s*[\"']?(?:remove|hide)\b")
_NEXT_PART = re.compile(r"^\+\+\+[ \t]*(?:\{[^\n]*\})?[ \t]*$", re.MULTILINE)


def _part(scan: Scan, match: re.Match[str]) -> int:
    """Leave out the mark between two parts of a notebook, and a part that is to be removed.

    https://mystmd.org/guide/blocks
    """
    if _UNSEEN_PART.search(match[0]) is None:
        return match.end()
    found = scan.search(_NEXT_PART, match.end())
    end = found.start() if found else len(scan.text)
    return hide(scan, match.start(), end, "MyST (`+++`)")


FORMS = (
    Form(
        r"^([ \t>]*)(`{3,}|~{3,})[ \t]*\{(=?)([A-Za-z]\w*)(|[ ,][^\n`{}]*)\}[ \t]*$",
        _cell,
        line="`~",
        gate="{",
        ahead="``|~~",
    ),
    # The mark between two cells of a notebook, with what it tells programs.
    Form(_NEXT_PART.pattern, _part, line="+", gate="line", ahead=r"\+\+"),
    Form(
        r"^([ \t>]*)(`{3,}|~{3,}|:{3,})\{([A-Za-z][\w:+.-]*)\}([^\n]*)$",
        _directive,
        line="`~:",
        gate="{",
        ahead="``|~~|::",
    ),
    Form(
        r"^\(([A-Za-z][\w:. /-]{0,100})\)=[ \t]*$",
        _label,
        line="(",
        gate="line",
        ahead=r"[^\n]{1,101}\)=",
    ),
    Form(r"(!?)\[\]\(([^\s()<>]+)\)", _unnamed, "[!", gate="["),
    Form(
        r"\{(?<![\w`\\]\{)([a-z][\w:+.-]*)\}(?P<myst>`{1,3})([^`\n]{1,500})(?P=myst)(?!`)",
        _role,
        "{",
        gate="{",
    ),
    Form(
        r":(?<![\w:`\\]:)((?:[a-z]+:)?[a-z][\w-]*):(?P<rst>`{1,2})([^`\n]{1,500})(?P=rst)(?!`)",
        _role,
        ":",
        gate=":",
    ),
)
