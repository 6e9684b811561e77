"""Dates in texts and queries: how one is written, in numbers and in English."""

from __future__ import annotations

import re
from datetime import date

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in MONTHS)
# A day as a regular expression: 2026-08-12, 12.8.2026, 12 August 2026, Aug. 12th, 2026. Between
# slashes nobody knows which number is the month.
DATE = (
    r"[12]\d{3}-\d{1,2}-\d{1,2}(?![\w-])"
    r"|\d{1,2}\.\d{1,2}\.[12]\d{3}(?![\w.])"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s(?:of\s)?(?:{_MONTH})\.?,?\s[12]\d{{3}}(?!\w)"
    rf"|(?:{_MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s[12]\d{{3}}(?!\w)"
)
_DATE = re.compile(DATE, re.IGNORECASE)
_PART = re.compile(rf"\d+|{_MONTH}", re.IGNORECASE)


def read_date(text: str) -> date | None:
    """Return the date that is all of `text`, in one of the forms of DATE; None for anything else.

    Years are 1000 to 2999.
    """
    if not _DATE.fullmatch(text):
        return None
    year, month, day = 0, 0, 0
    for part in _PART.findall(text):
        if not part.isdigit():
            month = next(n for n, name in enumerate(MONTHS, 1) if name.startswith(part.lower()))
        elif len(part) == 4:
            year = int(part)
        elif not month and (day or "-" in text):
            month = int(part)
        else:
            day = int(part)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def date_spellings(day: date) -> tuple[str, ...]:
    """Return the ways in which a date is written; the last ones leave the year to the context."""
    month = MONTHS[day.month - 1]
    return (
        day.isoformat(),
        f"{day.day} {month} {day.year}",
        f"{month} {day.day} {day.year}",
        f"{day.day} {month}",
        f"{month} {day.day}",
    )
