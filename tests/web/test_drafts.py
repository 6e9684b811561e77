"""What a writer sees under `flask run` beyond what readers see: drafts with a badge, and the site at another time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from octavo.cli import main
from octavo.settings import Settings, SettingsError, load_settings
from tests.conftest import Clock, PostsFolder, Reader

MakeApp = Callable[..., Flask]
HIDDEN = {
    "Draft": {"draft": True},
    "Scheduled": {"date": "2025-12-24"},
    "Expired": {"expires": "2025-02-01"},
}


@pytest.fixture
def writer(make_app: MakeApp, folder: PostsFolder) -> FlaskClient:
    for name, fields in HIDDEN.items():
        folder.write(name.lower(), title=f"The {name}", category="Space", **fields)
    folder.write("live", title="The live one", category="Space")
    app = make_app(developed=True, drafts=True)
    app.test_client_class = Reader
    return app.test_client()


@pytest.mark.parametrize("state", HIDDEN)
def test_a_writer_sees_a_hidden_text_with_its_badge(writer: FlaskClient, state: str) -> None:
    page = writer.get(f"/articles/{state.lower()}/").text

    assert f'<strong class="badge">{state}</strong>' in page


@pytest.mark.parametrize("path", ["/articles/", "/categories/space/", "/archive/"])
def test_lists_show_hidden_texts_with_their_badges(writer: FlaskClient, path: str) -> None:
    page = writer.get(path).text

    for state in HIDDEN:
        assert f"The {state}</a>" in page
        assert f'<strong class="badge">{state}</strong>' in page
    assert page.count('class="badge"') == len(HIDDEN)


def test_the_badge_goes_when_the_clock_publishes_the_text(writer: FlaskClient, clock: Clock) -> None:
    before = writer.get("/articles/scheduled/").text

    clock.set(2025, 12, 24, 0, 1)

    assert "Scheduled</strong>" in before
    assert "Scheduled</strong>" not in writer.get("/articles/scheduled/").text


@pytest.mark.parametrize("path", ["/articles/", "/archive/", "/archive/2025/"])
def test_a_published_text_loses_its_badge_everywhere(writer: FlaskClient, folder: PostsFolder, path: str) -> None:
    before = writer.get(path).text

    folder.write("draft", title="The Draft", category="Space")

    assert before.count("Draft</strong>") == 1
    assert "Draft</strong>" not in writer.get(path).text


def test_another_server_shows_none_of_it_whatever_the_settings_say(make_app: MakeApp, folder: PostsFolder) -> None:
    folder.write("secret", draft=True)
    folder.write("later", date="2025-12-24")
    client = make_app(drafts=True, at="2026-01-01").test_client()

    assert client.get("/articles/secret/").status_code == 404
    assert "secret" not in client.get("/articles/").text


def test_what_a_writer_sees_is_no_change_for_readers(make_app: MakeApp, folder: PostsFolder) -> None:
    public = make_app(api_open=True).test_client()
    cursor = public.get("/api/changes").get_json()["meta"]["cursor"]
    folder.write("secret", draft=True)

    writer = make_app(developed=True, drafts=True, api_open=True).test_client()
    writer.get("/api/changes")

    told = public.get("/api/changes", query_string={"since": cursor}).get_json()
    assert told["changes"] == []


def test_the_site_is_shown_as_of_another_moment(make_app: MakeApp, folder: PostsFolder) -> None:
    soon = datetime.now(UTC) + timedelta(days=30)
    folder.write("later", date=(soon - timedelta(days=1)).isoformat())
    folder.write("over", expires=(soon - timedelta(days=1)).isoformat())
    folder.write("much-later", date=(soon + timedelta(days=1)).isoformat())

    client = make_app(developed=True, at=soon.isoformat()).test_client()

    assert client.get("/articles/later/").status_code == 200
    assert client.get("/articles/over/").status_code == 404
    assert client.get("/articles/much-later/").status_code == 404
    assert "later" in client.get("/articles/").text


def test_a_moment_without_offset_is_in_the_zone_of_the_site(make_app: MakeApp) -> None:
    site = make_app(developed=True, at="2026-12-24T09:00", timezone="Europe/Oslo").extensions["octavo"]

    ahead = site.clock() - datetime(2026, 12, 24, 8, 0, tzinfo=UTC).timestamp()

    assert 0 <= ahead < 60


def test_a_moment_that_is_none_is_told_to_the_operator(tmp_path: object) -> None:
    with pytest.raises(SettingsError, match="OCTAVO_AT = 'Christmas': this must be a moment such as 2026-12-24T09:00"):
        load_settings(tmp_path, {"OCTAVO_AT": "Christmas"})  # type: ignore[arg-type]

    assert load_settings(tmp_path, {"OCTAVO_DRAFTS": "1"}) == Settings(drafts=True)  # type: ignore[arg-type]


def test_the_command_octavo_run_has_both_switches() -> None:
    context = main.make_context("octavo", ["run", "--help"], resilient_parsing=True)
    command = main.get_command(context, "run")

    assert command is not None
    assert {"drafts", "at", "port", "host"} <= {option.name for option in command.params}
