"""Live pages: an open page reloads itself when what it shows has changed, and only then.

    watcher --new version--> Ticker --server-sent event--> one worker of the browser --> its tabs
    tab --asks for its address--> Shown of the page as it is now --differs--> it reloads

Each page has a script with the digest of what it shows. A change of style sheets alone is told
apart, so that the tab exchanges these and stays as it is.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from flask import Blueprint, Flask, Response, abort, current_app, request
from werkzeug.wrappers import Response as BaseResponse

from octavo.site.site import Site
from octavo.web.develop.problems import problems_at
from octavo.web.request import own, site

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

# Below this the addresses of live pages lie; no page of a site begins with `-`.
FOLDER = "/-/live/"
# A browser that has gone is noticed when something is sent to it; seconds.
MAX_STREAM_SILENCE = 15.0
# A server that was started again is asked again so soon; milliseconds.
RETRY = 300
# Characters of an address that is asked for.
MAX_ADDRESS_CHARACTERS = 2_000

# A style sheet at its hashed address, and the name before the hash.
_SHEET = re.compile(rb'(/static/[^"\'\s]+?)\.[0-9a-f]{10}\.css')
# What is true for the moment only, as what the page of a missing text tells of the search index.
_PASSING = re.compile(rb"<span data-passing>.*?</span>", re.DOTALL)
# What of a request is not passed on: what another answer was made with, encodings and validators.
_LEFT_OUT = ("werkzeug.", "octavo.", "HTTP_ACCEPT_ENCODING", "HTTP_IF_")
_SCRIPTS = Path(__file__).parent
_FILES = ("live.js", "live-worker.js")

bp = Blueprint("live", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: the digest of its HTML, and where its style sheets are.

    The digest leaves out the hashes of style sheets and what is true for the moment only.
    """

    digest: str
    sheets: tuple[str, ...]

    @classmethod
    def of(cls, html: bytes) -> Shown:
        """Return what the page with this HTML shows."""
        sheets = tuple(found[0].decode() for found in _SHEET.finditer(html))
        rest = _PASSING.sub(b"", _SHEET.sub(rb"\1.css", html))
        return cls(blake2b(rest, digest_size=12).hexdigest(), sheets)


class Ticker:
    """Tells open streams of each change of a site, by a name that no change had before."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._changed = threading.Condition()
        # Another process has another one.
        self._process = uuid4().hex[:8]
        self._count = 0
        self._closed = False
        site.renewed.append(self._tick)
        site.closing.append(self.close)

    @property
    def now(self) -> str:
        """The id of the latest change, as a page that follows changes is told it: PROCESS.COUNT."""
        return f"{self._process}.{self._count}"

    def _tick(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End all streams."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stream(self) -> Iterator[str]:
        """Yield server-sent events: the latest change at once, and each that follows.

        https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        sent = ""
        shown = self._site.edition()
        yield f"retry: {RETRY}\n\n"
        while not self._closed:
            edition = self._site.edition()
            if edition is not shown and self.now == sent:
                # No file changed: the clock has published a text, or withdrawn one.
                self._tick()
            shown = edition
            now = self.now
            yield f"data: {now}\n\n" if now != sent else ":\n\n"
            sent = now
            left = max(0.0, shown.until - self._site.clock())
            with self._changed:
                self._changed.wait_for(self._has_news(sent), min(MAX_STREAM_SILENCE, left))

    def _has_news(self, sent: str) -> Callable[[], bool]:
        return lambda: self._closed or self.now != sent


class LivePages:
    """WSGI middleware that puts the script of live pages into each page of HTML."""

    def __init__(self, app: Application, ticker: Ticker, script: str) -> None:
        """`script` is the address of the script."""
        self.inner = app
        self._ticker = ticker
        self._script = script

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        wants_page = "text/html" in environ.get("HTTP_ACCEPT", "")
        if environ["REQUEST_METHOD"] != "GET" or not wants_page:
            return self.inner(environ, start_response)
        tick = self._ticker.now
        answer = page_of(self.inner, environ)
        if answer.mimetype == "text/html":
            self._put_in(answer, tick)
        return answer(environ, start_response)

    def _put_in(self, answer: BaseResponse, tick: str) -> None:
        html = answer.get_data()
        script = (
            f'<script type="module" src="{escape(self._script)}" data-live="{tick}" '
            f'data-shown="{Shown.of(html).digest}"></script>\n'
        )
        before, head, after = html.partition(b"</head>")
        if head:
            answer.set_data(before + script.encode() + head + after)
        for name in ("ETag", "Last-Modified"):
            answer.headers.pop(name, None)
        answer.headers["Cache-Control"] = "no-cache"
        policy = answer.headers.get("Content-Security-Policy", "")
        if "script-src" not in policy:
            # The page of an error, which is to reload itself too.
            policy += "; script-src 'self'; connect-src 'self'"
            answer.headers["Content-Security-Policy"] = policy


def page_of(app: Application, environ: Environ) -> BaseResponse:
    """Return the answer to a request as it is without encoding and validators."""
    given = {name: value for name, value in environ.items() if not name.startswith(_LEFT_OUT)}
    return BaseResponse.from_app(app, given)


def init_app(app: Flask, site: Site) -> None:
    """Have the pages of a developed site reload themselves."""
    ticker = app.extensions["octavo_ticker"] = Ticker(site)
    app.register_blueprint(bp)
    script = site.addresses.path(f"{FOLDER}live.js")
    pages = LivePages(app.wsgi_app, ticker, script)
    app.extensions["octavo_live"] = app.wsgi_app = pages  # type: ignore[method-assign]


@bp.get(f"{FOLDER}<name>.js")
def script(name: str) -> Response:
    """Return the script of a page, or of the worker that all tabs of a browser share; or 404."""
    if f"{name}.js" not in _FILES:
        abort(404)
    text = (_SCRIPTS / f"{name}.js").read_text("utf-8")
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@bp.get(f"{FOLDER}events")
def events() -> Response:
    """Return the stream of changes (server-sent events); each browser keeps one open."""
    ticker: Ticker = current_app.extensions["octavo_ticker"]
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(ticker.stream(), mimetype="text/event-stream", headers=headers)


@bp.get(f"{FOLDER}page")
def page() -> Response:
    """Return what the page at the address `of` shows now, and its text's problems, as JSON."""
    address = request.args.get("of", "")[:MAX_ADDRESS_CHARACTERS]
    path, _, query = site().addresses.inside(address).partition("?")
    ticker: Ticker = current_app.extensions["octavo_ticker"]
    tick = ticker.now
    pages: LivePages = current_app.extensions["octavo_live"]
    asked = {**request.environ, "PATH_INFO": unquote(path, "latin-1"), "QUERY_STRING": query}
    asked["HTTP_ACCEPT"] = "text/html"
    answer = page_of(pages.inner, asked)
    shown = Shown.of(answer.get_data())
    code = answer.status_code
    state = {
        "tick": tick,
        "shown": shown.digest,
        "sheets": [own(sheet) for sheet in shown.sheets],
        "problems": [asdict(one) for one in problems_at(site(), unquote(path), code)],
        "all": own("/problems/"),
    }
    return Response(
        json.dumps(state), mimetype="application/json", headers={"Cache-Control": "no-store"}
    )
