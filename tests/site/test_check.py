"""`flask check`: what is wrong with the writing, told once, with a number that counts right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import PostsFolder


def check(app: Flask) -> tuple[int, list[str]]:
    """The exit code and the lines of a report, without the lines of files below them."""
    result = app.test_cli_runner().invoke(args=["check"])
    return result.exit_code, [line for line in result.output.splitlines() if not line.startswith(" ")]


def test_each_problem_is_told_once(
    make_app: Callable[..., Flask], folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.raw("broken.md", "---\ntitle: Mars: the sequel\n---\n")
    folder.write("hello", "![A hatch](hatch.jpg)", moood="happy")

    code, told = check(make_app())

    assert code == 1
    assert [line.split(" ")[:2] for line in told[:-1]] == [
        ["error:", "broken.md:2:12:"],
        ["warning:", "hello.md:4:1:"],
        ["warning:", "hello.md:7:12:"],
    ]
    assert told[-1] == "1 article and 0 pages are readable; 1 error, 2 warnings."
    assert caplog.text == ""


def test_serving_tells_what_was_wrong_before(
    make_app: Callable[..., Flask], folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.raw("broken.md", "---\ntitle: Mars: the sequel\n---\n")

    make_app().test_client().get("/health/")

    assert caplog.text.count("broken.md:2:12") == 1


def test_writing_without_faults_is_counted(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")

    assert check(make_app()) == (0, ["1 article and 0 pages are readable; 0 errors, 0 warnings."])


def test_dead_links_in_bios_are_told_with_their_place(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("a", author="ada")
    folder.raw("_authors/ada.md", "---\nname: Ada\n---\n[a](../a.md) [b](../b.md) [c](/articles/c/)\n")

    told = make_app().test_cli_runner().invoke(args=["check", "--all"]).output

    assert "_authors/ada.md:4:18: The link or picture `../b.md` leads to nothing" in told
    assert "_authors/ada.md:4:31: The link or picture `/articles/c/` leads to nothing" in told
    assert told.count("leads to nothing") == 2
