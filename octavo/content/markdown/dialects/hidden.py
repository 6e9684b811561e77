"""Text that is not for everybody: elements, blocks and brackets that hide it from most readers."""

from __future__ import annotations

import re
from itertools import islice

from octavo.content.markdown.dialects.comments import hide, hide_rest
from octavo.content.markdown.dialects.scan import Form, Scan

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_ATTRIBUTE = r"""\s+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>]++))?+"""
# Classes that hide in Bootstrap, Bulma, Foundation, Materialize, Quarto, Salesforce's Lightning,
# Tailwind, UIkit, W3.CSS and themes of Jekyll: alone they hide at every width; a class with a width
# (`md:block`, `d-lg-block`) shows the element somewhere. What readers of screens hear
# (`visually-hidden`, `sr-only`) is for readers.
HIDING_CLASS = (
    r"(?:content-hidden|d-none|display-none|(?:(?:is|slds|tw|u|uk|w3)-)?(?:hidden|hide|invisible)"
    r"|(?:members?|subscribers?|paid)-only)"
)
# One of these is in every tag in which `MAY_HIDE` may be found, in small letters.
HIDING_PARTS = (
    "hid", "invisible", "none", "-only", "v-if", "-show", "x-if", "opacity", "size", "collapse",
    "false",
)  # fmt: skip
# What a tag has in which `_NOT_SHOWN` may be found, behind its `<`.
MAY_HIDE = (
    r"[A-Za-z][\w-]*\s[^<>]*"
    r"(?i:(?<!overflow:)(?<!overflow: )\bhid(?:den|e)\b|height\s*:\s*0(?:px)?\s*;|\binvisible\b|display[\"']?\s*:\s*[\"']?none\b|\b(?:d|display)-none\b|-only\b|\b[vx]-(?:if|show)\b|=\s*[\"'{]\s*false|visibility\s*:\s*collapse\b"
    r"|(?:opacity|size)\s*:\s*0(?:\.0*)?(?![.\d]))"
)
_NOT_SHOWN = rf"""\s+(?:hidden(?![\w-])(?!\s*=\s*["']?until-found)
    | style\s*=\s*["'](?:[^"'<>;]*;)*?\s*(?:display\s*:\s*none\b|visibility\s*:\s*(?:hidden|collapse)\b|(?:opacity|font-size)\s*:\s*0(?:\.0*)?(?![.\d])
      |(?:max-)?height\s*:\s*0(?:px)?\s*;[^"'<>]*\boverflow\s*:\s*hidden\b)
    | style\s*=\s*\{{\{{[^{{}}]*?(?:display["']?\s*:\s*["']none|visibility["']?\s*:\s*["']hidden)
    | class(?:name)?\s*=\s*(?:["'](?![^"'<>]*(?::|d-[a-z]{{2}}-))(?:[^"'<>]*\s)?)?{HIDING_CLASS}(?=[\s"'>])
    | [vx]-(?:if|show)\s*=\s*["'](?:false["']|[\w.$]*(?:admin|auth\w*|draft|logged_?in|member|paid|premium
      |private|subscriber|user)\b)
    | (?:condition|if|show|test|visible|when|\*ngif)\s*=\s*(?:\{{\s*false\s*\}}|["']false["']))"""
# Callouts, admonitions and blocks of sites in which a few notes are for the writer alone.
PRIVATE_KINDS = frozenset(
    "comment comments confidential draft hidden hide internal invisible private secret".split()
)
# Elements that browsers show only when a script opens them, or at no time.
SHUT = "datalist|dialog|noembed|noframes|wiki:comment"
_IS_OPEN = re.compile(r"<dialog\b[^<>]*\sopen\b", re.IGNORECASE)
# HTML lets these end where the next block begins.
_ENDS_BY_ITSELF = frozenset({"p", "li", "dd", "dt", "td", "th", "tr"})


def _hidden(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out an element that no browser shows: by its name, `hidden`, a class or a style."""
    if _IS_OPEN.match(match[0]):
        return None
    name = match["name"]
    tag = re.compile(
        rf"<(?:(?P<end>/)|(?!/)){re.escape(name)}(?![\w:-])[^<>]{{0,1000}}>", re.IGNORECASE
    )
    if name.lower() in _VOID or match[0].endswith("/>"):
        return hide(scan, match.start(), match.end(), "HTML (`hidden`)")
    ends_by_itself = name.lower() in _ENDS_BY_ITSELF
    limit = scan.paragraph_end(match.end()) if ends_by_itself else len(scan.text)
    depth = 1
    for found in tag.finditer(scan.text, match.end(), limit):
        depth += -1 if found["end"] else 1
        if depth == 0:
            return hide(scan, match.start(), found.end(), "HTML (`hidden`)")
    if ends_by_itself:
        return hide(scan, match.start(), limit, "HTML (`hidden`)")
    return hide_rest(scan, match.start(), "HTML (`hidden`)")


# Names of constructs whose text is not for everybody: one of these words, among others, of which
# none is of the second kind: `pmpro_member`, `is_paid`, but not `non-member`.
_FOR_FEW = """
    armember confidential emaillocker encrypt encrypted encryptor eyesonly gated hidden hide locker loggedin
    logged member memberful members memberonly membersonly membership memberships paid passster password
    patreon patron patrons paywall premium private protect protected protection protector restrict restricted
    s2member secret signinlocker sociallocker subscriber subscribers vip
""".split()
_WORD = r"[a-z\d]{1,30}"
# These are for few only with `only` behind them: `staff-only`, `adminonly`.
_ONLY = (
    "admins? authors? dev draft editors? eyes friends? internal local preview sponsors? staff supporters? team users?"
).split()
_FOR_OTHERS = (
    "anonymous button count form guests? list loggedout login no non nonmembers? not out unauthorized visitors?"
).split()
_NOT_FOR_OTHERS = rf"(?!(?:{_WORD}[-_]{{1,2}}){{0,4}}(?:{'|'.join(_FOR_OTHERS)})(?![a-z\d]))"
NOT_PUBLIC = re.compile(
    rf"{_NOT_FOR_OTHERS}(?:(?:{_WORD}[-_]{{1,2}}){{0,4}}(?:{'|'.join(_FOR_FEW)}|(?:{'|'.join(_ONLY)})[-_]?only)(?:[-_]{{1,2}}{_WORD}){{0,4}}"
    r"|comment|draft|internal|invisible|mepr-active|mepr-show|s2if)",
    re.IGNORECASE,
)
# Names that hide only as a shortcode of WordPress: https://wordpress.org/plugins/members/ and others.
_BRACKETS = """
    access admin authenticated capability current_user_can groups_can has_role ismember lock locked purchased
    registered reply role um_show_content unlock user_role user_role_editor viewif
""".split()
# Plug-ins of which all brackets with an end are for members, or for those who paid.
_PLUGINS = "am4show amember arm dap i4w ihc learndash memb mepr opmif pms ppr ppv rcp sensei swpm uam wlm".split()
IN_BRACKETS = (
    rf"{NOT_PUBLIC.pattern}|{'|'.join(_BRACKETS)}"
    rf"|{_NOT_FOR_OTHERS}(?:{'|'.join(_PLUGINS)})(?:[-_]{{1,2}}{_WORD}){{0,4}}"
)
# What an argument of a bracket is called that names those who may read.
_WHOM = r"capabilit(?:y|ies)|hasaccessto|membership[\w-]*|password|plans?|roles?|user_?roles?"


# What a condition of a template asks for, where its text is not for all readers of the public site.
_NARROW = re.compile(
    r"\s*(?:false|nil|null|0)\b|==\s*[\"']development|!=\s*[\"']production"
    r"|(?<!!=[\"'])(?<!!= [\"'])\b(?:\w+[._]|is)*(?:debug|dev|development|staging)\b"
    r"|\b(?:\w+[._]|is)*(?:admin|auth|authenticated|drafts?|granted|logged_?in|members?|paid|password|preview"
    r"|private|secret|signed_?in|staff|subscribers?|user)\b(?!\s*==\s*(?:false|nil|null))",
    re.IGNORECASE,
)
_NARROW_UNLESS = re.compile(r"\s*true\b|==\s*(?:[\"']production|false|nil|null)", re.IGNORECASE)


def is_narrow(word: str, condition: str) -> bool:
    """Whether a condition of a template keeps its text from the public: for members, signed in.

    `word` is the condition's keyword, "if" or "unless".
    """
    if word == "unless":
        return _NARROW_UNLESS.search(condition) is not None
    return _NARROW.search(condition) is not None


def hide_element(scan: Scan, start: int, behind: int, ending: str, whose: str) -> int:
    """Leave out a construct up to the pattern `ending`, or, without that, all that follows.

    The pattern is looked for from `behind` on; `whose` names the system in the writer's note.
    Returns where the translation goes on.
    """
    found = scan.search(re.compile(ending, re.IGNORECASE), behind)
    if found is None:
        return hide_rest(scan, start, whose)
    return hide(scan, start, found.end(), whose)


# How many ends are looked at for one bracket, and how many may be missing before none is looked for.
MAX_ENDS = 100
_END_FOR_MEMBERS = re.compile(rf"\\?\[/({IN_BRACKETS})\\?\]", re.IGNORECASE)


def _for_members(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out what stands in brackets for members: `[private] ... [/private]`."""
    name = match[1].lower()
    if name in scan.absent or len(scan.absent) > MAX_ENDS:
        return None
    ends = _END_FOR_MEMBERS.finditer(scan.text, match.end())
    for found in islice(ends, MAX_ENDS):
        if found[1].lower() == name:
            return hide(scan, match.start(), found.end(), f"WordPress (`[{match[1]}]`)")
    scan.absent.add(name)
    return None


def _conditional(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out what stands in brackets for some by an argument: `[show role="editor"] ... [/show]`."""
    ending = re.compile(rf"\\?\[/{re.escape(match[1])}\\?\]")
    if len(scan.absent) > MAX_ENDS:
        return None
    found = scan.search(ending, match.end())
    if found is None:
        return None
    return hide(scan, match.start(), found.end(), f"WordPress (`[{match[1]}]`)")


_BRACE_IF = re.compile(r"if\s+(.*)", re.DOTALL)
_BRACE_ENDS = r"\{(?:if:else(?:if)?\b[^{}\n]*|/if)\}"


def _in_braces(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out what ExpressionEngine, Smarty and Statamic keep for members: `{gated} ... {/gated}`."""
    inside = match[1]
    condition = _BRACE_IF.fullmatch(inside)
    ending = rf"\{{/{re.escape(inside.split()[0])}\}}"
    if condition is not None:
        if not is_narrow("if", condition[1]):
            return None
        ending = _BRACE_ENDS
    found = scan.search(re.compile(ending, re.IGNORECASE), match.end())
    if found is None or len(scan.absent) > MAX_ENDS:
        return None
    return hide(scan, match.start(), found.end(), f"a template (`{{{inside}}}`)")


def _directive(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out what Blade shows to some: `@auth ... @endauth`."""
    found = scan.search(re.compile(rf"@end{match[1]}\b"), match.end())
    if found is None:
        return None
    return hide(scan, match.start(), found.end(), f"Blade (`@{match[1]}`)")


# What a comment marks the beginning of; its end is named likewise.
_MARKED = re.compile(
    r"(?:(?:begin|start)[\s:_-]+)?(?P<name>comment|confidential|draft|exclude|hidden|hide|internal|paid|paywall|premium"
    r"|private|protected|restricted|secret|(?:members?|subscribers?)-only)(?:[\s:_-]+(?:begin|start))?",
    re.IGNORECASE,
)
# Ghost's and WordPress's marks of the place where the public part ends.
_PAYWALL = re.compile(
    r"members-only|(?:kg-)?paywall|kg-card-begin:\s*paywall|wp:(?:[\w-]+/)?paywall\b.*", re.DOTALL
)
_WP_INVISIBLE = re.compile(r'"blockVisibility"\s*:\s*false')


def _marked(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out the block that a comment begins, of Gutenberg, Ghost or by its words.

    https://developer.wordpress.org/block-editor/explanations/architecture/key-concepts/
    """
    inside = match[1].strip()
    start = match.start()
    if inside.startswith("wp:") and not inside.endswith("/"):
        name, _, attributes = inside.removeprefix("wp:").partition(" ")
        if NOT_PUBLIC.fullmatch(name.replace("/", "-")) or _WP_INVISIBLE.search(attributes):
            return _block(scan, match, rf"wp:{re.escape(name)}", f"WordPress (`{name}`)")
    if _PAYWALL.fullmatch(inside):
        cause = (
            f"What follows the mark `{inside.split()[0]}` is for members: it is kept from readers."
        )
        scan.note(start, cause, "Delete the mark to show the rest to everybody.")
        return len(scan.text)
    if inside.startswith("kg-gated-block:begin") and "nonMember:true" not in inside:
        return hide_element(scan, start, match.end(), r"<!--\s*kg-gated-block:end\s*-->", "Ghost")
    if inside.startswith("kg-card-begin: email"):
        ending = r"<!--\s*kg-card-end: email[\w-]*\s*-->"
        return hide_element(scan, start, match.end(), ending, "Ghost")
    words = _MARKED.fullmatch(inside)
    if words is None:
        return None
    name = re.escape(words["name"])
    ending = rf"<!--\s*(?:/\s*{name}|(?:end|stop)[\s:_-]*{name}|{name}[\s:_-]*(?:end|stop))\s*-->"
    found = scan.search(re.compile(ending, re.IGNORECASE), match.end())
    if found is None:
        # A word in a comment, and no mark.
        return None
    return hide(scan, start, found.end(), f"HTML (`<!-- {words['name']} -->`)")


def _block(scan: Scan, match: re.Match[str], name: str, whose: str) -> int:
    """Leave out a block of Gutenberg's up to its own end: blocks of one name may nest."""
    mark = re.compile(rf"<!--\s*(?P<end>/)?{name}\s(?:(?!-->).)*?(?P<alone>/)?-->", re.DOTALL)
    depth = 1
    for found in mark.finditer(scan.text, match.end()):
        if found["end"]:
            depth -= 1
        elif not found["alone"]:
            depth += 1
        if depth == 0:
            return hide(scan, match.start(), found.end(), whose)
    return hide_rest(scan, match.start(), whose)


FORMS = (
    Form(r"<!--([^<>]{3,1000}?)-->", _marked, "<", gate="<!", ahead="!--"),
    Form(
        rf"\\?\[((?i:{IN_BRACKETS}))(?:[ =][^\[\]\n]{{0,500}})?\\?\](?![(\[:])",
        _for_members,
        "[\\",
        gate="[",
    ),
    Form(
        rf"\\?\[([A-Za-z][\w-]{{0,40}})[ ][^\[\]\n]{{0,500}}?(?<![\w-])(?i:{_WHOM})\s*="
        r"[^\[\]\n]{0,500}\](?![(\[:])",
        _conditional,
        "[\\",
        gate="[",
    ),
    Form(
        rf"\{{((?i:{NOT_PUBLIC.pattern})(?:\s[^{{}}\n]{{0,300}})?|exp:(?:member|user)[^{{}}\n]{{0,300}}"
        r"|if\s[^{}\n]{1,300})\}",
        _in_braces,
        "{",
        gate="{",
    ),
    Form(
        r"@(admin|auth|can|canany|hasrole|role)\b(?:\([^\n]{0,200}?\))?(?=\s)",
        _directive,
        "@",
        gate="@",
    ),
    Form(
        rf"(?xi:<(?P<name>[a-z][\w-]*)(?:{_ATTRIBUTE}){{0,30}}?{_NOT_SHOWN}[^<>]{{0,1000}}>)",
        _hidden,
        "<",
        gate="hides",
        ahead=MAY_HIDE,
    ),
    Form(
        rf"<(?P<name>(?i:{SHUT}|{NOT_PUBLIC.pattern}))(?:\s[^<>]{{0,1000}})?>",
        _hidden,
        "<",
        gate="few",
        ahead="[A-Za-z]",
    ),
)
