"""A small archive to search in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import judged
import pytest
from archive import Archive, day

from octavo.site.site import Site


@pytest.fixture(scope="session")
def magazine_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The sample magazine, indexed."""
    with judged.magazine(tmp_path_factory.mktemp("magazine")) as site:
        yield site


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive without articles."""
    return Archive(tmp_path / "search_index")


@pytest.fixture
def make_archive(tmp_path: Path) -> Callable[..., Archive]:
    """Makes archives for other languages or in other folders."""
    return lambda name="other", **options: Archive(tmp_path / name, **options)


@pytest.fixture
def magazine(archive: Archive) -> Archive:
    """Six indexed articles about spaceflight."""
    archive.write(
        "apollo.md", "The flight of Apollo 11", "The crew landed on the Moon and came home. " * 5,
        summary="How three astronauts flew to the Moon.", tags=("Apollo", "Moon"), category="History",
        authors=("Ada Okafor",), published=day(2019, 7, 16), headings=("Launch", "Landing"),
    )  # fmt: skip
    archive.write(
        "soyuz.md", "Apollo–Soyuz: a handshake in orbit", "Two crews met in orbit during the Cold War.",
        tags=("Apollo", "Cold War"), category="History", authors=("Elena Weiß",), published=day(2015, 7, 17),
    )  # fmt: skip
    archive.write(
        "webb.md", "A telescope unfolds", "The mirror of the telescope unfolded; telescopes cool.",
        tags=("Telescopes",), category="Astronomy", authors=("Jonas Ångström",), published=day(2022, 1, 8),
    )  # fmt: skip
    archive.write(
        "rover.md", "Rovers of Mars", "Every rover that drove on Mars, from Sojourner to Perseverance.",
        tags=("Mars", "Rovers"), category="Planets", authors=("Ada Okafor",), published=day(2021, 2, 18),
    )  # fmt: skip
    archive.write(
        "water.md", "Water on Mars", "Minerals tell of ancient lakes; the rover found clay.",
        tags=("Mars",), category="Planets", authors=("Elena Weiß",), published=day(2023, 3, 1),
    )  # fmt: skip
    archive.write(
        "moons.md", "Moons with oceans", "Europa and Enceladus hide oceans below their ice.",
        tags=("Moon", "Oceans"), category="Planets", published=day(2020, 5, 5),
    )  # fmt: skip
    archive.sync()
    return archive
