"""Plug-ins: what a guest brings is used, and what is wrong with it costs nothing else."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

import plugins
from octavo.hooks import Hooks, Plugins, hook
from tests.conftest import CHECKOUT

Write = Callable[..., Path]


@hook
def cover_svg(slug: str, hue: int) -> str:
    return f"<svg>{slug} {hue}</svg>"


def own_plugin(folder: Path, source: str) -> None:
    (folder / "plugins.py").unlink(missing_ok=True)
    (folder / "plugins.py").write_text(source, encoding="utf-8")


def test_cover_of_the_sites_own_plugin_is_on_its_pages(
    make_app: Callable[..., Flask], tmp_path: Path, write_post: Write
) -> None:
    source = "from octavo.hooks import hook\n@hook\ndef cover_svg(slug):\n    return f'<svg>{slug} drawn</svg>'\n"
    own_plugin(tmp_path, source)
    write_post("hello")

    page = make_app().test_client().get("/articles/").text

    assert "<svg>hello drawn</svg>" in page


def test_cover_of_the_magazine_is_a_sky_chart(client: FlaskClient, write_post: Write) -> None:
    write_post("hello")

    page = client.get("/articles/").text

    assert plugins.cover_svg("hello", 0) in page


def test_example_of_the_docs_draws_covers(make_app: Callable[..., Flask], tmp_path: Path, write_post: Write) -> None:
    page = (CHECKOUT / "docs/plugins.md").read_text("utf-8")
    example = re.search(r"<!-- example -->\n```python\n(.*?)```", page, re.DOTALL)
    assert example is not None
    own_plugin(tmp_path, example[1])
    write_post("hello")

    shown = make_app().test_client().get("/articles/").text

    assert 'viewBox="0 0 16 9"><title>hello</title></svg>' in shown


def row_of(name: str, found: Callable[..., object]) -> str:
    arguments = ", ".join(list(inspect.signature(found).parameters)[1:])
    return f"| `{name}({arguments})` | {(found.__doc__ or '').splitlines()[0]} |"


def test_docs_list_every_hook_as_the_code_has_it() -> None:
    page = (CHECKOUT / "docs/plugins.md").read_text("utf-8")
    table = page.partition("<!-- hooks -->\n")[2].partition("<!-- /hooks -->")[0]

    rows = [row_of(name, found) for name, found in vars(Hooks).items() if not name.startswith("_")]

    assert table.splitlines()[2:] == rows


def test_site_without_a_plugin_has_covers_too(
    make_app: Callable[..., Flask], tmp_path: Path, write_post: Write
) -> None:
    (tmp_path / "plugins.py").unlink()
    write_post("hello")
    client = make_app().test_client()

    page = client.get("/articles/").text
    card = client.get("/covers/hello.png")

    assert '<svg class="cover' in page
    assert card.data.startswith(b"\x89PNG")


def test_plugin_that_raises_is_told_once_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    def fails(slug: str) -> str:
        raise RuntimeError("out of ink")

    guests = Plugins()
    guests.register(SimpleNamespace(cover_svg=cover_svg), "sound")
    guests.register(SimpleNamespace(cover_svg=hook(fails)), "broken")

    answers = {guests.first("cover_svg", slug="hello", hue=2) for _ in range(3)}

    assert answers == {"<svg>hello 2</svg>"}
    assert [record.getMessage() for record in caplog.records] == [
        "The plug-in broken failed in `cover_svg`; the site goes on without."
    ]


def test_plugin_that_does_not_load_is_told_and_the_site_starts(
    make_app: Callable[..., Flask], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own_plugin(tmp_path, "import nothing_of_this_name\n")

    answer = make_app().test_client().get("/articles/")

    assert answer.status_code == 200
    assert "The plug-in plugins.py cannot be used." in [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("function", "wrong"),
    [(lambda slug="": "", "slug must have no default"), (lambda slug, mood: "", "mood")],
)
def test_hook_that_could_never_be_called_right_is_refused(function: Callable[..., str], wrong: str) -> None:
    guests = Plugins()

    with pytest.raises(Exception, match=wrong):
        guests.register(SimpleNamespace(cover_svg=hook(function)), "odd")

    assert guests.first("cover_svg", slug="hello", hue=0) is None


def test_hook_that_is_no_plain_function_is_refused() -> None:
    guests = Plugins()
    cached = hook(lru_cache(lambda slug, hue: "<svg></svg>"))

    with pytest.raises(ValueError, match="must be a plain function"):
        guests.register(SimpleNamespace(cover_svg=cached), "cached")


def test_misspelt_hook_is_refused() -> None:
    guests = Plugins()

    with pytest.raises(Exception, match="cover_swg"):
        guests.register(SimpleNamespace(cover_swg=cover_svg), "misspelt")


@pytest.fixture(autouse=True)
def _told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="octavo.plugins")
