"""Related articles are about the same thing: by text, links and tags, judged on the sample magazine."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from archive import Archive

from octavo.site.site import Site

GRADES = tomllib.loads(Path(__file__).with_name("related.toml").read_text("utf-8"))
# Of the pairs of all articles, those that are wrong in the judgement of a reader.
MAX_WRONG = 3
MIN_SHOWN = 90


def test_related_articles_of_the_magazine_are_what_a_reader_calls_related(magazine_site: Site) -> None:
    edition = magazine_site.edition()
    assert GRADES.keys() == edition.by_slug.keys()

    found = {post.slug: magazine_site.related(edition, post) for post in edition.posts}

    pairs = [(slug, near.post.slug) for slug, related in found.items() for near in related]
    wrong = [(a, b) for a, b in pairs if b not in GRADES[a]["near"] + GRADES[a]["also"]]
    assert len(wrong) <= MAX_WRONG, wrong
    assert len(pairs) >= MIN_SHOWN
    assert all(found.values())


def test_what_an_article_is_most_like_comes_first(magazine_site: Site) -> None:
    edition = magazine_site.edition()

    first = {post.slug: magazine_site.related(edition, post)[0].post.slug for post in edition.posts}

    best = [slug for slug, other in first.items() if other in GRADES[slug]["near"]]
    assert len(best) >= 0.8 * len(first)


def test_reason_of_related_articles_is_a_topic(magazine_site: Site) -> None:
    edition = magazine_site.edition()

    reasons = {near.reason for post in edition.posts for near in magazine_site.related(edition, post)}

    told = {name for reason in reasons for name in reason.removeprefix("shares ").split(", ")}
    assert told.isdisjoint({"How It Works", "NASA", "Robotic Missions"})
    assert len(told) > 20


def test_nearly_every_related_article_has_a_reason(magazine_site: Site) -> None:
    edition = magazine_site.edition()

    reasons = [near.reason for post in edition.posts for near in magazine_site.related(edition, post)]

    assert reasons.count("") <= 3


def write_others(archive: Archive, count: int, **fields: object) -> None:
    """Write articles that have nothing in common but the given fields."""
    for number in range(count):
        archive.write(f"other-{number}.md", f"Other {number}", f"alone{number} " * 3, **fields)


def near(archive: Archive, path: str) -> list[str]:
    return [found.path for found in archive.engine.related(path, archive.visible)]


def test_tag_of_every_article_relates_nothing(archive: Archive) -> None:
    archive.write("a.md", "Alpha", "Volcanoes of Io.", tags=("News", "How it works"))
    archive.write("b.md", "Beta", "Gardens at night.", tags=("News", "How it works"))
    write_others(archive, 10, tags=("News", "How it works"))
    archive.sync()

    assert near(archive, "a.md") == []


def test_many_shared_tags_do_not_outweigh_the_text(archive: Archive) -> None:
    tags = tuple(f"Tag {number}" for number in range(20))
    archive.write("a.md", "Alpha", "Volcanoes of Io throw sulfur. Io is the hottest moon.", tags=tags)
    archive.write("same.md", "Io", "The sulfur of Io comes from volcanoes. Io is the hottest of moons.")
    archive.write("tagged.md", "Gardens", "Lilies smell at night.", tags=tags)
    write_others(archive, 10)
    archive.sync()

    assert near(archive, "a.md") == ["same.md", "tagged.md"]


def test_tag_that_is_named_first_counts_more_than_one_named_last(archive: Archive) -> None:
    archive.write("a.md", "Alpha", "Volcanoes.", tags=("Io", "Jupiter", "Photography"))
    archive.write("last.md", "Camera", "Lenses.", tags=("Cameras", "Travel", "Photography"))
    archive.write("first.md", "Moon", "Craters.", tags=("Io", "Moons", "Maps"))
    write_others(archive, 10)
    archive.sync()

    assert near(archive, "a.md")[0] == "first.md"


@pytest.mark.parametrize("link", ["a", "b"])
def test_articles_that_link_to_each_other_are_nearer_in_both_directions(archive: Archive, link: str) -> None:
    for path, other in (("a", "b"), ("b", "a"), ("c", "")):
        links = (other,) if link == path else ()
        archive.write(f"{path}.md", path, f"Sulfur and dust. only{path} own{path} mine{path}", links=links)
    write_others(archive, 10)
    archive.sync()

    scores = {hit.path: hit.score for hit in archive.engine.related("a.md", archive.visible)}

    assert scores["b.md"] > scores["c.md"]


def test_long_article_is_not_related_to_everything(archive: Archive) -> None:
    vocabulary = [f"subject{number}" for number in range(400)]
    archive.write("long.md", "Everything", " ".join(vocabulary))
    for number in range(40):
        archive.write(f"{number}.md", f"Part {number}", " ".join(vocabulary[10 * number : 10 * number + 16]) + " ")
    archive.sync()

    assert near(archive, "5.md")[0] in ("4.md", "6.md")
