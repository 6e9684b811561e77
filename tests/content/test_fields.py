"""Fields of front matter: the spellings of every system are understood, and wrong values are told with their place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from octavo.content.frontmatter import values
from octavo.content.frontmatter.fields import SPELLINGS, Fields, read_fields
from octavo.content.frontmatter.head import split
from octavo.content.posts import Image

DAY = datetime(2025, 7, 17, tzinfo=UTC)


def fields_of(head: str, fence: str = "---") -> Fields:
    return read_fields(split(f"{fence}\n{head}\n{fence}\ntext", "a.md"), "a.md", UTC)


def values_of(head: str, fence: str = "---") -> dict[str, Any]:
    found = fields_of(head, fence)
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    return found.values


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: On", "On"),
        ("title: 2024-01-02", "2024-01-02"),
        ("title: 1.10", "1.10"),
        ("title: 12:30", "12:30"),
        ("title: null island", "null island"),
        ("title: 'Null'", "Null"),
        ('title: "~"', "~"),
        ("title: |\n  two\n  lines", "two lines"),
        ("Title: yes", "yes"),
        ('title: "bell\\a and\\ttab"', "bell and tab"),
    ],
)
def test_a_title_is_text_as_written(line: str, title: str) -> None:
    assert values_of(line)["title"] == title


def test_a_title_of_another_type_in_toml_is_text() -> None:
    assert values_of("title = true", "+++")["title"] == "true"
    assert values_of("title = 2001", "+++")["title"] == "2001"


@pytest.mark.parametrize("known", ["date", "updated", "expires"])
def test_every_spelling_of_a_date_is_read(known: str) -> None:
    for spelling in SPELLINGS[known]:
        assert values_of(f"{spelling}: 2025-07-17") == {known: DAY}


@pytest.mark.parametrize("known", ["title", "slug", "summary", "image_alt", "image_caption", "image_credit"])
def test_every_spelling_of_a_text_is_read(known: str) -> None:
    for spelling in SPELLINGS[known]:
        assert values_of(f"{spelling}: Some text") == {known: "Some text"}


def test_every_spelling_of_the_original_address_is_read() -> None:
    for spelling in SPELLINGS["canonical"]:
        assert values_of(f"{spelling}: https://example.org/a") == {"canonical": "https://example.org/a"}


@pytest.mark.parametrize("known", ["category", "tags", "authors", "aliases", "related", "related_exclude"])
def test_every_spelling_of_a_list_is_read(known: str) -> None:
    for spelling in SPELLINGS[known]:
        assert values_of(f"{spelling}: [One, Two, One]") == {known: ("One", "Two")}
        assert values_of(f"{spelling}:\n- One\n- Two") == {known: ("One", "Two")}


def test_case_hyphens_and_underscores_in_names_do_not_count() -> None:
    assert values_of("publish_date: 2025-07-17") == values_of("Publish-Date: 2025-07-17") == {"date": DAY}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("publishDate: 2025-07-17\ndate: 2020-01-01", DAY),
        ("date: 2020-01-01\npublishDate: 2025-07-17", DAY),
        ("publishDate:\ndate: 2025-07-17", DAY),
        ('publishDate: ""\ndate: 2025-07-17', DAY),
        ("publishDate: 0001-01-01T00:00:00Z\ndate: 2025-07-17", DAY),
        ("published: true\ndate: 2025-07-17", DAY),
        ("published: 1752710400", DAY),
    ],
)
def test_of_several_spellings_the_one_that_says_something_counts(head: str, expected: datetime) -> None:
    assert values_of(head)["date"] == expected


@pytest.mark.parametrize("value", ["", "~", "null", '""', "0001-01-01T00:00:00Z", "git Last Modified", "Created"])
def test_a_date_that_stands_for_none_is_no_date(value: str) -> None:
    assert "date" not in values_of(f"date: {value}")


def test_zero_time_in_toml_is_no_date() -> None:
    assert values_of("date = 0001-01-01T00:00:00Z", "+++") == {}


@pytest.mark.parametrize("value", ["2026-02-30", "soon", "[2025]", "0301-01-01", "2025-07-17 25:00"])
def test_a_date_that_is_none_is_an_error_with_its_place(value: str) -> None:
    (problem,) = fields_of(f"title: x\ndate: {value}").problems

    assert (problem.mark.path, problem.mark.line, problem.mark.column) == ("a.md", 3, 1)
    assert problem.severity == "error"
    assert "2025-07-17" in problem.cure


def test_all_wrong_values_are_told_at_once() -> None:
    found = fields_of("title: [a]\ndate: never\ndraft: perhaps\nimage: {path: [x]}")

    assert sorted(problem.mark.line for problem in found.problems) == [2, 3, 4, 5]
    assert {problem.mark.line for problem in found.problems if problem.severity == "error"} == {3, 4}


def test_names_are_parted_at_commas_but_authors_are_not() -> None:
    assert values_of("tags: a, b; c")["tags"] == ("a", "b", "c")
    assert values_of("author: Ada Lovelace, FRS")["authors"] == ("Ada Lovelace, FRS",)
    assert values_of("author: A; B; A")["authors"] == ("A", "B")


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ada Lee <ada@mail.example>", ("Ada Lee",)),
        ("ada@mail.example (Ada Lee)", ("Ada Lee",)),
        ("Ada <ada@mail.example>; Bob", ("Ada", "Bob")),
        ("['Ada <ada@mail.example>', Bob]", ("Ada", "Bob")),
        ("'@ada'", ("@ada",)),
        ("Ada (Lee)", ("Ada (Lee)",)),
        ("Ada <Lee>", ("Ada <Lee>",)),
    ],
)
def test_an_authors_mail_address_is_no_part_of_the_name(value: str, names: tuple[str, ...]) -> None:
    assert values_of(f"author: {value}")["authors"] == names


@pytest.mark.parametrize(
    "head",
    [
        "tags: [{name: One}, {label: Two, permalink: /two}]",
        "tags: [[One], [Two]]",
        "tags: [{slug: one, name: One}, {title: Two}]",
    ],
)
def test_names_in_tables_and_nested_lists_are_found(head: str) -> None:
    assert values_of(head) == {"tags": ("One", "Two")}


@pytest.mark.parametrize("head", ["tags: [{x: y}]", "tags: [[[deep]]]", "image: {path: [x]}", "related: {links: [/a]}"])
def test_what_a_text_can_do_without_is_told_and_ignored(head: str) -> None:
    (problem,) = fields_of(head).problems

    assert problem.severity == "warning"
    assert values_of(head) == {}


@pytest.mark.parametrize(
    ("head", "image"),
    [
        ("image: a.jpg", Image("a.jpg")),
        ("image: {path: a.jpg, alt: Alt, caption: C, credit: D}", Image("a.jpg", "Alt", "C", "D")),
        ("cover: {image: a.jpg, alt: Alt, relative: true}", Image("a.jpg", "Alt")),
        ("images: [a.jpg, b.jpg]", Image("a.jpg")),
        ("feature_image: https://x.example/a.jpg", Image("https://x.example/a.jpg")),
        ("image: {caption: none yet}", None),
        ("image: []", None),
    ],
)
def test_pictures_are_read(head: str, image: Image | None) -> None:
    assert values_of(head) == {"image": image}


@pytest.mark.parametrize(("value", "featured"), [("true", True), ("10", True), ("0", False)])
def test_a_rank_features_a_post(value: str, featured: bool) -> None:
    assert values_of(f"sticky: {value}") == {"featured": featured}


def test_an_unknown_field_is_a_warning_with_a_guess_and_stays_readable() -> None:
    found = fields_of("title: x\nsumary: short\nmood: {level: 3}")

    assert [(p.mark.line, p.severity) for p in found.problems] == [(3, "warning"), (4, "warning")]
    assert "`summary`" in found.problems[0].cure
    assert found.extra == {"sumary": "short", "mood": {"level": 3}}


def test_fields_that_only_other_systems_act_on_are_no_problem() -> None:
    found = fields_of("layout: post\nweight: 3\nsidebar_position: 1\neleventyNavigation: {key: x}\nmath: true")

    assert found.problems == []
    assert found.extra["math"] is True


def test_extra_tables_are_merged_and_resolved() -> None:
    extra = fields_of('extra:\n  a: 1\n  b: 1.5\n  c: "1"\n  d: no\n  e: ~\n  f: 1.0e999').extra

    assert extra == {"a": 1, "b": 1.5, "c": "1", "d": "no", "e": None, "f": "inf"}


def test_dates_in_extra_are_text() -> None:
    assert fields_of("[extra]\nday = 2025-07-17\nodd = nan", "+++").extra == {"day": "2025-07-17", "odd": "nan"}


def test_dates_without_an_offset_are_in_the_sites_zone() -> None:
    head = split("---\ndate: 2025-07-17 09:00\n---\n", "a.md")

    assert read_fields(head, "a.md", ZoneInfo("Asia/Tokyo")).values["date"] == DAY


@pytest.mark.parametrize(("written", "right"), [("jp", "ja"), ("CN", "zh"), ("ua_UA.UTF-8", "uk"), ("cz-CZ", "cs")])
def test_a_country_for_a_language_is_told_with_the_right_code(written: str, right: str) -> None:
    with pytest.raises(values.FieldError) as told:
        values.language(written)

    assert told.value.cure == f"Write `{right}`."


@pytest.mark.parametrize("written", ["ja", "zh-CN", "uk", "de-AT", "en_GB", "kr", "tw", "si", "br", "sv-SE"])
def test_languages_that_resemble_a_country_stay(written: str) -> None:
    assert values.language(written) == written.replace("_", "-")
