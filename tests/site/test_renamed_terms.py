"""`flask tags`, `categories` and `authors`: renamed and merged in all texts, with redirects."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import PostsFolder, Reader

MakeApp = Callable[..., Flask]


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=[*arguments, "--yes"])
    return result.exit_code, result.output


def read(folder: PostsFolder, name: str) -> str:
    return (folder.path / name).read_text("utf-8")


def test_a_tag_gets_another_name_and_its_pages_lead_on(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("a.md", "---\ntitle: A\ndate: 2025-01-01\ntags: [ Moon , 'Mars'] # two\n---\nMoon\n")
    folder.raw("b.md", "---\ntitle: B\ndate: 2025-01-01\ntags: moon, venus\ndraft: true\n---\n")
    folder.raw("c.md", '+++\ntitle = "C"\ndate = 2025-01-01\ntags = [\n  "Moon", # it\n]\n+++\n')
    app = make_app()
    app.test_client_class = Reader
    client = app.test_client()

    code, told = run(app, "tags", "rename", "moon", "Our Moon")

    assert code == 0, told
    assert "tags: [ Our Moon , 'Mars'] # two\n---\nMoon\n" in read(folder, "a.md")
    assert 'tags: "Our Moon, venus"\n' in read(folder, "b.md")
    assert '  "Our Moon", # it\n' in read(folder, "c.md")
    assert client.get("/tags/our-moon/").status_code == 200
    assert client.get("/tags/moon/").headers["Location"] == "/tags/our-moon/"
    assert client.get("/tags/moon/rss.xml", follow_redirects=True).status_code == 200


def test_terms_of_a_site_of_its_own_get_other_names(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.raw("a.md", "---\ntitle: A\ndate: 2025-01-01\ncuisine: [Thai, Vegan]\nseries: One pot\n---\n")
    folder.raw("b.md", "---\ntitle: B\ndate: 2025-01-01\ncuisines: thai\nseries: One pot\n---\n")
    own = {"cuisine": "cuisines"}

    renamed = run(make_app(taxonomies=own), "terms", "rename", "cuisines", "thai", "Thailand")
    merged = run(make_app(taxonomies=own), "terms", "merge", "cuisine", "Vegan", "Thailand")
    series = run(make_app(taxonomies=own), "terms", "rename", "series", "One pot", "A year of one pot")
    app = make_app(taxonomies=own)
    app.test_client_class = Reader
    client = app.test_client()

    assert [renamed[0], merged[0], series[0]] == [0, 0, 0], (renamed, merged, series)
    assert "cuisine: [Thailand]\nseries: A year of one pot\n" in read(folder, "a.md")
    assert "cuisines: Thailand\nseries: A year of one pot\n" in read(folder, "b.md")
    assert client.get("/cuisines/vegan/").headers["Location"] == "/cuisines/thailand/"
    assert client.get("/series/a-year-of-one-pot/").status_code == 200


def test_a_taxonomy_that_a_site_has_not_is_told_with_those_it_has(make_app: MakeApp) -> None:
    code, told = run(make_app(taxonomies={"cuisine": "cuisines"}), "terms", "rename", "colour", "a", "b")

    assert code == 1
    assert "There is no taxonomy `colour`. There are: series, cuisine;" in told


def test_a_merged_tag_stands_once(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("a", tags=["Planet", "Planets"])
    folder.write("b", tags=["Planet"])

    run(make_app(), "tags", "merge", "planet", "planets")

    assert 'tags: ["Planets"]\n' in read(folder, "a.md")
    assert 'tags: ["Planets"]\n' in read(folder, "b.md")


def test_a_category_that_a_folder_gave_is_written_down(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("space/a")
    folder.write("b", category="Space")

    run(make_app(), "categories", "rename", "Space", "Deep Space")

    assert "category: Deep Space\n" in read(folder, "space/a.md")
    assert 'category: "Deep Space"\n' in read(folder, "b.md")


@pytest.mark.parametrize("name", ["desk", "Desk"])
def test_an_authors_file_moves_with_the_name(make_app: MakeApp, folder: PostsFolder, name: str) -> None:
    folder.raw(f"_authors/{name}.md", "---\nname: The Desk # us\n---\nBio\n")
    folder.write("a", author="desk")
    folder.write("b", author="The Desk")
    app = make_app()
    app.test_client_class = Reader
    client = app.test_client()

    code, told = run(app, "authors", "rename", "desk", "New Desk")

    assert code == 0, told
    assert read(folder, "_authors/new-desk.md") == "---\nname: New Desk # us\n---\nBio\n"
    assert 'author: "new-desk"\n' in read(folder, "b.md")
    assert "New Desk" in client.get("/articles/a/").text
    assert client.get("/authors/desk/").headers["Location"] == "/authors/new-desk/"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("tags", "rename", "pluto", "x"), "There is no tag `pluto`"),
        (("tags", "rename", "moon", "Mars"), "merge them"),
        (("tags", "merge", "moon", "pluto"), "There is no tag `pluto`"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    make_app: MakeApp, folder: PostsFolder, arguments: tuple[str, ...], told: str
) -> None:
    folder.write("a", tags=["Moon", "Mars"])
    before = read(folder, "a.md")

    code, found = run(make_app(), *arguments)

    assert code == 1
    assert told in found
    assert read(folder, "a.md") == before
