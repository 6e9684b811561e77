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

from octavo.site.site import NoTheme, Site
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


@pytest.mark.thorough
def test_threads_look_at_the_theme_one_after_the_other(site: Site) -> None:
    both, met = threading.Barrier(2), []

    class Theme(NoTheme):
        def reload(self) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(1)
                met.append("two at once")

    looking = Site(site.root, site.settings, theme=Theme())
    threads = [threading.Thread(target=looking.check_for_changes) for _ in range(2)]
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


@pytest.mark.parametrize("slip", ["{{ nothing.at.all }}", '{% include "404.html" %}', "{{ 1 / 0 }}"])
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
    app.extensions["octavo"].check_for_changes()

    answer = reader(app).get("/articles/hello/")

    assert answer.status_code == 500
    assert "Oh no." in answer.text
    assert "sha256-" in answer.headers["Content-Security-Policy"]


def test_template_that_is_no_utf_8_is_named(make_app: Callable[..., Flask], templates: Path) -> None:
    (templates / "about.html").write_bytes(b"<h1>Caf\xe9</h1>")

    with pytest.raises(UnicodeDecodeError, match=r"about\.html"):
        make_app()


def remade(app: Flask, client: FlaskClient, paths: list[str]) -> list[str]:
    """Read pages again; return the paths of those that had to be made again."""
    cache = app.extensions["octavo_cache"]
    found = []
    for path in paths:
        before = cache.counts.renders
        assert client.get(path).status_code == 200
        if cache.counts.renders > before:
            found.append(path)
    return found


@pytest.fixture
def site_app(make_app: Callable[..., Flask], templates: Path, folder: PostsFolder) -> Flask:
    """A site with an article, a tag and a page, whose theme a test may change."""
    static = templates.with_name("static")
    (static / "icons").mkdir(parents=True)
    (static / "icons" / "moon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (static / "icons" / "sun.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    folder.write("one", tags=["Mars"])
    folder.write("_pages/about")
    return make_app()


PATHS = ["/", "/articles/one/", "/tags/mars/", "/about/", "/tags/mars/rss.xml", "/llms.txt"]


@pytest.mark.parametrize(
    ("name", "users"),
    [
        ("tag.html", ["/tags/mars/"]),
        ("partials/share.html", ["/articles/one/"]),
        ("partials/card.html", ["/", "/articles/one/", "/tags/mars/"]),
        ("base.html", ["/", "/articles/one/", "/tags/mars/", "/about/"]),
        ("feeds/rss.xml", ["/tags/mars/rss.xml"]),
        ("404.html", []),
    ],
)
def test_change_in_a_template_has_only_those_pages_made_again_that_use_it(
    site_app: Flask, templates: Path, name: str, users: list[str]
) -> None:
    client = reader(site_app)
    remade(site_app, client, PATHS)
    file = templates / name

    file.write_text(file.read_text() + "{# changed #}")

    assert remade(site_app, client, PATHS) == users
    assert remade(site_app, client, PATHS) == []


def test_template_that_is_put_back_has_no_page_made_again(site_app: Flask, templates: Path) -> None:
    client = reader(site_app)
    remade(site_app, client, PATHS)
    base = templates / "base.html"
    before = base.read_text()

    base.write_text(before.replace("<body", "<!-- another --><body"))
    remade(site_app, client, ["/about/"])
    base.write_text(before)

    assert remade(site_app, client, PATHS) == ["/about/"]


def test_template_that_the_site_adds_is_used(site_app: Flask, templates: Path, folder: PostsFolder) -> None:
    folder.write("two", layout="wide")
    client = reader(site_app)
    client.get("/articles/two/")

    (templates / "layouts").mkdir()
    (templates / "layouts" / "wide.html").write_text("The wide {{ article.title }}")

    assert client.get("/articles/two/").text.startswith("The wide")


@pytest.mark.parametrize(
    "use",
    [
        '{% set kind = "part" %}{% include kind ~ ".html" %}',
        '{% include ["missing.html", "part.html"] %}',
        '{%- include "part.html" if true else "other.html" -%}',
        '{% import "part.html" as part %}{{ part }}',
        "{%+from\n'part.html'\nimport nothing without context%}{% include 'part.html' ignore missing %}",
    ],
)
def test_page_is_made_again_however_its_template_names_another(site_app: Flask, templates: Path, use: str) -> None:
    (templates / "part.html").write_text("{% set nothing = 1 %}before")
    (templates / "page.html").write_text(use)
    client = reader(site_app)
    client.get("/about/")

    (templates / "part.html").write_text("{% set nothing = 1 %}after")

    assert "before" not in client.get("/about/").text


def test_change_in_a_static_file_has_only_those_pages_made_again_that_name_it(site_app: Flask, templates: Path) -> None:
    (templates / "page.html").write_text("{{ asset('icons/moon.svg') }} {{ asset_data('icons/sun.svg') }}")
    client = reader(site_app)
    remade(site_app, client, PATHS)
    icons = templates.with_name("static") / "icons"

    for name in ("moon.svg", "sun.svg"):
        (icons / name).write_text('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>')
        assert remade(site_app, client, PATHS) == ["/about/"]


def test_pages_whose_partial_names_a_static_file_outside_its_macros_name_the_new_one(
    site_app: Flask, templates: Path, folder: PostsFolder
) -> None:
    (templates / "moon.html").write_text(
        "{% set url = asset('icons/moon.svg') %}{% macro moon() %}{{ url }}{% endmacro %}"
    )
    (templates / "page.html").write_text('{% from "moon.html" import moon %}{{ moon() }}')
    folder.write("_pages/imprint")
    client = reader(site_app)
    before = [client.get(path).text for path in ("/about/", "/imprint/")]

    (templates.with_name("static") / "icons" / "moon.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" id="m"/>'
    )

    after = [client.get(path).text for path in ("/about/", "/imprint/")]
    assert len({*before}) == len({*after}) == 1
    assert before != after
