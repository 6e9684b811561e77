"""Requests that nobody sends with good intent: refused or answered, never a fault."""

from __future__ import annotations

import random

import pytest
from flask.testing import FlaskClient

from tests.benchmarks.api import hostile
from tests.filters import Filters


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.long)])
@pytest.mark.thorough
def test_hostile_requests_are_refused_or_answered(magazine: FlaskClient, count: int) -> None:
    query = {"limit": "100", "include": "tags,authors", "fields": "id,slug,title,featured,published_at"}
    records = magazine.get("/ghost/api/content/posts/", query_string=query).json["posts"]
    source, dice = Filters(records, seed=7), random.Random(7)

    statuses = set()
    for _ in range(count):
        resource = dice.choice(["posts", "pages", "tags", "authors"])
        statuses.add(magazine.get(f"/ghost/api/content/{resource}/", query_string=hostile(source, dice)).status_code)

    assert statuses == {200, 400, 422}
