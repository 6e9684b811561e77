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

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from octavo.settings import Settings
from octavo.site import Site
from octavo.web.api.answers import browse
from octavo.web.api.problems import ApiError
from octavo.web.api.query import parse_query
from octavo.web.api.records import Records
from tests.benchmarks.corpus import write
from tests.filters import Filters

HOSTILE = 10_000


def cost(run: Callable[[], object]) -> float:
    """Return the CPU time of one run in milliseconds."""
    start = time.process_time()
    run()
    return (time.process_time() - start) * 1000


def ask(records: Records, given: dict[str, str]) -> bytes:
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


def main(articles: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write(root / "posts", articles)
        site = Site(root, Settings(watch=False))
        records = Records(site, site.edition())
        print(f"{articles:,} articles")
        for label, given in {
            "15 articles with bodies": {},
            "with tags and authors": {"include": "tags,authors"},
            "filtered by tag": {"filter": "tag:mars+featured:false", "include": "tags,authors"},
            "matched in titles": {"filter": "title:~'orbit'", "include": "tags,authors"},
            "ordered by title": {"order": "title asc", "include": "tags,authors"},
            "100 in short": {"fields": "title,slug,url", "limit": "100"},
            "all tags": {"filter": "tags:-nothing", "fields": "id"},
        }.items():
            first = cost(lambda given=given: ask(records, given))  # type: ignore[misc]
            rest = [cost(lambda given=given: ask(records, given)) for _ in range(50)]  # type: ignore[misc]
            print(f"  {label:26} first {first:7.2f}   then {statistics.median(rest):6.2f}")
        posts = browse(records, "posts", parse_query({"limit": "100", "include": "tags,authors"}, records.now))
        sample = posts.model_dump(include={"posts": {"__all__": {"html": False}}})["posts"]
        source, dice = Filters(sample, 1969), random.Random(1969)
        requests = [hostile(source, dice) for _ in range(HOSTILE)]
        for given in requests[:500]:
            ask(records, given)
        # A full collection of a library of this size takes 60 ms; a server freezes what it has loaded.
        gc.collect()
        gc.freeze()
        costs = sorted(cost(lambda given=given: ask(records, given)) for given in requests)  # type: ignore[misc]
        print(f"  {HOSTILE:,} hostile requests: median {statistics.median(costs):.2f}, 99th {costs[-100]:.2f}")
        print(f"  slowest {', '.join(f'{value:.1f}' for value in costs[-8:])}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 14_000)
