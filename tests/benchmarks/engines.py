"""The engines that are compared: each builds from documents, and answers (class, words) with how many it shows."""

from __future__ import annotations

import sqlite3
import warnings
from pathlib import Path
from typing import Any

from octavo.content.slugs import slugify
from octavo.search.analysis import language
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Document
from octavo.search.query.evaluation.evaluate import evaluate
from octavo.search.query.evaluation.matches import top_documents
from octavo.search.query.grammar import parse

TEXTS = ("title", "summary", "headings", "body", "names")


class Octavo:
    name = "octavo"

    def __init__(self, folder: Path) -> None:
        self.search = EmbeddedEngine(folder)

    def build(self, documents: list[Document]) -> None:
        by_path = {document.path: document for document in documents}
        report = self.search.sync({p: d.digest for p, d in by_path.items()}, by_path.__getitem__)
        assert report.added == len(by_path), report
        self.reader = self.search.index.reader()
        assert self.reader is not None
        self.recency = self.reader.recency(self.reader.live)
        self.language = language("english")

    def ask(self, kind: str, words: tuple[str, ...]) -> int:
        sort = "newest" if kind == "sorted" else "relevance"
        query = parse(typed(kind, words))
        found = evaluate(query, self.reader, self.language, self.reader.live, self.recency)
        return len(top_documents(found, self.reader, 10, sort))


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
            query = self.parser.parse(typed(kind, words).replace("tag:", "+tag:"))
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
            asked = f'+tag:"{words[0]}" +{words[1]}' if kind == "tag + text" else typed(kind, words)
            query = self.index.parse_query(asked, list(TEXTS))
        options = {"order_by_field": "published"} if kind == "sorted" else {}
        return len(self.searcher.search(query, limit=10, **options).hits)


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


def typed(kind: str, words: tuple[str, ...]) -> str:
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


REFERENCES = {"whoosh": Whoosh, "fts5": Fts5, "tantivy": Tantivy}
