"""What a page allows, and what an address can do."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from octavo.serving.concurrency import ConcurrencyLimiter
from octavo.web import security
from tests.conftest import PostsFolder
from tests.tools import CHECKOUT


def pixel(width: int = 1) -> bytes:
    """A PNG of one row of pixels."""
    data = BytesIO()
    Image.new("RGB", (width, 1)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize("path", ["/", "/articles/hello/", "/nothing/", "/static/nothing.css", "/x%00"])
def test_every_answer_carries_a_strict_policy_and_no_cookie(
    client: FlaskClient, folder: PostsFolder, path: str
) -> None:
    folder.write("hello")

    headers = client.get(path).headers

    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("settings", "path", "status"),
    [
        ({"trusted_hosts": ["www.journal.example"]}, "/", 400),
        ({"limits": {"search": 1}}, "/search/?q=hello", 429),
        ({"base_url": "https://journal.example/blog"}, "/blog", 301),
    ],
)
def test_so_does_every_answer_that_is_given_in_front_of_the_pages(
    make_app: Callable[..., Flask], settings: dict[str, Any], path: str, status: int
) -> None:
    client = make_app(**settings).test_client()
    client.get(path)

    answer = client.get(path)

    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


def test_limiter_that_lets_nobody_in_says_so_with_a_strict_policy_too() -> None:
    told: dict[str, str] = {}
    limiter = ConcurrencyLimiter(lambda environ, start: [b""], 0)

    limiter({"PATH_INFO": "/"}, lambda status, headers: told.update(dict(headers), status=status))

    assert told["status"] == "503 SERVICE UNAVAILABLE"
    assert "default-src 'none'" in told["Content-Security-Policy"]


def test_no_module_reads_pickles() -> None:
    readers = re.compile(r"^\s*(?:import|from) (?:pickle|marshal|shelve|dill|cloudpickle)\b", re.MULTILINE)

    found = [path.name for path in (CHECKOUT / "octavo").rglob("*.py") if readers.search(path.read_text("utf-8"))]

    assert found == []


def test_policy_is_wider_by_exactly_the_hosts_of_the_setting() -> None:
    hosts = {"frames": ["player.example.org"], "pictures": ["img.example.org", "cdn.example.org"]}

    wide = dict(part.split(" ", 1) for part in security.policy(hosts).split("; "))
    strict = dict(part.split(" ", 1) for part in security.policy({}).split("; "))

    assert wide.pop("frame-src") == "https://player.example.org"
    assert wide.pop("img-src") == f"{strict.pop('img-src')} https://img.example.org https://cdn.example.org"
    assert wide == strict


def test_frame_of_a_named_host_is_shown_and_allowed(folder: PostsFolder, make_app: Callable[..., Flask]) -> None:
    folder.write("hello", '<iframe src="https://player.example.org/1" title="Film"></iframe>')
    client = make_app(hosts={"frames": ["player.example.org"]}).test_client()

    answer = client.get("/articles/hello/")

    assert '<iframe src="https://player.example.org/1"' in answer.text
    assert "frame-src https://player.example.org;" in answer.headers["Content-Security-Policy"] + ";"


def test_pages_have_no_inline_script_style_or_handler(client: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello", "<script>x</script><p onclick='x' style='color:red'>text</p>\n\n```python\nx = 1\n```\n")

    page = client.get("/articles/hello/").text

    scripts = [node for node in LexborHTMLParser(page).css("script") if not node.attributes.get("src")]
    assert {node.attributes.get("type") for node in scripts} <= {"application/ld+json"}
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"<[^>]*\son[a-z]+\s*=", page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/articles/..%2f..%2fpyproject.toml",
        "/media/000000000000/../../pyproject.toml",
        "/media/000000000000/..%2f..%2fpyproject.toml",
        "/static/..%2fpyproject.toml",
        "/static/%2e%2e/app.py",
        "/articles/..%5c..%5capp.py",
        "/articles/CON/",
    ],
)
def test_address_is_a_key_and_never_a_file(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in (400, 404)
    assert "octavo" not in answer.text.lower().replace("octavo.css", "")


@pytest.mark.parametrize("path", ["/articles/a%00b/", "/a%0d%0ab/", "/articles/%ff/", "/%1b/", "/articles/%c2%85/"])
def test_control_characters_in_paths_are_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_pictures_are_served_by_hash_and_for_ever(app: Flask, client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("hello/index.md", "---\ntitle: Hello\ndate: 2025-01-01\n---\n![dot](dot.png)\n\n![art](art.svg)")
    folder.raw("hello/dot.png", pixel())
    folder.raw(
        "hello/art.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script/></svg>' + " " * 2000
    )
    folder.raw("hello/notes.html", "private")
    page = client.get("/articles/hello/").text
    sources = [part.split('"')[0] for part in page.split('src="') if part.startswith("/media/")]

    png, svg = (client.get(source) for source in sources)
    small = client.get(sources[1], headers={"Accept-Encoding": "br"})

    assert (png.status_code, png.mimetype) == (200, "image/png")
    assert "immutable" in png.headers["Cache-Control"]
    assert (svg.status_code, svg.mimetype) == (200, "image/svg+xml")
    assert "sandbox" in svg.headers["Content-Security-Policy"]
    assert "immutable" in svg.headers["Cache-Control"]
    assert small.headers["Content-Encoding"] == "br"
    assert brotli.decompress(small.data) == svg.data
    assert client.get(sources[0].replace("dot.png", "notes.html")).status_code == 404
    assert client.get(sources[0].replace("dot.png", "index.md")).status_code == 404
    assert client.get(f"/media/{'0' * 12}/hello/dot.png").headers["Location"] == sources[0]
    assert client.get(f"/media/{'0' * 12}/hello/art.svg").headers["Location"] == sources[1]

    (folder.path / "hello" / "art.svg").unlink()
    app.extensions["octavo"].refresh(settle=0)

    assert client.get(sources[1]).status_code == 404


def test_picture_is_sent_as_it_is_where_no_smaller_copy_can_be_kept(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.raw("hello/index.md", "---\ntitle: Hello\ndate: 2025-01-01\n---\n![dot](dot.png)")
    folder.raw("hello/dot.png", pixel(width=640))
    (tmp_path / "full").write_text("a file, where the folder of the cache should be")
    client = make_app(cache="none", cache_dir=str(tmp_path / "full")).test_client()
    page = client.get("/articles/hello/").text
    source = page.split('srcset="')[1].split(" ")[0]

    with client.get(source) as answer:
        sent = answer.data

    assert (answer.status_code, answer.mimetype, sent) == (200, "image/png", pixel(width=640))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "dot.png" in caplog.text


def test_fault_shows_a_page_that_needs_nothing_else(
    app: Flask, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("hello")
    site = app.extensions["octavo"]
    site.refresh(settle=0)
    monkeypatch.setattr(site, "texts", None)

    answer = app.test_client().get("/articles/hello/")

    assert answer.status_code == 500
    assert "sha256-" in answer.headers["Content-Security-Policy"]
    assert "AttributeError" not in answer.text
    assert "AttributeError" in caplog.text


def test_other_methods_are_refused_in_plain_words(client: FlaskClient, folder: PostsFolder) -> None:
    answer = client.post("/articles/")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_posts_folder_is_never_written(client: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello")
    before = sorted((p.relative_to(folder.path), p.stat().st_mtime_ns) for p in Path(folder.path).rglob("*"))

    for path in ("/", "/articles/hello/", "/articles/none/"):
        client.get(path)

    assert sorted((p.relative_to(folder.path), p.stat().st_mtime_ns) for p in folder.path.rglob("*")) == before


def test_site_that_names_its_hosts_is_not_asked_for_by_others(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello")
    client = make_app(trusted_hosts=["www.journal.example"]).test_client()

    def asked(host: str, path: str = "/articles/hello/") -> int:
        return client.get(path, headers={"Host": host}).status_code

    assert [asked(host) for host in ("journal.example", "WWW.journal.example", "evil.example", "")] == [
        200,
        200,
        400,
        400,
    ]
    assert asked("10.0.0.7:8000", "/healthz") == 200


def test_other_sites_may_show_pictures_and_no_pages(client: FlaskClient, folder: PostsFolder) -> None:
    folder.write("hello")

    origins = {
        path: client.get(path).headers["Cross-Origin-Resource-Policy"] for path in ("/", "/favicon.ico", "/robots.txt")
    }

    assert origins == {"/": "same-origin", "/favicon.ico": "cross-origin", "/robots.txt": "same-origin"}


@pytest.mark.parametrize(
    ("base_url", "subdomains", "sent"),
    [
        ("https://journal.example", False, "max-age=31536000"),
        ("https://journal.example", True, "max-age=31536000; includeSubDomains"),
        ("http://journal.example", True, None),
    ],
)
def test_browsers_are_told_to_stay_with_https(
    make_app: Callable[..., Flask], base_url: str, subdomains: bool, sent: str | None
) -> None:
    answer = make_app(base_url=base_url, hsts_subdomains=subdomains).test_client().get("/")

    assert answer.headers.get("Strict-Transport-Security") == sent


def test_who_finds_a_hole_is_told_where_to_report_it(make_app: Callable[..., Flask]) -> None:
    named = make_app(security_contact="mailto:security@journal.example").test_client()

    told = named.get("/.well-known/security.txt")

    assert told.mimetype == "text/plain"
    assert told.text.splitlines() == [
        "Contact: mailto:security@journal.example",
        "Expires: 2026-01-16T00:00:00Z",
        "Preferred-Languages: en",
        "Canonical: https://journal.example/.well-known/security.txt",
    ]
    assert make_app().test_client().get("/.well-known/security.txt").status_code == 404


def test_drawings_run_nothing_whatever_capitals_their_names_have(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("hello/index.md", "---\ntitle: Hello\ndate: 2025-01-01\n---\n![art](art.SVG)")
    folder.raw("hello/art.SVG", '<svg xmlns="http://www.w3.org/2000/svg"><metadata>52.5200</metadata><script/></svg>')
    (source,) = re.findall(r'src="(/media/[^"]+)"', client.get("/articles/hello/").text)

    answer = client.get(source)

    assert answer.text == '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
