"""Weak callbacks: they do not keep the object alive whose method they call."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from multiprocessing.util import Finalize
from typing import Any, NoReturn, Protocol, TypeVar

T = TypeVar("T")


class Lock(Protocol):
    """What is used of `threading`'s locks, for annotations: of Lock and RLock alike."""

    def acquire(self) -> bool:
        """Wait until the lock is free, and take it."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


def weak(method: Callable[[], T]) -> Callable[[], T | None]:
    """Return a function that calls a bound method as long as its object exists."""
    reference = weakref.WeakMethod(method)

    def call() -> T | None:
        found = reference()
        return found() if found is not None else None

    return call


def after_fork(
    method: Callable[[], None], locks: Callable[[], Iterable[Lock]] | None = None
) -> None:
    """Call a bound method in each forked child process while its object lives; not on Windows.

    No other thread holds one of `locks` at the fork: so none is within SQLite, whose own locks
    nobody would open in the child.
    """
    if sys.platform == "win32":
        return
    in_child = weak(method)
    if locks is None:
        os.register_at_fork(after_in_child=in_child)
        return
    find = weak(locks)
    held: list[Lock] = []

    def hold() -> None:
        for lock in find() or ():
            lock.acquire()
            held.append(lock)

    def release() -> None:
        while held:
            held.pop().release()

    os.register_at_fork(before=hold, after_in_parent=release, after_in_child=release)
    os.register_at_fork(after_in_child=in_child)


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
