"""Findings kept: what `flask check` found is told again at once while nothing has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from octavo.content.digests import digest_texts
from octavo.content.errors import Mark, Mend, Problem
from octavo.content.files.writing import write_whole
from octavo.site.checks import Tell, findings, silent
from octavo.site.digests import engine_digest
from octavo.site.site import Site

# In the folder of derived data.
NAME = "findings.json"


def kept_findings(site: Site, tell: Tell = silent) -> list[Problem]:
    """Return what all checks find, from the file where nothing has changed since it was written.

    `tell(done, total)` is called with the number of texts that have been looked at.
    """
    file = site.index_dir / NAME
    key = digest_texts(_all_that_counts(site))
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(file.read_bytes())
        if kept["key"] == key:
            return [_problem(*row) for row in kept["problems"]]
    found = list(findings(site, tell))
    rows = [_row(each) for each in found]
    with suppress(OSError, ValueError):
        # A read-only folder costs the time again, and nothing else.
        write_whole(file, json.dumps({"key": key, "problems": rows}).encode())
    return found


def _row(problem: Problem) -> list[Any]:
    mark = problem.mark
    mend: list[str] = []
    if problem.mend is not None:
        mend = [problem.mend.old, problem.mend.new]
    words = [problem.cause, problem.cure, problem.severity, problem.kind]
    return [[mark.path, mark.line, mark.column], words, mend]


def _problem(mark: list[Any], words: list[Any], mend: list[str]) -> Problem:
    cause, cure, severity, kind = words
    right = None
    if mend:
        right = Mend(*mend)
    return Problem(Mark(*mark), cause, cure, severity, kind, right)


def _all_that_counts(site: Site) -> Iterator[str]:
    """Yield all that a finding depends on: engine, settings, theme, files, and the clock."""
    edition = site.edition()
    now = datetime.fromtimestamp(site.clock(), UTC)
    yield engine_digest()
    yield repr(site.settings)
    yield site.plugins.digest
    yield site.theme.digest
    yield site.redirects.digest
    yield f"{edition.since} {edition.until}"
    for post in site.library.by_path.values():
        yield f"{post.path} {post.digest}"
        if post.updated is not None and post.updated > now:
            yield "to come"
    for author in site.library.authors.values():
        yield f"{author.path} {author.digest}"
    yield repr(sorted(site.library.assets.items()))
    yield from _files_below(site.posts_dir)


def _files_below(folder: Path) -> Iterator[str]:
    """Yield the paths of all files: a link to one that readers do not get is told as such."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (f"{parent}/{name}" for name in sorted(names))
