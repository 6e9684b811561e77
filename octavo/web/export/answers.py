"""The answers of a site for an export: what a reader would get, and what it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from octavo.site.site import Site, Version
from octavo.web.cache import CACHING, PageCache
from octavo.web.read_model.dependencies import all_surrogate_keys, fingerprint
from octavo.web.read_model.read_model import READ_MODEL, ReadModel

# A picture's copy that is not ready is asked for again so often; each time waits for it.
MAX_REQUESTS_FOR_COPY = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `keys` are the surrogate keys of what it shows, `location` is where it leads.

    One that `is_transient` stands in for what is not ready yet. It holds from `since` to `until`,
    in seconds since the epoch. `related` is the fingerprint of related articles that it shows.
    """

    status: int
    mimetype: str
    data: bytes
    keys: tuple[str, ...]
    location: str = ""
    is_transient: bool = False
    since: float = -inf
    until: float = inf
    related: str = ""


class SiteReader:
    """Asks one version of a site for what every reader gets."""

    def __init__(self, app: Flask, version: Version) -> None:
        self._site: Site = app.extensions["octavo"]
        cache: PageCache = app.extensions["octavo_cache"]
        self._inner = cache.inner
        self._version = version

    def get(self, address: str) -> Answer:
        """Return the answer for an address from the site's own root."""
        answer = self._ask(address)
        tries = 1
        while answer.is_transient and tries < MAX_REQUESTS_FOR_COPY:
            answer = self._ask(address)
            tries += 1
        return answer

    def _ask(self, address: str) -> Answer:
        model = ReadModel(self._site, self._version.edition)
        builder = EnvironBuilder(address, base_url=self._site.settings.base_url)
        environ = builder.get_environ() | {READ_MODEL: model, CACHING: True}
        builder.close()
        got = Response.from_app(self._inner, environ, buffered=True)
        return Answer(
            got.status_code,
            got.mimetype or "",
            got.get_data(),
            all_surrogate_keys(model.answers),
            got.headers.get("Location", ""),
            "no-store" in got.headers.get("Cache-Control", ""),
            *model.window,
            next(
                (
                    fingerprint(each)
                    for asked, each in model.answers.items()
                    if asked.name == "related"
                ),
                "",
            ),
        )

    def related(self, slug: str) -> str:
        """Return the fingerprint of an article's related articles now."""
        return fingerprint(ReadModel(self._site, self._version.edition).related(slug))
