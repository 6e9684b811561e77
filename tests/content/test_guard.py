"""Nothing dies: whatever a file holds, and whatever the program does wrong, costs that file alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.content import catalogue
from octavo.content import parse as parsing
from octavo.content.catalogue import Catalogue, Entry
from octavo.content.frontmatter.audience import RULES
from octavo.content.frontmatter.fields import AUTHOR_FIELDS, FIELDS, FOREIGN
from octavo.content.loading.loader import Loader
from octavo.content.markdown import render as rendering
from octavo.content.parse import Rules, parse
from octavo.content.posts import Author, Post
from tests.conftest import UTC, PostsFolder

MakeApp = Callable[..., Flask]
MakeLoader = Callable[..., Loader]

NAMES = sorted({*(name for field in (*FIELDS, *AUTHOR_FIELDS) for name in field.spellings), *FOREIGN, *RULES})


@st.composite
def near_names(draw: Any) -> str:
    """A field's name, or one that differs by a letter, a sign, its case or something invisible."""
    name = draw(st.sampled_from(NAMES))
    place = draw(st.integers(0, len(name)))
    change = draw(st.sampled_from(["", "", "drop", "double", "swap", "add", "upper", "join"]))
    if change == "drop":
        return name[:place] + name[place + 1 :] or name
    if change == "double":
        return name[:place] + name[place : place + 1] * 2 + name[place + 1 :]
    if change == "swap":
        return name[:place] + name[place : place + 2][::-1] + name[place + 2 :]
    if change == "add":
        return (
            name[:place]
            + draw(st.sampled_from(["_", "-", ".", " ", "\u200b", "\u00a0", "é", "漢", "1"]))
            + name[place:]
        )
    if change == "upper":
        return name.upper()
    return f"{name}{draw(st.sampled_from(['_', '-', '.']))}{draw(st.sampled_from(NAMES))}" if change else name


WORDS = st.sampled_from(
    ["true", "false", "yes", "null", "~", "0", "1", "-1", "1e400", ".nan", "0x1f", "2025-07-17", "9999-12-31",
     "0001-01-01",
     "20250717", "12:30", "draft", "public", "a, b; c", "#x", "🚀", "\u0645", "{{ x }}", "http://", "/a/", "x" * 300]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(WORDS, st.integers(-(10**20), 10**20), st.booleans(), st.none(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=6)), inner, max_size=3),
    ),
    max_leaves=6,
)
HEADS = st.dictionaries(near_names(), VALUES, min_size=1, max_size=5)
PATHS = st.sampled_from(
    ["a.md", "2025-01-02-a.md", "01.x/02-b/index.mdx", "_pages/p.qmd", "_authors/d.md", "README.md"]
)


KEPT = Catalogue(None, "")


def as_yaml(value: Any) -> str:
    """A value in YAML's flow style; texts of the vocabulary stand plain, all others in quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {as_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_yaml, value))}]"
    if isinstance(value, str) and value.replace("-", "").isalnum() and value.isascii():
        return value
    return quoted(str(value)) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    return "'" + "".join(sign for sign in text if sign.isprintable()).replace("'", "''") + "'"


def reads_or_refuses(path: str, head: dict[str, Any]) -> None:
    lines = "".join(f"{quoted(name)}: {as_yaml(value)}\n" for name, value in head.items())

    parsed = parse(path, f"---\n{lines}---\nText\n".encode("utf-8", "surrogatepass"), Rules(UTC))

    assert not [found for found in parsed.problems if "fault of the program" in found.cause]
    assert isinstance(parsed.item, Post | Author) or any(found.severity == "error" for found in parsed.problems)
    if parsed.item is not None:
        digest = parsed.item.digest
        KEPT.save({path: Entry(1, 1, digest, digest, parsed.item, parsed.problems)}, (), ())
        assert (KEPT.entries()[path].item, KEPT.entries()[path].problems) == (parsed.item, parsed.problems)


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(PATHS, HEADS)
def test_any_head_is_read_or_refused(path: str, head: dict[str, Any]) -> None:
    reads_or_refuses(path, head)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None)
@given(PATHS, HEADS)
def test_any_of_twenty_thousand_heads_is_read_or_refused(path: str, head: dict[str, Any]) -> None:
    reads_or_refuses(path, head)


@pytest.mark.parametrize(
    "name", ["icon", "caption", "alt", "credit", "options", "action", "img_alt", "image_credits", "cap"]
)
def test_an_unknown_field_stops_nothing(client: FlaskClient, folder: PostsFolder, name: str) -> None:
    folder.write("photo", **{name: "A moon"})
    folder.write("other")

    assert client.get("/articles/photo/").status_code == 200
    assert client.get("/articles/other/").status_code == 200


class PanicException(BaseException):
    """What a library written in Rust raises: https://docs.rs/pyo3/latest/pyo3/panic/."""


@pytest.fixture(params=[KeyError("x"), RecursionError("deep"), MemoryError(), PanicException("index out of bounds")])
def faulty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program that meets each text with the word FAULT."""
    real = parsing.first_heading

    def first_heading(body: str, *rules: Any) -> str | None:
        if "FAULT" in body:
            raise request.param
        return real(body, *rules)

    monkeypatch.setattr(parsing, "first_heading", first_heading)


def test_a_fault_of_the_program_costs_one_file(make_app: MakeApp, folder: PostsFolder, faulty: None) -> None:
    folder.raw("bad.md", "---\ndate: 2025-01-01\n---\nFAULT\n")
    folder.write("good")
    app = make_app()
    client = app.test_client()

    told = app.test_cli_runner().invoke(args=["check"])

    assert client.get("/articles/good/").status_code == 200
    assert client.get("/articles/bad/").status_code == 404
    assert told.exit_code == 1
    assert "bad.md: This is a fault of the program" in told.output
    assert "report it" in told.output


def test_a_fault_while_the_site_runs_keeps_the_last_good_version(
    client: FlaskClient, folder: PostsFolder, faulty: None
) -> None:
    folder.raw("bad.md", "---\ndate: 2025-01-01\n---\nThe good text.\n")
    folder.write("good", title="Before")
    client.get("/")

    folder.raw("bad.md", "---\ndate: 2025-01-01\n---\nFAULT\n")
    folder.write("good", title="After")

    assert "The good text." in client.get("/articles/bad/").text
    assert "After" in client.get("/articles/good/").text


def test_a_fault_in_a_field_is_told_with_its_line(
    make_loader: MakeLoader, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> str:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("octavo.content.frontmatter.values.html.unescape", broken)
    folder.raw("a.md", "---\ndate: 2025-01-01\ntitle: A &amp; B\n---\ntext\n")

    [problem] = make_loader().load().problems

    assert (problem.mark.line, problem.severity) == (3, "error")
    assert "ZeroDivisionError" in problem.cause


def test_a_record_of_the_catalogue_that_cannot_be_read_costs_that_record(
    make_loader: MakeLoader, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("a", title="One")
    folder.write("b", title="Two")
    first = make_loader(kept=True)
    first.load()
    first.save()
    first.close()
    with sqlite3.connect(tmp_path / "search_index" / "catalogue.sqlite") as db:
        db.execute("update files set record = '[false, {\"published\": 7}]' where path = 'a.md'")
    db.close()

    library = make_loader(kept=True).load()

    assert {post.path: post.title for post in library.posts} == {"a.md": "One", "b.md": "Two"}


def test_an_entry_that_the_catalogue_cannot_keep_costs_that_entry(
    make_loader: MakeLoader, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = catalogue.encode

    def encode(item: Any) -> str:
        if item.path == "a.md":
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return real(item)

    monkeypatch.setattr(catalogue, "encode", encode)
    folder.write("a")
    folder.write("b")
    loader = make_loader(kept=True)
    loader.load()

    loader.save()

    assert "a.md" in caplog.text
    assert {post.path for post in make_loader(kept=True).load().posts} == {"a.md", "b.md"}


def test_a_text_that_cannot_be_rendered_is_shown_as_its_source(
    make_app: MakeApp, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = rendering.to_html

    def to_html(body: str, *rules: Any) -> str:
        if "FAULT" in body:
            raise PanicException("index out of bounds")
        return real(body, *rules)

    monkeypatch.setattr(rendering, "to_html", to_html)
    folder.write("bad", "The words of FAULT.\n")
    folder.write("good", "The other words.\n")
    app = make_app(api_open=True)
    client = app.test_client()

    pages = {path: client.get(path) for path in ("/articles/bad/", "/articles/good/", "/", "/atom.xml", "/feed.json")}
    told = app.test_cli_runner().invoke(args=["check"])

    assert {answer.status_code for answer in pages.values()} == {200}
    assert "The words of FAULT." in pages["/articles/bad/"].text
    assert "The other words." in pages["/atom.xml"].text
    assert "bad.md: This is a fault of the program" in told.output
    assert "bad.md could not be rendered" in caplog.text
