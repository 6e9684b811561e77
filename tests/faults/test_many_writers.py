"""Many writers at once, in every way in which editors save, while several workers serve what they write."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.serving import SETTINGS, Operator, Served
from tests.tools import Servers
from tests.waiting import until

SEED = int(os.environ.get("SEED", "1969"))
WRITERS = 10
PAGE = re.compile(r"begins (\S+ \d+)\b.*\bends (\S+ \d+)\b", re.DOTALL)


def text_of(name: str, version: int) -> str:
    """A text whose first and last words tell its name and version."""
    head = f"---\ntitle: {name} in version {version}\ndate: 2025-01-01\n---\n\n"
    return f"{head}begins {name} {version}\n\n{'Words between. ' * 50}\n\nends {name} {version}\n"


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(text)
    beside.replace(path)


def by_backup(path: Path, text: str) -> None:
    """As Vim and Emacs do: the old file moves away, and the new one takes its place."""
    backup = path.with_name(f"{path.name}~")
    if path.exists():
        path.rename(backup)
    path.write_text(text)
    backup.unlink(missing_ok=True)


def by_delete_and_create(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text)


def in_pieces(path: Path, text: str) -> None:
    with path.open("w") as file:
        for at in range(0, len(text), 200):
            file.write(text[at : at + 200])
            file.flush()


def by_link(path: Path, text: str) -> None:
    beside = path.with_name(f"{path.name}.tmp")
    beside.write_text(text)
    path.unlink(missing_ok=True)
    os.link(beside, path)
    beside.unlink()


SAVES: tuple[Callable[[Path, str], None], ...] = (
    in_place,
    by_rename,
    by_backup,
    by_delete_and_create,
    in_pieces,
    by_link,
)


@dataclass
class Writer:
    """Saves, renames and deletes texts of its own; `there` are those that are left, with their last versions."""

    posts: Path
    number: int
    dice: random.Random
    there: dict[str, int] = field(default_factory=dict)
    version: int = 0

    def change(self) -> None:
        self.version += 1
        name = f"w{self.number}-{self.dice.randrange(20)}"
        path = self.posts / f"{name}.md"
        if name in self.there and self.dice.random() < 0.1:
            path.unlink()
            del self.there[name]
            return
        self.dice.choice(SAVES)(path, text_of(name, self.version))
        self.there[name] = self.version

    def work(self, changes: int) -> None:
        for _ in range(changes):
            self.change()


@dataclass
class Witness:
    """A reader who looks at random texts all the time, and says what is wrong with the pages."""

    served: Served
    dice: random.Random
    wrong: list[str] = field(default_factory=list)
    seen: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        # They leave the workers time to follow.
        while not self.stopping.wait(0.05):
            name = f"w{self.dice.randrange(WRITERS)}-{self.dice.randrange(20)}"
            answer = self.served.get(f"/articles/{name}/")
            # One that was deleted, or that nobody has written yet.
            if answer.status in {404, 410}:
                continue
            found = PAGE.search(answer.text)
            self.seen += 1
            if answer.status != 200 or found is None or found[1] != found[2] or not found[1].startswith(f"{name} "):
                self.wrong.append(f"{name}: {answer.status}, {found and found.groups()}")

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        thread = threading.Thread(target=self.look)
        thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            thread.join()


@pytest.fixture
def serve(tmp_path: Path, servers: Servers) -> Callable[[int], Served]:
    """Serves with so many workers, and returns when all of them answer."""
    operator = Operator(tmp_path, servers)
    settings = SETTINGS.replace("status = 0", "status = 0, api = 0")
    (tmp_path / "pyproject.toml").write_text(f"{settings}api_open = true\n")

    def start(workers: int) -> Served:
        served = operator.serve("--workers", str(workers))
        served.workers(workers)
        return served

    return start


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "flask", *arguments], cwd=folder, capture_output=True, text=True)


def titles_told(served: Served) -> list[str]:
    """What the API of whichever worker answers has."""
    address = "/ghost/api/content/posts/?fields=title&limit=100&page="
    pages = [json.loads(served.get(f"{address}{page}").text)["posts"] for page in (1, 2, 3)]
    return sorted(post["title"] for page in pages for post in page)


def all_tell(served: Served, titles: list[str]) -> bool:
    """Whether the workers have these titles; which one answers a connection is the kernel's choice."""
    return all(titles_told(served) == titles for _ in range(16))


@pytest.mark.parametrize(("workers", "changes"), [(2, 200), pytest.param(4, 5_000, marks=pytest.mark.long)])
def test_what_many_writers_leave_is_what_all_workers_show_and_find(
    tmp_path: Path, serve: Callable[[int], Served], workers: int, changes: int
) -> None:
    served = serve(workers)
    writers = [Writer(tmp_path / "posts", number, random.Random(SEED + number)) for number in range(WRITERS)]
    witness = Witness(served, random.Random(SEED))
    with witness.looking(), ThreadPoolExecutor(WRITERS) as pool:
        done = [pool.submit(writer.work, changes // WRITERS) for writer in writers]
        for each in done:
            each.result()
        until(lambda: witness.seen, "the witness has seen a text")

    left = {name: version for writer in writers for name, version in writer.there.items()}
    titles = sorted(["Hello", *(f"{name} in version {version}" for name, version in left.items())])
    until(lambda: all_tell(served, titles), "all workers have what was written")
    until(lambda: command(tmp_path, "index", "verify").returncode == 0, "the index is that of the files")
    assert witness.wrong == []
    name = next(iter(left))
    found = json.loads(served.get(f"/search.json?q={name}").text)
    assert found["results"][0]["title"] == f"{name} in version {left[name]}"
    served.process.terminate()
    assert served.process.wait(60) == 0
    assert command(tmp_path, "index", "build").stdout == "0 articles added, 0 removed.\n"
    assert "Traceback" not in served.log


@pytest.mark.long
def test_checkout_of_14_000_changed_files_is_shown_and_found(tmp_path: Path, serve: Callable[[int], Served]) -> None:
    served = serve(4)
    posts = tmp_path / "posts"
    git = ["git", "-C", str(posts), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for version in (1, 2):
        for number in range(14_000):
            (posts / f"text-{number}.md").write_text(text_of(f"text-{number}", version))
        if version == 1:
            subprocess.run([*git, "init", "-q", "-b", "one"], check=True)
        else:
            subprocess.run([*git, "checkout", "-q", "-b", "two"], check=True)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "All texts"], check=True)

    def shown(version: int) -> bool:
        pages = [served.get(f"/articles/text-{number}/").text for number in (0, 7_000, 13_999)]
        return all(f"ends text-{n} {version}" in page for n, page in zip((0, 7_000, 13_999), pages, strict=True))

    begun = time.monotonic()
    subprocess.run([*git, "checkout", "-q", "one"], check=True)

    statuses = set()
    while not shown(1):
        statuses.add(served.get("/articles/hello/").status)
        assert time.monotonic() - begun < 600
    while command(tmp_path, "index", "verify").returncode != 0:
        statuses.add(served.get("/articles/hello/").status)
        assert time.monotonic() - begun < 600
    assert statuses <= {200}
    assert "Traceback" not in served.log
