"""While `flask run` shows a site: pages know when they have changed, and tell what is wrong with their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.settings import is_developed
from octavo.site.site import Site
from tests.conftest import Clock, PostsFolder, Reader

MakeApp = Callable[..., Flask]
BROWSER = {"Accept": "text/html,*/*;q=0.8"}
HELLO = "/articles/hello/"


@pytest.fixture
def developed(make_app: MakeApp) -> Flask:
    app = make_app(developed=True)
    app.test_client_class = Reader
    return app


@pytest.fixture
def writer(developed: Flask) -> FlaskClient:
    return developed.test_client()


def shown_in(html: str) -> str:
    found = re.search('data-shown="([0-9a-f]+)"', html)
    assert found is not None
    return found[1]


def now_at(writer: FlaskClient, path: str) -> dict[str, Any]:
    found: dict[str, Any] = writer.get("/-/live/page", query_string={"of": path}).get_json()
    return found


def test_a_page_changes_when_its_own_text_does_and_only_then(writer: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello", body="Before")
    folder.write("aside", tags=["Moon"])
    page = shown_in(writer.get(HELLO, headers=BROWSER).text)
    at_first = now_at(writer, HELLO)

    folder.write("aside", body="Another text", tags=["Moon"])
    after_another = now_at(writer, HELLO)
    folder.write("hello", body="After")
    after_its_own = now_at(writer, HELLO)

    assert at_first["shown"] == after_another["shown"] == page
    assert after_its_own["shown"] != page


def test_a_missing_page_stays_while_the_index_and_the_clock_go_on(
    make_app: MakeApp, folder: PostsFolder, clock: Clock
) -> None:
    folder.write("hello", draft=True, date="2099-01-01 09:00", expires="2099-06-01")
    app = make_app(developed=True, indexing=False)
    writer = app.test_client()
    before = writer.get(HELLO, headers=BROWSER).text

    app.test_cli_runner().invoke(args=["index", "build"])
    clock.now += 86_400
    after = writer.get(HELLO, headers=BROWSER).text

    assert "the search index is not ready" in before
    assert "search has this version" in after
    assert shown_in(before) == shown_in(after) == now_at(writer, HELLO)["shown"]


@pytest.mark.parametrize("path", ["/", "/articles/", "/articles/?page=1", "/articles/nothing-here/", "/caf%C3%A9/"])
def test_each_kind_of_page_knows_what_it_shows(writer: FlaskClient, folder: PostsFolder, path: str) -> None:
    folder.write("hello")
    page = writer.get(path, headers=BROWSER)

    now = now_at(writer, path)

    assert now["shown"] == shown_in(page.text)


def test_a_changed_style_sheet_is_exchanged_and_the_page_stays(
    writer: FlaskClient, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("hello")
    own = tmp_path / "static" / "css" / "own.css"
    own.parent.mkdir(parents=True)
    own.write_text("p { color: red; }")
    before = now_at(writer, HELLO)

    own.write_text("p { color: blue; }")
    after = now_at(writer, HELLO)

    assert after["shown"] == before["shown"]
    assert after["sheets"] != before["sheets"]
    assert "blue" in writer.get(after["sheets"][0]).text


def test_a_changed_template_changes_the_page(writer: FlaskClient, folder: PostsFolder, tmp_path: Path) -> None:
    folder.write("hello")
    before = now_at(writer, HELLO)
    (tmp_path / "templates").mkdir()

    (tmp_path / "templates" / "article.html").write_text(
        '{% extends "theme:article.html" %}{% block masthead %}New{% endblock %}'
    )

    assert now_at(writer, HELLO)["shown"] != before["shown"]


def test_a_page_below_a_path_names_addresses_below_it(make_app: MakeApp, folder: PostsFolder) -> None:
    app = make_app(developed=True, base_url="https://example.org/blog")
    folder.write("hello")
    app.test_client_class = Reader
    writer = app.test_client()

    page = writer.get("/blog/articles/hello/", headers=BROWSER).text
    now = writer.get("/blog/-/live/page?of=/blog/articles/hello/").get_json()

    assert '<script type="module" src="/blog/-/live/live.js"' in page
    assert now["shown"] == shown_in(page)
    assert all(writer.get(sheet).status_code == 200 for sheet in now["sheets"])


def test_a_broken_text_is_told_over_its_last_good_page(writer: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello")
    before = now_at(writer, HELLO)

    folder.raw("hello.md", "---\ntitle: Mars: the sequel\n---\nText\n")
    after = now_at(writer, HELLO)
    folder.write("hello")
    mended = now_at(writer, HELLO)

    assert before["problems"] == mended["problems"] == []
    assert after["shown"] == before["shown"]
    [told] = after["problems"]
    assert told["place"] == "posts/hello.md:2:12"
    assert told["severity"] == "error"
    assert "quotes" in told["cure"]
    assert told["lines"][0] == "  2 | title: Mars: the sequel"


def test_a_text_that_was_never_good_is_told_at_its_address(writer: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("hello.md", "---\ntitle: Mars: the sequel\n---\nText\n")

    told = now_at(writer, HELLO)["problems"]

    assert [one["place"] for one in told] == ["posts/hello.md:2:12"]


def test_a_dead_link_is_told_over_the_page(writer: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello", body="A [link](nowhere.md).\n")

    told = now_at(writer, HELLO)["problems"]

    assert [(one["severity"], one["place"]) for one in told] == [("warning", "posts/hello.md:6:10")]


def test_all_problems_are_on_one_page(writer: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("mars.md", "---\ntitle: Mars: the sequel\n---\nText\n")
    folder.write("hello", body="A [link](nowhere.md).\n")

    page = writer.get("/problems/")

    assert "2 problems" in page.text
    assert page.text.index("posts/mars.md:2:12") < page.text.index("posts/hello.md:6:10")
    assert page.headers["Cache-Control"] == "no-store"


def test_a_page_of_the_site_called_problems_comes_first(writer: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("_pages/problems.md", "---\ntitle: Our problems\n---\nText\n")

    assert "<h1>Our problems" in writer.get("/problems/").text


class Stream:
    """A stream of changes as a browser reads it."""

    def __init__(self, writer: FlaskClient) -> None:
        answer = writer.get("/-/live/events", buffered=False)
        assert answer.mimetype == "text/event-stream"
        self._parts: Iterator[Any] = iter(answer.response)
        self.first = self.next()

    def next(self) -> str:
        """The next event that is no comment."""
        return next(part for part in map(bytes.decode, self._parts) if part.startswith("data:"))


def test_a_stream_tells_each_change(writer: FlaskClient, folder: PostsFolder, site_of: Callable[[], Site]) -> None:
    folder.write("hello")
    stream = Stream(writer)
    told = [stream.first]

    for body in ("One", "Two"):
        folder.write("hello", body=body)
        site_of().refresh(settle=0)
        told.append(stream.next())

    assert len(set(told)) == 3


@pytest.fixture
def site_of(developed: Flask) -> Callable[[], Site]:
    return lambda: developed.extensions["octavo"]


def test_a_stream_tells_when_the_clock_publishes_a_text(writer: FlaskClient, folder: PostsFolder, clock: Clock) -> None:
    folder.write("hello", date="2025-07-20T12:00:00.05Z")
    writer.get("/")
    stream = Stream(writer)

    clock.set(2025, 7, 20, 12, 1)

    assert stream.next() != stream.first


def test_a_stream_ends_with_the_site(writer: FlaskClient, site_of: Callable[[], Site]) -> None:
    stream = Stream(writer)

    site_of().close()

    with pytest.raises(StopIteration):
        stream.next()


def test_nothing_of_it_is_there_for_readers(client: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello")

    page = client.get(HELLO, headers=BROWSER)

    assert "/-/live/" not in page.text
    assert page.headers["ETag"]
    for path in ("/-/live/live.js", "/-/live/events", "/-/live/page?of=/", "/problems/"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "developed"),
    [
        (["run"], True),
        (["run", "--host", "::1"], True),
        (["run", "--host", "0.0.0.0"], False),
        (["run", "--host", "0.0.0.0", "--debug"], True),
        (["serve"], False),
    ],
)
def test_a_site_is_developed_by_flask_run_for_this_machine(
    arguments: list[str], developed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    @click.option("--host")
    @click.option("--port", default=5000)
    @click.option("--debug", is_flag=True)
    def command(host: str | None, port: int, debug: bool) -> None:
        monkeypatch.setenv("FLASK_DEBUG", "1" if debug else "0")
        seen.append(is_developed())

    seen: list[bool] = []
    command.main(arguments[1:], prog_name=arguments[0], standalone_mode=False)

    assert seen == [developed]
