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


# What is in posts/, what is asked, the exit code, and what the answer holds.
REASONS: list[tuple[dict[str, str | bytes], str, int, list[str]]] = [
    ({"a.md": head(HEAD)}, "a", 0, ["posts/a.md is live at https://journal.example/articles/a/", "place 1 of 1"]),
    ({"a.md": head(HEAD + "draft: true\n")}, "a", 1, ["is withheld", "`draft: true` on line 4", "posts publish a"]),
    ({"a.md": head(HEAD + "published: false\n")}, "a", 1, ["is withheld", "`published: false` on line 4"]),
    ({"a.md": head(HEAD + "status: pending\n")}, "a", 1, ["is withheld", "`status: pending`"]),
    ({"a.md": head(HEAD + "visibility: private\n")}, "a", 1, ["`visibility: private`"]),
    ({"a.md": head(HEAD + "password: hush\n")}, "a", 1, ["`password: hush`"]),
    ({"a.md": head("title: A\ndate: 2025-12-24 09:00\n")}, "a", 1, ["is not live yet", "12-24 09:00 UTC", "--now"]),
    ({"a.md": head("title: A\ndate: 2025-07-20T14:00:00+00:00\n")}, "a", 1, ["is not live yet", "in 2.0 hours"]),
    ({"a.md": head(HEAD + "expires: 2025-02-01\n")}, "a", 1, ["is over", "2025-02-01 00:00", "Delete"]),
    ({"a.md": head(HEAD + "expires: 2024-02-01\n")}, "a", 1, ["is over", "before the date"]),
    ({"a.md": head(HEAD + "unlisted: true\n")}, "a", 0, ["in no list", "`unlisted: true`", "Lists:        none"]),
    ({"a.md": head(HEAD + "hidden: true\n")}, "a", 0, ["in no list", "`hidden: true`"]),
    ({"a.md": head("title: Mars: the sequel\n")}, "a", 1, ["a.md:2:12", "quotes"]),
    ({"a.md": "---\ntitle: A\nText\n"}, "a", 1, ["never closed"]),
    ({"a.md": b"---\ntitle: A\n---\n\xff"}, "a", 1, ["is not UTF-8", "Save the file as UTF-8"]),
    ({"a.md": ""}, "a", 1, ["The file is empty"]),
    ({"a.md": head(HEAD, "x" * 3_000)}, "a", 1, ["the limit is 2,000", "max_post_bytes"]),
    ({"a.md": "----\ntitle: A\ndraft: true\n----\n"}, "a", 1, ["looks like front matter"]),
    ({"a.md": head(HEAD, "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n")}, "a", 1, ["is not shown as it is"]),
    ({"a.md": head(HEAD + "slug: x\n"), "b.md": head("title: B\nslug: x\n")}, "b.md", 1, ["also that of a.md"]),
    ({"x/a.md": head(HEAD), "y/a.md": head("title: B\ndate: 2025-02-01\n")}, "y/a.md", 0, ["y-a", "is that of x/a.md"]),
    ({"a.md": head(HEAD), "a - Copy.md": head(HEAD)}, "a - Copy.md", 1, ["is a copy of a.md"]),
    ({"_a.md": head(HEAD)}, "a", 1, ["is not looked at", "begins with `_`"]),
    ({"_drafts/a.md": head(HEAD)}, "posts/_drafts/a.md", 1, ["`_drafts` begins with `_`"]),
    ({".a.md": head(HEAD)}, ".a.md", 1, ["begins with `.`"]),
    ({"a.html": "<p>"}, "a", 1, ["posts/a.html is not shown", "Convert"]),
    ({"a.py": "1"}, "a.py", 1, ["no Markdown file"]),
    ({"node_modules/a.md": head(HEAD)}, "a", 1, ["folder of a tool"]),
    ({"README.md": "About"}, "README.md", 1, ["is withheld", "about its folder"]),
    ({"x/a.md": head(HEAD)}, "posts/x", 1, ["only groups texts"]),
    ({"pluto.md": head(HEAD)}, "mars", 1, ["There is no text `mars`", "posts list"]),
    ({"pluto.md": head(HEAD)}, "https://[none", 1, ["There is no text `https://[none`"]),
    ({"saturn.md": head(HEAD)}, "saturm", 1, ["Did you mean `saturn`"]),
    ({"a.md": head(HEAD + "aliases: [/old/]\n")}, "/old/", 0, ["posts/a.md is live"]),
    ({"a.md": head(HEAD + "tags: [Moon]\n")}, "/tags/moon/", 0, ["the site makes itself"]),
    ({"_pages/about.md": head(HEAD)}, "/about/", 0, ["posts/_pages/about.md is live at https://journal.example/about/"]),
    ({"_authors/desk.md": "---\nname: Desk\n---\n", "a.md": head(HEAD)}, "_authors/desk.md", 0, ["no article"]),
    ({"a.md": head("title: A\n")}, "a", 0, ["Date:", "none; it stands behind all dated"]),
    ({"a.md": head(HEAD + "draft: perhaps\n")}, "a", 1, ["neither true nor false"]),
    ({"_pages/tags.md": head(HEAD)}, "_pages/tags.md", 1, ["a page that the site makes itself"]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "asked", "code", "told"), REASONS)
def test_each_reason_is_told(
    make_app: MakeApp, folder: PostsFolder, files: dict[str, str | bytes], asked: str, code: int, told: list[str]
) -> None:
    for name, data in files.items():
        folder.raw(name, data)

    found = run(make_app(max_post_bytes=2_000), "why", asked)

    assert [words for words in told if words not in found[1]] == [], found[1]
    assert found[0] == code


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
