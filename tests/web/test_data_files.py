"""Data files: what `data/` holds reaches templates, and a change drops exactly the pages that used it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.testing import TestSite

ROWS = {
    "planets.yaml": "- {name: Mars, found: 2020-01-02}\n",
    "planets.toml": "[[rows]]\nname = 'Mars'\n",
    "planets.json": '[{"name": "Mars"}]',
    "planets.csv": "name,moons\nMars,2\n",
}
LAST: list[int] = []


def write(path: Path, text: str) -> None:
    """Write a file whose time of change differs from that of all before."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    LAST.append(max([path.stat().st_mtime_ns, *LAST]) + 1_000_000)
    os.utime(path, ns=(LAST[-1], LAST[-1]))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TestSite]:
    """A site whose page of tags shows a data file."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/tags.html").write_text("{% for one in data.planets %}{{ one.name }} {% endfor %}")
    write(tmp_path / "data/planets.yaml", ROWS["planets.yaml"])
    made = TestSite(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("name", ["planets.yaml", "planets.json", "planets.csv"])
def test_data_files_reach_templates(site: TestSite, tmp_path: Path, name: str) -> None:
    (tmp_path / "data/planets.yaml").unlink()
    write(tmp_path / "data" / name, ROWS[name])
    site.site.check_for_changes()

    assert site.get("/tags/") == "Mars "


def test_toml_file_is_a_table(site: TestSite, tmp_path: Path) -> None:
    (tmp_path / "data/planets.yaml").unlink()
    write(tmp_path / "data/planets.toml", ROWS["planets.toml"])
    site.site.check_for_changes()

    assert site.site.data.by_name["planets"] == {"rows": [{"name": "Mars"}]}


def test_changed_data_file_drops_the_pages_that_used_it_and_no_others(site: TestSite, tmp_path: Path) -> None:
    site.get("/tags/")
    site.get("/archive/")
    renders = site.app.extensions["octavo_cache"].counts

    write(tmp_path / "data/planets.yaml", "[{name: Venus}]")
    site.site.check_for_changes()
    before = renders.renders
    shown = site.get("/tags/")
    site.get("/archive/")

    assert shown == "Venus "
    assert renders.renders == before + 1


def test_broken_data_file_is_told_and_stays_as_before(
    site: TestSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="octavo")

    write(tmp_path / "data/planets.yaml", "- [")
    site.site.check_for_changes()

    assert site.get("/tags/") == "Mars "
    assert "data/planets.yaml cannot be read" in caplog.text
    assert "line 1" in caplog.text


def test_front_matter_that_the_engine_does_not_know_reaches_templates(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/article.html").write_text("{{ article.extra.mood }} {{ article.extra.none | default('-') }}")
    site = TestSite(tmp_path)
    site.write("hello", mood="glad")

    shown = site.get("/articles/hello/")
    site.close()

    assert shown == "glad -"


def test_front_matter_that_an_article_lacks_is_empty_in_templates(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/article.html").write_text(
        "{{ article.extra.mood }}|{{ article.extra.book.isbn }}|{% if article.extra.mood is defined %}1{% endif %}"
        "{% for one in article.extra.tools %}2{% endfor %}"
    )
    site = TestSite(tmp_path)
    site.write("glad", mood="glad", book="{isbn: 1}", tools="[a, b]")
    site.write("hello")

    shown = [site.get(f"/articles/{slug}/") for slug in ("glad", "hello")]
    site.close()

    assert shown == ["glad|1|122", "||"]
