"""Digests: short names for contents, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def digest(data: bytes) -> str:
    """Return the hex BLAKE2b-128 digest of `data`: 32 characters."""
    return blake2b(data, digest_size=16).hexdigest()


def digest_texts(texts: Iterable[str]) -> str:
    """Return the digest of texts in their order: 32 hex characters."""
    made = blake2b(digest_size=16)
    for text in texts:
        made.update(f"{len(text)}:{text}".encode("utf-8", "surrogateescape"))
    return made.hexdigest()


@cache
def source_digest(folder: Path, libraries: tuple[str, ...]) -> str:
    """Return the digest of all Python source in `folder` and of the versions of `libraries`.

    What was derived under another digest may differ, and is made again.
    """
    sources = (path.read_text("utf-8") for path in sorted(folder.rglob("*.py")))
    return digest_texts([*sources, *map(_version, libraries)])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
