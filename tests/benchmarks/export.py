"""Print what an export costs, whole and after one edit, beside Hugo on the same texts.

Usage: python tests/benchmarks/export.py [ARTICLES] [HUGO]

HUGO is Hugo's program, by default the one on the path; without it only this side is measured. Times are of the whole
command, in seconds of the clock and of the processor. Both sides write pages, lists, tags, feeds and a sitemap; Hugo
gets templates as small as they can be, while Octavo writes its theme's pages, each article as Markdown, three formats
of each feed, related articles by text, and an index for the search.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks import corpus

ARTICLES = 14_000
APP = "from pathlib import Path\nfrom octavo import create_app\napp = create_app(Path(__file__).parent)\n"
SETTINGS = '[tool.octavo]\ntitle = "Archive"\nbase_url = "https://archive.example"\n'
HUGO = {
    "hugo.toml": 'baseURL = "https://archive.example"\ntitle = "Archive"\n[pagination]\npagerSize = 24\n',
    "layouts/_default/single.html": "<!doctype html><title>{{ .Title }}</title><h1>{{ .Title }}</h1>{{ .Content }}"
    '{{ range first 3 (site.RegularPages.Related .) }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}\n',
    "layouts/_default/list.html": "<!doctype html><title>{{ .Title }}</title>"
    '{{ range .Paginator.Pages }}<a href="{{ .RelPermalink }}">{{ .Title }}</a> {{ .Summary }}{{ end }}\n',
}


def measured(what: str, command: list[str], folder: Path) -> None:
    """Run a command, and print how long it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "NO_COLOR": "1"})
    took = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:<28} {took:8.1f} s, {work:8.1f} s of processor", flush=True)


def compare(count: int, hugo: str | None) -> None:
    """Print the times of both sides."""
    with tempfile.TemporaryDirectory() as made:
        octavo, other = Path(made) / "octavo", Path(made) / "hugo"
        octavo.mkdir()
        (octavo / "app.py").write_text(APP)
        (octavo / "pyproject.toml").write_text(SETTINGS)
        corpus.write(octavo / "posts", count)
        texts = sorted((octavo / "posts").rglob("*.md"))
        flask = [sys.executable, "-m", "flask"]
        export = [*flask, "export", "public", "--no-covers"]
        measured("index, which a site has", [*flask, "index", "build"], octavo)
        measured("octavo, whole", export, octavo)
        measured("octavo, nothing changed", export, octavo)
        edited = texts[count // 2]
        edited.write_text(edited.read_text("utf-8") + "\nAnother sentence.\n", "utf-8")
        measured("octavo, one edit", export, octavo)
        if hugo is None:
            print("Hugo is not installed.")
            return
        for name, text in HUGO.items():
            (other / name).parent.mkdir(parents=True, exist_ok=True)
            (other / name).write_text(text)
        shutil.copytree(octavo / "posts", other / "content" / "articles")
        measured("hugo, whole", [hugo, "--quiet"], other)
        measured("hugo, one edit: whole again", [hugo, "--quiet"], other)


if __name__ == "__main__":
    asked = sys.argv[1:]
    compare(int(asked[0]) if asked else ARTICLES, asked[1] if len(asked) > 1 else shutil.which("hugo"))
