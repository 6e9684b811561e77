"""From files to the library: what changed is read, what broke keeps its last good version, nothing hangs or is lost."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from octavo.content.library.library import Library
from octavo.content.loading.loader import Loader, SourceGoneError
from tests.conftest import PostsFolder

MakeLoader = Callable[..., Loader]


def titles(library: Library) -> dict[str, str]:
    return {post.path: post.title for post in (*library.posts, *library.pages)}


def errors(library: Library) -> dict[str, str]:
    return {problem.mark.path: problem.cause for problem in library.problems if problem.severity == "error"}


def within(seconds: float, action: Callable[[], object]) -> None:
    """Do something that could block for ever, and fail where it does."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "blocked"


def test_files_folders_pages_and_bylines_are_told_apart(make_loader: MakeLoader, folder: PostsFolder) -> None:
    for name in ("a.md", "b/index.md", "c/d/e.markdown", "F.MD", "_pages/about.md", "_authors/desk.md"):
        folder.raw(name, "---\ntitle: T\n---\ntext")
    for name in ("_draft.md", ".hidden.md", "_drafts/x.md", ".git/y.md", "notes.txt", "c/_part.md", "_authors/_x.md"):
        folder.raw(name, "---\ntitle: T\n---\ntext")

    library = make_loader().load()

    assert sorted(titles(library)) == ["F.MD", "_pages/about.md", "a.md", "b/index.md", "c/d/e.markdown"]
    assert list(library.authors) == ["desk"]
    assert errors(library) == {}


def test_new_changed_renamed_and_deleted_files_are_seen(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write("a", title="One")
    folder.write("gone")
    loader = make_loader()
    loader.load()

    folder.write("a", title="Two")
    folder.write("new", title="New")
    (folder.path / "gone.md").rename(folder.path / "moved.md")

    assert titles(loader.refresh(settle=0)) == {"a.md": "Two", "new.md": "New", "moved.md": "gone"}


def test_nothing_changed_means_the_same_snapshot(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write("a")
    loader = make_loader()
    before = loader.load()

    assert loader.refresh(settle=0) is before
    assert loader.refresh(["a.md", "never.md"], settle=0) is before
    assert loader.differences() == set()


def test_hints_are_enough_to_see_a_change(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write("a", title="One")
    folder.write("b", title="One")
    loader = make_loader()
    loader.load()

    folder.write("a", title="Two")
    folder.write("b", title="Two")

    assert loader.differences() == {"a.md", "b.md"}
    assert titles(loader.refresh(["a.md"], settle=0)) == {"a.md": "Two", "b.md": "One"}


BROKEN = {
    "unclosed": b"---\ntitle: Half",
    "latin": "---\ntitle: Caf\xe9\n---\n".encode("latin-1"),
    "date": b"---\ndate: 2026-02-30\n---\n",
    "empty": b"",
    "nul": b"te\0xt",
    "large": b"x" * 3000,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_file_keeps_its_last_good_version_across_a_restart(
    make_loader: MakeLoader, folder: PostsFolder, kind: str
) -> None:
    folder.write("a", "The good text.\n", title="Good")
    first = make_loader(kept=True, max_bytes=2000)
    first.load()
    first.save()

    folder.raw("a.md", BROKEN[kind])
    running = first.refresh(settle=0)
    first.save()
    restarted = make_loader(kept=True, max_bytes=2000)
    after = restarted.load()

    for loader, library in ((first, running), (restarted, after)):
        assert titles(library) == {"a.md": "Good"}
        assert loader.body(library.posts[0]) == "\nThe good text.\n"
        assert list(errors(library)) == ["a.md"]


def test_broken_file_keeps_its_last_good_version_when_parsing_rules_change(
    make_loader: MakeLoader, folder: PostsFolder
) -> None:
    folder.write("a", title="Good")
    first = make_loader(kept=True)
    first.load()
    folder.raw("a.md", BROKEN["unclosed"])
    first.refresh(settle=0)
    first.save()

    library = make_loader(kept=True, slug_from="path").load()

    assert titles(library) == {"a.md": "Good"}
    assert list(errors(library)) == ["a.md"]


def test_broken_file_that_was_never_good_is_not_shown_and_explained(
    make_loader: MakeLoader, folder: PostsFolder
) -> None:
    for name, data in BROKEN.items():
        folder.raw(f"{name}.md", data)

    library = make_loader(max_bytes=2000).load()

    assert titles(library) == {}
    assert sorted(errors(library)) == sorted(f"{name}.md" for name in BROKEN)


def test_mended_file_loses_its_problem(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("a.md", BROKEN["unclosed"])
    loader = make_loader()
    loader.load()

    folder.write("a", title="Mended")
    library = loader.refresh(settle=0)

    assert titles(library) == {"a.md": "Mended"}
    assert errors(library) == {}


def test_deleted_broken_file_takes_its_last_good_version_along(make_loader: MakeLoader, folder: PostsFolder) -> None:
    path = folder.write("a")
    loader = make_loader(kept=True)
    loader.load()
    folder.raw("a.md", BROKEN["unclosed"])
    loader.refresh(settle=0)

    path.unlink()

    assert titles(loader.refresh(settle=0)) == {}
    loader.save()
    assert titles(make_loader(kept=True).load()) == {}


def test_restart_reads_only_what_changed(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write(
        "a", title="Kept", tags=["x"], image={"path": "a.jpg"}, expires="2030-01-01", mood={"level": [1, None]}
    )
    folder.write("b", title="One")
    folder.raw("_authors/desk.md", "---\nname: Desk\n---\nBio")
    first = make_loader(kept=True)
    before = first.load()
    first.save()

    folder.write("b", title="Two")
    after = make_loader(kept=True).load()

    assert titles(after) == {"a.md": "Kept", "b.md": "Two"}
    assert after.posts[0] == before.posts[0]
    assert after.authors == before.authors


def test_text_that_is_saved_while_many_are_written_into_the_catalogue_waits_for_a_part_of_them(
    make_loader: MakeLoader, folder: PostsFolder
) -> None:
    for number in range(250):
        folder.write(f"text-{number}", title="Before")
    first = make_loader(kept=True)
    first.load()

    parts = [first.save_part()]
    folder.write("text-7", title="After")
    (folder.path / "text-8.md").unlink()
    seen = first.refresh(settle=0)
    while not parts[-1]:
        parts.append(first.save_part())
    shutil.rmtree(folder.path)
    folder.path.mkdir()
    restarted = make_loader(kept=True).load()

    assert parts[:2] == [False, False]
    assert restarted.posts == seen.posts
    assert [post.title for post in restarted.posts if post.slug in ("text-7", "text-8")] == ["After"]


def test_dates_at_the_end_of_time_survive_a_restart(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write("a", date="2025-01-01T00:00:00.000001Z", expires="9998-12-31T23:59:59.999999Z")
    first = make_loader(kept=True)
    before = first.load()
    first.save()

    assert make_loader(kept=True).load().posts == before.posts


def test_pictures_are_known(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("a/photo.JPG", b"x")
    loader = make_loader()
    assert list(loader.load().assets) == ["a/photo.JPG"]

    (folder.path / "a" / "photo.JPG").unlink()

    assert list(loader.refresh(settle=0).assets) == []


def test_what_is_no_file_is_told_and_does_no_harm(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write("good")
    os.mkfifo(folder.path / "pipe.md")
    (folder.path / "nowhere.md").symlink_to("missing.md")
    (folder.path / "self.md").symlink_to("self.md")
    (folder.path / "self").symlink_to("self")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder.path / "socket.md"))
    loader = make_loader()

    within(5, loader.load)
    listener.close()

    assert titles(loader.library) == {"good.md": "good"}
    assert sorted(errors(loader.library)) == ["nowhere.md", "pipe.md", "self.md", "socket.md"]


def test_new_problem_of_the_folder_alone_is_told(make_loader: MakeLoader, folder: PostsFolder) -> None:
    loader = make_loader()
    loader.load()

    (folder.path / "nowhere.md").symlink_to("missing.md")

    assert list(errors(loader.refresh(settle=0))) == ["nowhere.md"]


def test_post_that_became_a_pipe_blocks_no_reader(make_loader: MakeLoader, folder: PostsFolder) -> None:
    path = folder.write("a")
    loader = make_loader()
    post = loader.load().posts[0]
    path.unlink()
    os.mkfifo(path)

    within(5, lambda: loader.body(post))

    assert loader.body(post) == "\nSome text.\n"


def test_post_that_became_huge_is_not_read_whole(make_loader: MakeLoader, folder: PostsFolder) -> None:
    path = folder.write("a")
    loader = make_loader()
    post = loader.load().posts[0]
    os.truncate(path, 1 << 40)

    assert loader.body(post) == "\nSome text.\n"
    assert "the limit" in errors(loader.refresh(settle=0))["a.md"]


def test_linked_files_and_folders_are_posts_but_loops_end(
    make_loader: MakeLoader, folder: PostsFolder, tmp_path: Path
) -> None:
    folder.write("a")
    folder.write("deep/b")
    shared = PostsFolder(tmp_path / "shared")
    shared.write("c")
    (folder.path / "shared").symlink_to(shared.path)
    (folder.path / "link.md").symlink_to(shared.path / "c.md")
    (folder.path / "deep" / "up").symlink_to("..")
    (folder.path / "again").symlink_to(folder.path)
    (folder.path / "twice").symlink_to("deep")
    (shared.path / "back").symlink_to(folder.path)

    library = make_loader(linked=[shared.path]).load()

    assert "a.md" in titles(library)
    assert "deep/b.md" in titles(library)
    assert len(titles(library)) == 3 + ("link.md" in titles(library))
    assert all(path.count("/") <= 1 for path in titles(library))


def test_name_that_is_not_utf_8_is_told(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write("good")
    with open(os.fsencode(folder.path) + b"/caf\xe9.md", "wb") as file:
        file.write(b"# Title\n")
    os.mkdir(os.fsencode(folder.path) + b"/d\xe9")
    with open(os.fsencode(folder.path) + b"/d\xe9/x.md", "wb") as file:
        file.write(b"# Title\n")

    library = make_loader().load()

    assert titles(library) == {"good.md": "good"}
    assert sorted(errors(library)) == ["caf\ufffd.md", "d\ufffd/x.md"]
    assert all("not UTF-8" in cause for cause in errors(library).values())


@pytest.mark.usefixtures("permissions_count")
def test_unreadable_file_is_told_and_read_when_permitted(make_loader: MakeLoader, folder: PostsFolder) -> None:
    path = folder.write("a")
    path.chmod(0)
    loader = make_loader()
    assert "Permission denied" in errors(loader.load())["a.md"]

    path.chmod(0o644)

    assert titles(loader.refresh(settle=0)) == {"a.md": "a"}


@pytest.mark.usefixtures("permissions_count")
@pytest.mark.parametrize("mode", [0, 0o400])
@pytest.mark.parametrize("hints", [None, ["series/a.md", "series/a.jpg", "new.md"]])
def test_folder_that_may_not_be_looked_into_keeps_its_last_good_state(
    make_loader: MakeLoader, folder: PostsFolder, mode: int, hints: list[str] | None
) -> None:
    folder.write("series/a", title="Kept")
    folder.raw("series/a.jpg", "a picture")
    folder.write("b")
    loader = make_loader()
    loader.load()
    (folder.path / "series").chmod(mode)
    folder.write("new")
    try:
        meanwhile = loader.refresh(hints, settle=0)
        told = errors(loader.refresh(settle=0))
    finally:
        (folder.path / "series").chmod(0o700)
    (folder.path / "series" / "a.md").unlink()
    afterwards = loader.refresh(settle=0)

    assert titles(meanwhile) == {"series/a.md": "Kept", "b.md": "b", "new.md": "new"}
    assert "series/a.jpg" in meanwhile.assets
    assert loader.removed == {"a": "series/a.md"}
    assert "Permission denied" in next(iter(told.values()))
    assert titles(afterwards) == {"b.md": "b", "new.md": "new"}
    assert errors(afterwards) == {}


@pytest.mark.usefixtures("permissions_count")
def test_folder_that_may_not_be_looked_into_at_a_start_is_as_it_was(
    make_loader: MakeLoader, folder: PostsFolder
) -> None:
    folder.write("series/a", title="Kept")
    before = make_loader(kept=True)
    before.load()
    before.save()
    (folder.path / "series").chmod(0)
    try:
        library = make_loader(kept=True).load()
    finally:
        (folder.path / "series").chmod(0o700)

    assert titles(library) == {"series/a.md": "Kept"}
    assert errors(library) == {"series/": "The folder cannot be read: Permission denied."}


def test_edit_that_keeps_size_and_modification_time_is_seen(make_loader: MakeLoader, folder: PostsFolder) -> None:
    path = folder.write("a", title="One")
    os.utime(path, ns=(10**18, 10**18))
    loader = make_loader()
    loader.load()

    path.write_text(path.read_text().replace("One", "Two"))
    os.utime(path, ns=(10**18, 10**18))

    assert titles(loader.refresh(settle=0)) == {"a.md": "Two"}


def test_missing_folder_is_told_and_its_return_is_seen(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.path.rmdir()
    loader = make_loader()
    assert "cannot be read" in errors(loader.load())["."]

    folder.path.mkdir()
    folder.write("a")

    library = loader.refresh(settle=0)
    assert titles(library) == {"a.md": "a"}
    assert errors(library) == {}


@pytest.mark.parametrize("hints", [None, {"a.md", "photo.jpg"}], ids=["a look at all", "hints"])
def test_folder_that_was_moved_away_takes_nothing_from_readers(
    make_loader: MakeLoader, folder: PostsFolder, hints: set[str] | None
) -> None:
    folder.write("a", "The text.\n")
    folder.raw("photo.jpg", b"x")
    loader = make_loader()
    loader.load()
    loader.save()

    folder.path.rename(folder.path.with_name("elsewhere"))
    library = loader.refresh(hints, settle=0)
    told = loader.refresh(settle=0)

    assert titles(library) == titles(told) == {"a.md": "a"}
    assert loader.body(library.posts[0]).strip() == "The text."
    assert set(told.assets) == {"photo.jpg"}
    assert str(folder.path) in errors(told)["."]
    folder.path.with_name("elsewhere").rename(folder.path)
    (folder.path / "a.md").unlink()
    assert titles(loader.refresh(settle=0)) == {}


def test_file_in_the_middle_of_a_save_stays_as_it_was(make_loader: MakeLoader, folder: PostsFolder) -> None:
    path = folder.write("a", title="Before")
    loader = make_loader()
    loader.load()
    with path.open("w") as file:
        file.write("---\ntitle: Half")
        file.flush()
        os.utime(path, ns=(10**18, 10**18))

        half = titles(loader.refresh(settle=0.025))
        pending = loader.pending
        file.write("\n---\nNow whole")
    os.utime(path, ns=(2 * 10**18, 2 * 10**18))

    assert half == {"a.md": "Before"}
    assert pending == {"a.md"}


def test_text_of_a_version_that_is_gone_everywhere_is_told(make_loader: MakeLoader, folder: PostsFolder) -> None:
    path = folder.write("a")
    loader = make_loader()
    post = loader.load().posts[0]
    folder.write("a", title="Other")
    loader.refresh(settle=0)
    loader.save()
    # With nothing left to write, what no entry needs is deleted.
    loader.save()
    path.unlink()

    with pytest.raises(SourceGoneError):
        loader.body(post)


def fail_for_a_moment(monkeypatch: pytest.MonkeyPatch, look: Callable[[], object]) -> None:
    """Look at the files while none can be opened."""

    def fail(*_arguments: object) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patched:
        patched.setattr("octavo.content.loading.loader.read_settled", fail)
        look()


def test_file_that_could_not_be_read_for_a_moment_is_read_at_the_next_look(
    make_loader: MakeLoader, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("hello", title="Before")
    loader = make_loader()
    loader.load()
    folder.write("hello", title="After")

    fail_for_a_moment(monkeypatch, lambda: loader.refresh(settle=0))
    meanwhile = loader.library
    after = loader.refresh(settle=0)

    assert [post.title for post in meanwhile.posts] == ["Before"]
    assert "Too many open files" in meanwhile.problems[0].cause
    assert [post.title for post in after.posts] == ["After"]
    assert after.problems == ()


def test_file_that_could_not_be_read_before_a_restart_is_read_after_it(
    make_loader: MakeLoader, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("hello", title="Before")
    loader = make_loader(kept=True)
    loader.load()
    loader.save()
    folder.write("hello", title="After")
    fail_for_a_moment(monkeypatch, lambda: loader.refresh(settle=0))
    loader.save()

    restarted = make_loader(kept=True).load()

    assert [post.title for post in restarted.posts] == ["After"]


@pytest.mark.parametrize("path", [".trash/a.png", "_drafts/a.png", "node_modules/a.png", "_a.png"])
def test_picture_that_the_walk_leaves_out_is_left_out_by_its_event_too(
    make_loader: MakeLoader, folder: PostsFolder, path: str
) -> None:
    folder.write("hello")
    loader = make_loader()
    loader.load()

    folder.raw(path, b"a picture")
    library = loader.refresh([path], settle=0)

    assert path not in library.assets
    assert loader.differences() == set()


def test_picture_whose_name_a_folder_takes_is_gone(make_loader: MakeLoader, folder: PostsFolder) -> None:
    picture = folder.raw("a.png", b"a picture")
    loader = make_loader()
    loader.load()

    picture.unlink()
    picture.mkdir()
    library = loader.refresh(["a.png"], settle=0)

    assert "a.png" not in library.assets
    assert loader.differences() == set()
