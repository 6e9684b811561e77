"""Webhooks: each change is sent to other programs as signed JSON, with retries and a log."""

from __future__ import annotations

import hmac
import json
import logging
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, urlsplit
from uuid import uuid4

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from octavo.site.site import Site
from octavo.site.weak import after_fork
from octavo.site.worker import Worker
from octavo.web.changes.log import MAX_CHANGES_AT_ONCE, Change, ChangeLog, read

log = logging.getLogger("octavo.webhooks")

# Seconds between two looks at the library.
EVERY = 0.5
# Seconds that a delivery may take, however slowly its answer trickles in.
MAX_DELIVERY_TIME = 10.0
# Seconds for which nobody else delivers to the same address.
LEASE = 30.0
# Seconds until the next attempt, after the first, second, ... one failed; after the last one the
# changes are given up.
RETRIES = (1, 5, 30, 120, 600, 1800, 3600)
# Deliveries in the log.
MAX_LOGGED = 1_000


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return the header that proves a delivery's origin: `t=SECONDS,v1=HMAC`.

    HMAC is the hex HMAC-SHA256 of `SECONDS.BODY` with the secret.
    """
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    return f"t={moment},v1={digest}"


def init_app(app: Flask, site: Site) -> None:
    """Send the log of changes to the site's webhooks once the site has started."""
    changes: ChangeLog = app.extensions["octavo_changes"]
    sender = app.extensions["octavo_webhooks"] = WebhookSender(site, changes)
    site.starting.append(sender.start)
    app.cli.add_command(show_deliveries)


@click.command("webhooks")
@with_appcontext
def show_deliveries() -> None:
    """Show the latest deliveries to webhooks, the newest first."""
    found = list(deliveries(current_app.extensions["octavo_changes"]))
    if not found:
        click.echo("Nothing has been sent to a webhook yet.")
    for at, url, first, last, attempt, status, error in found:
        moment = datetime.fromtimestamp(at, UTC).isoformat(" ", "seconds")
        click.echo(
            f"{moment}  {url}  changes {first} to {last}, attempt {attempt}: {error or status}"
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """Changes to send to one address; `sent` is the number of the last one that it has got."""

    id: str
    sent: int
    attempt: int
    changes: tuple[Change, ...]
    generation: str

    def body(self) -> bytes:
        """Return the JSON to send: what /api/changes answers for the changes after `sent`."""
        last = self.changes[-1].number
        meta = {"cursor": f"{self.generation}.{last}", "more": False}
        content = {"changes": [asdict(change) for change in self.changes], "meta": meta}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def deliveries(
    changes: ChangeLog, count: int = 50
) -> list[tuple[float, str, int, int, int, int, str]]:
    """Return the latest deliveries, newest first.

    Each has time, address, first and last change, attempt, status and error.
    """
    with changes.open() as store:
        latest = store.execute(
            "SELECT at, url, first, last, attempt, status, error FROM deliveries"
            " ORDER BY at DESC LIMIT ?",
            (count,),
        )
        return list(latest)


class WebhookSender:
    """Sends changes to the addresses of the setting `webhooks`, with a thread for each address.

    Of all processes the first to take a delivery sends it. A slow address keeps no other waiting.
    """

    def __init__(
        self, site: Site, changes: ChangeLog, clock: Callable[[], float] = time.time
    ) -> None:
        self._site = site
        self._changes = changes
        self._clock = clock
        self._workers = [
            Worker("octavo-webhook", partial(self._work, url), patience=MAX_DELIVERY_TIME + 1)
            for url in site.settings.webhooks
        ]
        self._stopped = False
        after_fork(self._forked)

    def start(self) -> None:
        """Start the threads, once in each process; without webhooks there are none."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Stop the threads and wait for them."""
        self._stopped = True
        for worker in self._workers:
            worker.stop()

    def _forked(self) -> None:
        for worker in self._workers:
            worker.forked()

    def _work(self, url: str, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                self.deliver(url)
            except (sqlite3.Error, OSError) as error:
                log.warning("The log of changes cannot be used at the moment: %s", error)
            stopping.wait(EVERY)

    def deliver(self, url: str) -> None:
        """Record what has changed, and send to an address what it has not got yet."""
        self._changes.record()
        while self._deliver_to(url) and not self._stopped:
            pass

    def _deliver_to(self, url: str) -> bool:
        """Send one delivery; return whether another may be sent at once."""
        with self._changes.open() as store:
            delivery = self._take(store, url)
        if delivery is None:
            return False
        status, error = self._post(url, delivery)
        with self._changes.open() as store:
            done = self._settle(store, url, delivery, status, error)
        if error:
            # The query may hold a secret.
            shown = urlsplit(url)._replace(query="").geturl()
            log.warning(
                "The webhook %s was not delivered (attempt %d): %s", shown, delivery.attempt, error
            )
        return done

    def _take(self, store: sqlite3.Connection, url: str) -> Delivery | None:
        """Return what is due for an address, reserved for this process; None if nothing is."""
        now = self._clock()
        latest = store.execute("SELECT COALESCE(MAX(number), 0) FROM changes").fetchone()[0]
        store.execute("INSERT OR IGNORE INTO hooks (url, sent) VALUES (?, ?)", (url, latest))
        lease = (
            "UPDATE hooks SET leased = ? WHERE url = ? AND due <= ? AND leased <= ? AND sent < ?"
        )
        if store.execute(lease, (now + LEASE, url, now, now, latest)).rowcount == 0:
            return None
        sent, attempts = store.execute(
            "SELECT sent, attempts FROM hooks WHERE url = ?", (url,)
        ).fetchone()
        generation = store.execute("SELECT generation FROM site").fetchone()[0]
        return Delivery(
            str(uuid4()),
            sent,
            attempts + 1,
            tuple(read(store, sent, MAX_CHANGES_AT_ONCE)),
            generation,
        )

    def _settle(
        self, store: sqlite3.Connection, url: str, delivery: Delivery, status: int, error: str
    ) -> bool:
        """Record the result of a delivery; return whether it is finished: delivered or given up."""
        last = delivery.changes[-1].number
        now = self._clock()
        row = (
            delivery.id,
            now,
            url,
            delivery.changes[0].number,
            last,
            delivery.attempt,
            status,
            error,
        )
        store.execute("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        store.execute(
            "DELETE FROM deliveries WHERE id NOT IN"
            " (SELECT id FROM deliveries ORDER BY at DESC LIMIT ?)",
            (MAX_LOGGED,),
        )
        done = error == "" or delivery.attempt > len(RETRIES)
        state: tuple[int, int, float, str] = (last, 0, 0, url)
        if not done:
            due = now + RETRIES[delivery.attempt - 1]
            state = (delivery.sent, delivery.attempt, due, url)
        store.execute(
            "UPDATE hooks SET sent = ?, attempts = ?, due = ?, leased = 0 WHERE url = ?", state
        )
        return done

    def _post(self, url: str, delivery: Delivery) -> tuple[int, str]:
        """Send one delivery; return the answer's status (0: none) and the error, '' for success."""
        body = delivery.body()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Octavo",
            "Octavo-Delivery": delivery.id,
            "Octavo-Signature": signature(
                self._site.settings.webhook_secret, int(self._clock()), body
            ),
        }
        return send(url, body, headers)


def send(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """POST once; return the answer's status (0: none in time) and the error, '' for success.

    A redirect is a failure: what is signed for one address goes to no other. The answer's body is
    not read.
    """
    parts = urlsplit(url)
    kind = {"http": HTTPConnection, "https": HTTPSConnection}[parts.scheme]
    connection = kind(parts.hostname or "", parts.port, timeout=MAX_DELIVERY_TIME)
    late = threading.Event()
    status = 0
    wrong = ""
    timer = threading.Timer(MAX_DELIVERY_TIME, _cut, (connection, late))
    timer.daemon = True
    timer.start()
    try:
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection.request("POST", quote(target, safe="/?&=%:;,@+$!*'()~"), body, headers)
        status = connection.getresponse().status
        if not 200 <= status < 300:
            wrong = f"it answered {status}"
    except TimeoutError:
        late.set()
    except (OSError, HTTPException, UnicodeError) as error:
        wrong = "".join(letter if letter.isprintable() else "?" for letter in str(error))
    finally:
        timer.cancel()
        connection.close()
    if late.is_set():
        return 0, f"it took longer than {MAX_DELIVERY_TIME:g} s"
    return status, wrong


def _cut(connection: HTTPConnection, late: threading.Event) -> None:
    """Close a connection whose answer takes too long, however slowly it comes in."""
    late.set()
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
