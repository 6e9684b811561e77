"""The site's settings: one table of name, default and help, from which the README and the error
texts come.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from click import ClickException
from rapidfuzz import process


class SettingsError(ClickException):
    """A setting is unknown or ill-typed; its reader is the operator who starts the site, by `flask`
    in one line.
    """


# Their values stand in no message: secrets, and an address that can hold one.
SECRETS = frozenset(
    {"api_keys", "preview_token", "redis_url", "search_url", "status_key", "webhook_secret"}
)


# What pages may show of other hosts, by the name that the setting `hosts` has for it: the directive of the
# content security policy that allows it, and what it is. A new kind of hosts is a new row.
HOST_KINDS: Mapping[str, tuple[str, str]] = {
    "frames": ("frame-src", "films, maps and whatever else an `<iframe>` shows"),
    "pictures": ("img-src", "pictures"),
    "media": ("media-src", "films and sounds"),
}


def setting(default: Any, help: str, choices: tuple[str, ...] = (), shown: bool = True) -> Any:
    """Return a field of `Settings` with its help text; one that is not `shown` changes no page, nor
    its headers.
    """
    made: dict[str, Any] = {"default": default}
    if isinstance(default, list | dict):
        made = {"default_factory": lambda: default}
    return field(
        metadata={"help": help, "choices": choices, "default": default, "shown": shown}, **made
    )


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
    description: str = setting(
        "", "One or two sentences about the site, for search engines and feeds."
    )
    base_url: str = setting(
        "http://127.0.0.1:5000",
        "Public address of the site, without a path; every absolute URL begins with it.",
    )
    language: str = setting("en", "Language of the writing as a BCP 47 tag (`en`, `de`, `pt-BR`).")
    timezone: str = setting(
        "UTC", "Time zone of dates without an offset, and of the dates shown (`Europe/Berlin`)."
    )
    smart_punctuation: bool = setting(
        True,
        "Set the quotes and dashes of articles as their language does; otherwise as they are typed.",
    )
    hosts: dict[str, list[str]] = setting(
        {},
        "Hosts whose content articles may show, by kind: "
        + ", ".join(f"`{kind}` ({what})" for kind, (_, what) in HOST_KINDS.items())
        + '; as in `hosts = { frames = ["www.youtube-nocookie.com"] }`. Others stay links.',
    )
    navigation: list[Link] = setting(
        [],
        "Entries of the main navigation, as a list of {label, url}; empty: the largest categories.",
    )
    page_size: int = setting(12, "Articles on one page of a list.")
    prefer_new: bool = setting(
        True, "Of search results that fit alike, put the newer ones a little higher."
    )
    posts_dir: str = setting(
        "posts", "Folder of the writing, relative to the site's folder or absolute.", shown=False
    )
    search_index_dir: str = setting(
        "search_index", "Folder of derived data: the search index and the catalogue.", shown=False
    )
    search_engine: str = setting(
        "embedded",
        "What searches: `embedded`, or the dotted name of a module with another search engine.",
    )
    search_url: str = setting(
        "", "Address of an outside search engine, with its user and password.", shown=False
    )
    slug_from: str = setting(
        "name",
        "Where a post's slug comes from: its file's `name`, or the whole `path` below posts/.",
        ("name", "path"),
    )
    permalink: str = setting(
        "",
        "Addresses of articles by a pattern, in the words of Hugo and Jekyll (`/:year/:month/:slug/`); "
        "empty: `/articles/SLUG/`, which always leads there.",
    )
    picture_width: int = setting(
        2560, "Width in pixels of the largest form of a picture that readers get."
    )
    max_post_bytes: int = setting(1_000_000, "Largest size of one post's file in bytes.")
    watch: bool = setting(True, "Look for changed files while the server runs.", shown=False)
    indexing: bool = setting(
        True,
        "Keep the search index in step with the writing while the server runs; otherwise `flask index build` does.",
        shown=False,
    )
    cache: str = setting(
        "memory",
        "Where finished pages are kept: in this process (`memory`), also in files that survive a restart "
        "(`filesystem`), also in Redis for several machines (`redis`), or nowhere (`none`).",
        ("memory", "filesystem", "redis", "none"),
        shown=False,
    )
    cache_dir: str = setting(
        "instance/cache",
        "Folder of cached pages and scaled pictures; it may be deleted at any time.",
        shown=False,
    )
    cache_bytes: int = setting(
        256_000_000,
        "Largest size of the pages kept in one process, in bytes; in files, four times as much.",
        shown=False,
    )
    redis_url: str = setting(
        "redis://127.0.0.1:6379/0",
        "Address of Redis, where the setting `cache` names it.",
        shown=False,
    )
    shared_seconds: int = setting(
        5,
        "Seconds for which a cache in front of the site (CDN, Varnish, nginx) may show a page without asking again.",
    )
    api_keys: list[str] = setting(
        [],
        "Keys of the content API, each of 26 hex digits; delete one to revoke it. None: closed unless `api_open`.",
        shown=False,
    )
    api_open: bool = setting(False, "Answer the content API to everybody, with any key or none.")
    preview_token: str = setting(
        "",
        "Secret of at least 16 characters that shows drafts and future articles in the API; empty: nobody.",
        shown=False,
    )
    webhooks: list[str] = setting(
        [], "Addresses that are told of every change, as signed JSON.", shown=False
    )
    webhook_secret: str = setting(
        "", "Secret that signs what webhooks are sent (HMAC-SHA256); they need one.", shown=False
    )
    views: bool = setting(
        True, "Count how often articles are read, without personal data, and show it."
    )
    behind_proxy: bool = setting(
        False,
        "A proxy of yours in front appends readers' addresses to `X-Forwarded-For`; views are counted by them.",
        shown=False,
    )
    status_key: str = setting(
        "",
        "Secret that opens the status page `/status/` to the operator, as its password; empty: nobody.",
        shown=False,
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


def help_of(name: str) -> str:
    """Return what a setting is for."""
    return next(str(f.metadata["help"]) for f in fields(Settings) if f.name == name)


def load_settings(root: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the site in `root`: its pyproject.toml's [tool.octavo], overridden by
    OCTAVO_* variables.

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
    if values.get("webhooks") and not values.get("webhook_secret"):
        raise SettingsError(
            f"webhooks: webhook_secret is missing. {table['webhook_secret'].metadata['help']}"
        )
    return Settings(**values)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8")
        tool = tomllib.loads(text).get("tool", {})
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    table = tool.get("octavo", {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        raise SettingsError(
            f"{path}: the settings must be a table [tool.octavo] of `name = value` lines."
        )
    return table


def _unknown(shown: str, name: str, value: Any, table: Mapping[str, Field[Any]]) -> str:
    near = process.extractOne(name, list(table), score_cutoff=70)
    guess = f" Did you mean `{near[0]}`: {table[near[0]].metadata['help']}" if near else ""
    return (
        f"{shown} = {value!r}: there is no such setting.{guess} Settings are: {', '.join(table)}."
    )


_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "list[Link]": "a list of {label, url}",
    "list[str]": "a list of texts",
    "dict": f"a table of lists of hosts; its names are {', '.join(HOST_KINDS)}",
}


def _from_text(f: Field[Any], text: str) -> Any:
    kind = _kind(f)
    if kind == "bool":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            text.lower(), text
        )
    if kind == "str":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kind(f: Field[Any]) -> str:
    hint = get_type_hints(Settings)[f.name]
    if get_origin(hint) is dict:
        return "dict"
    item = get_args(hint)
    return f"list[{item[0].__name__}]" if item else str(hint.__name__)


def _typed(f: Field[Any], value: Any, name: str) -> Any:
    kind = _kind(f)
    help, choices = f.metadata["help"], f.metadata["choices"]
    shown = name if f.name in SECRETS else f"{name} = {value!r}"
    wrong = SettingsError(f"{shown}: this must be {_WORDS[kind]}. {help}")
    if kind == "dict":
        return {name: _hosts(hosts, wrong) for name, hosts in _table(value, wrong).items()}
    if kind.startswith("list"):
        return _checked(f.name, _items(kind, value, wrong), shown, help)
    if type(value).__name__ != kind:
        raise wrong
    if choices and value not in choices:
        raise SettingsError(f"{shown}: this must be one of {', '.join(choices)}. {help}")
    if kind == "int" and value < 1:
        raise SettingsError(f"{shown}: this must be at least 1. {help}")
    return _checked(f.name, value, shown, help)


def _table(value: Any, wrong: SettingsError) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= HOST_KINDS.keys():
        raise wrong
    return value


def _hosts(value: Any, wrong: SettingsError) -> list[str]:
    """Return names of hosts in small letters."""
    hosts = [host.lower() for host in _items("list[str]", value, wrong)]
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise wrong
    return hosts


def _items(kind: str, value: Any, wrong: SettingsError) -> list[Any]:
    if not isinstance(value, list):
        raise wrong
    if kind == "list[Link]":
        return [_link(item, wrong) for item in value]
    if not all(isinstance(item, str) for item in value):
        raise wrong
    return value


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
        if not _is_address(value) or urlsplit(value).path or urlsplit(value).query:
            raise SettingsError(f"{shown}: this must be http:// or https:// and a host. {help}")
        value = _as_browsers_write_it(value)
    if name == "language" and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", value):
        raise SettingsError(f"{shown}: this is no such tag. {help}")
    if name == "redis_url" and not value.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(f"{shown}: this must begin with redis://, rediss:// or unix://. {help}")
    if name == "webhooks" and not all(map(_is_address, value)):
        raise SettingsError(f"{shown}: each must begin with http:// or https:// and a host. {help}")
    if name == "api_keys" and not all(re.fullmatch("[0-9a-f]{26}", key) for key in value):
        raise SettingsError(f"{shown}: each key has 26 digits of 0-9 and a-f. {help}")
    if name == "preview_token" and 0 < len(value) < 16:
        raise SettingsError(f"{shown}: this is too short. {help}")
    return value


def _as_browsers_write_it(address: str) -> str:
    """Return an address without a path with its host in small letters and without the port that
    goes without saying.
    """
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    host = host.lower().removesuffix(":80" if parts.scheme == "http" else ":443")
    return f"{parts.scheme}://{user}{at}{host}"


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.fragment
        )
    return False
