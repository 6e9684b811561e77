"""Atomic writing: other processes see the old file or the new one, never a part of it."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

# The end of the names of files that are being written.
UNFINISHED = ".half"


# Of a name, in the name of its unfinished file, which may not be longer than systems allow.
_MAX_KEPT_CHARACTERS = 40


def write_whole(
    path: Path, data: bytes, like: Path | None = None, *, is_durable: bool = False
) -> None:
    """Write a file whole or not at all; other processes never see a part of it.

    It gets the permissions, the owner and the further attributes of the file `like`, by default
    those of new files. One that `is_durable` is on the disk before it takes the place of another.
    Raises OSError, and then leaves nothing behind; its folder must be there.
    """
    kept = path.name[:_MAX_KEPT_CHARACTERS]
    scratch = path.with_name(f"{kept}.{os.getpid()}-{threading.get_ident()}{UNFINISHED}")
    try:
        # What is likened to a private file is private from the beginning.
        with open(scratch, "wb", opener=None if like is None else _open_private) as file:
            file.write(data)
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        if like is not None:
            _liken(scratch, like)
        os.replace(scratch, path)
    except BaseException as error:
        with suppress(OSError):
            scratch.unlink()
        if isinstance(error, OSError):
            # Whoever reads of it knows the file, and not its unfinished form.
            error.filename = str(path)
            error.filename2 = None
        raise


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _liken(path: Path, like: Path) -> None:
    # A command of the superuser leaves the file to its owner.
    known = like.stat()
    if hasattr(os, "chown"):
        for owner in ((-1, known.st_gid), (known.st_uid, -1)):
            with suppress(OSError):
                os.chown(path, *owner)
    shutil.copystat(like, path)
    # Its time is that of this change.
    os.utime(path)
