"""Inquiries: what running servers hold of a text in memory, asked through Unix sockets.

Each process of a server listens at a socket of its own in instance/, which nobody but its user may
open. A question is a line with a slug, the answer one JSON array.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from octavo.content.errors import number
from octavo.content.posts import Post
from octavo.site.site import Site
from octavo.site.writers.standing import format_timestamp
from octavo.web.cache import PageCache
from octavo.web.read_model.dependencies import surrogate_key, surrogate_keys_of

log = logging.getLogger("octavo")

# The family of Unix sockets; 0 where there are none (Windows).
UNIX = getattr(socket, "AF_UNIX", 0)
# A process that does not answer for so long is left out; seconds.
MAX_ANSWER_WAIT = 1.0
# A question's bytes.
MAX_QUESTION_BYTES = 4_096
# Addresses that are told one by one.
MAX_LISTED_ADDRESSES = 6


class PageInMemory(NamedTuple):
    """A page in memory that shows a text: its address, and when the clock changes it, if ever.

    `until` is in seconds since the epoch; a page that is not fresh is made anew, or
    revalidated, before anybody sees it again.
    """

    path: str
    until: float | None
    is_fresh: bool


def pages_in_memory(site: Site, cache: PageCache, slug: str) -> list[PageInMemory]:
    """Return the pages of this process's memory that show a text, by address."""
    key = surrogate_key("post", slug)
    found = []
    for page in chain.from_iterable([pool.all() for pool in cache.pools.all]):
        questions = (*(asked for asked, _ in page.dependencies), *page.listed)
        if page.request is not None and any(
            key in keys for keys in map(surrogate_keys_of, questions)
        ):
            path = site.addresses.path(page.request.path)
            if page.request.query:
                path += f"?{page.request.query}"
            until = page.until if isfinite(page.until) else None
            found.append(PageInMemory(path, until, page.is_fresh(site.version, site.clock())))
    return sorted(found)


def describe_pages_in_memory(site: Site, found: Sequence[PageInMemory]) -> str:
    """Return in words which pages in memory show a text, and when they are dropped."""
    if not found:
        return "in no page that the server holds in memory"
    held = {one.path: one for one in found}
    shown = ", ".join(list(held)[:MAX_LISTED_ADDRESSES])
    if len(held) > MAX_LISTED_ADDRESSES:
        shown += f" and {len(held) - MAX_LISTED_ADDRESSES:,} more"
    pages = number(len(held), "page")
    text = f"in {pages} in memory: {shown}; each is made anew when what it shows changes"
    ends = [one.until for one in found if one.until is not None]
    if ends:
        text += f", and by the clock {format_timestamp(site, min(ends))}"
    if not all(one.is_fresh for one in found):
        text += "; something has changed, so they are looked at before anybody sees them again"
    return text


def ask_servers(site: Site, post: Post) -> str:
    """Return what the running servers of a site hold of a text, in words."""
    answers = list(_answers(site.instance_dir, post.slug))
    if not answers:
        return "no running server has been asked for a page, so none is held in memory"
    return describe_pages_in_memory(site, sorted(set(chain.from_iterable(answers))))


def _answers(folder: Path, slug: str) -> Iterator[list[PageInMemory]]:
    for file in sorted(folder.glob("ask-*.sock")):
        try:
            with _connected(file) as connection:
                connection.sendall(f"{slug}\n".encode())
                with connection.makefile("rb") as answer:
                    yield [PageInMemory(*row) for row in json.load(answer)]
        except (OSError, ValueError, TypeError) as error:
            log.debug("%s does not answer: %s", file, error)


@contextlib.contextmanager
def _connected(file: Path) -> Iterator[socket.socket]:
    """Yield a connection to a process. Raises OSError; of a killed one the file is removed."""
    with _socket() as connection:
        connection.settimeout(MAX_ANSWER_WAIT)
        try:
            with _short(file) as name:
                connection.connect(name)
        except ConnectionRefusedError:
            file.unlink(missing_ok=True)
            raise
        yield connection


def _socket() -> socket.socket:
    return socket.socket(UNIX, socket.SOCK_STREAM)


@contextlib.contextmanager
def _short(file: Path) -> Iterator[str]:
    """Yield a name of a socket that is short enough: 108 bytes are the most (unix(7))."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{file.name}"
    finally:
        os.close(folder)


class Listener:
    """Answers inquiries about the pages in memory of one process, in a thread."""

    def __init__(self, site: Site, cache: PageCache) -> None:
        """Listen from when the site begins to work until it is closed."""
        self._site = site
        self._cache = cache
        self._socket: socket.socket | None = None
        self._file = site.instance_dir / f"ask-{uuid4().hex[:8]}.sock"
        site.starting.append(self.start)
        site.closing.append(self.stop)

    def start(self) -> None:
        """Open the socket and begin to answer; without one where instance/ cannot be written."""
        self._file = self._file.with_name(f"ask-{uuid4().hex[:8]}.sock")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            listening = _socket()
        except OSError as error:
            log.debug("Nobody can be asked what is in memory: %s", error)
            return
        try:
            # Before the file is there: nobody else may open it, not even for a moment.
            os.chmod(listening.fileno(), 0o600)
            # Nobody finds it before it listens: it would pass for that of a killed process.
            unborn = self._file.with_suffix(".new")
            with _short(unborn) as name:
                listening.bind(name)
            unborn.chmod(0o600)
            listening.listen(4)
            unborn.rename(self._file)
            self._clear()
        except OSError as error:
            log.debug("Nobody can be asked what is in memory: %s", error)
            listening.close()
            return
        self._socket = listening
        thread = threading.Thread(
            target=self._listen, args=(listening,), name="octavo-inquiries", daemon=True
        )
        thread.start()

    def _clear(self) -> None:
        """Remove the files of killed processes, which would become more with the years."""
        for file in self._file.parent.glob("ask-*.sock"):
            if file != self._file:
                with contextlib.suppress(OSError), _connected(file):
                    pass

    def stop(self) -> None:
        """Close the socket and remove its file."""
        listening = self._socket
        self._socket = None
        if listening is None:
            return
        with contextlib.suppress(OSError):
            self._file.unlink()
        with contextlib.suppress(OSError):
            # This wakes the thread.
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()

    def _listen(self, listening: socket.socket) -> None:
        while self._socket is listening:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(MAX_ANSWER_WAIT)
                with connection.makefile("rb") as asked:
                    slug = asked.readline(MAX_QUESTION_BYTES).decode().rstrip("\n")
                if slug:
                    found = pages_in_memory(self._site, self._cache, slug)
                    connection.sendall(json.dumps(found).encode())


def init_app(site: Site, cache: PageCache) -> None:
    """Have each process of a server tell which of its cached pages show a text.

    `flask posts why` asks for it over a Unix socket; there is none on other systems.
    """
    if UNIX and os.path.isdir("/proc/self/fd"):
        Listener(site, cache)
