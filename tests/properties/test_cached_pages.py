"""Whatever happens to the files, the clock and the theme: a page from the cache equals the page made fresh.

`SEED=7 pytest tests/properties` tries other sequences; `-m long` tries 10,000 of them.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from PIL import Image
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from octavo import create_app
from octavo.content.prepared import Prepared
from octavo.search.protocol import not_memoized
from octavo.settings import Settings
from octavo.site.indexing import SiteIndex
from octavo.site.site import Site
from octavo.web.cache import refresh
from octavo.web.cache.cached_page import CachedPage, Pool
from octavo.web.cache.page_cache import PageCache
from octavo.web.cache.plans import canonical_request
from tests.conftest import NOW, Clock, PostsFolder
from tests.tools import THEME

SEED = int(os.environ.get("SEED", "1969"))
TAGS = ("Mars", "mars", "Venus", "Outer Planets")
CATEGORIES = ("Launch", "Astronomy")
SERIES = ("Apollo", "Luna")
AUTHORS = ("ada", "Ada", "Grace Hopper")
FILES = ("one.md", "two.md", "folder/three.md", "folder/index.md", "2024-05-06-four.md", "_pages/about.md")
SLUGS = ("one", "two", "three", "folder", "four", "about", "shared", "moved")
PICTURES = ("a.png", "folder/a.png", "folder/b.png")
# Pages of every other kind that the cache keeps.
MACHINES_READ = (
    "/atom.xml", "/feed.json", "/tags/mars/rss.xml", "/authors/ada/feed.json", "/categories/launch/atom.xml",
    "/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/articles-1.xml", "/sitemaps/news.xml", "/llms.txt",
    "/articles/one.md", "/articles/three.md", "/search/?q=text", "/search.json?q=heading", "/search/help/",
    "/search/suggest.json?q=fi", "/oembed?url=https://journal.example/articles/one/",
    "/ghost/api/content/posts/?include=tags,authors", "/ghost/api/content/posts/slug/two/?formats=html,plaintext",
    "/ghost/api/content/tags/?include=count.posts", "/ghost/api/content/authors/?limit=1&page=2",
)  # fmt: skip
# The templates that change, and what is at the end of one that has changed.
TEMPLATES = ("extra.html", "tag.html", "article.html")
ANOTHER = "{{ page.title if page is defined }}"
# Of so many pages, one is read in each turn.
SHARE = 53
# Drawn with Pillow.
SLOW = ("pages.social_cover",)
# Instants that posts are published at or expire at, and the clock stands at, before or after.
INSTANTS = tuple(NOW + timedelta(seconds=step) for step in (-400 * 86_400, -60, 0, 60, 3_600, 400 * 86_400))

BODIES = (
    "Plain text.",
    "# A heading\n\nOther text, longer than the first one was.",
    "[one](one.md), [two](../two.md), [three](folder/three.md), [about](_pages/about.md)",
    "{{< card one.md >}}\n\n{{< card ../two.md >}}\n\n{{< card /articles/three/ >}}",
    "![A picture](a.png) and ![another](folder/b.png)",
    "[one](/2024/one/), [three](/x/three.html), [Mars](/tag/mars/), ![a picture](/images/a.png)",
    "[feed](/tags/mars/atom.xml), [month](/2025/01/), [here](./), [folder](folder/), ![by its name](b.png)",
    "## First\n\n## Second\n\n## Third\n\n## Fourth\n\nA text with contents.[^1]\n\n[^1]: A note.",
)


def picture(side: int) -> bytes:
    data = BytesIO()
    Image.new("RGB", (side, side), (side, 0, 0)).save(data, "PNG")
    return data.getvalue()


IMAGES = (picture(20), picture(30))


def instants() -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *(instant.isoformat() for instant in INSTANTS)])


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=2)


posts = st.fixed_dictionaries(
    {"title": st.sampled_from(["First title", "Second title"]), "date": instants()},
    optional={
        "expires": instants(),
        "updated": instants(),
        "slug": st.sampled_from(SLUGS),
        "tags": some(*TAGS),
        "category": st.sampled_from(CATEGORIES),
        "series": st.sampled_from(SERIES),
        "series_order": st.integers(1, 3),
        "authors": some(*AUTHORS),
        "summary": st.sampled_from(["A summary", "Another"]),
        "draft": st.booleans(),
        "featured": st.booleans(),
        "noindex": st.booleans(),
        "aliases": some("/old/", "/articles/moved/"),
        "related": some(*SLUGS),
        "related_exclude": some(*SLUGS),
        "image": st.sampled_from(["a.png", "folder/b.png", "missing.png"]),
    },
)

actions = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(FILES), posts, st.sampled_from(BODIES)),
    st.tuples(st.just("write"), st.sampled_from(FILES), posts, st.sampled_from(BODIES)),
    st.tuples(st.just("rewrite"), st.sampled_from(FILES), st.sampled_from(BODIES)),
    st.tuples(st.just("rename"), st.sampled_from(FILES), st.sampled_from(FILES)),
    st.tuples(st.just("delete"), st.sampled_from(FILES)),
    st.tuples(st.just("break"), st.sampled_from(FILES)),
    st.tuples(st.just("author"), st.sampled_from(["ada", "grace-hopper"]), st.sampled_from(["Ada", "Ada L."]),
              st.sampled_from(["", "A bio.", "A bio with [a link](../one.md)."])),
    st.tuples(st.just("paint"), st.sampled_from(PICTURES), st.integers(0, 1)),
    st.tuples(st.just("clock"), st.sampled_from(INSTANTS), st.sampled_from([-1.0, -0.001, 0.0, 0.5])),
    st.tuples(st.just("theme"), st.integers(0, 1), st.sampled_from(TEMPLATES)),
    st.tuples(st.just("see"), st.integers(0, 2)),
    st.tuples(st.just("index"), st.integers(0, 2)),
)  # fmt: skip


# What happens to a site, one thing after another: the names of World's methods and their arguments.
History = list[tuple[Any, ...]]


@dataclass
class Process:
    """One server process of the site."""

    app: Flask
    first: list[tuple[Pool, str, CachedPage]] = field(default_factory=list)

    @property
    def cache(self) -> PageCache:
        found: PageCache = self.app.extensions["octavo_cache"]
        return found

    @property
    def site(self) -> Site:
        found: Site = self.app.extensions["octavo"]
        return found

    @cached_property
    def requests(self) -> dict[str, dict[str, Any]]:
        """Requests for all pages that the cache may keep, whether they are there at the moment or not, by address."""
        lists = {"pages.tag": ("mars", "venus", "outer-planets"), "pages.category": ("launch", "astronomy"),
                 "pages.author": ("ada", "grace-hopper"), "pages.term-series": ("apollo", "luna")}  # fmt: skip
        found = {}
        base = self.site.settings.base_url
        for rule in self.app.url_map.iter_rules():
            known = {"slug": lists.get(rule.endpoint, SLUGS), "year": (2024, 2025, 2026)}
            view = self.app.view_functions[rule.endpoint]
            if not hasattr(view, "plan") or not rule.endpoint.startswith("pages.") or rule.endpoint in SLOW:
                continue
            wanted = rule.arguments - (rule.defaults or {}).keys()
            for choice in itertools.product(*(known[name] for name in wanted)):
                values: dict[str, Any] = dict(zip(wanted, choice, strict=True))
                built = rule.build(values)
                assert built is not None
                for query in ("", *(f"?{name}=2" for name in view.plan.parameters if not wanted)):
                    path = built[1] + query
                    found[path] = create_environ(path, base)
        return found | {path: create_environ(path, base) for path in MACHINES_READ}

    @cached_property
    def keys(self) -> dict[str, str]:
        """The names of pages in the cache, by address."""
        parts = ((path, *path.partition("?")[::2]) for path in self.requests)
        requests = ((path, canonical_request(self.app, self.site, *asked)) for path, *asked in parts)
        return {path: request.key for path, request in requests if request}

    def begin(self) -> None:
        """Read every page; `begin_again` brings back those that are there."""
        for path in self.requests:
            self.read(self.app, path)
        pools = (self.cache.pools.existing, self.cache.pools.unbounded)
        self.first = [(pool, key, copy(page)) for pool in pools for key, page in pool.pages.items()]

    def begin_again(self) -> None:
        self.cache.clear()
        for pool, key, page in self.first:
            pool.put(key, copy(page), page.seen)

    def read(self, through: Callable[..., Iterable[bytes]], path: str) -> Response:
        return Response.from_app(through, dict(self.requests[path]), buffered=True)

    def visit(self, turn: int) -> None:
        """Read some pages from the cache, in other turns others."""
        for path in list(self.requests)[turn % SHARE :: SHARE]:
            self.read(self.app, path)

    @property
    def known(self) -> tuple[Mapping[str, Any], ...]:
        """What this process knows of the files. Of a broken one it is the last good version that it saw."""
        library = self.site.library
        return library.by_path, library.authors, library.assets

    def fresh(self) -> Callable[[str], Response]:
        """Return what tells any page as Flask makes it at this moment, of nothing remembered; each is made once."""
        site = self.site
        index = SiteIndex(
            site.root,
            site.index_dir,
            site.settings,
            site.edition,
            site.texts,
            not_memoized,
            lambda: None,
            site.plugins,
            Prepared(site.index_dir / "none.sqlite", lambda: ""),
        )

        def make(path: str) -> Response:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(site, "related", index.related)
                return self.read(self.cache.inner, path)

        return cache(make)

    def kept(self) -> dict[str, Response]:
        """Return all pages that the cache would show now, of itself or from its store."""
        store, found = self.cache.store, {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.app, "request_context", refuse)
            patch.setattr(store, "lock", refuse)
            for path, key in self.keys.items():
                if self.cache.pools.get(key) or (store.shared and store.get(key)):
                    with suppress(AbsentError):
                        found[path] = self.read(self.app, path)
        return found

    def differing(self, fresh: Callable[[str], Response]) -> list[str]:
        """Return the paths of all pages that the cache would show now, and that are not the fresh ones."""
        return [path for path, page in self.kept().items() if facts(page) != facts(fresh(path))]


class AbsentError(Exception):
    """The cache has no page that it would show now."""


def refuse(*arguments: Any) -> None:
    """Stand in for what the cache does when it has no page: render it, while other processes wait."""
    raise AbsentError


def facts(answer: Response) -> tuple[str, str, bytes]:
    return answer.status, answer.headers["Content-Type"], answer.get_data()


class World:
    """A folder of posts, a clock, a theme, and three processes that serve the same site."""

    def __init__(self, folder: Path, theme: Callable[[Path], None]) -> None:
        self.clock = Clock()
        self.folder = PostsFolder(folder / "posts")
        self.templates = folder / "templates"
        theme(self.templates)
        (self.templates / "extra.html").touch()
        self.starters = self._starters()
        self.processes = [self._process(folder, cache) for cache in ("memory", "filesystem", "filesystem")]
        self.stored = folder / "instance" / "cache" / "pages"
        for process in self.processes:
            process.begin()
        shutil.copytree(self.stored, self.stored.with_name("first"), copy_function=os.link)

    def _process(self, folder: Path, cache: str) -> Process:
        given = Settings(
            cache=cache, watch=False, indexing=False, page_size=2, base_url="https://journal.example", api_open=True
        )
        app = create_app(folder, given)
        app.extensions["octavo"].clock = self.clock
        return Process(app)

    def _starters(self) -> dict[str, bytes]:
        """Write four articles, a page, an author and pictures; return what was written."""
        for number, file in enumerate(FILES[:4]):
            fields = {"title": file, "date": f"2025-01-0{number + 1}", "tags": TAGS[number % 2 : number + 1],
                      "author": "ada", "category": CATEGORIES[number // 2], "series": SERIES[number % 2],
                      "image": "a.png"}  # fmt: skip
            self.write(file, fields, BODIES[2 + number % 2])
        for file in PICTURES:
            self.paint(file, 0)
        self.write(FILES[5], {"title": "About"}, BODIES[2])
        self.author("ada", "Ada", "A bio.")
        return {file: (self.folder.path / file).read_bytes() for file in self._files()}

    def _files(self) -> set[str]:
        return {str(path.relative_to(self.folder.path)) for path in self.folder.path.rglob("*") if path.is_file()}

    def close(self) -> None:
        for process in self.processes:
            process.site.close()

    def reset(self, *processes: Process) -> None:
        """Begin again with the first files, and the pages that were made of them in the caches of some processes."""
        self.clock.now = NOW.timestamp()
        for name in TEMPLATES:
            self.theme(0, name)
        found = self._files()
        for file in found - self.starters.keys():
            (self.folder.path / file).unlink()
        for file, data in self.starters.items():
            if file not in found or (self.folder.path / file).read_bytes() != data:
                self.folder.raw(file, data)
        for process in processes:
            process.begin_again()
        first = {entry.name: entry.inode() for entry in os.scandir(self.stored.with_name("first"))}
        for entry in os.scandir(self.stored):
            if first.get(entry.name) == entry.inode():
                del first[entry.name]
            else:
                os.unlink(entry)
        for name in first:
            os.link(self.stored.with_name("first") / name, self.stored / name)

    def act(self, name: str, *arguments: Any) -> None:
        getattr(self, name.replace("break", "spoil"))(*arguments)

    def write(self, file: str, fields: dict[str, Any], body: str) -> None:
        shown = {key: value for key, value in fields.items() if value is not None}
        self.folder.write(file.removesuffix(".md"), body, **{"date": None, **shown})

    def rewrite(self, file: str, body: str) -> None:
        path = self.folder.path / file
        if path.exists():
            head, _, _ = path.read_text().rpartition("---\n")
            self.folder.raw(file, f"{head}---\n{body}")

    def rename(self, old: str, new: str) -> None:
        path = self.folder.path / old
        if path.exists() and old != new:
            self.folder.raw(new, path.read_bytes())
            path.unlink()

    def delete(self, file: str) -> None:
        (self.folder.path / file).unlink(missing_ok=True)

    def spoil(self, file: str) -> None:
        if (self.folder.path / file).exists():
            self.folder.raw(file, "---\ntitle: [unclosed\n---\n")

    def author(self, slug: str, name: str, bio: str) -> None:
        self.folder.raw(f"_authors/{slug}.md", f"---\nname: {name}\n---\n\n{bio}\n")

    def paint(self, file: str, number: int) -> None:
        self.folder.raw(file, IMAGES[number])

    def clock_to(self, moment: datetime, offset: float) -> None:
        self.clock.now = moment.timestamp() + offset

    def theme(self, number: int, name: str) -> None:
        file = self.templates / name
        before = file.read_text()
        text = before.removesuffix(ANOTHER) + ANOTHER * number
        if text != before:
            file.write_text(text)

    def index(self, number: int) -> None:
        """Let one process bring the search index up to date, which decides what is related."""
        self.processes[number].site.index.sync()

    def see(self, number: int) -> None:
        """Let one process look at its files."""
        self.processes[number].site.refresh(settle=0)


def all_the_same(world: World, history: History, process: int, part: int) -> None:
    """Read pages while things happen, each at another age; then compare all, in this process and in another, which
    may be a new one that has only what is stored."""
    server, other = world.processes[process], world.processes[process - 1]
    world.reset(server, other)
    world.see(process)
    for turn, (action, *arguments) in enumerate(history):
        world.act({"clock": "clock_to"}.get(action, action), *arguments)
        # What another process has indexed is noticed a little later, or by whoever looks.
        if action not in ("see", "clock"):
            world.see(process)
        server.visit(part + turn)
    world.see((process - 1) % 3)
    if part % 2 and other.cache.store.shared:
        other.cache.clear()
    fresh = server.fresh()
    assert server.differing(fresh) == []
    assert other.differing(fresh if other.known == server.known else other.fresh()) == []


def tell_all(folder: Path) -> None:
    """Write a theme that shows all that templates are given: where this is right, every theme is."""
    folder.mkdir()
    for file in (THEME / "templates").glob("*.html"):
        names = (
            "page",
            "site",
            "article",
            "lead",
            "featured",
            "latest",
            "sections",
            "issued",
            "cards",
            "pager",
            "term",
        )
        more = ("terms", "related_terms", "authors", "author", "years", "previous", "next", "related", "suggestions")
        shown = "".join(f"{{{{ {name} if {name} is defined }}}}\n" for name in (*names, *more))
        (folder / file.name).write_text(f'<style></style>{{% include "extra.html" %}}{shown}')
    for suffix in ("xml", "txt", "md"):
        for file in (THEME / "templates").rglob(f"*.{suffix}"):
            copied = folder / file.relative_to(THEME / "templates")
            copied.parent.mkdir(exist_ok=True)
            shutil.copy(file, copied)


def own(folder: Path) -> None:
    """Copy the site's own theme, with a part that tests change."""
    shutil.copytree(THEME / "templates", folder)
    base = folder / "base.html"
    base.write_text(base.read_text().replace("</footer>", '{% include "extra.html" %}</footer>'))


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Broken files are told in the terminal; thousands of them would drown everything else."""
    logger = logging.getLogger("octavo")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as patch:
        # Related articles alone may follow a change a little later. Here they follow at once.
        patch.setattr(refresh, "MAX_LAG", 0)
        yield
    logger.setLevel(level)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("telling"), tell_all)
    yield made
    made.close()


@pytest.fixture(scope="module")
def real_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("real"), own)
    yield made
    made.close()


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[World]:
    """A world whose search index knows nothing of earlier histories."""
    made = World(tmp_path, tell_all)
    yield made
    made.close()


def test_every_page_of_every_kind_is_compared(new_world: World) -> None:
    for number, process in enumerate(new_world.processes):
        new_world.reset(process)
        new_world.see(number)
        fresh = process.fresh()

        compared = process.kept()

        assert [path for path in process.requests if fresh(path).status_code == 200 and path not in compared] == []
        assert {key for pool in process.cache.pools.all for key in pool.pages} <= set(process.keys.values())


histories = st.lists(actions, min_size=1, max_size=6)


def trying(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@seed(SEED)
@trying(90)
@given(histories, st.integers(0, 2), st.integers(0, SHARE - 1))
def test_cached_page_equals_the_fresh_one(world: World, history: History, process: int, part: int) -> None:
    all_the_same(world, history, process, part)


@seed(SEED)
@trying(15)
@given(histories, st.integers(0, 2), st.integers(0, SHARE - 1))
def test_so_it_does_in_the_real_theme(real_world: World, history: History, process: int, part: int) -> None:
    all_the_same(real_world, history, process, part)


@pytest.mark.long
@seed(SEED)
@trying(10_000)
@given(st.lists(actions, min_size=1, max_size=15), st.integers(0, 2), st.integers(0, SHARE - 1))
def test_so_it_does_after_long_histories(real_world: World, history: History, process: int, part: int) -> None:
    all_the_same(real_world, history, process, part)
