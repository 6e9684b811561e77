"""The site while it runs: what is saved shows soon, never by halves, however it is saved."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from octavo.settings import Settings
from octavo.site.site import Site
from tests.conftest import PostsFolder

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


def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds, looking often; fail where it does not become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not come about"
        time.sleep(0.002)


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


def looked(site: Site) -> None:
    """Wait until the watcher has looked at the files since now: a file written last is seen."""
    marker = f"marker-{time.monotonic_ns()}"
    (site.posts_dir / f"{marker}.md").write_text(WHOLE.format(title="Marker", body=""))
    eventually(lambda: marker in titles(site))


def test_new_changed_renamed_and_deleted_posts_show_soon(live: Site, folder: PostsFolder) -> None:
    folder.write("new", title="New")
    eventually(lambda: titles(live).get("new") == "New")

    folder.write("hello", title="After")
    eventually(lambda: titles(live)["hello"] == "After")

    (folder.path / "new.md").rename(folder.path / "moved.md")
    eventually(lambda: "new" not in titles(live) and "moved" in titles(live))

    (folder.path / "moved.md").unlink()
    eventually(lambda: "moved" not in titles(live))


def test_folders_that_come_move_and_go_show_soon(live: Site, folder: PostsFolder, tmp_path: Path) -> None:
    draft = PostsFolder(tmp_path / "elsewhere" / "trip.v2")
    draft.write("index", title="Trip")
    draft.write("deep/er/one", title="One")

    draft.path.rename(folder.path / "trip.v2")
    eventually(lambda: {"trip-v2", "one"} <= set(titles(live)))

    (folder.path / "trip.v2").rename(folder.path / "voyage")
    eventually(lambda: "voyage" in titles(live) and "trip-v2" not in titles(live))

    (folder.path / "voyage").rename(tmp_path / "away")
    eventually(lambda: set(titles(live)) == {"hello"})


def test_posts_folder_that_is_a_link_is_watched(
    tmp_path: Path, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.site.watcher.SCAN_EVERY", 3600)
    folder.write("hello", title="Before")
    (tmp_path / "linked").symlink_to(folder.path)
    site = Site(tmp_path, Settings(posts_dir="linked"))
    site.start()
    try:
        for number in range(100):  # until the watch is set up, events are lost
            folder.write("hello", title=f"After {number}")
            time.sleep(0.05)
            if titles(site)["hello"] != "Before":
                break
        eventually(lambda: titles(site)["hello"] == f"After {number}")
    finally:
        site.close()


def test_a_change_without_an_event_shows_within_two_seconds(
    tmp_path: Path, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("hello", title="Before")
    stopping = threading.Event()
    monkeypatch.setattr("watchfiles.watch", lambda *_, stop_event, **__: iter(lambda: stop_event.wait(0.1) or (), True))
    site = Site(tmp_path, Settings())
    site.start()
    try:
        begin = time.monotonic()
        folder.write("hello", title="After")
        eventually(lambda: titles(site)["hello"] == "After")
        assert time.monotonic() - begin < 4  # twice the promise, for a busy machine
    finally:
        stopping.set()
        site.close()


@pytest.mark.parametrize("half", ["---\ntitle: Half", "---\ntitle: Half\ndate: 2025-01-01\n---\n\nOnly "])
def test_post_saved_in_pieces_never_shows_half(live: Site, folder: PostsFolder, half: str) -> None:
    with Witness(live, "hello") as witness:
        with open(folder.path / "hello.md", "w") as file:
            file.write(half)
            file.flush()
            looked(live)
            looked(live)
            file.write(WHOLE.format(title="After", body="")[len(half) :] if "Only" not in half else "the whole. END\n")
        eventually(lambda: titles(live)["hello"] != "Before" or live.library.problems != ())

    assert None not in witness.seen
    assert all(body.endswith("END\n") for _, body in filter(None, witness.seen))


def test_post_saved_by_rename_shows_old_then_new(live: Site, folder: PostsFolder) -> None:
    with Witness(live, "hello") as witness:
        for number in range(10):
            temporary = folder.path / ".hello.md.swp"
            temporary.write_text(WHOLE.format(title=f"V{number}", body="x" * number * 50))
            temporary.rename(folder.path / "hello.md")
            eventually(lambda number=number: titles(live)["hello"] == f"V{number}")  # type: ignore[misc]

    assert None not in witness.seen
    assert [seen[0] for seen in filter(None, witness.seen)] == sorted(seen[0] for seen in filter(None, witness.seen))


def test_post_saved_by_delete_and_create_never_vanishes(live: Site, folder: PostsFolder) -> None:
    path = folder.path / "hello.md"
    with Witness(live, "hello") as witness:
        for number in range(10):
            path.unlink()
            path.write_text(WHOLE.format(title=f"V{number}", body=""))
            eventually(lambda number=number: titles(live)["hello"] == f"V{number}")  # type: ignore[misc]

    assert None not in witness.seen
    assert len(witness.seen) > 1


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
        eventually(lambda: titles(live)["hello"] == "V59")

    assert None not in witness.seen
    assert all(text.endswith("END\n") for _, text in filter(None, witness.seen))
    assert live.library.problems == ()


def test_file_broken_and_mended_while_running(
    live: Site, folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.raw("hello.md", "---\ntitle: Mars: the sequel\n---\n")
    eventually(lambda: live.library.problems != ())
    assert titles(live)["hello"] == "Before"

    folder.write("hello", title="Mended")
    eventually(lambda: titles(live)["hello"] == "Mended")

    assert live.library.problems == ()
    assert "hello.md:2:12" in caplog.text
    assert "colon" in caplog.text


def test_strange_files_do_not_stop_the_watcher(live: Site, folder: PostsFolder) -> None:
    os.mkfifo(folder.path / "pipe.md")
    (folder.path / "folder.md").mkdir()
    (folder.path / "self.md").symlink_to("self.md")
    (folder.path / "up").symlink_to(folder.path)
    Path(os.fsdecode(os.fsencode(folder.path) + b"/caf\xe9.md")).write_text("# Title\n")
    folder.raw("bad.md", b"\xff\xfe\x00")

    folder.write("after", title="After")

    eventually(lambda: titles(live).get("after") == "After")
    eventually(lambda: len(live.library.problems) == 5)
    assert titles(live)["hello"] == "Before"


def test_strange_file_alone_is_told_and_forgotten(live: Site, folder: PostsFolder) -> None:
    looked(live)
    (folder.path / "nowhere.md").symlink_to("missing.md")
    eventually(lambda: [problem.mark.path for problem in live.library.problems] == ["nowhere.md"])

    (folder.path / "nowhere.md").unlink()

    eventually(lambda: live.library.problems == ())


def test_posts_folder_may_go_and_come_back(live: Site, folder: PostsFolder, tmp_path: Path) -> None:
    folder.path.rename(tmp_path / "away")
    eventually(lambda: bool(live.library.problems))
    meanwhile = titles(live)

    (tmp_path / "away").rename(folder.path)
    folder.write("hello", title="After")

    assert meanwhile == {"hello": "Before"}
    eventually(lambda: titles(live) == {"hello": "After"})
    assert not live.library.problems


def test_derived_data_may_go_while_serving(live: Site, folder: PostsFolder) -> None:
    eventually(lambda: (live.index_dir / "catalogue.sqlite").exists())
    for path in live.index_dir.rglob("*"):
        if path.is_file():
            path.unlink()

    folder.write("hello", title="After")

    eventually(lambda: titles(live)["hello"] == "After")
    eventually(lambda: (live.index_dir / "catalogue.sqlite").exists())


def test_closed_site_leaves_no_thread(tmp_path: Path, folder: PostsFolder) -> None:
    before = set(threading.enumerate())
    site = Site(tmp_path, Settings())
    site.start()
    site.start()

    site.close()

    eventually(lambda: set(threading.enumerate()) <= before)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_process_serves_and_saves_on_its_own(live: Site, folder: PostsFolder) -> None:
    child = os.fork()
    if child == 0:
        ok = False
        try:
            live.start()
            folder.write("child", title="Child")
            eventually(lambda: "child" in titles(live))
            live.close()
            ok = live.body(live.library.posts[0]) != ""
        finally:
            os._exit(0 if ok else 1)

    _, status = os.waitpid(child, 0)

    assert status == 0
    eventually(lambda: "child" in titles(live))
