"""Files that tools make never reach a reader: copies of sync programs, file managers, editors and git."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from octavo.content.loading.loader import Loader
from tests.conftest import PostsFolder

MakeLoader = Callable[..., Loader]

# Names that only tools give.
BY_TOOLS = [
    "plain.sync-conflict-20250102-101010-ABCDEFG.md", "plain (conflicted copy 2025-01-02 101010).md",
    "plain (Jane's conflicted copy 2025-01-02).md", "plain (In Konflikt stehende Kopie von Jane 2025-01-02).md",
    "plain (Copie en conflit de Jane 2025-01-02).md", "plain (Copia en conflicto de Jane 2025-01-02).md",
    "plain (Copia in conflitto di Jane 2025-01-02).md", "plain (Jane の競合コピー 2025-01-02).md",
    "plain（Jane 的冲突副本 2025-01-02）.md", "plain (конфликтующая копия 2025-01-02).md",
    "plain_conflict-20250102-101010.md", "plain (SFConflict jane@x.example 2025-01-02-10-10-10).md",
    "plain_DiskStation_Jan-02-1010-2025_Conflict.md", "plain (case clash from Jane).md",
    "plain_BACKUP_123.md", "plain_BASE_123.md", "plain_LOCAL_123.md", "plain_REMOTE_123.md", "plain.BASE.md",
    "plain.LOCAL.md", "plain.REMOTE.123.md", "plain.orig.md", "plain.bak.md", "plain~.md", "#plain#.md", "~$plain.md",
    "plain.variant-ab12.md", "plain-fedora-safeBackup-0001.md", "plain_冲突文件_ann_20250102.md",
]  # fmt: skip
# Names of duplicates.
BY_PEOPLE = [
    "plain (Autosaved).md", "plain.recover.md",
    "plain [Conflict].md", "plain (conflict).md", "plain_Conflict.md", "plain_REMOTE_12.md", "Backup of plain.md",
    "plain - Copy.md", "plain - Copy (2).md", "plain - Kopie.md", "plain – Kopie (3).md", "plain - Copie.md",
    "plain - copia.md", "plain - Cópia.md", "plain - Kopia.md", "plain - Kopi.md", "plain - kopio.md",
    "plain - Копия.md",
    "plain — копия.md", "plain - コピー.md", "plain のコピー.md", "plain - 副本.md",
    "plain的副本.md", "plain 副本 2.md",
    "plain - 복사본.md", "plain - Kopya.md", "plain - Másolat.md", "Copy of plain.md", "Copy (2) of plain.md",
    "Kopie von plain.md", "Copie de plain.md", "Copia de plain.md", "Copia di plain.md", "Cópia de plain.md",
    "Kopie van plain.md", "Копия plain.md", "plain copy.md", "plain copy 3.md", "plain Kopie 2.md", "plain copie.md",
    "plain (copy).md", "plain (another copy).md", "plain (3rd copy).md", "plain (Kopie).md",
    "plain - Copy - Copy.md", "plain-DESKTOP-AB12.md", "plain-LAPTOP-7F8G9H.md",
    "plain-Janes-MacBook-Pro.md", "plain.old.md", "plain_REMOTE.md",
]  # fmt: skip
# Names that a writer may count with too.
BY_NUMBER = [
    "plain_copy.md",
    "plain-copy.md",
    "plain_old.md",
    "plain_mine.md",
    "plain_theirs2.md",
    "plain backup.md",
    "plain-iPhone.md",
    "plain 2.md",
    "plain 3.md",
    "plain (1).md",
    "plain(2).md",
    "plain-SURFACE.md",
    "plain-JANE-PC.md",
]
COPIES = [*BY_TOOLS, *BY_PEOPLE, *BY_NUMBER]

HEAD = "---\ntitle: Plain\ndate: 2025-01-02\n---\n\n"


def told(loader: Loader) -> dict[str, str]:
    return {found.mark.path: found.cause for found in loader.library.problems if found.kind == "copy"}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_told_and_not_shown(make_loader: MakeLoader, folder: PostsFolder, name: str) -> None:
    folder.raw("plain.md", f"{HEAD}NEW")
    folder.raw(name, f"{HEAD}OLD")
    loader = make_loader()

    library = loader.load()

    assert [post.path for post in library.posts] == ["plain.md"]
    assert "plain.md" in told(loader)[name]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_that_comes_while_the_site_runs_changes_nothing(
    make_loader: MakeLoader, folder: PostsFolder, name: str
) -> None:
    path = folder.raw("plain.md", f"{HEAD}NEW")
    loader = make_loader()
    loader.load()

    copy = folder.raw(name, f"{HEAD}OLD")
    loader.refresh([name], settle=0)

    assert [post.path for post in loader.library.posts] == ["plain.md"]
    assert list(told(loader)) == [name]
    path.write_text(f"{HEAD}NEWER")
    copy.unlink()
    loader.refresh(settle=0)
    assert loader.body(loader.library.posts[0]) == "\nNEWER"
    assert told(loader) == {}


@pytest.mark.parametrize(
    "name", ["orig - Copy.md", "orig (1).md", "orig-DESKTOP-AB12.md", "Kopie von orig.md", "orig 2.md"]
)
def test_a_copy_with_the_slug_of_its_original_is_never_served(
    client: FlaskClient, folder: PostsFolder, name: str
) -> None:
    head = "---\ntitle: O\ndate: 2025-01-02\nslug: orig\n---\n\n"
    folder.raw("orig.md", f"{head}The new text")
    before = client.get("/articles/orig/").text

    folder.raw(name, f"{head}The old text")

    assert "The new text" in before
    assert "The new text" in client.get("/articles/orig/").text


@pytest.mark.parametrize("name", BY_TOOLS)
def test_a_conflict_copy_without_its_original_is_not_shown(
    make_loader: MakeLoader, folder: PostsFolder, name: str
) -> None:
    folder.raw(name, f"{HEAD}OLD")
    loader = make_loader()

    assert loader.load().posts == ()
    assert list(told(loader)) == [name]


@pytest.mark.parametrize("name", [*BY_PEOPLE, *BY_NUMBER])
def test_a_name_like_a_copys_is_an_article_where_there_is_no_original(
    make_loader: MakeLoader, folder: PostsFolder, name: str
) -> None:
    folder.raw(name, f"{HEAD}Text")

    assert [post.path for post in make_loader().load().posts] == [name]


@pytest.mark.parametrize("name", BY_NUMBER)
def test_a_numbered_text_of_its_own_is_an_article(make_loader: MakeLoader, folder: PostsFolder, name: str) -> None:
    folder.raw("plain.md", f"{HEAD}One")
    folder.raw(name, "---\ntitle: The second part\ndate: 2025-02-02\n---\nTwo")

    library = make_loader().load()

    assert sorted(post.path for post in library.posts) == sorted(["plain.md", name])


@pytest.mark.parametrize(
    "folder_name", ["trip - Copy", "Kopie von trip", "trip copy 2", "trip (conflicted copy 2025-01-02)", "trip 2"]
)
def test_an_article_in_a_copied_folder_is_a_copy(
    make_loader: MakeLoader, folder: PostsFolder, folder_name: str
) -> None:
    folder.raw("trip/index.md", f"{HEAD}NEW")
    folder.raw(f"{folder_name}/index.md", f"{HEAD}OLD")
    loader = make_loader()

    assert [post.path for post in loader.load().posts] == ["trip/index.md"]
    assert "trip/index.md" in told(loader)[f"{folder_name}/index.md"]


def test_a_copied_byline_is_no_author(make_loader: MakeLoader, folder: PostsFolder) -> None:
    folder.raw("_authors/desk.md", "---\nname: Desk\n---\nBio")
    folder.raw("_authors/desk - Copy.md", "---\nname: Desk\n---\nBio")

    assert list(make_loader().load().authors) == ["desk"]


@pytest.mark.parametrize(
    "name",
    [
        "how-to-copy.md", "copywriting.md", "week 12.md", "node.js.md", "The war (a conflict of two).md", "x-ray.md",
        "about NASA-JPL.md", "a backup plan.md", "part (2).md", "DATA_BASE.md", "Conflict.md", "copy.md",
        "hard-copy.md",
        "2025-01-02.md", "Apollo 13.md", "C++ (1).md", "Middle_East_Conflict.md", "Chechnya (conflict).md",
        "Kashmir (conflict of 1999).md", "about ~5.md", "KNOWLEDGE_BASE_1.md", "a.local.md",
    ],
)  # fmt: skip
def test_a_writers_own_name_is_left_alone(make_loader: MakeLoader, folder: PostsFolder, name: str) -> None:
    folder.raw(name, f"{HEAD}Text")
    loader = make_loader()

    assert [post.path for post in loader.load().posts] == [name]
    assert told(loader) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("docker.md", "docker-backup.md"), ("carbon.md", "carbon-copy.md"), ("plan.md", "Backup plan.md"),
        ("editing.md", "copy-editing.md"), ("review.md", "review-iPhone.md"), ("about.md", "about-NASA.md"),
        ("rocket.md", "rocket 2.md"), ("war.md", "war (2).md"),
    ],
)  # fmt: skip
def test_two_texts_whose_names_are_alike_are_both_shown(
    make_loader: MakeLoader, folder: PostsFolder, first: str, second: str
) -> None:
    for name in (first, second):
        folder.raw(name, f"---\ntitle: {name}\ndate: 2025-01-02\n---\nText of {name}")
    loader = make_loader()

    assert sorted(post.path for post in loader.load().posts) == sorted([first, second])
    assert told(loader) == {}
