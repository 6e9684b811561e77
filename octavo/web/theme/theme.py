"""The theme: the templates and static files in use, and the digest of all that pages share."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError

from octavo.content.digests import digest_texts
from octavo.hooks import Plugins
from octavo.settings import Settings, SettingsError, help_of
from octavo.web.theme.assets import Assets
from octavo.web.theme.layers import Layers
from octavo.web.theme.look import made_files
from octavo.web.theme.templates import Templates

log = logging.getLogger("octavo")

# The theme that comes with the engine: a complete one.
DEFAULT_THEME = Path(__file__).resolve().parents[2] / "theme"

# Entry points by which packages bring themes: each names a package with templates/ and static/.
GROUP = "octavo.themes"


def themes(name: str) -> tuple[Path, ...]:
    """Return the folders of the installed theme `name`, if any, and of the engine's.

    Raises SettingsError where no such theme is installed.
    """
    if not name:
        return (DEFAULT_THEME,)
    installed = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    found = None
    if name in installed:
        found = find_spec(installed[name])
    if found is None or not found.submodule_search_locations:
        raise SettingsError(
            f"theme = {name!r}: no package with such a theme is installed. "
            f"Installed are: {', '.join(sorted(installed)) or 'none'}. {help_of('theme')}"
        )
    return Path(found.submodule_search_locations[0]), DEFAULT_THEME


class Theme:
    """The templates and static files of a site that are in use now."""

    def __init__(
        self,
        folders: Sequence[Path],
        environment: Environment,
        beside: Iterable[str],
        settings: Settings,
    ) -> None:
        """Read the files in templates/ and static/ of `folders`; those of the first stand over all.

        `beside` are digests of what else pages share: engine, settings, plug-ins. All files stand
        over those that `settings` make.
        """
        self._site = folders[0]
        self.folders = [folder / part for folder in folders for part in ("templates", "static")]
        self.templates = Templates(
            Layers([folder / "templates" for folder in folders]), environment, settings.language
        )
        self.assets = Assets(
            Layers([folder / "static" for folder in folders]), made_files(settings)
        )
        self.template = self.templates.digest_of
        self.asset = self.assets.address_of
        self._beside = tuple(beside)
        # Digest of all; empty while files are read, since nothing that is rendered meanwhile counts
        # as made with either theme.
        self.digest = ""
        # Digest of what every page shares: all but the single templates and static files.
        self.common = ""
        # What says a phrase in the site's words; another one where these have changed.
        self.say = self.templates.say
        self._take_stock()

    def share(self, text: str) -> None:
        """Make a text part of what every page depends on: with another text all are made again."""
        self._beside = (*self._beside, text)
        self._take_stock()

    @classmethod
    def of(
        cls,
        root: Path,
        settings: Settings,
        plugins: Plugins,
        environment: Environment,
        beside: Iterable[str],
    ) -> Theme:
        """Return the theme of the site in `root`: its own files, plug-ins', and the named themes'.

        Raises SettingsError for a theme that is not there.
        """
        brought = (each.value for each in plugins.answers("theme"))
        folders = [root, *brought, *themes(settings.theme)]
        return cls(folders, environment, beside, settings)

    def reload(self) -> None:
        """Use the files that have changed; log their errors."""
        parts = (self.templates, self.assets)
        changed = [part for part in parts if part.changed()]
        if not changed:
            return
        self.digest = ""
        try:
            for part in changed:
                self._reload(part)
        finally:
            self._take_stock()

    def serves(self, path: str) -> bool:
        """Whether there is a static file at a path such as `/static/css/site.css`."""
        return path.removeprefix("/static/") in self.assets.by_name

    def _take_stock(self) -> None:
        # A file with a plain address stands over a page that has the same.
        plain = sorted(self.assets.plain)
        self.say = self.templates.say
        self.common = digest_texts([*self._beside, self.templates.phrases, *plain])
        self.digest = digest_texts([self.templates.digest(), self.assets.digest(), *self._beside])

    def _reload(self, part: Templates | Assets) -> None:
        try:
            part.reload()
        except TemplateSyntaxError as error:
            path = Path(str(error.filename))
            if path.is_relative_to(self._site):
                path = path.relative_to(self._site)
            place = f"{path}:{error.lineno}"
            log.error("%s: %s. Mend it; until then pages are made as before.", place, error.message)
        except (OSError, UnicodeDecodeError) as error:
            log.error("Templates and static files cannot be read: %s", error)
