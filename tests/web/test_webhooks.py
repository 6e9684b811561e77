"""Webhooks: every change told once and signed, whatever the receivers do."""

from __future__ import annotations

import contextlib
import hmac
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from flask import Flask

from octavo.site.site import Site
from octavo.web.changes import webhooks
from octavo.web.changes.log import ChangeLog
from octavo.web.changes.webhooks import RETRIES, WebhookSender, deliveries, signature
from tests.conftest import Clock
from tests.waiting import LIMIT, until
from tests.web.test_changes import in_short

Write = Callable[..., Path]
SECRET = "a secret that nobody knows"


class Receiver:
    """A program that is told: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.reason = "OK"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((dict(self.headers), body))
                self.send_response(outer.status, outer.reason)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def changes(self) -> list[tuple[str, str]]:
        return [pair for _, body in self.received for pair in in_short(json.loads(body)["changes"])]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


class Process:
    """A process of the site that tells only when asked to; its sender's clock is the test's."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.site: Site = app.extensions["octavo"]
        self.changes: ChangeLog = app.extensions["octavo_changes"]
        self.sender = WebhookSender(self.site, self.changes, clock)

    def tell(self) -> None:
        self.site.refresh(settle=0)
        for url in self.site.settings.webhooks:
            self.sender.deliver(url)


@pytest.fixture
def process(make_app: Callable[..., Flask], receiver: Receiver, clock: Clock) -> Process:
    made = Process(make_app(webhooks=[receiver.url], webhook_secret=SECRET), clock)
    made.sender.deliver(receiver.url)
    return made


def test_a_change_is_told_once_and_signed(process: Process, receiver: Receiver, write_post: Write) -> None:
    write_post("hello")
    process.tell()
    process.tell()

    (headers, body), *more = receiver.received
    moment, given = (part.split("=")[1] for part in headers["Octavo-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    assert more == []
    assert hmac.compare_digest(given, expected)
    assert in_short(json.loads(body)["changes"]) == [("created", "hello")]
    assert json.loads(body)["meta"]["cursor"].endswith(".1")


def test_a_failed_delivery_is_tried_again_later_with_what_came_since(
    process: Process, receiver: Receiver, write_post: Write, clock: Clock
) -> None:
    receiver.status = 503
    write_post("one")
    process.tell()
    process.tell()
    assert len(receiver.received) == 1

    receiver.status = 204
    write_post("two")
    clock.now += RETRIES[0]
    process.tell()

    assert in_short(json.loads(receiver.received[1][1])["changes"]) == [("created", "one"), ("created", "two")]
    assert [(entry[4], entry[5]) for entry in deliveries(process.changes)] == [(2, 204), (1, 503)]


def test_what_cannot_be_delivered_is_given_up_and_the_next_change_is_told(
    process: Process, receiver: Receiver, write_post: Write, clock: Clock
) -> None:
    receiver.status = 500
    write_post("lost")
    for wait in (0, *RETRIES):
        clock.now += wait
        process.tell()
    receiver.status, receiver.received = 200, []

    write_post("told")
    process.tell()

    assert receiver.changes() == [("created", "told")]


def test_a_redirect_is_not_followed(process: Process, receiver: Receiver, write_post: Write) -> None:
    receiver.status = 302
    write_post("hello")
    process.tell()

    assert len(receiver.received) == 1
    assert deliveries(process.changes)[0][5:] == (302, "it answered 302")


@pytest.mark.thorough
@pytest.mark.parametrize("answer", [b"x", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: ", b""])
def test_an_answer_that_never_comes_to_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    monkeypatch.setattr(webhooks, "MAX_DELIVERY_TIME", 0.5)
    over = threading.Event()

    class Endless(BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                for _ in range(int(LIMIT / 0.05)):
                    if over.wait(0.05):
                        return
                    self.request.sendall(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        status, error = webhooks.send(f"http://127.0.0.1:{server.server_address[1]}/", b"{}", {})
        over.set()
        server.shutdown()

    assert (status, error) == (0, "it took longer than 0.5 s")


def test_what_a_receiver_answers_cannot_disturb_the_log(receiver: Receiver) -> None:
    receiver.reason = "\x1b[2J"
    receiver.status = 1000

    status, error = webhooks.send(receiver.url, b"{}", {})

    assert status == 0
    assert error.isprintable()


def test_two_processes_tell_a_change_once(
    process: Process, make_app: Callable[..., Flask], receiver: Receiver, write_post: Write, clock: Clock
) -> None:
    other = Process(make_app(webhooks=[receiver.url], webhook_secret=SECRET), clock)
    write_post("hello")

    threads = [threading.Thread(target=each.tell) for each in (process, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert receiver.changes() == [("created", "hello")]


def test_a_running_site_tells_by_itself(make_app: Callable[..., Flask], receiver: Receiver, write_post: Write) -> None:
    app = make_app(webhooks=[receiver.url], webhook_secret=SECRET, watch=True)
    app.test_client().get("/")
    sender = app.extensions["octavo_webhooks"]

    def has_begun() -> bool:
        # The site's own thread writes there too, and nobody waits for it longer than a second.
        with contextlib.suppress(sqlite3.OperationalError):
            app.extensions["octavo_changes"].record()
            return True
        return False

    until(has_begun, "the log of changes has begun")

    write_post("hello")
    until(lambda: receiver.received, "the receiver is told")
    sender.stop()

    assert receiver.changes() == [("created", "hello")]


def test_a_process_that_finds_every_page_in_the_store_tells_too(
    make_app: Callable[..., Flask], receiver: Receiver, write_post: Write
) -> None:
    write_post("hello")
    settings = {"cache": "filesystem", "webhooks": [receiver.url], "webhook_secret": SECRET}
    apps = [make_app(**settings) for _ in range(2)]
    others = set(threading.enumerate())

    answers = [app.test_client().get("/articles/hello/") for app in apps]
    senders = [app.extensions["octavo_webhooks"] for app in apps]
    running = sum(thread.name == "octavo-webhook" for thread in set(threading.enumerate()) - others)
    for sender in senders:
        sender.stop()

    assert "hit" in answers[1].headers["Cache-Status"]
    assert running == len(apps)


def test_a_signature_is_that_of_its_documentation() -> None:
    assert signature("key", 1, b"body") == f"t=1,v1={hmac.new(b'key', b'1.body', 'sha256').hexdigest()}"


def test_the_command_shows_the_deliveries(process: Process, make_app: Callable[..., Flask], write_post: Write) -> None:
    write_post("hello")
    process.tell()

    shown = make_app().test_cli_runner().invoke(args=["webhooks"]).output

    assert "changes 1 to 1, attempt 1: 200" in shown


def test_the_command_says_that_there_was_no_delivery(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["webhooks"]).output == "Nothing has been sent to a webhook yet.\n"
