"""Symbolic links in posts/: whoever may add a post must not read the machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from octavo.content.files.reading import OutsideError, PostsRoot
from octavo.site.site import Site
from tests.conftest import PostsFolder, Reader
from tests.content.test_loader import MakeLoader, errors, titles
from tests.waiting import until

SECRET = "the-key-of-the-house"
PAGES = ["/articles/", "/articles/secret/", "/articles/secret.md", "/feed.xml", "/sitemap.xml", "/media/secret.txt"]


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder beside posts/ with a text, a picture and a file that readers must not get."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "secret.md").write_text(f"---\ntitle: {SECRET}\ndate: 2025-01-01\n---\n{SECRET}\n")
    (folder / "secret.txt").write_text(SECRET)
    Image.new("RGB", (20, 20)).save(folder / "secret.png")
    return folder


def reader(app: Flask) -> Reader:
    app.test_client_class = Reader
    client = app.test_client()
    assert isinstance(client, Reader)
    return client


def link_to_file(posts: Path, private: Path) -> None:
    for name in ("secret.md", "secret.txt", "secret.png"):
        (posts / name).symlink_to(private / name)


def link_to_folder(posts: Path, private: Path) -> None:
    (posts / "inner").symlink_to(private)


def relative_link(posts: Path, private: Path) -> None:
    (posts / "deep").mkdir()
    (posts / "deep" / "inner").symlink_to(os.path.relpath(private, posts / "deep"))


def link_to_a_link(posts: Path, private: Path) -> None:
    (posts / "first").symlink_to(private)
    (posts / "second").symlink_to("first")


def folder_of_a_like_name(posts: Path, private: Path) -> None:
    private.rename(posts.with_name("posts-private"))
    (posts / "inner").symlink_to("../posts-private")


@pytest.mark.parametrize("link", [link_to_file, link_to_folder, relative_link, link_to_a_link, folder_of_a_like_name])
def test_a_link_out_of_the_posts_publishes_nothing_and_is_told(
    make_loader: MakeLoader, folder: PostsFolder, private: Path, link: Callable[[Path, Path], None]
) -> None:
    folder.write("good")
    link(folder.path, private)

    library = make_loader().load()

    assert titles(library) == {"good.md": "good"}
    assert not [path for path in library.assets if "secret" in path]
    assert errors(library)
    assert all("leads out of the posts" in cause for cause in errors(library).values())
    assert all("`linked_folders`" in problem.cure for problem in library.problems)


def test_a_link_that_comes_while_the_site_runs_publishes_nothing(
    make_app: Callable[..., Flask], folder: PostsFolder, private: Path
) -> None:
    folder.write("good")
    app = make_app(watch=True)
    site: Site = app.extensions["octavo"]
    site.start()

    link_to_file(folder.path, private)
    link_to_folder(folder.path, private)
    until(lambda: len(site.library.problems) == 4, "each link is told")

    assert titles(site.library) == {"good.md": "good"}
    assert not site.library.assets
    assert not [page for page in PAGES if SECRET in app.test_client().get(page).text]


def test_an_article_that_became_a_link_out_of_the_posts_is_withdrawn_and_told(
    make_loader: MakeLoader, folder: PostsFolder, private: Path
) -> None:
    path = folder.write("good")
    loader = make_loader()
    loader.load()
    path.unlink()
    path.symlink_to(private / "secret.md")

    hinted = loader.refresh({"good.md"}, settle=0)
    library = loader.refresh(settle=0)

    assert not titles(hinted)
    assert not titles(library)
    assert list(errors(library)) == ["good.md"]


@pytest.mark.parametrize("name", ["notes.txt", "photo.png", "film.mp4"])
def test_a_file_that_became_a_link_since_the_last_look_is_not_sent(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path, name: str
) -> None:
    path = folder.path / "below" / name
    path.parent.mkdir()
    if name.endswith(".png"):
        Image.new("RGB", (20, 20)).save(path)
    else:
        path.write_text("For everybody.")
    folder.write("post", f"[it](below/{name}) ![it](below/{name})")
    app = make_app()
    site = app.extensions["octavo"]
    url = site.resolver(site.edition()).file(f"below/{name}")
    before = reader(app).get(url)
    # The bytes are the same, so that nothing but the link itself is a reason.
    path.parent.rename(tmp_path / "away")
    path.parent.symlink_to(tmp_path / "away")

    after = app.test_client().get(url)

    assert (before.status_code, after.status_code) == (200, 404)


def test_links_inside_the_posts_and_to_named_folders_are_followed(
    make_app: Callable[..., Flask], folder: PostsFolder, private: Path
) -> None:
    folder.write("series/first")
    (folder.path / "latest.md").symlink_to("series/first.md")
    (folder.path / "notes").symlink_to(private)
    app = make_app(linked_folders=["private"])
    client = reader(app)
    site = app.extensions["octavo"]

    assert client.get("/articles/secret/").status_code == 200
    for name in ("secret.txt", "secret.png"):
        url = site.resolver(site.edition()).file(f"notes/{name}")
        assert client.get(url).status_code == 200
    assert not errors(app.extensions["octavo"].library)


@pytest.mark.parametrize("looks", [300, pytest.param(30_000, marks=pytest.mark.long)])
def test_a_link_that_changes_all_the_time_never_opens_what_is_outside(
    folder: PostsFolder, private: Path, tmp_path: Path, looks: int
) -> None:
    folder.raw("real/secret.txt", "harmless")
    root = PostsRoot(folder.path)
    stopping = threading.Event()

    def exchange() -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            scratch = tmp_path / "scratch"
            scratch.symlink_to(private if number % 2 else folder.path / "real")
            scratch.replace(folder.path / "flips")

    exchanging = threading.Thread(target=exchange)
    exchanging.start()
    found = set()
    for _ in range(looks):
        try:
            found.add(root.file("flips/secret.txt").read_bytes())
        except OSError:
            continue
    stopping.set()
    exchanging.join()

    assert found <= {b"harmless"}


def test_no_path_leads_above_the_posts(folder: PostsFolder, private: Path) -> None:
    root = PostsRoot(folder.path)

    for path in ("../private/secret.txt", "a/../../private/secret.txt", str(private / "secret.txt")):
        with pytest.raises(OutsideError):
            root.open(path)
