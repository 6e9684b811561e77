"""A site of one's own: begun with `octavo new`, made with the wheel alone, its copies of the theme watched."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from octavo import create_app
from octavo.cli import main
from octavo.cli.greeting import greeting
from octavo.settings import Settings, load_settings
from tests.tools import CHECKOUT, THEME

DOCS = (CHECKOUT / "docs" / "site.md").read_text("utf-8")


def documented(name: str) -> str:
    """Return the code between `<!-- NAME -->` marks of docs/site.md."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", DOCS, re.DOTALL)
    assert found is not None
    return found[1]


def begun(folder: Path, *options: str) -> None:
    done = CliRunner().invoke(main, ["new", str(folder), *options])
    assert done.exit_code == 0, done.output


def run(root: Path, *words: str) -> tuple[int, str]:
    done = create_app(root).test_cli_runner().invoke(args=list(words))
    return done.exit_code, done.output


def test_new_site_has_its_pages_and_hides_its_draft(tmp_path: Path) -> None:
    begun(tmp_path / "my-site", "--title", 'Stone & "Sons"', "--address", "https://stone.example")

    client = create_app(tmp_path / "my-site").test_client()

    assert "Stone &amp; &#34;Sons&#34;" in client.get("/").text
    assert client.get("/articles/welcome/").status_code == 200
    assert client.get("/articles/a-draft/").status_code == 404


def test_every_commented_setting_of_a_new_site_is_its_default(tmp_path: Path) -> None:
    begun(tmp_path / "site", "--title", "Octavo")
    project = tmp_path / "site" / "pyproject.toml"

    project.write_text(re.sub(r"^# (\w+ = )", r"\1", project.read_text("utf-8"), flags=re.MULTILINE), "utf-8")

    assert load_settings(tmp_path / "site", {}) == Settings()


def test_new_site_is_written_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Mine.", "utf-8")

    done = CliRunner().invoke(main, ["new", str(tmp_path)])

    assert done.exit_code == 1
    assert "is not an empty folder" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_wrong_setting_of_a_new_site_is_told_and_nothing_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["new", str(tmp_path / "site"), "--language", "good English"])

    assert done.exit_code == 1
    assert "language = 'good English'" in done.output
    assert not (tmp_path / "site").exists()


def test_copied_file_is_told_when_the_theme_has_changed_it_since(tmp_path: Path) -> None:
    begun(tmp_path / "site")
    name = "templates/partials/byline.html"
    assert run(tmp_path / "site", "theme", "copy", name)[0] == 0

    same = run(tmp_path / "site", "theme", "diff")
    record = tmp_path / "site" / ".octavo-theme.json"
    record.write_text(re.sub('"[0-9a-f]{32}"', '"of another version"', record.read_text("utf-8")), "utf-8")
    changed = run(tmp_path / "site", "theme", "diff")

    assert (tmp_path / "site" / name).read_bytes() == (THEME / name).read_bytes()
    assert same == (0, f"{name}: the theme's is as it was copied\n")
    assert changed == (1, f"{name}: changed in the theme since it was copied\n")
    assert f"* {name}\n" in run(tmp_path / "site", "theme", "list")[1]


@pytest.mark.parametrize("name", ["templates/nothing.html", "../app.py"])
def test_file_that_the_theme_lacks_is_not_copied(tmp_path: Path, name: str) -> None:
    begun(tmp_path / "site")

    code, told = run(tmp_path / "site", "theme", "copy", name)

    assert code == 1
    assert f"The theme has no file {name}." in told


def test_documented_override_is_on_every_page(tmp_path: Path) -> None:
    begun(tmp_path / "site")
    (tmp_path / "site" / "templates" / "base.html").write_text(documented("base"), "utf-8")

    client = create_app(tmp_path / "site").test_client()

    assert all("Printed nowhere." in client.get(path).text for path in ("/", "/tags/", "/nothing/"))


def test_documented_paper_is_in_the_style_sheet_after_the_themes(tmp_path: Path) -> None:
    begun(tmp_path / "site")
    own = tmp_path / "site" / "static" / "css" / "own.css"
    own.parent.mkdir()
    own.write_text(documented("own"), "utf-8")
    client = create_app(tmp_path / "site").test_client()

    sheet = client.get(re.findall(r'rel="stylesheet" href="([^"]+)"', client.get("/").text)[0]).text

    assert re.findall(r"--paper:([^;]+);", sheet)[-1] == "light-dark(#f4f1e8,#101418)"
    assert sheet.startswith("@layer")
    assert "@import" not in sheet


def test_documented_settings_of_the_looks_are_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(documented("look"), "utf-8")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")

    page = create_app(tmp_path).test_client().get("/").text

    assert all(words in page for words in ("A small law office", "site-logo", "scheme-switch", "Practice", "@office"))


@pytest.mark.parametrize(
    ("settings", "template", "loaded", "widened"),
    [
        ("analytics", "", "https://plausible.io/js/script.js", ["script-src", "connect-src"]),
        ("comments-hosts", "comments", "https://giscus.app/client.js", ["script-src", "style-src", "frame-src"]),
    ],
)
def test_documented_service_is_on_the_page_and_in_its_policy(
    tmp_path: Path, settings: str, template: str, loaded: str, widened: list[str]
) -> None:
    begun(tmp_path / "site")
    (tmp_path / "site" / "pyproject.toml").write_text(documented(settings), "utf-8")
    if template:
        (tmp_path / "site" / "templates" / "article.html").write_text(documented(template), "utf-8")

    answer = create_app(tmp_path / "site").test_client().get("/articles/welcome/")

    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    host = f"https://{urlsplit(loaded).netloc}"
    assert f'src="{loaded}"' in answer.text
    assert [name for name, sources in policy.items() if host in sources] == widened


@pytest.mark.parametrize(
    ("posts_dir", "texts", "told"),
    [
        ("posts", {"a.md": "# A\n", "b.md": "# B\n"}, "2 articles in {root}/posts."),
        ("posts", {"a.md": "# A\n"}, "1 article in {root}/posts."),
        ("posts", {}, "No articles yet. Save a text as {root}/posts/hello.md"),
        ("postz", {}, "posts_dir = 'postz': there is no folder {root}/postz"),
    ],
)
def test_start_tells_what_there_is_and_what_is_next(
    tmp_path: Path, posts_dir: str, texts: dict[str, str], told: str
) -> None:
    (tmp_path / "posts").mkdir()
    for name, text in texts.items():
        (tmp_path / "posts" / name).write_text(text, "utf-8")
    app = create_app(tmp_path, Settings(posts_dir=posts_dir, watch=False))

    assert greeting(app.extensions["octavo"]).startswith(told.format(root=tmp_path))


@pytest.mark.parametrize(("developed", "told"), [(True, "`flask check`"), (False, "`flask serve` is for readers.")])
def test_start_that_others_can_reach_says_that_it_is_not_for_readers(
    tmp_path: Path, developed: bool, told: str
) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.md").write_text("# A\n", "utf-8")
    app = create_app(tmp_path, Settings(watch=False), developed=developed)

    assert told in greeting(app.extensions["octavo"])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine as others install it, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run(["git", "ls-files", "-z", "octavo"], cwd=CHECKOUT, capture_output=True, check=True)
    for name in (*listed.stdout.decode().split("\0")[:-1], "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((CHECKOUT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*build, str(source)], check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


@pytest.mark.thorough
def test_bare_folder_is_a_site_with_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "hello.md").write_text("# Hello\n\nThe first words.\n", "utf-8")
    (tmp_path / "app.py").write_text(documented("app"), "utf-8")
    program = """
import octavo, app
client = app.app.test_client()
print(octavo.__file__)
print([client.get(path).status_code for path in ("/", "/articles/hello/", "/favicon.ico", "/nothing/")])
"""

    run_there = [sys.executable, "-c", program]
    environ = {**os.environ, "PYTHONPATH": str(wheel), "OCTAVO_WATCH": "false"}
    done = subprocess.run(run_there, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)

    where, answers = done.stdout.splitlines()
    assert Path(where).is_relative_to(wheel)
    assert answers == "[200, 200, 200, 404]"


@pytest.mark.thorough
def test_magazine_is_not_in_the_wheel(wheel: Path) -> None:
    texts = [path.read_text("utf-8") for path in (wheel / "octavo" / "theme").rglob("*.html")]

    assert {path.name for path in wheel.iterdir() if path.suffix != ".dist-info"} == {"octavo"}
    assert not re.search(r"Cosmic|planet|\bsky\b|magazine|orbit", " ".join(texts))
