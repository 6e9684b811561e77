"""Dates as writers and other systems write them, made into aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

# A time of the day, with a zone: 14:00, 3:14pm, 14:00:00.123 +0200 CEST,
# 14:00 UTC-03:00 [Europe/Rome].
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = (
    r"(?:\s*(?P<zone>[Zz]|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|[A-Z]{3,4})"
    r"(?:\s+[A-Z]{3,5})?)?(?:\s*(?:\[[\w/+-]+\]|\([^()]{1,60}\)))?"
)
_AFTER = rf"(?:(?:[Tt]|,?\s+(?:at\s+)?){_TIME}{_ZONE})?"
_WEEKDAY = r"(?:[A-Za-z]{3,9}\.?,?\s+)??"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?"
_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
_YEAR = r"(?P<year>\d{4})"

# ISO 8601 and its relatives, also with what Ruby's `strftime("%Y-%m-%d %H:%M:%S %Y %z")` repeats.
_YEAR_FIRST = re.compile(
    rf"{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})"
    rf"(?:(?:[Tt]|,?\s+){_TIME}(?:\s+(?P=year))?{_ZONE})?"
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[Tt](?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?)?"
)
_EAST_ASIAN = re.compile(
    rf"{_YEAR}\s*[年년]\s*(?P<month>\d{{1,2}})\s*[月월]\s*(?P<day>\d{{1,2}})\s*[日일](?:\s*{_TIME})?"
)
# Day and month in either order, as Grav and Quarto document them.
_YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<sign>[-/.])\s?(?P<other>\d{{1,2}})(?P=sign)\s?{_YEAR}{_AFTER}"
)
# https://quarto.org/docs/reference/dates.html: the month first.
_SHORT_YEAR = re.compile(
    rf"(?P<month>0?[1-9]|1[0-2])/(?P<day>0?[1-9]|[12]\d|3[01])/(?P<year>\d\d){_AFTER}"
)
_TIME_FIRST = re.compile(
    rf"{_TIME}\s+(?P<first>\d{{1,2}})(?P<sign>[-/.])(?P<other>\d{{1,2}})(?P=sign){_YEAR}"
)
_NAMED = (
    re.compile(rf"{_WEEKDAY}{_DAY}[\s-]+(?:of\s+)?{_MONTH}[\s,-]+{_YEAR}{_AFTER}"),
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+{_YEAR}{_AFTER}"),
    # What `date`, `git log` and C's asctime print.
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_TIME}{_ZONE}\s+{_YEAR}"),
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_TIME}\s+{_YEAR}{_ZONE}"),
    re.compile(rf"{_YEAR}[\s-]+{_MONTH}[\s-]+{_DAY}{_AFTER}"),
)
# The named zones of RFC 5322, in hours from UTC.
_ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7,
}  # fmt: skip
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_SECONDS = re.compile(r"\d{10}(?:\d{3})?(?:\.\d{1,9})?")
# Obsidian's link to the note of a day.
_LINK = re.compile(r"\[\[(?P<date>[^\[\]|]+)(?:\|[^\[\]]*)?\]\]")

UNKNOWN = "it has no form that is known"
# Seconds since the epoch have at least so many digits, from 1973 on: fewer are a year or a mistake.
MIN_SECONDS = 100_000_000
MIN_MILLISECONDS = 100_000_000_000


def parse_date(value: object, zone: tzinfo) -> datetime:
    """Return a front matter value as an aware datetime in UTC.

    Accepts ISO 8601 and its relatives (`2025-07-17`, `20250717`, `2025/07/17 10:00 +0200`), RFC
    5322 dates, `July 17, 2025`, `17.07.2025`, Grav's `10:00 07/17/2025`, what `date`, `git log`
    and JavaScript print, Quarto's `07/17/25`, Unix seconds or milliseconds, and date and datetime
    objects. A bare date means midnight
    in `zone`; a time without an offset is in that zone too. Of `07/08/2025` the first number is
    the month, of `07-08-2025` and `07.08.2025` the day, as in PHP. Raises ValueError with a reason
    for anything else, and for years before 1000. The year 9999 is read as 9998.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone)
        return _utc(value)
    if isinstance(value, date):
        return _utc(datetime.combine(value, time(), zone))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value, zone)
    text = " ".join(str(value).split())
    link = _LINK.fullmatch(text)
    if link:
        text = link["date"].strip()
    for pattern in (_YEAR_FIRST, _BASIC, _EAST_ASIAN, _SHORT_YEAR):
        found = pattern.fullmatch(text)
        if found:
            return _moment(found, int(found["month"]), int(found["day"]), zone)
    for pattern in (_YEAR_LAST, _TIME_FIRST):
        found = pattern.fullmatch(text)
        if found:
            return _moment(found, *_month_and_day(found), zone)
    if _SECONDS.fullmatch(text):
        return _from_number(float(text), zone)
    for pattern in _NAMED:
        found = pattern.fullmatch(text)
        if found:
            return _moment(found, _month_named(found["month"]), int(found["day"]), zone)
    raise ValueError(UNKNOWN)


def is_ambiguous(value: object) -> bool:
    """Whether `value` is a date whose day and month can be confused, such as `07/08/2025`."""
    text = " ".join(str(value).split())
    if text[:4].isdecimal():
        return False
    if _SHORT_YEAR.fullmatch(text):
        return True
    found = _YEAR_LAST.fullmatch(text) or _TIME_FIRST.fullmatch(text)
    if found is None or found["sign"] == ".":
        return False
    first = int(found["first"])
    other = int(found["other"])
    return first != other and max(first, other) <= 12


def _month_and_day(found: re.Match[str]) -> tuple[int, int]:
    first = int(found["first"])
    other = int(found["other"])
    month_is_first = found["sign"] == "/"
    if first > 12:
        month_is_first = False
    elif other > 12:
        month_is_first = True
    if month_is_first:
        return first, other
    return other, first


def _month_named(name: str) -> int:
    short = name[:3].lower()
    if short not in _MONTHS:
        raise ValueError(UNKNOWN)
    return _MONTHS.index(short) + 1


def _utc(moment: datetime) -> datetime:
    if not 1000 <= moment.year <= 9999:
        raise ValueError("years from 1000 to 9999 are known")
    if moment.year == 9999:
        # 9999 says "never"; some time zones cannot show the end of it.
        moment = moment.replace(year=9998)
    return moment.astimezone(UTC)


def _from_number(number: float, zone: tzinfo) -> datetime:
    """Return the moment of Unix seconds, Unix milliseconds, or a number such as 20250717."""
    found = _BASIC.fullmatch(str(number))
    if found and 1 <= int(found["month"]) <= 12 and int(found["year"]) >= 1000:
        return _moment(found, int(found["month"]), int(found["day"]), zone)
    size = abs(number)
    if size < MIN_SECONDS:
        raise ValueError("the number is no date")
    seconds = number
    if size >= MIN_MILLISECONDS:
        seconds = number / 1000
    try:
        return _utc(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        raise ValueError("the number is out of range") from None


def _moment(found: re.Match[str], month: int, day: int, zone: tzinfo) -> datetime:
    said = found.groupdict()
    hour = int(said.get("hour") or 0)
    half = said.get("half")
    if half:
        hour = _hour_of_day(hour, half)
    minute = int(said.get("minute") or 0)
    second = int(said.get("second") or 0)
    micro = int((said.get("fraction") or "0")[:6].ljust(6, "0"))
    offset = _zone(said.get("zone"), zone)
    year = int(said["year"])
    if len(said["year"]) == 2:
        # As POSIX reads them.
        year += 1900 if year > 68 else 2000
    return _utc(datetime(year, month, day, hour, minute, second, micro, offset))


def _hour_of_day(hour: int, half: str) -> int:
    if not 1 <= hour <= 12:
        raise ValueError("hours before and after noon are 1 to 12")
    return hour % 12 + 12 * (half in "Pp")


def _zone(name: str | None, default: tzinfo) -> tzinfo:
    if not name:
        return default
    offset = name.removeprefix("UTC").removeprefix("GMT")
    if offset[:1] not in ("+", "-"):
        hours = _ZONES.get(name.upper())
        if hours is None:
            raise ValueError(f"the time zone {name} has no offset")
        return timezone(timedelta(hours=hours))
    digits = offset[1:].replace(":", "")
    minutes = 0
    if len(digits) > 2:
        minutes = int(digits[-2:])
        digits = digits[:-2]
    delta = timedelta(hours=int(digits), minutes=minutes)
    if delta >= timedelta(days=1):
        raise ValueError("time zones are less than 24 hours apart from UTC")
    if offset[0] == "-":
        delta = -delta
    return timezone(delta)


_IN_PATH = re.compile(r"(?:^|/)(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?=[-_./ ]|$)")


def date_in_path(path: str, zone: tzinfo) -> datetime | None:
    """Return the date in a path (`2025-07-17-name.md`, `2025/07/17/name.md`), else None."""
    found = _IN_PATH.search(path)
    if found is None:
        return None
    try:
        return _utc(datetime(int(found[1]), int(found[3]), int(found[4]), tzinfo=zone))
    except ValueError:
        return None
