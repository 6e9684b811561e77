"""Syntax highlighting: Pygments tokens as spans with short classes."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from time import thread_time
from typing import Any

from pygments.lexer import DelegatingLexer, Lexer
from pygments.lexers import find_lexer_class_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

# Characters of a block of code, of one in a language of templates, which is read whole before its
# first token comes, and of a line; and the time that a block may take, in seconds of a processor.
MAX_CODE = 10_000
_MAX_DELEGATED = 5_000
_LONGEST_LINE = 1_000
_MAX_SECONDS = 0.2
_INFO = re.compile(r"[\s{.]*([\w+#-]+)")


def language_of(info: str) -> str:
    """Return the language in a code block's info string (`rust,ignore`, `{.python}`), or ''."""
    name = _INFO.match(info)
    if name:
        return name[1].lower()
    return ""


def highlight(code: str, language: str) -> str:
    """Return `code` as escaped HTML, with a span for each token.

    It has no spans where `language` is unknown or the code is too long.
    """
    lexer_class = _lexer_class(language) if language and len(code) <= MAX_CODE else None
    if lexer_class is None or max(map(len, code.split("\n"))) > _LONGEST_LINE:
        return escape(code, quote=False)
    if issubclass(lexer_class, DelegatingLexer) and len(code) > _MAX_DELEGATED:
        return escape(code, quote=False)
    # A lexer keeps state while it runs, so threads share the class and never the lexer.
    lexer = lexer_class(stripnl=False, ensurenl=False)
    parts: list[str] = []
    deadline = thread_time() + _MAX_SECONDS
    kind: Any
    for kind, value in lexer.get_tokens(code):
        # Many lexers look from each token to the end of the text and take seconds for a page of
        # open quotes.
        if thread_time() > deadline:
            return escape(code, quote=False)
        while kind not in STANDARD_TYPES and kind.parent is not None:
            kind = kind.parent
        css = STANDARD_TYPES.get(kind, "")
        text = escape(value, quote=False)
        parts.append(f'<span class="{css}">{text}</span>' if css and css != "w" else text)
    return "".join(parts)


@lru_cache(maxsize=256)
def _lexer_class(language: str) -> type[Lexer] | None:
    try:
        found: type[Lexer] = find_lexer_class_by_name(language)
    except ClassNotFound:
        return None
    return found
