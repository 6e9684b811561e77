"""The store below the page cache: shared by processes and restarts, and never the cause of an error."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.files.writing import UNFINISHED
from octavo.settings import Settings
from octavo.web.cache import backends
from octavo.web.cache import store as caching
from octavo.web.cache.frames import FrameError, pack, unpack
from octavo.web.cache.store import Store
from tests.conftest import PostsFolder
from tests.tools import CHECKOUT, Servers, needed
from tests.waiting import LIMIT, settled, until
from tests.web.conftest import CALM
from tests.web.test_pagecache import Visitor, at_once, cache_of, fresh, site_of

facts = st.dictionaries(st.text().filter(lambda name: name != "parts"), st.text() | st.integers() | st.none())


@given(facts, st.lists(st.binary()))
def test_frame_gives_back_what_was_packed(given_facts: dict[str, Any], parts: list[bytes]) -> None:
    assert unpack(pack(given_facts, tuple(parts))) == (given_facts, tuple(parts))


@given(st.binary() | st.binary().map(lambda data: b"octavo1\0" + data))
def test_any_other_bytes_are_no_frame(data: bytes) -> None:
    with pytest.raises(FrameError):
        unpack(data)


@given(st.data())
def test_damaged_frame_is_refused(data: st.DataObject) -> None:
    frame = bytearray(pack({"status": "200 OK"}, (b"body", b"compressed")))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(FrameError):
        unpack(bytes(frame))


Maker = Callable[..., Flask]
Sweeper = Callable[[Store, str], None]


def test_pages_in_files_survive_a_restart(make_app: Maker, folder: PostsFolder) -> None:
    folder.write("hello", "The body")
    page = Visitor(make_app(cache="filesystem")).get("/articles/hello/", headers={"Accept-Encoding": "br"})

    restarted = Visitor(make_app(cache="filesystem"))
    answer = restarted.get("/articles/hello/", headers={"Accept-Encoding": "br"})

    assert cache_of(restarted.application).counts.renders == 0
    assert answer.data == page.data
    assert answer.headers["ETag"] == page.headers["ETag"]
    assert answer.headers["Last-Modified"] == page.headers["Last-Modified"]
    assert answer.headers["Cache-Status"] == "octavo; hit"


def test_process_that_finds_every_page_in_the_store_sees_what_is_saved(make_app: Maker, folder: PostsFolder) -> None:
    folder.write("hello", "The old body")
    Visitor(make_app(cache="filesystem")).get("/articles/hello/")
    other = Visitor(make_app(cache="filesystem", watch=True))
    assert "hit" in other.get("/articles/hello/").headers["Cache-Status"]

    folder.write("hello", "The new body")

    until(lambda: "The new body" in other.get("/articles/hello/").text, "the saved text is shown")


def test_page_in_a_file_is_not_shown_when_its_post_changed_meanwhile(make_app: Maker, folder: PostsFolder) -> None:
    folder.write("hello", "The old body")
    Visitor(make_app(cache="filesystem")).get("/articles/hello/")

    folder.write("hello", "The new body")

    assert "The new body" in Visitor(make_app(cache="filesystem")).get("/articles/hello/").text


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Another name"},
        {"timezone": "Asia/Tokyo"},
        {"language": "de"},
        {"api_open": True},
        {"shared_seconds": 3600},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_page_in_a_file_is_not_shown_under_other_settings(
    make_app: Maker, folder: PostsFolder, changed: dict[str, Any]
) -> None:
    folder.write("hello", date="2025-01-01T20:00:00Z")
    Visitor(make_app(cache="filesystem")).get("/articles/hello/")

    other = Visitor(make_app(cache="filesystem", **changed))

    assert other.renders_of("/articles/hello/") == 1


OTHERWISE: dict[str, Any] = {
    "posts_dir": "writing",
    "linked_folders": ["elsewhere"],
    "withdraw_after": 60,
    "search_index_dir": "index",
    "search_url": "https://name:secret@search.example/",
    "indexing": False,
    "cache": "none",
    "instance_dir": "elsewhere",
    "cache_dir": "instance/pages",
    "cache_bytes": 1_000_000,
    "redis_url": "redis://127.0.0.1:6399/3",
    "api_keys": ["0123456789abcdef0123456789"],
    "preview_secret": "a secret of the editors",
    "webhooks": ["https://elsewhere.example/hook"],
    "webhook_secret": "a secret of the hooks",
    "proxies": 1,
    "trusted_hosts": ["localhost"],
    "limits": {"search": 1_000_000},
    "security_contact": "mailto:security@journal.example",
    "status_key": "a secret of the operator",
}


@pytest.mark.thorough
def test_settings_under_which_pages_are_kept_change_nothing_that_is_sent(
    make_app: Maker, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("hello", tags=["moon"])
    (tmp_path / "writing").symlink_to(folder.path)
    app = make_app()
    kept = [rule for rule in app.url_map.iter_rules() if hasattr(app.view_functions[rule.endpoint], "plan")]
    paths = [rule.rule for rule in kept if not rule.arguments and not rule.rule.startswith("/ghost/")]
    paths += ["/articles/hello/", "/articles/hello.md", "/tags/moon/", "/search/?q=hello", "/nothing/"]

    def sent(app: Flask) -> dict[str, Any]:
        if app.extensions["octavo"].settings.indexing:
            settled(app)
        answers = {path: Visitor(app).get(path) for path in paths}
        own = ("Cache-Status", "Last-Modified", "Date")
        return {
            path: (answer.status, answer.data, {k: v for k, v in answer.headers.items() if k not in own})
            for path, answer in answers.items()
        }

    before = sent(app)

    assert {found.name for found in fields(Settings) if not found.metadata["shown"]} == {*OTHERWISE, "watch"}
    for name, value in OTHERWISE.items():
        assert sent(make_app(**{name: value})) == before, name


def files_of(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "instance" / "cache" / "pages").iterdir() if path.is_file()]


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data[:100],
        lambda data: data[:-1],
        lambda data: data[:4] + b"\x80\x04." + data[7:],
        lambda data: data[:-5] + b"xxxxx",
        lambda data: bytes(len(data)),
    ],
    ids=["empty", "cut", "cut by one", "a pickle", "overwritten", "zeros"],
)
def test_damaged_file_costs_one_render_and_one_line_in_the_log(
    make_app: Maker,
    folder: PostsFolder,
    tmp_path: Path,
    harm: Callable[[bytes], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder.write("hello", "The body")
    # Else the index's thread would use the store too, at any time, and log what it meets.
    page = Visitor(make_app(cache="filesystem", indexing=False)).get("/articles/hello/").data
    for file in files_of(tmp_path):
        file.write_bytes(harm(file.read_bytes()))

    restarted, later = (Visitor(make_app(cache="filesystem", indexing=False)) for _ in range(2))

    assert restarted.get("/articles/hello/").data == page
    assert restarted.renders_of("/articles/hello/") == 0
    assert cache_of(restarted.application).counts.renders == 1
    assert cache_of(restarted.application).store.up
    assert later.get("/articles/hello/").data == page
    assert cache_of(later.application).counts.renders == 0
    assert ["damaged value" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.usefixtures("permissions_count")
def test_file_that_may_not_be_read_is_written_anew(make_app: Maker, folder: PostsFolder, tmp_path: Path) -> None:
    folder.write("hello")
    Visitor(make_app(cache="filesystem")).get("/articles/hello/")
    for file in files_of(tmp_path):
        file.chmod(0)

    assert Visitor(make_app(cache="filesystem")).renders_of("/articles/hello/") == 1
    assert Visitor(make_app(cache="filesystem")).renders_of("/articles/hello/") == 0


def test_folder_that_is_deleted_while_serving_costs_nothing(
    make_app: Maker, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("one")
    folder.write("two")
    visitor = Visitor(make_app(cache="filesystem"))
    visitor.get("/articles/one/")

    # At one stroke: file by file, threads that still write would keep it from coming to an end.
    (tmp_path / "instance").rename(tmp_path / "gone")

    assert visitor.get("/articles/one/").status_code == 200
    assert visitor.get("/articles/two/").status_code == 200


def test_folder_that_cannot_be_made_costs_nothing(make_app: Maker, folder: PostsFolder, tmp_path: Path) -> None:
    folder.write("hello")
    (tmp_path / "instance").write_text("not a folder")

    visitor = Visitor(make_app(cache="filesystem"))

    assert visitor.get("/articles/hello/").status_code == 200
    assert visitor.renders_of("/articles/hello/") == 0


def test_folder_that_could_not_be_made_at_the_start_is_used_as_soon_as_it_can_be(
    make_app: Maker,
    folder: PostsFolder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    rest: Callable[[], None],
) -> None:
    folder.write("hello")
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "cache").write_text("not a folder")
    app = make_app(cache="filesystem", indexing=False)
    store = cache_of(app).store
    assert not store.up
    assert len(caplog.records) == 1

    (tmp_path / "instance" / "cache").unlink()
    rest()
    Visitor(app).get("/articles/hello/")

    assert store.up
    assert files_of(tmp_path)


FULL_DISK = """
import resource, sys
from pathlib import Path
from octavo import create_app
from octavo.settings import Settings
app = create_app(Path(sys.argv[1]), Settings(cache="filesystem", watch=False, indexing=False))
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
print([app.test_client().get(f"/articles/post-{n}/").status_code for n in range(6)])
"""


@pytest.mark.thorough
def test_disk_that_is_full_costs_one_line_in_the_log_and_leaves_no_halves(
    make_app: Maker, folder: PostsFolder, tmp_path: Path
) -> None:
    for number in range(6):
        folder.write(f"post-{number}", "A text that is longer than what is left of the disk. " * 100)
    make_app()

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )

    assert done.stdout == f"{[200] * 6}\n", done.stderr
    assert done.stderr.count("the cache's store (filesystem) fails") == 1
    assert "Traceback" not in done.stderr
    assert files_of(tmp_path) == []


def test_folder_that_is_deleted_is_made_again(make_app: Maker, folder: PostsFolder, tmp_path: Path) -> None:
    folder.write("one")
    folder.write("two")
    visitor = Visitor(make_app(cache="filesystem"))
    visitor.get("/articles/one/")
    (tmp_path / "instance").rename(tmp_path / "gone")

    visitor.get("/articles/two/")

    assert files_of(tmp_path)
    assert cache_of(visitor.application).store.up


def test_folder_that_is_deleted_again_and_again_is_no_fault(make_app: Maker, tmp_path: Path) -> None:
    store = cache_of(make_app(cache="filesystem")).store
    done = threading.Event()

    def delete() -> None:
        while not done.is_set():
            shutil.rmtree(tmp_path / "instance", ignore_errors=True)

    deleting = threading.Thread(target=delete)
    deleting.start()
    for number in range(300):
        store.set(f"page {number}", {}, (b"text",))
    done.set()
    deleting.join()

    assert store.up


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> Callable[[Store, str], None]:
    """Stores 10,000 bytes, after which the folder is looked at."""
    monkeypatch.setattr(backends, "SWEEP", 0.0)
    return lambda store, name: store.set(name, {}, (bytes(10_000),))


def test_files_that_nobody_renewed_are_removed(make_app: Maker, tmp_path: Path, swept: Sweeper) -> None:
    store = cache_of(make_app(cache="filesystem")).store
    store.set("old", {}, ())
    (tmp_path / "instance" / "cache" / "pages" / "half-written").touch()
    for file in files_of(tmp_path):
        os.utime(file, (0, time.time() - 31 * 86_400))

    swept(store, "new")

    assert len(files_of(tmp_path)) == 1
    assert store.get("new")


def test_oldest_files_are_removed_beyond_four_times_what_a_process_keeps(
    make_app: Maker, tmp_path: Path, swept: Sweeper
) -> None:
    store = cache_of(make_app(cache="filesystem", cache_bytes=15_000)).store

    for number in range(12):
        before = files_of(tmp_path)
        swept(store, f"page {number}")
        for file in set(files_of(tmp_path)) - set(before):
            os.utime(file, (0, time.time() - 100 + number))

    assert [number for number in range(12) if store.get(f"page {number}")] == [7, 8, 9, 10, 11]


def test_files_are_looked_at_every_few_minutes_only(make_app: Maker, tmp_path: Path) -> None:
    store = cache_of(make_app(cache="filesystem", cache_bytes=1)).store

    for name in ("one", "two", "three"):
        store.set(name, {}, ())

    assert len(files_of(tmp_path)) == 2


def test_folder_among_the_files_is_left_alone(make_app: Maker, tmp_path: Path, swept: Sweeper) -> None:
    store = cache_of(make_app(cache="filesystem", cache_bytes=1)).store
    (tmp_path / "instance" / "cache" / "pages" / "folder").mkdir()
    os.utime(tmp_path / "instance" / "cache" / "pages" / "folder", (0, 0))
    for number in range(20):
        swept(store, f"page {number}")
    store.set("a page", {}, ())

    assert store.size() is not None
    assert store.clear()

    assert files_of(tmp_path) == []
    assert store.up


def test_files_that_other_processes_remove_meanwhile_are_no_fault(
    make_app: Maker, tmp_path: Path, swept: Sweeper
) -> None:
    stores = [cache_of(make_app(cache="filesystem", cache_bytes=10_000)).store for _ in range(4)]
    waiting = iter(stores)

    def write() -> None:
        store = next(waiting)
        for number in range(50):
            swept(store, f"{id(store)} {number}")
            store.size()

    at_once(4, write)

    assert all(store.up for store in stores)
    assert sum(file.stat().st_size for file in files_of(tmp_path)) <= 40_000
    (tmp_path / "instance").rename(tmp_path / "gone")
    assert stores[0].size() == (0, 0)


KINDS = ("memory", "filesystem")


@pytest.fixture(params=KINDS)
def mars(request: pytest.FixtureRequest, make_app: Maker, folder: PostsFolder) -> Flask:
    """A site with two articles about Mars, indexed."""
    for slug in ("one", "two"):
        folder.write(slug, f"Text of {slug}.", tags=["Mars"])
    app = make_app(cache=request.param)
    settled(app)
    return app


def scores(app: Flask, slug: str) -> dict[str, float]:
    """Return how near the articles are that the site finds for one."""
    edition = site_of(app).edition()
    return {found.post.slug: found.score for found in site_of(app).related(edition, edition.by_slug[slug])}


def pretend(app: Flask, name: str, **facts: Any) -> None:
    """Put other facts into the store in the place of those that were found."""
    store = cache_of(app).store
    found = store.get(name)
    assert found is not None
    store.set(name, {**found[0], **facts}, ())


def add_a_page(app: Flask, folder: PostsFolder) -> None:
    """Change the site without a change in what is related."""
    folder.raw("_pages/about.md", "---\ntitle: About\n---\nText.\n")
    site_of(app).refresh(settle=0)


def test_related_articles_are_taken_from_the_store(mars: Flask, folder: PostsFolder) -> None:
    scores(mars, "one")
    pretend(mars, "related:one.md", made=[["two.md", 0.75, [["mars"], "", []]]])

    add_a_page(mars, folder)

    assert scores(mars, "one") == {"two": 0.75}


def test_related_articles_of_another_engine_are_found_anew(mars: Flask, folder: PostsFolder) -> None:
    found = scores(mars, "one")
    pretend(mars, "related:one.md", made=[["two.md", 0.75, [["mars"], "", []]]], of="another engine")

    add_a_page(mars, folder)

    assert scores(mars, "one") == found


def test_related_articles_are_found_once_in_one_state_of_the_site(mars: Flask) -> None:
    found = scores(mars, "one")

    pretend(mars, "related:one.md", made=[["two.md", 0.75, [["mars"], "", []]]])

    assert scores(mars, "one") == found


def test_any_edit_has_related_articles_found_anew(mars: Flask, folder: PostsFolder) -> None:
    scores(mars, "one")
    pretend(mars, "related:one.md", made=[["two.md", 0.75, [["mars"], "", []]]])

    folder.write("three", "Text of three.", tags=["Mars"])
    settled(mars)

    assert scores(mars, "one").keys() == {"two", "three"}


def test_process_without_the_article_in_its_edition_leaves_it_out(mars: Flask, folder: PostsFolder) -> None:
    scores(mars, "one")

    folder.write("two", "Text of two.", tags=["Mars"], draft=True)
    site_of(mars).refresh(settle=0)

    assert scores(mars, "one") == {}


WORKER = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from octavo import create_app
from octavo.settings import Settings
from octavo.web.cache import store
from tests.waiting import LIMIT, until
root = Path(sys.argv[1])
# A busy machine may take its time: a render that lasts is another test's.
store.MAX_MACHINE_WAIT = LIMIT
app = create_app(root, Settings(cache="filesystem", watch=False))
counts = app.extensions["octavo_cache"].counts
view = app.view_functions["pages.article"]
def slow(**arguments):
    until((root / "go").exists, "all readers wait")
    return view(**arguments)
slow.__dict__["plan"] = view.__dict__["plan"]
app.view_functions["pages.article"] = slow
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(67) as readers:
    answers = readers.map(lambda _: app.test_client().get("/articles/hello/").status_code, range(67))
    until(lambda: counts.collapsed >= 66, "all but one wait for another's render")
    print("waiting", flush=True)
    statuses = set(answers)
print(*statuses, counts.renders, flush=True)
"""


@pytest.mark.thorough
def test_cold_page_is_rendered_once_for_two_hundred_requests_to_the_processes_of_a_machine(
    make_app: Maker, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("hello")
    settled(make_app())
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)],
            cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"

    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "waiting\n"
    (tmp_path / "go").touch()
    answers = [worker.communicate(timeout=LIMIT)[0].split() for worker in workers]

    assert [status for status, _ in answers] == ["200"] * 3
    assert sum(int(renders) for _, renders in answers) == 1


@pytest.mark.thorough
def test_process_that_is_stopped_while_rendering_costs_others_one_second_once(make_app: Maker) -> None:
    store, other = (cache_of(make_app(cache="filesystem")).store for _ in range(2))

    def enter() -> None:
        with other.lock("/articles/hello/"):
            pass

    with store.lock("/articles/hello/"):
        first, second = seconds(enter), seconds(enter)

    assert first > 0.9
    assert second < first / 2


class RedisServer:
    """A Redis of the test's own."""

    def __init__(self, servers: Servers) -> None:
        self.program = needed("redis-server")
        self.servers = servers
        self.process, self.port = servers.start(self._command)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url)

    def _command(self, port: int) -> list[str]:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.servers.folder)]
        return [self.program, *options]

    def start_again(self) -> None:
        self.process, _ = self.servers.start(self._command, self.port)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(servers: Servers, patient: None) -> Iterator[RedisServer]:
    started = RedisServer(servers)
    yield started
    started.client.close()


def test_machines_share_pages_through_redis(make_app: Maker, folder: PostsFolder, server: RedisServer) -> None:
    folder.write("hello", "The body")
    page = Visitor(make_app(cache="redis", redis_url=server.url)).get("/articles/hello/").data

    other = Visitor(make_app(cache="redis", redis_url=server.url))

    assert other.get("/articles/hello/").data == page
    assert cache_of(other.application).counts.renders == 0


def test_sites_share_a_redis_without_harm(make_app: Maker, folder: PostsFolder, server: RedisServer) -> None:
    folder.write("hello")
    sites: list[dict[str, Any]] = [{}, {"base_url": "https://elsewhere.example"}, {"title": "Another name"}]
    for site in sites:
        assert Visitor(make_app(cache="redis", redis_url=server.url, **site)).renders_of("/articles/hello/") == 1

    assert cache_of(make_app(cache="redis", redis_url=server.url)).store.clear()

    renders = [
        Visitor(make_app(cache="redis", redis_url=server.url, **site)).renders_of("/articles/hello/") for site in sites
    ]
    assert renders == [1, 0, 0]


def test_machine_that_knows_an_edit_shows_it_whatever_redis_holds(
    make_app: Maker, folder: PostsFolder, server: RedisServer
) -> None:
    folder.write("hello", "The old body")
    behind = Visitor(make_app(cache="redis", redis_url=server.url))
    ahead = Visitor(make_app(cache="redis", redis_url=server.url))
    behind.get("/articles/hello/")
    folder.write("hello", "The new body")
    site_of(ahead.application).refresh(settle=0)

    for _ in range(3):
        assert "The new body" in ahead.get("/articles/hello/").text
        assert "The old body" in behind.get("/articles/hello/").text

    site_of(behind.application).refresh(settle=0)
    assert "The new body" in behind.get("/articles/hello/").text


def test_values_in_redis_are_no_pickles(make_app: Maker, folder: PostsFolder, server: RedisServer) -> None:
    folder.write("hello")
    app = make_app(cache="redis", redis_url=server.url)
    Visitor(app).get("/articles/hello/")
    app.extensions["octavo_machines"].tell()

    keys = [*server.client.scan_iter()]
    groups = [key for key in keys if server.client.type(key) == b"hash"]
    values = [server.client.get(key) for key in keys if key not in groups]
    for group in groups:
        values += server.client.hvals(group)

    assert groups
    assert len(values) > len(groups)
    assert all(isinstance(value, bytes) and value.startswith(b"octavo1\0") for value in values)


@pytest.mark.parametrize("fault", ["stopped", "frozen", "flushed", "rubbish", "another type"])
def test_faulty_redis_is_never_seen_by_a_reader(
    make_app: Maker, folder: PostsFolder, server: RedisServer, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(12):
        folder.write(f"post-{number}")
    visitor = Visitor(make_app(cache="redis", redis_url=server.url, indexing=False))
    visitor.get("/articles/post-0/")
    (key,) = server.client.scan_iter("*/articles/post-0/")
    prefix = key.decode().removesuffix("/articles/post-0/")
    harm: dict[str, Callable[[], Any]] = {
        "stopped": server.stop,
        "frozen": lambda: server.process.send_signal(signal.SIGSTOP),
        "flushed": server.client.flushall,
        "rubbish": lambda: [server.client.set(f"{prefix}/articles/post-{n}/", b"\x80\x04rubbish") for n in range(12)],
        "another type": lambda: [
            (
                server.client.delete(f"{prefix}/articles/post-{n}/"),
                server.client.lpush(f"{prefix}/articles/post-{n}/", 1),
            )
            for n in range(12)
        ],
    }
    harm[fault]()

    start = time.perf_counter()
    answers = [visitor.get(f"/articles/post-{number}/") for number in range(12)]
    took = time.perf_counter() - start

    assert {answer.status_code for answer in answers} == {200}
    for number, answer in enumerate(answers):
        assert answer.data == fresh(visitor.application, f"/articles/post-{number}/")
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 1
    rendering = cache_of(visitor.application).counts.seconds
    # Reading and writing are each given up once; twelve pages would wait twelve times.
    assert took - rendering < 4 * CALM


@pytest.mark.parametrize("harm", ["rubbish", "another type"])
def test_damaged_value_in_redis_costs_one_render_of_its_page_only(
    make_app: Maker, folder: PostsFolder, server: RedisServer, harm: str
) -> None:
    for slug in ("one", "two"):
        folder.write(slug)
    first = settled(make_app(cache="redis", redis_url=server.url))
    Visitor(first).renders_of("/articles/one/", "/articles/two/")
    (key,) = server.client.scan_iter("*/articles/one/")
    server.client.delete(key)
    if harm == "rubbish":
        server.client.set(key, b"rubbish")
    else:
        server.client.lpush(key, 1)

    renders = [
        Visitor(make_app(cache="redis", redis_url=server.url)).renders_of("/articles/one/", "/articles/two/")
        for _ in range(2)
    ]

    assert renders == [1, 0]


@pytest.mark.parametrize("count", [0, 2_500])
def test_redis_is_emptied_however_much_it_holds(make_app: Maker, server: RedisServer, count: int) -> None:
    store = cache_of(make_app(cache="redis", redis_url=server.url)).store
    store.set("a key", {}, ())
    (key,) = server.client.scan_iter()
    server.client.delete(key)
    server.client.set("a neighbour's", b"value")
    prefix = key.decode().removesuffix("a key")
    if count:
        server.client.mset({f"{prefix}{number}": b"value" * 100 for number in range(count)})

    assert store.clear()

    # One command that drops all would take too long where there is much.
    steps = server.client.info("commandstats").get("cmdstat_unlink", {"calls": 0})["calls"]
    assert steps == (3 if count else 0)
    assert server.client.keys() == [b"a neighbour's"]
    assert store.up


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.thorough
def test_frozen_redis_costs_one_short_wait(make_app: Maker, server: RedisServer, host: str, connected: bool) -> None:
    url = server.url.replace("127.0.0.1", host)
    store = cache_of(make_app(cache="redis", redis_url=url)).store
    if connected:
        store.get("warm")
    server.process.send_signal(signal.SIGSTOP)

    first, *others = [seconds(lambda: store.get("a key")) for _ in range(10)]

    assert first < 2 * CALM
    assert sum(others) < CALM


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_processes_that_find_redis_frozen_do_not_wait_one_after_the_other(
    make_app: Maker, folder: PostsFolder, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("hello")
    apps = [make_app(cache="redis", redis_url=server.url) for _ in range(3)]
    server.process.send_signal(signal.SIGSTOP)
    together = threading.Barrier(len(apps), timeout=LIMIT / 2)
    ask = backends.Redis.get
    monkeypatch.setattr(backends.Redis, "get", lambda backend, key: (together.wait(), ask(backend, key))[1])
    waiting = iter(apps)

    answers = at_once(len(apps), lambda: Visitor(next(waiting)).get("/articles/hello/").status_code)

    assert answers == [200] * len(apps)
    assert not together.broken


def test_of_many_requests_one_finds_out_whether_redis_is_back(
    make_app: Maker, server: RedisServer, rest: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = cache_of(make_app(cache="redis", redis_url=server.url)).store
    server.process.send_signal(signal.SIGSTOP)
    store.get("a key")
    rest()
    asked: list[str] = []
    ask = backends.Redis.get
    monkeypatch.setattr(backends.Redis, "get", lambda backend, key: (asked.append(key), ask(backend, key))[1])

    answers = at_once(50, lambda: store.get("a key"))

    assert answers == [None] * 50
    assert len(asked) == 1


def test_redis_is_used_again_when_it_is_back(
    make_app: Maker, folder: PostsFolder, server: RedisServer, rest: Callable[[], None]
) -> None:
    folder.write("one")
    folder.write("two")
    app = make_app(cache="redis", redis_url=server.url)
    store = cache_of(app).store
    server.stop()
    Visitor(app).get("/articles/one/")
    assert not store.up

    server.start_again()
    rest()

    Visitor(app).get("/articles/two/")
    assert store.up
    assert [*server.client.scan_iter("*/articles/two/")]


def test_redis_that_is_full_is_read_and_told_of_once(
    make_app: Maker,
    folder: PostsFolder,
    server: RedisServer,
    caplog: pytest.LogCaptureFixture,
    rest: Callable[[], None],
) -> None:
    for slug in ("one", "two", "three"):
        folder.write(slug)
    Visitor(make_app(cache="redis", redis_url=server.url, indexing=False)).renders_of(
        "/articles/one/", "/articles/two/"
    )
    app = make_app(cache="redis", redis_url=server.url, indexing=False)
    store = cache_of(app).store

    server.client.config_set("maxmemory", 1)
    for path in ("/articles/one/", "/articles/three/", "/articles/two/"):
        Visitor(app).get(path)
        store.set("a key", {}, ())
        rest()

    assert cache_of(app).counts.renders == 1
    assert len(caplog.records) == 1
    assert not store.up

    server.client.config_set("maxmemory", 0)
    store.set("a key", {}, ())
    assert store.up
    assert store.get("a key")


@pytest.mark.usefixtures("patient")
def test_server_that_accepts_and_never_answers_costs_one_short_wait(make_app: Maker, folder: PostsFolder) -> None:
    folder.write("hello")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        app = make_app(cache="redis", redis_url=f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")

        took = seconds(lambda: cache_of(app).store.get("a key"))
        answer = Visitor(app).get("/articles/hello/")

    assert answer.status_code == 200
    assert took < 2 * CALM


def test_server_that_answers_in_drops_is_left_alone_after_the_first(
    make_app: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "MAX_REDIS_WAIT", 5.0)
    asked = []
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as dripping:

        def drip() -> None:
            connection, _ = dripping.accept()
            connections.append(connection)
            with connection:
                while question := connection.recv(10_000):
                    asked.append(question)
                    for drop in b"$40", b"\r\n", *[b"x"] * 40, b"\r\n":
                        connection.sendall(drop)
                        time.sleep(0.005)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        store = cache_of(make_app(cache="redis", redis_url=f"redis://127.0.0.1:{dripping.getsockname()[1]}/0")).store

        for _ in range(3):
            assert store.get("a key") is None
        connections[0].shutdown(socket.SHUT_RD)
        thread.join(LIMIT)

    assert not store.up
    assert [question.split()[2] for question in asked] == [b"GET"]


@pytest.mark.parametrize(
    ("waits", "is_used"),
    [pytest.param([0.4, *[0.0] * 9], True, id="once"), pytest.param([0.2] * 10, False, id="usually")],
)
@pytest.mark.thorough
def test_redis_is_left_alone_where_it_is_usually_slow(
    make_app: Maker, monkeypatch: pytest.MonkeyPatch, waits: list[float], is_used: bool
) -> None:
    for module, name in ((backends, "MAX_REDIS_WAIT"), (caching, "SLOW")):
        monkeypatch.setattr(module, name, 5.0)
    monkeypatch.setattr(caching, "USUALLY_SLOW", 0.1)
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as distant:

        def answer_late() -> None:
            connection, _ = distant.accept()
            with connection:
                for wait in waits:
                    question = connection.recv(10_000)
                    if not question:
                        return
                    asked.append(question)
                    time.sleep(wait)
                    connection.sendall(b"$-1\r\n")

        thread = threading.Thread(target=answer_late, daemon=True)
        thread.start()
        store = cache_of(make_app(cache="redis", redis_url=f"redis://127.0.0.1:{distant.getsockname()[1]}/0")).store

        for _ in waits:
            assert store.get("a key") is None

    assert store.up == is_used
    assert (len(asked) == len(waits)) == is_used


def test_server_that_answers_rubbish_costs_a_render(make_app: Maker, folder: PostsFolder) -> None:
    folder.write("hello")
    with socket.create_server(("127.0.0.1", 0)) as liar:

        def lie() -> None:
            while True:
                try:
                    connection, _ = liar.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=lie, daemon=True)
        thread.start()
        app = make_app(cache="redis", redis_url=f"redis://127.0.0.1:{liar.getsockname()[1]}/0")

        assert Visitor(app).get("/articles/hello/").status_code == 200
        liar.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_frame_is_readable_by_other_programs() -> None:
    frame = pack({"status": "200 OK"}, (b"body",))

    length = int.from_bytes(frame[12:16], "big")

    assert json.loads(frame[16 : 16 + length]) == {"status": "200 OK", "parts": [4]}
    assert frame[16 + length :] == b"body"


def test_emptying_the_folder_leaves_alone_what_others_are_writing(make_app: Maker, tmp_path: Path) -> None:
    store, pages = cache_of(make_app(cache="filesystem")).store, tmp_path / "instance" / "cache" / "pages"
    store.set("a page", {}, ())
    half = pages / f"0123.99{UNFINISHED}"
    half.touch()

    assert store.clear()
    assert list(pages.iterdir()) == [half]


def test_folder_that_is_emptied_while_a_page_is_written_is_no_fault(
    make_app: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store, replace = cache_of(make_app(cache="filesystem", indexing=False)).store, os.replace

    def emptied(source: str, target: str) -> None:
        os.unlink(source)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("octavo.web.cache.backends.os.replace", emptied)
        store.set("a page", {}, ())

    assert store.up
    assert caplog.records == []
    store.set("a page", {}, ())
    assert store.get("a page")


@pytest.mark.parametrize("slug", ["mars", "火星"])
def test_warm_pages_are_found_whatever_their_address(make_app: Maker, folder: PostsFolder, slug: str) -> None:
    folder.write(slug, tags=[slug])
    app = make_app(cache="filesystem")
    app.test_cli_runner().invoke(args=["cache", "warm"])

    visitor = Visitor(make_app(cache="filesystem"))

    assert visitor.renders_of(f"/articles/{quote(slug)}/", f"/tags/{quote(slug)}/") == 0
    assert len(cache_of(app).pools.missing.pages) == 0


def test_caches_in_front_may_be_told_to_ask_each_time(make_app: Maker, folder: PostsFolder) -> None:
    folder.write("hello")

    control = Visitor(make_app(shared_seconds=0)).get("/articles/hello/").headers["Cache-Control"]

    assert "s-maxage=0" in control
    assert "max-age=0" in control
