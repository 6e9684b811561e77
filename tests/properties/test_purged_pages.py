"""Whatever happens to the files and the clock: a CDN that keeps every page for ever, and drops those that have one of
the keys of /api/changes, never shows anything but what the site shows.

`SEED=7 pytest tests/properties` tries another walk; `-m long` walks for longer.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from octavo.site.site import Site
from octavo.web.page_kinds import every_path
from tests.conftest import NOW, Clock, PostsFolder

SEED = int(os.environ.get("SEED", "1969"))
NAMES = ("one", "two", "folder/three", "four/index", "_pages/about", "_pages/contact")
SLUGS = ("one", "two", "three", "four", "five", "six", "about", "contact")
PICTURES = ("a.png", "four/a.png", "folder/b.png", "_authors/ada.png")
BODIES = (
    "Plain text.",
    "[one](one.md), [three](folder/three.md), [four](four/), [two](../two)",
    "![A picture](a.png)\n\n![Another](../folder/b.png)",
    "[one](/2024/one/), [six](/blog/six.html), [five](/articles/five), [year](/2024/05/)",
    "{{< card one.md >}}\n\n{{< card folder/three.md >}}\n\n{{< card /about/ >}}\n\n{{< card /blog/six >}}",
    "[Mars](/tag/mars/), [Venus](/tags/venus/), ![A picture](/images/a.png), [Ada](/author/ada/)",
)
# Beside the pages of readers. The sitemaps of news, and of all, are bounded by their Cache-Control as well.
MACHINES_READ = (
    *(
        "/atom.xml",
        "/rss.xml",
        "/feed.json",
        "/tags/mars/atom.xml",
        "/series/voyages/atom.xml",
        "/authors/ada/feed.json",
        "/llms.txt",
    ),
    *("/sitemaps/pages.xml", "/sitemaps/articles-1.xml", "/articles/one.md", "/articles/four.md"),
    *("/covers/one.png", "/ghost/api/content/posts/?include=tags,authors", "/ghost/api/content/pages/"),
    *("/ghost/api/content/posts/slug/two/?include=next,prev", "/ghost/api/content/tags/?include=count.posts"),
    "/ghost/api/content/settings/",
)


class Writer:
    """Somebody who does anything to the files of a site."""

    def __init__(self, folder: PostsFolder, clock: Clock, dice: random.Random) -> None:
        self._folder = folder
        self._clock = clock
        self._dice = dice

    def act(self) -> None:
        """Do one thing."""
        act = self._dice.choices(
            [self._write, self._delete, self._rename, self._sign, self._paint, self._wait], [8, 1, 1, 1, 1, 1]
        )[0]
        act()

    def _moment(self, years: float) -> str:
        return f"{2025 + self._dice.choice([0, years]):.0f}-0{self._dice.randint(1, 9)}-01"

    def _write(self) -> None:
        dice = self._dice
        fields = {
            "title": dice.choice(["First", "Second"]),
            "date": self._moment(-1),
            "slug": dice.choice([None, None, None, "five", "six"]),
            "summary": dice.choice([None, "A summary.", "Another."]),
            "tags": dice.choice([[], ["Mars"], ["mars", "Venus"], ["Venus", "Moon"]]),
            "category": dice.choice([None, "Astronomy", "Launch", "Observing"]),
            "authors": dice.choice([[], ["ada"], ["Grace"], ["grace", "ada"]]),
            "expires": dice.choice([None, None, None, self._moment(1)]),
            "image": dice.choice([None, "a.png", "folder/b.png"]),
            "draft": dice.random() < 0.2,
            "featured": dice.random() < 0.3,
            "series": dice.choice([None, "Voyages", "voyages"]),
            "series_order": dice.choice([None, 1, 2]),
            "cuisine": dice.choice([None, ["Thai"], ["thai", "Hot"]]),
            # What is related follows the search index, not the files alone.
            "related_exclude": list(SLUGS),
        }
        self._folder.write(dice.choice(NAMES), dice.choice(BODIES), **fields)

    def _delete(self) -> None:
        (self._folder.path / f"{self._dice.choice(NAMES)}.md").unlink(missing_ok=True)

    def _rename(self) -> None:
        old, new = (self._folder.path / f"{name}.md" for name in self._dice.sample(NAMES[:4], 2))
        if old.exists():
            new.parent.mkdir(exist_ok=True)
            old.replace(new)

    def _sign(self) -> None:
        bio = self._dice.choice(["", "A bio.", "See [one](../one.md)."])
        head = f"name: {self._dice.choice(['Ada', 'Ada L.'])}\navatar: ada.png"
        self._folder.raw("_authors/ada.md", f"---\n{head}\n---\n{bio}\n")

    def _paint(self) -> None:
        path = self._folder.path / self._dice.choice(PICTURES)
        if path.exists() and self._dice.random() < 0.3:
            path.unlink()
            return
        side, data = self._dice.choice([20, 30]), BytesIO()
        Image.new("RGB", (side, side)).save(data, "PNG")
        self._folder.raw(str(path.relative_to(self._folder.path)), data.getvalue())

    def _wait(self) -> None:
        self._clock.now = NOW.timestamp() + self._dice.randint(-300, 300) * 86_400


GIVEN = {
    "api_open": True,
    "views": False,
    "indexing": False,
    "page_size": 3,
    "purge_header": "Surrogate-Key",
    "taxonomies": {"cuisine": "cuisines"},
}


class Edge:
    """A CDN in front of a site that keeps everything until it is told not to."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client
        self._kept: dict[str, tuple[bytes, set[str]]] = {}

    def fill(self, paths: list[str]) -> None:
        """Ask the site for what is not here."""
        for path in paths:
            answer = self._client.get(path)
            if path not in self._kept and answer.status_code == 200:
                self._kept[path] = (answer.data, set(answer.headers["Surrogate-Key"].split(" ")))

    def purge(self, keys: set[str]) -> None:
        """Drop everything that has one of the keys."""
        self._kept = {path: found for path, found in self._kept.items() if not keys & found[1]}

    def wrong(self) -> list[str]:
        """Return the addresses under which there is something else now."""
        return [path for path, (body, _) in self._kept.items() if self._client.get(path).data != body]


@pytest.mark.parametrize("steps", [60, pytest.param(1_500, marks=pytest.mark.long)])
def test_a_purged_cdn_shows_what_the_site_shows(
    make_app: Callable[..., Flask], folder: PostsFolder, clock: Clock, steps: int
) -> None:
    app, other = (make_app(**GIVEN) for _ in range(2))
    sites: list[Site] = [each.extensions["octavo"] for each in (app, other)]
    site, dice, client = sites[0], random.Random(SEED), app.test_client()
    edge, writer = Edge(client), Writer(folder, clock, dice)
    cursor = client.get("/api/changes").json["meta"]["cursor"]

    for step in range(steps):
        with app.test_request_context():
            edge.fill([*every_path(site, site.edition()), *MACHINES_READ])
        for _ in range(dice.choice([1, 1, 1, 2, 4])):
            writer.act()
        for each in sites:
            each.refresh(settle=0)
        # Either process may be the one that is asked.
        asked = dice.choice([app, app, app, other]).test_client()
        answer = asked.get(f"/api/changes?since={cursor}").json
        cursor = answer["meta"]["cursor"]
        edge.purge({key for change in answer["changes"] for key in change["keys"]})

        assert edge.wrong() == [], (step, answer["changes"])
