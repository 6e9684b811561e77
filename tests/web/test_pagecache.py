"""The page cache: right at every moment, the same for everybody, and rendered again only where something changed."""

from __future__ import annotations

import gc
import gzip
import json
import logging
import os
import re
import shutil
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate
from functools import wraps
from typing import Any

import brotli
import pytest
from flask import Flask, Response, abort, request
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse, create_environ

from octavo.content.slugs import slugify
from octavo.site.site import Site
from octavo.web.cache import page_cache
from octavo.web.cache.page_cache import PageCache
from octavo.web.cache.plans import cached
from octavo.web.page_kinds import every_path
from octavo.web.read_model.read_model import ReadModel
from tests.conftest import CHECKOUT, Clock, PostsFolder
from tests.tools import THEME
from tests.waiting import settled, until

# How a page was come by (RFC 9211).
MISS, HIT = "octavo; fwd=uri-miss; stored", "octavo; hit"


class Visitor(FlaskClient):
    """A reader who comes at once: nothing looks at the files for them."""

    def renders_of(self, *paths: str) -> int:
        """Read pages and return how many of them had to be rendered."""
        before = cache_of(self.application).counts.renders
        for path in paths:
            self.get(path)
        return cache_of(self.application).counts.renders - before


def cache_of(app: Flask) -> PageCache:
    cache: PageCache = app.extensions["octavo_cache"]
    return cache


def site_of(app: Flask) -> Site:
    site: Site = app.extensions["octavo"]
    return site


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """A site whose pages name to a cache in front what they show."""
    return make_app(purge_header="Surrogate-Key")


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app, use_cookies=False)


@pytest.fixture
def edit(app: Flask, folder: PostsFolder) -> Callable[..., None]:
    """Write a post and let the site see it."""

    def write(name: str, body: str = "Some text.\n", **fields: Any) -> None:
        folder.write(name, body, **fields)
        settled(app)

    return write


def fresh(app: Flask, path: str) -> bytes:
    """Return a page as it is without the cache."""
    return Client(cache_of(app).inner).get(path, base_url=site_of(app).settings.base_url).data


def test_second_request_is_answered_without_rendering(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello", "First body")

    first, second = visitor.get("/articles/hello/"), visitor.get("/articles/hello/")

    assert "First body" in first.text
    assert second.data == first.data
    assert cache_of(visitor.application).counts.renders == 1
    assert first.headers["Cache-Status"] == MISS
    assert second.headers["Cache-Status"] == HIT


def test_edited_post_is_never_served_stale(visitor: Visitor, edit: Callable[..., None]) -> None:
    for number in range(20):
        edit("hello", f"Body {number}", title=f"Title {number}")

        assert f"Body {number}" in visitor.get("/articles/hello/").text
        assert f"Title {number}" in visitor.get("/").text
        assert f"Title {number}" in visitor.get("/articles/").text


def test_edited_body_renders_its_article_alone(visitor: Visitor, edit: Callable[..., None]) -> None:
    pages = ["/", "/articles/", "/tags/mars/", "/archive/", "/articles/one/", "/articles/two/", "/authors/ada/"]
    for name in ("one", "two"):
        edit(name, "Before", summary="The same", tags=["Mars"], author="Ada")
    visitor.renders_of(*pages)

    edit("one", "After it", summary="The same", tags=["Mars"], author="Ada")

    assert visitor.renders_of(*pages) == 1
    assert "After it" in visitor.get("/articles/one/").text


def test_edited_title_renders_the_pages_that_show_it(visitor: Visitor, edit: Callable[..., None]) -> None:
    for day, name in enumerate(("one", "two", "three", "four"), 1):
        edit(name, date=f"2025-01-0{day}", tags=["Mars" if name == "one" else "Venus"], category=name)
    shows = ["/", "/articles/", "/tags/mars/", "/archive/", "/archive/2025/", "/articles/one/", "/articles/two/"]
    others = ["/tags/venus/", "/tags/", "/articles/three/", "/articles/four/", "/categories/three/"]
    visitor.renders_of(*shows, *others)

    edit("one", date="2025-01-01", title="Another title", tags=["Mars"], category="one")

    assert visitor.renders_of(*others) == 0
    assert visitor.renders_of(*shows) == len(shows)
    for path in (*shows, *others):
        assert visitor.get(path).data == fresh(visitor.application, path)


def test_edited_author_renders_their_articles_and_not_the_lists(
    visitor: Visitor, edit: Callable[..., None], folder: PostsFolder
) -> None:
    folder.raw("_authors/ada.md", "---\nname: Ada\nrole: Engineer\n---\n\nHer bio.\n")
    edit("one", author="Ada")
    edit("two", author="Someone else")
    lists = ["/", "/articles/", "/archive/", "/tags/", "/articles/two/"]
    visitor.renders_of(*lists, "/articles/one/", "/authors/ada/")

    folder.raw("_authors/ada.md", "---\nname: Ada\nrole: Astronomer\n---\n\nHer bio.\n")
    settled(visitor.application)

    assert visitor.renders_of(*lists) == 0
    assert "Astronomer" in visitor.get("/articles/one/").text
    assert "Astronomer" in visitor.get("/authors/ada/").text


def test_moved_link_target_renders_the_article_that_links_to_it(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("target", slug="old-place")
    edit("source", "[there](target.md)")
    assert "/articles/old-place/" in visitor.get("/articles/source/").text

    edit("target", slug="new-place")

    assert "/articles/new-place/" in visitor.get("/articles/source/").text


def test_replaced_picture_is_shown_at_once(visitor: Visitor, edit: Callable[..., None], folder: PostsFolder) -> None:
    sky = CHECKOUT / "posts" / "space-exploration"
    pictures = sorted(sky.rglob("*.jpg"))[:2]
    folder.raw("sky/photo.jpg", pictures[0].read_bytes())
    folder.raw("sky/index.md", "---\ntitle: Sky\ndate: 2025-01-01\nimage: photo.jpg\n---\n\n![The sky](photo.jpg)\n")
    settled(visitor.application)
    before = visitor.get("/articles/sky/").text, visitor.get("/").text

    folder.raw("sky/photo.jpg", pictures[1].read_bytes())
    settled(visitor.application)

    assert visitor.get("/articles/sky/").text != before[0]
    assert visitor.get("/articles/sky/").data == fresh(visitor.application, "/articles/sky/")
    assert visitor.get("/").data == fresh(visitor.application, "/") != before[1].encode()


def test_scheduled_post_appears_on_every_page_at_its_instant(
    visitor: Visitor, edit: Callable[..., None], clock: Clock
) -> None:
    edit("old")
    edit("soon", title="Coming soon", date="2025-07-20T12:30:00Z", tags=["Mars"], author="Ada")
    pages = ["/", "/articles/", "/tags/", "/archive/", "/authors/", "/articles/old/"]
    new = ["/articles/soon/", "/tags/mars/", "/authors/ada/", "/covers/soon.png"]
    clock.set(2025, 7, 20, 12, 29, 59)
    assert not any("Coming soon" in visitor.get(path).text for path in pages)
    assert [visitor.get(path).status_code for path in new] == [404] * len(new)

    clock.set(2025, 7, 20, 12, 30)

    assert [visitor.get(path).status_code for path in new] == [200] * len(new)
    for path in pages:
        assert visitor.get(path).data == fresh(visitor.application, path), path
    assert "Coming soon" in visitor.get("/").text


def test_expired_post_is_gone_at_its_instant(visitor: Visitor, edit: Callable[..., None], clock: Clock) -> None:
    edit("brief", title="Brief life", expires="2025-07-20T12:30:00Z")
    assert "Brief life" in visitor.get("/articles/brief/").text

    clock.set(2025, 7, 20, 12, 30)

    assert visitor.get("/articles/brief/").status_code == 404
    assert "Brief life" not in visitor.get("/").text


def test_date_of_an_update_is_told_from_its_instant(visitor: Visitor, edit: Callable[..., None], clock: Clock) -> None:
    edit("hello", date="2025-07-01", updated="2025-07-20T12:30:00Z")
    before = visitor.get("/articles/hello/").text

    clock.set(2025, 7, 20, 12, 30)
    after = visitor.get("/articles/hello/")
    # As when the index says that something may have changed.
    cache_of(visitor.application).invalidate("/articles/hello/")

    assert '"dateModified": "2025-07-20' not in before.replace('":"', '": "')
    assert after.data == fresh(visitor.application, "/articles/hello/") != before.encode()
    assert visitor.renders_of("/articles/hello/") == 0


def test_clock_set_back_hides_what_is_not_published_yet(
    visitor: Visitor, edit: Callable[..., None], clock: Clock
) -> None:
    edit("hello", title="From the future", date="2025-07-20T11:00:00Z")
    assert "From the future" in visitor.get("/").text

    clock.set(2025, 7, 20, 10)

    assert "From the future" not in visitor.get("/").text
    assert visitor.get("/articles/hello/").status_code == 404


def seconds_of(response: TestResponse, name: str) -> int:
    control = response.headers["Cache-Control"]
    return int(control.split(f"{name}=")[1].split(",")[0])


def test_caches_in_front_never_keep_a_page_beyond_the_next_instant(
    visitor: Visitor, edit: Callable[..., None], clock: Clock
) -> None:
    edit("soon", date="2025-07-20T12:30:00Z")
    edit("old")
    instant = clock.now + 30 * 60

    for before in (3600, 1800, 60, 11, 10, 9, 5, 4.5, 1, 0.5, 0.001):
        clock.now = instant - before
        for path in ("/", "/articles/old/"):
            for _ in range(2):
                answer = visitor.get(path)
                left = seconds_of(answer, "s-maxage") + seconds_of(answer, "stale-while-revalidate")
                assert left <= before, (path, before)
                assert seconds_of(answer, "s-maxage") <= 5


def test_caches_in_front_ask_again_for_what_is_not_there_and_for_what_moved(
    visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("new", aliases=["old"])

    for path, status in (("/articles/soon/", 404), ("/no/such/path/", 404), ("/tags/none/", 404), ("/old", 301)):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-cache"), path


def test_tag_page_stands_beside_tags_without_letters(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello", tags=["Space", "Moon", "🚀"])

    page = visitor.get("/tags/space/")

    assert page.status_code == 200
    assert 'href="/tags/moon/"' in page.text


def test_every_page_has_one_address(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello", date="2025-01-01")

    for path in ("/archive/２０２５/", "/articles//", "/articles/hello//", "/archive/2025//"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (
            301,
            path.replace("２０２５", "2025").replace("//", "/"),
        )
    assert visitor.get("/sitemaps/articles-1.xml").status_code == 200
    for path in ("/sitemaps/articles-0001.xml", "/sitemaps/articles-１.xml"):
        assert visitor.get(path).status_code == 404


def test_absurd_encodings_are_not_remembered(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello")
    visitor.get("/tags/")
    remembered = cache_of(visitor.application).report()["encodings"]

    for number in range(20):
        answer = visitor.get("/tags/", headers={"Accept-Encoding": f"gzip;q=0.{number:03},{'a' * 100_000}"})
        assert answer.status_code == 200

    assert cache_of(visitor.application).report()["encodings"] == remembered


@pytest.mark.parametrize(("length", "more"), [(200, 1), (201, 0)])
def test_long_lists_of_encodings_are_not_remembered(
    visitor: Visitor, edit: Callable[..., None], length: int, more: int
) -> None:
    edit("hello")
    visitor.get("/tags/")
    remembered = cache_of(visitor.application).report()["encodings"]

    visitor.get("/tags/", headers={"Accept-Encoding": "gzip,".ljust(length, "a")})

    assert cache_of(visitor.application).report()["encodings"] == remembered + more


def test_page_with_little_time_left_is_sent_whole_to_a_cache_that_asks_whether_it_changed(
    visitor: Visitor, edit: Callable[..., None], clock: Clock
) -> None:
    edit("soon", date="2025-07-20T12:30:00Z")
    tag = visitor.get("/").headers["ETag"]
    assert visitor.get("/", headers={"If-None-Match": tag}).status_code == 304

    clock.set(2025, 7, 20, 12, 29, 55)

    answer = visitor.get("/", headers={"If-None-Match": tag})
    assert (answer.status_code, seconds_of(answer, "s-maxage")) == (200, 4)


def test_304_ends_at_the_second_from_which_a_page_is_not_kept_in_full(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    folder.write("soon", date="2025-07-20T12:30:00Z")
    visitor = Visitor(make_app(shared_seconds=10))
    asked = {"If-None-Match": visitor.get("/").headers["ETag"]}

    clock.set(2025, 7, 20, 12, 29, 38)
    before = visitor.get("/", headers=asked)
    # Twice the ten seconds, and one for the rounding of dates.
    clock.set(2025, 7, 20, 12, 29, 39)
    after = visitor.get("/", headers=asked)

    assert (before.status_code, after.status_code) == (304, 200)


def test_changed_template_is_shown_at_once(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    app = make_app()
    templates = folder.path.parent / "templates"
    shutil.copytree(THEME / "templates", templates)
    settled(app)
    visitor = Visitor(app)
    visitor.get("/articles/hello/")

    base = templates / "base.html"
    base.write_text(base.read_text().replace("<body>", "<body><p>Another theme</p>"))
    settled(app)

    assert "Another theme" in visitor.get("/articles/hello/").text
    assert visitor.renders_of("/articles/hello/") == 0


def test_changed_style_sheet_has_a_new_address_at_once_and_the_old_one_stays(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    app = make_app()
    static = folder.path.parent / "static"
    shutil.copytree(THEME / "static", static)
    settled(app)
    visitor = Visitor(app)
    before = style_sheet_of(visitor.get("/").text)

    with (static / "css" / "site.css").open("a") as file:
        file.write("body { color: teal }")
    settled(app)
    after = style_sheet_of(visitor.get("/").text)

    assert "teal" not in visitor.get(before).text
    assert "teal" in visitor.get(after).text
    assert visitor.get(before).status_code == 200


def test_process_that_is_behind_a_save_asks_for_patience_once(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello", "Before.")
    behind = make_app()
    site_of(behind).save()
    folder.write("hello", "After.")
    ahead = site_of(make_app())
    ahead.save()
    ahead.save()
    visitor = Visitor(behind)

    first = visitor.get("/articles/hello/")

    assert (first.status_code, first.headers["Retry-After"]) == (503, "1")
    assert "After." in visitor.get("/articles/hello/").text


def style_sheet_of(html: str) -> str:
    found = re.search(r'href="(/static/css/site\.[^"]+\.css)"', html)
    assert found is not None
    return found[1]


def test_unknown_parameters_make_no_copies_and_change_nothing(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello")
    page = visitor.get("/articles/hello/").data

    renders = visitor.renders_of(*(f"/articles/hello/?utm={n}&page={n}" for n in range(50)))

    assert renders == 0
    assert visitor.get("/articles/hello/?page=2&<script>").data == page
    assert len(cache_of(visitor.application).pools.existing.pages) == 1


MANY = "&".join(f"a{number}=1" for number in range(101))


# The path has 16 characters; of an address 2,000 are remembered.
@pytest.mark.parametrize(("query", "more"), [("x=" + "a" * 1_983, 0), ("x=" + "a" * 1_982, 1), (MANY, 1)])
def test_long_query_changes_nothing_and_the_longest_are_not_remembered(
    visitor: Visitor, edit: Callable[..., None], query: str, more: int
) -> None:
    edit("hello", "Before")
    cache = cache_of(visitor.application)
    page = visitor.get("/articles/hello/")
    edit("hello", "After")
    remembered = cache.report()["addresses"]

    answer = visitor.get(f"/articles/hello/?{query}")

    assert "After" in answer.text
    for name in ("Cache-Control", "Vary", "Surrogate-Key"):
        assert answer.headers[name] == page.headers[name]
    assert answer.headers["ETag"] != page.headers["ETag"]
    assert visitor.renders_of("/articles/hello/") == 0
    assert cache.report()["addresses"] == remembered + more


def test_caches_in_front_ask_again_for_what_does_not_say_how_long_it_is_right(
    app: Flask, visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello")
    app.add_url_rule("/bare", "bare", lambda: "An answer")
    app.add_url_rule("/short", "short", lambda: Response("An answer", headers={"Cache-Control": "max-age=7"}))

    for path, control in ((f"/articles/?page=1&{MANY}", "no-cache"), ("/bare", "no-cache"), ("/short", "max-age=7")):
        for answer in (visitor.get(path), visitor.head(path)):
            assert (answer.status_code, answer.headers.getlist("Cache-Control")) == (200, [control])


def test_nothing_of_long_addresses_that_are_not_there_is_kept(visitor: Visitor) -> None:
    def miss(number: int) -> None:
        for path in (f"/articles/{'a' * 60_000}{number}/", f"/tags/{'a' * 60_000}{number}/"):
            # Without a client, which remembers addresses.
            answer = Response.from_app(visitor.application, {**create_environ("/"), "PATH_INFO": path})
            assert answer.status_code == 404

    miss(0)
    tracemalloc.start()
    for number in range(1, 20):
        miss(number)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert cache_of(visitor.application).pools.missing.pages == {}
    assert kept < 1_000_000


def test_numbered_pages_are_pages_of_their_own(visitor: Visitor, edit: Callable[..., None]) -> None:
    for number in range(14):
        edit(f"post-{number}", title=f"Post number {number}", date=f"2025-01-{number + 1:02}")

    assert "Post number 0<" in visitor.get("/articles/?page=2").text
    assert "Post number 0<" not in visitor.get("/articles/").text
    assert visitor.get("/articles/?page=2&a=b").data == visitor.get("/articles/?z&page=2").data
    assert visitor.get("/articles/?page=3").status_code == 404


def test_question_mark_in_a_path_is_not_the_beginning_of_a_query(visitor: Visitor, edit: Callable[..., None]) -> None:
    for number in range(14):
        edit(f"post-{number}")
    assert visitor.get("/articles/?page=2").status_code == 200
    assert visitor.get("/articles/?from=mars?").status_code == 200

    assert visitor.get("/articles/%3Fpage=2").status_code == 404
    assert visitor.get("/articles/%3Ffrom=mars").status_code == 404


def test_foreign_host_and_cookies_reach_no_cached_page(app: Flask, visitor: Visitor, edit: Callable[..., None]) -> None:
    @app.get("/mirror")
    @cached()
    def mirror() -> str:
        return f"{request.host} {request.cookies.get('name')} {request.headers.get('X-Forwarded-Host')} {request.url}"

    headers = {"Host": "evil.example", "Cookie": "name=secret", "X-Forwarded-Host": "evil.example"}
    answer = visitor.get("/mirror?evil", headers=headers).text

    assert "evil" not in answer
    assert "secret" not in answer
    assert visitor.get("/mirror").text == answer


@pytest.mark.parametrize("header", [("Set-Cookie", "a=b"), ("Cache-Control", "private"), ("Cache-Control", "no-store")])
def test_private_answers_are_never_kept(app: Flask, visitor: Visitor, header: tuple[str, str]) -> None:
    seen: list[str] = []

    @app.get("/private")
    @cached()
    def private() -> Response:
        seen.append(request.headers.get("Cookie", ""))
        return Response(f"answer {len(seen)}", headers=[header])

    answers = [visitor.get("/private", headers={"Cookie": "me=1"}).text for _ in range(3)]

    assert len(set(answers)) == 3
    assert not cache_of(app).pools.existing.pages


def test_pages_of_unmarked_views_are_never_kept(app: Flask, visitor: Visitor) -> None:
    numbers = iter(range(10))

    @app.get("/changing")
    def changing() -> str:
        return str(next(numbers))

    assert [visitor.get("/changing").text for _ in range(3)] == ["0", "1", "2"]


def test_article_is_found_as_soon_as_it_is_written(visitor: Visitor, edit: Callable[..., None]) -> None:
    assert visitor.get("/articles/hello/").status_code == 404
    assert visitor.get("/articles/hello/").headers["Cache-Status"] == "octavo; hit"

    edit("hello")

    assert visitor.get("/articles/hello/").status_code == 200


def test_not_found_is_kept_for_ten_seconds(visitor: Visitor, clock: Clock) -> None:
    assert visitor.renders_of("/articles/none/", "/articles/none/") == 1

    clock.now += 9

    assert visitor.renders_of("/articles/none/") == 0
    clock.now += 1
    assert visitor.renders_of("/articles/none/") == 1


def test_answers_that_are_known_are_counted(visitor: Visitor, edit: Callable[..., None]) -> None:
    cache = cache_of(visitor.application)
    at_first = cache.report()["fingerprints"]
    edit("hello")

    visitor.get("/articles/hello/")

    assert at_first == 0
    assert cache.report()["fingerprints"] > 0


def test_page_of_a_search_is_not_looked_for_in_the_shared_store(
    make_app: Callable[..., Flask], folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("hello")
    app = make_app(cache="filesystem")
    asked: list[str] = []
    monkeypatch.setattr(cache_of(app).store, "get", asked.append)
    visitor = Visitor(app)

    visitor.get("/articles/hello/")
    visitor.get("/search/?q=hello")

    assert {key for key in asked if key[0] in "/?"} == {"/articles/hello/"}


def misses_stay_bounded(visitor: Visitor, edit: Callable[..., None], count: int) -> None:
    edit("hello")
    cache = cache_of(visitor.application)
    for path in ("/articles/hello/", "/articles/random/"):
        visitor.get(path)
    remembered = slugify.cache_info().currsize
    known = cache.report()["fingerprints"]

    for number in range(count):
        visitor.get(f"/articles/random-{number}/")
        visitor.get(f"/articles/hello/?x={number}")

    assert cache.pools.missing.bytes <= 4_000_000
    assert slugify.cache_info().currsize - remembered < 50
    assert cache.report()["fingerprints"] - known < 50
    assert list(cache.pools.existing.pages) == ["/articles/hello/"]
    assert visitor.renders_of("/articles/hello/") == 0


def test_random_addresses_push_no_page_out(visitor: Visitor, edit: Callable[..., None]) -> None:
    misses_stay_bounded(visitor, edit, 600)


def test_edited_page_is_not_matched_to_its_view_again_however_many_addresses_were_asked_for(
    visitor: Visitor, edit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit("hello", "Before")
    visitor.get("/articles/hello/")
    remembered = []
    for number in range(2_100):
        visitor.get(f"/articles/hello/?x={number}")
        remembered.append(cache_of(visitor.application).report()["addresses"])
    edit("hello", "After")
    monkeypatch.setattr(page_cache, "canonical_request", None)

    assert "After" in visitor.get("/articles/hello/").text
    assert max(remembered) == 2_000


@pytest.mark.long
def test_a_hundred_thousand_random_addresses_push_no_page_out(visitor: Visitor, edit: Callable[..., None]) -> None:
    misses_stay_bounded(visitor, edit, 100_000)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", None),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, *", "gzip"),
        ("identity", None),
        ("BR", "br"),
        ("gzip;q=nonsense, ,;;=", None),
        ("gzip;q=0.1, identity;q=1", None),
        ("gzip;q=0.1", "gzip"),
        ("br;q=0.5, gzip;q=0.5, identity;q=0.5", "br"),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("identity;q=0.5, *;q=0.2", None),
        ("gzip;q=0.9, br;q=0.9, *;q=1", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("*;q=0, gzip;q=0.1", "gzip"),
    ],
)
def test_reader_gets_the_best_encoding_they_accept(
    visitor: Visitor, edit: Callable[..., None], accepted: str, encoding: str | None
) -> None:
    edit("hello", "Text enough to be worth it. " * 50)
    plain = visitor.get("/articles/hello/").data
    unpack = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}[encoding]

    answer = visitor.get("/articles/hello/", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert unpack(answer.data) == plain


def test_strange_accept_encoding_headers_are_forgotten(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello")

    remembered = []
    for number in range(1_200):
        visitor.get("/articles/hello/", headers={"Accept-Encoding": f"x-{number}"})
        remembered.append(cache_of(visitor.application).report()["encodings"])

    assert max(remembered) == 500


@pytest.mark.parametrize("accepted", ["", "gzip", "br"])
def test_unchanged_page_is_answered_with_304(visitor: Visitor, edit: Callable[..., None], accepted: str) -> None:
    edit("hello", "Text enough to be worth it. " * 50)
    headers = {"Accept-Encoding": accepted}
    page = visitor.get("/articles/hello/", headers=headers)
    tag = page.headers["ETag"]

    for condition in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = visitor.get("/articles/hello/", headers={**headers, "If-None-Match": condition})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
        assert "Content-Length" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
    assert visitor.get("/articles/hello/", headers={**headers, "If-None-Match": '"other"'}).status_code == 200

    edit("hello", "Another text")

    assert visitor.get("/articles/hello/", headers={**headers, "If-None-Match": tag}).status_code == 200


def test_each_encoding_has_its_own_strong_etag(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello", "Text enough to be worth it. " * 50)

    tags = {
        visitor.get("/articles/hello/", headers={"Accept-Encoding": name}).headers["ETag"]
        for name in ("", "gzip", "br")
    }

    assert len(tags) == 3
    assert not any(tag.startswith("W/") for tag in tags)


@pytest.mark.parametrize(("encoding", "unpack"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
def test_page_is_compressed_better_when_its_first_reader_has_it(
    visitor: Visitor, edit: Callable[..., None], encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    edit("hello", " ".join(f"Word {number % 97} of {number}." for number in range(1_500)))
    headers = {"Accept-Encoding": encoding}
    first = visitor.get("/articles/hello/", headers=headers)
    for follow in site_of(visitor.application).indexed:
        follow()

    later = visitor.get("/articles/hello/", headers=headers)

    assert len(later.data) < len(first.data)
    assert unpack(later.data) == unpack(first.data)
    assert int(later.headers["Content-Length"]) == len(later.data)
    assert later.headers["ETag"] != first.headers["ETag"]
    assert later.headers["Cache-Status"] == "octavo; hit"


def test_page_that_nobody_wants_compressed_is_not(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello", " ".join(f"Word {number % 97} of {number}." for number in range(1_500)))
    visitor.get("/articles/hello/")
    before = cache_of(visitor.application).report()["bytes"]

    for follow in site_of(visitor.application).indexed:
        follow()

    assert cache_of(visitor.application).report()["bytes"] == before


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_who_has_the_first_compression_need_not_load_the_better_one(
    visitor: Visitor, edit: Callable[..., None], encoding: str
) -> None:
    edit("hello", " ".join(f"Word {number % 97} of {number}." for number in range(1_500)))
    headers = {"Accept-Encoding": encoding}
    tag = visitor.get("/articles/hello/", headers=headers).headers["ETag"]
    for follow in site_of(visitor.application).indexed:
        follow()
    better = visitor.get("/articles/hello/", headers=headers).headers["ETag"]

    for asked, told in ((tag, tag), (f'"other", W/{tag}', tag), (better, better), (f"{tag}, {better}", better)):
        answer = visitor.get("/articles/hello/", headers={**headers, "If-None-Match": asked})
        assert (answer.status_code, answer.headers["ETag"]) == (304, told)
        assert len(answer.headers.getlist("ETag")) == 1

    assert visitor.get("/articles/hello/", headers={"If-None-Match": better}).status_code == 200
    edit("hello", "Another text")
    assert visitor.get("/articles/hello/", headers={**headers, "If-None-Match": tag}).status_code == 200


def test_better_compression_is_counted_in_the_bytes_of_the_cache(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello", " ".join(f"Word {number % 97} of {number}." for number in range(1_500)))
    visitor.get("/articles/hello/", headers={"Accept-Encoding": "br"})
    before = cache_of(visitor.application).report()["bytes"]
    for follow in site_of(visitor.application).indexed:
        follow()

    assert cache_of(visitor.application).report()["bytes"] < before


def date_of(visitor: Visitor, path: str, clock: Clock) -> str:
    """Read a page, and again when all processes show it; return its date of modification then."""
    visitor.get(path)
    clock.now += 60
    return visitor.get(path, headers={"If-Modified-Since": "0"}).headers["Last-Modified"]


def test_date_of_modification_is_answered_with_304_only_where_it_tells_versions_apart(
    visitor: Visitor, edit: Callable[..., None], clock: Clock
) -> None:
    edit("hello", "First")
    first = date_of(visitor, "/articles/hello/", clock)
    assert visitor.get("/articles/hello/", headers={"If-Modified-Since": first}).status_code == 304

    edit("hello", "Second, in the same second")

    for date in (first, formatdate(clock.now + 1, usegmt=True)):
        second = visitor.get("/articles/hello/", headers={"If-Modified-Since": date})
        assert second.status_code == 200
        assert "Second" in second.text
    clock.now += 60
    edit("hello", "Third")
    assert visitor.get("/articles/hello/", headers={"If-Modified-Since": first}).status_code == 200


def test_page_made_soon_after_a_change_is_answered_by_date_once_all_processes_show_it(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    folder.write("hello", "First")
    ahead, behind = (Visitor(make_app()) for _ in range(2))
    for visitor in (ahead, behind):
        date_of(visitor, "/tags/", clock)
    folder.write("hello", "Second")
    settled(ahead.application)

    shown = {name: one.get("/articles/hello/") for name, one in (("Second", ahead), ("First", behind))}
    clock.now += 60

    assert len({answer.headers["Last-Modified"] for answer in shown.values()}) == 1
    for name, answer in shown.items():
        assert name in answer.text
        later = ahead.get("/articles/hello/", headers={"If-Modified-Since": answer.headers["Last-Modified"]})
        assert (later.status_code, "Second" in later.text) == (200, True)
        again = ahead.get("/articles/hello/", headers={"If-Modified-Since": later.headers["Last-Modified"]})
        assert (again.status_code, again.headers["Last-Modified"]) == (304, later.headers["Last-Modified"])


def test_page_that_the_index_overtook_while_it_was_made_is_answered_by_date_later(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    folder.write("hello")
    app = make_app(indexing=False)
    visitor, render = Visitor(app), app.view_functions["pages.article"]

    @wraps(render)
    def slow(**arguments: Any) -> Any:
        answer = render(**arguments)
        site_of(app).index.sync()
        return answer

    app.view_functions["pages.article"] = slow

    shown = date_of(visitor, "/articles/hello/", clock)
    clock.now += 60

    # The first request after the index had changed found the page right, and LAG seconds later all processes do.
    later = visitor.get("/articles/hello/", headers={"If-Modified-Since": shown})
    assert cache_of(app).counts.renders == 1
    answer = visitor.get("/articles/hello/", headers={"If-Modified-Since": later.headers["Last-Modified"]})
    assert answer.status_code == 304


@pytest.mark.parametrize(
    ("date", "status"),
    [
        ("Sun, 20 Jul 2025 12:00:02 GMT", 304),
        ("Sun, 20 Jul 2025 12:00:03 GMT", 304),
        ("Sunday, 20-Jul-25 12:30:00 GMT", 304),
        ("Sun Jul 20 12:00:02 2025", 304),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 304),
        ("Sun, 20 Jul 2025 12:00:01 GMT", 200),
        ("Sun, 20 Jul 9999999999999 12:30:00 GMT", 200),
        ("not a date", 200),
        ("0", 200),
        ("", 200),
        ("\0", 200),
    ],
)
def test_page_is_not_sent_again_to_who_has_seen_it_since_it_was_modified(
    visitor: Visitor, edit: Callable[..., None], clock: Clock, date: str, status: int
) -> None:
    edit("hello")
    visitor.get("/articles/hello/")
    clock.now += 60

    assert visitor.get("/articles/hello/", headers={"If-Modified-Since": date}).status_code == status


def test_date_is_no_proof_where_the_page_was_another_before_a_restart(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    folder.write("hello", "First")
    shown = Visitor(make_app()).get("/articles/hello/").headers["Last-Modified"]
    folder.write("hello", "Second, in the same second")
    clock.now += 0.5
    restarted = Visitor(make_app())
    restarted.get("/articles/hello/")

    answers = [restarted.get("/articles/hello/", headers={"If-Modified-Since": date}) for date in (shown, "\0")]

    assert [(answer.status_code, "Second" in answer.text) for answer in answers] == [(200, True)] * 2


def test_later_date_is_no_proof_where_the_page_was_another_meanwhile(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    folder.write("hello", "First")
    # No thread brings the index up to date: it changes where the test says so.
    one, other = (Visitor(settled(make_app(indexing=False))) for _ in range(2))
    other.get("/articles/hello/")
    clock.now += 60
    folder.write("hello", "Second")
    settled(one.application)
    clock.now += 60
    meanwhile = one.get("/articles/hello/").headers["Last-Modified"]
    clock.now += 60
    folder.write("hello", "First")
    settled(other.application)

    answer = other.get("/articles/hello/", headers={"If-Modified-Since": meanwhile})
    clock.now += 60
    now = formatdate(clock.now, usegmt=True)
    later = other.get("/articles/hello/", headers={"If-Modified-Since": now})

    assert (answer.status_code, later.status_code) == (200, 304)
    assert cache_of(other.application).counts.revalidated == 1


def test_page_that_is_read_all_through_the_first_build_of_the_index_is_rendered_twice(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    near = {0: "Magnetometers", 1: "Spectrographs", 57: "Antennas", 59: "Magnetometers, spectrographs and antennas"}
    for number in range(60):
        text = near.get(number, f"Word{number}")
        folder.write(f"probe-{number:02}", f"{text} on a comet.", date=f"{1950 + number}-01-01")
    app = make_app(indexing=False)
    visitor = Visitor(app)
    read: list[str] = []

    def read_again(committed: bool = True) -> None:
        if committed:
            site_of(app).check_for_changes()
            clock.now += 60
            read.append(visitor.get("/articles/probe-59/").text)

    read_again()
    site_of(app).index.sync(read_again)
    read_again()

    assert len(read) == 4
    assert len(set(read)) == cache_of(app).counts.renders == 2


@pytest.fixture
def related(make_app: Callable[..., Flask], folder: PostsFolder) -> Visitor:
    """A visitor who has read `first` before the index knew that `second` is near."""
    for name, text in (("first", "Magnetometers"), ("second", "Magnetometers"), ("third", "Antennas")):
        folder.write(name, f"{text} on a comet.", tags=[])
    visitor = Visitor(make_app(indexing=False))
    site_of(visitor.application).index.sync()
    folder.write("third", "Magnetometers and spectrographs on a comet.", tags=["Mars"])
    folder.write("first", "Magnetometers and spectrographs on a comet.", tags=["Mars"])
    site_of(visitor.application).refresh(settle=0)
    assert "shares Mars" not in visitor.get("/articles/first/").text
    site_of(visitor.application).index.sync()
    return visitor


def test_related_articles_follow_the_index_within_five_seconds(related: Visitor, clock: Clock) -> None:
    clock.now += 4
    before = related.get("/articles/first/")
    clock.now += 1

    after = related.get("/articles/first/")

    assert "shares Mars" not in before.text
    assert "shares Mars" in after.text


def test_related_articles_of_a_page_that_is_read_are_asked_aside(related: Visitor) -> None:
    related.get("/articles/first/")
    for follow in site_of(related.application).indexed:
        follow()

    assert "shares Mars" in related.get("/articles/first/").text


def test_page_that_a_change_does_not_touch_is_right_without_a_question(
    visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello", "Text", date="2020-01-01")
    edit("between", "Text", date="2021-01-01")
    edit("other", "Text", date="2022-01-01")
    visitor.get("/articles/hello/")
    counts = replace(cache_of(visitor.application).counts)

    edit("other", "Another text", date="2022-01-01")

    assert visitor.get("/articles/hello/").headers["Cache-Status"] == "octavo; hit"
    assert cache_of(visitor.application).counts == counts


def test_page_that_is_rendered_to_the_same_bytes_keeps_its_date(
    visitor: Visitor, edit: Callable[..., None], clock: Clock
) -> None:
    edit("hello", "The same text")
    before = visitor.get("/articles/hello/")
    clock.now += 60

    edit("hello", "The same text\n\n\n")

    after = visitor.get("/articles/hello/")
    assert after.headers["Last-Modified"] == before.headers["Last-Modified"]
    assert after.headers["ETag"] == before.headers["ETag"]


def test_head_has_the_headers_of_get_and_no_body(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello")

    cold, page, warm = (
        visitor.head("/articles/hello/"),
        visitor.get("/articles/hello/"),
        visitor.head("/articles/hello/"),
    )

    assert cold.data == warm.data == b""
    assert page.data
    assert dict(warm.headers) == dict(page.headers)


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}])
def test_page_from_memory_is_a_list_so_that_servers_do_not_stream_it(
    app: Flask, visitor: Visitor, edit: Callable[..., None], headers: dict[str, str]
) -> None:
    edit("one", title="One", body="Text.")
    visitor.get("/articles/one/")

    answer = app.wsgi_app(create_environ("/articles/one/", headers=headers), lambda status, headers: None)

    assert isinstance(answer, list)


def test_other_methods_are_left_to_flask(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello")
    visitor.get("/articles/hello/")

    assert visitor.post("/articles/hello/").status_code == 405
    assert visitor.options("/articles/hello/").headers["Allow"]


def test_warming_reads_an_address_as_a_browser_sends_it(app: Flask, edit: Callable[..., None]) -> None:
    edit("hello")
    cache = cache_of(app)

    cache.warm("/articles/?ref=%26page%3D2")

    assert not cache.warm("/articles/")


def test_old_address_redirects_with_its_query_and_is_not_kept(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello", aliases=["/old-address/"])

    locations = [visitor.get(f"/old-address/?ref={n}").headers["Location"] for n in range(2)]

    assert locations == ["/articles/hello/?ref=0", "/articles/hello/?ref=1"]


def test_page_that_is_not_there_answers_other_queries_than_those_of_old_addresses(
    visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello", aliases=["/index.php?article=7"])
    edit("other", aliases=["/index.php?article=8"])

    first = visitor.get("/index.php")
    moved = [visitor.get(f"/index.php?article={number}").headers.get("Location") for number in (7, 8)]
    visitor.get("/nothing-here/")
    hits = [visitor.get(path).headers["Cache-Status"] for path in ("/index.php", "/nothing-here/?article=7")]

    assert first.status_code == 404
    assert moved == ["/articles/hello/", "/articles/other/"]
    assert hits == [HIT, HIT]


@pytest.mark.parametrize("path", ["/articles/hello", "/articles/HELLO/", "/articles/hello?ref=1", "/articles"])
def test_redirect_is_made_once_and_equals_the_fresh_one(
    app: Flask, visitor: Visitor, edit: Callable[..., None], path: str
) -> None:
    asked: list[str] = []
    app.before_request_funcs[None].insert(0, lambda: asked.append(path))
    edit("hello")
    fresh = Client(cache_of(app).inner).get(path, base_url=site_of(app).settings.base_url)
    asked.clear()

    answers = [visitor.get(path) for _ in range(2)]

    for answer in answers:
        assert (answer.status_code, answer.data) == (301, fresh.data)
        for name in ("Location", "Cache-Control", "Content-Type", "Content-Security-Policy"):
            assert answer.headers.getlist(name) == fresh.headers.getlist(name)
    assert len(asked) == (4 if "?" in path else 2)


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in many threads that begin together; return what each returned."""
    results: list[Any] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait(30)
        results.append(work())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == count
    return results


def test_two_hundred_requests_for_a_cold_page_are_one_render(
    app: Flask, visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello", "The body")

    answers = at_once(200, lambda: Visitor(app).get("/articles/hello/"))

    assert cache_of(app).counts.renders == 1
    assert all("The body" in answer.text for answer in answers)
    assert {answer.headers["Cache-Status"] for answer in answers} <= {MISS, "octavo; fwd=uri-miss; collapsed", HIT}
    assert [answer.headers["Cache-Status"] for answer in answers].count(MISS) == 1


def test_page_that_many_ask_for_at_once_is_compressed_once(
    app: Flask, edit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit("hello", "A long text, " * 2_000)
    compress, serve = brotli.compress, app.wsgi_app
    runs: list[int] = []
    asking: list[int] = []

    def counted(*args: Any, **options: Any) -> bytes:
        runs.append(threading.get_ident())
        until(lambda: len(asking) == 8, "all readers have asked")
        return bytes(compress(*args, **options))

    def noted(environ: Any, start_response: Any) -> Any:
        asking.append(threading.get_ident())
        return serve(environ, start_response)

    monkeypatch.setattr(brotli, "compress", counted)
    app.wsgi_app = noted  # type: ignore[method-assign]
    headers = {"Accept-Encoding": "br"}
    answers = at_once(8, lambda: Visitor(app).get("/articles/hello/", headers=headers).data)

    # A thread that no reader waits for may compress it better meanwhile.
    assert len([thread for thread in runs if thread in asking]) == 1
    assert len(set(map(brotli.decompress, answers))) == 1


def test_two_hundred_requests_after_an_edit_are_one_render_and_none_sees_the_old_page(
    app: Flask, visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello", "The old body")
    visitor.get("/articles/hello/")
    edit("hello", "The new body")

    answers = at_once(200, lambda: Visitor(app).get("/articles/hello/").text)

    assert cache_of(app).counts.renders == 2
    assert all("The new body" in answer for answer in answers)


def test_render_that_an_edit_overtakes_is_not_kept_for_the_new_edition(
    app: Flask, visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello", "The old body")
    began, go_on = threading.Event(), threading.Event()
    render = app.view_functions["pages.article"]

    def slow(**arguments: Any) -> Any:
        answer = render(**arguments)
        began.set()
        go_on.wait(30)
        return answer

    slow.__dict__["plan"] = render.__dict__["plan"]
    app.view_functions["pages.article"] = slow
    reader = threading.Thread(target=lambda: Visitor(app).get("/articles/hello/"))
    reader.start()
    began.wait(30)

    edit("hello", "The new body")
    late = threading.Thread(target=lambda: answers.append(Visitor(app).get("/articles/hello/").text))
    answers: list[str] = []
    late.start()
    go_on.set()
    reader.join(30)
    late.join(30)

    assert "The new body" in answers[0]
    assert "The new body" in visitor.get("/articles/hello/").text


def test_page_of_some_seconds_that_an_edit_overtakes_is_not_kept(
    app: Flask, visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello", title="The old title")
    path = "/oembed?url=https://journal.example/articles/hello/"
    working = app.view_functions["discovery.oembed"]

    def overtaken() -> Any:
        answer = working()
        edit("hello", title="The new title")
        return answer

    overtaken.__dict__["plan"] = working.__dict__["plan"]
    app.view_functions["discovery.oembed"] = overtaken
    first = visitor.get(path).json
    app.view_functions["discovery.oembed"] = working

    assert (first or {})["title"] == "The old title"
    assert (visitor.get(path).json or {})["title"] == "The new title"


def test_page_that_is_doubted_while_it_is_revalidated_is_revalidated_again(
    app: Flask, visitor: Visitor, edit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for year, name in enumerate(("hello", "between", "other"), 2020):
        edit(name, date=f"{year}-01-01")
    visitor.get("/articles/hello/")
    edit("other", "Another text", date="2022-01-01")
    cache = cache_of(app)
    navigation = ReadModel.questions["navigation"]

    def doubted(*given: Any) -> Any:
        monkeypatch.undo()
        cache.invalidate("/articles/hello/")
        return navigation(*given)

    monkeypatch.setitem(ReadModel.questions, "navigation", doubted)  # type: ignore[arg-type]
    cache.invalidate("/articles/hello/")
    before = cache.counts.revalidated
    for _ in range(3):
        visitor.get("/articles/hello/")

    assert cache.counts.revalidated == before + 2


def broken(app: Flask, endpoint: str) -> Callable[[], None]:
    """Make a view fail; return what mends it."""
    working = app.view_functions[endpoint]

    def fail(**arguments: Any) -> str:
        raise RuntimeError("the view is broken")

    fail.__dict__["plan"] = working.__dict__["plan"]
    app.view_functions[endpoint] = fail
    return lambda: app.view_functions.__setitem__(endpoint, working)


def test_last_good_page_stays_while_its_render_fails(
    app: Flask, visitor: Visitor, edit: Callable[..., None], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    edit("hello", "The good body")
    visitor.get("/articles/hello/")
    mend = broken(app, "pages.article")
    edit("hello", "The new body")

    answers = [visitor.get("/articles/hello/") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}
    assert all("The good body" in answer.text for answer in answers)
    assert [answer.headers["Cache-Status"] for answer in answers[:2]] == ["octavo; fwd=stale; fwd-status=500", HIT]
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1
    mend()
    clock.now += 9
    assert "The good body" in visitor.get("/articles/hello/").text
    clock.now += 1
    assert "The new body" in visitor.get("/articles/hello/").text


def test_page_without_a_good_version_fails_and_is_not_kept(
    app: Flask, visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello")
    mend = broken(app, "pages.article")

    answer = visitor.get("/articles/hello/")

    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cache-Status"] == "octavo; fwd=uri-miss; fwd-status=500"
    mend()
    assert visitor.get("/articles/hello/").status_code == 200


def test_withdrawn_article_is_not_shown_when_rendering_fails(
    app: Flask, visitor: Visitor, edit: Callable[..., None]
) -> None:
    edit("hello", "A secret by mistake")
    visitor.get("/articles/hello/")
    visitor.get("/")
    broken(app, "pages.article")
    broken(app, "pages.home")

    edit("hello", "A secret by mistake", draft=True)

    assert "A secret" not in visitor.get("/articles/hello/").text
    assert visitor.get("/").status_code == 500


def test_answer_to_an_error_in_a_view_is_shared_by_those_who_wait(app: Flask, edit: Callable[..., None]) -> None:
    edit("hello")
    calls: list[int] = []

    @app.get("/teapot")
    @cached()
    def teapot() -> None:
        calls.append(1)
        until(lambda: cache_of(app).counts.collapsed == 19, "the others wait for this render")
        abort(503)

    answers = at_once(20, lambda: Visitor(app).get("/teapot"))

    assert {answer.status_code for answer in answers} == {503}
    assert len(calls) == 1
    failed = "octavo; fwd=uri-miss; fwd-status=503"
    assert {answer.headers["Cache-Status"] for answer in answers} == {failed, f"{failed}; collapsed"}


def test_least_recently_read_pages_make_room(make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock) -> None:
    for number in range(12):
        folder.write(f"post-{number}", "A long text. " * 2_000)
    app = make_app(cache_bytes=400_000)
    visitor = Visitor(app)

    for number in range(12):
        clock.now += 1
        visitor.get(f"/articles/post-{number}/")
        clock.now += 1
        visitor.get("/articles/post-0/")

    pool = cache_of(app).pools.existing
    assert pool.bytes <= 400_000
    assert {"/articles/post-0/", "/articles/post-11/"} <= set(pool.pages)
    assert "/articles/post-1/" not in pool.pages
    assert pool.bytes == sum(page.size for page in pool.pages.values())


def test_memory_of_a_page_with_many_links_is_counted(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("plain", "text " * 5_000)
    edit("links", " ".join(f"[link {number}](some/folder/target-{number}.md)" for number in range(1_000)))
    taken: dict[str, int] = {}

    for name in ("plain", "links"):
        visitor.get(f"/articles/{name}/")
        page = cache_of(visitor.application).pools.existing.pages[f"/articles/{name}/"]
        taken[name] = page.size - sum(map(len, filter(None, page.bodies)))

    assert taken["links"] - taken["plain"] > 1_000 * 200


def test_page_that_is_too_large_pushes_no_other_out(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    folder.write("large", "A long text. " * 20_000)
    visitor = Visitor(make_app(cache_bytes=400_000))
    settled(visitor.application)
    visitor.get("/articles/hello/")

    answer = visitor.get("/articles/large/")

    assert (answer.status_code, answer.headers["Cache-Status"]) == (200, "octavo; fwd=uri-miss")
    assert visitor.renders_of("/articles/hello/") == 0


def test_nothing_is_kept_where_the_setting_says_so(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    visitor = Visitor(make_app(cache="none"))

    assert visitor.renders_of("/articles/hello/", "/articles/hello/") == 2
    assert visitor.get("/articles/hello/").headers["Cache-Status"] == "octavo; fwd=uri-miss"


@pytest.mark.parametrize(
    ("header", "one"),
    [("Surrogate-Key", r"(\S+)(?: |$)"), ("Cache-Tag", "([^,]+)(?:,|$)"), ("Cache-Groups", '"(.+?)"')],
)
def test_page_names_what_it_shows_to_caches_in_front_by_the_header_of_the_setting(
    make_app: Callable[..., Flask], folder: PostsFolder, header: str, one: str
) -> None:
    folder.write("one", tags=["Mars"])
    folder.write("two", tags=["Mars"])
    visitor = Visitor(make_app(purge_header=header))

    article, tag = visitor.get("/articles/one/").headers, visitor.get("/tags/mars/").headers

    assert {"post:one", "post:two", "site", "navigation"} <= set(re.findall(one, article[header]))
    assert {"tag:mars", "post:one", "post:two"} <= set(re.findall(one, tag[header]))
    others = {"Surrogate-Key", "Cache-Tag", "Cache-Groups"} - {header}
    assert others.isdisjoint(article.keys())


def test_page_names_nothing_to_caches_in_front_unless_told(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("one", tags=["Mars"])

    headers = Visitor(make_app()).get("/articles/one/").headers

    assert {"Surrogate-Key", "Cache-Tag", "Cache-Groups"}.isdisjoint(headers.keys())


def test_headers_fit_into_what_a_proxy_takes_however_much_a_page_shows(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    for number in range(80):
        folder.write(f"a-rather-long-name-for-an-article-{'that-goes-on-' * 3}{number}", tags=["Mars"])
    app = make_app(page_size=30, purge_header="Cache-Groups")
    with app.app_context():
        pages = list(every_path(site_of(app), site_of(app).edition()))

    headers = {page: Visitor(app).get(page).headers for page in ("/", "/archive/", "/atom.xml", *pages)}

    keys = [found.get("Cache-Groups", "") for found in headers.values()]
    assert any('"everything"' in named for named in keys)
    # Without settings for it nginx takes 4,096 bytes, of which it needs some for itself.
    assert max(len(str(found)) for found in headers.values()) < 3_300


def test_changed_headers_reach_who_has_the_same_body(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("other", aliases=["former"])
    edit("hello", "[x](/articles/other/)")
    before = visitor.get("/articles/hello/")
    edit("hello", "[x](/articles/former/)")

    after = visitor.get("/articles/hello/", headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert after.data == before.data
    assert after.headers["Surrogate-Key"] != before.headers["Surrogate-Key"]


def test_headers_do_not_name_what_the_page_hides(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("merger-with-acme", draft=True)
    edit("hello", "Soon: [this](merger-with-acme.md).")

    answer = visitor.get("/articles/hello/")

    assert "acme" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("path", ["/", "/articles/", "/articles/hello/", "/tags/", "/nothing/", "/covers/hello.png"])
def test_cached_page_equals_the_fresh_one(visitor: Visitor, edit: Callable[..., None], path: str) -> None:
    edit("hello", tags=["Mars"])

    visitor.get(path)

    assert visitor.get(path).data == fresh(visitor.application, path)


def test_hits_are_what_was_sent_from_memory(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    Visitor(make_app(cache="filesystem")).get("/articles/hello/")
    visitor = Visitor(make_app(cache="filesystem"))
    cache, found = cache_of(visitor.application), []

    for ask in (cache.warm, visitor.get, visitor.get, cache.warm):
        ask("/articles/hello/")
        found.append((cache.report()["hits"], cache.report()["fetched"]))
    cache.clear()
    answer = visitor.get("/articles/hello/")

    assert found == [(0, 1), (1, 1), (2, 1), (2, 1)]
    assert (cache.report()["hits"], cache.report()["fetched"]) == (2, 2)
    assert answer.headers["Cache-Status"] == HIT


def test_readers_who_wait_while_a_page_is_fetched_from_the_store_all_hit_it(
    make_app: Callable[..., Flask], folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("hello")
    Visitor(make_app(cache="filesystem")).get("/articles/hello/")
    app = make_app(cache="filesystem")
    fetch, asked, answered = cache_of(app).store.get, threading.Event(), threading.Event()

    def get(key: str) -> Any:
        asked.set()
        assert answered.wait(20)
        return fetch(key)

    monkeypatch.setattr(cache_of(app).store, "get", get)
    with ThreadPoolExecutor(2) as readers:
        first = readers.submit(Visitor(app).get, "/articles/hello/")
        assert asked.wait(20)
        second = readers.submit(Visitor(app).get, "/articles/hello/")
        until(lambda: cache_of(app).counts.collapsed == 1, "the second reader waits for the first")
        answered.set()

    assert {reader.result().headers["Cache-Status"] for reader in (first, second)} == {HIT}


def test_pages_that_nobody_asks_for_again_keep_no_old_edition_in_memory(
    visitor: Visitor, edit: Callable[..., None]
) -> None:
    # What is there at the first request stays for good.
    visitor.get("/")
    edit("hello")
    visitor.get("/articles/hello/")
    old = weakref.ref(site_of(visitor.application).edition())

    for number in range(3):
        edit("other", f"Text {number}")
        visitor.get("/articles/other/")
    gc.collect()

    assert old() is None


@pytest.mark.thorough
def test_forked_process_begins_with_an_empty_cache_and_counts_anew(visitor: Visitor, edit: Callable[..., None]) -> None:
    edit("hello")
    visitor.get("/articles/hello/")
    cache = cache_of(visitor.application)
    received, sent = os.pipe()

    child = os.fork()
    if child == 0:
        try:
            os.write(sent, json.dumps(cache.report()).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    report = json.loads(os.read(received, 10_000))
    os.close(sent)
    os.close(received)

    assert cache.report()["renders"] == 1
    # What is remembered of addresses and encodings, and the room for pages, hold for every process.
    assert {name for name, value in report.items() if value} <= {"addresses", "encodings", "capacity"}
