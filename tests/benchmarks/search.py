"""How fast search is, next to stock Whoosh, SQLite FTS5 and tantivy: `python tests/benchmarks/search.py`.

    --posts N        invented articles (default 2000)
    --folder PATH    Markdown files of a folder instead
    --without NAME   leave out a reference: whoosh, fts5 or tantivy
    --memory N       also print what a process takes that serves an index of N articles; can be repeated

All engines have the same fields and answer the same queries in turns, in one run. Times are CPU time of this process
in milliseconds: median / 99th percentile of a query with its parsing, for the numbers of the first ten articles.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent))
import corpus
from engines import REFERENCES, Octavo, typed

from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.search.analysis import analyze, language
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.facets import FACETS
from octavo.search.protocol import Document, Snapshot
from octavo.search.query.evaluation.evaluate import evaluate
from octavo.search.query.grammar import parse

ROUNDS, PER_CLASS = 5, 30
Queries = dict[str, list[tuple[str, ...]]]


# Articles


def invented(count: int) -> list[Document]:
    return [
        _document(a.path, a.title, a.summary, a.body, a.tags, a.category, a.authors, a.published)
        for a in corpus.articles(count)
    ]


def from_folder(folder: Path) -> list[Document]:
    found = []
    for path in sorted(folder.rglob("*.md")):
        fields, body = _front_matter(path.read_text(encoding="utf-8-sig", errors="replace"))
        day = fields.get("date")
        if isinstance(day, date) and not isinstance(day, datetime):
            day = datetime(day.year, day.month, day.day, tzinfo=UTC)
        published = day if not isinstance(day, datetime) or day.tzinfo else day.replace(tzinfo=UTC)
        tags = fields.get("tags") or ()
        found.append(
            _document(
                path.relative_to(folder).as_posix(),
                str(fields.get("title") or path.stem),
                str(fields.get("summary") or ""),
                body,
                tuple(map(str, tags)) if isinstance(tags, list) else (),
                str(fields.get("category") or ""),
                (str(fields["author"]),) if fields.get("author") else (),
                published if isinstance(published, datetime) else None,
            )
        )
    return found


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    for fence, load in (("---", yaml.safe_load), ("+++", tomllib.loads)):
        parts = re.split(rf"^{re.escape(fence)}\s*$", text, maxsplit=2, flags=re.MULTILINE)
        if len(parts) == 3 and not parts[0].strip():
            try:
                fields = load(parts[1])
            except (yaml.YAMLError, tomllib.TOMLDecodeError):
                fields = {}
            return (fields if isinstance(fields, dict) else {}), parts[2]
    return {}, text


def _document(
    path: str, title: str, summary: str, markdown: str, tags: tuple[str, ...], category: str,
    authors: tuple[str, ...], published: datetime | None,
) -> Document:  # fmt: skip
    headings = tuple(re.findall(r"^#+ (.*)$", markdown, re.MULTILINE))
    body = re.sub(r"\]\([^)]*\)|[#*`\[]", "", markdown)
    digest = hashlib.blake2b(markdown.encode(), digest_size=16).hexdigest()
    return Document(path, digest, title, summary, headings, body, tags, category, authors, published)


def visible_of(documents: Iterable[Document]) -> Snapshot:
    posts = [
        Post(d.path, d.digest, slugify(d.title), d.title, published=d.published, summary=d.summary,
             category=d.category, tags=d.tags, authors=d.authors)
        for d in documents
    ]  # fmt: skip
    names = {"tag": {slugify(tag): tag for post in posts for tag in post.tags}}
    return Snapshot({post.path: post for post in posts}, names)


# Queries


def queries(documents: list[Document]) -> Queries:
    """Thirty queries of each class, from words that are common, medium and rare in the articles."""
    chosen, speech = random.Random(7), language("english")
    frequency: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for document in documents:
        words = analyze(document.body)
        for word in set(words):
            frequency[word] = frequency.get(word, 0) + 1
        for pair in zip(words[::7], words[1::7], strict=False):
            pairs[pair] = pairs.get(pair, 0) + 1
    known = sorted(w for w in frequency if w.isalpha() and w.isascii() and len(w) > 3 and not speech.is_stop_word(w))
    count = len(documents)
    common = [w for w in known if 0.1 <= frequency[w] / count <= 0.5]
    medium = [w for w in known if 0.01 <= frequency[w] / count <= 0.05]
    rare = [w for w in known if 3 <= frequency[w] <= 15]
    kept = set(known)
    phrases = sorted((pair for pair in pairs if kept.issuperset(pair)), key=lambda pair: (-pairs[pair], pair))
    tags = sorted({slugify(tag) for document in documents for tag in document.tags if tag.isascii()} - {""})[:100]
    titles = sorted({word for document in documents for word in analyze(document.title)} & kept)

    def some(*pools: list[str]) -> list[tuple[str, ...]]:
        return [tuple(chosen.choice(pool) for pool in pools) for _ in range(PER_CLASS)] if all(pools) else []

    return {
        "common": some(common), "medium": some(medium), "rare": some(rare), "or 2": some(common, common),
        "or 3": some(common, common, medium), "and 2": some(common, common),
        "and 3": some(common, common, common),
        "phrase": [phrases[chosen.randrange(min(300, len(phrases)))] for _ in range(PER_CLASS)],
        "title": some(titles), "tag + text": some(tags, common), "sorted": some(common),
        "prefix": [(word[:4],) for (word,) in some(medium)],
    }  # fmt: skip


# Measuring


def timed(action: Callable[[], object]) -> float:
    started = time.process_time()
    action()
    return (time.process_time() - started) * 1_000


def spread(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{statistics.median(ordered):9.3f} /{ordered[int(len(ordered) * 0.99)]:8.2f}"


def built(engine: Any, documents: list[Document]) -> None:
    milliseconds = timed(lambda: engine.build(documents))
    print(f"  {engine.name:8} {len(documents) / milliseconds * 1_000:9.0f} documents/s of CPU time", flush=True)


def compare(engines: list[Any], asked: Queries) -> None:
    own, medians = engines[0], {engine.name: [] for engine in engines}
    print("\nQueries: first touch of the words, then " + ", ".join(engine.name for engine in engines) + "; ratios")
    for kind, found in asked.items():
        if not found:
            continue
        first = [timed(lambda q=q: own.ask(kind, q)) for q in found]  # noqa: B023
        times: dict[str, list[float]] = {engine.name: [] for engine in engines}
        for _ in range(ROUNDS):
            for engine in engines:
                times[engine.name] += [timed(lambda e=engine, q=q: e.ask(kind, q)) for q in found]  # noqa: B023
        for name, measured in times.items():
            medians[name].append(statistics.median(measured))
        ratios = "".join(f"{medians[e.name][-1] / medians[own.name][-1]:8.1f}x" for e in engines[1:])
        print(f"  {kind:11}{spread(first)} |" + " |".join(spread(times[e.name]) for e in engines) + " |" + ratios)
    for engine in engines[1:]:
        ratios_ = [a / b for a, b in zip(medians[engine.name], medians[own.name], strict=True)]
        print(f"  median over the classes: {statistics.median(ratios_):.1f} times {engine.name}")


def the_rest(own: Octavo, documents: list[Document], asked: Queries) -> None:
    """Facets, whole answers, completion, spelling, related articles; how soon a saved article is found."""
    visible, search = visible_of(documents), own.search
    every = [typed(kind, words) for kind, found in asked.items() for words in found]
    common = [words[0] for words in asked["common"]]
    masks = [evaluate(parse(w), own.reader, own.language, own.reader.live) for w in common]
    search.search(common[0], visible)
    search.suggest("a", visible)
    misspelt = [w[:2] + w[3:] for (w,) in asked["medium"] if len(w) > 6]
    beginnings = [word[:length] for (word,) in asked["medium"] for length in (1, 2, 3, 4)]
    print("\nThe rest")
    print(
        "  facets     ",
        spread([timed(lambda m=m: [own.reader.facet(f).counts(m.mask) for f in FACETS]) for m in masks]),
    )
    print("  page of ten", spread([timed(lambda t=t: search.search(t, visible)) for t in every]))
    print("  completion ", spread([timed(lambda b=b: search.suggest(b, visible)) for b in beginnings]))
    print("  spelling   ", spread([timed(lambda m=m: search.search(m, visible)) for m in misspelt]))
    paths = [document.path for document in documents[:50]]
    print("  related    ", spread([timed(lambda p=p: search.related(p, visible)) for p in paths]))
    print("  first open ", spread([timed(EmbeddedEngine(search.root).index.refresh) for _ in range(5)]))
    other = EmbeddedEngine(search.root)
    other.index.refresh()
    saved, opened = [], []
    for number in range(30):
        saved.append(_saved(search, documents, number))
        opened.append(timed(other.index.refresh))
    print("  save, found", spread(saved))
    print("  its opening", spread(opened), "by another process")


def _saved(search: EmbeddedEngine, documents: list[Document], number: int) -> float:
    changed = replace(documents[number], digest=f"{number:032x}", body=f"Zanzibar{number} {documents[number].body}")
    documents[number] = changed
    by_path = {document.path: document for document in documents}
    files = {path: document.digest for path, document in by_path.items()}
    visible = visible_of(documents)

    def save() -> None:
        search.sync(files, by_path.__getitem__)
        assert search.search(f"zanzibar{number}", visible).total == 1

    return timed(save)


def hostile(own: Octavo, documents: list[Document]) -> None:
    """Ten thousand queries made to hurt: none may raise, or take long."""
    chosen, visible = random.Random(4), visible_of(documents)
    words = sorted({word for document in documents[:500] for word in analyze(document.body)})
    pieces = '* ? " ( ) OR AND NOT - + tag: title: before: ~2 ^9 [a TO z]'.split(" ")
    # What the benchmark holds in memory is not to be looked through for garbage in the middle of a query.
    gc.collect()
    gc.freeze()
    times = []
    for _ in range(10_000):
        kinds = (pieces, words, [chosen.choice(words)[:3] + "*"])
        drawn = [chosen.choice(chosen.choice(kinds)) for _ in range(chosen.choice([1, 2, 5, 20, 200]))]
        text = chosen.choice(["", " "]).join(drawn)
        times.append(timed(lambda text=text: own.search.search(text, visible)))  # type: ignore[misc]
    print("  hostile    ", spread(times), f"(10,000; the slowest {max(times):.1f})")


def memory(count: int, folder: Path) -> None:
    """What a process takes that serves an index of so many articles, after 500 queries."""
    own = Octavo(folder)
    own.build(invented(count))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 1_000_000
    program = (
        "import sys\nfrom pathlib import Path\nfrom octavo.content.posts import Post\n"
        "from octavo.search.engines.embedded import EmbeddedEngine\nfrom octavo.search.protocol import Snapshot\n"
        "search = EmbeddedEngine(Path(sys.argv[1]))\nreader = search.index.reader()\n"
        "visible = Snapshot({p: Post(p, '', p, p) for p in reader.paths})\nsearch.suggest('a', visible)\n"
        "for typed in sys.argv[2:]: search.search(typed, visible)\n"
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith('VmHWM')))\n"
    )
    words = [corpus.Language().words[i] for i in range(120, 620)]
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), *words], stdout=subprocess.PIPE, text=True, check=True
    )
    print(f"  {count:7,} articles  {size:5} MB on disk  {done.stdout.strip():>5} MB in a process", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--posts", type=int, default=2_000)
    options.add_argument("--folder", type=Path)
    options.add_argument("--without", action="append", default=[], choices=list(REFERENCES))
    options.add_argument("--memory", type=int, action="append", default=[], metavar="N")
    given = options.parse_args()
    documents = from_folder(given.folder) if given.folder else invented(given.posts)
    work = Path(tempfile.mkdtemp(prefix="octavo-benchmark-"))
    try:
        size = sum(len(document.body) for document in documents) / 1e6
        print(f"{len(documents)} articles, {size:.1f} MB of text\n\nBuilding")
        engines = [
            Octavo(work / "octavo"),
            *(REFERENCES[n](work / n) for n in REFERENCES if n not in given.without),
        ]
        for engine in engines:
            built(engine, documents)
        asked = queries(documents)
        compare(engines, asked)
        the_rest(engines[0], documents, asked)
        hostile(engines[0], documents)
        if given.memory:
            print("\nMemory")
        for count in given.memory:
            memory(count, work / f"memory-{count}")
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"This process: {taken} MB, with all engines.")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
