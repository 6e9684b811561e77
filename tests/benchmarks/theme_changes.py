"""Print how many pages are made again after a change in the theme, beside another checkout of Octavo.

Usage: python tests/benchmarks/theme_changes.py [BASE]

BASE is a checkout with its own `.venv`, such as one of 459b651. Every page of 50 invented articles is read, a file of
the theme is changed, and every page read again; then the file is put back, and every page read once more.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import corpus, sides

ARTICLES = 50
CHANGES = ("templates/tag.html", "templates/partials/share.html", "templates/404.html", "static/js/search.js")


def side(root: Path, folder: Path) -> None:
    """Serve one checkout to the process that compares."""
    for source in (root / "octavo" / "theme", root):
        for name in ("templates", "static"):
            if (source / name).exists():
                shutil.copytree(source / name, folder / name, dirs_exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        app = sides.without_threads(root, folder / "posts", made, folder)
        site = app.extensions["octavo"]
        edition = site.edition()
        paths = ["/", "/articles/", "/tags/", "/archive/", "/search/help/", "/nowhere/"]
        paths += [f"/articles/{post.slug}/" for post in edition.posts]
        paths += [f"/tags/{slug}/" for slug in edition.tags]
        counts = app.extensions["octavo_cache"].counts
        sides.microseconds(app, [sides.request(path) for path in paths])
        for name in sides.questions():
            found = {"pages": float(len(paths))}
            file = folder / name
            before = file.read_bytes()
            for what, text in (("changed", before + b"\n"), ("put back", before)):
                file.write_bytes(text)
                site.check_for_changes()
                renders = counts.renders
                found[f"us {what}"] = sides.microseconds(app, [sides.request(path) for path in paths])
                found[what] = counts.renders - renders
            sides.answer(found)


def compare(base: Path | None) -> None:
    """Print what each change did here and in `base`."""
    with tempfile.TemporaryDirectory() as made:
        roots = sides.roots(base)
        for name, root in roots.items():
            folder = Path(made) / name
            corpus.write(folder / "posts", ARTICLES)
            one = sides.Side(__file__, root, folder)
            for change in CHANGES:
                found = one.ask(change)
                print(
                    f"{name}: {change}: {found['changed']:.0f} of {found['pages']:.0f} pages made again, "
                    f"{found['us changed']:.0f} us a page; put back: {found['put back']:.0f}, "
                    f"{found['us put back']:.0f} us"
                )
            one.close()


if __name__ == "__main__":
    sides.run(side, compare)
