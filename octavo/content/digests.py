"""Digests: short names for contents, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def digest(data: bytes) -> str:
    """Return the hex BLAKE2b-128 digest of `data`: 32 characters."""
    return blake2b(data, digest_size=16).hexdigest()


def digest_texts(texts: Iterable[str]) -> str:
    """Return the digest of texts in their order: 32 hex characters."""
    made = blake2b(digest_size=16)
    for text in texts:
        made.update(f"{len(text)}:{text}".encode("utf-8", "surrogateescape"))
    return made.hexdigest()
