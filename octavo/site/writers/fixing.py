"""Problems that have one right answer, mended as changes of their files."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from octavo.content.editing.changes import Changes
from octavo.content.errors import Mark, Problem
from octavo.site.site import Site


def mend(site: Site, problems: Iterable[Problem]) -> Changes:
    """Return the changes that write the right answer of each problem that has one.

    What has changed since the problem was found stays as it is.
    """
    changes = Changes(site.folders.posts)
    # From the end of a file to its beginning: places before stay where they are.
    for problem in sorted(problems, reverse=True):
        if problem.mend is None:
            continue
        path = problem.mark.path
        with suppress(OSError, UnicodeDecodeError):
            text = changes.current(path).decode("utf-8")
            at = _position(text, problem.mark)
            if text.startswith(problem.mend.old, at):
                rest = text[at + len(problem.mend.old) :]
                changes.write(path, f"{text[:at]}{problem.mend.new}{rest}".encode())
    return changes


def _position(text: str, mark: Mark) -> int:
    """Return where line and column of a mark are in a text."""
    start = 0
    for _ in range(mark.line - 1):
        start = text.find("\n", start) + 1
    return start + mark.column - 1
