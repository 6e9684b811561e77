"""The site while it runs: what is saved shows soon, never by halves, however it is saved."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.settings import Settings
from octavo.site.site import Site
from octavo.site.watcher import SCAN_EVERY
from tests.conftest import PostsFolder
from tests.waiting import looked, until

WHOLE = "---\ntitle: {title}\ndate: 2025-01-01\n---\n\n{body}END\n"


@pytest.fixture
def live(tmp_path: Path, folder: PostsFolder) -> Iterator[Site]:
    """A site that watches its files, with one post."""
    folder.write("hello", "Before END\n", title="Before")
    site = Site(tmp_path, Settings(watch=True))
    site.start()
    yield site
    site.close()


def titles(site: Site) -> dict[str, str]:
    return {post.slug: post.title for post in site.library.posts}


class Witness:
    """Looks at a post as readers would, without a pause, and notes each version seen."""

    def __init__(self, site: Site, slug: str) -> None:
        self.seen: list[tuple[str, str] | None] = []
        self._site = site
        self._slug = slug
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._done.is_set():
            posts = [post for post in self._site.library.posts if post.slug == self._slug]
            now = (posts[0].title, self._site.body(posts[0])) if posts else None
            if not self.seen or self.seen[-1] != now:
                self.seen.append(now)
            time.sleep(0.0005)

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def test_new_changed_renamed_and_deleted_posts_show_soon(live: Site, folder: PostsFolder) -> None:
    folder.write("new", title="New")
    until(lambda: titles(live).get("new") == "New", "the new post shows")

    folder.write("hello", title="After")
    until(lambda: titles(live)["hello"] == "After", "the changed post shows")

    (folder.path / "new.md").rename(folder.path / "moved.md")
    until(lambda: "new" not in titles(live) and "moved" in titles(live), "the post shows under its new name")

    (folder.path / "moved.md").unlink()
    until(lambda: "moved" not in titles(live), "the deleted post is gone")


def test_folders_that_come_move_and_go_show_soon(live: Site, folder: PostsFolder, tmp_path: Path) -> None:
    draft = PostsFolder(tmp_path / "elsewhere" / "trip.v2")
    draft.write("index", title="Trip")
    draft.write("deep/er/one", title="One")

    draft.path.rename(folder.path / "trip.v2")
    until(lambda: {"trip-v2", "one"} <= set(titles(live)), "all that is in the folder shows")

    (folder.path / "trip.v2").rename(folder.path / "voyage")
    until(lambda: "voyage" in titles(live) and "trip-v2" not in titles(live), "the folder shows under its new name")

    (folder.path / "voyage").rename(tmp_path / "away")
    until(lambda: set(titles(live)) == {"hello"}, "the folder is gone")


@pytest.mark.thorough
def test_posts_folder_that_is_a_link_is_watched(
    tmp_path: Path, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.site.watcher.SCAN_EVERY", 3600)
    folder.write("hello", title="Before")
    (tmp_path / "linked").symlink_to(folder.path)
    aside = PostsFolder(tmp_path / "aside")
    site = Site(tmp_path, Settings(posts_dir="linked"))
    site.start()
    try:
        numbers = itertools.count()

        def shows() -> bool:
            # Until the watch is set up, events are lost: save again and again. Each save comes whole and is dated
            # so long ago that it is believed at once; of a file that was saved just now the site waits for the rest.
            number = next(numbers)
            path = aside.write("hello", title=f"After {number}")
            os.utime(path, (number, number))
            path.replace(folder.path / path.name)
            # The pace of somebody who saves often: what changes at each look is never whole.
            time.sleep(0.2)
            return titles(site)["hello"] != "Before"

        until(shows, "an event of the linked folder is seen")
    finally:
        site.close()


@pytest.mark.thorough
def test_a_change_without_an_event_shows_when_all_files_are_looked_at(
    tmp_path: Path, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("hello", title="Before")

    def silent(*_: object, stop_event: threading.Event, **__: object) -> Iterator[tuple[()]]:
        stop_event.wait()
        yield from ()

    monkeypatch.setattr("watchfiles.watch", silent)
    site = Site(tmp_path, Settings())
    site.start()
    try:
        folder.write("hello", title="After")

        until(lambda: titles(site)["hello"] == "After", "the change shows")
    finally:
        site.close()
    assert SCAN_EVERY < 2


@pytest.mark.parametrize("half", ["---\ntitle: Half", "---\ntitle: Half\ndate: 2025-01-01\n---\n\nOnly "])
def test_post_saved_in_pieces_never_shows_half(live: Site, folder: PostsFolder, half: str) -> None:
    with Witness(live, "hello") as witness:
        with open(folder.path / "hello.md", "w") as file:
            file.write(half)
            file.flush()
            looked(live)
            looked(live)
            file.write(WHOLE.format(title="After", body="")[len(half) :] if "Only" not in half else "the whole. END\n")
        until(lambda: titles(live)["hello"] != "Before" or live.library.problems != (), "the save shows")

    assert None not in witness.seen
    assert all(body.endswith("END\n") for _, body in filter(None, witness.seen))


def test_post_saved_by_rename_shows_old_then_new(live: Site, folder: PostsFolder) -> None:
    with Witness(live, "hello") as witness:
        for number in range(10):
            temporary = folder.path / ".hello.md.swp"
            temporary.write_text(WHOLE.format(title=f"V{number}", body="x" * number * 50))
            temporary.rename(folder.path / "hello.md")
            title = f"V{number}"
            until(lambda title=title: titles(live)["hello"] == title, "the save shows")  # type: ignore[misc]

    assert None not in witness.seen
    assert [seen[0] for seen in filter(None, witness.seen)] == sorted(seen[0] for seen in filter(None, witness.seen))


def test_post_saved_by_delete_and_create_never_vanishes(live: Site, folder: PostsFolder) -> None:
    path = folder.path / "hello.md"
    with Witness(live, "hello") as witness:
        for number in range(10):
            path.unlink()
            path.write_text(WHOLE.format(title=f"V{number}", body=""))
            title = f"V{number}"
            until(lambda title=title: titles(live)["hello"] == title, "the save shows")  # type: ignore[misc]

    assert None not in witness.seen
    assert len(witness.seen) > 1


@pytest.mark.thorough
def test_many_saves_a_second_converge_without_a_half_post(live: Site, folder: PostsFolder) -> None:
    body = "word " * 20_000
    with Witness(live, "hello") as witness:
        for number in range(60):
            with open(folder.path / "hello.md", "w") as file:
                text = WHOLE.format(title=f"V{number}", body=body)
                file.write(text[:5000])
                file.flush()
                file.write(text[5000:])
            time.sleep(0.02)
        until(lambda: titles(live)["hello"] == "V59", "the last save shows")

    assert None not in witness.seen
    assert all(text.endswith("END\n") for _, text in filter(None, witness.seen))
    assert live.library.problems == ()


def test_file_broken_and_mended_while_running(
    live: Site, folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.raw("hello.md", "---\ntitle: Mars: the sequel\n---\n")
    until(lambda: live.library.problems != (), "the problem is told")
    assert titles(live)["hello"] == "Before"

    folder.write("hello", title="Mended")
    until(lambda: titles(live)["hello"] == "Mended", "the mended post shows")

    assert live.library.problems == ()
    assert "hello.md:2:12" in caplog.text
    assert "colon" in caplog.text


@pytest.mark.thorough
def test_strange_files_do_not_stop_the_watcher(live: Site, folder: PostsFolder) -> None:
    os.mkfifo(folder.path / "pipe.md")
    (folder.path / "folder.md").mkdir()
    (folder.path / "self.md").symlink_to("self.md")
    (folder.path / "up").symlink_to(folder.path)
    Path(os.fsdecode(os.fsencode(folder.path) + b"/caf\xe9.md")).write_text("# Title\n")
    folder.raw("bad.md", b"\xff\xfe\x00")

    folder.write("after", title="After")

    until(lambda: titles(live).get("after") == "After", "the post that was written last shows")
    until(lambda: len(live.library.problems) == 4, "each strange file is told")
    assert titles(live)["hello"] == "Before"


@pytest.mark.thorough
def test_strange_file_alone_is_told_and_forgotten(live: Site, folder: PostsFolder) -> None:
    looked(live)
    (folder.path / "nowhere.md").symlink_to("missing.md")
    until(lambda: [problem.mark.path for problem in live.library.problems] == ["nowhere.md"], "the dead link is told")

    (folder.path / "nowhere.md").unlink()

    until(lambda: live.library.problems == (), "nothing is wrong any more")


@pytest.mark.thorough
def test_posts_folder_may_go_and_come_back(live: Site, folder: PostsFolder, tmp_path: Path) -> None:
    folder.path.rename(tmp_path / "away")
    until(lambda: bool(live.library.problems), "the problem is told")
    meanwhile = titles(live)

    (tmp_path / "away").rename(folder.path)
    folder.write("hello", title="After")

    assert meanwhile == {"hello": "Before"}
    until(lambda: titles(live) == {"hello": "After"}, "the change shows")
    assert not live.library.problems


def test_derived_data_may_go_while_serving(live: Site, folder: PostsFolder) -> None:
    until(lambda: (live.index_dir / "catalogue.sqlite").exists(), "the catalogue is written")
    for path in live.index_dir.rglob("*"):
        if path.is_file():
            path.unlink()

    folder.write("hello", title="After")

    until(lambda: titles(live)["hello"] == "After", "the changed post shows")
    until(lambda: (live.index_dir / "catalogue.sqlite").exists(), "the catalogue is written")


def test_closed_site_leaves_no_thread(tmp_path: Path, folder: PostsFolder) -> None:
    before = set(threading.enumerate())
    site = Site(tmp_path, Settings())
    site.start()
    site.start()

    site.close()

    until(lambda: set(threading.enumerate()) <= before, "the threads have ended")


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_process_serves_and_saves_on_its_own(live: Site, folder: PostsFolder) -> None:
    child = os.fork()
    if child == 0:
        ok = False
        try:
            live.start()
            folder.write("child", title="Child")
            until(lambda: "child" in titles(live), "the post of the child shows")
            live.close()
            ok = live.body(live.library.posts[0]) != ""
        finally:
            os._exit(0 if ok else 1)

    _, status = os.waitpid(child, 0)

    assert status == 0
    until(lambda: "child" in titles(live), "the post of the child shows")
