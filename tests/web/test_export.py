"""The exported site: files that equal what is served, and only those that have changed are written."""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import brotli
import pytest
from click.testing import Result
from flask import Flask
from selectolax.lexbor import LexborHTMLParser

from octavo.site.site import Site
from octavo.web.export.addresses import file_of
from octavo.web.export.export import Export, ExportOptions, ExportReport
from octavo.web.export.folder import ExportError
from octavo.web.export.scripts import classic
from octavo.web.page_kinds import every_path
from octavo.web.theme.assets import Asset
from tests.conftest import PostsFolder
from tests.tools import lacking

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
PARAGRAPHS = "\n\n".join(f"Paragraph {number} of a text that is long enough." for number in range(9))


@pytest.fixture
def archive(folder: PostsFolder) -> PostsFolder:
    """A small site with all that a page may show."""
    for number in range(5):
        folder.write(
            f"text-{number}",
            f"A text about comets. [The first](text-0.md).\n\n![A dot](dot.gif)\n\n{PARAGRAPHS}",
            title=f"Text {number}",
            date=f"2025-01-0{number + 1}",
            tags=["Mars", f"tag-{number % 2}"],
            category="Planets",
            author="Ada",
        )
    folder.raw("dot.gif", PIXEL)
    folder.write("_pages/about", "About us.", title="About")
    folder.write("moved", "It moved.", date="2024-01-01", aliases=["/old/place/", "/2001/old.html"])
    return folder


@pytest.fixture
def export(make_app: Callable[..., Flask], archive: PostsFolder, tmp_path: Path) -> Callable[..., ExportReport]:
    """Export the site as it is now, by a process of its own."""

    def run(
        name: str = "public", covers: bool = False, settings: dict[str, str] | None = None, **options: bool
    ) -> ExportReport:
        app = make_app(page_size=2, api_open=True, **(settings or {}))
        return Export(app, tmp_path / name, ExportOptions(covers=covers, **options)).run()

    return run


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_equal_what_is_served(
    make_app: Callable[..., Flask], export: Callable[..., ExportReport], tmp_path: Path
) -> None:
    export()

    app = make_app(page_size=2, api_open=True, views=False, indexing=False)
    client = app.test_client()
    site: Site = app.extensions["octavo"]
    with app.app_context():
        paths = [path for path in every_path(site, site.edition()) if "?" not in path]
    paths += ["/atom.xml", "/tags/mars/feed.json", "/sitemaps/articles-1.xml", "/articles/text-1.md", "/robots.txt"]
    paths += ["/ghost/api/content/posts/", "/openapi.json", "/ghost/api/content/authors/slug/ada/"]
    paths += ["/opensearch.xml"]
    served = {path: re.sub(rb"\?page=(\d)", rb"page/\1/", client.get(path).data) for path in paths}
    # Lines about what only a server answers.
    served = {path: re.sub(rb" *<[^<>]*(oembed|\.json)\?[^<>]*>\n", b"", data) for path, data in served.items()}
    assert served == {path: (tmp_path / "public" / file_of(path)).read_bytes() for path in paths}


def test_no_file_names_what_only_a_server_answers(export: Callable[..., ExportReport], tmp_path: Path) -> None:
    export()
    export("disk", relative=True)

    found = {**contents(tmp_path / "public"), **contents(tmp_path / "disk")}
    files = [text for path, text in found.items() if not path.endswith(".js")]
    assert [name for name in (b"/oembed?", b"search.json?", b"suggest.json?") for text in files if name in text] == []
    assert b'rel="canonical"' not in (tmp_path / "public/404.html").read_bytes()
    assert b'rel="preload"' in (tmp_path / "public/index.html").read_bytes()
    assert b'rel="preload"' not in (tmp_path / "disk/index.html").read_bytes()


def test_pages_of_a_list_are_in_folders(export: Callable[..., ExportReport], tmp_path: Path) -> None:
    export()

    first = (tmp_path / "public/articles/index.html").read_text()
    second = (tmp_path / "public/articles/page/2/index.html").read_text()
    assert 'href="/articles/page/2/"' in first
    assert '<link rel="canonical" href="https://journal.example/articles/page/2/">' in second
    assert "?page=" not in first + second


def test_two_exports_of_the_same_content_are_the_same_bytes(
    export: Callable[..., ExportReport], tmp_path: Path
) -> None:
    export("one")
    export("two")

    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_after_an_edit_only_what_shows_it_is_made_again(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    whole = export()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "public").rglob("*.html")}
    archive.write("text-1", "Another text.", title="Text 1", date="2025-01-02", tags=["Mars", "tag-1"],
                  category="Planets", author="Ada")  # fmt: skip

    after = export()

    changed = {str(path.relative_to(tmp_path / "public")) for path, time in before.items()
               if path.stat().st_mtime_ns != time}  # fmt: skip
    assert "articles/text-1/index.html" in changed
    assert not changed & {"about/index.html", "tags/index.html", "authors/index.html", "archive/index.html"}
    assert after.written < whole.written / 2
    export("fresh")
    assert contents(tmp_path / "public") == contents(tmp_path / "fresh")


@pytest.mark.thorough
def test_an_export_step_by_step_equals_one_that_is_made_at_once(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    def write(name: str, **fields: Any) -> None:
        archive.write(name, f"See [the first](text-0.md) and [the new](new.md). {PARAGRAPHS}", **fields)

    export()
    for step in (
        lambda: write("new", title="New", tags=["Mars", "Moon"], date="2025-02-01", category="Moons"),
        lambda: write("text-2", title="Other", tags=["MARS", "tag-0"], date="2025-01-03", author="Ada"),
        lambda: archive.raw("_authors/ada.md", "---\nname: Ada Lovelace\n---\nA bio with [a link](../new.md).\n"),
        lambda: archive.raw("dot.gif", PIXEL + b"\0"),
        lambda: (archive.path / "text-4.md").unlink(),
        lambda: write("text-1", title="Text 1", draft=True),
        lambda: write("_pages/contact", title="Contact"),
    ):
        step()
        export()

    export("fresh")
    assert contents(tmp_path / "public") == contents(tmp_path / "fresh")


def test_an_export_of_what_has_not_changed_makes_nothing(export: Callable[..., ExportReport]) -> None:
    export()

    again = export()

    assert (again.written, again.deleted) == (0, 0)


@pytest.fixture
def pagefind() -> None:
    """Pagefind, or no test."""
    if importlib.util.find_spec("pagefind") is None:
        lacking("pagefind is not installed")


@pytest.mark.usefixtures("pagefind")
@pytest.mark.long
def test_pagefinds_index_is_the_same_bytes_and_follows_an_edit(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    index = "search/static/pagefind"
    export("one", pagefind=True)
    export("two", pagefind=True)
    before = contents(tmp_path / "one")

    again = export("one", pagefind=True)
    archive.write("new", body="Something else.", title="New")
    export("one", pagefind=True)
    export("three", pagefind=True)

    assert before == contents(tmp_path / "two")
    assert again.written == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "three") != before
    assert (tmp_path / "one" / index / "pagefind.js").is_file()
    assert not list((tmp_path / "one" / index).glob("*ui*"))
    assert not (tmp_path / "one" / "search/static/words").exists()


def test_without_pagefind_an_export_with_it_is_refused_with_a_cure(
    make_app: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pagefind", None)
    run = make_app().test_cli_runner()

    refused = run.invoke(args=["export", str(tmp_path / "out"), "--search", "pagefind"])
    from_disk = run.invoke(args=["export", str(tmp_path / "out"), "--search", "pagefind", "--relative"])

    assert (refused.exit_code, from_disk.exit_code) == (1, 2)
    assert "--search pagefind needs its package: `pip install 'octavo[pagefind]'`." in refused.output
    assert "Pagefind cannot be read from disk: leave out --relative." in from_disk.output
    assert not (tmp_path / "out").exists()


def test_an_export_keeps_what_it_has_read_for_the_next_one(
    make_app: Callable[..., Flask], archive: PostsFolder, tmp_path: Path
) -> None:
    app = make_app()
    Export(app, tmp_path / "public", ExportOptions(covers=False)).run()
    catalogue = app.extensions["octavo"].index_dir / "catalogue.sqlite"

    with closing(sqlite3.connect(catalogue)) as db:
        paths = {path for (path,) in db.execute("select path from files where record != 'null'")}

    assert paths == {path.relative_to(archive.path).as_posix() for path in archive.path.rglob("*.md")}


def test_files_that_are_gone_are_deleted_and_those_of_others_stay(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    export()
    (tmp_path / "public/CNAME").write_text("journal.example")
    (tmp_path / "public/articles/text-4/own.txt").write_text("mine")
    (archive.path / "text-4.md").unlink()
    (archive.path / "text-3.md").unlink()

    outcome = export()

    assert outcome.deleted > 0
    assert not (tmp_path / "public/articles/text-3").exists()
    assert os.listdir(tmp_path / "public/articles/text-4") == ["own.txt"]
    assert (tmp_path / "public/CNAME").read_text() == "journal.example"


def test_a_file_of_others_at_a_pages_place_is_told_and_stays(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    export()
    place = tmp_path / "public/articles/new/index.html"
    place.parent.mkdir()
    place.write_text("mine")
    archive.write("new")

    outcome = export()

    assert outcome.foreign == ["articles/new/index.html"]
    assert place.read_text() == "mine"


def test_a_folder_may_have_a_name_that_is_no_text(export: Callable[..., ExportReport], tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xff")

    export(name)

    assert (tmp_path / name / "index.html").exists()
    assert export(name).written == 0


@pytest.mark.parametrize("made", ["file", "folder", "home"])
def test_a_folder_that_holds_something_else_is_refused(
    export: Callable[..., ExportReport], tmp_path: Path, made: str
) -> None:
    place = tmp_path / "public"
    if made == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "precious.txt").write_text("mine")
    before = contents(tmp_path)

    with pytest.raises(ExportError, match="empty, or not there yet"):
        export()

    assert contents(tmp_path).items() >= before.items()


def test_a_folder_that_is_a_link_to_elsewhere_is_not_written_through(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    export()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "public/articles/new").symlink_to(tmp_path / "elsewhere")
    archive.write("new")

    with pytest.raises(ExportError, match="is a link to elsewhere"):
        export()

    assert os.listdir(tmp_path / "elsewhere") == []


def test_what_readers_do_not_see_is_in_no_file(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    archive.write("kept/secret/index", "Hidden words. ![](hush.gif)", title="Unseen", draft=True, tags=["Hush"])
    archive.raw("kept/secret/hush.gif", PIXEL + b"\0")
    archive.write("later", "Hidden words.", title="Unseen", date="2031-01-01")
    archive.write("over", "Hidden words.", title="Unseen", date="2020-01-01", expires="2021-01-01")

    export(compressed=False)

    found = contents(tmp_path / "public")
    assert [name for name in found if "hush" in name or "secret" in name or "later" in name] == []
    assert [name for name, data in found.items() if b"Unseen" in data or b"Hidden words" in data] == []


def test_old_addresses_lead_to_the_new_one(export: Callable[..., ExportReport], tmp_path: Path) -> None:
    export()

    page = (tmp_path / "public/old/place/index.html").read_text()
    assert '<meta http-equiv="refresh" content="0; url=/articles/moved/">' in page
    assert (tmp_path / "public/2001/old.html").exists()
    assert "/old/place /articles/moved/ 301\n" in (tmp_path / "public/_redirects").read_text()


def test_the_list_that_a_rule_moves_with_all_below_it_leads_on(
    export: Callable[..., ExportReport], tmp_path: Path
) -> None:
    (tmp_path / "_redirects").write_text("/category/old/*  /tags/mars/:splat\n")

    export()

    page = (tmp_path / "public/category/old/index.html").read_text()
    assert '<meta http-equiv="refresh" content="0; url=/tags/mars/">' in page


def test_old_addresses_that_no_file_can_have_cost_nothing_else(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    odd = [
        "/robots.txt/x/",
        f"/{'a' * 300}/",
        f"/{'b/' * 1500}",
        "/x\ny/",
        "/../../outside/",
        "/..%2foutside/",
        "/a\0b/",
    ]
    archive.write("odd", aliases=[*odd, "/fine/"])

    outcome = export()

    assert outcome.failed == []
    assert (tmp_path / "public/fine/index.html").is_file()
    assert (tmp_path / "public/robots.txt").is_file()
    assert list(tmp_path.rglob("*outside*")) == []
    assert "outside" not in (tmp_path / "public/_redirects").read_text()


@pytest.mark.parametrize("place", ["posts/public", "static", "instance/public"])
def test_a_folder_that_the_site_is_made_from_is_refused(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path, place: str
) -> None:
    with pytest.raises(ExportError, match="which the site is made from"):
        export(place)

    assert not (tmp_path / place).exists()


def test_compressed_forms_are_beside_texts_and_go_with_them(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    export(compressed=True)

    page = tmp_path / "public/articles/text-1/index.html"
    assert gzip.decompress(page.with_name("index.html.gz").read_bytes()) == page.read_bytes()
    assert brotli.decompress(page.with_name("index.html.br").read_bytes()) == page.read_bytes()
    export(compressed=False)
    assert list((tmp_path / "public").rglob("*.br")) == []


def broken_links(root: Path) -> list[tuple[str, str]]:
    """Return each link, picture and script of all pages that names no file, or leads out of the folder."""
    broken = []
    for file in root.rglob("*.html"):
        page = LexborHTMLParser(file.read_text())
        named = [(node.attributes.get(name) or "", node) for name in ("href", "src", "action")
                 for node in page.css(f"[{name}]") if node.attributes.get("rel") != "canonical"]  # fmt: skip
        urls = [url for url, _ in named]
        urls += [
            part.split()[0] for node in page.css("[srcset]") for part in (node.attributes["srcset"] or "").split(", ")
        ]
        for url in urls:
            target = urlsplit(urljoin(file.as_uri(), url))
            if target.scheme == "file" and not Path(unquote(target.path)).is_file():
                broken.append((str(file.relative_to(root)), url))
    return broken


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"base_url": "https://journal.example/blog"},
        {"permalink": "/:year/:month/:slug.html"},
        {"permalink": "/:slug/", "base_url": "https://journal.example/blog"},
    ],
    ids=["plain", "below a path", "permalink", "both"],
)
def test_every_link_of_a_site_for_reading_from_disk_names_a_file(
    export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path, settings: dict[str, str]
) -> None:
    archive.write(
        "strange/Ångström & Co #1", "[About](../_pages/about.md), [a feed](/atom.xml)", title="Odd", tags=["Ü & Ö"]
    )
    archive.raw("strange/a file, (with) 'signs' & more.gif", PIXEL)
    archive.write("strange/shown", "![Shown](<a file, (with) 'signs' & more.gif>)", title="Shown")

    outcome = export(relative=True, settings=settings)

    assert outcome.failed == []
    assert broken_links(tmp_path / "public") == []
    assert 'type="module"' not in (tmp_path / "public/index.html").read_text()


def test_a_page_that_fails_keeps_its_last_version(
    make_app: Callable[..., Flask], export: Callable[..., ExportReport], archive: PostsFolder, tmp_path: Path
) -> None:
    export()
    before = (tmp_path / "public/authors/index.html").read_bytes()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/authors.html").write_text("{{ 1 // 0 }}")

    outcome = export()

    assert outcome.failed == ["/authors/"]
    assert (tmp_path / "public/authors/index.html").read_bytes() == before


def test_modules_with_their_imports_become_one_script() -> None:
    low = Asset("low.js", "/static/low.1.js", b"export const one = 1;\nexport default function two() {}\n", "")
    top = Asset(
        "top.js", "/static/top.2.js", b'import two, { one as first } from "./low.1.js";\nuse(two, first);\n', ""
    )

    text = classic(top, {low.url: low, top.url: top}).decode()

    assert "import" not in text
    assert text.index("exports.one = one;") < text.index("use(two, first);")
    assert 'const two = loaded["/static/low.1.js"].default; const { one: first }' in text


def test_the_command_tells_what_it_did_and_refuses_with_a_cure(
    make_app: Callable[..., Flask], archive: PostsFolder, tmp_path: Path
) -> None:
    def run(*arguments: str) -> Result:
        return make_app().test_cli_runner().invoke(args=["export", *arguments, "--no-covers"])

    made = run(str(tmp_path / "public"))
    again = run(str(tmp_path / "public"))
    refused = run(str(tmp_path / "posts"))

    assert (made.exit_code, again.exit_code, refused.exit_code) == (0, 0, 1)
    assert ", 0 of them written, 0 deleted." in again.output
    assert "is not empty, and no export: nothing in it is touched." in refused.output
