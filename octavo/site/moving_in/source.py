"""The source folder of another system: its files, and its settings, which are never executed."""

from __future__ import annotations

import ast
import fnmatch
import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from octavo.content.files.walk import MARKDOWN
from octavo.site.moving_in.items import Loss

# A larger file is not read as settings.
MAX_SETTINGS_BYTES = 5_000_000

_FORMATS = (".toml", ".yaml", ".yml", ".json")
# Folders of tools, which hold copies of what is published, or other people's texts.
_OF_TOOLS = frozenset("node_modules bower_components __pycache__ vendor _site venv".split())
# Where the files of a site lie beside its export.
_BESIDE = ("content", "wp-content", "uploads")
_UNREADABLE = "Settings that cannot be read, so that their defaults count"


class Source:
    """A folder of another system, or an export with the folders of files beside it.

    Links are not followed; `losses` tells what could not be read.
    """

    def __init__(self, root: Path, zone: tzinfo, address: str = "") -> None:
        """`zone` is the time zone where the source names none; `address` that of the old site."""
        self.address = address.rstrip("/")
        self.root = root
        self.zone = zone
        self.losses: list[Loss] = []
        if root.is_file():
            # The folder of an export holds what else somebody has downloaded.
            self.root = root.parent
            self.paths = (root.name, *chain.from_iterable(map(self._walk, _BESIDE)))
        else:
            self.paths = tuple(self._walk())
        # About how many texts and files there are, for whoever waits.
        self.expected = len(self.paths)

    def _walk(self, below: str = "") -> Iterator[str]:
        for folder, folders, files in os.walk(self.root / below):
            folders[:] = sorted(
                name for name in folders if name[0] != "." and name not in _OF_TOOLS
            )
            for name in (*folders, *sorted(files)):
                file = Path(folder, name)
                path = file.relative_to(self.root).as_posix()
                shown = path.encode("utf-8", "replace").decode()
                if shown != path:
                    self.losses.append(Loss(shown, "Files whose name is not UTF-8"))
                elif file.is_symlink():
                    self.losses.append(Loss(path, "Symbolic links, which are not followed"))
                elif name[0] != "." and file.is_file():
                    yield path

    def below(self, folder: str) -> Iterator[tuple[str, str]]:
        """Yield each file below a folder: its path in the source, and that below the folder."""
        start = f"{folder.strip('/')}/"
        if start in ("/", "./"):
            start = ""
        for path in self.paths:
            if path.startswith(start):
                yield path, path[len(start) :]

    def read(self, path: str) -> bytes:
        """Return a file's bytes; none, with a loss, where it cannot be read."""
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            self.losses.append(Loss(path, f"Files that cannot be read ({error.strerror})"))
        return b""

    def settings(self, *names: str) -> dict[str, Any]:
        """Return the settings in the first of the named files that exists; {} without one.

        A name without an ending stands for TOML, YAML and JSON. Keys are in small letters.
        """
        for name in names:
            for suffix in ("", *_FORMATS):
                path = f"{name}{suffix}"
                if Path(path).suffix in _FORMATS and (self.root / path).is_file():
                    return _lowered(self._parsed(path))
        return {}

    def data(self, path: str) -> Any:
        """Return what a YAML, TOML or JSON file holds; None where it is not there or unreadable."""
        if not (self.root / path).is_file():
            return None
        return self._parsed(path)

    def _parsed(self, path: str) -> Any:
        data = self.read(path)
        try:
            if len(data) > MAX_SETTINGS_BYTES:
                raise ValueError("too large")
            text = data.decode("utf-8-sig")
            if path.endswith(".toml"):
                return tomllib.loads(text)
            if path.endswith(".json"):
                return json.loads(text)
            # It makes nothing but texts, numbers, lists and tables.
            return yaml.load(text, Loader=_Lenient)  # noqa: S506
        except (ValueError, yaml.YAMLError, RecursionError):
            self.losses.append(Loss(path, _UNREADABLE))
        return None

    def python(self, *names: str) -> dict[str, Any]:
        """Return the literal values that files of Python assign, later ones over earlier ones.

        `names` are paths below the source; a missing file is skipped, and one that cannot be read
        is a loss. Nothing of it is executed.
        """
        found: dict[str, Any] = {}
        for name in names:
            if not (self.root / name).is_file():
                continue
            try:
                tree = ast.parse(self.read(name))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self.losses.append(Loss(name, _UNREADABLE))
                continue
            for target, value in _assigned(tree):
                try:
                    found[target] = ast.literal_eval(value)
                except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                    self.losses.append(Loss(f"{name} ({target})", _COMPUTED))
        return found

    def zone_named(self, name: object) -> tzinfo:
        """Return the time zone that the source names; that of the site where it names none.

        Another one than the site's is a loss: dates without an offset are read in the site's.
        """
        try:
            zone = ZoneInfo(str(name or ""))
        except (KeyError, ValueError, OSError):
            return self.zone
        if str(zone) != str(self.zone):
            self.losses.append(Loss(str(zone), _OTHER_ZONE))
        return zone


_OTHER_ZONE = "Time zones that the setting `timezone` here does not name, as dates mean them"
_COMPUTED = "Settings that are computed by a program, which is not run"


class _Lenient(yaml.SafeLoader):
    """YAML without its tags: those of Ruby and others are values like all others."""


def _untagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return None


_Lenient.add_multi_constructor("", _untagged)


def _lowered(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {}
    return {str(name).lower(): value for name, value in given.items()}


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def table(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the table `name` of `settings`; {} where there is none, or it is no table."""
    return _lowered(settings.get(name))


def tables_in(value: object) -> list[dict[str, Any]]:
    """Return a setting that is one table or a list of them as a list."""
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, dict)]


def texts_in(value: object) -> list[str]:
    """Return a setting that is one text or a list of them as a list."""
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    if value is None or value == "":
        return []
    return [str(value)]


def is_text(path: str) -> bool:
    """Whether the name of a file is that of a text in Markdown."""
    return path.lower().endswith(MARKDOWN)


def fits_any(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path, or a folder above it, fits one of the patterns of a list of exceptions."""
    parts = path.split("/")
    above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    for pattern in patterns:
        plain = pattern.strip("/")
        if any(fnmatch.fnmatch(one, plain) for one in above):
            return True
    return False
