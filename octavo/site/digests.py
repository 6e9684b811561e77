"""Digests of what all pages depend on beside the posts: the engine, and the settings."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from octavo.content.digests import digest_texts, source_digest
from octavo.settings import Settings

# What turns a text into a page, beside the engine itself.
_MAKERS = (
    "flask",
    "jinja2",
    "markupsafe",
    "pyromark",
    "nh3",
    "selectolax",
    "pygments",
    "latex2mathml",
    "pillow",
)


def engine_digest() -> str:
    """Return the digest of the engine's source and of the versions of the libraries that render."""
    return source_digest(Path(__file__).resolve().parents[1], _MAKERS)


def settings_digest(settings: Settings) -> str:
    """Return the digest of the settings that pages can show."""
    shown = (f for f in fields(Settings) if f.metadata["shown"])
    return digest_texts(f"{f.name}={getattr(settings, f.name)!r}" for f in shown)
