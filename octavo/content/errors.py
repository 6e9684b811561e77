"""Problems of files in posts/, told to their writers: the place, the cause and the cure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file: its path below posts/, line and column counted from 1 (0: unknown)."""

    path: str
    line: int = 0
    column: int = 0

    @classmethod
    def in_text(cls, path: str, text: str, at: int) -> Mark:
        """Return the mark of the character `at` in the text of the file at `path`."""
        return cls(path, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))

    def __str__(self) -> str:
        place = [self.path]
        place.extend(str(number) for number in (self.line, self.column) if number)
        return ":".join(place)


@dataclass(frozen=True, slots=True)
class Mend:
    """The one right answer to a problem: what stands at its mark, and what is written instead."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to correct in a file.

    An `error` keeps the file's new version from readers, a `warning` does not.
    """

    mark: Mark
    cause: str
    cure: str
    severity: Literal["error", "warning"] = "error"
    # What makes problems with different words alike; those without one are alike by their words.
    kind: str = ""
    # What `flask check --fix` writes; None where there are several answers.
    mend: Mend | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.mark}: {self.cause} {self.cure}"


def fault(mark: Mark, error: BaseException) -> Problem:
    """Return the problem that reports a fault of the program itself, for any exception."""
    message = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_EXCEPTION_CHARACTERS]
    cause = f"This is a fault of the program ({message})."
    return Problem(mark, cause, "Please report it, with the file if it may be shown to others.")


# Characters of an exception's text that are shown.
MAX_EXCEPTION_CHARACTERS = 200


class ContentError(Exception):
    """A file cannot be published as it is; told to its writer."""

    def __init__(self, mark: Mark, cause: str, cure: str) -> None:
        super().__init__(f"{mark}: {cause} {cure}")
        self.problem = Problem(mark, cause, cure)


def number(count: int, what: str, many: str = "") -> str:
    """Return a number with what is counted: `1 article`, `2,000 articles`.

    `many` is the plural where it is not `what` and an s.
    """
    if count == 1:
        return f"1 {what}"
    return f"{count:,} {many or f'{what}s'}"
