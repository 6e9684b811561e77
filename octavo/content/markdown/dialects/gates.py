"""Gates: what a body must hold for the forms of other dialects to be looked for in it.

Most bodies open none, and are returned as they are. Each form names its gate (`scan.Form`); where
one is closed, the table of forms that the scan tries is so much shorter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from octavo.content.markdown.dialects import code, hidden
from octavo.content.markdown.dialects.tables import kramdown, mdx, pelican

# A gate's name, the character that its forms begin with (the search skips all else), the pattern of
# that beginning, and what may follow. Behind each stands an example.
_GATES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "{",
        "{",
        r"\{",
        (
            r"[{%:#.=/>+~-]",  # {{ x }} {% x %} {: .x} {#x} {.x} {=html} {>>x<<} {++x++} {--x--}
            r"!--",  # {!-- x --}
            r"\*\s",  # {* x *}
            r"[a-z][\w:+.-]*\}`",  # {kbd}`x`
            r"[A-Za-z][\w-]+=",  # {width=50}
            r"\s*/\*",  # {/* x */}
            r"[ \t]+(?:[.#]|[A-Za-z][\w-]*=)",  # { .x } { width=50 }
            r"(?<=[`~:]\{)[A-Za-z]",  # ```{note}
            r"!\s?[\w./]",  # {! x.md !}
            r"if\s",  # {if x}
            r"\s*[\w.!][^{}\n]{0,80}&&\s*(?:<[A-Za-z>]|\()",  # {x && <Note/>}
            r"(?<=\]\{)hidden\}",  # [x]{hidden}
            rf"{pelican.KINDS}\}}",  # {filename}
        ),
    ),
    (
        ":",
        ":",
        r":(?<![\w:/]:)",
        (
            r"[a-z][\w+-]*:",  # :smile:
            r"[+-]1:",
            r"100:",
            r"1234:",
            r"8ball:",
            r"[a-z][\w-]*\[",  # :abbr[x]
            r"::[ \t]",  # ::: note
        ),
    ),
    (
        "line",
        "\n",
        r"\n[ \t>]*+(?=[\\:\[!?=<\-/@$\{*ei%^+#(])",
        (
            r"\\\[!",  # \[!NOTE]
            r":[^ \t\n]",  # :::note
            # [!TODO], [_metadata_:x], [[toc]], [#x], []: x, [//]: # (x), [TOC], [PEL]
            r"\[(?:!(?!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*\n)|[_\[#\]]|//"
            r"|(?i:toc|comment)|PEL)",
            r"!!!",  # !!! note
            r"\?\?\?",  # ??? note
            r"===",  # === "Tab"
            r"<<<",  # <<< @/x.js
            r"-{1,3}8<",  # --8<-- "x.md"
            r"///",  # /// note
            r"@tab",
            r"==[ \t]",  # == Tab
            r"[$@\{][{\[t_]",  # ${toc} @[toc] {{toc}} {_x
            r"\*\[",  # *[HTML]: x
            r"import\s",
            r"export\s+(?:const|let|var|default|async|function)\s",
            r"%",  # % x
            r"\^",  # ^x
            r"\+\+\+[ \t]*[\n\{]",  # +++
            r"#\+(?i:begin_comment)",
            r"\([A-Za-z][\w:. /-]*\)=[ \t]*\n",  # (x)=
        ),
    ),
    (
        "[",
        "[",
        r"\[",
        (
            r"\[(?:!--|[^\[\]\n]+\]\])",  # [[!-- x --]] [[x]]
            r"\]\([^ \t\n()]",  # [](x.md)
            r"(?:caption|embed|gallery|playlist|sourcecode|code|video|audio|youtube|vimeo|wpvideo|plugin:)\b",
            r"[a-z][\w-]*\s[^\[\]\n=]*+=[\"']",  # [x a="b"]
            r"/[A-Za-z][\w-]*\\?\]",  # [/x]
        ),
    ),
    (
        "]",
        "]",
        r"\]",
        (
            r"\[[A-Za-z_]\w*(?:\.\w+)+\]",  # [x][a.b]
            # [x](a b.png)
            r"\([^ \t\n()<>\"']*+(?:\([^() \t\n]*\)[^ \t\n()<>\"']*+)*+ (?=[^<>\"'\n]{0,300}?\.\w+\))",
        ),
    ),
    ("=", "=", "=", (r"=[^\s=][^=\n]*==",)),  # ==x==
    ("%", "%", "%", ("%",)),  # %% x %%
    ("<!", "<", r"<!", ("--", r"\[CDATA")),
    ("<%", "<", r"<(?<![\w:]<)", ("#--", r"[%?]")),  # <#-- x --> <% x %> <?php x ?>
    (
        "<",
        "<",
        r"<(?<![\w:]<)",
        (
            r"/?[A-Z][A-Za-z.]*[\s/>]",  # <Note>
            r"(?i:iframe|object|embed|form|applet|canvas|frame|noscript|script|style|svg|template|title|textarea|xmp|plaintext|video|audio|(?:lite|amp)-(?:youtube|vimeo))\b",
            r"-{2,}>",  # <--->
        ),
    ),
    (
        "coded",
        "<",
        r"<(?<!\w<)",
        (
            mdx.CODED_TAG,
            r"[A-Za-z]+\s[^<>]*?\bmarkdown[=\s>]",  # <div markdown>
        ),
    ),
    ("$", "$", r"\$", (r"\$", r"[^\s$][^$]*\$")),  # $$ x $$, $x$
    (
        "\\",
        "\\",
        r"\\",
        (
            # The end of a formula: what begins one escapes a bracket far more often.
            r"[)\]]",
            r"begin\{",
            r"iffalse",
            rf"(?<=[\n \t>]\\)(?:{kramdown.LAYOUT})",
        ),
    ),
    ("titled", "`", r"```", (r"[^\n`]*[ \t{,](?:title|filename)=[\"']",)),  # ```py title="x.py"
    ("`", "`", r"```", (r"[ \t]*math\b", r"mdx-code", r"(?<=>\n```)")),
    ("+", "+", r"\+\+", (r"[a-z][a-z0-9-]*+(?:\+[a-z0-9-]++)*+\+\+",)),  # ++ctrl+c++
    ("^", "^", r"\^", (r"(?:[A-Za-z][A-Za-z0-9-]{2,39}|[A-Za-z0-9-]{4,40})[ \t]*\n",)),  # ^block-id
    ("raised", "^", r"\^", (r"\^[^\s^]", r"(?<=[\w)]\^)[\w+-]{1,20}\^")),  # ^^x^^, a^2^
    ("~", "~", r"~", (r"(?<=[^\W\d_]~)[\w+-]{1,4}~",)),  # H~2~O
    ("{|", "|", r"\|", (r"(?:filename|static|attach|photo|gallery|tag|category|author|index)\|",)),
    ("@", "@", r"@", (r"(?:site)?/", r"\*\s", r"end[a-z]")),  # @/x.png, @* x *@, @endif
    ("note", "^", r"\^", (r"\[",)),  # ^[x]
    ("captioned", "|", r"\|", (r"[ \t]*\n\n?:[ \t]",)),  # : x, below a table
    (
        "sized",
        "!",
        r"!\[[^\[\]\n]*",
        (
            r"\|\d+(?:x\d+)?\]\(",  # ![x|300](a.png)
            r"\]\((?:https?://\S*(?:youtu|vimeo)|[^()\n]+ =\d*x)",  # ![x](a.png =300x200)
        ),
    ),
)


def _pattern(beginning: str, followers: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a beginning with any of what may follow it."""
    if len(followers) == 1:
        return re.compile(beginning + followers[0])
    return re.compile(f"{beginning}(?:{'|'.join(followers)})")


# The first character and the pattern of each gate, by its name.
GATES: Mapping[str, tuple[str, re.Pattern[str]]] = {
    gate: (character, _pattern(beginning, followers))
    for gate, character, beginning, followers in _GATES
}

# The tags of a body with attributes, and its closing tags: the gates of some forms look at no more.
# Most hold none of the words that hide, which is found out faster than by the pattern.
_TAGS = re.compile(r"<(?:(?<!\w<)[A-Za-z][\w-]*\s[^<>]*|/[A-Za-z][\w:-]*\s*>)")
_HIDES = re.compile(rf"<{hidden.MAY_HIDE}")
_FOR_FEW = re.compile(rf"</(?i:{hidden.SHUT}|{hidden.NOT_PUBLIC.pattern})\s*>")


def open_gates(body: str) -> set[str]:
    """Return the names of the gates that a body opens."""
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
