"""The backends of the store: Flask-Caching's, without pickles, long waits and hidden faults."""

from __future__ import annotations

import contextlib
import os
import time
from datetime import timedelta
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache
from flask_caching.backends import FileSystemCache, RedisCache

from octavo.content.digests import digest_texts
from octavo.content.files.writing import UNFINISHED, write_whole
from octavo.settings import Settings

# How long a Redis may take to be connected to, at each of its addresses, and to answer; seconds. A
# request that meets one that hangs waits for both.
MAX_CONNECT_WAIT = 0.01
MAX_REDIS_WAIT = 0.03
# Entries that nobody renewed for so long are dropped; seconds.
LIFETIME = 30 * 86_400
# Files take up at most so many times what one process keeps in memory: they hold each page in every
# encoding, for all processes.
FILES_SHARE = 4
# To look at 20,000 files takes a tenth of a second: it is done once in so long only; seconds.
SWEEP = 300.0
# Results that are kept in this process's own memory; each takes a few hundred bytes.
MAX_REMEMBERED = 20_000


# What the setting `cache` may be without a plug-in.
BACKENDS = ("memory", "filesystem", "redis", "none")


def backend_of(app: Flask, settings: Settings, folder: Path) -> Any:
    """Return the backend for the setting `cache` (not `none`); `folder` is for files.

    Raises OSError where it cannot be used.
    """
    kinds: dict[str, dict[str, Any]] = {
        "memory": {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": MAX_REMEMBERED},
        "filesystem": {
            "CACHE_TYPE": f"{__name__}.Files",
            "CACHE_DIR": str(folder),
            # Over a threshold, every write would read every file.
            "CACHE_THRESHOLD": 0,
            "CACHE_OPTIONS": {"room": FILES_SHARE * settings.cache_bytes},
        },
        "redis": {
            "CACHE_TYPE": f"{__name__}.Redis",
            "CACHE_REDIS_URL": settings.redis_url,
            # Several sites may share a Redis.
            "CACHE_KEY_PREFIX": f"octavo:{digest_texts([settings.base_url, settings.title])[:12]}:",
        },
    }
    config = kinds[settings.cache]
    if settings.cache == "redis":
        config["CACHE_OPTIONS"] = _redis_options()
    config["CACHE_DEFAULT_TIMEOUT"] = LIFETIME
    backend: Any = Cache(app, with_jinja2_ext=False, config=config).cache
    if settings.cache != "memory":
        backend.serializer = Frames()
    return backend


def _redis_options() -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options = {
        # The old protocol, without the client's name, needs no round trips before the first
        # question.
        "protocol": 2,
        "socket_timeout": MAX_REDIS_WAIT,
        "socket_connect_timeout": MAX_CONNECT_WAIT,
        "retry": Retry(NoBackoff(), 0),
    }
    if find_spec("redis.driver_info"):
        options["driver_info"] = None
    else:
        options["lib_name"] = None
        options["lib_version"] = None
    return options


class Frames(BaseSerializer):
    """A serializer that writes frames as they are, where Flask-Caching's would pickle them."""

    def dumps(self, value: Any, protocol: int = 0) -> bytes:
        """Return a frame as it is, instead of a pickle."""
        return bytes(value)

    def loads(self, bvalue: Any) -> bytes | None:
        """Return the bytes that were read; None where there are none."""
        if bvalue is None:
            return None
        return bytes(bvalue)


class Files(FileSystemCache):
    """Flask-Caching's FileSystemCache, bounded in bytes by a sweep now and then.

    The original looks at every file at each write. Errors of the disk are raised at once; the
    original waits up to 10 s or hides them.
    """

    def __init__(self, *args: Any, room: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._room = room
        self.next_sweep = 0.0

    def get(self, key: str) -> bytes | None:
        """Return what a file holds, or None; b'', which is no frame, where it may not be read.

        Raises OSError.
        """
        try:
            with open(self._get_filename(key), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except PermissionError:
            return b""

    def set(
        self,
        key: str,
        value: bytes,
        timeout: int | timedelta | None = None,
        mgmt_element: bool = False,
    ) -> bool:
        """Write a file whole or not at all; return whether it was written. Raises OSError.

        The folder is made where it has been deleted.
        """
        try:
            os.makedirs(self._path, exist_ok=True)
            write_whole(Path(self._get_filename(key)), value)
        except FileNotFoundError:
            # The folder was deleted meanwhile, which is allowed at any moment.
            return False
        except FileExistsError:
            if os.path.lexists(self._path) and not os.path.isdir(self._path):
                raise
            return False
        if time.monotonic() >= self.next_sweep:
            self.next_sweep = time.monotonic() + SWEEP
            self._sweep()
        return True

    def size(self) -> tuple[int, int]:
        """Return the number of files, and their bytes."""
        files = self._files()
        return len(files), sum(size for _, size, _ in files)

    def clear(self) -> bool:
        """Remove all files. Raises OSError."""
        for _, _, path in self._files():
            # Others may be writing what is half there; a sweep removes what they leave.
            if not path.endswith(UNFINISHED):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
        return True

    def _files(self) -> list[tuple[float, int, str]]:
        """Return time of writing, size and path of each file; other processes may remove any."""
        found = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self._path) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        facts = entry.stat()
                        found.append((facts.st_mtime, facts.st_size, entry.path))
        return found

    def _sweep(self) -> None:
        """Remove files older than LIFETIME, and the oldest ones until the rest fits."""
        files = sorted(self._files())
        taken = sum(size for _, size, _ in files)
        for written, size, path in files:
            expired = written < time.time() - LIFETIME
            # A half-written file is another process's business, unless that was killed.
            if expired or (taken > self._room and not path.endswith(UNFINISHED)):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                taken -= size


# The key holds when the bucket is full again, in seconds since the epoch.
_TAKE = """
local clock = redis.call('time')
local now = clock[1] + clock[2] / 1000000
local full_at = math.max(tonumber(redis.call('get', KEYS[1]) or now), now) + ARGV[1]
local wait = full_at - now - ARGV[2]
if wait > 0.000001 then
    return tostring(wait)
end
redis.call('set', KEYS[1], string.format('%.6f', full_at), 'PX', math.ceil(ARGV[2] * 1000))
return '0'
"""


class Redis(RedisCache):
    """Flask-Caching's RedisCache, which can also tell how much it holds."""

    def get(self, key: str) -> Any:
        """Return a value, or None; b'', which is no frame, where its type is not ours."""
        try:
            return super().get(key)
        except Exception as error:
            if "WRONGTYPE" not in str(error):
                raise
            return b""

    def take(self, bucket: str, interval: float, capacity: float) -> float:
        """Take a token from a bucket; see Store.take. Redis' own clock counts."""
        asked = (f"{self.key_prefix}{bucket}", str(interval), str(capacity))
        return float(self._write_client.eval(_TAKE, 1, *asked))

    def set_member(self, group: str, name: str, value: bytes) -> None:
        """Store a value under a name in a group, which is no part of the cache."""
        self._write_client.hset(f"{group}:{self.key_prefix}", name, value)

    def members(self, group: str) -> dict[str, bytes]:
        """Return the values of a group by name."""
        found = self._read_client.hgetall(f"{group}:{self.key_prefix}")
        return {name.decode(): value for name, value in found.items()}

    def size(self) -> tuple[int, int]:
        """Return the number of values, and their bytes."""
        keys = list(self._read_client.scan_iter(f"{self.key_prefix}*", count=1_000))
        return len(keys), sum(self._read_client.strlen(key) for key in keys)

    def clear(self) -> bool:
        """Remove all values, a thousand at a time, each time within MAX_REDIS_WAIT."""
        keys = self._read_client.scan_iter(f"{self.key_prefix}*", count=1_000)
        while some := list(islice(keys, 1_000)):
            self._write_client.unlink(*some)
        return True
