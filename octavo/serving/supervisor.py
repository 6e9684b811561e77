"""The supervisor: keeps a server's processes running for ever, and replaces them on request.

It is run as a file, by `python -P supervisor.py JOB`, and imports the standard library only: it
takes 15 megabytes where the site's own modules would take 80.

It listens, and the processes accept: all of them inherit one socket, so that connections wait for
whoever is there while one of them is killed or replaced. A process that ends by itself is started
again: at once where it had been ready, else after pauses that grow from 1 to 60 seconds. SIGHUP
replaces all processes one after the other, each when its successor is ready; SIGTERM and SIGINT let
requests finish and end everything. A process ends when the supervisor is gone, however it ended: it
reads a pipe that the supervisor alone holds open.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

# Pauses before a process is started again that was never ready; seconds.
FIRST_PAUSE = 1.0
MAX_PAUSE = 60.0
# How long a process that accepts nothing more waits for the requests of the connections that it
# has: when it is replaced, and when everything stops; seconds.
DRAIN = 1.0
DRAIN_AT_STOP = 0.2
# Connections that wait in the kernel.
BACKLOG = 1_024
# The exit code where the server cannot begin, as for other wrong uses of a command.
UNUSABLE = 2
# What a process reads when it is to accept nothing more.
ACCEPT_NO_MORE = b"d"
# The first socket that systemd passes, see sd_listen_fds(3).
SYSTEMD_SOCKET = 3


@dataclass(frozen=True)
class Job:
    """What is to be kept running: `processes` times `command`, to which three numbers are added.

    They are the descriptors of the pipe in which a process says that it is ready, of the pipe in
    which it is told to drain, and of the listening socket. That is at `host` and `port`, or at the
    path `socket`.
    """

    command: list[str]
    processes: int
    host: str
    port: int
    # How long requests in work may take when a process is to end; seconds.
    patience: float
    socket: str = ""
    json_lines: bool = False


@dataclass(eq=False)
class Process:
    """A process that runs, with the supervisor's ends of its two pipes.

    From `heard` comes that it is ready; what is written to `orders` has it accept nothing more.
    """

    inner: subprocess.Popen[bytes]
    heard: int
    orders: int
    is_ready: bool = False
    is_ending: bool = False
    # When it is asked to end, and when it is killed if it has not; seconds of the monotonic clock.
    end_at: float = 0.0
    kill_at: float = 0.0


@dataclass(eq=False)
class WorkerSlot:
    """The slot of one process, with the one that is to follow it during a reload."""

    number: int
    current: Process | None = None
    successor: Process | None = None
    failures: int = 0
    due: float = 0.0


class ListenError(Exception):
    """The address cannot be listened at."""


def listener(job: Job) -> socket.socket:
    """Return the socket that a job's processes accept from. Raises ListenError.

    One that systemd passes is taken instead of the job's: it stays while the server is restarted.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        return socket.socket(fileno=SYSTEMD_SOCKET)
    if not job.socket:
        family = socket.AF_INET6 if ":" in job.host else socket.AF_INET
        try:
            return socket.create_server((job.host, job.port), family=family, backlog=BACKLOG)
        except OSError as error:
            cause = os.strerror(error.errno or 0)
            raise ListenError(f"{job.host} port {job.port}: {cause}.") from None
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(job.socket)
        raise ListenError(f"{job.socket}: another server listens there.")
    made = socket.socket(socket.AF_UNIX)
    try:
        # What a killed server left at the path is replaced.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{job.socket}.new")
        made.bind(f"{job.socket}.new")
        # Programs of the same group, such as nginx, may connect.
        os.chmod(f"{job.socket}.new", 0o660)
        made.listen(BACKLOG)
        os.rename(f"{job.socket}.new", job.socket)
    except OSError as error:
        raise ListenError(f"{job.socket}: {error.strerror}.") from None
    return made


@dataclass
class Supervisor:
    """Keeps the processes of a job running. `run` returns the exit code."""

    job: Job
    output: TextIO = field(default_factory=lambda: sys.stderr)

    def __post_init__(self) -> None:
        self._slots = [WorkerSlot(number) for number in range(1, self.job.processes + 1)]
        self._leaving: list[Process] = []
        self._to_reload: list[WorkerSlot] = []
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._signals, wakeup = os.pipe()
        for end in (self._signals, wakeup):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakeup)
        self._selector.register(self._signals, selectors.EVENT_READ)

    def run(self) -> int:
        """Keep the processes running until a signal ends it."""
        try:
            self._socket = listener(self.job)
        except ListenError as error:
            self._tell("error", str(error))
            return UNUSABLE
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            # The pipe tells of them; without a handler they would not get so far.
            signal.signal(number, lambda *_: None)
        self._tell("info", f"Listening at {self._where()} with {self._size()}.")
        if os.geteuid() == 0:
            self._tell("warning", "It runs as root: give the server a user of its own.")
        while not (self._stopping and not self._running()):
            self._start_what_is_due()
            for key, _ in self._selector.select(self._until_next()):
                if key.fileobj == self._signals:
                    self._obey(os.read(self._signals, 1024))
                else:
                    self._hear(key.data)
            self._reap()
            self._go_on()
        self._tell("info", "Stopped.")
        return 0

    def _where(self) -> str:
        name = self._socket.getsockname()
        if isinstance(name, str):
            return f"the socket {self.job.socket or name}"
        host, port = name[:2]
        if ":" in host:
            host = f"[{host}]"
        return f"http://{host}:{port}"

    def _size(self) -> str:
        if self.job.processes == 1:
            return "1 worker"
        return f"{self.job.processes} workers"

    def _running(self) -> list[Process]:
        found = list(self._leaving)
        for slot in self._slots:
            found += [each for each in (slot.current, slot.successor) if each is not None]
        return found

    def _start_what_is_due(self) -> None:
        if self._stopping:
            return
        for slot in self._slots:
            if slot.current is None and time.monotonic() >= slot.due:
                slot.current = self._new_process()

    def _new_process(self) -> Process:
        heard, speaking = os.pipe()
        listening, orders = os.pipe()
        passed = (speaking, listening, self._socket.fileno())
        inner = subprocess.Popen(  # noqa: S603 - the command is our own
            [*self.job.command, *map(str, passed)],
            pass_fds=passed,
            # A signal to the terminal's processes is for the supervisor alone, and what a killed
            # process leaves behind is found by the group.
            start_new_session=True,
        )
        os.close(speaking)
        os.close(listening)
        process = Process(inner, heard, orders)
        self._selector.register(heard, selectors.EVENT_READ, process)
        return process

    def _hear(self, process: Process) -> None:
        process.is_ready = os.read(process.heard, 64) != b""
        self._selector.unregister(process.heard)
        if not process.is_ready:
            return
        for slot in self._slots:
            if process is slot.current:
                slot.failures = 0
            elif process is slot.successor:
                self._succeed(slot, process)

    def _succeed(self, slot: WorkerSlot, process: Process) -> None:
        old = slot.current
        slot.current = process
        slot.successor = None
        slot.failures = 0
        if old is not None:
            self._drain(old, DRAIN)
            self._leaving.append(old)

    def _drain(self, process: Process, seconds: float) -> None:
        """Have a process accept nothing more, and end it in so many seconds."""
        with contextlib.suppress(OSError):
            os.write(process.orders, ACCEPT_NO_MORE)
        process.end_at = time.monotonic() + seconds

    def _obey(self, signals: bytes) -> None:
        for number in signals:
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop()
            elif number == signal.SIGHUP and not self._stopping:
                self._tell("info", "The workers are replaced.")
                self._to_reload = list(self._slots)

    def _stop(self) -> None:
        if self._stopping:
            for process in self._running():
                _kill(process)
            return
        self._stopping = True
        self._to_reload = []
        self._tell("info", "Stopping: requests in work are finished.")
        if self.job.socket:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.job.socket)
        self._socket.close()
        for process in self._running():
            self._drain(process, DRAIN_AT_STOP)

    def _reap(self) -> None:
        """Notice the processes that have ended."""
        for process in [each for each in self._running() if each.inner.poll() is not None]:
            # Its workers would go on without it.
            _kill(process)
            if not process.is_ready and process.heard in self._selector.get_map():
                self._selector.unregister(process.heard)
            os.close(process.heard)
            os.close(process.orders)
            if process in self._leaving:
                self._leaving.remove(process)
            for slot in self._slots:
                if process is slot.successor:
                    slot.successor = None
                    self._to_reload = []
                    self._tell(
                        "error",
                        f"A new worker did not start ({_cause(process)}): the old ones go on.",
                    )
                elif process is slot.current:
                    slot.current = None
                    self._lost(slot, process)

    def _lost(self, slot: WorkerSlot, process: Process) -> None:
        """Decide when a process that ended by itself is started again."""
        if self._stopping:
            return
        pause = 0.0
        if not process.is_ready:
            pause = min(FIRST_PAUSE * 2**slot.failures, MAX_PAUSE)
            slot.failures = min(slot.failures + 1, 30)
        slot.due = time.monotonic() + pause
        again = "at once"
        if pause:
            again = f"in {pause:.0f} s"
        self._tell(
            "error",
            f"Worker {slot.number} ended ({_cause(process)}); it is started again {again}.",
        )

    def _go_on(self) -> None:
        """Do what its time has come for: the next replacement, the end of old processes."""
        now = time.monotonic()
        for process in self._running():
            if process.end_at and now >= process.end_at and not process.is_ending:
                process.is_ending = True
                process.kill_at = now + self.job.patience
                process.inner.terminate()
            if process.kill_at and now >= process.kill_at:
                self._tell("warning", f"Process {process.inner.pid} takes too long: it is killed.")
                process.kill_at = 0.0
                _kill(process)
        if any(slot.successor for slot in self._slots):
            return
        while self._to_reload:
            slot = self._to_reload.pop(0)
            # One that is being started anyway is new already.
            if slot.current is not None:
                slot.successor = self._new_process()
                return

    def _until_next(self) -> float | None:
        """Return the seconds until something is to be done; None where only signals count."""
        moments = [each.end_at for each in self._running() if each.end_at and not each.is_ending]
        moments += [each.kill_at for each in self._running() if each.kill_at]
        if not self._stopping:
            moments += [slot.due for slot in self._slots if slot.current is None]
        if not moments:
            return None
        return max(0.0, min(moments) - time.monotonic())

    def _tell(self, level: str, message: str) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = f"{moment} {level.upper()} [{os.getpid()}] {message}"
        if self.job.json_lines:
            facts = {"time": moment, "level": level, "process": os.getpid(), "message": message}
            line = json.dumps(facts)
        print(line, file=self.output, flush=True)


def _kill(process: Process) -> None:
    """Kill a process with everything that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.inner.pid, signal.SIGKILL)


def _cause(process: Process) -> str:
    code = process.inner.returncode
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"


if __name__ == "__main__":
    raise SystemExit(Supervisor(Job(**json.loads(sys.argv[1]))).run())
