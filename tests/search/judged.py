"""How well search answers readers of the sample magazine: `python tests/search/judged.py [--record]`.

Printed are nDCG@10 and success at 1 of each group of `judged.toml`, and every query that is answered better or worse
than recorded in `judged.json`; `--record` writes that file anew. Gains are 2^grade - 1 (Burges et al., Learning to
Rank using Gradient Descent, 2005); a success is a first article of grade 2 or 3.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from octavo import create_app
from octavo.settings import Settings
from octavo.site.site import Site

HERE = Path(__file__).parent
POSTS = HERE.parents[1] / "posts"
RECORD = HERE / "judged.json"
GROUPS: Mapping[str, Mapping[str, Mapping[str, int]]] = tomllib.loads((HERE / "judged.toml").read_text("utf-8"))
DEPTH = 10
# Differences of nDCG that are told.
TOLD = 0.005


class Answer(NamedTuple):
    """How good the answer to a query is: its nDCG@10, and whether the first article is what was asked for."""

    ndcg: float
    success: bool


@contextmanager
def magazine(folder: Path) -> Iterator[Site]:
    """The sample magazine, copied into a folder and indexed."""
    shutil.copytree(POSTS, folder / "posts")
    site: Site = create_app(folder, Settings(watch=False, indexing=False)).extensions["octavo"]
    site.index.sync()
    yield site
    site.close()


def name_of(path: str) -> str:
    """Return the name of an article in the judgements: golden-record for history/golden-record/index.md."""
    return Path(path.removesuffix("/index.md")).stem


def judge(site: Site, *, correct: bool = True) -> dict[str, Answer]:
    """Return how good the answers to all queries are."""
    return {
        query: _answer(site, query, grades, correct=correct)
        for group in GROUPS.values()
        for query, grades in group.items()
    }


def _answer(site: Site, query: str, grades: Mapping[str, int], *, correct: bool) -> Answer:
    hits = site.index.search(site.edition(), query, size=DEPTH, correct=correct).hits
    found = [grades.get(name_of(hit.path), 0) for hit in hits]
    best = sorted(grades.values(), reverse=True)[:DEPTH]
    return Answer(_gain(found) / _gain(best), bool(found) and found[0] >= 2)


def _gain(grades: list[int]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def means(answers: Mapping[str, Answer]) -> tuple[float, float]:
    """Return the mean nDCG@10 and the share of successes."""
    return (
        sum(answer.ndcg for answer in answers.values()) / len(answers),
        sum(answer.success for answer in answers.values()) / len(answers),
    )


def report(answers: Mapping[str, Answer]) -> Iterator[str]:
    """Yield a line for each group, then one for each query whose answer has changed, the worst first."""
    for name, group in {**GROUPS, "all": answers}.items():
        ndcg, success = means({query: answers[query] for query in group})
        yield f"{name:18} {len(group):4} queries  nDCG@10 {ndcg:.3f}  success at 1 {success:.3f}"
    recorded = json.loads(RECORD.read_text("utf-8"))
    changes = {query: answer.ndcg - recorded.get(query, 0.0) for query, answer in answers.items()}
    for query, change in sorted(changes.items(), key=lambda item: item[1]):
        if abs(change) > TOLD:
            yield f"{change:+.2f} to {answers[query].ndcg:.2f}  {query}"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="octavo-judged-") as folder, magazine(Path(folder)) as site:
        answers = judge(site)
    print("\n".join(report(answers)))
    if "--record" in sys.argv:
        recorded = {query: round(answer.ndcg, 3) for query, answer in answers.items()}
        RECORD.write_text(json.dumps(recorded, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
