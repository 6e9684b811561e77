"""Preview links: who has one sees what it is for, below its own path, until its time is over, and nobody else does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.site.previews.links import Scope, Signer
from tests.conftest import Clock, PostsFolder, Reader
from tests.tools import CHECKOUT

MakeApp = Callable[..., Flask]
SECRET = "a secret of the editors"
LATER = "Fri, 01 Jan 2100 00:00:00 GMT"
PHOTOS = CHECKOUT / "posts"


@pytest.fixture
def app(make_app: MakeApp, folder: PostsFolder) -> Flask:
    folder.write("secret", title="The secret", draft=True, tags=["Hidden"], body="See [live](live.md).\n")
    folder.write("other", title="Another secret", draft=True)
    folder.write("later", title="The later one", date="2025-12-24")
    folder.write("live", title="The live one", tags=["Moon"])
    app = make_app(preview_secret=SECRET)
    app.test_client_class = Reader
    return app


def link_of(app: Flask, *arguments: str) -> str:
    """The path and query of the link that the command prints."""
    app.extensions["octavo"].refresh(settle=0)
    result = app.test_cli_runner().invoke(args=["posts", "preview", *arguments])
    assert result.exit_code == 0, result.output
    parts = urlsplit(result.stdout.strip())
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def guest(app: Flask) -> FlaskClient:
    """Somebody who was given a link to the draft and has opened it."""
    guest = app.test_client()
    guest.get(link_of(app, "secret"))
    return guest


@pytest.fixture
def path(app: Flask) -> str:
    """The path of the preview of the draft."""
    return f"/-/preview/{Signer(SECRET).name_of(Scope('secret.md'))}"


def test_a_link_becomes_a_cookie_for_its_own_path_alone(app: Flask, path: str) -> None:
    answer = app.test_client().get(link_of(app, "secret", "--days", "2"))

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{path}/articles/secret/"
    cookie = answer.headers["Set-Cookie"]
    for part in (f"Path={path}/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=172800"):
        assert part in cookie
    assert "Domain" not in cookie


def test_a_guest_sees_the_draft_in_the_theme(guest: FlaskClient, path: str) -> None:
    page = guest.get(f"{path}/articles/secret/")

    assert page.status_code == 200
    assert "<h1>The secret</h1>" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not {"ETag", "Last-Modified", "Surrogate-Key", "Cache-Status"} & set(page.headers.keys())


def test_all_links_of_a_preview_stay_below_its_path(guest: FlaskClient, path: str) -> None:
    seen: set[str] = set()
    waiting = [f"{path}/articles/secret/"]

    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        page = guest.get(address)
        assert page.status_code == 200, address
        hrefs = re.findall(r'<a [^>]*href="([^"#]+)', page.text)
        inside = {urlsplit(href.replace("https://journal.example", "")) for href in hrefs}
        outside = [one.geturl() for one in inside if not one.path.startswith(f"{path}/")]
        assert [one for one in outside if one.startswith(("/", "https://journal"))] == []
        waiting += [one.geturl() for one in inside if one.path.startswith(f"{path}/")]
    assert f"{path}/articles/live/" in seen
    assert f"{path}/tags/hidden/" in seen


def test_readers_see_nothing_of_it(app: Flask, guest: FlaskClient, path: str) -> None:
    guest.get(f"{path}/articles/secret/")
    reader = app.test_client()

    for address in (
        "/",
        "/articles/",
        "/tags/",
        "/atom.xml",
        "/sitemap.xml",
        "/sitemaps/articles-1.xml",
        "/search.json?q=secret",
    ):
        assert "secret" not in reader.get(address).text.replace("q=secret", "").replace('"secret"', ""), address
    assert reader.get("/articles/secret/").status_code == 404
    assert reader.get("/tags/hidden/").status_code == 404


def test_a_link_shows_no_other_draft(guest: FlaskClient, path: str) -> None:
    assert guest.get(f"{path}/articles/other/").status_code == 404
    assert guest.get(f"{path}/articles/later/").status_code == 404
    assert "Another secret" not in guest.get(f"{path}/articles/").text


def test_the_whole_site_is_shown_as_of_a_moment(app: Flask) -> None:
    guest = app.test_client()

    first = guest.get(link_of(app, "--at", "2025-12-24T09:00"))
    folder = first.headers["Location"]

    assert "The later one" in guest.get(folder).text
    assert guest.get(f"{folder}articles/later/").status_code == 200
    assert guest.get(f"{folder}articles/secret/").status_code == 404


def test_everything_is_shown_by_a_link_for_everything(app: Flask) -> None:
    guest = app.test_client()
    folder = guest.get(link_of(app, "--everything")).headers["Location"]

    assert [guest.get(f"{folder}articles/{slug}/").status_code for slug in ("secret", "other", "later")] == [200] * 3


def test_a_preview_follows_the_file(guest: FlaskClient, path: str, folder: PostsFolder) -> None:
    guest.get(f"{path}/articles/secret/")

    folder.write("secret", title="The secret, revised", draft=True)

    assert "The secret, revised" in guest.get(f"{path}/articles/secret/").text


def test_a_preview_follows_the_theme(guest: FlaskClient, path: str, tmp_path: Path) -> None:
    guest.get(f"{path}/articles/secret/")
    (tmp_path / "templates").mkdir()

    (tmp_path / "templates" / "article.html").write_text("changed")

    assert guest.get(f"{path}/articles/secret/").text == "changed"


def test_a_picture_beside_a_draft_is_shown_and_kept_by_no_cache(app: Flask, folder: PostsFolder) -> None:
    picture = next(PHOTOS.rglob("*.jpg")).read_bytes()
    folder.raw("secret/index.md", "---\ntitle: The secret\ndraft: true\n---\n![Two men](photo.jpg)\n")
    folder.raw("secret/photo.jpg", picture)
    (folder.path / "secret.md").unlink()
    guest = app.test_client()
    page = guest.get(link_of(app, "secret"), follow_redirects=True)
    found = re.search(r'<img [^>]*src="([^"]+/media/[^"]+)"', page.text)
    assert found is not None

    shown = guest.get(found[1])

    assert re.match("/-/preview/[0-9a-f]{16}/media/", found[1])
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert app.test_client().get(found[1]).status_code == 403


def test_a_preview_of_a_site_below_a_path_lies_below_it(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("secret", draft=True)
    app = make_app(preview_secret=SECRET, base_url="https://example.org/blog")
    guest = app.test_client()

    first = guest.get(link_of(app, "secret"))

    assert re.fullmatch(r"/blog/-/preview/[0-9a-f]{16}/articles/secret/", first.headers["Location"])
    assert guest.get(first.headers["Location"]).status_code == 200


def test_a_link_ends_with_its_time(app: Flask, guest: FlaskClient, path: str, clock: Clock) -> None:
    link = link_of(app, "secret", "--days", "7")

    clock.set(2025, 7, 27, 12, 0, 1)

    assert guest.get(f"{path}/articles/secret/").status_code == 403
    assert app.test_client().get(link).status_code == 403


def test_another_secret_revokes_all_links(app: Flask, make_app: MakeApp, path: str) -> None:
    link = link_of(app, "secret")
    cookie = urlsplit(link).query.partition("=")[2]
    other = make_app(preview_secret="another secret of theirs").test_client()
    without = make_app().test_client()

    for client in (other, without):
        client.set_cookie("octavo_preview", cookie, path=f"{path}/", domain="localhost")
        assert client.get(link).status_code == 403
        assert client.get(f"{path}/articles/secret/").status_code == 403


# What an outsider, or a guest who wants more, may send: path below the preview and query.
TRICKS = [
    "/../../../articles/secret/",
    "/%2e%2e/%2e%2e/articles/other/",
    "/articles/other/?preview=1&draft=1&at=2030-01-01",
    "/articles/../articles/other/",
    "//articles/other/",
    "/articles/other/index.md",
    "/articles/other.md",
    "/ghost/api/content/posts/",
    "/api/changes",
    "/search/?q=secret",
    "/status/",
    "/-/preview/",
    "/media/000000000000/other.md",
    "/media/000000000000/../other.md",
    "/static/../../pyproject.toml",
    "/%00",
    "/articles/secret/%0d%0aSet-Cookie:%20a=b",
]


def test_a_guest_gets_no_more_by_tricks_with_paths(guest: FlaskClient, path: str) -> None:
    answers = [guest.get(f"{path}{trick}") for trick in TRICKS]

    for trick, answer in zip(TRICKS, answers, strict=True):
        assert answer.status_code in (301, 308, 400, 403, 404), trick
        assert "Another secret" not in answer.text, trick
        assert "Set-Cookie" not in answer.headers, trick


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"If-None-Match": "*"},
        {"If-Modified-Since": LATER},
        {"Range": "bytes=0-9"},
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Cookie": "octavo_preview=; session=x"},
        {"Authorization": "Bearer x"},
    ],
)
def test_nobody_without_the_cookie_learns_anything(app: Flask, path: str, method: str, headers: dict[str, str]) -> None:
    stranger = app.test_client()

    drafted = stranger.open(f"{path}/articles/secret/", method=method, headers=headers)
    invented = stranger.open("/-/preview/0123456789abcdef/articles/secret/", method=method, headers=headers)

    assert drafted.status_code == invented.status_code == 403
    assert drafted.headers == invented.headers
    assert drafted.data == invented.data
    assert drafted.headers["Cache-Control"] == "private, no-store"


def test_a_guest_always_gets_the_whole_page(guest: FlaskClient, path: str) -> None:
    whole = guest.get(f"{path}/articles/secret/")

    for name, value in {"If-None-Match": "*", "If-Modified-Since": LATER, "Range": "bytes=0-9"}.items():
        again = guest.get(f"{path}/articles/secret/", headers={name: value})
        assert (again.status_code, again.data) == (200, whole.data), name


def test_no_host_that_a_guest_names_reaches_the_page(path: str, app: Flask) -> None:
    token = urlsplit(link_of(app, "secret")).query.partition("=")[2]

    page = app.test_client(use_cookies=False).get(
        f"{path}/articles/secret/", headers={"Host": "evil.example", "Cookie": f"octavo_preview={token}"}
    )

    assert page.status_code == 200
    assert "evil.example" not in page.text


def test_a_cookie_opens_no_other_preview(app: Flask, path: str) -> None:
    token = urlsplit(link_of(app, "secret")).query.partition("=")[2]
    other = f"/-/preview/{Signer(SECRET).name_of(Scope('other.md'))}/articles/other/"

    cookie = {"Cookie": f"octavo_preview={token}"}

    client = app.test_client(use_cookies=False)

    assert client.get(other, headers=cookie).status_code == 403
    assert client.get(f"{path}/articles/secret/", headers=cookie).status_code == 200


def test_a_token_that_was_changed_is_refused(app: Flask) -> None:
    link = link_of(app, "secret")
    stranger = app.test_client()

    for place in range(link.index("=") + 1, len(link), 3):
        changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        assert stranger.get(changed).status_code == 403, place
    assert stranger.get("/-/preview/").status_code == 403
    assert stranger.get("/-/preview/%C3%A9/").status_code == 403


def test_methods_other_than_reading_are_refused(guest: FlaskClient, path: str) -> None:
    assert guest.post(f"{path}/articles/secret/").status_code == 405
    assert guest.post("/-/preview/").status_code == 405


def test_a_preview_counts_no_view(guest: FlaskClient, path: str) -> None:
    assert guest.get(f"{path}/views/live").status_code == 404
    assert "data-views" not in guest.get(f"{path}/articles/live/").text


def test_the_api_shows_what_a_token_is_for(make_app: MakeApp, app: Flask) -> None:
    api = make_app(preview_secret=SECRET, api_open=True).test_client()
    posts = "/ghost/api/content/posts/?fields=slug&order=slug%20asc&"

    def slugs(link: str) -> list[str]:
        answer = api.get(posts + urlsplit(link).query)
        assert answer.headers["Cache-Control"] == "private, no-store"
        return [post["slug"] for post in answer.get_json()["posts"]]

    assert slugs(link_of(app, "secret")) == ["live", "secret"]
    assert slugs(link_of(app, "--at", "2025-12-24T09:00")) == ["later", "live"]
    assert slugs(link_of(app, "--everything")) == ["later", "live", "other", "secret"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Name one text, or give --at, or --everything."),
        (["secret", "--everything"], "Name one text"),
        (["--at", "Christmas"], "no moment such as 2026-12-24T09:00"),
        (["nowhere"], "no text that was read"),
        (["secret", "--days", "0"], "1<=x<=365"),
    ],
)
def test_the_command_tells_what_it_needs(app: Flask, arguments: list[str], told: str) -> None:
    result = app.test_cli_runner().invoke(args=["posts", "preview", *arguments])

    assert result.exit_code in (1, 2)
    assert told in result.output


def test_without_a_secret_the_command_tells_how_to_make_one(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("secret", draft=True)

    result = make_app().test_cli_runner().invoke(args=["posts", "preview", "secret"])

    assert result.exit_code == 1
    assert "preview_secret is empty" in result.output
    assert "token_urlsafe" in result.output
