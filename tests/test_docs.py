"""What README and docs/ say is so: links lead somewhere, commands are there, tables are the code's."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from flask import Flask

from octavo.content.frontmatter.fields import SPELLINGS
from octavo.site.moving_in.systems import SYSTEMS, reader_of
from tests.conftest import CHECKOUT
from tests.modules import PAGE, listed_modules

PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
# More is for docs/.
MAX_README_WORDS = 900


def name_of(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_the_docs_lead_somewhere(page: Path) -> None:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (fragment and fragment not in anchors(file.read_text("utf-8"))):
            dead.append(target)

    assert dead == []


def test_modules_that_the_architecture_names_are_there() -> None:
    architecture = (CHECKOUT / "docs/architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", architecture))

    found = {path for path in named if any((root / path).is_file() for root in (CHECKOUT, CHECKOUT / "octavo"))}

    assert named - found == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_of_flask_that_the_docs_name_are_there(page: Path, app: Flask) -> None:
    named = re.findall(r"^(?:\S*/)?flask ([a-z]+(?: [a-z]+)?)", "\n".join(code_in(page)), re.MULTILINE)

    unknown = [command for command in named if not is_command(app, shlex.split(command))]

    assert unknown == []


def code_in(page: Path) -> list[str]:
    text = page.read_text("utf-8")
    blocks = re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [*blocks, *re.findall(r"`([^`\n]+)`", prose)]


def is_command(app: Flask, words: list[str]) -> bool:
    if words[0] in ("run", "shell", "routes"):
        return True
    if words[0] in {entry.name for entry in entry_points(group="flask.commands")}:
        return len(words) == 1
    command = app.cli.commands.get(words[0])
    commands = getattr(command, "commands", {})
    return command is not None and (not commands or len(words) == 1 or words[1] in commands)


def test_readme_can_be_read_at_one_sitting() -> None:
    words = (CHECKOUT / "README.md").read_text("utf-8").split()

    assert len(words) <= MAX_README_WORDS


def test_newest_version_of_the_changelog_is_the_packages() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = re.findall(r"^## (\d+\.\d+\.\d+) - ", (CHECKOUT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert versions[0] == project["version"]


def test_every_field_of_front_matter_is_told_to_writers() -> None:
    page = (CHECKOUT / "docs/writing.md").read_text("utf-8")
    table = page.partition("<!-- fields -->")[2].partition("<!-- /fields -->")[0]

    told = set(re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.strip().splitlines()[2:])))

    assert set(SPELLINGS) - told == set()


def test_every_system_that_writing_moves_in_from_is_told_as_its_module_says() -> None:
    page = (CHECKOUT / "docs/moving-in.md").read_text("utf-8")
    table = page.partition("<!-- systems -->")[2].partition("<!-- /systems -->")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))

    said = {name: (sys.modules[reader_of(name).__module__].__doc__ or "").partition("\n")[0] for name in SYSTEMS}

    assert told == said


def test_every_promise_of_the_security_page_has_its_test() -> None:
    page = (CHECKOUT / "docs/security.md").read_text("utf-8")
    table = page.partition("<!-- promises -->")[2].partition("<!-- /promises -->")[0]
    promises = re.findall(r"\| ([0-9., ]+) \| `([^`:]+)::([^`]+)` \|", table)

    missing = [name for _, file, name in promises if f"def {name}(" not in (CHECKOUT / file).read_text("utf-8")]

    assert len(promises) == len(table.strip().splitlines()) - 2
    assert missing == []
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(, \d+\.\d+\.\d+)*", numbers) for numbers, _, _ in promises)


def test_list_of_modules_is_that_of_the_code() -> None:
    assert PAGE.read_text("utf-8") == listed_modules()


def test_every_module_is_in_a_row_of_the_architecture() -> None:
    architecture = (CHECKOUT / "docs/architecture.md").read_text("utf-8")
    rows = architecture.partition("## To find the place")[2].partition("## Freshness")[0]
    named = set(re.findall(r"`((?:[a-z0-9_]+/)*[a-z0-9_]+\.py)`", rows))
    folders = tuple(re.findall(r"`((?:[a-z_]+/)+)`", rows))
    root = CHECKOUT / "octavo"
    paths = [path.relative_to(root).as_posix() for path in root.rglob("*.py")]

    missing = {path for path in paths if not path.startswith(folders) and path not in named}

    assert {path for path in missing if not path.endswith("__init__.py")} == set()
