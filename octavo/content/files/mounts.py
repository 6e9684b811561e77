"""The file system that a folder is on, as Linux tells it in proc_pid_mountinfo(5)."""

from __future__ import annotations

import os
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
# Whatever changes a file on these, it is this machine's kernel, which tells of it: inotify(7) does
# not of changes that others make on a network file system.
_OF_THIS_MACHINE = frozenset(
    "bcachefs btrfs ext2 ext3 ext4 f2fs jfs overlay ramfs reiserfs tmpfs xfs zfs".split()
)


def tells_of_changes(folder: Path) -> bool:
    """Whether every change of a file in a folder has an event; False where nobody knows."""
    return _type_at(os.path.realpath(folder)) in _OF_THIS_MACHINE


def _type_at(path: str) -> str:
    """Return the type of the file system at an absolute path; '' where the system does not tell."""
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return ""
    found, longest = "", -1
    for line in lines:
        before, _, after = os.fsdecode(line).partition(" - ")
        place = before.split()[4].encode("latin-1", "replace").decode("unicode_escape").rstrip("/")
        # Of two at one place the later one lies over the other.
        if (path == place or path.startswith(f"{place}/")) and len(place) >= longest:
            found, longest = after.split()[0], len(place)
    return found
