"""`flask check` tells at once what it found, while nothing has changed; and never what is no longer so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from octavo.site.site import Site
from octavo.site.writers.kept_findings import kept_findings
from tests.conftest import Clock, PostsFolder


class Findings:
    """What is found, and whether texts were looked at for it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.looked_at = 0

    def __call__(self) -> set[str]:
        self._site.refresh(settle=0)
        self.looked_at = 0
        return {problem.cause for problem in kept_findings(self._site, self._count)}

    def _count(self, done: int, total: int) -> None:
        self.looked_at += 1


@pytest.fixture
def found(site: Site, folder: PostsFolder) -> Findings:
    site.index_dir.mkdir(exist_ok=True)
    folder.write("hello", body="A [link](nowhere.md).\n")
    folder.write("other", updated="2025-12-24")
    return Findings(site)


def test_what_was_found_is_told_again_without_a_look(found: Findings) -> None:
    first = found()
    looked_at = found.looked_at

    again = found()

    assert again == first
    assert (looked_at, found.looked_at) == (2, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder, root, clock: folder.write("hello", body="Nothing wrong.\n"),
        lambda folder, root, clock: folder.write("nowhere"),
        lambda folder, root, clock: folder.raw("nowhere.zip", b"x"),
        lambda folder, root, clock: (folder.path / "other.md").unlink(),
        lambda folder, root, clock: folder.write("draft", draft=True),
        lambda folder, root, clock: folder.raw("_authors/ada.md", "---\nname: Ada\n---\n"),
        lambda folder, root, clock: (root / "_redirects").write_text("/a /b\n"),
        lambda folder, root, clock: clock.set(2025, 12, 25),
        lambda folder, root, clock: (root / "search_index" / "findings.json").write_text("{"),
        lambda folder, root, clock: (root / "search_index" / "findings.json").write_text("[]"),
        lambda folder, root, clock: (root / "search_index" / "findings.json").unlink(),
    ],
)
def test_texts_are_looked_at_again_after_any_change(
    found: Findings, folder: PostsFolder, tmp_path: Path, clock: Clock, change: Callable[..., object]
) -> None:
    found()

    change(folder, tmp_path, clock)
    found()

    assert found.looked_at > 0


def test_the_command_tells_the_same_twice(make_app: Callable[..., Flask], folder: PostsFolder) -> None:
    folder.write("hello", body="A [link](nowhere.md).\n")
    runner = make_app().test_cli_runner()

    first, again = (runner.invoke(args=["check", "--json"]) for _ in range(2))

    assert json.loads(first.output) == json.loads(again.output)
    assert [problem["line"] for problem in json.loads(again.output)] == [6]
