"""The allow-lists of HTML in a body, and the guard against HTML that is slow to parse."""

from __future__ import annotations

import re
from urllib.parse import quote

import nh3

TEXT_ATTRIBUTES = frozenset({"title", "lang", "dir", "id"})
# Where a picture, or what holds it, stands: read by the writer, and written as classes.
PLACE = frozenset({"align", "class", "style"})
# Where scripts of other systems find the address of what they load late.
LATE_SOURCES = ("data-src", "data-lazy-src", "data-original", "srcset", "data-srcset")
ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href", "name"}),
    "abbr": frozenset(),
    # Only their ids are kept.
    **dict.fromkeys(
        ("address", "article", "footer", "header", "main", "nav", "section"), frozenset()
    ),
    "aside": frozenset(),
    "audio": frozenset({"src", "loop", "muted"}),
    "b": frozenset(),
    "bdi": frozenset(),
    "bdo": frozenset(),
    "blockquote": frozenset({"class"}),
    "br": frozenset(),
    "caption": frozenset(),
    "center": frozenset(),
    "cite": frozenset(),
    "code": frozenset({"class"}),
    "dd": frozenset(),
    "del": frozenset({"datetime"}),
    "details": frozenset({"open"}),
    "dfn": frozenset(),
    "div": PLACE,
    "dl": frozenset(),
    "dt": frozenset(),
    "em": frozenset(),
    "embed": frozenset({"src", "type"}),
    "figcaption": frozenset(),
    "figure": PLACE,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), PLACE),
    "hr": frozenset(),
    "i": frozenset(),
    "iframe": frozenset({"src", "width", "height", "data-src"}),
    "img": PLACE | {"src", "alt", "width", "height", *LATE_SOURCES},
    "input": frozenset({"type", "checked", "disabled"}),
    "ins": frozenset({"datetime"}),
    "kbd": frozenset(),
    "li": frozenset({"value"}),
    "mark": frozenset(),
    "object": frozenset({"data", "type"}),
    "ol": frozenset({"start", "reversed", "type"}),
    "p": PLACE,
    "pre": frozenset(),
    "q": frozenset(),
    "rp": frozenset(),
    "rt": frozenset(),
    "ruby": frozenset(),
    "s": frozenset(),
    "samp": frozenset(),
    "small": frozenset(),
    "source": frozenset({"src", "type"}),
    "span": frozenset({"class"}),
    "strong": frozenset(),
    "sub": frozenset(),
    "summary": frozenset(),
    "sup": frozenset({"class"}),
    "table": frozenset(),
    "tbody": frozenset(),
    "td": frozenset({"style", "colspan", "rowspan"}),
    "tfoot": frozenset(),
    "th": frozenset({"style", "colspan", "rowspan"}),
    "thead": frozenset(),
    "time": frozenset({"datetime"}),
    "tr": frozenset(),
    "track": frozenset({"src", "kind", "srclang", "label", "default"}),
    "u": frozenset(),
    "ul": frozenset(),
    "var": frozenset(),
    "video": frozenset({"src", "poster", "width", "height", "loop", "muted"}),
    "wbr": frozenset(),
}
VOID = frozenset({"br", "embed", "hr", "img", "input", "source", "track", "wbr"})
# Schemes that open no document within this page: https://html.spec.whatwg.org/#safelisted-scheme,
# and those of well-known programs.
SCHEMES = frozenset(
    """
    http https mailto tel acct bitcoin callto doi facetime ftp ftps geo gemini git gopher im ipfs ipns irc
    irc6 ircs magnet matrix message mid mms news nntp obsidian openpgp4fpr sftp sgnl sip sips skype sms smsto
    spotify ssh steam svn tg urn vscode webcal whatsapp wtai xmpp zotero
    bear ed2k ethereum feed figma hook lightning litecoin logseq mumble msteams nostr notion omnifocus
    podcast raycast rtmp rtsp shortcuts slack teamspeak things ts3server web+ap zoommtg zoomus
    """.split()
)

_cleaner = nh3.Cleaner(
    tags=set(ATTRIBUTES),
    clean_content_tags={
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "title",
    },
    attributes={tag: set(names | TEXT_ATTRIBUTES) for tag, names in ATTRIBUTES.items()},
    filter_style_properties={"text-align", "float", "width", "max-width", "margin"},
    # Pictures may hold their own bytes; the writer allows `data:` for nothing else. `safe_url` takes
    # `pathname:` away.
    url_schemes=SCHEMES | {"data", "pathname"},
    link_rel=None,
)

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_ASCII_CONTROL = {code: None for code in range(128) if _CONTROL.match(chr(code))}
_URL_NOISE = re.compile(r"^[\x00-\x20]+|[\x00-\x20]+$|[\t\n\r]")
# What stands for the site's own address in Ghost's exports, and in Docusaurus for a file of it.
_OWN_SITE = re.compile(r"^(?:__GHOST_URL__|pathname://)(?=/)")
_NOT_IN_URL = re.compile(r"[^\w!$&'()*+,\-./:;=?@~#%]|%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)

_FEW_TAGS = 1_000
# What is cleaned in time: elements within one another, their depths summed up over all tags (see
# `_nests_too_deep`), and ampersands.
_MAX_DEPTH = 100
_MAX_WORK = 3_000_000
_MAX_AMPERSANDS = 50_000
# What one text may become: characters of HTML, tags, and those that grow most on their way to the
# page, by the end by which they are counted.
MAX_HTML_CHARACTERS = 5_000_000
MAX_HTML_TAGS = 250_000
MAX_ELEMENTS = {"heading": ("</h", 5_000), "table": ("</table", 2_000), "note": ("</sup", 10_000)}
# Words of one tag: about one for each attribute.
MAX_ATTRIBUTES = 1_000
_LONG_TAG = re.compile("<[a-zA-Z][^<>]{2000,}")
_TOKENS = re.compile(
    r"""(?P<hide><!--|<!\[CDATA\[) | (?P<show>-->|\]\]>) | <[!?][^>]*+> | </(?:>|[^a-zA-Z>][^>]*+>)
      | <(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)
        (?:[\s/]++ | [^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+)*+>""",
    re.VERBOSE,
)
_ALONE = VOID | {"area", "base", "col", "embed", "link", "meta", "param"}
_SHAPES = frozenset(
    {"circle", "ellipse", "line", "path", "polygon", "polyline", "rect", "stop", "use"}
)
_LISTS = frozenset({"ul", "ol", "dl"})
_LIST_ITEMS = frozenset({"li", "dt", "dd"})
_ITEMS_AND_PARAGRAPHS = _LIST_ITEMS | {"p"}
_PARAGRAPHS = frozenset({"p"})


def clean(html: str) -> str:
    """Return `html` with only the tags, attributes and URL schemes of the allow-lists."""
    return _cleaner.clean(html)


def whole(text: str) -> str:
    """Return `text` with a question mark for each lone surrogate, which no encoding can write."""
    if text.isascii():
        return text
    return text.encode(errors="replace").decode()


def scrub(text: str) -> str:
    """Return `text` without the control characters and noncharacters that HTML forbids."""
    if text.isprintable():
        return text
    if text.isascii():
        return text.translate(_ASCII_CONTROL)
    return _CONTROL.sub("", text)


def safe_url(url: str) -> str | None:
    """Return `url` as a browser reads it (WHATWG URL); None where its scheme is not allowed.

    Characters that the standard forbids are percent-encoded, except in a host's name.
    """
    plain = _OWN_SITE.sub("", _URL_NOISE.sub("", scrub(url)))
    scheme = _SCHEME.match(plain)
    if scheme and scheme[1].lower() not in SCHEMES:
        return None
    host = _HOST.match(plain)
    start = 0
    if host:
        start = host.end()
    rest, mark, fragment = plain[start:].partition("#")
    fragment = fragment.replace("#", "%23")
    return plain[:start] + _NOT_IN_URL.sub(
        lambda found: quote(found[0], safe=""), rest + mark + fragment
    )


def costs_too_much(html: str) -> bool:
    """Whether cleaning `html` would cost time or memory beyond proportion to its length."""
    named = sum(map(html.count, ("&lt;", "&gt;", "&quot;")))
    # Writing a text with n ampersands or no-break spaces costs nh3 n² steps.
    if html.count("&") - named + html.count("\xa0") > _MAX_AMPERSANDS:
        return True
    return _is_too_much(html) or _nests_too_deep(html)


def _is_too_much(html: str) -> bool:
    """Whether there is more in `html` than one page can have."""
    tags = html.count("<")
    if len(html) > MAX_HTML_CHARACTERS or tags > MAX_HTML_TAGS:
        return True
    # A text of few tags is within each of these.
    limits = MAX_ELEMENTS.values() if tags > _FEW_TAGS else ()
    if any(html.count(end) > limit for end, limit in limits):
        return True
    return any(len(tag[0].split()) > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(html))


def _nests_too_deep(html: str) -> bool:
    """Whether the elements of `html` are nested so deep, or so deep so often, that parsing is slow.

    HTML parsers look through all open elements at each block, and open unclosed formatting anew in
    each; so the sum of the depths bounds their work. Whatever is in doubt (a closing tag that may
    stand in a comment, or does not belong to the innermost element) counts as still open.
    """
    if html.count("<") <= _FEW_TAGS:
        return False
    stack: list[str] = []
    work = 0
    hidden: set[str] = set()
    for token in _TOKENS.finditer(html + ">"):
        name = token["name"]
        if name is None:
            if token["hide"]:
                hidden.add("-->" if token["hide"] == "<!--" else "]]>")
            hidden.discard(token["show"] or "")
            continue
        name = name.lower()
        if not token["close"]:
            _open(stack, name, token[0])
        elif not hidden:
            _close(stack, name)
        work += len(stack)
        if len(stack) > _MAX_DEPTH or work > _MAX_WORK:
            return True
    return False


def _open(stack: list[str], name: str, tag: str) -> None:
    if name in _ALONE or (name in _SHAPES and tag.endswith("/>")):
        return
    if name in _LIST_ITEMS and stack[-2:] == [name, "p"]:
        stack.pop()
    if name not in _ITEMS_AND_PARAGRAPHS or stack[-1:] != [name]:
        stack.append(name)


def _close(stack: list[str], name: str) -> None:
    implied = _PARAGRAPHS
    if name in _LISTS:
        implied = _ITEMS_AND_PARAGRAPHS
    end = len(stack) - 1
    while end >= 0 and stack[end] != name and stack[end] in implied:
        end -= 1
    if end >= 0 and stack[end] == name:
        del stack[end:]
