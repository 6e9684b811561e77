"""Lines of the log, plain or JSON, and each fault once a minute however often it is met."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from flask import has_request_context, request

# A fault that is met again within so long is counted only; seconds.
QUIET = 60.0
# Different faults that are remembered.
MAX_FAULTS = 1_000
# The header by which a proxy names a request, and a key in the WSGI environ.
REQUEST_ID = "X-Request-ID"
_KEY = "octavo.request_id"
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id() -> str:
    """Return the name of the current request: the proxy's, where it is usable, or a new one."""
    found: str | None = request.environ.get(_KEY)
    if found is None:
        given = request.headers.get(REQUEST_ID, "")
        found = given if _USABLE.fullmatch(given) else uuid4().hex
        request.environ[_KEY] = found
    return found


class Lines(logging.Formatter):
    """Formats each record as one line of facts; a traceback follows a plain line."""

    def __init__(self, form: Literal["plain", "json"] = "plain") -> None:
        """`form` is what a line is: words for people, or an object of JSON for programs."""
        super().__init__()
        self._is_json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line of text, or of JSON; in text a traceback follows."""
        facts = facts_of(record)
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self._is_json:
            if trace:
                facts["trace"] = trace
            return json.dumps(facts, ensure_ascii=True)
        line = f"{facts['time']} {record.levelname} [{facts['process']}] {facts['message']}"
        if "request" in facts:
            line += f" (request {facts['request']})"
        # A line break in a path or a title must not look like another line of the log.
        line = "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)
        if trace:
            line += f"\n{trace}"
        return line


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the facts of a log record by the names that they have in a line of JSON."""
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    facts: dict[str, Any] = {
        "time": moment.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "process": record.process,
        "logger": record.name,
        "message": record.getMessage(),
    }
    if has_request_context():
        facts["request"] = request_id()
    if record.name == "granian.access" and isinstance(record.args, Mapping):
        wanted = ("addr", "method", "path", "status", "dt_ms")
        facts |= {name: record.args[name] for name in wanted}
    return facts


class DuplicateFilter(logging.Filter):
    """Lets a fault pass once in QUIET seconds; the next line says how often it was met meanwhile.

    Faults are alike whose exceptions are of one type and come from one line of code, or without an
    exception, whose messages are alike up to their values.
    """

    def __init__(self) -> None:
        super().__init__()
        self._met: dict[object, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is told."""
        if record.levelno < logging.WARNING or record.name == "granian.access":
            return True
        fault = _fault(record)
        now = time.monotonic()
        begun, held_back = self._met.get(fault, (0.0, 0))
        if begun and now < begun + QUIET:
            self._met[fault] = (begun, held_back + 1)
            return False
        if len(self._met) >= MAX_FAULTS:
            self._met.clear()
        self._met[fault] = (now, 0)
        if held_back:
            record.msg = f"{record.getMessage()} (met {held_back:,} times more since)"
            record.args = None
        return True


def _fault(record: logging.LogRecord) -> object:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return record.name, record.msg, str(record.args)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else None
    return record.name, type(error), place


def logging_config(json_lines: bool) -> dict[str, Any]:
    """Return a configuration for logging.config.dictConfig: these lines, to the standard error."""
    form = "json" if json_lines else "plain"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "octavo.web.logs.Lines", "form": form}},
        "filters": {"once": {"()": "octavo.web.logs.DuplicateFilter"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "filters": ["once"],
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "octavo": {"level": "INFO"},
            "granian.access": {"level": "INFO"},
            "_granian": {"level": "ERROR"},
        },
    }
