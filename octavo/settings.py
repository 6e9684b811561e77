"""The site's settings: one table of name, default and help, from which the README and the error texts come."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from rapidfuzz import process


class SettingsError(Exception):
    """A setting is unknown or ill-typed; its reader is the operator who starts the site."""


def setting(default: Any, help: str, choices: tuple[str, ...] = (), shown: bool = True) -> Any:
    """Return a field of `Settings` with its help text; one that is not `shown` changes nothing on any page."""
    made = {"default_factory": lambda: default} if isinstance(default, list) else {"default": default}
    return field(metadata={"help": help, "choices": choices, "default": default, "shown": shown}, **made)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation."""

    label: str
    url: str


@dataclass(frozen=True)
class Settings:
    """Every setting, in the order of the README's table. Values are read with `load_settings`."""

    title: str = setting("Octavo", "Name of the site, in the masthead, titles and feeds.")
    tagline: str = setting("", "One line under the name.")
    description: str = setting("", "One or two sentences about the site, for search engines and feeds.")
    base_url: str = setting(
        "http://127.0.0.1:5000",
        "Public address of the site without a slash at its end; every absolute URL begins with it.",
    )
    language: str = setting("en", "Language of the writing as a BCP 47 tag (`en`, `de`, `pt-BR`).")
    timezone: str = setting("UTC", "Time zone of dates without an offset, and of the dates shown (`Europe/Berlin`).")
    navigation: list[Link] = setting(
        [], "Entries of the main navigation, as a list of {label, url}; empty: the largest categories."
    )
    page_size: int = setting(12, "Articles on one page of a list.")
    posts_dir: str = setting("posts", "Folder of the writing, relative to the site's folder or absolute.", shown=False)
    search_index_dir: str = setting(
        "search_index", "Folder of derived data: the search index and the catalogue.", shown=False
    )
    slug_from: str = setting(
        "name",
        "Where a post's slug comes from: its file's `name`, or the whole `path` below posts/.",
        ("name", "path"),
    )
    max_post_bytes: int = setting(1_000_000, "Largest size of one post's file in bytes.")
    watch: bool = setting(True, "Look for changed files while the server runs.", shown=False)
    cache: str = setting(
        "memory",
        "Where finished pages are kept: in this process (`memory`), also in files that survive a restart "
        "(`filesystem`), also in Redis for several machines (`redis`), or nowhere (`none`).",
        ("memory", "filesystem", "redis", "none"),
        shown=False,
    )
    cache_dir: str = setting(
        "instance/cache", "Folder of cached pages and scaled pictures; it may be deleted at any time.", shown=False
    )
    cache_bytes: int = setting(256_000_000, "Largest size of the pages kept in one process, in bytes.", shown=False)
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0", "Address of Redis, where the setting `cache` names it.", shown=False
    )
    shared_seconds: int = setting(
        5,
        "Seconds for which a cache in front of the site (CDN, Varnish, nginx) may show a page without asking again.",
        shown=False,
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


def load_settings(root: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the site in `root`: its pyproject.toml's [tool.octavo], overridden by OCTAVO_* variables.

    Raises SettingsError with the setting's name, its value and what it is for.
    """
    given = _from_file(root / "pyproject.toml")
    table = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in table:
            raise SettingsError(_unknown(f"[tool.octavo] {name}", name, value, table))
        values[name] = _typed(table[name], value, f"[tool.octavo] {name}")
    for variable, text in environ.items():
        if not variable.startswith("OCTAVO_"):
            continue
        name = variable.removeprefix("OCTAVO_").lower()
        if name not in table:
            raise SettingsError(_unknown(variable, name, text, table))
        values[name] = _typed(table[name], _from_text(table[name], text), variable)
    return Settings(**values)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8")
        return dict(tomllib.loads(text).get("tool", {}).get("octavo", {}))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None


def _unknown(shown: str, name: str, value: Any, table: Mapping[str, Field[Any]]) -> str:
    near = process.extractOne(name, list(table), score_cutoff=70)
    guess = f" Did you mean `{near[0]}`: {table[near[0]].metadata['help']}" if near else ""
    return f"{shown} = {value!r}: there is no such setting.{guess} Settings are: {', '.join(table)}."


_WORDS = {"str": "a text", "int": "a whole number", "bool": "true or false", "list": "a list of {label, url}"}


def _from_text(f: Field[Any], text: str) -> Any:
    kind = _kind(f)
    if kind == "bool":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if kind == "str":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kind(f: Field[Any]) -> str:
    hint = get_type_hints(Settings)[f.name]
    return "list" if get_args(hint) else str(hint.__name__)


def _typed(f: Field[Any], value: Any, shown: str) -> Any:
    kind = _kind(f)
    help, choices = f.metadata["help"], f.metadata["choices"]
    wrong = SettingsError(f"{shown} = {value!r}: this must be {_WORDS[kind]}. {help}")
    if kind == "list":
        if not isinstance(value, list):
            raise wrong
        return [_link(item, wrong) for item in value]
    if type(value).__name__ != kind:
        raise wrong
    if choices and value not in choices:
        raise SettingsError(f"{shown} = {value!r}: this must be one of {', '.join(choices)}. {help}")
    if kind == "int" and value < 1:
        raise SettingsError(f"{shown} = {value!r}: this must be at least 1. {help}")
    return _checked(f.name, value, f"{shown} = {value!r}", help)


def _link(item: Any, wrong: SettingsError) -> Link:
    if (
        not isinstance(item, dict)
        or set(item) != {"label", "url"}
        or not all(isinstance(v, str) for v in item.values())
    ):
        raise wrong
    return Link(item["label"], item["url"])


def _checked(name: str, value: Any, shown: str, help: str) -> Any:
    if name == "timezone":
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise SettingsError(f"{shown}: there is no such time zone. {help}") from None
    if name == "base_url":
        value = value.rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise SettingsError(f"{shown}: this must begin with http:// or https:// and a host. {help}")
    return value
