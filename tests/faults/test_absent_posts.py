"""posts/ unmounted, emptied or half gone: the last good state stays, and readiness goes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from flask import Flask

from octavo.content.catalogue import Catalogue
from octavo.content.loading.loader import Loader
from octavo.content.parse import Rules
from octavo.site.site import Site
from tests.conftest import NOW, Clock, PostsFolder
from tests.waiting import until

COUNT = 40


@pytest.fixture
def loader(folder: PostsFolder, tmp_path: Path, clock: Clock) -> Loader:
    # Long after the files were written, so that none may be in the middle of a save.
    clock.now = NOW.timestamp() + 10**9
    catalogue = Catalogue(tmp_path / "search_index", "")
    return Loader(folder.path, Rules(UTC), catalogue, clock, withdrawal=tmp_path / "withdrawal")


def fill(folder: PostsFolder) -> None:
    for number in range(COUNT):
        folder.write(f"post-{number}")


def empty(folder: PostsFolder, tmp_path: Path) -> None:
    for path in folder.path.iterdir():
        path.unlink()


def move_away(folder: PostsFolder, tmp_path: Path) -> None:
    folder.path.rename(tmp_path / "away")


def more_than_half(folder: PostsFolder, tmp_path: Path) -> None:
    for number in range(COUNT // 2 + 1):
        (folder.path / f"post-{number}.md").unlink()


LOSSES = [empty, move_away, more_than_half]


@pytest.mark.parametrize("lose", LOSSES)
@pytest.mark.parametrize("by_events", [False, True])
def test_what_is_probably_not_meant_is_withdrawn_after_ten_minutes(
    loader: Loader,
    folder: PostsFolder,
    tmp_path: Path,
    clock: Clock,
    lose: Callable[[PostsFolder, Path], None],
    by_events: bool,
) -> None:
    fill(folder)
    paths = {post.path for post in loader.load().posts}
    lose(folder, tmp_path)

    if by_events:
        loader.refresh(paths, settle=0)
    held = loader.refresh(settle=0)
    clock.now += 599
    still = loader.refresh(settle=0)
    clock.now += 2
    after = loader.refresh(loader.differences(), settle=0)

    assert len(held.posts) == len(still.posts) == COUNT
    assert [problem.severity for problem in held.problems] == ["error"]
    assert "`flask posts withdraw`" in held.problems[0].cure
    assert len(after.posts) < COUNT / 2
    assert loader.suspected_loss == ""


@pytest.mark.parametrize("lose", LOSSES)
def test_a_command_withdraws_at_once(
    loader: Loader, folder: PostsFolder, tmp_path: Path, clock: Clock, lose: Callable[[PostsFolder, Path], None]
) -> None:
    fill(folder)
    loader.load()
    clock.now = 0
    lose(folder, tmp_path)
    loader.refresh(settle=0)

    (tmp_path / "withdrawal").touch()

    assert len(loader.refresh(settle=0).posts) < COUNT / 2


def test_files_that_come_back_end_it(loader: Loader, folder: PostsFolder, tmp_path: Path) -> None:
    fill(folder)
    loader.load()
    move_away(folder, tmp_path)
    loader.refresh(settle=0)
    assert loader.suspected_loss

    (tmp_path / "away").rename(folder.path)
    library = loader.refresh(settle=0)

    assert (len(library.posts), library.problems, loader.suspected_loss) == (COUNT, (), "")


def test_everything_smaller_and_everything_moved_is_believed_at_once(loader: Loader, folder: PostsFolder) -> None:
    fill(folder)
    loader.load()
    for number in range(COUNT // 2):
        (folder.path / f"post-{number}.md").unlink()

    half = loader.refresh(settle=0)
    (folder.path / "new").mkdir()
    for path in list(folder.path.glob("*.md")):
        path.rename(folder.path / "new" / path.name)
    moved = loader.refresh(settle=0)

    assert len(half.posts) == COUNT // 2
    assert {post.path.partition("/")[0] for post in moved.posts} == {"new"}
    assert loader.suspected_loss == ""


@pytest.mark.parametrize("lose", LOSSES)
def test_a_restart_meanwhile_shows_and_tells_what_was_there(
    make_app: Callable[..., Flask],
    folder: PostsFolder,
    tmp_path: Path,
    lose: Callable[[PostsFolder, Path], None],
) -> None:
    fill(folder)
    first = make_app(api_open=True)
    cursor = first.test_client().get("/api/changes").json["meta"]["cursor"]
    first.extensions["octavo"].save()
    lose(folder, tmp_path)

    client = make_app(api_open=True).test_client()
    answer = client.get(f"/api/changes?since={cursor}").json

    assert answer["changes"] == []
    assert client.get("/articles/post-1/").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503


def test_a_running_site_keeps_all_articles_until_the_command_is_given(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    fill(folder)
    app = make_app(watch=True)
    site: Site = app.extensions["octavo"]
    site.start()

    shutil.rmtree(folder.path)
    folder.path.mkdir()
    until(lambda: site.suspected_loss, "the site has noticed")
    meanwhile = len(site.library.posts)
    app.test_cli_runner().invoke(args=["posts", "withdraw"])

    assert meanwhile >= COUNT / 2
    until(lambda: not site.library.posts, "all articles are withdrawn")
