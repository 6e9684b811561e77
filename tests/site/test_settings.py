"""Settings: where they come from, and what an operator is told about a wrong one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click
import pytest

from octavo.settings import MenuItem, Settings, SettingsError, as_developed, load_settings
from octavo.site.site import Site

CHECKOUT = Path(__file__).parents[2]


def write_toml(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.octavo]\n{text}\n", encoding="utf-8")


def test_every_list_is_json_in_the_environment(tmp_path: Path) -> None:
    environ = {"OCTAVO_ACCENT": '["#1f5a84"]', "OCTAVO_PLUGINS_OFF": '["views"]'}

    settings = load_settings(tmp_path, environ)

    assert settings.accent == ["#1f5a84"]
    assert settings.plugins_off == ["views"]


def test_defaults_hold_where_nothing_is_set(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {}) == Settings()


def test_pyproject_sets_and_the_environment_overrides(tmp_path: Path) -> None:
    write_toml(tmp_path, 'title = "From the file"\ntagline = "Kept"\npage_size = 5')

    settings = load_settings(tmp_path, {"OCTAVO_TITLE": "2025", "OCTAVO_PAGE_SIZE": "7", "OCTAVO_WATCH": "no"})

    assert (settings.title, settings.tagline, settings.page_size, settings.watch) == ("2025", "Kept", 7, False)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://Journal.Example/", "https://journal.example"),
        ("https://journal.example:443", "https://journal.example"),
        ("HTTP://journal.example:80/", "http://journal.example"),
        ("http://journal.example:443", "http://journal.example:443"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://[::80]", "http://[::80]"),
    ],
)
def test_base_url_is_taken_as_browsers_write_it(tmp_path: Path, given: str, taken: str) -> None:
    assert load_settings(tmp_path, {"OCTAVO_BASE_URL": given}).base_url == taken


def test_navigation_is_a_list_of_links(tmp_path: Path) -> None:
    write_toml(tmp_path, 'navigation = [{label = "About", url = "/about/"}]')
    entries = json.dumps([{"label": "Home", "url": "/"}])

    assert load_settings(tmp_path, {}).navigation == [MenuItem("About", "/about/")]
    assert load_settings(tmp_path, {"OCTAVO_NAVIGATION": entries}).navigation == [MenuItem("Home", "/")]


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("page_size = 'many'", ["page_size", "'many'", "a whole number", "Articles on one page"]),
        ("page_size = 0", ["page_size", "0", "at least 1"]),
        ("page_size = true", ["page_size", "True", "a whole number"]),
        ("title = 5", ["title", "5", "a text"]),
        ("watch = 'maybe'", ["watch", "'maybe'", "true or false"]),
        ("timezone = 'Mars/Olympus'", ["timezone", "'Mars/Olympus'", "no such time zone"]),
        ("base_url = 'example.org'", ["base_url", "'example.org'", "http://"]),
        ("base_url = 'http://['", ["base_url", "'http://['", "http://"]),
        ("base_url = 'https://example.org/?a=b'", ["base_url", "?a=b"]),
        ("base_url = 'https://example.org/a b'", ["base_url", "/a b", "letters, digits"]),
        ("language = 'german'", ["language", "'german'", "`de`", "BCP 47"]),
        ("language = ''", ["language", "''", "BCP 47"]),
        ("redis_url = 'localhost:6379'", ["redis_url", "redis://"]),
        ("timezone = ''", ["timezone", "''", "no such time zone"]),
        ("timezone = '../../etc/passwd'", ["timezone", "no such time zone"]),
        ("slug_from = 'title'", ["slug_from", "'title'", "name, path"]),
        ("navigation = ['Home']", ["navigation", "label"]),
        ("limits = { searches = 3 }", ["limits", "search, api, views"]),
        ("limits = { search = -1 }", ["limits", "a table of whole numbers"]),
        ("shared_seconds = -1", ["shared_seconds", "at least 0"]),
        ("security_contact = 'me@example.org'", ["security_contact", "mailto:"]),
        ("status_key = 'short'", ["status_key", "16 characters are the least"]),
        ("webhook_secret = 'short'", ["webhook_secret", "16 characters are the least"]),
        ("behind_proxy = true", ["behind_proxy", "`proxies = 1`"]),
        ("pagesize = 3", ["pagesize", "3", "no such setting", "Did you mean `page_size`"]),
    ],
)
def test_wrong_setting_stops_the_start_and_says_what_it_is_for(tmp_path: Path, toml: str, told: list[str]) -> None:
    write_toml(tmp_path, toml)

    with pytest.raises(SettingsError) as raised:
        load_settings(tmp_path, {})

    for part in told:
        assert part in str(raised.value)


def test_all_wrong_settings_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    write_toml(tmp_path, "page_size = 0\ntitel = 'x'\nslug_from = 'disk'")

    with pytest.raises(SettingsError) as raised:
        load_settings(tmp_path, {"OCTAVO_WATCH": "perhaps"})

    told = str(raised.value).splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "[tool.octavo] page_size = 0",
        "[tool.octavo] titel = 'x'",
        "[tool.octavo] slug_from = 'disk'",
        "OCTAVO_WATCH = 'perhaps'",
    ]
    assert "one of name, path. Where a post's slug comes from" in told[2]


@pytest.mark.parametrize(
    "toml",
    [
        "hosts = 3",
        "hosts = { films = ['a.example'] }",
        "hosts = { frames = 'a.example' }",
        "hosts = { frames = ['https://a.example/'] }",
    ],
)
def test_hosts_are_named_by_kind(tmp_path: Path, toml: str) -> None:
    write_toml(tmp_path, toml)

    with pytest.raises(SettingsError, match="a table of lists of hosts; its names are frames, pictures, media"):
        load_settings(tmp_path, {})


def test_names_of_hosts_are_taken_in_small_letters(tmp_path: Path) -> None:
    write_toml(tmp_path, "hosts = { frames = ['Player.Example'] }")

    assert load_settings(tmp_path, {}).hosts == {"frames": ["player.example"]}


@pytest.mark.parametrize("name", ["status_key", "preview_secret", "webhook_secret", "redis_url"])
def test_secret_of_the_wrong_type_is_not_shown(tmp_path: Path, name: str) -> None:
    write_toml(tmp_path, f"{name} = 31415926")

    with pytest.raises(SettingsError, match=name) as raised:
        load_settings(tmp_path, {})

    assert "31415926" not in str(raised.value)


@pytest.mark.thorough
@pytest.mark.parametrize("arguments", [["run"], ["check"]])
def test_command_line_tells_a_wrong_setting_in_one_line(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "flask", *arguments]
    environ = {**os.environ, "OCTAVO_PAGE_SIZE": "many"}

    answer = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=60)

    assert answer.returncode == 1
    assert answer.stderr.startswith("Error: OCTAVO_PAGE_SIZE = 'many': this must be a whole number.")
    assert "Traceback" not in answer.stderr


def test_unknown_variable_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"OCTAVO_POST_DIR.*Did you mean `posts_dir`"):
        load_settings(tmp_path, {"OCTAVO_POST_DIR": "/srv/posts"})


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\noctavo = 3", "[[tool.octavo]]\ntitle = 'x'"])
def test_pyproject_without_a_table_of_settings_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=r"\[tool\.octavo\]"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("OCTAVO_PAGE_SIZE", "12.5", "a whole number"),
        ("OCTAVO_PAGE_SIZE", "", "a whole number"),
        ("OCTAVO_PAGE_SIZE", "NaN", "a whole number"),
        ("OCTAVO_WATCH", "perhaps", "true or false"),
        ("OCTAVO_NAVIGATION", "[{", "a list of {label, url}"),
        ("OCTAVO_NAVIGATION", '[{"label": 1, "url": "/"}]', "a list of {label, url}"),
    ],
)
def test_variable_of_the_wrong_type_is_told(tmp_path: Path, variable: str, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(tmp_path, {variable: text})

    assert variable in str(raised.value)
    assert told in str(raised.value)


def test_broken_pyproject_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.octavo\n", encoding="utf-8")

    with pytest.raises(SettingsError, match=r"pyproject\.toml cannot be read"):
        load_settings(tmp_path, {})


def test_docs_list_every_setting_as_the_code_has_it() -> None:
    page = (CHECKOUT / "docs/settings.md").read_text(encoding="utf-8")
    table = re.search(r"<!-- settings -->\n(.*?)<!-- /settings -->", page, re.DOTALL)

    rows = [f"| `{f.name}` | `{json.dumps(f.metadata['default'])}` | {f.metadata['help']} |" for f in fields(Settings)]

    assert table is not None
    assert table[1].splitlines()[2:] == rows


def test_addresses_follow_the_port_of_flask_run_and_keep_the_path() -> None:
    public = Settings(base_url="https://example.org/blog")

    with click.Context(click.Command("run"), info_name="run") as context:
        context.params = {"host": "127.0.0.1", "port": 5050}
        developed = as_developed(public)

    assert developed.base_url == "http://127.0.0.1:5050/blog"
    assert developed.own_hosts == ["example.org"]
    assert as_developed(public) is public


def test_a_changed_setting_is_told_by_one_of_all_processes(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Site(tmp_path, site.settings)
    (tmp_path / "pyproject.toml").write_text("[tool.octavo]\npage_size = 7\n", "utf-8")

    site.check_for_changes()
    other.check_for_changes()

    other.close()
    assert len(caplog.records) == 1


def test_changed_settings_and_plugins_are_told_to_need_a_restart(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = tmp_path / "pyproject.toml"

    def told_after(text: str) -> list[str]:
        caplog.clear()
        project.write_text(text, "utf-8")
        site.check_for_changes()
        site.check_for_changes()
        return [record.getMessage() for record in caplog.records]

    new = told_after('[tool.octavo]\ntitle = "Moons"\npage_size = 7\n')
    same = told_after('[project]\n[tool.octavo]\ntitle = "Moons"\npage_size = 8\n')
    wrong = told_after('[tool.octavo]\ntitel = "Moons"\n')
    broken = told_after("[tool.octavo\n")
    nothing = told_after("[project]\n")
    (tmp_path / "plugins.py").write_text("from octavo.hooks import hook\n", "utf-8")
    caplog.clear()
    site.check_for_changes()

    assert new == ["pyproject.toml: restart the server to use what is new in page_size, title."]
    assert same == new
    assert "Did you mean `title`" in wrong[0]
    assert "cannot be read" in broken[0]
    assert nothing == []
    assert [record.getMessage() for record in caplog.records] == [
        "plugins.py has changed: restart the server to use it."
    ]
