"""WordPress shortcodes that exports leave in a text: https://wordpress.com/support/shortcodes/.

Their brackets may be escaped or not.
"""

from __future__ import annotations

import re

from octavo.content.markdown.dialects.meaning import (
    Arguments,
    media,
    plain,
    read_arguments,
    vimeo,
    youtube,
)
from octavo.content.markdown.dialects.scan import Form, Scan
from octavo.content.markdown.dialects.shortcodes import fenced

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
    target = match[1].replace("\\_", "_")
    if "youtu" in target:
        scan.write(youtube(target))
    elif "vimeo.com" in target:
        scan.write(vimeo(target))
    else:
        scan.write(media(target))
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
        scan.write(youtube(target))
    elif name == "vimeo":
        scan.write(vimeo(target))
    elif "." in target:
        scan.write(media(target))
    else:
        return None
    return match.end()


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
        rf"{_OPEN}embed\b{_TEXT}{_CLOSE}\s*<?([^\s<>\[\]\\]+)>?\s*{_OPEN}/embed{_CLOSE}",
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
)
