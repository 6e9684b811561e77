"""Weak callbacks: they do not keep the object alive whose method they call."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from multiprocessing.util import Finalize
from typing import Any, NoReturn


def weak(method: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls a bound method as long as its object exists."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        found = reference()
        if found is not None:
            found()

    return call


def after_fork(method: Callable[[], None]) -> None:
    """Call a bound method in each forked child process while its object lives; not on Windows."""
    if sys.platform != "win32":
        os.register_at_fork(after_in_child=weak(method))


def at_exit(method: Callable[[], None]) -> None:
    """Call a bound method when the process ends, while its object lives.

    That is so too where SIGTERM ends the process and the server, as `flask run`, has no handler.
    """
    atexit.register(weak(method))
    # A process of multiprocessing, as a worker of granian is, calls nothing of atexit.
    Finalize(None, weak(method), exitpriority=1)
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, frame: Any) -> NoReturn:
    # What a shell tells of a process that a signal ended.
    sys.exit(128 + number)
