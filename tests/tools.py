"""What tests need of the machine: programs, Ghost's own packages for Node, servers on free ports, permissions."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

CHECKOUT = Path(__file__).parent.parent
# The theme that comes with the engine: templates/ and static/.
THEME = CHECKOUT / "octavo" / "theme"
SCRIPTS = Path(__file__).parent / "node"
# Where Debian puts servers; not in the PATH of everybody.
SERVER_FOLDERS = "/usr/sbin:/usr/local/sbin"
MAX_START_SECONDS = 60.0


def lacking(reason: str) -> NoReturn:
    """Skip the test that lacks something; where CI is set, everything is installed, and the test fails."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def needed(program: str, *others: str) -> str:
    """Return the path of a program, or of another one that does the same; without it, the test is skipped."""
    for name in (program, *others):
        found = shutil.which(name) or shutil.which(name, path=SERVER_FOLDERS)
        if found is not None:
            return found
    lacking(f"{program} is not installed")


def free_port() -> int:
    """Return a port of this machine that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Node:
    """Runs a script of tests/node with JSON in and out."""

    def __init__(self) -> None:
        self.program = needed("node")
        if not (SCRIPTS / "node_modules" / ".package-lock.json").exists():
            lacking("Ghost's own packages are not installed: npm ci --prefix tests/node")

    def run(self, script: str, given: Any) -> Any:
        done = subprocess.run(
            [self.program, str(SCRIPTS / script)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


class Server(NamedTuple):
    """A process that answers on a port of this machine."""

    process: subprocess.Popen[bytes]
    port: int


class Servers:
    """Processes that listen, until the end of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, command: Callable[[int], list[str]], port: int = 0, folder: Path = CHECKOUT) -> Server:
        """Start a server in a folder, on the port or on one that is free, and return it when it answers."""
        deadline = time.monotonic() + MAX_START_SECONDS
        while True:
            chosen = port or free_port()
            log = self.folder / f"log-{chosen}"
            process = self.run(command(chosen), log, folder)
            if _answers(process, chosen, deadline):
                return Server(process, chosen)
            # Somebody else may take a free port before the server does.
            assert "in use" in log.read_text("utf-8"), log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")

    def run(self, command: list[str], log: Path, folder: Path, descriptor: int = -1) -> subprocess.Popen[bytes]:
        """Start a program in a folder, whose output goes to the file `log`; a descriptor becomes its third."""
        if descriptor >= 0:
            command = ["bash", "-c", f'exec "$@" 3<&{descriptor}', "bash", *command]
        passed = (descriptor,) if descriptor >= 0 else ()
        with log.open("ab") as output:
            process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, pass_fds=passed)
        self._running.append(process)
        return process

    def stop(self) -> None:
        for process in self._running:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._running:
            process.wait(MAX_START_SECONDS)


def _answers(process: subprocess.Popen[bytes], port: int, deadline: float) -> bool:
    """Whether a process takes connections before it ends."""
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process.poll() is None
        time.sleep(0.02)
    return False


# Numbers of linux/capability.h: root reads and writes every file by these two.
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522


@contextlib.contextmanager
def without_override() -> Iterator[None]:
    """Hold this thread, and those it starts, to the permissions of files, though root may run it."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # Twice the effective, the permitted and the inheritable capabilities, 32 bits each.
    words = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, words) == 0, os.strerror(ctypes.get_errno())
    before = words[0]
    words[0] &= ~(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH)
    assert libc.capset(header, words) == 0, os.strerror(ctypes.get_errno())
    yield
    words[0] = before
    assert libc.capset(header, words) == 0, os.strerror(ctypes.get_errno())
