"""Pictures of other hosts that texts show: they are listed, and fetched only on demand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from http.client import HTTPException
from pathlib import Path
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

from octavo.content.images import MAX_READ_BYTES, SUFFIXES, ImageError, probe
from octavo.content.urls import parts_of
from octavo.site.moving_in.import_plan import FILES, ImportPlan

# Below posts/, where fetched pictures go.
FOLDER = "images"
# Pictures that are fetched at once, and seconds that each may take to begin.
MAX_AT_ONCE = 8
MAX_FETCH_WAIT = 20

_PICTURE = re.compile(
    r"!\[[^\]\n]*\]\(\s*<?(?P<markdown>https?://[^\s)>]+)"
    r"|<img\b[^<>]*?\bsrc\s*=\s*[\"'](?P<html>https?://[^\"'\s]+)"
    r"|^(?:image|cover|feature_image|thumbnail|banner|hero|avatar)[ \t]*[:=][ \t]*[\"']?"
    r"(?P<field>https?://[^\s\"']+)",
    re.IGNORECASE | re.MULTILINE,
)
_SUFFIX_OF = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/svg+xml": ".svg",
}


def remote_pictures(text: str) -> Iterator[str]:
    """Yield the address of each picture of another host that a text shows."""
    if "://" not in text:
        return
    for found in _PICTURE.finditer(text):
        yield found["markdown"] or found["html"] or found["field"]


def hosts_of(urls: Iterable[str]) -> Counter[str]:
    """Return the hosts of `urls`, each with the number of its addresses."""
    return Counter(parts_of(url).netloc for url in urls)


def fetch_pictures(plan: ImportPlan, folder: Path, tell: Callable[[int, int], None]) -> None:
    """Fetch the pictures of other hosts into a folder, and have the texts name them here.

    What cannot be fetched, or is no picture, is a loss, and its address stays. `tell` hears how
    many of how many are done.
    """
    urls = sorted(plan.remote, key=len, reverse=True)
    with ThreadPoolExecutor(MAX_AT_ONCE) as pool:
        files = pool.map(lambda url: _fetched(url, folder), urls)
        for done, (url, found) in enumerate(zip(urls, files, strict=True)):
            tell(done, len(urls))
            if isinstance(found, str):
                plan.lose(f"{url} ({found})", "Pictures that could not be fetched")
                continue
            target = found.relative_to(folder).as_posix()
            plan.changes.copy(found, target)
            plan.counts[FILES] += 1
            for path in dict.fromkeys(plan.remote.pop(url)):
                _name_here(plan, path, url, f"/{quote(target)}")


def _name_here(plan: ImportPlan, path: str, url: str, here: str) -> None:
    text = plan.changes.current(path).decode("utf-8")
    # Another address may begin as this one does.
    mended = re.sub(rf"{re.escape(url)}(?=[\s)>\"']|$)", lambda found: here, text)
    plan.changes.create(path, mended.encode())


def _fetched(url: str, folder: Path) -> Path | str:
    """Return the file with a picture, or why there is none."""
    try:
        address = url.replace("&amp;", "&")
        request = Request(address, headers={"User-Agent": "Octavo import"})  # noqa: S310
        with urlopen(request, timeout=MAX_FETCH_WAIT) as answer:  # noqa: S310
            data = answer.read(MAX_READ_BYTES + 1)
            kind = answer.headers.get_content_type()
    except (OSError, ValueError, HTTPException) as error:
        return str(error)
    if len(data) > MAX_READ_BYTES:
        return f"it has more than {MAX_READ_BYTES:,} bytes"
    file = folder / _place(url, kind)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        probe(file)
    except (ImageError, OSError) as error:
        return str(error)
    return file


def _place(url: str, kind: str) -> str:
    """Return the path below posts/ of a picture from this address, of this media type.

    Where an address has more than plain names, its digest tells it apart from others like it.
    """
    parts = parts_of(url)
    segments = unquote(parts.path).split("/")[1:]
    plain = [re.sub(r"[^\w.-]+", "-", segment).strip("._-") for segment in segments]
    path = "/".join(filter(None, [parts.hostname or "", *plain]))
    stem, dot, suffix = path.rpartition(".")
    if not dot or f".{suffix.lower()}" not in SUFFIXES:
        stem = path
        suffix = _SUFFIX_OF.get(kind, ".png").lstrip(".")
    if parts.query or plain != segments or stem == path or parts.netloc != parts.hostname:
        asked = f"{parts.netloc}{parts.path}?{parts.query}"
        stem += f"-{blake2b(asked.encode(), digest_size=4).hexdigest()}"
    return f"{FOLDER}/{stem}.{suffix}"
