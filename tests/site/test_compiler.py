"""`flask check` like a compiler: the line and a caret, forms for programs, and good manners."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import PostsFolder

MakeApp = Callable[..., Flask]


def check(make_app: MakeApp, *options: str) -> tuple[int, str]:
    result = make_app().test_cli_runner().invoke(args=["check", *options])
    return result.exit_code, result.output


def test_the_line_stands_below_its_problem_with_a_caret(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("a.md", "---\ntitle: 火星: the sequel\n---\n")

    _, told = check(make_app)

    assert "a.md:2:10: YAML" in told
    assert "  2 | title: 火星: the sequel\n    |            ^\n" in told


def test_warnings_count_where_one_is_strict(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", mooood="x")

    assert check(make_app)[0] == 0
    assert check(make_app, "--strict")[0] == 1


def test_only_the_files_that_are_named_are_told(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", mooood="x")
    folder.write("b")
    folder.raw("c/d.md", "---\ntitle: Mars: the sequel\n---\n")

    assert check(make_app, "b")[1].endswith("0 errors, 0 warnings.\n")
    assert check(make_app, str(folder.path / "c"))[1].endswith("1 error, 0 warnings.\n")
    assert check(make_app, "nothing.md")[0] == 2


def test_programs_are_told_in_their_own_forms(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("a.md", "---\ntitle: Mars: the sequel\n---\n")

    rows = json.loads(check(make_app, "--json")[1])
    code, command = check(make_app, "--format", "github")

    assert [(row["severity"], row["path"], row["line"], row["column"]) for row in rows] == [("error", "a.md", 2, 12)]
    assert code == 1
    assert command.startswith("::error file=posts/a.md,line=2,col=12::YAML: ")


@pytest.mark.parametrize(
    ("body", "place", "cause"),
    [
        ("x ![](a.png)", "post.md:6:3", "no alternative text"),
        ('<img src="a.png">', "post.md:6:1", "no alternative text"),
        ("## A\n\n#### B", "post.md:8:1", "A heading of level 4 follows one of level 2"),
    ],
)
def test_bad_manners_are_told_with_their_place(
    make_app: MakeApp, folder: PostsFolder, body: str, place: str, cause: str
) -> None:
    folder.write("post", body)

    told = check(make_app)[1]

    assert [line for line in told.splitlines() if place in line and cause in line], told


@pytest.mark.parametrize("body", ["`![](a.png)`", "```\n# A\n### B\n```", '<img src="a.png" alt="">', "# A\n\n## B"])
def test_good_manners_are_not_told(make_app: MakeApp, folder: PostsFolder, body: str) -> None:
    folder.write("post", body)

    told = check(make_app)[1]

    assert "alternative" not in told
    assert "heading" not in told


def test_what_only_all_articles_together_show_is_told(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", title="Weeknotes", tags=["Planets", "Apollo 11"], summary="x " * 200)
    folder.write("b", title="weeknotes", date="2025-01-02", tags=["Planets", "Apollo 12"])
    folder.write("c", tags=["Planet"])
    (folder.path / "large.png").write_bytes(bytes(13_000_000))

    told = check(make_app)[1]

    assert "The summary has 399 characters" in told
    assert "The article has the title of a.md" in told
    assert "The tag `Planet` differs from `Planets` by one letter" in told
    assert "Apollo" not in told
    assert "large.png: The picture has 13 MB" in told
