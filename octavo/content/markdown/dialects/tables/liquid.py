"""Tags and expressions of Liquid and its like: Jekyll, Eleventy, Hexo, Zola, GitBook, Vue.

What a tag or an include means is told by its name in `shortcodes.py`.
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.code import with_templates
from octavo.content.markdown.dialects.comments import hide, hide_rest
from octavo.content.markdown.dialects.hidden import NOT_PUBLIC, hide_element, is_narrow
from octavo.content.markdown.dialects.meaning import read_arguments
from octavo.content.markdown.dialects.scan import MAX_TAG, Form, Scan
from octavo.content.markdown.dialects.shortcodes import (
    PAIRS,
    SINGLE,
    code_language,
    fenced,
    shown_words,
)
from octavo.content.markdown.dialects.tables.hugo import PROSE, tell_unknown, write_named

_TAG = re.compile(r"-?\s*(?P<slash>/?)\s*(?P<name>[A-Za-z_][\w.-]*)")
_AS_IT_IS = frozenset(("raw", "verbatim"))
_CODE = frozenset("highlight codeblock prism code_block code".split())
_DIAGRAMS = frozenset("mermaid plantuml graphviz".split())
# Styles, scripts and data of a page: no words for readers.
_UNSEEN = frozenset("css scss sass style stylesheet js javascript script".split())
_INCLUDES = frozenset("include include_relative include_cached render partial".split())
_CONDITIONS = frozenset(("if", "unless"))
_BRANCH = re.compile(
    r"\{%-?\s*(?:(?P<open>(?:if|unless)\b)|(?P<end>end(?:if|unless)\b)|(?P<else>els(?:e|e?if)\b)).*?%\}",
    re.DOTALL,
)
# The same in Antlers, Handlebars and Go's templates.
_BRACED_BRANCH = re.compile(
    r"\{\{-?\s*(?:(?P<open>#?(?:if|unless)\b)|(?P<end>/(?:if|unless)\b|end(?:if|unless)?\b)"
    r"|(?P<else>els(?:e|e?if)\b)).*?\}\}",
    re.DOTALL,
)
_BRACED_IF = re.compile(r"-?\s*#?(if|unless)\s+([^{}]{1,300}?)-?")
_BRACED_END = re.compile(r"\{\{-?\s*(?:/(?:if|unless)\b|end(?:if|unless)?\s*-?\}\})")
# Tags between two alternative texts, such as `else`.
_BRANCHES = frozenset("else elsif elseif elif when".split())
# Tags that steer and show nothing themselves.
_SILENT = frozenset("break continue endfor".split())
_TABLE = frozenset("toc tableofcontents".split())

# What stands for the address of the site itself, before a path.
_SITE = re.compile(
    r"""-?\s*(?:site\.(?:github\.)?(?:base_?url|url|root|baseURL)|page\.(?:base_?url|root)|base_?url|root_?url
      |SITEURL|siteurl|root|relative_root|config\.base_url|config\.(?:root|url)|\.?Site\.Base(?:URL|Url)|base\.url
      |\$site\.base|site\.metadata\.url|pathPrefix)\s*(?:\|[^{}]{0,80})?-?\s*""",
    re.VERBOSE,
)
_LITERAL = re.compile(r"""-?\s*(?:"([^"]*)"|'([^']*)')\s*(?:\|[^{}]{0,200})?-?\s*""")
_CALL = re.compile(r"-?\s*([A-Za-z_][\w:.]*)\s*\((.*)\)\s*(?:\|[^{}]{0,200})?-?\s*", re.DOTALL)
_PATH_CALLS = frozenset(
    "get_url url_for asset_url withbase relative_url relurl absurl urlfor url".split()
)
# A value: a name with dots, indexes, filters or operators; two plain words side by side are prose.
_VALUE = re.compile(
    r"""-?\s*[$.]?[A-Za-z_][\w-]*(?:\.[\w-]+|\[[^\]]{0,80}\]|\([^()]{0,200}\))*
        (?:\s*(?:\||\?|:|&&|\|\||={1,2}|!=|[-+*/<>,~])\s*[^{}]{0,300})?\s*-?
        |\d[\d\s+*/().-]{0,100}""",
    re.VERBOSE,
)
# An action of Go's templates: with marks that trim, or a keyword and what is no word of prose.
_ACTION = re.compile(
    r"""-\s[^{}]{0,300}|[^{}]{0,300}\s-|end|else
        |/\s*[A-Za-z][\w:.-]*
        |(?:(?:else\s+)?(?:if|with)|range|block|define|template|partial)\s+(?:(?:not|and|or|eq|ne|len|isset)\s+)*[.$("`].{0,300}""",
    re.VERBOSE,
)
_ARROW = re.compile(r"[ \t]*\|")

# Antlers' and Handlebars' pairs of tags, of which these ask who reads.
_BRACED_PAIR = re.compile(
    r"#?\s*(?P<name>(?P<reader>(?:user|member)\b)?[A-Za-z:][\w:-]*|user|member)(?:\s[^{}]*)?"
)


def _expression(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate `{{ x }}`: what is for few readers is hidden, a value without a meaning left out.

    None where it is prose.
    """
    start = match.start()
    end = scan.text.find("}}", match.end(), match.end() + MAX_TAG)
    if end < 0:
        return None
    inside = scan.text[match.end() : end].strip()
    behind = end + 2
    if scan.text[behind : behind + 1] == "}":
        behind += 1
    if "{{" in inside or inside.strip("-").strip() in PROSE:
        return None
    # @{{ x }}
    if _ESCAPED.search(scan.text, max(0, start - 2), start):
        return _literal(scan, inside, behind)
    # {{ if member }} ... {{ else }} ... {{ end }}
    condition = _BRACED_IF.fullmatch(inside)
    if condition and is_narrow(condition[1], condition[2]) and scan.search(_BRACED_END, behind):
        return _narrow(scan, start, behind, condition[1], _BRACED_BRANCH)
    # {{ user:groups }} ... {{ /user:groups }}
    pair = _BRACED_PAIR.fullmatch(inside)
    if pair and (pair["reader"] or NOT_PUBLIC.fullmatch(pair["name"].replace(":", "-"))):
        name = pair["name"]
        closing = rf"\{{\{{-?\s*/\s*{re.escape(name)}\s*-?\}}\}}"
        if scan.search(re.compile(closing), behind):
            return hide_element(scan, start, behind, closing, f"a template (`{name}`)")
    # {{ site.baseurl }}/images/a.png
    if _SITE.fullmatch(inside):
        after = scan.text[behind : behind + 1]
        # An address that ends with the site's own is the way to its home page.
        scan.write("" if after in ("/", "{") else "/")
        return behind
    # {{ "/images/a.png" | relative_url }}
    literal = _LITERAL.fullmatch(inside)
    if literal:
        scan.write(literal[1] if literal[1] is not None else literal[2])
        return behind
    # {{ youtube(id="x") }}
    call = _CALL.fullmatch(inside)
    if call:
        return _called(scan, start, behind, call[1].lower(), call[2])
    if inside and not _VALUE.fullmatch(inside) and not _ACTION.fullmatch(inside):
        return None
    if inside.strip("- ") == "else":
        scan.write(" ")
        return behind
    if inside.lower() not in ("toc", "content.toc", "page.toc", "content"):
        tell_unknown(scan, start, f"{{{{ {' '.join(inside.split())[:60]} }}}}")
    return behind


# Blade and Antlers show an expression behind this sign as it is written.
_ESCAPED = re.compile(r"(?<!\w)@\Z")


def _literal(scan: Scan, inside: str, behind: int) -> int:
    scan.written[-1] = scan.written[-1].removesuffix("@")
    scan.write(with_templates(f"{{{{ {inside} }}}}"))
    return behind


def _called(scan: Scan, start: int, behind: int, name: str, arguments: str) -> int:
    given = read_arguments(arguments)
    plain_name = name.rpartition("::")[2]
    if plain_name in _PATH_CALLS:
        scan.write(given.get("path", at=0))
    else:
        write_named(
            scan,
            start,
            behind,
            plain_name,
            given,
            key=f"tag {plain_name}",
            shown=f"{{{{ {name}() }}}}",
        )
    return behind


def _tag(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate `{% x %}`: hide what is for few readers, keep what is code, or do as its name says.

    None where it is prose.
    """
    start = match.start()
    end = scan.text.find("%}", match.end(), match.end() + MAX_TAG)
    if end < 0:
        return None
    inside = scan.text[match.end() : end]
    behind = end + 2
    if re.fullmatch(r"-?\s*#.*", inside, re.DOTALL):
        return hide(scan, start, behind, "Liquid")
    found = _TAG.match(inside)
    if found is None or "{%" in inside or inside.strip("- \t\n") in PROSE:
        return None
    name = found["name"].lower()
    begins = not found["slash"]
    arguments = inside[found.end() :].rstrip().removesuffix("-")
    # {% schema %} ... {% endschema %}, {% members_only() %} ... {% end %}
    if begins and (name in ("doc", "schema") or NOT_PUBLIC.fullmatch(name)):
        ending = _ending(name)
        if arguments.startswith("("):
            ending = rf"{ending}|\{{%-?\s*end\s*-?%\}}"
        return hide_element(scan, start, behind, ending, "Liquid or Tera")
    # {% if member %} ... {% else %} ... {% endif %}
    if name in _CONDITIONS and begins and is_narrow(name, arguments):
        return _narrow(scan, start, behind, name, _BRANCH)
    # {% stylesheet %} ... {% endstylesheet %}
    if name in _UNSEEN and begins and scan.search(re.compile(_ending(name)), behind):
        return hide_element(scan, start, behind, _ending(name), f"a template (`{name}`)")
    # {% highlight python %} ... {% endhighlight %}
    if name in _AS_IT_IS | _CODE | _DIAGRAMS:
        position = _verbatim(scan, start, behind, name, arguments)
        if position is not None:
            return position
    # {% endnote %}, {% /note %}
    if name.startswith("end") and begins:
        return _close(scan, start, behind, name.removeprefix("end"))
    if not begins:
        return _close(scan, start, behind, name)
    if name in _BRANCHES:
        scan.write("\n" if scan.alone(start, behind) else " ")
        return behind
    if name in _INCLUDES:
        return _include(scan, start, behind, arguments)
    arguments = re.sub(r"^\s*\((.*)\)\s*$", r"\1", arguments, flags=re.DOTALL)
    given = read_arguments(arguments)
    write_named(
        scan, start, behind, name, given, key=f"tag {name}", shown=f"{{% {found['name']} %}}"
    )
    return behind


def _narrow(scan: Scan, start: int, behind: int, name: str, branch: re.Pattern[str]) -> int:
    """Leave out what a condition keeps from most readers, up to its `else` or its end."""
    depth = 1
    for found in branch.finditer(scan.text, behind):
        if found["open"]:
            depth += 1
        elif found["end"]:
            depth -= 1
        if depth == 0 or (depth == 1 and found["else"]):
            if depth:
                scan.open(f"tag {name}", "", "", "")
            return hide(scan, start, found.end(), f"a template (`{name}`)")
    return hide_rest(scan, start, f"a template (`{name}`)")


def _close(scan: Scan, start: int, behind: int, name: str) -> int:
    if not scan.close(f"tag {name}" if name else ""):
        tell_unknown(scan, start, f"{{% end{name} %}}")
    return behind


def _ending(name: str) -> str:
    return rf"\{{%-?\s*(?:end\s?|/){re.escape(name)}\s*-?%\}}"


def _verbatim(scan: Scan, start: int, behind: int, name: str, arguments: str) -> int | None:
    """Translate a tag whose text is not Markdown, `raw`, `highlight` or `mermaid`; return its end.

    None where it has no end, or stands around a fence.
    """
    found = scan.search(re.compile(_ending(name)), behind)
    if found is None:
        return None
    inner = scan.text[behind : found.start()]
    if name == "code" and "```" in inner:
        # GitBook's.
        return None
    if name in _AS_IT_IS:
        scan.write(with_templates(inner))
    elif name in _DIAGRAMS:
        scan.write(fenced(inner, name))
    else:
        scan.write(fenced(inner, code_language(arguments)))
    return found.end()


def _include(scan: Scan, start: int, behind: int, arguments: str) -> int:
    """Translate an include by its file's name: many sites have `figure.html` and `youtube.html`."""
    file, _, rest = arguments.strip().partition(" ")
    file = file.strip("\"',")
    name = re.sub(r"\.\w+$", "", file.rpartition("/")[2]).lower().replace("-", "_")
    for known in (name, name.replace("_", "-"), name.replace("_", "")):
        if known in SINGLE or known in PAIRS:
            name = known
            break
    given = read_arguments(rest)
    single = SINGLE.get(name)
    if (
        single is None
        and given.get("src", "url", "image", "image_path", "img", "file")
        and (given.get("alt", "caption") or "image" in name or "img" in name or "figure" in name)
    ):
        single = SINGLE["figure"]
    pair = PAIRS.get(name)
    content = given.get("content", "text", "body")
    if single is not None and (shown := single(given)):
        scan.write_shown(start, behind, shown)
    elif pair is not None and content:
        opening, closing = pair(given)
        scan.write(f"{opening}{content}{closing}")
    else:
        if name not in _TABLE:
            tell_unknown(scan, start, f"{{% include {file} %}}")
        scan.write(content or shown_words(given))
    return behind


_IF_ENDS = re.compile(r"\{/if\}", re.IGNORECASE)


def _braced_if(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out the marks of a condition of ExpressionEngine or Smarty, `{if x} ... {/if}`."""
    if _IF_ENDS.search(scan.text, match.end()) is None:
        return None
    shown = " ".join(match[1].split())[:60]
    tell_unknown(scan, match.start(), f"{{{shown}}}")
    scan.open("braced if", "", "", "")
    return match.end()


def _braced_branch(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out the mark of another branch, or of the end, of a condition that is open."""
    if not any(found.name == "braced if" for found in scan.opened[-100:]):
        return None
    if match[0].lower() == "{/if}":
        scan.close("braced if")
    else:
        scan.write(" ")
    return match.end()


def _shown(scan: Scan, match: re.Match[str]) -> int:
    """Show a shortcode that is commented out: Zola shows it as the shortcode."""
    scan.write(f"`{{%{match[1]}%}}`")
    return match.end()


def _code_tag(scan: Scan, match: re.Match[str]) -> int | None:
    """Leave out code of ERB or EJS: `<% if x %>`, `<%= x %>`."""
    end = scan.text.find("%>", match.end(), match.end() + MAX_TAG)
    if end < 0:
        return None
    inside = scan.text[match.end() : end].strip("-=~ \t\n")
    if not inside or "<%" in inside:
        return None
    condition = _CODE_IF.fullmatch(inside)
    if condition and is_narrow(condition[1], condition[2]) and scan.search(_CODE_END, end):
        return _narrow(scan, match.start(), end + 2, condition[1], _CODE_BRANCH)
    tell_unknown(scan, match.start(), f"<% {' '.join(inside.split())[:60]} %>")
    return end + 2


_CODE_IF = re.compile(r"(if|unless)\s*\(?(.{1,300}?)\)?\s*\{?", re.DOTALL)
_CODE_END = re.compile(r"<%[-=~]?\s*(?:end\b|\})")
# Of ERB, where loops end as conditions do, and of EJS.
_CODE_BRANCH = re.compile(
    r"<%[-=~]?\s*(?:(?P<else>els(?:e|if)\b|\}\s*else\b)|(?P<end>end\b|\})"
    r"|(?P<open>(?:if|unless|case|while)\b|[^%]*?(?:\bdo\b(?:\s*\|[^|%]*\|)?|\{)(?=\s*[-~]?%>))).*?%>",
    re.DOTALL,
)


FORMS = (
    Form(r"<%(?=[-=~]?\s)", _code_tag, "<", gate="<%", ahead="%"),
    Form(r"\{\{(?![<%{])", _expression, "{", gate="{"),
    Form(r"\{(if\s[^{}\n]{1,300})\}", _braced_if, "{", gate="{"),
    Form(
        r"\{(?:if:else(?:if)?\b[^{}\n]{0,300}|else(?:if\b[^{}\n]{0,300})?|/if)\}",
        _braced_branch,
        "{",
        gate="{",
    ),
    Form(r"\{%/\*([^`]{1,1000}?)\*/%\}", _shown, "{", gate="{"),
    Form(r"\{%", _tag, "{", gate="{"),
)
