"""A site on real files: the folder that a test writes into, the site that reads it, and a client for its pages."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, cast

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BaseLoader, Environment
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule, converters
from werkzeug.serving import make_server

from octavo import create_app
from octavo.content.catalogue import Catalogue
from octavo.content.loading.loader import Loader
from octavo.content.parse import Rules
from octavo.settings import Settings
from octavo.site.site import Site
from tests.tools import CHECKOUT, Node, Servers, without_override

# What a test asks for tells what it is; first come those that tell most in the least time.
ORDER = ("fast", "thorough", "server", "browser")
THOROUGH_PLACES = ("tests/faults/", "tests/properties/", "tests/test_examples.py")
# Tests that start servers wait more than they work: one process more than there are cores.
MAX_PROCESSES = 4
# What a run writes, and lets go of at once, need not reach a disk.
MEMORY = Path("/dev/shm")
MIN_MEMORY_BYTES = 4 * 1024**3
STARTS_SERVERS = {"serve", "servers"}
NOW = datetime(2025, 7, 20, 12, 0, tzinfo=UTC)

# On a busy machine an example may take any time. The test line draws the same examples each time, so that it is green
# or red for a change's own reason; --hypothesis-profile=exploring draws others.
hypothesis.settings.register_profile("patient", deadline=None, derandomize=True)
hypothesis.settings.register_profile("exploring", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread folders of tests over the cores, unless -n says how; files and tests that are named run here.

    A hundred processes of the site are started, which read the engine compiled, also where it is not kept elsewhere.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MIN_MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    spreads = config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput")
    named = any(".py" in argument for argument in config.args)
    if spreads and not named and not config.option.usepdb and config.option.numprocesses is None:
        config.option.numprocesses = min(MAX_PROCESSES, len(os.sched_getaffinity(0)) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with what it needs; put fast ones first and browsers last, each in the order that was drawn."""
    for item in items:
        kind = ORDER[_place(item)]
        if kind != "fast" or not item.get_closest_marker("long"):
            item.add_marker(kind)
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="only root may do this"))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    asked = set(getattr(item, "fixturenames", ()))
    if "browser" in asked:
        return ORDER.index("browser")
    if asked & STARTS_SERVERS:
        return ORDER.index("server")
    is_thorough = item.get_closest_marker("thorough") or item.nodeid.startswith(THOROUGH_PLACES)
    return ORDER.index("thorough" if is_thorough else "fast")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell how this order of the tests is had again."""
    if config.pluginmanager.hasplugin("randomly"):
        terminalreporter.write_line(f"Same order again: pytest --randomly-seed={config.option.randomly_seed}")


class Clock:
    """The time that a site believes in; a test moves it."""

    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now

    def set(self, year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> None:
        self.now = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


class PostsFolder:
    """A folder of posts. Each write has a later modification time than the one before, however fast they follow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.mkdir(parents=True, exist_ok=True)
        self._last = 0

    def write(self, name: str, body: str = "Some text.\n", **fields: Any) -> Path:
        """Write NAME.md with fields as YAML front matter; `date` is 2025-01-01 unless given, None for no date."""
        fields = {"title": name, "date": "2025-01-01", **fields}
        lines = [f"{key}: {_yaml(value)}\n" for key, value in fields.items() if value is not None]
        return self.raw(f"{name}.md", f"---\n{''.join(lines)}---\n\n{body}")

    def raw(self, name: str, data: str | bytes) -> Path:
        """Write a file exactly as given."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        self._last = max(time.time_ns(), self._last + 1)
        os.utime(path, ns=(self._last, self._last))
        return path


def _yaml(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and "\n" not in value and value[:4].isdigit():
        return value
    return json.dumps(value, ensure_ascii=False)


@pytest.fixture(autouse=True)
def given_environment() -> Iterator[None]:
    """Take back what a test adds to the environment: a command of Flask says there that it runs, for ever."""
    before = set(os.environ)
    yield
    for name in set(os.environ) - before:
        os.environ.pop(name, None)


@pytest.fixture
def clock() -> Clock:
    """The site's clock, which stands at 20 July 2025, noon UTC, until a test moves it."""
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> PostsFolder:
    return PostsFolder(tmp_path / "posts")


@pytest.fixture
def write_post(folder: PostsFolder) -> Callable[..., Path]:
    """Write a post: `write_post("hello", title="Before", body="…")`."""
    return folder.write


@pytest.fixture
def make_loader(folder: PostsFolder, tmp_path: Path) -> Iterator[Callable[..., Loader]]:
    """Make a loader of the folder; with `kept=True` its catalogue is the file that a restart would find."""
    made: list[Catalogue] = []

    def make(kept: bool = False, linked: Sequence[Path] = (), **rules: Any) -> Loader:
        catalogue = Catalogue(tmp_path / "search_index" if kept else None, repr(rules))
        made.append(catalogue)
        return Loader(folder.path, Rules(UTC, **rules), catalogue, linked=linked)

    yield make
    for catalogue in made:
        catalogue.close()


class SharedBytecode(BytecodeCache):
    """Compiles each template once for all sites of these tests whose phrases and extensions make the same of it."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{name} {os.path.realpath(filename or '')}"

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """Jinja compares the source only; phrases, and the path below which a site stands, are put in later."""
        phrases = cast(BaseLoader, environment.loader).get_source(environment, "phrases.toml")[0]
        compiled = environment.preprocess(source, name, filename)
        return super().get_bucket(environment, name, filename, compiled + phrases)

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


BYTECODE = SharedBytecode()


class SharedRule(Rule):
    """An address whose builders are compiled once for all sites of these tests: else they take most of an
    application's start.
    """

    builders: ClassVar[dict[Any, Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        # The converters of Werkzeug know nothing of the site that they are used in.
        if any(type(converter).__module__ != converters.__name__ for converter in self._converters.values()):
            return super()._compile_builder(append_unknown)
        key = (self.rule, repr(self.defaults), append_unknown)
        if key not in self.builders:
            self.builders[key] = super()._compile_builder(append_unknown)
        return self.builders[key]


Flask.url_rule_class = SharedRule


@pytest.fixture
def make_app(tmp_path: Path, folder: PostsFolder, clock: Clock) -> Iterator[Callable[..., Flask]]:
    """Make the application of a site in tmp_path, or `root`, with the default theme and the settings given."""
    sites: list[Site] = []

    def make(developed: bool = False, root: Path = tmp_path, **settings: Any) -> Flask:
        defaults: dict[str, Any] = {"title": "Test Journal", "base_url": "https://journal.example", "watch": False}
        app = create_app(root, Settings(**{**defaults, **settings}), developed=developed)
        app.jinja_env.bytecode_cache = BYTECODE
        site = app.extensions["octavo"]
        if not settings.get("at"):
            site.clock = clock
        sites.append(site)
        return app

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def site(app: Flask) -> Site:
    found: Site = app.extensions["octavo"]
    return found


class Reader(FlaskClient):
    """A reader who comes after the site has looked at its files: tests of pages need not wait for the watcher."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        site: Site = self.application.extensions["octavo"]
        if not site.settings.watch:
            site.refresh(settle=0)
        # Files that are sent are closed with their answer.
        kwargs.setdefault("buffered", True)
        return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.test_client_class = Reader
    return app.test_client()


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve an application over HTTP until the test ends: `serve(app)` returns its address."""
    with contextlib.ExitStack() as started:

        def start(app: Flask) -> str:
            server = make_server("127.0.0.1", 0, app, threaded=True)
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            started.callback(server.server_close)
            started.callback(thread.join)
            started.callback(server.shutdown)
            return f"http://127.0.0.1:{server.port}"

        yield start


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Starts other programs that listen, until the test ends."""
    started = Servers(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def permissions_count() -> Iterator[None]:
    """The permissions of files count in this test, though root may run it."""
    with without_override():
        yield


@pytest.fixture(scope="session")
def node() -> Node:
    """Ghost's own JavaScript packages."""
    return Node()


@pytest.fixture
def magazine(make_app: Callable[..., Flask], clock: Clock) -> FlaskClient:
    """A client of the checkout's own articles through an open API, at a time when all of them are published."""
    clock.set(2030, 1, 1)
    return make_app(posts_dir=str(CHECKOUT / "posts"), api_open=True).test_client()
