"""Digests of what all pages share beside the posts: the engine itself, and the settings that pages
can show.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from octavo.content.digests import digest_texts
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


@cache
def engine_digest() -> str:
    """Return the digest of the engine's own source and of the versions of what renders for it."""
    folder = Path(__file__).resolve().parents[1]
    sources = (path.read_text("utf-8") for path in sorted(folder.rglob("*.py")))
    return digest_texts([*sources, *map(_version, _MAKERS)])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def settings_digest(settings: Settings) -> str:
    """Return the digest of the settings that pages can show."""
    shown = (f for f in fields(Settings) if f.metadata["shown"])
    return digest_texts(f"{f.name}={getattr(settings, f.name)!r}" for f in shown)
