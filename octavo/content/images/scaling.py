"""Scaling in a process of its own: one at a time for all of a site, and its memory is given back.

A decoded picture takes up to MAX_SCALING_BYTES. In the server each thread might hold one, and much
of it would stay with the process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from octavo.content.files.locks import locked
from octavo.content.files.reading import PublicFile
from octavo.content.images.copies import missing, write_copies
from octavo.content.images.facts import LARGEST, ImageError, Picture

if sys.platform != "win32":
    import resource

# Holding it, a process scales; below the folder of copies.
LOCK = "scaling.lock"
# How long the other processes' pictures are waited for, and how long a process is; seconds. It may
# be long before a busy machine has time for it.
MAX_SCALING_WAIT = 300.0
# How much of a processor's time one picture may take; seconds.
MAX_PROCESSOR_TIME = 60
# The most memory that the process may have; bytes. Its limit in the kernel, for pictures that take
# more than their headers say.
MAX_PROCESS_BYTES = 250_000_000
# How much less than readers' requests it matters (0 to 19).
_NICENESS = 5
_PROGRAM = f"import sys; from {__name__} import main; sys.exit(main())"
_NO_PICTURE = 3
_NO_ROOM = 4
# What the kernel ends a process with that has used up its time (setrlimit(2)).
_OUT_OF_TIME = -getattr(signal, "SIGXCPU", 0) or None


def scale(file: PublicFile, picture: Picture, folder: Path, largest: int = LARGEST) -> None:
    """Write all copies of a picture that are missing, and its card, into the folder of copies.

    Waits until no other process of the site scales. Raises ImageError where the picture cannot be
    scaled, OSError where it cannot be read or a copy not be written.
    """
    if not missing(picture, folder, largest):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "ab") as lock, file.open("rb") as source:
        if not locked(lock, MAX_SCALING_WAIT):
            raise OSError("Other pictures take too long.")
        order = [file.name, asdict(picture), str(folder), largest, MAX_PROCESSOR_TIME]
        _run(source.fileno(), lock.fileno(), order)


def _run(source: int, lock: int, order: list[object]) -> None:
    name = str(order[0])
    # What this process imports, the other one can: from a checkout that is not installed, too.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # Where this process is killed, the other one keeps the lock until it has finished.
    inherited = () if sys.platform == "win32" else (lock,)
    try:
        done = subprocess.run(  # noqa: S603 - the program is a constant
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(order)],
            stdin=source,
            capture_output=True,
            check=False,
            env=environment,
            pass_fds=inherited,
            timeout=MAX_SCALING_WAIT,
        )
    except subprocess.TimeoutExpired:
        raise OSError(
            f"This machine found no time in {MAX_SCALING_WAIT:g} s to scale {name}."
        ) from None
    if done.returncode == 0:
        return
    if done.returncode == _OUT_OF_TIME:
        cause = f"takes more than {MAX_PROCESSOR_TIME} s of a processor's time to scale."
        raise ImageError(name, cause, "Export it smaller.")
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode == _NO_PICTURE:
        raise ImageError(name, *json.loads(output))
    if done.returncode == _NO_ROOM:
        raise OSError(output)
    why = (done.stderr.decode("utf-8", "replace").splitlines() or ["no reason"])[-1]
    cause = f"cannot be scaled (the process ended with {done.returncode}: {why})."
    raise ImageError(name, cause, "Export it again from its source.")


def main() -> int:
    """Scale the picture on standard input as the first argument says; return the exit code."""
    name, facts, folder, largest, seconds = json.loads(sys.argv[1])
    _limit_itself(seconds)
    try:
        with os.fdopen(os.dup(0), "rb") as file:
            write_copies(file, name, Picture(**facts), Path(folder), largest)
    except ImageError as error:
        print(json.dumps([error.cause, error.cure]))
        return _NO_PICTURE
    except MemoryError:
        cause = f"takes more than {MAX_PROCESS_BYTES / 1e6:,.0f} MB of memory to scale."
        print(json.dumps([cause, "Export it smaller: 3,200 pixels a side are plenty."]))
        return _NO_PICTURE
    except OSError as error:
        print(error)
        return _NO_ROOM
    return 0


def _limit_itself(seconds: int) -> None:
    if sys.platform != "win32":
        os.nice(_NICENESS)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_PROCESS_BYTES, MAX_PROCESS_BYTES))
