"""The catalogue is derived data: it can go, break or be read-only at any moment, and readers notice nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from octavo.content.catalogue import Catalogue
from octavo.content.loading.loader import Loader
from octavo.content.parse import Rules
from tests.conftest import Clock, PostsFolder

MakeLoader = Callable[..., Loader]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "search_index" / "catalogue.sqlite"


def delete_file(path: Path) -> None:
    for file in path.parent.glob("catalogue*"):
        file.unlink()


def delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def empty_file(path: Path) -> None:
    os.truncate(path, 0)


def overwrite(path: Path) -> None:
    path.write_bytes(b"no database at all " * 500)


def overwrite_all(path: Path) -> None:
    for file in path.parent.glob("catalogue*"):
        file.write_bytes(b"no database at all " * 500)


def drop_tables(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("drop table files")
        db.execute("drop table sources")
    db.close()


HARMS = [delete_file, delete_folder, empty_file, overwrite, overwrite_all, drop_tables]


@pytest.mark.parametrize("harm", HARMS)
def test_harm_while_serving_loses_nothing(
    make_loader: MakeLoader, folder: PostsFolder, path: Path, harm: Callable[[Path], None]
) -> None:
    folder.write("broken", "The good text.\n", title="Good")
    folder.write("edited", "Old text.\n", title="Old")
    loader = make_loader(kept=True)
    loader.load()
    folder.raw("broken.md", "---\ntitle: Half")
    loader.refresh(settle=0)
    loader.save()

    harm(path)
    folder.write("edited", "New text.\n", title="New")
    library = loader.refresh(settle=0)
    loader.save()
    loader.save()

    assert {post.title: loader.body(post) for post in library.posts} == {
        "Good": "\nThe good text.\n",
        "New": "\nNew text.\n",
    }
    restarted = make_loader(kept=True)
    after = restarted.load()
    assert {post.title for post in after.posts} == {"Good", "New"}
    assert {restarted.body(post) for post in after.posts} == {"\nThe good text.\n", "\nNew text.\n"}


@pytest.mark.parametrize("harm", HARMS)
def test_harm_before_a_start_costs_the_last_good_versions_at_most(
    make_loader: MakeLoader, folder: PostsFolder, path: Path, harm: Callable[[Path], None]
) -> None:
    folder.write("a", title="Good")
    loader = make_loader(kept=True)
    loader.load()
    loader.save()
    loader.close()

    harm(path)
    restarted = make_loader(kept=True)

    assert [post.title for post in restarted.load().posts] == ["Good"]
    restarted.save()
    assert path.exists()


def test_an_archive_too_large_to_wait_in_memory_is_kept_as_a_whole(
    make_loader: MakeLoader, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.content.loading.sources.MAX_WAITING_BYTES", 1_000)
    names = [f"post-{number}" for number in range(20)]
    for name in names:
        folder.write(name, f"The text of {name}.\n" * 10, title=name)
    loader = make_loader(kept=True)
    loader.load()
    loader.save()

    for name in names:
        folder.raw(f"{name}.md", "---\ntitle: Half")
    restarted = make_loader(kept=True)
    library = restarted.load()

    texts = {post.title: restarted.body(post).strip() for post in library.posts}
    assert texts == {name: f"The text of {name}.\n" * 9 + f"The text of {name}." for name in names}


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_all_records_are_read_whatever_their_number(
    make_loader: MakeLoader, folder: PostsFolder, path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr("octavo.content.catalogue.PART", 3)
    for number in range(count):
        folder.write(f"post-{number}", tags=["Mars"])
    loader = make_loader(kept=True)
    posts = loader.load().by_path
    loader.save()

    restarted = Catalogue(path.parent, "{}")

    assert {name: entry.item for name, entry in restarted.entries().items()} == posts
    restarted.close()


def test_records_that_make_no_sense_are_made_anew(make_loader: MakeLoader, folder: PostsFolder, path: Path) -> None:
    folder.write("a", title="Good")
    loader = make_loader(kept=True)
    loader.load()
    loader.save()
    loader.close()
    for record in ('[false, {"path": "a.md"}]', "[true, {}]", "{", "7", '[false, {"published": "soon"}]'):
        with sqlite3.connect(path) as db:
            db.execute("update files set record = ?", (record,))
        db.close()

        assert [post.title for post in make_loader(kept=True).load().posts] == ["Good"]


def test_folder_that_cannot_be_made_means_memory(make_loader: MakeLoader, folder: PostsFolder, path: Path) -> None:
    path.parent.write_text("a file in its place")
    folder.write("a", title="Good")
    loader = make_loader(kept=True)
    loader.load()
    folder.raw("a.md", "---\ntitle: Half")

    library = loader.refresh(settle=0)
    loader.save()

    assert [post.title for post in library.posts] == ["Good"]
    assert loader.body(library.posts[0]) == "\nSome text.\n"


def test_read_only_catalogue_is_no_obstacle(make_loader: MakeLoader, folder: PostsFolder, path: Path) -> None:
    folder.write("a", title="Good")
    loader = make_loader(kept=True)
    loader.load()
    loader.save()
    with sqlite3.connect(path) as db:
        for table in ("files", "sources"):
            db.execute(
                f"create trigger no_{table} before insert on {table} begin select raise(abort, 'read-only'); end"
            )
    db.close()
    folder.write("a", title="New")
    folder.raw("b.md", "---\ntitle: Half")

    library = loader.refresh(settle=0)
    loader.save()

    assert [post.title for post in library.posts] == ["New"]


def test_two_processes_share_one_catalogue(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.write("a", title="Good")
    one, two = make_loader(kept=True), make_loader(kept=True)
    for loader in (one, two):
        loader.load()
        loader.save()
    folder.raw("a.md", "---\ntitle: Half")

    for loader in (one, two):
        library = loader.refresh(settle=0)
        loader.save()
        assert loader.body(library.posts[0]) == "\nSome text.\n"

    assert [post.title for post in make_loader(kept=True).load().posts] == ["Good"]


def test_old_versions_do_not_pile_up(make_loader: MakeLoader, folder: PostsFolder, path: Path) -> None:
    loader = make_loader(kept=True)
    loader.load()
    for number in range(10):
        folder.write("a", f"Version {number}.\n")
        loader.refresh(settle=0)
        loader.save()

    restarted = make_loader(kept=True)
    restarted.load()
    restarted.save()

    with sqlite3.connect(path) as db:
        (count,) = db.execute("select count(*) from sources").fetchone()
    db.close()
    assert count == 1


def test_old_versions_do_not_pile_up_in_a_process_that_runs_for_days(
    folder: PostsFolder, path: Path, clock: Clock
) -> None:
    catalogue = Catalogue(path.parent, "rules")
    loader = Loader(folder.path, Rules(UTC), catalogue, clock)
    loader.load()
    for day in range(1, 4):
        clock.set(2030, 1, day)
        folder.write("a", f"Version {day}.\n")
        loader.refresh(settle=0)
        loader.save()
        loader.save()

    with closing(sqlite3.connect(path)) as db:
        (count,) = db.execute("select count(*) from sources").fetchone()
    catalogue.close()
    assert count == 1


def test_posts_that_were_copied_with_their_catalogue_are_not_parsed_again(
    make_loader: MakeLoader, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder.write("a", title="Good")
    loader = make_loader(kept=True)
    loader.load()
    loader.save()
    os.utime(file)
    monkeypatch.setattr("octavo.content.loading.loader.parse", lambda *_: pytest.fail("parsed again"))

    assert [post.title for post in make_loader(kept=True).load().posts] == ["Good"]


def test_what_could_not_be_written_is_written_later(
    make_loader: MakeLoader, folder: PostsFolder, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.content.catalogue.PATIENCE", 0.01)
    folder.write("hello", title="Before")
    loader = make_loader(kept=True)
    loader.load()
    loader.save()
    folder.write("hello", title="After")
    loader.refresh(settle=0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        loader.save()
        other.execute("rollback")

    loader.save()
    folder.raw("hello.md", "---\ntitle: [broken\n---\n")

    restarted = make_loader(kept=True).load()
    assert [post.title for post in restarted.posts] == ["After"]
