"""Caches in front: nginx and Varnish with the configuration that docs/operating.md gives them."""

from __future__ import annotations

import contextlib
import http.client
import math
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import PostsFolder
from tests.tools import CHECKOUT, Servers, needed
from tests.waiting import until

# Every page that shows a scheduled article.
PAGES = ("/", "/articles/", "/articles/soon/", "/articles/old/", "/tags/mars/", "/categories/launch/",
         "/authors/ada/", "/archive/", "/archive/{year}/", "/atom.xml", "/feed.json", "/sitemaps/articles-1.xml",
         "/llms.txt", "/search/?q=soon", "/ghost/api/content/posts/")  # fmt: skip
# Seconds that the scheduled article waits after the proxy and the site have started.
WAIT = 12

SITE = """
import sys
from pathlib import Path
from octavo import create_app
from octavo.settings import Settings
root, port, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
url = f"http://127.0.0.1:{port}"
given = Settings(base_url=url, shared_seconds=seconds, purge_header="Surrogate-Key", api_open=True)
app = create_app(root, given)
app.run("127.0.0.1", port, threaded=True)
"""


@pytest.fixture
def make_site(tmp_path: Path, servers: Servers) -> Callable[[int], int]:
    """Serve the site in tmp_path; returns its port."""

    def start(seconds: int) -> int:
        return servers.start(lambda port: [sys.executable, "-c", SITE, str(tmp_path), str(port), str(seconds)]).port

    return start


def documented(name: str) -> str:
    """Return a proxy's configuration from docs/operating.md."""
    found = re.search(
        rf"<!-- {name} -->\n```\w+\n(.*?)```", (CHECKOUT / "docs/operating.md").read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1]


def nginx(servers: Servers, site: int) -> int:
    program, folder = needed("nginx"), servers.folder

    def command(port: int) -> list[str]:
        text = (
            documented("nginx")
            .replace("/var/cache/nginx", str(folder))
            .replace("/var/log/nginx", str(folder))
            .replace("127.0.0.1:8000", f"127.0.0.1:{site}")
        )
        text = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid {folder}/nginx.pid; error_log stderr;\nevents {{}}\n"
            f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;\n{text}}}\n"
        )
        return [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]

    return servers.start(command).port


def varnish(servers: Servers, site: int) -> int:
    program, folder = needed("varnishd"), servers.folder

    def command(port: int) -> list[str]:
        text = documented("varnish").replace('.port = "8000"', f'.port = "{site}"')
        (folder / "octavo.vcl").write_text(text)
        where = ["-a", f"127.0.0.1:{port}", "-n", str(folder / "varnish")]
        return [program, "-j", "none", "-F", "-f", str(folder / "octavo.vcl"), *where]

    return servers.start(command).port


def read(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """Return status, whether a proxy had the page (HIT), and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("X-Cache", ""), answer.read().decode()


def write(folder: PostsFolder, name: str, title: str, date: str) -> None:
    folder.write(name, title=title, date=date, tags=["Mars"], author="Ada", category="Launch")


@pytest.mark.parametrize("proxy", [nginx, varnish])
def test_second_reader_gets_the_proxys_copy(
    proxy: Callable[[Servers, int], int], servers: Servers, make_site: Callable[[int], int], folder: PostsFolder
) -> None:
    write(folder, "one", "Article one", "2025-01-01")
    port = proxy(servers, make_site(60))

    first, second = (read(port, "/articles/one/") for _ in range(2))

    assert "Article one" in first[2]
    assert first[1] != "HIT"
    assert second == (200, "HIT", first[2])


@pytest.mark.long
@pytest.mark.parametrize("proxy", [nginx, varnish])
def test_scheduled_article_appears_within_a_second_behind_a_proxy(
    proxy: Callable[[Servers, int], int], servers: Servers, make_site: Callable[[int], int], folder: PostsFolder
) -> None:
    write(folder, "old", "An old article", "2025-01-01")
    site = make_site(2)
    port = proxy(servers, site)
    instant = math.ceil(time.time()) + WAIT
    write(folder, "soon", "Coming soon", datetime.fromtimestamp(instant, UTC).isoformat())
    pages = [page.format(year=datetime.fromtimestamp(instant, UTC).year) for page in PAGES]
    seen: dict[str, float] = {}
    hits = 0

    while len(seen) < len(pages) and time.time() < instant + 5:
        for page in pages:
            before = time.time()
            status, cached, body = read(port, page)
            hits += cached == "HIT"
            if page not in seen and status == 200 and "articles/soon" in body:
                assert time.time() >= instant, f"{page} shows the article too early"
                seen[page] = before - instant

    assert {page for page in pages if page not in seen} == set()
    assert max(seen.values()) <= 1, seen
    assert hits > len(pages)


def test_varnish_purges_what_changed_and_nothing_else(
    servers: Servers, make_site: Callable[[int], int], folder: PostsFolder
) -> None:
    for name in ("one", "two"):
        write(folder, name, f"Article {name}", "2025-01-01")
    site = make_site(3_600)
    port = varnish(servers, site)
    for _ in range(2):
        hits = [read(port, path)[1] for path in ("/articles/one/", "/articles/", "/tags/")]
    assert hits == ["HIT"] * 3

    write(folder, "one", "Another title", "2025-01-01")
    until(lambda: "Another title" in read(site, "/articles/one/")[2], "the site shows the new title")
    assert "Another title" not in read(port, "/articles/one/")[2]
    status, _, _ = read(port, "/", "PURGE", **{"Surrogate-Key": "post:one"})

    assert status == 200
    for path in ("/articles/one/", "/articles/"):
        assert "Another title" in read(port, path)[2]
    assert read(port, "/tags/")[1] == "HIT"
