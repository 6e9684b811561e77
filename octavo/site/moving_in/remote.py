"""Pictures of other hosts that texts show: they are listed, and fetched only on demand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

_PICTURE = re.compile(
    r"!\[[^\]\n]*\]\(\s*<?(?P<markdown>https?://[^\s)>]+)"
    r"|<img\b[^<>]*?\bsrc\s*=\s*[\"'](?P<html>https?://[^\"'\s]+)"
    r"|^(?:image|cover|feature_image|thumbnail|banner|hero)[ \t]*[:=][ \t]*[\"']?(?P<field>https?://[^\s\"']+)",
    re.IGNORECASE | re.MULTILINE,
)


def remote_pictures(text: str) -> Iterator[str]:
    """Yield the address of each picture of another host that a text shows."""
    if "://" not in text:
        return
    for found in _PICTURE.finditer(text):
        yield found["markdown"] or found["html"] or found["field"]


def hosts_of(urls: Iterable[str]) -> Counter[str]:
    """Return the hosts of some addresses with how many they have."""
    return Counter(urlsplit(url).netloc for url in urls)
