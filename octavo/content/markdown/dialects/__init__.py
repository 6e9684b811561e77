"""The dialects of other systems: `translate` turns a body into the Markdown that is rendered here.

One pass goes over what is outside code. The forms of `ORDER` are tried in that order at each place;
only forms with a certain end are translated, so that prose that resembles one stays prose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from octavo.content.markdown.dialects import code, comments, hidden, html
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


# What opens the forms of each gate: most bodies hold none of it, and are returned as they are. Each
# begins with one character, by which the search skips all else; that character, or the whole sign
# where it is rare, is looked for first.
GATES: Mapping[str, tuple[str, re.Pattern[str]]] = {
    gate: (character, re.compile(pattern))
    for gate, character, pattern in (
        (
            "{",
            "{",
            r"\{(?:[{%:#.=/>+~-]|!--|\*\s|[a-z][\w:+.-]*\}`|[A-Za-z][\w-]+=|\s*/\*|[ \t]+(?:[.#]|[A-Za-z][\w-]*=)|(?<=[`~:]\{)[A-Za-z]|!\s?[\w./]|if\s|\s*[\w.!][^{}\n]{0,80}&&\s*(?:<[A-Za-z>]|\()|(?<=\]\{)hidden\}"
            rf"|{pelican.KINDS}\}})",
        ),
        (
            ":",
            ":",
            r":(?<![\w:/]:)(?:[a-z][\w+-]*:|[+-]1:|100:|1234:|8ball:|[a-z][\w-]*\[|::[ \t])",
        ),
        (
            "line",
            "\n",
            r"\n[ \t>]*+(?=[\\:\[!?=<\-/@$\{*ei%^+#(])(?:\\\[!|:[^ \t\n]|\[(?:!(?!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*\n)|[_\[#\]]|//"
            r"|(?i:toc|comment)|PEL)|!!!|\?\?\?|===|<<<|-{1,3}8<|///|@tab|==[ \t]"
            r"|[$@\{][{\[t_]|\*\[|import\s|export\s+(?:const|let|var|default|async|function)\s|%|\^|\+\+\+[ \t]*[\n\{]"
            r"|#\+(?i:begin_comment)|\([A-Za-z][\w:. /-]*\)=[ \t]*\n)",
        ),
        (
            "[",
            "[",
            r"\[(?:\[(?:!--|[^\[\]\n]+\]\])|\]\([^ \t\n()]"
            r"|(?:caption|embed|gallery|playlist|sourcecode|code|video|audio|youtube|vimeo|wpvideo|plugin:)\b"
            r"|[a-z][\w-]*\s[^\[\]\n=]*+=[\"']"
            r"|/[A-Za-z][\w-]*\\?\])",
        ),
        (
            "]",
            "]",
            r"\](?:\[[A-Za-z_]\w*(?:\.\w+)+\]|\([^ \t\n()<>\"']*+(?:\([^() \t\n]*\)[^ \t\n()<>\"']*+)*+ (?=[^<>\"'\n]{0,300}?\.\w+\)))",
        ),
        ("=", "=", r"==[^\s=][^=\n]*=="),
        ("%", "%", r"%%"),
        (
            "<",
            "<",
            r"<(?<![\w:]<)(?:!--|!\[CDATA|#--|[%?]|/?[A-Z][A-Za-z.]*[\s/>]"
            r"|(?i:iframe|object|embed|form|applet|canvas|frame|noscript|script|style|svg|template|title|textarea|xmp|plaintext|video|audio|(?:lite|amp)-(?:youtube|vimeo))\b|-{2,}>)",
        ),
        ("coded", "<", rf"<(?<!\w<)(?:{mdx.CODED_TAG}|[A-Za-z]+\s[^<>]*?\bmarkdown[=\s>])"),
        ("$", "$", r"\$\$|\$[^\s$][^$]*\$"),
        (
            "\\",
            "\\",
            # The end of such a formula: what begins one escapes a bracket far more often.
            r"\\(?:[)\]]|begin\{|iffalse"
            rf"|(?<=[\n \t>]\\)(?:{kramdown.LAYOUT}))",
        ),
        ("`", "`", r"```(?:[ \t]*math\b|mdx-code|(?<=>\n```))"),
        ("+", "+", r"\+\+[a-z][a-z0-9-]*+(?:\+[a-z0-9-]++)*+\+\+"),
        ("^", "^", r"\^(?:[A-Za-z][A-Za-z0-9-]{2,39}|[A-Za-z0-9-]{4,40})[ \t]*\n"),
        ("raised", "^", r"\^(?:\^[^\s^]|(?<=[\w)]\^)[\w+-]{1,20}\^)"),
        ("~", "~", r"~(?<=[^\W\d_]~)[\w+-]{1,4}~"),
        ("{|", "|", r"\|(?:filename|static|attach|photo|gallery|tag|category|author|index)\|"),
        ("@", "@", r"@(?:(?:site)?/|\*\s|end[a-z])"),
        ("note", "^", r"\^\["),
        ("captioned", "|", r"\|[ \t]*\n\n?:[ \t]"),
        (
            "sized",
            "!",
            r"!\[[^\[\]\n]*(?:\|\d+(?:x\d+)?\]\(|\]\((?:https?://\S*(?:youtu|vimeo)|[^()\n]+ =\d*x))",
        ),
    )
}


# The tags of a body with attributes, and its closing tags: the gates of some forms look at no more.
# Most hold none of the words that hide, which is found out faster than by the pattern.
_TAGS = re.compile(r"<(?:(?<!\w<)[A-Za-z][\w-]*\s[^<>]*|/[A-Za-z][\w:-]*\s*>)")
_HIDES = re.compile(rf"<{hidden.MAY_HIDE}")
_FOR_FEW = re.compile(rf"</(?i:{hidden.SHUT}|{hidden.NOT_PUBLIC.pattern})\s*>")


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


def _open_gates(body: str) -> set[str]:
    lines = body
    if not (body.startswith("\n") and body.endswith("\n")):
        lines = f"\n{body}\n"
    # One gate after the other: a pattern of all would look at every character of the body.
    gates = {
        gate
        for gate, (character, pattern) in GATES.items()
        if character in lines and pattern.search(lines) is not None
    }
    if "<" in lines:
        tags = "".join(dict.fromkeys(_TAGS.findall(lines)))
        gates |= _gates_of_tags(tags.lower())
    # Where other forms are looked for, formulas have to be passed over.
    if gates == {"$"} and _has_markdowns_formulas_only(lines):
        gates.remove("$")
    return gates


def _has_markdowns_formulas_only(text: str) -> bool:
    """Whether Markdown itself reads all formulas between dollar signs, and each is one."""
    if "$latex" in text or "\\begin{" in text:
        return False
    return code.has_formulas_only(text)


def _gates_of_tags(tags: str) -> set[str]:
    gates = set()
    if any(part in tags for part in hidden.HIDING_PARTS) and _HIDES.search(tags):
        gates.add("hides")
    if _FOR_FEW.search(tags):
        gates.add("few")
    return gates


@dataclass(frozen=True, slots=True)
class Translation:
    """A body as plain Markdown, and notes for its writer."""

    text: str
    notes: tuple[Note, ...] = ()


def translate(
    body: str, *, is_mdx: bool = False, kept: frozenset[str] = frozenset()
) -> Translation:
    """Return the Markdown of a body in any dialect.

    The shortcodes named in `kept`, in small letters, stay in the text (see `insertions`).
    Never raises for any text, and takes linear time.
    """
    gates = _open_gates(body)
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
