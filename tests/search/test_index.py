"""The index follows the articles, in this process and in others, and is an ordinary Whoosh index."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import Stemmer
from archive import Archive, day

import octavo
from octavo.search.analysis import language
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.index.arrays import ArrayWriter, DamagedIndexError
from octavo.search.index.segment import Segment
from octavo.search.index.writer import MAX_SEGMENTS
from octavo.search.protocol import Document
from octavo.search.whoosh_parts import FileIndex, FileStorage


def test_edited_added_and_removed_articles_are_followed(magazine: Archive) -> None:
    magazine.write("rover.md", "Rovers of Titan", "Dragonfly will fly.")
    magazine.write("new.md", "A comet", "It has a tail.")
    magazine.remove("water.md")

    report = magazine.sync()

    assert (report.added, report.removed, report.failed) == (2, 1, {})
    assert magazine.paths("mars") == []
    assert magazine.paths("dragonfly") == ["rover.md"]
    assert magazine.paths("tail") == ["new.md"]
    assert magazine.engine.verify(magazine.files)


def test_nothing_is_loaded_or_written_when_nothing_changed(magazine: Archive) -> None:
    generation = magazine.engine.status().generation

    report = magazine.engine.sync(magazine.files, pytest.fail)

    assert not report.changed
    assert magazine.engine.status().generation == generation


def test_new_text_is_found_by_the_first_search_after_the_sync(magazine: Archive) -> None:
    for i in range(30):
        magazine.write("rover.md", "Rovers of Mars", f"Marker{i} is written here.")
        magazine.sync()

        assert magazine.paths(f"marker{i}") == ["rover.md"]
        assert magazine.paths(f"marker{i - 1}", correct=False) == []
    assert magazine.search("").total == 6


def test_many_small_commits_do_not_leave_many_segments(magazine: Archive) -> None:
    for i in range(40):
        magazine.write(f"{i}.md", f"Comet {i}", "A comet.")
        magazine.sync()

    assert magazine.engine.status().segments <= MAX_SEGMENTS
    assert magazine.search("comet").total == 40
    assert magazine.engine.verify(magazine.files)


def test_next_writer_finishes_what_one_that_was_killed_while_it_merged_has_left(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr("octavo.search.index.writer._merges", lambda *given, **options: [])
        for i in range(3 * MAX_SEGMENTS):
            archive.write(f"{i}.md", f"Comet {i}", "A comet.")
            archive.sync()
    half = next(archive.root.glob("index-*")) / "MAIN_0123456789abcdef.seg1"
    half.write_bytes(b"half a segment")

    assert not archive.sync().changed

    assert archive.engine.status().segments == 1
    assert not half.exists()
    assert archive.search("comet").total == 3 * MAX_SEGMENTS
    assert archive.engine.verify(archive.files)


def test_article_that_cannot_be_loaded_hurts_only_itself(archive: Archive) -> None:
    archive.write("good.md", "Good", "Fine.")
    archive.write("bad.md", "Bad", "Broken.")

    def load(path: str) -> Document:
        if path == "bad.md":
            raise ValueError("line 3 is wrong")
        return archive.documents[path]

    report = archive.engine.sync(archive.files, load)

    assert report.failed == {"bad.md": "line 3 is wrong"}
    assert archive.paths("fine") == ["good.md"]
    assert archive.engine.verify(archive.files).missing == ("bad.md",)


def test_newest_articles_can_be_found_while_the_others_are_still_indexed(archive: Archive) -> None:
    for i in range(120):
        archive.write(f"{i}.md", f"Comet {i}", "A comet.", published=day(2024) - timedelta(days=i))
    seen: list[tuple[int, int, int, bool]] = []

    def progress(done: int, total: int) -> None:
        results = archive.search("comet", sort="newest")
        assert results.hits[0].path == "0.md"
        seen.append((done, total, results.total, results.partial))

    archive.sync(progress=progress)

    assert seen == [(50, 120, 50, True), (120, 120, 120, False)]


@pytest.mark.thorough
def test_another_process_sees_what_was_committed_without_a_restart(magazine: Archive) -> None:
    program = """
import sys
from pathlib import Path
from octavo.content.posts import Post
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Snapshot
engine = EmbeddedEngine(Path(sys.argv[1]))
visible = Snapshot({path: Post(path, "", path, path) for path in ("new.md", "rover.md")})
for line in sys.stdin:
    engine.index.refresh()
    print(engine.search(line.strip(), visible, correct=False).total, flush=True)
"""
    reader = subprocess.Popen(
        [sys.executable, "-c", program, str(magazine.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None

    def asked(typed: str) -> int:
        reader.stdin.write(typed + "\n")
        reader.stdin.flush()
        return int(reader.stdout.readline())

    try:
        assert (asked("sojourner"), asked("halley")) == (1, 0)
        for i in range(20):
            magazine.write("new.md", "A comet", f"Halley came, version{i}.")
            magazine.sync()
            assert (asked(f"version{i}"), asked("halley"), asked("sojourner")) == (1, 1, 1)
    finally:
        reader.communicate(timeout=20)


def test_second_writer_steps_back_while_the_first_is_at_work(magazine: Archive) -> None:
    magazine.write("new.md", "A comet", "Halley.")
    other = EmbeddedEngine(magazine.root)
    reports = []

    def load(path: str) -> Document:
        reports.append(other.sync(magazine.files, pytest.fail))
        return magazine.documents[path]

    magazine.engine.sync(magazine.files, load)

    assert [report.busy for report in reports] == [True]
    assert not other.sync(magazine.files, pytest.fail).busy


def test_threads_search_while_another_one_writes(magazine: Archive) -> None:
    stop = threading.Event()
    problems: list[str] = []

    def look() -> None:
        while not stop.is_set():
            results = magazine.engine.search("comet oceans", magazine.visible)
            if results.partial or "moons.md" not in [hit.path for hit in results.hits]:
                problems.append(repr(results))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for i in range(30):
            magazine.write("new.md", f"Comet {i}", "A comet.")
            magazine.sync()
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert problems == []


def test_whoosh_itself_opens_the_index_and_finds_the_same(magazine: Archive) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from whoosh.qparser import QueryParser
    folder = magazine.root / json.loads((magazine.root / "current.json").read_text())["folder"]
    index = FileIndex(FileStorage(str(folder)), indexname="MAIN")
    index_schema = index.schema

    with index.searcher() as searcher:

        def found(typed: str) -> set[str]:
            return {hit["path"] for hit in searcher.search(QueryParser("body", index_schema).parse(typed), limit=None)}

        assert searcher.doc_count() == 6
        assert found("telescope") == {"webb.md"}
        assert found('"cold war"') == {"soyuz.md"}
        assert found("tag:mars OR title:telescopes") == {"rover.md", "water.md", "webb.md"}
        assert found("words:ocea*") == {"moons.md"}
        assert searcher.document(path="rover.md")["title"] == "Rovers of Mars"


def test_deleted_documents_are_hidden_from_whoosh_too(magazine: Archive) -> None:
    magazine.remove("rover.md")
    magazine.sync()
    folder = magazine.root / json.loads((magazine.root / "current.json").read_text())["folder"]

    with FileIndex(FileStorage(str(folder)), indexname="MAIN").searcher() as searcher:
        assert {fields["path"] for fields in searcher.all_stored_fields()} == set(magazine.documents)


def test_index_folder_is_closed_to_strangers(magazine: Archive) -> None:
    folder = magazine.root / json.loads((magazine.root / "current.json").read_text())["folder"]

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_other_settings_make_another_index(magazine: Archive, tmp_path: Path) -> None:
    german = EmbeddedEngine(magazine.root, "german")

    assert german.status().state == "incompatible"
    assert german.sync(magazine.files, magazine.documents.__getitem__).added == 6
    assert german.status().state == "ready"
    assert len([entry for entry in magazine.root.iterdir() if entry.is_dir()]) == 1


def test_years_are_those_of_the_sites_time_zone(make_archive: Callable[..., Archive]) -> None:
    archive = make_archive()
    archive.engine = EmbeddedEngine(archive.root, "english", ZoneInfo("Asia/Tokyo"))
    archive.write("a.md", "New year", "Fireworks.", published=day(2020, 12, 31) + timedelta(hours=20))
    archive.sync()

    assert [value.value for value in archive.search("").facets["year"]] == ["2021"]
    assert archive.paths("after:2021") == ["a.md"]


def test_fresh_build_answers_from_the_old_index_until_it_is_done(magazine: Archive) -> None:
    answers = []

    def load(path: str) -> Document:
        answers.append((magazine.search("mars").total, magazine.search("mars").partial))
        return magazine.documents[path]

    report = magazine.engine.sync(magazine.files, load, fresh=True)

    assert report.added == 6
    assert set(answers) == {(2, False)}
    assert magazine.engine.verify(magazine.files)


def test_verify_names_what_differs(magazine: Archive) -> None:
    magazine.write("rover.md", "Changed", "Changed.")
    magazine.write("new.md", "New", "New.")
    magazine.remove("webb.md")

    found = magazine.engine.verify(magazine.files)

    assert not found
    assert (found.missing, found.stale, found.extra) == (("new.md",), ("rover.md",), ("webb.md",))


def test_status_tells_documents_segments_and_size(archive: Archive) -> None:
    before = archive.engine.status()
    archive.write("a.md", "Alpha", "One.")
    archive.sync()

    after = archive.engine.status()

    assert (before.state, before.documents) == ("absent", 0)
    assert (after.state, after.documents, after.deleted, after.segments) == ("ready", 1, 0, 1)
    assert after.size > 0


def test_file_that_lacks_a_part_counts_as_damaged(tmp_path: Path) -> None:
    with (tmp_path / "one.seg1").open("xb") as file, ArrayWriter(file) as writer:
        writer.add("published", np.zeros(3, np.int64))

    with pytest.raises(DamagedIndexError, match=r"one\.seg1 has no stored/ends\."):
        Segment(tmp_path / "one.seg1").stored(1)


@pytest.fixture
def other_stemmer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """From here on the stemmer is another release, which leaves words in -ing as they are."""
    release = Stemmer.Stemmer

    class Other:
        def __init__(self, name: str, size: int) -> None:
            self._stemmer = release(name, size)

        def stemWord(self, word: str) -> str:
            return word if word.endswith("ing") else str(self._stemmer.stemWord(word))

    monkeypatch.setattr(Stemmer, "Stemmer", Other)
    language.cache_clear()
    yield
    language.cache_clear()


def test_index_of_another_stemmer_serves_until_the_new_one_is_whole(magazine: Archive, other_stemmer: None) -> None:
    upgraded = EmbeddedEngine(magazine.root)
    before = upgraded.status().state
    seen = []

    def load(path: str) -> Document:
        results = upgraded.search("telescope", magazine.visible)
        seen.append((upgraded.status().state, results.total, results.partial))
        return magazine.documents[path]

    report = upgraded.sync(magazine.files, load)

    assert (before, report.added) == ("incompatible", 6)
    assert seen == [("incompatible", 1, True)] * 6
    assert upgraded.status().state == "ready"
    assert upgraded.verify(magazine.files)
    assert not upgraded.search("telescope", magazine.visible).partial


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("site/texts.py", "ready: ['webb.md'] complete"),
        ("content/markdown/render.py", "incompatible: ['webb.md'] partial"),
        ("search/query/grammar.py", "incompatible: ['webb.md'] partial"),
        # Files may have another layout now: only what the site itself knows is searched.
        ("search/index/segment.py", "incompatible: [] partial"),
    ],
)
def test_index_made_by_other_source_is_made_again(magazine: Archive, tmp_path: Path, module: str, found: str) -> None:
    upgraded = tmp_path / "upgraded"
    shutil.copytree(Path(octavo.__file__).parent, upgraded / "octavo", ignore=shutil.ignore_patterns("__pycache__"))
    with (upgraded / "octavo" / module).open("a") as source:
        source.write("# Another version.\n")
    program = """
import sys
from pathlib import Path
from octavo.content.posts import Post
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Snapshot
engine = EmbeddedEngine(Path(sys.argv[1]))
results = engine.search("unfolded", Snapshot({path: Post(path, "", path, path) for path in ("webb.md", "rover.md")}))
paths = [hit.path for hit in results.hits]
print(f"{engine.status().state}: {paths} {'partial' if results.partial else 'complete'}")
"""

    answer = subprocess.run(
        [sys.executable, "-c", program, str(magazine.root)], cwd=upgraded, capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == found
