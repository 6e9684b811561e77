"""Templates that are edited while the site is served: a slip in one is the writer's to see and never a reader's."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.site.site import NothingShared, Site
from tests.conftest import PostsFolder, Reader
from tests.tools import THEME


@pytest.fixture
def templates(make_app: Callable[..., Flask], folder: PostsFolder) -> Path:
    """A copy of the theme that a test may change."""
    copied = folder.path.parent / "templates"
    shutil.copytree(THEME / "templates", copied)
    return copied


def reader(app: Flask) -> FlaskClient:
    app.test_client_class = Reader
    return app.test_client()


@pytest.mark.parametrize("slip", ["{% if %}", "{{ page.title | nosuchfilter }}", "{% endblock"])
def test_slip_in_a_template_is_told_and_shown_to_nobody(
    make_app: Callable[..., Flask],
    templates: Path,
    write_post: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
    slip: str,
) -> None:
    for name in ("one", "two"):
        write_post(name)
    client, article = reader(make_app()), templates / "article.html"
    client.get("/articles/one/")
    good = article.read_text()

    article.write_text(good.replace("<h1>", f"\n{slip}\n<h1>NEW "))
    meanwhile = [client.get(f"/articles/{name}/") for name in ("one", "two", "two")]
    told = [record.getMessage() for record in caplog.records]
    article.write_text(good.replace("<h1>", "<h1>MENDED "))

    assert [answer.status_code for answer in meanwhile] == [200, 200, 200]
    assert not any("NEW" in answer.text for answer in meanwhile)
    assert len(told) == 1
    assert "article.html:" in told[0]
    assert "MENDED" in client.get("/articles/two/").text


def test_templates_and_static_files_that_are_away_for_a_moment_change_nothing(
    make_app: Callable[..., Flask], templates: Path, write_post: Callable[..., Path]
) -> None:
    write_post("one")
    write_post("two")
    app = make_app()
    client = reader(app)
    client.get("/articles/one/")

    templates.rename(templates.with_name("away"))
    away = [client.get(path) for path in ("/articles/one/", "/articles/two/", "/nowhere/")]
    templates.mkdir()
    empty = client.get("/")
    templates.rmdir()
    shutil.copytree(templates.with_name("away"), templates)
    (templates / "article.html").write_text((templates / "article.html").read_text().replace("<h1>", "<h1>NEW "))

    assert [answer.status_code for answer in (*away, empty)] == [200, 200, 404, 200]
    assert "NEW" in client.get("/articles/one/").text


def test_threads_look_at_the_theme_one_after_the_other(site: Site) -> None:
    both, met = threading.Barrier(2), []

    class Theme(NothingShared):
        def reload(self) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(1)
                met.append("two at once")

    looking = Site(site.root, site.settings, theme=Theme())
    threads = [threading.Thread(target=looking.look_around) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert met == []


@pytest.mark.parametrize("name", [".article.html.swp", "article.html~", ".cache/article.html"])
def test_files_that_editors_leave_beside_templates_do_not_matter(
    make_app: Callable[..., Flask], templates: Path, write_post: Callable[..., Path], name: str
) -> None:
    write_post("hello")
    (templates / name).parent.mkdir(exist_ok=True)
    (templates / name).write_bytes(b"b0VIM\xff{% if %}")
    client = reader(make_app())

    base = templates / "base.html"
    base.write_text(base.read_text().replace("<body", "<!-- another theme --><body"))

    assert "another theme" in client.get("/articles/hello/").text


@pytest.mark.parametrize("slip", ["{{ nothing.at.all }}", "{% if %}", '{% include "404.html" %}', "{{ 1 / 0 }}"])
def test_missing_page_is_missing_though_the_page_for_it_is_broken(
    make_app: Callable[..., Flask], templates: Path, caplog: pytest.LogCaptureFixture, slip: str
) -> None:
    (templates / "404.html").write_text(slip)
    client = reader(make_app())

    page, data = client.get("/nowhere/"), client.get("/nowhere.json")

    assert (page.status_code, page.text) == (404, "There is no page at this address.\n")
    assert (data.status_code, data.mimetype) == (404, "application/json")
    assert "404.html failed" in caplog.text


def test_page_for_faults_is_the_one_that_the_site_has_now(
    make_app: Callable[..., Flask], templates: Path, write_post: Callable[..., Path]
) -> None:
    write_post("hello")
    (templates / "article.html").write_text("{{ 1 / 0 }}")
    app = make_app()
    (templates / "500.html").write_text("<!doctype html><style>p { color: red }</style><p>Oh no.")
    app.extensions["octavo"].look_around()

    answer = reader(app).get("/articles/hello/")

    assert answer.status_code == 500
    assert "Oh no." in answer.text
    assert "sha256-" in answer.headers["Content-Security-Policy"]


def test_template_that_is_no_utf_8_is_named(make_app: Callable[..., Flask], templates: Path) -> None:
    (templates / "about.html").write_bytes(b"<h1>Caf\xe9</h1>")

    with pytest.raises(UnicodeDecodeError, match=r"about\.html"):
        make_app()
