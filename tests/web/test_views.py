"""The view counter: right although pages come from a cache, with several processes, restarts and kills."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.site.counter import RECENT_DAYS, Views
from octavo.web.cache.store import Store
from tests.conftest import CHECKOUT, Clock, PostsFolder
from tests.waiting import LIMIT, settled, until
from tests.web.test_pagecache import Visitor, cache_of, fresh, site_of

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def reader(app: Flask, address: str = "192.0.2.1", **headers: str) -> Callable[[str], int]:
    """Return somebody who looks at an article: what the page's script does, and the number that it shows then."""

    def look(slug: str) -> int:
        sent = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", **headers}
        answer = FlaskClient(app).post(f"/views/{slug}", headers=sent, environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        number: int = answer.get_json()["views"]
        return number

    return look


def number_in(page: str) -> str:
    found = re.search(r"data-views-text>([^<]*?) views?<", page)
    assert found is not None
    return found[1]


@pytest.fixture
def visited(make_app: Callable[..., Flask], folder: PostsFolder) -> Flask:
    """A site with two articles."""
    folder.write("hello")
    folder.write("other")
    app = make_app()
    settled(app)
    return app


def test_each_reader_counts_once(visited: Flask) -> None:
    numbers = [reader(visited, f"192.0.2.{n}")("hello") for n in range(10)]

    again = reader(visited, "192.0.2.3")("hello")

    assert numbers == list(range(1, 11))
    assert again == 10
    assert reader(visited)("other") == 1


def test_reader_counts_again_on_another_day(visited: Flask, clock: Clock) -> None:
    look = reader(visited)
    look("hello")

    clock.now += 86_400

    assert look("hello") == 2


def test_number_goes_up_although_the_page_comes_from_the_cache(visited: Flask) -> None:
    visitor = Visitor(visited)
    visitor.get("/articles/hello/")
    renders = cache_of(visited).counts.renders

    for n in range(50):
        visitor.get("/articles/hello/")
        assert reader(visited, f"192.0.2.{n}")("hello") == n + 1

    assert cache_of(visited).counts.renders == renders
    assert visitor.get("/views/hello").get_json()["views"] == 50


def test_number_in_the_page_follows_without_scripts(visited: Flask) -> None:
    visitor = Visitor(visited)
    assert number_in(visitor.get("/articles/hello/").text) == "0"
    views = site_of(visited).views
    assert views is not None

    for total in (3, 1_200):
        for n in range(total):
            views.count("hello", f"reader {total} {n}")
        views.flush()
        views.publish()
        shown = number_in(visitor.get("/articles/hello/").text)
        assert shown == f"{views.number('hello'):,}"
    assert visitor.get("/articles/hello/").data == fresh(visited, "/articles/hello/")


def test_new_number_renders_only_the_pages_that_show_it(visited: Flask) -> None:
    visitor = Visitor(visited)
    pages = ["/", "/articles/", "/articles/hello/", "/articles/other/", "/archive/"]
    visitor.renders_of(*pages)
    views = site_of(visited).views
    assert views is not None
    views.count("hello", "somebody")
    views.flush()

    views.publish()

    assert visitor.renders_of("/articles/", "/articles/other/", "/archive/") == 0
    assert visitor.renders_of("/articles/hello/") == 1


def test_reader_without_scripts_counts_by_the_picture(visited: Flask) -> None:
    page = Visitor(visited).get("/articles/hello/").text
    picture = re.search(r'<noscript><img src="([^"]+)"', page)
    assert picture is not None

    answer = FlaskClient(visited).get(picture[1], headers={"User-Agent": BROWSER})

    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "image/gif", "no-store")
    assert Visitor(visited).get("/views/hello").get_json()["views"] == 1


def test_telephones_named_cubot_are_readers(visited: Flask) -> None:
    phone = "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"

    assert Visitor(visited).post("/views/hello", headers={"User-Agent": phone}).get_json()["views"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"},
        {"User-Agent": "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)"},
        {"User-Agent": "Mozilla/5.0 (Linux; Android 6.0.1) Chrome/130.0 Mobile (compatible; GoogleOther)"},
        {"User-Agent": "GoogleOther-Image/1.0"},
        {"User-Agent": "Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/safety.html)"},
        {"User-Agent": "TelegramBot (like TwitterBot)"},
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/130.0"},
        {"User-Agent": "curl/8.5.0"},
        {"User-Agent": "python-requests/2.32"},
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": ""},
        {"DNT": "1"},
        {"Sec-GPC": "1"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Purpose": "Prefetch"},
        {"Origin": "http://["},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Referer": "https://evil.example/page"},
    ],
    ids=lambda headers: str(headers)[:60],
)
def test_who_is_no_reader_or_asks_not_to_be_counted_is_not(visited: Flask, headers: dict[str, str]) -> None:
    assert reader(visited, **headers)("hello") == 0


def test_question_for_the_head_of_the_picture_is_no_view(visited: Flask) -> None:
    answer = FlaskClient(visited).head("/views/hello.gif", headers={"User-Agent": BROWSER})

    assert answer.status_code == 200
    assert Visitor(visited).get("/views/hello").get_json()["views"] == 0


def test_number_that_changes_while_the_page_is_rendered_is_shown(visited: Flask) -> None:
    views = site_of(visited).views
    assert views is not None
    render = visited.view_functions["pages.article"]

    def overtaken(**arguments: Any) -> Any:
        answer = render(**arguments)
        views.count("hello", "somebody")
        views.flush()
        views.publish()
        return answer

    overtaken.__dict__["plan"] = render.__dict__["plan"]
    visited.view_functions["pages.article"] = overtaken
    Visitor(visited).get("/articles/hello/")
    visited.view_functions["pages.article"] = render

    assert number_in(Visitor(visited).get("/articles/hello/").text) == "1"


def test_process_that_nobody_tells_of_views_shows_those_that_others_count(
    make_app: Callable[..., Flask],
    folder: PostsFolder,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("octavo.site.counter.FLUSH_EVERY", 0.02)
    folder.write("hello")
    busy, quiet = make_app(), make_app()
    assert number_in(Visitor(quiet).get("/articles/hello/").text) == "0"

    reader(busy)("hello")

    def shows() -> bool:
        clock.now += 60
        return number_in(Visitor(quiet).get("/articles/hello/").text) == "1"

    until(shows, "the page has the number that the other process wrote")


@pytest.mark.parametrize(
    "agent",
    [
        BROWSER,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
        "Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 "
        "Telegram-Android/11.1.3 (Samsung SM-A546B; Android 15; SDK 35; HIGH)",
    ],
)
def test_browsers_of_readers_are_counted(visited: Flask, agent: str) -> None:
    assert reader(visited, **{"User-Agent": agent})("hello") == 1


def test_address_behind_a_proxy_is_taken_only_where_the_settings_say_so(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello")
    app = make_app(proxies=1)

    for n in range(3):
        number = reader(app, "127.0.0.1", **{"X-Forwarded-For": f"1.2.3.4, 192.0.2.{n}"})("hello")

    assert number == 3
    lying = [reader(app, "127.0.0.1", **{"X-Forwarded-For": f"{n}.0.0.1, 192.0.2.9"})("hello") for n in range(3)]
    assert lying == [4, 4, 4]


def test_forged_address_does_not_count_without_a_proxy(visited: Flask) -> None:
    numbers = [reader(visited, **{"X-Forwarded-For": f"192.0.2.{n}"})("hello") for n in range(3)]

    assert numbers == [1, 1, 1]


@pytest.mark.parametrize("slug", ["nothing", "draft", "..%2fetc"])
def test_only_what_readers_can_see_is_counted(visited: Flask, folder: PostsFolder, slug: str) -> None:
    folder.write("draft", draft=True)
    settled(visited)

    answers = [FlaskClient(visited).open(f"/views/{slug}{end}", method=method, headers={"User-Agent": BROWSER})
               for method, end in (("GET", ""), ("POST", ""), ("GET", ".gif"))]  # fmt: skip

    assert [answer.status_code for answer in answers] == [404] * 3


def test_nothing_is_counted_or_shown_where_the_setting_says_so(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("hello")
    app = make_app(views=False)

    assert "data-views" not in Visitor(app).get("/articles/hello/").text
    assert FlaskClient(app).post("/views/hello").status_code == 404
    assert not (tmp_path / "instance" / "views.sqlite").exists()


def test_numbers_survive_a_restart(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello")
    before = make_app()
    reader(before)("hello")
    site_of(before).close()

    after = make_app()

    assert number_in(Visitor(after).get("/articles/hello/").text) == "1"
    assert reader(after)("hello") == 1
    assert reader(after, "192.0.2.2")("hello") == 2


def at(path: Path, clock: Clock) -> Views:
    return Views(path / "views.sqlite", clock)


def stored(path: Path) -> list[tuple[int, int]]:
    """Return the days that the file knows, each with the views of all articles."""
    with contextlib.closing(sqlite3.connect(path / "views.sqlite")) as db:
        return db.execute("select day, sum(count) from views group by day").fetchall()


def test_reader_who_comes_to_two_processes_counts_once(tmp_path: Path, clock: Clock) -> None:
    one, two = at(tmp_path, clock), at(tmp_path, clock)

    for number in range(100):
        one.count("hello", f"reader {number}")
        two.count("hello", f"reader {number + 50}")
    one.flush()
    two.flush()

    assert one.number("hello") == two.number("hello") == 150
    one.close()
    two.close()


def test_threads_lose_no_view(tmp_path: Path, clock: Clock) -> None:
    views = at(tmp_path, clock)

    def read(thread: int) -> None:
        for number in range(200):
            views.count("hello", f"{thread} {number}")
            if number % 50 == 0:
                views.flush()

    threads = [threading.Thread(target=read, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert views.number("hello") == 1_600
    views.close()


def test_view_before_midnight_counts_for_its_day(tmp_path: Path, clock: Clock) -> None:
    views = at(tmp_path, clock)
    clock.set(2025, 7, 20, 23, 59, 59)
    views.count("hello", "somebody")

    clock.set(2025, 7, 21)
    views.count("hello", "somebody")

    assert views.number("hello") == 2
    views.close()
    assert stored(tmp_path) == [(20289, 1), (20290, 1)]


@pytest.mark.parametrize("restart", [False, True])
def test_clock_that_steps_back_over_midnight_counts_nobody_again(tmp_path: Path, clock: Clock, restart: bool) -> None:
    views = at(tmp_path, clock)
    clock.set(2025, 7, 21, 0, 0, 5)
    views.count("hello", "somebody")

    for step in (-10, 10):
        clock.now += step
        if restart:
            views.close()
            views = at(tmp_path, clock)
        views.count("hello", "somebody")

    assert views.number("hello") == 1
    views.close()
    assert stored(tmp_path) == [(20290, 1)]


@pytest.mark.parametrize("restart", [False, True])
def test_clock_that_was_years_ahead_and_is_set_right_counts_on(tmp_path: Path, clock: Clock, restart: bool) -> None:
    views = at(tmp_path, clock)
    clock.set(2035, 1, 1)
    views.count("hello", "somebody")
    if restart:
        views.close()
        views = at(tmp_path, clock)

    for day in (20, 21):
        clock.set(2025, 7, day)
        views.count("hello", "somebody")
        views.count("hello", "somebody else")

    assert views.number("hello") == 5
    views.close()
    assert stored(tmp_path)[:2] == [(20289, 2), (20290, 2)]


def secrets_of(path: Path) -> list[bytes]:
    """Return the salt and the hashes of readers that stand in the files of a counter."""
    with contextlib.closing(sqlite3.connect(path / "cache" / "readers.sqlite")) as db:
        return [row[0] for row in db.execute("select salt from salts union all select hash from readers")]


def test_what_tells_readers_apart_is_gone_with_the_day(tmp_path: Path, clock: Clock) -> None:
    views = at(tmp_path, clock)
    views.count("hello", "192.0.2.1 Firefox")
    views.flush()
    secrets = secrets_of(tmp_path)
    assert len(secrets) == 2

    clock.now += 86_400
    views.count("hello", "192.0.2.1 Firefox")
    views.close()

    data = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(old in data for old in secrets)
    assert b"192.0.2.1" not in data
    assert b"Firefox" not in data


def test_file_of_the_numbers_holds_nothing_of_readers(tmp_path: Path, clock: Clock) -> None:
    older = sqlite3.connect(tmp_path / "views.sqlite")
    with contextlib.closing(older):
        older.executescript(
            "create table salts (day, salt); create table readers (hash);"
            "insert into salts values (20289, 'a salt of long ago');"
        )

    views = at(tmp_path, clock)
    views.count("hello", "somebody")
    views.close()

    data = (tmp_path / "views.sqlite").read_bytes()
    assert not any(secret in data for secret in [*secrets_of(tmp_path), b"a salt of long ago"])
    assert stored(tmp_path) == [(20289, 1)]


@pytest.mark.parametrize("harm", [b"", b"rubbish" * 1000, None])
def test_todays_readers_can_be_removed_and_damaged(tmp_path: Path, clock: Clock, harm: bytes | None) -> None:
    views = at(tmp_path, clock)
    views.count("hello", "somebody")
    views.flush()
    readers = tmp_path / "cache" / "readers.sqlite"

    if harm is None:
        readers.unlink()
    else:
        readers.write_bytes(harm)
    views.count("hello", "somebody else")
    views.flush()
    views.flush()

    views.close()
    assert stored(tmp_path) == [(20289, 2)]


def test_most_read_looks_at_the_last_weeks_and_totals_are_for_ever(tmp_path: Path, clock: Clock) -> None:
    views = at(tmp_path, clock)
    for number in range(5):
        views.count("once-famous", f"reader {number}")
    clock.now += (RECENT_DAYS + 1) * 86_400
    for number in range(2):
        views.count("popular", f"reader {number}")
    views.count("read-once", "somebody")
    views.flush()

    views.publish()

    assert views.published.most_read == ("popular", "read-once")
    assert views.published.views == {"once-famous": 5, "popular": 2, "read-once": 1}
    views.close()


def test_most_read_stands_on_the_home_page(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    for name in ("one", "two", "three", "four"):
        folder.write(name, title=f"Article {name}")
    app = make_app()
    settled(app)
    visitor = Visitor(app)
    assert "Most read" not in visitor.get("/").text
    views = site_of(app).views
    assert views is not None
    for count, slug in enumerate(("one", "two", "three"), 1):
        for number in range(count):
            views.count(slug, f"reader {number}")
    views.flush()

    views.publish()

    section = visitor.get("/").text.partition("Most read")[2].partition("</section>")[0]
    assert re.findall(r"Article (\w+)", section) == ["three", "two", "one"]
    assert visitor.get("/").data == fresh(app, "/")


def test_views_that_come_while_a_page_is_stored_are_on_the_page_that_is_kept(
    make_app: Callable[..., Flask], folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        folder.write(name, title=f"Article {name}")
    app = make_app(cache="filesystem")
    settled(app)
    views = site_of(app).views
    assert views is not None
    for slug in ("one", "two", "three"):
        views.count(slug, "a reader")
    views.flush()
    store = Store.set

    def slowly(self: Store, key: str, *page: Any) -> None:
        store(self, key, *page)
        if key == "/":
            views.publish()

    monkeypatch.setattr(Store, "set", slowly)
    visitor = Visitor(app)
    visitor.get("/")

    later = visitor.get("/")

    assert "Most read" in later.text


def test_renamed_article_keeps_its_views_by_its_alias(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    old = folder.write("old")
    folder.write("other")
    before = make_app()
    for number in range(2):
        reader(before, f"192.0.2.{number}")("old")
        reader(before, f"192.0.2.{number}")("other")
    site_of(before).close()
    old.unlink()
    folder.write("new", aliases=["/articles/old/", "/articles/other/", "/old-page/"])

    after = make_app()

    assert number_in(Visitor(after).get("/articles/new/").text) == "2"
    assert reader(after, "192.0.2.9")("new") == 3
    assert reader(after, "192.0.2.1")("other") == 2
    views = site_of(after).views
    assert views is not None
    views.flush()
    views.publish()
    assert number_in(Visitor(after).get("/articles/new/").text) == "3"
    assert views.published.most_read == ("new", "other")


def harm_with(name: str) -> Callable[[Path], Any]:
    harms: dict[str, Callable[[Path], Any]] = {
        "a folder in its place": lambda file: file.mkdir(parents=True),
        "rubbish in it": lambda file: (file.parent.mkdir(exist_ok=True), file.write_bytes(b"rubbish" * 1000)),
        "no folder to be had": lambda file: file.parent.write_text("a file"),
    }
    return harms[name]


@pytest.mark.parametrize("name", ["a folder in its place", "rubbish in it", "no folder to be had"])
def test_unusable_file_costs_the_numbers_and_no_page(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path, name: str
) -> None:
    folder.write("hello")
    harm_with(name)(tmp_path / "instance" / "views.sqlite")

    app = make_app()

    assert Visitor(app).get("/articles/hello/").status_code == 200
    assert reader(app)("hello") == 1


@pytest.mark.parametrize("files", ["views.sqlite", "views.sqlite*"])
def test_file_that_is_removed_is_made_again(tmp_path: Path, clock: Clock, files: str) -> None:
    views = at(tmp_path, clock)
    views.count("hello", "somebody")
    views.flush()

    for path in tmp_path.glob(files):
        path.unlink()
    views.flush()
    views.count("hello", "somebody else")
    views.flush()

    assert views.number("hello") == 1
    assert stored(tmp_path) == [(20289, 1)]
    views.close()


def test_file_that_is_replaced_is_counted_on(tmp_path: Path, clock: Clock) -> None:
    backup, site = tmp_path / "backup", tmp_path / "site"
    for folder in (backup, site):
        views = at(folder, clock)
        views.count("hello", f"reader of the {folder.name}")
        views.close()
    views = at(site, clock)
    views.count("hello", "somebody")
    views.flush()

    (backup / "views.sqlite").replace(site / "views.sqlite")
    views.count("hello", "somebody else")
    views.flush()
    views.count("hello", "somebody")

    assert views.number("hello") == 2
    views.close()
    assert stored(site) == [(20289, 2)]


def test_each_time_without_the_file_is_told_once(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("octavo.site.counter.PATIENCE", 0)
    monkeypatch.setattr("octavo.site.counter.FLUSH_EVERY", 600)
    views = at(tmp_path, clock)
    views.count("hello", "the first")
    views.flush()

    for outage in (1, 2):
        with contextlib.closing(sqlite3.connect(tmp_path / "views.sqlite", isolation_level=None)) as other:
            other.execute("begin immediate")
            views.count("hello", f"reader {outage}")
            views.flush()
            views.publish()
            views.flush()
        views.flush()

        assert [record.message.partition(" until ")[0] for record in caplog.records] == [
            "Views wait in memory"
        ] * outage
    views.close()


@pytest.mark.parametrize("days", [0, 1])
def test_nobody_waits_while_another_process_writes(
    make_app: Callable[..., Flask],
    folder: PostsFolder,
    tmp_path: Path,
    clock: Clock,
    days: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Whoever waits for the file waits for longer than the slowest machine takes.
    monkeypatch.setattr("octavo.site.counter.PATIENCE", LIMIT)
    folder.write("hello")
    visited = make_app()
    reader(visited)("hello")
    views = site_of(visited).views
    assert views is not None
    views.flush()
    clock.now += days * 86_400
    with contextlib.closing(sqlite3.connect(tmp_path / "instance" / "views.sqlite", isolation_level=None)) as other:
        other.execute("begin immediate")
        began = time.monotonic()

        numbers = [reader(visited, f"192.0.2.{n}")("hello") for n in range(2, 12)]

        assert numbers == list(range(2, 12))
        assert time.monotonic() - began < LIMIT
    views.flush()
    assert views.number("hello") == 11


def test_views_are_written_together(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octavo.site.counter.FLUSH_EVERY", 600)
    views = at(tmp_path, clock)
    for number in range(3):
        views.count("hello", f"reader {number}")
    assert views.number("hello") == 3
    assert stored(tmp_path) == []

    views.flush()

    assert views.number("hello") == 3
    assert stored(tmp_path) == [(20289, 3)]
    views.close()


def test_view_that_comes_while_the_file_is_locked_is_counted_later(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "views.sqlite"
    made = Views(path, clock)
    made.number("hello")
    made.close()
    views = Views(path, clock)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")

        views.count("hello", "somebody")
        views.count("hello", "somebody")

    views.flush()
    assert views.number("hello") == 1
    views.count("hello", "somebody")
    assert views.number("hello") == 1
    views.close()


WORKER = """
import sys
from pathlib import Path
from octavo.site.counter import Views
views = Views(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    views.count("hello", str(number))
print("counted", flush=True)
sys.stdin.readline()
"""


def worker(path: Path, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(path / "views.sqlite"), str(first), str(last)]
    started = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "counted\n"
    return started


@pytest.mark.thorough
def test_processes_that_end_lose_no_view(tmp_path: Path) -> None:
    workers = [worker(tmp_path, n * 300, n * 300 + 400) for n in range(4)]

    for process in workers:
        process.communicate("\n", timeout=30)

    views = Views(tmp_path / "views.sqlite")
    assert views.number("hello") == 1_300
    views.close()


def test_process_that_is_terminated_loses_no_view(tmp_path: Path) -> None:
    process = worker(tmp_path, 0, 5)

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)

    assert process.returncode == 128 + signal.SIGTERM
    assert [count for _, count in stored(tmp_path)] == [5]


@pytest.mark.thorough
def test_killed_process_loses_no_more_than_a_few_seconds(tmp_path: Path) -> None:
    process = worker(tmp_path, 0, 500)
    views = Views(tmp_path / "views.sqlite")
    until(lambda: views.number("hello") == 500, "all views are written")

    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert views.number("hello") == 500
    views.count("hello", "somebody else")
    assert views.number("hello") == 501
    views.close()


@pytest.mark.parametrize("slug", ["mars", "火星"])
def test_number_in_the_page_follows_whatever_the_slug(
    make_app: Callable[..., Flask], folder: PostsFolder, slug: str
) -> None:
    folder.write(slug)
    app = make_app()
    path = f"/articles/{quote(slug)}/"
    assert number_in(Visitor(app).get(path).text) == "0"

    reader(app)(slug)
    views = site_of(app).views
    assert views is not None
    views.flush()
    views.publish()

    assert number_in(Visitor(app).get(path).text) == "1"


def test_page_with_another_number_is_another_page_for_those_who_go_by_its_date(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock
) -> None:
    folder.write("hello")
    app = make_app()
    visitor, views = Visitor(app), site_of(app).views
    assert views is not None
    visitor.get("/articles/hello/")

    def read_by(who: str) -> None:
        views.count("hello", who)
        views.flush()
        views.publish()

    clock.now += 600
    read_by("somebody")
    clock.now += 600.2
    first = visitor.get("/articles/hello/")
    clock.now += 0.5
    read_by("somebody else")
    clock.now += 0.1

    answer = visitor.get("/articles/hello/", headers={"If-Modified-Since": first.headers["Last-Modified"]})

    assert (answer.status_code, number_in(first.text), number_in(answer.text)) == (200, "1", "2")


def test_day_that_begins_while_the_file_is_locked_loses_and_doubles_no_view(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.site.counter.FLUSH_EVERY", 600)
    views = at(tmp_path, clock)
    for number in range(5):
        views.count("hello", f"reader {number}")
    views.flush()
    with contextlib.closing(sqlite3.connect(tmp_path / "views.sqlite", isolation_level=None)) as other:
        other.execute("begin immediate")
        clock.now += 86_400
        for number in range(8):
            views.count("hello", f"reader {number}")
        assert views.number("hello") == 13

    for number in range(8):
        views.count("hello", f"reader {number}")
    views.flush()

    assert views.number("hello") == 13
    views.close()
    assert stored(tmp_path) == [(20289, 5), (20290, 8)]


@pytest.mark.usefixtures("permissions_count")
def test_folder_that_may_not_be_looked_into_for_a_moment_stops_nobody(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("octavo.site.counter.FLUSH_EVERY", 0.01)
    folder = tmp_path / "instance"
    views = at(folder, clock)
    views.count("hello", "the first")
    until(lambda: (folder / "views.sqlite").exists() and stored(folder), "the view is written")
    folder.chmod(0)
    try:
        views.count("hello", "the second")
        until(lambda: "Views wait in memory" in caplog.text, "the operator is told")
    finally:
        folder.chmod(0o700)
    views.count("hello", "the third")

    until(lambda: stored(folder) == [(20289, 3)], "all views are written")
    views.close()


def test_writer_goes_on_after_a_fault_in_what_it_tells(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("octavo.site.counter.FLUSH_EVERY", 0.01)
    views = at(tmp_path, clock)

    def fails(slugs: set[str], most_read: bool) -> None:
        raise RuntimeError("nobody listens")

    views.changed = fails
    views.count("hello", "the first")
    until(lambda: caplog.records, "the fault is told")
    views.count("hello", "the second")

    until(lambda: stored(tmp_path) == [(20289, 2)], "both views are written")
    views.close()
