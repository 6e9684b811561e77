"""`flask import`: the sources of other systems move in whole, and every loss is told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import PostsFolder, Reader

MakeApp = Callable[..., Flask]
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


@pytest.fixture
def source(tmp_path: Path) -> PostsFolder:
    """A folder of another system."""
    return PostsFolder(tmp_path / "old")


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["import", *arguments])
    return result.exit_code, result.output


def test_a_source_of_hugo_moves_in(make_app: MakeApp, folder: PostsFolder, source: PostsFolder) -> None:
    source.raw("content/about.md", "+++\ntitle = 'About'\n+++\nWe\n")
    source.raw("content/top.md", "+++\ntitle = 'Top'\ndate = 2024-01-02\n+++\nWe\n")
    source.raw("content/blog/_index.md", "---\ntitle: Blog\n---\n")
    source.raw(
        "content/blog/one.md", "---\r\ntitle: One\r\ndate: 2024-01-02\r\ndraft: true\r\n---\r\n[two](../two/)\r\n"
    )
    source.raw("content/blog/two/index.md", "---\ntitle: Two\ndate: 2024-01-03\n---\n![x](a.svg) ![y](/img/b.svg)\n")
    source.raw("content/blog/two/a.svg", PICTURE)
    source.raw("content/blog/three.rst", "Three")
    source.raw("content/blog/bad.md", "---\ntitle: Mars: the sequel\n---\n")
    source.raw("static/img/b.svg", PICTURE)
    source.raw("layouts/x.html", "<p>")
    app = make_app()
    app.test_client_class = Reader

    code, told = run(app, "hugo", str(source.path), "--yes")

    assert code == 0
    assert told.splitlines()[0] == "Brings 5 texts (1 draft, 1 broken), 2 pictures and files, 2 old addresses."
    assert "Texts that are no Markdown, to be converted first: 1 (content/blog/three.rst)" in told
    assert "(blog/bad.md:2:" in told
    assert "Texts that describe a folder and have no words of their own: 1 (content/blog/_index.md)" in told
    assert (folder.path / "blog/one.md").read_bytes() == (source.path / "content/blog/one.md").read_bytes()
    client = app.test_client()
    assert client.get("/articles/two/").text.count("/media/") >= 2
    assert client.get("/about/").status_code == 200
    assert client.get("/articles/top/").status_code == 200
    assert client.get("/blog/two/").headers["Location"] == "/articles/two/"
    assert client.get("/articles/one/").status_code == 404


def test_a_source_of_jekyll_moves_in_and_drafts_stay_drafts(
    make_app: MakeApp, folder: PostsFolder, source: PostsFolder
) -> None:
    source.raw("_posts/2024-01-02-one.md", "---\ntitle: One\n---\n![x](/assets/b.svg)\n")
    source.raw("_drafts/idea.md", "---\ntitle: Idea # mine\n---\nText\n")
    source.raw("assets/b.svg", PICTURE)
    source.raw("about.md", "---\ntitle: About\n---\nWe\n")
    source.raw("_includes/x.md", "x")
    app = make_app()
    app.test_client_class = Reader

    run(app, "jekyll", str(source.path), "--yes")

    client = app.test_client()
    assert client.get("/2024/01/02/one.html").headers["Location"] == "/articles/one/"
    assert client.get("/articles/idea/").status_code == 404
    assert (folder.path / "idea.md").read_text() == "---\ntitle: Idea # mine\ndraft: true\n---\nText\n"
    assert client.get("/about/").status_code == 200


def test_nothing_is_overwritten_and_a_trial_writes_nothing(
    make_app: MakeApp, folder: PostsFolder, source: PostsFolder
) -> None:
    folder.raw("one.md", "mine")
    source.raw("content/blog/one.md", "theirs")
    source.raw("content/one/index.md", "---\ntitle: One\n---\nText\n")
    app = make_app()

    run(app, "hugo", str(source.path), "--dry-run")
    listed = sorted(path.name for path in folder.path.iterdir())
    folder.raw("blog/one.md", "mine too")
    _, told = run(app, "hugo", str(source.path), "--yes")

    assert listed == ["one.md"]
    assert (folder.path / "blog/one.md").read_text() == "mine too"
    assert "Files with a name that is there already: 1 (content/blog/one.md)" in told


def test_an_import_can_be_repeated_and_brings_only_what_is_missing(
    make_app: MakeApp, folder: PostsFolder, source: PostsFolder
) -> None:
    source.raw("content/blog/one.md", "---\ntitle: One\ndate: 2024-01-02\n---\n![b](/b.svg)\n")
    source.raw("static/b.svg", PICTURE)
    app = make_app()
    run(app, "hugo", str(source.path), "--yes")
    (folder.path / "b.svg").unlink()

    code, told = run(app, "hugo", str(source.path), "--yes")

    assert code == 0
    assert told.splitlines()[:2] == ["Brings 1 picture or file.", "There already, and the same: 1."]
    assert (folder.path / "b.svg").read_bytes() == PICTURE


def test_names_that_are_no_text_and_links_are_told_and_stay_away(
    make_app: MakeApp, folder: PostsFolder, source: PostsFolder, tmp_path: Path
) -> None:
    source.raw("content/blog/one.md", "---\ntitle: One\ndate: 2024-01-02\n---\nx\n")
    source.raw("content/blog/at 9.41\u202fam.svg", PICTURE)
    odd = os.fsencode(source.path / "content/blog") + b"/caf\xe9.md"
    Path(os.fsdecode(odd)).write_text("x")
    (tmp_path / "secret.md").write_text("secret")
    (source.path / "content/blog/link.md").symlink_to(tmp_path / "secret.md")
    (source.path / "content/all").symlink_to(tmp_path)

    code, told = run(make_app(), "hugo", str(source.path), "--yes")

    assert code == 0
    assert "Files whose name is not UTF-8: 1 (content/blog/caf?.md)" in told
    assert "Symbolic links, which are not followed: 2 (content/all, content/blog/link.md)" in told
    assert {path.name for path in (folder.path / "blog").iterdir()} == {"one.md", "at 9.41\u202fam.svg"}


def test_a_report_for_programs_needs_no_answer(make_app: MakeApp, source: PostsFolder) -> None:
    source.raw("content/blog/one.md", "---\ntitle: One\ndate: 2024-01-02\n---\n![b](https://h.example/b.png)\n")
    app = make_app()

    _, told = run(app, "hugo", str(source.path), "--dry-run", "--json")
    code, refused = run(app, "hugo", str(source.path), "--json")

    report = json.loads(told)
    assert report["brings"]["texts"] == 1
    assert report["remote"] == ["https://h.example/b.png"]
    assert code == 2
    assert "--json asks nothing: give --yes or --dry-run too." in refused
