"""While there is no index, the catalogue answers as the index will, and as fast."""

from __future__ import annotations

import time

import pytest
from archive import Archive, day

from octavo.search.query.fallback import MAX_CANDIDATES

ARTICLES = 4_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Thousands of articles without an index, after a first search."""
    archive = Archive(tmp_path_factory.mktemp("large") / "search_index")
    for number in range(ARTICLES):
        archive.write(
            f"{number}.md", f"Comet {number}", summary="A bright comet was seen by many. " * 6,
            tags=("Comets", f"Tag {number % 50}"), category=f"Section {number % 7}", authors=("Ada Okafor",),
            published=day(1990 + number % 30),
        )  # fmt: skip
    archive.search("tag:x category:x author:x year:1999")
    return archive


@pytest.mark.parametrize(
    "typed",
    [
        " ".join(f"-tag:zz{n}" for n in range(60)) + " tag:none",
        "-tag:zz* " * 40 + "tag:none*",
        " ".join(f"-year:19{n}" for n in range(10, 70)) + " year:1800",
        " ".join(f"after:{1_000 + n}" for n in range(60)) + " before:1500",
        " ".join(f"bright{n} comet{n}" for n in range(30)),
    ],
    ids=["labels", "beginnings", "years", "dates", "words"],
)
def test_without_an_index_no_query_costs_more_than_many_articles_may(large: Archive, typed: str) -> None:
    took = []
    for _ in range(3):
        started = time.thread_time()
        large.search(typed, correct=False)
        took.append(time.thread_time() - started)

    # 50 ms at 14,000 articles, of which this is a part.
    assert min(took) < 0.05 * ARTICLES / 14_000 + 0.02


def test_without_an_index_labels_and_dates_narrow_together(large: Archive) -> None:
    typed = "tag:tag-4 -category:section-4 author:ada-okafor before:2015 -year:2014"

    results = large.search(typed)

    expected = [n for n in range(ARTICLES) if n % 50 == 4 and n % 7 != 4 and n % 30 < 25 and n % 30 != 24]
    assert expected
    assert results.total == min(len(expected), MAX_CANDIDATES)


def test_without_an_index_required_words_are_looked_for_before_optional_ones(archive: Archive) -> None:
    archive.write("a.md", "Io")

    assert archive.paths(" ".join(f"m{n}agnetosphere" for n in range(20)) + " +io") == ["a.md"]


def test_without_an_index_what_is_known_of_an_edited_article_is_forgotten(archive: Archive) -> None:
    archive.write("a.md", "Old", tags=("Mars",), published=day(2001))
    archive.write("b.md", "Other", tags=("Mars",), published=day(2001))
    assert len(archive.paths("tag:mars year:2001 before:2010")) == 2

    archive.write("a.md", "Old", tags=("Venus",), published=day(2021))

    assert archive.paths("tag:mars") == archive.paths("year:2001") == archive.paths("before:2010") == ["b.md"]
    assert archive.paths("tag:venus") == archive.paths("year:2021") == archive.paths("after:2010") == ["a.md"]


@pytest.mark.parametrize("typed", ["-moon", "-moons", "-moon title:comet", "comet number -moon", "-rust -moon"])
def test_without_an_index_excluded_words_leave_room_for_other_articles(archive: Archive, typed: str) -> None:
    for number in range(MAX_CANDIDATES + 40):
        archive.write(f"m{number}.md", f"Moon {number}", summary="Another number.", published=day(2020))
    for number in range(20):
        archive.write(f"o{number}.md", f"Comet {number}", published=day(2001))

    before = archive.search(typed)
    archive.sync()

    assert before.total == archive.search(typed).total == 20


def test_without_an_index_excluded_words_leave_others_that_contain_them(archive: Archive) -> None:
    archive.write("a.md", "Moonlight")
    archive.write("b.md", "Modern C++")
    archive.write("c.md", "The art")

    before = [sorted(archive.paths(typed)) for typed in ("-moon", "NOT c", "-the", '-"the art"', "-title:moonlight")]
    archive.sync()

    assert before == [sorted(archive.paths(t)) for t in ("-moon", "NOT c", "-the", '-"the art"', "-title:moonlight")]
    assert before[:2] == [["a.md", "b.md", "c.md"]] * 2


def test_without_an_index_a_whole_label_is_no_beginning(archive: Archive) -> None:
    for number in range(MAX_CANDIDATES + 10):
        archive.write(f"new{number}.md", f"New {number}", tags=("Moon landing",), published=day(2020))
    archive.write("old.md", "Old", tags=("Moon",), published=day(2001))

    assert archive.paths("tag:moon") == archive.paths("tag:moon", correct=False) == ["old.md"]
    assert len(archive.paths("tag:moon-l")) == 10


def test_without_an_index_the_oldest_are_the_oldest_of_all(archive: Archive) -> None:
    archive.write("undated.md", "Comet without a date")
    for number in range(MAX_CANDIDATES + 20):
        archive.write(f"{number}.md", f"Comet {number}", summary="A comet of ice.", published=day(1900 + number))

    def first(sort: str) -> list[list[str]]:
        return [archive.paths(typed, sort=sort)[:2] for typed in ("", "comet", "comet ice")]

    before = [first("oldest"), first("newest")]
    archive.sync()

    assert before == [[["0.md", "1.md"]] * 3, [[f"{MAX_CANDIDATES + 19}.md", f"{MAX_CANDIDATES + 18}.md"]] * 3]
    assert before == [first("oldest"), first("newest")]


@pytest.mark.parametrize("typed", ["کتاب‌های", "محمد", "مُحَمَّد", "שלום", "שָׁלוֹם"])
def test_without_an_index_points_and_joiners_need_not_be_typed(archive: Archive, typed: str) -> None:
    archive.write("a.md", "کتاب‌های مُحَمَّد")
    archive.write("b.md", "שָׁלוֹם")

    before = archive.paths(typed)
    archive.sync()

    assert before == archive.paths(typed) != []
