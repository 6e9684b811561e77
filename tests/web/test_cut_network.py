"""Redis beyond a network that is cut: nothing refuses, nothing answers, and readers notice nothing."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from flask import Flask

from tests.conftest import PostsFolder
from tests.tools import Servers, needed
from tests.waiting import until
from tests.web.conftest import CALM

POSTS = 20


class DistantRedis:
    """A Redis in a network namespace of its own, at the other end of a cable that can be pulled out."""

    def __init__(self, servers: Servers) -> None:
        number = os.getpid()
        self.space = f"octavo-{number}"
        self._here = f"oct{number}"
        network = f"10.{200 + number % 50}.{number // 50 % 250}"
        self.url = f"redis://{network}.2:6379/0"
        self._ip("netns", "add", self.space)
        self._ip("link", "add", self._here, "type", "veth", "peer", "name", "eth0", "netns", self.space)
        self._ip("address", "add", f"{network}.1/30", "dev", self._here)
        self._ip("link", "set", self._here, "up")
        self._ip("-n", self.space, "address", "add", f"{network}.2/30", "dev", "eth0")
        self.mend()
        command = ["ip", "netns", "exec", self.space, needed("redis-server"), "--protected-mode", "no", "--save", ""]
        servers.run(command, servers.folder / "log-redis", servers.folder)
        self.client = redis.Redis.from_url(self.url, socket_timeout=1)
        until(self._answers, "Redis answers")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def _ip(self, *arguments: str) -> None:
        subprocess.run([needed("ip"), *arguments], check=True)

    def cut(self) -> None:
        self._ip("-n", self.space, "link", "set", "eth0", "down")

    def mend(self) -> None:
        self._ip("-n", self.space, "link", "set", "eth0", "up")

    def close(self) -> None:
        self.client.close()
        # The interface goes with its peer, and the namespace with the last process in it.
        self._ip("link", "delete", self._here)
        self._ip("netns", "delete", self.space)


@pytest.fixture
def distant(servers: Servers) -> Iterator[DistantRedis]:
    made = DistantRedis(servers)
    yield made
    made.close()


def seconds_of_each(app: Flask, numbers: range) -> list[float]:
    """How long the page of each article took, the longest first."""
    client = app.test_client()
    found = []
    for number in numbers:
        start = time.perf_counter()
        assert client.get(f"/articles/post-{number}/").status_code == 200
        found.append(time.perf_counter() - start)
    return sorted(found, reverse=True)


@pytest.mark.root
@pytest.mark.usefixtures("patient")
def test_network_that_is_cut_and_mended_is_not_noticed_by_readers(
    make_app: Callable[..., Flask],
    folder: PostsFolder,
    distant: DistantRedis,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for number in range(POSTS):
        folder.write(f"post-{number}")
    app = make_app(cache="redis", redis_url=distant.url, indexing=False)
    half = POSTS // 2
    seconds_of_each(app, range(half))
    kept = len(distant.client.keys("*/articles/post-*"))

    distant.cut()
    cut_off = seconds_of_each(app, range(half, POSTS))
    told = [record.getMessage() for record in caplog.records]
    distant.mend()

    def is_used() -> bool:
        store = app.extensions["octavo_cache"].store
        store.get("a key")
        return bool(store.up)

    until(is_used, "Redis is used again")
    assert kept == half
    # One reader finds it out, and the others do not wait.
    assert cut_off[1] < CALM
    assert len(told) == 1
