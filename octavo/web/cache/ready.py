"""Ready pages: the bytes of an answer in every encoding, with their headers."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import blake2b
from math import ceil, inf
from typing import Any, NamedTuple

import brotli
from werkzeug.http import parse_date

from octavo.content.library import Edition, Library
from octavo.web.cache.plans import Route
from octavo.web.cache.surrogate_keys import surrogate_key_headers
from octavo.web.read_model.dependencies import Dependencies, Dependency, Question

Headers = list[tuple[str, str]]

# What a client can ask for, by its place in `Page.ready`; of two that it likes as much, the later
# one is sent.
ENCODINGS = ("identity", "gzip", "br")
IDENTITY, GZIP, BROTLI = range(3)
# The levels of compression for what is kept for ever, while it is right, and for seconds: a page of
# search results is rarely sent twice, and the last level takes a third of the time for a tenth more
# bytes.
FOREVER, WHILE_RIGHT, SECONDS = {GZIP: 9, BROTLI: 11}, {GZIP: 6, BROTLI: 5}, {GZIP: 1, BROTLI: 2}
# A smaller body does not gain from being compressed.
SMALLEST = 200
# A cache in front that counts whole seconds (nginx) keeps a page for up to this much longer than it
# is told; seconds.
ROUNDING = 1
# Seconds for which a cache in front may show a page when the site answers with errors.
IF_ERROR = 600
# Processes see a change up to so long one after another; seconds.
LAG = 2
# A cached page's cost beside its bodies: headers and objects, and each of its questions.
OVERHEAD, QUESTION = 4_000, 280

REDIRECTS = {301, 302, 303, 307, 308}
# The least weight that Accept-Encoding can give to an encoding.
_LEAST = 0.001
_NEVER = "\0"
_OWN = {"content-length", "etag", "last-modified", "cache-status", "date", "cache-control"}
_TEXTUAL = (
    "text/",
    "application/json",
    "application/xml",
    "image/svg+xml",
    "application/manifest+json",
    "application/atom+xml",
    "application/rss+xml",
    "application/feed+json",
)


class Ready(NamedTuple):
    """An answer in one encoding, as it is sent."""

    etag: str
    headers: Headers
    body: bytes
    not_modified: Headers


@dataclass(frozen=True, slots=True)
class Answer:
    """What Flask answered."""

    status: str
    headers: Headers
    body: bytes

    @classmethod
    def of(cls, app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Answer:
        """Call a WSGI application and return its whole answer."""
        started: list[Any] = []
        chunks: list[bytes] = []

        def start_response(
            status: str, headers: Headers, exc_info: Any = None
        ) -> Callable[[bytes], None]:
            started[:] = [status, headers]
            return chunks.append

        found = app(environ, start_response)
        try:
            chunks.extend(found)
        finally:
            close = getattr(found, "close", None)
            if close is not None:
                close()
        return cls(started[0], started[1], b"".join(chunks))

    @property
    def code(self) -> int:
        """The status code."""
        return int(self.status[:3])

    @property
    def storable(self) -> bool:
        """Whether this may be kept for other readers."""
        return self.code in (200, 404) and self._is_for_everybody()

    @property
    def redirects(self) -> bool:
        """Whether this leads every reader to another address."""
        return self.code in REDIRECTS and self._is_for_everybody()

    def _is_for_everybody(self) -> bool:
        named = {name.lower(): value for name, value in self.headers}
        control = named.get("cache-control", "")
        return "set-cookie" not in named and "private" not in control and "no-store" not in control


@dataclass(slots=True, eq=False)
class Page:
    """One answer in all encodings, and when it may be shown. Times are seconds since the epoch.

    A page is *right* while `library` is the site's and the clock within `since` and `until`. In a
    new edition it is *confirmed* if its questions have the same answers there. It is *doubted* when
    an answer may have changed within an edition: then it is confirmed, or rendered again, before
    anybody sees it.

    Until `headers_until`, the headers that were made beforehand are right too; between that and
    `until` caches in front are told the shorter time that is left.
    """

    status: str
    common: Headers
    dependencies: Dependencies
    bodies: list[bytes | None]
    made_at: float
    control: str
    # Whether `control` tells how long the page is right, which a view may have said otherwise.
    counts_down: bool = False
    # For so long caches in front may keep the page, where it is right for longer; seconds.
    seconds: int = 0
    # The page is kept for so many seconds and never confirmed; 0: as long as it is right.
    lifetime: int = 0
    compressible: bool = True
    tag: str = ""
    # The date that readers are told, and the same where it tells the page from all versions before
    # it.
    modified: str = ""
    comparable: str = _NEVER
    # Since this instant no other version can have been shown.
    settled: float = inf
    # The questions for what stands in lists of the page.
    listed: tuple[Question, ...] = ()
    # When the page is right at most, whatever the edition.
    window: tuple[float, float] = (-inf, inf)
    ready: list[Ready | None] = field(default_factory=lambda: [None, None, None])
    library: Library | None = None
    since: float = 0.0
    until: float = 0.0
    headers_until: float = 0.0
    # The request that the page answers, when it last was, and how often.
    route: Route | None = None
    seen: float = 0.0
    hits: int = 0
    # Held while the page is compressed.
    lock: threading.Lock = field(default_factory=threading.Lock)
    # The pool that holds the page, and the bytes that it counts for it.
    pool: object = None
    counted: int = 0

    @classmethod
    def made(
        cls, answer: Answer, dependencies: Dependencies, now: float, lifetime: int, seconds: int
    ) -> Page:
        """Return the page of an answer that may be shown to every reader, by caches in front for
        `seconds`.
        """
        given = {name.lower(): value for name, value in answer.headers}
        kind = given.get("content-type", "")
        told = given.get("cache-control", "")
        page = cls(
            answer.status, _common(answer), dependencies, [answer.body, None, None], now, told
        )
        page.lifetime, page.counts_down = lifetime, not told
        page.control = told or _control(seconds, seconds)
        page.compressible = kind.startswith(_TEXTUAL) and len(answer.body) >= SMALLEST
        if answer.code == 200:
            page.common += surrogate_key_headers(dependencies)
            # Who has the body under other headers (keys, robots) is to get the new ones.
            page.tag = blake2b(
                repr(sorted(page.common)).encode() + answer.body, digest_size=12
            ).hexdigest()
        return page

    @classmethod
    def passing(cls, answer: Answer) -> Page:
        """Return a page that is sent to those who wait for it now: it is never right, and never
        kept.
        """
        told = next(
            (value for name, value in answer.headers if name.lower() == "cache-control"), "no-store"
        )
        return cls(answer.status, _common(answer), (), [answer.body], 0.0, told, compressible=False)

    @property
    def is_redirect(self) -> bool:
        """Whether this leads to another address."""
        return int(self.status[:3]) in REDIRECTS

    @property
    def size(self) -> int:
        """Bytes that the page takes up, nearly."""
        address = 2 * len(self.route.key) if self.route else 0
        questions = QUESTION * (len(self.dependencies) + len(self.listed))
        return OVERHEAD + address + questions + sum(len(body) for body in self.bodies if body)

    def is_right(self, library: Library, now: float) -> bool:
        """Whether the page shows what readers may see now."""
        return self.library is library and self.since <= now < self.until

    def confirm(self, edition: Edition, seconds: int, until: float = inf) -> None:
        """Take the page for right in an edition; caches in front may keep it for `seconds`."""
        self.seconds = seconds
        self.since = max(edition.since, self.window[0])
        end = min(edition.until, self.window[1])
        self.until = min(until, end)
        self.headers_until = min(self.until, end - 2 * seconds - ROUNDING)
        self.library = edition.library

    def doubt(self) -> None:
        """Let the page be confirmed, or rendered again, before it is shown."""
        self.library = None

    def date(self, old: Page | None, changed: float) -> None:
        """Set the date of modification: that of the page before, if its bytes were the same.

        Dates are whole seconds, and two versions of one second could not be told apart by them:
        soon after the site `changed`, a date is shown but never answered with 304, until `redate`
        gives the page another one.
        """
        self.settle(changed)
        if old is not None and old.tag and old.tag == self.tag:
            self.modified, self.comparable = old.modified, old.comparable
            return
        self.modified = formatdate(self.made_at, usegmt=True)
        if int(self.made_at) >= self.settled:
            self.comparable, self.settled = self.modified, int(self.made_at)

    def settle(self, changed: float) -> None:
        """Note that the page is right, and that the site last changed at `changed`: LAG later all
        processes show it.
        """
        if self.tag:
            self.settled = ceil(changed + LAG)

    def redate(self, now: float) -> bool:
        """Replace a date that other versions may have by the first one that none can have, once it
        has come; return whether the headers are others now.
        """
        settled = self.settled
        if self.comparable != _NEVER or now < settled:
            return False
        with self.lock:
            self.modified = self.comparable = formatdate(settled, usegmt=True)
            self.ready = [None, None, None]
        return True

    def is_known(self, ready: Ready, environ: dict[str, Any], now: float) -> bool:
        """Whether the reader has the page, by the conditions of a request (RFC 9110, section 13.1)."""
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            return self.tag != "" and (ready.etag in tags or tags == "*")
        date = environ.get("HTTP_IF_MODIFIED_SINCE", "")
        return (date == self.comparable and date != _NEVER) or (
            now >= self.settled and self.unmodified_since(date)
        )

    def unmodified_since(self, date: str) -> bool:
        """Whether a reader's copy of this date is this page (RFC 9110, section 13.1.3)."""
        try:
            parsed = parse_date(date)
        except OverflowError:
            return False
        return parsed is not None and parsed.timestamp() >= self.settled

    def prepare(self, wanted: int) -> Ready:
        """Make and keep the answer in one encoding."""
        encoding = wanted if self.compressible else IDENTITY
        body = self._encoded(encoding)
        etag = f'"{self.tag}{("", "-g", "-b")[encoding]}"' if self.tag else _NEVER
        validators = [("Vary", "Accept-Encoding")] if self.compressible else []
        if self.tag:
            validators += [("ETag", etag), ("Last-Modified", self.modified)]
        validators.append(("Cache-Control", self.control))
        headers = [*self.common, *validators, ("Content-Length", str(len(body)))]
        if encoding:
            headers.append(("Content-Encoding", ENCODINGS[encoding]))
        status = ("Cache-Status", "octavo; hit")
        made = Ready(etag, [*headers, status], body, [*validators, status])
        self.ready[encoding] = self.ready[wanted] = made
        return made

    def _encoded(self, encoding: int) -> bytes:
        plain, done = self.bodies[IDENTITY] or b"", self.bodies[encoding]
        if done is None:
            effort = (
                FOREVER
                if "immutable" in self.control
                else SECONDS
                if self.lifetime
                else WHILE_RIGHT
            )
            if encoding == GZIP:
                done = gzip.compress(plain, effort[GZIP], mtime=0)
            else:
                # A window as large as the page: a larger one is cleared first, which takes time.
                window = min(22, max(16, len(plain).bit_length()))
                done = brotli.compress(plain, quality=effort[BROTLI], lgwin=window)
            self.bodies[encoding] = done
        return done

    def headers_at(self, now: float, headers: Headers, how: str) -> Headers:
        """Return headers that tell how the page was come by, and how little time it has left."""
        made = [pair for pair in headers if pair[0] != "Cache-Status"]
        if now >= self.headers_until and self.counts_down:
            left = _control(max(0, min(self.seconds, int(self.until - now - ROUNDING))), 0)
            made = [(name, left if name == "Cache-Control" else value) for name, value in made]
        return [*made, ("Cache-Status", f"octavo; {how or 'hit'}")]

    def dump(self) -> tuple[dict[str, Any], tuple[bytes, ...]]:
        """Return the page as facts and parts for the store, compressed in every way."""
        if self.compressible:
            parts = tuple(self._encoded(encoding) for encoding in range(3))
        else:
            parts = (self.bodies[IDENTITY] or b"",)
        facts = {name: getattr(self, name) for name in _FACTS}
        return facts, parts


_FACTS = (
    "status",
    "common",
    "dependencies",
    "listed",
    "window",
    "made_at",
    "control",
    "counts_down",
    "compressible",
    "modified",
    "comparable",
    "tag",
)


def load(facts: dict[str, Any], parts: tuple[bytes, ...]) -> Page | None:
    """Return the page that was dumped; None where these are not its facts."""
    try:
        given = {name: facts[name] for name in _FACTS}
        given["common"] = [(name, value) for name, value in facts["common"]]
        given["dependencies"] = tuple(
            Dependency(_question(asked), found) for asked, found in facts["dependencies"]
        )
        given["listed"] = tuple(map(_question, facts["listed"]))
        given["window"] = (float(facts["window"][0]), float(facts["window"][1]))
        bodies: list[bytes | None] = [*parts, None, None][:3]
        return Page(bodies=bodies, **given)
    except (KeyError, TypeError, ValueError):
        return None


def _question(facts: list[Any]) -> Question:
    name, arguments = facts
    return Question(name, tuple(arguments))


def _common(answer: Answer) -> Headers:
    """Return the headers of an answer that are the same however it is sent."""
    return [pair for pair in answer.headers if pair[0].lower() not in _OWN]


def _control(seconds: int, grace: int) -> str:
    """Return Cache-Control: browsers ask each time, caches in front keep the page for `seconds`,
    while they ask again `grace` longer (RFC 5861).
    """
    return f"public, max-age=0, s-maxage={seconds}, stale-while-revalidate={grace}, stale-if-error={IF_ERROR}"


def asked_again(start_response: Callable[..., Any]) -> Callable[..., Any]:
    """Let caches in front ask each time for an answer that does not say how long it is right (PEP
    3333).
    """

    def start(status: str, headers: Headers, *more: Any) -> Any:
        if not any(name.lower() == "cache-control" for name, _ in headers):
            headers = [*headers, ("Cache-Control", "no-cache")]
        return start_response(status, headers, *more)

    return start


def preferred(accepted: str) -> int:
    """Return the best encoding that an Accept-Encoding header allows (RFC 9110, section 12.5.3)."""
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        coding, _, parameter = item.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weights[coding.strip()] = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    others = weights.get("*", 0.0)
    # Acceptable unless it is refused, and what is named is wanted more.
    weights.setdefault("identity", weights.get("*", _LEAST))
    weight, place = max((weights.get(name, others), place) for place, name in enumerate(ENCODINGS))
    return place if weight > 0 else IDENTITY
