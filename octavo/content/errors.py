"""What is wrong with a file in posts/, told to its writer: where, why, and the cure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file: its path below posts/, and line and column counted from 1 (0 where there
    is none).
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return (
            f"{self.path}:{self.line}:{self.column}" if self.column else f"{self.path}:{self.line}"
        )


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend in a file. An `error` keeps the file's new version from readers, a
    `warning` does not.
    """

    mark: Mark
    cause: str
    cure: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.mark}: {self.cause} {self.cure}"


class ContentError(Exception):
    """A file in posts/ cannot be published as written; its reader is a writer with an editor open."""

    def __init__(self, mark: Mark, cause: str, cure: str) -> None:
        super().__init__(f"{mark}: {cause} {cure}")
        self.problem = Problem(mark, cause, cure)
