"""What readers did on each machine that serves the site, put where the others find it.

Machines that share a Redis put their figures there, and none waits for another.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import cast

from flask import current_app

from octavo.content.digests import digest_texts
from octavo.site.weak import after_fork
from octavo.site.worker import Worker
from octavo.web.cache import Store

# Figures of another machine are this old at most; seconds.
TELL_EVERY = 30.0
# A machine that told nothing for so long has no workers now, and after that it is forgotten;
# seconds.
MAX_MACHINE_SILENCE = 3 * TELL_EVERY
REMEMBERED = 30 * 86_400.0
# Where they are in the store; another number for other Figures.
GROUP = "octavo-machines-1"


@dataclass
class Figures:
    """What readers did on one machine, or on several.

    `days` are views by the day's number since 1970; `lately` and `views` those of the articles most
    read, of the last days and of all time, by slug; `referrers` readers by host; `slowest` seconds
    by path.
    """

    days: dict[str, float] = field(default_factory=dict)
    lately: dict[str, float] = field(default_factory=dict)
    views: dict[str, float] = field(default_factory=dict)
    referrers: dict[str, float] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)


def combined(all_: list[Figures]) -> Figures:
    """Return the sums of several machines' figures; of what was slowest, the longest times."""
    sums = Figures()
    for part in fields(Figures):
        counter: Counter[str] = Counter()
        for figures in all_:
            values = getattr(figures, part.name)
            if part.name == "slowest":
                counter |= Counter(values)
            else:
                counter.update(values)
        setattr(sums, part.name, dict(counter))
    return sums


def machines() -> Machines:
    """Return what knows the figures of all machines that serve the current application's site."""
    return cast(Machines, current_app.extensions["octavo_machines"])


class Machines:
    """The machines that share the store of a site, by their figures there.

    Where nothing is shared there is this machine alone.
    """

    def __init__(self, store: Store, folder: str, own: Callable[[], Figures]) -> None:
        """Tell the figures that `own` returns; the machine is known by its name and `folder`."""
        self._store = store
        self._own = own
        self._name = digest_texts([socket.gethostname(), folder])
        self._worker = Worker("octavo-machines", self._run, patience=1)
        after_fork(self._worker.forked)

    def start(self) -> None:
        """Begin to tell the others, once in each process."""
        if self._store.has_members:
            self._worker.start()

    def close(self) -> None:
        """Stop telling the other machines the figures of this one."""
        self._worker.stop()

    def tell(self) -> None:
        """Put this machine's figures where the others find them."""
        facts = {"at": time.time(), "figures": asdict(self._own())}
        self._store.set_member(GROUP, self._name, facts)

    def others(self) -> list[Figures]:
        """Return the figures of the other machines."""
        found = []
        for name, facts in self._store.members(GROUP).items():
            silent = time.time() - facts["at"]
            if name == self._name or silent > REMEMBERED:
                continue
            figures = Figures(**facts["figures"])
            if silent > MAX_MACHINE_SILENCE:
                figures.counts["workers"] = 0.0
            found.append(figures)
        return found

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.wait(TELL_EVERY):
            self.tell()
