"""What one process of the server serves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ServerJob:
    """What a process serves: `target` is the module of the application and its name, `app:app`."""

    root: str
    target: str
    # Requests in work at a time in each worker.
    width: int = 8
    access_log: bool = False
    json_lines: bool = False
