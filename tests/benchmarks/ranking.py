"""How well search ranks, next to SQLite FTS5, tantivy and bm25s: `python tests/benchmarks/ranking.py FOLDER...`.

A folder holds a test collection: documents with title and text, queries, and which documents people judged relevant.
Read are SMART's files (.I .T .W and a table of judgements: Cranfield, CISI, CACM, Medline), the form of NPL
(number, text, /), TREC's (<DOC>, <top>, qrels) and BEIR's (corpus.jsonl, queries.jsonl, qrels/*.tsv), gzipped or not.

    --markdown PATH   Markdown files of a folder; a heading that only one article has is a query for that article
    --model FOLDER    a model of model2vec: Octavo with search by meaning is measured too

Printed is nDCG@10 with binary gains over the queries that have relevant documents, the mean of each engine. Octavo
answers as the search page does; the others rank title and text with stems as their makers set them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import re
import sqlite3
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s
import Stemmer
import tantivy

sys.path.insert(0, str(Path(__file__).parent))
import search as speed

from octavo.search import Embedder, open_embedder
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Document

DEPTH = 10


@dataclass(frozen=True)
class Text:
    """A document or a query."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Collection:
    """What is searched, what is asked, and by query the documents that are relevant."""

    name: str
    documents: list[Text]
    queries: list[Text]
    relevant: dict[str, set[str]]


# Reading


def collection(folder: Path) -> Collection:
    """Read a folder. Raises ValueError where documents, queries or judgements are not found."""
    texts: dict[Path, list[Text]] = {}
    tables: dict[Path, list[list[str]]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = _content(path)
        if found := list(_texts(content)):
            texts[path] = found
        elif table := _table(content):
            tables[path] = table
    asked = {path for path in texts if re.search(r"qry|quer|topic|que\b", path.name, re.IGNORECASE)}
    documents = [text for path, found in texts.items() if path not in asked for text in found]
    queries = [text for path in asked for text in texts[path]]
    if not documents or not queries or not tables:
        raise ValueError(f"{folder} has {len(documents)} documents, {len(queries)} queries, {len(tables)} tables.")
    judged = tables[max(tables, key=lambda path: ("rel" in path.name.lower(), len(tables[path])))]
    return Collection(folder.name, documents, *_matched(queries, _relevant(judged)))


def _content(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _texts(content: str) -> Iterator[Text]:
    beginning = content.lstrip()[:2_000]
    if beginning.startswith(".I"):
        yield from _smart(content)
    elif beginning.startswith("{") and '"_id"' in beginning:
        rows = map(json.loads, filter(str.strip, content.splitlines()))
        yield from (Text(str(row["_id"]), row.get("title") or "", row.get("text") or "") for row in rows)
    elif re.search(r"<(doc|top)>", beginning, re.IGNORECASE):
        yield from _trec(content)
    elif re.match(r"\d+\n[^\d\s]", beginning):
        entries = re.findall(r"(\d+)\n(.*?)\n\s*/", content, re.DOTALL)
        yield from (Text(number, "", text) for number, text in entries)


def _smart(content: str) -> Iterator[Text]:
    for entry in re.split(r"^\.I\s+", content, flags=re.MULTILINE)[1:]:
        number, _, rest = entry.partition("\n")
        parts = re.split(r"^\.([A-Z])\s*$", rest, flags=re.MULTILINE)
        fields = {key: " ".join(text.split()) for key, text in zip(parts[1::2], parts[2::2], strict=True)}
        yield Text(number.strip(), fields.get("T", ""), fields.get("W", ""))


def _trec(content: str) -> Iterator[Text]:
    for entry in re.findall(r"<(?:doc|top)>(.*?)</(?:doc|top)>", content, re.DOTALL | re.IGNORECASE):
        number = _element(entry, "docno|num")
        is_query = re.search(r"<num>", entry, re.IGNORECASE) is not None
        title = "" if is_query else _element(entry, "title")
        text = _element(entry, "title|desc" if is_query else "text")
        if not text and not title:
            text = _plain(re.sub(r"<docno>.*?</docno>", " ", entry, flags=re.DOTALL | re.IGNORECASE))
        yield Text(re.sub(r"^Number:\s*", "", number), title, text)


def _element(entry: str, names: str) -> str:
    """The text of an element, which need not be closed."""
    match = re.search(rf"<({names})>(.*?)(?=</\1>|<\w+>|\Z)", entry, re.DOTALL | re.IGNORECASE)
    return _plain(match[2]) if match else ""


def _plain(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def _table(content: str) -> list[list[str]]:
    """The judgements: rows with the query, the document, perhaps how relevant it is. NPL lists documents by query."""
    entries = re.findall(r"^\s*(\d+)\s*\n([\d\s]+?)\n\s*/", content, re.MULTILINE)
    if entries:
        return [[query, document, "1"] for query, listed in entries for document in listed.split()]
    rows = [line.split() for line in content.splitlines() if line.strip()]
    rows = rows[1:] if rows and rows[0][0] == "query-id" else rows
    return rows if rows and all(2 <= len(row) <= 4 for row in rows) else []


def _relevant(rows: list[list[str]]) -> dict[str, set[str]]:
    """By query what was judged relevant. TREC's rows have the document third and a grade, CISI's second and zeros."""
    trec = all(len(row) == 4 and re.fullmatch(r"-?\d+", row[3]) for row in rows) and any(row[3] != "0" for row in rows)
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        document, grade = (row[2], row[3]) if trec else (row[1], row[2] if len(row) == 3 else "1")
        if float(grade) > 0:
            found[row[0].lstrip("0")].add(document)
    return found


def _matched(queries: list[Text], relevant: dict[str, set[str]]) -> tuple[list[Text], dict[str, set[str]]]:
    """Number the queries as the judgements do: Cranfield's count them, whatever number they bear."""
    numbers = [int(query.id) for query in queries if query.id.isdigit()]
    counted = len(numbers) == len(queries) and max(numbers, default=0) > len(queries) >= max(map(int, relevant))
    renamed = [
        Text(str(place) if counted else query.id.lstrip("0"), query.title, query.text)
        for place, query in enumerate(queries, 1)
    ]
    return [query for query in renamed if relevant.get(query.id)], relevant


def known_items(folder: Path) -> Collection:
    """The articles of a folder; the queries are headings of three words or more that one article alone has."""
    articles = speed.from_folder(folder)
    headings = Counter(heading for article in articles for heading in set(article.headings))
    asked: list[Text] = []
    relevant: dict[str, set[str]] = {}
    for article in articles:
        for heading in article.headings:
            plain = re.sub(r"[^\w\s'-]", " ", heading)
            if headings[heading] == 1 and len(plain.split()) >= 3:
                number = str(len(asked) + 1)
                asked.append(Text(number, "", plain))
                relevant[number] = {article.path}
    return Collection(folder.name, [Text(a.path, a.title, a.body) for a in articles], asked, relevant)


# Engines: each takes documents, and answers a query with the ids of the best ten


class Octavo:
    name = "octavo"
    embedder: Embedder | None = None

    def __init__(self, documents: list[Text], folder: Path) -> None:
        made = [Document(one.id, f"{i:032x}", one.title, body=one.text) for i, one in enumerate(documents)]
        self.search = EmbeddedEngine(folder, embedder=self.embedder)
        by_path = {document.path: document for document in made}
        self.search.sync({path: d.digest for path, d in by_path.items()}, by_path.__getitem__)
        self.visible = speed.visible_of(made)

    def ask(self, typed: str) -> list[str]:
        return [hit.path for hit in self.search.search(typed, self.visible, size=DEPTH).hits]


class OctavoByMeaning(Octavo):
    name = "meaning"


class Fts5:
    name = "fts5"

    def __init__(self, documents: list[Text], folder: Path) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute(
            "CREATE VIRTUAL TABLE d USING fts5(id UNINDEXED, title, body, tokenize='porter unicode61')"
        )
        self.database.executemany("INSERT INTO d VALUES (?, ?, ?)", ((d.id, d.title, d.text) for d in documents))

    def ask(self, typed: str) -> list[str]:
        query = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", typed))
        rows = self.database.execute("SELECT id FROM d(?) ORDER BY rank LIMIT ?", (query, DEPTH))
        return [row[0] for row in rows]


class Tantivy:
    name = "tantivy"

    def __init__(self, documents: list[Text], folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        for name in ("title", "body"):
            builder.add_text_field(name, tokenizer_name="en_stem")
        self.index = tantivy.Index(builder.build())
        writer = self.index.writer(num_threads=1)
        for one in documents:
            writer.add_document(tantivy.Document(id=[one.id], title=[one.title], body=[one.text]))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()

    def ask(self, typed: str) -> list[str]:
        searcher = self.index.searcher()
        query = self.index.parse_query(" ".join(re.findall(r"\w+", typed.lower())), ["title", "body"])
        return [searcher.doc(address)["id"][0] for _, address in searcher.search(query, DEPTH).hits]


class Bm25s:
    name = "bm25s"

    def __init__(self, documents: list[Text], folder: Path) -> None:
        self.ids = [one.id for one in documents]
        self.model = bm25s.BM25()
        texts = [f"{one.title} {one.text}" for one in documents]
        self.model.index(self._tokens(texts), show_progress=False)

    def _tokens(self, texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=Stemmer.Stemmer("english"), show_progress=False)

    def ask(self, typed: str) -> list[str]:
        count = min(DEPTH, len(self.ids))
        found, scores = self.model.retrieve(self._tokens([typed]), k=count, show_progress=False)
        return [self.ids[number] for number, score in zip(found[0], scores[0], strict=True) if score > 0]


ENGINES: list[Any] = [Octavo, Fts5, Tantivy, Bm25s]


# Measuring


def ndcg(found: Iterable[str], relevant: set[str]) -> float:
    """Normalised discounted cumulative gain of the first ten, every relevant document gaining 1."""
    gained = sum(1 / math.log2(rank + 1) for rank, one in enumerate(found, 1) if one in relevant)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), DEPTH) + 1))


def measure(one: Collection) -> None:
    """Print a collection's size and what each engine reaches."""
    texts = [text for text in one.documents if text.title or text.text]
    print(f"\n{one.name}: {len(texts)} documents, {len(one.queries)} queries", flush=True)
    own: list[float] = []
    for make in ENGINES:
        with tempfile.TemporaryDirectory(prefix="octavo-ranking-") as folder:
            engine = make(texts, Path(folder) / make.name)
            gains = [ndcg(engine.ask(query.text or query.title), one.relevant[query.id]) for query in one.queries]
        own = own or gains
        better = sum(a > b for a, b in zip(own, gains, strict=True))
        worse = sum(a < b for a, b in zip(own, gains, strict=True))
        beaten = f"   octavo is better in {better} queries, worse in {worse}" if gains is not own else ""
        print(f"  {make.name:8} nDCG@10 {sum(gains) / len(gains):.4f}{beaten}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    options.add_argument("--markdown", type=Path, action="append", default=[])
    options.add_argument("--model", type=Path)
    given = options.parse_args()
    if given.model is not None:
        OctavoByMeaning.embedder = open_embedder("model2vec", str(given.model), Path.cwd())
        ENGINES.insert(1, OctavoByMeaning)
    for folder in given.folders:
        measure(collection(folder))
    for folder in given.markdown:
        measure(known_items(folder))


if __name__ == "__main__":
    main()
