"""Commands of `flask` for operators: the index, the cache, what readers did."""

from __future__ import annotations

import json
import time
from typing import NoReturn, cast

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from octavo.content.errors import number
from octavo.serving.doctor import EXAMINATIONS, OVER_NETWORK
from octavo.site.progress import Progress
from octavo.web.cache import RETRY_SECONDS, PageCache, Store
from octavo.web.metrics.machines import machines
from octavo.web.metrics.stats import stats
from octavo.web.metrics.tally import tally
from octavo.web.page_kinds import every_path
from octavo.web.request import site

# Tries to reach a store that does not answer, before warming it is given up.
RETRIES = 2


index = AppGroup(
    "index", help="Look after the search index. A running site does all of it by itself."
)


@index.command("build")
@click.option(
    "--fresh", is_flag=True, help="Index every article again, beside the index that is in use."
)
def build(fresh: bool) -> None:
    """Bring the index up to date with posts/; exit code 1 when an article could not be indexed."""
    report = site().index.sync(fresh=fresh)
    for path, cause in report.failed.items():
        click.echo(f"{path} is left out: {cause}")
    if report.busy:
        click.echo("Another process is writing the index: try again when it has finished.")
    elif report.error:
        click.echo(report.error)
    else:
        click.echo(f"{number(report.added, 'article')} added, {report.removed:,} removed.")
    raise SystemExit(int(bool(report.failed or report.busy or report.error)))


@index.command("status")
def status() -> None:
    """Tell what the index holds; exit code 1 when it is not ready."""
    found = site().index.status()
    held = f"{number(found.documents, 'article')} in {number(found.segments, 'file')}"
    click.echo(f"{found.state}: {held}, {found.size / 1e6:,.1f} MB.")
    if found.detail:
        click.echo(found.detail)
    raise SystemExit(int(found.state != "ready"))


@index.command("verify")
def verify() -> None:
    """Compare the index with posts/ by content hash; exit code 1 when they differ."""
    here = site().index
    found = here.verify()
    for name, paths in (("missing", found.missing), ("stale", found.stale), ("extra", found.extra)):
        for path in paths:
            click.echo(f"{name}: {path}")
    if found.damage:
        click.echo(f"damaged: {found.damage}")
    if found:
        click.echo(f"The index has all of posts/ as it is: {number(len(here.files()), 'article')}.")
    raise SystemExit(int(not found))


cache = AppGroup(
    "cache", help="Look after the finished pages that are kept beside the servers' own memory."
)


def _cache() -> PageCache:
    return cast(PageCache, current_app.extensions["octavo_cache"])


def _give_up(store: Store) -> NoReturn:
    click.echo(f"{store.kind}: it does not answer.")
    raise SystemExit(1)


@cache.command("status")
def cache_status() -> None:
    """Tell where pages are kept and how many; exit code 1 when that place does not answer."""
    store = _cache().store
    size = store.size()
    if not store.shared:
        click.echo(
            f"{store.kind}: pages are kept in the servers' own memory; /status/ tells how many."
        )
    elif size is None:
        _give_up(store)
    else:
        click.echo(f"{store.kind}: {size[0]:,} entries, {size[1] / 1e6:,.1f} MB.")


@cache.command("clear")
def cache_clear() -> None:
    """Drop all pages that are kept outside the servers' own memory.

    Exit code 1 when the place where they are kept does not answer.
    """
    store = _cache().store
    if not store.shared:
        click.echo(
            "There is nothing to clear: pages are kept in the servers' own memory, "
            "and are right there."
        )
    elif store.clear():
        click.echo("The cache is empty.")
    else:
        _give_up(store)


@cache.command("warm")
def cache_warm() -> None:
    """Render every page that is not kept yet, so that no reader waits for one.

    The search index is brought up to date first. Exit code 1 when the place where pages are kept
    does not answer.
    """
    store = _cache().store
    if not store.shared:
        click.echo(
            "Pages are kept in the servers' own memory: "
            'set `cache` to "filesystem" or "redis" to warm them.'
        )
        raise SystemExit(1)
    if site().index.sync().busy:
        click.echo(
            "Another process is writing the search index; "
            "pages whose related articles change are made again."
        )
    paths = list(every_path(site(), site().edition()))
    progress = Progress("Pages", things="pages")
    rendered = 0
    for done, path in enumerate(paths, 1):
        rendered += _cache().warm(path)
        for _ in range(RETRIES):
            if not store.up:
                time.sleep(RETRY_SECONDS)
                # Pages that are in memory would not be written to the store again.
                _cache().clear()
                _cache().warm(path)
        if not store.up:
            progress.finish(f"stopped at {done:,} of {len(paths):,}.")
            _give_up(store)
        progress.show(done, len(paths))
    progress.finish(f"{len(paths):,} are there, {rendered:,} of them rendered now.")


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Do not ask at the public address.")
@with_appcontext
def doctor(offline: bool) -> None:
    """Examine settings, permissions, versions, stores, address, clock, disk and limits.

    Tells what to do where something is not well; exit code 1 when the site cannot be served so.
    """
    failed = 0
    # Whether a store answers is known of those that have been asked.
    _cache().store.get("doctor")
    for topic, examine in EXAMINATIONS.items():
        if offline and topic == OVER_NETWORK:
            continue
        for found in examine(site()):
            failed += found.state == "failed"
            click.echo(f"{found.state:8} {topic}: {found.subject}: {found.detail}")
            if found.cure:
                click.echo(f"{'':8} {found.cure}")
    raise SystemExit(int(failed > 0))


@click.command("stats")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, whose keys stay.")
@with_appcontext
def statistics(as_json: bool) -> None:
    """Tell what readers did in the last 30 days, of all workers.

    Machines that share a Redis (`cache = "redis"`) are told together.
    """
    figures = stats(site(), tally(), machines())
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    most = max(day["views"] for day in figures["days"])
    for day in figures["days"]:
        bar = "#" * round(40 * day["views"] / max(most, 1))
        click.echo(f"{day['day']} {day['views']:8,} {bar}".rstrip())
    for article in figures["articles"]:
        click.echo(f"{article['views']:8,}  {article['title']}")
    for referrer in figures["referrers"]:
        click.echo(f"{referrer['readers']:8,}  from {referrer['host']}")
    for slow in figures["slowest"]:
        click.echo(f"{slow['milliseconds']:8,.1f} ms for {slow['path']}")
    searches = figures["searches"]
    computed = f"{searches['computed']:,} searches computed"
    click.echo(f"{computed}, {searches['without_result']:,} of them without a result.")
