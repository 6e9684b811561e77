"""The dispatcher of hooks: tells plug-ins what happened, once for each site."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path

from flask import Flask

from octavo.hooks import Plugins
from octavo.site.site import Site
from octavo.web.changes.log import Change, ChangeLog, read

log = logging.getLogger("octavo.plugins")

# By this the log keeps how far plug-ins have been told; no webhook has such an address.
NAME = "plugins:"
# For so long nobody else tells what this process has taken; seconds.
LEASE = 60.0
# Changes that are taken at once.
MAX_DISPATCHED_AT_ONCE = 100
# The hook that hears of an event of the log.
HEARD = {
    "created": "published",
    "published": "published",
    "updated": "changed",
    "deleted": "removed",
    "expired": "removed",
}


def init_app(app: Flask, site: Site) -> None:
    """Keep the log of changes, and tell plug-ins what happened while the site works."""
    folder = Path(app.instance_path)
    changes = app.extensions["octavo_changes"] = ChangeLog(site, folder / "changes.sqlite3")
    if site.shows_more:
        # What only a writer sees is no change for readers.
        app.extensions["octavo_changes"] = ChangeLog(site, folder / "changes-of-drafts.sqlite3")
    else:
        site.indexed.append(HookDispatcher(changes, site.plugins).dispatch)


class HookDispatcher:
    """Tells plug-ins of the changes in the log; of all processes, the one that takes them first.

    What was taken by a process that dies in the middle of it is told again.
    """

    def __init__(self, changes: ChangeLog, plugins: Plugins) -> None:
        self._changes = changes
        self._plugins = plugins
        self._listens = any(map(plugins.has, set(HEARD.values())))

    def dispatch(self) -> None:
        """Tell plug-ins each change in the log of which no process has told them yet."""
        if not self._listens:
            return
        try:
            self._changes.record()
            while taken := self._take():
                self._tell(taken)
                self._settle(taken[-1].number)
        except (sqlite3.Error, OSError) as error:
            log.warning("Plug-ins cannot be told what happened at the moment: %s", error)

    def _tell(self, taken: list[Change]) -> None:
        for change in taken:
            if change.kind == "site":
                # It is about copies of pages, and names nothing.
                continue
            hook = HEARD[change.event]
            self._plugins.answers(hook, kind=change.kind, slug=change.slug, url=change.url)

    def _take(self) -> list[Change]:
        """Return the next changes, reserved for this process; none where another one has them."""
        now = time.time()
        with self._changes.open() as store:
            latest = store.execute("SELECT COALESCE(MAX(number), 0) FROM changes").fetchone()[0]
            store.execute("INSERT OR IGNORE INTO hooks (url, sent) VALUES (?, ?)", (NAME, latest))
            lease = "UPDATE hooks SET leased = ? WHERE url = ? AND leased <= ? AND sent < ?"
            if store.execute(lease, (now + LEASE, NAME, now, latest)).rowcount == 0:
                return []
            sent = store.execute("SELECT sent FROM hooks WHERE url = ?", (NAME,)).fetchone()[0]
            return read(store, sent, MAX_DISPATCHED_AT_ONCE)

    def _settle(self, number: int) -> None:
        with self._changes.open() as store:
            store.execute("UPDATE hooks SET sent = ?, leased = 0 WHERE url = ?", (number, NAME))
