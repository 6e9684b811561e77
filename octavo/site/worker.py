"""A worker: a thread of the site that is started once in a process and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Worker:
    """A daemon thread that runs `work(stopping)` until the event `stopping` is set."""

    def __init__(self, name: str, work: Callable[[threading.Event], None], patience: float) -> None:
        """`name` is the thread's; `patience` is how long `stop` waits for its end, in seconds."""
        self._name = name
        self._work = work
        self._patience = patience
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it runs already in this process."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, args=(self._stopping,), name=self._name, daemon=True
                )
                self._thread.start()

    def end(self) -> None:
        """Tell the thread to end, without waiting for it: call `stop` once it has been woken."""
        self._stopping.set()

    def stop(self) -> None:
        """Tell the thread to end, and wait for it."""
        self.end()
        if self._thread is not None:
            self._thread.join(timeout=self._patience)

    def forked(self) -> None:
        """Forget the thread, in a forked child process: threads stay in the parent."""
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._thread = None
