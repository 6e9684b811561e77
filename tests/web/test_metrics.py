"""`/metrics`: the numbers of all workers, as Prometheus reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from octavo.web.metrics.exposition import METRICS, PREFIX
from octavo.web.metrics.tally import Tally
from tests.conftest import PostsFolder

KEY = "the operator's key"
LINE = re.compile(r'([a-z_]+)(\{[a-z]+="[^"{}]*"(?:,[a-z]+="[^"{}]*")*\})? ([0-9.]+)')


def read(text: str) -> dict[str, float]:
    """The numbers of an exposition by their series; every line must be of the format."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            matched = LINE.fullmatch(line)
            assert matched is not None, line
            found[matched[1] + (matched[2] or "")] = float(matched[3])
    return found


def metrics(app: Flask) -> dict[str, float]:
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return read(answer.text)


@pytest.fixture
def counted(make_app: Callable[..., Flask], folder: PostsFolder) -> Flask:
    folder.write("hello")
    folder.raw("broken.md", "---\ntitle: [\n---\nText.\n")
    return make_app(status_key=KEY)


def test_metrics_are_nobodys_business_without_the_key(app: Flask, make_app: Callable[..., Flask]) -> None:
    assert app.test_client().get("/metrics").status_code == 404
    assert make_app(status_key=KEY).test_client().get("/metrics").status_code == 401


def test_every_metric_is_told_with_its_type_and_help(counted: Flask) -> None:
    text = counted.test_client().get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).text

    for name, metric in METRICS.items():
        assert f"# HELP {PREFIX}{name} {metric.help}\n# TYPE {PREFIX}{name} {metric.type}\n" in text


def test_requests_hits_and_files_are_counted(counted: Flask) -> None:
    client = counted.test_client()
    for _ in range(5):
        client.get("/articles/hello/")
    client.get("/nothing/")

    found = metrics(counted)

    assert found["octavo_page_cache_hits_total"] == 4
    assert found["octavo_page_cache_renders_total"] == 2
    assert found['octavo_requests_total{view="pages.article",status="2xx"}'] == 1
    assert sum(value for series, value in found.items() if 'status="4xx"' in series) == 1
    assert found['octavo_request_seconds_bucket{le="+Inf"}'] == found["octavo_request_seconds_count"] == 2
    assert found["octavo_articles"] == 1
    assert found['octavo_problem_files{severity="error"}'] == 1
    assert found["octavo_workers"] == 1


def test_labels_do_not_grow_with_what_strangers_ask_for(counted: Flask) -> None:
    client = counted.test_client()
    client.get("/articles/hello/")
    client.get("/nothing/")
    before = metrics(counted).keys()

    for number in range(200):
        client.get(f"/nothing-{number}/?{number}={number}")
        client.get(f"/articles/hello-{number}/", headers={"User-Agent": str(number)})

    grown = {series for series in metrics(counted).keys() - before if "bucket" not in series}
    assert all(series.endswith('status="4xx"}') or "health.metrics" in series for series in grown)
    assert len(grown) <= 4


@pytest.fixture
def make_tally(tmp_path: Path) -> Iterator[Callable[[], Tally]]:
    made: list[Tally] = []

    def make() -> Tally:
        made.append(Tally(tmp_path / "instance" / "metrics.sqlite", counts=dict, levels=lambda: {"pages": 1.0}))
        return made[-1]

    yield make
    for tally in made:
        tally.close()


@given(st.lists(st.sampled_from(["one", "two", "three"]), max_size=50), st.integers(0, 50))
def test_sums_are_those_of_one_process_however_often_it_writes(
    tmp_path_factory: pytest.TempPathFactory, counted: list[str], flush_at: int
) -> None:
    tally = Tally(tmp_path_factory.mktemp("tally") / "metrics.sqlite", counts=dict, levels=dict)

    for place, series in enumerate(counted):
        tally.add(series)
        if place == flush_at:
            tally.flush()
    found = tally.sums()
    tally.close()

    assert {series: found.get(series, 0) for series in set(counted)} == {
        series: counted.count(series) for series in set(counted)
    }


@pytest.mark.parametrize("damage", [b"", b"no database at all, whatever its name says" * 100])
def test_damaged_file_costs_what_was_counted_and_no_answer(
    make_tally: Callable[[], Tally], tmp_path: Path, damage: bytes
) -> None:
    tally = make_tally()
    tally.add("one")
    tally.flush()
    for file in (tmp_path / "instance").iterdir():
        file.unlink()
    (tmp_path / "instance" / "metrics.sqlite").write_bytes(damage)

    tally.add("one")
    tally.sums()

    assert tally.sums()["one"] == 2


def test_folder_that_cannot_be_written_costs_the_others_numbers_only(
    make_tally: Callable[[], Tally], tmp_path: Path, permissions_count: None
) -> None:
    (tmp_path / "instance").mkdir(mode=0o500)
    tally = make_tally()
    tally.add("one", 3)

    assert tally.sums() == {"one": 3, "pages": 1, "workers": 1}
