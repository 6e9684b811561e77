"""The counter of views while its processes are killed: nothing is counted twice, and only the last seconds are lost."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from octavo.site.counter import FLUSH_EVERY, Views
from tests.conftest import NOW, PostsFolder
from tests.tools import CHECKOUT, Servers

SEED = int(os.environ.get("SEED", "1969"))
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

# Forks workers that count the same readers, each for an article of its own and all for one that they share, and kills
# one after another. After each kill: [what that worker had surely written, what the file says, what it had been told].
WORKERS = """
import itertools, json, os, random, signal, sqlite3, sys, time
from pathlib import Path
import octavo.site.counter

octavo.site.counter.FLUSH_EVERY = 0.1
path, kills, dice = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))


class Telling(octavo.site.counter.Views):
    told = 0

    def flush(self):
        with self._lock:
            before = self.told
            super().flush()
            if not self.waiting:
                os.write(self.log, b"%d " % before)


def work(name, first):
    views = Telling(path, lambda: 1_753_012_800)
    views.log = os.open(f"{path}.{name}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    sent = os.open(f"{path}.{name}.sent", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    for number in itertools.count(first):
        if os.getppid() != parent:
            os._exit(1)
        os.pwrite(sent, b"%8d" % (number + 1), 0)
        views.count(name, str(number))
        views.count("shared", str(number))
        views.told = number + 1
        time.sleep(0.0005)


def begin(name, first):
    process = os.fork()
    if not process:
        work(name, first)
    return process


def end(name, process):
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    logs = Path(f"{path}.{name}"), Path(f"{path}.{name}.sent")
    written, sent = (int((log.read_text().split() or ["0"])[-1]) if log.exists() else 0 for log in logs)
    for log in logs:
        log.unlink(missing_ok=True)
    written, sent = (max(pair) for pair in zip((written, sent), reached[name]))
    reached[name] = written, sent
    # On a busy disk those who write may leave it little room.
    with sqlite3.connect(path, timeout=100) as db:
        counted = db.execute("select sum(count) from views where slug = ?", (name,)).fetchone()[0] or 0
    db.close()
    return written, counted, sent


parent = os.getpid()
names = ["one", "two", "three", "four"]
reached = {name: (0, 0) for name in names}
octavo.site.counter.Views(path).number("one")
running = {name: begin(name, 0) for name in names}
found = []
for _ in range(kills):
    time.sleep(dice.uniform(0, 0.12))
    name = dice.choice(names)
    found.append(end(name, running[name]))
    # Whoever may have been lost comes again, and so do some who were counted.
    running[name] = begin(name, max(0, reached[name][0] - 20))
found += [end(name, process) for name, process in running.items()]
print(json.dumps({"found": found, "reached": reached}))
"""


def killed_workers(folder: Path, kills: int) -> dict[str, Any]:
    command = [sys.executable, "-c", WORKERS, str(folder / "views.sqlite"), str(kills), str(SEED)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300 + kills)
    assert done.returncode == 0, done.stderr
    # On a busy machine one of them may find the database locked, say so and write a moment later.
    assert "Traceback" not in done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("kills", [15, pytest.param(1_000, marks=pytest.mark.long)])
def test_killed_workers_lose_what_was_not_written_and_count_nobody_twice(tmp_path: Path, kills: int) -> None:
    told = killed_workers(tmp_path, kills)

    assert max(written for written, _, _ in told["found"]) > 50
    assert [case for case in told["found"] if not case[0] <= case[1] <= case[2]] == []
    views = Views(tmp_path / "views.sqlite")
    assert max(written for written, _ in told["reached"].values()) <= views.number("shared")
    assert views.number("shared") <= max(sent for _, sent in told["reached"].values())
    views.close()


SERVER = """
import sys, time
from pathlib import Path
from octavo import create_app
from octavo.settings import Settings
root, port, behind = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
app = create_app(root, Settings(proxies=1, watch=False, indexing=False))
app.extensions["octavo"].clock = lambda: time.time() - behind
app.run("127.0.0.1", port, threaded=True)
"""
# How much later than they should be things may happen on a busy machine; seconds.
LATE = 1.0


class Server:
    """One process of a site, on a port of its own."""

    def __init__(self, servers: Servers, behind: float) -> None:
        root = str(servers.folder)
        started = servers.start(lambda port: [sys.executable, "-c", SERVER, root, str(port), str(behind)])
        self._process, self.port = started
        self.killed = 0.0

    def kill(self) -> None:
        self.killed = time.monotonic()
        self._process.kill()
        self._process.wait(10)

    def tell(self, reader: int, script: bool) -> None:
        """Tell of a reader as the page's script does, or the picture."""
        headers = {
            "User-Agent": BROWSER,
            "X-Forwarded-For": f"10.0.{reader // 256}.{reader % 256}",
            "Content-Length": "0",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST" if script else "GET", f"/views/hello{'' if script else '.gif'}", headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200
            answer.read()


@dataclass
class Readers:
    """Readers who come until they are stopped, one after the other, some of them again, to any of the servers."""

    servers: list[Server]
    dice: random.Random
    sent: set[int] = field(default_factory=set)
    answered: list[tuple[int, Server, float]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopping.wait(0.005):
            again = self.sent and self.dice.random() < 0.2
            reader = self.dice.choice(sorted(self.sent)[-50:]) if again else len(self.sent)
            server = self.dice.choice(self.servers)
            self.sent.add(reader)
            with contextlib.suppress(OSError, http.client.HTTPException):
                server.tell(reader, self.dice.random() < 0.5)
                self.answered.append((reader, server, time.monotonic()))


@pytest.mark.long
def test_killed_servers_lose_the_last_seconds_and_count_nobody_twice(tmp_path: Path, servers: Servers) -> None:
    PostsFolder(tmp_path / "posts").write("hello")
    dice, behind = random.Random(SEED), time.time() - NOW.timestamp()
    running = [Server(servers, behind) for _ in range(3)]
    readers = Readers(running, dice)
    thread = threading.Thread(target=readers.run)
    thread.start()

    for _ in range(10):
        readers.stopping.wait(dice.uniform(0, 2 * (FLUSH_EVERY + LATE)))
        place = dice.randrange(len(running))
        running[place].kill()
        running[place] = Server(servers, behind)
    for server in running:
        server.kill()
    readers.stopping.set()
    thread.join()

    safe = {reader for reader, server, when in readers.answered if when < server.killed - FLUSH_EVERY - LATE}
    views = Views(tmp_path / "instance" / "views.sqlite", NOW.timestamp)
    assert len(safe) > 200
    assert len(safe) <= views.number("hello") <= len(readers.sent)
    assert len(readers.sent) > len(safe)
    views.close()
