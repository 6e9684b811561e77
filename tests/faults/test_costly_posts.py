"""One post that costs too much is shown as its source, quickly, and its page stays within bounds."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from octavo.content.markdown.render import render

SIZE = 900_000
COSTLY = {
    "notes of one name": "[^1] " * 150_000 + "\n\n[^1]: x\n",
    "notes": "".join(f"[^{number}] [^{number}]\n\n[^{number}]: x\n\n" for number in range(22_000)),
    "equal headings": "# a\n\n" * 180_000,
    "headings": "".join(f"# h{number}\n\n" for number in range(90_000)),
    "attributes": "<p " + " ".join(f"data-a{number}=x" for number in range(80_000)) + ">x</p>",
    "tables": "|a|\n|-|\n\n" * 70_000,
    "cells": "|a|b|c|d|\n|-|-|-|-|\n" + "|1|2|3|4|\n" * 80_000,
    "columns": "|a" * 5_000 + "|\n" + "|-" * 5_000 + "|\n" + ("|x" * 5_000 + "|\n") * 50,
    "quotes": "> a\n\n" * 180_000,
}
LARGE = {
    "prose": ("The quick brown fox jumps over the lazy dog. " * 12 + "\n\n") * 1_600,
    "a long table": "|a|b|c|d|\n|-|-|-|-|\n" + "|1|2|3|4|\n" * 5_000,
    "many headings": "".join(f"## Chapter {number}\n\nText.\n\n" for number in range(2_000)),
    "many notes": "".join(f"Word[^{number}].\n\n[^{number}]: Note.\n\n" for number in range(2_000)),
}


class Nowhere:
    """Resolves no address."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


@pytest.mark.parametrize("name", COSTLY)
def test_a_text_that_would_make_a_page_beyond_proportion_is_shown_as_its_source(name: str) -> None:
    body = COSTLY[name][:SIZE]

    made = render(body, Nowhere())  # type: ignore[arg-type]

    assert made.html.startswith('<div class="code"><pre')
    assert len(made.html) < 6 * len(body)
    assert not made.headings


@pytest.mark.parametrize("name", LARGE)
def test_a_large_text_is_rendered(name: str) -> None:
    made = render(LARGE[name], Nowhere())  # type: ignore[arg-type]

    assert not made.html.startswith('<div class="code"><pre')


def test_the_page_of_a_missing_address_repeats_only_its_beginning(client: FlaskClient) -> None:
    short = client.get("/articles/missing")
    long = client.get("/articles/" + "x" * 60_000)

    assert short.status_code == long.status_code == 404
    assert len(long.text) < len(short.text) + 2_000


def test_entity_tags_are_compared_as_wholes(client: FlaskClient, write_post: Any) -> None:
    write_post("hello")
    tag = client.get("/articles/hello/").headers["ETag"]

    def status(tags: str) -> int:
        return client.get("/articles/hello/", headers={"If-None-Match": tags}).status_code

    assert [status(tags) for tags in (tag, f'"a", {tag}', f"W/{tag}", f'"a,b",W/{tag}', "*")] == [304] * 5
    assert [status(tags) for tags in (f'"x{tag[1:]}', f'{tag[:-1]}x"', '"a, b"', tag[1:-1])] == [200] * 4
