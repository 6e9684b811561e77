"""Print what the page cache costs, beside a bare WSGI callable, an empty Flask view and nginx.

Usage: python tests/benchmarks/pagecache.py [hit] [first] [results] [edit] [misses] [http]

`http` is measured over HTTP and needs wrk, nginx, granian and gunicorn (what is not installed is left out), the
others are CPU time in process. All rounds alternate, so that a noisy machine disturbs everything alike.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import random
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from flask import Flask
from werkzeug.test import create_environ

from octavo import create_app
from octavo.content.slugs import slugify
from octavo.settings import load_settings
from octavo.site.site import Site
from octavo.web.cache.page_cache import PageCache
from octavo.web.page_kinds import every_path
from tests.benchmarks import corpus

ROUNDS = 9
SECONDS = 4
ACCEPTED = "gzip, deflate, br, zstd"
# How often the archive of 14,000 articles is edited.
EDITS = 5


def silent(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """A server's start_response that sends nothing."""


def application(folder: Path, **settings: Any) -> tuple[Flask, Site, PageCache]:
    """Make the application of the posts in `folder`, without threads."""
    given = replace(load_settings(ROOT), posts_dir=str(folder), watch=False, **settings)
    app = create_app(ROOT, given)

    @app.get("/empty-view")
    def empty() -> bytes:
        return b"x" * 1_000

    site: Site = app.extensions["octavo"]
    app.before_request_funcs[None].remove(site.start)
    site.start = lambda: None  # type: ignore[method-assign]
    return app, site, app.extensions["octavo_cache"]


def request(path: str, **headers: str) -> dict[str, Any]:
    """Return the environment of a browser's request."""
    return create_environ(path, headers={"Accept-Encoding": ACCEPTED, **headers})


def microseconds(work: Callable[[], Any], times: int) -> float:
    """Return the CPU time of one call."""
    start = time.process_time_ns()
    for _ in range(times):
        work()
    return (time.process_time_ns() - start) / times / 1_000


def alternating(works: dict[str, tuple[Callable[[], Any], int]]) -> dict[str, float]:
    """Return the median over rounds of each call's CPU time in microseconds."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, (work, times) in works.items():
            found[name].append(microseconds(work, times))
    return {name: statistics.median(times) for name, times in found.items()}


def bare(body: bytes) -> Callable[..., Any]:
    """Return the least that a WSGI application can do."""
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", headers[:])
        return [body]

    return answer


def drain(app: Callable[..., Any], environ: dict[str, Any]) -> None:
    """Take a whole answer."""
    for _ in app(environ, silent):
        pass


def hit() -> None:
    """A page from memory, complete, beside a bare callable and an empty view."""
    app, site, cache = application(ROOT / "posts")
    path = f"/articles/{site.edition().posts[3].slug}/"
    page = request(path)
    drain(app.wsgi_app, page)
    tag = cache.pools.existing.pages[path].representations[2].etag  # type: ignore[union-attr]
    conditional, empty = request(path, **{"If-None-Match": tag}), request("/empty-view")
    callable_ = bare(b"x" * 30_000)
    times = alternating({
        "bare WSGI callable": (lambda: callable_(page, silent), 60_000),
        "page from memory": (lambda: app.wsgi_app(page, silent), 60_000),
        "not modified": (lambda: app.wsgi_app(conditional, silent), 60_000),
        "empty Flask view": (lambda: drain(cache.inner, empty), 1_000),
    })  # fmt: skip
    for name, time_ in times.items():
        print(f"{name:<24} {time_:8.2f} us")
    over, ratio = (
        times["page from memory"] - times["bare WSGI callable"],
        times["empty Flask view"] / times["page from memory"],
    )
    print(f"over a bare callable: {over:.2f} us (at most 2); an empty view is {ratio:.0f} times a page (at least 75)")


def first() -> None:
    """The first request for articles: Markdown, template, compression, all of it; then with texts that were rendered
    when the articles were indexed, as those are that were saved while the site runs."""
    app, site, cache = application(ROOT / "posts")
    slugs = [post.slug for post in site.edition().posts]
    empty = request("/empty-view")
    for slug in slugs:
        drain(app.wsgi_app, request(f"/articles/{slug}/"))
    took: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(3):
        for slug, rendered in itertools.product(slugs, took):
            cache.clear()
            cache.store.clear()
            # The texts of other files, such as the author's, are there long before.
            for key in [key for key in site.texts._kept if not rendered and not key[0].startswith("_authors/")]:
                del site.texts._kept[key]
            page = request(f"/articles/{slug}/")
            took[rendered].append(microseconds(lambda page=page: drain(app.wsgi_app, page), 1))  # type: ignore[misc]
    view = statistics.median(microseconds(lambda: drain(cache.inner, empty), 500) for _ in range(ROUNDS))
    for rendered, what in ((False, "first request"), (True, "its text rendered before")):
        middle = statistics.median(took[rendered])
        print(f"{what} {middle:.0f} us, empty view {view:.0f} us: {middle / view:.1f} empty views (at most 8)")


@contextlib.contextmanager
def archive(count: int) -> Iterator[Path]:
    """Yield a folder of `count` invented articles."""
    with tempfile.TemporaryDirectory() as folder:
        corpus.write(Path(folder), count)
        yield Path(folder)


def results(count: int = 14_000) -> None:
    """Results pages for words that nobody searched for before, with covers not drawn before; then the same again."""
    with archive(count) as folder, tempfile.TemporaryDirectory() as state:
        app, site, cache = application(folder, search_index_dir=state)
        site.index.sync()
        asked = [request(f"/search/?{urlencode({'q': typed})}") for typed in some_queries(site, 300)]
        gc.freeze()
        for round_ in ("new words and covers", "the same again"):
            cache.clear()
            took = sorted(microseconds(lambda page=page: drain(app.wsgi_app, page), 1) / 1_000 for page in asked)  # type: ignore[misc]
            middle, last = took[len(took) // 2], took[len(took) * 99 // 100]
            print(f"results page, {round_}: median {middle:.1f} ms (at most 6), 99th percentile {last:.1f} ms (20)")


def some_queries(site: Site, count: int) -> Iterator[str]:
    """Yield words of articles, alone and together, in quotes, as beginnings and with a tag."""
    posts, dice = site.edition().posts, random.Random(count)
    for number in range(count):
        post = dice.choice(posts)
        words = re.findall("[A-Za-z]{4,}", site.body(post))
        at = dice.randrange(len(words) - 3)
        one, two, three = words[at : at + 3]
        tag = slugify(post.tags[0]) if post.tags else ""
        yield (one, f"{one} {two}", f"{one} {two} {three}", f'"{one} {two}"', f"{one[:4]}*", f"tag:{tag} {one}")[
            number % 6
        ]


def edit(count: int = 14_000) -> None:
    """One edited article among many, with every page warm: how many pages stay as they are."""
    with archive(count) as folder, tempfile.TemporaryDirectory() as state:
        app, site, cache = application(folder, search_index_dir=state, cache_bytes=4_000_000_000)
        site.index.sync()
        with app.app_context():
            paths = list(every_path(site, site.edition()))
        for path in paths:
            cache.warm(path)
        print(f"{len(paths):,} pages, {cache.report()['bytes'] / 1e6:,.0f} MB")
        for number in range(EDITS):
            post = site.edition().posts[number * 100]
            file = folder / post.path
            file.write_text(file.read_text("utf-8") + f"\nEdit {number}.\n", "utf-8")
            site.refresh({post.path}, settle=0)
            site.index.sync()
            seen = microseconds(lambda post=post: cache.warm(f"/articles/{post.slug}/"), 1)  # type: ignore[misc]
            start = time.process_time()
            rendered = 1 + sum(cache.warm(path) for path in paths)
            took = (time.process_time() - start) / len(paths)
            valid = 100 * (1 - rendered / len(paths))
            print(f"edited: {seen / 1000:.1f} ms to its page; {rendered} rendered again, {valid:.3f} % stayed valid "
                  f"(at least 99.9); {took * 1e6:.0f} us to find each right")  # fmt: skip


def misses(count: int = 100_000) -> None:
    """Random addresses that are not there, and unknown parameters: what they leave in memory."""
    app, site, cache = application(ROOT / "posts")
    pages = [f"/articles/{post.slug}/" for post in site.edition().posts]
    for path in pages:
        drain(app.wsgi_app, request(path))
    for number in range(2_000):
        drain(app.wsgi_app, request(f"/articles/warm-{number}/"))
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(count):
        drain(app.wsgi_app, request(f"/articles/random-{number}/"))
        drain(app.wsgi_app, request(f"{pages[0]}?x={number}"))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1_000
    renders = cache.counts.renders
    for path in pages:
        drain(app.wsgi_app, request(path))
    print(f"{count:,} random 404s and {count:,} ?x=N: {grown:.1f} MB more (at most 10), "
          f"{cache.counts.renders - renders} pages lost")  # fmt: skip


SERVED = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from flask import Flask
body = Path({body!r}).read_bytes()
headers = {headers!r}
def bare(environ, start_response):
    start_response("200 OK", headers[:])
    return [body]
empty = Flask("empty")
@empty.get("/page/")
def view():
    return b"x" * 1000
from octavo import create_app
site = create_app(Path({root!r}))
@site.get("/page/")
def page():
    return b""
"""


class Servers:
    """Servers that run beside each other, each on a port of its own, until the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, command: Callable[[int], list[str]]) -> int:
        """Start a server and return its port when it listens."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        environ = {**os.environ, "OCTAVO_WATCH": "false", "PYTHONPATH": str(self.folder)}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.running.append(subprocess.Popen(command(port), cwd=self.folder, env=environ, **quiet))  # type: ignore[call-overload]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return port
            time.sleep(0.05)
        raise TimeoutError(command(port)[0])

    def stop(self) -> None:
        """Stop all of them."""
        for process in self.running:
            process.terminate()
            process.wait(10)


def rate(port: int, path: str) -> float:
    """Return the requests per second that wrk gets over 32 connections kept alive."""
    command = [
        "wrk",
        "-t1",
        "-c32",
        f"-d{SECONDS}s",
        "-H",
        f"Accept-Encoding: {ACCEPTED}",
        f"http://127.0.0.1:{port}{path}",
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in output, output
    return float(output.split("Requests/sec:")[1].split()[0])


def nginx(folder: Path) -> Callable[[int], list[str]]:
    """Return the command of an nginx of one process that serves the file as page/index.html, compressed beforehand."""

    def command(port: int) -> list[str]:
        (folder / "nginx.conf").write_text(
            f"worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null; daemon off; user root;\n"
            "events { worker_connections 256; }\n"
            f"http {{ access_log off; types {{ text/html html; }} keepalive_requests 10000000;\n"
            f"server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}\n"
        )
        return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]

    return command


def http() -> None:
    """Requests per second of a 30 KB article over HTTP."""
    if shutil.which("wrk") is None:
        print("wrk is not installed: nothing is measured over HTTP")
        return
    _, site, cache = application(ROOT / "posts")
    path = max(
        (f"/articles/{post.slug}/" for post in site.edition().posts),
        key=lambda p: cache.warm(p) and cache.pools.existing.pages[p].size,
    )
    page = cache.pools.existing.pages[path]
    sent = page.represent(2)
    body = sent.body
    print(f"{path}: {len(page.bodies[0] or b''):,} bytes, {len(body):,} as sent")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "www" / "page").mkdir(parents=True)
        (folder / "www" / "page" / "index.html").write_bytes(body)
        (folder / "body").write_bytes(body)
        (folder / "served.py").write_text(
            SERVED.format(root=str(ROOT), body=str(folder / "body"), headers=sent.headers)
        )
        for server, command in commands(folder).items():
            compare(server, command, folder, path)


def commands(folder: Path) -> dict[str, Callable[[str], Callable[[int], list[str]]]]:
    """Return, for each server, the command that serves one of the applications on a port."""
    python = [sys.executable, "-m"]
    granian = ["granian", "--interface", "wsgi", "--workers", "1", "--no-ws", "--log-level", "critical", "--port"]
    return {
        "granian": lambda name: lambda port: [*python, *granian, str(port), f"served:{name}"],
        "gunicorn": lambda name: lambda port: [*python, "gunicorn", "-b", f"127.0.0.1:{port}", "-k", "gthread",
                                               "--threads", "4", "--keep-alive", "60", f"served:{name}"],
        "flask run": lambda name: lambda port: [*python, "flask", "--app", f"served:{name}", "run", "-p", str(port)],
    }  # fmt: skip


def compare(server: str, command: Callable[[str], Callable[[int], list[str]]], folder: Path, path: str) -> None:
    """Print the rates of page, bare callable and empty view on one server, and nginx's beside granian's."""
    servers = Servers(folder)
    try:
        names = ["site", "bare", "empty"] if server != "flask run" else ["site", "empty"]
        targets = {name: (servers.start(command(name)), path if name == "site" else "/page/") for name in names}
        if server == "granian" and shutil.which("nginx"):
            targets["nginx"] = (servers.start(nginx(folder)), "/page/")
        rates: dict[str, list[float]] = {name: [] for name in targets}
        for _ in range(5):
            for name, target in targets.items():
                rates[name].append(rate(*target))
        middle = {name: statistics.median(found) for name, found in rates.items()}
        ratios = ", ".join(f"{middle['site'] / middle[name]:.2f} of {name}" for name in middle if name != "site")
        print(f"{server:<10} {middle['site']:8,.0f} requests a second: {ratios}")
    finally:
        servers.stop()


MEASURES = {"hit": hit, "first": first, "results": results, "edit": edit, "misses": misses, "http": http}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        print(f"# {name}")
        MEASURES[name]()
