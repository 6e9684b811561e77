"""Dates as writers and other systems write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.frontmatter.dates import date_in_path, is_ambiguous, parse_date
from octavo.content.slugs import without_date

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2025, 7, 17, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2025-07-17T12:00:00Z",
        "2025-07-17T14:00:00+02:00",
        "2025-07-17, 14:00",
        "Thu Jul 17 2025 14:00:00 GMT+0200 (CEST)",
        "Thu Jul 17 2025 14:00:00 GMT+0200 (Central European Summer Time)",
        "07/17/25 14:00",
        "7/17/25, 2:00 PM",
        "2025-07-17 14:00:00 +0200",
        "2025-07-17 07:00 -05:00",
        "2025-07-17T12:00:00.000000000Z",
        "2025/07/17 14:00",
        "2025-7-17 14:00:00",
        "Thu, 17 Jul 2025 12:00:00 GMT",
        "2025-07-17 8:00 -4",
        "2025-07-17 08:00:00 EDT",
        "2025-07-17 02:00 PM",
        "17 July 2025 14:00",
        "July 17, 2025, 14:00",
        "1752753600",
        "1752753600000",
        "1752753600.0",
        "20250717T120000Z",
        "20250717T140000+02:00",
        "14:00 07/17/2025",
        "2:00pm 07/17/2025",
        "07/17/2025 2:00 PM",
        "17.07.2025 14:00",
        "17-07-2025 14:00",
        "17/07/2025 14:00",
        "Thu Jul 17 14:00:00 2025",
        "Thu Jul 17 14:00:00 2025 +0200",
        "Thu Jul 17 12:00:00 UTC 2025",
        "Thursday, 17-Jul-2025 12:00:00 GMT",
        "2025-07-17 14:00:00 +0200 CEST",
        "2025-07-17 14:00:00 2025 +0200",
        "2025-07-17 14:00:00 UTC+02:00",
        "2025-07-17T14:00:00+02:00[Europe/Berlin]",
        "July 17, 2025 at 2:00 PM",
    ],
)
def test_one_instant_is_read_in_every_spelling(text: str) -> None:
    assert parse_date(text, BERLIN) == NOON


@pytest.mark.parametrize("text", [
    "2025-07-17", "2025/7/17", "July 17, 2025", "Jul 17 2025", "17th July 2025", "20250717", "17.7.2025", "17. 7. 2025",
    "07/17/2025", "17-07-2025", "[[2025-07-17]]", "[[2025-07-17|today]]", "2025年7月17日", "2025년 7월 17일",
    "Thursday, July 17th, 2025", "2025-Jul-17", "17 Jul. 2025", "2025.07.17",
])  # fmt: skip
def test_a_bare_date_is_midnight_in_the_sites_zone(text: str) -> None:
    assert parse_date(text, BERLIN) == datetime(2025, 7, 16, 22, 0, tzinfo=UTC)


def test_native_values_of_toml_are_dates() -> None:
    assert parse_date(date(2025, 7, 17), UTC) == datetime(2025, 7, 17, tzinfo=UTC)
    assert parse_date(datetime(2025, 7, 17, 14, 0), BERLIN) == NOON  # noqa: DTZ001 - TOML's local time
    assert parse_date(NOON, BERLIN) == NOON
    assert parse_date(20250717, UTC) == datetime(2025, 7, 17, tzinfo=UTC)
    assert parse_date(1752753600, BERLIN) == parse_date(1752753600.0, BERLIN) == NOON


@pytest.mark.parametrize("number", [2025, 0, 1, 717, 202507, 20259999, 99_999_999, -5])
def test_a_number_that_is_no_moment_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(number, UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("07/08/2025", (7, 8)),
        ("07-08-2025", (8, 7)),
        ("07.08.2025", (8, 7)),
        ("13/08/2025", (8, 13)),
        ("08-13-2025", (8, 13)),
    ],
)
def test_day_and_month_stand_as_php_reads_them_unless_only_one_order_can_be(text: str, day: tuple[int, int]) -> None:
    found = parse_date(text, UTC)

    assert (found.month, found.day) == day
    assert is_ambiguous(text) == (text in ("07/08/2025", "07-08-2025"))


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30", "2025-13-01", "2025-00-10", "2025-07-17 25:00", "0000-01-01", "tomorrow", "12 Foo 2025", "17.7.",
        "2025-07-17T12:00:00+99:00", "99999999999999999999", "-1", "", "2025", "{{ now }}", "2025-07-17 and more",
        "0001-01-02T00:00:00Z",
        "2025-07-17 12:00 XYZ", "2025-07-17 13:00 PM", "2025-07-17 00:30 am",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(text, BERLIN)


@pytest.mark.parametrize("text", ["0999-12-31T10:00:00Z", "31 December 0999"])
def test_year_that_is_refused_is_told_the_years_that_are_not(text: str) -> None:
    with pytest.raises(ValueError, match="1000 to 9999"):
        parse_date(text, BERLIN)


@pytest.mark.parametrize("value", [True, 10**30, -(10**30), 1.5, float("inf"), None, [], {}])
def test_values_of_other_types_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(value, UTC)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("2025-07-17-hello.md", True),
        ("2025/07/17/hello.md", True),
        ("blog/2025-07-17-hello/index.md", True),
        ("2025-07-17.md", True),
        ("2025-02-30-hello.md", False),
        ("12025-07-17-hello.md", False),
        ("2025/07/hello.md", False),
    ],
)
def test_the_date_in_a_path_is_found(path: str, found: bool) -> None:
    assert (date_in_path(path, UTC) is not None) == found


def test_the_date_in_a_name_is_no_part_of_it() -> None:
    assert without_date("2025-07-17-hello") == "hello"
    assert without_date("2025-07-17") == "2025-07-17"
    assert without_date("hello-2025-07-17") == "hello-2025-07-17"


@given(st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_every_date_is_read_back_from_its_iso_form(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)

    assert parse_date(aware.isoformat(), BERLIN) == aware


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        found = parse_date(text, BERLIN)
    except ValueError:
        return
    assert found.astimezone(BERLIN).tzinfo is BERLIN


@pytest.mark.parametrize("text", ["9999-12-31", "9999-12-31T23:59:59-12:00", "31 December 9999"])
def test_year_that_says_never_is_the_last_that_every_zone_can_show(text: str) -> None:
    found = parse_date(text, ZoneInfo("Pacific/Kiritimati"))

    assert found.astimezone(ZoneInfo("Etc/GMT-14")).year in (9998, 9999)
    assert found.year == 9998 or found.timetuple()[:2] == (9999, 1)


@pytest.mark.parametrize(("text", "day"), [("03/07/22", date(2022, 3, 7)), ("12/31/69", date(1969, 12, 31))])
def test_quartos_short_year_is_read_and_doubted(text: str, day: date) -> None:
    assert parse_date(text, UTC).date() == day
    assert is_ambiguous(text)


@pytest.mark.parametrize("text", ["22/03/07", "13/01/22", "00/01/22", "03-07-22", "03.07.22", "02/30/22"])
def test_other_short_years_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(text, UTC)
