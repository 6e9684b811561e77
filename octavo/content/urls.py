"""The addresses that writers give: any text may stand where one is expected."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_UNREADABLE = SplitResult("", "", "", "", "")


def parts_of(url: str) -> SplitResult:
    """Return the parts of an address; all are '' where it cannot be read, as `https://[host]/`."""
    try:
        return urlsplit(url)
    except ValueError:
        return _UNREADABLE
