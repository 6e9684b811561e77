"""The dialects of other systems: `translate` turns a body into the Markdown that is rendered here.

One pass goes over what is outside code. The forms of `ORDER` are tried in that order at each place;
only forms with a certain end are translated, so that prose that resembles one stays prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from octavo.content.markdown.dialects import code, comments, hidden, html
from octavo.content.markdown.dialects.gates import open_gates
from octavo.content.markdown.dialects.scan import Form, Note, Scan, Table
from octavo.content.markdown.dialects.tables import (
    docusaurus,
    github,
    hugo,
    kramdown,
    liquid,
    mdx,
    mkdocs,
    myst,
    obsidian,
    pelican,
    wordpress,
)

MDX_SUFFIX = mdx.SUFFIX

__all__ = ["MDX_SUFFIX", "Note", "Translation", "is_mdx", "translate", "without_comments"]

# Hidden text before all: nothing that is private may be part of another form. Then what is code,
# which MyST and Pandoc mark up themselves; then templates, which stand within addresses and HTML;
# blocks; links; and last what is one sign in a line.
ORDER = (
    *hidden.FORMS,
    *comments.FORMS,
    *myst.FORMS,
    *kramdown.FORMS[:8],
    *wordpress.FORMS,
    *html.UNSEEN,
    *github.FORMULAS,
    *docusaurus.FENCES,
    *code.FORMS,
    *hugo.FORMS,
    *liquid.FORMS,
    *mkdocs.FORMS,
    *docusaurus.FORMS,
    *obsidian.FORMS,
    *kramdown.FORMS[8:],
    *pelican.FORMS,
    *mdx.FORMS,
    *html.FORMS,
    *github.FORMS,
    *code.LAST,
)
MDX_ORDER = (*hidden.FORMS, *comments.FORMS, *mdx.MDX_FORMS, *ORDER)


# The gates of forms that may stand within an address, which is then to be left as it is.
_IN_ADDRESSES = frozenset((*":=%^$+@~", "raised"))


@lru_cache(maxsize=512)
def _table(gates: frozenset[str]) -> Table:
    order: Sequence[Form] = ORDER
    indented = code.INDENTED
    if "mdx" in gates:
        order = MDX_ORDER
        indented = mdx.INDENTED
    if gates & _IN_ADDRESSES:
        gates |= {"address"}
    return Table([form for form in order if not form.gate or form.gate in gates], indented)


@dataclass(frozen=True, slots=True)
class Translation:
    """A body as plain Markdown, and notes for its writer."""

    text: str
    notes: tuple[Note, ...] = ()


def translate(
    body: str, *, is_mdx: bool = False, kept: frozenset[str] = frozenset()
) -> Translation:
    """Return the Markdown of a body in any dialect.

    The shortcodes named in `kept`, in small letters, stay in the text (see `plugin_shortcodes`).
    Never raises for any text, and takes linear time.
    """
    gates = open_gates(body)
    if is_mdx:
        gates.add("mdx")
    if not gates:
        return Translation(body)
    scan = Scan(body, _table(frozenset(gates)), kept=kept)
    text = scan.run()
    return Translation(text, tuple(sorted(scan.notes)))


_COMMENTS = [form for form in (*hidden.FORMS, *comments.FORMS) if form.first]
_MAY_HOLD_COMMENT = re.compile(r"%%|\{[/#!{%>*:-]|<[!%#-]|@\*|\[\[!|\\(?:begin|iffalse)|\[/")


@lru_cache(maxsize=1)
def _comments_table() -> Table:
    return Table(_COMMENTS, code.INDENTED)


def without_comments(text: str) -> Translation:
    """Return a text of one line, such as a title, without what its dialect hides."""
    if _MAY_HOLD_COMMENT.search(text) is None:
        return Translation(text)
    scan = Scan(text, _comments_table())
    shown = scan.run().replace("<!-- -->", "")
    return Translation(shown, tuple(sorted(scan.notes)))


def is_mdx(path: str) -> bool:
    """Whether the name of the file at `path` is that of an MDX file."""
    return path.lower().endswith(MDX_SUFFIX)
