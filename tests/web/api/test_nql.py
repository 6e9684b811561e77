"""The filter language: what it reads, what it refuses, and that it chooses what Ghost's own library chooses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from octavo.web.api.filter.columns import ColumnTable
from octavo.web.api.filter.nql import (
    Comparison,
    FilterError,
    FilterGroup,
    parse,
)
from tests.filters import Filters
from tests.tools import Node

NOW = datetime(2025, 3, 31, 12, 30, tzinfo=UTC)


def term(text: str) -> Any:
    return parse(text, NOW).term


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag:mars", Comparison("tag", "=", ("mars",))),
        ("tag:-mars", Comparison("tag", "=", ("mars",), negated=True)),
        ("tag:[a,b]", Comparison("tag", "in", ("a", "b"))),
        ("tag:-[aa,'b c']", Comparison("tag", "in", ("aa", "b c"), negated=True)),
        ("tag:[aa+bb]", Comparison("tag", "all", ("aa", "bb"))),
        ("title:~'mars'", Comparison("title", "contains", ("mars",))),
        ("title:-~^'it\\'s'", Comparison("title", "starts", ("it's",), negated=True)),
        ("title:~$'\\\"end\\\"'", Comparison("title", "ends", ('"end"',))),
        ("reading_time:>=10", Comparison("reading_time", ">=", (10,))),
        ("reading_time:<1.9", Comparison("reading_time", "<", (1,))),
        ("id:-5", Comparison("id", "=", (5,), negated=True)),
        ("slug:2001-a-space-odyssey", Comparison("slug", "=", ("2001-a-space-odyssey",))),
        ("slug:true-story", Comparison("slug", "=", ("true-story",))),
        ("featured:True", Comparison("featured", "=", (True,))),
        ("canonical_url:Null", Comparison("canonical_url", "=", (None,))),
        ("title:六", Comparison("title", "=", ("六",))),
    ],
)
def test_comparisons_are_read(text: str, expected: Comparison) -> None:
    assert term(text) == expected


def test_and_binds_tighter_than_or() -> None:
    found = term("a:aa+b:bb,c:cc")

    assert isinstance(found, FilterGroup)
    assert found.kind == "or"
    assert [getattr(each, "kind", each) for each in found.terms] == ["and", Comparison("c", "=", ("cc",))]


def test_groups_and_spaces() -> None:
    assert term(" a:aa + ( b:bb , c:cc ) ") == term("a:aa+(b:bb,c:cc)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now-3d", "2025-03-28 12:30:00"),
        ("now+2w", "2025-04-14 12:30:00"),
        ("now-1M", "2025-02-28 12:30:00"),
        ("now+11M", "2026-02-28 12:30:00"),
        ("now-1y", "2024-03-31 12:30:00"),
        ("now+36h", "2025-04-02 00:30:00"),
        ("now-45m", "2025-03-31 11:45:00"),
        ("now-1s", "2025-03-31 12:29:59"),
        ("now+1d", "2025-04-01 12:30:00"),
        ("now+1y", "2026-03-31 12:30:00"),
        ("now-3M", "2024-12-31 12:30:00"),
        ("now-4M", "2024-11-30 12:30:00"),
        ("now+8M", "2025-11-30 12:30:00"),
        ("now+9M", "2025-12-31 12:30:00"),
        ("now-2024y", "0001-03-31 12:30:00"),
        ("now-2025y", "0001-01-01 00:00:00"),
        ("now+7974y", "9999-03-31 12:30:00"),
        ("now+7975y", "9999-12-31 23:59:59"),
        ("now-99999999999999999999y", "0001-01-01 00:00:00"),
        ("now+99999999999999999999M", "9999-12-31 23:59:59"),
        ("now-" + "9" * 3900 + "w", "0001-01-01 00:00:00"),
        ("now+999999999999s", "9999-12-31 23:59:59"),
    ],
)
def test_relative_dates_count_from_now_in_utc(text: str, expected: str) -> None:
    found = parse(f"published_at:>{text}", NOW)

    assert found.term == Comparison("published_at", ">", (expected,))
    assert found.relative


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tag:", 5),
        ("tag", 1),
        ("tag:mars+", 10),
        ("(tag:mars", 10),
        ("tag:mars)", 9),
        ("title:~mars", 8),
        ("tag:=mars", 5),
        ("tag:>[aa]", 6),
        ("tag:-[aa+bb]", 9),
        ("tag:[aa,bb+cc]", 11),
        ("url:https://example.org", 5),
        ("title:''", 7),
    ],
)
def test_a_wrong_filter_is_refused_with_the_place(text: str, place: int) -> None:
    with pytest.raises(FilterError, match=f"at char {place}$"):
        term(text)


def nested(depth: int) -> str:
    return "(" * depth + "a:aa" + ")" * depth


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" * 4_001, "more than 4000 characters"),
        (nested(33), "more than 32 deep"),
        (f"(a:aa)+(a:aa)+{nested(33)}", "more than 32 deep"),
        ("+".join(["a:aa"] * 201), "more than 200 comparisons"),
    ],
)
def test_a_filter_beyond_the_limits_is_refused(text: str, reason: str) -> None:
    with pytest.raises(FilterError, match=reason):
        term(text)


@pytest.mark.parametrize(
    "text",
    [
        "a:" + "a" * 3_998,
        nested(32),
        # Groups beside one another are not deep.
        "+".join(["(a:aa)"] * 33),
        "+".join(["a:aa"] * 200),
    ],
)
def test_a_filter_at_the_limits_is_read(text: str) -> None:
    assert term(text)


def test_a_group_around_one_comparison_changes_nothing() -> None:
    assert term("(tag:mars)") == term("tag:mars")
    assert term("((a:aa,b:bb))") == term("a:aa,b:bb")


@pytest.mark.parametrize(
    ("text", "matches"),
    [("tag:mars", 0), ("title:~'mars'", 1), ("title:~'mars',(tag:mars+title:-~^'a b')", 2)],
)
def test_comparisons_that_read_every_text_are_counted(text: str, matches: int) -> None:
    assert parse(text, NOW).matches == matches


@pytest.mark.parametrize("text", ["published_at:>'2025-03-31'", "tag:now", "tag:now-3d-x", "title:'now-3d'"])
def test_what_does_not_move_with_the_clock_is_not_relative(text: str) -> None:
    assert not parse(text, NOW).relative


@pytest.mark.parametrize(("text", "place"), [("tag:\\", 5), ("a:aa+=", 6), ('"a"', 1)])
def test_a_character_that_begins_no_word_is_named_with_its_place(text: str, place: int) -> None:
    with pytest.raises(FilterError, match=f"unrecognized text .* at char {place}$"):
        term(text)


PIECES = [*"ab1 :+,-()[]'\"\\~^$<>=.\n0é\x00", "now-3d", "tag:", "tag:mars", "null", "'it'"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text, NOW)
    except FilterError:
        return
    ColumnTable(0, lambda name: []).select(found.term)


COLUMNS: dict[str, list[Any]] = {
    "published_at": ["2025-03-01T00:00:00.000+00:00", "2025-03-31T08:00:00.000+00:00", None],
    "slug": ["2001", "mars", "venus"],
    "featured": [True, False, True],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("published_at:>='2025-03-31'", [1]),
        ("published_at:<='2025-03-01 00:00:00'", [0]),
        ("published_at:'2025-03-31T10:00:00+02:00'", [1]),
        ("published_at:>now-1d", [1]),
        ("published_at:null", [2]),
        ("slug:2001", [0]),
        ("slug:-2001", [1, 2]),
        ("slug:>2000", []),
        ("slug:>'2000'", [0, 1, 2]),
        ("featured:1", []),
        ("unknown:null", [0, 1, 2]),
        ("unknown:-aa", [0, 1, 2]),
    ],
)
def test_dates_compare_as_moments_and_values_within_their_kind(text: str, expected: list[int]) -> None:
    chosen = ColumnTable(3, COLUMNS.get).select(term(text))

    assert chosen.nonzero()[0].tolist() == expected


@pytest.mark.thorough
def test_random_filters_choose_what_ghosts_library_chooses(magazine: FlaskClient, node: Node) -> None:
    records = magazine.get("/ghost/api/content/posts/?limit=100&include=tags,authors&formats=plaintext").json["posts"]
    source = Filters([{**record, "plaintext": None} for record in records], seed=1969)
    filters = [source.filter() for _ in range(1000)] + [source.damaged() for _ in range(250)]
    theirs = node.run("oracle.js", {"records": records, "filters": filters})

    wrong, telling = [], 0
    for text, expected in zip(filters, theirs, strict=True):
        answer = magazine.get("/ghost/api/content/posts/", query_string={"filter": text, "limit": 100, "fields": "id"})
        found = [record["id"] for record in answer.json["posts"]] if answer.status_code == 200 else None
        telling += bool(expected) and len(expected) < len(records)
        # One letter is a value everywhere here, and only in places there.
        if sorted(found or []) != sorted(expected or []) and not (expected is None and found is not None):
            wrong.append((text, expected, found))

    assert wrong == []
    assert telling > 250
