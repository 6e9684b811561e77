"""A site whose every file is meant to do harm: each page opens, and nothing that a file says becomes markup."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from selectolax.lexbor import LexborHTMLParser

from tests.conftest import Clock, PostsFolder, Reader
from tests.content.test_frontmatter import HOSTILE

ATTACK = """"><script>alert(1)</script><img src=x onerror=alert(1)>'{{ 7*7 }}{% raw %}</title>\u202e&"""
BODIES = {
    "nested quotes": ">" * 5000 + " x",
    "nested lists": "".join("  " * depth + "- x\n" for depth in range(300)),
    "brackets": "[" * 20_000,
    "emphasis": "*a_" * 20_000,
    "links": "[a](" * 10_000,
    "pictures": "![" * 10_000,
    "backticks": "`" * 9999 + " x",
    "tables": "|" * 3000 + "\n" + "|-" * 3000 + "\n" + "|x" * 3000,
    "entities": "&#0;&#xD800;&#x110000;" * 500,
    "html": "<div>" * 3000,
    "comments": "<!--" * 5000,
    "math": "$$" + "{" * 3000 + "$$\n\n$" + "\\frac" * 500 + "$",
    "code": "```" + "x" * 5000 + "\n" + "(" * 20_000 + "\n```",
    "footnotes": "".join(f"[^{n}]\n\n[^{n}]: x[^{n}]\n\n" for n in range(300)),
    "headings": "# same\n\n" * 1000,
    "one word": "x" * 200_000,
    "controls": "a\x01b\x0bc\x7fd\x9fe\ufffef\u2028g",
    "elements": '<object data="//x.example">a</object><embed src="//x.example"><base href="//x.example">'
    '<iframe src="//x.example"></iframe>'
    '<form action="https://x"><input name="q"></form><p style="color:red" onclick="x">b</p>',
    "attack": ATTACK + "\n\n[x](javascript:alert(1)) ![x](data:text/html,x) <a href='vbscript:x'>y</a>",
}  # fmt: skip


@pytest.fixture
def hostile(folder: PostsFolder) -> PostsFolder:
    for number, (name, text) in enumerate(HOSTILE.items()):
        folder.raw(f"head {number} {name}.md", text)
    for name, body in BODIES.items():
        folder.write(f"body/{name}", body)
    texts = dict.fromkeys(["title", "category", "author", "summary", "canonical", "slug"], ATTACK)
    folder.write(
        "attack", tags=[ATTACK, "ok"], aliases=[ATTACK, "/a\nb/"], image={"path": ATTACK, "alt": ATTACK}, **texts
    )
    folder.write("image", image={"path": "../../../etc/passwd"}, avatar="x")
    folder.raw("_authors/attack.md", f"---\nname: {ATTACK.splitlines()[0]!r}\n---\n{ATTACK}")
    folder.write("early", date="1000-01-01")
    folder.write("late", date="2025-07-01", updated="9998-12-30", expires="9998-12-30")
    folder.write("zero", date="0001-01-01T00:00:00Z")
    for name in (
        "articles",
        "search",
        "CON",
        "a" * 200,
        "%2e%2e",
        "..",
        "🚀",
        "index",
        "x?y#z",
        "<b>",
        "café",
        "nul\u0085",
    ):
        folder.write(f"names/{name} ", title=f"Name {name}")
    folder.raw("_pages/articles.md", "# Takes a list's address")
    folder.raw("broken.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    folder.write("pictured", "![a](broken.png) ![b](bomb.svg)", image="broken.png")
    folder.raw("bomb.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='1e99' height='-1'><script>x</script></svg>")
    os.mkfifo(folder.path / "pipe.md")
    os.mkfifo(folder.path / "pipe.png")
    return folder


@pytest.mark.parametrize("zone", ["America/Adak", pytest.param("Pacific/Kiritimati", marks=pytest.mark.long)])
def test_every_page_of_a_hostile_site_opens_and_holds_no_foreign_markup(
    make_app: Callable[..., Flask], hostile: PostsFolder, clock: Clock, zone: str
) -> None:
    app = make_app(timezone=zone)
    app.test_client_class = Reader
    client = app.test_client()
    client.get("/")
    waiting, seen = ["/", "/nothing/", "/articles/?page=2", "/archive/1000/"], set[str]()

    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == (404 if path == "/nothing/" else 200), path
        if answer.mimetype != "text/html":
            continue
        html = answer.get_data(as_text=True)
        assert_harmless(html, path)
        waiting += [found for found in links(html, path) if found not in (*seen, *waiting)]

    site = app.extensions["octavo"]
    visible = site.edition().by_slug
    assert {f"/articles/{slug}/" for slug in visible if slug.isascii()} <= seen
    refused = {problem.mark.path for problem in site.library.problems if problem.severity == "error"}
    for file in Path(hostile.path).rglob("*.md"):
        name = file.relative_to(hostile.path).as_posix()
        hidden = any(part[0] in "._" for part in name.split("/"))
        assert hidden or name in refused or name in site.library.by_path, name


def links(html: str, path: str) -> set[str]:
    """The addresses on this site that a page leads to or shows."""
    nodes = LexborHTMLParser(html).css("a[href], img[src], link[rel=stylesheet], script[src], link[rel=icon]")
    targets = [node.attributes.get("href") or node.attributes.get("src") or "" for node in nodes]
    sets = [node.attributes.get("srcset") or "" for node in LexborHTMLParser(html).css("img[srcset]")]
    targets += [entry.split()[0] for entry in ",".join(sets).split(",") if entry.strip()]
    parts = [urlsplit(urljoin(f"http://here{path}", target)) for target in targets]
    return {part._replace(scheme="", netloc="", fragment="").geturl() for part in parts if part.netloc == "here"}


def assert_harmless(html: str, path: str) -> None:
    tree = LexborHTMLParser(html)
    scripts = [node for node in tree.css("script") if node.attributes.get("type") != "application/ld+json"]
    assert all((node.attributes.get("src") or "").startswith("/static/") and not node.text() for node in scripts), path
    assert tree.css("[onerror], [onclick], [style], iframe, object, embed, base, form[action^=http]") == [], path
    for node in tree.css("[href], [src]"):
        target = (node.attributes.get("href") or node.attributes.get("src") or "").strip().lower()
        assert not target.startswith(("javascript:", "vbscript:", "data:text")), path
    assert not re.search("[\x00-\x08\x0b\x0e-\x1f]", html), path
    assert "49" not in tree.css_first("title").text(), path
