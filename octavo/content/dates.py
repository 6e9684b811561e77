"""Dates as writers and other systems write them, made into aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

_NUMERIC = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*(?:([Zz]|UTC|GMT)|([+-])(\d{2}):?(\d{2})?)?(?:\s*\[[\w/+-]+\])?)?"
)
_MONTHS = {name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_NAMED = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)??(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?\s+(?P<m1>[A-Za-z]{3,9})|(?P<m2>[A-Za-z]{3,9})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?)"
    r",?\s+(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)


def parse_date(value: object, zone: tzinfo) -> datetime:
    """Return a front matter value as an aware datetime in UTC.

    Accepts ISO 8601 and its relatives (`2025-07-17`, `2025/07/17 10:00 +0200`), RFC 5322 dates, `July 17, 2025`,
    Unix seconds or milliseconds, and date and datetime objects. A bare date means midnight in `zone`; a time
    without an offset is in that zone too. Raises ValueError with a reason for anything else.
    """
    if isinstance(value, datetime):
        return _utc(value if value.tzinfo else value.replace(tzinfo=zone))
    if isinstance(value, date):
        return _utc(datetime.combine(value, time(), zone))
    if isinstance(value, int) and not isinstance(value, bool):
        return _from_unix(value)
    text = str(value).strip()
    if found := _NUMERIC.fullmatch(text):
        return _utc(_from_numeric(found, zone))
    if found := _NAMED.fullmatch(text):
        return _utc(_from_named(found, zone))
    if re.fullmatch(r"\d{10}(?:\d{3})?", text):
        return _from_unix(int(text))
    raise ValueError("it is not a date")


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the year is out of range") from None


def _from_unix(seconds: int) -> datetime:
    if abs(seconds) >= 100_000_000_000:
        seconds //= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ValueError("the number is out of range") from None


def _from_numeric(found: re.Match[str], zone: tzinfo) -> datetime:
    year, month, day, hour, minute, second, fraction, utc, sign, hours, minutes = found.groups()
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    if utc:
        zone = UTC
    elif sign:
        zone = _offset(sign, hours, minutes or "00")
    return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro, zone)


def _from_named(found: re.Match[str], zone: tzinfo) -> datetime:
    month = _MONTHS.get((found["m1"] or found["m2"])[:3].lower())
    if month is None:
        raise ValueError("it is not a date")
    day, year = int(found["d1"] or found["d2"]), int(found["year"])
    named = found["zone"]
    if named in ("Z", "UTC", "GMT"):
        zone = UTC
    elif named:
        zone = _offset(named[0], named[1:3], named[-2:])
    clock = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    return datetime(year, month, day, *clock, tzinfo=zone)


def _offset(sign: str, hours: str, minutes: str) -> timezone:
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-delta if sign == "-" else delta)


_IN_PATH = re.compile(r"(?:^|/)(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?=[-_./ ]|$)")


def date_in_path(path: str, zone: tzinfo) -> datetime | None:
    """Return the date that stands in a path (`2025-07-17-name.md`, `2025/07/17/name.md`), else None."""
    found = _IN_PATH.search(path)
    if found is None:
        return None
    try:
        return _utc(datetime(int(found[1]), int(found[3]), int(found[4]), tzinfo=zone))
    except ValueError:
        return None


def without_date(name: str) -> str:
    """Return a file's or folder's name without the date at its beginning (Jekyll's dated file names)."""
    return re.sub(r"^\d{4}-\d{1,2}-\d{1,2}[-_ ](?=.)", "", name)
