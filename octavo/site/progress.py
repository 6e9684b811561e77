"""The progress of long work: a bar with the time left on a terminal, else a line at times."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TextIO

BAR = 30
# Seconds between two drawings of the bar, and between two lines.
REDRAW_EVERY = 0.1
SPEAK_EVERY = 5.0


class Progress:
    """The progress of one piece of work, written to a stream.

    `what` names the work ("Search index"), `things` what is counted.
    """

    def __init__(self, what: str, stream: TextIO | None = None, things: str = "articles") -> None:
        self._what = what
        self._things = things
        self._stream = stream or sys.stderr
        self._tty = self._stream.isatty()
        self._every = REDRAW_EVERY if self._tty else SPEAK_EVERY
        self._started = self._shown_at = time.monotonic()
        self._first: int | None = None

    def show(self, done: int, total: int) -> None:
        """Show that `done` of `total` are done, unless something was shown a moment ago."""
        now = time.monotonic()
        if self._first is None:
            self._first = done
            self._started = now
        if now - self._shown_at < self._every:
            return
        self._shown_at = now
        text = f"{done:,} of {total:,} {self._things}{self._left(now, done, total)}"
        if self._tty:
            filled = BAR * done // max(total, 1)
            self._write(f"\r{self._what} [{'#' * filled}{'.' * (BAR - filled)}] {text}\x1b[K")
        else:
            self._write(f"{self._what}: {text}\n")

    def _left(self, now: float, done: int, total: int) -> str:
        new = done - (self._first or 0)
        if new <= 0 or now - self._started < 0.5:
            return ""
        seconds = round((now - self._started) / new * (total - done))
        return f", {seconds // 60}:{seconds % 60:02} left"

    def finish(self, text: str) -> None:
        """Replace the bar by a last line."""
        line = f"{self._what}: {text}"
        if self._tty:
            line = f"\r{line}\x1b[K"
        self._write(f"{line}\n")

    def clear(self) -> None:
        """Take the bar away from a terminal."""
        if self._tty:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        # A terminal that was closed is no reason to stop working.
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()
