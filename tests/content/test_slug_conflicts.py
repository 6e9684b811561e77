"""Addresses: nobody is hidden because of a name, and who holds one follows from the files alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from octavo.content.files.names import name_of
from octavo.content.library.library import Library
from octavo.content.loading.loader import Loader
from octavo.content.slugs import slugify
from tests.conftest import PostsFolder

MakeLoader = Callable[..., Loader]


def addresses(library: Library) -> dict[str, str]:
    return {post.path: post.slug for post in (*library.posts, *library.pages)}


def write(folder: PostsFolder, name: str, *lines: str) -> Path:
    head = "".join(f"{line}\n" for line in lines)
    return folder.raw(name, f"---\ntitle: {name}\n{head}---\nText of {name}\n")


SETS: dict[str, tuple[dict[str, list[str]], dict[str, str]]] = {
    "a weekly column": (
        {"2024-01-05-weeknotes.md": [], "2024-01-12-weeknotes.md": [], "2024-1-19-weeknotes.md": []},
        {
            "2024-01-05-weeknotes.md": "weeknotes",
            "2024-01-12-weeknotes.md": "weeknotes-2024-01-12",
            "2024-1-19-weeknotes.md": "weeknotes-2024-01-19",
        },
    ),
    "a number that the file itself says": (
        {"01-a.md": [], "10-b.md": ["slug: 10-b"]},
        {"01-a.md": "a", "10-b.md": "10-b"},
    ),
    "texts of folders": (
        {"guide/README.md": [], "guide/setup.md": [], "en/guide/README.md": []},
        {"en/guide/README.md": "guide", "guide/README.md": "guide-2", "guide/setup.md": "setup"},
    ),
    "pages of Grav": (
        {"01.blog/first/item.md": [], "01.blog/second/item.md": [], "02.about/item.md": []},
        {
            "01.blog/first/item.md": "item",
            "01.blog/second/item.md": "second-item",
            "02.about/item.md": "about-item",
        },
    ),
    "a name in three folders, of which two are called alike": (
        {"a/x/n.md": [], "b/x/n.md": [], "c/x/n.md": []},
        {"a/x/n.md": "n", "b/x/n.md": "x-n", "c/x/n.md": "c-x-n"},
    ),
    "days as folders": (
        {"2024/01/05/note.md": [], "2024/01/06/note.md": []},
        {"2024/01/05/note.md": "note", "2024/01/06/note.md": "note-2024-01-06"},
    ),
    "index files": (
        {"en/trip/index.md": [], "de/trip/index.md": []},
        {"de/trip/index.md": "trip", "en/trip/index.md": "en-trip"},
    ),
    "the earlier date first": (
        {"a/n.md": ["date: 2025-02-02"], "b/n.md": ["date: 2024-01-01"]},
        {"a/n.md": "a-n", "b/n.md": "n"},
    ),
    "an explicit slug before all": (
        {"a.md": ["date: 2020-01-01"], "z.md": ["slug: a", "date: 2025-01-01"]},
        {"a.md": "a-2020-01-01", "z.md": "a"},
    ),
    "a name that another file has already": (
        {"x/n.md": ["date: 2020-01-01"], "y/n.md": ["date: 2021-01-01"], "y-n.md": []},
        {"x/n.md": "n", "y/n.md": "y-n-2021-01-01", "y-n.md": "y-n"},
    ),
    "one name in two Unicode forms": (
        {"caf\u00e9.md": ["date: 2020-01-01"], "cafe\u0301.md": ["date: 2021-01-01"]},
        {"caf\u00e9.md": "cafe", "cafe\u0301.md": "cafe-2021-01-01"},
    ),
    "names that differ in case": (
        {"Hello.md": [], "hello.md": []},
        {"Hello.md": "hello", "hello.md": "hello-2"},
    ),
}


NUMBERED: dict[str, tuple[dict[str, list[str]], dict[str, str]]] = {
    "numbers that order, beside such with a zero": (
        {"09-a.md": [], "10-b.md": [], "11-c/index.md": [], "100-d.md": [], "2024-e.md": []},
        {"09-a.md": "a", "10-b.md": "b", "11-c/index.md": "c", "100-d.md": "100-d", "2024-e.md": "2024-e"},
    ),
    "numbers that count": (
        {"x/1-a.md": [], "x/2-b.md": [], "x/3-c.md": [], "y/10-reasons.md": [], "y/7-wonders.md": []},
        {
            "x/1-a.md": "a",
            "x/2-b.md": "b",
            "x/3-c.md": "c",
            "y/10-reasons.md": "10-reasons",
            "y/7-wonders.md": "7-wonders",
        },
    ),
}


@pytest.mark.parametrize("name", NUMBERED)
def test_numbers_that_only_order_are_no_part_of_an_address(
    make_loader: MakeLoader, folder: PostsFolder, name: str
) -> None:
    files, expected = NUMBERED[name]
    for path, lines in files.items():
        write(folder, path, *lines)

    assert addresses(make_loader().load()) == expected


def test_numbers_that_order_are_no_part_of_titles_and_categories(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("09-first/01-a.md", "Text")
    folder.raw("10-last-part/10-my-way.md", "Text")
    folder.raw("10-last-part/09-other.md", "Text")

    [post] = [post for post in make_loader().load().posts if "my-way" in post.path]

    assert (post.title, post.category, post.slug) == ("My way", "Last Part", "my-way")


def test_a_neighbour_that_comes_or_goes_decides_what_a_number_is(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("10-b.md", "Text")
    loader = make_loader()
    seen = [loader.load().posts[0].slug]

    folder.raw("09-a.md", "Text")
    seen += sorted(post.slug for post in loader.refresh(settle=0).posts)
    folder.raw("10-b.md", "Other text")
    seen += sorted(post.slug for post in loader.refresh(settle=0).posts)
    (folder.path / "09-a.md").unlink()
    seen += [post.slug for post in loader.refresh(settle=0).posts]

    assert seen == ["10-b", "a", "b", "a", "b", "10-b"]


@pytest.mark.parametrize("name", SETS)
def test_posts_whose_names_repeat_are_all_shown(make_loader: MakeLoader, folder: PostsFolder, name: str) -> None:
    files, expected = SETS[name]
    for path, lines in files.items():
        write(folder, path, *lines)

    library = make_loader().load()

    assert addresses(library) == expected
    told = {found.mark.path for found in library.problems if found.kind == "repeated name"}
    assert told == {
        path for path, slug in expected.items() if slug != slugify(name_of(path)) and "slug: a" not in files[path]
    }
    assert all(found.severity == "warning" for found in library.problems)


@pytest.mark.parametrize("name", SETS)
def test_who_holds_an_address_does_not_depend_on_the_order_of_events(
    make_loader: MakeLoader, folder: PostsFolder, name: str
) -> None:
    files, _ = SETS[name]
    for path, lines in files.items():
        write(folder, path, *lines)
    expected = addresses(make_loader().load())
    for path in files:
        (folder.path / path).unlink()
    loader = make_loader()
    loader.load()

    order = list(files)
    random.Random(name).shuffle(order)
    for path in order:
        write(folder, path, *files[path])
        loader.refresh(settle=0)

    assert addresses(loader.library) == expected


def test_a_warning_names_both_files(make_loader: MakeLoader, folder: PostsFolder) -> None:
    write(folder, "a/note.md")
    write(folder, "b/note.md")

    [problem] = [found for found in make_loader().load().problems if found.kind == "repeated name"]

    assert problem.mark.path == "b/note.md"
    assert "a/note.md" in problem.cause
    assert "b-note" in problem.cure


def test_only_two_explicit_slugs_are_an_error(make_loader: MakeLoader, folder: PostsFolder) -> None:
    write(folder, "a.md", "slug: same", "date: 2024-01-01")
    write(folder, "b.md", "slug: same", "date: 2023-01-01")

    library = make_loader().load()

    assert addresses(library) == {"b.md": "same"}
    [problem] = [found for found in library.problems if found.severity == "error"]
    assert problem.mark.path == "a.md"
    assert "b.md" in problem.cause


def test_a_draft_takes_no_address_from_what_readers_see(make_loader: MakeLoader, folder: PostsFolder) -> None:
    write(folder, "a/note.md", "date: 2024-01-01", "draft: true")
    write(folder, "b/note.md", "date: 2025-01-01")

    assert addresses(make_loader().load())["b/note.md"] == "note"


def test_an_edit_of_a_post_with_a_repeated_name_keeps_every_address(
    make_loader: MakeLoader, folder: PostsFolder
) -> None:
    for day in ("05", "12", "19"):
        write(folder, f"2024-01-{day}-weeknotes.md")
    loader = make_loader()
    before = addresses(loader.load())

    path = folder.raw("2024-01-12-weeknotes.md", "---\ntitle: Other\n---\nOther text\n")
    library = loader.refresh(settle=0)

    assert addresses(library) == before
    assert library.by_path[path.name].title == "Other"


def test_every_post_of_a_column_is_an_article(client: FlaskClient, folder: PostsFolder) -> None:
    write(folder, "2024-01-05-weeknotes.md")
    write(folder, "2024-01-12-weeknotes.md")

    first = client.get("/articles/weeknotes/")
    second = client.get("/articles/weeknotes-2024-01-12/")

    assert "Text of 2024-01-05-weeknotes.md" in first.text
    assert "Text of 2024-01-12-weeknotes.md" in second.text


@pytest.mark.parametrize(
    ("path", "slug", "category"),
    [
        ("01.blog/a.md", "a", "Blog"),
        ("01.Basics/02.next-steps.md", "next-steps", "Basics"),
        ("3_projects/1_one.md", "one", "Projects"),
        ("01 - Notes/02 - First.md", "first", "Notes"),
        ("001-intro.md", "intro", ""),
        ("12. Colophon.md", "colophon", ""),
        ("01-chapter/index.md", "chapter", ""),
        ("1984.md", "1984", ""),
        ("2001-a-space-odyssey.md", "2001-a-space-odyssey", ""),
        ("7-wonders.md", "7-wonders", ""),
        ("24-hours-in-rome.md", "24-hours-in-rome", ""),
        ("1.0-timeline.md", "1-0-timeline", ""),
        ("1.94.1-release.md", "1-94-1-release", ""),
        ("3d-printing.md", "3d-printing", ""),
        ("100 days.md", "100-days", ""),
    ],
)
def test_a_number_that_only_orders_files_is_no_part_of_a_name(
    make_loader: MakeLoader, folder: PostsFolder, path: str, slug: str, category: str
) -> None:
    folder.raw(path, "Text without a heading.\n")

    [post] = make_loader().load().posts

    assert (post.slug, post.category) == (slug, category)


def test_slugs_of_paths_stay_as_they_are(make_loader: Any, folder: PostsFolder) -> None:
    folder.raw("01.blog/2024-01-05-a.md", "Text.\n")

    [post] = make_loader(slug_from="path").load().posts

    assert post.slug == "01-blog-2024-01-05-a"
