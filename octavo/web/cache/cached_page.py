"""A page as it is kept: its bytes, its dependencies, how long it is fresh, and its validators.

Below it are the pools in memory that keep pages, bounded in bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import blake2b
from math import ceil, inf
from typing import Any

from werkzeug.http import parse_date
from werkzeug.wrappers import Response

from octavo.site.site import Version
from octavo.web.cache.plans import CanonicalRequest
from octavo.web.cache.representation import (
    BROTLI,
    ENCODINGS,
    FOREVER,
    GZIP,
    IDENTITY,
    WHILE_AWAITED,
    WHILE_FRESH,
    CacheStatus,
    Headers,
    Representation,
    compressed,
)
from octavo.web.read_model.dependencies import (
    WHOLE,
    Dependencies,
    Dependency,
    Question,
    all_surrogate_keys,
)

# A cache in front that counts whole seconds (nginx) keeps a page for up to this much longer than it
# is told; seconds.
ROUNDING = 1
# Processes see a change up to so long one after another; seconds.
LAG = 2
# A cached page's cost beside its bodies: headers and objects, and each of its questions; bytes.
OVERHEAD = 4_000
QUESTION = 280

# A page takes up at most this share of a pool when it comes, so that it does not push out all
# others.
MAX_POOL_SHARE = 1 / 8
# Anybody can ask for pages that are not there, and for as many searches as they like: the pages
# that readers want make no room for these, and nor does the memory of the machine. Bytes, and a
# share of all.
MAX_MISSING_BYTES = 4_000_000
MAX_UNBOUNDED_BYTES = 8_000_000
UNBOUNDED_SHARE = 1 / 8

# Bytes of the surrogate keys in a page's header; beyond this, one that covers all stands for them.
# nginx takes 4 KB of headers altogether unless it is told otherwise.
MAX_KEY_BYTES = 600

# Statuses of missing pages: not found, and gone.
MISSING = {404, 410}
REDIRECTS = {301, 302, 303, 307, 308}
# Stands for no date: it equals the date of no reader's copy.
_NEVER = "\0"
# A smaller body does not gain from being compressed; bytes.
MIN_COMPRESSED = 200
# Seconds for which a cache in front may show a page when the site answers with errors.
STALE_IF_ERROR = 600
# Headers that the cache makes itself.
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
# The marks that tell the entity tags of one page's encodings apart, and of its compressions: those
# for a reader who waits, and the better ones.
_MARKS_AWAITED = ("", "-g1", "-b1")
_MARKS = ("", "-g", "-b")


@dataclass(slots=True, eq=False)
class CachedPage:
    """One answer in all encodings, and when it may be shown. Times are seconds since the epoch.

    A page is *fresh*, which means that it may be shown, while `mark` is that of the site's version
    and the clock is from `since` to `until`. Where a new version has come, it is *revalidated*:
    marked fresh there if no change between has touched one of its `keys`, or else if all its
    `dependencies` still have the same answers. *Invalidated*, it has no mark, and is revalidated or
    rendered again before anybody sees it.

        the clock ------------------------------------------------------->
        window           |=========================================|
        the edition           |=============================|
        deadline                                      |
        since, until          |=======================|
        headers_until         |=================|

    `window` is when no answer changes by the clock alone, whatever the edition. The edition of the
    version ends where the clock publishes or withdraws anything. `deadline` ends what would be
    fresh longer: related articles that are behind, answers of plug-ins, a fixed `lifetime`, a page
    of before a failed render. Up to `headers_until` the prepared headers are sent, which let caches
    in front keep the page for `shared_seconds`; then, until `until`, the shorter time that is left.

    Its dates are another matter. `modified` is sent as Last-Modified. `comparable` is the same date
    once it is a strong validator (RFC 9110, section 8.8.2.2), one that no other version of the page
    can have; that is so from `settled` on, when every process shows this version.
    """

    # What it shows. The bodies are by encoding; `control` is the Cache-Control that is sent.
    status: str
    common: Headers
    dependencies: Dependencies
    bodies: list[bytes | None]
    made_at: float
    control: str
    compressible: bool = True
    # Whether it is compressed well, which takes too long while its first reader waits.
    is_refined: bool = False
    representations: list[Representation | None] = field(default_factory=lambda: [None, None, None])

    # What it was made from, beside the dependencies: their surrogate keys, whether one is for
    # related articles or asked a plug-in, whose answer may change without a file that does, and
    # the questions for what the page names in passing.
    keys: tuple[str, ...] = ()
    has_related: bool = False
    asks_plugins: bool = False
    listed: tuple[Question, ...] = ()

    # When it is fresh. `mark` is that of the version in which it is: the version itself would be
    # kept in memory.
    mark: object = None
    since: float = 0.0
    until: float = 0.0
    headers_until: float = 0.0
    window: tuple[float, float] = (-inf, inf)
    deadline: float = inf
    # The page is kept for so many seconds and never revalidated; 0: as long as it is fresh.
    lifetime: int = 0
    # For so long caches in front may keep the page, where it is fresh for longer; seconds.
    shared_seconds: int = 0
    # Whether the cache made `control`, and so shortens it near `until`; not where the view did.
    counts_down: bool = False

    # Its validators (RFC 9110, section 8.8): the entity tag, and the date as described above.
    tag: str = ""
    modified: str = ""
    comparable: str = _NEVER
    settled: float = inf

    # Where it is kept: the request that it answers, when it last was asked for and how often, the
    # pool that holds it, and the bytes that the pool counts for it.
    request: CanonicalRequest | None = None
    seen: float = 0.0
    hits: int = 0
    pool: Pool | None = None
    counted: int = 0
    # Held while the page is compressed.
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def made(
        cls,
        answer: Response,
        dependencies: Dependencies,
        now: float,
        lifetime: int,
        shared_seconds: int,
        purged_by: str = "",
    ) -> CachedPage:
        """Return the cached page made of a view's answer, which every reader may see.

        Caches in front may keep it for `shared_seconds`, and drop it by the header `purged_by`.
        `lifetime` is in seconds; 0 keeps the page as long as it is fresh.
        """
        body = answer.get_data()
        given = answer.headers.get("Cache-Control", "")
        page = cls(
            answer.status, _common_headers(answer), dependencies, [body, None, None], now, given
        )
        page.learn_keys()
        page.lifetime = lifetime
        page.counts_down = not given
        page.control = given or _cache_control(shared_seconds, shared_seconds)
        page.compressible = _is_compressible(answer)
        page.is_refined = "immutable" in page.control
        if answer.status_code == 200:
            if purged_by:
                page.common.append(_purge_header(purged_by, page.keys))
            # Who has the body under other headers (keys, robots) is to get the new ones.
            identity = repr(sorted(page.common)).encode() + body
            page.tag = blake2b(identity, digest_size=12).hexdigest()
        return page

    @classmethod
    def transient(cls, answer: Response) -> CachedPage:
        """Return a page for the requests that wait now: it is never kept."""
        control = answer.headers.get("Cache-Control", "no-store")
        page = cls(answer.status, _common_headers(answer), (), [answer.get_data()], 0.0, control)
        page.compressible = False
        return page

    def learn_keys(self) -> None:
        """Set what the dependencies tell: `keys`, `has_related` and `asks_plugins`."""
        questions = [question for question, _ in self.dependencies]
        self.keys = all_surrogate_keys(questions)
        self.has_related = any(question.name == "related" for question in questions)
        self.asks_plugins = any(question.name == "ask" for question in questions)

    @property
    def is_redirect(self) -> bool:
        """Whether this is a redirect."""
        return int(self.status[:3]) in REDIRECTS

    @property
    def size(self) -> int:
        """The memory that the page takes up, in bytes, roughly."""
        questions = QUESTION * (len(self.dependencies) + len(self.listed))
        bodies = sum(len(body) for body in self.bodies if body)
        address = len(self.request.key) if self.request else 0
        return OVERHEAD + questions + bodies + 2 * address

    def is_fresh(self, version: Version, now: float) -> bool:
        """Whether the page may be shown in a version of the site at `now`, without a question."""
        return self.mark is version.mark and self.since <= now < self.until

    def mark_fresh(self, version: Version, shared_seconds: int, deadline: float = inf) -> None:
        """Let the page be shown in a version of the site, until `deadline` at most.

        Caches in front may keep it for `shared_seconds`.
        """
        self.shared_seconds = shared_seconds
        self.deadline = deadline
        self.since = max(version.edition.since, self.window[0])
        end = min(version.edition.until, self.window[1])
        self.until = min(deadline, end)
        # Caches in front keep a page for `shared_seconds`, and show it stale for as long again.
        self.headers_until = min(self.until, end - 2 * shared_seconds - ROUNDING)
        self.mark = version.mark

    def invalidate(self) -> None:
        """Have the page revalidated, or rendered again, before it is shown."""
        self.mark = None

    def date(self, old: CachedPage | None, changed: float) -> None:
        """Set the date of modification: that of `old`, the page before, where its bytes are equal.

        Dates are whole seconds, and two versions of one second could not be told apart by them:
        soon after the site `changed`, a date is shown but never answered with 304, until `redate`
        gives the page another one.
        """
        self.settle(changed)
        if old is not None and old.tag and old.tag == self.tag:
            self.modified = old.modified
            self.comparable = old.comparable
            return
        self.modified = formatdate(self.made_at, usegmt=True)
        if int(self.made_at) >= self.settled:
            self.comparable = self.modified
            self.settled = int(self.made_at)

    def settle(self, changed: float) -> None:
        """Set `settled`, given when the site last `changed`, seconds since the epoch.

        LAG seconds after a change every process shows what came of it. A page without an entity
        tag has no validators.
        """
        if self.tag:
            self.settled = ceil(changed + LAG)

    def redate(self, now: float) -> bool:
        """Replace an ambiguous date of modification once an unambiguous one is possible.

        A date is ambiguous where another version may have it too. Returns whether it was replaced.
        """
        settled = self.settled
        if self.comparable != _NEVER or now < settled:
            return False
        with self.lock:
            self.modified = self.comparable = formatdate(settled, usegmt=True)
            self.representations = [None, None, None]
        return True

    def is_not_modified(self, sent: Representation, environ: dict[str, Any], now: float) -> bool:
        """Whether a request's validators are those of the page, so that 304 is the answer.

        See RFC 9110, section 13.1.
        """
        tags: str | None = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            if self.tag == "":
                return False
            return tags in (sent.etag, "*") or sent.known_tag(tags) != ""
        date: str = environ.get("HTTP_IF_MODIFIED_SINCE", "")
        if date == self.comparable:
            return date != _NEVER
        return now >= self.settled and self._unmodified_since(date)

    def _unmodified_since(self, date: str) -> bool:
        try:
            parsed = parse_date(date)
        except OverflowError:
            return False
        return parsed is not None and parsed.timestamp() >= self.settled

    def represent(self, wanted: int) -> Representation:
        """Return the page in an encoding, and keep that; uncompressed if not compressible."""
        encoding = IDENTITY
        if self.compressible:
            encoding = wanted
        body = self._encoded(encoding)
        tags = (_NEVER, _NEVER)
        validators: Headers = []
        if self.compressible:
            validators.append(("Vary", "Accept-Encoding"))
        if self.tag:
            tags = self._tags(encoding)
            validators += [("ETag", tags[0]), ("Last-Modified", self.modified)]
        validators.append(("Cache-Control", self.control))
        headers = [*self.common, *validators, ("Content-Length", str(len(body)))]
        if encoding:
            headers.append(("Content-Encoding", ENCODINGS[encoding]))
        status = ("Cache-Status", "octavo; hit")
        made = Representation(*tags, [*headers, status], body, [*validators, status])
        self.representations[encoding] = self.representations[wanted] = made
        return made

    def _tags(self, encoding: int) -> tuple[str, str]:
        """Return the entity tag of an encoding as it is now, and that of its other compression."""
        awaited = f'"{self.tag}{_MARKS_AWAITED[encoding]}"'
        refined = f'"{self.tag}{_MARKS[encoding]}"'
        if self.is_refined:
            return refined, awaited
        return awaited, refined

    def _encoded(self, encoding: int) -> bytes:
        done = self.bodies[encoding]
        if done is None:
            levels = WHILE_AWAITED
            if "immutable" in self.control:
                levels = FOREVER
            elif self.is_refined:
                levels = WHILE_FRESH
            done = compressed(self.bodies[IDENTITY] or b"", encoding, levels)
            self.bodies[encoding] = done
        return done

    def refine(self) -> None:
        """Compress better what was compressed for readers who waited."""
        body = self.bodies[IDENTITY] or b""
        made = [encoding for encoding in (GZIP, BROTLI) if self.bodies[encoding] is not None]
        better = {encoding: compressed(body, encoding, WHILE_FRESH) for encoding in made}
        with self.lock:
            self.is_refined = True
            self.bodies = [body, better.get(GZIP), better.get(BROTLI)]
            self.representations = [None, None, None]

    def headers_at(self, now: float, headers: Headers, status: CacheStatus | None) -> Headers:
        """Return `headers` with Cache-Status, and a Cache-Control for the time that is left.

        Without a `status` the page came from memory.
        """
        made = [pair for pair in headers if pair[0] != "Cache-Status"]
        if now >= self.headers_until and self.counts_down:
            seconds = min(self.shared_seconds, int(self.until - now - ROUNDING))
            made = [pair for pair in made if pair[0] != "Cache-Control"]
            made.append(("Cache-Control", _cache_control(max(0, seconds), 0)))
        return [*made, ("Cache-Status", f"octavo; {status or 'hit'}")]

    def dump(self) -> tuple[dict[str, Any], tuple[bytes, ...]]:
        """Return the page as facts and parts for the store, compressed in every encoding."""
        parts = [self._encoded(IDENTITY)]
        if self.compressible:
            parts += [self._encoded(GZIP), self._encoded(BROTLI)]
        return {name: getattr(self, name) for name in _FACTS}, tuple(parts)


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


def load(facts: dict[str, Any], parts: tuple[bytes, ...]) -> CachedPage | None:
    """Return the page that `dump` wrote; None for facts and parts of anything else."""
    try:
        given = {name: facts[name] for name in _FACTS}
        given["common"] = [(name, value) for name, value in facts["common"]]
        given["dependencies"] = tuple(
            Dependency(_question(asked), found) for asked, found in facts["dependencies"]
        )
        given["listed"] = tuple(map(_question, facts["listed"]))
        given["window"] = (float(facts["window"][0]), float(facts["window"][1]))
        bodies: list[bytes | None] = [*parts, None, None][:3]
        page = CachedPage(bodies=bodies, is_refined=True, **given)
        page.learn_keys()
        return page
    except (LookupError, TypeError, ValueError):
        return None


def _question(facts: list[Any]) -> Question:
    name, arguments = facts
    return Question(name, tuple(arguments))


def _is_compressible(answer: Response) -> bool:
    """Whether compression makes an answer smaller."""
    kind = answer.headers.get("Content-Type", "")
    return kind.startswith(_TEXTUAL) and len(answer.get_data()) >= MIN_COMPRESSED


def _common_headers(answer: Response) -> Headers:
    """Return the headers that are the same in all representations of an answer."""
    return [(name, value) for name, value in answer.headers if name.lower() not in _OWN]


def _purge_header(name: str, keys: Collection[str]) -> tuple[str, str]:
    """Return the header of that name, which tells a page's surrogate keys to a cache in front.

    It is Fastly's `Surrogate-Key`, Cloudflare's `Cache-Tag`, or `Cache-Groups` of RFC 9875.
    """
    if sum(len(key) + 1 for key in keys) > MAX_KEY_BYTES:
        keys = ["everything", *(key for key in keys if key in WHOLE - {"everything"})]
    if name == "Cache-Groups":
        return name, ", ".join(f'"{key}"' for key in keys)
    separator = "," if name == "Cache-Tag" else " "
    return name, separator.join(keys)


def _cache_control(seconds: int, grace: int) -> str:
    """Return a Cache-Control header that lets caches in front keep a page for `seconds`.

    Browsers ask each time. For `grace` seconds more, caches in front show the page stale while they
    revalidate it (RFC 5861).
    """
    return (
        f"public, max-age=0, s-maxage={seconds}, "
        f"stale-while-revalidate={grace}, stale-if-error={STALE_IF_ERROR}"
    )


class Pool:
    """Pages by key, bounded in bytes; the least recently used are dropped first.

    `pages` is the same dict for good, so that others may look things up in it.
    """

    def __init__(self, capacity: int) -> None:
        self.pages: dict[str, CachedPage] = {}
        self.capacity = capacity
        self.bytes = 0
        self._past_hits = 0
        self._lock = threading.Lock()

    def put(self, key: str, page: CachedPage, now: float) -> bool:
        """Keep a page under a key; return whether there is room for it."""
        with self._lock:
            self._remove(key)
            if page.size > self.capacity * MAX_POOL_SHARE:
                return False
            self.pages[key] = page
            page.seen = now
            page.pool = self
            page.counted = 0
            self._count(page)
            self._shrink()
            return page.pool is self

    def drop(self, key: str) -> None:
        """Drop a page."""
        with self._lock:
            self._remove(key)

    def grown(self, page: CachedPage) -> None:
        """Count the bytes of a page again, if it is still here."""
        with self._lock:
            if page.pool is self:
                self._count(page)
                self._shrink()

    @property
    def hits(self) -> int:
        """How often pages were sent, including those that have been dropped."""
        return self._past_hits + sum(page.hits for page in self.all())

    def all(self) -> list[CachedPage]:
        """Return the pages of this moment."""
        with self._lock:
            return list(self.pages.values())

    def clear(self) -> None:
        """Drop all pages."""
        with self._lock:
            for key in list(self.pages):
                self._remove(key)

    def forked(self) -> None:
        """Start anew in a child process."""
        self._lock = threading.Lock()
        self.clear()
        # A page may have been counted at that moment.
        self.bytes = 0
        self._past_hits = 0

    def _count(self, page: CachedPage) -> None:
        size = page.size
        self.bytes += size - page.counted
        page.counted = size

    def _remove(self, key: str) -> None:
        old = self.pages.pop(key, None)
        if old is not None:
            self.bytes -= old.counted
            self._past_hits += old.hits
            old.counted = 0
            old.pool = None

    def _shrink(self) -> None:
        if self.bytes <= self.capacity:
            return
        # Some more than needed, so that this is not done for every page.
        for key in sorted(self.pages, key=lambda name: self.pages[name].seen):
            if self.bytes <= self.capacity * 0.95:
                break
            self._remove(key)


class Pools:
    """The pages of a process in three pools: existing ones, searches and the like, missing ones."""

    def __init__(self, capacity: int) -> None:
        """`capacity` is in bytes, for pages that exist; the other pools get a little more."""
        self.existing = Pool(capacity)
        self.unbounded = Pool(min(int(capacity * UNBOUNDED_SHARE), MAX_UNBOUNDED_BYTES))
        self.missing = Pool(min(capacity, MAX_MISSING_BYTES))
        self.all = (self.existing, self.unbounded, self.missing)

    def get(self, key: str) -> CachedPage | None:
        """Return the page under a key, fresh or not."""
        for pool in self.all:
            page = pool.pages.get(key)
            if page is not None:
                return page
        return None

    def put(self, key: str, page: CachedPage, now: float, chosen: Pool) -> bool:
        """Keep a page in the pool `chosen` and in no other; return whether there is room for it."""
        for pool in self.all:
            if pool is not chosen:
                pool.drop(key)
        return chosen.put(key, page, now)

    def invalidate(self, key: str) -> None:
        """Invalidate the page under a key."""
        page = self.get(key)
        if page is not None:
            page.invalidate()

    def report(self) -> dict[str, int]:
        """Return the number of pages, bytes and capacity, and how often pages were sent."""
        return {
            "pages": sum(len(pool.pages) for pool in self.all),
            "bytes": sum(pool.bytes for pool in self.all),
            "capacity": sum(pool.capacity for pool in self.all),
            "hits": sum(pool.hits for pool in self.all),
        }

    def clear(self) -> None:
        """Drop all pages."""
        for pool in self.all:
            pool.clear()

    def forked(self) -> None:
        """Start anew in a child process."""
        for pool in self.all:
            pool.forked()
