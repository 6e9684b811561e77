"""The theme: the templates and static files in use, and the digest of all that pages share."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from jinja2 import TemplateSyntaxError

from octavo.content.digests import digest_texts
from octavo.web.theme.assets import Assets
from octavo.web.theme.templates import Templates

log = logging.getLogger("octavo")


class Theme:
    """The templates and static files of a site that are in use now."""

    def __init__(self, templates: Templates, assets: Assets, beside: Iterable[str]) -> None:
        """`beside` are digests of what else pages share: engine, settings, plug-ins."""
        self.templates = templates
        self.assets = assets
        self._beside = tuple(beside)
        # Digest of all; empty while files are read, since nothing that is rendered meanwhile counts
        # as made with either theme.
        self.digest = self._digest_of_all()

    def reload(self) -> None:
        """Use the files that have changed; log their errors."""
        parts = (self.templates, self.assets)
        changed = [part for part in parts if part.changed()]
        if not changed:
            return
        self.digest = ""
        try:
            for part in changed:
                _reload(part)
        finally:
            self.digest = self._digest_of_all()

    def _digest_of_all(self) -> str:
        return digest_texts([self.templates.digest(), self.assets.digest(), *self._beside])


def _reload(part: Templates | Assets) -> None:
    try:
        part.reload()
    except TemplateSyntaxError as error:
        place = f"templates/{error.name}:{error.lineno}"
        log.error("%s: %s. Mend it; until then pages are made as before.", place, error.message)
    except (OSError, UnicodeDecodeError) as error:
        log.error("Templates and static files cannot be read: %s", error)
