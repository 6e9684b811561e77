"""What a process makes for its readers serves those of the next one too, while it is right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from octavo.content.markdown import render as markup
from octavo.content.prepared import MAX_ROWS, Prepared
from octavo.site.site import Site
from tests.conftest import PostsFolder
from tests.waiting import settled

BODY = """
## Why

**Bold** words[^1], a [link](other.md) and ![a picture](a.png).

[^1]: A note.
"""


def restarted(make_app: Callable[..., Flask], app: Flask, **settings: object) -> FlaskClient:
    """End a site's process, and return a client of the next one."""
    app.extensions["octavo"].close()
    return settled(make_app(**settings)).test_client()


@pytest.fixture
def begun(make_app: Callable[..., Flask], folder: PostsFolder) -> Flask:
    """A site whose readers have seen an article with all that a text can ask for."""
    Image.new("RGB", (40, 30), "red").save(folder.path / "a.png")
    folder.write("hello", body=BODY, tags=["sea"], authors=["Ann Lee"])
    folder.write("other", tags=["sea"])
    folder.raw("_authors/ann-lee.md", "---\nname: Ann Lee\n---\nShe **writes**.\n")
    app = settled(make_app())
    assert app.test_client().get("/articles/hello/").status_code == 200
    return app


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is rendered from now on is shown as its source."""

    def fail(body: str, typography: object) -> str:
        if body:
            raise RuntimeError("rendered")
        return body

    monkeypatch.setattr(markup, "to_html", fail)


def test_text_that_was_rendered_is_not_rendered_by_the_next_process(
    make_app: Callable[..., Flask], begun: Flask, request: pytest.FixtureRequest
) -> None:
    before = begun.test_client().get("/articles/hello/").text
    request.getfixturevalue("broken")

    after = restarted(make_app, begun).get("/articles/hello/").text

    assert "<strong>Bold</strong>" in after
    assert "<strong>writes</strong>" in after
    assert after == before


def test_all_that_a_text_has_is_as_it_was(
    make_app: Callable[..., Flask], begun: Flask, request: pytest.FixtureRequest
) -> None:
    def text(site: Site) -> object:
        return site.texts.with_answers(site.edition(), site.library.by_path["hello.md"])

    before = text(begun.extensions["octavo"])
    request.getfixturevalue("broken")

    after = text(restarted(make_app, begun).application.extensions["octavo"])

    assert after == before


@pytest.mark.parametrize("change", ["text", "linked", "picture", "setting", "phrase"])
def test_text_is_rendered_anew_where_anything_that_it_shows_has_changed(
    make_app: Callable[..., Flask], begun: Flask, folder: PostsFolder, tmp_path: Path, change: str
) -> None:
    begun.extensions["octavo"].close()
    settings = {}
    if change == "text":
        folder.write("hello", body=f"{BODY}\nMore.", tags=["sea"], authors=["Ann Lee"])
    elif change == "linked":
        (folder.path / "other.md").unlink()
    elif change == "picture":
        (folder.path / "a.png").unlink()
    elif change == "setting":
        settings["smart_punctuation"] = False
    else:
        (tmp_path / "templates").mkdir()
        (tmp_path / "templates/phrases.toml").write_text('"Footnotes" = "Remarks"\n')

    after = settled(make_app(**settings)).test_client().get("/articles/hello/").text
    for file in (tmp_path / "search_index").glob("prepared.sqlite*"):
        file.unlink()
    fresh = settled(make_app(**settings)).test_client().get("/articles/hello/").text

    assert after == fresh


def test_related_articles_are_those_that_the_process_before_has_found(
    make_app: Callable[..., Flask], begun: Flask
) -> None:
    def related(site: Site) -> list[object]:
        return [site.related(site.edition(), post) for post in site.edition().posts]

    before = related(begun.extensions["octavo"])

    after = related(restarted(make_app, begun).application.extensions["octavo"])

    assert any(before)
    assert [[one.reason for one in near] for near in after] == [[one.reason for one in near] for near in before]
    assert [[one.post.path for one in near] for near in after] == [[one.post.path for one in near] for near in before]


def test_related_articles_are_found_anew_where_one_was_deleted_meanwhile(
    make_app: Callable[..., Flask], begun: Flask, folder: PostsFolder
) -> None:
    begun.extensions["octavo"].close()
    (folder.path / "other.md").unlink()

    page = settled(make_app()).test_client().get("/articles/hello/").text

    assert "/articles/other/" not in page


@pytest.mark.parametrize("part", range(0, 100, 7))
def test_a_flipped_byte_changes_no_page(
    make_app: Callable[..., Flask], begun: Flask, tmp_path: Path, part: int
) -> None:
    before = begun.test_client().get("/articles/hello/").text
    begun.extensions["octavo"].close()
    file = tmp_path / "search_index" / "prepared.sqlite"
    data = bytearray(file.read_bytes())
    data[len(data) * part // 100] ^= 0x55
    file.write_bytes(data)

    after = settled(make_app()).test_client().get("/articles/hello/").text

    assert after == before


def test_damaged_file_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "prepared.sqlite"
    file.write_bytes(b"no database at all" * 100)
    prepared = Prepared(file, lambda: "code")
    mark = prepared.mark("text")

    assert prepared.find("name", mark) is None
    prepared.keep({"name": (mark, ["value"])})

    assert prepared.find("name", mark) == ["value"]
    prepared.close()


def test_locked_file_keeps_no_reader_waiting(tmp_path: Path) -> None:
    file = tmp_path / "prepared.sqlite"
    prepared = Prepared(file, lambda: "code")
    mark = prepared.mark("text")
    prepared.keep({"name": (mark, "value")})

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin exclusive")
        assert prepared.find("name", mark) is None
        prepared.keep({"name": (mark, "another")})
        other.execute("rollback")

    assert prepared.find("name", mark) == "value"
    prepared.close()


def test_value_is_found_by_its_mark_alone(tmp_path: Path) -> None:
    code = ["code"]
    prepared = Prepared(tmp_path / "prepared.sqlite", lambda: code[0])
    mark = prepared.mark("text")
    prepared.keep({"name": (mark, "value")})

    code[0] = "other code"
    other = prepared.mark("text")
    code[0] = ""
    unknown = prepared.mark("text")

    assert prepared.find("name", mark) == "value"
    assert prepared.find("name", other) is None
    assert unknown == ""
    assert prepared.find("name", unknown) is None
    prepared.close()


def test_values_written_last_are_kept(tmp_path: Path) -> None:
    prepared = Prepared(tmp_path / "prepared.sqlite", lambda: "code")
    mark = prepared.mark("text")
    prepared.keep({f"old {number}": (mark, number) for number in range(MAX_ROWS)})

    prepared.keep({"new": (mark, 0), "old 0": (mark, 0)})

    kept = [number for number in range(MAX_ROWS) if prepared.find(f"old {number}", mark) is not None]
    assert kept == [0, *range(2, MAX_ROWS)]
    assert prepared.find("new", mark) == 0
    prepared.close()
