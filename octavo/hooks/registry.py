"""The plug-ins of one site: how they are found, and how their hooks are called."""

from __future__ import annotations

import importlib.util
import inspect
import json
import logging
import pkgutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pluggy

from octavo.hooks.specifications import Hooks

log = logging.getLogger("octavo.plugins")

GROUP = "octavo"
# The module of the site's own plug-in, in its folder, and its name.
FILE = "plugins.py"
# The package whose modules are the plug-ins that ship with the engine.
SHIPPED = "octavo.plugins"

hook = pluggy.HookimplMarker("octavo")


@dataclass(frozen=True, slots=True)
class Brought:
    """What a plug-in brought, and the plug-in's name."""

    plugin: str
    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """One implementation of a hook, and the arguments that it wants."""

    plugin: str
    function: Callable[..., Any]
    wanted: tuple[str, ...]


class Plugins:
    """The plug-ins of one site.

    An exception in a plug-in is logged with its name, once for each hook; only its answer is
    missing.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager("octavo")
        self._manager.add_hookspecs(Hooks)
        self._failed: set[tuple[str, str]] = set()
        self._calls: dict[str, tuple[Call, ...]] = {}
        # The digest of each plug-in's source and settings, by its name.
        self._digests: dict[str, str] = {}

    @classmethod
    def of(cls, folder: Path, off: Collection[str] = ()) -> Plugins:
        """Return the plug-ins of the engine, of installed packages, and that in the site's folder.

        Those named in `off` are left out. One that cannot be used is logged and left out.
        """
        plugins = cls()
        for name, load in plugins._found(folder):
            if name in off:
                continue
            try:
                module = load()
                plugins.register(module, name)
                plugins._digests[name] = _source_digest(module)
            except Exception:
                log.exception("The plug-in %s cannot be used.", name)
        return plugins

    @staticmethod
    def _found(folder: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield name and loader of each plug-in; later ones are asked first."""
        for found in pkgutil.iter_modules(import_module(SHIPPED).__path__):
            yield found.name, lambda name=found.name: import_module(f"{SHIPPED}.{name}")  # type: ignore[misc]
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            yield entry.name, entry.load
        file = folder / FILE
        if file.is_file():
            yield FILE, lambda: _loaded(file)

    def register(self, module: object, name: str) -> None:
        """Add a plug-in. Raises ValueError for an implementation that could not be called."""
        # Not the module itself: pluggy asks all that is in it, and `flask.request` raises then.
        guest = SimpleNamespace()
        for attribute, value in vars(module).items():
            if not _is_marked(value):
                continue
            # pluggy passes over what is no plain function, such as a cached one, and says nothing.
            if not inspect.isfunction(value):
                raise ValueError(f"`{attribute}` must be a plain function below `@hook`.")
            setattr(guest, attribute, value)
        self._manager.register(guest, name)
        self._calls = {}
        try:
            self._manager.check_pending()
            for caller in self._manager.get_hookcallers(guest) or ():
                for implementation in caller.get_hookimpls():
                    if implementation.plugin is guest and implementation.kwargnames:
                        # pluggy never passes what has a default.
                        names = ", ".join(implementation.kwargnames)
                        raise ValueError(f"In `{caller.name}`, {names} must have no default.")
        except Exception:
            self._manager.unregister(guest)
            raise

    @property
    def names(self) -> list[str]:
        """The names of all plug-ins in use."""
        return [name for name, _ in self._manager.list_name_plugin()]

    @property
    def digest(self) -> str:
        """The digest of all plug-ins, and of their settings: pages may show what they make."""
        return _digest(self._digests.values())

    def digest_of(self, hooks: Collection[str]) -> str:
        """Return the digest of the plug-ins that have one of some hooks; '' where none has."""
        names = {call.plugin for name in hooks for call in self._calls_of(name)}
        if not names:
            return ""
        return _digest(f"{name} {self._digests.get(name, '')}" for name in sorted(names))

    def configure(
        self, tables: Mapping[str, Any], root: Path, check: Callable[[str, type, Any], Any]
    ) -> None:
        """Give each plug-in that has settings their values, from its table of `tables`.

        `check(name, kind, table)` returns an object of the dataclass `kind`, or raises.
        """
        kinds = {brought.plugin: brought.value for brought in self.answers("settings")}
        for call in self._calls_of("configure"):
            made: Any = None
            if call.plugin in kinds:
                made = check(call.plugin, kinds[call.plugin], tables.get(call.plugin, {}))
            self._answer(call, "configure", {"settings": made, "root": root})
        for name in tables.keys() & self._digests.keys():
            self._digests[name] = _digest([self._digests[name], repr(tables[name])])

    def has(self, name: str) -> bool:
        """Whether any plug-in implements the hook `name`."""
        return bool(self._calls_of(name))

    def answers(self, name: str, /, **given: Any) -> list[Brought]:
        """Return all answers to a hook that are not None; the last plug-in is asked first."""
        found = []
        for call in self._calls_of(name):
            answer = self._answer(call, name, given)
            if answer is not None:
                found.append(Brought(call.plugin, answer))
        return found

    def first(self, name: str, /, **given: Any) -> Any:
        """Return the first answer to a hook that is not None; the last plug-in is asked first."""
        for call in self._calls_of(name):
            answer = self._answer(call, name, given)
            if answer is not None:
                return answer
        return None

    def table(self, name: str) -> dict[str, Brought]:
        """Return the mappings that a hook returns as one; the first answer counts for each key."""
        found: dict[str, Brought] = {}
        for brought in self.answers(name):
            if not isinstance(brought.value, Mapping):
                log.error("The plug-in %s returns no mapping in `%s`.", brought.plugin, name)
                continue
            for key, value in brought.value.items():
                found.setdefault(key, Brought(brought.plugin, value))
        return found

    def through(self, name: str, argument: str, value: str, /, **given: Any) -> str:
        """Return a text after each plug-in in turn has changed it; `argument` is its name there."""
        for call in self._calls_of(name):
            answer = self._answer(call, name, {argument: value, **given})
            if isinstance(answer, str):
                value = answer
        return value

    def guarded(self, brought: Brought, what: str, otherwise: Any = None) -> Callable[..., Any]:
        """Return a function that a plug-in brought, as one that never raises.

        Where the plug-in's raises, it returns `otherwise`.
        """

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return brought.value(*args, **kwargs)
            except Exception:
                self.tell(brought.plugin, what)
                return otherwise

        return call

    def tell(self, plugin: str, what: str) -> None:
        """Log the exception that a plug-in has just raised, once for each thing it was asked."""
        if (plugin, what) not in self._failed:
            self._failed.add((plugin, what))
            log.exception("The plug-in %s failed in `%s`; the site goes on without.", plugin, what)

    def _calls_of(self, name: str) -> tuple[Call, ...]:
        calls = self._calls.get(name)
        if calls is None:
            found = reversed(getattr(self._manager.hook, name).get_hookimpls())
            calls = self._calls[name] = tuple(
                Call(each.plugin_name, each.function, tuple(each.argnames)) for each in found
            )
        return calls

    def _answer(self, call: Call, name: str, given: Mapping[str, Any]) -> Any:
        try:
            return call.function(*[given[argument] for argument in call.wanted])
        except Exception:
            self.tell(call.plugin, name)
            return None


def _is_marked(value: object) -> bool:
    try:
        return hasattr(value, "octavo_impl")
    except Exception:  # what a proxy raises that stands for nothing yet
        return False


def as_json(value: Any) -> Any:
    """Return a value as JSON holds it: tuples are lists. Raises ValueError where it cannot."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON: {error}") from None


def _digest(texts: Any) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()


def _source_digest(module: ModuleType) -> str:
    """Return the digest of a plug-in's source: its file, or the whole package that it is in."""
    top = sys.modules[module.__name__.partition(".")[0]]
    folders: list[str] = list(getattr(module, "__path__", ()))
    if top.__name__ != "octavo":
        folders = list(getattr(top, "__path__", ()))
    files = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    if not files and module.__file__:
        files = [Path(module.__file__)]
    made = blake2b(digest_size=16)
    for path in files:
        made.update(path.read_bytes())
    return made.hexdigest()


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
