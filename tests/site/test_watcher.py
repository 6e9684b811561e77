"""The watcher looks at all files often where changes may come without an event, and else seldom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from octavo.content.files import mounts
from octavo.site import watcher
from octavo.site.watcher import Watcher
from tests.waiting import until


class Looks:
    """What a watcher has looked at."""

    def __init__(self) -> None:
        self.around = 0
        self.at_files = 0
        # What the next look at the files finds.
        self.next: set[str] = set()

    def check_for_changes(self) -> None:
        self.around += 1

    def differences(self) -> set[str]:
        self.at_files += 1
        found, self.next = self.next, set()
        return found


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def watch(tmp_path: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watcher]]:
    """Watch a folder whose file system tells of all changes or not; all its seconds are hundredths."""
    started: list[Watcher] = []

    def start(told: bool = True, at_rest: float = 3_600, **given: list[Path]) -> Watcher:
        monkeypatch.setattr(watcher, "tells_of_changes", lambda folder: told)
        for name, seconds in (("SCAN_EVERY", 0.012), ("SCAN_AT_REST", at_rest), ("RESTLESS", 0.1)):
            monkeypatch.setattr(watcher, name, seconds)

        def refresh(paths: set[str]) -> frozenset[str]:
            return frozenset()

        started.append(Watcher(tmp_path, looks.check_for_changes, looks.differences, refresh, lambda: None, **given))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def rested(looks: Looks) -> bool:
    """Whether twenty looks around went by without one at the files."""
    at_files, around = looks.at_files, looks.around
    until(lambda: looks.around > around + 20 or looks.at_files > at_files, "it has looked")
    return looks.at_files == at_files


@pytest.mark.thorough
def test_files_rest_while_every_change_would_have_an_event(
    watch: Callable[..., Watcher], looks: Looks, tmp_path: Path
) -> None:
    watch()
    until(lambda: rested(looks), "the files are left alone")
    before = looks.at_files

    def looked_again_after_a_save() -> bool:
        (tmp_path / "hello.md").write_text(f"Hello {looks.around}")
        return looks.at_files > before + 3

    until(looked_again_after_a_save, "all files are looked at for a while after an event")
    until(lambda: rested(looks), "they are left alone again")


@pytest.mark.parametrize("given", [{"told": False}, {"elsewhere": [Path("/")]}], ids=["a network", "links"])
@pytest.mark.thorough
def test_files_are_looked_at_all_the_time_where_changes_come_without_events(
    watch: Callable[..., Watcher], looks: Looks, given: dict[str, object]
) -> None:
    watch(**given)

    until(lambda: looks.around > 80, "events have had their time")

    assert not rested(looks)


@pytest.mark.thorough
def test_a_change_without_an_event_ends_the_rest_for_good(watch: Callable[..., Watcher], looks: Looks) -> None:
    watch(at_rest=1)
    until(lambda: rested(looks), "the files are left alone")

    looks.next = {"hello.md"}

    until(lambda: not looks.next, "it is found within the time of rest")
    assert not rested(looks)
    assert not rested(looks)


@pytest.mark.thorough
def test_another_folder_in_the_place_of_the_first_is_looked_at_and_watched(
    watch: Callable[..., Watcher], looks: Looks, tmp_path: Path
) -> None:
    watch()
    until(lambda: rested(looks), "the files are left alone")
    before = looks.at_files

    tmp_path.rename(tmp_path.with_name("away"))
    tmp_path.mkdir()

    until(lambda: looks.at_files > before, "the new folder is looked at")
    until(lambda: rested(looks), "it is left alone")
    before = looks.at_files
    (tmp_path / "hello.md").write_text("Hello")
    until(lambda: looks.at_files > before, "it is watched")


MOUNTED = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,noatime shared:1 - ext4 /dev/vda rw
30 27 0:50 / /srv rw - xfs /dev/vdb rw
31 30 0:51 / /srv/my\040posts rw - nfs4 server:/posts rw
32 30 0:52 / /srv/twice rw - nfs4 server:/posts rw
33 32 0:53 / /srv/twice rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("/home/posts", True),
        ("/srv/posts", True),
        ("/srv/my posts", False),
        ("/srv/my posts/deeper", False),
        ("/srv/my posts elsewhere", True),
        ("/srv/twice", True),
        ("/proc/1", False),
    ],
)
def test_only_file_systems_of_this_machine_tell_of_every_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, told: bool
) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTED.lstrip())
    monkeypatch.setattr(mounts, "_MOUNTS", tmp_path / "mountinfo")

    assert mounts.tells_of_changes(Path(folder)) == told


def test_where_the_system_does_not_tell_its_file_systems_events_are_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "_MOUNTS", tmp_path / "missing")

    assert not mounts.tells_of_changes(tmp_path)
