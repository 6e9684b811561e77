"""Links and pictures that readers are not shown: Markdown sees none there, or drops the address.

Only what holds an address is reported: `[sic] (2020)`, `matrix[a][b]` and `[Ctrl][C]` are prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

from rapidfuzz.distance import OSA

from octavo.content.attachments import ASSET_SUFFIXES
from octavo.content.errors import Mark, Problem
from octavo.content.markdown.cleaning import SCHEMES
from octavo.content.slugs import PAGE_ENDING

# Pictures that browsers, or some of them, cannot show.
OTHER_PICTURES = (
    ".heic",
    ".heif",
    ".bmp",
    ".jp2",
    ".ico",
    ".raw",
    ".cr2",
    ".dng",
)
# Characters of an address that a message shows.
MAX_ADDRESS_CHARACTERS = 80

_OPEN = r"[\[【［]"
_SHUT = r"[\]】］]"
# Brackets of a link with something between them, or with an address that ends them too early.
_BRACKETS = re.compile(
    rf"(?<!\\){_SHUT}(?P<gap>[ \t]*\n?[ \t]*[:：]?[ \t]*)(?P<bracket>[(（{{])"
    r"(?P<target>[^(){}（）\n]{1,500})(?P<end>[)）}]?)"
)
_TURNED = re.compile(rf"[)）][ \t]?{_OPEN}(?P<target>[^\[\]()\n]{{1,500}}){_SHUT}")
_REFERENCE = re.compile(
    r"(?<![\w\])\\])(?P<picture>!?)\[(?P<words>[^\[\]\n]{2,300})\]"
    r"\[(?P<label>(?:\w[\w .:/-]{0,99})?)\](?!\[)"
)
_WIKI = re.compile(
    r"(?<![\[\\])(?P<open>!?\[{1,2})(?P<target>[^\[\]|#^\n]{1,200})[^\[\]\n]{0,200}(?P<shut>\]{1,2})"
)
_DEFINITION = re.compile(
    r"^[ \t>]*(?P<label>\[[^\[\]^\n][^\[\]\n]{0,99}\]):[ \t]*(?P<target>\S+)", re.MULTILINE
)
_TAG = re.compile(
    r"(?<!\\)<(?P<name>img|a|video|audio|iframe|source)\s+[\w-]+\s*=[^\n]{0,300}", re.IGNORECASE
)
_OPEN_QUOTES = re.compile(
    r'<(?P<name>img|a|video|audio|iframe|source)\s[^<>\n"]*(?:"[^"\n]*"[^<>\n"]*)*"[^"\n]*>[^"\n]*$',
    re.IGNORECASE | re.MULTILINE,
)
_IMAGE = re.compile(r"<img\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_SOURCE = re.compile(r"src(?:set)?\s*=\s*[\"']?[^\"'\s>]", re.IGNORECASE)
_EMPTY = re.compile(r"(?<!\\)!?\[(?P<words>[^\[\]\n]*)\]\([ \t]*(?:<>)?[ \t]*\)")
_WITH_SCHEME = re.compile(
    r"""(?:\[(?P<words>[^\[\]\n]{0,300})\]\([ \t]*<? | ^[ ]{0,3}\[[^\]\n]+\]:[ \t]*<?
          | \b(?:href|src|data|poster)[ \t]*=[ \t]*["']?
          | <(?=[a-z][\w+.-]+://|(?:project|inv|path):[^\s<>]*[#.]))
        (?P<target>(?P<scheme>[a-z][a-z0-9+.-]*):[^\s<>"']*)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_SHOWN_BYTES = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|//\w|www\.|mailto:)\S", re.IGNORECASE)
_PLACE = re.compile(r"#\w\S*")
_KEYS = re.compile(
    r"(?:ctrl|control|strg|alt|shift|cmd|command|option|win|fn|esc|tab)", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2}")
# Code and formulas in a page's HTML, and tags.
_CODE = re.compile(r"<(pre|code|math|kbd|samp)\b.*?</\1>", re.DOTALL)
_TAGS = re.compile(r"<[^<>]*>")
_NOT_FOLDED = re.compile(r"[^\w\[\]()<【】［］（）{}]|_")
# As many folded characters tell one place from another.
_MAX_FOLDED = 60


@dataclass(frozen=True, slots=True)
class _Found:
    """One place: where it begins, a problem's kind, cause and cure."""

    at: int
    kind: str
    cause: str
    cure: str


def unseen(path: str, source: str, html: str, leads: Callable[[str], bool]) -> Iterator[Problem]:
    """Yield a warning for each link or picture in a text that its page does not have.

    `source` is the file at `path`, with blanks where it has code; `html` is what it became. `leads`
    tells whether a path, relative to the file, leads somewhere.
    """
    looked = _Look(source, html, leads)
    for form in _FORMS:
        for found in form(looked):
            mark = Mark.in_text(path, source, found.at)
            yield Problem(mark, found.cause, found.cure, "warning", found.kind)


class _Look:
    """A source beside the words that readers are shown, code apart."""

    def __init__(self, source: str, html: str, leads: Callable[[str], bool]) -> None:
        self.source = source
        self._leads = leads
        self._shown = _folded(unescape(_TAGS.sub("", html)))
        self._prose = _folded(unescape(_TAGS.sub("", _CODE.sub(" ", html))))

    def has_as_prose(self, piece: str) -> bool:
        """Whether a piece of the source is shown as it is written, and not as code."""
        return _folded(piece)[:_MAX_FOLDED] in self._prose

    def has(self, piece: str) -> bool:
        """Whether a piece of the source is shown as it is written."""
        return _folded(piece)[:_MAX_FOLDED] in self._shown

    def is_address(self, words: str) -> bool:
        """Whether words, or the first of them, are an address or the name of a file."""
        first = words.split()[:1]
        return any(map(self._is_address, (*first, words.strip())))

    def _is_address(self, word: str) -> bool:
        if _ADDRESS.match(word):
            return True
        path = re.split(r"[?#]", word, maxsplit=1)[0]
        if PAGE_ENDING.search(path) or path.lower().endswith((*ASSET_SUFFIXES, *OTHER_PICTURES)):
            return True
        return "/" in path and self.leads(path)

    def leads(self, words: str) -> bool:
        """Whether words are a path or a name that leads somewhere."""
        return self._leads(unquote(words.strip()))

    def is_in_html(self, at: int) -> bool:
        """Whether the paragraph around `at` begins with a tag."""
        return self.source[self.source.rfind("\n\n", 0, at) + 1 : at].lstrip().startswith("<")

    def begins(self, bracket: str, at: int) -> int:
        """Return where the bracket before `at` begins, on its line or the one above; else -1."""
        line = self.source.rfind("\n", 0, at) + 1
        found = max(self.source.rfind(one, line, at) for one in bracket)
        before = self.source[max(line, found - 2) : max(found, 0)]
        if before.endswith("\\") or before == "\\!":
            return -1
        if before.endswith("!"):
            return found - 1
        return found


def _brackets(look: _Look) -> Iterator[_Found]:
    """`[words] (address)`, `[words](address with blanks)`, `[words](address`."""
    for found in _BRACKETS.finditer(look.source):
        target = found["target"].strip()
        start = look.begins("[【［", found.start())
        if not target or start < 0 or not look.has_as_prose(found[0]):
            continue
        is_close = found[0].startswith("](")
        first = target.split()[0]
        is_meant = look.is_address(target)
        if is_close:
            is_meant = is_meant or look.leads(first) or _PLACE.match(target) is not None
        if not is_meant:
            continue
        piece = look.source[start : found.end()]
        cure = _cure(found, target, is_close, look.is_in_html(start))
        yield _Found(start, "link as typed", _as_typed(piece), cure)


def _cure(found: re.Match[str], target: str, is_close: bool, is_in_html: bool) -> str:
    if not found["end"]:
        return f"Close the bracket: `]({_short(target)})`."
    if target.count('"') == 1:
        return "Close the quotes of the title."
    if " " in target and '"' not in target:
        return f"Write the address in angle brackets: `](<{_short(target)}>)`."
    if is_close and is_in_html:
        return "Leave an empty line before it: within HTML, Markdown is read behind one only."
    if is_close:
        return "Mend its brackets: `[words](address)`."
    return f"Write `]({_short(target)})`: round brackets, and nothing between."


def _turned(look: _Look) -> Iterator[_Found]:
    """`(words)[address]`."""
    for found in _TURNED.finditer(look.source):
        start = look.begins("(（", found.start())
        if start >= 0 and look.is_address(found["target"]) and look.has_as_prose(found[0]):
            cure = f"Write `[words]({_short(found['target'])})`."
            piece = look.source[start : found.end()]
            yield _Found(start, "link as typed", _as_typed(piece), cure)


def _references(look: _Look) -> Iterator[_Found]:
    """`[words][label]` without a definition of the label."""
    for found in _REFERENCE.finditer(look.source):
        words = found["words"]
        if not found["picture"] and (not _WORD.search(words) or _KEYS.fullmatch(words)):
            continue
        if words.startswith("^") or not look.has_as_prose(found[0]):
            continue
        label = found["label"] or words
        cause = f"`{_short(found[0])}` is shown as it is written: there is no `[{_short(label)}]:`."
        cure = f"Write `[{_short(label)}]: ` and the address on a line of its own."
        yield _Found(found.start(), "reference without definition", cause, cure)


def _wiki(look: _Look) -> Iterator[_Found]:
    """`[[name]` and `[name]]`."""
    for found in _WIKI.finditer(look.source):
        name = found["target"].strip()
        if len(found["open"].lstrip("!")) == len(found["shut"]) or not look.has_as_prose(found[0]):
            continue
        if look.is_address(name) or look.leads(name):
            cure = f"Write `[[{_short(name)}]]`."
            yield _Found(found.start(), "link as typed", _as_typed(found[0]), cure)


def _definitions(look: _Look) -> Iterator[_Found]:
    """`[label]: address` within a paragraph, or without the blank."""
    for found in _DEFINITION.finditer(look.source):
        piece = found[0].strip()
        if look.is_address(found["target"]) and look.has_as_prose(piece):
            cause = f"`{_short(piece)}` is shown as it is written: it defines no link there."
            cure = "Put an empty line before it, and a blank behind the colon."
            yield _Found(found.start("label"), "definition as typed", cause, cure)


def _tags(look: _Look) -> Iterator[_Found]:
    """`<img src="x.png" alt="open>`."""
    for found in _TAG.finditer(look.source):
        if look.has_as_prose(found[0]):
            cure = "Close its quotes, and write `>` at its end."
            yield _Found(found.start(), "tag as typed", _as_typed(found[0]), cure)


def _open_quotes(look: _Look) -> Iterator[_Found]:
    for found in _OPEN_QUOTES.finditer(look.source):
        if not look.has(found[0]):
            cause = f"`<{found['name']}>` has quotes without an end: they take the text behind it."
            yield _Found(found.start(), "open quotes", cause, "Close the quotes.")


def _without_source(look: _Look) -> Iterator[_Found]:
    for found in _IMAGE.finditer(look.source):
        if not _SOURCE.search(found[0]) and not look.has(found[0]):
            cause = "`<img>` names no picture: readers see only its words."
            yield _Found(found.start(), "picture without source", cause, "Write its `src`.")


def _empty(look: _Look) -> Iterator[_Found]:
    """`[words]()`."""
    for found in _EMPTY.finditer(look.source):
        if look.has(found["words"]) and not look.has(found[0]):
            cause = f"`{_short(found[0])}` has no address: readers see only its words."
            yield _Found(found.start(), "link without address", cause, "Write where it leads.")


def _with_scheme(look: _Look) -> Iterator[_Found]:
    """`[words](htps://x.example)`: an address that is dropped, so that the words alone stay."""
    for found in _WITH_SCHEME.finditer(look.source):
        scheme = found["scheme"].lower()
        if scheme in SCHEMES or scheme == "pathname" or _SHOWN_BYTES.match(found["target"]):
            continue
        if look.has(found[0]) or not look.has(found["words"] or ""):
            continue
        target = found["target"]
        if target.count(")") > target.count("("):
            target = target[: target.rindex(")")]
        cause = f"The address `{_short(target)}` is left out: readers see only its words."
        yield _Found(
            found.start("target"), "address left out", cause, _cure_of_scheme(target, scheme)
        )


def _cure_of_scheme(target: str, scheme: str) -> str:
    if scheme == "file" or len(scheme) == 1:
        return "It is a file of one computer: put it beside the text, and write its name."
    if scheme in ("data", "cid", "attachment", "blob"):
        return "Save it as a file beside the text, and write its name."
    rest = target[len(scheme) + 1 :]
    if rest.startswith("//") and OSA.distance(scheme, "https", score_cutoff=2) <= 2:
        return f"Did you mean `https:{_short(rest)}`?"
    return "Write a path, or an address that begins with https://."


_FORMS: tuple[Callable[[_Look], Iterator[_Found]], ...] = (
    _brackets,
    _turned,
    _references,
    _wiki,
    _definitions,
    _tags,
    _open_quotes,
    _without_source,
    _empty,
    _with_scheme,
)


def _as_typed(piece: str) -> str:
    return f"`{_short(piece)}` is shown as it is written: there is no link or picture."


def _short(text: str) -> str:
    """Return a text on one line, cut for messages."""
    line = " ".join(text.split())
    if len(line) <= MAX_ADDRESS_CHARACTERS:
        return line
    return f"{line[: MAX_ADDRESS_CHARACTERS - 1]}…"


def _folded(text: str) -> str:
    """Return a text without what typography and emphasis change."""
    return _NOT_FOLDED.sub("", text)
