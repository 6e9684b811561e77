"""Where code stands in the source of a text, for checks and renames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.editing.code import code_places, without_code, without_comments

CODE = {
    "span": ("a `b` c", ["`b`"]),
    "span of two signs": ("a ``b ` c`` d", ["``b ` c``"]),
    "span over a line's end": ("a `b\nc` d", ["`b\nc`"]),
    "none over a blank line": ("a `b\n\nc` d", []),
    "none over a blank line of a quote": ("> a `b\n>\n> c` d", []),
    "sign alone": ("it`s `so`", ["`s `"]),
    "other length": ("a ``b` c `d`", ["` c `"]),
    "fence": ("a\n```py\nb\n```\nc", ["```py\nb\n```"]),
    "fence in a quote": ("> ```\n> b\n> ```\n> c", ["> ```\n> b\n> ```"]),
    "longer end": ("~~~\n`b\n~~~~\nc", ["~~~\n`b\n~~~~"]),
    "fence of another sign": ("~~~\nb\n```\nc\n~~~\n", ["~~~\nb\n```\nc\n~~~"]),
    "fence without an end": ("a\n```\nb\n\nc", ["```\nb\n\nc"]),
    "span of three signs on its line": ("``` a ``` b", ["``` a ```"]),
    "fence of a text with CRLF": ("```\r\na\r\n```\r\nb `c`", ["```\r\na\r\n```", "`c`"]),
}


@pytest.mark.parametrize("name", CODE)
def test_code_is_found_as_markdown_sees_it(name: str) -> None:
    text, expected = CODE[name]

    assert [text[begin:end].rstrip("\r") for begin, end in code_places(text)] == expected


signs = st.lists(st.sampled_from(["`", "``", "```", "~~~", "\n", "\n\n", "> ", "a", " ", "<!--", "-->", "\r\n"]))


@given(signs.map("".join))
def test_blanks_keep_every_place_and_every_line(text: str) -> None:
    for blank in (without_code, without_comments):
        made = blank(text)

        assert len(made) == len(text)
        assert [sign if sign in "\r\n" else "" for sign in made] == [sign if sign in "\r\n" else "" for sign in text]
        assert all(new in (old, " ") for old, new in zip(text, made, strict=True))


def test_comment_without_an_end_is_none() -> None:
    assert without_comments("a <!-- b --> c <!-- d") == "a            c <!-- d"
