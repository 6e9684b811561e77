"""Upgrades: the engine is replaced under a site by a later wheel, and by the earlier one again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.content.database import SCHEMA_NUMBER
from tests.test_own_site import documented
from tests.tools import CHECKOUT

pytestmark = pytest.mark.long

# What an operator does with a site: read a page, count a view, search, look at what is kept.
VISIT = """
import json, sys
import octavo
from app import app
site, client = app.extensions["octavo"], app.test_client()
while site.index.sync().busy:
    pass
client.post("/views/welcome", headers={"User-Agent": sys.argv[1]})
site.views.flush()
page = client.get("/articles/welcome/")
print(json.dumps({
    "engine": octavo.__file__,
    "page": page.text,
    "status": page.status_code,
    "views": client.get("/views/welcome").json["views"],
    "found": client.get("/search.json?q=welcome").json["total"],
}))
site.close()
"""

# What readers of an upgraded site ask for, in one process.
WALK = """
import json, re
from app import app
site, client = app.extensions["octavo"], app.test_client()
article = next(iter(site.library.by_slug))
paths = ["/", "/articles/", "/archive/", "/tags/", "/authors/", "/search/?q=moon", "/search/help/", "/llms.txt"]
paths += [f"/articles/{article}/", "/atom.xml", "/robots.txt", "/sitemap.xml", "/static/harbour.txt"]
print(json.dumps({
    "status": {path: client.get(path).status_code for path in paths},
    "home": client.get("/").text,
    "css": client.get("/static/css/site.css").text,
}))
site.close()
"""


def sources(folder: Path, commit: str = "") -> Path:
    """Return a copy of what a wheel is built from: of a commit, by default of the checkout."""
    folder.mkdir()
    names = ["octavo", "pyproject.toml", "README.md", "LICENSE"]
    if commit:
        packed = subprocess.run(["git", "archive", commit, *names], cwd=CHECKOUT, capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        return folder
    listed = subprocess.run(["git", "ls-files", "-z", *names], cwd=CHECKOUT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / name, folder / name)
    return folder


def versioned(source: Path, version: str) -> Path:
    edit(source / "pyproject.toml", 'version = "', f'version = "{version}" # "')
    return source


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def steps(site: Path, commands: str) -> None:
    subprocess.run(["bash", "-eu", "-c", commands], cwd=site, check=True)


def pip(*words: object) -> None:
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"}
    subprocess.run([sys.executable, "-m", "pip", "-q", *map(str, words)], check=True, env=environ)


class Place:
    """A folder of wheels, an engine that was installed from it, and a site."""

    def __init__(self, path: Path) -> None:
        self.wheels = path / "wheels"
        self.engine = path / "engine"
        self.site = path / "site"

    def build(self, source: Path) -> None:
        pip("wheel", "--no-deps", "--no-build-isolation", "-w", self.wheels, source)

    def install(self, version: str) -> None:
        """Install as `pip install -U octavo` does, from the folder, into one that is the path's first."""
        pip("install", "--no-deps", "-U", "-t", self.engine, "-f", self.wheels, f"octavo=={version}")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PYTHONPATH": str(self.engine)}
        return subprocess.run([sys.executable, *words], cwd=self.site, env=environ, capture_output=True, text=True)

    def visit(self, browser: str = "A browser") -> dict[str, object]:
        done = self.run("-c", VISIT, browser)
        assert done.returncode == 0, done.stderr
        seen: dict[str, object] = json.loads(done.stdout)
        assert Path(str(seen["engine"])).is_relative_to(self.engine)
        return {**seen, "log": done.stderr}

    def index(self) -> dict[str, int]:
        """Return the files of the index with their times."""
        files = self.site.glob("search_index/index-*/*")
        return {path.name: path.stat().st_mtime_ns for path in files}


def begun(place: Path, earlier: Path) -> Place:
    """Return a place with a site of the earlier engine that has a setting, overrides and views."""
    found = Place(place)
    found.build(versioned(earlier, "1.0"))
    found.install("1.0")
    found.site.mkdir()
    new = "from octavo.cli import main; main()"
    made = found.run("-c", new, "new", ".", "--title", "Stone & Sons", "--address", "https://stone.example")
    assert made.returncode == 0, made.stderr
    edit(found.site / "pyproject.toml", "[tool.octavo]\n", '[tool.octavo]\nfooter = "12 Queen Square"\n')
    (found.site / "static/css").mkdir(parents=True, exist_ok=True)
    (found.site / "static/css/own.css").write_text("p { hyphens: none }", "utf-8")
    assert found.run("-c", new, "theme", "copy", "templates/article.html").returncode == 0
    edit(found.site / "templates/article.html", "<h1>", '<h1 class="ours">')
    return found


def is_kept(seen: dict[str, object]) -> bool:
    page = str(seen["page"])
    return all(text in page for text in ("Stone &amp; Sons", "12 Queen Square", '<h1 class="ours">'))


def test_a_later_wheel_keeps_what_is_the_sites(tmp_path: Path) -> None:
    place = begun(tmp_path, sources(tmp_path / "earlier"))
    later = versioned(sources(tmp_path / "later"), "2.0")
    edit(later / "octavo/theme/templates/article.html", '<article class="article', '<article class="later article')
    place.build(later)

    first = place.visit()
    index = place.index()
    place.install("2.0")
    told = place.run("-c", "from octavo.cli import main; main()", "theme", "diff")
    second = place.visit("Another browser")

    assert is_kept(first)
    assert is_kept(second)
    assert (first["views"], second["views"]) == (1, 2)
    assert (first["found"], second["found"]) == (1, 1)
    assert index
    assert place.index() == index
    assert told.returncode == 1
    assert "templates/article.html: changed in the theme since it was copied" in told.stdout


def test_a_wheel_that_is_put_back_starts_and_tells_what_it_cannot_use(tmp_path: Path) -> None:
    place = begun(tmp_path, sources(tmp_path / "earlier"))
    later = versioned(sources(tmp_path / "later"), "2.0")
    edit(later / "octavo/content/database.py", f"NUMBER = {SCHEMA_NUMBER}", f"NUMBER = {SCHEMA_NUMBER + 1}")
    place.build(later)
    place.install("2.0")

    first = place.visit()
    index = place.index()
    place.install("1.0")
    second = place.visit("Another browser")

    assert is_kept(second)
    assert (first["found"], second["found"]) == (1, 1)
    assert f"has the schema {SCHEMA_NUMBER + 1}, and this version of Octavo knows {SCHEMA_NUMBER}" in str(second["log"])
    # The rooms that make an index differ, so it is made anew.
    assert place.index() != index


def test_a_wheel_of_an_earlier_commit_is_upgraded(tmp_path: Path) -> None:
    parents = subprocess.run(
        ["git", "rev-list", "--first-parent", "--skip=30", "-n1", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True
    )
    if not parents.stdout.strip():
        pytest.skip("the history is shallow")
    place = begun(tmp_path, sources(tmp_path / "earlier", parents.stdout.strip()))
    place.build(versioned(sources(tmp_path / "later"), "2.0"))

    first = place.visit()
    place.install("2.0")
    second = place.visit("Another browser")

    assert is_kept(first)
    assert is_kept(second)
    assert (first["views"], second["views"]) == (1, 2)
    assert (first["found"], second["found"]) == (1, 1)


@pytest.mark.parametrize("magazine", [False, True])
def test_a_copy_of_a_checkout_with_changes_is_upgraded_by_the_written_steps(tmp_path: Path, magazine: bool) -> None:
    copied = "459b651"
    (tmp_path / "octavo").symlink_to(CHECKOUT)
    site = tmp_path / "site"
    site.mkdir()
    git = ["git", "archive", copied, "app.py", "pyproject.toml", "posts", "templates", "static", "octavo"]
    packed = subprocess.run(git, cwd=CHECKOUT, capture_output=True)
    if packed.returncode != 0:
        pytest.skip("the history is shallow")
    subprocess.run(["tar", "-x", "-C", site], input=packed.stdout, check=True)
    edit(site / "pyproject.toml", '"Cosmic Chronicles"', '"Harbour Notes"\npage_size = 6')
    edit(site / "templates/partials/byline.html", ">By ", ">Written by ")
    edit(site / "static/css/site.css", "--accent: light-dark(#a6301a", "--accent: light-dark(#00695c")
    (site / "static/harbour.txt").write_text("ours", "utf-8")

    steps(site, documented("part").replace("COMMIT", copied))
    settings = (site / "pyproject.toml").read_text("utf-8").partition("[tool.octavo]")[2].partition("\n[")[0]
    (site / "pyproject.toml").write_text(f"{documented('project')}\n[tool.octavo]{settings}", "utf-8")
    if magazine:
        steps(site, documented("magazine"))
        edit(site / "pyproject.toml", "page_size", 'typefaces = "newsreader"\npage_size')
    changed = sorted(path.relative_to(site / "mine").as_posix() for path in (site / "mine").rglob("*.*"))
    run = [sys.executable, "-c", "from octavo.cli import main; main()"]
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OCTAVO_WATCH": "false"}
    for words in (["theme", "copy", "templates/partials/byline.html"], ["check"]):
        subprocess.run([*run, *words], cwd=site, env=environ, check=True)
    edit(site / "templates/partials/byline.html", 'say("By ', 'say("Written by ')
    own = site / "static/css/own.css"
    own.parent.mkdir(parents=True, exist_ok=True)
    with own.open("a", encoding="utf-8") as css:
        css.write("\n:root { --accent: light-dark(#00695c, #7fe0d0) }\n")
    seen = subprocess.run([sys.executable, "-c", WALK], cwd=site, env=environ, capture_output=True, text=True)

    assert seen.returncode == 0, seen.stderr
    answers = json.loads(seen.stdout)
    assert changed == ["static/css/site.css", "templates/partials/byline.html"]
    assert [path for path, status in answers["status"].items() if status != 200] == []
    assert answers["status"]["/static/harbour.txt"] == 200
    assert "Harbour Notes" in answers["home"]
    assert ("chart" in answers["home"]) == magazine
    assert "Written by" in answers["home"]
    assert "#00695c" in answers["css"]
