"""File locks between the processes of one machine, on Windows too."""

from __future__ import annotations

import sys
import time
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Between two tries; seconds.
_PAUSE = 0.003


def locked(file: IO[bytes], patience: float) -> bool:
    """Lock an open file, waiting at most `patience` seconds; return whether it is locked.

    The system unlocks it when the file is closed or the process ends.
    """
    deadline = time.monotonic() + patience
    while not _try_to_lock(file):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _try_to_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        # Another process holds it: flock raises the first error, Windows the second.
        return False
    return True
