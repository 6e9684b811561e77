"""The OpenAPI document: true to the API, and readable."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from octavo.web.api.filter.nql import parse
from octavo.web.api.openapi import FILTER_PATTERN, OPERATIONS
from tests.conftest import CHECKOUT, Clock

KEY = "0123456789abcdef0123456789"


@pytest.fixture
def open_site(make_app: Callable[..., Flask], clock: Clock) -> Flask:
    clock.set(2030, 1, 1)
    return make_app(posts_dir=str(CHECKOUT / "posts"), api_open=True)


@pytest.mark.thorough
@pytest.mark.parametrize("count", [3, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.filterwarnings("default")
def test_schemathesis_finds_nothing_wrong(open_site: Flask, count: int) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", open_site)
    operations = [result.ok() for result in schema.get_all_operations()]
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)

    for operation in operations:
        for mode in modes:
            check(operation, operation.as_strategy(generation_mode=mode), count)

    assert len(operations) == len(OPERATIONS)


def check(operation: Any, cases: st.SearchStrategy[Any], count: int) -> None:
    @given(case=cases)
    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        # The transport says that it takes compressed answers, but it does not unpack them.
        case.call_and_validate(headers={"Accept-Encoding": "identity"})

    # Where any text will do, there is nothing to be refused.
    with contextlib.suppress(Unsatisfiable):
        run()


@pytest.mark.thorough
@given(st.from_regex(FILTER_PATTERN.removesuffix("$"), fullmatch=True))
@settings(max_examples=200)
def test_filters_that_the_document_describes_are_read(text: str) -> None:
    assert text == "" or parse(text, datetime(2025, 1, 1, tzinfo=UTC))


def test_every_route_of_the_api_is_described(open_site: Flask) -> None:
    described = {re.sub(r"\{\w+\}", "*", operation.path) for operation in OPERATIONS}
    rules = [rule.rule for rule in open_site.url_map.iter_rules() if rule.endpoint.startswith(("api.", "site_api."))]
    ours = {
        path
        for rule in rules
        for path in expanded(rule)
        if not re.search(r"tiers|newsletters|recommendations|\*/\*|<path:rest|content/$|openapi|/api/$", path)
    }

    assert ours == described


def expanded(rule: str) -> list[str]:
    choice = re.search(r"<any\(([^)]*)\):\w+>", rule)
    rules = [rule.replace(choice[0], name.strip()) for name in choice[1].split(",")] if choice else [rule]
    return [re.sub(r"<(path:)?(?!rest)\w+>", "*", each) for each in rules]


def test_a_closed_api_says_that_it_wants_a_key(make_app: Callable[..., Flask]) -> None:
    client = make_app(api_keys=[KEY]).test_client()

    document = client.get("/openapi.json").json

    operation = document["paths"]["/ghost/api/content/posts/"]["get"]
    assert operation["security"] == [{"key": []}]
    assert {"401", "403"} <= set(operation["responses"])
    assert KEY not in client.get("/openapi.json").text + client.get("/api/").text


def test_lines_of_the_readable_page_have_the_path_of_the_site(make_app: Callable[..., Flask]) -> None:
    client = make_app(base_url="https://journal.example/club").test_client()

    lines = re.findall('curl (?:"|&#34;)([^?"&]*)', client.get("/club/api/").text)

    assert len(lines) == len(OPERATIONS)
    assert all(line.startswith("https://journal.example/club/") for line in lines), lines


def test_every_line_of_the_readable_page_works(magazine: FlaskClient) -> None:
    page = magazine.get("/api/").text
    lines = re.findall(r'curl (?:"|&#34;)https://journal\.example([^"]*?)(?:"|&#34;)</code>', page)

    statuses = {line: magazine.get(line.replace("&amp;", "&")).status_code for line in lines}

    assert len(lines) == len(OPERATIONS)
    assert set(statuses.values()) == {200}, statuses
