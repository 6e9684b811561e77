"""The log of changes: exactly what changed for readers, and which pages show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.web.changes.log import ChangeLog
from octavo.web.read_model.dependencies import link_surrogate_key
from tests.conftest import Clock, PostsFolder, Reader
from tests.web.test_feeds import PIXEL

Write = Callable[..., Path]


@pytest.fixture
def api(make_app: Callable[..., Flask]) -> FlaskClient:
    app = make_app(api_open=True, purge_header="Surrogate-Key")
    app.test_client_class = Reader
    return app.test_client()


@pytest.fixture
def changed(api: FlaskClient) -> Callable[[], list[dict[str, Any]]]:
    """Return what changed since the fixture was last called; the first call begins."""
    cursor = api.get("/api/changes").json["meta"]["cursor"]

    def ask() -> list[dict[str, Any]]:
        nonlocal cursor
        answer = api.get(f"/api/changes?since={cursor}")
        assert answer.status_code == 200, answer.text
        cursor = answer.json["meta"]["cursor"]
        return list(answer.json["changes"])

    return ask


Changed = Callable[[], list[dict[str, Any]]]


def in_short(changes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(change["event"], change["slug"]) for change in changes]


def test_each_kind_of_change_is_told_once(changed: Changed, write_post: Write, clock: Clock) -> None:
    write_post("hello", tags=["Mars"], category="Planets", author="Ada")
    created = changed()
    write_post("hello", title="After", tags=["Moon"])
    updated = changed()
    write_post("hello").unlink()
    deleted = changed()

    assert [in_short(each) for each in (created, updated, deleted)] == [
        [("created", "hello")],
        [("updated", "hello")],
        [("deleted", "hello")],
    ]
    assert created[0]["old"] is deleted[0]["new"] is None
    assert created[0]["new"] == updated[0]["old"]
    assert updated[0]["new"] == deleted[0]["old"]
    assert created[0]["url"] == "https://journal.example/articles/hello/"
    assert changed() == []


def test_keys_name_the_lists_that_a_post_left_and_those_it_joined(changed: Changed, write_post: Write) -> None:
    write_post("hello", tags=["Mars"], author="Ada")
    changed()

    write_post("hello", tags=["Moon"], author="Ada")

    keys = changed()[0]["keys"]
    assert keys[:4] == ["post:hello", "tag:mars", "author:ada", link_surrogate_key("hello")]
    links = {link_surrogate_key("moon"), link_surrogate_key("mars")}
    lists = {"tag:moon", "articles", "front", "archive", "year:2025", "sitemaps", "everything", "terms:tag"}
    assert set(keys[4:]) == lists | links


def test_a_summary_alone_touches_cards_and_no_links(changed: Changed, api: FlaskClient, folder: PostsFolder) -> None:
    folder.write("mars", title="Mars", summary="Red.")
    folder.write("carded", "{{< card mars.md >}}")
    folder.write("linked", "[Mars](mars.md)")
    changed()
    carded, linked = (
        set(api.get(f"/articles/{slug}/").headers["Surrogate-Key"].split(" ")) for slug in ("carded", "linked")
    )

    folder.write("mars", title="Mars", summary="Dusty.")

    [change] = changed()
    assert carded & {*change["keys"]} - {"site"}
    assert not linked & {*change["keys"]}


def test_years_and_sitemaps_have_the_keys_of_what_they_show(
    changed: Changed, api: FlaskClient, write_post: Write
) -> None:
    write_post("hello", date="2025-02-03", category="Space")
    write_post("older", date="2023-02-03", category="Space")
    changed()
    pages = ("/archive/2025/", "/sitemap.xml", "/sitemaps/articles-1.xml", "/sitemaps/pages.xml", "/sitemaps/news.xml")
    shown = {path: set(api.get(path).headers["Surrogate-Key"].split(" ")) for path in pages}

    write_post("hello", "Another text.", date="2025-02-03", category="Space")
    body = set(changed()[0]["keys"])
    write_post("hello", date="2025-02-03", category="Space", updated="2025-03-04")
    updated = set(changed()[0]["keys"])
    write_post("hello", date="2025-02-03", category="SPACE", updated="2025-03-04")
    spelled = set(changed()[0]["keys"])
    write_post("third", date="2024-02-03")
    new_year = set(changed()[0]["keys"])

    assert [path for path in pages if shown[path] & body] == []
    assert [path for path in pages if shown[path] & updated] == list(pages[1:])
    assert {"year:2025", "year:2023"} <= spelled
    assert {"years", "year:2024"} <= new_year
    assert "year:2025" not in new_year
    assert "years" in shown["/archive/2025/"]
    assert "years" not in spelled


def test_keys_name_neighbours_and_what_links_here(changed: Changed, api: FlaskClient, write_post: Write) -> None:
    write_post("older", date="2025-01-01")
    write_post("newer", "[It](hello.md)", date="2025-01-03")
    changed()
    before = set(api.get("/articles/newer/").headers["Surrogate-Key"].split(" "))

    write_post("hello", date="2025-01-02")

    keys = set(changed()[0]["keys"])
    assert {"post:older", "post:newer", link_surrogate_key("hello")} <= keys
    assert link_surrogate_key("hello") in before


def test_after_a_restart_every_page_is_touched(make_app: Callable[..., Flask], write_post: Write) -> None:
    write_post("hello")
    cursor = make_app(api_open=True).test_client().get("/api/changes").json["meta"]["cursor"]

    write_post("hello", title="After")
    (change,) = make_app(api_open=True).test_client().get(f"/api/changes?since={cursor}").json["changes"]

    assert change["keys"] == ["everything", "site"]


def test_a_file_whose_slug_another_one_takes_is_gone(changed: Changed, folder: PostsFolder) -> None:
    page = "---\ntitle: About\nslug: {}\n---\nText.\n"
    folder.raw("_pages/one.md", page.format("one"))
    folder.raw("_pages/two.md", page.format("two"))
    changed()

    folder.raw("_pages/two.md", page.format("one"))

    assert in_short(changed()) == [("deleted", "two")]


def test_a_picture_that_belongs_to_no_article_is_told_by_itself(
    changed: Changed, api: FlaskClient, folder: PostsFolder
) -> None:
    changed()

    folder.raw("pictures/dot.gif", PIXEL)

    (change,) = changed()
    assert api.get(change["url"].removeprefix("https://journal.example")).data == PIXEL
    assert (change["event"], change["kind"], change["slug"]) == ("created", "picture", "pictures/dot.gif")
    assert link_surrogate_key("pictures/dot.gif") in change["keys"]


def test_a_removed_picture_has_the_address_that_it_had(changed: Changed, folder: PostsFolder) -> None:
    changed()
    folder.raw("pictures/dot.gif", PIXEL)
    (created,) = changed()

    (folder.path / "pictures" / "dot.gif").unlink()

    (removed,) = changed()
    assert removed["event"] == "deleted"
    assert removed["url"] == created["url"]


def test_the_clock_publishes_and_expires(changed: Changed, write_post: Write, clock: Clock) -> None:
    write_post("future", date="2025-12-24", expires="2025-12-27")
    assert in_short(changed()) == [("updated", "")]

    clock.set(2025, 12, 25)
    published = changed()
    clock.set(2025, 12, 28)
    expired = changed()

    assert in_short(published) == [("published", "future")]
    assert in_short(expired) == [("expired", "future")]
    assert published[0]["new"] == expired[0]["old"]


def test_drafts_are_told_when_they_become_public_and_when_they_are_taken_back(
    changed: Changed, write_post: Write
) -> None:
    write_post("hello", draft=True)
    assert in_short(changed()) == [("updated", "")]

    write_post("hello")
    published = changed()
    write_post("hello", draft=True)

    assert in_short(published) == [("published", "hello")]
    assert in_short(changed()) == [("deleted", "hello")]


def test_a_draft_that_a_link_may_lead_to_touches_the_pages_with_such_links_and_is_not_named(
    changed: Changed, api: FlaskClient, write_post: Write
) -> None:
    write_post("hello", "[Soon](secret-plan.md)")
    changed()
    shown = set(api.get("/articles/hello/").headers["Surrogate-Key"].split(" "))

    write_post("secret-plan", title="Secret plan", draft=True)
    appeared = changed()
    write_post("secret-plan", "More text.", title="Secret plan", draft=True)
    edited = changed()

    (change,) = appeared
    assert (change["kind"], change["old"], change["new"]) == ("site", None, None)
    assert change["url"] == "https://journal.example/"
    assert set(change["keys"]) & shown >= {link_surrogate_key("secret-plan")}
    assert "secret" not in str(change).lower()
    assert edited == []


def test_a_picture_that_a_hidden_text_kept_is_told_when_the_text_moves(
    changed: Changed, api: FlaskClient, folder: PostsFolder
) -> None:
    folder.write("hello", "![A dot](trip/dot.gif)")
    folder.raw("trip/dot.gif", PIXEL)
    folder.write("trip/index", draft=True)
    changed()
    shown = set(api.get("/articles/hello/").headers["Surrogate-Key"].split(" "))

    (folder.path / "trip/index.md").rename(folder.path / "moved.md")

    keys = {key for change in changed() for key in change["keys"]}
    assert keys & shown >= {link_surrogate_key("trip/dot.gif")}


def test_an_unlisted_text_is_purged_without_being_named(changed: Changed, api: FlaskClient, write_post: Write) -> None:
    write_post("whisper", unlisted=True)
    changed()
    shown = set(api.get("/articles/whisper/").headers["Surrogate-Key"].split(" "))

    write_post("whisper", "Another text.", unlisted=True)

    (change,) = changed()
    assert set(change["keys"]) & shown
    assert "whisper" not in str(change)


def test_an_unlisted_text_is_not_named_where_its_author_changes(
    changed: Changed, api: FlaskClient, folder: PostsFolder
) -> None:
    folder.raw("_authors/ada.md", "---\nname: Ada\n---\n")
    folder.write("hello", author="ada")
    folder.write("whisper", author="ada", unlisted=True)
    changed()
    shown = set(api.get("/articles/whisper/").headers["Surrogate-Key"].split(" "))

    folder.raw("_authors/ada.md", "---\nname: Ada Lovelace\n---\n")

    (change,) = changed()
    assert set(change["keys"]) & shown
    assert "whisper" not in str(change)


def test_a_new_slug_is_another_address(changed: Changed, write_post: Write) -> None:
    write_post("hello", slug="one")
    changed()

    write_post("hello", slug="two")

    assert sorted(in_short(changed())) == [("created", "two"), ("deleted", "one")]


def test_pages_authors_and_pictures_count(changed: Changed, folder: PostsFolder) -> None:
    folder.raw("_authors/ada.md", "---\nname: Ada\n---\nA bio.\n")
    folder.raw("_pages/about.md", "---\ntitle: About\n---\nText.\n")
    folder.raw("trip/index.md", "---\ntitle: Trip\ndate: 2025-01-01\n---\n![](dot.png)\n")
    begun = changed()

    folder.raw("_authors/ada.md", "---\nname: Ada\n---\nAnother bio.\n")
    folder.raw("trip/dot.png", b"\x89PNG")
    later = changed()

    assert sorted(in_short(begun)) == [("created", "about"), ("created", "ada"), ("created", "trip")]
    assert sorted(in_short(later)) == [("updated", "ada"), ("updated", "trip")]
    assert all(link_surrogate_key("trip/dot.png") in change["keys"] for change in later)


def test_a_broken_file_changes_nothing(changed: Changed, write_post: Write, folder: PostsFolder) -> None:
    write_post("hello")
    changed()

    folder.raw("hello.md", "---\ntitle: [unclosed\n---\n")

    assert changed() == []


def test_the_log_survives_a_restart_and_tells_what_happened_meanwhile(
    make_app: Callable[..., Flask], write_post: Write
) -> None:
    write_post("before")
    cursor = make_app(api_open=True).test_client().get("/api/changes").json["meta"]["cursor"]

    write_post("meanwhile")
    answer = make_app(api_open=True).test_client().get(f"/api/changes?since={cursor}").json

    assert in_short(answer["changes"]) == [("created", "meanwhile")]


def test_what_is_kept_after_each_change_is_what_a_new_log_begins_with(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock, tmp_path: Path
) -> None:
    folder.write("hello")
    folder.write("future", date="2025-12-24")
    folder.raw("trip/dot.png", b"\x89PNG")
    site = make_app().extensions["octavo"]
    log = ChangeLog(site, tmp_path / "changes.sqlite3")
    steps: list[Callable[[], object]] = [
        lambda: folder.write("hello", title="After"),
        lambda: folder.write("trip/index"),
        lambda: folder.write("trip/index", title="Edited"),
        lambda: folder.raw("trip/dot.png", b"\x89PNG too"),
        lambda: folder.write("trip/index", slug="journey"),
        lambda: (folder.path / "trip/index.md").unlink(),
        lambda: folder.raw("_pages/about.md", "---\ntitle: About\n---\nText.\n"),
        lambda: folder.raw("_pages/about.md", "---\ntitle: About\ndraft: true\n---\nText.\n"),
        lambda: folder.raw("_authors/ada.md", "---\nname: Ada\n---\nA bio.\n"),
        lambda: folder.write("second", draft=True),
        lambda: folder.write("second", slug="hello"),
        lambda: clock.set(2025, 12, 25),
        lambda: (folder.path / "hello.md").unlink(),
    ]

    for number, step in enumerate(steps):
        step()
        site.refresh(settle=0)
        log.record()
        new = ChangeLog(site, tmp_path / f"new-{number}.sqlite3")
        new.record()

        with log.open() as kept, new.open() as begun:
            items = "SELECT * FROM items ORDER BY kind, slug"
            assert kept.execute(items).fetchall() == begun.execute(items).fetchall(), number


def test_a_process_that_is_behind_records_nothing_wrong(
    make_app: Callable[..., Flask], write_post: Write, tmp_path: Path
) -> None:
    write_post("hello")
    behind, ahead = make_app(api_open=True), make_app(api_open=True)
    cursor = behind.test_client().get("/api/changes").json["meta"]["cursor"]
    write_post("hello", title="After")
    write_post("second")
    ahead.extensions["octavo"].refresh(settle=0)

    first = ahead.test_client().get(f"/api/changes?since={cursor}").json
    # As if it had just begun.
    log = ChangeLog(behind.extensions["octavo"], tmp_path / "instance" / "changes.sqlite3")
    behind.extensions["octavo_changes"] = log
    second = behind.test_client().get(f"/api/changes?since={cursor}").json

    assert sorted(in_short(first["changes"])) == [("created", "second"), ("updated", "hello")]
    assert second == first


@pytest.mark.parametrize("cursor", ["x", "0.0", "000000000000.5", "é", "9" * 100])
def test_a_cursor_of_another_log_is_refused(api: FlaskClient, cursor: str) -> None:
    answer = api.get("/api/changes", query_string={"since": cursor})

    assert answer.status_code == 404
    assert "begin anew" in answer.json["errors"][0]["context"]


def test_a_deleted_log_begins_anew(api: FlaskClient, tmp_path: Path) -> None:
    cursor = api.get("/api/changes").json["meta"]["cursor"]

    for file in (tmp_path / "instance").glob("changes.sqlite3*"):
        file.unlink()

    assert api.get(f"/api/changes?since={cursor}").status_code == 404
    assert api.get("/api/changes").status_code == 200


def test_a_log_that_cannot_be_written_is_told_in_json(api: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("in the way")

    answer = api.get("/api/changes")

    assert answer.status_code == 503
    assert answer.json["errors"][0]["type"] == "MaintenanceError"


def test_changes_need_the_key_of_the_api(client: FlaskClient) -> None:
    assert client.get("/api/changes").status_code == 403
