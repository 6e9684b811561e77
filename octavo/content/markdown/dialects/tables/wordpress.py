"""Shortcodes in brackets: WordPress's, which exports leave in a text, and Grav's.

Their brackets may be escaped or not.
https://wordpress.com/support/shortcodes/
https://github.com/getgrav/grav-plugin-shortcode-core
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.hidden import MAX_ENDS
from octavo.content.markdown.dialects.meaning import (
    Arguments,
    link,
    media,
    plain,
    read_arguments,
    vimeo,
    youtube,
)
from octavo.content.markdown.dialects.scan import Form, Scan
from octavo.content.markdown.dialects.shortcodes import PAIRS, SINGLE, fenced, shown_words

_OPEN = r"\\?\["
_CLOSE = r"\\?\]"
# Arguments, whose quotes and lines an exporter may have escaped too.
_TEXT = r"(?:[^\[\]\n\\]|\\[^\]\n]){0,500}?"
_NO_LINK = r"(?![(\[:])"
_CAPTION = re.compile(rf"{_OPEN}/caption{_CLOSE}")


def _arguments(text: str) -> Arguments:
    return read_arguments(text.replace("\\_", "_").replace('\\"', '"'))


def _caption(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a picture with its caption, which follows it or is an argument."""
    if scan.search(_CAPTION, match.end()) is None:
        return None
    words = _arguments(match[1]).get("caption")
    scan.open("wordpress caption", "", "", f" {plain(words)}" if words else "")
    return match.end()


def _caption_ends(scan: Scan, match: re.Match[str]) -> int | None:
    if scan.close("wordpress caption"):
        return match.end()
    return None


def _embed(scan: Scan, match: re.Match[str]) -> int:
    target = match["target"].replace("\\_", "_")
    if "youtu" in target:
        scan.write_shown(match.start(), match.end(), youtube(target))
    elif "vimeo.com" in target or match["name"] == "vimeo":
        scan.write_shown(match.start(), match.end(), vimeo(target))
    else:
        scan.write_shown(match.start(), match.end(), media(target))
    return match.end()


def _film(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a film or a sound: `[youtube=address]`, `[youtube address]`, `[audio src="a"]`."""
    name = match[1]
    rest = match[2].strip().removeprefix("=").strip()
    given = _arguments(rest)
    # The address itself may hold signs of equality.
    named = given.get("src", "url", "mp4", "mp3", "id")
    target = named or rest.strip("\"'")
    if not target or " " in target:
        return None
    if name == "youtube":
        scan.write_shown(match.start(), match.end(), youtube(target))
    elif name == "vimeo":
        scan.write_shown(match.start(), match.end(), vimeo(target))
    elif "." in target:
        scan.write_shown(match.start(), match.end(), media(target))
    else:
        return None
    return match.end()


def _formula(scan: Scan, match: re.Match[str]) -> int:
    scan.write(f"${match[1].strip()}$")
    return match.end()


def _plugin(scan: Scan, match: re.Match[str]) -> int:
    """Translate Grav's `[plugin:youtube](address)`."""
    if match[1] == "youtube":
        scan.write_shown(match.start(), match.end(), youtube(match[2]))
    elif match[1] == "vimeo":
        scan.write_shown(match.start(), match.end(), vimeo(match[2]))
    else:
        scan.write(link(plain(match[2]), match[2]))
    return match.end()


# Names that need no argument to be known for a shortcode, if an end follows.
_NAMES = frozenset(
    "accordion blockquote box center centerquote column columns details dropcap expand fieldset "
    "fullwidth half highlight hint icon lead left notice nextpage panel pullquote raw right row "
    "section spoiler tab table tabs third toggle".split()
)
_MADE_NAME = re.compile(r"[a-z][a-z\d]*(?:[_-][a-z\d]+)+")
# What plug-ins and themes put before a name that says what it is: `su_note`, `ui-tab`.
_MAKER = re.compile(r"(?:su|ui|vc|et_pb|fusion|av|ux|tc|g|prefix)[_-]")


def _pair(scan: Scan, match: re.Match[str]) -> int | None:
    """Translate a shortcode around a text; one that is not known leaves its text alone."""
    name = match[1]
    given = _arguments(match[2].removeprefix("="))
    has_arguments = match[2].startswith("=") or "=" in match[2]
    if match[2].rstrip().endswith("/"):
        return None
    if not (has_arguments or name in _NAMES or _MADE_NAME.fullmatch(name)):
        return None
    ending = re.compile(rf"{_OPEN}/{re.escape(name)}{_CLOSE}")
    if len(scan.absent) > MAX_ENDS or scan.search(ending, match.end()) is None:
        return None
    meaning = PAIRS.get(_MAKER.sub("", name))
    opening, closing = meaning(given) if meaning else ("", "")
    if meaning is None:
        _tell_unknown(scan, match)
    scan.open(f"bracket {name}", match[0], opening, closing)
    return match.end()


def _pair_ends(scan: Scan, match: re.Match[str]) -> int | None:
    if scan.close(f"bracket {match[1]}"):
        return match.end()
    return None


def _single(scan: Scan, match: re.Match[str]) -> int:
    """Leave out a shortcode without a text, but keep the words and the address that it shows."""
    given = _arguments(match[2])
    single = SINGLE.get(match[1])
    shown = single(given) if single else ""
    if not shown:
        _tell_unknown(scan, match)
        shown = shown_words(given)
    scan.write(shown)
    return match.end()


def _tell_unknown(scan: Scan, match: re.Match[str]) -> None:
    cause = f"`[{match[1]}]` has no meaning here: it is left out, and the text within it stays."
    scan.note(match.start(), cause, "Write in Markdown what it was to show, or delete it.")


def _code(scan: Scan, match: re.Match[str]) -> int:
    given = _arguments(match[2])
    language = given.get("language", "lang", at=0)
    scan.write(fenced(match[3].replace("\\_", "_"), language))
    return match.end()


def _list(scan: Scan, match: re.Match[str]) -> int:
    cause = f"`[{match[1]}]` has no meaning here: its files are named by numbers of another system."
    scan.note(match.start(), cause, "Write the pictures in Markdown.")
    return match.end()


FORMS = (
    Form(rf"{_OPEN}caption\b({_TEXT}){_CLOSE}", _caption, "[\\", gate="["),
    Form(rf"{_OPEN}/caption{_CLOSE}", _caption_ends, "[\\", gate="["),
    Form(
        rf"{_OPEN}(?P<name>embed|youtube|vimeo|soundcloud|tweet|facebook|instagram)\b{_TEXT}{_CLOSE}"
        rf"\s*<?(?P<target>[^\s<>\[\]\\]+)>?\s*{_OPEN}/(?P=name){_CLOSE}",
        _embed,
        "[\\",
        gate="[",
    ),
    Form(
        rf"{_OPEN}(youtube|vimeo|video|audio|wpvideo)([ =]{_TEXT}){_CLOSE}(?:{_OPEN}/\1{_CLOSE})?{_NO_LINK}",
        _film,
        "[\\",
        gate="[",
    ),
    Form(
        rf"{_OPEN}(sourcecode|code)([ =]{_TEXT}){_CLOSE}((?s:.){{0,20000}}?){_OPEN}/\1{_CLOSE}",
        _code,
        "[\\",
        gate="[",
    ),
    Form(rf"{_OPEN}(gallery|playlist) ({_TEXT}){_CLOSE}{_NO_LINK}", _list, "[\\", gate="["),
    Form(
        rf"{_OPEN}latex{_CLOSE}([^\[\]$]{{1,1000}}){_OPEN}/latex{_CLOSE}", _formula, "[\\", gate="["
    ),
    Form(r"\[plugin:([a-z][\w-]*)\]\(([^\s()]+)\)", _plugin, "[", gate="["),
    Form(rf"{_OPEN}([a-z][\w-]{{0,40}})((?:[ =]{_TEXT})?){_CLOSE}(?![(:])", _pair, "[\\", gate="["),
    Form(rf"{_OPEN}/([a-z][\w-]{{0,40}}){_CLOSE}", _pair_ends, "[\\", gate="["),
    Form(
        rf"{_OPEN}([a-z][\w-]{{0,40}})((?:[ ]+[\w-]+=(?:\"[^\"\n\[\]]*\"|'[^'\n\[\]]*'))+)[ ]*/?{_CLOSE}{_NO_LINK}",
        _single,
        "[\\",
        gate="[",
    ),
)
