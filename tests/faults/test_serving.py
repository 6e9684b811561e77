"""`flask serve`: readers are answered while workers are killed, replaced, overrun and stopped."""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.serving import AUTHORIZATION, Crowd, Operator, OverSocket, Served, is_gone, kill, lines_of, parent_of
from tests.tools import Server, Servers
from tests.waiting import until

SEED = int(os.environ.get("SEED", "1969"))

# An application whose start fails while there is a file `broken`.
FRAGILE = """
from pathlib import Path
from octavo import create_app
folder = Path(__file__).parent
if (folder / "broken").exists():
    raise RuntimeError("broken on purpose")
app = create_app(folder)
"""
# An application with a page that takes as long as there is no file `go`.
SLOW = """
import time
from pathlib import Path
from octavo import create_app
folder = Path(__file__).parent
app = create_app(folder)

@app.get("/slow/")
def slow():
    (folder / "begun").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    return "whole"
"""


@pytest.fixture
def operator(tmp_path: Path, servers: Servers) -> Operator:
    return Operator(tmp_path, servers)


@pytest.fixture
def serve(request: pytest.FixtureRequest, operator: Operator) -> Callable[..., Served]:
    """Serves at a port or at a socket, which are two ways to hold workers."""
    return operator.serve if request.param == "port" else operator.serve_by_socket


def both_ways(short: str) -> pytest.MarkDecorator:
    """Serve at a port and at a socket; the one that is not the short version is long."""
    ways = [pytest.param(way, marks=[pytest.mark.long] if way != short else []) for way in ("port", "socket")]
    return pytest.mark.parametrize("serve", ways, indirect=True)


@both_ways(short="socket")
def test_killed_worker_is_replaced_and_the_others_go_on(serve: Callable[..., Served]) -> None:
    served = serve("--workers", "2")
    first, second = served.workers(2)

    kill(first)

    until(lambda: is_gone(first), "the worker is gone")
    now = served.workers(2)
    assert second in now
    assert first not in now
    assert "it is started again at once" in served.log


@pytest.mark.parametrize("kills", [2, pytest.param(300, marks=pytest.mark.long)])
def test_readers_get_no_wrong_page_while_workers_are_killed(operator: Operator, kills: int) -> None:
    served = operator.serve("--workers", "2")
    dice = random.Random(SEED)
    crowd = Crowd(served)

    with crowd.coming():
        until(lambda: crowd.statuses, "a reader has a page")
        for _ in range(kills):
            kill(dice.choice(sorted(served.workers(1))))
            until(served.answers, "a worker answers")

    # What was in work in a killed process is lost; nothing else is.
    assert [failure for failure in crowd.failures if "wrong page" in failure] == []
    assert set(crowd.statuses) == {200}
    assert len(served.workers(2)) == 2


@pytest.mark.long
def test_what_a_killed_process_leaves_behind_does_not_go_on_serving(operator: Operator) -> None:
    served = operator.serve("--workers", "1")
    (worker,) = served.workers(1)

    kill(parent_of(worker))

    until(lambda: is_gone(worker), "its worker is gone")
    until(served.answers, "another one answers")
    assert served.worker() != worker


@pytest.mark.long
def test_worker_that_cannot_start_is_tried_for_ever_with_growing_pauses(operator: Operator) -> None:
    (operator.folder / "app.py").write_text(FRAGILE)
    served = operator.serve("--workers", "1")
    worker = served.worker()
    (operator.folder / "broken").touch()
    kill(worker)

    until(lambda: "in 1 s" in served.log and "in 2 s" in served.log, "pauses have grown")
    assert served.process.poll() is None
    assert "broken on purpose" in served.log
    (operator.folder / "broken").unlink()

    until(served.answers, "it has started")


@both_ways(short="port")
def test_reload_replaces_all_workers_and_fails_no_request(serve: Callable[..., Served]) -> None:
    served = serve("--workers", "2")
    before = served.workers(2)
    crowd = Crowd(served)

    with crowd.coming():
        served.process.send_signal(signal.SIGHUP)
        until(lambda: all(map(is_gone, before)), "the old workers are gone")

    assert crowd.failures == []
    assert set(crowd.statuses) == {200}
    assert len(crowd.statuses) > 20
    assert served.workers(2).isdisjoint(before)


@pytest.mark.long
def test_path_that_a_killed_server_left_is_used_again(operator: Operator) -> None:
    served = operator.serve_by_socket("--workers", "1")
    before = served.workers(1)
    # Both of them listen.
    listening = before | set(map(parent_of, before))
    served.process.kill()
    until(lambda: all(map(is_gone, listening)), "nobody listens any more")

    assert operator.serve_by_socket("--workers", "1").workers(1).isdisjoint(before)


@pytest.mark.long
@both_ways(short="socket")
def test_reload_takes_up_new_settings(serve: Callable[..., Served], operator: Operator) -> None:
    served = serve("--workers", "1")
    before = served.workers(1)
    settings = operator.folder / "pyproject.toml"

    settings.write_text(settings.read_text().replace("Served", "Renamed"))
    served.process.send_signal(signal.SIGHUP)
    until(lambda: all(map(is_gone, before)), "the old worker is gone")

    assert "Renamed" in served.get("/articles/hello/").text


def test_reload_that_fails_leaves_the_old_workers(operator: Operator) -> None:
    (operator.folder / "app.py").write_text(FRAGILE)
    served = operator.serve("--workers", "1")
    before = served.workers(1)

    (operator.folder / "broken").touch()
    served.process.send_signal(signal.SIGHUP)
    until(lambda: "the old ones go on" in served.log, "the failure is told")

    assert served.workers(1) == before


@both_ways(short="port")
def test_stop_finishes_requests_in_work(serve: Callable[..., Served], operator: Operator) -> None:
    (operator.folder / "app.py").write_text(SLOW)
    served = serve("--workers", "1")
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.append(served.get("/slow/").text))
    reader.start()
    until((operator.folder / "begun").exists, "the request is in work")

    served.process.terminate()
    until(lambda: "Stopping" in served.log, "it stops")
    (operator.folder / "go").touch()
    reader.join()

    assert told == ["whole"]
    assert served.process.wait(30) == 0
    assert not (operator.folder / "octavo.sock").exists()


def test_request_that_takes_longer_than_the_patience_does_not_hold_up_the_stop(operator: Operator) -> None:
    (operator.folder / "app.py").write_text(SLOW)
    served = operator.serve("--workers", "1", "--patience", "0.5")
    lost: list[str] = []

    def read() -> None:
        try:
            served.get("/slow/")
        except (OSError, http.client.HTTPException) as error:
            lost.append(repr(error))

    reader = threading.Thread(target=read)
    reader.start()
    until((operator.folder / "begun").exists, "the request is in work")

    served.process.terminate()

    assert served.process.wait(30) == 0
    reader.join()
    assert len(lost) == 1
    assert "it is killed" in served.log


@both_ways(short="port")
def test_workers_end_when_their_supervisor_is_killed(serve: Callable[..., Served]) -> None:
    served = serve("--workers", "2")
    workers = served.workers(2)

    served.process.kill()

    until(lambda: all(map(is_gone, workers)), "its workers are gone")


def test_health_is_told_while_readers_wait_and_those_too_many_come_again(operator: Operator) -> None:
    (operator.folder / "app.py").write_text(SLOW)
    served = operator.serve("--workers", "1", "--at-once", "1")
    statuses: list[int] = []
    later: list[str] = []

    def read() -> None:
        answer = served.get("/slow/")
        statuses.append(answer.status)
        later.append(answer.headers.get("Retry-After", ""))

    readers = [threading.Thread(target=read) for _ in range(20)]
    for reader in readers:
        reader.start()
    # One is in work, eight wait for it.
    until(lambda: len(statuses) == 11, "the others are told to come again")

    health = [served.get(path).status for path in ("/healthz", "/readyz")]
    (operator.folder / "go").touch()
    for reader in readers:
        reader.join()

    assert health[0] == 200
    assert sorted(statuses) == [200] * 9 + [503] * 11
    assert set(later) == {"", "2"}


def test_port_of_another_server_is_not_shared_with_it(operator: Operator) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = run(operator, "--port", str(port))

    assert done.returncode == 2
    assert f"127.0.0.1 port {port}: Address already in use" in done.stderr


def test_what_flask_serve_cannot_serve_is_told_at_once(operator: Operator) -> None:
    (operator.folder / "pyproject.toml").write_text("[tool.octavo]\ntitel = 'A site'\n")
    wrong_setting = run(operator)
    (operator.folder / "app.py").unlink()
    no_site = run(operator)

    assert (wrong_setting.returncode, no_site.returncode) == (1, 1)
    assert "there is no such setting. Did you mean `title`" in wrong_setting.stderr
    assert "There is no app.py in" in no_site.stderr


def test_socket_of_another_server_is_left_to_it(operator: Operator) -> None:
    served = operator.serve_by_socket("--workers", "1")

    done = run(operator, "--socket", "octavo.sock")

    assert done.returncode == 2
    assert "another server listens there" in done.stderr
    assert served.answers()


def run(operator: Operator, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "serve", *options]
    return subprocess.run(command, cwd=operator.folder, capture_output=True, text=True, check=False, timeout=60)


def test_lines_of_the_log_are_json_where_asked_for(operator: Operator) -> None:
    served = operator.serve("--workers", "1", "--log", "json", "--access-log")

    served.get("/articles/hello/?key=secret")
    served.process.terminate()
    served.process.wait(30)

    told = lines_of(served.log)
    assert len(told) == len(served.log.splitlines())
    assert all({"time", "level", "process", "message"} <= line.keys() for line in told)
    asked = [line for line in told if line.get("path") == "/articles/hello/"]
    assert [(line["method"], line["status"]) for line in asked] == [("GET", 200)]
    assert "secret" not in served.log


def test_fault_that_every_request_meets_is_told_once(operator: Operator) -> None:
    broken = "\n@app.get('/broken/')\ndef broken():\n    raise RuntimeError('met by every request')\n"
    (operator.folder / "app.py").write_text((operator.folder / "app.py").read_text() + broken)
    served = operator.serve("--workers", "1")

    answers = [served.get("/broken/", **{"X-Request-ID": f"asked-{number}"}) for number in range(5)]

    assert {answer.status for answer in answers} == {500}
    assert answers[3].headers["X-Request-ID"] == "asked-3"
    assert served.log.count("RuntimeError: met by every request") == 1
    assert "(request asked-0)" in served.log


def test_reader_who_floods_the_search_is_told_to_come_again_and_pages_are_not_limited(operator: Operator) -> None:
    served = operator.serve("--workers", "1")

    words = count()
    refused = []

    def flood() -> bool:
        searches = [served.get(f"/search.json?q=word-{next(words)}") for _ in range(100)]
        refused.extend(answer for answer in searches if answer.status == 429)
        return len(refused) > 30

    until(flood, "searches are refused")
    pages = {served.get("/articles/hello/").status for _ in range(300)}

    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert pages == {200}
    assert served.log.count("asks too often (search)") >= 1


def test_numbers_are_those_of_all_workers_and_do_not_fall_when_one_is_killed(operator: Operator) -> None:
    served = operator.serve("--workers", "2")
    workers = served.workers(2)

    def counted() -> tuple[int, int]:
        text = served.get("/metrics", **AUTHORIZATION).text
        statuses = re.search(r'view="health.data",status="2xx"\} (\d+)', text)
        alive = re.search(r"octavo_workers (\d+)", text)
        return int(statuses[1]) if statuses else 0, int(alive[1]) if alive else 0

    for _ in range(20):
        assert served.get("/status.json", **AUTHORIZATION).status == 200
    until(lambda: counted()[0] >= 20 and counted()[1] == 2, "both workers have told their numbers")
    before, _ = counted()
    kill(min(workers))
    until(lambda: is_gone(min(workers)), "the worker is gone")
    after = [counted()[0] for _ in range(10)]
    now = served.workers(2)
    until(lambda: counted()[1] == 2, "the new worker has told its numbers")

    assert min(after) >= before
    assert counted()[0] > before
    assert now != workers


@pytest.mark.parametrize("restarts", [1, pytest.param(20, marks=pytest.mark.long)])
def test_socket_that_systemd_holds_loses_no_reader_while_the_whole_server_is_restarted(
    operator: Operator, servers: Servers, restarts: int
) -> None:
    path = operator.folder / "octavo.sock"
    log = operator.folder / "log-systemd"
    # What systemd does: the socket is descriptor 3, and the process is told that it is meant.
    command = [
        "sh",
        "-c",
        f"LISTEN_FDS=1 LISTEN_PID=$$ exec {sys.executable} -m flask serve --workers 1",
    ]
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(path))
        held.listen(1_024)

        def start() -> Served:
            process = servers.run(command, log, operator.folder, descriptor=held.fileno())
            return Served(Server(process, 0), log, lambda: OverSocket(path))

        served = start()
        until(served.answers, "the socket answers")
        crowd = Crowd(served)
        with crowd.coming():
            for _ in range(restarts):
                served.process.terminate()
                assert served.process.wait(30) == 0
                served = start()
                until(served.answers, "the next server answers")

    assert crowd.failures == []
    assert set(crowd.statuses) == {200}


def test_workers_keep_few_arenas_may_open_many_files_and_root_is_told_to_use_another_user(operator: Operator) -> None:
    served = operator.serve_by_socket("--workers", "1")
    (worker,) = served.workers(1)

    environment = Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")

    limits = Path(f"/proc/{worker}/limits").read_text()
    open_files = re.search(r"Max open files +(\d+) +(\d+)", limits)

    assert ("It runs as root" in served.log) == (os.geteuid() == 0)
    assert b"MALLOC_ARENA_MAX=2" in environment
    assert open_files is not None
    assert int(open_files[1]) >= min(8_192, int(open_files[2]))
    assert (operator.folder / "octavo.sock").stat().st_mode & 0o777 == 0o660
