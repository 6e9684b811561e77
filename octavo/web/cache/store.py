"""The store below the page cache: values by key, in a backend that may fail at any time.

It holds pages where other processes find them too, and results that are costly to make. A backend
that refuses, hangs or returns rubbish costs one short wait and one log line every few seconds.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from flask import Flask

from octavo.content.digests import digest_texts
from octavo.content.files.locks import locked
from octavo.hooks import Plugins
from octavo.settings import Settings, SettingsError, help_of
from octavo.site.digests import engine_digest, settings_digest
from octavo.web.cache.backends import BACKENDS, LIFETIME, backend_of
from octavo.web.cache.breaker import PATIENT, RETRY_SECONDS, Breaker, Patience
from octavo.web.cache.frames import FrameError, Stored, pack, unpack

log = logging.getLogger("octavo.cache")

# A Redis that takes longer in all, because its answer comes in drops, is left alone. A busy machine
# alone may well make an answer half as late; seconds.
SLOW = 0.1
# One that usually takes so long to answer is left alone: a new page asks up to five times, and is
# made in less; seconds.
USUALLY_SLOW = 0.008
# How long one process waits for another that renders the same page, and for how long it waits no
# more after that was in vain: the other may have been stopped; seconds.
MAX_MACHINE_WAIT = 1.0
NO_WAIT = 60.0


class Store:
    """Values by key: each is facts (JSON) and parts (bytes). Without a backend nothing is kept.

    Where it is `shared`, other processes find them too. Pages of one process alone are kept by the
    page cache itself.
    """

    def __init__(self, app: Flask, settings: Settings, folder: Path, plugins: Plugins) -> None:
        """Open the backend that the setting `cache` names; files and locks are in `folder`.

        Raises SettingsError where neither the engine nor one of `plugins` has it.
        """
        self.kind = settings.cache
        self.shared = self.kind not in ("memory", "none")
        self._folder = folder
        # Results of another engine or other settings are not taken for ours.
        self._made_by = digest_texts([engine_digest(), settings_digest(settings), plugins.digest])
        # One that is full, or a replica, can still be read.
        self._reading = Breaker(f"Reading the cache's store ({self.kind})")
        self._writing = Breaker(f"Writing to the cache's store ({self.kind})")
        self._patience = PATIENT
        if self.kind == "redis":
            self._patience = Patience(SLOW, USUALLY_SLOW)
        self._next_complaint = 0.0
        # Until when a lock is not waited for, by its number, in seconds of the monotonic clock.
        self._in_vain: dict[int, float] = {}
        self._make = partial(backend_of, app, settings, folder / "pages")
        if self.kind not in BACKENDS:
            self._make = partial(_own_backend, plugins, self.kind)
        self._backend: Any = None
        if self.kind != "none":
            try:
                self._opened()
            except OSError as error:
                self._reading.fail(error)

    @property
    def up(self) -> bool:
        """Whether the backend's last call succeeded."""
        return self._reading.up and self._writing.up

    def get(self, key: str) -> Stored | None:
        """Return the facts and parts under a key; None where they are missing or unreadable."""
        if not self.shared:
            kept: Stored | None = self._backend.get(key) if self._backend else None
            return kept
        frame = self._ask(self._reading, lambda backend: backend.get(key), self._patience)
        if frame is None:
            return None
        try:
            return unpack(frame)
        except FrameError as error:
            if time.monotonic() >= self._next_complaint:
                self._next_complaint = time.monotonic() + RETRY_SECONDS
                log.warning(
                    "The cache's store (%s) holds a damaged value under %s: %s",
                    self.kind,
                    key,
                    error,
                )
            return None

    def set(self, key: str, facts: dict[str, Any], parts: tuple[bytes, ...]) -> None:
        """Store facts and parts under a key, if the backend can.

        A backend that cannot be read is not written either.
        """
        if not self.shared:
            if self._backend:
                self._backend.set(key, (facts, parts))
        elif self._reading.up:
            self._ask(
                self._writing,
                lambda backend: backend.set(key, pack(facts, parts), timeout=LIFETIME),
                self._patience,
            )

    def memoize(self, name: str, made_of: str, make: Callable[[], Any]) -> Any:
        """Return what `make` returns, or returned before for the same `name` and `made_of`.

        The result is of texts, numbers and lists; `made_of` stands for everything that it depends
        on.
        """
        of = f"{self._made_by} {made_of}"
        found = self.get(name)
        if found is not None and found[0].get("of") == of:
            return found[0]["made"]
        made = make()
        self.set(name, {"of": of, "made": made}, ())
        return made

    def take(self, bucket: str, interval: float, capacity: float) -> float | None:
        """Take a token from a bucket that all processes share.

        Returns the seconds until there is one, 0 where there was, or None where no store that
        processes share can count.
        """
        if self.kind != "redis":
            return None
        waited: float | None = self._ask(
            self._writing, lambda backend: backend.take(bucket, interval, capacity), self._patience
        )
        return waited

    @property
    def has_members(self) -> bool:
        """Whether `set_member` keeps anything: all machines must share the store."""
        return self.kind == "redis"

    def set_member(self, group: str, name: str, facts: dict[str, Any]) -> None:
        """Store facts under a name in a group, whose members are found without their names."""
        if self.has_members:
            frame = pack(facts, ())
            self._ask(self._writing, lambda backend: backend.set_member(group, name, frame))

    def members(self, group: str) -> dict[str, dict[str, Any]]:
        """Return the facts of a group's members by name; none where the store does not answer."""
        if not self.has_members:
            return {}
        frames = self._ask(self._reading, lambda backend: backend.members(group), self._patience)
        found = {}
        for name, frame in (frames or {}).items():
            with contextlib.suppress(FrameError):
                found[name] = unpack(frame)[0]
        return found

    def size(self) -> tuple[int, int] | None:
        """Return the number and bytes of the stored values; None where the backend cannot tell."""
        if not self.shared:
            return None
        found: tuple[int, int] | None = self._ask(self._reading, lambda backend: backend.size())
        return found

    def clear(self) -> bool:
        """Remove everything; return whether the backend did so."""
        return bool(self._ask(self._writing, lambda backend: backend.clear()))

    def _ask(
        self, breaker: Breaker, work: Callable[[Any], Any], patience: Patience = PATIENT
    ) -> Any:
        if self.kind == "none":
            return None
        return breaker.run(lambda: work(self._opened()), patience)

    def _opened(self) -> Any:
        """Return the backend; one that failed at the start is tried again. Raises OSError."""
        if self._backend is None:
            self._backend = self._make()
        return self._backend

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Wait until no other process of this machine is in this block with the same key.

        It waits MAX_MACHINE_WAIT seconds at most.
        """
        number = blake2b(key.encode(), digest_size=1).digest()[0]
        if not (self.shared and self.up) or time.monotonic() < self._in_vain.get(number, 0.0):
            yield
            return
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(open(self._folder / f"lock-{number}", "wb"))
                if not locked(file, MAX_MACHINE_WAIT):
                    self._in_vain[number] = time.monotonic() + NO_WAIT
            yield


def _own_backend(plugins: Plugins, kind: str) -> Any:
    """Return the backend that a plug-in brings. Raises SettingsError where none does."""
    made = plugins.first("page_store", name=kind)
    if made is None:
        raise SettingsError(
            f"cache = {kind!r}: this must be one of {', '.join(BACKENDS)}, or what a plug-in "
            f"brings. {help_of('cache')}"
        )
    return made
