"""What a process must have before readers are sent to it; `/readyz` and `octavo doctor` tell it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, cast

from flask import current_app

from octavo.content.errors import number
from octavo.site.site import Site
from octavo.web.cache import PageCache

State = Literal["ok", "warning", "failed"]

# With less space than this on the disk of derived data, its operator is told; bytes.
LITTLE_SPACE = 100_000_000
# Whether the system can say what this process may do now, not what it might do.
_EFFECTIVE = os.access in os.supports_effective_ids


def _posts(site: Site) -> tuple[State, str]:
    """Whether the folder of the writing can be read."""
    try:
        with os.scandir(site.posts_dir):
            pass
    except OSError as error:
        return "failed", f"{site.settings.posts_dir}/ cannot be read: {error.strerror}"
    if site.suspected_loss:
        return "failed", site.suspected_loss
    library = site.library
    return "ok", f"{number(len(library.posts), 'article')} and {number(len(library.pages), 'page')}"


def _index(site: Site) -> tuple[State, str]:
    """Whether every article can be found; how many are missing."""
    status = site.index.status()
    lag = max(0, len(site.library.posts) - status.documents)
    detail = f"{status.state}: {number(status.documents, 'article')}, {lag:,} to be indexed"
    if not site.index.complete:
        return "failed", detail
    if status.state != "ready":
        return "warning", detail
    return "ok", detail


def _cache(site: Site) -> tuple[State, str]:
    """Whether the store of finished pages answers; readers are served without it too."""
    store = cast(PageCache, current_app.extensions["octavo_cache"]).store
    if store.up:
        return "ok", store.kind
    return "warning", f"{store.kind} does not answer"


def _disk(site: Site) -> tuple[State, str]:
    """Whether derived data can be written; readers are served without it too."""
    for folder in (site.index_dir, site.cache_dir):
        place = _nearest(folder)
        if not os.access(place, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
            return "warning", f"{place.name}/ cannot be written"
        free = shutil.disk_usage(place).free
        if free < LITTLE_SPACE:
            return "warning", f"{free // 1_000_000} MB are free"
    return "ok", "writable"


def _nearest(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder


def _problems(site: Site) -> tuple[State, str]:
    """How many files are kept from readers; their last good versions stay."""
    errors = sum(problem.severity == "error" for problem in site.library.problems)
    if errors:
        return "warning", f"{number(errors, 'file')} with errors: `flask check` tells them"
    return "ok", "none"


# Each check by its name; one that fails keeps readers away, a warning is told only.
CHECKS: Mapping[str, Callable[[Site], tuple[State, str]]] = {
    "posts": _posts,
    "index": _index,
    "cache": _cache,
    "disk": _disk,
    "problems": _problems,
}
