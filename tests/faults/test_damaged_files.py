"""Derived files that are removed, cut or changed while readers come: no page fails, and all is made again."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import PostsFolder

SEED = 20_250_720
PAGES = {
    "/": "Article 1",
    "/articles/a1/": "This is text1x.",
    "/tags/moon/": "Article 2",
    "/search/?q=comet": "Article 3",
    "/search.json?q=text1x": '"total":1',
    "/rss.xml": "<rss",
    "/views/a1": "views",
    "/ghost/api/content/posts/": "Article 1",
}


def remove(file: Path, dice: random.Random) -> None:
    file.unlink()


def cut(file: Path, dice: random.Random) -> None:
    os.truncate(file, dice.randrange(file.stat().st_size + 1))


def flip(file: Path, dice: random.Random) -> None:
    data = bytearray(file.read_bytes())
    if data:
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        with file.open("r+b") as opened:
            opened.write(data)


def remove_folder(file: Path, dice: random.Random) -> None:
    shutil.rmtree(file.parent)


@pytest.mark.parametrize("faults", [10, pytest.param(300, marks=pytest.mark.long)])
def test_no_page_fails_and_all_is_made_again(
    make_app: Callable[..., Flask], folder: PostsFolder, tmp_path: Path, faults: int
) -> None:
    for number in range(1, 4):
        folder.write(f"a{number}", f"This is text{number}x. Of a comet.", title=f"Article {number}", tags=["Moon"])
    app = make_app(cache="filesystem", api_open=True, watch=False, indexing=False)
    site, client = app.extensions["octavo"], app.test_client()
    dice = random.Random(SEED)
    site.index.sync()
    site.save()
    failed = []

    for _ in range(faults):
        derived = [
            file
            for place in ("search_index", "instance/cache")
            for file in (tmp_path / place).rglob("*")
            if file.is_file() and file.name != "lock"
        ]
        harm = dice.choice([remove, cut, flip, remove_folder])
        if derived:
            harm(dice.choice(derived), dice)
        app.extensions["octavo_cache"].clear()
        site.index.look()
        for path, text in dice.sample(sorted(PAGES.items()), 3):
            answer = client.get(path)
            if answer.status_code != 200 or text not in answer.text:
                failed.append((harm.__name__, path, answer.status_code))
        site.views.count("a1", str(dice.random()))
        site.views.flush()
        site.index.sync()
        site.save()

    site.index.sync()
    assert failed == []
    assert site.index.verify()
    assert all(text in client.get(path).text for path, text in PAGES.items())
