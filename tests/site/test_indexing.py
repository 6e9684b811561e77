"""The index follows the files: after saves, damage and deletion, from several processes, and at the first start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask

from octavo.site.indexing import RETRY_BUSY
from octavo.site.progress import Progress
from octavo.site.site import Site
from tests.conftest import CHECKOUT, PostsFolder
from tests.waiting import settled, until

MakeApp = Callable[..., Flask]


def paths(site: Site, typed: str) -> list[str]:
    return [hit.path for hit in site.index.search(site.edition(), typed, correct=False).hits]


def made(app: Flask) -> Site:
    found: Site = app.extensions["octavo"]
    return found


@pytest.fixture
def live(make_app: MakeApp, folder: PostsFolder) -> Site:
    """A site that watches its files, after its first request."""
    folder.write("first", "The text of the first article.")
    app = make_app(watch=True)
    assert app.test_client().get("/").status_code == 200
    until(made(app).index.is_sound, "the index is there")
    return made(app)


def test_saved_article_is_found_without_a_request(live: Site, folder: PostsFolder) -> None:
    folder.write("second", "Magnetometers are wonderful.")

    until(lambda: paths(live, "magnetometer") == ["second.md"], "the new article is found")


def test_author_of_another_name_is_found_by_the_new_one(live: Site, folder: PostsFolder) -> None:
    folder.raw("_authors/jane-doe.md", "---\nname: Jane Q. Doe\n---\n")
    folder.write("second", "Magnetometers are wonderful.", author="jane-doe")
    until(lambda: paths(live, 'author:"Jane Q. Doe"') == ["second.md"], "the author is found by the name")
    assert "<mark>" in live.index.search(live.edition(), "magnetometers").hits[0].snippet_html

    folder.raw("_authors/jane-doe.md", "---\nname: Zuleika Dobson\n---\n")

    until(lambda: paths(live, "zuleika") == ["second.md"], "the author is found by the new name")
    assert paths(live, 'author:"Jane Q. Doe"') == []


def test_author_of_another_name_is_found_without_an_index_too(app: Flask, folder: PostsFolder) -> None:
    folder.raw("_authors/ann.md", "---\nname: Ann Lee\n---\n")
    folder.write("byann", "A text.", author="ann")
    folder.write("byname", "A text.", author="Ann Lee")
    folder.write("other", "A text.", author="Bob")
    site = made(app)
    site.refresh(settle=0)

    def answers() -> list[object]:
        found = site.index.search(site.edition(), "", selected={"author": ["ann"]})
        typed = [sorted(paths(site, text)) for text in ("author:ann", 'author:"Ann Lee"', "lee")]
        return [sorted(hit.path for hit in found.hits), found.facets["author"][0], *typed]

    before = answers()
    folder.raw("_authors/ann.md", "---\nname: Ann Leigh\n---\n")
    site.refresh(settle=0)
    renamed = [paths(site, "leigh"), paths(site, "author:lee")]
    folder.raw("_authors/ann.md", "---\nname: Ann Lee\n---\n")
    site.refresh(settle=0)
    site.index.sync()

    assert before == answers()
    assert before[0] == ["byann.md", "byname.md"]
    assert renamed == [["byann.md"], []]


def test_edited_and_deleted_articles_are_no_longer_found_by_what_they_said(live: Site, folder: PostsFolder) -> None:
    file = folder.write("second", "Magnetometers are wonderful.")
    until(lambda: paths(live, "magnetometer") == ["second.md"], "the new article is found")

    folder.write("second", "Spectrographs are better.")
    until(lambda: paths(live, "spectrograph") == ["second.md"], "the new text is found")
    left = paths(live, "magnetometer")
    file.unlink()
    until(lambda: paths(live, "spectrograph") == [], "the deleted article is not found")

    assert left == []


@pytest.mark.parametrize("harm", ["deleted", "emptied", "truncated"])
def test_harmed_index_is_made_again_while_the_site_runs(live: Site, folder: PostsFolder, harm: str) -> None:
    if harm == "deleted":
        live.index_dir.rename(live.index_dir.with_name("gone"))
    else:
        for file in live.index_dir.glob("index-*/*"):
            file.unlink() if harm == "emptied" else file.write_bytes(file.read_bytes()[:100])
    seen = paths(live, "first")

    # A save wakes the indexer, which would look by itself after a moment.
    folder.write("second", "Magnetometers are wonderful.")

    until(live.index.is_sound, "the index is whole again")
    until(lambda: paths(live, "magnetometer") == ["second.md"], "the new article is found")
    assert seen == ["first.md"]
    assert paths(live, "text") == ["first.md"]


def test_other_process_finds_what_one_has_indexed(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("first")
    writer, reader = made(make_app()), made(make_app())
    folder.write("second", "Magnetometers are wonderful.")
    for site in (writer, reader):
        site.refresh(settle=0)

    writer.index.sync()

    until(lambda: paths(reader, "magnetometer") == ["second.md"], "the reader has the new index")


def test_look_at_an_index_that_is_as_it_was_makes_no_other_version(
    make_app: Callable[..., Flask], folder: PostsFolder
) -> None:
    folder.write("hello")
    site: Site = settled(make_app()).extensions["octavo"]
    before = site.current()

    for _ in range(3):
        site.index.notice()
        site.check_for_changes()

    assert site.current() is before


@pytest.mark.thorough
def test_index_that_another_process_wrote_is_noticed_without_a_request(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("first", "The text of the first article.")
    site = made(settled(make_app()))
    site.start()
    until(site.index.is_sound, "the index is there")
    before = site.version

    made(make_app()).index.sync(fresh=True)

    until(lambda: site.version.index is not before.index, "pages are told that the index is another one")


def test_a_second_writer_waits(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("first")
    one, other = made(make_app()), made(make_app())
    reports = []

    one.index.sync(lambda committed: reports.append(other.index.sync()))

    assert all(report.busy for report in reports)
    assert not other.index.sync().busy
    assert RETRY_BUSY < 1


class StopError(BaseException):
    """Ends a first build in the middle, as the end of the process would."""


def stop_after_commit(committed: bool) -> None:
    if committed:
        raise StopError


def test_first_build_begins_with_the_newest_and_says_that_it_is_not_done(site: Site, folder: PostsFolder) -> None:
    for number in range(60):
        folder.write(f"probe-{number:02}", f"A probe called p{number}x.", date=f"{1950 + number}-01-01")
    site.refresh(settle=0)

    with pytest.raises(StopError):
        site.index.sync(stop_after_commit)
    begun = site.index.search(site.edition(), "probe", sort="oldest")
    report = site.index.sync()
    done = site.index.search(site.edition(), "probe", sort="oldest")

    assert (begun.total, begun.partial, begun.hits[0].path) == (50, True, "probe-10.md")
    assert "being built" in begun.notes[0]
    assert report.added == 10
    assert (done.total, done.partial, done.notes) == (60, False, ())


def test_unwritable_index_is_told_to_readers(site: Site, folder: PostsFolder) -> None:
    folder.write("first", "Magnetometers are wonderful.")
    site.refresh(settle=0)
    site.index.sync()
    lock = site.index_dir / "lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    folder.write("second", "Magnetometers again.")
    site.refresh(settle=0)

    report = site.index.sync()

    results = site.index.search(site.edition(), "magnetometer")
    assert report.error
    assert (results.partial, [hit.path for hit in results.hits]) == (True, ["first.md"])
    assert "cannot be written" in results.notes[-1]


def test_unwritable_index_is_told_in_the_terminal_once(
    site: Site, folder: PostsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    (site.index_dir / "lock").mkdir(parents=True)
    folder.write("first", "Magnetometers are wonderful.")
    site.refresh(settle=0)

    reports = [site.index.sync() for _ in range(3)]

    assert all(report.error for report in reports)
    assert [record.message for record in caplog.records if "cannot be written" in record.message] == [reports[0].error]


def test_opening_that_serves_as_summary_is_not_counted_twice(site: Site, folder: PostsFolder) -> None:
    folder.write("taken", "# Probes\n\nThe probe left Earth in spring.\n\nIt never came back.", summary=None)
    folder.write("written", "The probe left Earth in spring.", summary="How it began.")
    site.refresh(settle=0)

    taken, written = site.index.load("taken.md"), site.index.load("written.md")

    assert (taken.summary, written.summary) == ("", "How it began.")
    assert site.edition().by_slug["taken"].summary == "The probe left Earth in spring."


def test_half_built_index_leaves_no_article_without_related_ones(site: Site, folder: PostsFolder) -> None:
    for number in range(60):
        tags = ["Old probes"] if number < 3 else [f"Tag {number}"]
        folder.write(f"probe-{number:02}", f"A text about w{number}x.", date=f"{1950 + number}-01-01", tags=tags)
    folder.write("newest", "Seventy years of it.", date="2024-01-01", tags=["Old probes"])
    site.refresh(settle=0)

    with pytest.raises(StopError):
        site.index.sync(stop_after_commit)

    edition = site.edition()
    found = site.index.related(edition, edition.by_slug["newest"])
    assert [one.post.slug for one in found] == ["probe-02", "probe-01", "probe-00"]


def test_articles_of_a_small_site_are_related_by_the_tag_that_all_of_them_have(site: Site, folder: PostsFolder) -> None:
    for slug in ("one", "two", "three"):
        folder.write(slug, f"Text of {slug}.", tags=["Mars"])
    site.refresh(settle=0)
    site.index.sync()

    edition = site.edition()
    found = site.index.related(edition, edition.by_slug["one"])

    assert {one.post.slug: one.reason for one in found} == {"two": "shares Mars", "three": "shares Mars"}


def test_language_of_the_site_chooses_the_stems(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("start", "Die Raketen starteten.")
    german = made(make_app(language="de-AT", search_index_dir="german"))
    german.index.sync()
    klingon = made(make_app(language="tlh", search_index_dir="klingon"))
    klingon.index.sync()

    assert paths(german, "Rakete") == ["start.md"]
    assert paths(klingon, "Rakete") == []
    assert paths(klingon, "Raketen") == ["start.md"]


def test_index_commands_answer_with_exit_codes(app: Flask, folder: PostsFolder) -> None:
    file = folder.write("first")
    folder.write("second")
    made(app).refresh(settle=0)
    run = app.test_cli_runner().invoke

    absent = [run(args=["index", command]).exit_code for command in ("status", "verify")]
    built = run(args=["index", "build"])
    ready = [run(args=["index", command]).exit_code for command in ("status", "verify")]
    folder.write("first", "Another text.")
    made(app).refresh(settle=0)
    stale = run(args=["index", "verify"])
    file.unlink()
    made(app).refresh(settle=0)
    extra = run(args=["index", "verify"])
    afresh = run(args=["index", "build", "--fresh"])

    assert absent == [1, 1]
    assert (built.exit_code, built.output) == (0, "2 articles added, 0 removed.\n")
    assert ready == [0, 0]
    assert (stale.exit_code, stale.output) == (1, "stale: first.md\n")
    assert (extra.exit_code, extra.output) == (1, "extra: first.md\n")
    assert afresh.exit_code == 0
    assert run(args=["index", "verify"]).exit_code == 0


FORK = """
import os, sys
from pathlib import Path
from octavo import create_app
from tests.waiting import until
app = create_app(Path(sys.argv[1]))
client = app.test_client()
def find(word):
    found = lambda: client.get(f"/search.json?q={word}&exact=1").json["total"]
    until(found, f"{word} is found")
find("text")
child = os.fork()
if child == 0:
    client.get("/")
    Path(sys.argv[1], "posts/second.md").write_text("Magnetometers are wonderful.")
    find("magnetometers")
    os._exit(0)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
app.extensions["octavo"].close()
sys.exit(code)
"""


@pytest.mark.thorough
def test_forked_server_process_follows_the_files_too(folder: PostsFolder, tmp_path: Path, app: Flask) -> None:
    folder.write("first", "The text of the first article.")

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path)], cwd=CHECKOUT, capture_output=True, timeout=90
    )

    assert done.returncode == 0, done.stderr.decode()


FORKS = """
import os, signal, sys, threading
from pathlib import Path
from octavo import create_app
from octavo.search.analysis import language
site = create_app(Path(sys.argv[1])).extensions["octavo"]
edition = site.edition()
def work(words):
    for word in words:
        site.texts.post(edition, edition.posts[0])
        language("english").stem(word)
def endless(thread):
    while True:
        work(f"w{thread}x{n}ing" for n in range(200_000))
for thread in range(3):
    threading.Thread(target=endless, args=(thread,), daemon=True).start()
for fork in range(30):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        work(["forking"])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
os._exit(0)
"""


@pytest.mark.thorough
def test_process_that_is_forked_while_threads_work_waits_for_none_of_them(folder: PostsFolder, tmp_path: Path) -> None:
    folder.write("first")

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS, str(tmp_path)], cwd=CHECKOUT, capture_output=True, timeout=90
    )

    assert done.returncode == 0, done.stderr.decode()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(0, 1_000, 10))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(times)))
    terminal, log = Terminal(), StringIO()
    for stream in (terminal, log):
        progress = Progress("Search index", stream)
        progress.show(0, 400)
        progress.show(100, 400)
        progress.finish("done.")

    assert "\rSearch index [#######.......................] 100 of 400 articles, 0:30 left" in terminal.getvalue()
    assert log.getvalue().splitlines() == [
        "Search index: 0 of 400 articles",
        "Search index: 100 of 400 articles, 0:30 left",
        "Search index: done.",
    ]


@pytest.mark.thorough
def test_article_that_was_saved_before_a_failure_is_found_after_it(
    live: Site, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("octavo.site.indexing.RETRY_UNWRITABLE", 0.01)
    notice = live.index.notice
    failing = [True]

    def fail_once() -> None:
        if failing and (folder.path / "second.md").exists():
            failing.clear()
            raise OSError("for once")
        notice()

    monkeypatch.setattr(live.index, "notice", fail_once)

    folder.write("second", "Magnetometers are wonderful.")

    until(lambda: paths(live, "magnetometer") == ["second.md"], "the new article is found")
    assert "could not be brought up to date" in caplog.text
