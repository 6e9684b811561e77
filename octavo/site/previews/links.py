"""Preview links: a signed scope, which says what is shown and until when.

A link is valid while its signature is, which needs the setting `preview_secret`, and until its
time is over. Nothing else widens what it shows, and another secret revokes all links.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import blake2b
from math import inf
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from octavo.content.library.library import Edition, Library

# What the secret signs here; a token of another purpose is none of ours.
_SALT = "octavo preview link"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a preview shows: one text, the whole site as of a moment, or all texts.

    `post` is the path of a file below posts/, `at` a moment in seconds since the epoch; a scope
    with neither shows everything.
    """

    post: str = ""
    at: float | None = None

    def edition(self, library: Library, now: float) -> Edition:
        """Return what a preview of this scope shows of a library at `now`: a new object."""
        if self.at is not None:
            found = library.seen(self.at)
            found.since = -inf
            found.until = inf
            return found
        if self.post:
            return library.seen(now, self.post)
        return library.whole


class PreviewLink(NamedTuple):
    """A preview link that is valid: its scope, and until when in seconds since the epoch."""

    scope: Scope
    until: float


class Signer:
    """Signs and reads the tokens of preview links."""

    def __init__(self, secret: str) -> None:
        """`secret` is the setting `preview_secret`; with '' no token is valid."""
        self._secret = secret
        self._serializer = URLSafeSerializer(secret, salt=_SALT)

    def sign(self, scope: Scope, until: float) -> str:
        """Return the token of a link that shows a scope until a moment, in epoch seconds."""
        return str(self._serializer.dumps([scope.post, scope.at, int(until)]))

    def read(self, token: str, now: float) -> PreviewLink | None:
        """Return the link that a token is of; None where it is not ours, or its time is over."""
        if not self._secret:
            return None
        try:
            post, at, until = self._serializer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        if now >= until:
            return None
        return PreviewLink(Scope(post, at), until)

    def name_of(self, scope: Scope) -> str:
        """Return the name of a scope in addresses, which tells nothing of what it shows."""
        content = json.dumps(asdict(scope)).encode()
        key = blake2b(self._secret.encode(), digest_size=32).digest()
        return blake2b(content, key=key, digest_size=8).hexdigest()
