"""`flask check` is read: errors first, equal problems once, and what is meant is no mistake."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import PostsFolder
from tests.site.test_check import check

MakeApp = Callable[..., Flask]


def lines(make_app: MakeApp, *options: str) -> list[str]:
    """The lines of a report, without the lines of files below them."""
    result = make_app().test_cli_runner().invoke(args=["check", *options])
    return [line for line in str(result.output).splitlines() if not line.startswith(" ")]


def test_errors_come_first(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", moood="happy")
    folder.raw("z.md", "---\ntitle: Mars: the sequel\n---\n")

    told = lines(make_app)

    assert [line.split(":")[0] for line in told] == [
        "error",
        "warning",
        "1 article and 0 pages are readable; 1 error, 1 warning.",
    ]


def test_equal_problems_are_told_once_with_their_number_and_first_place(make_app: MakeApp, folder: PostsFolder) -> None:
    for number in range(30):
        folder.write(f"post-{number:02}", date=None)

    told = lines(make_app)

    assert len(told) == 2
    assert told[0].startswith("warning: post-00.md:1: The article has no date.")
    assert "29 more" in told[0]
    assert told[1].endswith("0 errors, 30 warnings.")


def test_a_field_in_many_files_is_the_sites_own(make_app: MakeApp, folder: PostsFolder) -> None:
    for number in range(6):
        folder.write(f"post-{number}", **{"ms.topic": "how-to"})
    for number in range(5):
        folder.write(f"rare-{number}", mooood="happy")

    told = lines(make_app)

    assert not [line for line in told if "ms.topic" in line]
    assert [line for line in told if "mooood" in line and "4 more" in line]


@pytest.mark.parametrize("count", [60, 400])
def test_a_report_has_forty_lines_at_most(make_app: MakeApp, folder: PostsFolder, count: int) -> None:
    for number in range(count):
        folder.write(f"post-{number:03}", **{f"strange_{number}x": "y"})
    folder.raw("zz.md", "---\ntitle: Mars: the sequel\n---\n")

    told = lines(make_app)
    everything = lines(make_app, "--all")

    assert len(told) == 40
    assert told[0].startswith("error: zz.md")
    assert "--all" in told[-2]
    assert len(everything) == count + 2


def test_a_long_name_is_cut(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("post", **{"x" * 300: "y"})

    assert max(map(len, lines(make_app))) < 250


def test_the_terminal_tells_errors_among_many_warnings(
    make_app: MakeApp, folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(50):
        folder.write(f"post-{number:03}", **{f"strange_{number}x": "y"})
    folder.raw("zz.md", "---\ntitle: Mars: the sequel\n---\n")

    make_app().test_client().get("/health/")

    assert "zz.md:2:12" in caplog.text


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("sumary", "summary"), ("titel", "title"), ("atuhor", "author"), ("descriptoin", "description"),
        ("updated_by", None), ("ms.date", None), ("caption", None), ("icon", None), ("options", None), ("alt", None),
        ("credit", None), ("action", None), ("image2", None), ("cap", None), ("img_alt", None), ("colour", None),
        ("mood", None), ("number", None), ("location", None), ("event", None),
    ],
)  # fmt: skip
def test_a_guess_is_made_only_where_it_would_be_right(
    make_app: MakeApp, folder: PostsFolder, name: str, guess: str | None
) -> None:
    fields = {"title": None, "body": "Text", name: "x"}
    folder.write("post", **fields)

    told = [line for line in lines(make_app) if f"`{name}`" in line]

    assert [f"Did you mean `{guess}`?" in line for line in told] == [True] * len(told) if guess else True
    assert guess or "Did you mean" not in "".join(told)


def test_a_field_that_stands_there_already_is_no_guess(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("post", sumary="x", summary="y")

    assert "Did you mean" not in "".join(lines(make_app))


def test_authors_without_a_file_are_told_where_others_have_one(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("_authors/desk.md", "---\nname: The Desk\n---\nBio")
    folder.write("a", author="The Desk")
    folder.write("b", author="Desk")
    folder.write("c", author="Nobody")
    folder.write("d", author="Nobody")

    told = lines(make_app)

    assert len(told) == 2
    assert "c.md: The author `Nobody` has no file" in told[0]
    assert "1 more" in told[0]


def test_authors_need_no_file_where_nobody_has_one(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", author="Nobody")

    assert check(make_app()) == (0, ["1 article and 0 pages are readable; 0 errors, 0 warnings."])


def test_fields_of_authors_are_checked(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw(
        "_authors/desk.md", "---\nname: The Desk\nrol: Editor\nwebsite: https://x.example\navatar: no.png\n---\nBio"
    )

    told = lines(make_app)

    assert [line.partition(" ")[2][:22] for line in told[:-1]] == ["_authors/desk.md: The ", "_authors/desk.md:3:1: "]
    assert "`rol`" in told[1]


@pytest.mark.parametrize(
    ("head", "cause"),
    [
        ("date: 2025-03-01\nupdated: 2025-02-01", "`updated` (2025-02-01) is before the date"),
        ("date: 2025-03-01\nexpires: 2025-02-01", "`expires` (2025-02-01) is before the date"),
        ("date: 2025-03-02\nupdated: 2030-01-01", "`updated` (2030-01-01) is still to come"),
        ("date: 2025-03-01\nrelated: [nope]", "`related` names `nope`"),
        ("date: 2025-03-01\naliases: [/articles/other/]", "`/articles/other/` of `aliases` leads to other.md"),
        ("date: 2025-03-01\naliases: [/tags/]", "`/tags/` of `aliases` leads to"),
        ("date: 2025-03-01\naliases: [/old/]", "`/old/` of `aliases` leads to post.md"),
        ("date: 2025-01-01\ntitle: other", "has the title and the date of other.md"),
        ("date: 2025-03-01\nimage: https://cdn.example/x.jpg", "`image` is on cdn.example, and is not shown"),
        ("date: 07/08/2025", "is read as 08 July 2025"),
    ],
)
def test_what_contradicts_itself_or_others_is_told(
    make_app: MakeApp, folder: PostsFolder, head: str, cause: str
) -> None:
    folder.write("other", aliases=["/old/"], date="2025-01-01")
    title = "" if "title:" in head else "title: T\n"
    folder.raw("post.md", f"---\n{title}{head}\n---\nText\n")

    told = lines(make_app)

    assert [line for line in told if cause in line], told


def test_aliases_that_lead_to_their_text_are_no_problem(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", aliases=["/old/name.html", "/?p=42", "/2020/01/a/", "https://old.example/x/"])

    assert check(make_app())[1] == ["1 article and 0 pages are readable; 0 errors, 0 warnings."]


def test_each_copy_is_told_with_its_original(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("plain")
    names = ["plain - Copy.md", "plain (1).md", "plain.sync-conflict-20250102-101010-ABCDEFG.md"]
    for name in names:
        folder.raw(name, (folder.path / "plain.md").read_text())

    told = "\n".join(lines(make_app))

    assert all(f"{name} is a copy of plain.md" in told for name in names)


def test_many_names_that_repeat_are_told_once(make_app: MakeApp, folder: PostsFolder) -> None:
    for day in range(1, 29):
        folder.write(f"2025-01-{day:02}-weeknotes", date=None, title=f"Week {day}")

    told = lines(make_app)

    assert len(told) == 2
    assert "2025-01-02-weeknotes.md" in told[0]
    assert "26 more" in told[0]


def test_what_readers_do_not_see_is_counted_apart(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a")
    folder.write("b", draft=True)
    folder.write("c", status="pending")
    folder.write("d", date="2099-01-01")
    folder.write("e", unlisted=True)

    told = lines(make_app)[-1]

    counts = "2 articles and 0 pages are readable, 2 withheld, 1 scheduled or expired"
    assert told == f"{counts}; 0 errors, 0 warnings."


def test_what_stands_once_is_read_beside_hundreds_of_dead_ends(make_app: MakeApp, folder: PostsFolder) -> None:
    for number in range(30):
        body = f"[x](/nope-{number}/) ![y](no-{number}.png) [z](#place-{number}) a[^{number}] b\n\n[^n{number}]: c"
        folder.write(f"post-{number:03}", body=body)
    folder.raw("zz.rst", "A text\n")

    told = lines(make_app)

    assert len(told) == 7
    assert [line for line in told if "`/nope-0/`" in line and "post-000.md:" in line and "29 more" in line]
    assert [line for line in told if "`no-0.png`" in line and "29 more" in line]
    assert [line for line in told if "`#place-0`" in line and "29 more" in line]
    assert [line for line in told if "zz.rst" in line]


def test_each_form_of_problem_has_a_line_before_any_has_two(make_app: MakeApp, folder: PostsFolder) -> None:
    for number in range(200):
        folder.write(f"post-{number:03}", date=f"{number}-of-May", related=f"no-{number}", aliases=f"/post-{number}/")
    folder.write("zz", mood_of_day="happy")

    told = lines(make_app)

    assert len(told) == 40
    assert [line for line in told if "mood_of_day" in line]
