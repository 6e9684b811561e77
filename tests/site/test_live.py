"""While the server runs: how saves of every kind become visible, and that half a save never does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from octavo.site.site import Site
from tests.conftest import PostsFolder
from tests.waiting import looked, until

HEAD = "---\ntitle: {}\ndate: 2025-01-01\n---\n"


@pytest.fixture
def watching(make_app: Callable[..., Flask]) -> Iterator[Site]:
    """A site that watches its files."""
    site: Site = make_app(watch=True).extensions["octavo"]
    site.start()
    yield site
    site.close()


def test_first_request_shows_what_was_saved_since_the_process_began(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello", title="Old")
    gone = folder.write("gone")
    client = make_app(watch=True).test_client()

    folder.write("hello", title="New")
    gone.unlink()

    assert "<h1>New</h1>" in client.get("/articles/hello/").text
    assert client.get("/articles/gone/").status_code == 410


def title(site: Site, slug: str = "hello") -> str | None:
    post = site.edition().by_slug.get(slug)
    return post.title if post else None


class Observer:
    """Notes, in a thread of its own, every state of a post that readers could have seen."""

    def __init__(self, site: Site, slug: str = "hello") -> None:
        self.seen: set[tuple[str, str] | None] = set()
        self._site, self._slug = site, slug
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        last_look = False
        while not last_look:
            last_look = self._stopping.is_set()
            post = self._site.edition().by_slug.get(self._slug)
            self.seen.add((post.title, self._site.body(post)) if post else None)
            time.sleep(0.001)

    def __enter__(self) -> Observer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()


def test_new_changed_renamed_and_deleted_files_show(watching: Site, folder: PostsFolder) -> None:
    path = folder.raw("hello.md", HEAD.format("First"))
    until(lambda: title(watching) == "First", "the save shows")

    folder.raw("hello.md", HEAD.format("Second"))
    until(lambda: title(watching) == "Second", "the save shows")

    path.rename(folder.path / "moved.md")
    until(lambda: title(watching) is None and title(watching, "moved") == "Second", "the save shows")

    (folder.path / "moved.md").unlink()
    until(lambda: title(watching, "moved") is None, "the save shows")


def test_folder_moved_in_and_out_shows_all_that_is_in_it(watching: Site, folder: PostsFolder) -> None:
    # A folder without any text would be taken for one that is not mounted.
    folder.raw("stays.md", HEAD.format("Stays"))
    outside = PostsFolder(folder.path.parent / "outside")
    for number in range(5):
        outside.raw(f"deep/er/post-{number}/index.md", HEAD.format(f"Post {number}"))

    os.rename(outside.path / "deep", folder.path / "deep")
    until(lambda: len(watching.edition().posts) == 6, "the save shows")

    os.rename(folder.path / "deep", outside.path / "deep")
    until(lambda: len(watching.edition().posts) == 1, "the save shows")


def test_save_in_pieces_never_shows_half_a_post(watching: Site, folder: PostsFolder) -> None:
    folder.raw("hello.md", HEAD.format("Whole") + "old")
    until(lambda: title(watching) == "Whole", "the save shows")

    with Observer(watching) as observer:
        with open(folder.path / "hello.md", "w", encoding="utf-8") as file:
            for piece in ("---\ntitle: New", " words\n---", "\nfirst half,", " second half"):
                file.write(piece)
                file.flush()
                looked(watching)
        until(lambda: title(watching) == "New words", "the save shows")

    assert observer.seen == {("Whole", "old"), ("New words", "first half, second half")}


def test_save_by_swapping_files_shows_old_then_new(watching: Site, folder: PostsFolder) -> None:
    folder.raw("hello.md", HEAD.format("Old"))
    until(lambda: title(watching) == "Old", "the save shows")

    with Observer(watching) as observer:
        (folder.path / ".hello.md.swp").write_text(HEAD.format("New"), encoding="utf-8")
        os.replace(folder.path / ".hello.md.swp", folder.path / "hello.md")
        until(lambda: title(watching) == "New", "the save shows")

    assert observer.seen == {("Old", ""), ("New", "")}


def test_save_by_deleting_and_creating_never_shows_a_gap(watching: Site, folder: PostsFolder) -> None:
    folder.raw("hello.md", HEAD.format("Old"))
    until(lambda: title(watching) == "Old", "the save shows")

    with Observer(watching) as observer:
        (folder.path / "hello.md").unlink()
        (folder.path / "hello.md").write_text(HEAD.format("New"), encoding="utf-8")
        until(lambda: title(watching) == "New", "the save shows")

    assert observer.seen == {("Old", ""), ("New", "")}


def test_many_saves_in_a_row_show_whole_versions_and_end_with_the_last(watching: Site, folder: PostsFolder) -> None:
    bodies = {f"Version {number}": f"{number} " * 400 for number in range(30)}

    with Observer(watching) as observer:
        for name, body in bodies.items():
            (folder.path / "hello.md").write_text(HEAD.format(name) + body, encoding="utf-8")
        until(lambda: title(watching) == "Version 29", "the save shows")

    assert observer.seen - {None} <= set(bodies.items())


def test_broken_save_keeps_the_last_good_version_and_tells_the_writer(
    watching: Site, folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.raw("hello.md", HEAD.format("Good") + "text")
    until(lambda: title(watching) == "Good", "the save shows")

    folder.raw("hello.md", "---\ntitle: Mars: the sequel\n---\n")
    until(lambda: watching.library.problems, "the problem is told")
    post = watching.edition().by_slug["hello"]
    body = watching.body(post)
    folder.raw("hello.md", '---\ntitle: "Mars: the sequel"\ndate: 2025-01-01\n---\n')
    until(lambda: title(watching) == "Mars: the sequel", "the save shows")

    assert (post.title, body) == ("Good", "text")
    assert "hello.md:2:12" in caplog.text
    assert "quotes" in caplog.text
    assert watching.library.problems == ()


@pytest.mark.thorough
def test_files_are_found_where_no_events_arrive(
    make_app: Callable[..., Flask], folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_events(*_: object, **__: object) -> Iterator[set[tuple[int, str]]]:
        raise OSError("this file system sends no events")

    monkeypatch.setattr("octavo.site.watcher.watchfiles.watch", no_events)
    site: Site = make_app(watch=True).extensions["octavo"]
    site.start()

    folder.raw("hello.md", HEAD.format("Found"))

    until(lambda: title(site) == "Found", "the save shows")
    site.close()
