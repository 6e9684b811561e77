"""The hooks of plug-ins: their specifications, and how they are called.

A plug-in is a module: `plugins.py` in the site's folder, or one that an installed package names as
an entry point of the group `octavo`. It marks what it does with `hook`:

    from octavo.hooks import hook

    @hook
    def cover_svg(slug, hue):
        return "<svg ...>"
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
import sys
from hashlib import blake2b
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

log = logging.getLogger("octavo.plugins")

GROUP = "octavo"
# The module of the site's own plug-in, in its folder.
FILE = "plugins.py"

hook = pluggy.HookimplMarker("octavo")
_specification = pluggy.HookspecMarker("octavo")


class Hooks:
    """The specifications. An implementation names the arguments that it wants, in any order."""

    @_specification
    def cover_svg(self, slug: str, hue: int) -> str | None:
        """Return the cover of an article without a picture, as an inline SVG element.

        It goes into pages as it is. `hue` is the number of its category's colour, 0 to 7. The first
        plug-in that returns a cover draws it.
        """

    @_specification
    def cover_png(self, slug: str, hue: int) -> bytes | None:
        """Return the same cover as a PNG of 1200 by 630 pixels, for social cards."""


class Plugins:
    """The plug-ins of one site."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager("octavo")
        self._manager.add_hookspecs(Hooks)
        self._failed: set[tuple[str, str]] = set()
        # Digest of the site's own plug-in: pages may show what it makes.
        self.digest = ""

    @classmethod
    def of(cls, folder: Path) -> Plugins:
        """Return the plug-ins of installed packages, and the one in the site's `folder`.

        One that cannot be used is logged and left out.
        """
        plugins = cls()
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            try:
                plugins.register(entry.load(), entry.name)
            except Exception:
                log.exception("The plug-in %s cannot be used.", entry.name)
        file = folder / FILE
        if file.is_file():
            try:
                plugins.register(_loaded(file), FILE)
                plugins.digest = blake2b(file.read_bytes(), digest_size=16).hexdigest()
            except Exception:
                log.exception("The plug-in %s cannot be used.", FILE)
        return plugins

    def register(self, module: object, name: str) -> None:
        """Add a plug-in. Raises ValueError for an implementation that could not be called."""
        for attribute, value in vars(module).items():
            # pluggy passes over what is no plain function, such as a cached one, and says nothing.
            if hasattr(value, "octavo_impl") and not inspect.isfunction(value):
                raise ValueError(f"`{attribute}` must be a plain function below `@hook`.")
        self._manager.register(module, name)
        try:
            self._manager.check_pending()
            for caller in self._manager.get_hookcallers(module) or ():
                for implementation in caller.get_hookimpls():
                    if implementation.plugin is module and implementation.kwargnames:
                        # pluggy never passes what has a default.
                        names = ", ".join(implementation.kwargnames)
                        raise ValueError(f"In `{caller.name}`, {names} must have no default.")
        except Exception:
            self._manager.unregister(module)
            raise

    def first(self, name: str, **given: Any) -> Any:
        """Return the first answer to a hook that is not None; the last plug-in is asked first.

        A plug-in that raises is logged, once for each hook, and passed over.
        """
        for implementation in reversed(getattr(self._manager.hook, name).get_hookimpls()):
            arguments = [given[argument] for argument in implementation.argnames]
            try:
                answer = implementation.function(*arguments)
            except Exception:
                self._tell(implementation.plugin_name, name)
                continue
            if answer is not None:
                return answer
        return None

    def _tell(self, plugin: str, name: str) -> None:
        if (plugin, name) not in self._failed:
            self._failed.add((plugin, name))
            log.exception("The plug-in %s failed in `%s`; the site goes on without.", plugin, name)


def _loaded(file: Path) -> ModuleType:
    # Several sites of one process have a module of this name each.
    name = f"octavo_plugins_{blake2b(str(file).encode(), digest_size=8).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Data classes look their module up.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
