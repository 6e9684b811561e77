"""What the content API costs in milliseconds of CPU time: `python tests/benchmarks/api.py [ARTICLES]`."""

from __future__ import annotations

import gc
import random
import statistics
import string
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from werkzeug.test import create_environ

from octavo import create_app
from octavo.settings import Settings
from octavo.site.site import Site
from octavo.web.api.answers import browse
from octavo.web.api.problems import ApiError
from octavo.web.api.query import parse_query
from octavo.web.api.resources import Resources
from tests.benchmarks.corpus import write
from tests.filters import Filters

HOSTILE = 10_000
EDITS = 5


def cost(run: Callable[[], object]) -> float:
    """Return the CPU time of one run in milliseconds."""
    start = time.process_time()
    run()
    return (time.process_time() - start) * 1000


def ask(records: Resources, given: dict[str, str]) -> bytes:
    """Return the bytes of a list's answer, or nothing where the request is refused."""
    try:
        return browse(records, "posts", parse_query(given, records.now)).to_json()
    except ApiError:
        return b""


def hostile(source: Filters, dice: random.Random) -> dict[str, str]:
    """Return the parameters of a request that nobody sends with good intent."""
    noise = "".join(dice.choices(string.printable + "é火\x00", k=dice.randint(0, 60)))
    long = dice.choice(["+", ","]).join(source.comparison() for _ in range(dice.randint(1, 60)))
    filters = [source.damaged(), source.filter(5), long, noise, "(" * dice.randint(1, 2000), "title:~'e'," * 30 + "a:b"]
    return {
        "filter": dice.choice(filters),
        "order": dice.choice(["", noise, "title asc, slug desc, url asc, uuid desc", "published_at asc," * 50]),
        "fields": dice.choice(["id", noise, "title," * 500]),
        "page": dice.choice(["", "1", "-1", "9" * 400, noise]),
        "limit": dice.choice(["", "all", "1", noise, "9" * 400]),
    }


LISTS: dict[str, dict[str, str]] = {
    "15 articles with bodies": {},
    "with tags and authors": {"include": "tags,authors"},
    "filtered by tag": {"filter": "tag:mars+featured:false", "include": "tags,authors"},
    "matched in titles": {"filter": "title:~'orbit'", "include": "tags,authors"},
    "ordered by title": {"order": "title asc", "include": "tags,authors"},
    "ordered by date": {"order": "published_at asc", "include": "tags,authors"},
    "100 in short": {"fields": "title,slug,url", "limit": "100"},
    "all tags": {"filter": "tags:-nothing", "fields": "id"},
}


def edited(site: Site) -> Resources:
    """Change the newest article and return the records of the edition that follows."""
    path = site.posts_dir / site.edition().posts[0].path
    path.write_text(path.read_text("utf-8") + "\nOne more sentence.\n", "utf-8")
    site.refresh(settle=0)
    return Resources(site, site.edition())


def lists(site: Site) -> None:
    """Print what each list costs: the first time in a process, the first time after an edit, and from then on."""
    records = Resources(site, site.edition())
    firsts = {label: cost(lambda given=given: ask(records, given)) for label, given in LISTS.items()}  # type: ignore[misc]
    after: dict[str, list[float]] = {label: [] for label in LISTS}
    for _ in range(EDITS):
        for label, given in LISTS.items():
            records = edited(site)
            after[label].append(cost(lambda records=records, given=given: ask(records, given)))  # type: ignore[misc]
    for label, given in LISTS.items():
        rest = [cost(lambda given=given: ask(records, given)) for _ in range(50)]  # type: ignore[misc]
        print(
            f"  {label:26} first {firsts[label]:7.2f}   after an edit {statistics.median(after[label]):6.2f}"
            f"   then {statistics.median(rest):6.2f}"
        )


def attacked(site: Site) -> None:
    """Print what hostile requests cost."""
    records = Resources(site, site.edition())
    posts = browse(records, "posts", parse_query({"limit": "100", "include": "tags,authors"}, records.now))
    sample = posts.model_dump(include={"posts": {"__all__": {"html": False}}})["posts"]
    source, dice = Filters(sample, 1969), random.Random(1969)
    requests = [hostile(source, dice) for _ in range(HOSTILE)]
    for given in requests[:500]:
        ask(records, given)
    costs = sorted(cost(lambda given=given: ask(records, given)) for given in requests)  # type: ignore[misc]
    print(f"  {HOSTILE:,} hostile requests: median {statistics.median(costs):.2f}, 99th {costs[-100]:.2f}")
    print(f"  slowest {', '.join(f'{value:.1f}' for value in costs[-8:])}")


def hits(root: Path) -> None:
    """Print what a list costs from the page cache, beside a page."""
    app = create_app(root, Settings(watch=False, indexing=False, api_keys=["0123456789abcdef0123456789"]))
    environs = {
        "a list": create_environ("/ghost/api/content/posts/?key=0123456789abcdef0123456789&include=tags,authors"),
        "a page with a query": create_environ("/articles/?page=2"),
        "a page": create_environ("/articles/"),
    }
    for environ in environs.values():
        b"".join(app.wsgi_app(environ, silent))
    costs: dict[str, list[float]] = {label: [] for label in environs}
    for _ in range(9):
        for label, environ in environs.items():
            costs[label].append(cost(lambda environ=environ: [app.wsgi_app(environ, silent) for _ in range(5_000)]))  # type: ignore[misc]
    for label, found in costs.items():
        print(f"  {label + ' from the cache':36} {statistics.median(found) / 5:6.1f} microseconds")


def silent(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """A server's start_response that sends nothing."""


def main(articles: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write(root / "posts", articles)
        site = Site(root, Settings(watch=False, indexing=False))
        # A full collection of a library of this size takes 60 ms; a server freezes what it has loaded.
        gc.collect()
        gc.freeze()
        print(f"{articles:,} articles")
        lists(site)
        attacked(site)
        site.close()
        hits(root)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 14_000)
