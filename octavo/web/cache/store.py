"""The store below the page cache: Flask-Caching as a key-value store of bytes that may fail at any
time.

It holds pages where other processes find them too, and results that are costly to make.
Flask-Caching brings the backends; its decorators are not used. Values are frames of our own, never
pickles, and a backend that refuses, hangs or returns rubbish costs one short wait and one log line
every few seconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import logging
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching import Cache
from flask_caching.backends import FileSystemCache, RedisCache

from octavo.content.digests import digest_texts
from octavo.settings import Settings
from octavo.site.digests import engine_digest, settings_digest
from octavo.web.cache.breaker import REST, Breaker

log = logging.getLogger("octavo.cache")

# How long a Redis may take to be connected to, at each of its addresses, and to answer; seconds. A
# request that meets one that hangs waits for both.
CONNECT_PATIENCE = 0.01
PATIENCE = 0.03
# One that takes longer in all, because its answer comes in drops, is left alone too. A busy machine
# alone may well make an answer half as late; seconds.
SLOW = 0.1
# Entries that nobody renewed for so long are dropped; seconds.
LIFETIME = 30 * 86_400
# Files take up at most so many times what one process keeps in memory: they hold each page in every
# encoding, for all processes.
FILES_SHARE = 4
# To look at 20,000 files takes a tenth of a second: it is done once in so long only; seconds.
SWEEP = 300.0
# The end of the names of files that are being written.
HALF = ".half"
# Results that are kept in this process's own memory; each takes a few hundred bytes.
MOST_RESULTS = 20_000
# How long one process waits for another that renders the same page, and for how long it waits no
# more after that was in vain: the other may have been stopped; seconds.
MACHINE_WAIT, NO_WAIT = 1.0, 60.0

_MAGIC = b"octavo1\0"


# Facts and parts of what is stored.
Stored = tuple[dict[str, Any], tuple[bytes, ...]]


class StoreError(Exception):
    """The backend did not do what was asked of it."""


def pack(facts: dict[str, Any], parts: tuple[bytes, ...]) -> bytes:
    """Return a frame: magic, checksum, facts as JSON, and parts."""
    head = json.dumps(
        {**facts, "parts": [len(part) for part in parts]}, separators=(",", ":")
    ).encode()
    content = b"".join((len(head).to_bytes(4, "big"), head, *parts))
    return _MAGIC + zlib.crc32(content).to_bytes(4, "big") + content


def unpack(frame: object) -> Stored:
    """Return facts and parts of a frame. Raises StoreError for anything else."""
    if not isinstance(frame, bytes) or not frame.startswith(_MAGIC) or len(frame) < 16:
        raise StoreError("the value is no frame")
    content = memoryview(frame)[12:]
    if zlib.crc32(content).to_bytes(4, "big") != frame[8:12]:
        raise StoreError("the frame is damaged")
    try:
        end = 4 + int.from_bytes(content[:4], "big")
        facts = json.loads(bytes(content[4:end]))
        parts = []
        for size in facts.pop("parts"):
            parts.append(bytes(content[end : end + size]))
            end += size
        return facts, tuple(parts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"the frame cannot be read: {error}") from None


class _Bytes(BaseSerializer):
    """Writes bytes as they are, where Flask-Caching's backends would pickle them."""

    def dumps(self, value: Any, protocol: int = 0) -> bytes:
        return bytes(value)

    def loads(self, bvalue: Any) -> bytes | None:
        return bvalue if bvalue is None else bytes(bvalue)


class Files(FileSystemCache):
    """Flask-Caching's FileSystemCache, bounded in bytes by a sweep instead of a look at every file
    at each write.

    Faults of the disk surface at once, where it waits up to 10 s or hides them.
    """

    def __init__(self, *args: Any, room: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._room = room
        self.next_sweep = 0.0

    def get(self, key: str) -> bytes | None:
        """Return what a file holds; nothing, which is no frame, where it may not be read. Raises
        OSError.
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
        """Write a file whole or not at all, into a folder that may have been deleted. Raises
        OSError.
        """
        target = self._get_filename(key)
        scratch = f"{target}.{os.getpid()}-{threading.get_ident()}{HALF}"
        os.makedirs(self._path, exist_ok=True)
        try:
            with open(scratch, "wb") as file:
                file.write(value)
            os.replace(scratch, target)
        except FileNotFoundError:
            # Somebody empties the folder, which anybody may at any moment.
            return False
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
            raise
        if time.monotonic() >= self.next_sweep:
            self.next_sweep = time.monotonic() + SWEEP
            self._sweep()
        return True

    def size(self) -> tuple[int, int]:
        """Return number and bytes of the files."""
        files = self._files()
        return len(files), sum(size for _, size, _ in files)

    def clear(self) -> bool:
        """Remove all files. Raises OSError."""
        for _, _, path in self._files():
            # Others may be writing what is half there; a sweep removes what they leave.
            if not path.endswith(HALF):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
        return True

    def _files(self) -> list[tuple[float, int, str]]:
        """Return time of writing, size and path of each file; other processes may remove any of
        them meanwhile.
        """
        found = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self._path) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        facts = entry.stat()
                        found.append((facts.st_mtime, facts.st_size, entry.path))
        return found

    def _sweep(self) -> None:
        """Remove the files that nobody renewed, and the oldest of those beyond the room."""
        files = sorted(self._files())
        taken = sum(size for _, size, _ in files)
        for written, size, path in files:
            expired = written < time.time() - LIFETIME
            # A half-written file is another process's business, unless that was killed.
            if expired or (taken > self._room and not path.endswith(HALF)):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                taken -= size


class Redis(RedisCache):
    """Flask-Caching's RedisCache, which can tell what it holds."""

    def get(self, key: str) -> Any:
        """Return a value; nothing, which is no frame, where it is of another type than ours."""
        try:
            return super().get(key)
        except Exception as error:
            if "WRONGTYPE" not in str(error):
                raise
            return b""

    def size(self) -> tuple[int, int]:
        """Return number and bytes of the values."""
        keys = list(self._read_client.scan_iter(f"{self.key_prefix}*", count=1_000))
        return len(keys), sum(self._read_client.strlen(key) for key in keys)

    def clear(self) -> bool:
        """Drop all values, a thousand at a time: a large store would take longer than PATIENCE."""
        keys = self._read_client.scan_iter(f"{self.key_prefix}*", count=1_000)
        while some := list(islice(keys, 1_000)):
            self._write_client.unlink(*some)
        return True


class Store:
    """Bytes by key. Where `shared`, other processes find them too; the pages of this process alone
    are the page cache's own business. Without a backend nothing is kept.
    """

    def __init__(self, app: Flask, settings: Settings, folder: Path) -> None:
        """Connect to the backend that the setting `cache` names; `folder` is for files and locks."""
        self.kind = settings.cache
        self.shared = self.kind in ("filesystem", "redis")
        self._folder = folder
        # Results of another engine or other settings are not taken for ours.
        self._made_by = digest_texts([engine_digest(), settings_digest(settings)])
        # One that is full, or a replica, can still be read.
        self._reading = Breaker(f"Reading the cache's store ({self.kind})")
        self._writing = Breaker(f"Writing to the cache's store ({self.kind})")
        self._slow = SLOW if self.kind == "redis" else inf
        self._next_complaint = 0.0
        # Until when locks are not waited for, by their numbers.
        self._in_vain: dict[int, float] = {}
        self._make = partial(_backend, app, settings, folder / "pages")
        self._backend: Any = None
        if self.kind != "none":
            try:
                self._opened()
            except OSError as error:
                self._reading.fail(error)

    @property
    def up(self) -> bool:
        """Whether the backend did what was last asked of it."""
        return self._reading.up and self._writing.up

    def get(self, key: str) -> Stored | None:
        """Return facts and parts under a key; None where there are none, they are damaged, or the
        backend fails.
        """
        frame = self._ask(self._reading, lambda backend: backend.get(key), self._slow)
        if frame is None:
            return None
        try:
            return unpack(frame)
        except StoreError as error:
            if time.monotonic() >= self._next_complaint:
                self._next_complaint = time.monotonic() + REST
                log.warning(
                    "The cache's store (%s) holds a damaged value under %s: %s",
                    self.kind,
                    key,
                    error,
                )
            return None

    def set(self, key: str, facts: dict[str, Any], parts: tuple[bytes, ...]) -> None:
        """Store facts and parts under a key, if the backend can. One that cannot be read is not
        waited for again.
        """
        if self._reading.up:
            self._ask(
                self._writing,
                lambda backend: backend.set(key, pack(facts, parts), timeout=LIFETIME),
                self._slow,
            )

    def memoize(self, name: str, made_of: str, make: Callable[[], Any]) -> Any:
        """Return what `make` makes, or what it made before, under this name, of the same.

        `made_of` stands for everything that the result, of texts, numbers and lists, depends on.
        """
        of = f"{self._made_by} {made_of}"
        found = self.get(name)
        if found is not None and found[0].get("of") == of:
            return found[0]["made"]
        made = make()
        self.set(name, {"of": of, "made": made}, ())
        return made

    def size(self) -> tuple[int, int] | None:
        """Return number and bytes of what is stored; None where the backend cannot tell."""
        found: tuple[int, int] | None = (
            self._ask(self._reading, lambda backend: backend.size()) if self.shared else None
        )
        return found

    def clear(self) -> bool:
        """Drop everything; return whether the backend did so."""
        return bool(self._ask(self._writing, lambda backend: backend.clear()))

    def _ask(self, breaker: Breaker, work: Callable[[Any], Any], slow: float = inf) -> Any:
        return None if self.kind == "none" else breaker.run(lambda: work(self._opened()), slow)

    def _opened(self) -> Any:
        """Return the backend; one that could not be used when the site started may be usable now.
        Raises OSError.
        """
        if self._backend is None:
            self._backend = self._make()
        return self._backend

    @contextlib.contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Keep other processes of this machine from entering with the same key, for MACHINE_WAIT at
        most.
        """
        number = blake2b(key.encode(), digest_size=1).digest()[0]
        if not (self.shared and self.up) or time.monotonic() < self._in_vain.get(number, 0.0):
            yield
            return
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(open(self._folder / f"lock-{number}", "wb"))
                if not _wait_for(file):
                    self._in_vain[number] = time.monotonic() + NO_WAIT
            yield


def _wait_for(file: io.BufferedWriter) -> bool:
    """Lock a file, if it can be had; the system unlocks it when it is closed, also by a death of
    the process.
    """
    deadline = time.monotonic() + MACHINE_WAIT
    while time.monotonic() < deadline:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.003)
    return False


def _backend(app: Flask, settings: Settings, folder: Path) -> Any:
    configs: dict[str, dict[str, Any]] = {
        "memory": {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": MOST_RESULTS},
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
    config = configs[settings.cache]
    if settings.cache == "redis":
        config["CACHE_OPTIONS"] = _redis_options()
    backend: Any = Cache(
        app, with_jinja2_ext=False, config={**config, "CACHE_DEFAULT_TIMEOUT": LIFETIME}
    ).cache
    backend.serializer = _Bytes()
    return backend


def _redis_options() -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        # The old protocol, without the client's name, needs no round trips before the first
        # question.
        "protocol": 2,
        **(
            {"driver_info": None}
            if find_spec("redis.driver_info")
            else {"lib_name": None, "lib_version": None}
        ),
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": CONNECT_PATIENCE,
        "retry": Retry(NoBackoff(), 0),
    }
