"""Edits of front matter touch the characters that are meant, in every format, and nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.content.editing import changes as editing
from octavo.content.editing.changes import ChangeError, Changes, make_all
from octavo.content.editing.head_editor import HeadEditor
from octavo.content.editing.layouts import EditError
from octavo.content.files.locks import locked
from octavo.content.files.reading import PostsRoot

YAML = """---
# About this text
title:   'It''s "here"'   # a comment
tags: [ Moon,Mars ]  # two
date: 2025-07-17 10:00:00 +0200
aliases:
    - /old/   # first

draft: true
weight: 0777
---
Text: draft: true
"""
TOML = """+++
title = 'Here' # a comment
draft = true
tags = [
  "Moon", # ours
  "Mars",
]
[extra]
draft = "kept"
+++
Text
"""
JSON = """{
  "title": "Here",
  "tags": ["Moon", "Mars"],
  "draft": true
}
Text
"""


def edited(text: str, *steps: tuple[str, ...]) -> str:
    editor = HeadEditor("a.md", text.encode())
    for name, *arguments in steps:
        getattr(editor, name)(*arguments)
    return editor.data.decode()


@pytest.mark.parametrize("text", [YAML, TOML, JSON])
def test_a_value_is_exchanged_and_all_else_stays(text: str) -> None:
    after = edited(text, ("set", "draft", False))

    assert after == text.replace("draft: true\nw", "draft: false\nw").replace("draft = true", "draft = false").replace(
        '"draft": true', '"draft": false'
    )


def test_quotes_and_comments_of_a_value_stay() -> None:
    after = edited(YAML, ("set", "title", "Don't"))

    assert after == YAML.replace("""'It''s "here"'""", "'Don''t'")


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_and_the_byte_order_mark_stay(ends: str) -> None:
    data = ("\ufeff" + YAML.replace("\n", ends)).encode()
    editor = HeadEditor("a.md", data)

    editor.set("draft", False)
    editor.append("aliases", "/articles/two/")
    editor.set("slug", "new")

    wanted = YAML.replace("true\nweight", "false\nweight").replace(
        "- /old/   # first\n", "- /old/   # first\n    - /articles/two/\n"
    )
    wanted = wanted.replace("weight: 0777\n", "weight: 0777\nslug: new\n")
    assert editor.data == ("\ufeff" + wanted.replace("\n", ends)).encode()


def test_line_ends_that_differ_stay_each_as_it_was() -> None:
    data = b"---\r\ntitle: A\ndraft: true\r\n---\nText\r\nMore\n"
    editor = HeadEditor("a.md", data)

    editor.set("draft", False)

    assert editor.data == data.replace(b"true", b"false")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("---\ntitle: A\n---\n", "---\ntitle: A\naliases: [/old/]\n---\n"),
        ("---\naliases:\n---\n", "---\naliases: [/old/]\n---\n"),
        ("---\naliases: []\n---\n", "---\naliases: [/old/]\n---\n"),
        ("---\naliases: /a/\n---\n", "---\naliases: [/a/, /old/]\n---\n"),
        ("---\naliases:\n- /a/\n---\n", "---\naliases:\n- /a/\n- /old/\n---\n"),
        ("---\naliases: ['/a/']\nb: 1\n---\n", "---\naliases: ['/a/', '/old/']\nb: 1\n---\n"),
        ("---\n---\n", "---\naliases: [/old/]\n---\n"),
        ("title: A\ndate: 2025-01-01\n---\nT", "title: A\ndate: 2025-01-01\naliases: [/old/]\n---\nT"),
        ("# A\n\nText", "---\naliases: [/old/]\n---\n\n# A\n\nText"),
        ('+++\ntitle = "A"\n+++\n', '+++\ntitle = "A"\naliases = ["/old/"]\n+++\n'),
        ("+++\n[extra]\na = 1\n+++\n", '+++\naliases = ["/old/"]\n[extra]\na = 1\n+++\n'),
        ('+++\naliases = ["/a/"] # b\n+++\n', '+++\naliases = ["/a/", "/old/"] # b\n+++\n'),
        ('{"title": "A"}\n', '{"title": "A", "aliases": ["/old/"]}\n'),
        ('{\n\t"title": "A"\n}\n', '{\n\t"title": "A",\n\t"aliases": ["/old/"]\n}\n'),
        ('{"aliases": []}\n', '{"aliases": ["/old/"]}\n'),
    ],
)
def test_an_address_is_added_to_the_old_ones(before: str, after: str) -> None:
    assert edited(before, ("append", "aliases", "/old/")) == after


@pytest.mark.parametrize(
    ("text", "gone"),
    [(YAML, "draft: true\nweight"), (TOML, "draft = true\n"), (JSON, ',\n  "draft": true')],
)
def test_a_field_is_removed_with_its_line(text: str, gone: str) -> None:
    assert edited(text, ("remove", "draft")) == text.replace(gone, gone.partition("true\n")[2], 1)


@pytest.mark.parametrize("text", [YAML, TOML, JSON])
def test_an_item_is_renamed_or_merged_with_one_that_is_there(text: str) -> None:
    renamed = edited(text, ("replace_item", "tags", "Moon", "Luna"))
    merged = HeadEditor("a.md", text.encode())
    merged.replace_item("tags", "Moon", "Mars")

    assert renamed == text.replace("Moon", "Luna")
    assert merged.items("tags") == ("Mars",)


def test_a_moment_is_written_as_each_format_has_it() -> None:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)

    assert edited(YAML, ("set", "date", moment)) == YAML.replace(
        "2025-07-17 10:00:00 +0200", "2026-01-02T03:04:00+00:00"
    )
    assert "date = 2026-01-02T03:04:00+00:00\n[extra]" in edited(TOML, ("set", "date", moment))


@pytest.mark.parametrize(
    "text",
    [
        "---\n{title: A, draft: true}\n---\n",
        "Title: A\nDate: 2025-01-01\nStatus: draft\n\nText",
        "---\ndraft: true\ntags: a, b\n---\n",
        "+++\nextra.a = 1\ntags = { a = 1 }\n+++\n",
    ],
)
def test_what_cannot_be_edited_is_refused_and_left_as_it_was(text: str) -> None:
    editor = HeadEditor("a.md", text.encode())

    with pytest.raises(EditError, match=r"a\.md is left as it is: .* by hand\."):
        editor.append("tags", "x")

    assert editor.data == text.encode()


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=20))
def test_any_title_is_read_as_it_was_meant_or_refused(title: str) -> None:
    for text in (YAML, TOML, JSON):
        editor = HeadEditor("a.md", text.encode())
        try:
            editor.set("title", title)
        except EditError:
            continue

        assert str(editor.fields["title"]) == title
        assert editor.data.decode().endswith(text[-6:])


@dataclass
class Source:
    """A file from elsewhere, at whose reading something happens."""

    read_bytes: Callable[[], bytes]


def test_changes_are_made_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"one")
    (tmp_path / "b.md").write_bytes(b"two")
    changes = Changes(PostsRoot(tmp_path))
    changes.write("a.md", b"1")
    changes.write("b.md", b"2")
    (tmp_path / "b.md").write_bytes(b"saved meanwhile")

    with pytest.raises(ChangeError, match=r"b\.md has changed meanwhile"):
        make_all(changes, lock=tmp_path / "lock")

    assert (tmp_path / "a.md").read_bytes() == b"one"
    assert (tmp_path / "b.md").read_bytes() == b"saved meanwhile"


def test_a_file_keeps_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"one")
    (tmp_path / "a.md").chmod(0o640)
    (tmp_path / "b.md").symlink_to("a.md")
    changes = Changes(PostsRoot(tmp_path))
    changes.write("b.md", b"two")

    make_all(changes, lock=tmp_path / "lock")

    assert (tmp_path / "b.md").is_symlink()
    assert (tmp_path / "a.md").read_bytes() == b"two"
    assert (tmp_path / "a.md").stat().st_mode & 0o777 == 0o640


def test_a_private_file_is_readable_to_nobody_else_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.md").write_bytes(b"one")
    (tmp_path / "a.md").chmod(0o600)
    changes = Changes(PostsRoot(tmp_path))
    changes.write("a.md", b"two")
    modes = []
    monkeypatch.setattr("os.fsync", lambda file: modes.append(os.fstat(file).st_mode & 0o777))

    make_all(changes, lock=tmp_path / "lock")

    assert modes == [0o600]


def test_nothing_is_moved_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"one")
    (tmp_path / "b.md").write_bytes(b"two")
    changes = Changes(PostsRoot(tmp_path))
    changes.write("a.md", b"1")
    changes.move("a.md", "b.md")

    with pytest.raises(ChangeError, match=r"b\.md is there already"):
        make_all(changes, lock=tmp_path / "lock")

    assert [(tmp_path / name).read_bytes() for name in ("a.md", "b.md")] == [b"one", b"two"]


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "else").mkdir()
    (tmp_path / "posts/out").symlink_to(tmp_path / "else")
    changes = Changes(PostsRoot(tmp_path / "posts"))
    changes.create("a.md", b"one")
    changes.create("out/b.md", b"two")

    with pytest.raises(ChangeError, match="leads out of the posts"):
        make_all(changes, lock=tmp_path / "lock")

    assert list((tmp_path / "else").iterdir()) == []
    assert not (tmp_path / "posts/a.md").exists()


def test_several_changes_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/a.md").write_bytes(b"one")
    (tmp_path / "_redirects").mkdir()
    posts = Changes(PostsRoot(tmp_path / "posts"))
    posts.write("a.md", b"1")
    beside = Changes(PostsRoot(tmp_path))
    beside.create("_redirects/x/y", b"two")
    (tmp_path / "_redirects/x").write_bytes(b"no folder")

    with pytest.raises(ChangeError, match="Nothing was changed"):
        make_all(posts, beside, lock=tmp_path / "lock")

    assert (tmp_path / "posts/a.md").read_bytes() == b"one"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_ended_puts_everything_back(tmp_path: Path, end: signal.Signals) -> None:
    (tmp_path / "a.md").write_bytes(b"one")

    def ending() -> bytes:
        os.kill(os.getpid(), end)
        return b""

    changes = Changes(PostsRoot(tmp_path))
    changes.write("a.md", b"1")
    changes.copy(cast(Path, Source(ending)), "b.png")

    with pytest.raises(ChangeError, match="Nothing was changed: it was interrupted"):
        make_all(changes, lock=tmp_path / "lock")

    assert (tmp_path / "a.md").read_bytes() == b"one"
    assert not (tmp_path / "b.png").exists()


def test_what_cannot_be_put_back_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"one")

    def saving() -> bytes:
        (tmp_path / "a.md").write_bytes(b"saved by its writer")
        raise OSError("It cannot be read")

    changes = Changes(PostsRoot(tmp_path))
    changes.write("a.md", b"1")
    changes.copy(cast(Path, Source(saving)), "b.png")

    with pytest.raises(ChangeError, match=r"Not put back: a\.md\."):
        make_all(changes, lock=tmp_path / "lock")

    assert (tmp_path / "a.md").read_bytes() == b"saved by its writer"


def test_commands_that_write_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing, "PATIENCE", 0.0)
    (tmp_path / "a.md").write_bytes(b"one")
    changes = Changes(PostsRoot(tmp_path))
    changes.write("a.md", b"1")

    with open(tmp_path / "lock", "wb") as held:
        assert locked(held, 0)
        with pytest.raises(ChangeError, match="another command is writing"):
            make_all(changes, lock=tmp_path / "lock")

    assert (tmp_path / "a.md").read_bytes() == b"one"


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser writes files of others")
def test_a_file_stays_that_of_its_owner(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"one")
    os.chown(tmp_path / "a.md", 12345, 23456)
    changes = Changes(PostsRoot(tmp_path))
    changes.write("a.md", b"two")

    make_all(changes, lock=tmp_path / "lock")

    known = (tmp_path / "a.md").stat()
    assert (known.st_uid, known.st_gid) == (12345, 23456)


def test_a_file_with_the_longest_name_can_be_written(tmp_path: Path) -> None:
    name = f"{'ж' * 126}.md"
    (tmp_path / name).write_bytes(b"one")
    changes = Changes(PostsRoot(tmp_path))
    changes.write(name, b"two")

    make_all(changes, lock=tmp_path / "lock")

    assert (tmp_path / name).read_bytes() == b"two"
    assert sorted(os.listdir(tmp_path)) == ["lock", name]
