"""The last good page: shown while its render fails, but never with what was withdrawn since."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from octavo.settings import MenuItem
from tests.conftest import PostsFolder
from tests.tools import THEME
from tests.waiting import settled
from tests.web.test_pagecache import HIT, Visitor, broken, cache_of

LISTS = ["/archive/", "/archive/2025/", "/articles/open/", "/sitemaps/articles-1.xml", "/tags/", "/authors/"]
TEMPLATES = ["archive.html", "article.html", "sitemaps/urlset.xml", "tags.html", "authors.html"]


@pytest.fixture
def break_templates(folder: PostsFolder, app: Flask) -> Callable[[], None]:
    """Make templates fail when they are rendered."""
    templates = folder.path.parent / "templates"
    shutil.copytree(THEME / "templates", templates)
    settled(app)

    def do() -> None:
        for name in TEMPLATES:
            file = templates / name
            # What a template says before it extends another is run too.
            file.write_text(f"{{% set broken = nothing.of_this_name %}}{file.read_text()}")

    return do


def test_withdrawn_article_is_listed_nowhere_when_rendering_fails(
    app: Flask, folder: PostsFolder, break_templates: Callable[[], None]
) -> None:
    folder.write("open", tags=["Mars"], author="Ada")
    secret = folder.write("secret", title="Secret merger", date="2025-01-02", tags=["Secret"], author="Secret source")
    settled(app)
    visitor = Visitor(app)
    assert all("ecret" in visitor.get(path).text for path in LISTS)

    break_templates()
    secret.unlink()
    settled(app)

    assert [visitor.get(path).status_code for path in LISTS] == [500] * len(LISTS)


def test_lists_stay_when_rendering_fails_after_an_article_was_added(
    app: Flask, folder: PostsFolder, break_templates: Callable[[], None]
) -> None:
    folder.write("open", tags=["Mars"], author="Ada")
    folder.write("other", date="2025-01-02", tags=["Mars"], author="Ada")
    settled(app)
    visitor, lists = Visitor(app), [path for path in LISTS if path.endswith("/")]
    before = [visitor.get(path).data for path in lists]

    break_templates()
    folder.write("new", date="2025-01-03", tags=["Venus"], author="Eve")
    settled(app)

    assert [visitor.get(path).data for path in lists] == before
    assert cache_of(app).counts.failed == len(lists)


def test_last_good_page_of_another_process_is_shown_by_one_that_never_had_it(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello", "The good body")
    Visitor(make_app(cache="filesystem")).get("/articles/hello/")
    folder.write("hello", "The new body")
    second = Visitor(settled(make_app(cache="filesystem")))
    broken(second.application, "pages.article")

    answers = [second.get("/articles/hello/") for _ in range(2)]

    assert [(answer.status_code, "The good body" in answer.text) for answer in answers] == [(200, True)] * 2
    assert [answer.headers["Cache-Status"] for answer in answers] == ["octavo; fwd=stale; fwd-status=500", HIT]


def test_withdrawn_article_is_not_shown_by_a_process_that_never_had_it(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("open")
    folder.write("secret", date="2025-01-02")
    first = Visitor(make_app(cache="filesystem"))
    assert all("secret" in first.get(path).text for path in ("/articles/secret/", "/articles/open/"))
    folder.write("secret", draft=True)
    second = Visitor(make_app(cache="filesystem"))
    broken(second.application, "pages.article")

    answers = [second.get(path) for path in ("/articles/secret/", "/articles/open/")]

    assert [answer.status_code for answer in answers] == [500, 500]


@pytest.mark.parametrize(
    ("withdrawn", "settings", "status"),
    [
        ("_pages/plans.md", {}, 500),
        ("merger.md", {}, 500),
        # What the settings name is nothing that was withdrawn.
        ("merger.md", {"navigation": [MenuItem("Nowhere", "/categories/nowhere/")]}, 200),
        ("nothing.md", {}, 200),
    ],
)
def test_withdrawn_page_or_section_is_named_at_no_head_or_foot(
    make_app: Callable[..., Flask], folder: PostsFolder, withdrawn: str, settings: dict[str, Any], status: int
) -> None:
    folder.write("hello", category="Space")
    folder.write("merger", date="2020-01-01", category="Secret merger")
    folder.write("between", date="2021-01-01")
    folder.raw("_pages/plans.md", "---\ntitle: Secret plans\n---\nText.")
    app = make_app(**settings)
    settled(app)
    visitor = Visitor(app)
    assert "Secret plans" in visitor.get("/articles/hello/").text
    broken(app, "pages.article")

    (folder.path / withdrawn).unlink(missing_ok=True)
    folder.write("hello", "New", category="Space")
    settled(app)

    assert visitor.get("/articles/hello/").status_code == status
