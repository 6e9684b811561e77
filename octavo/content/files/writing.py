"""Atomic writing: other processes see the old file or the new one, never a part of it."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

# The end of the names of files that are being written.
UNFINISHED = ".half"


def write_whole(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all; other processes never see a part of it.

    `mode` is its permissions, by default those of new files. Raises OSError, and then leaves
    nothing behind; its folder must be there.
    """
    scratch = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}{UNFINISHED}")
    try:
        scratch.write_bytes(data)
        if mode is not None:
            scratch.chmod(mode)
        os.replace(scratch, path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
