"""The site's settings: each with name, type, default and help.

The table of docs/settings.md and the error texts come from here. A setting's type says all that is
checked, by pydantic, so that every wrong setting is told at once.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from click import ClickException, get_current_context
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
)
from rapidfuzz import process

from octavo.cached import cached_property
from octavo.hooks import FILE, Plugins


class SettingsError(ClickException):
    """Settings are unknown or of a wrong type: one line for each, told to the operator."""


# The file of a site's settings, in its folder.
SETTINGS_FILE = "pyproject.toml"

# Their values stand in no message: secrets, and an address that can hold one.
SECRETS = frozenset(
    {"api_keys", "preview_secret", "redis_url", "search_url", "status_key", "webhook_secret"}
)


# A shorter one can be guessed; characters.
MIN_SECRET_LENGTH = 16

# What pages may show of other hosts, by the name that the setting `hosts` has for it: the directive
# of the content security policy that allows it, and what it is. A new kind is a new row.
HOST_KINDS: Mapping[str, tuple[str, str]] = {
    "frames": ("frame-src", "films, maps and whatever else an `<iframe>` shows"),
    "pictures": ("img-src", "pictures"),
    "media": ("media-src", "films and sounds"),
    "scripts": ("script-src", "scripts of `head_html`, `foot_html` and templates"),
    "styles": ("style-src", "style sheets that such scripts load"),
    "connections": ("connect-src", "where such scripts send to and read from"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """How often one client may ask for something: so many times at once, and in each minute."""

    per_minute: int
    help: str


# What is limited for each client, by the name that the setting `limits` has for it. A new kind is a
# new row, and a way to tell it in octavo/web/limits.py.
LIMITS: Mapping[str, Limit] = {
    "search": Limit(240, "the search, its completions and its JSON"),
    "api": Limit(600, "the content API and the list of changes"),
    "views": Limit(60, "telling that an article is read"),
    "status": Limit(120, "the operator's pages"),
    "preview": Limit(60, "drafts in the API"),
    "guesses": Limit(10, "wrong passwords, API keys and preview tokens"),
}

# Settings that have another name now, with what to write.
RENAMED = {"behind_proxy": "proxies = 1", "preview_token": "preview_secret"}


def setting(default: Any, help: str, shown: bool = True) -> Any:
    """Return a field of `Settings` with its help text.

    A setting that is not `shown` changes neither pages nor their headers.
    """
    about = {"help": help, "default": default, "shown": shown}
    if isinstance(default, list | dict):
        return field(metadata=about, default_factory=lambda: default)
    return field(metadata=about, default=default)


@dataclass(frozen=True, slots=True)
class Link:
    """A named link."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    label: StrictStr
    url: StrictStr


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the navigation; `items` fold out below it."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    label: StrictStr
    url: StrictStr = ""
    items: tuple[Link, ...] = ()

    def __post_init__(self) -> None:
        if not self.url and not self.items:
            raise ValueError(f"the entry {self.label!r} has neither a url nor items")


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("there is no such time zone") from None
    return name


def _language(tag: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", tag):
        raise ValueError("this is no such tag")
    return tag


def _base_address(address: str) -> str:
    """Return an address in the form that browsers write, without a slash at its end.

    Its host is in small letters, and the usual port of its scheme is left out.
    """
    address = address.rstrip("/")
    if not _is_address(address) or urlsplit(address).query:
        raise ValueError("this must be http:// or https:// and a host")
    if not re.fullmatch(r"(?:/[\w.~-]*[\w~-])*", urlsplit(address).path, re.ASCII):
        raise ValueError("its path must be of letters, digits, `-`, `.` and `_`")
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    usual_port = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{user}{at}{host.lower().removesuffix(usual_port)}{parts.path}"


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(text)
        if parts.scheme in ("http", "https") and parts.hostname:
            return parts.port != 0 and not parts.fragment
    return False


def _webhook(address: str) -> str:
    if not _is_address(address):
        raise ValueError("each must begin with http:// or https:// and a host")
    return address


def _redis_address(address: str) -> str:
    if not address.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("this must begin with redis://, rediss:// or unix://")
    return address


def _api_key(key: str) -> str:
    if not re.fullmatch("[0-9a-f]{26}", key):
        raise ValueError("each key has 26 digits of 0-9 and a-f")
    return key


def _secret(text: str) -> str:
    if 0 < len(text) < MIN_SECRET_LENGTH:
        raise ValueError(f"this is too short: {MIN_SECRET_LENGTH} characters are the least")
    return text


def _limit(name: str) -> str:
    if name not in LIMITS:
        raise ValueError(f"this must be {_TABLES['limits']}")
    return name


def _contact(address: str) -> str:
    if address and not re.match("(mailto:|https://|tel:).", address):
        raise ValueError("this must begin with mailto:, https:// or tel:")
    return address


def _moment(text: str) -> str:
    if text:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("this must be a moment such as 2026-12-24T09:00") from None
    return text


def _host_kind(name: str) -> str:
    if name not in HOST_KINDS:
        raise ValueError(f"this must be {_TABLES['hosts']}")
    return name


def _host(name: str) -> str:
    name = name.lower()
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?", name):
        raise ValueError(f"this must be {_TABLES['hosts']}")
    return name


def _colour(text: str) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError("each colour is written as #1f5a84")
    return text.lower()


def _colours(colours: list[str]) -> list[str]:
    if len(colours) > 2:
        raise ValueError("there are two at most, for light and for dark pages")
    return colours


def _file(name: str) -> str:
    if name.startswith("/") or ".." in name.split("/"):
        raise ValueError("this must be the path of a file below static/")
    return name


def _name(text: str) -> str:
    if not re.fullmatch("[a-z0-9-]*", text):
        raise ValueError("this must be of small letters, digits and `-`")
    return text


def _field_name(text: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9_]*", text):
        raise ValueError(f"this must be {_TABLES['taxonomies']}")
    return text


def _folder(text: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9-]*", text):
        raise ValueError(f"this must be {_TABLES['taxonomies']}")
    return text


Count = Annotated[StrictInt, Field(ge=1)]
Natural = Annotated[StrictInt, Field(ge=0)]
Secret = Annotated[StrictStr, AfterValidator(_secret)]


@dataclass(frozen=True)
class Settings:
    """Every setting, in the order of docs/settings.md. Values are read with `load_settings`."""

    title: StrictStr = setting("Octavo", "Name of the site, in the masthead, titles and feeds.")
    tagline: StrictStr = setting("", "One line under the name.")
    description: StrictStr = setting(
        "",
        "One or two sentences about the site, for search engines and feeds; without them lists "
        "have the tagline.",
    )
    base_url: Annotated[StrictStr, AfterValidator(_base_address)] = setting(
        "http://127.0.0.1:5000",
        "Public address of the site; every absolute URL begins with it. It may have a path, below "
        "which the site then stands (`https://example.org/blog`).",
    )
    language: Annotated[StrictStr, AfterValidator(_language)] = setting(
        "en", "Language of the writing as a BCP 47 tag (`en`, `de`, `pt-BR`)."
    )
    timezone: Annotated[StrictStr, AfterValidator(_time_zone)] = setting(
        "UTC", "Time zone of dates without an offset, and of the dates shown (`Europe/Berlin`)."
    )
    smart_punctuation: StrictBool = setting(
        True,
        "Set the quotes and dashes of articles as their language does; otherwise as they are "
        "typed.",
    )
    hosts: dict[
        Annotated[StrictStr, AfterValidator(_host_kind)],
        list[Annotated[StrictStr, AfterValidator(_host)]],
    ] = setting(
        {},
        "Hosts whose content articles may show, by kind: "
        + ", ".join(f"`{kind}` ({what})" for kind, (_, what) in HOST_KINDS.items())
        + '; as in `hosts = { frames = ["www.youtube-nocookie.com"] }`. Others stay links.',
    )
    theme: Annotated[StrictStr, AfterValidator(_name)] = setting(
        "", "Name of an installed theme whose files stand over the engine's; empty: none."
    )
    logo: Annotated[StrictStr, AfterValidator(_file)] = setting(
        "", "Picture that stands for the name at the head of pages: its path below `static/`."
    )
    icon: Annotated[StrictStr, AfterValidator(_file)] = setting(
        "", "Icon of the site, square, SVG or PNG: its path below `static/`; empty: a letter."
    )
    accent: Annotated[
        list[Annotated[StrictStr, AfterValidator(_colour)]], AfterValidator(_colours)
    ] = setting(
        [],
        'Colour of links and marks (`["#1f5a84"]`), and a second one for dark pages, which is else '
        "made of the first; empty: the theme's. Each needs a contrast of 4.5 to the paper.",
    )
    typefaces: Annotated[StrictStr, AfterValidator(_name)] = setting(
        "serif",
        "Pair of typefaces: `serif`, `sans`, `mixed` (sans for headings, serif for text), `system` "
        "(the reader's own, nothing is loaded), or that of a file `static/css/type/NAME.css`.",
    )
    scheme: Literal["auto", "light", "dark", "switch"] = setting(
        "auto",
        "Light or dark: as the reader's device has it (`auto`), always `light` or `dark`, or with "
        "a `switch` at the foot of pages.",
    )
    home: Literal["magazine", "list", "page"] = setting(
        "magazine",
        "The front page: a lead story, the latest and each category as in a `magazine`, a plain "
        "`list` of the latest, or the `page` in `_pages/home.md`.",
    )
    covers: Literal["own", "typographic", "none"] = setting(
        "own",
        "What stands for the picture of an article without one: what the hook `cover_svg` of a "
        "plug-in draws, if any (`own`), a letter of its title (`typographic`), or `none`.",
    )
    navigation: list[MenuItem] = setting(
        [],
        "Entries of the main navigation, as a list of {label, url}, or {label, items} with a list "
        "of {label, url} below it; empty: the largest categories.",
    )
    social: list[Link] = setting(
        [],
        "The site's own pages elsewhere, at the foot (`rel=me`), as a list of {label, url}.",
    )
    footer: StrictStr = setting("", "Text at the foot of every page, in Markdown.")
    head_html: StrictStr = setting(
        "",
        "HTML for the end of every page's `<head>`, such as a service's script; scripts of other "
        "hosts need these in `hosts`.",
    )
    foot_html: StrictStr = setting("", "HTML for the end of every page's `<body>`, likewise.")
    page_size: Count = setting(12, "Articles on one page of a list.")
    prefer_new: StrictBool = setting(
        True, "Of search results that fit alike, put the newer ones a little higher."
    )
    taxonomies: dict[
        Annotated[StrictStr, AfterValidator(_field_name)],
        Annotated[StrictStr, AfterValidator(_folder)],
    ] = setting(
        {},
        "Lists of the site's own beside sections, tags and series: for each the field of front "
        "matter and the folder of its pages, mostly the plural, as in "
        '`taxonomies = { cuisine = "cuisines" }`.',
    )
    posts_dir: StrictStr = setting(
        "posts", "Folder of the writing, relative to the site's folder or absolute.", shown=False
    )
    linked_folders: list[StrictStr] = setting(
        [],
        "Folders outside `posts_dir` that symbolic links in it may lead to, relative to the site's "
        "folder or absolute; other links out of it are not followed.",
        shown=False,
    )
    search_index_dir: StrictStr = setting(
        "search_index",
        "Folder of derived data: the search index, the catalogue, and texts made for readers.",
        shown=False,
    )
    search_engine: StrictStr = setting(
        "embedded",
        "What searches: `embedded`, or the dotted name of a module with another search engine.",
    )
    search_url: StrictStr = setting(
        "", "Address of an outside search engine, with its user and password.", shown=False
    )
    embedder: StrictStr = setting(
        "",
        "What finds articles by meaning too: `model2vec`, `sentence_transformers`, the dotted name "
        "of a module, or one that a plug-in brings.",
    )
    embedder_model: StrictStr = setting(
        "",
        "Its model: a folder, relative to the site's folder or absolute, or a name on Hugging "
        "Face.",
    )
    synonyms: tuple[tuple[StrictStr, ...], ...] = setting(
        (),
        'Groups of what means the same to the search: `[["ISS", "station"], ["car", "van"]]`.',
    )
    slug_from: Literal["name", "path"] = setting(
        "name",
        "Where a post's slug comes from: its file's `name`, or the whole `path` below posts/.",
    )
    permalink: StrictStr = setting(
        "",
        "Addresses of articles by a pattern, in the words of Hugo and Jekyll "
        "(`/:year/:month/:slug/`); empty: `/articles/SLUG/`, which always leads there.",
    )
    picture_width: Count = setting(
        2560, "Width in pixels of the largest form of a picture that readers get."
    )
    max_post_bytes: Count = setting(1_000_000, "Largest size of one post's file in bytes.")
    withdraw_after: Natural = setting(
        600,
        "Seconds for which all articles stay where the folder of the writing is unreadable or "
        "empty, or most texts are gone at once; `flask posts withdraw` ends it.",
        shown=False,
    )
    watch: StrictBool = setting(True, "Look for changed files while the server runs.", shown=False)
    indexing: StrictBool = setting(
        True,
        "Keep the search index in step with the writing while the server runs; otherwise "
        "`flask index build` does.",
        shown=False,
    )
    cache: StrictStr = setting(
        "memory",
        "Where finished pages are kept: in this process (`memory`), also in files that "
        "survive a restart (`filesystem`), also in Redis for several machines (`redis`), "
        "or nowhere (`none`); a plug-in may bring another one.",
        shown=False,
    )
    instance_dir: StrictStr = setting(
        "instance",
        "Folder of what the site alone knows, such as numbers of views and the log of changes, "
        "relative to the site's folder or absolute.",
        shown=False,
    )
    cache_dir: StrictStr = setting(
        "",
        "Folder of cached pages and scaled pictures, which may be deleted at any time; empty: "
        "`cache` in `instance_dir`.",
        shown=False,
    )
    cache_bytes: Count = setting(
        256_000_000,
        "Largest size of the pages kept in one process, in bytes; in files, four times as much.",
        shown=False,
    )
    redis_url: Annotated[StrictStr, AfterValidator(_redis_address)] = setting(
        "redis://127.0.0.1:6379/0",
        "Address of Redis, where the setting `cache` names it.",
        shown=False,
    )
    shared_seconds: Natural = setting(
        5,
        "Seconds for which a cache in front of the site (CDN, Varnish, nginx) may show a page "
        "without asking again; 0: it asks each time.",
    )
    purge_header: Literal["", "Surrogate-Key", "Cache-Tag", "Cache-Groups"] = setting(
        "",
        "Header by which a page names what it shows to a cache in front, which can then drop it by "
        "name: `Surrogate-Key` (Fastly, Varnish), `Cache-Tag` (Cloudflare) or `Cache-Groups` "
        "(RFC 9875); none by itself.",
    )
    api_keys: list[Annotated[StrictStr, AfterValidator(_api_key)]] = setting(
        [],
        "Keys of the content API, each of 26 hex digits; delete one to revoke it. None: closed "
        "unless `api_open`.",
        shown=False,
    )
    api_open: StrictBool = setting(
        False, "Answer the content API to everybody, with any key or none."
    )
    preview_secret: Secret = setting(
        "",
        "Secret of at least 16 characters that signs the links of `flask posts preview`; another "
        "one revokes all of them; empty: there are none.",
        shown=False,
    )
    webhooks: list[Annotated[StrictStr, AfterValidator(_webhook)]] = setting(
        [], "Addresses that are told of every change, as signed JSON.", shown=False
    )
    webhook_secret: Secret = setting(
        "",
        "Secret of at least 16 characters that signs what webhooks are sent (HMAC-SHA256); they "
        "need one.",
        shown=False,
    )
    views: StrictBool = setting(
        True, "Count how often articles are read, without personal data, and show it."
    )
    proxies: Natural = setting(
        0,
        "Number of your own proxies in front. Each appends the address that it was asked from to "
        "`X-Forwarded-For`; readers are told apart by the address that the first of them saw.",
        shown=False,
    )
    plugins: dict[StrictStr, dict[StrictStr, Any]] = setting(
        {},
        "Settings of plug-ins: a table for each, by its name, as [tool.octavo.plugins.NAME].",
    )
    plugins_off: list[StrictStr] = setting(
        [], "Names of plug-ins that are left out, also of those that ship with the engine."
    )
    trusted_hosts: list[Annotated[StrictStr, AfterValidator(_host)]] = setting(
        [],
        "Hosts by which the site may be asked for, beside that of `base_url`; others get 400. "
        "Empty: by any.",
        shown=False,
    )
    own_hosts: list[Annotated[StrictStr, AfterValidator(_host)]] = setting(
        [],
        "Hosts of the site beside that of `base_url`, such as a former one: links and pictures of "
        "texts that name one lead to this site's own pages and files.",
    )
    limits: dict[Annotated[StrictStr, AfterValidator(_limit)], Natural] = setting(
        {},
        "Requests of one client (an address, or an IPv6 network of 64 bits) in a minute, by kind: "
        + ", ".join(f"`{kind}` ({one.help}; {one.per_minute})" for kind, one in LIMITS.items())
        + "; as in `limits = { search = 60 }`, 0 for no limit. `flask serve` keeps all of them, "
        "other servers the guesses and what is named here.",
        shown=False,
    )
    hsts_subdomains: StrictBool = setting(
        False,
        "Tell browsers to ask subdomains by HTTPS only, too, where `base_url` begins with it.",
    )
    security_contact: Annotated[StrictStr, AfterValidator(_contact)] = setting(
        "",
        "Where holes are reported (`mailto:security@example.org`), told in "
        "`/.well-known/security.txt`; empty: there is no such file.",
        shown=False,
    )
    drafts: StrictBool = setting(
        False,
        "While `flask run` shows the site to its writer: show drafts, scheduled and expired texts "
        "too, in lists as well, each marked as what it is.",
    )
    at: Annotated[StrictStr, AfterValidator(_moment)] = setting(
        "",
        "While `flask run` shows the site to its writer: show it as of this moment "
        "(`2026-12-24T09:00`, in the site's time zone), from which its clock goes on.",
    )
    status_key: Secret = setting(
        "",
        "Secret of at least 16 characters that opens the operator's page `/status/`, as its "
        "password; empty: nobody.",
        shown=False,
    )

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)

    @property
    def cache_folder(self) -> str:
        """The folder of cached pages, relative to the site's folder or absolute."""
        return self.cache_dir or f"{self.instance_dir}/cache"


def run_address() -> tuple[str, int] | None:
    """Return host and port of `flask run`; None where another command or server is at work."""
    context = get_current_context(silent=True)
    if context is None or context.info_name != "run" or "port" not in context.params:
        return None
    return context.params.get("host") or "127.0.0.1", context.params["port"]


def is_developed() -> bool:
    """Whether `flask run` shows the site to its writer: to this machine alone, or with `--debug`.

    Only then pages reload themselves, and tell what is wrong with their texts.
    """
    address = run_address()
    if address is None:
        return False
    is_debug = os.environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no")
    return is_debug or address[0] in ("localhost", "::1") or address[0].startswith("127.")


def as_developed(settings: Settings) -> Settings:
    """Return the settings with the address of `flask run` in `base_url`, where that is at work.

    While a site is developed, its absolute addresses lead to it and not to the public one. The path
    of `base_url` stays.
    """
    address = run_address()
    if address is None:
        return settings
    host = address[0]
    if ":" in host:
        host = f"[{host}]"
    public = urlsplit(settings.base_url)
    return replace(
        settings,
        base_url=f"http://{host}:{address[1]}{public.path}",
        own_hosts=[*settings.own_hosts, public.netloc],
    )


def as_published(settings: Settings) -> Settings:
    """Return the settings without those that show a writer what readers do not see."""
    return replace(settings, drafts=False, at="")


def help_of(name: str) -> str:
    """Return the help text of a setting."""
    return next(str(f.metadata["help"]) for f in fields(Settings) if f.name == name)


def load_settings(root: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the site in `root`.

    They come from [tool.octavo] in its pyproject.toml, overridden by OCTAVO_* variables. Raises
    SettingsError, which tells each wrong setting's name, its value and what it is for.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in _from_file(root / SETTINGS_FILE).items():
        try:
            values[name] = _checked(name, value)
        except ValueError as error:
            wrong.append(f"[tool.octavo] {_described(name, name, value, error)}")
    for variable, text in environ.items():
        if not variable.startswith("OCTAVO_"):
            continue
        name = variable.removeprefix("OCTAVO_").lower()
        try:
            values[name] = _read(name, text)
        except ValueError as error:
            wrong.append(_described(variable, name, text, error))
    if values.get("webhooks") and not values.get("webhook_secret"):
        wrong.append(f"webhooks: webhook_secret is missing. {help_of('webhook_secret')}")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Settings(**values)


class Restart:
    """Tells when a site's settings or its own plug-in are no longer those that it was started with.

    They count from the next start on.
    """

    def __init__(self, root: Path) -> None:
        """Take what the files of the site in `root` say now for what it is started with."""
        self._root = root
        self._seen = self._look()
        self._started: dict[str, Any] = {}
        with suppress(SettingsError):
            self._started = _from_file(root / SETTINGS_FILE)

    def warning(self) -> str:
        """Return what to tell the operator of the changes since the last call; '' for none."""
        before = self._seen
        now = self._seen = self._look()
        changed = [name for name in now if now[name] != before[name]]
        found = []
        if SETTINGS_FILE in changed:
            found.append(self._settings_warning())
        if FILE in changed:
            found.append(f"{FILE} has changed: restart the server to use it.")
        return "\n".join(filter(None, found))

    def _look(self) -> dict[str, tuple[int, int]]:
        return {name: _stamp(self._root / name) for name in (SETTINGS_FILE, FILE)}

    def _settings_warning(self) -> str:
        try:
            load_settings(self._root)
            table = _from_file(self._root / SETTINGS_FILE)
        except SettingsError as error:
            return f"{error.message}\nMend it before the next start; the old settings still count."
        old = self._started
        names = sorted(
            name for name in old.keys() | table.keys() if old.get(name) != table.get(name)
        )
        if not names:
            return ""
        return f"{SETTINGS_FILE}: restart the server to use what is new in {', '.join(names)}."


def _stamp(file: Path) -> tuple[int, int]:
    """Return modification time (ns) and size (bytes) of a file; 0 twice where there is none."""
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def checked_table(name: str, kind: type, table: Any) -> Any:
    """Return a plug-in's settings as an object of the dataclass `kind`.

    Raises SettingsError, which tells each wrong setting of the table.
    """
    known = {f.name for f in fields(kind)}
    wrong = [
        f"plugins.{name}.{key}: there is no such setting. Settings are: {', '.join(sorted(known))}."
        for key in sorted(table.keys() - known)
    ]
    made: Any = None
    try:
        made = TypeAdapter(kind).validate_python(table)
    except ValidationError as error:
        wrong += [
            f"plugins.{name}.{'.'.join(map(str, each['loc']))} = {each['input']!r}: {each['msg']}."
            for each in error.errors()
            if each["loc"][:1] != () and each["loc"][0] in known
        ]
    if wrong:
        raise SettingsError("\n".join(wrong))
    return made


def plugins_of(root: Path, settings: Settings) -> Plugins:
    """Return the plug-ins of the site in `root`, ready to be asked.

    Raises SettingsError for settings of a plug-in that are wrong or meant for none.
    """
    plugins = Plugins.of(root, settings.plugins_off)
    unknown = settings.plugins.keys() - {*plugins.names, *settings.plugins_off}
    if unknown:
        raise SettingsError(
            f"plugins.{min(unknown)}: there is no such plug-in. {help_of('plugins')} "
            f"Plug-ins are: {', '.join(plugins.names) or 'none'}."
        )
    plugins.configure(settings.plugins, root, checked_table)
    return plugins


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8")
        tool = tomllib.loads(text).get("tool", {})
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    table = tool
    if isinstance(tool, dict):
        table = tool.get("octavo", {})
    if not isinstance(table, dict):
        raise SettingsError(
            f"{path}: the settings must be a table [tool.octavo] of `name = value` lines."
        )
    return table


# What a value must be, by the kind of its setting.
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "Link": "a list of {label, url}",
    "MenuItem": "a list of {label, url} or {label, items}",
    "list": "a list of texts",
}
_TABLES = {
    "hosts": f"a table of lists of hosts; its names are {', '.join(HOST_KINDS)}",
    "limits": f"a table of whole numbers; its names are {', '.join(LIMITS)}",
    "plugins": "a table of tables; its names are those of plug-ins",
    "taxonomies": "a table of folders, of small letters, digits and `-`; its names are fields",
}
_TYPES = get_type_hints(Settings, include_extras=True)


def _adapter(name: str) -> TypeAdapter[Any]:
    if name not in _TYPES:
        raise ValueError(_unknown(name))
    return TypeAdapter(_TYPES[name])


def _checked(name: str, value: Any) -> Any:
    """Return a value converted to its setting's type. Raises ValueError for a wrong one."""
    return _adapter(name).validate_python(value)


def _read(name: str, text: str) -> Any:
    """Return the value in the text of an environment variable; lists and tables are JSON."""
    adapter = _adapter(name)
    kind = _TYPES[name]
    if get_origin(kind) is Annotated:
        kind = kind.__origin__
    if get_origin(kind) in (list, dict):
        return adapter.validate_json(text)
    return adapter.validate_strings(text)


def _described(shown: str, name: str, value: Any, error: ValueError) -> str:
    if name not in SECRETS:
        shown = f"{shown} = {value!r}"
    if not isinstance(error, ValidationError):
        return f"{shown}: {error}"
    return f"{shown}: {_reason(name, error)}. {help_of(name)}"


def _reason(name: str, error: ValidationError) -> str:
    found = error.errors()[0]
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if found["type"] == "greater_than_equal" and name not in _TABLES:
        return f"this must be at least {found['ctx']['ge']}"
    kind = get_type_hints(Settings)[name]
    if get_origin(kind) is Literal:
        return f"this must be one of {', '.join(get_args(kind))}"
    if name in _TABLES:
        return f"this must be {_TABLES[name]}"
    if get_origin(kind) is list and get_args(kind)[0] is not str:
        return f"this must be {_WORDS[get_args(kind)[0].__name__]}"
    return f"this must be {_WORDS[(get_origin(kind) or kind).__name__]}"


def _unknown(name: str) -> str:
    if name in RENAMED:
        return f"this is written `{RENAMED[name]}` now."
    guess = ""
    near = process.extractOne(name, list(_TYPES), score_cutoff=70)
    if near is not None:
        guess = f" Did you mean `{near[0]}`: {help_of(near[0])}"
    return f"there is no such setting.{guess} Settings are: {', '.join(_TYPES)}."
