"""Search by meaning: what is near in meaning is found beside what has the words, and told apart."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from archive import Archive, day
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from models import write_model

from octavo.search import Embedder, UnknownEmbedderError, open_embedder
from octavo.search.engines.embedded import EmbeddedEngine
from octavo.search.protocol import Document
from octavo.search.vectors import MAX_PASSAGE_CHARACTERS, passages, quantized, similarities
from octavo.settings import SettingsError
from octavo.testing import TestSite

TEXTS = {
    "landing": ("Touchdown on the Moon", "The lander set down softly on the lunar surface, in dust."),
    "rover": ("Wheels on Mars", "A robot vehicle drives across the red planet and drills into its rocks."),
    "sun": ("A storm of the Sun", "Flares and solar wind lit the northern lights over half of the Earth."),
    "mirror": ("A mirror for faint galaxies", "The telescope collects starlight from distant galaxies."),
    "bread": ("Sourdough at home", "Flour, water and salt become bread in a hot oven."),
    "garden": ("Tomatoes in May", "Plant tomatoes in the garden when nights are warm, and water them."),
    "opera": ("An evening at the opera", "The soprano sang, and the orchestra played until midnight."),
    "tax": ("Your tax return", "Fill in the form and send it to the tax office before the deadline."),
    "bicycle": ("Mending a bicycle", "Take off the wheel, find the puncture in the tyre and patch it."),
    "football": ("A late goal", "The striker scored in the last minute and the team won the match."),
    "cat": ("Cats and sleep", "A cat sleeps for most of the day and hunts mice at night."),
    "train": ("By train to Lisbon", "The night train leaves Paris for Portugal in the evening."),
}


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "english")


@pytest.fixture(scope="session")
def embedder(model: Path) -> Embedder:
    return open_embedder("model2vec", str(model), model.parent)


@dataclass
class Meant(Archive):
    """An archive that is searched by meaning too."""

    embedder: Embedder | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.engine = EmbeddedEngine(self.root, self.language, embedder=self.embedder)


@pytest.fixture
def archive(tmp_path: Path, embedder: Embedder) -> Meant:
    archive = Meant(tmp_path / "search_index", embedder=embedder)
    for number, (name, (title, body)) in enumerate(TEXTS.items()):
        tags = ("Space",) if number < 4 else ("Home",)
        archive.write(f"{name}.md", title, body, tags=tags, published=day(2020 + number % 4))
    archive.sync()
    return archive


def by_meaning(archive: Archive, typed: str, **options: object) -> list[str]:
    return [hit.path for hit in archive.search(typed, **options).hits if hit.by_meaning]


# What is found


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("vegetables", "garden.md"),
        ("music", "opera.md"),
        ("how do I repair a bike", "bicycle.md"),
        ("astronomy", "mirror.md"),
        ("kitten", "cat.md"),
        ("soccer", "football.md"),
        ("railway", "train.md"),
    ],
)
def test_article_with_none_of_the_words_is_found_by_meaning_and_marked(
    archive: Archive, typed: str, expected: str
) -> None:
    results = archive.search(typed, correct=False)

    found = {hit.path: hit for hit in results.hits}
    assert found[expected].by_meaning
    assert "<mark>" not in found[expected].snippet_html
    assert results.by_meaning == sum(hit.by_meaning for hit in results.hits)
    assert results.total == len(results.hits)


@pytest.mark.parametrize("typed", ["KITTEN", "Kitten", "kitten"])
def test_capitals_mean_what_small_letters_mean(archive: Archive, typed: str) -> None:
    assert by_meaning(archive, typed, correct=False)[0] == "cat.md"
    assert archive.paths(typed, correct=False) == archive.paths("kitten", correct=False)


@pytest.mark.parametrize("typed", ["asdfgh qwertz", "der Mond scheint", "zzzz", "the of and", "***", "123456"])
def test_what_means_nothing_to_the_model_finds_nothing_by_meaning(archive: Archive, typed: str) -> None:
    assert by_meaning(archive, typed, correct=False) == []


def test_words_that_are_there_are_found_as_without_a_model(archive: Archive, tmp_path: Path) -> None:
    plain = Archive(tmp_path / "plain")
    plain.documents = archive.documents
    plain.sync()

    for typed in ("tomatoes", "night", "water", "telescope galaxies", "the red planet"):
        results = archive.search(typed, correct=False)
        words = [hit.path for hit in results.hits if not hit.by_meaning]
        assert sorted(words) == sorted(plain.paths(typed, correct=False)), typed
        assert results.total - results.by_meaning == plain.search(typed, correct=False).total


def test_article_with_none_of_the_words_comes_after_all_that_have_all_of_them(archive: Archive) -> None:
    archive.write("odd.md", "Odds and ends", f"Kitten food. {'Nothing else to tell. ' * 50}")
    archive.sync()

    results = archive.search("kitten food", correct=False)

    assert results.hits[0].path == "odd.md"
    assert results.hits[0].score > max(hit.score for hit in results.hits if hit.by_meaning)


def test_no_article_with_all_words_stands_below_one_with_none_whatever_is_typed(archive: Archive) -> None:
    there = ["tomatoes", "night", "wheel", "train", "water", "day", "telescope"]
    near = ["kitten", "soccer", "astronomy", "music"]
    meant = 0
    for words in (*permutations(there, 2), *product(there, near)):
        hits = archive.search(" ".join(words), correct=False).hits
        complete = archive.paths(" AND ".join(words), correct=False)

        none = [hit.score for hit in hits if hit.by_meaning]
        assert max(none, default=-1.0) < min((hit.score for hit in hits if hit.path in complete), default=9.0), words
        meant += len(none)
    assert meant >= 10


# What stays exact


@pytest.mark.parametrize(
    "typed", ['"kitten"', "+kitten", "title:kitten", "kit*", "tag:kitten", "after:2019", "-kitten"]
)
def test_nothing_is_found_by_meaning_of_what_has_to_be_exact(archive: Archive, typed: str) -> None:
    assert by_meaning(archive, typed, correct=False) == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("kitten tag:home", ["cat.md"]),
        ("kitten tag:space", []),
        ("kitten -mice", []),
        ("kitten -tomatoes", ["cat.md"]),
        ('kitten "hunts mice"', []),
        ("kitten before:2019", []),
        ("kitten zzz*", ["cat.md"]),
    ],
)
def test_labels_phrases_and_exclusions_hold_for_what_is_found_by_meaning(
    archive: Archive, typed: str, found: list[str]
) -> None:
    assert by_meaning(archive, typed, correct=False) == found


def test_facets_count_what_is_found_by_meaning_and_choosing_one_shows_as_many(archive: Archive) -> None:
    results = archive.search("astronomy", correct=False)

    for value in results.facets["tag"]:
        chosen = archive.search("astronomy", correct=False, selected={"tag": [value.value]})
        assert chosen.total == value.count
        assert chosen.by_meaning == sum(hit.by_meaning for hit in chosen.hits)


def test_results_by_date_have_the_words(archive: Archive) -> None:
    assert archive.search("kitten", correct=False, sort="newest").total == 0
    assert archive.search("cat", correct=False, sort="newest").by_meaning == 0


def test_hidden_article_is_not_found_by_meaning(archive: Archive) -> None:
    archive.hide("cat.md")

    assert "cat.md" not in archive.paths("kitten", correct=False)


# How it is kept


def test_vectors_follow_every_change_and_merge_of_the_index(tmp_path: Path, embedder: Embedder) -> None:
    grown = Meant(tmp_path / "grown", embedder=embedder)
    for name, (title, body) in TEXTS.items():
        grown.write(f"{name}.md", "Draft", "Nothing yet.")
        grown.sync()
        grown.write(f"{name}.md", title, body)
        grown.sync()
    whole = Meant(tmp_path / "whole", embedder=embedder)
    whole.documents = grown.documents
    whole.sync()

    for typed in ("kitten", "astronomy", "railway", "a meal of bread"):
        assert grown.search(typed, correct=False) == whole.search(typed, correct=False)


def test_another_model_makes_the_index_anew(archive: Meant, embedder: Embedder) -> None:
    class Other:
        identity = "other"
        least_similarity = 0.3

        def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            return embedder.embed(texts)

    plain = EmbeddedEngine(archive.root)
    other = EmbeddedEngine(archive.root, embedder=Other())

    assert archive.engine.status().state == "ready"
    assert plain.status().state == "incompatible"
    assert other.status().state == "incompatible"


def test_index_without_an_embedder_holds_no_vectors(make_archive: Callable[..., Archive]) -> None:
    plain = make_archive()
    plain.write("a.md", "Alpha", "One.")
    plain.sync()

    reader = plain.engine.index.reader()
    assert reader is not None
    assert [name for name in reader.segments[0].file.names() if "vector" in name] == []


class Failing:
    """An embedder that fails for queries, or always."""

    identity = "failing"
    least_similarity = 0.25

    def __init__(self, embedder: Embedder, fails: Callable[[Sequence[str]], bool]) -> None:
        self._embedder = embedder
        self._fails = fails

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if self._fails(texts):
            raise OSError("no model")
        return self._embedder.embed(texts)


def test_embedder_that_fails_costs_nothing_but_meaning(
    tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Meant(tmp_path / "x", embedder=Failing(embedder, lambda texts: True))
    failing.write("cat.md", "Cats", "A cat sleeps.")
    with caplog.at_level(logging.ERROR):
        failing.sync()

        assert failing.paths("cat") == ["cat.md"]

    assert "flask index build --fresh" in caplog.text
    assert "the search goes by words" in caplog.text
    assert failing.engine.status().state == "ready"


def test_articles_that_could_not_be_embedded_merge_with_those_that_could(tmp_path: Path, embedder: Embedder) -> None:
    broken: list[bool] = []
    some = Meant(tmp_path / "x", embedder=Failing(embedder, lambda texts: bool(broken)))
    for number, (name, (title, body)) in enumerate(TEXTS.items()):
        broken[:] = [True] if number % 2 else []
        some.write(f"{name}.md", title, body)
        some.sync()
    broken.clear()

    assert by_meaning(some, "kitten", correct=False) == ["cat.md"]
    assert by_meaning(some, "railway", correct=False) == []


# Numbers


unit_rows = arrays.arrays(np.float32, (5, 7), elements=st.floats(-1, 1, width=32))


@given(unit_rows)
def test_similarity_is_the_cosine_within_a_hundredth_and_exact_in_any_order(rows: npt.NDArray[np.float32]) -> None:
    vectors = quantized(rows)
    query = quantized(rows[:1])

    found = similarities(vectors, query)

    sums = vectors.values.astype(np.int64) @ query.values[0].astype(np.int64)
    assert found.tolist() == (sums.astype(np.float32) * vectors.factors * query.factors[0]).tolist()
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(rows[0])
    cosines = np.divide(rows @ rows[0], lengths, out=np.zeros(5, np.float32), where=lengths > 1e-6)
    assert np.abs(found - cosines)[lengths > 1e-6].max(initial=0) < 0.02


def test_long_text_is_cut_between_words_into_a_bounded_number_of_passages() -> None:
    found = passages(Document("a.md", "1", "Title", body="word " * 100_000))

    assert found[0] == "Title"
    assert all(passage.endswith("word") and len(passage) <= MAX_PASSAGE_CHARACTERS for passage in found[1:])
    assert len(found) == 12


# Settings


@pytest.mark.parametrize(
    ("name", "told", "cause"),
    [
        ("nobody", "", "there is no such embedder"),
        ("model2vec", "", "name a model in `embedder_model`"),
        ("model2vec", "./nowhere", "there is no such folder"),
        ("model2vec", "empty", "the folder lacks config.json, tokenizer.json, model.safetensors"),
    ],
)
def test_embedder_that_cannot_be_used_is_told_to_the_operator(
    tmp_path: Path, model: Path, name: str, told: str, cause: str
) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(UnknownEmbedderError, match=cause):
        open_embedder(name, told, tmp_path)
    with pytest.raises(SettingsError, match=f"embedder = '{name}': .*{cause}"):
        TestSite(tmp_path, embedder=name, embedder_model=told)


def test_model_of_sentence_transformers_is_used_as_the_library_gives_it(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library brings PyTorch; this has its interface, and a real model behind it.
    (tmp_path / "sentence_transformers.py").write_text(
        "from model2vec import StaticModel\n"
        "class SentenceTransformer:\n"
        "    def __init__(self, name):\n"
        "        self.model = StaticModel.from_pretrained(name)\n"
        "    def encode(self, texts, show_progress_bar):\n"
        "        return self.model.encode(texts)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sentence_transformers", raising=False)

    sentences = open_embedder("sentence_transformers", model.name, model.parent)

    archive = Meant(tmp_path / "index", embedder=sentences)
    archive.write("stars.md", "Faint galaxies", "a telescope collects starlight from galaxies")
    for number in range(9):
        archive.write(f"{number}.md", f"Number {number}", "tax forms and bicycles")
    archive.sync()
    assert by_meaning(archive, "astronomy", correct=False) == ["stars.md"]


def test_site_without_an_embedder_loads_nothing_of_models() -> None:
    code = (
        "import sys, octavo\n"
        "from octavo.search import open_engine\n"
        "import octavo.site.site\n"
        "print([name for name in sys.modules if name.split('.')[-1] == 'model2vec' or name == 'tokenizers'])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"


# What readers and programs see


def test_page_and_programs_tell_what_was_found_by_meaning_apart(tmp_path: Path, model: Path) -> None:
    site = TestSite(tmp_path, embedder="model2vec", embedder_model=str(model))
    for name, (title, body) in TEXTS.items():
        site.write(name, body, title=title)
    site.site.index.sync()

    page = site.get("/search/?q=cat+kitten")
    found = site.client.get("/search.json?q=kitten&exact=1").json
    api = site.client.get("/ghost/api/content/search/?q=kitten&exact=1").json
    only_words = site.get("/search/?q=tomatoes")
    site.close()

    assert found is not None
    assert api is not None
    assert found["by_meaning"] == found["total"] == 1
    assert found["results"][0]["by_meaning"] is True
    assert "1 article for" in page
    assert "Near in meaning" not in only_words
    assert api["meta"]["by_meaning"] == 1
    assert api["posts"][0]["match"]["by_meaning"] is True
