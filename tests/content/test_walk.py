"""What is looked at below posts/, and that nothing which is left alone vanishes without a word."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from octavo.content.files.reading import PostsRoot
from octavo.content.files.walk import OTHER_TEXTS, walk
from octavo.content.loading.loader import Loader
from octavo.content.posts import Post
from tests.conftest import PostsFolder

MakeLoader = Callable[..., Loader]
TEXT = "---\ntitle: T\ndate: 2025-01-01\n---\ntext"


def told(loader: Loader) -> list[str]:
    return [str(problem) for problem in loader.library.problems]


@pytest.mark.parametrize("name", ["a.qmd", "a.Rmd", "a.rmarkdown", "a.markdown", "a.mdown", "a.mkdn", "a.mkd", "A.MD"])
def test_markdown_is_read_under_all_its_names(make_loader: MakeLoader, folder: PostsFolder, name: str) -> None:
    folder.raw(name, TEXT)

    [post] = make_loader().load().posts

    assert (post.path, post.slug) == (name, "a")


@pytest.mark.parametrize("name", ["learn.mdx", "notes.md", "photos.png", "v1.2"])
def test_a_folder_is_a_folder_whatever_its_name_ends_in(
    make_loader: MakeLoader, folder: PostsFolder, name: str
) -> None:
    folder.raw(f"{name}/a.md", TEXT)
    loader = make_loader()

    [post] = loader.load().posts

    assert post.path == f"{name}/a.md"
    assert told(loader) == []


def test_an_article_of_quarto_is_shown(client: FlaskClient, folder: PostsFolder) -> None:
    folder.raw("report.qmd", f"{TEXT}\n\n```{{r}}\nplot(x)\n```\n")

    assert "plot" in client.get("/articles/report/").text


@pytest.mark.parametrize(
    ("folder_name", "file"),
    [("_posts", "2024-01-01-x.md"), ("_drafts", "x.markdown"), ("_includes", "x.html"), ("content/_posts", "x.rst")],
)
def test_what_lies_below_a_hidden_folder_is_told_with_its_number(
    make_loader: MakeLoader, folder: PostsFolder, folder_name: str, file: str
) -> None:
    for number in range(12):
        folder.raw(f"{folder_name}/{number}/{file}", TEXT)
    loader = make_loader()

    assert loader.load().posts == ()
    [line] = told(loader)
    assert line.startswith(f"{folder_name}/: This folder with 12 files")
    assert "`_`" in line


@pytest.mark.parametrize("suffix", OTHER_TEXTS)
def test_texts_of_other_formats_are_told_once(make_loader: MakeLoader, folder: PostsFolder, suffix: str) -> None:
    for number in range(3):
        folder.raw(f"{number}/text{suffix}", "Text")
    loader = make_loader()
    loader.load()

    [line] = told(loader)

    assert line.startswith(f"0/text{suffix}: ")
    assert "3 files" in line
    assert f"`{suffix}`" in line


def test_names_that_begin_with_a_line_are_told_together(make_loader: MakeLoader, folder: PostsFolder) -> None:
    for name in ("_text.md", "a/_text.md", "b/_text.md"):
        folder.raw(name, TEXT)
    loader = make_loader()
    loader.load()

    [line] = told(loader)

    assert "3 files" in line


def test_text_of_a_folder_is_an_article_under_its_name(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("guide/_index.md", TEXT)
    folder.raw("_hidden/_index.md", TEXT)
    folder.raw("empty/_index.md", "---\ntitle: Empty\n---\n")
    loader = make_loader()

    library = loader.load()

    assert [post.slug for post in library.posts if not post.draft] == ["guide"]
    assert len(told(loader)) == 2


def test_files_to_download_beside_an_article_are_no_problem(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("paper/index.md", TEXT)
    for name in ("paper/notes.docx", "paper/data.ipynb", "paper/old.html", "photo.jpg", "data.csv", ".hidden/x.rst"):
        folder.raw(name, "x")
    loader = make_loader()
    loader.load()

    assert told(loader) == []


def test_texts_beside_an_article_that_readers_do_not_get_are_told(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("trip/index.md", TEXT)
    for name in ("trip/notes.rst", "trip/more.org", "trip/data.tex"):
        folder.raw(name, "x")
    loader = make_loader()
    loader.load()

    assert [line.partition(":")[0] for line in sorted(told(loader))] == ["trip/more.org", "trip/notes.rst"]


def test_a_file_that_comes_later_is_told(make_loader: MakeLoader, folder: PostsFolder) -> None:
    loader = make_loader()
    loader.load()

    folder.raw("_posts/x.md", TEXT)
    loader.refresh(settle=0)

    assert len(told(loader)) == 1


def test_folders_of_tools_are_no_writing(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("node_modules/left-pad/README.md", "# left-pad")
    loader = make_loader()

    assert loader.load().posts == ()
    assert told(loader)[0].startswith("node_modules/:")


def test_old_versions_that_logseq_keeps_are_no_writing(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("logseq/bak/pages/plain/2024-01-01.Desktop.md", TEXT)
    folder.raw("logseq/about.md", TEXT)
    loader = make_loader()

    assert [post.path for post in loader.load().posts] == ["logseq/about.md"]
    assert told(loader)[0].startswith("logseq/bak/:")


def test_texts_of_other_formats_are_told_beside_an_index(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("index.md", TEXT)
    folder.raw("a.rst", "text")
    folder.raw("b.gmi", "text")
    loader = make_loader()
    loader.load()

    assert len(told(loader)) == 2


@pytest.mark.parametrize(
    "name", ["README.md", "readme.md", "CONTRIBUTING.md", "LICENSE.md", "docs/LICENSE.md", "CODE_OF_CONDUCT.md"]
)
def test_a_file_about_the_folder_is_no_article(make_loader: MakeLoader, folder: PostsFolder, name: str) -> None:
    folder.raw(name, "# About this folder\n\nText")
    loader = make_loader()

    [post] = loader.load().posts

    assert isinstance(post, Post)
    assert post.draft
    assert name in told(loader)[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [("README.md", TEXT), ("guide/README.md", "# Guide"), ("my-license.md", "# T"), ("security.md", "# T")],
)
def test_an_article_with_such_a_name_is_one(make_loader: MakeLoader, folder: PostsFolder, name: str, text: str) -> None:
    folder.raw(name, text)

    [post] = make_loader().load().posts

    assert not post.draft


def test_a_file_that_vanishes_while_it_is_looked_at_is_no_problem(make_loader: MakeLoader, folder: PostsFolder) -> None:
    for number in range(20):
        folder.write(f"p{number:02}")
    problems: list[object] = []
    seen = []

    for path, _ in walk(PostsRoot(folder.path), problems, [], []):  # type: ignore[arg-type]
        if not seen:
            for other in folder.path.iterdir():
                other.unlink()
        seen.append(path)

    assert problems == []


def test_a_file_that_vanishes_before_it_is_read_is_no_problem(
    make_loader: MakeLoader, folder: PostsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder.write("gone")
    folder.write("here")
    real = os.open

    def open_late(name: object, *args: object, **kwargs: object) -> int:
        if str(name).endswith("gone.md") and path.exists():
            path.unlink()
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    loader = make_loader()
    monkeypatch.setattr(os, "open", open_late)

    library = loader.load()

    assert [post.path for post in library.posts] == ["here.md"]
    assert told(loader) == []


@pytest.mark.parametrize("name", ["_Pages", "_AUTHORS"])
def test_a_folder_of_the_engine_in_other_capitals_is_told(
    make_loader: MakeLoader, folder: PostsFolder, name: str
) -> None:
    folder.raw(f"{name}/x.md", TEXT)

    [problem] = make_loader().load().problems

    assert problem.cure == f"Name it `{name.lower()}/`, if it is to be looked at."
