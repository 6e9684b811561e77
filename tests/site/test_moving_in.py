"""`flask import`: the sources of other systems move in whole, and every loss is told."""

from __future__ import annotations

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
    assert told.splitlines()[0] == "Brings 5 texts (1 drafts, 1 broken), 2 pictures and files, 2 old addresses."
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
