"""One process of the server: granian with this site. `python -m octavo.serving.process JOB ...`.

The supervisor starts it with a job as JSON and three descriptors: of the pipe in which the worker
writes a byte when it is ready, of the pipe in which it is told to accept nothing more, and of the
socket that listens.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from octavo.serving.concurrency import ConcurrencyLimiter, threads_for
from octavo.serving.job import ServerJob
from octavo.web.app import make_app
from octavo.web.logs import logging_config

log = logging.getLogger("octavo.serving")

# Connections that are open in one process at a time; more wait in the kernel.
MAX_CONNECTIONS = 1_024
# A head that takes longer to come ends its connection; milliseconds.
MAX_HEAD_WAIT = 15_000
# What the access log tells of a request; the query is left out, which may hold keys.
ACCESS = "%(addr)s %(method)s %(path)s %(status)d %(dt_ms).1f ms"


class InheritingServer(MPServer):
    """granian's server on a socket that listens already, for which it has no option."""

    def __init__(self, listening: int, **options: Any) -> None:
        super().__init__(**options)
        self._listening = listening

    def _init_shared_socket(self) -> None:
        with socket.socket(fileno=os.dup(self._listening)) as known:
            is_unix = known.family == socket.AF_UNIX
        # The stub of SocketHolder lacks its arguments.
        make: Any = SocketHolder
        inherited: dict[str, Any] = {
            "_shd": make(self._listening, is_unix, MAX_CONNECTIONS),
            "_sfd": self._listening,
            "_sso": None,
        }
        vars(self).update(inherited)


def serve(job: ServerJob, ready: int, orders: int, listening: int) -> None:
    """Serve the site of a job in this process until a signal ends it.

    `ready`, `orders` and `listening` are the descriptors of which supervisor.Job tells.
    """
    server = InheritingServer(
        listening,
        target=job.target,
        interface=Interfaces.WSGI,
        backpressure=MAX_CONNECTIONS,
        blocking_threads=threads_for(job.width),
        http1_settings=HTTP1Settings(header_read_timeout=MAX_HEAD_WAIT),
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=logging_config(job.json_lines),
        log_access=job.access_log,
        log_access_format=ACCESS,
    )
    server.serve(target_loader=partial(load, job, ready, orders, listening), wrap_loader=False)


def load(job: ServerJob, ready: int, orders: int, listening: int) -> ConcurrencyLimiter:
    """Return the site's application behind its limiter, in a worker, and tell that it is ready."""
    sys.path.insert(0, job.root)
    application = application_of(job)
    site = getattr(application, "extensions", {}).get("octavo")
    if site is not None:
        # granian's workers do not call what is registered with atexit.
        Finalize(None, site.close, exitpriority=1)
        application.extensions["octavo_limits"].keep_all()
    limiter = ConcurrencyLimiter(application, job.width)

    def obey() -> None:
        while os.read(orders, 1):
            limiter.close_connections = True
            accept_no_more(listening)
        log.error("The supervisor is gone: this worker stops.")
        os.kill(os.getppid(), signal.SIGTERM)

    threading.Thread(target=obey, name="octavo-supervised", daemon=True).start()
    # Without a supervisor there is nobody to be told, and the thread ends this worker.
    with suppress(BrokenPipeError):
        os.write(ready, b"r")
    if site is not None:
        # The first reader need not wait for it, and `flask posts why` finds the process.
        site.start()
    return limiter


def application_of(job: ServerJob) -> Any:
    """Return the application that a job names; a site without an app.py has a plain one."""
    module, _, name = job.target.partition(":")
    if module == "app" and find_spec("app") is None:
        return make_app(Path(job.root))
    return getattr(import_module(module), name or "app")


def accept_no_more(listening: int) -> None:
    """Leave new connections to the other processes that listen at a socket.

    A server that ends closes connections whose requests are still on their way, so it must have
    none of these when it is told to end. Every descriptor of the socket in this process becomes
    that of another one, to which nobody connects.
    """
    wanted = os.fstat(listening).st_ino
    with suppress(OSError), socket.socket(socket.AF_UNIX) as nowhere:
        nowhere.bind("")
        nowhere.listen()
        nowhere.setblocking(False)
        for name in os.listdir("/dev/fd"):
            with suppress(OSError):
                if os.fstat(int(name)).st_ino == wanted:
                    os.dup2(nowhere.fileno(), int(name))


if __name__ == "__main__":
    serve(ServerJob(**json.loads(sys.argv[1])), *map(int, sys.argv[2:]))
