"""A site below a path, `https://example.org/blog`: every address begins with it, whatever the proxy in front does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from octavo.testing import TestSite
from tests.conftest import CHECKOUT, Clock

SITE = "https://example.org"
PREFIX = "/blog"
BASE = SITE + PREFIX
# Where a crawl begins beside the front page: what no page links to.
SERVICES = (
    "/robots.txt", "/sitemap.xml", "/opensearch.xml", "/llms.txt", "/openapi.json", "/search/?q=moon", "/search/help/",
    "/search/suggest.json?q=a", "/search.json?q=moon", "/ghost/api/content/posts/?limit=3", "/nothing-here/", "/feed",
    "/ghost/api/content/settings/", "/old",
)  # fmt: skip
# Of what has one form, so many are asked for.
MAX_ALIKE = 6
TEXTS = ("text/", "application/")


class WholePath:
    """A reader behind a proxy that passes on the whole path."""

    def __init__(self, app: Flask) -> None:
        self._client = Client(app)

    def get(self, path: str) -> TestResponse:
        return self._client.get(path, base_url=SITE)


class Stripped(WholePath):
    """A reader behind a proxy that strips the prefix, and tells it."""

    def get(self, path: str) -> TestResponse:
        inner = path.removeprefix(PREFIX)
        return self._client.get(inner or "/", base_url=BASE)


class StrippedInSilence(WholePath):
    """A reader behind a proxy that strips the prefix, and does not tell it."""

    def get(self, path: str) -> TestResponse:
        return self._client.get(path.removeprefix(PREFIX) or "/", base_url=SITE)


def links_in(text: str, kind: str, page: str) -> Iterator[str]:
    """The addresses of this site that a text names."""
    found: list[str] = []
    if "html" in kind or "xml" in kind:
        text = re.sub(r"<pre.*?</pre>|<code.*?</code>", "", text, flags=re.DOTALL)
        found += re.findall(r"""\b(?:href|src|action|poster|data-views|url|template)=["']([^"']+)""", text)
        found += [part.split()[0] for srcset in re.findall(r'srcset="([^"]+)"', text) for part in srcset.split(",")]
        found += re.findall(r"<(?:loc|link|id|image:loc)>([^<]+)<", text)
    if "css" in kind:
        found += re.findall(r"""url\(["']?([^"')]+)""", text)
    if "javascript" in kind:
        found += re.findall(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)""", text)
    if "json" in kind:
        strings = list(strings_in(json.loads(text)))
        found += [each for each in strings if each.startswith((SITE, "/")) and not re.search(r"\s", each)]
        found += [link for each in strings if "<" in each for link in re.findall(r'(?:href|src)="([^"]+)', each)]
        if "manifest" in kind:
            found += re.findall(r'"(?:src|start_url)":\s*"([^"]+)"', text)
    if "plain" in kind or "markdown" in kind:
        found += re.findall(r"https://example\.org[^\s)>\]]*(?<![.,])", text)
    for link in map(unescape, found):
        address = urldefrag(urljoin(SITE + page, link.strip()))[0]
        if address.startswith(f"{SITE}/") and "{" not in address:
            yield address.removeprefix(SITE)


def strings_in(value: Any) -> Iterator[str]:
    """All strings in what JSON holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings_in(part)


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., TestSite]]:
    """Make a site below the path."""
    made: list[TestSite] = []

    def make(**settings: Any) -> TestSite:
        for name in ("templates", "static"):
            (tmp_path / name).symlink_to(CHECKOUT / name)
        made.append(TestSite(tmp_path, base_url=BASE, **settings))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def site(make_site: Callable[..., TestSite], tmp_path: Path, clock: Clock) -> TestSite:
    """The sample site below the path."""
    clock.set(2030, 1, 1)
    (tmp_path / "_redirects").write_text("/old /articles/ 302\n")
    made = make_site(posts_dir=str(CHECKOUT / "posts"), title="Below")
    made.site.clock = clock
    made.site.index.sync()
    return made


@pytest.mark.thorough
@pytest.mark.parametrize(
    "reader", [Stripped, *(pytest.param(way, marks=pytest.mark.long) for way in (WholePath, StrippedInSilence))]
)
def test_every_link_of_the_sample_site_begins_with_the_path_and_leads_somewhere(
    site: TestSite, reader: Callable[[Flask], WholePath]
) -> None:
    client = reader(site.app)
    waiting = [PREFIX, f"{PREFIX}/", *(PREFIX + path for path in SERVICES)]
    seen = dict.fromkeys(waiting, "")
    looked_into: dict[str, int] = {}
    wrong: list[str] = []

    while waiting:
        path = waiting.pop()
        form = re.sub(r"[^/]+(/?)$", r"\1", urlsplit(path).path)
        # They have folders of their own, and take longest.
        form = re.sub(r"(?<=/media/).*", "any/", form)
        looked_into[form] = looked_into.get(form, 0) + 1
        if looked_into[form] > MAX_ALIKE and form.count("/") > 2:
            continue
        answer = client.get(path)
        if answer.status_code not in (200, 301, 302, 304) and "nothing-here" not in path:
            wrong.append(f"{path} is {answer.status_code}, from {seen[path]}")
        kind = answer.mimetype or ""
        found = list(links_in(answer.text, kind, path)) if kind.startswith(TEXTS) else []
        if "Location" in answer.headers:
            found.append(answer.headers["Location"].removeprefix(SITE))
        for link in found:
            if link not in seen:
                seen[link] = path
                if link.startswith(f"{PREFIX}/") and not link.startswith(f"{PREFIX}{PREFIX}"):
                    waiting.append(link)
                else:
                    wrong.append(f"{link} in {path}")

    assert wrong[:20] == []
    assert len(seen) > 300


def test_links_in_an_article_are_from_the_sites_root_with_the_path_or_without(
    make_site: Callable[..., TestSite],
) -> None:
    site = make_site()
    site.write("hello")
    site.write("linking", "[one](/articles/hello/) [two](/blog/articles/hello/) [three](hello.md) [four](/articles/)")

    page = site.get("/articles/linking/")

    assert page.count('<a href="/blog/articles/hello/">') == 3
    assert '<a href="/blog/articles/">' in page


def test_page_below_a_path_comes_from_the_cache_and_changes_with_its_file(make_site: Callable[..., TestSite]) -> None:
    site = make_site()
    site.write("hello", title="Before")
    before = site.get("/blog/articles/hello/")

    hit = site.client.get("/blog/articles/hello/")
    site.write("hello", title="After")

    assert "Before" in before
    assert hit.headers["Cache-Status"] == "octavo; hit"
    assert "After" in site.get("/blog/articles/hello/")


def test_other_spellings_lead_to_the_address_below_the_path(make_site: Callable[..., TestSite]) -> None:
    site = make_site()
    site.write("hello", aliases="[/older/]")

    moved = [site.client.get(f"/blog{path}").headers["Location"] for path in ("/articles/Hello", "/older/", "/feed")]

    assert moved == ["/blog/articles/hello/", "/blog/articles/hello/", "/blog/rss.xml"]
