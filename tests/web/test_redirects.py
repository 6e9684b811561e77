"""One address for each page: other spellings lead to it in one step, and nothing leads anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Clock, PostsFolder

Write = Callable[..., Path]

PAGES = [
    "/articles/", "/articles/hello/", "/tags/", "/tags/moon/", "/categories/space-history/", "/authors/",
    "/authors/desk/", "/archive/", "/archive/2025/", "/about/", f"/articles/{quote('火星-привет')}/",
]  # fmt: skip


def ask(client: FlaskClient, address: str, **more: Any) -> Any:
    """Send a path exactly as written: the test client would take `//host/` for another site's address."""
    path, _, query = address.partition("?")
    environ = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query}
    return client.get("/", environ_overrides=environ, **more)


@pytest.fixture
def magazine(client: FlaskClient, folder: PostsFolder) -> FlaskClient:
    """A site with a page of each kind."""
    folder.raw("_pages/about.md", "# About\n\nText")
    folder.write("hello", tags=["Moon"], category="Space History", author="Desk", aliases=["/old/hello.html"])
    folder.write("火星-Привет", title="Mars")
    return client


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_address_and_no_other(magazine: FlaskClient, path: str) -> None:
    variants = [path.rstrip("/"), path.upper().replace("%E", "%e"), path.title(), f"/{path}", path.replace("/", "//")]

    assert magazine.get(path).status_code == 200
    for variant in variants:
        if variant == path:
            continue
        answer = ask(magazine, variant)
        assert (answer.status_code, answer.headers.get("Location")) == (301, path), variant


def test_a_redirect_keeps_the_query_and_works_for_head(magazine: FlaskClient) -> None:
    answer = magazine.head("/Articles?page=1&utm=%C3%A9%0d%0aX")

    assert answer.status_code == 301
    assert answer.headers["Location"] == "/articles/?page=1&utm=%C3%A9%0d%0aX"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/", "//evil.example/articles/hello", "///evil.example", "/\\evil.example/",
        "/%5c%5cevil.example/", "/https://evil.example/", "/articles//evil.example/", "/.//evil.example",
        "/%2f%2fevil.example/", "//evil.example/old/hello.html",
    ],
)  # fmt: skip
def test_no_redirect_leaves_the_site(magazine: FlaskClient, path: str) -> None:
    answer = ask(magazine, path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})

    assert answer.status_code in (301, 404)
    target = urlsplit(answer.headers.get("Location", "/"))
    assert (target.scheme, target.netloc) == ("", "")
    assert "evil" not in answer.headers.get("Location", "/")


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        ("/old/hello.html", "/old/hello.html"),
        ("old/hello.html", "/old/hello.html"),
        ("/old/dir/", "/old/dir"),
        ("/old/dir", "/old/dir/"),
        ("https://former.example/2020/post", "/2020/post"),
        ("/caf%C3%A9/", "/caf%C3%A9/"),
        ("/café/", "/caf%C3%A9/"),
        ("/index.php?p=7", "/index.php"),
        ("former", "/articles/former/"),
        ("former", "/former/"),
    ],
)
def test_former_addresses_lead_to_the_article(client: FlaskClient, write_post: Write, alias: str, path: str) -> None:
    write_post("hello", aliases=[alias])

    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (301, "/articles/hello/")


@pytest.mark.parametrize("alias", ["http://[", "//[::1", "http://x:y/", "%", "%ff", "?", "#", "\x00"])
def test_former_address_of_no_sense_harms_no_page(client: FlaskClient, write_post: Write, alias: str) -> None:
    write_post("hello", aliases=[alias, "/old/"])

    assert client.get("/nothing/").status_code == 404
    assert client.get("/old/").headers["Location"] == "/articles/hello/"


def test_former_address_never_hides_a_page(magazine: FlaskClient, write_post: Write) -> None:
    write_post(
        "greedy", aliases=["/", "/articles/", "/articles/hello/", "/about/", "", "/articles/greedy/", "/tags/moon/"]
    )

    for path in ("/", "/articles/", "/articles/hello/", "/about/", "/articles/greedy/", "/tags/moon/"):
        assert magazine.get(path).status_code == 200


def test_two_posts_that_claim_each_other_do_not_loop(client: FlaskClient, write_post: Write) -> None:
    write_post("one", aliases=["/articles/two/", "/lost/"])
    write_post("two", aliases=["/articles/one/", "/lost/"])

    assert client.get("/articles/one/").status_code == 200
    assert client.get("/articles/two/").status_code == 200
    assert client.get("/lost/").headers["Location"] in ("/articles/one/", "/articles/two/")


def test_former_address_leads_nowhere_while_the_article_is_hidden(
    client: FlaskClient, write_post: Write, clock: Clock
) -> None:
    write_post("soon", date="2025-08-01", aliases=["/old/"])
    assert client.get("/old/").status_code == 404
    assert client.get("/articles/SOON").status_code == 404

    clock.set(2025, 8, 1)

    assert client.get("/old/").headers["Location"] == "/articles/soon/"


SEGMENT = st.one_of(
    st.sampled_from(["articles", "Articles", "hello", "HELLO", "tags", "moon", "..", ".", "", "%2e%2e", "%2f", "old"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(lambda text: quote(text, safe="")),
    st.binary(max_size=4).map(lambda data: quote(data, safe="")),
)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(SEGMENT, max_size=5).map(lambda parts: "/" + "/".join(parts)), st.sampled_from(["", "/"]))
def test_any_path_is_a_page_or_leads_to_one_in_one_step_or_is_refused(
    magazine: FlaskClient, path: str, end: str
) -> None:
    answer = ask(magazine, path + end)

    assert answer.status_code in (200, 301, 400, 404)
    if answer.status_code == 301:
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith("//")
        assert ask(magazine, answer.headers["Location"]).status_code == 200
