"""Dates as writers and other systems write them, made into aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

_NUMERIC = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([AaPp])[Mm])?"
    r"\s*(?P<zone>[Zz]|[A-Z]{3}|[+-]\d{1,2}(?::?\d{2})?)?(?:\s*\[[\w/+-]+\])?)?"
)
# The named zones of RFC 5322, in hours from UTC.
_ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
_MONTHS = {
    name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_NAMED = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)??"
    r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?\s+(?P<m1>[A-Za-z]{3,9})"
    r"|(?P<m2>[A-Za-z]{3,9})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?)"
    r",?\s+(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<zone>Z|[A-Z]{3}|[+-]\d{2}:?\d{2})?)?"
)


def parse_date(value: object, zone: tzinfo) -> datetime:
    """Return a front matter value as an aware datetime in UTC.

    Accepts ISO 8601 and its relatives (`2025-07-17`, `2025/07/17 10:00 +0200`), RFC 5322 dates,
    `July 17, 2025`, Unix seconds or milliseconds, and date and datetime objects. A bare date means
    midnight in `zone`; a time without an offset is in that zone too. Raises ValueError with a
    reason for anything else, and for years before 1000. The year 9999 is read as 9998.
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
    raise ValueError("it has no form that is known")


def _utc(moment: datetime) -> datetime:
    if not 1000 <= moment.year <= 9999:
        raise ValueError("years from 1000 to 9999 are known")
    # 9999 says "never"; some time zones cannot show the end of it.
    return (moment.replace(year=9998) if moment.year == 9999 else moment).astimezone(UTC)


def _from_unix(seconds: int) -> datetime:
    if abs(seconds) >= 100_000_000_000:
        seconds //= 1000
    try:
        return _utc(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        raise ValueError("the number is out of range") from None


def _from_numeric(found: re.Match[str], zone: tzinfo) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "0")[:6].ljust(6, "0"))
    if half := found[8]:
        hour = _hour_of_day(hour, half)
    return datetime(year, month, day, hour, minute, second, micro, _zone(found["zone"], zone))


def _hour_of_day(hour: int, half: str) -> int:
    if not 1 <= hour <= 12:
        raise ValueError("hours before and after noon are 1 to 12")
    return hour % 12 + (12 if half in "Pp" else 0)


def _from_named(found: re.Match[str], zone: tzinfo) -> datetime:
    month = _MONTHS.get((found["m1"] or found["m2"])[:3].lower())
    if month is None:
        raise ValueError("it has no form that is known")
    day, year = int(found["d1"] or found["d2"]), int(found["year"])
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    return datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"], zone))


def _zone(name: str | None, default: tzinfo) -> tzinfo:
    if not name:
        return default
    if name[0] not in "+-":
        if (hours := _ZONES.get(name.upper())) is None:
            raise ValueError(f"the time zone {name} has no offset")
        return timezone(timedelta(hours=hours))
    digits = name[1:].replace(":", "")
    hour, minute = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    delta = timedelta(hours=int(hour), minutes=int(minute))
    return timezone(-delta if name[0] == "-" else delta)


_IN_PATH = re.compile(r"(?:^|/)(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?=[-_./ ]|$)")


def date_in_path(path: str, zone: tzinfo) -> datetime | None:
    """Return the date that stands in a path (`2025-07-17-name.md`, `2025/07/17/name.md`), else
    None.
    """
    found = _IN_PATH.search(path)
    if found is None:
        return None
    try:
        return _utc(datetime(int(found[1]), int(found[3]), int(found[4]), tzinfo=zone))
    except ValueError:
        return None


def without_date(name: str) -> str:
    """Return a file's or folder's name without the date at its beginning (Jekyll's dated file
    names).
    """
    return re.sub(r"^\d{4}-\d{1,2}-\d{1,2}[-_ ](?=.)", "", name)
