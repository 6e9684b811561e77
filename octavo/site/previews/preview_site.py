"""A site as a preview link shows it: the same files below the link's path, in the link's scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from octavo.content.library.library import Edition
from octavo.content.library.related import Related
from octavo.content.loading.loader import SETTLE
from octavo.content.posts import Post
from octavo.site.addresses import Addresses
from octavo.site.previews.links import Scope
from octavo.site.site import Site, SiteTheme, Version

# Below this lie the addresses of all previews, each below its own name.
FOLDER = "/-/preview/"


class PreviewSite(Site):
    """A site in a preview. It shares all that it reads with the site itself, and keeps nothing.

    Every address that it builds lies below the preview's path. It counts no views and searches
    nothing.
    """

    is_preview = True

    def __init__(self, site: Site, name: str, scope: Scope) -> None:
        """Show `site` in a scope, at addresses below the preview's `name`."""
        # Files, plug-ins, pictures and the loader are the site's own; what differs follows.
        vars(self).update(vars(site))
        base_url = f"{site.settings.base_url}{FOLDER}{name}"
        self.settings = replace(site.settings, base_url=base_url, api_open=False)
        self.addresses = Addresses.of(self.settings)
        self.texts = self._new_texts()
        self.views = None
        self.developed = False
        self._site = site
        self._scope = scope
        if scope.at is not None:
            moment = scope.at
            self.clock = lambda: moment
        self.follow()

    def use(self, theme: SiteTheme) -> None:
        """Use the templates and static files of `theme`."""
        self.theme = theme

    def follow(self) -> None:
        """Show what the files and the clock say now."""
        now = self._site.clock()
        version = self._site.current()
        mine = vars(self).get("shown")
        if mine is not None and mine[0] is version and mine[1].since <= now < mine[1].until:
            return
        edition = self._scope.edition(version.library, now)
        self.shown: tuple[Version, Edition] = (version, edition)
        self.version = replace(version, edition=edition)

    def edition(self) -> Edition:
        """Return what the preview shows; the same object until a file or the clock changes it."""
        return self.version.edition

    def start(self) -> None:
        """Do nothing: the site itself watches the files."""

    def refresh(self, hints: Iterable[str] | None = None, settle: float = SETTLE) -> frozenset[str]:
        """Refresh the site itself; returns the paths in the middle of a save, as Site.refresh."""
        return self._site.refresh(hints, settle)

    def check_for_changes(self) -> None:
        """Do nothing: the site itself looks at its files."""

    def related(self, edition: Edition, post: Post, count: int = 3) -> tuple[Related, ...]:
        """Return the articles to read after `post`, by tags and category: no index has drafts."""
        return edition.related(post, count)
