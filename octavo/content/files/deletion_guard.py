"""The guard of deletions: when most of the writing is gone at one look, that is probably a mistake.

A folder that was unmounted, moved or emptied by accident must not tell all subscribers that
everything was deleted. What is less than that is believed at once.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("octavo")

# So many texts must be gone at one look, and more than half of all.
MIN_GONE = 20
# From so many texts on, a folder in which there is nothing at all counts too.
MIN_EMPTIED = 5
# A file's time may be so much earlier than the clock at its writing: FAT has steps of 2; seconds.
MAX_STEP = 2.0


class DeletionGuard:
    """Decides whether texts that are gone are withdrawn, or the last good state stays."""

    def __init__(
        self, folder: Path, clock: Callable[[], float], patience: float, order: Path | None
    ) -> None:
        """`patience` is how long the last good state stays, in seconds.

        A file `order` that is written meanwhile ends it at once.
        """
        self._folder = folder
        self._clock = clock
        self._patience = patience
        self._order = order
        self._since: float | None = None
        self._device = _device(folder)
        # The time is over: what is gone is believed, until nothing is missing any more.
        self._is_over = False
        # A look at all files and one at what changed may come at once.
        self._lock = threading.Lock()
        # Why the last good state stays, in words; '' where it does not.
        self.reason = ""

    def blocks(self, known: int, gone: int) -> bool:
        """Whether to keep the last good state, where `gone` of `known` texts are not there now."""
        with self._lock:
            self.reason = self._reason_now(self._reason(known, gone))
            return self.reason != ""

    def _reason_now(self, reason: str) -> str:
        """Return the reason for which the last good state stays now; '' where it does not."""
        if not reason:
            self._is_over = False
            self._since = None
            self._device = _device(self._folder)
        elif self._since is None:
            self._since = self._clock()
        if reason and not self._is_over:
            self._is_over = self._ends(self._since or 0.0)
            if self._is_over:
                log.warning("%s They are withdrawn now.", reason)
        if self._is_over:
            return ""
        return reason

    def _reason(self, known: int, gone: int) -> str:
        if not gone:
            return ""
        device = _device(self._folder)
        missing = f"{gone:,} of {known:,} texts are gone"
        if device is None:
            return f"The folder {self._folder} cannot be read; {missing}."
        if self._device is not None and device != self._device:
            return f"The folder {self._folder} is on another device than before; {missing}."
        if known >= MIN_EMPTIED and gone == known and not _has_files(self._folder):
            return f"The folder {self._folder} is empty; {missing}."
        if gone >= MIN_GONE and gone * 2 > known:
            return f"In the folder {self._folder} {missing} at once."
        return ""

    def _ends(self, since: float) -> bool:
        if self._clock() - since >= self._patience:
            return True
        if self._order is not None:
            with suppress(OSError):
                return self._order.stat().st_mtime >= since - MAX_STEP
        return False


def _device(folder: Path) -> int | None:
    """Return the device of a folder; None where it cannot be looked at."""
    try:
        with os.scandir(folder):
            return folder.stat().st_dev
    except OSError:
        return None


def _has_files(folder: Path) -> bool:
    with os.scandir(folder) as found:
        return any(not entry.name.startswith(".") for entry in found)
