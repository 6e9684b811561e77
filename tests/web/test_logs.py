"""What is logged: a line for each fault, with the name of the request that met it."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from octavo.web.logs import DuplicateFilter, Lines


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a logger `told` writes, by these lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("json"))
    handler.addFilter(DuplicateFilter())
    told = logging.getLogger("told")
    told.addHandler(handler)
    told.propagate = False
    yield stream
    told.removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail(message: str) -> None:
    try:
        raise ValueError(message)
    except ValueError:
        logging.getLogger("told").exception("%s failed", message)


def test_fault_from_one_place_is_told_once_whatever_its_message(written: io.StringIO) -> None:
    for number in range(100):
        fail(f"request {number}")

    told = lines(written)

    assert [line["message"] for line in told] == ["request 0 failed"]
    assert "ValueError: request 0" in str(told[0]["trace"])


def test_fault_that_goes_on_is_told_again_with_its_number(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        fail(f"request {number}")
    monkeypatch.setattr("octavo.web.logs.QUIET", 0.0)

    fail("request 100")

    assert lines(written)[1]["message"] == "request 100 failed (met 99 times more since)"


def test_different_warnings_are_all_told(written: io.StringIO) -> None:
    for name in ("one.md", "two.md", "one.md"):
        logging.getLogger("told").warning("%s cannot be read", name)

    assert [line["message"] for line in lines(written)] == ["one.md cannot be read", "two.md cannot be read"]


def test_line_break_in_a_message_begins_no_line_of_the_log() -> None:
    record = logging.LogRecord(
        "told", logging.WARNING, __file__, 1, "%s failed", ("/a\n2026 ERROR [1] all is lost",), None
    )

    line = Lines().format(record)

    assert "\n" not in line
    assert r"/a\n2026 ERROR" in line
