"""What `flask doctor` looks at: everything that a site needs of its machine, with what to do.

Each check is a function from a site to its findings; a new one is a new row of EXAMINATIONS.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from octavo.settings import SECRETS, Settings
from octavo.site.site import Site
from octavo.web.readiness import CHECKS, State

# All commands are imported wherever the site runs, and Windows has no such limits.
if sys.platform != "win32":
    import resource

# A worker has descriptors for connections, files and databases.
MIN_OPEN_FILES = 4_096
# With less memory for each worker the kernel may kill one; megabytes.
MIN_MEMORY = 300
# With less left on the disk an index of many articles may not fit beside the old one.
MIN_DISK = 500_000_000
MIN_INODES = 10_000
# A file that is newer than the clock by so much tells that the clock is behind; seconds.
MAX_AHEAD = 60.0
# Caches in front may show what has changed for so long without anybody's noticing; seconds.
MAX_UNPURGED = 60
# How long the site may take to answer at its public address; seconds.
MAX_REACH_WAIT = 10.0


class Finding(NamedTuple):
    """The state of one thing that was examined, and what to do; `cure` is '' where all is well."""

    state: State
    subject: str
    detail: str
    cure: str = ""


Findings = Iterator[Finding]


def _settings(site: Site) -> Findings:
    """Settings that are right on a desk and wrong in public."""
    settings = site.settings
    base = urlsplit(settings.base_url)
    if base.hostname in ("127.0.0.1", "localhost"):
        cure = "Set `base_url` to the public address: feeds and shared links begin with it."
        yield Finding("warning", "base_url", settings.base_url, cure)
    elif base.scheme == "http":
        cure = "Readers are better served by HTTPS: see docs/operating.md for nginx and Caddy."
        yield Finding("warning", "base_url", f"{settings.base_url} is not HTTPS", cure)
    else:
        yield Finding("ok", "base_url", settings.base_url)
    if base.scheme == "https" and not settings.proxies:
        cure = "Set `proxies` to the number of your proxies, so that readers are told apart."
        yield Finding("warning", "proxies", "0, though HTTPS ends at a proxy", cure)
    if not settings.status_key:
        cure = "Set `status_key` to a secret of 16 characters for /status/ and /metrics."
        yield Finding("warning", "status_key", "none", cure)
    if settings.shared_seconds > MAX_UNPURGED and not settings.purge_header:
        cure = (
            "Set `purge_header`, by which your cache (Varnish, a CDN) drops what has changed, or "
            "lower `shared_seconds`."
        )
        detail = f"none, and caches show a changed page for {settings.shared_seconds:,} s"
        yield Finding("warning", "purge_header", detail, cure)


def _versions(site: Site) -> Findings:
    """Versions of what serves the site."""
    yield Finding("ok", "Python", ".".join(map(str, sys.version_info[:3])))
    for name, needed, cure in (
        ("octavo", True, ""),
        ("granian", True, "pip install 'octavo[server]' brings what `flask serve` needs."),
        ("redis", site.settings.cache == "redis", "pip install 'octavo[redis]' brings it."),
    ):
        try:
            yield Finding("ok", name, version(name))
        except PackageNotFoundError:
            if needed:
                yield Finding("failed", name, "not installed", cure)


def _permissions(site: Site) -> Findings:
    """Who may read and write what; run it as the user that the server has."""
    if sys.platform != "win32" and os.geteuid() == 0:
        cure = "Run the server, and this command, as a user of its own."
        yield Finding("warning", "user", "root", cure)
    for folder in (site.index_dir, site.cache_dir, site.instance_dir):
        name = folder.name
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            cure = f"Make {name}/ belong to the server's user, with mode 750."
            yield Finding("failed", f"{name}/", "cannot be written", cure)
    for path in _unreadable(site.posts_dir):
        cure = "Let the server's user read it: chmod u+r, or g+r with its group."
        yield Finding("failed", str(path.relative_to(site.posts_dir)), "cannot be read", cure)
    file = site.root / "pyproject.toml"
    if file.is_file() and file.stat().st_mode & stat.S_IROTH and _holds_secrets(site.settings):
        cure = (
            "Leave it to the server's group (chgrp, chmod 640 pyproject.toml), or give secrets as "
            "OCTAVO_* variables."
        )
        yield Finding("warning", "pyproject.toml", "everybody may read its secrets", cure)


def _unreadable(folder: Path) -> Iterator[Path]:
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(at, name)
            if not os.access(path, os.R_OK) and not path.is_symlink():
                yield path


def _holds_secrets(settings: Settings) -> bool:
    usual = Settings()
    return any(
        getattr(settings, name) != getattr(usual, name)
        and f"OCTAVO_{name.upper()}" not in os.environ
        for name in SECRETS
    )


def _readiness(site: Site) -> Findings:
    """What /readyz tells; the store and the search engine are asked."""
    cures = {
        "posts": "Mount the folder or put the files back; if it is meant, `flask posts withdraw`.",
        "index": "`flask index build` makes it; a running site does it by itself.",
        "cache": "Look at the store that the setting `cache` names, and at `redis_url`.",
        "disk": "Free some space, or let the server's user write there.",
        "problems": "`flask check` tells file, line, cause and cure.",
    }
    for name, check in CHECKS.items():
        state, detail = check(site)
        yield Finding(state, name, detail, "" if state == "ok" else cures[name])


def _reach(site: Site) -> Findings:
    """Whether the site answers where its readers ask."""
    address = f"{site.settings.base_url}/healthz"
    if site.settings.base_url == Settings().base_url:
        return
    # Readers do not come by a proxy that this machine may have for its own requests.
    ask = build_opener(ProxyHandler({})).open
    try:
        with ask(address, timeout=MAX_REACH_WAIT) as answer:
            is_ours = answer.read(4) == b"ok\n"
    except HTTPError as error:
        cure = "Look at the proxy in front, its log, and the server's behind it."
        yield Finding("warning", address, f"answers {error.code}", cure)
    except (OSError, HTTPException) as error:
        cure = "Start the server; look at the proxy in front, the name, firewall and certificate."
        yield Finding("warning", address, f"does not answer: {error}", cure)
    else:
        if is_ours:
            yield Finding("ok", address, "answers")
        else:
            cure = "Have the proxy in front pass on requests for this host to this site."
            yield Finding("warning", address, "is answered by something else", cure)


def _clock(site: Site) -> Findings:
    """Whether files come from the future: publication times would pass too late."""
    newest = 0.0
    for file in site.posts_dir.glob("*.md"):
        # It may have gone since, or be a link that leads nowhere.
        with contextlib.suppress(OSError):
            newest = max(newest, file.stat().st_mtime)
    ahead = newest - time.time()
    if ahead > MAX_AHEAD:
        cure = "Set the clock, by NTP (`timedatectl set-ntp true`), or correct the files' times."
        yield Finding("warning", "clock", f"a file in posts/ is {ahead:.0f} s ahead of it", cure)
    else:
        yield Finding("ok", "clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _disk(site: Site) -> Findings:
    """Space and inodes where derived data is written."""
    free = shutil.disk_usage(site.root).free
    if free < MIN_DISK:
        cure = "Free some space: a new index is written beside the old one."
        yield Finding("warning", "space", f"{free // 1_000_000:,} MB are free", cure)
    if sys.platform != "win32":
        found = os.statvfs(site.root)
        if found.f_files and found.f_favail < MIN_INODES:
            cure = "Remove small files: none can be made without an inode."
            yield Finding("warning", "inodes", f"{found.f_favail:,} are free", cure)


def _limits(site: Site) -> Findings:
    """Limits of the system: descriptors, watched folders, memory."""
    allowed = _open_files()
    if allowed < MIN_OPEN_FILES:
        cure = f"LimitNOFILE={MIN_OPEN_FILES} in the unit, or `ulimit -n {MIN_OPEN_FILES}`."
        yield Finding("warning", "open files", f"{allowed:,}", cure)
    watches = _number(Path("/proc/sys/fs/inotify/max_user_watches"))
    folders = sum(1 for _ in os.walk(site.posts_dir))
    if watches and folders > watches // 2:
        cure = f"sysctl fs.inotify.max_user_watches={8 * folders}"
        yield Finding("warning", "watched folders", f"{watches:,} for {folders:,} folders", cure)
    memory = _available_memory()
    if memory and memory < MIN_MEMORY:
        cure = "Run fewer workers (`flask serve --workers 1`), or lower `cache_bytes`."
        yield Finding("warning", "memory", f"{memory:,} MB are available", cure)


def _open_files() -> int:
    """Return how many files the server may open; MIN_OPEN_FILES where there is no limit."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY:
            return hard
    return MIN_OPEN_FILES


def _number(path: Path) -> int:
    """Return the number in a file of the kernel; 0 where there is none."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return 0


def _available_memory() -> int:
    """Return the megabytes that programs can still get; 0 where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) // 1_000 if found else 0


# The examination that asks outside of this machine.
OVER_NETWORK = "Reach"
EXAMINATIONS: Mapping[str, Callable[[Site], Findings]] = {
    "Settings": _settings,
    "Versions": _versions,
    "Permissions": _permissions,
    "Readiness": _readiness,
    OVER_NETWORK: _reach,
    "Clock": _clock,
    "Disk": _disk,
    "Limits": _limits,
}
