"""How tests wait: for events that an operator could see too, never for seconds.

| what a test waits for | what tells that it has come |
|---|---|
| the index has all articles, and pages know of it | `settled`: `flask index verify` finds no difference |
| a saved file is shown, or found | the page, `/search.json` or the library has it |
| the watcher has looked at the files | an article that was written last is there |
| a server has started | its port accepts connections: `tests/tools.py` |
| another process has got somewhere | a line that it prints, a file that it writes, the end of it |
| requests wait for one that renders | the count "Waited for another's render" of `/status.json` |
| the view counter has written, or could not | rows in its file, a record in the log |
| a webhook has been told | the receiver has the request |

A thread that would never come to an end is given up after LIMIT seconds. Where a test tells of time it moves the
site's clock. Pauses that are left are no waits: the pace of somebody who saves often, of a witness who looks all the
time and of a server that answers in drops, and the moment, taken by chance, at which a process is killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Flask

from octavo.site.site import Site

# What has not come about after so long on the busiest machine never does; seconds.
LIMIT = 60.0
# Between two looks, the first ones and later ones; seconds.
_SHORTEST_PAUSE = 0.005
_LONGEST_PAUSE = 0.05


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds; fail where it does not, in words: `until(found, "the new article is found")`."""
    deadline = time.monotonic() + LIMIT
    pause = _SHORTEST_PAUSE
    while not condition():
        assert time.monotonic() < deadline, f"In {LIMIT:.0f} s it did not come about that {what}."
        time.sleep(pause)
        pause = min(1.3 * pause, _LONGEST_PAUSE)


def looked(site: Site) -> None:
    """Wait until the site's watcher has looked at the files: what was written before is seen, whole or not."""
    marker = f"marker-{time.monotonic_ns()}"
    (site.posts_dir / f"{marker}.md").write_text("---\ntitle: Marker\ndate: 2025-01-01\n---\n")

    def is_seen() -> bool:
        return any(post.slug == marker for post in site.library.posts)

    until(is_seen, "the watcher has seen the last file")


def settled(app: Flask) -> Flask:
    """Let a site see what changed in its files and index it, and its pages know of that; return the site's application.

    Whatever the indexer does afterwards finds nothing to do, so that no page is doubted until a file changes.
    """
    site: Site = app.extensions["octavo"]
    site.refresh(settle=0)
    run = app.test_cli_runner().invoke

    def is_whole() -> bool:
        return not site.index.sync().busy and run(args=["index", "verify"]).exit_code == 0

    # Another process, or the site's own thread, may be writing what it knew before.
    until(is_whole, "the index has all articles as they are")
    site.check_for_changes()
    return app
