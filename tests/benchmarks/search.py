"""How fast search is, next to stock Whoosh, SQLite FTS5 and tantivy: `python tests/benchmarks/search.py`.

    --posts N        invented articles (default 2000)
    --folder PATH    Markdown files of a folder instead
    --without NAME   leave out a reference: whoosh, fts5 or tantivy
    --memory         also print what a process takes that serves the index

All engines have the same fields and answer the same queries in turns, in one run. Times are CPU time of this
process
in milliseconds: median / 99th percentile of a query with its parsing, for the numbers of the first ten
articles.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent))
import corpus

from octavo.content.posts import Post
from octavo.content.slugs import slugify
from octavo.search.evaluate import Evaluation, best
from octavo.search.grammar import parse
from octavo.search.schema import FACETS, Document
from octavo.search.search import Search
from octavo.search.view import Visible
from octavo.search.words import language, split

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


def visible_of(documents: Iterable[Document]) -> Visible:
    posts = [
        Post(d.path, d.digest, slugify(d.title), d.title, published=d.published, summary=d.summary,
             category=d.category, tags=d.tags, authors=d.authors)
        for d in documents
    ]  # fmt: skip
    names = {"tag": {slugify(tag): tag for post in posts for tag in post.tags}}
    return Visible({post.path: post for post in posts}, names)


# Engines: each builds from documents, and answers (class, words) with the number of articles shown


class Octavo:
    name = "octavo"

    def __init__(self, folder: Path) -> None:
        self.search = Search(folder)

    def build(self, documents: list[Document]) -> None:
        by_path = {document.path: document for document in documents}
        report = self.search.index.sync({p: d.digest for p, d in by_path.items()}, by_path.__getitem__)
        assert report.added == len(by_path), report
        self.reader = self.search.index.reader()
        self.language = language("english")

    def ask(self, kind: str, words: tuple[str, ...]) -> int:
        sort = "newest" if kind == "sorted" else "relevance"
        query = parse(_typed(kind, words))
        return len(best(Evaluation(query, self.reader, self.language).run(self.reader.live), self.reader, 10, sort))


class Whoosh:
    name = "whoosh"

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from whoosh import analysis, fields, index, qparser
        stemmed = analysis.StemmingAnalyzer()
        texts = {name: fields.TEXT(analyzer=stemmed, stored=name == "title") for name in TEXTS if name != "body"}
        schema = fields.Schema(
            path=fields.ID(unique=True, stored=True),
            body=fields.TEXT(analyzer=stemmed, stored=True), **texts,
            words=fields.TEXT(analyzer=analysis.SimpleAnalyzer(), phrase=False), tag=fields.KEYWORD(),
            category=fields.ID(sortable=True), author=fields.KEYWORD(), year=fields.ID(sortable=True),
            published=fields.NUMERIC(int, 64, sortable=True),
        )  # fmt: skip
        folder.mkdir(parents=True)
        self.index = index.create_in(str(folder), schema)
        self.parser = qparser.MultifieldParser(list(TEXTS), schema, group=qparser.OrGroup)

    def build(self, documents: list[Document]) -> None:
        writer = self.index.writer(limitmb=256)
        for document in documents:
            fields = _fields(document)
            published = fields.pop("published")
            year = f"{document.published:%Y}" if document.published else "none"
            words = " ".join(fields[name] for name in TEXTS)
            writer.add_document(
                path=document.path, **{k: fields[k] for k in TEXTS}, words=words, tag=fields["tag"],
                category=slugify(document.category) or "none",
                author=" ".join(map(slugify, document.authors)),
                year=year, published=published,
            )  # fmt: skip
        writer.commit()
        self.searcher = self.index.searcher()

    def ask(self, kind: str, words: tuple[str, ...]) -> int:
        if kind == "prefix":
            query = self.parser.parse(f"words:{words[0]}*")
        else:
            query = self.parser.parse(_typed(kind, words).replace("tag:", "+tag:"))
        options = {"sortedby": "published", "reverse": True} if kind == "sorted" else {}
        return len(self.searcher.search(query, limit=10, **options).top_n)


class Fts5:
    name = "fts5"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.database = sqlite3.connect(folder / "fts.db")
        columns = ", ".join((*TEXTS, "tag", "published UNINDEXED", "path UNINDEXED"))
        self.database.execute(f"CREATE VIRTUAL TABLE posts USING fts5({columns}, tokenize = 'porter unicode61')")

    def build(self, documents: list[Document]) -> None:
        rows = ([*map(_fields(d).get, (*TEXTS, "tag", "published")), d.path] for d in documents)
        self.database.executemany(f"INSERT INTO posts VALUES ({', '.join('?' * (len(TEXTS) + 3))})", rows)
        self.database.commit()

    def ask(self, kind: str, words: tuple[str, ...]) -> int:
        texts = "{" + " ".join(TEXTS) + "} : "
        match kind:
            case "phrase":
                query = texts + '"' + " ".join(words) + '"'
            case "prefix":
                query = texts + words[0] + "*"
            case "title":
                query = f"title : {words[0]}"
            case "tag + text":
                query = f'tag : "{words[0].replace("-", " ")}" AND {texts}{words[1]}'
            case _:
                query = texts + f"({(' AND ' if kind.startswith('and') else ' OR ').join(words)})"
        order = "published DESC" if kind == "sorted" else "rank"
        return len(self.database.execute(f"SELECT rowid FROM posts(?) ORDER BY {order} LIMIT 10", (query,)).fetchall())


class Tantivy:
    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        import tantivy

        folder.mkdir(parents=True)
        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        for name in TEXTS:
            builder.add_text_field(name, stored=name in ("title", "body"), tokenizer_name="en_stem")
        builder.add_text_field("words", tokenizer_name="default")
        builder.add_text_field("tag", tokenizer_name="raw")
        builder.add_integer_field("published", stored=True, indexed=True, fast=True)
        builder.add_text_field("path", stored=True, tokenizer_name="raw")
        self.index = tantivy.Index(builder.build(), path=str(folder))

    def build(self, documents: list[Document]) -> None:
        writer = self.index.writer(heap_size=256_000_000, num_threads=1)
        for document in documents:
            fields = _fields(document)
            entry = self._tantivy.Document(path=[document.path])
            for name in TEXTS:
                entry.add_text(name, fields[name])
            entry.add_text("words", " ".join(fields[name] for name in TEXTS))
            for tag in document.tags:
                entry.add_text("tag", slugify(tag))
            entry.add_integer("published", fields["published"])
            writer.add_document(entry)
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def ask(self, kind: str, words: tuple[str, ...]) -> int:
        if kind == "prefix":
            query = self._tantivy.Query.regex_query(self.index.schema, "words", words[0] + ".*")
        else:
            typed = _typed(kind, words)
            typed = f'+tag:"{words[0]}" +{words[1]}' if kind == "tag + text" else typed
            query = self.index.parse_query(typed, list(TEXTS))
        options = {"order_by_field": "published"} if kind == "sorted" else {}
        return len(self.searcher.search(query, limit=10, **options).hits)


TEXTS = ("title", "summary", "headings", "body", "names")
REFERENCES = {"whoosh": Whoosh, "fts5": Fts5, "tantivy": Tantivy}


def _fields(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "summary": document.summary,
        "headings": "\n".join(document.headings),
        "body": document.body,
        "names": " ".join((*document.tags, document.category, *document.authors)),
        "tag": " ".join(map(slugify, document.tags)),
        "published": int(document.published.timestamp()) if document.published else 0,
    }


def _typed(kind: str, words: tuple[str, ...]) -> str:
    match kind:
        case "phrase":
            return '"' + " ".join(words) + '"'
        case "prefix":
            return words[0] + "*"
        case "title":
            return "title:" + words[0]
        case "tag + text":
            return f"tag:{words[0]} {words[1]}"
        case "and 2" | "and 3":
            return " AND ".join(words)
        case _:
            return " ".join(words)


# Queries


def queries(documents: list[Document]) -> Queries:
    """Thirty queries of each class, from words that are common, medium and rare in the articles."""
    chosen, speech = random.Random(7), language("english")
    frequency: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for document in documents:
        words = split(document.body)
        for word in set(words):
            frequency[word] = frequency.get(word, 0) + 1
        for pair in zip(words[::7], words[1::7], strict=False):
            pairs[pair] = pairs.get(pair, 0) + 1
    known = sorted(w for w in frequency if w.isalpha() and w.isascii() and len(w) > 3 and not speech.is_stop(w))
    count = len(documents)
    common = [w for w in known if 0.1 <= frequency[w] / count <= 0.5]
    medium = [w for w in known if 0.01 <= frequency[w] / count <= 0.05]
    rare = [w for w in known if 3 <= frequency[w] <= 15]
    kept = set(known)
    phrases = sorted((pair for pair in pairs if kept.issuperset(pair)), key=lambda pair: (-pairs[pair], pair))
    tags = sorted({slugify(tag) for document in documents for tag in document.tags if tag.isascii()} - {""})[:100]
    titles = sorted({word for document in documents for word in split(document.title)} & kept)

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
    typed = [_typed(kind, words) for kind, found in asked.items() for words in found]
    common = [words[0] for words in asked["common"]]
    masks = [Evaluation(parse(w), own.reader, own.language).run(own.reader.live) for w in common]
    search.search(common[0], visible)
    search.suggest("a", visible)
    misspelt = [w[:2] + w[3:] for (w,) in asked["medium"] if len(w) > 6]
    beginnings = [word[:length] for (word,) in asked["medium"] for length in (1, 2, 3, 4)]
    print("\nThe rest")
    print(
        "  facets     ",
        spread([timed(lambda m=m: [own.reader.facet(f).counts(m.mask) for f in FACETS]) for m in masks]),
    )
    print("  page of ten", spread([timed(lambda t=t: search.search(t, visible)) for t in typed]))
    print("  completion ", spread([timed(lambda b=b: search.suggest(b, visible)) for b in beginnings]))
    print("  spelling   ", spread([timed(lambda m=m: search.search(m, visible)) for m in misspelt]))
    paths = [document.path for document in documents[:50]]
    print("  related    ", spread([timed(lambda p=p: search.related(p, visible)) for p in paths]))
    print("  first open ", spread([timed(Search(search.root).index.refresh) for _ in range(5)]))
    other = Search(search.root)
    other.index.refresh()
    saved, opened = [], []
    for number in range(30):
        saved.append(_saved(search, documents, number))
        opened.append(timed(other.index.refresh))
    print("  save, found", spread(saved))
    print("  its opening", spread(opened), "by another process")


def _saved(search: Search, documents: list[Document], number: int) -> float:
    changed = replace(documents[number], digest=f"{number:032x}", body=f"Zanzibar{number} {documents[number].body}")
    documents[number] = changed
    by_path = {document.path: document for document in documents}
    files = {path: document.digest for path, document in by_path.items()}
    visible = visible_of(documents)

    def save() -> None:
        search.index.sync(files, by_path.__getitem__)
        assert search.search(f"zanzibar{number}", visible).total == 1

    return timed(save)


def memory(folder: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from octavo.search.search import Search\nfrom octavo.search.view import Visible\n"
        "search = Search(Path(sys.argv[1]))\nsearch.index.refresh()\nreader = search.index.reader()\n"
        "from octavo.content.posts import Post\n"
        "visible = Visible({p: Post(p, '', p, p) for p in reader.paths})\n"
        "for typed in sys.argv[2:]: search.search(typed, visible)\n"
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith('VmHWM')))\n"
    )
    words = [corpus.Language().words[i] for i in range(120, 620)]
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), *words], stdout=subprocess.PIPE, text=True, check=True
    )
    print(f"\nA process that serves the index, after 500 queries: {done.stdout.strip()} MB")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--posts", type=int, default=2_000)
    options.add_argument("--folder", type=Path)
    options.add_argument("--without", action="append", default=[], choices=list(REFERENCES))
    options.add_argument("--memory", action="store_true")
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
        if given.memory:
            memory(work / "octavo")
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"This process: {taken} MB, with all engines.")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
