"""Typography: quotes, dashes and line breaks as a text's language sets them.

Markdown's parser sets English quotes and dashes. What it would get wrong is marked before, with
characters that no text may hold (Unicode's noncharacters), and the marks are taken away after.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

# Double and single quotes: https://cldr.unicode.org, delimiters.
_ENGLISH = "“”‘’"
QUOTES: Mapping[str, str] = {
    **dict.fromkeys("en pt-BR nl tr zh ko vi id ms hi lv ga cy th".split(), _ENGLISH),
    **dict.fromkeys("de cs sk sl is lt bg da-x mk sq lb hsb".split(), "„“‚‘"),
    **dict.fromkeys("es ca gl it pt el la".split(), "«»“”"),
    **dict.fromkeys("ru uk be kk".split(), "«»„“"),
    **dict.fromkeys("sv fi".split(), "””’’"),
    **dict.fromkeys("nb no nn".split(), "«»‘’"),
    **dict.fromkeys("pl ro".split(), "„”«»"),
    **dict.fromkeys("hr sr bs".split(), "„”‚’"),
    **dict.fromkeys("de-CH de-LI it-CH fa hy eu az".split(), "«»‹›"),
    **dict.fromkeys("ja zh-Hant zh-TW zh-HK".split(), "「」『』"),
    "da": "»«›‹",
    "et": "„“«»",
    "hu": "„”»«",
    "ka": "„“‚‘",
    "he": "””’’",
    "ar": "”“’‘",
}
# French keeps its quotes apart from the words by narrow blanks that do not break.
_NARROW = "\u202f"

_GUARD = "\ufdd0"
# Before a quote, so that it opens, and behind one, so that it closes: a blank for the parser. The
# ogham blank is taken away only beside the guard.
_OPENS = "\ufdd0\u1680"
_CLOSES = "\u1680\ufdd0"
_STRAIGHT_DOUBLE = "\ufdd1"
_STRAIGHT_SINGLE = "\ufdd2"
_STRAIGHT = str.maketrans({'"': _STRAIGHT_DOUBLE, "'": _STRAIGHT_SINGLE})
# The writer's own curly quotes, while those of the parser are changed.
_OWN = str.maketrans("“”‘’", "\ufdd3\ufdd4\ufdd5\ufdd6")
_OWN_BACK = str.maketrans("\ufdd3\ufdd4\ufdd5\ufdd6", "“”‘’")
# Stands for the language's opening quote while its closing one, which may look the same, is set.
_OPENING = "\ufdd7"
_MARKS = re.compile("[\ufdd0-\ufdd6]")
# The marks in the target of a link, as the parser writes them.
_IN_HREF = re.compile("%EF%B7%90%E1%9A%80|%E1%9A%80%EF%B7%90|%EF%B7%9([0128])")
_HREF_SIGNS = {"1": "%22", "2": "&#x27;"}
# Behind dashes of a heading that are hyphens in its source: its id is made of these.
_TYPED = "\ufdd8"
_TYPED_DASHES = re.compile(f"[–—]+{_TYPED}")
_HEADING = re.compile(r"\n {0,3}#{1,6}[ \t][^\n]*--[^\n]*")
_DASHES = re.compile(r"(?<=[ \t])-{2,}(?=[ \t]|$)")
_DASHES_IN_WORDS = re.compile(r"-{2,}")

_OPTION = re.compile(r"--(?<![^\s(\[/|\"'*_]--)(?=[A-Za-z])")
# Whether there is one. A search for one character jumps from one to the next, one for a set of
# characters looks at each.
_FEET = re.compile(r"'(?<=[\d¼-¾⅐-⅞].)")
_INCHES = re.compile(r'"(?<=[\d¼-¾⅐-⅞].)')
_IS_NUMBER = re.compile(r"[\d¼-¾⅐-⅞]")
# A quote between characters that are no blanks: which way it turns depends on those before.
_BETWEEN = re.compile(r'"(?<=[^\s(\[{=\\"]")(?=\*{0,2}[^\W_])')
_QUOTE = re.compile(r"\n|''?|\"")
# The end of a part of a text that ends within an address or a tag.
_IN_TARGET = re.compile(r"(?:\]\(|://|<)[^\s()<>]*+$")
_NEW_BLOCK = re.compile(r"[ \t>]*(?:[\n#|*+-]|\d{1,9}[.)])")
_BEFORE_OPENING = frozenset(" \t\n\u00a0\u1680\u3000([{<>=/-–—“„«‹‘|")
_BEHIND_CLOSING = frozenset(" \t\n\u00a0\u1680\u3000)]}<>/-–—”»›’|.,;:!?…。、，；：！？」』")
_IN_HEBREW = re.compile("([\"'])(?<=[\u05d0-\u05ea].)(?=[\u05d0-\u05ea])")
# An address within an address begins anew, so that each is looked through once.
_IN_ADDRESS = re.compile(
    r"://(?:[^\s<>\"'.:-]++|:(?!//)|-(?!-)|\.(?!\.\.))*+(?:--|\.\.\.|(?<=\w)'(?=\w))(?:[^\s<>\"']|(?<=\w)'(?=\w))*"
)
_SINGLE = re.compile("‘([^‘’]*)’")

_CJK_LETTER = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CJK_MARK = "\u3000-\u3004\u3008-\u3020\u3030\u303d\u30fb\uff00-\uffef\ufe30-\ufe4f"
_CJK = f"{_CJK_LETTER}{_CJK_MARK}"
HAS_CJK = re.compile(f"[{_CJK}]")
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_CJK_BREAK = re.compile(rf"\n(?<=[{_CJK}].)(?=[{_CJK}])", re.DOTALL)
# Symbols too: arrows, currencies, shapes, emoji and what chooses their look.
_PUNCTUATION = r"""!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"""
_EMPHASIS = re.compile(r"(?<![*\\])(\*{1,3}|~~)(?!\*)")
# Stars beside a letter or a mark of these scripts; the first character tells all other bodies apart
# at once.
_BESIDE_CJK = re.compile(rf"[*~](?:(?<=[{_CJK}{_HANGUL}].)|(?=[{_CJK}{_HANGUL}]))")
_IS_CJK = re.compile(f"[{_CJK}{_HANGUL}]")
_BETWEEN_CJK = re.compile(rf"'(?<=[{_CJK}{_HANGUL}*]')(?=[{_CJK}{_HANGUL}])")
_IS_CJK_MARK = re.compile(f"[{_CJK_MARK}]")
_IS_MARK = re.compile(f"[{_CJK_MARK}{_PUNCTUATION}]")


@lru_cache(maxsize=64)
def quotes_of(language: str) -> str:
    """Return the four quotes of a language by its BCP 47 tag; English ones for unknown tags."""
    parts = language.split("-")
    for length in range(len(parts), 0, -1):
        found = QUOTES.get("-".join(parts[:length]))
        if found:
            return found
    if parts[0].lower() == "fr":
        return "«»“”"
    return _ENGLISH


@dataclass(frozen=True, slots=True)
class Typography:
    """How quotes and dashes of a text are set: by its language, a BCP 47 tag, or as typed."""

    language: str = "en"
    smart: bool = True

    def of(self, language: str) -> Typography:
        """Return this typography for another language; '' keeps the language."""
        if language:
            return Typography(language, self.smart)
        return self

    def prepare(self, body: str) -> str:
        """Return Markdown with marks where its parser would set quotes, dashes or emphasis wrongly."""
        if self.smart:
            body = self._mark_punctuation(body)
        if not body.isascii() and _BESIDE_CJK.search(body) is not None:
            body = _EMPHASIS.sub(_flank, body)
        return body

    def _mark_punctuation(self, body: str) -> str:
        if "--" in body:
            body = _OPTION.sub(f"-{_GUARD}-", body)
            if "# " in body:
                body = _HEADING.sub(_mark_typed, f"\n{body}")[1:]
        if not body.isascii():
            body = _IN_HEBREW.sub(_straight, body)
            if quotes_of(self.language) != _ENGLISH:
                body = body.translate(_OWN)
        if "://" in body:
            body = _IN_ADDRESS.sub(_guard_address, body)
        if (
            _FEET.search(body) is not None
            or _INCHES.search(body) is not None
            or _BETWEEN.search(body) is not None
            or (not body.isascii() and _BETWEEN_CJK.search(body) is not None)
        ):
            body = _turn_quotes(body)
        return body

    def finish(self, html: str, *, is_text: bool = False) -> str:
        """Return the parser's output with the language's quotes, without the marks of `prepare`.

        Straight quotes are written as HTML writes them, unless `is_text`.
        """
        if "%EF%B7%9" in html:
            html = _IN_HREF.sub(lambda found: _HREF_SIGNS.get(found[1], ""), html)
        if html.isascii():
            return html
        quotes = quotes_of(self.language)
        if self.smart and quotes != _ENGLISH:
            blank = ""
            if self.language.lower().startswith("fr"):
                blank = _NARROW
            html = html.replace("“", _OPENING).replace("”", blank + quotes[1])
            html = html.replace(_OPENING, quotes[0] + blank)
            html = _SINGLE.sub(rf"{quotes[2]}\1{quotes[3]}", html)
        if is_text:
            html = html.replace(_TYPED, "")
        if _MARKS.search(html) is not None:
            double, single = ('"', "'") if is_text else ("&#34;", "&#39;")
            html = html.replace(_CLOSES, "").replace(_OPENS, "").replace(_GUARD, "")
            html = html.replace(_STRAIGHT_DOUBLE, double)
            html = html.replace(_STRAIGHT_SINGLE, single).translate(_OWN_BACK)
        return html


def _straight(found: re.Match[str]) -> str:
    return found[1].translate(_STRAIGHT)


def _mark_typed(heading: re.Match[str]) -> str:
    dashes = _DASHES
    if not any(sign in heading[0] for sign in "[{/"):
        dashes = _DASHES_IN_WORDS
    return dashes.sub(rf"\g<0>{_TYPED}", heading[0])


def as_typed(text: str) -> str:
    """Return the text of a heading with the hyphens of its source in place of dashes."""
    if _TYPED not in text:
        return text
    return _TYPED_DASHES.sub(
        lambda found: found[0].replace("–", "--").replace("—", "---").rstrip(_TYPED), text
    )


def _guard_address(found: re.Match[str]) -> str:
    text = found[0].replace("--", f"-{_GUARD}-").replace("--", f"-{_GUARD}-")
    return text.replace("..", f".{_GUARD}.").replace("'", _STRAIGHT_SINGLE)


# What follows the end of an attribute in a tag of several lines.
_IN_TAG = re.compile(r"\s*/?>|\s+[A-Za-z][\w:-]*\s*=")


def _turn_quotes(body: str) -> str:
    """Mark quotes that the parser would turn the wrong way, and those that mean inches and feet.

    The second of two in a block closes; what stands after a number and closes nothing is a measure.
    """
    pieces: list[str] = []
    done = 0
    is_open = {'"': False, "'": False}
    for found in _QUOTE.finditer(body):
        at = found.start()
        end = found.end()
        sign = found[0][0]
        if sign == "\n":
            is_open["'"] = False
            is_open['"'] = is_open['"'] and _NEW_BLOCK.match(body, end) is None
            continue
        before, after = _around(body, at, end)
        if before == "\\":
            continue
        written = found[0]
        if _IS_NUMBER.match(before) and _is_measure(body, end, found[0], is_open[sign]):
            written = written.translate(_STRAIGHT)
        elif not before or before in _BEFORE_OPENING:
            is_open[sign] = bool(after.strip())
        elif not after or after in _BEHIND_CLOSING:
            is_open[sign] = False
        elif _IN_TARGET.search(body, max(0, at - 300), at) is None and (
            sign == '"' or (_IS_CJK.match(before) and _IS_CJK.match(after))
        ):
            written = _turned(found[0], is_open[sign])
            is_open[sign] = not is_open[sign]
        if written != found[0]:
            pieces += (body[done:at], written)
            done = end
    pieces.append(body[done:])
    return "".join(pieces)


def _around(body: str, start: int, end: int) -> tuple[str, str]:
    """Return the characters before and behind a part of a text, outside emphasis; '' for none."""
    while start and body[start - 1] in "*_~":
        start -= 1
    while body[end : end + 1] in ("*", "_", "~"):
        end += 1
    return body[start - 1 : start], body[end : end + 1]


def _turned(quote: str, is_open: bool) -> str:
    """Return a quote between two characters with the mark that makes it close or open."""
    if is_open:
        return quote + _CLOSES
    return _OPENS + quote


def _is_measure(body: str, end: int, quote: str, is_open: bool) -> bool:
    """Whether a quote behind a number means inches or feet, and does not close a quotation."""
    after = body[end : end + 1]
    if _IN_TAG.match(body, end):
        return False
    if quote == "'" and after.isdigit():
        return True
    if after.isalnum() and after not in "x×":
        return False
    return not is_open


def _flank(found: re.Match[str]) -> str:
    """Let asterisks next to Chinese, Japanese and Korean punctuation begin and end emphasis.

    The rules are those of https://github.com/tats-u/markdown-cjk-friendly.
    """
    text = found.string
    before = text[found.start() - 1 : found.start()]
    after = text[found.end() : found.end() + 1]
    left = right = ""
    if (
        after
        and _IS_MARK.match(after)
        and (_IS_CJK_MARK.match(after) or (before and _IS_CJK.match(before)))
    ):
        right = _GUARD
        end = found.end() + 1
        if after in "'\"" and end < len(text) and text[end] not in _BEHIND_CLOSING:
            right = _OPENS
    if (
        before
        and _IS_MARK.match(before)
        and (_IS_CJK_MARK.match(before) or (after and _IS_CJK.match(after)))
    ):
        left = _GUARD
        start = found.start() - 1
        if before in "'\"" and start and text[start - 1] not in _BEFORE_OPENING:
            left = _CLOSES
    return f"{left}{found[1]}{right}"


def join_lines(text: str) -> str:
    """Return a text without line breaks between letters of a script that has no spaces."""
    return _CJK_BREAK.sub("", text)


def joins(before: str, after: str) -> bool:
    """Whether both characters are Chinese or Japanese: a line break between them is dropped.

    Between others it becomes a space.
    """
    return bool(before and after and HAS_CJK.match(before) and HAS_CJK.match(after))
