"""Static files: read once, served under addresses that carry their content's hash."""

from __future__ import annotations

import mimetypes
import posixpath
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from octavo.content.digests import digest_texts
from octavo.content.images import PICTURE_TYPES
from octavo.content.images.metadata import DamagedError, public
from octavo.web.theme.layers import BELOW, Layers, SeenFile

_CSS_URL = re.compile(r"""url\(\s*(['"]?)(?!data:|/|[a-z]+:|#)([^'")]+)\1\s*\)""")
_CSS_IMPORT = re.compile(r"""@import\s+(['"])(?!/|[a-z]+:)([^'"]+)\1\s*;""")
_JS_IMPORT = re.compile(r"""(\b(?:from|import)\s*\(?\s*)(['"])(\.\.?/[^'"]+)\2""")
_MANIFEST_SRC = re.compile(r'("src":\s*)"([^"]+)"')
_CSS_COMMENT = r"/\*(?:[^*]|\*(?!/))*\*/"
# Comments beside white space; what must stay as it is; white space around signs, after colons, and
# any other.
_CSS_TOKEN = re.compile(
    rf"""\s+{_CSS_COMMENT}\s*|{_CSS_COMMENT}\s+"""
    rf"""|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\(\s*[^"'\s)][^)]*\)|{_CSS_COMMENT})"""
    r"""|\s*([{};,])\s*|(:)\s+|\s+""",
    re.DOTALL,
)
# A file that was replaced keeps its address for so long, for pages that readers have open; seconds,
# and bytes of all such files.
MAX_KEPT_SECONDS = 3_600.0
MAX_KEPT_BYTES = 20_000_000
_TYPES = {
    **PICTURE_TYPES,
    ".webmanifest": "application/manifest+json",
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    # https://developer.apple.com/documentation/xcode/supporting-associated-domains
    "apple-app-site-association": "application/json",
}
# The folder of files that keep their plain addresses, for those whose names others prescribe.
PLAIN_FOLDER = "root"
NOTHING: Mapping[str, bytes] = {}
_BEGINNING_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of static/, ready to send; `url` is its hashed address."""

    name: str
    url: str
    data: bytes
    mimetype: str


class Assets:
    """All files of static/, by name and by hashed address.

    `css/site.css` is a name, `/static/css/site.0123456789.css` its hashed address. In style sheets
    and scripts, relative references to other files of static/ become their hashed addresses. Style
    sheets hold what they import, and lose their comments and their needless white space.
    """

    def __init__(self, layers: Layers, made: Mapping[str, bytes] = NOTHING) -> None:
        """Read the files of `layers`, which stand over those in `made`."""
        self._layers = layers
        self._made = made
        self.by_name: dict[str, Asset] = {}
        self.by_url: dict[str, Asset] = {}
        # The files of static/root/ by their plain addresses: `/ads.txt`.
        self.plain: dict[str, Path] = {}
        self._files: dict[str, SeenFile] = {}
        # Files that were replaced, and when.
        self._replaced: dict[str, tuple[Asset, float]] = {}
        self.reload()

    def changed(self) -> bool:
        """Whether files have changed since they were read."""
        return self._layers.look() != self._files

    def reload(self) -> None:
        """Read the files again; addresses of replaced ones stay valid for KEPT_SECONDS.

        Raises OSError and UnicodeDecodeError, and then keeps what it had until a file changes once
        more.
        """
        files = self._layers.look()
        if files == self._files:
            return
        self._files = files
        own = {name: file for name, file in files.items() if not name.startswith(BELOW)}
        root = f"{PLAIN_FOLDER}/"
        paths = {name: own[name].path for name in own if not name.startswith(root)}
        read = _Reading({**self._made, **paths})
        now = time.monotonic()
        kept = [(asset, at) for asset, at in self._replaced.values() if at > now - MAX_KEPT_SECONDS]
        kept += [(asset, now) for asset in self.by_name.values()]
        current = {asset.url: asset for asset in read.by_name.values()}
        room = MAX_KEPT_BYTES
        self._replaced = {}
        for asset, at in sorted(kept, key=lambda one: one[1], reverse=True):
            if asset.url not in current and asset.url not in self._replaced:
                room -= len(asset.data)
                if room < 0:
                    break
                self._replaced[asset.url] = asset, at
        self.by_url = {url: asset for url, (asset, _) in self._replaced.items()} | current
        # Pages may name a file as soon as it is served.
        self.by_name = read.by_name
        self.plain = {
            f"/{name.removeprefix(root)}": Path(file.path)
            for name, file in own.items()
            if name.startswith(root)
        }

    def plain_at(self, path: str) -> Path | None:
        """Return the file of static/root/ at a path such as `/ads.txt`, or None."""
        return self.plain.get(path)

    def digest(self) -> str:
        """Return the digest of all static files: another one where any has changed."""
        plain = (f"{url} {_beginning(path, *_stamp(path))}" for url, path in self.plain.items())
        return digest_texts(sorted([*(asset.url for asset in self.by_name.values()), *plain]))

    @staticmethod
    def type_of(name: str) -> str:
        """Return the media type of a file by its name."""
        known = _TYPES.get(PurePosixPath(name).suffix.lower()) or _TYPES.get(name)
        return known or mimetypes.guess_type(name)[0] or "application/octet-stream"

    def address_of(self, name: str) -> str | None:
        """Return the hashed address of the static file at `/static/NAME`, or None."""
        found = self.by_url.get(f"/static/{name}") or self.by_name.get(name)
        if found is None:
            return None
        return found.url

    def url(self, name: str) -> str:
        """Return the hashed address of a file. Raises KeyError for a name that is not there."""
        return self.by_name[name].url

    def data_url(self, name: str) -> str:
        """Return a small text file as a `data:` URL, which saves a request.

        Raises KeyError for a name that is not in static/.
        """
        return _data_url(self.by_name[name])


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=65536)
def _beginning(path: Path, mtime_ns: int, size: int) -> str:
    """Return a fingerprint of a large file: its size, and the digest of its first bytes."""
    try:
        with path.open("rb") as file:
            return f"{size} {blake2b(file.read(_BEGINNING_BYTES), digest_size=8).hexdigest()}"
    except OSError:
        return ""


@lru_cache(maxsize=32)
def _data_url(asset: Asset) -> str:
    return f"data:{asset.mimetype},{quote(asset.data.strip(), safe='/:=,')}"


class _Reading:
    """One reading of files by name; a file's references are read before the file itself."""

    def __init__(self, sources: Mapping[str, str | bytes]) -> None:
        """Read all of `sources`: paths of files, or what is in them."""
        self._sources = sources
        self.by_name: dict[str, Asset] = {}
        for name in sorted(sources):
            self._load(name, ())

    def _read(self, name: str) -> bytes:
        source = self._sources[name]
        if isinstance(source, bytes):
            return source
        return Path(source).read_bytes()

    def _load(self, name: str, above: tuple[str, ...]) -> Asset:
        if name in self.by_name:
            return self.by_name[name]
        data = self._read(name)
        suffix = PurePosixPath(name).suffix
        if suffix == ".css":
            sheet = self._sheet(name, ()).encode("utf-8")
            data = self._rewrite(_CSS_URL, r"url({})", 2, name, sheet, above)
        elif suffix == ".js":
            data = self._rewrite(_JS_IMPORT, r'\g<1>"{}"', 3, name, data, above)
        elif suffix == ".webmanifest":
            data = self._rewrite(_MANIFEST_SRC, r'\g<1>"{}"', 2, name, data, above)
        elif suffix.lower() in PICTURE_TYPES:
            with suppress(DamagedError):
                data = public(data, PICTURE_TYPES[suffix.lower()])
        mimetype = Assets.type_of(name)
        tag = blake2b(data, digest_size=5).hexdigest()
        asset = Asset(
            name, f"/static/{PurePosixPath(name).with_suffix('')}.{tag}{suffix}", data, mimetype
        )
        self.by_name[name] = asset
        return asset

    def _sheet(self, name: str, above: tuple[str, ...]) -> str:
        """Return a style sheet with those that it imports put in, so that one request has all."""

        def put_in(found: re.Match[str]) -> str:
            target = _resolve(name, found[2])
            if target not in self._sources or target in (name, *above):
                return found[0]
            return _moved(self._sheet(target, (*above, name)), target, name)

        sheet = slim_css(self._read(name)).decode("utf-8")
        return _CSS_IMPORT.sub(put_in, sheet)

    def _rewrite(
        self,
        pattern: re.Pattern[str],
        form: str,
        group: int,
        name: str,
        data: bytes,
        above: tuple[str, ...],
    ) -> bytes:
        def hashed(found: re.Match[str]) -> str:
            target = _resolve(name, found[group])
            if target not in self._sources or target == name or target in above:
                return found[0]
            # Relative, so that it holds whatever path the site stands below.
            folder = posixpath.join("/static", posixpath.dirname(name))
            url = posixpath.relpath(self._load(target, (*above, name)).url, folder)
            if not url.startswith("../"):
                url = f"./{url}"
            return found.expand(form).format(url)

        return pattern.sub(hashed, data.decode("utf-8")).encode("utf-8")


def slim_css(data: bytes) -> bytes:
    """Return a style sheet (UTF-8) that means the same without comments and idle white space."""
    return (
        _CSS_TOKEN.sub(lambda found: found[1] or found[2] or found[3] or " ", data.decode("utf-8"))
        .strip()
        .encode("utf-8")
    )


def _moved(sheet: str, source: str, target: str) -> str:
    """Return a style sheet's text with its references as they are in another one's folder."""

    def moved(found: re.Match[str]) -> str:
        reference = _resolve(source, found[2])
        return f"url({posixpath.relpath(reference, posixpath.dirname(target) or '.')})"

    return _CSS_URL.sub(moved, sheet)


def _resolve(name: str, reference: str) -> str:
    parts = list(PurePosixPath(name).parent.parts)
    for part in PurePosixPath(reference.split("#")[0].split("?")[0]).parts:
        if part == "..":
            if parts:
                parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
