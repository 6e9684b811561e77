"""`flask check --fix`: what has one right answer is written, shown first, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import PostsFolder

MakeApp = Callable[..., Flask]
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def fix(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["check", "--fix", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("![A](Hatch.SVG)", "![A](hatch.svg)"),
        ("![A](sub\\\\a.svg)", "![A](sub/a.svg)"),
        ("![A](My%20Pic.SVG)", "![A](my%20pic.svg)"),
        ("![A](<My Pic.SVG>)", "![A](<my pic.svg>)"),
        ("[up](#Place)\n\n## Place", "[up](#place)\n\n## Place"),
        ("[up](Other.md#First-Place)", "[up](Other.md#first-place)"),
    ],
)
def test_what_has_one_right_answer_is_written(make_app: MakeApp, folder: PostsFolder, written: str, right: str) -> None:
    for name in ("hatch.svg", "my pic.svg", "sub/a.svg"):
        folder.raw(name, PICTURE)
    folder.write("other", "## First place\n")
    file = folder.raw(
        "one.md", f"\ufeff---\r\ntitle: One # mine\r\ndate: 2024-01-02\r\n---\r\n{written} é {written}\r\n"
    )
    before = file.read_bytes().decode()

    code, told = fix(make_app(), "--yes")

    assert code == 0
    assert "+" + right.partition("\n")[0] in told
    assert file.read_bytes().decode() == before.replace(written, right)


def test_what_has_several_answers_stays_and_so_does_code(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("hatch.svg", PICTURE)
    folder.write("one", "![](hatch.svg) [x](hatsch.svg) [y](#nowhere) `Hatch.SVG`\n")

    told = fix(make_app(), "--yes")

    assert told == (0, "There is nothing to change.\n")


def test_a_trial_shows_the_change_and_writes_nothing(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("hatch.svg", PICTURE)
    file = folder.write("one", "![A](Hatch.svg)\n")
    app = make_app()

    code, told = fix(app, "--dry-run")
    again = fix(app, "--dry-run")

    assert code == 0
    assert "-![A](Hatch.svg)\n+![A](hatch.svg)\n" in told
    assert again == (code, told)
    assert "Hatch.svg" in file.read_text("utf-8")


def test_yes_without_fix_is_a_mistake_that_is_told(make_app: MakeApp) -> None:
    result = make_app().test_cli_runner().invoke(args=["check", "--yes"])

    assert result.exit_code == 2
    assert "--yes and --dry-run belong to --fix." in result.output
