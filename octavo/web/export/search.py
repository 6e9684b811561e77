"""The search of a static site: a small index of its own, in scripts that a page loads as needed.

Words are in parts by their first two characters: a part has the stem of each form, and the articles
of each stem with its weight. Articles are in parts by their number, a hash of the slug, so that one
that comes or goes moves no other. All of it is classic scripts, which a page read from disk can
load too: it cannot fetch.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from octavo.content.posts import Post
from octavo.search import portable_words, stop_words
from octavo.site.site import Site
from octavo.web.export.addresses import SEARCH, file_of
from octavo.web.read_model.read_model import ReadModel
from octavo.web.theme.assets import Assets

# Where the parts of the index and its script lie.
FOLDER = f"{SEARCH.strip('/')}/static/"
SCRIPT = f"{FOLDER}search.js"
FACTS = (SCRIPT, f"{FOLDER}facts.js")
_SCRIPT_FILE = Path(__file__).with_name("search.js")
# Hex digits of an article's number, and those that its part is named by.
_DIGITS = 9
_PART_DIGITS = 2
# Characters of an article's number with the weight behind it.
_POSTING = _DIGITS + 1
_BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """What the index has of one article: what is shown of it, and its words."""

    facts: list[Any]
    weights: dict[str, int]
    forms: dict[str, str]

    def pack(self) -> bytes:
        """Return the entry as compressed JSON, for the record."""
        text = json.dumps([self.facts, self.weights, self.forms], separators=(",", ":"))
        return zlib.compress(text.encode(), 1)

    def lines(self) -> dict[str, list[str]]:
        """Return a line for each form and each stem, by the part of the index that has it."""
        found: dict[str, list[str]] = defaultdict(list)
        for form, stem in self.forms.items():
            found[part_of(form)].append(f"{form} {stem}")
        for stem, weight in self.weights.items():
            found[part_of(stem)].append(f"{stem} {_BASE_36[weight]} ")
        return found

    @classmethod
    def unpack(cls, data: bytes) -> SearchEntry:
        """Return the entry that `pack` wrote."""
        return cls(*json.loads(zlib.decompress(data)))


def entry_of(site: Site, here: ReadModel, post: Post, *, relative: bool) -> bytes:
    """Return the packed entry of an article, from the text that the site's own search has."""
    card = here.card(post.slug)
    assert card is not None
    words = portable_words(site.index.load(post.path), site.settings.language)
    address = site.addresses.inside(card.url)
    if relative:
        address = f"/{file_of(address)}"
    day = card.published.date().isoformat() if card.published else ""
    category = [card.category.name, card.category.hue] if card.category else []
    authors = ", ".join(author.name for author in card.authors)
    facts = [card.title, address.lstrip("/"), card.summary, day, authors, *category]
    return SearchEntry(facts, words.weights, words.forms).pack()


def number_of(slug: str) -> str:
    """Return the hexadecimal number by which the exported search knows an article."""
    return blake2b(slug.encode(), digest_size=8).hexdigest()[:_DIGITS]


def with_script(html: str, site: Site, assets: Assets) -> str:
    """Return the search page with the search script of exported sites in place of its own."""
    own = f'<script defer src="{site.addresses.path("/" + SCRIPT)}"></script>'
    served = assets.by_name.get("js/search.js")
    if served is not None:
        url = re.escape(site.addresses.path(served.url))
        html = re.sub(rf"<script\b[^>]*\ssrc=[\"']{url}[\"'][^>]*></script>", "", html)
    return html.replace("</head>", f"{own}\n</head>", 1)


def facts_files(
    site: Site, count: int, files: Iterable[str], *, pagefind: bool = False
) -> dict[str, bytes]:
    """Return two files by their paths: the search script, and the facts that it begins with.

    These are the number of articles, the stop words, which parts of the index exist, and whether
    Pagefind has it instead.
    """
    prefix = f"{FOLDER}words/"
    parts = sorted(
        file.removeprefix(prefix).removesuffix(".js") for file in files if file.startswith(prefix)
    )
    stop = stop_words(site.settings.language)
    facts = {"count": count, "stop": stop, "words": parts, "pagefind": pagefind}
    return dict(zip(FACTS, (_SCRIPT_FILE.read_bytes(), _script("facts", facts)), strict=True))


class Parts:
    """The parts of the index that a change of articles changes.

    `read` returns the bytes of a part as it was, by its file; b'' where there was none.
    """

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        # What is to be taken away (-1) or added (1) for an article: lines, by the part's name.
        self._words: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
        self._articles: dict[str, dict[str, list[Any]]] = defaultdict(dict)

    def change(self, slug: str, old: bytes, new: bytes) -> None:
        """Note that the entry of an article changes from `old` to `new`; b'' stands for none."""
        number = number_of(slug)
        was, now = (
            SearchEntry.unpack(entry) if entry else SearchEntry([], {}, {}) for entry in (old, new)
        )
        if was.facts != now.facts:
            self._articles[number[:_PART_DIGITS]][number] = now.facts
        before = was.lines()
        after = now.lines()
        for part in before.keys() | after.keys():
            for sign, lines in ((-1, before.get(part, [])), (1, after.get(part, []))):
                if before.get(part) != after.get(part):
                    self._words[part].append((sign, number, "\n".join(lines)))

    def files(self, *, is_whole: bool) -> Iterable[tuple[str, bytes]]:
        """Yield the changed parts, each with its file; b'' for one that is empty now.

        Parts are read and changed, unless the changes hold the index as a whole (`is_whole`).
        """
        for part, changes in sorted(self._words.items()):
            file = f"{FOLDER}words/{part}.js"
            kept = self._kept(file, is_whole) or {"forms": {}, "stems": {}}
            made = _patch(kept, changes)
            yield file, _script(f"words/{part}", made) if made["forms"] or made["stems"] else b""
        for part, articles in sorted(self._articles.items()):
            file = f"{FOLDER}articles/{part}.js"
            kept = self._kept(file, is_whole) or {}
            kept.update(articles)
            left = {number: facts for number, facts in kept.items() if facts}
            yield file, _script(f"articles/{part}", left) if left else b""

    def _kept(self, file: str, is_whole: bool) -> Any:
        return None if is_whole else _data(self._read(file))


def is_part(file: str) -> bool:
    """Whether a file is a part of the index."""
    return file.startswith((f"{FOLDER}words/", f"{FOLDER}articles/")) and file.endswith(".js")


def part_of(word: str) -> str:
    """Return the name of the part that has a word: its first two characters as hex numbers."""
    return "-".join(f"{ord(character):x}" for character in word[:2])


def _patch(kept: dict[str, Any], changes: list[tuple[int, str, str]]) -> dict[str, Any]:
    """Return a part with changes made: forms with stems and counts, stems with articles."""
    forms: dict[str, list[Any]] = kept["forms"]
    touched: dict[str, set[str]] = {}
    for sign, number, text in changes:
        for line in text.splitlines():
            word, value, *is_stem = line.split(" ")
            if not is_stem:
                count = forms.setdefault(word, [value, 0])
                count[1] += sign
                continue
            if word not in touched:
                touched[word] = _postings(kept["stems"].get(word, ""))
            if sign < 0:
                touched[word].discard(number + value)
            else:
                touched[word].add(number + value)
    for word, found in touched.items():
        kept["stems"][word] = "".join(sorted(found))
    return {
        "forms": {word: count for word, count in sorted(forms.items()) if count[1]},
        "stems": {word: found for word, found in sorted(kept["stems"].items()) if found},
    }


def _postings(text: str) -> set[str]:
    return {text[place : place + _POSTING] for place in range(0, len(text), _POSTING)}


def _script(name: str, data: Any) -> bytes:
    # JSON is not JavaScript in these two characters, before ES2019.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"octavoSearch({json.dumps(name)},{text})\n".encode("utf-8", "replace")


def _data(script: bytes) -> Any:
    """Return what `_script` wrote; None for no script."""
    if not script:
        return None
    return json.loads(script.partition(b",")[2].rpartition(b")")[0])
