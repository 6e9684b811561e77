"""What pages depend on: questions are equal where they ask the same, answers where a page shows the same of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup

from octavo.site.site import Site
from octavo.web.read_model.dependencies import (
    ABSENT,
    Dependency,
    Fingerprints,
    Listed,
    Question,
    Recorder,
    dependencies_of,
    fingerprint,
    link_surrogate_key,
    listed_in,
    live,
    question,
    surrogate_key,
    surrogate_keys_of,
)
from octavo.web.read_model.read_model import ReadModel
from tests.conftest import CHECKOUT, PostsFolder
from tests.waiting import settled


@dataclass(frozen=True)
class Planet(Listed):
    """An answer with a part that does not count."""

    name: str
    moons: int
    drawing: str = field(default="", compare=False)

    names = ("leads_to",)

    @property
    def leads_to(self) -> Question:
        return Question("planet", (self.name,))


class Almanac(Recorder):
    """Answers questions about planets, and counts how often it had to look."""

    def __init__(self, **moons: int) -> None:
        super().__init__()
        self.moons = moons
        self.looks = 0

    @question
    def planet(self, name: str, units: str | None = "km") -> Planet | None:
        self.looks += 1
        return Planet(name, self.moons[name]) if name in self.moons else None

    @question
    def everything(self) -> str:
        return repr(self.moons)

    @question
    def largest(self) -> Planet | None:
        return self.planet("jupiter")

    @live
    @question
    def looked(self) -> int:
        self.looks += 1
        return self.looks

    @question
    def broken(self) -> str:
        raise OSError("the almanac is in use")


def made_with(almanac: Almanac, *names: str) -> tuple[Dependency, ...]:
    """What a page that shows these planets depends on."""
    for name in names:
        almanac.planet(name)
    return dependencies_of(almanac.answers)


def test_a_question_is_the_same_however_its_arguments_are_given() -> None:
    almanac = Almanac(mars=2)

    almanac.planet("mars")
    almanac.planet("mars", "km")
    almanac.planet(name="mars")
    almanac.planet("mars", units="km")
    almanac.planet(units="km", name="mars")

    assert list(almanac.answers) == [Question("planet", ("mars", "km"))]


def test_keyword_arguments_tell_questions_apart() -> None:
    almanac = Almanac(mars=2)

    almanac.planet("mars", units=None)
    almanac.planet("mars", units="miles")

    assert [asked.arguments for asked in almanac.answers] == [("mars", None), ("mars", "miles")]


def test_the_answer_is_passed_on_and_noted() -> None:
    almanac = Almanac(mars=2)

    answer = almanac.planet("mars")

    assert answer == Planet("mars", 2)
    assert list(almanac.answers.values()) == [answer]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", 1),
        (("a", "b"), ("ab",)),
        (("a", ("b", "c")), (("a", "b"), "c")),
        (Planet("mars", 2), Planet("mars", 3)),
        (Planet("mars", 2), Planet("venus", 2)),
        (datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
        ("\udcff", "\udcfe"),
        ((None,), ()),
        (True, False),
    ],
)
def test_different_answers_have_different_fingerprints(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Planet("mars", 2, "drawn"), Planet("mars", 2, "drawn again")),
        (Markup("<b>"), "<b>"),
        (datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=timezone.utc)),  # noqa: UP017
    ],
)
def test_equal_answers_have_equal_fingerprints(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(other)


def test_fingerprint_is_24_hex_digits_and_that_of_no_answer_is_none_of_these() -> None:
    assert len(fingerprint("mars")) == 24
    assert int(fingerprint("mars"), 16)
    assert fingerprint(None) == ABSENT


def test_fingerprints_that_an_edition_has_computed_are_those_of_its_next_pages() -> None:
    first = made_with(Almanac(mars=2), "mars", "pluto")
    edition = Fingerprints(Almanac(mars=2))
    edition.learn(first)
    almanac = Almanac(mars=2, venus=0)
    for name in ("mars", "venus", "pluto"):
        almanac.planet(name)

    assert dependencies_of(almanac.answers, edition.known) == dependencies_of(almanac.answers)


def test_what_cannot_be_told_has_no_fingerprint() -> None:
    with pytest.raises(TypeError):
        fingerprint(object())


@pytest.mark.thorough
def test_fingerprints_are_equal_in_every_process() -> None:
    program = (
        "from app import app\n"
        "from octavo.web.read_model.dependencies import dependencies_of\n"
        "from octavo.web.read_model.read_model import ReadModel\n"
        "model = ReadModel(app.extensions['octavo'])\n"
        "slugs = model.latest(None, '', 20)\n"
        "model.cards(slugs), model.archive(), model.front(), model.bylines(), model.terms('tag'), model.navigation()\n"
        "print(dependencies_of(model.answers))"
    )

    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed, "OCTAVO_WATCH": "false"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(printed) == 1
    assert "Question(name='card'" in printed.pop()


def test_page_is_confirmed_where_its_answers_are_the_same() -> None:
    dependencies = made_with(Almanac(mars=2, venus=0), "mars", "pluto")

    assert Fingerprints(Almanac(mars=2, venus=7)).match(dependencies)


@pytest.mark.parametrize("moons", [{"mars": 3}, {}, {"mars": 2, "pluto": 5}])
def test_page_is_not_confirmed_where_an_answer_is_another(moons: dict[str, int]) -> None:
    dependencies = made_with(Almanac(mars=2), "mars", "pluto")

    assert not Fingerprints(Almanac(**moons)).match(dependencies)


@pytest.mark.parametrize("name", ["broken", "unheard_of", "__init__", "answers"])
def test_question_that_cannot_be_asked_counts_as_changed(name: str) -> None:
    dependencies = (Dependency(Question(name), "0"),)

    fingerprints = Fingerprints(Almanac())

    assert not fingerprints.match(dependencies)
    assert fingerprints.withdrawn(dependencies, ())


def test_answer_is_looked_up_once_for_all_pages_of_an_edition() -> None:
    almanac = Almanac(mars=2)
    dependencies = made_with(Almanac(mars=2), "mars")
    fingerprints = Fingerprints(almanac)

    confirmed = [fingerprints.match(dependencies) for _ in range(3)]

    assert confirmed == [True] * 3
    assert almanac.looks == 1


def test_answer_that_a_render_has_found_is_not_looked_up_again() -> None:
    almanac = Almanac(mars=2)
    dependencies = made_with(Almanac(mars=2), "mars")
    fingerprints = Fingerprints(almanac)

    fingerprints.learn(dependencies)

    assert fingerprints.match(dependencies)
    assert almanac.looks == 0


def test_answers_outlive_a_change_of_the_theme_and_its_own_do_not() -> None:
    almanac = Almanac(mars=2)
    before = Fingerprints(Almanac(mars=2))
    before.learn(made_with(Almanac(mars=2), "mars"))
    before.learn((Dependency(Question("theme"), "the old one"),))
    fingerprints = Fingerprints(almanac)

    fingerprints.take_over(before)

    assert list(fingerprints.known) == [Question("planet", ("mars", "km"))]
    assert fingerprints.of(Question("planet", ("mars", "km"))) == fingerprint(Planet("mars", 2))
    assert almanac.looks == 0


def test_what_is_learned_first_in_an_edition_stands() -> None:
    fingerprints = Fingerprints(Almanac(mars=2))
    asked = Question("planet", ("mars", "km"))

    fingerprints.learn((Dependency(asked, "first"),))
    fingerprints.learn((Dependency(asked, "second"),))

    assert fingerprints.of(asked) == "first"


def test_answers_that_change_within_an_edition_are_looked_up_each_time() -> None:
    almanac = Almanac()
    fingerprints = Fingerprints(almanac)
    dependency = Dependency(Question("looked"), fingerprint(1))

    fingerprints.learn((dependency,))
    confirmed = [fingerprints.match((dependency,)) for _ in range(2)]

    assert confirmed == [True, False]


def test_questions_that_a_question_asks_are_noted_for_nobody() -> None:
    almanac = Almanac(jupiter=97)

    found = Fingerprints(almanac).of(Question("largest"))

    assert found == fingerprint(Planet("jupiter", 97))
    assert almanac.answers == {}


@pytest.mark.parametrize(
    ("moons", "withdrawn"),
    [
        ({"mars": 2}, False),
        # Changed is not gone, and so is what has come since.
        ({"mars": 3}, False),
        ({"mars": 2, "pluto": 5}, False),
        ({}, True),
    ],
)
def test_page_shows_what_was_withdrawn_where_an_answer_is_gone(moons: dict[str, int], withdrawn: bool) -> None:
    dependencies = made_with(Almanac(mars=2), "mars", "pluto")

    assert Fingerprints(Almanac(**moons)).withdrawn(dependencies, ()) is withdrawn


def test_page_made_of_everything_shows_what_was_withdrawn_after_any_change() -> None:
    almanac = Almanac(mars=2)
    almanac.everything()
    dependencies = dependencies_of(almanac.answers)

    assert not Fingerprints(Almanac(mars=2)).withdrawn(dependencies, ())
    assert Fingerprints(Almanac(mars=2, venus=0)).withdrawn(dependencies, ())


def test_page_shows_what_was_withdrawn_where_something_named_in_passing_is_gone() -> None:
    listed = (Question("planet", ("mars", "km")), Question("planet", ("pluto", "km")))

    assert Fingerprints(Almanac(mars=2)).withdrawn((), listed)
    assert not Fingerprints(Almanac(mars=2, pluto=5)).withdrawn((), listed)


def test_things_named_in_answers_are_found_at_any_depth_and_once() -> None:
    mars, venus = Planet("mars", 2), Planet("venus", 0)
    answers = {Question("a"): (mars, (venus, mars)), Question("b"): venus, Question("c"): "mars"}

    found = listed_in(answers)

    assert found == (Question("planet", ("mars",)), Question("planet", ("venus",)))


def test_archive_and_menus_name_articles_pages_sections_and_authors(app: Flask, folder: PostsFolder) -> None:
    folder.raw("_authors/ada.md", "---\nname: Ada\n---\n\nHer bio.\n")
    folder.raw("_pages/about.md", "---\ntitle: About\n---\nText.")
    folder.write("hello", category="Space", tags=["Mars"], author="Ada")
    settled(app)
    site: Site = app.extensions["octavo"]
    model = ReadModel(site)

    model.archive(), model.year(2025), model.pages(), model.navigation(), model.bylines(), model.terms("tag")

    named = set(listed_in(model.answers))
    assert named == {
        Question("post", ("hello", "post")),
        Question("post", ("about", "page")),
        Question("term", ("category", "space")),
        Question("term", ("tag", "mars")),
        Question("byline", ("ada",)),
    }
    fingerprints = Fingerprints(ReadModel(site))
    assert ABSENT not in [fingerprints.of(asked) for asked in named]


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("tag", "mars"), "tag:mars"),
        (("tag", "火星"), "tag:%E7%81%AB%E6%98%9F"),
        (("tag", "a:b"), "tag:a%3Ab"),
        (("post", "a b"), "post:a%20b"),
    ],
)
def test_surrogate_key_keeps_its_names_apart(names: tuple[str, ...], key: str) -> None:
    assert surrogate_key(*names) == key


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (Question("listed", ("tag", "mars", 2)), ("tag:mars",)),
        (Question("listed", ("", "", 2)), ("articles",)),
        (Question("card", ("hello", "small")), ("post:hello",)),
        (Question("front", ()), ("front",)),
        (Question("unheard_of", ()), ("everything",)),
        (Question("link", ("hello.md", "moon.md")), (link_surrogate_key("moon"),)),
        # A feed is as new as its list, and a month of another system leads to the year.
        (
            Question("link", ("hello.md", "/tags/mars/atom.xml")),
            (link_surrogate_key("atom.xml"), link_surrogate_key("mars")),
        ),
        (Question("link", ("hello.md", "/2024/05/")), (link_surrogate_key("05"), link_surrogate_key("2024"))),
    ],
)
def test_page_is_known_by_the_subjects_of_its_questions(asked: Question, keys: tuple[str, ...]) -> None:
    assert surrogate_keys_of(asked) == keys


def test_key_of_a_link_does_not_tell_where_it_leads() -> None:
    assert re.fullmatch(r"file:[0-9a-f]{10}", link_surrogate_key("/articles/secret-plan/"))
