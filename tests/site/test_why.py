"""`flask posts why` and `list`: each reason why readers do not see a text, in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import PostsFolder, Reader

MakeApp = Callable[..., Flask]
HEAD = "title: A\ndate: 2025-01-01\n"


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["posts", *arguments])
    return result.exit_code, result.output


def head(fields: str, body: str = "Text\n") -> str:
    return f"---\n{fields}---\n{body}"


PUBLISH = "`flask posts publish a`, or mend these lines."
WAIT = "Wait, or `flask posts publish a --now`."
LATER = "Delete `expires`, or write a later one."
LIST = "Delete that line, if lists are to show it."
RENAME = "Rename it, if readers are to see it."
CONVERT = "Convert what readers are to see to Markdown (.md), with pandoc for example."
LOOK = "Look whether the file is saved, and where: `flask posts list` tells all."
FRONT = (
    "Let the file begin with a line `---` and nothing else on it, without blanks or invisible characters before, then "
    "`name: value` lines, then `---`."
)
LIVE = "posts/a.md is live at https://journal.example/articles/a/"
WITHHELD = "posts/a.md is withheld. It says "
BROKEN = "posts/a.md is not shown as it is. "

# What is in posts/, what is asked, the exit code, the verdict, what to do, and facts between them.
REASONS: list[tuple[dict[str, str | bytes], str, int, str, str, list[str]]] = [
    ({"a.md": head(HEAD)}, "a", 0, LIVE, "", ["Lists:        /articles/ (place 1 of 1), /archive/2025/"]),
    ({"a.md": head(HEAD + "draft: true\n")}, "a", 1, f"{WITHHELD}`draft: true` on line 4.", PUBLISH, []),
    ({"a.md": head(HEAD + "published: false\n")}, "a", 1, f"{WITHHELD}`published: false` on line 4.", PUBLISH, []),
    ({"a.md": head(HEAD + "publish: false\n")}, "a", 1, f"{WITHHELD}`publish: false` on line 4.", PUBLISH, []),
    ({"a.md": head(HEAD + "status: pending\n")}, "a", 1, f"{WITHHELD}`status: pending` on line 4.", PUBLISH, []),
    ({"a.md": "Title: A\nStatus: draft\n\nText\n"}, "a", 1, f"{WITHHELD}`Status: draft` on line 2.", PUBLISH, []),
    ({"a.md": head(HEAD + "visibility: private\n")}, "a", 1,
     f"{WITHHELD}`visibility: private` on line 4.", PUBLISH, []),
    ({"a.md": head(HEAD + "visibility: members\n")}, "a", 1,
     f"{WITHHELD}`visibility: members` on line 4.", PUBLISH, []),
    ({"a.md": head(HEAD + "password: hush\n")}, "a", 1, f"{WITHHELD}`password: hush` on line 4.", PUBLISH, []),
    ({"a.md": head(HEAD + "draft: perhaps\n")}, "a", 1,
     f"{WITHHELD}`draft: perhaps` on line 4.", PUBLISH, ["neither true nor false"]),
    ({"a.md": "+++\ntitle = 'A'\ndraft = true\n+++\nText\n"}, "a", 1,
     f"{WITHHELD}`draft: true` on line 3.", PUBLISH, []),
    ({"_pages/a.md": head("title: A\ndraft: true\n")}, "/a/", 1,
     "posts/_pages/a.md is withheld. It says `draft: true` on line 3.", PUBLISH, ["none: pages are in no list"]),
    ({"x/_metadata.yml": "draft: true\n", "x/a.md": head(HEAD)}, "a", 1,
     "posts/x/a.md is withheld. x/_metadata.yml says so for the texts of its folder.",
     "Change it in x/_metadata.yml, or move the text to another folder.", []),
    ({"x/x.json": '{"permalink": false}', "x/a.md": head(HEAD)}, "a", 1,
     "posts/x/a.md is withheld. x/x.json says so for the texts of its folder.",
     "Change it in x/x.json, or move the text to another folder.", []),
    ({"x/_index.md": head("title: X\ncascade:\n  draft: true\n"), "x/a.md": head(HEAD + "draft: true\n")}, "a", 1,
     "posts/x/a.md is withheld. It says `draft: true` on line 4. x/_index.md says so for the texts of its folder.",
     "Change it in x/_index.md, or move the text to another folder.", []),
    ({"a.md": head("title: A\ndate: 2025-12-24 09:00\n")}, "a", 1,
     "posts/a.md is not live yet. It goes live 2025-12-24 09:00 UTC.", WAIT, []),
    ({"a.md": head("title: A\ndate: 2025-07-20T14:00:00+00:00\n")}, "a", 1,
     "posts/a.md is not live yet. It goes live 2025-07-20 14:00 UTC.", WAIT, ["in 2.0 hours"]),
    ({"a.md": head(HEAD + "publishDate: 2025-12-24\n")}, "a", 1,
     "posts/a.md is not live yet. It goes live 2025-12-24 00:00 UTC.", WAIT, []),
    ({"a.md": head(HEAD + "expires: 2025-02-01\n")}, "a", 1,
     "posts/a.md is over. It expired 2025-02-01 00:00 UTC.", LATER, []),
    ({"a.md": head(HEAD + "expires: 2024-02-01\n")}, "a", 1,
     "posts/a.md is over. It expired 2024-02-01 00:00 UTC.",
     "`expires` is before the date, so that nobody ever sees it: mend one.", []),
    ({"a.md": head(HEAD + "unlisted: true\n")}, "a", 0,
     f"{LIVE} and in no list. It says `unlisted: true` on line 4.", LIST, ["Lists:        none"]),
    ({"a.md": head(HEAD + "hidden: true\n")}, "a", 0,
     f"{LIVE} and in no list. It says `hidden: true` on line 4.", LIST, []),
    ({"a.md": head("title: Mars: the sequel\n")}, "a", 1,
     f"{BROKEN}a.md:2:12: YAML: mapping values are not allowed in this context.",
     'Put the value in quotes: it contains a colon ("Mars: the sequel").', []),
    ({"a.md": "---\ntitle: A\nText\n"}, "a", 1,
     f"{BROKEN}a.md:1:1: The front matter opens with `---` and is never closed.",
     "Add a line `---` after the last field; a rule as first line of a text is written `***`.", []),
    ({"a.md": head(HEAD + "draft: true\ndraft: false\n")}, "a", 1,
     f"{BROKEN}a.md:5:1: The field `draft` stands twice, on lines 4 and 5.", "Delete one of them.", []),
    ({"a.md": head("title: A\ndate: tomorrow\n")}, "a", 1,
     f"{BROKEN}a.md:3:1: `date`: 'tomorrow' is not a date (it has no form that is known).",
     "Write 2025-07-17 or 2025-07-17T09:30:00+02:00.", []),
    ({"a.md": b"---\ntitle: A\n---\n\xff"}, "a", 1,
     f"{BROKEN}a.md:4:1: The byte 0xff at offset 17 is not UTF-8.", "Save the file as UTF-8.", []),
    ({"a.md": head(HEAD).encode("utf-16")}, "a", 1, f"{BROKEN}a.md:1:1: The file is UTF-16.", "Save it as UTF-8.", []),
    ({"a.md": head(HEAD, "\0")}, "a", 1,
     f"{BROKEN}a.md:5:1: The file holds a NUL character.", "Save it as plain UTF-8 text.", []),
    ({"a.md": ""}, "a", 1, f"{BROKEN}a.md: The file is empty.", "Write a title and a text, or delete the file.", []),
    ({"a.md": head(HEAD, "x" * 3_000)}, "a", 1,
     f"{BROKEN}a.md: The file has 3,034 bytes; the limit is 2,000.",
     "Split it, or raise the setting `max_post_bytes`.", []),
    ({"a.md": "----\ntitle: A\ndraft: true\n----\n"}, "a", 1,
     f"{BROKEN}a.md:2:1: The text begins with what looks like front matter, but it cannot be read as such.", FRONT, []),
    ({"a.md": head(HEAD, "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n")}, "a", 1,
     f"{BROKEN}a.md:5:1: The file holds a conflict that is not resolved (`<<<<<<<`, `=======`, `>>>>>>>`).",
     "Keep one of the versions and delete the lines with the markers.", []),
    ({"a.md": head(HEAD + "slug: x\n"), "b.md": head("title: B\nslug: x\n")}, "b.md", 1,
     "posts/b.md is not shown as it is. b.md:1: The slug `x` is also that of a.md, which is shown instead.",
     "Give one of them another `slug:`.", []),
    ({"x/a.md": head(HEAD), "y/a.md": head("title: B\ndate: 2025-02-01\n")}, "y/a.md", 0,
     "posts/y/a.md is live at https://journal.example/articles/y-a/", "", ["is that of x/a.md"]),
    ({"a.md": head(HEAD), "a - Copy.md": head(HEAD)}, "a - Copy.md", 1,
     "posts/a - Copy.md is not shown as it is. a - Copy.md is a copy of a.md that a tool made, and is not shown.",
     "Take from it what you need and delete it; rename it if readers are to see it.", []),
    ({"_a.md": head(HEAD)}, "a", 1, "posts/_a.md is not looked at: `_a.md` begins with `_`.", RENAME, []),
    ({"_drafts/a.md": head(HEAD)}, "posts/_drafts/a.md", 1,
     "posts/_drafts/a.md is not looked at: `_drafts` begins with `_`.", RENAME, []),
    ({".a.md": head(HEAD)}, ".a.md", 1, "posts/.a.md is not looked at: `.a.md` begins with `.`.", RENAME, []),
    ({"a.html": "<p>"}, "a", 1,
     "posts/a.html is not shown. Texts in the format `.html` are not looked at: 1 file.", CONVERT, []),
    ({"a.py": "1"}, "a.py", 1,
     "posts/a.py is no Markdown file, and so no article.", "Save the text as Markdown (.md).", []),
    ({"node_modules/a.md": head(HEAD)}, "a", 1,
     "posts/node_modules/a.md lies in a folder of a tool, which is not looked at.", "Move it out of there.", []),
    ({"README.md": "About"}, "README.md", 1,
     "posts/README.md is withheld. The file is about its folder, or has no text.",
     "Give it a front matter with a title, and a text.", []),
    ({"x/a.md": head(HEAD)}, "posts/x", 1,
     "posts/x is a folder without an index.md: it only groups texts.", "Name one of its files.", []),
    ({"pluto.md": head(HEAD)}, "mars", 1, "There is no text `mars`.", LOOK, []),
    ({"pluto.md": head(HEAD)}, "https://[none", 1, "There is no text `https://[none`.", LOOK, []),
    ({"saturn.md": head(HEAD)}, "saturm", 1, "There is no text `saturm`.", "Did you mean `saturn` (saturn.md)?", []),
    ({"a.md": head(HEAD + "aliases: [/old/]\n")}, "/old/", 0, LIVE, "", []),
    ({"../_redirects": "/x /y 301\n"}, "/x", 0, "A rule of `_redirects` leads /x to /y.", "", []),
    ({"../_redirects": "/x 410\n"}, "/x", 0, "A rule of `_redirects` ends /x with 410.", "", []),
    ({"a.md": head(HEAD + "tags: [Moon]\n")}, "/tags/moon/", 0,
     "/tags/moon/ is a page that the site makes itself; no file is its text.", "", []),
    ({"_pages/about.md": head(HEAD)}, "/about/", 0,
     "posts/_pages/about.md is live at https://journal.example/about/", "", []),
    ({"_authors/desk.md": "---\nname: Desk\n---\n", "a.md": head(HEAD)}, "_authors/desk.md", 0,
     "posts/_authors/desk.md is the byline of Desk, who has signed no article.", "Sign one.", []),
    ({"a.md": head("title: A\n")}, "a", 0, LIVE, "", ["Date:         none; it stands behind all dated"]),
    ({"_pages/tags.md": head(HEAD)}, "_pages/tags.md", 1,
     "posts/_pages/tags.md is not shown as it is. "
     "_pages/tags.md:1:1: The address /tags/ belongs to a page that the site makes itself.",
     "Give the file another name, or write another `slug:`.", []),
]  # fmt: skip


@pytest.mark.parametrize(("files", "asked", "code", "verdict", "cure", "facts"), REASONS)
def test_each_reason_is_told(
    make_app: MakeApp,
    folder: PostsFolder,
    files: dict[str, str | bytes],
    asked: str,
    code: int,
    verdict: str,
    cure: str,
    facts: list[str],
) -> None:
    for name, data in files.items():
        folder.raw(name, data)

    found, told = run(make_app(max_post_bytes=2_000), "why", asked)

    lines = told.splitlines()
    assert lines[0] == verdict
    assert [line.removeprefix("To do: ") for line in lines if line.startswith("To do: ")] == [cure] * bool(cure)
    assert [words for words in facts if words not in told] == [], told
    assert found == code


def test_a_link_out_of_the_posts_is_told(make_app: MakeApp, folder: PostsFolder) -> None:
    (folder.path / "a.md").symlink_to("/etc/hostname")

    assert "leads out of the posts" in run(make_app(), "why", "a")[1]


def test_the_last_good_version_and_the_deleted_article_are_told(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a")
    file = folder.write("b")
    app = make_app()
    folder.raw("a.md", "---\ntitle: Mars: the sequel\n---\n")
    file.unlink()
    app.extensions["octavo"].refresh(settle=0)

    assert "Readers see its last good version" in run(app, "why", "a")[1]
    assert "was deleted" in run(app, "why", "/articles/b/")[1]


def test_an_answer_is_one_screen_and_one_object_for_programs(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", tags=["Moon"], category="Space", draft=False)
    app = make_app()

    lines = run(app, "why", "a")[1].splitlines()
    told = json.loads(run(app, "why", "a", "--json")[1])

    assert len(lines) < 20
    assert told["state"] == "live"
    assert told["path"] == "a.md"
    assert "/tags/moon/" in told["facts"]["Lists"]


def test_a_list_tells_what_is_hidden_and_why(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a")
    folder.write("b", draft=True)
    folder.write("c", date="2025-12-24T09:00:00")
    folder.write("d", expires="2025-02-01")
    folder.raw("e.md", "---\ntitle: Mars: the sequel\n---\n")
    folder.write("f", unlisted=True)
    app = make_app(timezone="Europe/Oslo")

    rows = {row["path"]: row for row in json.loads(run(app, "list", "--json")[1])}
    hidden = run(app, "list", "--hidden")[1]

    states = {path: row["state"] for path, row in rows.items()}
    assert states == {
        "a.md": "live", "b.md": "draft", "c.md": "scheduled", "d.md": "expired", "e.md": "broken", "f.md": "unlisted",
    }  # fmt: skip
    assert rows["c.md"]["why"] == "It goes live 2025-12-24 09:00 Europe/Oslo."
    assert "e.md:2:12" in hidden
    assert "a.md" not in hidden


@pytest.mark.parametrize("command", [("why", ""), ("publish", " "), ("rename", "", "b")])
def test_a_text_that_is_not_named_is_asked_for(app: Flask, folder: PostsFolder, command: tuple[str, ...]) -> None:
    folder.write("a")

    code, told = run(app, *command)

    assert code == 2
    assert "It is empty. Name a path, a slug or an address." in told


@pytest.mark.parametrize("command", [("new", "caf\udcff"), ("rename", "a", "caf\udcff")])
def test_arguments_that_are_no_text_are_refused(app: Flask, folder: PostsFolder, command: tuple[str, ...]) -> None:
    folder.write("a")

    code, told = run(app, *command, "--yes")

    assert code == 2
    assert r"'caf\udcff' is not UTF-8" in told
    assert [path.name for path in folder.path.iterdir()] == ["a.md"]


def test_a_list_is_filtered(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", tags=["Moon"], category="Space")
    folder.write("b", tags=["Moon"], category="Earth")
    app = make_app()

    found = json.loads(run(app, "list", "--tag", "moon", "--category", "space", "--json")[1])

    assert [row["path"] for row in found] == ["a.md"]


def test_the_page_not_found_tells_it_on_a_development_server_only(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", draft=True, title="<b>Secret</b>")
    public = make_app().test_client().get("/articles/a/")
    app = make_app(developed=True)

    app.test_client_class = Reader
    client = app.test_client()

    told = client.get("/articles/a/")
    folder.raw("a.md", "---\ntitle: A\n---\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n")
    later = client.get("/articles/a/")

    assert "posts/a.md" not in public.text
    assert "is not shown as it is" in later.text
    assert told.status_code == 404
    assert "posts/a.md is withheld. It says `draft: true` on line 4." in told.text
    assert "flask posts publish a" in told.text
