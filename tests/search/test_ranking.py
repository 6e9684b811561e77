"""The engine finds and ranks what BM25F over every document does, however the index is cut into segments."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from archive import Archive, day
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octavo.search.analysis import Lexicon, analyze, language
from octavo.search.folding import is_single_unspaced, is_unspaced
from octavo.search.index.batch import in_memory
from octavo.search.index.merge import merge
from octavo.search.index.reader import RECENCY_BOOST, Reader
from octavo.search.index.schema import K1, TEXT_FIELDS, TITLE, WORDS, TextField, facet_values, texts, title_key
from octavo.search.index.segment import Segment
from octavo.search.protocol import Document
from octavo.search.query.evaluation import boolean
from octavo.search.query.evaluation.boosts import (
    ALL_TERMS_BOOST,
    EXACT_TITLE_BOOST,
    LABEL_GAIN,
    MAX_LABEL_WORDS,
    MAX_TITLE_WORDS,
    TITLE_GAIN,
)
from octavo.search.query.evaluation.evaluate import evaluate
from octavo.search.query.evaluation.matches import top_documents
from octavo.search.query.evaluation.words import AS_WRITTEN_BOOST
from octavo.search.query.grammar import DateRange, FacetFilter, SearchQuery, WordSequence, parse

ENGLISH = language("english")
VOCABULARY = [
    "mars", "moon", "rover", "rovers", "orbit", "orbiting", "launch", "launched", "the", "of", "crew",
    "telescope", "telescopes", "star", "stars", "火星", "火星探査", "火", "3火", "3火星3", "火3星", "x-ray",
    "star-rover", "Ångström",
]  # fmt: skip
TAGS = ["Mars", "Cold War", "Moon"]


class BruteForce:
    """BM25F by the book: every document is looked at for every query."""

    def __init__(self, documents: list[Document]) -> None:
        self.documents = documents
        self.words = [{field: analyze(text) for field, text in texts(document)} for document in documents]
        for words, document in zip(self.words, documents, strict=True):
            # Between names nobody has a word.
            names = dict(texts(document))["names"].split("\n")
            words["names"] = [word for name in names for word in (*analyze(name), "")]
            words[WORDS.name] = [word for field in TEXT_FIELDS for word in words[field.name]]
        self.terms = [{field: self._indexed(field, list_) for field, list_ in words.items()} for words in self.words]

    def _indexed(self, field: str, words: list[str]) -> list[tuple[int, str]]:
        if field == WORDS.name:
            return [(i, word) for i, word in enumerate(words) if word]
        if field == "title":
            return [(i, ENGLISH.stem(word)) for i, word in enumerate(words)]
        return [(i, _in_phrases(word)) for i, word in enumerate(words) if word]

    def _norm(self, field: TextField, number: int) -> float:
        lengths = [sum(not term.startswith("stop ") for _, term in terms[field.name]) for terms in self.terms]
        average = sum(lengths) / len(lengths) or 1.0
        return field.boost / (1 - field.b + field.b * lengths[number] / average)

    def _idf(self, frequency: int) -> float:
        return math.log1p((len(self.documents) - frequency + 0.5) / (frequency + 0.5))

    def _occurrences(self, field: TextField, number: int, stems: list[tuple[int, str]]) -> int:
        places = dict(self.terms[number][field.name])
        if field.name == "title":
            stems = [(i, stem.removeprefix("stop ")) for i, stem in stems]
        return sum(all(_meant(stem, places.get(start + i, "")) for i, stem in stems) for start in places)

    def text(self, text: WordSequence, keep_stops: bool) -> dict[int, float] | None:
        if text.prefix or (len(text.words) == 1 and is_single_unspaced(text.words[0][1])):
            return self._prefix(text.words[0][1], TITLE[0] if text.title else WORDS)
        fields = TEXT_FIELDS[:1] if text.title else TEXT_FIELDS
        if len(text.words) == 1:
            if ENGLISH.is_stop_word(text.words[0][1]) and not (keep_stops or text.title):
                return None
            stems = [(0, ENGLISH.stem(text.words[0][1]))]
        else:
            stems = [(i - text.words[0][0], _in_phrases(word)) for i, word in text.words]
        telling = [[(0, stem)] for _, stem in stems if not stem.startswith("stop ")]
        total = sum(self._idf(self._frequency(fields, found)) for found in telling or [stems])
        scores = {}
        for number in range(len(self.documents)):
            weighted = sum(self._norm(f, number) * self._occurrences(f, number, stems) for f in fields)
            if weighted:
                scores[number] = total * (K1 + 1) * weighted / (K1 + weighted)
        return scores

    def chosen(self, text: WordSequence, keep_stops: bool, occur: str) -> dict[int, float] | None:
        found = self.text(text, keep_stops)
        if text.joined and occur != "must_not":
            return self._joined(text, found or {}, occur)
        pairs = {word for _, word in text.words}
        if found != {} or occur != "should" or not text.loose or len(pairs) < 3 or not all(map(is_unspaced, pairs)):
            return found
        scores = [self.text(WordSequence(((0, pair),), title=text.title), keep_stops) or {} for pair in pairs]
        have = {n: [found[n] for found in scores if n in found] for n in range(len(self.documents))}
        return {n: sum(found) for n, found in have.items() if len(found) >= len(pairs) / 2}

    def _joined(self, text: WordSequence, whole: dict[int, float], occur: str) -> dict[int, float]:
        """Of x-ray both parts must be there, of star-rover one is enough; together they count more."""
        parts = [self.text(WordSequence(((0, word),), title=text.title), True) or {} for _, word in text.words]
        scores = {n: sum(part.get(n, 0.0) for part in parts) for n in range(len(self.documents))}
        enough = len(parts) if occur == "must" or any(len(word) < 3 for _, word in text.words) else 1
        found = {n: scores[n] for n in scores if sum(n in part for part in parts) >= enough}
        if not found and not whole and occur == "should":
            found = {n: score for n, score in scores.items() if score}
        return found | {n: AS_WRITTEN_BOOST * max(score, scores[n]) for n, score in whole.items()}

    def _frequency(self, fields: Iterable[TextField], stems: list[tuple[int, str]]) -> int:
        numbers = range(len(self.documents))
        return sum(any(self._occurrences(field, number, stems) for field in fields) for number in numbers)

    def _prefix(self, prefix: str, field: TextField) -> dict[int, float]:
        weighted = {}
        for number, words in enumerate(self.words):
            count = sum(word.startswith(prefix) for word in words[field.name])
            if count:
                weighted[number] = self._norm(field, number) * count
        return {n: self._idf(len(weighted)) * (K1 + 1) * w / (K1 + w) for n, w in weighted.items()}

    def other(self, choice: FacetFilter | DateRange) -> dict[int, float]:
        return {n: 0.0 for n, document in enumerate(self.documents) if self._holds(document, choice)}

    def _holds(self, document: Document, choice: FacetFilter | DateRange) -> bool:
        if isinstance(choice, FacetFilter):
            values = dict(facet_values(document))[choice.facet]
            return any(value.startswith(choice.value) if choice.prefix else value == choice.value for value in values)
        if document.published is None:
            return False
        instant = int(document.published.timestamp())
        return (choice.start is None or instant >= choice.start) and (choice.stop is None or instant < choice.stop)

    def search(self, query: SearchQuery) -> dict[str, float]:
        if query.text and not query.clauses:
            return {}
        included = [t for clause in query.clauses if clause.occur != "must_not" for t in clause.sequences]
        keep_stops = all(not t.prefix and len(t.words) == 1 and ENGLISH.is_stop_word(t.words[0][1]) for t in included)
        found, scores, optional = (
            set(range(len(self.documents))),
            dict.fromkeys(range(len(self.documents)), 0.0),
            set(),
        )
        wanted = required = False
        shoulds: list[set[int]] = []
        for clause in query.clauses:
            answers = [
                self.chosen(c, keep_stops, clause.occur) if isinstance(c, WordSequence) else self.other(c)
                for c in clause.alternatives
            ]
            answers = [answer for answer in answers if answer is not None]
            if not answers:
                continue
            hits = set().union(*answers)
            if clause.occur == "must_not":
                found -= hits
                continue
            for answer in answers:
                for number, score in answer.items():
                    scores[number] += score
            if clause.occur == "must":
                found, required = found & hits, required or bool(clause.sequences)
            else:
                optional, wanted = optional | hits, True
                shoulds.append(hits)
        if wanted and not required:
            found &= optional
        complete = set.intersection(*shoulds) if len(shoulds) > 1 else set()
        for number in found:
            scores[number] += self._named(number, query)
            scores[number] *= ALL_TERMS_BOOST if number in complete else 1
        return {self.documents[n].path: scores[n] * self._recency(n) + self._exact(n, query) for n in found}

    def _named(self, number: int, query: SearchQuery) -> float:
        """What a document gains by a title and labels that say what was typed."""
        words = [word for one in query.positive if not one.prefix for _, word in one.words]
        told = [word for word in words if not ENGLISH.is_stop_word(word)]
        stems = {word: [(0, ENGLISH.stem(word))] for word in told}
        idfs = {word: self._idf(self._frequency(TEXT_FIELDS, stems[word])) for word in stems}
        if not 2 <= len(idfs) <= MAX_TITLE_WORDS:
            return 0.0
        titled = [word for word in idfs if self._occurrences(TITLE[0], number, stems[word])]
        length = max(len(self.terms[number]["title"]) - (len(words) - len(told)), len(titled), 1)
        gain = sum(idfs[word] for word in titled) ** 3 / sum(idfs.values()) ** 2
        gain *= TITLE_GAIN * math.sqrt(len(titled) / length)
        labels = dict(facet_values(self.documents[number]))
        owned = {value for name in ("tag", "category", "author") for value in labels[name]}
        for start in range(len(words)):
            for stop in range(start + 2, min(start + MAX_LABEL_WORDS, len(words)) + 1):
                if "-".join(words[start:stop]) in owned:
                    gain += LABEL_GAIN * sum(idfs.get(word, 0.0) for word in words[start:stop])
        return gain

    def _recency(self, number: int) -> float:
        dates = [document.published for document in self.documents if document.published]
        published = self.documents[number].published
        if published is None:
            return 1.0
        return 1 + RECENCY_BOOST * 2 ** (-(max(dates) - published) / timedelta(days=2 * 365.25))

    def _exact(self, number: int, query: SearchQuery) -> float:
        return EXACT_TITLE_BOOST if query.key and title_key(self.documents[number].title) == query.key else 0.0


def _meant(stem: str, term: str) -> bool:
    """Whether an indexed term is what a stem of a phrase stands for."""
    return term.startswith(stem) if is_single_unspaced(stem) else term == stem


def _in_phrases(word: str) -> str:
    return f"stop {ENGLISH.stem(word)}" if ENGLISH.is_stop_word(word) else ENGLISH.stem(word)


text = st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join)
documents = st.builds(
    Document,
    path=st.just(""),
    digest=st.just(""),
    title=text,
    summary=text,
    headings=st.lists(text, max_size=2).map(tuple),
    body=text,
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
    category=st.sampled_from(["", "Planets", "Cold War"]),
    authors=st.lists(st.sampled_from(["Ada Okafor", "Elena Weiß"]), max_size=1).map(tuple),
    published=st.none() | st.integers(0, 5_000).map(lambda days: day(2010) + timedelta(days=days)),
)
corpora = st.lists(documents, min_size=1, max_size=12).map(
    lambda found: [
        Document(**{**{f: getattr(d, f) for f in d.__slots__}, "path": f"{i}.md", "digest": str(i)})
        for i, d in enumerate(found)
    ]
)
words = st.sampled_from(VOCABULARY)
items = st.one_of(
    words,
    words.map("+{}".format),
    words.map("-{}".format),
    words.map("title:{}".format),
    st.lists(words, min_size=2, max_size=3).map(lambda found: '"' + " ".join(found) + '"'),
    st.sampled_from(['"mars moon"', '"cold war"', '"war mars"', '"moon planets"', '"war ada okafor"']),
    st.sampled_from(["火星探査機", "探査火星", "火星の探査", "-火星機探査", "title:火星機探査", "+探査火星火"]),
    st.sampled_from(["title:orb*", "title:火*", "title:星", "tag:m*", "-tag:co*", "author:ada*"]),
    st.sampled_from(["tel*", "orb*", "launch*", "火*", "星", "tag:mars", 'tag:"cold war"', "category:planets"]),
    st.sampled_from(
        [
            "-tag:moon",
            "before:2015",
            "after:2018-06",
            "OR",
            "AND",
            "NOT",
            "author:ada-okafor",
            "year:2012",
            "cold war",
            "ada okafor moon",
        ]
    ),
)
queries = st.lists(items, min_size=1, max_size=6).map(" ".join)


def ranked(reader: Reader, query: SearchQuery, count: int) -> list[tuple[str, float]]:
    matches = evaluate(query, reader, ENGLISH, reader.live, reader.recency(reader.live)).compact()
    scores = dict(zip(matches.ids.tolist(), matches.scores.tolist(), strict=True))
    return [(reader.paths[n], scores[n]) for n in top_documents(matches, reader, count).tolist()]


def assert_same(found: list[tuple[str, float]], expected: dict[str, float], count: int) -> None:
    """Equal scores may come in any order, and 32 bits are not 64."""
    by_score = sorted(expected.values(), reverse=True)[:count]
    assert [score for _, score in found] == pytest.approx(by_score, rel=1e-4, abs=1e-4)
    for path, score in found:
        assert score == pytest.approx(expected[path], rel=1e-4, abs=1e-4)


@pytest.mark.thorough
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora, queries, st.integers(1, 4), st.sampled_from([0, 1, 16]))
def test_top_ten_are_those_of_brute_force_for_every_kind_of_query(
    corpus: list[Document], typed: str, parts: int, fewer: int
) -> None:
    lexicon = Lexicon(ENGLISH)
    segments = [in_memory(corpus[i::parts], lexicon) for i in range(parts) if corpus[i::parts]]
    reader = Reader(segments, [()] * len(segments))
    query = parse(typed)

    # What is faster depends on how many documents there are, and not what is found.
    with patch.object(boolean, "_LOOKUP_RATIO", fewer):
        found = ranked(reader, query, 10)

    assert_same(found, BruteForce(corpus).search(query), 10)


def test_label_counts_for_articles_that_have_it_as_category_as_for_those_that_have_it_as_tag() -> None:
    rest = {"title": "", "body": "cold war", "published": day(2012)}
    corpus = [
        Document("tagged.md", "1", tags=("Cold War",), **rest),
        Document("of-category.md", "2", category="Cold War", **rest),
        Document("both.md", "3", category="Cold War", tags=("Cold War",), **rest),
    ]
    reader = Reader([in_memory(corpus, Lexicon(ENGLISH))], [()])

    found = ranked(reader, parse("cold war"), 10)

    assert_same(found, BruteForce(corpus).search(parse("cold war")), 10)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora, queries, st.data())
def test_deleted_documents_count_for_nothing_before_and_after_a_merge(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Document], typed: str, data: st.DataObject
) -> None:
    deleted = data.draw(st.sets(st.integers(0, len(corpus) - 1), max_size=len(corpus) - 1))
    segment = in_memory(corpus, Lexicon(ENGLISH))
    live = np.ones(len(corpus), np.bool_)
    live[list(deleted)] = False
    path = tmp_path_factory.mktemp("merge") / "merged"
    query = parse(typed)
    expected = BruteForce([d for i, d in enumerate(corpus) if i not in deleted]).search(query)

    before = ranked(Reader([segment], [deleted]), query, 10)
    merge([(segment, live)], path)
    after = ranked(Reader([Segment(path)], [()]), query, 10)

    assert_same(before, expected, 10)
    assert_same(after, expected, 10)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora, st.integers(2, 4))
def test_merged_segments_equal_one_that_was_written_at_once(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Document], parts: int
) -> None:
    lexicon = Lexicon(ENGLISH)
    size = -(-len(corpus) // parts)
    pieces = [in_memory(corpus[i : i + size], lexicon) for i in range(0, len(corpus), size)]
    path = tmp_path_factory.mktemp("merge") / "merged"

    merge([(piece, np.ones(piece.size, np.bool_)) for piece in pieces], path)

    merged, whole = Segment(path), in_memory(corpus, lexicon)
    assert set(merged.file.names()) == set(whole.file.names())
    for name in whole.file.names():
        assert merged.file.read(name).tolist() == whole.file.read(name).tolist(), name


def test_best_are_in_order_and_ties_are_broken_by_date(magazine: Archive) -> None:
    assert magazine.paths("mars") == ["rover.md", "water.md"]
    assert magazine.paths("mars", sort="oldest") == ["rover.md", "water.md"]
    assert magazine.paths("mars", sort="newest") == ["water.md", "rover.md"]


def test_more_matching_words_rank_higher(magazine: Archive) -> None:
    assert magazine.paths("orbit crews cold war")[0] == "soyuz.md"


def test_exact_title_comes_first(archive: Archive, tmp_path: Path) -> None:
    archive.write("a.md", "Mars", "Nothing else.", published=day(2001))
    archive.write("b.md", "Mars, Mars and Mars again", "Mars " * 50, tags=("Mars",), published=day(2024))
    archive.sync()

    assert archive.paths("mars") == ["a.md", "b.md"]


def test_title_of_stop_words_is_found(archive: Archive) -> None:
    archive.write("who.md", "The Who", "A band from London.")
    archive.write("other.md", "A band", "The band who played.")
    archive.sync()

    assert archive.paths("the who") == ["who.md"]


def test_newer_articles_are_preferred_a_little_and_only_when_wanted(archive: Archive) -> None:
    archive.write("old.md", "Comets", "A comet. Comets everywhere, comets.", published=day(2001))
    archive.write("new.md", "Comets", "A comet. Comets everywhere, comets.", published=day(2024))
    archive.sync()

    fresh = archive.search("comet").hits
    plain = archive.search("comet", prefer_new=False).hits

    assert fresh[0].path == "new.md"
    assert fresh[0].score > fresh[1].score
    assert plain[0].score == plain[1].score


def test_of_a_long_text_the_rarest_words_are_searched_for(archive: Archive) -> None:
    common = " ".join(f"word{i}" for i in range(40))
    for i in range(5):
        archive.write(f"{i}.md", f"Filler {i}", common)
    archive.write("rare.md", "Something else", "Enceladus.")
    archive.sync()

    results = archive.search(f"{common} enceladus")

    assert "rare.md" in [hit.path for hit in results.hits]
    assert any("16 rarest" in note for note in results.notes)
