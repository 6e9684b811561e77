"""Ids of records, and times, as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Literal
from uuid import UUID

Kind = Literal["post", "page", "tag", "author"]


@lru_cache(maxsize=65536)
def record_id(kind: Kind, slug: str) -> str:
    """Return the id of a record: 24 hex digits, which depend on the slug alone."""
    return blake2b(f"{kind}:{slug}".encode(), digest_size=12).hexdigest()


@lru_cache(maxsize=65536)
def unique_id(kind: Kind, slug: str) -> str:
    """Return the UUID of a record, which depends on the slug alone."""
    return str(UUID(bytes=blake2b(f"{kind}:{slug}".encode(), digest_size=16).digest(), version=5))


@lru_cache(maxsize=65536)
def api_time(moment: datetime) -> str:
    """Return an aware datetime as Ghost writes it: `2023-01-01T00:00:00.000+00:00`.

    These texts sort as the moments do.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
