"""The launch: turns the options of `serve` into a job, and this process into its supervisor."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from octavo.serving import supervisor
from octavo.serving.job import ServerJob
from octavo.serving.supervisor import Job

if sys.platform != "win32":
    import resource

# Descriptors of one process: connections, files and databases. Many systems allow 1,024 at first.
MAX_OPEN_FILES = 8_192
# glibc gives each thread that waits for memory an arena of its own, and keeps them all.
ARENAS = "2"
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = QUOTA) -> int:
    """Return how many cores this process may use, by its affinity and its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        share, period = quota.read_text("ascii").split()
        return max(1, min(cores or 1, math.ceil(int(share) / int(period))))
    except (OSError, ValueError):
        return cores or 1


def _allow_open_files() -> None:
    """Let the server open as many files as it needs, where the system allows that."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MAX_OPEN_FILES
        if hard != resource.RLIM_INFINITY:
            wanted = min(hard, wanted)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def replace_process(
    root: Path,
    target: str,
    *,
    host: str,
    port: int,
    socket: str | None,
    workers: int,
    at_once: int,
    patience: float,
    access_log: bool,
    log_format: str,
) -> NoReturn:
    """Replace this process by the supervisor of the site in `root`, and never return.

    The process keeps its number (`exec`). Each of the `workers` (processes) works on `at_once`
    requests; at the end they have `patience` seconds to finish them.
    """
    server = ServerJob(
        root=str(root),
        target=target,
        width=at_once,
        access_log=access_log,
        json_lines=log_format == "json",
    )
    job = Job(
        command=[sys.executable, "-m", "octavo.serving.process", json.dumps(asdict(server))],
        processes=workers,
        host=host,
        port=port,
        socket=str(Path(socket).absolute()) if socket else "",
        patience=patience,
        json_lines=server.json_lines,
    )
    _allow_open_files()
    os.environ.setdefault("MALLOC_ARENA_MAX", ARENAS)
    command = [sys.executable, "-P", supervisor.__file__, json.dumps(asdict(job))]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - the command is our own
