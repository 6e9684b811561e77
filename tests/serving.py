"""A site that is served as its operator serves it: by `flask serve`, in a folder of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.conftest import PostsFolder
from tests.tools import CHECKOUT, Server, Servers
from tests.waiting import LIMIT, until

KEY = "the operator's key"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
APP = """
from pathlib import Path
from octavo import create_app
app = create_app(Path(__file__).parent)
"""


# Tests look at the status more often than an operator does.
SETTINGS = f"""
[tool.octavo]
title = "Served"
status_key = "{KEY}"
limits = {{ status = 0 }}
"""


class OverSocket(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=LIMIT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


class Served:
    """A site that is served, by its address or its socket."""

    def __init__(self, server: Server, log: Path, connect: Callable[[], http.client.HTTPConnection]) -> None:
        self.process, self.port = server
        self._log = log
        self._connect = connect

    @classmethod
    def at_port(cls, server: Server, logs: Path) -> Served:
        """A server at its port, whose log lies in the folder `logs`."""
        connect = partial(http.client.HTTPConnection, "127.0.0.1", server.port, timeout=LIMIT)
        return cls(server, logs / f"log-{server.port}", connect)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask by a connection of its own, so that any of the workers may answer."""
        with contextlib.closing(self._connect()) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/healthz").status == 200
        return False

    def worker(self) -> int:
        """The number of the process that answers, as its operator sees it."""
        return int(json.loads(self.get("/status.json", **AUTHORIZATION).text)["Process"]["Number"])

    def workers(self, number: int) -> set[int]:
        """The numbers of all processes that answer."""
        found: set[int] = set()

        def met() -> bool:
            with contextlib.suppress(OSError, http.client.HTTPException):
                found.add(self.worker())
            return len(found) >= number

        until(met, f"{number} workers answer")
        return found


class Operator:
    """Serves the site in a folder by `flask serve`."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.folder = folder
        self._servers = servers
        (folder / "app.py").write_text(APP)
        (folder / "pyproject.toml").write_text(SETTINGS)
        for name in ("templates", "static"):
            (folder / name).symlink_to(CHECKOUT / name)
        PostsFolder(folder / "posts").write("hello", title="Hello")

    @classmethod
    def of(cls, folder: Path, other: Operator) -> Operator:
        """Whoever serves the site that is in a folder already, on the machine of another one."""
        made = cls.__new__(cls)
        made.folder = folder
        made._servers = other._servers
        return made

    def serve(self, *options: str) -> Served:
        def command(port: int) -> list[str]:
            return [sys.executable, "-m", "flask", "serve", "--port", str(port), *options]

        server = self._servers.start(command, folder=self.folder)
        return Served.at_port(server, self._servers.folder)

    def serve_by_socket(self, *options: str) -> Served:
        path = self.folder / "octavo.sock"
        log = self.folder / "log-socket"
        command = [sys.executable, "-m", "flask", "serve", "--socket", str(path), *options]
        process = self._servers.run(command, log, self.folder)
        served = Served(Server(process, 0), log, lambda: OverSocket(path))
        until(served.answers, "the socket answers")
        return served


@dataclass
class Crowd:
    """Readers who come one after the other, each by a connection of its own, until they are stopped."""

    served: Served
    path: str = "/articles/hello/"
    statuses: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def _run(self) -> None:
        # They leave the server time to do what the test is about.
        while not self.stopping.wait(0.02):
            try:
                answer = self.served.get(self.path)
                self.statuses.append(answer.status)
                if answer.status == 200 and "Hello" not in answer.text:
                    self.failures.append(f"a wrong page: {answer.text[:80]}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))

    @contextlib.contextmanager
    def coming(self, number: int = 4) -> Iterator[None]:
        threads = [threading.Thread(target=self._run) for _ in range(number)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()


def kill(process: int) -> None:
    """Kill a process as the kernel does when memory is short."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def is_gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has asked about yet is a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        # It may end between the opening of that file and the reading.
        return True


def parent_of(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("PPid:")[2].split()[0])


def lines_of(log: str) -> list[dict[str, Any]]:
    """The lines of a log that are objects of JSON."""
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]
