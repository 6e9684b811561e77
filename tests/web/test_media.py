"""Files beside articles and below static/root/, over HTTP: what goes out, how, and what never does."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from tests.conftest import PostsFolder, Reader
from tests.content.test_photographs import SECRETS, photograph
from tests.tools import THEME
from tests.waiting import until

Write = Callable[..., Path]


def address(client: FlaskClient, page: str, name: str) -> str:
    """The address under which a page names a file."""
    text = client.get(page).text
    found = [part for part in text.replace('"', " ").split() if part.startswith("/media/") and name in part]
    assert found, text
    return found[0]


def ready(client: FlaskClient, url: str) -> TestResponse:
    """The answer to a request for a picture, when it is what was asked for and no stopgap."""
    answers: list[TestResponse] = []

    def is_ready() -> bool:
        answers.append(client.get(url, buffered=True))
        is_stopgap = answers[-1].headers.get("Cache-Control") == "no-store"
        return answers[-1].status_code != 503 and not is_stopgap

    until(is_ready, f"{url} is made")
    return answers[-1]


def drawn(width: int, height: int, kind: str = "JPEG", **more: Any) -> bytes:
    data = BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(data, kind, **more)
    return data.getvalue()


@pytest.fixture
def own_static(tmp_path: Path, make_app: Callable[..., Flask]) -> Path:
    """A static/ of the site's own, which holds the theme's files too."""
    static = tmp_path / "static"
    shutil.copytree(THEME / "static", static)
    return static


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif"])
def test_no_form_of_a_photograph_tells_where_it_was_taken(
    client: FlaskClient, folder: PostsFolder, write_post: Write, suffix: str
) -> None:
    photograph(folder.path / f"s{suffix}")
    folder.raw("_authors/ada.md", f"---\nname: Ada\navatar: ../s{suffix}\n---\n")
    write_post("hello", f"![A view](s{suffix})\n", image=f"s{suffix}", author="Ada")
    pages = ["/articles/hello/", "/atom.xml", "/feed.json", "/sitemaps/articles-1.xml", "/authors/ada/"]

    texts = "".join(client.get(page).text for page in pages)
    words = re.split(r"[\s\"<>,\\]|&#34;|&lt;|&gt;|&quot;", texts)
    urls = {word.removeprefix("https://journal.example") for word in words if "/media/" in word or "/covers/" in word}

    assert len(urls) > 3
    for url in urls:
        answer = ready(client, url.rstrip(","))
        assert answer.status_code == 200, url
        assert [secret for secret in SECRETS if secret in answer.data] == [], url


def test_pictures_within_the_text_tell_nothing_either(
    client: FlaskClient, folder: PostsFolder, write_post: Write
) -> None:
    data = photograph(folder.path / "s.jpg").read_bytes()
    write_post("hello", f"![A view](data:image/jpeg;base64,{b64encode(data).decode()})\n")

    page = client.get("/articles/hello/").text
    shown = b64decode(page.partition("data:image/jpeg;base64,")[2].partition('"')[0])

    with Image.open(BytesIO(shown)) as image:
        assert image.size == (800, 400)
    assert [secret for secret in SECRETS if secret in shown] == []


@pytest.mark.thorough
def test_large_original_goes_to_nobody(client: FlaskClient, folder: PostsFolder, write_post: Write) -> None:
    folder.raw("big.jpg", drawn(2600, 1950, quality=95))
    write_post("hello", "![A view](big.jpg)\n", image="big.jpg")

    source = address(client, "/articles/hello/", "big.jpg")
    page = client.get("/articles/hello/").text
    tag = source.split("/")[2]

    assert f'src="/media/{tag}/2560/big.jpg.webp"' in page
    assert f"/media/{tag}/2560/big.jpg.webp 2560w" in page
    with Image.open(BytesIO(ready(client, f"/media/{tag}/2560/big.jpg.webp").data)) as image:
        assert image.size == (2560, 1920)
    moved = client.get(f"/media/{tag}/big.jpg")
    assert (moved.status_code, moved.headers["Location"]) == (302, f"/media/{tag}/2560/big.jpg.webp")
    assert client.get(f"/media/{tag}/2600/big.jpg.webp").headers["Location"] == source


def test_largest_public_width_is_a_setting(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.raw("big.jpg", drawn(1500, 900))
    folder.write("hello", "![A view](big.jpg)\n")

    page = make_app(picture_width=1000).test_client().get("/articles/hello/").text

    assert "/1000/big.jpg.webp 1000w" in page
    assert "1280w" not in page
    assert 'width="1500" height="900"' in page


@pytest.mark.thorough
def test_without_room_for_copies_the_next_smaller_one_serves(
    app: Flask, client: FlaskClient, folder: PostsFolder, write_post: Write, tmp_path: Path
) -> None:
    folder.raw("big.jpg", drawn(1200, 800))
    write_post("hello", "![A view](big.jpg)\n")
    tag = address(client, "/articles/hello/", "big.jpg").split("/")[2]
    small = ready(client, f"/media/{tag}/320/big.jpg.webp")
    assert small.status_code == 200
    cache = app.extensions["octavo"].cache_dir
    kept = next(cache.glob("*-480.webp"))
    kept.unlink()
    kept.mkdir()

    answer = client.get(f"/media/{tag}/480/big.jpg.webp")

    assert answer.data == small.data
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name", ["a.avif", "a.gif", *(pytest.param(name, marks=pytest.mark.long) for name in ("a.webp", "a.png"))]
)
def test_shared_links_show_a_jpeg_made_for_them(
    client: FlaskClient, folder: PostsFolder, write_post: Write, name: str
) -> None:
    frames = {"save_all": True, "append_images": [Image.new("RGB", (900, 900))]} if name == "a.gif" else {}
    folder.raw(name, drawn(900, 900, name[2:].upper(), **frames))
    write_post("hello", image=name)

    page = client.get("/articles/hello/").text
    url = page.partition('property="og:image" content="')[2].partition('"')[0]
    answer = ready(client, url.removeprefix("https://journal.example"))

    assert '<meta property="og:image:width" content="1200">' in page
    assert answer.mimetype == "image/jpeg"
    with Image.open(BytesIO(answer.data)) as image:
        assert image.size == (1200, 630)


@pytest.mark.parametrize("size", [(40, 40), (320, 200)])
def test_shared_links_of_tiny_pictures_show_the_drawn_cover(
    client: FlaskClient, folder: PostsFolder, write_post: Write, size: tuple[int, int]
) -> None:
    folder.raw("a.png", drawn(*size, "PNG"))
    write_post("hello", image="a.png")

    page = client.get("/articles/hello/").text

    assert 'property="og:image" content="https://journal.example/covers/hello.png"' in page


FILES = {
    "slides.pdf": ("application/pdf", "inline"),
    "talk.mp3": ("audio/mpeg", "inline"),
    "film.mp4": ("video/mp4", "inline"),
    "film.webm": ("video/webm", "inline"),
    "subtitles.vtt": ("text/vtt", "inline"),
    "data.csv": ("text/csv", "attachment"),
    "data.geojson": ("application/geo+json", "attachment"),
    "all.tar.gz": ("application/gzip", "attachment"),
    "table.xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment"),
    "book.epub": ("application/epub+zip", "attachment"),
    "track.gpx": ("application/gpx+xml", "attachment"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_beside_an_article_are_served_with_their_type(
    client: FlaskClient, folder: PostsFolder, name: str
) -> None:
    folder.raw(f"trip/{name}", b"content")
    folder.raw("trip/index.md", f"---\ntitle: Trip\ndate: 2025-01-01\n---\n\n[The file]({name}#page=2)\n")

    url = address(client, "/articles/trip/", name)
    answer = client.get(url.partition("#")[0])

    assert url.endswith("#page=2")
    assert answer.data == b"content"
    assert (answer.mimetype, answer.headers["Content-Disposition"].split(";")[0]) == FILES[name]
    assert f"filename={name}" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "name", "page.html page.xhtml run.js run.py x.swf x.exe x.php x.xsl .env scan.tif scan.tiff layers.psd".split()
)
def test_files_that_browsers_would_run_or_that_may_tell_a_place_are_served_to_nobody(
    client: FlaskClient, folder: PostsFolder, name: str
) -> None:
    folder.raw(f"trip/{name}", b"content")
    folder.raw("trip/index.md", f"---\ntitle: Trip\ndate: 2025-01-01\n---\n\n[The file]({name})\n")

    page = client.get("/articles/trip/").text

    assert f'href="{name}"' not in page
    assert "/media/" not in page
    for path in (f"/trip/{name}", f"/media/0123456789ab/trip/{name}"):
        assert client.get(path).status_code == 404


def test_a_player_plays_what_lies_beside_the_article(client: FlaskClient, folder: PostsFolder) -> None:
    for name in ("film.mp4", "poster.png", "film.vtt", "song.mp3"):
        folder.raw(f"trip/{name}", drawn(20, 20, "PNG") if name == "poster.png" else b"content")
    body = (
        '<video src="film.mp4" poster="poster.png"><track src="film.vtt" kind="captions"></video>\n\n'
        '<audio><source src="song.mp3" type="audio/mpeg"></audio>\n'
    )
    folder.raw("trip/index.md", f"---\ntitle: Trip\ndate: 2025-01-01\n---\n\n{body}")

    for name in ("film.mp4", "poster.png", "film.vtt", "song.mp3"):
        assert client.get(address(client, "/articles/trip/", name)).status_code == 200


RANGES = [
    ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
    ("bytes=8-", 206, b"89", "bytes 8-9/10"),
    ("bytes=-3", 206, b"789", "bytes 7-9/10"),
    ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
    ("bytes=10-", 416, None, "bytes */10"),
    ("lines=0-3", 200, b"0123456789", None),
    ("bytes=x", 200, b"0123456789", None),
]


@pytest.mark.parametrize(("asked", "status", "body", "content_range"), RANGES)
def test_films_are_sent_in_parts(
    client: FlaskClient, folder: PostsFolder, asked: str, status: int, body: bytes | None, content_range: str | None
) -> None:
    folder.raw("trip/song.mp3", b"0123456789")
    folder.raw("trip/index.md", "---\ntitle: Trip\ndate: 2025-01-01\n---\n\n[Song](song.mp3)\n")
    url = address(client, "/articles/trip/", "song.mp3")

    answer = client.get(url, headers={"Range": asked})

    assert answer.status_code == status
    assert body is None or answer.data == body
    assert answer.headers.get("Content-Range") == content_range
    if status != 416:
        assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_part_of_another_version_is_the_whole(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("trip/song.mp3", b"0123456789")
    folder.raw("trip/index.md", "---\ntitle: Trip\ndate: 2025-01-01\n---\n\n[Song](song.mp3)\n")
    url = address(client, "/articles/trip/", "song.mp3")
    tag = client.get(url).headers["ETag"]

    same = client.get(url, headers={"Range": "bytes=0-3", "If-Range": tag})
    other = client.get(url, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    unchanged = client.get(url, headers={"If-None-Match": tag})
    head = client.head(url)

    assert (same.status_code, same.data) == (206, b"0123")
    assert (other.status_code, other.data) == (200, b"0123456789")
    assert unchanged.status_code == 304
    assert (head.headers["Content-Length"], head.data) == ("10", b"")


def test_the_syntax_of_pictures_makes_players_and_links(client: FlaskClient, folder: PostsFolder) -> None:
    for name in ("film.mp4", "song.mp3", "slides.pdf"):
        folder.raw(f"trip/{name}", b"content")
    body = "![A film](film.mp4)\n\n![A song](song.mp3)\n\nSee ![the slides](slides.pdf).\n"
    folder.raw("trip/index.md", f"---\ntitle: Trip\ndate: 2025-01-01\n---\n\n{body}")

    page = client.get("/articles/trip/").text

    assert re.search(r'<video controls preload="metadata" src="/media/\w+/trip/film.mp4" aria-label="A film">', page)
    assert re.search(r'<audio controls preload="metadata" src="/media/\w+/trip/song.mp3" aria-label="A song">', page)
    assert re.search(r'See <a href="/media/\w+/trip/slides.pdf">the slides</a>\.', page)


def test_changed_file_has_another_address(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("trip/song.mp3", b"one")
    folder.raw("trip/index.md", "---\ntitle: Trip\ndate: 2025-01-01\n---\n\n[Song](song.mp3)\n")
    before = address(client, "/articles/trip/", "song.mp3")

    folder.raw("trip/song.mp3", b"two")

    after = address(client, "/articles/trip/", "song.mp3")
    assert after != before
    assert client.get(after).data == b"two"
    moved = client.get(before)
    assert (moved.status_code, moved.headers["Location"]) == (301, after)


@pytest.mark.parametrize("form", ["/media/0123456789ab/trip/a.png", "/media/0123456789ab/320/trip/a.png.webp"])
def test_former_address_of_a_picture_leads_to_it_unless_it_is_hidden(
    client: FlaskClient, folder: PostsFolder, form: str
) -> None:
    folder.raw("trip/a.png", drawn(400, 300, "PNG"))
    folder.raw("trip/index.md", "---\ntitle: Trip\ndate: 2025-01-01\n---\n\nText\n")
    moved = client.get(form)

    folder.raw("trip/index.md", "---\ntitle: Trip\ndraft: true\n---\n\nText\n")

    assert moved.status_code == 301
    assert client.get(moved.headers["Location"]).status_code == 200
    assert client.get(form).status_code == 404


def test_film_tells_no_place(client: FlaskClient, folder: PostsFolder) -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    notes = box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7+52.5200+013.4050/"))
    film = box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", bytes(20)) + notes) + box(b"mdat", b"pixels")
    folder.raw("trip/film.mp4", film)
    folder.raw("trip/index.md", "---\ntitle: Trip\ndate: 2025-01-01\n---\n\n[Film](film.mp4)\n")
    url = address(client, "/articles/trip/", "film.mp4")

    whole = client.get(url).data
    part = client.get(url, headers={"Range": f"bytes=40-{len(film) - 1}"}).data

    assert b"52.5200" in film
    assert b"52.5200" not in whole
    assert (len(whole), whole[-6:], part) == (len(film), b"pixels", whole[40:])


def test_files_of_a_hidden_article_are_found_by_nobody(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("plan/index.md", "---\ntitle: Plan\ndraft: true\n---\n\n[Plan](plan.pdf)\n")
    folder.raw("plan/plan.pdf", b"secret")
    folder.raw("open/index.md", "---\ntitle: Open\ndate: 2025-01-01\n---\n\nText\n")
    folder.raw("open/open.pdf", b"public")

    hidden = client.get("/plan/plan.pdf")
    shown = client.get("/open/open.pdf")

    assert hidden.status_code == 404
    assert shown.status_code == 301
    assert client.get(shown.headers["Location"]).data == b"public"


@pytest.mark.parametrize(
    ("path", "mimetype"),
    [
        ("/ads.txt", "text/plain"),
        ("/.well-known/security.txt", "text/plain"),
        ("/.well-known/apple-app-site-association", "application/json"),
        ("/google1234abcd.html", "text/html"),
        ("/keybase.txt", "text/plain"),
        ("/files/deep/manual.pdf", "application/pdf"),
        ("/CNAME", "application/octet-stream"),
    ],
)
def test_files_of_the_root_have_plain_addresses(
    own_static: Path, make_app: Callable[..., Flask], path: str, mimetype: str
) -> None:
    file = own_static / "root" / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"content")

    answer = make_app().test_client().get(path, buffered=True)

    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"content", mimetype)
    assert "immutable" not in answer.headers["Cache-Control"]


def test_a_file_of_the_root_stands_over_a_page_and_may_change(own_static: Path, make_app: Callable[..., Flask]) -> None:
    (own_static / "root").mkdir()
    (own_static / "root" / "robots.txt").write_text("User-agent: *\n")
    app = make_app()
    app.test_client_class = Reader
    client = app.test_client()
    assert client.get("/robots.txt").text == "User-agent: *\n"

    (own_static / "root" / "robots.txt").unlink()

    assert "Sitemap:" in client.get("/robots.txt").text


def test_nothing_outside_of_the_root_folder_is_served(own_static: Path, make_app: Callable[..., Flask]) -> None:
    (own_static / "root").mkdir()
    (own_static / "secret.key").write_text("secret")
    client = make_app().test_client()

    for path in ("/../secret.key", "/%2e%2e/secret.key", "/root/../secret.key", "/.git/config", "//etc/passwd"):
        assert client.get(path).status_code in (400, 404)


def test_pictures_of_the_root_stand_in_articles(
    own_static: Path, make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    (own_static / "root" / "images").mkdir(parents=True)
    photograph(own_static / "root" / "images" / "view.jpg")
    folder.write("hello", "![A view](/images/view.jpg) [It](/images/view.jpg)\n", image="/images/view.jpg")
    client = make_app().test_client()

    page = client.get("/articles/hello/").text
    hero = page.partition('fetchpriority="high"')[0].rpartition('src="')[2].partition('"')[0]

    assert 'href="/images/view.jpg"' in page
    for url in (
        hero,
        "/images/view.jpg",
        page.partition('property="og:image" content="https://journal.example')[2].partition('"')[0],
    ):
        answer = ready(client, url)
        assert answer.status_code == 200, url
        assert [secret for secret in SECRETS if secret in answer.data] == []


def test_avatars_from_the_root_tell_nothing_either(
    own_static: Path, make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    (own_static / "root").mkdir()
    photograph(own_static / "root" / "me.jpg")
    folder.raw("_authors/ada.md", "---\nname: Ada\navatar: /me.jpg\n---\n")
    folder.write("hello", author="Ada")
    client = make_app(api_open=True).test_client()

    page = address(client, "/articles/hello/", "me.jpg")
    api = client.get("/ghost/api/content/authors/").json["authors"][0]["profile_image"]

    assert api == f"https://journal.example{page}"
    assert [secret for secret in SECRETS if secret in ready(client, page).data] == []


def test_static_files_are_found_by_their_own_names_too(client: FlaskClient) -> None:
    answer = client.get("/static/css/site.css")

    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]
